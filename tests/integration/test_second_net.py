"""Whatever a query forgets, who reads for somebody is shown rows of the districts asked for, and of no other."""

import ast
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
import pytest_asyncio
from backbone.fitting import projections_text
from backbone.migrate import ReaderMissing, create_projections, migrate
from backbone.queries import Queries
from backbone.reads import reader_of
from chalkline.postgres import Postgres
from conftest import TestDatabase, fresh_database
from integration.test_queries import SERVICES, fill, queries

pytestmark = pytest.mark.integration

sql = Queries("backbone", "sql/queries")
SERVED = Path(__file__).parents[2] / "services"
UNGUARDED = """
SELECT c.oid::regclass::text AS name
  FROM pg_class c
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant' AND NOT a.attisdropped
 WHERE c.relnamespace IN (SELECT oid FROM pg_namespace WHERE nspname !~ '^pg_|^information_schema$|^migrations$')
   AND (c.relkind IN ('r', 'p') AND NOT (c.relrowsecurity AND EXISTS (
            SELECT FROM pg_policy p JOIN pg_roles r ON r.oid = ANY (p.polroles)
             WHERE p.polrelid = c.oid AND r.rolname = $1))
        OR c.relkind = 'v' AND NOT coalesce(c.reloptions @> ARRAY['security_invoker=true'], false))
"""
"""Tables that have a tenant and would be shown whole to the reader, and views that would show such."""
READABLE = """
SELECT c.oid::regclass::text AS name, EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid
           AND a.attname = 'tenant' AND NOT a.attisdropped) AS has_tenant
  FROM pg_class c
 WHERE c.relkind IN ('r', 'p', 'v') AND c.relnamespace::regnamespace::text IN ('ledger', 'work', 'projections')
   AND has_table_privilege($1::text, c.oid, 'SELECT')
"""


@pytest_asyncio.fixture(scope="module", params=SERVICES)
async def service(
    request: pytest.FixtureRequest, postgres_server: Postgres, secrets: Path
) -> AsyncIterator[tuple[str, TestDatabase]]:
    async with fresh_database(postgres_server, secrets, request.param) as database:
        await fill(database.owner, 2_000)
        yield request.param, database


async def test_of_every_table_the_reader_is_shown_the_rows_of_those_asked_for(
    service: tuple[str, TestDatabase],
) -> None:
    _, database = service
    reader = reader_of(database.name)
    all_tenants = set[UUID]()
    for table in await database.owner.fetch(READABLE, reader):
        assert table["has_tenant"], f"{table['name']} has no tenant and is nobody's to read"
        every = f"SELECT DISTINCT tenant FROM {table['name']}"
        there = {row["tenant"] for row in await database.owner.fetch(every)}
        all_tenants |= there
        assert await database.reads.rows((), every) == []
        for asked in [*[{one} for one in sorted(there)[:2]], set(sorted(there)[:3]), {uuid4()}]:
            shown = {row["tenant"] for row in await database.reads.rows(asked, every)}
            assert shown == asked & there, table["name"]
    assert len(all_tenants) == 20, "there was something to see"


async def test_a_query_that_forgot_its_condition_shows_nothing_of_others(
    service: tuple[str, TestDatabase],
) -> None:
    """Every query that compares a tenant, without doing so, asked by a district that has nothing."""
    name, database = service
    nobody, told, forgetful = uuid4(), 0, 0
    async with database.app.acquire() as everything:
        for query, text in (*queries("backbone"), *queries(name)):
            careless = re.sub(r"[\w.]*\btenant = (\$\d+)", r"(\1::uuid IS NOT NULL)", text)
            if (
                careless == text
                or not text.lstrip("-").strip()
                or re.search(r"\b(INSERT|UPDATE|DELETE)\b", text)
            ):
                continue
            forgetful += 1
            try:
                types = [one.name for one in (await everything.prepare(careless)).get_parameters()]
                wanted = [wanted_of(number, kind, nobody) for number, kind in enumerate(types)]
                told += len(await everything.fetch(careless, *wanted)) > 0
                shown = await database.reads.rows((nobody,), careless, *wanted)
            except (asyncpg.InsufficientPrivilegeError, asyncpg.DataError, asyncpg.AmbiguousParameterError):
                continue  # not for the reader, or of values that cannot be made up
            told_of = [
                row for row in shown if any(isinstance(value, UUID) and value != nobody for value in row)
            ]
            assert not told_of, query
    assert forgetful > 10
    assert told > 0, "as the application's role such queries do tell of others"


