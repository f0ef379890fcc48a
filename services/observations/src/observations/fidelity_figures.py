"""Fidelity over a school year: of each checklist, by month, how much of it was met, told across teachers.

For coaching leads and administrators. What is about fewer than five teachers is hidden, and with it as many other
months as it takes that taking what is shown from the year leaves nothing about so few.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Annotated, Any, Final
from uuid import UUID

from backbone.application import Reader
from backbone.deciding import Forbidden
from backbone.lists import DESCRIBED_WHOLE, Absent, Digits, Lists, Told, router_of
from backbone.queries import Queries
from backbone.service import Running
from backbone.suppressing import STAFF
from chalkline_contracts.measurement import ExactQuotient
from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

sql = Queries("observations", "sql/queries")

JULY: Final = 7
"""The month in which a school year begins."""
YEAR: Final = None
"""The place of a checklist's total among its months."""


@dataclass(frozen=True, slots=True)
class Met:
    """What measurements of a checklist say together: sums, never a mean of shares; and whom they are about."""

    measurements_n: int = 0
    met: int = 0
    total: int = 0
    teachers: frozenset[UUID] = field(default_factory=frozenset)

    def __add__(self, other: "Met") -> "Met":
        return Met(
            self.measurements_n + other.measurements_n,
            self.met + other.met,
            self.total + other.total,
            self.teachers | other.teachers,
        )


def hidden_months(months: Mapping[str, Met]) -> frozenset[str | None]:
    """The months of one checklist to hide, and YEAR with them if even the year is about too few.

    The same teachers may be in several months, so what is left of the year is counted by who is in it.
    """
    hidden = {month for month, met in months.items() if len(met.teachers) < STAFF}
    shown = sorted(months.keys() - hidden, key=lambda month: (len(months[month].teachers), month))
    while hidden and shown and len(_together(months, hidden).teachers) < STAFF:
        hidden.add(shown.pop(0))
    few = len(_together(months, months.keys()).teachers) < STAFF
    return frozenset({*hidden, YEAR} if few else hidden)


def _together(months: Mapping[str, Met], which: Any) -> Met:
    return sum((months[month] for month in which), Met())


class Fidelity(Told):
    """How much of a checklist was met in a month, or in the whole year."""

    checklist: str
    """An instrument and its version, such as "cold-call@2"; where none was named, the metric's code."""
    month: str | None
    """Such as "2026-03"; null: the school year."""
    hidden: bool
    """About too few teachers to be told, or such that others could be worked out: what it counts is null."""
    measurements_n: int | None
    teachers_n: int | None
    met: int | None
    total: int | None
    fidelity: ExactQuotient | None
    """What was met of what was looked for, exactly, such as "17/20"."""


class FidelityWanted(BaseModel):
    """Which school year; unknown parameters are refused."""

    model_config = ConfigDict(extra="forbid")

    year: Annotated[
        int | Absent,
        Field(ge=1900, le=2198, description="In which it began, in July; left out: this one"),
        Digits,
    ] = None


def routes(run: Running) -> APIRouter:
    router, lists = router_of("Observation"), Lists(run)

    @router.get("/v1/fidelity", summary="How much of each checklist is met, by month", **DESCRIBED_WHOLE)
    async def fidelity(
        request: Request, response: Response, by: Reader, wanted: Annotated[FidelityWanted, Query()]
    ) -> list[Fidelity]:
        """For coaching leads and administrators, across all teachers of the district; where that would tell of fewer
        than five, hidden.
        """
        overseen = await lists.overseen(by)
        if overseen is None or not overseen.everyone:
            raise Forbidden
        year = wanted.year if wanted.year is not None else _school_year(await lists.today(by))
        begin, until = date(year, JULY, 1), date(year + 1, JULY, 1)
        zone = await lists.zone(by)
        rows = await lists.whole(request, response, sql.fidelity, by.tenant, begin, until, zone)
        return list(told(rows))

    return router


def _school_year(day: date) -> int:
    return day.year if day.month >= JULY else day.year - 1


def told(rows: Sequence[Any]) -> Iterator[Fidelity]:
    """Each checklist's year, then its months."""
    checklists: dict[str, dict[str, Met]] = defaultdict(dict)
    for row in rows:
        met = Met(row["measurements_n"], row["met"], row["total"], frozenset(row["teacher_ids"]))
        checklists[row["checklist"]][row["month"]] = met
    for checklist, months in checklists.items():
        hidden = hidden_months(months)
        year = {YEAR: _together(months, months.keys())}
        for month, met in (year | dict(sorted(months.items()))).items():
            yield _told(checklist, month, met, hidden=month in hidden)


def _told(checklist: str, month: str | None, met: Met, *, hidden: bool) -> Fidelity:
    if hidden:
        return Fidelity(
            checklist=checklist, month=month, hidden=True, measurements_n=None, teachers_n=None, met=None,
            total=None, fidelity=None,
        )  # fmt: skip
    return Fidelity(
        checklist=checklist,
        month=month,
        hidden=False,
        measurements_n=met.measurements_n,
        teachers_n=len(met.teachers),
        met=met.met,
        total=met.total,
        fidelity=str(Fraction(met.met, met.total)),
    )
