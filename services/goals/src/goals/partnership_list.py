"""The list of partnerships: a person's own, and for those who lead, that they exist.

Rebuildable: drop the tables, replay the log, and the same rows come back.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from backbone.application import Reader
from backbone.folding import Row, folded, in_columns
from backbone.lists import DESCRIBED, Lists, Page, Told, person_of, router_of
from backbone.projector import Connection, Projection
from backbone.queries import Queries
from backbone.recorded import Recorded
from backbone.service import Running
from backbone.yielding import in_turn
from chalkline_contracts import goals as g
from chalkline_contracts.event import Event
from fastapi import APIRouter, Query, Request, Response

sql = Queries("goals", "sql/queries")

HANDLES: Final[tuple[type[Event], ...]] = (
    g.PartnershipProposed, g.PartnershipConsentGiven, g.PartnershipAgreed, g.PartnershipDeclined,
    g.PartnershipSuspended, g.CoachHandedOver, g.PartnershipEnded,
)  # fmt: skip
STATUS: Final[dict[type[Event], str]] = {
    g.PartnershipAgreed: "agreed",
    g.PartnershipDeclined: "declined",
    g.PartnershipSuspended: "suspended",
    g.PartnershipEnded: "ended",
}
OVER = frozenset({"declined", "ended"})

Status = Literal["proposed", "agreed", "declined", "suspended", "handed_over", "ended", "open"]


async def project(events: Sequence[Recorded[Any]], db: Connection) -> None:
    rows = await folded(events, db, known=sql.partnerships_known, key="partnership_id", change=change)
    await db.execute(
        sql.list_partnerships,
        *in_columns(
            rows, "tenant", "partnership_id", "coach_id", "teacher_ids", "template", "status", "consented",
            "proposed_at", "position", "began",
        ),
    )  # fmt: skip
    begun = {r.aggregate_id for r in events if isinstance(r.event, g.PartnershipProposed)}
    teachers = [
        {**row, "person_id": person_id}
        for row in rows
        if row["partnership_id"] in begun
        for person_id in sorted(row["teacher_ids"])
    ]
    if teachers:
        await db.execute(
            sql.list_partnership_teachers,
            *in_columns(teachers, "tenant", "person_id", "proposed_at", "partnership_id", "began"),
        )


def change(row: Row | None, recorded: Recorded[Any]) -> Row:
    match recorded.event:
        case g.PartnershipProposed() as event:
            return {
                "coach_id": event.coach_id,
                "teacher_ids": event.teacher_ids,
                "template": event.template,
                "status": "proposed",
                "consented": (),
                "proposed_at": recorded.occurred_at,
            }
        case g.PartnershipConsentGiven(by=by):
            assert row is not None
            return {"consented": tuple(dict.fromkeys((*row["consented"], by)))}
        case g.CoachHandedOver() as event:
            return {"status": "handed_over", "coach_id": event.to_coach_id, "consented": ()}
        case event:
            return {"status": STATUS[type(event)]}


class ListedPartnership(Told):
    """A partnership. To those who lead, `status` says open or ended, and `consented` nothing."""

    partnership_id: UUID
    coach_id: UUID
    """Who coaches; while it is handed over, who is to."""
    teacher_ids: list[UUID]
    template: str
    """The model it follows, such as "impact-cycle@1"."""
    status: Status
    consented: list[UUID] | None
    """Who has said yes so far, in this order."""
    proposed_at: datetime


def routes(run: Running) -> APIRouter:
    router, lists = router_of("Partnership"), Lists(run)

    @router.get("/v1/partnerships", summary="The partnerships I am in, newest first", **DESCRIBED)
    async def partnerships(
        request: Request, response: Response, by: Reader, page: Annotated[Page, Query()]
    ) -> list[ListedPartnership]:
        """Your own, whatever became of them; for a coach, those they coach in or are to. Administrators and
        coaching leads get all of the district, principals those of teachers at their schools, those of others as
        activity: whom, and whether it is open.
        """
        person, overseen = person_of(by), await lists.overseen(by)
        if overseen is None:
            rows = await lists.page(request, response, by, page, sql.partnerships_of_person, person)
        else:
            query, within = sql.partnerships_overseen, overseen.within
            rows = await lists.page(request, response, by, page, query, person, within)
        if any(person not in row["teacher_ids"] for row in rows):
            lists.must_be_level(by)
        return [_told(row) async for row in in_turn(rows)]

    return router


def _told(row: Any) -> ListedPartnership:
    activity: Literal["ended", "open"] = "ended" if row["status"] in OVER else "open"
    return ListedPartnership(
        partnership_id=row["id"],
        coach_id=row["coach_id"],
        teacher_ids=row["teacher_ids"],
        template=row["template"],
        status=row["status"] if row["mine"] else activity,
        consented=row["consented"] if row["mine"] else None,
        proposed_at=row["at"],
    )


PARTNERSHIP_LIST = Projection(name="partnership_list", handles=HANDLES, project=project)