def wanted_of(number: int, kind: str, nobody: UUID) -> Any:
    """Something to ask with, as generous as it can be."""
    if number == 0 and kind == "uuid":
        return nobody
    made_up: dict[str, Any] = {"int4": 50, "int8": 2**62, "int2": 5, "text": "x1", "bool": True}
    return made_up.get(kind)


async def test_a_table_that_nobody_guards_is_found(service: tuple[str, TestDatabase]) -> None:
    _, database = service
    reader = reader_of(database.name)
    assert [row["name"] for row in await database.owner.fetch(UNGUARDED, reader)] == []
    await database.owner.execute(
        "CREATE TABLE projections.careless (tenant uuid);"
        "CREATE VIEW projections.seen AS SELECT * FROM projections.careless"
    )
    found = [row["name"] for row in await database.owner.fetch(UNGUARDED, reader)]
    await database.owner.execute("DROP TABLE projections.careless CASCADE")
    assert sorted(found) == ["careless", "seen"]


async def test_tables_of_a_rebuild_come_guarded(service: tuple[str, TestDatabase]) -> None:
    name, database = service
    owner = await asyncpg.connect(database.provisioned.full_owner_url)
    async with owner.transaction():
        await create_projections(owner, "projections_next", projections_text(name), database.name)
    assert await owner.fetch(UNGUARDED, reader_of(database.name)) == []
    await owner.execute("DROP SCHEMA projections_next CASCADE")
    await owner.close()


async def test_the_reader_changes_nothing_and_is_asked_by_nobody_else(
    service: tuple[str, TestDatabase],
) -> None:
    _, database = service
    async with database.reading.acquire() as db:
        for statement in FORBIDDEN:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await db.execute(statement)
    [role] = await database.owner.fetch(
        "SELECT rolcanlogin, rolbypassrls, rolsuper FROM pg_roles WHERE rolname = $1",
        reader_of(database.name),
    )
    assert not any(role)


async def test_without_its_reader_a_database_is_not_migrated(
    postgres_server: Postgres, secrets: Path
) -> None:
    async with fresh_database(postgres_server, secrets, "backbone") as database:
        await database.owner.execute("DROP SCHEMA projections CASCADE")
        owner = await asyncpg.connect(database.provisioned.full_owner_url)
        with pytest.raises(ReaderMissing, match="postgres_reader"):
            await migrate(owner, app_role="postgres", package="backbone")
        await owner.close()


FORBIDDEN = (
    "DELETE FROM districts",
    "UPDATE ledger.streams SET version = 0",
    "SELECT * FROM work.checkpoints",
    "INSERT INTO policies VALUES (gen_random_uuid(), '{}')",
    "ALTER TABLE people DISABLE ROW LEVEL SECURITY",
)
ALLOWED = frozenset({
    "directory/roster/importing.py",  # its lease, of nobody's rows
    "notifications/mailing.py", "notifications/mail_queue.py",  # the mailer serves all districts
})  # fmt: skip


def test_no_service_reads_for_somebody_as_the_role_that_sees_all() -> None:
    found = {
        "/".join(file.parts[file.parts.index("src") + 1 :])
        for file in SERVED.glob("*/src/**/*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Attribute) and node.attr in ("pool", "_pool")
    }
    assert found <= ALLOWED, f"{found - ALLOWED}: ask `run.rows(tenant, …)`"
