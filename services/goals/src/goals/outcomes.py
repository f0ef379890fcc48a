"""Outcomes: what share of a district's goals is achieved, by focus, school, month or group of students.

Figures, for those who lead; no partner, no goal and no student is in them.
"""

from collections.abc import Collection
from fractions import Fraction
from typing import Annotated, Literal

from backbone.application import Reader
from backbone.lists import DESCRIBED_WHOLE, Absent, router_of
from backbone.school_year import YearWanted
from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from goals.figures_asked import Figure, Figures, divided, division, division_of
from goals.release import TOTAL, Key, Release
from goals.standing import Goal


class GoalOutcomes(Figure):
    """Goals that were set in cycles of the year, and how many of them stand achieved."""

    goals_n: int | None
    achieved_n: int | None
    share: str | None
    """Exact, such as "3/4"; null where there is no goal."""


class OutcomesWanted(YearWanted):
    by: Annotated[
        Literal["focus", "school", "month", "subgroup"] | Absent,
        Field(
            description="How the table is divided: `month` is the cycle's first, `subgroup` the students'; left out: "
            "by focus, for principals by school"
        ),
    ] = None


def routes(figures: Figures) -> APIRouter:
    router = router_of("Goal")

    @router.get(
        "/v1/outcomes",
        summary="What share of goals is achieved",
        **DESCRIBED_WHOLE,
    )
    async def outcomes(
        request: Request, response: Response, by: Reader, wanted: Annotated[OutcomesWanted, Query()]
    ) -> list[GoalOutcomes]:
        """As of the end of last month. Administrators and coaching leads get the district, principals the rows of
        their schools. What is about fewer than five teachers, or fewer students than the district's policy says, is
        hidden, with others so that none can be computed; what too few changed stands as it was.
        """
        schools = await figures.schools(by)
        how = divided(wanted.by, "focus", schools)
        release = await figures.released(request, response, by, wanted)
        total = [TOTAL] if schools is None else []
        return [told(release, key) for key in (*total, *division(release.of_goals, how, schools))]

    return router


def told(release: Release, key: Key) -> GoalOutcomes:
    goals: Collection[Goal] | None = release.goals.get(key, None if key in release.of_goals else ())
    of = division_of(key)
    if goals is None:
        return GoalOutcomes(of=of, hidden=True, goals_n=None, achieved_n=None, share=None)
    achieved = sum(one.achieved for one in goals)
    share = str(Fraction(achieved, len(goals))) if goals else None
    return GoalOutcomes(of=of, hidden=False, goals_n=len(goals), achieved_n=achieved, share=share)
