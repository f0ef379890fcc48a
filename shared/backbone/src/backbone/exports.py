"""Exports: a list told whole, as CSV or as lines of JSON, to whoever asks for it by `Accept`; and so what is told of
one thing, in the rows it says it has.

It is asked of the list itself, page after page. So nobody exports what the list would not show them, what it hides
stays hidden, and a large district costs no more memory than a small one. Pages are of different moments, as they
are for whoever turns them: what is there all the while is told once.
"""

import asyncio
import inspect
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any, Final, get_args, get_origin, get_type_hints

from fastapi.routing import APIRoute
from pydantic import BaseModel
from pydantic_core import to_json
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from backbone.paging import cursor_in
from backbone.problems import Problem
from backbone.spreadsheet import csv_lines
from backbone.yielding import TURN

ROWS: Final = 200
"""How many rows are read at once: of a page at most, of an export until the last."""
TABLE: Final = 50
"""As how many rows a table counts that has no pages, however few it has: they are counted out of many."""
PAID: Final = "chalkline.paid"
"""Key of an ASGI scope: for how many rows was paid."""
_A_LIMIT: Final = re.compile(r"[0-9]{1,9}")

Rows = Sequence[BaseModel]


@dataclass(frozen=True, slots=True)
class Form:
    """How an export is written."""

    media_type: str
    ending: str
    head: Callable[[type[BaseModel]], str]
    lines: Callable[[Rows], bytes]


def _columns(row: type[BaseModel]) -> str:
    return csv_lines([list(row.model_fields)])


def _csv(rows: Rows) -> bytes:
    return csv_lines(list(row.model_dump(mode="json").values()) for row in rows).encode()


def _jsonl(rows: Rows) -> bytes:
    return b"".join(to_json(row) + b"\n" for row in rows)


CSV: Final = Form("text/csv; charset=utf-8; header=present", "csv", _columns, _csv)
JSONL: Final = Form("application/jsonl", "jsonl", lambda _: "", _jsonl)
OFFERED: Final[dict[str, Form | None]] = {
    "application/json": None,
    "text/csv": CSV,
    "application/jsonl": JSONL,
}
"""By media type; what one page of a list is told in comes first."""


class ListRoute(APIRoute):
    """A route of a list: what its function tells page by page, it tells whole in another form. So is what it tells of
    one thing, if that has `rows`.
    """

    usual: int | None = 0
    """How many rows are paid for where nobody says how many; None for one thing that may be long."""
    paged = False

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        # An application makes a router's routes once more, from endpoints that were wrapped already.
        endpoint = inspect.unwrap(endpoint)
        self.usual, self.paged = _usual(endpoint)
        super().__init__(path, _page_or_whole(endpoint), **options)


def rows_asked(request: Request) -> tuple[int | None, bool]:
    """How many rows a request asks for at once, and whether they are of a list told whole. None: of one thing, and
    nobody knows how long it is.
    """
    route = request.scope.get("route")
    if not isinstance(route, ListRoute) or not route.paged:
        return getattr(route, "usual", 0), False
    if form_asked(request.headers.getlist("accept")) is not None:
        return ROWS, True
    limit = request.query_params.get("limit", "")
    return (min(int(limit), ROWS) if _A_LIMIT.fullmatch(limit) else route.usual), False


def _usual(endpoint: Callable[..., Any]) -> tuple[int | None, bool]:
    """The `limit` by default of the page that an endpoint takes; of a table that has no pages, what it counts as; None
    of one thing that has rows.
    """
    for taken in get_type_hints(endpoint).values():
        fields = getattr(taken, "model_fields", {})
        if {"limit", "cursor"} <= fields.keys():
            return int(fields["limit"].default), True
    what = endpoint.__annotations__.get("return")
    if get_origin(what) is list:
        return TABLE, False
    return (None if hasattr(what, "rows") else 0), False


