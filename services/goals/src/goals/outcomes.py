"""Outcomes: what share of a district's goals is achieved, by focus, school, month or group of students.

Figures, for those who lead; no partner, no goal and no student is in them.
"""

from fractions import Fraction
from typing import Annotated, Literal

from backbone.application import Reader
from backbone.lists import DESCRIBED_WHOLE, Absent, router_of
from backbone.school_year import YearWanted
from backbone.suppressing import Least
from backbone.telling import Key, Table
from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from goals.figures_asked import Asking, Figure, divided, division, division_of, told
from goals.release import TOTAL


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


def routes(asking: Asking) -> APIRouter:
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
        schools = await asking.schools(by)
        how = divided(wanted.by, "focus", schools)
        goals = (await asking.released(request, response, by, wanted)).goals
        least = await asking.least(by)
        total = [TOTAL] if schools is None else []
        return [row(goals, key, least) for key in (*total, *division(goals.there, how, schools))]

    return router


def row(goals: Table, key: Key, least: Least) -> GoalOutcomes:
    """What is told of a group of goals."""
    of = division_of(key)
    if key not in goals.there and key not in goals.told:
        return GoalOutcomes(of=of, hidden=False, goals_n=0, achieved_n=0, share=None)
    if (figures := told(goals, key, least)) is None:
        return GoalOutcomes(of=of, hidden=True, goals_n=None, achieved_n=None, share=None)
    many, achieved = figures["goals_n"], figures["achieved_n"]
    return GoalOutcomes(
        of=of, hidden=False, goals_n=many, achieved_n=achieved, share=str(Fraction(achieved, many))
    )
