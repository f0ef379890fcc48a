"""Lists: what the reads of every service share. Newest first, a page at a time, each page where the last ended.

Every list's query takes ($1 tenant, $2 and $3 the place after which it goes on, $4 how many, $5 … its own)
and returns, beside what it tells, `id`, `at`, `began` and `position`: the aggregate, when it began, and the
positions of its first event and of the last that the row reflects. What began at the same moment, as much does
while a sandbox's clock stands, is in the order in which it was told.
"""

import asyncio
import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Annotated, Any, Final, TypeAlias
from uuid import UUID
from zoneinfo import ZoneInfo

from chalkline_contracts.values import Time
from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.json_schema import SkipJsonSchema

from backbone.asked import MOST_LEVELS
from backbone.deciding import Actor, FactsBehind, Forbidden
from backbone.entrances import uuid_in
from backbone.exports import ROWS, ListRoute, row_of
from backbone.gather import Gather
from backbone.overseeing import Overseen, overseen
from backbone.paging import Cursors, next_link
from backbone.problems import Problem
from backbone.recorded import partition_of
from backbone.service import Running
from backbone.strict_json import pointer

Row: TypeAlias = Any
"""An asyncpg Record: read by column name."""
Asked: TypeAlias = tuple[str, tuple[Any, ...]]
"""A query and its arguments, the district first."""

NEWEST: Final = (datetime(9999, 1, 1, tzinfo=UTC), 2**63 - 1)
"""The place before everything: no event happens after the year 2199."""


def _digits(text: Any) -> Any:
    if isinstance(text, str) and not (text.isascii() and text.isdigit()):
        raise ValueError("must be written in digits")
    return text


def _uuid(text: Any) -> Any:
    return uuid_in(text) if isinstance(text, str) else text


def _true_or_false(text: Any) -> Any:
    if isinstance(text, str) and text not in ("true", "false"):
        raise ValueError("must be true or false")
    return text


def _day(text: Any) -> Any:
    if isinstance(text, str) and not _DAY.fullmatch(text):
        raise ValueError("must be written as 2026-03-02")
    return text


def _moment(text: Any) -> Any:
    if isinstance(text, str) and not _MOMENT.fullmatch(text):
        raise ValueError("must be written as 2026-03-02T15:00:00Z")
    return text


_MOMENT: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9:.]{8,}([Zz]|[+-][0-9]{2}:[0-9]{2})")
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

Digits: Final = BeforeValidator(_digits)
"""`Annotated[int, Digits]`: a number as a parameter, written in digits and nothing else."""
Id = Annotated[UUID, BeforeValidator(_uuid)]
"""An id as a parameter, written in 36 characters."""
Flag = Annotated[bool, BeforeValidator(_true_or_false)]
ADay = Annotated[date, BeforeValidator(_day)]
"""A date as a parameter, written as RFC 3339 writes it."""
AMoment = Annotated[Time, BeforeValidator(_moment)]
"""A moment as a parameter, written as RFC 3339 writes it."""
Absent = SkipJsonSchema[None]
"""`Id | Absent = None`: a parameter that may be left out; nobody can send null."""


class Page(BaseModel):
    """Which part of a list; a list with filters extends it. Unknown parameters are refused."""

    model_config = ConfigDict(extra="forbid")

    limit: Annotated[int, Field(ge=1, le=ROWS, description="How many at most"), BeforeValidator(_digits)] = 50
    cursor: Annotated[
        str | Absent,
        Field(max_length=2048, description="From the Link of the page before; never made by hand"),
    ] = None


WordsTold = Annotated[str | None, Field(json_schema_extra={"x-words": True})]
"""Private words in a row, such as a name; null when they were erased."""


class Told(BaseModel):
    """Base of what a row of a list tells."""

    model_config = ConfigDict(frozen=True)


def _header(description: str, example: str) -> dict[str, Any]:
    return {"description": description, "schema": {"type": "string"}, "example": example}


