"""What one district may ask of a process while others ask too, so that nobody waits behind it.

A district's requests have a pace and little room. Who comes too fast waits their turn, for as long as patience
lasts, and only then is refused: a page that asks ten things at once, or a whole staff at eight in the morning,
notices nothing; a flood goes no faster than its pace, since an answer that says no takes as long as any other.
A district that is alone in the process, as a self-hosted one always is, is not bounded at all.

Operators have a pace of their own beside the district's. Whoever nobody knows shares one with all of their kind.
"""

import asyncio
import math
import random
import time
from collections import OrderedDict
from collections.abc import Callable
from types import TracebackType
from typing import Protocol, Self
from uuid import UUID

import structlog

from backbone import metrics
from backbone.deciding import EVERYWHERE
from backbone.identity import Caller, Identity
from backbone.pacing import Pace, Room
from backbone.problems import Problem

log = structlog.get_logger(__name__)

PATIENCE = 1.0
"""Seconds somebody waits for their turn. Who would have to wait longer is refused after as many, up to half more."""
IN_THE_QUEUE = 5.0
"""How many times as long somebody waits for room, who came at their pace: what is in it is slow, not they."""
ALONE_AFTER = 30.0
"""Seconds after the last request of any other district in which one counts as alone."""
TOLD_EVERY = 60.0
"""Seconds between two lines of the log about the same district."""
MOST_REMEMBERED = 1_000
"""How many districts are remembered before those that ask nothing are forgotten."""
STRANGERS = 50.0
"""How many requests of whoever is not known are answered at once, each second."""
WAITING, BULKS = 4, 2
"""How many of a district wait for At-Least, and how many bulk requests are read, as multiples or fractions of how
many are at work: four times as many, half as many."""
ROWS_A_COMMAND = 10
"""So many rows of a list are as much work as a command."""
BYTES_A_ROW, ONE_LOOK = 512, 10_240
"""What is told of one thing is as much work as so many rows of a list, beyond the first ten KB."""
UNAUTHORIZED = 401


class Asker(Protocol):
    """A caller or an actor."""

    @property
    def kind(self) -> str: ...
    @property
    def tenant(self) -> UUID | None: ...


