"""Outcomes: what share of a district's goals is achieved, by focus, school, month or group of students.

Figures, for those who lead; no partner, no goal and no student is in them.
"""

from fractions import Fraction
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


class GoalOutcomes(Figure):
    """Goals that were set in cycles of the year, and how many of them stand achieved."""

    goals_n: int | None
    achieved_n: int | None
    share: str | None
    """Exact, such as "3/4"; null where there is no goal."""


class OutcomesWanted(YearWanted):
    by: Annotated[
        Literal["focus", "school", "month", "subgroup"],
        Field(description="How the table is divided: `month` is the cycle's first, `subgroup` the students'"),
    ] = "focus"


def routes(run: Running) -> APIRouter:
    router, figures = router_of("Goal"), Figures(run)

    @router.get(
        "/v1/outcomes",
        summary="What share of goals is achieved",
        **DESCRIBED_WHOLE,
    )
    async def outcomes(
        request: Request, response: Response, by: Reader, wanted: Annotated[OutcomesWanted, Query()]
    ) -> list[GoalOutcomes]:
        """Administrators and coaching leads get the district, principals their schools. What is about fewer than
        five teachers, or fewer students than the district's policy says, is hidden, with others so that none can
        be computed.
        """
        schools, year = await figures.schools(by), await figures.year(by, wanted)
        rows = await figures.lists.whole(request, response, sql.outcomes, by.tenant, year, schools, wanted.by)
        groups = {row["of"]: _group(row, wanted.by) for row in rows}
        hidden = hidden_rows(groups, await figures.least(by))
        return [_told(row, hidden=row["of"] in hidden) for row in rows]

    return router


def _group(row: Any, by: str) -> Group:
    """How many students a goal is about need not be told; of a group of students it must be."""
    students: int | None = row["students"]
    untold = 0 if by == "subgroup" and row["of"] not in (None, "none") else None
    return Group(row["goals_n"], row["teachers"], untold if students is None else students)


def _told(row: Any, *, hidden: bool) -> GoalOutcomes:
    share = str(Fraction(row["achieved_n"], row["goals_n"])) if row["goals_n"] and not hidden else None
    return GoalOutcomes(
        of=row["of"],
        hidden=hidden,
        goals_n=None if hidden else row["goals_n"],
        achieved_n=None if hidden else row["achieved_n"],
        share=share,
    )
