"""Verification: is everything still what was committed? Names exactly what differs.

Looks at one snapshot of the database, aggregate by aggregate (`walking.py`) and position by position
beside the stream, in bounded memory however long the log.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import asyncpg
from nats.aio.client import Client

from backbone.attesting import leaving
from backbone.beside import Beside
from backbone.deciding import Aggregate
from backbone.queries import Queries
from backbone.recorded import Meta
from backbone.references import digest_of, references
from backbone.report import Report
from backbone.walking import READ, Chain

sql = Queries("backbone", "sql/queries")


async def verify(
    pool: asyncpg.Pool,
    nc: Client | None,
    service: str,
    aggregates: Sequence[Aggregate[Any]],
    chain_key: bytes,
) -> Report:
    """Compares log, chain, states, commands, words and stream with each other.

    `nc` None leaves the stream out. Only reads. The service may go on working meanwhile.
    """
    report = Report(service)
    async with _snapshot(pool) as db:
        await _positions(db, report)
        await Chain(report, service, aggregates, chain_key, await _left(db)).walk(db)
        for row in await db.fetch(sql.verify_eventless_commands):
            what = f"answered versions {row['first_version']} to {row['version']}, which do not end here"
            report.add("commands", what, position=row["position"], aggregate=str(row["stream_id"]),
                       field=f"command {row['command_id']}")  # fmt: skip
        beside = Beside(report, nc, service) if nc else None
        if beside:
            await beside.begin(pool)
        rows: list[Any] = []
        async for row in db.cursor(sql.verify_log, prefetch=READ):
            rows.append(row)
            if len(rows) == READ:
                await _part(db, report, rows, beside)
                rows = []
        if rows:
            await _part(db, report, rows, beside)
        if beside:
            await beside.end()
    return report


@asynccontextmanager
async def _snapshot(pool: asyncpg.Pool) -> AsyncIterator[Any]:
    async with pool.acquire() as db:
        # The role's limits are for those who serve; a long log takes longer. They return with the connection.
        for limit in ("transaction_timeout", "statement_timeout", "idle_in_transaction_session_timeout"):
            await db.execute(f"SET {limit} = 0")
        async with db.transaction(isolation="repeatable_read", readonly=True):
            yield db


async def _positions(db: Any, report: Report) -> None:
    head = await db.fetchrow(sql.verify_head)
    report.history, report.head = head["history"], head["head"]
    report.events, report.commands, report.aggregates = head["events"], head["commands"], head["aggregates"]
    for gap in await db.fetch(sql.verify_gaps, report.head):
        through = f" to {gap['last']}" if gap["last"] > gap["first"] else ""
        report.add("log", f"missing{through}", position=gap["first"], field="position")
    for position in head["beyond"] or ():
        report.add(
            "log", f"lies outside the log, which ends at {report.head}", position=position, field="position"
        )


async def _left(db: Any) -> set[UUID]:
    """The districts of which this log attests that all it had of them is gone."""
    attested = await db.fetch(sql.districts_left)
    return {row["tenant"] for row in attested if row["stream_id"] == leaving(row["tenant"])}


async def _part(db: Any, report: Report, rows: Sequence[Any], beside: Beside | None) -> None:
    await _commands(db, report, rows)
    await _words(db, report, rows)
    if beside:
        await beside.compare(rows)


async def _commands(db: Any, report: Report, rows: Sequence[Any]) -> None:
    """Each event's command is remembered, with the request it was and a range that has the event in it."""
    told: list[tuple[Any, Meta]] = []
    for row in rows:
        try:
            told.append((row, Meta.decode(row["meta"])))
        except (ValueError, TypeError) as error:
            report.add("log", f"unreadable: {error}", position=row["position"], field="meta",
                       aggregate=str(row["stream_id"]))  # fmt: skip
    remembered = {
        (r["tenant"], str(r["command_id"])): r
        for r in await db.fetch(
            sql.verify_commands, [r["tenant"] for r, _ in told], [UUID(m.command_id) for _, m in told]
        )
    }
    for row, meta in told:
        command = remembered.get((row["tenant"], meta.command_id))
        at = {
            "position": row["position"],
            "aggregate": str(row["stream_id"]),
            "field": f"command {meta.command_id}",
        }
        if command is None:
            report.add("commands", "caused this event and is not remembered", **at)
        elif command["request"].hex() != meta.request:
            report.add("commands", "is remembered for another request", **at)
        elif command["stream_id"] != row["stream_id"] or not (
            command["first_version"] <= row["version"] <= command["version"]
        ):
            report.add("commands", "is remembered for other events", **at)


async def _words(db: Any, report: Report, rows: Sequence[Any]) -> None:
    told = [(row, *reference) for row in rows for reference in references(row["data"])]
    if not told:
        return
    found = {
        (w["tenant"], w["ref"]): w
        for w in await db.fetch(
            sql.words_present, [r["tenant"] for r, *_ in told], [ref for _, ref, _ in told]
        )
    }
    for row, ref, digest in told:
        words = found.get((row["tenant"], ref))
        if words is None:
            report.words_gone += 1
            continue
        report.words += 1
        if digest_of(words["salt"], words["words"]) != digest:
            report.add("words", "are not what was said", position=row["position"],
                       aggregate=str(row["stream_id"]), field=f"words {ref}")  # fmt: skip