class Inside:
    """`async with`: inside a room, or refused. A class, because every command enters one."""

    __slots__ = ("_limits", "_of", "_patience", "_room")

    def __init__(self, limits: "Limits", of: "_District", room: Room, patience: float | None) -> None:
        self._limits, self._of, self._room, self._patience = limits, of, room, patience

    async def __aenter__(self) -> Self:
        if self._limits.free(self._of):
            self._room.walk_in()
        elif not await self._room.enter(self._patience and self._patience * _spread()):
            raise self._limits.refusal(self._of, 0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._room.leave()

    def leave(self) -> None:
        """For one who entered without `async with`; once."""
        self._room.leave()


class _District:
    """What is known of one that asks, or of its operators."""

    __slots__ = ("bulks", "lines", "look", "pace", "seen", "tenant", "told", "waiting", "work")

    def __init__(self, tenant: UUID | None, rate: float, at_once: int) -> None:
        self.tenant, self.seen, self.told = tenant, -math.inf, -math.inf
        self.pace, self.lines = Pace(rate, rate / 40), Pace(rate, rate / 40)
        self.work, self.waiting = Room(at_once), Room(at_once * WAITING)
        self.bulks = Room(max(1, at_once // BULKS))
        self.look = 0

    def idle(self, now: float) -> bool:
        return (
            now - self.seen > ALONE_AFTER
            and self.pace.rests(now)
            and not (self.work.inside or self.waiting.inside or self.bulks.inside)
        )


class Limits:
    """The bounds of all districts in one process: `rate` requests a second each, `at_once` of them at work.

    A line of a bulk request is one; those have a pace of their own, as high, so that an import holds up nobody
    of its district. A rate of 0 bounds nobody.
    """

    def __init__(
        self,
        *,
        rate: float,
        at_once: int,
        patience: float = PATIENCE,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._rate, self._at_once, self._patience, self._now = rate, at_once, patience, now
        self._asking: OrderedDict[tuple[str, UUID | None], _District] = OrderedDict()
        """Who asked last comes last."""
        self._districts: OrderedDict[UUID, float] = OrderedDict()
        """When each district last asked, in that order."""
        self._strangers = Pace(STRANGERS, STRANGERS)

    async def paced(self, by: Asker, rows: int = 0) -> None:
        """Waits until a request may go on, for a page of at most so many rows. Raises a Problem (429), having
        waited as well.
        """
        of, now, cost = self._of(by), self._now(), 1 + rows / ROWS_A_COMMAND
        of.seen = now
        self._note(by.tenant, now)
        if self.free(of):
            return
        wait = of.pace.wait(now, cost)
        if wait <= self._patience:
            of.pace.take(now, cost)
            if wait:
                metrics.limited("waited")
                await asyncio.sleep(wait)
            return
        await asyncio.sleep(self._patience * _spread())
        raise self.refusal(of, wait - self._patience)

    async def line(self, by: Asker, rows: int = 0) -> None:
        """Waits until a line of a bulk request, or a page of an export, may go on, however long that is."""
        of, now, cost = self._of(by), self._now(), 1 + rows / ROWS_A_COMMAND
        of.seen = now
        self._note(by.tenant, now)
        if self.free(of):
            return
        wait = of.lines.wait(now, cost)
        of.lines.take(now, cost)
        if wait:
            await asyncio.sleep(wait)

    def had(self, by: Asker, asked: int, rows: int, *, whole: bool = False) -> None:
        """There were so many rows: what was paid for others is given back, more are paid by whoever comes next.
        `whole`: of an export.
        """
        of = self._of(by)
        if self.free(of):
            return
        pace, left = of.lines if whole else of.pace, (asked - rows) / ROWS_A_COMMAND
        if left > 0:
            pace.give_back(left)
        else:
            pace.take(self._now(), -left)

    def look(self, by: Asker) -> int:
        """As how many rows one thing counts before anybody knows how long it is: as the district's last one did."""
        return self._of(by).look

    def told(self, by: Asker, size: int, paid: int) -> None:
        """So many bytes were told of one thing, for which so many rows were paid."""
        of = self._of(by)
        of.look = max(0, size - ONE_LOOK) // BYTES_A_ROW
        if of.look != paid:
            self.had(by, paid, of.look)

    def at_work(self, by: Asker, *, patient: bool = False) -> Inside:
        """Room to have something done; for a line of a bulk request, however long it takes."""
        of = self._of(by)
        return Inside(self, of, of.work, None if patient else self._patience * IN_THE_QUEUE)

    def waiting(self, by: Asker) -> Inside:
        """Room to wait for At-Least."""
        of = self._of(by)
        return Inside(self, of, of.waiting, self._patience * IN_THE_QUEUE)

    def bulk(self, by: Asker) -> Inside:
        """Room to have many commands read."""
        of = self._of(by)
        return Inside(self, of, of.bulks, self._patience * IN_THE_QUEUE)

    async def stranger(self) -> None:
        """Holds up whoever nobody knows when there are many: what they are told, they are told a little later."""
        now = self._now()
        wait = self._strangers.wait(now)
        if not self._rate or not wait:
            self._strangers.take(now)
            return
        metrics.limited("stranger")
        if wait <= self._patience:
            self._strangers.take(now)
        await asyncio.sleep(min(wait, self._patience))

    def free(self, of: _District) -> bool:
        """Whether nobody else would notice: no other district asked anything for a while."""
        if not self._rate:
            return True
        since = self._now() - ALONE_AFTER
        last = reversed(self._districts.items())
        return all(seen <= since for tenant, seen in (next(last, (None, -math.inf)), next(last, (None, -math.inf)))
                   if tenant != of.tenant)  # fmt: skip

    def refusal(self, of: _District, after: float) -> Problem:
        now = self._now()
        metrics.limited("refused")
        if now - of.told > TOLD_EVERY:
            of.told = now
            log.warning("district_refused", tenant=str(of.tenant), rate=self._rate)
        return Problem(
            "rate_limited",
            headers={
                "Retry-After": str(max(1, math.ceil(after))),
                "RateLimit-Policy": f'"district";q={self._rate:.0f};w=1',
                "RateLimit": f'"district";r={of.pace.left(now)};t={max(1, math.ceil(after))}',
            },
        )

    def _of(self, by: Asker) -> _District:
        key = by.kind, by.tenant
        of = self._asking.get(key)
        if of is None:
            of = self._asking[key] = _District(by.tenant, self._rate or 1.0, self._at_once)
            if len(self._asking) > MOST_REMEMBERED:
                self._forget()
        self._asking.move_to_end(key)
        return of

    def _note(self, tenant: UUID | None, now: float) -> None:
        if tenant is not None and tenant != EVERYWHERE:  # who is of no district is not another one
            self._districts[tenant] = now
            self._districts.move_to_end(tenant)

    def _forget(self) -> None:
        now = self._now()
        for key in [key for key, of in self._asking.items() if of.idle(now)]:
            del self._asking[key]
        while self._districts and next(iter(self._districts.values())) < now - ALONE_AFTER:
            self._districts.popitem(last=False)


def _spread() -> float:
    """So that those who came in the same moment are not refused in the same one, nor come again in it."""
    return random.uniform(1, 1.5)  # noqa: S311


async def known(identity: Identity, limits: Limits, authorization: str | None) -> Caller:
    """Who sent this Authorization header. Raises a Problem; where there are many it is told nobody, later."""
    try:
        return await identity.caller(authorization)
    except Problem as problem:
        if problem.status == UNAUTHORIZED:
            await limits.stranger()
        raise
