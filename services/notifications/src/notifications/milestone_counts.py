"""How many goals met their target and were achieved, by month: all that administrators hear of these milestones.

Rebuildable: drop the table, replay the log, and the same rows come back. A goal that was recharted, or
whose achievement was withdrawn, is counted no more until its target is met anew.
"""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo

from backbone.application import Reader
from backbone.deciding import Forbidden
from backbone.folding import Row, folded, in_columns
from backbone.ledger import patiently
from backbone.lists import DESCRIBED_WHOLE, Absent, Lists, Told, no_parameter_twice, router_of
from backbone.problems import Problem
from backbone.projector import Connection, Projection
from backbone.queries import Queries
from backbone.recorded import Recorded
from backbone.service import Running
from backbone.suppressing import TOTAL, Cell, Group, Least, suppressed
from chalkline_contracts import goals as g
from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

sql = Queries("notifications", "sql/queries")

JULY: Final = 7
"""The month in which a school year begins."""
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


def school_year(day: date) -> int:
    """The year in which the school year of this day began."""
    return day.year if day.month >= JULY else day.year - 1


class MilestoneCount(Told):
    """How many goals came to a milestone; about goals of fewer than five teachers nothing is told."""

    milestone: Literal["GoalTargetMet", "GoalAchieved"]
    month: str | None
    """Such as "2026-03"; null: the whole school year."""
    hidden: bool
    goals_n: int | None


def _digits(text: Any) -> Any:
    if isinstance(text, str) and not (text.isascii() and text.isdigit()):
        raise ValueError("must be written in digits")
    return text


class CountsWanted(BaseModel):
    """Which school year. Unknown parameters are refused."""

    model_config = ConfigDict(extra="forbid")

    year: Annotated[
        Annotated[int, Field(ge=1900, le=2198)] | Absent,
        Field(description="The year in which it began, in July; left out: this one"),
        BeforeValidator(_digits),
    ] = None


def routes(run: Running) -> APIRouter:
    router, lists = router_of("CycleWatch"), Lists(run)

    @router.get(
        "/v1/milestone-counts", summary="How many goals met their target and were achieved", **DESCRIBED_WHOLE
    )
    async def milestone_counts(
        request: Request, response: Response, by: Reader, wanted: Annotated[CountsWanted, Query()]
    ) -> list[MilestoneCount]:
        """Administrators and coaching leads get the district's, by month. What is about fewer than five teachers is
        hidden, with others so that none can be computed.
        """
        no_parameter_twice(request)
        overseen = await lists.overseen(by)
        if overseen is None or not overseen.everyone:
            raise Forbidden
        if not await run.derived():
            raise Problem("rows_incomplete")
        year = wanted.year
        if year is None:
            district = await run.facts.row("district", by.tenant, by.tenant)
            zone = ZoneInfo(district["time_zone"] if district else "UTC")
            year = school_year((await run.clock.now(by.tenant)).astimezone(zone).date())
        rows = await patiently(lambda: run.pool.fetch(sql.milestone_counts, by.tenant, year))
        response.headers["Cache-Control"] = "private, no-cache"
        response.headers["Vary"] = "Authorization, Accept"
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
