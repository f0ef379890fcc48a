"""Killed in the middle of the morning's digests, again and again: each is mailed, and none is made up anew."""

import asyncio
import os
import sys
from asyncio.subprocess import Process
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import pytest
from chalkline.nats import Nats
from chalkline.ports import any_free
from chalkline.postgres import Postgres
from conftest import TestDatabase, fresh_database
from kit.mail_server import MailServer, mail_server
from kit.running import own_stream, serving
from kit.school import cycle_of, open_school, pair_up, when
from kit.tokens import AUDIENCE, ISSUER, Issuer

pytestmark = pytest.mark.integration

TEACHERS = tuple(f"teacher{n}" for n in range(6))
FOCUSES = ("engagement", "feedback")
TOLD = 2 * len(TEACHERS) * len(FOCUSES)
"""Notifications: of each cycle one to its teacher and one to the coach."""
AT_ONCE = 2
"""Mails that may be on their way when a process dies, taken by a server whose answer nobody hears."""


@dataclass(kw_only=True)
class Notifications:
    """The service as a process of its own, which may be killed and started again."""

    database: TestDatabase
    broker: Nats
    issuer: Issuer
    mail: MailServer
    log: Path
    port: int
    key: str

    async def start(self) -> Process:
        environment = {
            "CHALKLINE_DATABASE_URL": self.database.provisioned.full_url, "CHALKLINE_NATS_URL": self.broker.url,
            "CHALKLINE_NATS_SEED": self.broker.seed("notifications").read_text().strip(),
            "CHALKLINE_CHAIN_KEY": self.key, "CHALKLINE_HTTP_PORT": str(self.port), "CHALKLINE_ISSUER": ISSUER,
            "CHALKLINE_AUDIENCE": AUDIENCE, "CHALKLINE_JWKS": str(self.issuer.path), "PATH": os.environ["PATH"],
            "CHALKLINE_SECRETS_DIR": "/nowhere", "CHALKLINE_REPLICA": "notifications",
            "CHALKLINE_SMTP_HOST": "127.0.0.1", "CHALKLINE_SMTP_PORT": str(self.mail.port),
            "CHALKLINE_SMTP_SECURITY": "none", "CHALKLINE_SMTP_CONNECTIONS": str(AT_ONCE),
            "CHALKLINE_MAIL_FROM": "chalkline@district.example", "CHALKLINE_PUBLIC_URL": "https://c.example",
        }  # fmt: skip
        with self.log.open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "notifications", "serve", env=environment, stdout=log, stderr=log
            )
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{self.port}") as http, asyncio.timeout(30):
            while True:
                try:
                    if (await http.get("/readyz")).is_success:
                        return process
                except httpx.TransportError:
                    pass
                await asyncio.sleep(0.1)

    async def wants_digests(self, person: UUID, tenant: UUID) -> None:
        headers = self.issuer.person(person, tenant) | {"Idempotency-Key": str(uuid4())}
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{self.port}") as http, asyncio.timeout(30):
            path = f"/v1/preferences/{person}/change-preference"
            while not (await http.post(path, json={"mail": "daily_digest"}, headers=headers)).is_success:  # noqa: ASYNC110
                await asyncio.sleep(0.1)

    async def told(self, event: str) -> int:
        query = "SELECT count(*) FROM ledger.events WHERE type = $1"
        return int(await self.database.app.fetchval(query, event))

    async def until_told(self, event: str, many: int) -> None:
        async with asyncio.timeout(60):
            while await self.told(event) < many:  # noqa: ASYNC110 - the process is another one
                await asyncio.sleep(0.1)


async def test_digests_outlive_the_process_that_mails_them(
    postgres_server: Postgres, broker: Nats, secrets: Path, tmp_path: Path
) -> None:
    others = serving(
        "directory", "goals", server=postgres_server, broker=broker, secrets=secrets, folder=tmp_path
    )
    async with (
        others as platform,
        own_stream("notifications", broker, empty=False),
        fresh_database(postgres_server, secrets, "notifications") as database,
        mail_server() as mail,
    ):
        there = Notifications(
            database=database, broker=broker, issuer=platform.issuer, mail=mail, log=tmp_path / "log",
            port=any_free(), key=os.urandom(32).hex(),
        )  # fmt: skip
        process = await there.start()
        try:
            school = await open_school(platform, *TEACHERS, sandbox=True)
            tenant, clock = school.tenant, f"/v1/districts/{school.tenant}/advance-clock"
            for who in ("coach", *TEACHERS):
                told = {"name": "Zyzzyva", "email": f"{who}@school.example"}
                await platform.directory.post(
                    f"/v1/people/{school.people[who]}/change-person", by=None, tenant=tenant, **told
                )
            for who in ("coach", *TEACHERS):
                await there.wants_digests(school.people[who], tenant)
            await platform.directory.post(clock, by=None, tenant=tenant, to=when(0, "10:00"))
            for teacher in TEACHERS:
                pair = await pair_up(platform, school, teacher)
                for focus in FOCUSES:
                    await cycle_of(platform, school, pair, focus)
            await there.until_told("NotificationSent", TOLD)
            mail.slow = 0.4
            await platform.directory.post(clock, by=None, tenant=tenant, to=when(1, "07:00"))
            kills = 2
            for _ in range(kills):
                before = len(mail.taken)
                async with asyncio.timeout(30):
                    while len(mail.taken) == before:  # noqa: ASYNC110 - the process is another one
                        await asyncio.sleep(0.02)
                process.kill()
                await process.wait()
                process = await there.start()
            await there.until_told("NotificationDelivered", TOLD)
        finally:
            process.terminate()
            await process.wait()
    mails = {taken.message_id: taken for taken in mail.taken}
    links = Counter({taken.recipients[0]: taken.text().count("/v1/cycles/") for taken in mails.values()})
    assert links == {"coach@school.example": TOLD // 2} | {f"{who}@school.example": 2 for who in TEACHERS}
    assert len(mails) == 1 + len(TEACHERS)
    assert len(mail.taken) - len(mails) <= kills * AT_ONCE
    assert amiss(there.log) == []


def amiss(log: Path) -> list[str]:
    """Lines that tell of a fault, or name somebody."""
    return [
        line
        for line in log.read_text().splitlines()
        if "Traceback" in line or "yzzyva" in line or "@" in line
    ]
