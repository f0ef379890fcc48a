"""The projector: events become rows, each with its effect exactly once.

One class runs live, catching up and rebuilding. What it has done lies in `checkpoints` beside the rows it
wrote, in the same transaction; what the broker remembers does not count. A projection that cannot take
an event parks that aggregate and nothing else: later events of it queue behind, all others go on.

Of its source it projects the partitions it holds (`partitions.py`), in the order of each aggregate.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeAlias

import asyncpg
import structlog
from chalkline_contracts.event import Event

from backbone.ledger import CONNECTION_LOST
from backbone.parking import park, parked_aggregates, why
from backbone.partitions import Held, Rebalanced, Sharing, Unshared
from backbone.queries import Queries
from backbone.reading import LEVEL_FOR, Delivery, Progress
from backbone.recorded import PARTITIONS, Recorded

log = structlog.get_logger(__name__)
sql = Queries("backbone", "sql/queries")

Connection: TypeAlias = (
    "asyncpg.Connection[asyncpg.Record] | asyncpg.pool.PoolConnectionProxy[asyncpg.Record]"
)

PASSING = (*CONNECTION_LOST, asyncpg.TransactionRollbackError, asyncpg.LockNotAvailableError,
           asyncpg.QueryCanceledError, asyncpg.InsufficientResourcesError)  # fmt: skip
"""Faults that say nothing about the event: the batch is tried again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Projection:
    """Rows derived from events, and from nothing else: no clock, no other projection's table.

    `project(events, connection)` is given events it handles in the order of their source, in a transaction.
    `settle(connection)` works out what follows from its rows of many aggregates: after every batch, and in a
    rebuild once, when all is projected.
    """

    name: str
    handles: tuple[type[Event], ...]
    project: Callable[[Sequence[Recorded[Any]], Connection], Awaitable[None]]
    settle: Callable[[Connection], Awaitable[None]] | None = None

    async def take(self, events: Sequence[Recorded[Any]], db: Connection) -> None:
        """All that these events change."""
        await self.project(events, db)
        if self.settle is not None:
            await self.settle(db)


class Fenced(Exception):
    """Somebody else has moved these checkpoints: what is in memory is no longer true."""


class OwnFault(Exception):
    """A projection failed as a lost connection would, while its connection stands: the event is the reason."""


