"""What operators did, for those who may ask: operators, and who administers the district it was done to.

Read from the log itself, by an index over what operators told: there is nothing to derive, and nothing that could be
left out. An act that a job told of is one row, with what came of it: without an end it is under way, or was cut off.
"""

from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from chalkline_contracts.acts import Outcome
from fastapi import APIRouter, Query, Request, Response
from pydantic import Field
from pydantic_core import from_json

from backbone.application import ReaderAnywhere
from backbone.deciding import EVERYWHERE, Actor, Forbidden, Unseen, snake_case
from backbone.lists import DESCRIBED, Absent, AMoment, Id, Lists, Page, Told, router_of
from backbone.queries import Queries
from backbone.service import Running
from backbone.yielding import in_turn

sql = Queries("backbone", "sql/queries")

EVER: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Acted(Told):
    """One thing that an operator did."""

    at: datetime
    """By the world's clock."""
    operator: str
    act: str
    """A code: what a job is called, or the event that the act told."""
    aggregate: str | None
    """What kind of thing it was done to; none where it was done to a whole service or district."""
    aggregate_id: UUID | None
    district_id: UUID | None
    """None where it was done to a whole service."""
    outcome: Outcome
    code: str | None
    """Why it failed, or what was left to do."""
    n_items: int | None
    """How much it was about; of a whole service for operators of no district."""
    ended_at: datetime | None
    event_id: UUID | None
    """The event that tells of it; none while the log cannot be told."""


class AuditWanted(Page):
    """Which acts: of each parameter that is given, all must hold."""

    since: Annotated[AMoment | Absent, Field(description="Not before this moment (RFC 3339)")] = None
    operator: Annotated[str | Absent, Field(max_length=200, description="As their token names them")] = None
    district_id: Annotated[Id | Absent, Field(description="For operators of no district: of this one")] = None


def routes(run: Running) -> APIRouter:
    router, lists = router_of("Operation"), Lists(run)

    @router.get("/v1/audit", summary="What operators did, newest first", **DESCRIBED)
    async def audit(
        request: Request, response: Response, by: ReaderAnywhere, wanted: Annotated[AuditWanted, Query()]
    ) -> list[Acted]:
        """For operators, and for who administers the district. What was done to a whole service is in everybody's."""
        if by.kind == "person" and not await _administers(run, lists, by):
            raise Forbidden
        if wanted.district_id not in (None, by.tenant) and by.tenant != EVERYWHERE:
            raise Unseen
        of = by if wanted.district_id is None else Actor(by.kind, by.id, wanted.district_id)
        query = sql.audit_of_all if of.tenant == EVERYWHERE else sql.audit_of_district
        asked = (wanted.since or EVER, wanted.operator)
        rows = await lists.page(
            request,
            response,
            of,
            wanted,
            query,
            *asked,
            of_the_log=True,
            also=EVERYWHERE,
            of_all=of.tenant == EVERYWHERE,
        )
        return [_told(row, by.tenant) async for row in in_turn(rows)]

    return router


async def _administers(run: Running, lists: Lists, by: Actor) -> bool:
    lists.must_be_level(by)
    return await run.facts.row("administers", by.tenant, UUID(by.id)) is not None


def _told(row: Any, reader: UUID) -> Acted:
    began = from_json(row["told"]) if row["told"] else {}
    ended = from_json(row["ended"]) if row["ended"] else {}
    about: dict[str, Any] = {
        "at": row["at"], "operator": row["operator"], "event_id": row["event_id"],
        "district_id": None if row["tenant"] == EVERYWHERE else row["tenant"],
    }  # fmt: skip
    if row["type"] != "OperatorActed":
        return Acted(
            **about, act=snake_case(row["type"]), aggregate=row["kind"], aggregate_id=row["stream_id"],
            outcome="done", code=None, n_items=None, ended_at=None,
        )  # fmt: skip
    said = {**began, **ended}
    outcome: Literal["begun", "done", "failed"] = said.get("outcome") or "begun"
    counted = reader == EVERYWHERE or row["tenant"] != EVERYWHERE
    return Acted(
        **(about | {"at": began.get("acted_at") or row["at"]}), act=said["act"], aggregate=None, aggregate_id=None,
        outcome=outcome, code=said.get("code"), n_items=said.get("n_items") if counted else None,
        ended_at=row["ended_at"],
    )  # fmt: skip
