"""Every named query is one that PostgreSQL takes, and no list reads more than its page."""

import json
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, date, datetime
from hashlib import md5
from importlib import import_module
from importlib.resources import files
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio
from backbone.fitting import projections_text
from backbone.migrate import create_projections
from backbone.queries import Queries
from chalkline.postgres import Postgres
from conftest import TestDatabase, fresh_database

pytestmark = pytest.mark.integration

SERVICES = ("directory", "goals", "observations", "notifications")
MADE_NOT_ASKED = frozenset({"migrations", "functions", "projections"})
"""Folders that make tables and functions."""

Query = tuple[str, str]
"""Its file, as `<package>/<folder>/<name>`, and its text."""


@pytest_asyncio.fixture(scope="module", params=SERVICES)
async def service(
    request: pytest.FixtureRequest, postgres_server: Postgres, secrets: Path
) -> AsyncIterator[tuple[str, TestDatabase]]:
    async with fresh_database(postgres_server, secrets, request.param) as database:
        yield request.param, database


def queries(package: str) -> Iterator[Query]:
    """What a package asks, from every folder of its `sql`."""
    import_module(package)
    root = files(package).joinpath("sql")
    for folder in sorted(f.name for f in root.iterdir()) if root.is_dir() else ():
        if folder not in MADE_NOT_ASKED:
            found = Queries(package, f"sql/{folder}")
            yield from ((f"{package}/{folder}/{name}", getattr(found, name)) for name in found.names())


def lists(package: str) -> list[Query]:
    """Those that give a page: they take the place after which it goes on and how many."""
    return [(name, text) for name, text in queries(package) if "< ($2, $3)" in text and "LIMIT $4" in text]


async def test_every_named_query_fits_the_tables_of_its_service(service: tuple[str, TestDatabase]) -> None:
    name, database = service
    owner = await asyncpg.connect(database.provisioned.full_owner_url)
    async with owner.transaction():  # what a rebuild asks is beside
        await create_projections(owner, "projections_next", projections_text(name), database.name)
    await owner.close()
    async with database.app.acquire() as db:
        for query, text in (*queries("backbone"), *queries(name), *queries("chalkline")):
            try:
                await db.prepare(text)
            except asyncpg.PostgresError as error:
                pytest.fail(f"{query}: {error}")


async def test_every_list_begins_where_its_page_does_and_reads_no_further(
    service: tuple[str, TestDatabase],
) -> None:
    name, database = service
    assert lists(name)
    await fill(database.owner)
    async with database.reading.acquire() as db:
        for query, text in lists(name):
            found = await plan(db, text)
            nodes = list(flat(found))
            read_whole = {node["Relation Name"] for node in nodes if node["Node Type"] == "Seq Scan"}
            few = {"districts"} if "open_shares" in text else set()  # by whose clocks shares expire
            assert read_whole <= few, f"{query} reads all of {read_whole}"
            begins = [node for node in nodes if "ROW(" in node.get("Index Cond", "")]
            assert begins, f"{query} looks for its place without an index"
            sorted_whole = [node for node in flat(found, below="Aggregate") if sorts_all(node)]
            assert not sorted_whole, f"{query} sorts what lies before its page"


OF_THE_LOG = ("backbone/queries/", "backbone/knowing/")
"""What walks whole logs, as a check does, and what keeps facts."""
LARGE = """
SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'projections'::regnamespace AND reltuples > 2000
"""

FIGURES = {
    "goals": (
        "coverage",
        "goal_history",
        "goal_lineage",
        "session_prep",
        "cycle_facts",
    ),
    "observations": ("minutes",),
    "notifications": ("caseloads",),
}
"""By service, what reads or sums up what one district told, and has no pages."""


