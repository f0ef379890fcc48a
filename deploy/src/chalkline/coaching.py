"""Acting as somebody over HTTP, the way any client should.

Every command carries an Idempotency-Key and is sent again, with the same key, until it is answered: a service
that is being started again answers a little later, and what had happened already happens once. Every answer's
At-Least is handed back with the next request, so that everybody sees what was done before.
"""

import asyncio
import json
import ssl
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID, uuid5

import httpx

from chalkline import issuer
from chalkline.issuer import Bearer
from chalkline.problem import Problem
from chalkline.services import Service
from chalkline.state import SERVICES, State, read_json

PATIENCE = 60.0
"""Seconds a request is tried again for: longer than the supervisor needs to start a part anew."""
NOT_NOW = frozenset({httpx.codes.SERVICE_UNAVAILABLE, httpx.codes.TOO_MANY_REQUESTS})
"""What is answered otherwise a little later."""
MOST_LEVELS = 16
"""How many positions one At-Least may name."""
COMMANDED = {
    "districts": "directory", "orgs": "directory", "people": "directory",
    "partnerships": "goals", "cycles": "goals", "goals": "goals", "model-templates": "goals",
    "action-steps": "goals", "initiatives": "goals",
    "instruments": "observations", "observations": "observations", "activities": "observations",
    "reflections": "observations",
    "notifications": "notifications", "inbox": "notifications", "milestone-rules": "notifications",
}  # fmt: skip
"""Which service answers for a collection."""

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Persona:
    """Somebody of a district, by whose token one acts."""

    name: str
    """As a person calls them: Maya."""
    id: str
    role: str


OPERATOR = Persona("the operator", "operator", "operator")


