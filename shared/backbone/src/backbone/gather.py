"""Work that is asked for singly and done together.

What is asked while the last batch is under way goes into the next; a lone request starts at once and
waits for no timer. Commits, loads and facts all go through this.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

WORTH_SHARING = 16
"""Fewer than these are quicker done in one batch than in two."""

Item = TypeVar("Item")
Result = TypeVar("Result")


class Gather(Generic[Item, Result]):
    """`await gather(item)` returns what `work` made of it, in a batch with its contemporaries.

    `work` takes a list of items and returns a result, or an exception, for each in the same order.
    If it raises, everyone in the batch gets that error. At most `workers` batches run at once.
    """

    def __init__(
        self,
        work: Callable[[list[Item]], Awaitable[Sequence[Result | BaseException]]],
        *,
        workers: int = 1,
        largest: int = 512,
    ) -> None:
        self._work = work
        self._workers = workers
        self._largest = largest
        self._waiting: deque[tuple[Item, asyncio.Future[Result]]] = deque()
        self._busy = 0
        self._running: set[asyncio.Task[None]] = set()

    def __call__(self, item: Item) -> asyncio.Future[Result]:
        """Asks at once; several may be waited for together."""
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        if len(self._running) < self._workers:
            task = asyncio.create_task(self._drain())
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        return future

    async def idle(self) -> None:
        """Returns when nothing is under way."""
        while self._running:
            await asyncio.gather(*self._running, return_exceptions=True)

    def _share(self) -> int:
        """How many of those who wait go into the next batch: where there are many, some stay for the next worker.

        Else all who were answered together would ask again together, and nobody would work on what they
        ask while they make it up. With one worker, or while the others are busy, it takes all.
        """
        waiting = min(len(self._waiting), self._largest)
        return waiting if waiting < WORTH_SHARING else -(-waiting // (self._workers - self._busy))

    async def _drain(self) -> None:
        while self._waiting:
            batch = [self._waiting.popleft() for _ in range(self._share())]
            self._busy += 1
            try:
                results = await self._work([item for item, _ in batch])
            except BaseException as error:  # noqa: BLE001 - handed to whoever waits for it
                results = [error] * len(batch)
            finally:
                self._busy -= 1
            for (_, future), result in zip(batch, results, strict=True):
                if future.cancelled():  # its caller gave up; the work was done all the same
                    continue
                if isinstance(result, BaseException):
                    future.set_exception(result)
                else:
                    future.set_result(result)
            del batch, results
        # Here, not in a callback: whoever just got a result may ask again before callbacks run, and would
        # wait for a task that has already ended.
        task = asyncio.current_task()
        if task is not None:
            self._running.discard(task)