async def test_no_figure_about_a_district_reads_what_belongs_to_others(
    service: tuple[str, TestDatabase],
) -> None:
    name, database = service
    await fill(database.owner)
    async with database.reading.acquire() as db:
        for query in FIGURES.get(name, ()):
            text = getattr(Queries(name, "sql/queries"), query)
            nodes = list(flat(await plan(db, text)))
            read_whole = [node["Relation Name"] for node in nodes if node["Node Type"] == "Seq Scan"]
            assert not read_whole, f"{query} reads all of {read_whole}"
            assert any("tenant" in node.get("Index Cond", "") for node in nodes), query


ASKED_EACH_SECOND = {"goals": ("coming_evaluators",), "notifications": ("due_timers",)}


async def test_what_is_asked_each_second_reads_few_rows(service: tuple[str, TestDatabase]) -> None:
    """Districts, and the clocks of sandboxes, may be read whole: there are few."""
    name, database = service
    await fill(database.owner)
    async with database.app.acquire() as db:
        for query in ASKED_EACH_SECOND.get(name, ()):
            nodes = flat(await plan(db, getattr(Queries(name, "sql/queries"), query)))
            read_whole = {node["Relation Name"] for node in nodes if node["Node Type"] == "Seq Scan"}
            assert read_whole <= {"districts", "clocks"}, query


async def test_no_read_goes_through_a_whole_large_table(service: tuple[str, TestDatabase]) -> None:
    """Whatever a service asks of its tables without changing them, for a door, a decision, a policy or a projection."""
    name, database = service
    await fill(database.owner)
    large = {table["relname"] for table in await database.owner.fetch(LARGE)}
    assert {"people", "roles", "partnerships"} < large
    async with database.app.acquire() as db:
        for query, text in (*queries("backbone"), *queries(name)):
            if query.startswith(OF_THE_LOG):
                continue
            nodes = list(flat(await plan(db, text)))
            if not any(node["Node Type"] == "ModifyTable" for node in nodes):
                whole = {node["Relation Name"] for node in nodes if node["Node Type"] == "Seq Scan"} & large
                assert not whole, f"{query} goes through all of {whole}"


async def test_a_page_of_a_large_district_reads_what_it_shows(
    postgres_server: Postgres, secrets: Path
) -> None:
    """25,000 people at 50 schools: whatever is asked for, a page reads a few hundred rows.

    A band is looked for among those who hold the role: a rare one reads as many of them as it takes.
    """
    async with fresh_database(postgres_server, secrets, "directory") as database:
        for text in LARGE_DISTRICT:
            await database.owner.execute(text)
        asked = Queries("directory", "sql/queries")
        school, today = UUID(md5(b"school7").hexdigest()), date(2026, 3, 2)
        pages = (
            (asked.people_of_district,),
            (asked.people_by_activity, False),
            (asked.people_by_band, "veteran", None),
            (asked.people_by_role, "teacher", today, None),
            (asked.people_by_role, "principal", today, None),
            (asked.people_by_role, "teacher", today, "novice"),
            (asked.people_by_org, school, today, None, None),
            (asked.people_by_org, school, today, "novice", "teacher"),
        )
        middle = (datetime(2026, 1, 9, tzinfo=UTC), 2**40)
        async with database.reading.acquire() as db:
            await db.fetchval(Queries("backbone", "sql/queries").ask_for, f"{{{TENANT}}}")
            for text, *wanted in pages:
                told = await db.fetchval(
                    f"EXPLAIN (ANALYZE, FORMAT JSON) {text}", TENANT, *middle, 50, *wanted
                )
                [found] = json.loads(told)
                read: Counter[str] = Counter()
                for node in flat(found["Plan"]):
                    rows = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
                    read[node.get("Relation Name", "")] += rows * node["Actual Loops"]
                assert max(read.values()) < 1_000, f"{text} reads {read}"
                assert len(await db.fetch(text, TENANT, *middle, 50, *wanted)) > 5


