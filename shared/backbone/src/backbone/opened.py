"""The list of what somebody may read of others' content: what shares and broken glass open to them, thing by thing.

It tells that there is something and where to find it, so it leaves no receipt; whoever looks at one does.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated
from uuid import UUID

from chalkline_contracts.who_sees import READS
from fastapi import APIRouter, Query, Request, Response

from backbone.application import Reader
from backbone.content_read import ACCESS
from backbone.lists import OWN, Lists, Page, Told, person_of, router_of
from backbone.service import Running
from backbone.yielding import in_turn


class Opened(Told):
    """Something of others that you may look at."""

    aggregate: str
    """What it is, such as "Goal"."""
    id: UUID
    teacher_ids: list[UUID]
    """Whose it is."""
    partnership_id: UUID
    cycle_id: UUID | None
    at: datetime
    """When it was drafted, offered or took place."""
    expires_at: datetime
    """Until when it is open at least, unless somebody takes that back."""


def routes_of(query: str) -> Callable[[Running], APIRouter]:
    """The route of a service whose query finds them ($5 whoever asks)."""

    def routes(run: Running) -> APIRouter:
        router, lists = router_of(ACCESS), Lists(run)

        @router.get("/v1/opened", summary="What others let me see of theirs, newest first", **OWN)
        async def opened(
            request: Request, response: Response, by: Reader, page: Annotated[Page, Query()]
        ) -> list[Opened]:
            """What shares and broken glass open to you now, and where each is: nothing of what it says."""
            rows = await lists.page(request, response, by, page, query, person_of(by))
            if rows:
                lists.must_be_level(by)
            read = READS[run.service.name, "/v1/opened"]
            return [Opened(**read.told({"audience"}, dict(row))) async for row in in_turn(rows)]

        return router

    return routes
