"""Whole services in this process, on databases of their own and the session's broker, as people see them.

    async with serving("directory", "goals", server=…, broker=…, secrets=…, folder=tmp_path) as served:
        answer = await served.goals.get("/v1/goals", by=TESS)

Services that are not started but read have an empty stream, and say so when they are asked. All four share one
broker with every other test of the session, so their streams are made anew at the start and gone at the end.
"""

import asyncio
import json
import os
from argparse import Namespace
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import nats
from backbone import releasing, streams
from backbone.jobs import rebuild_projections
from backbone.main import parser, perform
from backbone.queries import Queries
from backbone.service import Running, Service, inbox_prefix, running
from backbone.settings import Settings
from backbone.web import application
from chalkline.nats import Nats
from chalkline.postgres import Postgres
from chalkline_contracts.questions import StandingTold, ask_standing
from conftest import TestDatabase, fresh_database
from nats.aio.msg import Msg
from pydantic import SecretStr

from kit.tokens import AUDIENCE, ISSUER, TENANT, Issuer

backbone_sql = Queries("backbone", "sql/queries")

SERVICES = ("directory", "goals", "observations", "notifications")


@dataclass(frozen=True)
class Served:
    """One running service and its database, asked over HTTP without a socket."""

    run: Running
    database: TestDatabase
    http: httpx.AsyncClient
    issuer: Issuer

    async def get(
        self, path: str, *, by: UUID | None, tenant: UUID = TENANT, **headers: str
    ) -> httpx.Response:
        """As a person, or as the tenant's operator with `by=None`."""
        return await self.http.get(path, headers=self._who(by, tenant) | _spelled(headers))

    async def post(
        self, path: str, *, by: UUID | None, tenant: UUID | None = TENANT, **body: Any
    ) -> httpx.Response:
        """A command, under a fresh id; fails the test unless it is accepted."""
        answer = await self.tried(path, by=by, tenant=tenant, **body)
        assert answer.is_success, answer.text
        return answer

    async def tried(
        self, path: str, *, by: UUID | None, tenant: UUID | None = TENANT, **body: Any
    ) -> httpx.Response:
        """A command, under a fresh id, whatever comes of it."""
        key = {"Idempotency-Key": str(uuid4())}
        return await self.http.post(path, json=body, headers=self._who(by, tenant) | key)

    async def many(
        self, *lines: dict[str, Any], by: UUID | None, tenant: UUID | None = TENANT
    ) -> list[dict[str, Any]]:
        """Many commands in one request, each under a fresh id; what came of each."""
        content = b"\n".join(json.dumps({"command_id": str(uuid4()), **line}).encode() for line in lines)
        headers = self._who(by, tenant) | {"Content-Type": "application/x-ndjson"}
        answer = await self.http.post("/v1/commands", content=content, headers=headers)
        assert answer.status_code == 200, answer.text
        return [json.loads(line) for line in answer.text.splitlines()]

    async def begin(
        self, collection: str, *, by: UUID | None, tenant: UUID | None = TENANT, **body: Any
    ) -> UUID:
        """A new aggregate's id."""
        answer = await self.post(f"/v1/{collection}", by=by, tenant=tenant, **body)
        return UUID(answer.json()["id"])

    async def level(self) -> None:
        """Returns when this service has projected and reacted to all there is, of every source, and goes by the
        clocks that it has heard of, has told the figures of months that are over, and is sure of what is to be erased
        (until then it tells no words).
        """
        while not await self._level():  # noqa: ASYNC110
            await asyncio.sleep(0.02)

    async def _level(self) -> bool:
        run = self.run
        if run.ledger.withheld or await run.queued() or not run.progress.level(run.service.sources):
            return False
        if await run.pool.fetch(backbone_sql.releases_due, datetime.now(UTC)) and _has_figures(run):
            return False
        return run.moved_clocks is None or not await run.pool.fetch(backbone_sql.clocks_ahead, None)

    async def job(self, *words: str, token: str = "") -> int:
        """What `python -m <service>` does with these words and this operator's token: its exit code."""
        arguments = parser(self.run.service).parse_args(words)
        settings = self.run.settings.model_copy(update={"operator_token": SecretStr(token)})
        return await perform(self.run.service, settings, arguments)

    def environment(self, token: str) -> dict[str, str]:
        """For a job in a process of its own, with this operator's token."""
        settings = self.run.settings
        names = (
            "database_url",
            "owner_database_url",
            "nats_url",
            "issuer",
            "audience",
            "jwks",
            "secrets_dir",
        )
        return {
            **os.environ,
            **{f"CHALKLINE_{name.upper()}": str(getattr(settings, name)) for name in names},
            "CHALKLINE_CHAIN_KEY": settings.chain_key.get_secret_value(),
            "CHALKLINE_NATS_SEED": settings.nats_seed.get_secret_value(),
            "CHALKLINE_OPERATOR_TOKEN": token,
        }

    async def derived_again(self) -> bool:
        """Whether every projection comes out the same when it is derived from its logs once more."""
        told = Namespace(compare_only=True, json=False)
        return (await rebuild_projections(self.run.service, self.run.settings, told)).exit == 0

    def _who(self, by: UUID | None, tenant: UUID | None) -> dict[str, str]:
        if by is None:
            return self.issuer.operator(tenant)
        assert tenant is not None
        return self.issuer.person(by, tenant)


