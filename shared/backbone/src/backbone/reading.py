"""What readers of a log or a stream share: a delivery, and how far reading has come."""

import asyncio
import time
from collections.abc import Container, Mapping, Sequence
from collections.abc import Set as AbstractSet
from math import inf
from typing import Protocol
from uuid import UUID

from chalkline_contracts.event import Event

from backbone.recorded import PARTITIONS, Recorded
from backbone.wire import BLANKED, Envelope, Malformed
from backbone.wire import envelope as take_apart

NOBODY = UUID(int=0)
"""Stands for the tenant and aggregate of a message that does not say whose it is."""

LEVEL_FOR = 30.0
"""Seconds after which facts that were not seen level with their source no longer count."""

Raw = tuple[str, bytes, Mapping[str, str]]
"""Subject, payload, headers."""


class Delivery(Protocol):
    """One event as it was read, from a log or from a stream: where it lies and whose it is, its data still bytes."""

    source: str
    position: int
    partition: int
    name: str | None
    """Its contract's; None where a message is none of ours, or was blanked: nobody handles that."""
    malformed: str | None
    """Why a message is none of ours."""

    @property
    def aggregate(self) -> tuple[UUID, UUID]:
        """(tenant, aggregate id)."""
        ...

    def recorded(self) -> Recorded[Event]:
        """The event itself, read once however many ask. Raises Unreadable."""
        ...

    def raw(self) -> Raw:
        """The message, to the byte."""
        ...


def partition_in(subject: str) -> int:
    """The partition a subject names; 0 where it names none, so that somebody takes notice of it."""
    tokens = subject.split(".", 3)
    number = tokens[2] if len(tokens) > 2 else ""
    return int(number) if number.isascii() and number.isdigit() and int(number) < PARTITIONS else 0


def name_in(subject: str) -> str | None:
    """The event that a subject names; None where it is not the subject of an event."""
    return subject.rpartition(".")[2] if subject.count(".") == 5 else None


class Told:
    """A delivery from a stream. One whose event nobody handles is not taken apart: it may say what it likes."""

    __slots__ = ("_envelope", "_raw", "_read", "malformed", "name", "partition", "position", "source")

    def __init__(self, source: str, position: int, raw: Raw, handled: Container[str] | None = None) -> None:
        self.source, self.position, self._raw = source, position, raw
        self.malformed: str | None = None
        self.name: str | None = None
        self._envelope: Envelope | None = None
        self._read: Recorded[Event] | None = None
        subject, payload, _ = raw  # what headers repeat is for whoever fills a log again
        if handled is not None and (name := name_in(subject)) is not None and name not in handled:
            self.partition = partition_in(subject)
            return
        if payload.endswith(BLANKED):  # a departed district's
            self.partition = partition_in(subject)
            return
        try:
            found = take_apart(subject, payload, None)
            if found.source != source:
                raise Malformed(f"an event of {found.source} on the stream of {source}")  # noqa: TRY301 - as malformed as the rest
        except Malformed as reason:
            self.partition, self.malformed = partition_in(subject), str(reason)
        else:
            self.partition, self.name, self._envelope = found.partition, found.name, found

    @property
    def aggregate(self) -> tuple[UUID, UUID]:
        return (self._envelope.tenant, self._envelope.aggregate_id) if self._envelope else (NOBODY, NOBODY)

    def recorded(self) -> Recorded[Event]:
        if self._read is None:
            assert self._envelope is not None
            self._read = self._envelope.recorded(self.position)
        return self._read

    def raw(self) -> Raw:
        return self._raw


EVERYTHING = frozenset(range(PARTITIONS))


