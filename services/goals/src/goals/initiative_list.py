"""The list of initiatives, for everyone who works in the district: that they are, never whose goals serve them.

Rebuildable: drop the table, replay the log, and the same rows come back.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from backbone.application import Reader
from backbone.deciding import Unseen
from backbone.folding import Row, folded, in_columns
from backbone.lists import DESCRIBED, Lists, Page, Told, router_of
from backbone.projector import Connection, Projection
from backbone.queries import Queries
from backbone.recorded import Recorded
from backbone.service import Running
from backbone.yielding import in_turn
from chalkline_contracts.goals import InitiativeClosed, InitiativeLaunched
from fastapi import APIRouter, Query, Request, Response

sql = Queries("goals", "sql/queries")


async def project(events: Sequence[Recorded[Any]], db: Connection) -> None:
    rows = await folded(events, db, known=sql.initiatives_known, key="initiative_id", change=change)
    await db.execute(
        sql.list_initiatives,
        *in_columns(
            rows, "tenant", "initiative_id", "name_ref", "focus", "begins", "ends", "status", "launched_at",
            "position", "began",
        ),
    )  # fmt: skip


def change(_: Row | None, recorded: Recorded[Any]) -> Row:
    match recorded.event:
        case InitiativeLaunched() as event:
            return {
                "name_ref": event.name_ref.ref,
                "focus": event.focus,
                "begins": event.begin,
                "ends": event.end,
                "status": "open",
                "launched_at": recorded.occurred_at,
            }
        case _:
            return {"status": "closed"}


class ListedInitiative(Told):
    """An initiative. What it brings about is told in figures."""

    initiative_id: UUID
    name: str | None
    """Null when the words were erased."""
    focus: str | None
    begin: date
    end: date | None
    status: Literal["open", "closed"]
    launched_at: datetime


def routes(run: Running) -> APIRouter:
    router, lists = router_of("Initiative"), Lists(run)

    @router.get("/v1/initiatives", summary="The district's initiatives, newest first", **DESCRIBED)
    async def initiatives(
        request: Request, response: Response, by: Reader, page: Annotated[Page, Query()]
    ) -> list[ListedInitiative]:
        """For everyone who works in the district, and its operators."""
        if by.kind == "person":
            lists.must_be_level(by)
        if not await lists.belongs(by):
            raise Unseen
        rows = await lists.page(request, response, by, page, sql.initiatives_of_district)
        return [_told(row) async for row in in_turn(rows)]

    return router


def _told(row: Any) -> ListedInitiative:
    return ListedInitiative(
        initiative_id=row["id"],
        name=row["name"],
        focus=row["focus"],
        begin=row["begins"],
        end=row["ends"],
        status=row["status"],
        launched_at=row["at"],
    )


INITIATIVE_LIST = Projection(
    name="initiative_list", handles=(InitiativeLaunched, InitiativeClosed), project=project
)
