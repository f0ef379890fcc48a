"""Law 11: every row and every subject has a tenant; a foreign id is not found."""

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from backbone.commands import Order, UnknownAggregate
from backbone.deciding import Actor, Look
from backbone.projector import Projector
from backbone.queries import Queries
from backbone.wire import message
from chalkline import postgres
from chalkline_contracts.event import catalogue
from conftest import TestDatabase, fresh_database
from kit.copies import until
from kit.tally import SERVICE, TALLY, TENANT, Count, Name, Tallies, named
from kit.totals import Totals, create, reading_log

pytestmark = pytest.mark.integration

OTHER = UUID("00000000-0000-4000-8000-000000000002")
SERVICES = ("directory", "goals", "observations", "notifications")

WITHOUT = {
    "ledger.head": "one row for the whole log",
    "migrations.applied": "what was done to the database itself",
    "work.checkpoints": "how far reading came, of all tenants at once",
    "work.incarnations": "which history of a source was read",
    "work.leases": "who does what only one process should do",
    "work.partitions": "which process reads which partition, of all tenants at once",
    "work.replicas": "which processes read",
    "work.words_withheld": "why no words are told, of all tenants at once",
    "work.mail_server": "one row for the one server that all mail goes to",
    "work.mail_planned": "up to where the log has been planned from, of all tenants at once",
    "projections.checkpoints": "how far reading came, of all tenants at once",
    "projections.incarnations": "which history of a source was read",
}
"""Tables that belong to no tenant, and why."""


async def tenantless(pool: Any) -> set[str]:
    """Tables without a tenant column that may not be null."""
    found = await pool.fetch(
        """
        SELECT n.nspname || '.' || c.relname AS name
          FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE c.relkind IN ('r', 'p') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
           AND NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant'
                              AND a.attnotnull AND a.atttypid = 'uuid'::regtype)
        """
    )
    return {row["name"] for row in found}


@pytest.mark.parametrize("service", SERVICES)
async def test_every_table_has_a_tenant_or_is_excused_by_name(
    service: str, postgres_server: postgres.Postgres, secrets: Path
) -> None:
    async with fresh_database(postgres_server, secrets, service) as database:
        assert await tenantless(database.owner) - set(WITHOUT) == set()
        keys = await database.owner.fetch(
            """
            SELECT c.conrelid::regclass::text AS name FROM pg_constraint c
              JOIN pg_namespace n ON n.oid = c.connamespace
             WHERE n.nspname = 'projections' AND c.contype = 'p' AND NOT EXISTS (
                   SELECT FROM pg_attribute a WHERE a.attrelid = c.conrelid AND a.attnum = ANY (c.conkey)
                      AND a.attname IN ('tenant', 'source'))
            """
        )
        assert [row["name"] for row in keys] == []


async def test_a_table_that_forgot_its_tenant_is_found(database: TestDatabase) -> None:
    await database.owner.execute("CREATE TABLE projections.forgetful (goal_id uuid PRIMARY KEY)")
    assert await tenantless(database.owner) - set(WITHOUT) == {"projections.forgetful"}


# The same ids in two tenants -----------------------------------------------------------------------------


async def twins(database: TestDatabase) -> None:
    """Everything has the same id in two districts: aggregate, command, claim; and nothing of it mixes."""
    await create(database)
    tallies = Tallies(database.app)
    command_id = UUID(int=7)
    ours = await tallies(1, Count(numbers=(1,)), command_id=command_id)
    theirs = await tallies(1, Count(numbers=(10,)), tenant=OTHER, command_id=command_id)
    assert not theirs.replayed
    assert ours.events != theirs.events
    await tallies(1, Name(name="same"))
    await tallies(1, Name(name="same"), tenant=OTHER)
    states = [await tallies.commands.state(tenant, "Tally", named(1)) for tenant in (TENANT, OTHER)]
    assert [state.total for state in states] == [1, 10]
    reader = Projector(SERVICE, [Totals().projection], database.app)
    async with reading_log(reader, database.app, tallies):
        await until(lambda: reader.progress.seen(SERVICE) >= 4)
    found = await database.app.fetch("SELECT tenant, total FROM projections.totals ORDER BY tenant")
    assert [tuple(row) for row in found] == [(TENANT, 1), (OTHER, 10)]
    assert await database.app.fetchval("SELECT count(*) FROM ledger.claims") == 2


async def test_the_same_ids_in_two_tenants_do_not_mix(database: TestDatabase) -> None:
    await twins(database)


@pytest.mark.parametrize(
    "spoilt",
    [
        "ALTER TABLE ledger.commands DROP CONSTRAINT commands_pkey, ADD PRIMARY KEY (command_id)",
        "ALTER TABLE ledger.claims DROP CONSTRAINT claims_pkey, ADD PRIMARY KEY (key)",
        "ALTER TABLE ledger.streams DROP CONSTRAINT streams_pkey, ADD PRIMARY KEY (stream_id)",
        (
            "ALTER TABLE ledger.events DROP CONSTRAINT events_tenant_stream_id_version_key,"
            " ADD UNIQUE (stream_id, version)"
        ),
    ],
    ids=["commands", "claims", "streams", "events"],
)
async def test_a_key_that_forgot_the_tenant_would_mix_them(database: TestDatabase, spoilt: str) -> None:
    await database.owner.execute(spoilt)
    with pytest.raises(Exception, match=r".*"):
        await twins(database)


async def test_a_foreign_id_is_not_found(database: TestDatabase) -> None:
    tallies = Tallies(database.app)
    await tallies.count(1, 1)
    stranger = Actor("person", str(UUID(int=5)), OTHER)
    order = Order(aggregate=TALLY, aggregate_id=named(1), command=Look(), actor=stranger, command_id=UUID(int=9),
                  request=b"")  # fmt: skip
    with pytest.raises(UnknownAggregate):
        await tallies.commands.look(order)
    with pytest.raises(UnknownAggregate):
        await tallies.commands.handle(order)
    assert await tallies.ledger.words(OTHER, named(1)) == {}


# Subjects and queries -------------------------------------------------------------------------------------


async def test_a_subject_names_its_tenant(database: TestDatabase) -> None:
    await Tallies(database.app).count(1, 1)
    row = await database.app.fetchrow("SELECT * FROM ledger.events")
    subject, payload, _ = message(SERVICE, row, "1@0")
    assert subject.split(".")[3] == str(TENANT)
    assert f'"tenantid":"{TENANT}"'.encode() in payload
    assert catalogue[SERVICE, row["type"]].aggregate in subject


@pytest.mark.parametrize("package", ["backbone", *SERVICES])
def test_every_fact_is_asked_of_one_tenant(package: str) -> None:
    for file in Queries(package, "sql/facts").files():
        text = file.read_text()
        assert "$1::uuid[]" in text, file.name
        assert ".tenant = k.tenant" in text, file.name
