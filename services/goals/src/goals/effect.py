"""The effect of initiatives: what became of the goals that serve them, in each metric's own unit.

Quotients are exact and never averaged: a metric's change is the median of its goals' changes.
"""

from fractions import Fraction
from typing import Annotated, Any
from uuid import UUID

from backbone.application import Reader
from backbone.lists import DESCRIBED_WHOLE, Told, router_of
from backbone.school_year import YearWanted
from backbone.suppressing import Group, Least
from backbone.telling import Key, Table
from fastapi import APIRouter, Query, Request, Response

from goals.figures_asked import Asking, division, told
from goals.release import NONE

METRIC = ("metric_code", "kind", "unit", "direction")
MEDIANS = ("median_baseline", "median_final", "median_change")


class Effect(Told):
    """The goals of one metric that serve an initiative; or, without a metric, all that do. Without an initiative, those
    that serve none.

    What is about too few people is `hidden`: what it counts is null.
    """

    initiative_id: UUID | None
    metric_code: str | None
    """Null: all metrics together, which have no change in common."""
    kind: str | None
    unit: str | None
    direction: str | None
    hidden: bool
    goals_n: int | None
    """Goals that were set, in cycles that started in the year."""
    achieved_n: int | None
    share_achieved: str | None
    """Exact, such as "3/4"."""
    median_baseline: str | None
    """Of achieved goals, as are the next two: exact quotients of the metric's own kind; null where they are few."""
    median_final: str | None
    median_change: str | None
    """The median of what each goal changed by, from its baseline to the measurement that achieved it."""


def routes(asking: Asking) -> APIRouter:
    router = router_of("Initiative")

    @router.get("/v1/effect", summary="What initiatives bring about", **DESCRIBED_WHOLE)
    async def effect(
        request: Request, response: Response, by: Reader, wanted: Annotated[YearWanted, Query()]
    ) -> list[Effect]:
        """By initiative and metric, as of the end of last month, for administrators and coaching leads. What is about
        fewer than five teachers, or fewer students than the district's policy says, is hidden, with others so that
        none can be computed; what too few changed stands as it was.
        """
        await asking.leads(by)
        release = await asking.released(request, response, by, wanted)
        return effects(release.goals, await asking.least(by))

    return router


def effects(goals: Table, least: Least) -> list[Effect]:
    """Each initiative, then its metrics; last what serves none."""
    rows = []
    for own in sorted(division(goals.there, "initiative", None), key=lambda key: (key[1] == NONE, str(key))):
        metrics = sorted((key for key in goals.there if key[:2] == ("metric", own[1])), key=str)
        rows += [_row(goals, key, least) for key in (own, *metrics)]
    return rows


def _row(goals: Table, key: Key, least: Least) -> Effect:
    figures = told(goals, key, least)
    names: dict[str, Any] = dict(zip(METRIC, key[2:] or (None,) * len(METRIC), strict=True))
    names["initiative_id"] = None if key[1] == NONE else UUID(str(key[1]))
    if figures is None:
        nothing = dict.fromkeys(("goals_n", "achieved_n", "share_achieved", *MEDIANS))
        return Effect(**names, hidden=True, **nothing)
    many, achieved = figures["goals_n"], figures["achieved_n"]
    # A median of few is nearly what one of them reached.
    enough = not least.wanting(Group(achieved, *figures["achieved_by"]))
    return Effect(
        **names,
        hidden=False,
        goals_n=many,
        achieved_n=achieved,
        share_achieved=str(Fraction(achieved, many)),
        **{name: figures[name] if enough else None for name in MEDIANS},
    )
