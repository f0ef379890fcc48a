"""The list of people: who works in a district, by name and role, for those who work there too.

Colleagues find each other, so names and roles of a district are open to every active person of it, as
they are one by one (`views.view_person`); an experience band only to the person, administrators and
operators. Addresses are in no list. Names are joined from the words when asked, never kept beside.

Rebuildable: drop the table, replay the log, and the same rows come back.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Annotated, Any, Final
from uuid import UUID

from backbone.application import Reader
from backbone.deciding import Forbidden
from backbone.folding import Row, folded, in_columns
from backbone.lists import DESCRIBED, Absent, Flag, Id, Lists, Page, Told, WordsTold, router_of
from backbone.problems import Problem
from backbone.projector import Connection, Projection
from backbone.queries import Queries
from backbone.recorded import Recorded
from backbone.rows import columns, last_by_key
from backbone.service import Running
from backbone.yielding import in_turn
from chalkline_contracts import directory as d
from chalkline_contracts.directory import ExperienceBand, Role
from chalkline_contracts.event import Event
from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from directory.gathering import colleague

sql = Queries("directory", "sql/queries")

HANDLES: Final[tuple[type[Event], ...]] = (
    d.PersonEnrolled, d.PersonChanged, d.PersonDeactivated, d.RoleAssigned, d.RoleWithdrawn, d.ErasureRequested,
)  # fmt: skip


async def project(events: Sequence[Recorded[Any]], db: Connection) -> None:
    rows = await folded(events, db, known=sql.people_known, key="person_id", change=change)
    await db.execute(
        sql.list_people,
        *in_columns(
            rows, "tenant", "person_id", "name_ref", "experience_band", "active", "enrolled_at", "position", "began"
        ),
    )  # fmt: skip
    await _project_roles(events, {(row["tenant"], row["person_id"]): row for row in rows}, db)
    if erased := [(r.tenant, r.aggregate_id) for r in events if isinstance(r.event, d.ErasureRequested)]:
        await db.execute(sql.forget_people, *columns(erased, 2))


async def _project_roles(
    events: Sequence[Recorded[Any]], people: Mapping[tuple[UUID, UUID], Row], db: Connection
) -> None:
    """Each role in the place of its person in the list; what was withdrawn has none."""
    told = []
    for recorded in events:
        if isinstance(event := recorded.event, d.RoleAssigned | d.RoleWithdrawn):
            person = people[recorded.tenant, recorded.aggregate_id]
            held = isinstance(event, d.RoleAssigned)
            key = (recorded.tenant, recorded.aggregate_id, event.role, event.org_id)
            told.append((*key, event.begin, event.end, person["enrolled_at"], person["began"], held))
    last = last_by_key(told, 4)
    if given := [row for row in last if row[-1]]:
        await db.execute(sql.list_roles, *columns(given, 8))
    if gone := [row for row in last if not row[-1]]:
        await db.execute(sql.forget_roles, *columns(gone, 4))


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
        case _:  # roles have rows of their own; this one notes only that there was news
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
    name: WordsTold
    """Null when the words were erased."""
    active: bool
    roles: list[ListedRole]
    """Those held, were held or are to be held, unless withdrawn."""
    experience_band: str | None
    """Told to the person, administrators and operators."""
    enrolled_at: datetime


class PeopleWanted(Page):
    """Which people: of each parameter that is given, all must hold."""

    role: Annotated[Role | Absent, Field(description="Active people who hold it today")] = None
    org_id: Annotated[
        Id | Absent, Field(description="Active people who hold a role there today, not in what lies in it")
    ] = None
    experience_band: Annotated[
        ExperienceBand | Absent, Field(description="For administrators and operators")
    ] = None
    active: Annotated[Flag | Absent, Field(description="Who works there, or who has left")] = None


def routes(run: Running) -> APIRouter:
    router, lists = router_of("Person"), Lists(run)

    @router.get("/v1/people", summary="Who works in the district, newest first", **DESCRIBED)
    async def people(
        request: Request, response: Response, by: Reader, wanted: Annotated[PeopleWanted, Query()]
    ) -> list[ListedPerson]:
        """For every active person of the district, and its operators."""
        here = await colleague(run.facts.about(by, by.tenant, run.commands))
        closely = here.administers or by.kind == "operator"
        if wanted.experience_band is not None and not closely:
            raise Forbidden
        if wanted.active is False and (wanted.role or wanted.org_id):
            raise Problem("request_invalid", "who has left holds no role anywhere")
        query, *asked = _query(wanted, here.today)
        rows = await lists.page(request, response, by, wanted, query, *asked)
        return [_told(row, closely=closely or row["id"] == by.person) async for row in in_turn(rows)]

    return router


def _query(wanted: PeopleWanted, today: date | None) -> tuple[Any, ...]:
    """The query whose index leads straight to these people, and what it asks."""
    role, org_id, band, active = wanted.role, wanted.org_id, wanted.experience_band, wanted.active
    if org_id is not None:
        return sql.people_by_org, org_id, today, band, role
    if role is not None:
        return sql.people_by_role, role, today, band
    if band is not None:
        return sql.people_by_band, band, active
    if active is not None:
        return sql.people_by_activity, active
    return (sql.people_of_district,)


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
