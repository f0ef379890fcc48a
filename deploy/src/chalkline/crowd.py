"""Many people acting at once over HTTP: each their own requests, many commands in one.

A command that is answered with `not now` is sent again, with the id it had: what happened happens once, and
a service that was killed half-way through is only waited for.
"""

import asyncio
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx

from chalkline.coaching import MOST_LEVELS, NOT_NOW, PATIENCE, Coaching, Json, Persona, trust
from chalkline.problem import Problem

AT_ONCE = 24
"""How many people act at the same time."""
MOST_LINES = 200
"""How many commands go into one request."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A command somebody has for a service."""

    who: Persona
    service: str
    command_id: UUID
    aggregate: str
    command: str
    body: Mapping[str, Any]
    id: str | None = None
    """Of which aggregate; None: it begins one."""
    after: Mapping[str, int] = field(default_factory=dict)
    """Of what it speaks of and another service began a moment ago: how far, by service and partition (`goals:12`)."""

    @property
    def line(self) -> Json:
        of = {"id": self.id} if self.id else {}
        named = {"command_id": str(self.command_id), "aggregate": self.aggregate, "command": self.command}
        return {**named, **of, "body": self.body}


async def all_of(client: Coaching, wishes: Sequence[Wish]) -> dict[UUID, Json]:
    """Everybody's commands, one person's for one service in their order; the answer to each, by its id.

    Raises Problem when one is refused, or not answered in time.
    """
    requests: dict[tuple[str, str], list[Wish]] = {}
    for wish in wishes:
        requests.setdefault((wish.who.id, wish.service), []).append(wish)
    settled: dict[UUID, Json] = {}
    waiting = list(reversed(requests.values()))

    async def drain() -> None:
        # A client each: a pool that all share is looked through at every request.
        async with httpx.AsyncClient(trust_env=False, verify=trust()) as http:
            while waiting:
                for some, levels in cut(waiting.pop()):
                    settled.update(await _settled(client, http, some, levels))

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(min(AT_ONCE, len(waiting))):
                group.create_task(drain())
    except BaseExceptionGroup as raised:
        raise _first(raised) from None
    client.commands += len(wishes)
    return settled


def cut(wishes: Sequence[Wish]) -> Iterator[tuple[list[Wish], Mapping[str, int]]]:
    """Requests of no more lines, and no more levels to hand back, than one takes."""
    some: list[Wish] = []
    levels: Mapping[str, int] = {}
    for wish in wishes:
        both = {of: max(levels.get(of, 0), wish.after.get(of, 0)) for of in levels.keys() | wish.after.keys()}
        if some and (len(some) == MOST_LINES or len(both) > MOST_LEVELS):
            yield some, levels
            some, both = [], dict(wish.after)
        some, levels = [*some, wish], both
    yield some, levels


async def _settled(
    client: Coaching, http: httpx.AsyncClient, wishes: Sequence[Wish], levels: Mapping[str, int]
) -> dict[UUID, Json]:
    """One request, and again what was not answered for good."""
    settled: dict[UUID, Json] = {}
    deadline = time.monotonic() + PATIENCE
    while wishes:
        lines = [wish.line for wish in wishes]
        answers = await client.sends(wishes[0].who, wishes[0].service, lines, http, levels)
        again, held = list[Wish](), set[str | None]()
        for wish, answer in zip(wishes, answers, strict=True):
            if "events" in answer:
                settled[wish.command_id] = answer
            elif _not_now(answer) or wish.id in held:
                # What comes after one that waits may have been refused only because of that.
                again.append(wish)
                held |= {wish.id} - {None}
            else:
                raise _refused(wish, answer)
            if again and time.monotonic() > deadline:
                raise _refused(again[0], answer)
        if again:
            client.sent_again()
            await asyncio.sleep(0.2)
        wishes = again
    return settled


def _not_now(answer: Json) -> bool:
    return int(answer["status"]) in NOT_NOW


def _refused(wish: Wish, answer: Json) -> Problem:
    more = answer.get("details") or answer.get("errors") or answer.get("detail") or ""
    told = f"{answer.get('status')} {answer.get('code')} {more}".strip()
    return Problem(f"{wish.command} by {wish.who.name} was answered {told}")


def _first(raised: BaseException) -> BaseException:
    while isinstance(raised, BaseExceptionGroup):
        raised = raised.exceptions[0]
    return raised
