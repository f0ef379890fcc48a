"""Fidelity over a school year: of each checklist, by month, how much of it was met, told across teachers.

For coaching leads and administrators, by release (`backbone/by_month.py`): nothing that is told, of any months, tells
of fewer than five teachers, and what is corrected later changes what was told of a month once five are concerned.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Annotated, Any, Final
from uuid import UUID

from backbone import by_month
from backbone.application import Reader
from backbone.by_month import Counted
from backbone.deciding import Forbidden
from backbone.lists import DESCRIBED_WHOLE, Lists, Told, router_of
from backbone.projector import Connection
from backbone.queries import Queries
from backbone.releasing import Figures, released
from backbone.school_year import YearWanted, school_year
from backbone.service import Running
from chalkline_contracts.measurement import ExactQuotient
from fastapi import APIRouter, Query, Request, Response

sql = Queries("observations", "sql/queries")


async def gather(db: Connection, tenant: UUID) -> Mapping[int, Sequence[Counted]]:
    """What was measured, by school year; a measurement of several teachers is about each of them."""
    years: dict[int, list[Counted]] = defaultdict(list)
    for row in await db.fetch(sql.fidelity_measured, tenant):
        what = (
            row["source_id"],
            row["measurement_id"],
            row["checklist"],
            row["day"],
            row["met"],
            row["total"],
        )
        one = Counted(
            "/".join(map(str, what)), row["checklist"], f"{row['day']:%Y-%m}", row["teacher_ids"],
            {"met": row["met"], "total": row["total"]},
        )  # fmt: skip
        years[school_year(row["day"])].append(one)
    return years


FIGURES: Final = Figures(gather=gather, release=by_month.released)


class Fidelity(Told):
    """How much of a checklist was met in a month, or in the whole year."""

    checklist: str
    """An instrument and its version, such as "cold-call@2"; where none was named, the metric's code."""
    month: str | None
    """Such as "2026-03"; null: the school year as far as its months are over."""
    hidden: bool
    """About too few teachers to be told, or such that others could be worked out: what it counts is null."""
    measurements_n: int | None
    teachers_n: int | None
    met: int | None
    total: int | None
    fidelity: ExactQuotient | None
    """What was met of what was looked for, exactly, such as "17/20"."""


def routes(run: Running) -> APIRouter:
    router, lists = router_of("Observation"), Lists(run)

    @router.get("/v1/fidelity", summary="How much of each checklist is met, by month", **DESCRIBED_WHOLE)
    async def fidelity(
        request: Request, response: Response, by: Reader, wanted: Annotated[YearWanted, Query()]
    ) -> list[Fidelity]:
        """For coaching leads and administrators, across all teachers of the district, as of the end of last month;
        where that would tell of fewer than five, hidden. What too few changed since it was told stands as it was.
        """
        overseen = await lists.overseen(by)
        if overseen is None or not overseen.everyone:
            raise Forbidden
        await lists.told_whole(request, response)
        year = wanted.year if wanted.year is not None else school_year(await lists.today(by))
        return list(told(await released(run, by.tenant, year)))

    return router


def told(release: Any | None) -> Iterator[Fidelity]:
    """Each checklist's year, then its months."""
    for checklist, month, figures in by_month.told(release):
        if figures is None:
            nothing = dict.fromkeys(("measurements_n", "teachers_n", "met", "total", "fidelity"))
            yield Fidelity(checklist=checklist, month=month, hidden=True, **nothing)
            continue
        yield Fidelity(
            checklist=checklist,
            month=month,
            hidden=False,
            measurements_n=figures["things_n"],
            teachers_n=figures["people_n"],
            met=figures["met"],
            total=figures["total"],
            fidelity=str(Fraction(figures["met"], figures["total"])),
        )
