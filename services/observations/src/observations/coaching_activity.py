"""Coaching activity, as those who lead may know of it: whom, what area, how much time, and whether it goes on.

Never content, and no word on how it ended.
"""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from backbone.application import Reader
from backbone.deciding import Forbidden
from backbone.lists import DESCRIBED, Lists, Page, Told, router_of
from backbone.queries import Queries
from backbone.service import Running
from backbone.yielding import in_turn
from fastapi import APIRouter, Query, Request, Response

sql = Queries("observations", "sql/queries")


class CoachingActivity(Told):
    """A cycle as far as it concerns teachers of yours."""

    cycle_id: UUID
    coach_id: UUID
    """Of the partnership as it stands now."""
    teacher_ids: list[UUID]
    """Those of yours who took part."""
    focus: str
    """The area worked on, a code."""
    status: Literal["open", "ended"]
    started_at: datetime
    minutes: int
    """Coaching time with these teachers in this cycle, each moment once."""
    last_contact_on: date | None


def routes(run: Running) -> APIRouter:
    router, lists = router_of("Activity"), Lists(run)

    @router.get("/v1/coaching-activity", summary="Who is coached, in what area and how much", **DESCRIBED)
    async def coaching_activity(
        request: Request, response: Response, by: Reader, wanted: Annotated[Page, Query()]
    ) -> list[CoachingActivity]:
        """For principals, of teachers at their schools; for administrators and coaching leads, of the district.
        Latest cycles first.
        """
        overseen = await lists.overseen(by)
        if overseen is None:
            raise Forbidden
        query = sql.coaching_of_district if overseen.everyone else sql.coaching_of_teachers
        rows = await lists.page(request, response, by, wanted, query, overseen.within)
        return [_told(row) async for row in in_turn(rows)]

    return router


def _told(row: Any) -> CoachingActivity:
    return CoachingActivity(
        cycle_id=row["cycle_id"],
        coach_id=row["coach"],
        teacher_ids=row["whom"],
        focus=row["focus"],
        status="ended" if row["ended"] else "open",
        started_at=row["at"],
        minutes=row["seconds"] // 60,
        last_contact_on=row["last_contact_on"],
    )
