"""The list of organisations: a district's own, its schools and their departments, for those who work there.

Rebuildable: drop the table, replay the log, and the same rows come back.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from backbone.application import Reader
from backbone.folding import Row, folded, in_columns
from backbone.lists import DESCRIBED, Lists, Page, Told, WordsTold, router_of
from backbone.projector import Connection, Projection
from backbone.queries import Queries
from backbone.recorded import Recorded
from backbone.service import Running
from backbone.yielding import in_turn
from chalkline_contracts.directory import OrgChanged, OrgClosed, OrgOpened, OrgType
from fastapi import APIRouter, Query, Request, Response

from directory.gathering import colleague

sql = Queries("directory", "sql/queries")


async def project(events: Sequence[Recorded[Any]], db: Connection) -> None:
    rows = await folded(events, db, known=sql.orgs_known, key="org_id", change=change)
    await db.execute(
        sql.list_orgs,
        *in_columns(
            rows, "tenant", "org_id", "name_ref", "type", "parent_id", "time_zone", "closed", "opened_at",
            "position", "began",
        ),
    )  # fmt: skip


def change(row: Row | None, recorded: Recorded[Any]) -> Row:
    match recorded.event:
        case OrgOpened() as event:
            return {
                **_known(event),
                "closed": False,
                "opened_at": row["opened_at"] if row else recorded.occurred_at,
            }
        case OrgChanged() as event:
            return _known(event)
        case _:
            return {"closed": True}


def _known(event: OrgOpened | OrgChanged) -> Row:
    return {
        "name_ref": event.name_ref.ref,
        "type": event.type,
        "parent_id": event.parent_id,
        "time_zone": event.time_zone,
    }


class ListedOrg(Told):
    """An organisation of the district."""

    org_id: UUID
    name: WordsTold
    """Null when the words were erased."""
    type: OrgType
    parent_id: UUID | None
    time_zone: str | None
    """An IANA name; null: that of the parent, or the district."""
    closed: bool
    opened_at: datetime


def routes(run: Running) -> APIRouter:
    router, lists = router_of("Org"), Lists(run)

    @router.get("/v1/orgs", summary="The district's organisations, newest first", **DESCRIBED)
    async def orgs(
        request: Request, response: Response, by: Reader, page: Annotated[Page, Query()]
    ) -> list[ListedOrg]:
        """For every active person of the district, and its operators."""
        await colleague(run.facts.about(by, by.tenant, run.commands))
        rows = await lists.page(request, response, by, page, sql.orgs_of_district)
        return [_told(row) async for row in in_turn(rows)]

    return router


def _told(row: Any) -> ListedOrg:
    return ListedOrg(
        org_id=row["id"],
        name=row["name"],
        type=row["type"],
        parent_id=row["parent_id"],
        time_zone=row["time_zone"],
        closed=row["closed"],
        opened_at=row["at"],
    )


ORG_LIST = Projection(name="org_list", handles=(OrgOpened, OrgChanged, OrgClosed), project=project)