def _has_figures(run: Running) -> bool:
    return any(errand.name == "figures" for errand in run.errands)


@dataclass(frozen=True)
class Platform:
    """The services that were started, by name."""

    issuer: Issuer
    services: dict[str, Served] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Served:
        try:
            return self.services[name]
        except KeyError:
            raise AttributeError(name) from None

    async def level(self, within: float = 20.0) -> None:
        """Returns when every service has caught up with every other."""
        async with asyncio.timeout(within):
            for _ in range(3):  # a reaction of one is another's news
                for served in self.services.values():
                    await self.heard(served)
                    await served.level()

    async def heard(self, served: Served) -> None:
        """Tells a service where its sources stand now instead of within five seconds."""
        for source in served.run.service.reads:
            if source in self.services:
                position = await self.services[source].database.app.fetchval(
                    "SELECT position FROM ledger.head"
                )
                served.run.progress.head(source, position)


@asynccontextmanager
async def serving(
    *names: str, server: Postgres, broker: Nats, secrets: Path, folder: Path
) -> AsyncIterator[Platform]:
    """Starts the named services; everything they need is made, and taken away at the end."""
    releasing.EVERY = 0.1  # whoever waits for figures waits for them in hundreds of tests
    platform = Platform(Issuer(folder))
    async with AsyncExitStack() as stack:
        for name in SERVICES:
            await stack.enter_async_context(own_stream(name, broker, empty=name not in names))
        for name in names:
            database = await stack.enter_async_context(fresh_database(server, secrets, name))
            service: Service = import_module(f"{name}.app").SERVICE
            settings = Settings(
                secrets_dir=folder / "none",
                database_url=database.provisioned.full_url,
                owner_database_url=database.provisioned.full_owner_url,
                nats_url=broker.url,
                nats_seed=broker.seed(name).read_text().strip(),
                chain_key=os.urandom(32).hex(),
                issuer=ISSUER,
                audience=AUDIENCE,
                jwks=str(platform.issuer.path),
                rate_limit=0,  # many districts ask in a hurry here; what limits do, tests of limits say
            )
            run = await stack.enter_async_context(running(service, settings))
            transport = httpx.ASGITransport(application(run, version="0"))
            http = await stack.enter_async_context(
                httpx.AsyncClient(transport=transport, base_url=f"http://{name}", timeout=10)
            )
            platform.services[name] = Served(run, database, http, platform.issuer)
        yield platform


async def another(stack: AsyncExitStack, served: Served, **settings: Any) -> Served:
    """One more process of a service, with a door of its own."""
    told = served.run.settings.model_copy(update=settings)
    run: Running = await stack.enter_async_context(running(served.run.service, told))
    transport = httpx.ASGITransport(application(run, version="0"))
    http = await stack.enter_async_context(
        httpx.AsyncClient(transport=transport, base_url="http://another", timeout=10)
    )
    return Served(run, served.database, http, served.issuer)


@asynccontextmanager
async def own_stream(name: str, broker: Nats, *, empty: bool) -> AsyncIterator[None]:
    client = await nats.connect(
        broker.url,
        nkeys_seed_str=broker.seed(name).read_text().strip(),
        inbox_prefix=inbox_prefix(name).encode(),
    )
    try:
        await streams.delete(client, name)
        if empty:
            await streams.create(client, name, history="1@0")
            await client.subscribe(ask_standing(name), cb=_stands_at_nothing)
        yield
        await streams.delete(client, name)
    finally:
        await client.close()


async def _stands_at_nothing(asked: Msg) -> None:
    await asked.respond(StandingTold(position=0, read={}).model_dump_json().encode())


def _spelled(headers: dict[str, str]) -> dict[str, str]:
    """`at_least=…` is the header At-Least."""
    return {name.replace("_", "-"): value for name, value in headers.items()}
