"""Reading the service's own log: what commits here is projected here, without a detour over the broker."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from datetime import datetime
from math import inf
from typing import Any
from uuid import UUID

import asyncpg
from chalkline_contracts.event import Event

from backbone import wire
from backbone.ending import end
from backbone.partitions import Rebalanced
from backbone.queries import Queries
from backbone.reading import Delivery, Raw
from backbone.recorded import Recorded

sql = Queries("backbone", "sql/queries")

MANY = 5000
"""Events in a batch where nobody waits for the first of them."""

A_FEW = 100
"""Events read without a look at what else there is to do: less than a millisecond's work."""


class LocalLog:
    """Feeds `reader.process` from `ledger.events`, woken by commits and, at the latest, every second."""

    def __init__(
        self, service: str, pool: asyncpg.Pool, reader: Any, wake: asyncio.Event, *, batch: int = 1000
    ) -> None:
        self._service = service
        self._pool = pool
        self._reader = reader
        self._wake = wake
        self._batch = batch

    async def run(self) -> None:
        """Reads until cancelled; raises what `process` raises, to be begun again by whoever runs it."""
        while True:
            with suppress(Rebalanced):
                await self._follow()

    async def _follow(self) -> None:
        """Reads what the reader holds, until that is something else."""
        reader = self._reader
        await reader.admitted()
        head = await self._pool.fetchrow(sql.head)
        assert head is not None
        # Whatever was read here was read of this very log, unless it is shorter now.
        await reader.incarnated(head["incarnation"], head["position"])
        position = await reader.begin(head["position"])
        while True:
            self._wake.clear()
            async with aclosing(self._batches(reader, position)) as batches:
                async for batch, through in batches:
                    await reader.process(batch, through)
                    position = through
            await reader.process(())  # raises if it went astray meanwhile
            reader.progress.head(self._service, position)
            await self._sleep()

    async def feed(self, projector: Any, last: int) -> None:
        """Has a projector process the log from where it stands to a position, at least."""
        async with aclosing(self._batches(projector, await projector.begin(), last)) as batches:
            async for batch, _ in batches:
                await projector.process(batch)

    async def _batches(
        self, reader: Any, after: int, last: float = inf
    ) -> AsyncGenerator[tuple[list[Delivery], int], None]:
        """Batches, each with how far the log has been read then, until one is not full, or begins past `last`.
        While one is taken, the next is being read.
        """
        reading = asyncio.create_task(self._ahead(reader, after))
        try:
            while after < last:
                batch, through = await reading
                if through <= after:
                    return
                after = through
                full = len(batch) == self._batch
                if full and after < last:
                    reading = asyncio.create_task(self._ahead(reader, after))
                yield batch, through
                if not full:
                    return
        finally:
            await end(reading)

    async def _ahead(self, reader: Any, after: int) -> tuple[list[Delivery], int]:
        """The next batch of what the reader holds, those that the reader handles read already, and how far it goes.

        A few at a time: whenever the batch before it waits for PostgreSQL, reading goes on here.
        """
        if reader.held.whole:
            batch = await self.read(after)
            through = batch[-1].position if batch else after
        else:
            batch, through = await self._of_partitions(reader.held.numbers, after)
        for number, delivery in enumerate(batch, 1):
            if delivery.name in reader.handles:
                with suppress(
                    Exception
                ):  # whatever it was, it is met again when it is its turn, and parked then
                    delivery.recorded()
            if number % A_FEW == 0:
                await asyncio.sleep(0)
        return batch, through

    async def read(self, after: int) -> list[Delivery]:
        """The next events after a position, in order."""
        rows = await self._pool.fetch(sql.log_after, after, self._batch)
        return [Logged(self._service, row) for row in rows]

    async def _of_partitions(self, partitions: list[int], after: int) -> tuple[list[Delivery], int]:
        """The next events of some partitions, and where the log stood if these are all there are."""
        rows = await self._pool.fetch(sql.log_of_partitions, after, self._batch, partitions)
        batch: list[Delivery] = [Logged(self._service, row) for row in rows if row["position"] is not None]
        full = len(batch) == self._batch
        return batch, batch[-1].position if full else rows[0]["head"]

    async def _sleep(self) -> None:
        try:
            async with asyncio.timeout(1.0):
                await self._wake.wait()
        except TimeoutError:
            return


class Logged:
    """A delivery from the log: a row of `ledger.events`."""

    __slots__ = ("_read", "_row", "name", "partition", "position", "source")

    malformed: str | None = None

    def __init__(self, source: str, row: Any) -> None:
        self.source, self._row = source, row
        self.position: int = row["position"]
        self.partition: int = row["partition"]
        self.name: str | None = None if row["data"] is None else row["type"]
        self._read: Recorded[Event] | None = None

    @property
    def aggregate(self) -> tuple[UUID, UUID]:
        return self._row["tenant"], self._row["stream_id"]

    def recorded(self) -> Recorded[Event]:
        if self._read is None:
            row = self._row
            self._read = Recorded(
                self.source, self.position, self.partition, row["event_id"], row["tenant"], row["stream_id"],
                row["version"], wire.read_event(self.source, row["type"], row["schema_version"], row["data"]),
                datetime.fromisoformat(row["occurred_at"]), datetime.fromisoformat(row["recorded_at"]), row["meta"],
            )  # fmt: skip
        return self._read

    def raw(self) -> Raw:
        times = {name: datetime.fromisoformat(self._row[name]) for name in ("occurred_at", "recorded_at")}
        return wire.message(self.source, {**self._row, **times}, "")
