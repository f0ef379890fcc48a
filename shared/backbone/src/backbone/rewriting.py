"""Writing tables anew, so that what was erased leaves their files too.

A deleted row stays in its page until the page is written again. Nobody can append meanwhile, which takes seconds for a
district's year.
"""

import asyncio
import re
from collections.abc import Sequence
from typing import Final

import asyncpg

from backbone.queries import Queries

sql = Queries("backbone", "sql/queries")

WORDS: Final = "ledger.private_words"
PATIENCE: Final = 30
"""How often it is tried, a second apart: a transaction that began before the erasure keeps what it may still read."""
KEPT: Final = re.compile(r"(\d+) dead row versions cannot be removed yet")


async def rewrite_words(owner: asyncpg.Connection) -> int:
    """Returns how many erased rows are in the file still, because some old transaction may read them."""
    kept = await rewrite(owner, [WORDS])
    await owner.execute(sql.forget_statistics)
    return kept


async def rewrite(owner: asyncpg.Connection, tables: Sequence[str]) -> int:
    """The same of several tables, one after another; their statistics are of what is left."""
    told: list[int] = []

    def remark(_: object, notice: asyncpg.PostgresLogMessage) -> None:
        told.extend(int(n) for n in KEPT.findall(notice.detail or ""))

    async def once(table: str) -> int:
        told.clear()
        await owner.execute(f"VACUUM (FULL, ANALYZE, VERBOSE) {table}")
        await asyncio.sleep(0)  # the server's remarks are handed on
        return max(told, default=0)

    owner.add_log_listener(remark)
    try:
        kept = {table: await once(table) for table in tables}
        for _ in range(PATIENCE - 1):
            left = [table for table, n in kept.items() if n]
            if not left:
                break
            await asyncio.sleep(1)
            kept |= {table: await once(table) for table in left}
    finally:
        owner.remove_log_listener(remark)
    return sum(kept.values())