DESCRIBED: Final[dict[str, Any]] = {
    "responses": {
        200: {
            "content": {
                "text/csv": {
                    "schema": {"type": "string", "description": "The whole list: a row a line, after the names"}
                },
                "application/jsonl": {
                    "schema": {"type": "string", "description": "The whole list: a row a line, as JSON"}
                },
            },
            "headers": {
                "Link": _header("Where the next page is (RFC 8288); absent on the last",
                                '</v1/goals?limit=50&cursor=q80B>; rel="next"'),
                "At-Least": _header("What these rows reflect; hand it back to any service", "goals:17:4711"),
            }
        }
    },
    "openapi_extra": {
        "parameters": [
            {
                "name": "At-Least",
                "in": "header",
                "description": "Wait until these positions are seen here",
                "schema": {"type": "string"},
                "example": "goals:17:4711",
            }
        ]
    },
}  # fmt: skip
"""What OpenAPI says of every list: `@router.get("/v1/goals", summary=…, **DESCRIBED)`."""
DESCRIBED_WHOLE: Final[dict[str, Any]] = {
    "responses": {200: {"content": DESCRIBED["responses"][200]["content"]}},
    "openapi_extra": DESCRIBED["openapi_extra"],
}
"""The same of a table that has no pages."""


def described_in_rows(told: type[Told]) -> dict[str, Any]:
    """What OpenAPI says of a read of one thing that has `rows`: `@router.get(…, **described_in_rows(GoalChart))`."""
    columns = list(row_of(told).model_fields)
    content = {
        media_type: {"schema": {"type": "string", "description": f"In rows, {how}", "x-columns": columns}}
        for media_type, how in (("text/csv", "after their names"), ("application/jsonl", "as JSON"))
    }
    return {"responses": {200: {"content": content}}, "openapi_extra": DESCRIBED["openapi_extra"]}


OWN: Final[dict[str, Any]] = {**DESCRIBED, "openapi_extra": {**DESCRIBED["openapi_extra"], "x-own": True}}
"""The same of a list that is everybody's own, whoever asks: nothing in it is the district's to take away."""


def router_of(aggregate: str) -> APIRouter:
    """A router for a list of these, beside their other operations in OpenAPI; told whole by `exports.py`."""
    return APIRouter(
        tags=[aggregate],
        route_class=ListRoute,
        generate_unique_id_function=lambda route: f"list_{route.name}",
    )


def router_of_one(aggregate: str) -> APIRouter:
    """A router for what is told of one of these, beside its other operations in OpenAPI."""
    return APIRouter(
        tags=[aggregate],
        route_class=ListRoute,
        generate_unique_id_function=lambda route: route.name,
    )


def for_this_reader(response: Response) -> None:
    """Says to caches in between that nobody else is answered so."""
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["Vary"] = "Authorization, Accept"


def no_parameter_twice(request: Request) -> None:
    """Raises a Problem where it would be a guess which one counts."""
    if len(set(request.query_params)) < len(request.query_params.multi_items()):
        raise Problem("request_invalid", "a parameter is there twice")


def no_parameter(request: Request) -> None:
    """Raises a Problem where a read that takes none is given one: it would be answered as if it had said something."""
    if request.query_params:
        name = next(iter(request.query_params))
        fault = {
            "pointer": pointer(("query", name)),
            "code": "extra_forbidden",
            "message": "is not known here",
        }
        raise Problem("request_invalid", errors=[fault])


