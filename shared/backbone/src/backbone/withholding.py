"""Withholding words: none is told before it is sure that all that should be erased is.

A process that begins is sure once it has seen directory level, or others have in the last half minute, nothing of what
directory asked is left to do, and nobody said that erasures may have been lost. One that runs stays sure, unless what
is read of a source goes back: then the database was put back to an earlier moment under it, with words that were erased
since, and with roles and shares that were taken back since.
"""

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import structlog

from backbone.erasing import TELLS
from backbone.queries import Queries

if TYPE_CHECKING:
    from backbone.service import Running

log = structlog.get_logger(__name__)
sql = Queries("backbone", "sql/queries")

SOON: Final = 0.05
"""Seconds between two looks whether words may be told, while they may not."""
EVERY: Final = 0.5
"""Seconds between two looks whether the database went back, while they may."""


async def withhold(run: "Running") -> None:
    """Lets words be told while it is sure, until cancelled. Raises what keeps it from looking, and is not sure then."""
    try:
        await _withheld_unless_sure(run)
    except Exception:
        run.ledger.withheld = True  # a database that is away may come back as it was before
        raise


async def _withheld_unless_sure(run: "Running") -> None:
    back = run.progress.went_back
    while True:
        run.progress.stand(
            {row["source"]: int(row["stands"]) for row in await run.pool.fetch(sql.sources_stand)}
        )
        if back.is_set():
            back.clear()
            log.warning("database_went_back")
            run.ledger.withheld = True
            run.commands.forget()
            await run.pool.expire_connections()  # they know types and functions by numbers that are gone
            await run.reads.expire()
        elif run.ledger.withheld and await _sure(run):
            run.ledger.withheld = False
        with suppress(TimeoutError):
            await asyncio.wait_for(back.wait(), SOON if run.ledger.withheld else EVERY)


async def _sure(run: "Running") -> bool:
    if TELLS not in run.service.sources:
        return True
    # A log that was restored to an earlier moment is level with itself: what it lost, its stream tells.
    looks = run.relay if run.service.name == TELLS else None
    if looks is not None and (not looks.looked.is_set() or run.commands.refused_because):
        return False
    if not run.progress.was_level(TELLS):
        return False
    return not await run.pool.fetchval(sql.erasures_undone)