async def test_figures_of_a_large_district_look_at_each_row_a_few_times(
    postgres_server: Postgres, secrets: Path
) -> None:
    """2,000 teachers at 40 schools, with a cycle and a goal each: no join compares everybody with everybody, not
    even while PostgreSQL has not counted what was just derived.
    """
    async with fresh_database(postgres_server, secrets, "goals") as database:
        for text in LARGE_PRACTICE:
            await database.owner.execute(text)
        asked = Queries("goals", "sql/queries")
        figures = ((asked.coverage, date(2026, 3, 2)),)
        async with database.reading.acquire() as db:
            await db.fetchval(Queries("backbone", "sql/queries").ask_for, f"{{{TENANT}}}")
            for text, *wanted in figures:
                [found] = json.loads(
                    await db.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) {text}", TENANT, *wanted)
                )
                looked = [
                    (node["Actual Rows"] + node.get("Rows Removed by Join Filter", 0)) * node["Actual Loops"]
                    for node in flat(found["Plan"])
                ]
                assert max(looked) < 100_000, text
                assert len(await db.fetch(text, TENANT, *wanted)) > 1


@pytest.mark.parametrize("counted", [False, True])
async def test_mails_that_wait_for_a_morning_are_not_looked_at_before(
    postgres_server: Postgres, secrets: Path, *, counted: bool
) -> None:
    """40,000 wait; three are due, two were told just now, and of another district's one each is handed over and planned
    from facts that have changed. Who asks what is due, plans and claims reads these.
    """
    async with fresh_database(postgres_server, secrets, "notifications") as database:
        for text in WAITING_MAIL:
            await database.owner.execute(text)
        if counted:
            await database.owner.execute("ANALYZE mail; ANALYZE work.mailing; ANALYZE districts")
        asked, now = Queries("notifications", "sql/queries"), datetime(2026, 3, 2, tzinfo=UTC)
        async with database.app.acquire() as db:
            for text, wanted in (
                (asked.mail_due, (TENANT, now, 200)),
                (asked.mail_to_plan, (200,)),
                (asked.mail_to_plan_anew, (200,)),
                (asked.claim_mail, (now, 200, 60.0, TENANT, "")),
                *([(asked.forget_mail, ())] if counted else []),
            ):
                assert (await rows_read(db, text, *wanted)).most_common(1)[0][1] < 1_000, text
            assert await db.fetchval(asked.mail_due, TENANT, now, 200) == 5
            assert await db.fetchval(asked.mail_due, UUID(int=2), now, 200) == 2
            assert len(await db.fetch(asked.mail_to_plan, 200)) == 2
            assert len(await db.fetch(asked.mail_to_plan_anew, 200)) == 1
            await database.owner.execute("UPDATE work.mail_planned SET through = 0")
            assert (await rows_read(db, asked.mail_to_plan, 200)).most_common(1)[0][
                1
            ] > 1_000  # it can be told


async def rows_read(db: Any, text: str, *wanted: Any) -> Counter[str]:
    """How many rows of each table a query reads; what it changes is as it was before."""
    transaction = db.transaction()
    await transaction.start()
    [found] = json.loads(await db.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) {text}", *wanted))
    await transaction.rollback()
    read: Counter[str] = Counter()
    for node in flat(found["Plan"]):
        rows = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
        read[node.get("Relation Name", "")] += rows * node["Actual Loops"]
    return read


async def test_the_look_for_whole_reads_finds_one(postgres_server: Postgres, secrets: Path) -> None:
    async with fresh_database(postgres_server, secrets, "goals") as database:
        await database.owner.execute(
            "DO $$ DECLARE i record; BEGIN FOR i IN SELECT indexname FROM pg_indexes WHERE schemaname ="
            " 'projections' AND tablename = 'listed_cycles' AND indexname NOT LIKE '%pkey' LOOP"
            " EXECUTE format('DROP INDEX projections.%I', i.indexname); END LOOP; END $$"
        )
        await fill(database.owner)
        async with database.app.acquire() as db:
            text = Queries("goals", "sql/queries").cycles_overseen
            nodes = list(flat(await plan(db, text)))
        assert any(sorts_all(node) for node in nodes)


