"""The projector: events become rows, each with its effect exactly once.

One class runs live, catching up and rebuilding. What it has done lies in `checkpoints` beside the rows it
wrote, in the same transaction; what the broker remembers does not count. A projection that cannot take
an event parks that aggregate and nothing else: later events of it queue behind, all others go on.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import asyncpg
import structlog
from chalkline_contracts.event import Event

from backbone.ledger import CONNECTION_LOST
from backbone.parking import park, parked_aggregates, why
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
    """

    name: str
    handles: tuple[type[Event], ...]
    project: Callable[[Sequence[Recorded[Any]], Connection], Awaitable[None]]


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
    ) -> None:
        self.source = source
        self.progress = progress or Progress()
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
        self.ceilings: Sequence[int] | None = None
        """Where to stop in each partition; only a rebuild that must meet the live tables sets it."""
        self.processed = 0
        """How many deliveries were new to it."""

    async def begin(self, head: int = 0) -> int:  # noqa: ARG002 - only policies may start at the source's end
        """Reads the checkpoints; returns the position to read after."""
        async with self._turn:
            await self._pool.execute(sql.begin_checkpoints, self.reader, self.source)
            rows = await self._pool.fetch(sql.checkpoints, self.reader, self.source)
            for row in rows:
                self._checkpoints[row["partition"]] = row["position"]
            self.progress.restart(self.source, self._checkpoints)
            self._begun, self._astray = True, False
            return min(self._checkpoints)

    async def incarnated(self, incarnation: int, shared: int) -> bool:
        """Notes which history the source tells; True if it is the one these rows came from.

        After a history that shares only what lies at or before `shared`, rows derived from more than
        that are wrong: everything is derived again from the beginning.
        """
        async with self._turn:
            known = await self._pool.fetchval(sql.incarnation_of, self.source)
            if known == incarnation:
                return True
            first = known is None
            if not first:
                log.warning("source_reincarnated", source=self.source, incarnation=incarnation, shared=shared)
                await self._begin_again()
            await self._pool.execute(sql.note_incarnation, self.source, incarnation)
            return first

    async def process(self, batch: Sequence[Delivery]) -> None:
        """Projects a batch in the order of its positions. Raises only for faults that pass, and Fenced.

        An empty batch only asks whether to go on.
        """
        async with self._turn:
            if self._astray:
                raise Fenced(f"{self.source}: the checkpoints were moved")
            await self._process(batch)

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
        if batch:
            self.progress.advance(self.source, batch[-1].position)

    async def idle(self) -> None:
        """Moves the partitions nothing happened in up to where the source was read.

        Raises Fenced, as the next `process` will, when the checkpoints are not where it left them: a swapped
        or emptied table is noticed although nothing happens in this source.
        """
        async with self._turn:
            if not self._begun or self._astray or self.ceilings is not None:
                return
            age = self.progress.level_age(self.source)
            if age < LEVEL_FOR:
                await self._pool.execute(sql.note_level, self.source, age)
            try:
                await self._catch_up_idle(self.progress.seen(self.source))
            except Fenced:
                self._astray = True
                raise

    async def _catch_up_idle(self, seen: int) -> None:
        if seen <= min(self._checkpoints):
            rows = await self._pool.fetch(sql.checkpoints, self.reader, self.source)
            if sorted((row["partition"], row["position"]) for row in rows) != list(
                enumerate(self._checkpoints)
            ):
                raise Fenced(f"{self.source}: the checkpoints were moved")
            return
        async with self._pool.acquire() as db, db.transaction():
            await self._fence(db, range(PARTITIONS))
            await db.execute(sql.advance_idle, self.reader, self.source, seen)
        self._checkpoints = [max(seen, position) for position in self._checkpoints]
        self.progress.stands(self.source, self._checkpoints)

    async def settle(self, positions: Sequence[int]) -> None:
        """Moves each partition up to a position: all there is up to it has been processed."""
        async with self._turn:
            async with self._pool.acquire() as db, db.transaction():
                await self._fence(db, range(PARTITIONS))
                await db.execute(
                    sql.advance, self.reader, self.source, list(range(PARTITIONS)), list(positions)
                )
            self._checkpoints = list(positions)
            self.progress.restart(self.source, self._checkpoints)

    def _is_new(self, delivery: Delivery) -> bool:
        if delivery.position <= self._checkpoints[delivery.partition]:
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
                    await _project(projection, events, db)
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
                        await _project(projection, [delivery.recorded()], db)
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
        reached = {d.partition: d.position for d in batch}
        await db.execute(sql.advance, self.reader, self.source, list(reached.keys()), list(reached.values()))

    def _done(self, batch: Sequence[Delivery]) -> None:
        for delivery in batch:
            self._checkpoints[delivery.partition] = delivery.position
        self.progress.stands(self.source, self._checkpoints)
        self._committed()

    async def _begin_again(self) -> None:
        async with self._pool.acquire() as db, db.transaction():
            for table in await db.fetch(sql.tables_of_this_schema):
                await db.execute(f"DELETE FROM {table['name']}")  # noqa: S608 - names from the catalogue
        self._checkpoints = [0] * PARTITIONS
        self.progress.lost()


async def _project(projection: Projection, events: Sequence[Recorded[Any]], db: Connection) -> None:
    try:
        await projection.project(events, db)
    except (OSError, asyncpg.InterfaceError) as error:
        if isinstance(error, TimeoutError) or db.is_closed():
            raise
        raise OwnFault from error


async def run_idle(projector: Any, *, every: float = 1.0) -> None:
    """Calls `projector.idle()` every second until cancelled."""
    while True:
        await asyncio.sleep(every)
        try:
            await projector.idle()
        except (Fenced, *PASSING) as error:
            log.warning("idle_advance_failed", source=projector.source, error=repr(error))
