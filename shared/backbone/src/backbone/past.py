"""The past of a district: what happened in it, in every service that is read here, in the order of recording.

For what is worked out anew from the first event on and kept nowhere, such as a rehearsal. Own events come from the log,
those of others from their streams, read once to where they end; what counts is taken down in files without a
name, so that a long past takes no memory.
"""

import asyncio
import struct
from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from heapq import merge
from tempfile import SpooledTemporaryFile
from typing import IO, Any, Final
from uuid import UUID

from chalkline_contracts.event import Event
from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.js.errors import NotFoundError

from backbone.local_log import MANY, LocalLog
from backbone.partitions import Held
from backbone.problems import Problem
from backbone.queries import Queries
from backbone.reading import Delivery, Progress, Told
from backbone.recorded import PARTITIONS, Recorded
from backbone.service import Running, broker_of, inbox_prefix
from backbone.subscription import Doubt, StreamSource
from backbone.wire import Unreadable, stream_name

sql = Queries("backbone", "sql/queries")

IN_MEMORY: Final = 4 * 1024 * 1024
"""Bytes of a source's past beyond which it goes to a file."""
_FRAME: Final = struct.Struct("<QII")
"""Position, bytes of the subject, bytes of the payload."""

What = Recorded[Any]


@asynccontextmanager
async def past(run: Running, tenant: UUID, handles: Collection[type[Event]]) -> AsyncIterator[Iterator[What]]:
    """Every event of these kinds that a district's services recorded so far, each source in its own order.

    Events of different sources that were recorded at the same moment are in the order in which their ids were made.
    One process of a service reads at a time; raises a Problem for others, and where a stream cannot be read whole.
    """
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(_alone(run))
        spools = [
            Spool(source, tenant, {event.__name__ for event in handles if event.service == source})
            for source in run.service.sources
            if source == run.service.name or any(event.service == source for event in handles)
        ]
        for spool in spools:
            stack.callback(spool.file.close)
        broker = await stack.enter_async_context(broker_of(run.service.name, run.settings))
        client: Client = await broker.connect()
        own, *others = spools
        head = await run.pool.fetchval(sql.head_position)
        await LocalLog(own.source, run.pool, own, asyncio.Event(), batch=MANY).feed(own, head)
        for spool in others:
            source = StreamSource(
                spool.source, broker, client.jetstream(), spool,
                consumer=f"{run.service.name}_past", inbox_prefix=inbox_prefix(run.service.name),
            )  # fmt: skip
            try:
                last = (await client.jetstream().stream_info(stream_name(spool.source))).state.last_seq
                await source.feed(last)
            except (Doubt, NatsError, NotFoundError) as error:
                raise Problem("past_unreadable") from error
        try:
            yield in_order(spools)
        except Unreadable as error:
            raise Problem("past_unreadable") from error


@asynccontextmanager
async def _alone(run: Running) -> AsyncIterator[None]:
    """The broker knows one consumer for this; whoever comes second is asked to come again."""
    async with run.pool.acquire() as db:
        if not await db.fetchval(sql.begin_alone, "past"):
            raise Problem("past_being_read", headers={"Retry-After": "10"})
        try:
            yield
        finally:
            await db.fetchval(sql.end_alone, "past")


def in_order(spools: Sequence["Spool"]) -> Iterator[What]:
    """Merges what was taken down: by the moment of recording, within a source as it lies there."""
    keyed = (_keyed(spool) for spool in spools)
    return (recorded for _, _, _, recorded in merge(*keyed, key=lambda one: one[:3]))


def _keyed(spool: "Spool") -> Iterator[tuple[Any, ...]]:
    latest = None
    for recorded in spool:
        # Two commands may commit in another order than they were decided in; their source's order counts.
        latest = recorded.recorded_at if latest is None else max(latest, recorded.recorded_at)
        yield latest, recorded.event_id.int, spool.source, recorded


class Spool:
    """Takes down the events of one district from one source: a reader for logs and streams."""

    def __init__(self, source: str, tenant: UUID, names: Collection[str]) -> None:
        self.source, self._tenant, self.handles = source, tenant, frozenset(names)
        self.file: IO[bytes] = SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - whoever made it closes it
        self.held = Held(whole=True)
        self.progress = Progress()
        self._incarnation: int | None = None

    async def admitted(self) -> None:
        """There is always something to read."""

    async def begin(self, head: int = 0) -> int:  # noqa: ARG002 - readers share a shape
        self.progress.restart(self.source, [0] * PARTITIONS)
        return 0

    def sure(self) -> None:
        """Nobody else reads this."""

    async def incarnated(self, incarnation: int, shared: int) -> bool:  # noqa: ARG002
        """Whether this is still the history that was begun with."""
        self._incarnation = self._incarnation or incarnation
        return self._incarnation == incarnation

    async def process(self, batch: Sequence[Delivery], through: int = 0) -> None:
        for number, delivery in enumerate(batch):
            if delivery.name in self.handles and delivery.aggregate[0] == self._tenant:
                subject, payload, _ = delivery.raw()
                where = subject.encode()
                self.file.write(_FRAME.pack(delivery.position, len(where), len(payload)))
                self.file.write(where)
                self.file.write(payload)
            if number % 100 == 0:
                await asyncio.sleep(0)  # whoever else this process serves is not kept waiting
        if batch or through:
            self.progress.advance(self.source, max(through, batch[-1].position if batch else 0))

    def __iter__(self) -> Iterator[What]:
        """What was taken down, in its order. Raises Unreadable."""
        self.file.seek(0)
        while frame := self.file.read(_FRAME.size):
            position, long, size = _FRAME.unpack(frame)
            subject = self.file.read(long).decode()
            yield Told(self.source, position, (subject, self.file.read(size), {})).recorded()
