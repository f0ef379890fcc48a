"""What `python -m <service>` does: serve, and the one-shot jobs an operator runs beside it."""

import argparse
import asyncio
import importlib.metadata
import sys
from collections.abc import Callable, Coroutine
from typing import Any

import asyncpg
import structlog
import uvicorn
from pydantic import ValidationError
from starlette.types import ASGIApp

from backbone import ending, jobs, logs
from backbone.database import LIVE, connected
from backbone.fitting import Unfit, misfit
from backbone.health import NotReady
from backbone.migrate import migrate
from backbone.service import Service, running
from backbone.settings import ROLES, Settings
from backbone.web import application, waiting

log = structlog.get_logger(__name__)


def main(service: Service) -> None:
    """Runs what the command line asks for; exits with its code."""
    arguments = _parser(service).parse_args()
    try:
        settings = Settings()
    except ValidationError as error:
        missing = [f"CHALKLINE_{str(e['loc'][0]).upper()}: {e['msg']}" for e in error.errors() if e["loc"]]
        others = [str(e["msg"]) for e in error.errors() if not e["loc"]]
        raise SystemExit("\n".join([f"{service.name} cannot start:", *missing, *others])) from None
    if getattr(arguments, "roles", None):
        settings = settings.model_copy(update={"roles": tuple(arguments.roles.split(","))})
        if unknown := set(settings.roles) - set(ROLES):
            raise SystemExit(f"no such role: {', '.join(sorted(unknown))}; there are {', '.join(ROLES)}")
    logs.configure(service.name, level=settings.log_level, form=settings.log_format)
    job: Callable[[Service, Settings, argparse.Namespace], Coroutine[Any, Any, int]] = arguments.job
    try:
        sys.exit(ending.run(job(service, settings, arguments), loop_factory=_loop_factory()))
    except Unfit as reason:
        raise SystemExit(f"{service.name}: {reason}") from None


async def serve(service: Service, settings: Settings, _: argparse.Namespace) -> int:
    """Runs until SIGTERM or SIGINT; what was accepted is answered first."""
    if not await _fitting(service, settings):
        return 0
    async with running(service, settings) as run:
        await run.compared()
        app = application(run, version=importlib.metadata.version(f"chalkline-{service.name}"))
        log.info("serving", host=settings.http_host, port=settings.http_port, roles=list(settings.roles))
        await _server(app, settings).serve()
        log.info("stopping")
    return 0


async def _fitting(service: Service, settings: Settings) -> bool:
    """Waits until the database has this version's shape, alive and not ready meanwhile; False: it was stopped first."""
    async with connected(settings.app_dsn(), search_path=LIVE, name=service.name, size=1) as pool:
        if (reason := await misfit(pool, service.name)) is None:
            return True
        log.error("database_unfit", reason=reason)

        async def tables() -> None:
            if told := await misfit(pool, service.name):
                raise NotReady(told)

        server = _server(waiting(service.name, tables), settings)
        serving = asyncio.create_task(server.serve())
        while not serving.done() and await misfit(pool, service.name):
            await asyncio.wait([serving], timeout=1.0)
        stopped, server.should_exit = serving.done(), True
        await serving
        return not stopped


def _server(app: ASGIApp, settings: Settings) -> uvicorn.Server:
    return uvicorn.Server(
        uvicorn.Config(
            app,
            host=settings.http_host,
            port=settings.http_port,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,  # nobody here asks from where a request came, or under which scheme
            timeout_graceful_shutdown=10,
            timeout_keep_alive=75,
        )
    )


async def migrate_database(service: Service, settings: Settings, _: argparse.Namespace) -> int:
    app_role = jobs.role_of(settings.database_url)
    owner = await asyncpg.connect(settings.owner_dsn())
    try:
        await migrate(owner, app_role=app_role, package=service.name)
    finally:
        await owner.close()
    return 0


def _parser(service: Service) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=f"python -m {service.name}", description=f"Chalkline {service.name}"
    )
    jobs_ = parser.add_subparsers(required=True, metavar="<job>")

    def add(name: str, job: Any, about: str) -> argparse.ArgumentParser:
        found = jobs_.add_parser(name, help=about, description=about)
        found.set_defaults(job=job)
        return found

    add("serve", serve, "run the service").add_argument(
        "--roles", help=f"comma-separated, of {', '.join(ROLES)} (default: all)"
    )
    add("migrate", migrate_database, "bring the database to this version's shape")
    job = add("rebuild", jobs.rebuild_projections, "derive every projection again and put it in place")
    job.add_argument(
        "--compare-only", action="store_true", help="compare with the live tables, change nothing"
    )
    job.add_argument("--json", action="store_true")
    add("verify", jobs.verify_log, "check log, chain, states and stream against each other").add_argument(
        "--json", action="store_true"
    )
    job = add("recover", jobs.recover_stream, "decide between log and stream when they differ")
    which = job.add_mutually_exclusive_group(required=True)
    which.add_argument("--from-stream", action="store_true", help="import what a restored database lost")
    which.add_argument("--from-log", action="store_true", help="accept the loss; begin a new history")
    job.add_argument("--json", action="store_true")
    job = add("parked", jobs.parked_events, "show what is parked, or try it again")
    job.add_argument("action", choices=("list", "retry"))
    job.add_argument("--json", action="store_true")
    for name, asked, about in (
        ("rewrite-words", jobs.rewrite, "write private words anew, so that erased ones leave the disk"),
        ("search", jobs.search_words, "look for the words of standard input in every table and message"),
        (
            "release-words",
            jobs.release_words,
            "tell words again: erasures that a log lost were asked for again",
        ),
    ):
        add(name, asked, about).add_argument("--json", action="store_true")
    return parser


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop  # noqa: PLC0415 - not on every platform
    except ImportError:
        return None
    return uvloop.new_event_loop
