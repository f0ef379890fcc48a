"""The funnel of cycles: how many of those that started came how far. And how long phases take.

Figures, for those who lead coaching; no partner, no goal and no student is in them.
"""

from typing import Annotated, Literal

from backbone.application import Reader
from backbone.lists import DESCRIBED_WHOLE, Absent, router_of
from backbone.school_year import YearWanted
from backbone.suppressing import Least
from backbone.telling import Key, Table
from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from goals.counted import SHARES, STAGES
from goals.figures_asked import Asking, Figure, divided, division, division_of, told
from goals.release import TOTAL


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
    by: Annotated[
        Literal["template", "school", "month"] | Absent,
        Field(description="How the table is divided; left out: by template, for principals by school"),
    ] = None


class PhaseTime(Figure):
    """Days that cycles spent in a phase before they left it; pauses do not count."""

    phase: str
    cycles_n: int | None
    median_days: float | None
    p25_days: float | None
    p75_days: float | None
    p90_days: float | None


def routes(asking: Asking) -> APIRouter:
    router = router_of("Cycle")

    @router.get("/v1/funnel", summary="How far cycles come", **DESCRIBED_WHOLE)
    async def funnel(
        request: Request, response: Response, by: Reader, wanted: Annotated[FunnelWanted, Query()]
    ) -> list[FunnelRow]:
        """As of the end of last month. Administrators and coaching leads get the district, principals the rows of
        their schools. Groups of fewer than five teachers are hidden, with others so that none can be computed; what
        too few changed stands as it was.
        """
        schools = await asking.schools(by)
        how = divided(wanted.by, "template", schools)
        cycles = (await asking.released(request, response, by, wanted)).cycles
        least = await asking.least(by)
        total = [TOTAL] if schools is None else []
        return [row(cycles, key, least) for key in (*total, *division(cycles.there, how, schools))]

    @router.get("/v1/phase-times", summary="How long phases take", **DESCRIBED_WHOLE)
    async def phase_times(
        request: Request, response: Response, by: Reader, wanted: Annotated[YearWanted, Query()]
    ) -> list[PhaseTime]:
        """Of each model, the phases that cycles of the year have left, as of the end of last month. For administrators
        and coaching leads; what fewer than five teachers came through is hidden, and what would tell of them.
        """
        await asking.leads(by)
        phases = (await asking.released(request, response, by, wanted)).phases
        return [_phase(phases, key) for key in sorted(phases.there, key=str)]

    return router


def row(cycles: Table, key: Key, least: Least) -> FunnelRow:
    """What is told of a group of cycles."""
    names = ("started", *STAGES, "closed", "sustained")
    there = key in cycles.there or key in cycles.told
    figures = told(cycles, key, least) if there else dict.fromkeys(names, 0)
    counts = {name: None if figures is None else figures[name] for name in names}
    return FunnelRow(of=division_of(key), hidden=figures is None, **counts)


def _phase(phases: Table, key: Key) -> PhaseTime:
    _, template, phase = map(str, key)
    figures = phases.told.get(key)
    counts = {name: None if figures is None else figures[name] for name in ("cycles_n", *SHARES)}
    return PhaseTime(of=template, hidden=figures is None, phase=phase, **counts)
