"""The list of broken glass: for a teacher who asked to read what is theirs and who agreed, for administrators all.

Rebuildable: drop the table, replay the log, and the same rows come back.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from backbone.application import Reader
from backbone.folding import Row, folded, in_columns
from backbone.lists import DESCRIBED, Lists, Page, Told, WordsTold, person_of, router_of
from backbone.projector import Connection, Projection
from backbone.queries import Queries
from backbone.recorded import Recorded
from backbone.service import Running
from backbone.yielding import in_turn
from chalkline_contracts import goals as g
from fastapi import APIRouter, Query, Request, Response

sql = Queries("goals", "sql/queries")

HANDLES: Final = (g.BreakGlassRequested, g.BreakGlassApproved, g.BreakGlassDenied)

Status = Literal["requested", "approved", "denied", "expired"]


async def project(events: Sequence[Recorded[Any]], db: Connection) -> None:
    rows = await folded(events, db, known=sql.break_glass_known, key="break_glass_id", change=change)
    await db.execute(
        sql.list_break_glass,
        *in_columns(
            rows, "tenant", "break_glass_id", "teacher_id", "requested_by", "cycle_id", "goal_id", "reason_ref",
            "requested_at", "status", "settled_by", "settled_at", "expires_at", "position", "began",
        ),
    )  # fmt: skip


def change(row: Row | None, recorded: Recorded[Any]) -> Row:
    del row
    match recorded.event:
        case g.BreakGlassRequested() as event:
            return {
                "teacher_id": event.teacher_id,
                "requested_by": event.requested_by,
                "cycle_id": event.scope.cycle_id,
                "goal_id": event.scope.goal_id,
                "reason_ref": event.reason_ref.ref,
                "requested_at": event.requested_at,
                "status": "requested",
                "settled_by": None,
                "settled_at": None,
                "expires_at": None,
            }
        case g.BreakGlassApproved() as event:
            settled = {"settled_by": event.approved_by, "settled_at": event.approved_at}
            return {"status": "approved", "expires_at": event.expires_at, **settled}
        case event:
            return {"status": "denied", "settled_by": event.denied_by, "settled_at": event.denied_at}


class ListedBreakGlass(Told):
    """Somebody asked to read what is a teacher's, for a day."""

    break_glass_id: UUID
    teacher_id: UUID
    requested_by: UUID
    cycle_id: UUID | None
    goal_id: UUID | None
    """Only this; with neither, whatever is the teacher's."""
    reason: WordsTold
    requested_at: datetime
    status: Status
    settled_by: UUID | None
    """Who approved or denied it."""
    settled_at: datetime | None
    expires_at: datetime | None
    """Until when it is open; null where it never was."""


def routes(run: Running) -> APIRouter:
    router, lists = router_of("BreakGlass"), Lists(run)

    @router.get("/v1/break-glass", summary="Who asked to read what is mine, newest first", **DESCRIBED)
    async def break_glass(
        request: Request, response: Response, by: Reader, page: Annotated[Page, Query()]
    ) -> list[ListedBreakGlass]:
        """What was asked for of your own content, who agreed, and why it had to be. Administrators get all of the
        district; nobody else anything.
        """
        person = person_of(by)
        known = await run.facts.row("person", by.tenant, person)
        everything = bool(known and known["active"] and "administrator" in known["roles"])
        if everything:
            lists.must_be_level(by)
        now = await run.clock.now(by.tenant)
        query = sql.break_glass_of_district if everything else sql.break_glass_of_teacher
        rows = await lists.page(request, response, by, page, query, now, *(() if everything else (person,)))
        return [_told(row) async for row in in_turn(rows)]

    return router


def _told(row: Any) -> ListedBreakGlass:
    told = {name: row[name] for name in ListedBreakGlass.model_fields if name in row}
    return ListedBreakGlass(**told, break_glass_id=row["id"], requested_at=row["at"])


BREAK_GLASS_LIST = Projection(name="break_glass_list", handles=HANDLES, project=project)