def _page_or_whole(endpoint: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    what = endpoint.__annotations__.get("return")
    if get_origin(what) is list:
        row, pages_of = get_args(what)[0], _pages
    elif hasattr(what, "rows"):
        row, pages_of = row_of(what), _one_page
    else:
        return endpoint

    @wraps(endpoint)
    async def page_or_whole(**asked: Any) -> Any:
        request: Request = asked["request"]
        form = form_asked(request.headers.getlist("accept"))
        if form is None:
            told, limits, paid = await endpoint(**asked), request.app.state.limits, request.scope[PAID]
            if isinstance(told, list):
                limits.had(asked["by"], paid, _counted(request, told))
                return _answer(await _page(told), asked.get("response"))
            body = to_json(told)
            limits.told(asked["by"], len(body), paid)
            return _answer(body, asked.get("response"))
        pages = pages_of(endpoint, asked)
        first = await anext(pages)  # whatever forbids it is answered as a problem, before anything is sent
        name = f"{request.url.path.rpartition('/')[2]}.{form.ending}"
        headers = {
            "Cache-Control": "private, no-store",
            "Content-Disposition": f'attachment; filename="{name}"',
            "Vary": "Authorization, Accept",
        }
        written = _written(form, row, first, pages)
        return StreamingResponse(written, media_type=form.media_type, headers=headers)

    return page_or_whole


def _counted(request: Request, rows: Rows) -> int:
    """As how many rows these count."""
    return max(0 if request.scope["route"].paged else TABLE, len(rows))


async def _page(rows: Rows) -> bytes:
    """One page as JSON."""
    parts = list[bytes]()
    for part in _parts(rows):
        parts.append(to_json(part)[1:-1])
        await asyncio.sleep(0)  # others live here too
    return b"[%b]" % b",".join(parts)


def _answer(body: bytes, told: Response | None) -> Response:
    """JSON, with what its function put into the headers."""
    answer = Response(body, media_type="application/json")
    if told is not None:
        answer.headers.update(told.headers)
    return answer


def row_of(told: Any) -> type[BaseModel]:
    """What the rows of one thing are, as its `rows() -> list[Row]` says."""
    row: type[BaseModel] = get_args(told.rows.__annotations__["return"])[0]
    return row


async def _written(
    form: Form, row: type[BaseModel], first: Rows, pages: AsyncIterator[Rows]
) -> AsyncIterator[bytes]:
    if head := form.head(row):
        yield head.encode()
    for part in _parts(first):
        yield form.lines(part)
        await asyncio.sleep(0)  # others live here too
    async for rows in pages:
        for part in _parts(rows):
            yield form.lines(part)
            await asyncio.sleep(0)


def _parts(rows: Rows) -> Iterator[Rows]:
    return (rows[begin : begin + TURN] for begin in range(0, len(rows), TURN))


async def _one_page(endpoint: Callable[..., Awaitable[Any]], asked: dict[str, Any]) -> AsyncIterator[Rows]:
    """What is told of one thing, in its rows."""
    told, request = await endpoint(**asked), asked["request"]
    rows = told.rows()
    request.app.state.limits.had(asked["by"], request.scope[PAID], len(rows))
    yield rows


async def _pages(endpoint: Callable[..., Awaitable[Any]], asked: dict[str, Any]) -> AsyncIterator[Rows]:
    """Each page of a list, as its function tells it to this reader. Raises a Problem."""
    name = next(
        (name for name, given in asked.items() if "cursor" in getattr(type(given), "model_fields", ())), ""
    )
    page = asked.get(name)
    if page is not None and {"cursor", "limit"} & page.model_fields_set:
        raise Problem("request_invalid", "an export is whole: it has neither limit nor cursor")
    cursor = None
    request: Request = asked["request"]
    by, limits, identity = asked["by"], request.app.state.limits, request.app.state.identity
    while True:
        response = Response()
        turned = {} if page is None else {name: page.model_copy(update={"limit": ROWS, "cursor": cursor})}
        rows = await endpoint(
            **{**asked, **turned, **({"response": response} if "response" in asked else {})}
        )
        # A table has one page, and was paid for at the pace of people, in whichever form it is told.
        limits.had(by, request.scope[PAID], _counted(request, rows), whole=page is not None)
        yield rows
        cursor = cursor_in(response.headers.get("link"))
        if cursor is None:
            return
        await limits.line(by, request.scope[PAID])  # the first page was paid for on the way in
        # However slowly it is read, nobody is told more than their token lasts, or their district stays.
        await identity.caller(request.headers.get("authorization"))


def form_asked(accept: Sequence[str]) -> Form | None:
    """What these Accept headers like best of what is offered (RFC 9110, 12.5.1); None: a page of JSON.

    Nothing, or nothing that is offered, is answered with JSON too.
    """
    ranges = [
        (*(piece.strip().lower() for piece in part.split(";")),) for part in ",".join(accept).split(",")
    ]
    best, chosen = (0.0, 0, 0), None
    for media_type, form in OFFERED.items():
        # Of several ranges that speak of a type, the most exact one counts, of such the first.
        exactness, place = max(
            (_exactness(kind, media_type), -place) for place, (kind, *_) in enumerate(ranges)
        )
        rank = (_quality(ranges[-place][1:]) if exactness else 0.0, exactness, place)
        if rank[0] > 0 and rank > best:
            best, chosen = rank, form
    return chosen


def _exactness(kind: str, media_type: str) -> int:
    """3 for the type itself, 2 for `text/*`, 1 for `*/*`, 0 for another."""
    if kind == media_type:
        return 3
    if kind == f"{media_type.partition('/')[0]}/*":
        return 2
    return 1 if kind == "*/*" else 0


def _quality(parameters: Sequence[str]) -> float:
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                return float(parameter[2:])
            except ValueError:
                return 0.0
    return 1.0
