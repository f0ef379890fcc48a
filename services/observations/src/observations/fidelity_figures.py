"""Fidelity over a school year: of each checklist, by month, how much of it was met, told across teachers.

For coaching leads and administrators. What is about fewer than five teachers is hidden, and with it as many other
months as it takes that taking what is shown from the year leaves nothing about so few.
"""

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import groupby
from operator import itemgetter
from typing import Annotated, Any, Final
from uuid import UUID

from backbone.application import Reader
from backbone.deciding import Forbidden
from backbone.lists import DESCRIBED_WHOLE, Lists, Told, router_of
from backbone.queries import Queries
from backbone.school_year import YearWanted, days_of, school_year
from backbone.service import Running
from backbone.suppressing import STAFF
from chalkline_contracts.measurement import ExactQuotient
from fastapi import APIRouter, Query, Request, Response

sql = Queries("observations", "sql/queries")

YEAR: Final = None
"""The place of a checklist's total among its months."""


def hidden_months(
    teachers_n: Mapping[str, int], few: Mapping[str, frozenset[UUID]], year_n: int
) -> frozenset[str | None]:
    """The months of one checklist to hide, and YEAR with them if even the year is about too few.

    `teachers_n`: how many teachers each month is about; `few`: who they are where they are too few; `year_n`: how many
    the year. The same teachers may be in several months, so what is left of the year is counted by who is in it.
    """
    hidden: set[str | None] = {month for month, n in teachers_n.items() if n < STAFF}
    shown = sorted(teachers_n.keys() - hidden, key=lambda month: (teachers_n[month], month))
    if shown and hidden and len(frozenset[UUID]().union(*few.values())) < STAFF:
        hidden.add(shown[0])  # which alone is about enough
    return frozenset({*hidden, YEAR} if year_n < STAFF else hidden)


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
        """For coaching leads and administrators, across all teachers of the district, of months that are over; where
        that would tell of fewer than five, hidden.
        """
        overseen = await lists.overseen(by)
        if overseen is None or not overseen.everyone:
            raise Forbidden
        today = await lists.today(by)
        begin, until = days_of(wanted.year if wanted.year is not None else school_year(today))
        until = min(until, today.replace(day=1))
        zone = await lists.zone(by)
        rows = await lists.whole(request, response, sql.fidelity, by.tenant, begin, until, zone, STAFF)
        return list(told(rows))

    return router


def told(rows: Sequence[Any]) -> Iterator[Fidelity]:
    """Each checklist's year, then its months; `rows` in this order."""
    for _, group in groupby(rows, key=itemgetter("checklist")):
        year, *months = group
        teachers_n = {row["month"]: row["teachers_n"] for row in months}
        few = {row["month"]: frozenset(row["teacher_ids"]) for row in months if row["teachers_n"] < STAFF}
        hidden = hidden_months(teachers_n, few, year["teachers_n"])
        for row in (year, *months):
            yield _told(row, hidden=row["month"] in hidden)


def _told(row: Any, *, hidden: bool) -> Fidelity:
    counted = ("measurements_n", "teachers_n", "met", "total")
    figures: dict[str, int | None] = {name: None if hidden else row[name] for name in counted}
    return Fidelity(
        checklist=row["checklist"],
        month=row["month"],
        hidden=hidden,
        fidelity=None if hidden else str(Fraction(row["met"], row["total"])),
        **figures,
    )
