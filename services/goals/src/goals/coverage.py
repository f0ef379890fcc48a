"""Coverage: how many of a school's teachers are in coaching.

From what directory says of teachers today and from the partnerships that are agreed; no projection of its own.
"""

from fractions import Fraction
from typing import Any

from backbone.application import Reader
from backbone.lists import DESCRIBED_WHOLE, no_parameter, router_of
from backbone.queries import Queries
from backbone.suppressing import TOTAL, Cell, Group, suppressed
from fastapi import APIRouter, Request, Response

from goals.figures_asked import Asking, Figure

sql = Queries("goals", "sql/queries")


class Covered(Figure):
    """A school's teachers today, and how many of them are in a partnership that is agreed."""

    teachers_n: int | None
    coached_n: int | None
    share: str | None
    """Exact, such as "3/4"."""


def routes(asking: Asking) -> APIRouter:
    router = router_of("Partnership")

    @router.get(
        "/v1/coverage",
        summary="How many teachers are in coaching",
        **DESCRIBED_WHOLE,
    )
    async def coverage(request: Request, response: Response, by: Reader) -> list[Covered]:
        """By school, today. Administrators and coaching leads get the district, principals the rows of their schools. A
        school of fewer than five teachers is hidden, with others so that it cannot be computed.
        """
        no_parameter(request)
        schools, today = await asking.schools(by), await asking.lists.today(by)
        rows = await asking.lists.whole(request, response, sql.coverage, by.tenant, today)
        groups: dict[Cell, Group] = {
            (row["of"], TOTAL): Group(row["teachers_n"], row["teachers_n"]) for row in rows
        }
        hidden = {of for of, _ in suppressed(groups, await asking.least(by))}
        return [
            _told(row, hidden=row["of"] in hidden) for row in rows if schools is None or row["of"] in schools
        ]

    return router


def _told(row: Any, *, hidden: bool) -> Covered:
    share = str(Fraction(row["coached_n"], row["teachers_n"])) if row["teachers_n"] and not hidden else None
    return Covered(
        of=row["of"],
        hidden=hidden,
        teachers_n=None if hidden else row["teachers_n"],
        coached_n=None if hidden else row["coached_n"],
        share=share,
    )
