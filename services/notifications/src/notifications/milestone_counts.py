"""How many goals met their target and were achieved, by month: all that administrators hear of these milestones.

Rebuildable: drop the table, replay the log, and the same rows come back. A goal that was recharted, or
whose achievement was withdrawn, is counted no more until its target is met anew.
"""

from collections.abc import Sequence
from typing import Annotated, Any, Final, Literal

from backbone.application import Reader
from backbone.deciding import Forbidden
from backbone.folding import Row, folded, in_columns
from backbone.lists import DESCRIBED_WHOLE, Lists, Told, router_of
from backbone.projector import Connection, Projection
from backbone.queries import Queries
from backbone.recorded import Recorded
from backbone.school_year import YearWanted, school_year
from backbone.service import Running
from backbone.suppressing import TOTAL, Cell, Group, Least, suppressed
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


class MilestoneCount(Told):
    """How many goals came to a milestone; about goals of fewer than five teachers nothing is told."""

    milestone: Literal["GoalTargetMet", "GoalAchieved"]
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
        """Administrators and coaching leads get the district's, by month, of months that are over. What is about fewer
        than five teachers is hidden, with others so that none can be computed.
        """
        overseen = await lists.overseen(by)
        if overseen is None or not overseen.everyone:
            raise Forbidden
        today = await lists.today(by)
        year = wanted.year if wanted.year is not None else school_year(today)
        rows = await lists.whole(request, response, sql.milestone_counts, by.tenant, year, f"{today:%Y-%m}")
        return counts_of(rows, Least())

    return router


def counts_of(rows: Sequence[Any], least: Least) -> list[MilestoneCount]:
    """These rows, as far as they may be shown."""
    hidden = {
        (milestone, month)
        for milestone in {row["milestone"] for row in rows}
        for month, _ in suppressed(_table(rows, milestone), least)
    }
    return [
        MilestoneCount(
            milestone=row["milestone"],
            month=row["of"],
            hidden=(own := (row["milestone"], row["of"]) in hidden),
            goals_n=None if own else row["goals_n"],
        )
        for row in rows
    ]


def _table(rows: Sequence[Any], milestone: str) -> dict[Cell, Group]:
    return {
        (row["of"], TOTAL): Group(row["goals_n"], row["teachers"])
        for row in rows
        if row["milestone"] == milestone
    }


COUNTS = Projection(
    name="milestone_counts",
    handles=(g.GoalDrafted, g.GoalRecharted, g.GoalTargetMet, g.GoalAchieved, g.AchievementWithdrawn),
    project=project,
)
