"""The funnel of cycles: how many of those that started came how far. And how long phases take.

Figures, for those who lead coaching; no partner, no goal and no student is in them.
"""

from collections.abc import Collection, Sequence
from typing import Annotated, Any, Final, Literal

from backbone.application import Reader
from backbone.lists import DESCRIBED_WHOLE, Absent, router_of
from backbone.school_year import YearWanted
from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from goals.figures_asked import Figure, Figures, divided, division, division_of
from goals.release import TOTAL, Key, Release
from goals.standing import Cycle

A_DAY = 86_400
STAGES: Final = {"baselined": 1, "goal_set": 2, "target_met": 3, "achieved": 4}
SHARES: Final = {"p25_days": 0.25, "median_days": 0.5, "p75_days": 0.75, "p90_days": 0.9}


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


def routes(figures: Figures) -> APIRouter:
    router = router_of("Cycle")

    @router.get("/v1/funnel", summary="How far cycles come", **DESCRIBED_WHOLE)
    async def funnel(
        request: Request, response: Response, by: Reader, wanted: Annotated[FunnelWanted, Query()]
    ) -> list[FunnelRow]:
        """As of the end of last month. Administrators and coaching leads get the district, principals the rows of
        their schools. Groups of fewer than five teachers are hidden, with others so that none can be computed; what
        too few changed stands as it was.
        """
        schools = await figures.schools(by)
        how = divided(wanted.by, "template", schools)
        release = await figures.released(request, response, by, wanted)
        total = [TOTAL] if schools is None else []
        return [told(release, key) for key in (*total, *division(release.of_cycles, how, schools))]

    @router.get("/v1/phase-times", summary="How long phases take", **DESCRIBED_WHOLE)
    async def phase_times(
        request: Request, response: Response, by: Reader, wanted: Annotated[YearWanted, Query()]
    ) -> list[PhaseTime]:
        """Of each model, the phases that cycles of the year have left, as of the end of last month. For administrators
        and coaching leads; what fewer than five teachers came through is hidden, and what would tell of them.
        """
        await figures.leads(by)
        release = await figures.released(request, response, by, wanted)
        return [phase_time(release, key) for key in sorted(release.of_phases, key=str)]

    return router


def told(release: Release, key: Key) -> FunnelRow:
    stood: Collection[Cycle] | None = release.cycles.get(key, None if key in release.of_cycles else ())
    of = division_of(key)
    if stood is None:
        return FunnelRow(of=of, hidden=True, started=None, **dict.fromkeys((*STAGES, "closed", "sustained")))
    stage: dict[Any, int] = {}
    for one in stood:
        stage[one.cycle_id] = max(one.stage, stage.get(one.cycle_id, one.stage))
    return FunnelRow(
        of=of,
        hidden=False,
        started=len(stage),
        **{name: sum(reached >= least for reached in stage.values()) for name, least in STAGES.items()},
        closed=len({one.cycle_id for one in stood if one.closed}),
        sustained=len({one.cycle_id for one in stood if one.sustained}),
    )


def phase_time(release: Release, key: Key) -> PhaseTime:
    _, template, phase = map(str, key)
    took = release.phases.get(key)
    if took is None:
        return PhaseTime(of=template, hidden=True, phase=phase, cycles_n=None, **dict.fromkeys(SHARES))
    days = {name: round(_at(share, took) / A_DAY, 1) for name, share in SHARES.items()}
    return PhaseTime(of=template, hidden=False, phase=phase, cycles_n=len(took), **days)


def _at(share: float, ordered: Sequence[int]) -> float:
    """What this share of them is at most, between the two nearest."""
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)
