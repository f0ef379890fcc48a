"""A sandbox district's clock: it stands still until somebody advances it."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx

from chalkline import asking, issuer, presence, show
from chalkline.coaching import persistent
from chalkline.problem import Problem
from chalkline.services import Service
from chalkline.state import SERVICES, State, read_json

LEVEL_TWICE = 2  # rounds in a row with nothing left to do and nothing new: what one fires, another may follow
PATIENCE = 120.0


@dataclass(frozen=True, slots=True)
class Standing:
    """How far one service is with a district's clock."""

    now: datetime
    due: int
    """Timers that should have fired by `now` and have not."""
    queued: int
    """Events, of its own log or its sources, that a projection, a policy or its relay has yet to handle."""
    position: int
    read: Mapping[str, int]
    """The position up to which it has projected and reacted to each of its sources."""

    def level(self, to: datetime, positions: Mapping[str, int]) -> bool:
        """Whether it has come to this moment, and to where its sources stood when last asked.

        A source that is being started again publishes late: its own position tells, not the reader's queue.
        """
        read = all(self.read[source] >= positions.get(source, 0) for source in self.read)
        return self.now >= to and self.due == 0 and self.queued == 0 and read


async def advance(
    state: State, who: str, *, to: datetime | None, by: timedelta | None, progress: Callable[[str], None]
) -> datetime:
    """Advances the clock of a district (UUID or persona) and waits until all that fell due happened."""
    if (to is None) == (by is None):
        raise Problem("advance to when?", "give either --to 2026-03-02T08:00:00Z or --by 14d")
    if to is not None and to.tzinfo is None:
        raise Problem(f"{to.isoformat()} has no time zone", "add one, such as Z")
    tenant = district(state, who)
    services = _services(state)
    token = issuer.token(state, issuer.Bearer("operator", "operator", str(tenant)))
    async with _client(token) as http:
        directory = services[0]
        target = to or (await standing(http, directory, tenant)).now + (by or timedelta())
        await _post(http, f"{directory.url}/v1/districts/{tenant}/advance-clock", {"to": target.isoformat()})
        await _settled(http, services, tenant, target, progress)
    return target


async def settled(state: State, tenant: UUID) -> None:
    """Returns when nothing is due and nothing is queued as the clock stands."""
    token = issuer.token(state, issuer.Bearer("operator", "operator", str(tenant)))
    async with _client(token) as http:
        services = _services(state)
        now = (await standing(http, services[0], tenant)).now
        await _settled(http, services, tenant, now, lambda _: None)


def _client(token: str) -> httpx.AsyncClient:
    return asking.async_client(timeout=30, headers={"Authorization": f"Bearer {token}"})


def district(state: State, who: str) -> UUID:
    """A district's UUID, or that of a persona by name."""
    personas: dict[str, dict[str, str]] = read_json(state.personas) or {}
    for name, persona in personas.items():
        if name.lower() == who.lower():
            return UUID(persona["tenant"])
    try:
        return UUID(who)
    except ValueError:
        known = f"known are: {', '.join(personas)}; or give" if personas else "give"
        raise Problem(f"{who} is no district and nobody's name", f"{known} a district's UUID") from None


async def standing(http: httpx.AsyncClient, service: Service, tenant: UUID) -> Standing:
    told = _checked(await persistent(lambda: http.get(f"{service.url}/v1/clock/{tenant}")))
    return Standing(
        now=datetime.fromisoformat(told["now"]),
        due=told["due"],
        queued=told["queued"],
        position=told.get("position", 0),
        read=told.get("read", {}),
    )


async def _settled(
    http: httpx.AsyncClient,
    services: list[Service],
    tenant: UUID,
    target: datetime,
    progress: Callable[[str], None],
) -> None:
    rounds, before, deadline = 0, None, time.monotonic() + PATIENCE
    while rounds < LEVEL_TWICE:
        found = await asyncio.gather(*(standing(http, service, tenant) for service in services))
        positions = {s.name: at.position for s, at in zip(services, found, strict=True)}
        waiting = [s.name for s, at in zip(services, found, strict=True) if not at.level(target, positions)]
        rounds = rounds + 1 if not waiting and positions == before else int(not waiting)
        before = positions
        if time.monotonic() > deadline:
            raise Problem(
                f"after {PATIENCE:.0f} s there is still work left in {', '.join(waiting) or 'the platform'}",
                "look at: chalkline status, and chalkline parked list",
            )
        progress(f"waiting for {', '.join(waiting)}" if waiting else "level")
        await asyncio.sleep(0.05)


def _services(state: State) -> list[Service]:
    chosen: dict[str, int] = read_json(state.ports) or {}
    if not set(SERVICES) <= set(chosen):
        raise Problem("there is no platform here", f"start one: {show.called(state, 'up')}")
    if presence.known(state) and not presence.running(state):
        raise Problem(f"no platform runs in {state.home}", f"start it: {show.called(state, 'up')}")
    return [Service(name, state, chosen) for name in SERVICES]


async def _post(http: httpx.AsyncClient, url: str, body: dict[str, Any]) -> None:
    key = {"Idempotency-Key": str(uuid4())}  # the same each time: whatever happened, it happens once
    _checked(await persistent(lambda: http.post(url, json=body, headers=key)))


def _checked(answer: httpx.Response) -> dict[str, Any]:
    if answer.is_success:
        told: dict[str, Any] = answer.json()
        return told
    try:
        problem = answer.json()
    except ValueError:
        problem = {}
    what = problem.get("detail") or problem.get("title") or answer.reason_phrase
    raise Problem(f"{answer.request.url} answered {answer.status_code}: {what}")
