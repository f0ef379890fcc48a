"""Receipts: what a service needs to leave one of each read from outside a pair, and to show them to the teacher.

    aggregates=(…, receipts.access(g.ContentRead)), projections=(…, receipts.projection(g.ContentRead)), routes=…

Rebuildable: drop the table, replay the log, and the same rows come back.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from chalkline_contracts.event import Event
from chalkline_contracts.receipts import Why
from fastapi import APIRouter, Query, Request, Response

from backbone.application import Reader
from backbone.content_read import ACCESS, Access, Noted, NoteRead, ReadFacts, Unset, deciding, evolving
from backbone.deciding import Aggregate, Asking, Unseen
from backbone.lists import OWN, Lists, Page, Told, person_of, router_of
from backbone.projector import Connection, Projection
from backbone.queries import Queries
from backbone.recorded import Recorded
from backbone.rows import columns, last_by_key
from backbone.service import Running
from backbone.yielding import in_turn

sql = Queries("backbone", "sql/queries")
knowing = Queries("backbone", "sql/knowing")


def access(contract: type[Event]) -> Aggregate[Access]:
    """The receipts of a service, told by this event. Each is an aggregate of its own: nobody waits for another's."""
    return Aggregate(
        name=ACCESS,
        collection="access",
        initial=Unset(),
        states=(Unset, Noted),
        events=(contract,),
        begins=(),
        commands=(),
        internal=(NoteRead,),
        decide=deciding(contract),
        evolve=evolving(contract),
        facts=_gather,
        authorise=_authorise,
    )


async def _gather(asking: Asking, state: Access, command: NoteRead) -> ReadFacts:
    del state, command
    return ReadFacts(by=asking.by, command_id=asking.command_id, aggregate_id=asking.aggregate_id)


def _authorise(state: Access, command: NoteRead, facts: ReadFacts) -> None:
    """Whoever is about to read notes that they do; nobody looks at a receipt but by its list."""
    del state
    if not isinstance(command, NoteRead) or facts.by.person is None:
        raise Unseen


def projection(contract: type[Event]) -> Projection:
    return Projection(name="receipts", handles=(contract,), project=project)


async def project(events: Sequence[Recorded[Any]], db: Connection) -> None:
    rows = [
        (
            r.tenant, teacher_id, r.occurred_at, r.position, r.aggregate_id, r.event.reader_id, r.event.what.aggregate,
            r.event.what.id, r.event.why, ",".join(map(str, r.event.grant_ids)),
        )
        for r in events
        for teacher_id in r.event.teacher_ids
    ]  # fmt: skip
    await db.execute(knowing.know_receipts, *columns(last_by_key(rows, 4), 10))


class ListedReceipt(Told):
    """That somebody outside the pair read something of yours."""

    receipt_id: UUID
    reader_id: UUID
    aggregate: str
    """What they looked at, such as "Goal"; its chart and its lineage are the goal's."""
    id: UUID
    why: Why
    grant_ids: list[UUID]
    """The shares that let them, or the breaking of the glass."""
    read_at: datetime


def routes(run: Running) -> APIRouter:
    router, lists = router_of(ACCESS), Lists(run)

    @router.get("/v1/receipts", summary="Who read what is mine, newest first", **OWN)
    async def receipts(
        request: Request, response: Response, by: Reader, page: Annotated[Page, Query()]
    ) -> list[ListedReceipt]:
        """A receipt of each read of your content by somebody outside the pair. Nobody else's, whoever you are."""
        rows = await lists.page(request, response, by, page, sql.receipts_of_teacher, person_of(by))
        return [_told(row) async for row in in_turn(rows)]

    return router


def _told(row: Any) -> ListedReceipt:
    return ListedReceipt(
        receipt_id=row["id"],
        reader_id=row["reader_id"],
        aggregate=row["aggregate"],
        id=row["read_id"],
        why=row["why"],
        grant_ids=row["grant_ids"],
        read_at=row["at"],
    )
