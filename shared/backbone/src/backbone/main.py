"""What `python -m <service>` does: serve, and the one-shot jobs an operator runs beside it.

Every job is declared, with what it is: one that changes anything is an operator's act, done by `acting.py` and nothing
else, so that none can be written that forgets to ask who it is, or to tell the log.
"""

import argparse
import asyncio
import importlib.metadata
import sys
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import partial
from typing import Any, Final
from uuid import UUID

import asyncpg
import structlog
import uvicorn
from pydantic import ValidationError
from starlette.types import ASGIApp

from backbone import ending, jobs, logs
from backbone.acting import Ended, NotActed, acting
from backbone.connections import BoundedConnection
from backbone.database import LIVE, connected
from backbone.deciding import EVERYWHERE
from backbone.fitting import Unfit, misfit
from backbone.health import NotReady
from backbone.migrate import migrate
from backbone.service import Service, running
from backbone.settings import ROLES, Settings, role_of
from backbone.web import application, waiting

log = structlog.get_logger(__name__)


Does = Callable[[Service, Settings, argparse.Namespace], Coroutine[Any, Any, Ended]]
Acts = Callable[[argparse.Namespace], str | None]


def looks(_: argparse.Namespace) -> None:
    """A job that changes nothing."""


def serves(_: argparse.Namespace) -> None:
    """The service itself: what it changes, its doors ask about."""


def prepares(_: argparse.Namespace) -> None:
    """Gives a database the shape of the code that is about to run on it: whoever may install code may do that, before
    there is a log to be told. `migrations.applied` says what was done, and when.
    """


@dataclass(frozen=True, slots=True)
class Job:
    """Something that `python -m <service>` does."""

    name: str
    about: str
    does: Does
    act: Acts
    """The act it is with these arguments, by its code; or `looks`, `serves`, `prepares`."""
    options: Callable[[argparse.ArgumentParser], None] = lambda _: None


def main(service: Service) -> None:
    """Runs what the command line asks for; exits with its code."""
    arguments = parser(service).parse_args()
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
    try:
        sys.exit(ending.run(perform(service, settings, arguments), loop_factory=_loop_factory()))
    except Unfit as reason:
        raise SystemExit(f"{service.name}: {reason}") from None


async def perform(service: Service, settings: Settings, arguments: argparse.Namespace) -> int:
    """Does the job that was asked for; what is an operator's act, as one. Returns its exit code, 2 for nothing done."""
    job: Job = arguments.job
    act = job.act(arguments)
    if act is None:
        return (await job.does(service, settings, arguments)).exit
    try:
        ended = await acting(
            service, settings, act, partial(job.does, service, settings, arguments),
            district=getattr(arguments, "tenant", None) or EVERYWHERE,
        )  # fmt: skip
    except NotActed as refused:
        ended = jobs.not_acted(service, refused, arguments)
    return ended.exit


async def serve(service: Service, settings: Settings, _: argparse.Namespace) -> Ended:
    """Runs until SIGTERM or SIGINT; what was accepted is answered first."""
    if not await _fitting(service, settings):
        return Ended(0)
    async with running(service, settings) as run:
        await run.compared()
        app = application(run, version=importlib.metadata.version(f"chalkline-{service.name}"))
        log.info("serving", host=settings.http_host, port=settings.http_port, roles=list(settings.roles))
        await _server(app, settings).serve()
        log.info("stopping")
    return Ended(0)


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
            http=BoundedConnection,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,  # nobody here asks from where a request came, or under which scheme
            timeout_graceful_shutdown=10,
            timeout_keep_alive=75,
        )
    )


async def migrate_database(service: Service, settings: Settings, _: argparse.Namespace) -> Ended:
    app_role = role_of(settings.database_url)
    owner = await asyncpg.connect(settings.owner_dsn())
    try:
        await migrate(owner, app_role=app_role, package=service.name)
    finally:
        await owner.close()
    return Ended(0)


def parser(service: Service) -> argparse.ArgumentParser:
    found = argparse.ArgumentParser(prog=f"python -m {service.name}", description=f"Chalkline {service.name}")
    jobs_ = found.add_subparsers(required=True, metavar="<job>")
    for job in JOBS:
        own = jobs_.add_parser(job.name, help=job.about, description=job.about)
        own.set_defaults(job=job)
        job.options(own)
    return found


def _serving(options: argparse.ArgumentParser) -> None:
    options.add_argument("--roles", help=f"comma-separated, of {', '.join(ROLES)} (default: all)")


def _json(options: argparse.ArgumentParser) -> None:
    options.add_argument("--json", action="store_true")


def _rebuilding(options: argparse.ArgumentParser) -> None:
    options.add_argument(
        "--compare-only", action="store_true", help="compare with the live tables, change nothing"
    )
    _json(options)


def _recovering(options: argparse.ArgumentParser) -> None:
    which = options.add_mutually_exclusive_group(required=True)
    which.add_argument("--from-stream", action="store_true", help="import what a restored database lost")
    which.add_argument("--from-log", action="store_true", help="accept the loss; begin a new history")
    _json(options)


def _blanking(options: argparse.ArgumentParser) -> None:
    options.add_argument("--tenant", required=True, type=UUID, help="which district, by its id")
    _json(options)


def _searching(options: argparse.ArgumentParser) -> None:
    options.add_argument(
        "--tenant", type=UUID, help="of this district and of what is no district's alone, by its id"
    )
    _json(options)


def _parked(options: argparse.ArgumentParser) -> None:
    options.add_argument("action", choices=("list", "retry"))
    _json(options)


JOBS: Final[tuple[Job, ...]] = (
    Job("serve", "run the service", serve, serves, _serving),
    Job("migrate", "bring the database to this version's shape", migrate_database, prepares),
    Job("rebuild", "derive every projection again and put it in place", jobs.rebuild_projections,
        lambda asked: None if asked.compare_only else "rebuild", _rebuilding),
    Job("verify", "check log, chain, states and stream against each other", jobs.verify_log, looks, _json),
    Job("recover", "decide between log and stream when they differ", jobs.recover_stream,
        lambda asked: "recover_from_log" if asked.from_log else "recover_from_stream", _recovering),
    Job("parked", "show what is parked, or try it again", jobs.parked_events,
        lambda asked: "parked_retry" if asked.action == "retry" else None, _parked),
    Job("rewrite-words", "write private words anew, so that erased ones leave the disk", jobs.rewrite,
        lambda _: "rewrite_words", _json),
    Job("search", "look for the words of standard input in every table and message", jobs.search_words,
        lambda _: "search_words", _searching),
    Job("blank-district", "blank all there is of a district that was closed", jobs.blank_district,
        lambda _: "blank_district", _blanking),
    Job("release-words", "tell words again: erasures that a log lost were asked for again", jobs.release_words,
        lambda _: "release_words", _json),
)  # fmt: skip


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop  # noqa: PLC0415 - not on every platform
    except ImportError:
        return None
    return uvloop.new_event_loop
