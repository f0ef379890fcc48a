"""The list of action steps: a teacher's own, and those of the teachers somebody coaches.

Rebuildable: drop the table, replay the log, and the same rows come back.
"""

from collections.abc import Sequence
from datetime import date, datetime
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
    g.ActionStepOffered, g.ActionStepResponded, g.ActionStepPractised, g.ActionStepInUse, g.ActionStepMastered,
)  # fmt: skip
STATUS: Final[dict[type[Event], str]] = {g.ActionStepInUse: "in_use", g.ActionStepMastered: "mastered"}

Status = Literal["offered", "accepted", "adapted", "declined", "practised", "in_use", "mastered"]


async def project(events: Sequence[Recorded[Any]], db: Connection) -> None:
    rows = await folded(events, db, known=sql.steps_known, key="step_id", change=change)
    await db.execute(
        sql.list_steps,
        *in_columns(
            rows, "tenant", "step_id", "cycle_id", "partnership_id", "teacher_id", "goal_id", "strategy_code",
            "checklist", "check_back_on", "offered_by", "answer", "status", "practised_n", "offered_at", "changed_at",
            "position", "began",
        ),
    )  # fmt: skip


def change(row: Row | None, recorded: Recorded[Any]) -> Row:
    match recorded.event:
        case g.ActionStepOffered() as event:
            told: Row = {
                "cycle_id": event.cycle_id,
                "partnership_id": event.partnership_id,
                "teacher_id": event.teacher_id,
                "goal_id": event.goal_id,
                "strategy_code": event.strategy_code,
                "checklist": event.checklist,
                "check_back_on": event.check_back_on,
                "offered_by": event.offered_by,
                "answer": None,
                "status": "offered",
                "practised_n": 0,
                "offered_at": recorded.occurred_at,
            }
        case g.ActionStepResponded(response=response):
            told = {"answer": response, "status": response}
        case g.ActionStepPractised():
            assert row is not None
            told = {"status": "practised", "practised_n": row["practised_n"] + 1}
        case event:
            told = {"status": STATUS[type(event)]}
    return told | {"changed_at": recorded.occurred_at}


class ListedStep(Told):
    """An action step. What was written about it comes with a look at the step itself."""

    step_id: UUID
    cycle_id: UUID
    partnership_id: UUID
    teacher_id: UUID
    goal_id: UUID | None
    """The goal it serves."""
    strategy_code: str
    checklist: str | None
    """What the practice is held against, such as "cold-call@2"."""
    check_back_on: date
    offered_by: UUID
    status: Status
    practised_n: int
    """How often it was said to have been practised."""
    offered_at: datetime
    changed_at: datetime


class StepsWanted(Page):
    cycle_id: Annotated[Id | Absent, Field(description="Only those of this cycle")] = None
    status: Annotated[Status | Absent, Field(description="Only those that stand there")] = None


def routes(run: Running) -> APIRouter:
    router, lists = router_of("ActionStep"), Lists(run)

    @router.get("/v1/action-steps", summary="My action steps, newest first", **DESCRIBED)
    async def action_steps(
        request: Request, response: Response, by: Reader, wanted: Annotated[StepsWanted, Query()]
    ) -> list[ListedStep]:
        """Those that were recommended to you, and those of the teachers you coach. Nobody else's, whoever
        you are.
        """
        told = (person_of(by), wanted.cycle_id, wanted.status)
        rows = await lists.page(request, response, by, wanted, sql.steps_of_person, *told)
        if any(row["coaching"] for row in rows):
            lists.must_be_level(by)
        return [_told(row) async for row in in_turn(rows)]

    return router


def _told(row: Any) -> ListedStep:
    told = {name: row[name] for name in ListedStep.model_fields if name in row}
    return ListedStep(**told, step_id=row["id"], offered_at=row["at"])


STEP_LIST = Projection(name="step_list", handles=HANDLES, project=project)
