"""How many goals met their target and were achieved, by month: all that administrators hear of these milestones.

Told by release (`backbone/by_month.py`); what it is made of is rebuildable: drop the table, replay the log, and the
same rows come back. A goal that was recharted, or whose achievement was withdrawn, is counted no more until its
target is met anew.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Final, Literal, cast
from uuid import UUID

from backbone import by_month
from backbone.application import Reader
from backbone.by_month import Counted
from backbone.deciding import Forbidden
from backbone.folding import Row, folded, in_columns
from backbone.lists import DESCRIBED_WHOLE, Lists, Told, router_of
from backbone.projector import Connection, Projection
from backbone.queries import Queries
from backbone.recorded import Recorded
from backbone.releasing import Figures, released
from backbone.school_year import YearWanted, school_year
from backbone.service import Running
from chalkline_contracts import goals as g
from fastapi import APIRouter, Query, Request, Response

sql = Queries("notifications", "sql/queries")

NEVER: Final[Row] = dict.fromkeys(("met_month", "met_year", "achieved_month", "achieved_year"))


async def project(events: Sequence[Recorded[Any]], db: Connection) -> None:
    rows = await folded(events, db, known=sql.counted_goals_known, key="goal_id", change=change)
    names = ("tenant", "goal_id", "owner_ids", "met_month", "met_year", "achieved_month", "achieved_year")
    await db.execute(sql.count_goals, *in_columns(rows, *names))


def change(row: Row | None, recorded: Recorded[Any]) -> Row:  # noqa: ARG001 - changes share a shape
    match recorded.event:
        case g.GoalDrafted(owner_ids=owner_ids):
            return {"owner_ids": owner_ids, **NEVER}
        case g.GoalTargetMet(met_on=day):
            return {"met_month": day.isoformat()[:7], "met_year": school_year(day)}
        case g.GoalAchieved(achieved_on=day):
            return {"achieved_month": day.isoformat()[:7], "achieved_year": school_year(day)}
        case _:
            return dict(NEVER)


async def gather(db: Connection, tenant: UUID) -> Mapping[int, Sequence[Counted]]:
    """Goals at their milestones, by school year; a goal of several teachers is about each of them."""
    years: dict[int, list[Counted]] = defaultdict(list)
    for row in await db.fetch(sql.milestones_counted, tenant):
        name = f"{row['milestone']}/{row['goal_id']}/{row['month']}"
        years[row["year"]].append(Counted(name, row["milestone"], row["month"], row["owner_ids"], {}))
    return years


FIGURES: Final = Figures(gather=gather, release=by_month.released)

Milestone = Literal["GoalTargetMet", "GoalAchieved"]


class MilestoneCount(Told):
    """How many goals came to a milestone; about goals of fewer than five teachers nothing is told."""

    milestone: Milestone
    month: str | None
    """Such as "2026-03"; null: the school year as far as its months are over."""
    hidden: bool
    goals_n: int | None


def routes(run: Running) -> APIRouter:
    router, lists = router_of("CycleWatch"), Lists(run)

    @router.get(
        "/v1/milestone-counts", summary="How many goals met their target and were achieved", **DESCRIBED_WHOLE
    )
    async def milestone_counts(
        request: Request, response: Response, by: Reader, wanted: Annotated[YearWanted, Query()]
    ) -> list[MilestoneCount]:
        """Administrators and coaching leads get the district's, by month, as of the end of last month. What is about
        fewer than five teachers is hidden, with others so that none can be computed; what too few changed stands as it
        was.
        """
        overseen = await lists.overseen(by)
        if overseen is None or not overseen.everyone:
            raise Forbidden
        await lists.told_whole(request, response)
        year = wanted.year if wanted.year is not None else school_year(await lists.today(by))
        return list(told(await released(run, by.tenant, year)))

    return router


def told(release: Any | None) -> Iterator[MilestoneCount]:
    """Each milestone's year, then its months."""
    for milestone, month, figures in by_month.told(release):
        yield MilestoneCount(
            milestone=cast("Milestone", milestone),
            month=month,
            hidden=figures is None,
            goals_n=None if figures is None else figures["things_n"],
        )


COUNTS = Projection(
    name="milestone_counts",
    handles=(g.GoalDrafted, g.GoalRecharted, g.GoalTargetMet, g.GoalAchieved, g.AchievementWithdrawn),
    project=project,
)
