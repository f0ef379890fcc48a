"""The doors by which commands and looks come in: pure ASGI, in front of what FastAPI serves.

A table answers which path is which command, so a service with many commands finds one as fast as with few.
"""

from collections.abc import Sequence
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send
from structlog.contextvars import bind_contextvars

from backbone import metrics
from backbone.asked import (
    JSON_TYPES,
    NDJSON_TYPES,
    Reached,
    body_of,
    command_id,
    expected_version,
    headers_of,
    level_reached,
    media_type,
)
from backbone.bulk import LARGEST_BULK, Bulk
from backbone.commands import Answer, Commands, Order
from backbone.deciding import Aggregate
from backbone.entrances import Entrance, aggregate_id_in, at_least, entrances
from backbone.identity import Caller, Identity
from backbone.limits import Limits, known
from backbone.looks import looking, told
from backbone.problems import problem_of
from backbone.responding import respond
from backbone.strict_json import loads

LARGEST = 64 * 1024
"""How many bytes a command may have."""
BULK_PATH = "/v1/commands"
ROUTE, ALLOW, TRACE, INSIDE = "chalkline.route", "chalkline.allow", "chalkline.trace", "chalkline.inside"
"""Keys of an ASGI scope: the route's template, the methods a path takes, the request's trace, and the room it is in
until its answer begins."""


class Doors:
    """`POST /v1/<collection>[/<id>/<command>]`, `POST /v1/commands`, `GET /v1/<collection>/<id>`.

    `request_key` keys the hash that tells one request from another. Every other path goes to `app`.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        service: str,
        commands: Commands,
        identity: Identity,
        request_key: bytes,
        reached: Reached,
        limits: Limits,
    ) -> None:
        self._app = app
        self._service, self._commands, self._identity = service, commands, identity
        self._key, self._reached, self._limits = request_key, reached, limits
        aggregates: Sequence[Aggregate[Any]] = list(commands.aggregates.values())
        self._entrances = {entrance.path: entrance for entrance in entrances(aggregates)}
        self._views = {a.collection: a for a in aggregates if a.view is not None}
        self._bulk = Bulk(service, list(self._entrances.values()), self._line, limits.line, request_key)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith("/v1/"):
            await self._app(scope, receive, send)
            return
        path, method = scope["path"], scope["method"]
        collection, *rest = path[4:].split("/")
        entrance = self._entrances.get(path)
        if entrance is None and len(rest) == 2:
            entrance = self._entrances.get(f"/v1/{collection}/{{id}}/{rest[1]}")
        if entrance is not None and method == "POST":
            scope[ROUTE] = entrance.path
            await self._command(scope, receive, send, entrance, None if entrance.begins else rest[0])
        elif path == BULK_PATH and method == "POST":
            scope[ROUTE] = path
            await self._many(scope, receive, send)
        elif entrance is None and len(rest) == 1 and collection in self._views and method in ("GET", "HEAD"):
            scope[ROUTE] = f"/v1/{collection}/{{id}}"
            await self._look(scope, send, self._views[collection], rest[0])
        else:
            if entrance is not None or path == BULK_PATH:
                scope[ALLOW] = "POST"
            elif len(rest) == 1 and rest[0] and collection in self._views:
                scope[ALLOW] = "GET, HEAD"
            await self._app(scope, receive, send)

    async def settle(self, order: Order, *, patient: bool = False) -> Answer:
        """Handles an order and counts what became of it. Raises a Problem."""
        async with self._limits.at_work(order.actor, patient=patient):
            return await self._settled(order)

    async def _line(self, order: Order) -> Answer:
        return await self.settle(order, patient=True)

    async def _settled(self, order: Order) -> Answer:
        try:
            answer = await self._commands.handle(order)
        except Exception as error:  # noqa: BLE001 - problem_of knows each, and logs what nobody foresaw
            problem = problem_of(error)
            metrics.settled(problem.code)
            raise problem from None
        metrics.settled("repeated" if answer.replayed else "committed")
        return answer

    async def _caller(self, headers: dict[bytes, str]) -> Caller:
        caller = await self._known(headers)
        await self._limits.paced(caller)
        return caller

    async def _known(self, headers: dict[bytes, str]) -> Caller:
        caller = await known(self._identity, self._limits, headers.get(b"authorization"))
        if caller.tenant is not None:
            bind_contextvars(tenant=str(caller.tenant))
        return caller

    async def _command(
        self, scope: Scope, receive: Receive, send: Send, entrance: Entrance, segment: str | None
    ) -> None:
        headers = headers_of(scope)
        caller = await self._caller(headers)
        aggregate_id = None if segment is None else aggregate_id_in(segment)
        key, expected = command_id(headers), expected_version(headers)
        media_type(headers, JSON_TYPES)
        body = await body_of(headers, receive, LARGEST)
        bind_contextvars(correlation_id=str(key))
        order = entrance.order(caller, aggregate_id, key, loads(body), body, expected=expected,
                               trace=scope[TRACE], request_key=self._key)  # fmt: skip
        await level_reached(headers, self._reached, self._limits.waiting(caller))
        answer = await self.settle(order)
        extra = [
            (b"etag", b'"%d"' % answer.version),
            (b"at-least", at_least(self._service, answer).encode()),
        ]
        if entrance.begins:
            extra.append((b"location", f"/v1/{entrance.aggregate.collection}/{answer.aggregate_id}".encode()))
        if answer.replayed:
            extra.append((b"idempotent-replayed", b"true"))
        await respond(send, 201 if entrance.begins else 200, entrance.told(answer), extra)

    async def _many(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = headers_of(scope)
        caller = await self._caller(headers)
        media_type(headers, NDJSON_TYPES)
        async with self._limits.bulk(caller):
            body = await body_of(headers, receive, LARGEST_BULK)
            await level_reached(headers, self._reached, self._limits.waiting(caller))
            await self._bulk(caller, body, scope[TRACE], send)

    async def _look(self, scope: Scope, send: Send, aggregate: Aggregate[Any], segment: str) -> None:
        headers = headers_of(scope)
        caller = await self._known(headers)
        paid = self._limits.look(caller)
        await self._limits.paced(caller, paid)
        aggregate_id = aggregate_id_in(segment)
        await level_reached(headers, self._reached, self._limits.waiting(caller))
        order = looking(caller, aggregate, aggregate_id, scope[TRACE])
        async with self._limits.at_work(caller):
            loaded, facts = await self._commands.look(order)
            assert aggregate.view is not None
            shown = aggregate.view(loaded.state, facts)
            data, named = await told(shown)
            words = await self._commands.ledger.words(order.tenant, aggregate_id) if named else {}
        # A version counts what happened: not for somebody who may know of some of it alone.
        version = None if getattr(shown, "activity_alone", False) else loaded.version
        etag = [] if version is None else [(b"etag", b'"%d"' % version)]
        size = await respond(
            send,
            200,
            {
                "id": str(aggregate_id),
                "aggregate": aggregate.name,
                "version": version,
                "data": data,
                "words": {str(ref): text for ref, text in words.items() if ref in named},
            },
            [
                *etag,
                (b"cache-control", b"private, no-cache"),
                (b"vary", b"Authorization"),
            ],
            bodiless=scope["method"] == "HEAD",
        )
        self._limits.told(caller, size, paid)
