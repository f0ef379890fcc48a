"""The list of activities: what coaching time was spent on, one's own, and for those who lead, of others.

Rebuildable: drop the tables, replay the log, and the same rows come back.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from backbone.application import Reader
from backbone.folding import Row, folded, in_columns
from backbone.lists import DESCRIBED, Absent, Id, Lists, Page, Told, person_of, router_of
from backbone.projector import Connection, Projection
from backbone.queries import Queries
from backbone.recorded import Recorded
from backbone.service import Running
from backbone.yielding import in_turn
from chalkline_contracts import observations as o
from chalkline_contracts.event import Event
from chalkline_contracts.observations import ActivityType
from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

sql = Queries("observations", "sql/queries")

HANDLES: Final[tuple[type[Event], ...]] = (o.ActivityPlanned, o.ActivityHeld, o.ActivityMissed)

Status = Literal["planned", "held", "missed"]


async def project(events: Sequence[Recorded[Any]], db: Connection) -> None:
    rows = await folded(events, db, known=sql.activities_known, key="activity_id", change=change)
    await db.execute(
        sql.list_activities,
        *in_columns(
            rows, "tenant", "activity_id", "type", "coach_id", "partnership_id", "teacher_ids", "cycle_id", "phase",
            "status", "takes_place_at", "minutes", "participants_n", "reason_code", "position", "began",
        ),
    )  # fmt: skip
    # What was planned may be held on another day, and with other teachers.
    await db.execute(sql.forget_active_people, *in_columns(rows, "tenant", "activity_id"))
    people = [{**row, "person_id": person_id} for row in rows for person_id in sorted(_whose(row))]
    await db.execute(
        sql.list_active_people,
        *in_columns(people, "tenant", "person_id", "takes_place_at", "activity_id", "began"),
    )


def _whose(row: Row) -> Sequence[UUID]:
    return row["teacher_ids"] if row["partnership_id"] else [row["coach_id"]]


def change(_: Row | None, recorded: Recorded[Any]) -> Row:
    match recorded.event:
        case o.ActivityPlanned() as event:
            untold = {"participants_n": None, "reason_code": None}
            return {**_told_by(event), **untold, "status": "planned", "takes_place_at": event.scheduled_at}
        case o.ActivityHeld() as event:
            taken_part = {"participants_n": event.participants_n, "reason_code": None}
            return {**_told_by(event), **taken_part, "status": "held", "takes_place_at": event.started_at}
        case missed:
            return {"status": "missed", "reason_code": missed.reason_code}


def _told_by(event: o.ActivityPlanned | o.ActivityHeld) -> Row:
    return {
        "type": event.type,
        "coach_id": event.coach_id,
        "partnership_id": event.partnership_id,
        "teacher_ids": event.teacher_ids,
        "cycle_id": event.cycle_id,
        "phase": event.phase,
        "minutes": event.minutes,
    }


class ListedActivity(Told):
    """Coaching time: whose, on what, how long. Observing is in the list of observations."""

    activity_id: UUID
    type: ActivityType
    coach_id: UUID
    partnership_id: UUID | None
    """Null for what is not one partnership's: training for many, administration."""
    teacher_ids: list[UUID]
    cycle_id: UUID | None
    phase: str | None
    status: Status
    """That one was missed is told to its partners alone."""
    started_at: datetime
    """Of one that was not held, when it should have taken place."""
    minutes: int
    participants_n: int | None
    """How many took part beside the coach; null until it was held."""
    reason_code: str | None
    """Why it was missed."""


class ActivitiesWanted(Page):
    partnership_id: Annotated[Id | Absent, Field(description="Only those of this partnership")] = None


def routes(run: Running) -> APIRouter:
    router, lists = router_of("Activity"), Lists(run)

    @router.get("/v1/activities", summary="What coaching time was spent on, latest first", **DESCRIBED)
    async def activities(
        request: Request, response: Response, by: Reader, wanted: Annotated[ActivitiesWanted, Query()]
    ) -> list[ListedActivity]:
        """Those you took part in, and those of partnerships you coach, as they stand now. Administrators and
        coaching leads get all of the district, principals those of teachers at their schools.
        """
        told: tuple[Any, ...] = (person_of(by), wanted.partnership_id)
        overseen = await lists.overseen(by)
        query = sql.activities_of_person
        if overseen is not None:
            query = (
                sql.activities_overseen_of_partnership if wanted.partnership_id else sql.activities_overseen
            )
            told += (overseen.within,)
        rows = await lists.page(request, response, by, wanted, query, *told)
        if any(row["coaching"] for row in rows):
            lists.must_be_level(by)
        return [_told(row) async for row in in_turn(rows)]

    return router


def _told(row: Any) -> ListedActivity:
    told = {name: row[name] for name in ListedActivity.model_fields if name in row}
    return ListedActivity(**told, activity_id=row["id"], started_at=row["at"])


ACTIVITY_LIST = Projection(name="activity_list", handles=HANDLES, project=project)
