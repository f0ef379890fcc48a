"""Commands of one aggregate wait their turn in the process, instead of losing to each other in the database."""

import asyncio
from collections.abc import Hashable
from types import TracebackType
from typing import Any, Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)


class Turns(Generic[Key]):
    """A lock for each key, kept only while somebody holds or awaits it: `async with turns(key)`."""

    def __init__(self) -> None:
        self._queues: dict[Any, _Queue] = {}

    def __call__(self, key: Key) -> "Turn":
        return Turn(self._queues, key)


class _Queue(asyncio.Lock):
    """A lock that knows how many hold or await it."""

    present = 0


class Turn:
    """One turn at one key. A class, because every command takes one: a generator costs three times as much."""

    __slots__ = ("_key", "_queue", "_queues")

    def __init__(self, queues: dict[Any, _Queue], key: Hashable) -> None:
        self._queues, self._key = queues, key
        self._queue = queues.get(key) or queues.setdefault(key, _Queue())

    async def __aenter__(self) -> None:
        self._queue.present += 1
        try:
            await self._queue.acquire()
        except BaseException:
            self._leave()
            raise

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._queue.release()
        self._leave()

    def _leave(self) -> None:
        self._queue.present -= 1
        if not self._queue.present:
            del self._queues[self._key]
