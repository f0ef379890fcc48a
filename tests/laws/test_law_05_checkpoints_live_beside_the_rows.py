"""Law 5: a checkpoint moves in the transaction that wrote the rows; what the broker remembers is never the truth."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from backbone import projector as projecting
from backbone.local_log import LocalLog
from backbone.projector import Projector
from backbone.reading import Delivery
from kit.broker import own_broker
from kit.copies import level, relaying, until
from kit.tally import SERVICE, Tallies
from kit.totals import Mortal, Totals, create, forget, reading_stream, rows, told

pytestmark = pytest.mark.integration


@pytest.fixture
async def tallies(database: Any) -> Tallies:
    await create(database)
    return Tallies(database.app)


async def counted(tallies: Tallies, events: int, *, over: int = 7) -> None:
    for n in range(events):
        await tallies.count(n % over, n + 1)


async def killed_at_every_step(tallies: Tallies, database: Any, kind: type[Projector]) -> int:
    """Kills the connection at the first step, then at the second, and so on; the rows must be the log's each time."""
    await counted(tallies, 9, over=3)
    expected = await told(database.app)
    step, died = 0, True
    while died:
        step += 1
        pool = Mortal(database.app, step)
        projector = kind(SERVICE, [Totals().projection], pool)
        log = LocalLog(SERVICE, database.app, projector, asyncio.Event(), batch=4)
        for _ in range(4):
            try:
                await log.feed(projector, 9)
            except projecting.PASSING:
                continue
            break
        assert await rows(database.app) == expected, f"killed at step {step}"
        await forget(database)
        died = pool.died
    return step


async def test_killed_at_any_step_every_event_has_its_effect_once(tallies: Tallies, database: Any) -> None:
    assert await killed_at_every_step(tallies, database, Projector) > 15


class CommitsRowsFirst(Projector):
    """Writes rows in one transaction and the checkpoint in the next."""

    async def _advance(self, db: Any, batch: Sequence[Delivery]) -> None:
        self.later = batch

    async def _together(self, batch: Sequence[Delivery]) -> None:
        await super()._together(batch)
        async with self._pool.acquire() as db, db.transaction():
            await super()._advance(db, self.later)


async def test_with_the_checkpoint_in_a_transaction_of_its_own_a_crash_would_double(
    tallies: Tallies, database: Any
) -> None:
    with pytest.raises(AssertionError, match="killed at step"):
        await killed_at_every_step(tallies, database, CommitsRowsFirst)


async def test_rows_restored_from_a_backup_are_read_on_from_their_own_checkpoint(
    tallies: Tallies, database: Any, tmp_path: Path
) -> None:
    await restored(tallies, database, tmp_path, Projector)


class TrustsItsMemory(Projector):
    """Believes what it, or a broker's durable consumer, remembers instead of the database."""

    remembered = 0

    async def begin(self, head: int = 0) -> int:
        return max(await super().begin(head), self.remembered)


async def test_a_reader_that_trusted_a_position_remembered_elsewhere_would_skip(
    tallies: Tallies, database: Any, tmp_path: Path
) -> None:
    TrustsItsMemory.remembered = 30
    with pytest.raises((AssertionError, TimeoutError)):
        await restored(tallies, database, tmp_path, TrustsItsMemory, within=2)


async def restored(
    tallies: Tallies, database: Any, folder: Path, kind: type[Projector], *, within: float = 15
) -> None:
    """Rows and checkpoint go back to 20 together, as a backup's would, while the stream is at 30."""
    async with own_broker(folder) as server:
        nc = await server.connect()
        async with relaying(tallies, database.app, nc):
            await counted(tallies, 20)
            await until(lambda: level(nc, database.app))
            async with reading_stream(Projector(SERVICE, [Totals().projection], database.app), server.url):
                await until(lambda: is_told(database))
            await database.owner.execute("CREATE TABLE backup AS TABLE projections.totals")
            await counted(tallies, 10)
            await until(lambda: level(nc, database.app))
            await database.owner.execute("UPDATE projections.checkpoints SET position = 20")
            async with reading_stream(kind(SERVICE, [Totals().projection], database.app), server.url):
                await until(lambda: is_told(database), within=within)


async def is_told(database: Any) -> bool:
    return await rows(database.app) == await told(database.app)
