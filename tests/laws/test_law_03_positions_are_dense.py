"""Law 3: positions are dense and in commit order, so a reader of `position > $1` never skips an event."""

import asyncio
import contextlib
from typing import Any

import pytest
from backbone.commands import ClaimTaken
from backbone.queries import Queries
from kit.tally import Name, Tallies

pytestmark = pytest.mark.integration

LOCK = "SELECT h.position INTO STRICT base FROM head h FOR UPDATE;"
SLOWLY = "PERFORM pg_sleep(0.01 * random());"


async def test_a_reader_that_goes_by_positions_sees_every_event(database: Any) -> None:
    await patched(database, LOCK, f"{LOCK} {SLOWLY}")
    await read_while_many_write(database)


async def test_positions_from_a_sequence_would_be_missed_by_readers(database: Any) -> None:
    await database.owner.execute("CREATE SEQUENCE ledger.positions CACHE 1")
    await database.owner.execute(f'GRANT USAGE ON SEQUENCE ledger.positions TO "{database.name}"')
    await patched(database, LOCK, f"base := nextval('ledger.positions') - 1; {SLOWLY}")
    with pytest.raises(AssertionError):
        await read_while_many_write(database)


async def patched(database: Any, old: str, new: str) -> None:
    """The append function with one statement replaced."""
    text = next(f for f in Queries("backbone", "sql/functions").files() if f.name == "append.sql").read_text()
    assert old in text
    await database.owner.execute(text.replace(old, new).replace(":app", f'"{database.name}"'))


async def read_while_many_write(database: Any) -> None:
    """Several processes' worth of ledgers, each committing one command at a time, some of them in vain."""
    seen: list[int] = []
    writing = True

    async def read() -> None:
        while True:
            last = not writing
            rows = await database.app.fetch(
                "SELECT position FROM ledger.events WHERE position > $1 ORDER BY position",
                seen[-1] if seen else 0,
            )
            seen.extend(row["position"] for row in rows)
            if last:
                return

    async def write(writer: int) -> None:
        tallies = Tallies(database.app, writers=1, largest=1)
        for n in range(20):
            await tallies.count(writer, n)
            with contextlib.suppress(ClaimTaken):  # and no position with it
                await tallies(writer, Name(name="wanted by all"))

    async with asyncio.TaskGroup() as everyone:
        everyone.create_task(read())
        async with asyncio.timeout(20), asyncio.TaskGroup() as writers:
            for n in range(8):
                writers.create_task(write(n))
        writing = False
    there = [r["position"] for r in await database.app.fetch("SELECT position FROM ledger.events ORDER BY 1")]
    assert there == list(range(1, len(there) + 1))
    assert seen == there
    assert await database.app.fetchval("SELECT position FROM ledger.head") == len(there)
