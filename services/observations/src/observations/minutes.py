"""Minutes by type: what coaches' time was spent on, each moment of theirs once.

A coach's own; for coaching leads and administrators every coach's.
"""

from datetime import date, timedelta
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from backbone.application import Reader
from backbone.deciding import Forbidden
from backbone.lists import DESCRIBED_WHOLE, Absent, ADay, Id, Lists, Told, person_of, router_of
from backbone.problems import Problem
from backbone.queries import Queries
from backbone.service import Running
from backbone.yielding import in_turn
from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from observations.held_time import TimeType

sql = Queries("observations", "sql/queries")

LONGEST: Final = 400
"""Days at most: a school year, and the holidays around it."""


class MinutesOfType(Told):
    """Time of one coach in one period on one type. Rows of a coach and a period add up to their dosage."""

    coach_id: UUID
    begin: date
    end: date
    """The period's first day and its last."""
    type: TimeType
    minutes: int
    """Whole ones of its seconds."""
    seconds: int
    """Where two types fill the same moment it is the former's of observe, model, coteach, plan, debrief, data_review,
    pd, admin.
    """


class MinutesWanted(BaseModel):
    """Which time; unknown parameters are refused."""

    model_config = ConfigDict(extra="forbid")

    begin: Annotated[ADay | Absent, Field(description="The first day; left out: the month's first")] = None
    end: Annotated[ADay | Absent, Field(description="The last day; left out: today")] = None
    per: Annotated[
        Literal["period", "month", "week"], Field(description="Told as a whole, by month, or by week")
    ] = "period"
    coach_id: Annotated[Id | Absent, Field(description="Only this coach's")] = None


def routes(run: Running) -> APIRouter:
    router, lists = router_of("Activity"), Lists(run)

    @router.get("/v1/minutes", summary="What coaching time was spent on, by type", **DESCRIBED_WHOLE)
    async def minutes(
        request: Request, response: Response, by: Reader, wanted: Annotated[MinutesWanted, Query()]
    ) -> list[MinutesOfType]:
        """Your own time as a coach, observations included. Coaching leads and administrators get every coach's.
        Days are the district's.
        """
        coach_id = wanted.coach_id
        overseen = await lists.overseen(by)
        if overseen is None or not overseen.everyone:
            if coach_id not in {None, person_of(by)}:
                raise Forbidden
            coach_id = person_of(by)
        begin, end = _days(wanted, await lists.today(by))
        wide = (by.tenant, begin, end + timedelta(days=1), wanted.per, coach_id, await lists.zone(by))
        rows = await lists.whole(request, response, sql.minutes, *wide)
        return [_told(row) async for row in in_turn(rows)]

    return router


def _days(wanted: MinutesWanted, today: date) -> tuple[date, date]:
    """The first and the last day. Raises a Problem for those that no calendar year holds."""
    end = wanted.end or today
    begin = wanted.begin or end.replace(day=1)
    if not 1900 <= begin.year <= end.year < 2200 or not 0 <= (end - begin).days < LONGEST:
        raise Problem("request_invalid", f"begin and end are at most {LONGEST} days, in this order")
    return begin, end


def _told(row: Any) -> MinutesOfType:
    return MinutesOfType(**dict(row), minutes=row["seconds"] // 60)
