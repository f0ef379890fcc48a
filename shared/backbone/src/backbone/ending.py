"""Ending tasks, for certain.

One cancellation may be lost: in Python 3.11 `asyncio.wait_for`, on which every request of nats-py stands, drops
the one that comes in the same step as its result. Who then waits for a task that runs for ever waits for ever.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")
LoopFactory = Callable[[], asyncio.AbstractEventLoop]

AGAIN_AFTER = 3.0
"""Seconds a task has to end, its courtesies included, before it is cancelled once more."""


async def end(*tasks: asyncio.Task[Any], again_after: float = AGAIN_AFTER) -> None:
    """Cancels tasks until they have ended. How each ended is nobody's concern any more, and is not told."""
    unended = {task for task in tasks if not task.done()}
    while unended:
        for task in unended:
            task.cancel()
        _, unended = await asyncio.wait(unended, timeout=again_after)
    await asyncio.gather(*tasks, return_exceptions=True)


def run(main: Coroutine[Any, Any, Result], *, loop_factory: LoopFactory | None = None) -> Result:
    """Runs a coroutine as `asyncio.run` does, except that a Ctrl-C is never lost either."""
    with asyncio.Runner(loop_factory=loop_factory) as runner:
        return runner.run(_until_interrupted(main))


async def _until_interrupted(main: Coroutine[Any, Any, Result]) -> Result:
    running = asyncio.create_task(main)
    try:
        await asyncio.wait([running])
    except asyncio.CancelledError:
        await end(running)
        raise
    return running.result()
