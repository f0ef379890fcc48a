"""Whether the process lives, whether it can do its work, and what it counts."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any

import structlog
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

log = structlog.get_logger(__name__)

PATIENCE = 3.0
"""Seconds a check may take."""


class NotReady(Exception):
    """Why this service should not be asked now, in words an operator may read."""


Check = Callable[[], Awaitable[None]]
"""Returns when all is well; raises NotReady with the reason, or anything else without one."""
Progress = Callable[[], Awaitable[Mapping[str, Any]]]
"""`position`, `relay`, `projector`, `parked`: how far everything has come."""


def health_routes(service: str, checks: Mapping[str, Check], progress: Progress) -> list[Route]:
    """`/healthz`, `/readyz` and `/metrics`; none of them asks who you are, none tells what was written."""

    async def healthz(_: Request) -> Response:
        return JSONResponse({"status": "alive", "service": service})

    async def readyz(_: Request) -> Response:
        names = list(checks)
        results = dict(zip(names, await asyncio.gather(*(_run(n, checks[n]) for n in names)), strict=True))
        ready = all(result == "ok" for result in results.values())
        try:
            stands = dict(await asyncio.wait_for(progress(), PATIENCE))
        except Exception as error:  # noqa: BLE001 - a service that cannot say is not ready
            log.warning("progress_unknown", error=type(error).__name__)
            ready, stands = False, {}
        body = {
            "status": "ready" if ready else "not_ready",
            "service": service,
            "pid": os.getpid(),
            "position": None,
            "relay": {},
            "projector": {},
            "parked": None,
            **stands,
            "checks": results,
        }
        return JSONResponse(body, status_code=200 if ready else 503)

    async def metrics(_: Request) -> Response:
        with suppress(Exception):  # the gauges of how far everything has come stay as they last were
            await asyncio.wait_for(progress(), PATIENCE)
        return Response(generate_latest(), headers={"content-type": CONTENT_TYPE_LATEST})

    return [Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", metrics)]


async def _run(name: str, check: Check) -> str:
    try:
        await asyncio.wait_for(check(), PATIENCE)
    except NotReady as reason:
        return str(reason)
    except TimeoutError:
        return "no answer in time"
    except Exception as error:  # noqa: BLE001 - whatever it is, this service is not ready
        log.warning("check_failed", check=name, error=type(error).__name__)
        return type(error).__name__
    return "ok"
