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
from chalkline_contracts import goals as g
from chalkline_contracts.event import Event
from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

sql = Queries("goals", "sql/queries")

HANDLES: Final[tuple[type[Event], ...]] = (
    g.CycleStarted,
    g.CyclePhaseEntered,
    g.CycleCompleted,
    g.CycleClosedEarly,
)


async def project(events: Sequence[Recorded[Any]], db: Connection) -> None:
    rows = await folded(events, db, known=sql.cycles_known, key="cycle_id", change=change)
    await db.execute(
        sql.list_cycles,
        *in_columns(
            rows, "tenant", "cycle_id", "partnership_id", "coach_id", "teacher_ids", "focus", "template", "phase",
            "status", "planned_weeks", "cadence_days", "started_at", "ended_at", "position", "began",
        ),
    )  # fmt: skip
    begun = {r.aggregate_id for r in events if isinstance(r.event, g.CycleStarted)}
    partners = [
        {**row, "person_id": person_id, "coaching": person_id not in row["teacher_ids"]}
        for row in rows
        if row["cycle_id"] in begun
        for person_id in sorted({row["coach_id"], *row["teacher_ids"]})
    ]
    if partners:
        await db.execute(
            sql.list_cycle_partners,
            *in_columns(partners, "tenant", "person_id", "started_at", "cycle_id", "coaching", "began"),
        )


def change(_: Row | None, recorded: Recorded[Any]) -> Row:
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
                "planned_weeks": event.planned_weeks,
                "cadence_days": event.cadence_days,
                "started_at": recorded.occurred_at,
                "ended_at": None,
            }
        case g.CyclePhaseEntered(phase=phase):
            return {"phase": phase}
        case g.CycleCompleted():
            return {"status": "completed", "ended_at": recorded.occurred_at}
        case _:
            return {"status": "closed_early", "ended_at": recorded.occurred_at}


class ListedCycle(Told):
    """A cycle. Only its pair learns that an ending came early: to those who lead it is open or ended."""

    cycle_id: UUID
    partnership_id: UUID
    coach_id: UUID
    teacher_ids: list[UUID]
    focus: str
    """The area worked on, a code."""
    template: str
    """The model it follows, such as "impact-cycle@1"."""
    phase: str | None
    """The one it is in, or was in when it ended."""
    status: Literal["open", "completed", "closed_early", "ended"]
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
        """A teacher's own always, a coach's while the partnership is agreed. Administrators and coaching leads
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
        return [_told(row) for row in rows]

    return router


def _told(row: Any) -> ListedCycle:
    activity: Literal["ended", "open"] = "open" if row["status"] == "open" else "ended"
    return ListedCycle(
        cycle_id=row["id"],
        partnership_id=row["partnership_id"],
        coach_id=row["coach_id"],
        teacher_ids=row["teacher_ids"],
        focus=row["focus"],
        template=row["template"],
        phase=row["phase"],
        status=row["status"] if row["mine"] else activity,
        planned_weeks=row["planned_weeks"],
        cadence_days=row["cadence_days"],
        started_at=row["at"],
        ended_at=row["ended_at"],
    )


CYCLE_LIST = Projection(name="cycle_list", handles=HANDLES, project=project)
