"""Reading the service's own log: what commits here is projected here, without a detour over the broker."""

import asyncio
from typing import Any

import asyncpg
from chalkline_contracts.event import catalogue

from backbone import wire
from backbone.queries import Queries
from backbone.reading import Delivery
from backbone.recorded import Meta
from backbone.wire import Envelope

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
        return [local_delivery(self._service, row) for row in rows]

    async def _sleep(self) -> None:
        try:
            async with asyncio.timeout(1.0):
                await self._wake.wait()
        except TimeoutError:
            return


def local_delivery(service: str, row: Any) -> Delivery:
    """A delivery from a row of `ledger.events`."""
    contract = catalogue.get((service, row["type"]))
    envelope = Envelope(
        source=service,
        event_id=row["event_id"],
        name=row["type"],
        schema_version=row["schema_version"],
        tenant=row["tenant"],
        aggregate=contract.aggregate if contract else "",
        aggregate_id=row["stream_id"],
        version=row["version"],
        partition=row["partition"],
        occurred_at=row["occurred_at"],
        recorded_at=row["recorded_at"],
        meta=Meta.decode(row["meta"]),
        data=row["data"],
        hash=row["hash"],
        salt=row["salt"],
        incarnation="",
    )
    return Delivery(
        service, row["position"], row["partition"], envelope, lambda: wire.message(service, row, "")
    )