@dataclass(slots=True)
class Coaching:
    """A client of one platform. Command ids are made from `seed` and the step, so a step happens once."""

    state: State
    seed: UUID
    http: httpx.AsyncClient
    urls: Mapping[str, str]
    tenant: UUID | None = None
    again: int = 0
    """How many requests had to be sent again."""
    commands: int = 0
    _levels: OrderedDict[tuple[str, str], int] = field(default_factory=OrderedDict)
    _tokens: dict[str, str] = field(default_factory=dict)

    async def begins(self, who: Persona, path: str, step: str, **body: Any) -> str:
        """Begins an aggregate (`goals`, or `observations/record-observation`); its id."""
        answer = await self._command(who, path, step, body)
        return str(answer["id"])

    async def does(self, who: Persona, path: str, *, time: int = 1, **body: Any) -> Json:
        """A command on one that exists: `goals/<id>/agree-goal`. The step is all that is said, and which time."""
        again = f" {time}" if time > 1 else ""
        return await self._command(who, path, f"{who.id} {path} {body}{again}", body)

    async def sends(
        self,
        who: Persona,
        service: str,
        lines: Sequence[Json],
        http: httpx.AsyncClient,
        levels: Mapping[str, int],
    ) -> list[Json]:
        """Many commands in one request, as `POST /v1/commands` takes them; an answer for each, in their order.

        `levels` are handed back as At-Least: positions by service and partition, `goals:12`.
        """
        headers = {"Authorization": f"Bearer {self._token(who)}", "Content-Type": "application/x-ndjson"}
        if levels:
            headers["At-Least"] = ",".join(f"{of}:{position}" for of, position in levels.items())
        body = b"\n".join(json.dumps(line).encode() for line in lines)
        url = f"{self.urls[service]}/v1/commands"
        answer = await persistent(
            lambda: http.post(url, content=body, headers=headers, timeout=60), self.sent_again
        )
        if not answer.is_success:
            _checked(answer)
        return [json.loads(line) for line in answer.content.splitlines()]

    async def sees(self, who: Persona, path: str) -> Any:
        """What a look or a list shows, None if it does not exist for them."""
        answer = await self._send(who, "GET", path)
        if answer.status_code == httpx.codes.NOT_FOUND:
            return None
        return _checked(answer)

    async def until(self, who: Persona, path: str, true: Callable[[Any], bool], what: str) -> Any:
        """Looks until it is true: what policies do follows what was answered, a moment later."""
        deadline = time.monotonic() + PATIENCE
        while True:
            seen = await self.sees(who, path)
            if seen is not None and true(seen):
                return seen
            if time.monotonic() > deadline:
                raise Problem(f"{what} did not happen within {PATIENCE:.0f} s; {path} shows {seen}")
            await asyncio.sleep(0.03)

    async def now(self) -> datetime:
        """Where the district's clock stands."""
        seen = await self.sees(OPERATOR, f"clock/{self.tenant}")
        return datetime.fromisoformat(seen["now"])

    async def _command(self, who: Persona, path: str, step: str, body: Json) -> Json:
        key = str(uuid5(self.seed, step))
        answer = await self._send(who, "POST", path, body=body, key=key)
        told: Json = _checked(answer)
        self.commands += 1
        service, partition, position = answer.headers["At-Least"].split(":")
        self._levels[service, partition] = max(int(position), self._levels.get((service, partition), 0))
        self._levels.move_to_end((service, partition))
        while len(self._levels) > MOST_LEVELS:
            self._levels.popitem(last=False)
        return told

    async def _send(
        self, who: Persona, method: str, path: str, *, body: Json | None = None, key: str | None = None
    ) -> httpx.Response:
        service = COMMANDED.get(path.split("/", maxsplit=1)[0], "directory")
        headers = {"Authorization": f"Bearer {self._token(who)}"}
        if key:
            headers["Idempotency-Key"] = key
        if self._levels:
            headers["At-Least"] = ",".join(f"{s}:{p}:{n}" for (s, p), n in self._levels.items())
        return await persistent(
            lambda: self.http.request(method, f"{self.urls[service]}/v1/{path}", json=body, headers=headers),
            self.sent_again,
        )

    def sent_again(self) -> None:
        self.again += 1

    def _token(self, who: Persona) -> str:
        if who.id not in self._tokens or who is OPERATOR:
            kind = "operator" if who is OPERATOR else "person"
            bearer = Bearer(who.id, kind, str(self.tenant) if self.tenant else None)
            self._tokens[who.id] = issuer.token(self.state, bearer, ttl=timedelta(hours=12))
        return self._tokens[who.id]


async def persistent(send: Callable[[], Any], again: Callable[[], None] = lambda: None) -> httpx.Response:
    """Sends until there is an answer that is not `not now`. Raises Problem when patience ends."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            answer: httpx.Response = await send()
            if answer.status_code not in NOT_NOW or time.monotonic() > deadline:
                return answer
        except httpx.TransportError as error:
            if time.monotonic() > deadline:
                what = f"no answer within {PATIENCE:.0f} s: {error or type(error).__name__}"
                raise Problem(what, "look at: chalkline status") from error
        again()
        await asyncio.sleep(0.1)


@cache
def trust() -> ssl.SSLContext:
    """Made once: reading every authority takes longer than a hundred requests."""
    return httpx.create_ssl_context()


@asynccontextmanager
async def coaching(state: State, seed: UUID) -> AsyncIterator[Coaching]:
    """A client for the platform of this state folder."""
    ports: dict[str, int] = read_json(state.ports) or {}
    urls = {name: Service(name, state, ports).url for name in SERVICES}
    async with httpx.AsyncClient(timeout=10, trust_env=False, verify=trust()) as http:
        yield Coaching(state, seed, http, urls)


def _checked(answer: httpx.Response) -> Any:
    if answer.is_success:
        return answer.json()
    try:
        problem = answer.json()
    except ValueError:
        problem = {}
    what = problem.get("code") or answer.reason_phrase
    more = problem.get("detail") or problem.get("errors") or problem.get("title") or ""
    asked = f"{answer.request.method} {answer.request.url.path}"
    raise Problem(f"{asked} answered {answer.status_code} {what} {more}".strip())
