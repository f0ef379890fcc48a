"""The funnel of cycles: how many of those that started came how far. And how long phases take.

Figures, for those who lead coaching; no partner, no goal and no student is in them.
"""

from typing import Annotated, Any, Literal

from backbone.application import Reader
from backbone.lists import DESCRIBED_WHOLE, router_of
from backbone.queries import Queries
from backbone.school_year import YearWanted
from backbone.service import Running
from backbone.suppressing import Group
from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from goals.figures_asked import Figure, Figures, hidden_rows

sql = Queries("goals", "sql/queries")

A_DAY = 86_400
STEPS = ("started", "baselined", "goal_set", "target_met", "achieved", "closed", "sustained")


class FunnelRow(Figure):
    """Cycles that started in the year, and of these how many came as far; each counts wherever it came through."""

    started: int | None
    baselined: int | None
    """At least one goal of it has a baseline; and so on."""
    goal_set: int | None
    target_met: int | None
    achieved: int | None
    closed: int | None
    """It ended, in whichever way."""
    sustained: int | None


class FunnelWanted(YearWanted):
    by: Annotated[Literal["template", "school", "month"], Field(description="How the table is divided")] = (
        "template"
    )


class PhaseTime(Figure):
    """Days that cycles spent in a phase before they left it; pauses do not count."""

    phase: str
    cycles_n: int | None
    median_days: float | None
    p25_days: float | None
    p75_days: float | None
    p90_days: float | None


def routes(run: Running) -> APIRouter:
    router, figures = router_of("Cycle"), Figures(run)

    @router.get("/v1/funnel", summary="How far cycles come", **DESCRIBED_WHOLE)
    async def funnel(
        request: Request, response: Response, by: Reader, wanted: Annotated[FunnelWanted, Query()]
    ) -> list[FunnelRow]:
        """Administrators and coaching leads get the district, principals their schools. Groups of fewer than five
        teachers are hidden, with others so that none can be computed.
        """
        schools, year = await figures.schools(by), await figures.year(by, wanted)
        rows = await figures.lists.whole(request, response, sql.funnel, by.tenant, year, schools, wanted.by)
        groups = {row["of"]: Group(row["started"], row["teachers"]) for row in rows}
        hidden = hidden_rows(groups, await figures.least(by))
        return [_funnel(row, hidden=row["of"] in hidden) for row in rows]

    @router.get("/v1/phase-times", summary="How long phases take", **DESCRIBED_WHOLE)
    async def phase_times(
        request: Request, response: Response, by: Reader, wanted: Annotated[YearWanted, Query()]
    ) -> list[PhaseTime]:
        """Of each model, the phases that cycles of the year have left. Of a phase that fewer than five teachers came
        through, nothing is told.
        """
        schools, year = await figures.schools(by), await figures.year(by, wanted)
        rows = await figures.lists.whole(request, response, sql.phase_times, by.tenant, year, schools)
        least = await figures.least(by)
        return [_phase_time(row, hidden=least.wanting(Group(1, row["teachers"]))) for row in rows]

    return router


def _funnel(row: Any, *, hidden: bool) -> FunnelRow:
    told: dict[str, Any] = {step: None if hidden else row[step] for step in STEPS}
    return FunnelRow(of=row["of"], hidden=hidden, **told)


def _phase_time(row: Any, *, hidden: bool) -> PhaseTime:
    names = ("p25_days", "median_days", "p75_days", "p90_days")
    days: dict[str, Any] = {
        name: None if hidden else round(seconds / A_DAY, 1)
        for name, seconds in zip(names, row["took"], strict=True)
    }
    return PhaseTime(
        of=row["template"],
        hidden=hidden,
        phase=row["phase"],
        cycles_n=None if hidden else row["cycles_n"],
        **days,
    )
