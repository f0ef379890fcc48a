"""How fast something may go, and how much of it at once: a pace and a room, each a few numbers."""

import asyncio
import math
from collections import deque
from contextlib import suppress


class Pace:
    """So many a second, and after a pause so many at once (the generic cell rate algorithm: one number is kept)."""

    __slots__ = ("_due", "_early", "burst", "rate")

    def __init__(self, rate: float, burst: float) -> None:
        self.rate, self.burst = rate, burst
        self._early = burst / rate
        self._due = -math.inf

    def wait(self, now: float, cost: float = 1) -> float:
        """Seconds until something of this cost may go; what costs more than a burst goes as a whole burst may."""
        return max(0.0, max(self._due, now) + min(cost / self.rate, self._early) - self._early - now)

    def take(self, now: float, cost: float = 1) -> None:
        self._due = max(self._due, now) + cost / self.rate

    def give_back(self, cost: float) -> None:
        """What was taken and not used."""
        self._due -= cost / self.rate

    def left(self, now: float) -> int:
        """How many could go at once now."""
        return max(0, int((self._early - max(0.0, self._due - now)) * self.rate))

    def rests(self, now: float) -> bool:
        return self._due <= now


class Room:
    """Place for so many at once; others queue, first come, first in."""

    __slots__ = ("_queue", "inside", "size")

    def __init__(self, size: int) -> None:
        self.size, self.inside = size, 0
        self._queue: deque[asyncio.Future[None]] = deque()

    def walk_in(self) -> None:
        """In, full or not."""
        self.inside += 1

    async def enter(self, patience: float | None) -> bool:
        """In as soon as there is place; False if there was none for so long. None: however long it takes."""
        if self.inside < self.size and not self._queue:
            self.inside += 1
            return True
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.append(place)
        try:
            async with asyncio.timeout(patience):
                await place
        except BaseException as error:
            if place.done() and not place.cancelled():
                self.leave()
            else:
                with suppress(ValueError):  # whoever left in the same moment has taken it out
                    self._queue.remove(place)
            if isinstance(error, TimeoutError):
                return False
            raise
        return True

    def leave(self) -> None:
        self.inside -= 1
        while self._queue and self.inside < self.size:
            place = self._queue.popleft()
            if not place.done():
                self.inside += 1
                place.set_result(None)
