"""The effect of initiatives: what became of the goals that serve them, in each metric's own unit.

Quotients are exact and never averaged: a metric's change is the median of its goals' changes. Which goal serves
which initiative is rebuildable: drop the table, replay the log, and the same rows come back.
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import Annotated, Any
from uuid import UUID

from backbone.application import Reader
from backbone.lists import DESCRIBED_WHOLE, Told, router_of
from backbone.projector import Connection, Projection
from backbone.queries import Queries
from backbone.recorded import Recorded
from backbone.rows import columns
from backbone.school_year import YearWanted
from backbone.suppressing import Least
from chalkline_contracts.goals import GoalLinkedToInitiative
from fastapi import APIRouter, Query, Request, Response

from goals.arithmetic import median
from goals.figures import month_of
from goals.figures_asked import Figures, division
from goals.release import NONE, Key, Release, group_of

sql = Queries("goals", "sql/queries")

METRIC = ("metric_code", "kind", "unit", "direction")


async def project(events: Sequence[Recorded[Any]], db: Connection) -> None:
    linked = sorted((r.tenant, r.event.goal_id, r.aggregate_id, month_of(r.recorded_at)) for r in events)
    await db.execute(sql.link_goals, *columns(linked, 4))


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


def routes(figures: Figures) -> APIRouter:
    router = router_of("Initiative")

    @router.get("/v1/effect", summary="What initiatives bring about", **DESCRIBED_WHOLE)
    async def effect(
        request: Request, response: Response, by: Reader, wanted: Annotated[YearWanted, Query()]
    ) -> list[Effect]:
        """By initiative and metric, as of the end of last month, for administrators and coaching leads. What is about
        fewer than five teachers, or fewer students than the district's policy says, is hidden, with others so that
        none can be computed; what too few changed stands as it was.
        """
        await figures.leads(by)
        release = await figures.released(request, response, by, wanted)
        return effects(release, await figures.least(by))

    return router


def effects(release: Release, least: Least) -> list[Effect]:
    """Each initiative, then its metrics; last what serves none."""
    groups = division(release.of_goals, "initiative", None)
    told = []
    for own in sorted(groups, key=lambda key: (key[1] == NONE, str(key))):
        metrics = sorted((key for key in release.of_goals if key[:2] == ("metric", own[1])), key=str)
        told += [_told(release, key, least) for key in (own, *metrics)]
    return told


def _told(release: Release, key: Key, least: Least) -> Effect:
    goals = release.goals.get(key, ())
    hidden = not goals
    metric = key[2:] or (None,) * len(METRIC)
    achieved = [one for one in goals if one.achieved]
    # A median of few is nearly what one of them reached.
    enough = metric[0] is not None and not least.wanting(group_of(achieved))
    begun = [Fraction(one.baseline) for one in achieved if one.baseline is not None] if enough else []
    ended = [Fraction(one.final) for one in achieved if one.final is not None] if enough else []
    changes = [end - begin for begin, end in zip(begun, ended, strict=True)]
    return Effect(
        initiative_id=None if key[1] == NONE else UUID(str(key[1])),
        **dict(zip(METRIC, metric, strict=True)),
        hidden=hidden,
        goals_n=None if hidden else len(goals),
        achieved_n=None if hidden else len(achieved),
        share_achieved=None if hidden else str(Fraction(len(achieved), len(goals))),
        median_baseline=_exact(begun),
        median_final=_exact(ended),
        median_change=_exact(changes),
    )


def _exact(values: Sequence[Fraction]) -> str | None:
    return str(median(values)) if values else None


INITIATIVE_GOALS = Projection(name="initiative_goals", handles=(GoalLinkedToInitiative,), project=project)
