"""The HTTP side of a running service: doors, lists, health, and a tenant's clock."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp

from backbone import audit
from backbone.application import Reader, create_app
from backbone.deciding import Unseen
from backbone.fitting import misfit
from backbone.front import Front
from backbone.health import Check, NotReady, health_routes
from backbone.identity import Identity
from backbone.keys import Keys
from backbone.limits import Limits
from backbone.metrics import HEAD, PARKED, POLICY_LAG, PROJECTOR_LAG, RELAY_LAG, TIMERS_DUE
from backbone.queries import Queries
from backbone.reading import LEVEL_FOR
from backbone.service import Running
from backbone.wire import rfc3339

sql = Queries("backbone", "sql/queries")


def application(run: Running, *, version: str) -> ASGIApp:
    """The ASGI application of a running service. In a process without the door role only health answers."""
    service, settings = run.service, run.settings
    if "door" not in settings.roles:
        return Front(Starlette(routes=health_routes(service.name, _checks(run), lambda: _progress(run))))
    handled = [p.handles for p in service.all_projections] + [p.handles for p in service.policies]
    watched = dict.fromkeys(event for events in handled for event in events if event.service in service.reads)
    return create_app(
        service.name,
        version=version,
        description=(import_module(service.name).__doc__ or "").strip(),
        commands=run.commands,
        identity=Identity(
            Keys(settings.jwks), issuer=settings.issuer, audience=settings.audience, closed=run.closed
        ),
        request_key=settings.chain,
        reached=run.reached,
        limits=Limits(rate=settings.rate_limit, at_once=settings.at_once),
        checks=_checks(run),
        progress=lambda: _progress(run),
        publishes=[event for aggregate in service.aggregates for event in aggregate.events],
        subscribes=list(watched),
        routes=[_clock(run), audit.routes(run), *service.routes(run)],
    )


def waiting(service: str, fits: Check) -> ASGIApp:
    """Of a process whose database is another version's: it lives, and is not ready."""

    async def nothing() -> Mapping[str, Any]:
        return {}

    return Front(Starlette(routes=health_routes(service, {"tables": fits}, nothing)))


def _checks(run: Running) -> Mapping[str, Check]:
    async def database() -> None:
        await run.pool.fetchval("SELECT 1")

    async def broker() -> None:
        if not run.nats.is_connected:
            raise NotReady("disconnected")

    async def relay() -> None:
        if run.relay is not None and not run.relay.ready:
            raise NotReady(run.relay.reason or run.relay.trouble or run.relay.state)

    async def projector() -> None:
        behind = [s for s in run.service.sources if not run.progress.keeps_up(s) and run.progress.lag(s)]
        if behind:
            raise NotReady(f"{', '.join(behind)} not level for {LEVEL_FOR:.0f} s")

    async def tables() -> None:
        if reason := await misfit(run.pool, run.service.name):
            raise NotReady(reason)

    checks = {"database": database, "tables": tables, "broker": broker, "relay": relay}
    return {**checks, "projector": projector} if "projector" in run.settings.roles else checks


async def _progress(run: Running) -> Mapping[str, Any]:
    position = await run.pool.fetchval(sql.head_position)
    run.progress.head(run.service.name, position)
    HEAD.set(position)
    lags = {source: run.progress.lag(source) for source in run.service.sources}
    parked = await run.pool.fetchval(sql.parked_count)
    for source, lag in lags.items():
        PROJECTOR_LAG.labels(source).set(lag)
    for runner in run.policies:
        runner.progress.head(runner.source, run.progress.seen(runner.source))
        POLICY_LAG.labels(runner.source).set(runner.progress.lag(runner.source))
    PARKED.set(parked)
    if run.relay is not None:
        RELAY_LAG.set(run.relay.lag)
    if run.timers is not None:
        TIMERS_DUE.set(run.timers.waiting)
    return {
        "position": position,
        "relay": {"lag": run.relay.lag, "state": run.relay.state} if run.relay else {},
        "projector": {"lag": lags, "partitions": len(run.partitions.held.numbers)} if run.partitions else {},
        "parked": parked,
        **({"clocks": {"waits_for": run.moved_clocks.waits_for}} if run.moved_clocks else {}),
        **{errand.name: dict(await errand.told()) for errand in run.errands},
    }


def _clock(run: Running) -> APIRouter:
    router = APIRouter()

    @router.get("/v1/clock/{tenant}", summary="A district's time here, and what it still has to do")
    async def clock(tenant: UUID, by: Reader) -> Response:
        """`now`: the district's time as this service knows it; `due`: timers and errands (mails) it should have
        done by then, and a sandbox's clock that moved and that they do not go by yet; `queued`: events it has yet
        to copy, project or react to; `position`: the head of its log; `read`: the position in each source up to
        which it has done so. What a source has committed and not yet published is in nobody's queue: who must be
        sure compares `read` with the source's `position`.
        """
        if by.tenant != tenant:
            raise Unseen
        return JSONResponse(
            {
                "now": rfc3339(await run.clock.now(tenant)),
                "queued": await run.queued(),
                "due": await run.due(tenant),
                "position": await run.pool.fetchval(sql.head_position),
                "read": await run.read(),
            }
        )

    return router
