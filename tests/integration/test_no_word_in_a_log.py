"""Coaching of every kind, looked at and refused, all loggers at their most talkative: no word, no secret, no token."""

import logging
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from chalkline import nats, postgres
from kit.everybody import NAMES, THINGS
from kit.practice import CANARY, Practice, open_practice
from kit.production_logs import logging_as_in_production
from kit.running import serving

pytestmark = [pytest.mark.integration]


async def looked_at(practice: Practice) -> None:
    """Every look at everything, as the teacher, a colleague and the operator; and a body of every kind refused."""
    for thing, (service, collection, _) in THINGS.items():
        served = practice.platform.services[service]
        if thing not in practice.ids:
            continue
        path = f"/v1/{collection}/{practice.ids[thing]}"
        for person in (practice.school.teacher, practice.who("colleague"), None):
            await served.get(path, by=person, tenant=practice.school.tenant)
        await served.get(
            f"/v1/{collection}?cursor={CANARY}&{CANARY}=1", by=person, tenant=practice.school.tenant
        )
        for command in ("nothing", "abandon-goal", "share-feedback", "end-partnership"):
            body = {"reason": CANARY, "feedback": [CANARY], CANARY: CANARY}
            await served.tried(
                f"{path}/{command}", by=practice.school.teacher, tenant=practice.school.tenant, **body
            )
        headers = served.issuer.person(practice.school.teacher, practice.school.tenant)
        key = {"Idempotency-Key": str(uuid4()), "Content-Type": "application/json"}
        for content in (f'{{"reason": "{CANARY}', f'"{CANARY}"', CANARY):
            await served.http.post(f"/v1/{collection}", content=content, headers=headers | key)


async def test_no_word_no_secret_and_no_token_is_in_any_log_at_any_level(
    postgres_server: postgres.Postgres,
    broker: nats.Nats,
    secrets: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with logging_as_in_production():
        logging.getLogger("httpx").setLevel(logging.WARNING)  # the test's own client
        async with serving(
            *NAMES, server=postgres_server, broker=broker, secrets=secrets, folder=tmp_path
        ) as platform:
            practice = await open_practice(platform)
            await looked_at(practice)
            logging.getLogger("asyncpg").debug("a library's remark")
            hidden = [
                secret for served in platform.services.values() for secret in secrets_of(served.run.settings)
            ]
        told = capsys.readouterr()
    lines = told.out + told.err
    assert lines.count('"request"') > 300  # something was said
    assert "a library's remark" in lines  # as it would be at any level
    assert len(hidden) == 4 * len(NAMES)
    for secret in (CANARY, "eyJ", *hidden):
        assert secret not in lines, lines[max(0, lines.index(secret) - 300) :][:400]


def secrets_of(settings: Any) -> list[str]:
    app, owner = settings.app_dsn(), settings.owner_dsn()
    passwords = [dsn.partition("://")[2].partition("@")[0].partition(":")[2] for dsn in (app, owner)]
    assert all(len(password) > 8 for password in passwords)
    return [settings.chain_key.get_secret_value(), settings.nats_seed.get_secret_value(), *passwords]
