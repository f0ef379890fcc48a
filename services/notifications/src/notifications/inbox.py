"""The inbox: what a person was told, newest first.

Rebuildable: drop the table, replay the log, and the same rows come back.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from backbone.application import Reader
from backbone.lists import OWN, Flag, Lists, Page, Told, person_of, router_of
from backbone.projector import Connection, Projection
from backbone.queries import Queries
from backbone.recorded import Recorded
from backbone.rows import columns, last_by_key
from backbone.service import Running
from backbone.yielding import in_turn
from chalkline_contracts.notifications import NotificationAcknowledged, NotificationSent
from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

sql = Queries("notifications", "sql/queries")


async def project(events: Sequence[Recorded[Any]], db: Connection) -> None:
    sent: list[Sequence[Any]] = []
    acknowledged: list[Sequence[Any]] = []
    for recorded in events:
        own = (recorded.tenant, recorded.aggregate_id)
        match recorded.event:
            case NotificationSent() as event:
                what = (
                    event.recipient_id,
                    event.milestone,
                    event.cycle_id,
                    event.partnership_id,
                    event.goal_id,
                    event.occurrence,
                )
                sent.append((*own, *what, event.due_at, recorded.recorded_at, recorded.position))
            case NotificationAcknowledged():
                acknowledged.append((*own, recorded.recorded_at, recorded.position))
    # An acknowledgement comes after what it acknowledges, so the order of these two is that of events.
    if sent:
        await db.execute(sql.put_in_inbox, *columns(last_by_key(sent, 2), 11))
    if acknowledged:
        await db.execute(sql.acknowledge_in_inbox, *columns(last_by_key(acknowledged, 2), 4))


class NotificationInInbox(Told):
    """A milestone's name and where to look: never goal text, a score or a student."""

    notification_id: UUID
    milestone: str
    cycle_id: UUID | None
    partnership_id: UUID | None
    """Only where it is about no cycle; neither where it is about who reads what is one's own."""
    goal_id: UUID | None
    due_at: datetime
    sent_at: datetime
    acknowledged_at: datetime | None
    link: str
    """Where goals shows what it is about, as a path."""


class InboxWanted(Page):
    unread: Annotated[Flag, Field(description="Only what was not acknowledged")] = False


def routes(run: Running) -> APIRouter:
    router, lists = router_of("Notification"), Lists(run)

    @router.get("/v1/inbox", summary="What I was told, newest first", **OWN)
    async def inbox(
        request: Request, response: Response, by: Reader, wanted: Annotated[InboxWanted, Query()]
    ) -> list[NotificationInInbox]:
        """Your own notifications."""
        query = sql.inbox_unread if wanted.unread else sql.inbox
        rows = await lists.page(request, response, by, wanted, query, person_of(by))
        return [_told(row) async for row in in_turn(rows)]

    return router


def _told(row: Any) -> NotificationInInbox:
    return NotificationInInbox(
        notification_id=row["id"],
        milestone=row["milestone"],
        cycle_id=row["cycle_id"],
        partnership_id=row["partnership_id"],
        goal_id=row["goal_id"],
        due_at=row["due_at"],
        sent_at=row["at"],
        acknowledged_at=row["acknowledged_at"],
        link=link_to(row["goal_id"], row["cycle_id"], row["partnership_id"]),
    )


def link_to(goal_id: UUID | None, cycle_id: UUID | None, partnership_id: UUID | None) -> str:
    """Where goals shows what a notification is about: nothing of a pair's, but that somebody reads it."""
    if goal_id:
        return f"/v1/goals/{goal_id}"
    if cycle_id:
        return f"/v1/cycles/{cycle_id}"
    return f"/v1/partnerships/{partnership_id}" if partnership_id else "/v1/break-glass"


INBOX = Projection(name="inbox", handles=(NotificationSent, NotificationAcknowledged), project=project)
