"""Code of another version than the database: it is not ready, says why and what to do, and derives nothing into it."""

import asyncio
import json
import os
import sys
from argparse import Namespace
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest
import pytest_asyncio
from backbone.fitting import misfit, projections_text
from backbone.jobs import rebuild_projections
from backbone.migrate import create_projections, migrate
from backbone.rebuild import swap_back
from backbone.service import running
from backbone.settings import Settings
from backbone.web import application
from chalkline.nats import Nats
from chalkline.ports import any_free
from chalkline.postgres import Postgres
from conftest import TestDatabase, fresh_database
from directory.app import SERVICE
from kit.running import Served, own_stream
from kit.tokens import AUDIENCE, ISSUER, Issuer

pytestmark = pytest.mark.integration

OLDER = """
ALTER TABLE projections.listed_people DROP COLUMN experience_band CASCADE;
COMMENT ON SCHEMA projections IS 'those of an older version'
"""
NOWHERE = UUID(int=0)
COMPARE, SWAP = Namespace(compare_only=True, json=False), Namespace(compare_only=False, json=False)


@dataclass
class Directory:
    """directory's database with somebody in it, and what is to work on it."""

    database: TestDatabase
    settings: Settings
    issuer: Issuer
    tenant: UUID = NOWHERE

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[Served]:
        async with running(SERVICE, self.settings) as run:
            transport = httpx.ASGITransport(application(run, version="0"))
            async with httpx.AsyncClient(transport=transport, base_url="http://directory") as http:
                yield Served(run, self.database, http, self.issuer)

    async def by_owner(self, statements: str) -> None:
        owner = await asyncpg.connect(self.database.provisioned.full_owner_url)
        await owner.execute(statements)
        await owner.close()

    async def migrated(self) -> None:
        owner = await asyncpg.connect(self.database.provisioned.full_owner_url)
        await migrate(owner, app_role=self.database.name, package="directory")
        await owner.close()


@pytest_asyncio.fixture
async def directory(
    postgres_server: Postgres, broker: Nats, secrets: Path, tmp_path: Path
) -> AsyncIterator[Directory]:
    issuer = Issuer(tmp_path)
    async with (
        own_stream("directory", broker, empty=False),
        fresh_database(postgres_server, secrets, "directory") as database,
    ):
        settings = Settings(
            secrets_dir=tmp_path / "none", database_url=database.provisioned.full_url,
            owner_database_url=database.provisioned.full_owner_url, nats_url=broker.url,
            nats_seed=broker.seed("directory").read_text().strip(), chain_key=os.urandom(32).hex(),
            issuer=ISSUER, audience=AUDIENCE, jwks=str(issuer.path), http_port=any_free(),
        )  # fmt: skip
        made = Directory(database, settings, issuer)
        async with made.serving() as served:
            told = {"name": "Prairie", "time_zone": "America/Chicago"}
            opened = await served.post("/v1/districts", by=None, tenant=None, **told)
            made.tenant = UUID(opened.json()["id"])
            await served.begin("people", by=None, tenant=made.tenant, name="Tina")
            await served.level()
        yield made


async def ready(http: httpx.AsyncClient) -> None:
    """Returns when it is, which takes it a moment."""
    async with asyncio.timeout(20):
        while await answered(http) != (200, "ok"):  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.2)


async def readiness(http: httpx.AsyncClient) -> tuple[int, str]:
    answer = await http.get("/readyz")
    return answer.status_code, answer.json()["checks"].get("tables", "")


async def test_a_process_over_older_tables_lives_and_is_not_ready_until_somebody_migrates(
    directory: Directory,
) -> None:
    await directory.by_owner(OLDER)
    told = directory.settings
    environment = {
        "CHALKLINE_DATABASE_URL": told.app_dsn(), "CHALKLINE_NATS_URL": told.nats_url,
        "CHALKLINE_NATS_SEED": told.nats_seed.get_secret_value(), "CHALKLINE_HTTP_PORT": str(told.http_port),
        "CHALKLINE_CHAIN_KEY": told.chain_key.get_secret_value(), "CHALKLINE_ISSUER": ISSUER,
        "CHALKLINE_AUDIENCE": AUDIENCE, "CHALKLINE_JWKS": told.jwks, "CHALKLINE_SECRETS_DIR": "/nowhere",
        "PATH": os.environ["PATH"],
    }  # fmt: skip
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "directory", "serve", env=environment, stdout=asyncio.subprocess.PIPE
    )
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{told.http_port}") as http:
            code, reason = await answered(http)
            assert code == 503
            assert "another version's" in reason
            assert "chalkline rebuild --service directory" in reason
            assert (await http.get("/healthz")).status_code == 200
            assert (await http.get("/v1/people")).status_code == 404
            await directory.migrated()
            await ready(http)
    finally:
        process.terminate()
        printed, _ = await process.communicate()
    assert "database_unfit" in printed.decode()
    assert "Traceback" not in printed.decode()


