"""The door for rosters: a bundle comes in as a stream, and what became of it goes out as one.

Whatever can be known before the first command is answered as a problem. After that the answer is NDJSON: how
far it is, every row that was not taken, and at the end what was done, or the problem that stopped it.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import IO, Annotated, Any, Final
from uuid import uuid4

from backbone.application import Reader
from backbone.asked import Gone
from backbone.deciding import Actor
from backbone.door import TRACE
from backbone.lists import Flag, no_parameter_twice
from backbone.problems import Problem, problem_of
from backbone.service import Running
from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict
from pydantic_core import to_json
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect
from starlette.responses import StreamingResponse

from directory.roster import bundle, mapping
from directory.roster.importing import Import, Imports, authorised

PATH: Final = "/v1/roster-imports"
LARGEST_BODY: Final = bundle.LARGEST + mapping.LARGEST + 64 * 1024
EVERY_S: Final = 0.5
"""How often it is told how far an import is: often enough for whatever closes idle connections."""
LINES: Final = 500
NDJSON: Final = "application/x-ndjson"


class Options(BaseModel):
    """Unknown parameters are refused."""

    model_config = ConfigDict(extra="forbid")

    dry_run: Flag = False
    """Whether to tell only what would be done."""
    allow_removals: Flag = False
    """Whether more than 10 % of a roster's people may be deactivated."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What came in: a bundle, unlinked as soon as it was opened, and a mapping file."""

    bundle: IO[bytes]
    mapping: bytes | None


DESCRIBED: Final[dict[str, Any]] = {
    "response_class": StreamingResponse,
    "responses": {
        200: {
            "description": "What became of it, line by line: `progress`, `change` (of a dry run), `row`, and at "
            "the end `done` or `problem`",
            "content": {NDJSON: {"schema": {"type": "string"}}},
        },
        **{status: {"$ref": f"#/components/responses/Problem{status}"} for status in (409, 413, 415)},
    },
    "openapi_extra": {
        "requestBody": {
            "required": True,
            "content": {
                "multipart/form-data": {
                    "schema": {
                        "type": "object",
                        "required": ["bundle"],
                        "properties": {
                            "bundle": {
                                "type": "string",
                                "format": "binary",
                                "description": "A OneRoster zip",
                            },
                            "mapping": {"type": "string", "format": "binary", "description": "A YAML file"},
                        },
                        "additionalProperties": False,
                    }
                }
            },
        }
    },
}


def routes(run: Running) -> APIRouter:
    router = APIRouter(tags=["Roster"], generate_unique_id_function=lambda route: route.name)
    imports = Imports(run)
    under_way: set[asyncio.Task[None]] = set()

    @router.post(PATH, summary="Import a district's roster, OneRoster 1.1 or 1.2 CSV", **DESCRIBED)
    async def import_roster(
        request: Request, by: Reader, options: Annotated[Options, Query()]
    ) -> StreamingResponse:
        """For the district's administrators and its operators. Sent again, it goes on where it was cut off; what is
        done already is no event. Who goes away while it runs does not stop it.
        """
        no_parameter_twice(request)  # dry_run=true&dry_run=false
        await authorised(run, by)
        told: asyncio.Queue[bytes | None] = asyncio.Queue()
        ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        sent = await _sent(request)
        work = _work(imports, by, sent, options, request, told, ready)
        task = asyncio.create_task(work)
        under_way.add(task)
        task.add_done_callback(under_way.discard)
        await ready  # a problem before the first command is the answer
        return StreamingResponse(_told(told), media_type=NDJSON, headers={"Cache-Control": "no-store"})

    return router


