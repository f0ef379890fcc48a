"""The list of people: who works in a district, by name and role, for those who work there too.

Colleagues find each other, so names and roles of a district are open to every active person of it, as
they are one by one (`views.view_person`); an experience band only to the person, administrators and
operators. Addresses are in no list. Names are joined from the words when asked, never kept beside.

Rebuildable: drop the table, replay the log, and the same rows come back.
"""

import json
from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any, Final
from uuid import UUID

from backbone.application import Reader
from backbone.folding import Row, folded, in_columns
from backbone.lists import DESCRIBED, Lists, Page, Told, router_of
from backbone.projector import Connection, Projection
from backbone.queries import Queries
from backbone.recorded import Recorded
from backbone.service import Running
from chalkline_contracts import directory as d
from chalkline_contracts.directory import Role
from chalkline_contracts.event import Event
from fastapi import APIRouter, Query, Request, Response

from directory.gathering import colleague

sql = Queries("directory", "sql/queries")

HANDLES: Final[tuple[type[Event], ...]] = (
    d.PersonEnrolled, d.PersonChanged, d.PersonDeactivated, d.RoleAssigned, d.RoleWithdrawn,
)  # fmt: skip


async def project(events: Sequence[Recorded[Any]], db: Connection) -> None:
    rows = await folded(events, db, known=sql.people_known, key="person_id", change=change)
    await db.execute(
        sql.list_people,
        *in_columns(
            rows, "tenant", "person_id", "name_ref", "experience_band", "active", "enrolled_at", "position"
        ),
    )


def change(row: Row | None, recorded: Recorded[Any]) -> Row:
    match recorded.event:
        case d.PersonEnrolled() as event:
            return {
                **_known(event),
                "active": True,
                "enrolled_at": row["enrolled_at"] if row else recorded.occurred_at,
            }
        case d.PersonChanged() as event:
            return _known(event)
        case d.PersonDeactivated():
            return {"active": False}
        case _:  # roles are facts, projected beside; the row notes only that there was news
            return {}


def _known(event: d.PersonEnrolled | d.PersonChanged) -> Row:
    return {"name_ref": event.name_ref.ref, "experience_band": event.experience_band}


class ListedRole(Told):
    """A role at an organisation, from its first day to its last."""

    role: Role
    org_id: UUID
    begin: date
    end: date | None


class ListedPerson(Told):
    """A person of the district."""

    person_id: UUID
    name: str | None
    """Null when the words were erased."""
    active: bool
    roles: list[ListedRole]
    """Those held, were held or are to be held, unless withdrawn."""
    experience_band: str | None
    """Told to the person, administrators and operators."""
    enrolled_at: datetime


def routes(run: Running) -> APIRouter:
    router, lists = router_of("Person"), Lists(run)

    @router.get("/v1/people", summary="Who works in the district, newest first", **DESCRIBED)
    async def people(
        request: Request, response: Response, by: Reader, page: Annotated[Page, Query()]
    ) -> list[ListedPerson]:
        """For every active person of the district, and its operators."""
        here = await colleague(run.facts.about(by, by.tenant, run.commands))
        rows = await lists.page(request, response, by, page, sql.people_of_district)
        closely = here.administers or by.kind == "operator"
        return [_told(row, closely=closely or row["id"] == by.person) for row in rows]

    return router


def _told(row: Any, *, closely: bool) -> ListedPerson:
    return ListedPerson(
        person_id=row["id"],
        name=row["name"],
        active=row["active"],
        roles=[ListedRole(**role) for role in json.loads(row["roles"])],
        experience_band=row["experience_band"] if closely else None,
        enrolled_at=row["at"],
    )


PEOPLE_LIST = Projection(name="people_list", handles=HANDLES, project=project)
