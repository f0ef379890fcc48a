"""Connections: one pool for the truth and what is derived from it, one for where policies stand."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from backbone.reads import Reading

LIVE = "projections, ledger, work"
"""search_path of doors, ledger and projector."""

POLICIES = "work, ledger, projections"
"""search_path of policies, whose checkpoints and parked events live in `work`."""

NEXT = "projections_next, ledger, work"
"""search_path of a rebuild."""


@asynccontextmanager
async def connected(
    dsn: str,
    *,
    search_path: str,
    name: str,
    size: int = 12,
    dozing: float | None = None,
    reader: str | None = None,
) -> AsyncIterator[asyncpg.Pool]:
    """A pool of at most `size` connections, closed at the end.

    `dozing` is for how many seconds a transaction may be left alone, where that is less than the role's limit;
    `reader` the role as which it reads for somebody.
    """
    more = {} if dozing is None else {"idle_in_transaction_session_timeout": f"{dozing * 1000:.0f}"}
    if reader is not None:
        more["role"] = reader
    if search_path == NEXT:
        # What a rebuild has written counts once it is swapped, and that commit waits for all that was before it.
        more["synchronous_commit"] = "off"
    async with asyncpg.create_pool(
        dsn,
        min_size=1,
        max_size=size,
        max_inactive_connection_lifetime=300,
        command_timeout=60,
        connection_class=Reading,
        server_settings={
            "search_path": search_path,
            "application_name": name,
            "jit": "off",
            "DateStyle": "ISO",  # as the log's times are read
            **more,
        },
        reset=_as_it_is,
    ) as pool:
        yield pool


async def _as_it_is(_: Any) -> None:
    """What to do with a connection that is given back, beyond rolling back and unlistening.

    Nothing: no one here leaves settings, session locks or cursors behind, and asking the server to clear
    them would cost every statement a round trip of its own.
    """
