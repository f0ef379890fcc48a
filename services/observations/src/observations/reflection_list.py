"""The list of reflections: one's own, and those that were shared with one. Never anybody else's.

Rebuildable: drop the tables, replay the log, and the same rows come back.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from backbone.application import Reader
from backbone.folding import Row, folded, in_columns
from backbone.lists import DESCRIBED, Absent, Id, Lists, Page, Told, person_of, router_of
from backbone.projector import Connection, Projection
from backbone.queries import Queries
from backbone.recorded import Recorded
from backbone.service import Running
from backbone.yielding import in_turn
from chalkline_contracts.observations import ReflectionRecorded, ReflectionShared
from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

sql = Queries("observations", "sql/queries")


async def project(events: Sequence[Recorded[Any]], db: Connection) -> None:
    rows = await folded(events, db, known=sql.reflections_known, key="reflection_id", change=change)
    await db.execute(
        sql.list_reflections,
        *in_columns(
            rows, "tenant", "reflection_id", "author_id", "partnership_id", "cycle_id", "recorded_at", "shared_at",
            "position", "began",
        ),
    )  # fmt: skip
    by_id = {(row["tenant"], row["reflection_id"]): row for row in rows}
    people = [
        {**by_id[recorded.tenant, recorded.aggregate_id], "person_id": person_id}
        for recorded in events
        for person_id in _readers(recorded.event)
    ]
    people.sort(key=lambda row: (row["tenant"], row["person_id"], row["began"]))
    await db.execute(
        sql.list_reflecting_people,
        *in_columns(people, "tenant", "person_id", "recorded_at", "reflection_id", "began"),
    )


def _readers(event: ReflectionRecorded | ReflectionShared) -> Sequence[UUID]:
    return event.teacher_ids if isinstance(event, ReflectionShared) else [event.author_id]


def change(_: Row | None, recorded: Recorded[Any]) -> Row:
    match recorded.event:
        case ReflectionRecorded() as event:
            return {
                "author_id": event.author_id,
                "partnership_id": event.partnership_id,
                "cycle_id": event.cycle_id,
                "recorded_at": recorded.recorded_at,
                "shared_at": None,
            }
        case shared:
            return {"partnership_id": shared.partnership_id, "shared_at": recorded.recorded_at}


class ListedReflection(Told):
    """That somebody reflected; its words come with the reflection itself."""

    reflection_id: UUID
    author_id: UUID
    partnership_id: UUID | None
    cycle_id: UUID | None
    status: Literal["private", "shared"]
    recorded_at: datetime
    shared_at: datetime | None


class ReflectionsWanted(Page):
    partnership_id: Annotated[Id | Absent, Field(description="Only those about this partnership")] = None


def routes(run: Running) -> APIRouter:
    router, lists = router_of("Reflection"), Lists(run)

    @router.get(
        "/v1/reflections", summary="My reflections and those shared with me, newest first", **DESCRIBED
    )
    async def reflections(
        request: Request, response: Response, by: Reader, wanted: Annotated[ReflectionsWanted, Query()]
    ) -> list[ListedReflection]:
        """Your own always; those shared with a partnership you teach in, for good, or coach, as it stands now.
        Nobody else's, whoever you are.
        """
        query = sql.reflections_of_person
        rows = await lists.page(request, response, by, wanted, query, person_of(by), wanted.partnership_id)
        if any(row["coaching"] for row in rows):
            lists.must_be_level(by)
        return [_told(row) async for row in in_turn(rows)]

    return router


def _told(row: Any) -> ListedReflection:
    return ListedReflection(
        reflection_id=row["id"],
        author_id=row["author_id"],
        partnership_id=row["partnership_id"],
        cycle_id=row["cycle_id"],
        status="shared" if row["shared_at"] else "private",
        recorded_at=row["at"],
        shared_at=row["shared_at"],
    )


REFLECTION_LIST = Projection(
    name="reflection_list", handles=(ReflectionRecorded, ReflectionShared), project=project
)