class Projector:
    """Keeps all projections of a service level with one source.

    `pool`'s search_path decides which tables are filled: `projections` live, `projections_next` in a rebuild.
    """

    reader = "projections"

    def __init__(
        self,
        source: str,
        projections: Sequence[Projection],
        pool: asyncpg.Pool,
        *,
        progress: Progress | None = None,
        committed: Callable[[], None] = lambda: None,
        partitions: Sharing | None = None,
        fits: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """`fits` raises while the tables are not those that projections write to."""
        self.source = source
        self._fits = fits
        self.progress = progress or Progress()
        self.held = Held(whole=True)
        """What it reads, since it last began."""
        self._partitions = partitions or Unshared()
        self._pool = pool
        self._committed = committed
        self._projections: dict[str, list[Projection]] = defaultdict(list)
        """By the name of the events they handle."""
        for projection in projections:
            for name in {e.__name__ for e in projection.handles if e.service == source}:
                self._projections[name].append(projection)
        self.handles = frozenset(self._projections)
        """Names of the events that matter to it."""
        self._checkpoints = [0] * PARTITIONS
        self._turn = asyncio.Lock()
        """Reading and idling take turns: each believes what the other left in memory and database."""
        self._begun = False
        self._astray = False
        self._noted: tuple[int, float] | None = None
        """Of which look at the source's end it was noted that everything has come so far."""
        self.ceilings: Sequence[int] | None = None
        """Where to stop in each partition; only a rebuild that must meet the live tables sets it."""
        self.settling = True
        """Whether what follows from many rows is worked out after each batch; a rebuild does it at its end."""
        self.processed = 0
        """How many deliveries were new to it."""

    async def begin(self, head: int = 0) -> int:  # noqa: ARG002 - only policies may start at the source's end
        """Reads the checkpoints of what it holds; returns the position to read after."""
        if self._fits is not None:
            await self._fits()
        async with self._turn:
            await self._pool.execute(sql.begin_checkpoints, self.reader, self.source)
            rows = await self._pool.fetch(sql.checkpoints, self.reader, self.source)
            if any(row["position"] < self._checkpoints[row["partition"]] for row in rows):
                self.progress.back()
            for row in rows:
                self._checkpoints[row["partition"]] = row["position"]
            self.progress.restart(self.source, self._checkpoints, frozenset(self.held.numbers))
            self._begun, self._astray = True, False
            return min(self._checkpoints[partition] for partition in self.held.numbers)

    async def admitted(self) -> None:
        """Waits until there is something to read for it, and takes that for what it reads from here on."""
        async with self._turn:
            self.progress.left(self.source)
            self._begun = False
        self.held = await self._partitions.some()

    def sure(self) -> None:
        """Raises Rebalanced when what it reads is not surely its own any more."""
        with self._partitions.using(self.held):
            return

    async def incarnated(self, incarnation: int, shared: int) -> bool:
        """Notes which history the source tells; True if it is the one these rows came from.

        After a history that shares only what lies at or before `shared`, rows derived from more than
        that are wrong: everything is derived again from the beginning. Rows derived from no more stay.
        """
        async with self._turn:
            known = await self._pool.fetchval(sql.incarnation_of, self.source)
            if known == incarnation:
                return True
            if known is None:
                await self._pool.execute(sql.note_incarnation, self.source, incarnation)
                return True
            log.warning("source_reincarnated", source=self.source, incarnation=incarnation, shared=shared)
            if not await self._kept(incarnation, shared):
                self.progress.lost()
            self._partitions.doubt()
            self._checkpoints = [0] * PARTITIONS
            return False

    async def process(self, batch: Sequence[Delivery], through: int = 0) -> None:
        """Projects a batch in the order of its positions. Raises only for faults that pass, Fenced and Rebalanced.

        `through` is how far its source has been read, where that is further than the batch goes. An empty batch
        only asks whether to go on.
        """
        async with self._turn:
            if self._astray:
                raise Fenced(f"{self.source}: the checkpoints were moved")
            with self._partitions.using(self.held):
                await self._process(batch)
            if batch or through:
                self.progress.advance(self.source, max(through, batch[-1].position if batch else 0))

    async def _process(self, batch: Sequence[Delivery]) -> None:
        new = [d for d in batch if self._is_new(d)]
        self.processed += len(new)
        if new:
            try:
                await self._together(new)
            except PASSING:
                raise
            except Fenced:
                raise
            except Exception as error:  # noqa: BLE001 - whose fault it was is found out one by one
                log.warning("batch_failed", source=self.source, events=len(new), error=why(error))
                for delivery in new:
                    await self._alone(delivery)

    async def idle(self) -> None:
        """Moves the partitions nothing happened in up to where the source was read, and notes what is level.

        Raises Fenced, as the next `process` will, when the checkpoints are not where it left them: a swapped
        or emptied table is noticed although nothing happens in this source.
        """
        async with self._turn:
            if not self._begun or self._astray or self.ceilings is not None:
                return
            with self._partitions.using(self.held):
                try:
                    await self._catch_up_idle(self.progress.seen(self.source))
                except Fenced:
                    self._astray = True
                    raise

    async def _catch_up_idle(self, seen: int) -> None:
        rows = await self._pool.fetch(sql.checkpoints, self.reader, self.source)
        found = {row["partition"]: row["position"] for row in rows}
        if any(found.get(p) != self._checkpoints[p] for p in self.held.numbers):
            raise Fenced(f"{self.source}: the checkpoints were moved")
        behind = {p: seen for p in self.held.numbers if self._checkpoints[p] < seen}
        if behind:
            async with self._pool.acquire() as db, db.transaction():
                await self._fence(db, behind)
                await self._move(db, behind)
            for partition in behind:
                self._checkpoints[partition] = seen
            self.progress.stands(self.source, self._checkpoints)
        await self._note_level(min((found | behind).values()), rows[0]["now"])

    async def _note_level(self, lowest: int, now: datetime) -> None:
        """Where all partitions, whoever holds them, have come to where the source stood, it was level then.

        That moment is told by PostgreSQL's clock, early rather than late: however long this process sleeps
        before it says so, it says nothing that was not so.
        """
        asked = self.progress.asked(self.source)
        if asked is None or asked == self._noted or lowest < asked[0]:
            return
        ago = time.monotonic() - asked[1]
        if ago < LEVEL_FOR:
            one = next(iter(self.held.epochs.items()), (None, None))
            await self._pool.execute(
                sql.note_level, self.source, asked[0], now - timedelta(seconds=ago), *one
            )
        self._noted = asked

    async def settle(self, positions: Sequence[int]) -> None:
        """Moves each partition up to a position: all there is up to it has been processed."""
        async with self._turn:
            async with self._pool.acquire() as db, db.transaction():
                await self._fence(db, range(PARTITIONS))
                await self._move(db, dict(enumerate(positions)))
            self._checkpoints = list(positions)
            self.progress.restart(self.source, self._checkpoints)

    def _is_new(self, delivery: Delivery) -> bool:
        if delivery.position <= self._checkpoints[delivery.partition] or delivery.partition not in self.held:
            return False
        return self.ceilings is None or delivery.position <= self.ceilings[delivery.partition]

    def _wanted(self, batch: Sequence[Delivery]) -> Iterable[tuple[Projection, list[Delivery]]]:
        """Each projection with those of a batch that it handles, in their order."""
        wanted: dict[str, tuple[Projection, list[Delivery]]] = {}
        for delivery in batch:
            for projection in self._projections.get(delivery.name or "", ()):
                wanted.setdefault(projection.name, (projection, []))[1].append(delivery)
        return wanted.values()

    async def _together(self, batch: Sequence[Delivery]) -> None:
        async with self._pool.acquire() as db, db.transaction():
            await self._fence(db, {d.partition for d in batch})
            parked = await parked_aggregates(db, self.source)
            for projection, deliveries in self._wanted(batch):
                events: list[Recorded[Any]] = []
                for delivery in deliveries:
                    if parked and (projection.name, *delivery.aggregate) in parked:
                        await park(db, projection.name, delivery, error=None)
                    else:
                        events.append(delivery.recorded())
                if events:
                    await self._project(projection, events, db)
            for delivery in batch:
                if delivery.malformed:
                    await self._malformed(db, delivery)
            await self._advance(db, batch)
        self._done(batch)

    async def _alone(self, delivery: Delivery) -> None:
        async with self._pool.acquire() as db, db.transaction():
            await self._fence(db, {delivery.partition})
            parked = await parked_aggregates(db, self.source)
            for projection, _ in self._wanted([delivery]):
                if (projection.name, *delivery.aggregate) in parked:
                    await park(db, projection.name, delivery, error=None)
                    continue
                try:
                    async with db.transaction():
                        await self._project(projection, [delivery.recorded()], db)
                except PASSING:
                    raise
                except Exception as error:  # noqa: BLE001 - any reason parks, and is kept
                    log.warning("event_parked", reader=projection.name, source=self.source,
                              position=delivery.position, error=why(error))  # fmt: skip
                    await park(db, projection.name, delivery, error=why(error))
            if delivery.malformed:
                await self._malformed(db, delivery)
            await self._advance(db, [delivery])
        self._done([delivery])

    async def _project(self, projection: Projection, events: Sequence[Recorded[Any]], db: Connection) -> None:
        take = projection.take if self.settling else projection.project
        try:
            await take(events, db)
        except (OSError, asyncpg.InterfaceError) as error:
            if isinstance(error, TimeoutError) or db.is_closed():
                raise
            raise OwnFault from error

    async def _malformed(self, db: Connection, delivery: Delivery) -> None:
        log.error("message_parked", source=self.source, position=delivery.position, error=delivery.malformed)
        await park(db, self.reader, delivery, error=delivery.malformed)

    async def _fence(self, db: Connection, partitions: Any) -> None:
        """Locks the checkpoints about to move; whoever finds them elsewhere than it left them stops."""
        wanted = sorted(partitions)
        rows = await db.fetch(sql.lock_checkpoints, self.reader, self.source, wanted)
        found = {row["partition"]: row["position"] for row in rows}
        for partition in wanted:
            if found.get(partition) != self._checkpoints[partition]:
                raise Fenced(f"{self.source}: partition {partition} is at {found.get(partition)}")

    async def _advance(self, db: Connection, batch: Sequence[Delivery]) -> None:
        await self._move(db, {d.partition: d.position for d in batch})

    async def _move(self, db: Connection, reached: Mapping[int, int]) -> None:
        """Moves checkpoints; whoever holds a partition no more, or in an epoch that is past, moves nothing."""
        await moved(db, self.reader, self.source, reached, self.held, self._partitions)

    def _done(self, batch: Sequence[Delivery]) -> None:
        for delivery in batch:
            self._checkpoints[delivery.partition] = delivery.position
        self.progress.stands(self.source, self._checkpoints)
        self._committed()

    async def _kept(self, incarnation: int, shared: int) -> bool:
        """Whether no row came from more than is shared; else empties every table, for all replicas. Whoever is at it
        has come to its end first, and whoever holds something holds it in an epoch that is past.
        """
        async with self._pool.acquire() as db, db.transaction():
            await db.fetch(sql.lock_all_checkpoints)
            if await db.fetchval(sql.incarnation_of, self.source) == incarnation:
                return False  # somebody else was here, and may have emptied them
            if self.held.epochs:
                await db.execute(sql.begin_epochs)
            kept: bool = await db.fetchval(sql.read_through, self.source) <= shared
            if not kept:
                read = [row["source"] for row in await db.fetch(sql.sources_read)]
                for table in await db.fetch(sql.tables_of_this_schema):
                    await db.execute(f"DELETE FROM {table['name']}")  # noqa: S608 - names from the catalogue
                await db.execute(sql.note_anew, read)
            await db.execute(sql.note_incarnation, self.source, incarnation)
            return kept


async def moved(
    db: Connection, reader: str, source: str, reached: Mapping[int, int], held: Held, sharing: Sharing
) -> None:
    """Moves a reader's checkpoints, whose rows it has locked, where it still holds them. Raises Fenced."""
    partitions, positions = list(reached.keys()), list(reached.values())
    if not held.epochs:
        await db.execute(sql.advance, reader, source, partitions, positions)
        return
    epochs = held.epochs_of(partitions)
    told = await db.execute(sql.advance_held, reader, source, partitions, positions, epochs)
    if told != f"UPDATE {len(partitions)}":
        sharing.doubt()
        raise Fenced(f"{source}: {reader} holds some of {partitions} no more")


async def run_idle(projector: Any, *, every: float = 1.0) -> None:
    """Calls `projector.idle()` every second until cancelled."""
    while True:
        await asyncio.sleep(every)
        try:
            await projector.idle()
        except Rebalanced:
            continue  # whoever reads begins again
        except (Fenced, *PASSING) as error:
            log.warning("idle_advance_failed", source=projector.source, error=repr(error))
