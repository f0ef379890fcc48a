"""Hears of commits that other processes made, for whoever reads the log in this one."""

import asyncio
from collections.abc import Callable
from typing import Any

import asyncpg
import stamina

CHANNEL = "ledger"


async def listen(pool: asyncpg.Pool, heard: Callable[[], None]) -> None:
    """Calls `heard` for each notice of a commit, and after each new connection, until cancelled.

    Holds one connection of the pool. A notice may be lost with a connection: readers also look by themselves.
    """
    while True:
        async for attempt in stamina.retry_context(
            on=Exception, attempts=None, timeout=None, wait_initial=0.1, wait_max=2.0, wait_jitter=0.1
        ):
            with attempt:
                await _until_lost(pool, heard)


async def _until_lost(pool: asyncpg.Pool, heard: Callable[[], None]) -> None:
    lost = asyncio.Event()

    def on_notice(*_: Any) -> None:
        heard()

    def on_loss(_: Any) -> None:
        lost.set()

    async with pool.acquire() as db:
        db.add_termination_listener(on_loss)
        await db.add_listener(CHANNEL, on_notice)
        heard()
        try:
            await lost.wait()
        finally:
            if not db.is_closed():
                db.remove_termination_listener(on_loss)
                await db.remove_listener(CHANNEL, on_notice)
