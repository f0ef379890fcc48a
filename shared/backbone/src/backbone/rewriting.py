"""Writing the table of private words anew, so that what was erased leaves its file too.

A deleted row stays in its page until the page is written again. Nobody can append meanwhile, which takes seconds for a
district's year.
"""

import asyncio
import re
from typing import Final

import asyncpg

from backbone.queries import Queries

sql = Queries("backbone", "sql/queries")

PATIENCE: Final = 30
"""How often it is tried, a second apart: a transaction that began before the erasure keeps what it may still read."""
KEPT: Final = re.compile(r"(\d+) dead row versions cannot be removed yet")


async def rewrite_words(owner: asyncpg.Connection) -> int:
    """Returns how many erased rows are in the file still, because some old transaction may read them."""
    kept = [0]

    def told(_: object, notice: asyncpg.PostgresLogMessage) -> None:
        kept.extend(int(n) for n in KEPT.findall(notice.detail or ""))

    owner.add_log_listener(told)
    try:
        for again in range(PATIENCE):
            del kept[1:]
            await owner.execute("VACUUM (FULL, VERBOSE) ledger.private_words")
            await asyncio.sleep(0)  # the server's remarks are handed on
            if not max(kept):
                break
            await asyncio.sleep(1 if again < PATIENCE - 1 else 0)
    finally:
        owner.remove_log_listener(told)
    await owner.execute(sql.forget_statistics)
    return max(kept)
