"""The list of cycles: a person's own, and for those who lead, the activity.

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
from chalkline_contracts import goals as g
from chalkline_contracts.event import Event
from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

sql = Queries("goals", "sql/queries")

HANDLES: Final[tuple[type[Event], ...]] = (
    g.CycleStarted,
    g.CyclePhaseEntered,
    g.CycleMemberJoined,
    g.CycleMemberLeft,
    g.CyclePaused,
    g.CycleResumed,
    g.CycleCompleted,
    g.CycleClosedEarly,
    g.FollowUpRecorded,
)


async def project(events: Sequence[Recorded[Any]], db: Connection) -> None:
    rows = await folded(events, db, known=sql.cycles_known, key="cycle_id", change=change)
    await db.execute(
        sql.list_cycles,
        *in_columns(
            rows, "tenant", "cycle_id", "partnership_id", "coach_id", "teacher_ids", "focus", "template", "phase",
            "status", "follow_up", "planned_weeks", "cadence_days", "started_at", "ended_at", "position", "began",
        ),
    )  # fmt: skip
    by_cycle = {(row["tenant"], row["cycle_id"]): row for row in rows}
    teachers = [
        {**by_cycle[r.tenant, r.aggregate_id], "person_id": person_id}
        for r in events
        for person_id in _came(r.event)
    ]
    if teachers:
        await db.execute(
            sql.list_cycle_teachers,
            *in_columns(teachers, "tenant", "person_id", "started_at", "cycle_id", "began"),
        )


def _came(event: Event) -> Sequence[UUID]:
    """Whose a cycle becomes. It stays theirs, though they leave."""
    match event:
        case g.CycleStarted(teacher_ids=teacher_ids):
            return teacher_ids
        case g.CycleMemberJoined(teacher_id=teacher_id):
            return (teacher_id,)
        case _:
            return ()


def change(row: Row | None, recorded: Recorded[Any]) -> Row:
    match recorded.event:
        case g.CycleStarted() as event:
            return {
                "partnership_id": event.partnership_id,
                "coach_id": event.coach_id,
                "teacher_ids": event.teacher_ids,
                "focus": event.focus,
                "template": event.template,
                "phase": next(iter(event.phases), None),
                "status": "open",
                "follow_up": None,
                "planned_weeks": event.planned_weeks,
                "cadence_days": event.cadence_days,
                "started_at": recorded.occurred_at,
                "ended_at": None,
            }
        case g.CyclePhaseEntered(phase=phase):
            return {"phase": phase}
        case g.CycleMemberJoined(teacher_id=teacher_id):
            return {"teacher_ids": (*_others(row, teacher_id), teacher_id)}
        case g.CycleMemberLeft(teacher_id=teacher_id):
            return {"teacher_ids": _others(row, teacher_id)}
        case g.CyclePaused():
            return {"status": "paused"}
        case g.CycleResumed():
            return {"status": "open"}
        case g.FollowUpRecorded(outcome=outcome):
            return {"follow_up": outcome}
        case event:
            status = "completed" if isinstance(event, g.CycleCompleted) else "closed_early"
            return {"status": status, "follow_up": "pending", "ended_at": recorded.occurred_at}


def _others(row: Row | None, teacher_id: UUID) -> tuple[UUID, ...]:
    return tuple(one for one in row["teacher_ids"] if one != teacher_id) if row else ()


class ListedCycle(Told):
    """A cycle. Only its pair learns of pauses, that an ending came early, and what came after: to those who lead
    it is open or ended.
    """

    cycle_id: UUID
    partnership_id: UUID
    coach_id: UUID
    """Who coaches now, whoever did when it started."""
    teacher_ids: list[UUID]
    """Who takes part now."""
    focus: str
    """The area worked on, a code."""
    template: str
    """The model it follows, such as "impact-cycle@1"."""
    phase: str | None
    """The one it is in; or, told to its pair, was in when it ended."""
    status: Literal["open", "paused", "completed", "closed_early", "ended"]
    follow_up: Literal["pending", "sustained", "lapsed"] | None
    """From its end on: what was found last."""
    planned_weeks: int
    cadence_days: int
    started_at: datetime
    ended_at: datetime | None


class CyclesWanted(Page):
    partnership_id: Annotated[Id | Absent, Field(description="Only those of this partnership")] = None


def routes(run: Running) -> APIRouter:
    router, lists = router_of("Cycle"), Lists(run)

    @router.get("/v1/cycles", summary="My cycles, newest first", **DESCRIBED)
    async def cycles(
        request: Request, response: Response, by: Reader, wanted: Annotated[CyclesWanted, Query()]
    ) -> list[ListedCycle]:
        """A teacher's own always, also those they left; a coach's while they coach. Administrators and coaching leads
        get all of the district, principals those of teachers at their schools, those of others as activity.
        """
        told: tuple[Any, ...] = (person_of(by), wanted.partnership_id)
        overseen = await lists.overseen(by)
        if overseen is None:
            query = sql.cycles_of_person
        else:
            query = sql.cycles_overseen_of_partnership if wanted.partnership_id else sql.cycles_overseen
            told += (overseen.within,)
        rows = await lists.page(request, response, by, wanted, query, *told)
        if any(row["coaching"] for row in rows):
            lists.must_be_level(by)
        return [_told(row) async for row in in_turn(rows)]

    return router


def _told(row: Any) -> ListedCycle:
    activity: Literal["ended", "open"] = "ended" if row["ended_at"] else "open"
    return ListedCycle(
        cycle_id=row["id"],
        partnership_id=row["partnership_id"],
        coach_id=row["coach_id"],
        teacher_ids=row["teacher_ids"],
        focus=row["focus"],
        template=row["template"],
        phase=row["phase"] if row["mine"] or activity == "open" else None,
        status=row["status"] if row["mine"] else activity,
        follow_up=row["follow_up"] if row["mine"] else None,
        planned_weeks=row["planned_weeks"],
        cadence_days=row["cadence_days"],
        started_at=row["at"],
        ended_at=row["ended_at"],
    )


CYCLE_LIST = Projection(name="cycle_list", handles=HANDLES, project=project)
