"""What surrounds every request: its trace, its log line, its time, and a problem for whatever goes wrong."""

from collections.abc import Awaitable
from functools import cache
from time import perf_counter

import structlog
from prometheus_client import Histogram
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bind_contextvars, clear_contextvars

from backbone import trace
from backbone.asked import Gone
from backbone.door import ALLOW, INSIDE, ROUTE, TRACE
from backbone.metrics import HTTP_SECONDS
from backbone.problems import Problem, problem_of
from backbone.responding import respond_problem

log = structlog.get_logger("http")

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
QUIET = frozenset({"/healthz", "/readyz", "/metrics"})
"""Asked every few seconds by machines: not worth a line each."""
UNKNOWN = "unknown"
STATUS = "chalkline.status"
"""Key of an ASGI scope: the status that was answered, 0 until then."""


class Front:
    """Pure ASGI, outside everything else of the application."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = Answered(app)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = perf_counter()
        here = trace.trace_from(_traceparent(scope))
        scope[TRACE] = here
        clear_contextvars()
        bind_contextvars(trace_id=here.trace_id)
        scope[STATUS] = 0

        def watched(message: Message) -> Awaitable[None]:
            if message["type"] == "http.response.start":
                scope[STATUS] = message["status"]
                _left(scope)
            return send(message)

        try:
            await self._app(scope, receive, watched)
        except Gone:
            scope[STATUS] = 499
        finally:
            _left(scope)
            _finish(scope, scope[STATUS], perf_counter() - began)


class Answered:
    """Pure ASGI: whatever goes wrong inside is answered with a problem.

    In FastAPI once more: what reaches FastAPI's own outermost layer is answered there, in plain text.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._app(scope, receive, send)
        except Gone:
            raise
        except Exception as error:
            if scope["type"] != "http":
                raise
            if scope[STATUS]:
                # Half an answer is out: only the broken connection can say so. The server logs it.
                raise
            problem = problem_of(error)
            bodiless = scope["method"] == "HEAD"
            await respond_problem(send, problem, scope[TRACE].trace_id, bodiless=bodiless)


def http_problem(scope: Scope, error: HTTPException) -> Problem:
    """What FastAPI's own refusals (no such route, no such method) are called here."""
    allow = [*scope.get(ALLOW, "").split(", "), *(error.headers or {}).get("Allow", "").split(", ")]
    allowed = ", ".join(sorted({method for method in allow if method}))
    if allowed and error.status_code in (404, 405):
        return Problem("method_not_allowed", headers={"Allow": allowed})
    code = {404: "not_found", 405: "method_not_allowed", 413: "too_large", 415: "content_type"}
    return Problem(code.get(error.status_code, "request_invalid"))


def _left(scope: Scope) -> None:
    """The room a read was in is free when its answer begins: how long somebody takes to receive it holds up nobody."""
    if (inside := scope.pop(INSIDE, None)) is not None:
        inside.leave()


def _traceparent(scope: Scope) -> str | None:
    for name, value in scope["headers"]:
        if name == b"traceparent":
            return str(value, "latin-1")
    return None


def _finish(scope: Scope, status: int, seconds: float) -> None:
    method = scope["method"] if scope["method"] in METHODS else UNKNOWN
    route = scope.get(ROUTE) or getattr(scope.get("route"), "path_format", None) or UNKNOWN
    if scope["path"] in QUIET:
        route = scope["path"]
    _timer(method, route, status).observe(seconds)
    if route not in QUIET:
        log.info("request", method=method, route=route, status=status, ms=round(seconds * 1000, 2))


@cache
def _timer(method: str, route: str, status: int) -> Histogram:
    return HTTP_SECONDS.labels(method, route, str(status))
