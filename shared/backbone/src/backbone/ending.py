"""Ending tasks, for certain.

One cancellation may be lost: in Python 3.11 `asyncio.wait_for`, on which every request of nats-py stands, drops
the one that comes in the same step as its result. Who then waits for a task that runs for ever waits for ever.
"""

import asyncio
from typing import Any

AGAIN_AFTER = 5.0
"""Seconds a task has to end, its courtesies included, before it is cancelled once more."""


async def end(*tasks: asyncio.Task[Any], again_after: float = AGAIN_AFTER) -> None:
    """Cancels tasks until they have ended. How each ended is nobody's concern any more, and is not told."""
    unended = {task for task in tasks if not task.done()}
    while unended:
        for task in unended:
            task.cancel()
        _, unended = await asyncio.wait(unended, timeout=again_after)
    await asyncio.gather(*tasks, return_exceptions=True)
