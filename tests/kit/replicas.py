"""Several projecting processes of one service, in one process: each with its own lease, projector and reader."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from typing import Any, Self

from backbone.ending import end
from backbone.partitions import Partitions
from backbone.projector import Projection, Projector

from kit.tally import SERVICE, Tallies
from kit.totals import Totals, reading_log, reading_stream


class Asleep(Partitions):
    """A process that sleeps through the end of its lease and does not know it: it neither renews nor doubts."""

    asleep = False

    @property
    def sure(self) -> bool:
        return self.asleep or super().sure

    async def renew(self) -> None:
        if not self.asleep:
            await super().renew()

    async def _leave(self) -> None:
        if not self.asleep:
            await super()._leave()


class Replica:
    """One of them: `async with Replica(database, tallies) as replica`."""

    def __init__(
        self,
        database: Any,
        tallies: Tallies,
        *,
        url: str = "",
        projections: Sequence[Projection] = (),
        kind: type[Projector] = Projector,
        batch: int = 20,
        name: str = "",
    ) -> None:
        self._database, self._tallies, self._url, self._batch = database, tallies, url, batch
        self.partitions = Asleep(database.app, name=name, changed=tallies.ledger.wake)
        self.projector = kind(
            SERVICE, projections or [Totals().projection], database.app, partitions=self.partitions
        )
        self._stack = contextlib.AsyncExitStack()

    @property
    def held(self) -> set[int]:
        """What it is surely reading at this moment."""
        running = self.projector.progress
        return {p for p in self.partitions.held.epochs if self.partitions.sure and running.holds(SERVICE, p)}

    async def __aenter__(self) -> Self:
        task = asyncio.create_task(self.partitions.run())
        self._stack.push_async_callback(end, task)
        if self._url:
            reading = reading_stream(self.projector, self._url, batch=self._batch)
        else:
            reading = reading_log(self.projector, self._database.app, self._tallies, batch=self._batch)
        await self._stack.enter_async_context(reading)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def die(self) -> None:
        """Ends without a word."""
        self.partitions.asleep = True
        await self._stack.aclose()


@contextlib.asynccontextmanager
async def replicas(number: int, *arguments: Any, **more: Any) -> AsyncIterator[list[Replica]]:
    async with contextlib.AsyncExitStack() as stack:
        yield [await stack.enter_async_context(Replica(*arguments, **more)) for _ in range(number)]


def shared_out(several: Sequence[Replica]) -> bool:
    """Whether every partition is read by exactly one of these, in shares that differ by one at most."""
    shares = [replica.held for replica in several]
    sizes = [len(share) for share in shares]
    return sum(sizes) == len(set[int]().union(*shares)) == 64 and max(sizes) - min(sizes) <= 1
