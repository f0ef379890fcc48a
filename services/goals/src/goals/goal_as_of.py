"""A goal's chart, as it stands or as it was known at the end of any day: where it started, its aim line through
every recharting, each measurement against it, the phases of its cycle, and the rule by which it is judged, in words.

Derived from the goal's own events when somebody looks, so that it says of a day what that day knew; computed by
`arithmetic`, as decisions are.
"""

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Final
from zoneinfo import ZoneInfo

from backbone.application import Reader
from backbone.deciding import Unseen
from backbone.entrances import aggregate_id_in
from backbone.lists import Absent, ADay, described_in_rows, for_this_reader, no_parameter_twice, router_of_one
from backbone.queries import Queries
from backbone.recorded import partition_of
from backbone.service import Running
from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from goals.charted import GoalChart, told
from goals.goal_history import OF_CYCLE, OF_GOAL
from goals.reading_goals import history_in, readable_goal

sql = Queries("goals", "sql/queries")

MATTERING: Final = [event.__name__ for event in (*OF_GOAL, *OF_CYCLE)]


class ChartWanted(BaseModel):
    model_config = ConfigDict(extra="forbid")

    as_of: Annotated[
        ADay | Absent, Field(description="As it was known at the end of that day; left out: as it stands")
    ] = None


def routes(run: Running) -> APIRouter:
    router = router_of_one("Goal")

    @router.get(
        "/v1/goals/{id}/chart", summary="A goal's chart, now or as of a day", **described_in_rows(GoalChart)
    )
    async def goal_chart(
        request: Request,
        response: Response,
        by: Reader,
        own_id: Annotated[str, Path(alias="id")],
        wanted: Annotated[ChartWanted, Query()],
    ) -> GoalChart:
        """For its owners always, for a group's members while they take part in its cycle, for the coach while the
        partnership is agreed, and for whom it was opened to; nobody else's to see.
        """
        no_parameter_twice(request)
        goal_id = aggregate_id_in(own_id)
        whose, _, _ = await readable_goal(run, by, goal_id)
        zone = whose.time_zone
        before = _end_of(wanted.as_of, zone) if wanted.as_of else None
        run.ledger.may_tell()
        rows = await run.rows(
            by.tenant, sql.goal_history, by.tenant, goal_id, whose.cycle_id, before, MATTERING
        )
        history = history_in(rows, zone)
        if history.drafted is None:  # nobody had thought of it that day
            raise Unseen
        last = max(row["position"] for row in rows if row["stream_id"] == goal_id)
        response.headers["At-Least"] = f"goals:{partition_of(by.tenant, goal_id)}:{last}"
        for_this_reader(response)
        return told(goal_id, wanted.as_of, history)

    return router


def _end_of(day: date, time_zone: str | None) -> datetime:
    """The first moment that is not that day any more, at the cycle's school."""
    if day >= date.max - timedelta(days=2):
        return datetime.max.replace(tzinfo=UTC)
    return datetime.combine(day + timedelta(days=1), time(), ZoneInfo(time_zone) if time_zone else UTC)
