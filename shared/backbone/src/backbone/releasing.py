"""Releases: figures about a district are worked out once a month, ahead of whoever reads them, and told until the next.

When a district's month has turned by its own clock, and all that was recorded anywhere by then is projected here, what
happened is put beside all that was told before, in a process of its own: it takes seconds. The result is a row of
`work.releases`, and a read is a look at it: all replicas tell the same, and nobody who reads waits for an answer to be
worked out. What was told is never worked out again: the next release goes on from it.
"""

import asyncio
import zlib
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from uuid import UUID

import structlog
from pydantic_core import from_json, to_json

from backbone.apart import apart
from backbone.database import LIVE, connected
from backbone.district import policy_in
from backbone.errands import Errand
from backbone.moved_clocks import level_with_all
from backbone.problems import Problem
from backbone.projector import Connection
from backbone.queries import Queries
from backbone.suppressing import Least

if TYPE_CHECKING:
    from backbone.service import Running

log = structlog.get_logger(__name__)
sql = Queries("backbone", "sql/queries")

EVERY = 1.0
"""Seconds between two looks whether a month has turned somewhere."""
SOON: Final = "2"
"""Seconds after which somebody may ask again who came before the first release."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A month turned: all that a release is made of."""

    rows: Sequence[Any]
    until: str
    """The first month of which nothing is told yet, such as "2026-03"."""
    least: Least
    since: str | None = None
    """The first month that the release before did not tell of; None: there is none before."""
    told: Any | None = None
    kept: Any | None = None
    """What the release before said, and left."""


Gather: TypeAlias = Callable[[Connection, UUID], Awaitable[Mapping[int, Sequence[Any]]]]
"""What a district's figures are made of, by school year; read in the process that makes releases."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What a service's figures are made of, and how."""

    gather: Gather
    release: Callable[[Turn], tuple[Any, Any]]
    """What is told, and what the next release has to know, both as JSON; nothing but a function of its turn."""


def releaser_of(run: "Running", figures: Figures) -> Errand:
    """What a service with figures has to do."""
    releaser = Releaser(run, figures)
    return Errand(name="figures", run=releaser.run, due=releaser.due, told=releaser.told)


class Releaser:
    """Makes releases, in one process at a time."""

    def __init__(self, run: "Running", figures: Figures) -> None:
        self._run, self._figures = run, figures

    async def run(self) -> None:
        while True:
            await self.once()
            await asyncio.sleep(EVERY)

    async def once(self) -> None:
        """Makes every release that is due. One that fails keeps no other waiting."""
        if not await self._due():
            return
        async with self._run.pool.acquire() as db:
            if not await db.fetchval(sql.begin_alone, "figures"):
                return
            try:
                due = await self._due()
                await level_with_all(self._run)
                failed = [error for one in due if (error := await self._tried(one))]
            finally:
                await db.fetchval(sql.end_alone, "figures")
        if failed:
            raise failed[0]

    async def _tried(self, one: Any) -> Exception | None:
        policy = policy_in(one if one["told"] else None)
        try:
            await self._district(one["tenant"], one["month"], policy.small_cell_n)
        except Exception as error:  # noqa: BLE001 - raised once the others are done
            return error
        return None

    async def due(self, tenant: UUID) -> int:
        return sum(one["tenant"] == tenant for one in await self._due())

    async def told(self) -> Mapping[str, Any]:
        return {"to_do": len(await self._due())}

    async def _due(self) -> Sequence[Any]:
        rows: Sequence[Any] = await self._run.pool.fetch(sql.releases_due, datetime.now(UTC))
        return rows

    async def _district(self, tenant: UUID, month: str, students: int) -> None:
        run, least = self._run, Least(students=students)
        years = await apart(partial(_released, run.settings.app_dsn(), self._figures, tenant, month, least))
        log.info("figures_released", tenant=str(tenant), years=years, month=month)


async def _released(dsn: str, figures: Figures, tenant: UUID, month: str, least: Least) -> list[int]:
    """Releases every school year of a district, all or none, in a process that does nothing else; returns which."""
    async with connected(dsn, search_path=LIVE, name="releases", size=1) as pool, pool.acquire() as db:
        before = {row["year"]: row for row in await db.fetch(sql.released_before, tenant)}
        gathered = await figures.gather(db, tenant)
        made = {
            year: figures.release(_turn(rows, before.get(year), month, least))
            for year, rows in gathered.items()
        }
        async with db.transaction():
            for year, (told, kept) in made.items():
                await db.execute(sql.release, tenant, year, month, packed(told), packed(kept))
            await db.execute(sql.note_released, tenant, month)
        return sorted(made)


def _turn(rows: Sequence[Any], before: Any, until: str, least: Least) -> Turn:
    if before is None:
        return Turn(rows=rows, until=until, least=least)
    told, kept = unpacked(before["told"]), unpacked(before["kept"])
    return Turn(rows=rows, until=until, least=least, since=before["month"], told=told, kept=kept)


def packed(told: Any) -> bytes:
    return zlib.compress(to_json(told))


def unpacked(stored: bytes) -> Any:
    return from_json(zlib.decompress(stored))


async def released(run: "Running", tenant: UUID, year: int) -> Any | None:
    """What is told of a school year, as JSON; None: there was nothing. Raises a Problem before the first release."""
    rows = await run.rows(tenant, sql.released, tenant, year)
    if not rows:
        raise Problem("figures_preparing", headers={"Retry-After": SOON})
    return None if rows[0]["told"] is None else unpacked(rows[0]["told"])


def months(since: str, until: str) -> Iterator[str]:
    """Each month from one until another, which is not among them."""
    year, month = map(int, since.split("-"))
    while (name := f"{year:04}-{month:02}") < until:
        yield name
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