TENANT = UUID(int=1)
WAITING_MAIL = (
    f"""INSERT INTO districts (tenant, sandbox, clock, time_zone)
        VALUES ('{TENANT}', false, NULL, 'UTC'), ('{UUID(int=2)}', false, NULL, 'UTC')""",
    f"""INSERT INTO mail_revisions (tenant, source, position)
        VALUES ('{TENANT}', 'directory', 7), ('{UUID(int=2)}', 'directory', 8)""",
    f"""INSERT INTO inbox (tenant, notification_id, recipient_id, milestone, due_at, sent_at, began, position)
        SELECT CASE WHEN n <= 2 THEN '{UUID(int=2)}' ELSE '{TENANT}' END::uuid, md5('n' || n)::uuid,
               md5('p' || n % 2000)::uuid, 'VisitDue', '2026-03-01', '2026-03-01', n, n
          FROM generate_series(1, 40002) AS n""",
    "INSERT INTO mail SELECT tenant, notification_id, began FROM inbox",
    """INSERT INTO work.mailing (tenant, notification_id, recipient_id, digest, send_at, planned_from, handed_at)
       SELECT tenant, notification_id, recipient_id, false, CASE WHEN position % 10000 = 5 AND position > 5
              THEN timestamptz '2026-03-01' ELSE '2026-03-03' END, 7 + (position = 2)::int,
              CASE WHEN position = 2 THEN now() END
         FROM inbox WHERE position <= 40000""",
    "UPDATE work.mail_planned SET through = 40000",
)
LARGE_DISTRICT = (
    f"""INSERT INTO listed_people (tenant, person_id, name_ref, experience_band, active, enrolled_at, position, began)
        SELECT '{TENANT}', md5('p' || n)::uuid, md5('w' || n)::uuid,
               CASE WHEN n % 200 = 0 THEN 'veteran' WHEN n % 3 = 0 THEN 'novice' END, n % 500 <> 1,
               timestamptz '2026-01-01' + n / 2 * interval '1 minute', n, n
          FROM generate_series(1, 25000) AS n""",
    f"""INSERT INTO listed_roles (tenant, person_id, role, org_id, begins, enrolled_at, began)
        SELECT '{TENANT}', md5('p' || n)::uuid, CASE WHEN n % 500 = 3 THEN 'principal' ELSE 'teacher' END,
               md5('school' || n % 50)::uuid, '2020-08-01', timestamptz '2026-01-01' + n / 2 * interval '1 minute', n
          FROM generate_series(1, 25000) AS n""",
    f"""INSERT INTO listed_roles (tenant, person_id, role, org_id, begins, enrolled_at, began)
        SELECT '{TENANT}', md5('p' || n)::uuid, 'teacher', md5('school' || (n + 1) % 50)::uuid, '2020-08-01',
               timestamptz '2026-01-01' + n / 2 * interval '1 minute', n
          FROM generate_series(1, 25000, 10) AS n""",
    "ANALYZE listed_people, listed_roles",
)


LARGE_PRACTICE = (
    f"""INSERT INTO people (tenant, person_id, active)
        SELECT '{TENANT}', md5('p' || n)::uuid, true FROM generate_series(1, 2000) AS n""",
    f"""INSERT INTO orgs (tenant, org_id, type)
        SELECT '{TENANT}', md5('school' || n)::uuid, 'school' FROM generate_series(0, 39) AS n""",
    f"""INSERT INTO roles (tenant, person_id, role, org_id, begins)
        SELECT '{TENANT}', md5('p' || n)::uuid, 'teacher', md5('school' || n % 40)::uuid, '2020-08-01'
          FROM generate_series(1, 2000) AS n""",
    f"""INSERT INTO partnerships (tenant, partnership_id, coach_id, teacher_ids, status, since)
        SELECT '{TENANT}', md5('pair' || n)::uuid, md5('coach' || n % 40)::uuid, ARRAY[md5('p' || n)::uuid], 'agreed',
               now()
          FROM generate_series(1, 2000) AS n""",
)


