"""While a service derives its rows again, a list says so; it does not say that there is nothing."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID

import asyncpg
import httpx
import pytest
from backbone.migrate import migrate
from backbone.service import running
from backbone.settings import Settings
from backbone.web import application
from chalkline.nats import Nats
from chalkline.postgres import Postgres
from conftest import fresh_database
from directory.app import SERVICE
from kit.running import Served, own_stream
from kit.tokens import AUDIENCE, ISSUER, Issuer

pytestmark = pytest.mark.integration

ALL = ("door", "relay", "projector")


async def test_a_list_is_refused_until_its_rows_are_whole_again(
    postgres_server: Postgres, broker: Nats, secrets: Path, tmp_path: Path
) -> None:
    issuer, key = Issuer(tmp_path), os.urandom(32).hex()
    async with (
        own_stream("directory", broker, empty=False),
        fresh_database(postgres_server, secrets, "directory") as database,
    ):
        settings = Settings(
            secrets_dir=tmp_path / "none",
            database_url=database.provisioned.full_url,
            owner_database_url=database.provisioned.full_owner_url,
            nats_url=broker.url,
            nats_seed=broker.seed("directory").read_text().strip(),
            chain_key=key,
            issuer=ISSUER,
            audience=AUDIENCE,
            jwks=str(issuer.path),
        )

        @asynccontextmanager
        async def serving(*roles: str) -> AsyncIterator[Served]:
            told = settings.model_copy(update={"roles": roles})
            async with running(SERVICE, told) as run:
                transport = httpx.ASGITransport(application(run, version="0"))
                async with httpx.AsyncClient(transport=transport, base_url="http://directory") as http:
                    yield Served(run, database, http, issuer)

        async with serving(*ALL) as served:
            opened = await served.post(
                "/v1/districts", by=None, tenant=None, name="Prairie", time_zone="America/Chicago"
            )
            tenant = UUID(opened.json()["id"])
            await served.begin("people", by=None, tenant=tenant, name="Tina")
            await served.level()
            assert len((await served.get("/v1/people", by=None, tenant=tenant)).json()) == 1

        owner = await asyncpg.connect(database.provisioned.full_owner_url)
        await owner.execute("COMMENT ON SCHEMA projections IS 'another'")
        await migrate(owner, app_role=database.name, package="directory")
        await owner.close()

        async with serving("door") as served:
            for path in ("/v1/people", "/v1/orgs"):
                answer = await served.get(path, by=None, tenant=tenant)
                assert (answer.status_code, answer.json()["code"]) == (503, "rows_incomplete")
                assert int(answer.headers["retry-after"]) > 0
            one = await served.get(f"/v1/districts/{tenant}", by=None, tenant=tenant)
            # Nor is a name told, as long as nobody knows whether it was to be erased.
            assert (one.status_code, one.json()["code"]) == (503, "words_withheld")

        async with serving(*ALL) as served, serving("door") as door:
            await served.level()
            for reader in (served, door):
                async with asyncio.timeout(20):
                    # Another process derives them.
                    while not await reader.run.derived() or reader.run.ledger.withheld:  # noqa: ASYNC110
                        await asyncio.sleep(0.1)
                answer = await reader.get("/v1/people", by=None, tenant=tenant)
                assert len(answer.json()) == 1