class Progress:
    """How far each source has been read and projected in this process, and whether that was level with it.

    What this process does not hold it knows nothing of: whether the whole source is level it can say by itself
    only while it holds all partitions, else the database tells (`known_level`).
    """

    def __init__(self) -> None:
        self._seen: dict[str, int] = {}
        self._stands: dict[str, Sequence[int]] = {}
        self._held: dict[str, AbstractSet[int]] = {}
        self._heads: dict[str, tuple[int, float]] = {}
        self._kept_up_at: dict[str, float] = {}
        self._level_at: dict[str, float] = {}
        self._back_at = -inf
        self.times_back = 0
        """How often the database was found to have gone back: who remembers where it stood begins again."""
        self._stood: dict[str, int] = {}
        self.went_back = asyncio.Event()
        """Set when the database was found to have gone back; whoever does something about it clears it."""
        self._moved = asyncio.Condition()
        self._notifying: asyncio.Task[None] | None = None

    def seen(self, source: str) -> int:
        """The position up to which everything of the source that is read here has been handled."""
        return self._seen.get(source, 0)

    def restart(self, source: str, checkpoints: Sequence[int], held: AbstractSet[int] = EVERYTHING) -> None:
        """Reading begins from what the database says of the partitions held, which may be less than was known."""
        self._stands[source], self._held[source] = checkpoints, held
        self._seen[source] = min(checkpoints[partition] for partition in held)

    def stands(self, source: str, checkpoints: Sequence[int]) -> None:
        self._stands[source] = checkpoints
        lowest = min(checkpoints[partition] for partition in self._held.get(source, EVERYTHING))
        self._seen[source] = max(self._seen.get(source, 0), lowest)
        self._notify()

    def advance(self, source: str, position: int) -> None:
        self._seen[source] = max(position, self._seen.get(source, 0))
        self._notify()

    def head(self, source: str, position: int) -> None:
        """Told every 5 s where the source stands; level means nothing of it is still to come."""
        self._heads[source] = position, time.monotonic()
        if self.seen(source) >= position:
            self._kept_up_at[source] = time.monotonic()
            if self.whole(source):
                self._level_at[source] = time.monotonic()

    def asked(self, source: str) -> tuple[int, float] | None:
        """Where the source stood when last asked, and when that was (monotonic)."""
        return self._heads.get(source)

    def holds(self, source: str, partition: int) -> bool:
        return partition in self._held.get(source, ())

    def whole(self, source: str) -> bool:
        """Whether every partition of the source is read here."""
        return len(self._held.get(source, ())) == PARTITIONS

    def known_level(self, source: str, age: float) -> None:
        """Told by the database: the source was level so many seconds ago, in all processes together."""
        self._level_at[source] = time.monotonic() - age

    def level_age(self, source: str) -> float:
        """Seconds since the source was seen level; infinite if it never was."""
        return time.monotonic() - self._level_at.get(source, -inf)

    def was_level(self, source: str) -> bool:
        """Whether it ever was seen level; since the database went back, if it did."""
        return self._level_at.get(source, -inf) > self._back_at

    def stand(self, stands: Mapping[str, int]) -> None:
        """Told now and then how far each source was read, by all processes together."""
        if any(stands.get(source, 0) < stood for source, stood in self._stood.items()):
            self.back()
        self._stood = dict(stands)

    def back(self) -> None:
        """Less is read than was: the database went back to an earlier moment, and what it knew counts no more."""
        self._back_at = time.monotonic()
        self.times_back += 1
        self._level_at.clear()
        self.went_back.set()

    def lost(self) -> None:
        """What was derived is gone: nothing counts as level until it has been derived again."""
        self._level_at.clear()

    def left(self, source: str) -> None:
        """Its partitions are other processes' now, until reading begins again."""
        self._held[source] = frozenset()

    def lag(self, source: str) -> int:
        """How much of the source this process has still to handle; nothing while it holds nothing of it."""
        if not self._held.get(source):
            return 0
        return max(0, self._heads.get(source, (0, 0.0))[0] - self.seen(source))

    def keeps_up(self, source: str) -> bool:
        """Whether what is read here was level with the source within the last 30 s."""
        return time.monotonic() - self._kept_up_at.get(source, -inf) < LEVEL_FOR

    def level(self, sources: Sequence[str]) -> bool:
        """Whether each of these was seen level within the last 30 s."""
        return all(self.level_age(source) < LEVEL_FOR for source in sources)

    def has(self, source: str, partition: int, position: int) -> bool:
        if not self.holds(source, partition):
            return False
        stands = self._stands.get(source)
        return self.seen(source) >= position or (stands is not None and stands[partition] >= position)

    async def reached(self, source: str, partition: int, position: int, *, within: float) -> bool:
        """Waits until that position of that partition is projected here; False if it took longer."""
        try:
            async with asyncio.timeout(within), self._moved:
                await self._moved.wait_for(lambda: self.has(source, partition, position))
        except TimeoutError:
            return False
        return True

    def _notify(self) -> None:
        if self._notifying is None or self._notifying.done():
            self._notifying = asyncio.create_task(self._notify_all())

    async def _notify_all(self) -> None:
        async with self._moved:
            self._moved.notify_all()
