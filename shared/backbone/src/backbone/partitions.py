"""Which partitions this process reads: its share among the replicas of its service, leased and fenced.

A replica says every second that it lives; what it holds is its own for three seconds more, by PostgreSQL's
clock there and by what has passed since it asked here. Who comes gets a share from those who have more, who
finish what they are at first; who goes gives back at once; who dies or freezes is missed when its time is over.
Whoever sleeps through that holds epochs that are past: nothing it writes counts (`advance_held.sql`).
"""

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Protocol
from uuid import uuid4

import asyncpg
import structlog

from backbone.queries import Queries
from backbone.recorded import PARTITIONS

log = structlog.get_logger(__name__)
sql = Queries("backbone", "sql/queries")

EVERY = 1.0
"""Seconds between two signs of life."""

LEASE = 3.0
"""Seconds after the last sign of life for which partitions stay with their holder."""

FINISHING = 1.0
"""Seconds for which giving back waits until what is being processed has been committed."""


class Rebalanced(Exception):
    """The partitions that were being read are not, or no longer surely, this process's: reading begins again."""


@dataclass(eq=False, slots=True)
class Held:
    """What a reader that begins may read, until it is told otherwise."""

    epochs: Mapping[int, int] = field(default_factory=dict)
    """The epoch of each partition; empty where nobody else reads and nothing is fenced by it."""
    slot: int | None = None
    """The replica's place, part of its consumers' names."""
    whole: bool = False
    """Whether these are all there are."""
    users: int = 0
    """How many readers are processing at this moment."""

    def __contains__(self, partition: int) -> bool:
        return self.whole or partition in self.epochs

    @property
    def numbers(self) -> list[int]:
        return list(range(PARTITIONS)) if self.whole else sorted(self.epochs)

    def epochs_of(self, partitions: list[int]) -> list[int]:
        return [self.epochs[p] for p in partitions]


class Sharing(Protocol):
    """What readers ask of whoever knows which partitions are theirs."""

    async def some(self) -> Held:
        """What is held, as soon as that is anything."""
        ...

    def using(self, held: Held) -> AbstractContextManager[None]:
        """What is processed meanwhile is finished before any of it is given back.

        Raises Rebalanced unless it is still surely held.
        """
        ...

    def doubt(self) -> None:
        """Something was refused: what is held is asked again at once."""
        ...


class Unshared:
    """All partitions for one reader that shares them with nobody: a rebuild, a benchmark."""

    async def some(self) -> Held:
        return Held(whole=True)

    @contextmanager
    def using(self, held: Held) -> Iterator[None]:
        del held
        yield

    def doubt(self) -> None:
        return


class Partitions:
    """A replica's partitions. Run `run()` as a task; cancel it to leave.

    `name` is what this process is called by whoever starts it again after a death, where somebody does: the next
    one of that name takes its place at once. `changed` is called whenever what is held is something else.
    """

    def __init__(
        self, pool: asyncpg.Pool, *, name: str = "", changed: Callable[[], None] = lambda: None
    ) -> None:
        self.holder = f"{name or 'replica'}/{uuid4().hex}"
        self.held = Held()
        self._pool = pool
        self._name = name or self.holder
        self._changed = changed
        self._until = 0.0
        self._something = asyncio.Event()
        self._again = asyncio.Event()
        self._waiting = False

    @property
    def sure(self) -> bool:
        """Whether nobody can have taken anything of it yet."""
        return time.monotonic() < self._until

    async def some(self) -> Held:
        while not (self.held.epochs and self.sure):
            self._something.clear()
            await self._something.wait()
        return self.held

    @contextmanager
    def using(self, held: Held) -> Iterator[None]:
        if held is not self.held or not self.sure:
            raise Rebalanced
        held.users += 1
        try:
            yield
        finally:
            held.users -= 1

    def doubt(self) -> None:
        self._again.set()

    async def run(self) -> None:
        """Says every second that this process lives, and evens out the shares, until cancelled."""
        try:
            while True:
                try:
                    await self.renew()
                except Exception as error:  # noqa: BLE001 - whatever it is, readers stop when the time is over
                    log.warning("partitions_not_renewed", error=repr(error))
                self._again.clear()
                with suppress(TimeoutError):
                    async with asyncio.timeout(EVERY):
                        await self._again.wait()
        finally:
            await self._leave()

    async def renew(self) -> None:
        """Says once that this process lives; takes what is free of its share, gives back what is beyond it."""
        asked = time.monotonic()
        found = await self._pool.fetchrow(sql.hold_partitions, self.holder, self._name, LEASE, timeout=LEASE)
        self._name = self.holder  # once in place, it is known by its life: a namesake's place is not its own
        if found is None:
            if not self._waiting:
                log.warning("every_place_is_taken", holder=self.holder)
            self._waiting = True
            return
        self._waiting = False
        epochs = dict(zip(found["partitions"] or (), found["epochs"] or (), strict=True))
        kept = dict(sorted(epochs.items())[: found["share"]])
        self._until = asked + LEASE
        before = self.held
        if kept != before.epochs or found["slot"] != before.slot:
            self.held = Held(kept, found["slot"], len(kept) == PARTITIONS)
            log.info("partitions_held", slot=found["slot"], partitions=len(kept))
            self._changed()
        if kept:
            self._something.set()
        if beyond := sorted(epochs.keys() - kept.keys()):
            await _finished(before)
            await self._pool.execute(sql.give_back_partitions, self.holder, beyond)

    async def _leave(self) -> None:
        """Courtesy only: its time ends by itself, and the database may be what is being stopped."""
        last, self._until = self.held, 0.0
        self.held = Held()
        with suppress(Exception):
            async with asyncio.timeout(2.0):
                await _finished(last)
                await self._pool.execute(sql.leave_replicas, self.holder)


async def _finished(held: Held) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(FINISHING):
            while held.users:  # noqa: ASYNC110 - a second at most, and rarely at all
                await asyncio.sleep(0.005)
