"""A service's application: doors, looks, reads of its own, health and documents, behind one front."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Annotated, Any

from chalkline_contracts.event import Event
from fastapi import APIRouter, Depends, FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from backbone.asked import Reached, headers_of, level_reached
from backbone.asyncapi import asyncapi_document
from backbone.commands import Commands
from backbone.deciding import EVERYWHERE, Actor
from backbone.door import INSIDE, TRACE, Doors
from backbone.exports import PAID, rows_asked
from backbone.front import Answered, Front, http_problem
from backbone.health import Check, Progress, health_routes
from backbone.identity import Caller, Identity
from backbone.limits import Limits, known
from backbone.openapi import openapi_document
from backbone.problems import MEDIA_TYPE, Problem, invalid_request

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[Any]]


def create_app(
    service: str,
    *,
    version: str,
    description: str,
    commands: Commands,
    identity: Identity,
    request_key: bytes,
    reached: Reached,
    limits: Limits,
    checks: Mapping[str, Check],
    progress: Progress,
    publishes: Sequence[type[Event]],
    subscribes: Sequence[type[Event]] = (),
    routes: Sequence[APIRouter | BaseRoute] = (),
    lifespan: Lifespan | None = None,
) -> ASGIApp:
    """Wires a service's HTTP side together.

    `routes` are the service's lists and other reads, FastAPI's (the actor by `Reader`) or Starlette's (by
    `reader(request)`). `reached` waits for what At-Least names.
    `publishes` and `subscribes` are the contracts that AsyncAPI speaks of.
    """
    app = FastAPI(
        title=f"Chalkline {service}",
        version=version,
        description=description,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
    )
    app.state.identity, app.state.reached, app.state.limits = identity, reached, limits
    for route in routes:
        if isinstance(route, APIRouter):
            app.include_router(route)
        else:
            app.router.routes.append(route)
    openapi = openapi_document(app, service, commands.aggregates.values())
    asyncapi = asyncapi_document(service, version, description, publishes, subscribes)
    app.openapi = lambda: openapi  # type: ignore[method-assign]
    index = {
        "service": service,
        "version": version,
        "description": description,
        "openapi": "/openapi.json",
        "asyncapi": "/asyncapi.json",
        "health": "/healthz",
        "ready": "/readyz",
        "metrics": "/metrics",
    }
    app.router.routes += [
        *health_routes(service, checks, progress),
        Route("/", _document(index)),
        Route("/openapi.json", _document(openapi)),
        Route("/asyncapi.json", _document(asyncapi)),
    ]
    app.add_exception_handler(HTTPException, _http_refused)
    app.add_exception_handler(RequestValidationError, _request_invalid)
    app.add_middleware(Answered)
    doors = Doors(
        app, service=service, commands=commands, identity=identity, request_key=request_key, reached=reached,
        limits=limits,
    )  # fmt: skip
    return Front(doors)


async def reader(request: Request) -> Actor:
    """Who reads. Waits for their turn, and for At-Least, if it is asked. Raises a Problem."""
    return await _in_turn(request, Caller.actor)


async def reader_anywhere(request: Request) -> Actor:
    """The same where operators of no district read too: their tenant is EVERYWHERE."""
    return await _in_turn(request, _anywhere)


def _anywhere(caller: Caller) -> Actor:
    return caller.actor(EVERYWHERE if caller.kind == "operator" and caller.tenant is None else None)


async def _in_turn(request: Request, actor_of: Callable[[Caller], Actor]) -> Actor:
    headers = headers_of(request.scope)
    limits: Limits = request.app.state.limits
    actor = actor_of(await known(request.app.state.identity, limits, headers.get(b"authorization")))
    rows, whole = rows_asked(request)
    paid = request.scope[PAID] = limits.look(actor) if rows is None else rows
    await limits.paced(actor, 0 if whole else paid)
    if whole:
        await limits.line(actor, paid)
    await level_reached(headers, request.app.state.reached, limits.waiting(actor))
    request.scope[INSIDE] = await limits.at_work(actor).__aenter__()  # left when the answer begins
    return actor


Reader = Annotated[Actor, Depends(reader)]
"""`async def caseload(by: Reader) -> ...`"""
ReaderAnywhere = Annotated[Actor, Depends(reader_anywhere)]


def problem_response(request: Request, problem: Problem) -> Response:
    trace_id = request.scope[TRACE].trace_id
    return Response(problem.body(trace_id), problem.status, problem.headers, MEDIA_TYPE)


async def _http_refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    await request.app.state.limits.stranger()  # nobody asked who it is
    return problem_response(request, http_problem(request.scope, error))


async def _request_invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return problem_response(request, invalid_request(error.errors()))


def _document(document: dict[str, Any]) -> Callable[[Request], Any]:
    rendered = JSONResponse(document).body

    async def serve(_: Request) -> Response:
        return Response(rendered, media_type="application/json")

    return serve
