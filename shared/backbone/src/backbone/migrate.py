"""Bringing a service's database to the shape its code expects; run by the owner before the service starts."""

import asyncpg
import structlog

from backbone.fitting import (
    FUNCTIONS,
    digest,
    functions_text,
    misfit_of_projections,
    numbered,
    projections_text,
)
from backbone.queries import Queries
from backbone.reads import reader_of

log = structlog.get_logger(__name__)
sql = Queries("backbone", "sql/queries")

LOCK = 0x6368616C
"""Advisory lock, so that two who migrate at once do it one after the other."""

REMEMBERING = """
CREATE SCHEMA IF NOT EXISTS migrations;
CREATE TABLE IF NOT EXISTS migrations.applied (
    name text PRIMARY KEY, digest text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now()
);
"""
SHOWING = "GRANT USAGE ON SCHEMA migrations TO :app; GRANT SELECT ON migrations.applied TO :app"
"""A service looks whether its database fits."""


class ReaderMissing(Exception):
    """There is no such role: `chalkline provision` makes it, as `deploy/postgres/roles.sql` says."""


class MigrationChanged(Exception):
    """A migration that was applied reads differently now: a new file is needed, not a new text."""


async def migrate(owner: asyncpg.Connection, *, app_role: str, package: str) -> list[str]:
    """Applies what is missing, in one transaction; returns the names of what was applied.

    Numbered files of `sql/migrations` run once; `sql/functions` are put in place each time; the tables of
    `sql/projections` are made anew, empty, when their text changed, and the service derives them again.
    """
    applied: list[str] = []
    async with owner.transaction():
        await owner.execute("SELECT pg_advisory_xact_lock($1)", LOCK)
        await owner.execute(REMEMBERING)
        await owner.execute(_for(app_role, SHOWING))
        known = {
            r["name"]: r["digest"] for r in await owner.fetch("SELECT name, digest FROM migrations.applied")
        }
        for name, text in numbered(package):
            if known.get(name, digest(text)) != digest(text):
                raise MigrationChanged(name)
            if name not in known:
                await owner.execute(_for(app_role, text))
                await _note(owner, name, text)
                applied.append(name)
        await owner.execute(_for(app_role, functions_text()))
        await _note(owner, FUNCTIONS, functions_text())
        if await misfit_of_projections(owner, package):
            await _make_projections(owner, projections_text(package), app_role)
            applied.append("projections")
        for schema in ("ledger", "work", "projections"):
            await _guard(owner, schema, app_role)
    for name in applied:
        log.info("migrated", name=name)
    return applied


async def create_projections(owner: asyncpg.Connection, schema: str, shape: str, app_role: str) -> None:
    """An empty schema with the projections' tables, open to the application's role; which they are is noted on it."""
    await owner.execute(
        f'CREATE SCHEMA "{schema}"; SET LOCAL search_path = "{schema}", ledger, work;'
        f"{shape};"
        f"COMMENT ON SCHEMA \"{schema}\" IS '{digest(shape)}';"
        f'GRANT USAGE ON SCHEMA "{schema}" TO "{app_role}";'
        f'GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA "{schema}" TO "{app_role}"'
    )
    await _guard(owner, schema, app_role)


async def _guard(owner: asyncpg.Connection, schema: str, app_role: str) -> None:
    """Who reads for somebody sees rows of the districts asked for; see `sql/functions/guard.sql`."""
    if not await owner.fetchval("SELECT to_regrole($1) IS NOT NULL", f'"{reader_of(app_role)}"'):
        raise ReaderMissing(reader_of(app_role))
    await owner.execute("SELECT ledger.guard($1, $2, $3)", schema, app_role, reader_of(app_role))


async def _make_projections(owner: asyncpg.Connection, shape: str, app_role: str) -> None:
    read = []
    if await owner.fetchval("SELECT to_regnamespace('projections') IS NOT NULL"):
        await owner.execute("DROP SCHEMA IF EXISTS projections_before CASCADE")
        await owner.execute("ALTER SCHEMA projections RENAME TO projections_before")
        await owner.execute(f'REVOKE ALL ON SCHEMA projections_before FROM "{app_role}"')
        await owner.execute("SET LOCAL search_path = projections_before")
        read = [row["source"] for row in await owner.fetch(sql.sources_read)]
    await create_projections(owner, "projections", shape, app_role)
    await owner.execute(sql.note_anew, read)


async def _note(owner: asyncpg.Connection, name: str, text: str) -> None:
    await owner.execute(
        "INSERT INTO migrations.applied (name, digest) VALUES ($1, $2)"
        " ON CONFLICT (name) DO UPDATE SET digest = excluded.digest, applied_at = now()"
        " WHERE applied.digest <> excluded.digest",
        name,
        digest(text),
    )


def _for(app_role: str, text: str) -> str:
    return text.replace(":app", f'"{app_role}"')
