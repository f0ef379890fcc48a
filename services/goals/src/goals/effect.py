"""The effect of initiatives: what became of the goals that serve them, in each metric's own unit.

Quotients are exact and never averaged: a metric's change is the median of its goals' changes. Which goal serves
which initiative is rebuildable: drop the table, replay the log, and the same rows come back.
"""

from collections.abc import Sequence
from fractions import Fraction
from itertools import groupby
from operator import itemgetter
from typing import Annotated, Any, Final
from uuid import UUID

from backbone.application import Reader
from backbone.lists import DESCRIBED_WHOLE, Told, router_of
from backbone.projector import Connection, Projection
from backbone.queries import Queries
from backbone.recorded import Recorded
from backbone.rows import columns
from backbone.school_year import YearWanted
from backbone.service import Running
from backbone.suppressing import Group, Least
from chalkline_contracts.goals import GoalLinkedToInitiative
from fastapi import APIRouter, Query, Request, Response

from goals.arithmetic import median
from goals.figures_asked import Figures, hidden_rows

sql = Queries("goals", "sql/queries")

NONE: Final = "none"
"""What serves no initiative, as a row."""
METRIC = ("metric_code", "kind", "unit", "direction")


async def project(events: Sequence[Recorded[Any]], db: Connection) -> None:
    linked = sorted((r.tenant, r.event.goal_id, r.aggregate_id) for r in events)
    await db.execute(sql.link_goals, *columns(linked, 3))


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


def routes(run: Running) -> APIRouter:
    router, figures = router_of("Initiative"), Figures(run)

    @router.get("/v1/effect", summary="What initiatives bring about", **DESCRIBED_WHOLE)
    async def effect(
        request: Request, response: Response, by: Reader, wanted: Annotated[YearWanted, Query()]
    ) -> list[Effect]:
        """By initiative and metric. Administrators and coaching leads get the district, principals their schools.
        What is about fewer than five teachers, or fewer students than the district's policy says, is hidden, with
        others so that none can be computed.
        """
        schools, year = await figures.schools(by), await figures.year(by, wanted)
        rows = await figures.lists.whole(request, response, sql.effect, by.tenant, year, schools)
        return effects(rows, await figures.least(by))

    return router


def effects(rows: Sequence[Any], least: Least) -> list[Effect]:
    """What the rows of a year tell.

    Outcomes tell of all goals of the year, so this table stands beside that total: what serves no initiative is a row
    too, and an initiative is told of as few as it leaves beside it, if it leaves any.
    """
    of_goals = [row for row in rows if row["part"] == "goal"]
    by_initiative = {own: list(of_it) for own, of_it in groupby(of_goals, key=itemgetter("initiative_id"))}
    beside = {(row["part"], row["initiative_id"]): _beside(row) for row in rows if row["part"] != "goal"}
    groups: dict[str | None, Group] = {
        str(own): _fewest(_group(of_it), beside.get(("rest", own))) for own, of_it in by_initiative.items()
    }
    for part, of in (("all", None), (NONE, NONE)):
        if group := beside.get((part, None)):
            groups[of] = group
    hidden = hidden_rows(groups, least)
    told = [
        each
        for own, of_it in by_initiative.items()
        for each in _of_initiative(own, of_it, least, all_hidden=str(own) in hidden)
    ]
    return told + [_of_none(row, hidden=NONE in hidden) for row in rows if row["part"] == NONE]


def _fewest(own: Group, rest: Group | None) -> Group:
    if rest is None:
        return own
    return Group(own.counted, _fewer(own.staff, rest.staff), _fewer(own.students, rest.students))


def _fewer(one: int | None, other: int | None) -> int | None:
    return min((many for many in (one, other) if many is not None), default=None)


def _of_initiative(
    initiative_id: UUID, rows: Sequence[Any], least: Least, *, all_hidden: bool
) -> list[Effect]:
    by_metric = {key: list(of_it) for key, of_it in groupby(rows, key=itemgetter(*METRIC))}
    groups: dict[str | None, Group] = {None: _group(rows)}
    groups |= {str(key): _group(of_it) for key, of_it in by_metric.items()}
    hidden = frozenset(groups) if all_hidden else hidden_rows(groups, least)
    told = [_told(initiative_id, (None,) * 4, rows, least, hidden=None in hidden)]
    for key, of_it in by_metric.items():
        told.append(_told(initiative_id, key, of_it, least, hidden=str(key) in hidden))
    return told


def _of_none(row: Any, *, hidden: bool) -> Effect:
    figures = dict.fromkeys(("median_baseline", "median_final", "median_change"))
    return Effect(
        initiative_id=None,
        **dict.fromkeys(METRIC),
        **figures,
        hidden=hidden,
        goals_n=None if hidden else row["goals_n"],
        achieved_n=None if hidden else row["achieved_n"],
        share_achieved=None if hidden else str(Fraction(row["achieved_n"], row["goals_n"])),
    )


def _beside(row: Any) -> Group:
    return Group(row["goals_n"], row["teachers"], row["students"])


def _group(rows: Sequence[Any]) -> Group:
    students = [row["students"] for row in rows if row["students"] is not None]
    teachers = {teacher for row in rows for teacher in row["owner_ids"]}
    return Group(len(rows), len(teachers), sum(students) if students else None)


def _told(
    initiative_id: UUID, metric: Sequence[str | None], rows: Sequence[Any], least: Least, *, hidden: bool
) -> Effect:
    achieved = [row for row in rows if row["achieved"]]
    # A median of few is nearly what one of them reached.
    enough = metric[0] is not None and not hidden and not least.wanting(_group(achieved))
    begun = [Fraction(row["baseline"]) for row in achieved] if enough else []
    ended = [Fraction(row["final"]) for row in achieved] if enough else []
    changes = [end - begin for begin, end in zip(begun, ended, strict=True)]
    return Effect(
        initiative_id=initiative_id,
        **dict(zip(METRIC, metric, strict=True)),
        hidden=hidden,
        goals_n=None if hidden else len(rows),
        achieved_n=None if hidden else len(achieved),
        share_achieved=None if hidden else str(Fraction(len(achieved), len(rows))),
        median_baseline=_exact(begun),
        median_final=_exact(ended),
        median_change=_exact(changes),
    )


def _exact(values: Sequence[Fraction]) -> str | None:
    return str(median(values)) if values else None


INITIATIVE_GOALS = Projection(name="initiative_goals", handles=(GoalLinkedToInitiative,), project=project)