class Lists:
    """The lists of one running service."""

    def __init__(self, run: Running) -> None:
        self._run = run
        self._cursors = Cursors(run.settings.chain)
        self._tables: Gather[Asked, Sequence[Row]] = Gather(self._fetch, workers=4)

    async def page(
        self,
        request: Request,
        response: Response,
        by: Actor,
        page: Page,
        query: str,
        *wanted: Any,
        of_the_log: bool = False,
        also: UUID | None = None,
        of_all: bool = False,
    ) -> Sequence[Row]:
        """The rows of a page; what carries on from it goes into the response's headers. Raises a Problem.

        `of_the_log`: nothing of them is derived. `also`: rows of this district too; `of_all`: of every district.
        """
        no_parameter_twice(request)
        if not of_the_log and not await self._run.derived():  # an empty page would say that there is nothing
            raise Problem("rows_incomplete")
        if not of_the_log:
            self._run.ledger.may_tell()
        path = request.url.path
        purpose = f"{path} {by.tenant} {by}"
        place = NEWEST if page.cursor is None else self._place(purpose, page.cursor)
        arguments = (by.tenant, *place, page.limit + 1, *wanted)
        whose = {by.tenant} if also is None else {by.tenant, also}
        if of_all:
            rows = await self._run.rows_of_all(query, *arguments)
        else:
            rows = await self._run.rows(whose, query, *arguments)
        shown = rows[: page.limit]
        if len(rows) > page.limit:
            cursor = self._cursors.encode(purpose, shown[-1]["at"].isoformat(), shown[-1]["began"])
            response.headers["Link"] = next_link(path, cursor, **_parameters(page))
        if shown:
            response.headers["At-Least"] = _at_least(self._run.service.name, by.tenant, shown)
        for_this_reader(response)
        return shown

    async def whole(self, request: Request, response: Response, query: str, *wanted: Any) -> Sequence[Row]:
        """The rows of a table that has no pages; its query takes ($1 tenant, $2 … its own). Raises a Problem."""
        await self.told_whole(request, response)
        return await self.fetched(query, *wanted)

    async def told_whole(self, request: Request, response: Response) -> None:
        """What comes before a table that has no pages. Raises a Problem."""
        no_parameter_twice(request)
        if not await self._run.derived():
            raise Problem("rows_incomplete")
        self._run.ledger.may_tell()
        for_this_reader(response)

    async def fetched(self, query: str, *wanted: Any) -> Sequence[Row]:
        """The rows of a query ($1 tenant), asked of PostgreSQL once by all who ask for them at the same moment."""
        return await self._tables((query, tuple(map(_hashable, wanted))))

    async def _fetch(self, asked: Sequence[Asked]) -> Sequence[Sequence[Row] | BaseException]:
        """The same table asked for at the same moment is asked of PostgreSQL once."""

        async def fetch(one: Asked) -> Sequence[Row]:
            query, arguments = one
            return await self._run.rows(arguments[0], query, *arguments)

        each = list(dict.fromkeys(asked))
        told = await asyncio.gather(*map(fetch, each), return_exceptions=True)
        found = dict(zip(each, told, strict=True))
        return [found[one] for one in asked]

    async def zone(self, by: Actor) -> str:
        """Their district's time zone, an IANA name."""
        district = await self._run.facts.row("district", by.tenant, by.tenant)
        return str(district["time_zone"]) if district else "UTC"

    async def today(self, by: Actor) -> date:
        """The day it is in their district, by its own clock and in its time zone."""
        return (await self._run.clock.now(by.tenant)).astimezone(ZoneInfo(await self.zone(by))).date()

    async def overseen(self, by: Actor) -> Overseen | None:
        """Whose activity they may know of; None: nobody's. Raises FactsBehind where that may have changed."""
        found = await overseen(self._run.facts.about(by, by.tenant, self._run.commands))
        if found is not None:
            self.must_be_level(by)
        return found

    async def belongs(self, by: Actor) -> bool:
        """Whether they are an active person of their district, or its operator."""
        if by.kind != "person":
            return True
        row = await self._run.facts.row("person", by.tenant, UUID(by.id))
        return bool(row and row["active"])

    def must_be_level(self, by: Actor) -> None:
        """Raises FactsBehind unless what is known of others is fresh: asked before showing what is theirs."""
        if not self._run.facts.about(by, by.tenant, self._run.commands).level:
            raise FactsBehind

    def _place(self, purpose: str, cursor: str) -> tuple[datetime, int]:
        at, began = self._cursors.decode(purpose, cursor)
        if not isinstance(began, int):  # made by an earlier version
            raise Problem("cursor_invalid")
        return datetime.fromisoformat(at), began


def _hashable(argument: Any) -> Any:
    return tuple(argument) if isinstance(argument, list) else argument


def person_of(by: Actor) -> UUID:
    """The person whose own list it is. Raises Forbidden for an operator, who has none."""
    if by.kind != "person":
        raise Forbidden
    return UUID(by.id)


def _parameters(page: Page) -> dict[str, str]:
    told = page.model_dump(mode="json", exclude={"cursor"}, exclude_none=True, exclude_unset=True)
    return {
        name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in told.items()
    }


def _at_least(service: str, tenant: UUID, rows: Sequence[Row]) -> str:
    """The positions these rows reflect, of as many partitions as one At-Least may name."""
    reached: dict[int, int] = {}
    for row in rows:
        if row["id"] is None:  # no event told it: it comes with the product
            continue
        partition = partition_of(tenant, row["id"])
        reached[partition] = max(row["position"], reached.get(partition, 0))
    latest = sorted(reached.items(), key=lambda level: -level[1])[:MOST_LEVELS]
    return ", ".join(f"{service}:{partition}:{position}" for partition, position in latest)
