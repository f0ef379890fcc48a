"""Many commands in one request: NDJSON in, an outcome a line out, in the same order.

Lines of one aggregate are decided in their order, others at the same time. It is not a transaction: each
line commits or fails alone.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import to_json
from starlette.types import Send

from backbone.commands import Answer, Order
from backbone.entrances import Entrance, at_least
from backbone.identity import Caller
from backbone.problems import Problem, invalid, problem_of
from backbone.strict_json import loads
from backbone.trace import Trace

LARGEST_BULK = 8 * 1024 * 1024
LARGEST_LINE = 64 * 1024
MOST_LINES = 10_000
AT_ONCE = 64
"""How many aggregates are decided at the same time for one request."""
CHUNK = 32 * 1024

Settle = Callable[[Order], Awaitable[Answer]]
Paced = Callable[[Caller], Awaitable[None]]
"""Waits until a line may be worked at."""


class Line(BaseModel):
    """One command: its id, the aggregate's kind and id (none for what begins one), its name, its body."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    command_id: UUID
    aggregate: Annotated[str, Field(max_length=100)]
    id: UUID | None = None
    command: Annotated[str, Field(max_length=100)]
    if_match: Annotated[int, Field(ge=0, lt=10**9)] | None = None
    body: dict[str, Any] = Field(default_factory=dict)


@dataclass(slots=True)
class _Work:
    """A line on its way: what it orders, or the problem it already is."""

    number: int
    entrance: Entrance | None = None
    order: Order | None = None
    command_id: str | None = None
    problem: Problem | None = None
    outcome: asyncio.Future[bytes] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Bulk:
    """Handles the lines of a request, each at its pace; `settle` handles one order or raises a Problem."""

    def __init__(
        self, service: str, entrances: Sequence[Entrance], settle: Settle, paced: Paced, request_key: bytes
    ) -> None:
        self._service, self._settle, self._paced, self._key = service, settle, paced, request_key
        # A command may begin an aggregate and be asked of one that is there: the id tells which is meant.
        self._entrances = {(e.aggregate.name, e.name, e.begins): e for e in entrances}

    async def __call__(self, caller: Caller, body: bytes, trace: Trace, send: Send) -> None:
        """Answers the request. Raises a Problem before anything was sent, if there are too many lines."""
        if (
            body.count(b"\n", 0, -1) >= MOST_LINES
        ):  # empty ones too: splitting 8 MB of them takes half a second
            raise Problem("too_large", f"at most {MOST_LINES} lines")
        lines = [(number, line) for number, line in enumerate(body.split(b"\n"), 1) if line.strip()]
        works, queues = [], dict[UUID, deque[_Work]]()
        for number, line in lines:
            work = self._read(number, line, caller, trace)
            works.append(work)
            if work.order is not None:
                queues.setdefault(work.order.aggregate_id, deque()).append(work)
            if number % 16 == 0 or len(line) > CHUNK:
                await asyncio.sleep(0)  # others live here too
        waiting = deque(queues.values())
        async with asyncio.TaskGroup() as group:
            for _ in range(min(AT_ONCE, len(waiting))):
                group.create_task(self._drain(caller, waiting, trace))
            await self._answer(caller, works, trace, send)

    async def _drain(self, caller: Caller, waiting: deque[deque[_Work]], trace: Trace) -> None:
        while waiting:
            for work in waiting.popleft():
                work.outcome.set_result(await self._outcome(caller, work, trace))

    async def _answer(self, caller: Caller, works: Sequence[_Work], trace: Trace, send: Send) -> None:
        headers = [(b"content-type", b"application/x-ndjson"), (b"cache-control", b"no-store")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        chunk = bytearray()
        for work in works:
            chunk += await (self._outcome(caller, work, trace) if work.order is None else work.outcome)
            if len(chunk) > CHUNK:
                await send({"type": "http.response.body", "body": bytes(chunk), "more_body": True})
                chunk.clear()
        await send({"type": "http.response.body", "body": bytes(chunk)})

    async def _outcome(self, caller: Caller, work: _Work, trace: Trace) -> bytes:
        members: dict[str, Any] = {"line": work.number}
        await self._paced(caller)
        try:
            if work.problem is not None or work.order is None or work.entrance is None:
                raise work.problem or Problem("line_invalid")
            answer = await self._settle(work.order)
        except Problem as problem:
            if work.command_id is not None:
                members["command_id"] = work.command_id
            members |= problem.members(trace.trace_id)
        else:
            members["status"] = 201 if work.entrance.begins else 200
            members |= work.entrance.told(answer)
            members["at_least"] = at_least(self._service, answer)
            if answer.replayed:
                members["replayed"] = True
        return to_json(members) + b"\n"

    def _read(self, number: int, text: bytes, caller: Caller, trace: Trace) -> _Work:
        work = _Work(number)
        try:
            sent, line = _parsed(text)
            work.command_id = str(line.command_id)
            work.entrance = self._entrance(line)
            body = sent.get("body", {})
            work.order = work.entrance.order(
                caller,
                line.id,
                line.command_id,
                body,
                to_json(body),
                expected=line.if_match,
                trace=trace,
                request_key=self._key,
                at=("body",),
            )
        except Exception as error:  # noqa: BLE001 - a line's own; its neighbours go on
            work.problem = problem_of(error)
        return work

    def _entrance(self, line: Line) -> Entrance:
        begins = line.id is None
        entrance = self._entrances.get((line.aggregate, line.command, begins))
        if entrance is not None:
            return entrance
        if (line.aggregate, line.command, not begins) not in self._entrances:
            raise Problem("command_unknown")
        if begins:
            raise _id_fault("missing", "the aggregate's id is missing")
        raise _id_fault("unexpected", "the id of what begins is made here")


def _parsed(text: bytes) -> tuple[dict[str, Any], Line]:
    if len(text) > LARGEST_LINE:
        raise Problem("too_large", f"at most {LARGEST_LINE} bytes a line")
    sent = loads(text)
    try:
        return sent, Line.model_validate_json(text)
    except ValidationError as error:
        raise invalid("line_invalid", error, sent) from None


def _id_fault(code: str, message: str) -> Problem:
    return Problem("line_invalid", errors=[{"pointer": "/id", "code": code, "message": message}])
