"""Deriving every projection again, beside the live ones: fill, meet, compare, swap.

A rebuild never causes an effect: it runs projections, not policies or timers.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import structlog

from backbone.collecting import collect_less
from backbone.ending import end
from backbone.fitting import Unfit, misfit_of_log, misfit_of_projections, projections_text
from backbone.migrate import create_projections
from backbone.projector import Projection, Projector
from backbone.queries import Queries
from backbone.reading import Progress

log = structlog.get_logger(__name__)
sql = Queries("backbone", "sql/queries")

NOT_COMPARED = ("checkpoints", "parked", "incarnations")
"""How far reading came, and moments of parking: no part of what the events say."""


@dataclass(slots=True)
class Comparison:
    """How many rows of each table are in one but not in the other; empty when all are equal."""

    events: int = 0
    seconds: float = 0.0
    tables: dict[str, int] = field(default_factory=dict)
    differing: dict[str, int] = field(default_factory=dict)
    compared: bool = True
    """False: the live tables are another version's."""
    swapped: bool = False

    @property
    def equal(self) -> bool:
        return not self.differing


Feed = Callable[[Projector, int], Awaitable[None]]
"""`feed(projector, last)`: has a projector process its source from where it stands to a position, at least."""


async def rebuild(
    owner: asyncpg.Connection,
    next_pool: asyncpg.Pool,
    *,
    package: str,
    app_role: str,
    projections: Sequence[Projection],
    feed: Feed,
    swap: bool,
) -> Comparison:
    """Fills `projections_next` from the logs and compares it with the live tables.

    `owner` owns the database; `next_pool` has `projections_next` first in its search_path. With `swap` the
    new tables take the live ones' place in the same transaction that compared them, and the old ones stay
    as `projections_before`. Everything is done while live reading goes on; it waits only for the comparison.
    Raises Unfit where the database is another version's, or only its tables are and nothing is to take their place.
    """
    another = await misfit_of_projections(owner, package)
    if reason := await misfit_of_log(owner, package) or (None if swap else another):
        raise Unfit(reason)
    collect_less()
    started = asyncio.get_running_loop().time()
    await owner.execute("DROP SCHEMA IF EXISTS projections_next CASCADE")
    async with owner.transaction():
        await create_projections(owner, "projections_next", projections_text(package), app_role)
    progress = Progress()
    sources = [r["source"] for r in await owner.fetch("SELECT DISTINCT source FROM projections.checkpoints")]
    projectors = [Projector(source, projections, next_pool, progress=progress) for source in sources]
    comparison = Comparison(compared=another is None)

    async def fill_from(projector: Projector, upto: Sequence[int]) -> None:
        projector.ceilings = upto
        if max(upto):
            await feed(projector, max(upto))
        else:  # nothing was read of it yet
            await projector.begin()
        await projector.settle(upto)

    async def fill(live: Sequence[Any]) -> None:
        """All sources at once: while PostgreSQL writes what one told, another is read."""
        filling = [asyncio.create_task(fill_from(p, _positions(live, p.source))) for p in projectors]
        try:
            await asyncio.gather(*filling)
        finally:
            await end(*filling)

    for projector in projectors:
        projector.settling = False
    await fill(await owner.fetch(sql.live_checkpoints))
    for projector in projectors:
        projector.settling = True
    async with next_pool.acquire() as db, db.transaction():
        for projection in projections:
            if projection.settle is not None:
                await projection.settle(db)
    comparison.events = sum(projector.processed for projector in projectors)
    comparison.seconds = asyncio.get_running_loop().time() - started
    if swap:
        await _count(owner)
    async with owner.transaction():
        await fill(await owner.fetch(sql.live_checkpoints_locked))
        if comparison.compared:
            await _compare(owner, comparison)
        if swap:
            await owner.execute(sql.carry_levels)
            await owner.execute("DROP SCHEMA IF EXISTS projections_before CASCADE")
            await owner.execute("ALTER SCHEMA projections RENAME TO projections_before")
            await owner.execute("ALTER SCHEMA projections_next RENAME TO projections")
            comparison.swapped = True
    if not swap:
        await owner.execute("DROP SCHEMA IF EXISTS projections_next CASCADE")
    return comparison


async def swap_back(owner: asyncpg.Connection) -> None:
    """Puts the tables before the last swap back in place; live reading goes on from where they stood."""
    async with owner.transaction():
        await owner.execute("ALTER SCHEMA projections RENAME TO projections_next")
        await owner.execute("ALTER SCHEMA projections_before RENAME TO projections")
        await owner.execute("ALTER SCHEMA projections_next RENAME TO projections_before")


async def _count(owner: asyncpg.Connection) -> None:
    """Readers of the new tables shall not go by guesses until PostgreSQL comes round to counting them."""
    tables = [row["name"] for row in await owner.fetch(sql.tables_of, "projections_next")]
    await owner.execute(f"ANALYZE {', '.join(f'projections_next.{table}' for table in tables)}")


async def _compare(owner: asyncpg.Connection, comparison: Comparison) -> None:
    for table in [row["name"] for row in await owner.fetch(sql.tables_of, "projections")]:
        if table in NOT_COMPARED:
            continue
        counts = await owner.fetchrow(
            f"SELECT (SELECT count(*) FROM projections.{table}) AS rows, (SELECT count(*) FROM ("  # noqa: S608
            f"(TABLE projections.{table} EXCEPT ALL TABLE projections_next.{table}) UNION ALL "
            f"(TABLE projections_next.{table} EXCEPT ALL TABLE projections.{table})) AS d) AS differing"
        )
        assert counts is not None
        comparison.tables[table] = counts["rows"]
        if counts["differing"]:
            comparison.differing[table] = counts["differing"]


def _positions(rows: Sequence[Any], source: str) -> list[int]:
    upto = [0] * 64
    for row in rows:
        if row["source"] == source:
            upto[row["partition"]] = row["position"]
    return upto