async def answered(http: httpx.AsyncClient) -> tuple[int, str]:
    """As soon as anybody listens."""
    async with asyncio.timeout(20):
        while True:
            try:
                return await readiness(http)
            except httpx.TransportError:
                await asyncio.sleep(0.1)


async def test_a_process_whose_tables_are_changed_beneath_it_is_not_ready_and_derives_nothing(
    directory: Directory,
) -> None:
    async with directory.serving() as served:
        await ready(served.http)
        owner = await asyncpg.connect(directory.database.provisioned.full_owner_url)
        async with owner.transaction():
            await owner.execute("ALTER SCHEMA projections RENAME TO projections_before")
            newer = f"{projections_text('directory')}; CREATE TABLE newer (tenant uuid)"
            await create_projections(owner, "projections", newer, directory.database.name)
        code, reason = await readiness(served.http)
        assert (code, "another version's" in reason) == (503, True)
        await asyncio.sleep(1.5)
        assert await owner.fetchval("SELECT count(*) FROM projections.checkpoints") == 0
        await owner.execute(
            "DROP SCHEMA projections CASCADE; ALTER SCHEMA projections_before RENAME TO projections"
        )
        await owner.close()
        await ready(served.http)


async def test_what_needs_a_table_that_is_not_there_is_refused_with_the_reason(directory: Directory) -> None:
    async with directory.serving() as served:
        await ready(served.http)
        await directory.by_owner(OLDER)
        answer = await served.get("/v1/people", by=None, tenant=directory.tenant)
        assert (answer.status_code, answer.json()["code"]) == (503, "database_unfit")
        assert int(answer.headers["retry-after"]) > 0
        assert "told_people" not in answer.text


async def test_a_comparison_with_older_tables_says_what_to_do_and_a_rebuild_does_it(
    directory: Directory, capsys: pytest.CaptureFixture[str]
) -> None:
    await directory.by_owner(OLDER)

    async def rebuilt(arguments: Namespace) -> tuple[int, str]:
        capsys.readouterr()
        code = (await rebuild_projections(SERVICE, directory.settings, arguments)).exit
        return code, capsys.readouterr().out

    code, said = await rebuilt(COMPARE)
    assert (code, "another version's" in said, "chalkline rebuild" in said) == (2, True, True)
    code, said = await rebuilt(Namespace(compare_only=True, json=True))
    assert (code, "another version's" in json.loads(said.splitlines()[-1])["error"]) == (2, True)
    code, said = await rebuilt(SWAP)
    assert (code, "could not be compared" in said, "swapped" in said) == (0, True, True)
    code, said = await rebuilt(COMPARE)
    assert (code, "equal" in said) == (0, True)
    async with directory.serving() as served:
        await served.level()
        listed = await served.get("/v1/people", by=None, tenant=directory.tenant)
        assert [row["name"] for row in listed.json()] == ["Tina"]
    owner = await asyncpg.connect(directory.database.provisioned.full_owner_url)
    await swap_back(owner)
    await owner.close()
    assert "another version's" in str(await misfit(directory.database.app, "directory"))


@pytest.mark.parametrize(
    ("statements", "lacking"),
    [
        ("DELETE FROM migrations.applied WHERE name = 'backbone/0021_replicas.sql'", "0021_replicas.sql"),
        ("UPDATE migrations.applied SET digest = 'older' WHERE name = 'functions'", "functions"),
        ("DROP SCHEMA migrations CASCADE", "not migrated"),
    ],
)
async def test_a_database_that_was_not_migrated_is_named_with_what_it_lacks(
    directory: Directory, capsys: pytest.CaptureFixture[str], statements: str, lacking: str
) -> None:
    await directory.by_owner(statements)
    told: Any = await misfit(directory.database.app, "directory")
    assert lacking in told
    assert "python -m directory migrate" in told
    capsys.readouterr()
    assert (await rebuild_projections(SERVICE, directory.settings, SWAP)).exit == 2
    assert lacking in capsys.readouterr().out