async def plan(db: Any, text: str) -> dict[str, Any]:
    """The plan for whatever values come."""
    await db.fetchval(Queries("backbone", "sql/queries").ask_for, f"{{{TENANT}}}")
    async with db.transaction():
        types = [parameter.name for parameter in (await db.prepare(text)).get_parameters()]
        await db.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        await db.execute(f"PREPARE listed AS {text}")
        nothing = ", ".join(f"NULL::{name}" for name in types)
        told = await db.fetchval(f"EXPLAIN (FORMAT JSON) EXECUTE listed {f'({nothing})' if types else ''}")
        await db.execute("DEALLOCATE listed")
    found: dict[str, Any] = json.loads(told)[0]["Plan"]
    return found


def flat(node: dict[str, Any], *, below: str = "") -> Iterator[dict[str, Any]]:
    """A plan's nodes; nothing `below` nodes of a kind, such as what sums up what belongs to one row."""
    yield node
    if node["Node Type"] != below:
        for inner in node.get("Plans", ()):
            yield from flat(inner, below=below)


def sorts_all(node: dict[str, Any]) -> bool:
    """Whether it sorts something that was not cut to a page before."""
    return node["Node Type"] == "Sort" and all(inner["Node Type"] != "Limit" for inner in flat(node))


VALUES = {
    "uuid": "md5('{column}' || n)::uuid",
    "text": "'x' || n % 5",
    "boolean": "n % 2 = 0",
    "smallint": "n % 64",
    "integer": "n % 7",
    "bigint": "n",
    "date": "date '2026-01-01' + n % 300",
    "timestamp with time zone": "timestamptz '2026-01-01' + n * interval '1 minute'",
    "uuid[]": "ARRAY[md5('person' || n % 503)::uuid]",
    "text[]": "ARRAY['x' || n % 5]",
    "interval": "n * interval '1 minute'",
    "jsonb": "'[]'::jsonb",
    "tstzmultirange": "'{{}}'::tstzmultirange",
    "json": "'{{}}'::json",
    "bytea": "'x'::bytea",
}
KNOWN = {
    "tenant": "md5('tenant' || n % 20)::uuid",
    "person_id": "md5('person' || n % 503)::uuid",
    "coach_id": "md5('person' || n % 503)::uuid",
    "recipient_id": "md5('person' || n % 503)::uuid",
    "experience_band": "'novice'",
    "role": "'teacher'",
}


async def fill(owner: Any, rows: int = 6_000) -> None:
    """Many rows in every table that a list may read: twenty districts, five hundred people."""
    tables: dict[str, list[tuple[str, str]]] = {}
    for found in await owner.fetch(
        "SELECT c.oid::regclass::text AS name, a.attname AS column, format_type(a.atttypid, NULL) AS type"
        "  FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped"
        " WHERE c.relkind = 'r' AND (c.relnamespace = 'projections'::regnamespace"
        "       AND c.relname NOT IN ('checkpoints', 'parked', 'incarnations')"
        "       OR c.oid IN ('ledger.private_words'::regclass, 'ledger.events'::regclass))"
        " ORDER BY c.oid, a.attnum"
    ):
        tables.setdefault(found["name"], []).append((found["column"], found["type"]))
    for table, columns in tables.items():
        values = [KNOWN.get(column, VALUES[kind].format(column=column)) for column, kind in columns]
        await owner.execute(
            f"INSERT INTO {table} SELECT {', '.join(values)} FROM generate_series(1, {rows}) AS n"
            " ON CONFLICT DO NOTHING"
        )
        await owner.execute(f"ANALYZE {table}")
