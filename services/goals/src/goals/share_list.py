"""The list of shares: what a teacher lets others see, and what others let somebody see.

Rebuildable: drop the tables, replay the log, and the same rows come back.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from backbone.application import Reader
from backbone.lists import OWN, Lists, Page, Told, person_of, router_of
from backbone.projector import Connection, Projection
from backbone.queries import Queries
from backbone.recorded import Recorded
from backbone.rows import columns, last_by_key
from backbone.service import Running
from backbone.yielding import in_turn
from chalkline_contracts import goals as g
from fastapi import APIRouter, Query, Request, Response

sql = Queries("goals", "sql/queries")

HANDLES: Final = (g.ShareGranted, g.ShareRevoked)

Status = Literal["in_force", "expired", "revoked"]


async def project(events: Sequence[Recorded[Any]], db: Connection) -> None:
    """A share is granted once and revoked later, so all that were granted come before all that were revoked."""
    granted = [r for r in events if isinstance(r.event, g.ShareGranted)]
    revoked = [
        (r.tenant, r.event.share_id, r.position) for r in events if isinstance(r.event, g.ShareRevoked)
    ]
    if granted:
        rows = [_row(recorded) for recorded in granted]
        await db.execute(sql.list_shares, *columns(last_by_key(rows, 2), 10))
        people = [
            (r.tenant, person_id, r.occurred_at, r.position, r.event.share_id)
            for r in granted
            for person_id in dict.fromkeys((r.event.by, *r.event.audience))
        ]
        await db.execute(sql.list_sharing_people, *columns(last_by_key(people, 4), 5))
    if revoked:
        await db.execute(sql.list_revoked_shares, *columns(last_by_key(revoked, 2), 3))


def _row(recorded: Recorded[Any]) -> tuple[Any, ...]:
    event = recorded.event
    audience = ",".join(map(str, event.audience))
    scope = (event.scope.cycle_id, event.scope.goal_id)
    return (
        recorded.tenant, event.share_id, recorded.aggregate_id, event.by, *scope, audience, recorded.occurred_at,
        event.expires_at, recorded.position,
    )  # fmt: skip


class ListedShare(Told):
    """A share. It opens one goal, a cycle or, where it names neither, all that is the teacher's in the partnership."""

    share_id: UUID
    partnership_id: UUID
    teacher_id: UUID
    """Whose content it opens."""
    cycle_id: UUID | None
    goal_id: UUID | None
    audience: list[UUID]
    """To whom; somebody who was granted it sees themselves alone."""
    granted_at: datetime
    expires_at: datetime
    status: Status


def routes(run: Running) -> APIRouter:
    router, lists = router_of("Partnership"), Lists(run)

    @router.get("/v1/shares", summary="What I share, and what is shared with me, newest first", **OWN)
    async def shares(
        request: Request, response: Response, by: Reader, page: Annotated[Page, Query()]
    ) -> list[ListedShare]:
        """The shares that you granted, and those that were granted to you, whatever became of them."""
        person = person_of(by)
        now = await run.clock.now(by.tenant)
        rows = await lists.page(request, response, by, page, sql.shares_of_person, person, now)
        return [_told(row, person) async for row in in_turn(rows)]

    return router


def _told(row: Any, person: UUID) -> ListedShare:
    told = {name: row[name] for name in ListedShare.model_fields if name in row}
    audience = row["audience"] if person == row["teacher_id"] else [person]
    return ListedShare(**told | {"audience": audience}, partnership_id=row["id"], granted_at=row["at"])


SHARE_LIST = Projection(name="share_list", handles=HANDLES, project=project)
