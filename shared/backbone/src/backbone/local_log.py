"""Reading the service's own log: what commits here is projected here, without a detour over the broker."""

import asyncio
from typing import Any
from uuid import UUID

import asyncpg
from chalkline_contracts.event import Event

from backbone import wire
from backbone.queries import Queries
from backbone.reading import Delivery, Raw
from backbone.recorded import Recorded

sql = Queries("backbone", "sql/queries")


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
        reader = self._reader
        head = await self._pool.fetchrow(sql.head)
        assert head is not None
        await reader.incarnated(head["incarnation"], head["incarnation_from"])
        position = await reader.begin(head["position"])
        while True:
            self._wake.clear()
            batch = await self.read(position)
            await reader.process(batch)
            if batch:
                position = batch[-1].position
            if len(batch) < self._batch:
                reader.progress.head(self._service, position)
                if not batch:
                    await self._sleep()

    async def feed(self, projector: Any, last: int) -> None:
        """Has a projector process the log from where it stands to a position, at least."""
        position = await projector.begin()
        while position < last and (batch := await self.read(position)):
            await projector.process(batch)
            position = batch[-1].position

    async def read(self, after: int) -> list[Delivery]:
        """The next events after a position, in order."""
        rows = await self._pool.fetch(sql.log_after, after, self._batch)
        return [Logged(self._service, row) for row in rows]

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
        self.name: str | None = row["type"]
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
                row["occurred_at"], row["recorded_at"], row["meta"],
            )  # fmt: skip
        return self._read

    def raw(self) -> Raw:
        return wire.message(self.source, self._row, "")