async def _work(
    imports: Imports,
    by: Actor,
    sent: Sent,
    options: Options,
    request: Request,
    told: asyncio.Queue[bytes | None],
    ready: asyncio.Future[None],
) -> None:
    """The import itself. It does not depend on anybody listening."""
    trace = request.scope[TRACE]
    try:
        async with AsyncExitStack() as stack:
            stack.callback(sent.bundle.close)
            turn = await stack.enter_async_context(imports.turn(by.tenant))
            one = await imports.prepare(
                by, sent.bundle, sent.mapping, allow_removals=options.allow_removals or options.dry_run
            )
            sent.bundle.close()
            if not ready.cancelled():
                ready.set_result(None)
            if options.dry_run:
                for lines in _batches(_changes(one)):
                    told.put_nowait(lines)
                    await asyncio.sleep(0)
            else:
                watching = asyncio.create_task(_progress(one, told))
                try:
                    await imports.carry_out(one, turn, uuid4(), trace.traceparent)
                finally:
                    watching.cancel()
            for lines in _batches({"row": finding.told()} for finding in one.findings):
                told.put_nowait(lines)
                await asyncio.sleep(0)
            done = {"dry_run": options.dry_run, **one.summary()}
            if options.dry_run:
                done["needs_allow_removals"] = one.plan.removes_too_many
            told.put_nowait(to_json({"done": done}) + b"\n")
    except asyncio.CancelledError:
        ready.cancel()
        raise
    except Exception as error:  # noqa: BLE001 - whoever listens is told, in one way or the other
        problem = problem_of(error)
        if not ready.done():
            ready.set_exception(_alone(problem))
        else:
            told.put_nowait(to_json({"problem": problem.members(trace.trace_id)}) + b"\n")
    finally:
        told.put_nowait(None)


def _alone(problem: Problem) -> Problem:
    """A problem without its history, whose frames would keep a whole roster in memory until garbage is collected."""
    problem.__cause__ = problem.__context__ = None
    return problem.with_traceback(None)


async def _told(told: asyncio.Queue[bytes | None]) -> AsyncIterator[bytes]:
    while (lines := await told.get()) is not None:
        yield lines


async def _progress(one: Import, told: asyncio.Queue[bytes | None]) -> None:
    while True:
        told.put_nowait(to_json({"progress": {"done": one.done, "of": one.of}}) + b"\n")
        await asyncio.sleep(EVERY_S)


def _changes(one: Import) -> Iterator[dict[str, Any]]:
    """What would be done, told to nobody but who asked."""
    plan = one.plan
    for kind, steps in (("org", (*plan.orgs, *plan.closing)), ("person", (*plan.people, *plan.leaving))):
        for step in steps:
            yield {
                "change": {
                    "action": step.action,
                    "kind": kind,
                    "id": str(step.id),
                    "sourced_id": step.sourced_id,
                }
            }
    for evaluators in plan.evaluators:
        yield {
            "change": {
                "action": "change",
                "kind": "evaluators",
                "id": str(evaluators.id),
                "sourced_id": evaluators.sourced_id,
            }
        }


def _batches(lines: Iterator[dict[str, Any]] | Any) -> Iterator[bytes]:
    """Many lines at once: a report may have very many."""
    batch: list[bytes] = []
    for line in lines:
        batch.append(to_json(line) + b"\n")
        if len(batch) == LINES:
            yield b"".join(batch)
            batch.clear()
    yield b"".join(batch)


async def _sent(request: Request) -> Sent:
    """Takes the body apart as it comes; a large bundle goes to a file that has no name. Raises a Problem."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "multipart/form-data":
        raise Problem("content_type", "send multipart/form-data with the part bundle")
    parser = MultiPartParser(request.headers, _limited(request), max_files=2, max_fields=2)
    try:
        form = await parser.parse()
    except (MultiPartException, UnicodeError) as error:  # a charset of one's own may break anything
        raise Problem("request_invalid", "the body is no multipart form of at most two files") from error
    except KeyError:
        raise Problem("content_type", "say the boundary of the parts") from None
    except ClientDisconnect:
        raise Gone from None
    parts = form.multi_items()
    if {name for name, _ in parts} - {"bundle", "mapping"} or len({name for name, _ in parts}) < len(parts):
        await form.close()
        raise Problem("request_invalid", "the parts are bundle and mapping, each once")
    packed, told = form.get("bundle"), form.get("mapping")
    if not isinstance(packed, UploadFile):
        await form.close()
        raise Problem("request_invalid", "the part bundle, a file, is missing")
    if isinstance(told, UploadFile):
        content = await told.read(mapping.LARGEST + 1)
        await told.close()
        return Sent(packed.file, content)
    return Sent(packed.file, None if told is None else told.encode(errors="replace"))


async def _limited(request: Request) -> AsyncGenerator[bytes, None]:
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > LARGEST_BODY:
            raise Problem("too_large", f"a bundle has at most {bundle.LARGEST // 1_000_000} MB")
        yield part
