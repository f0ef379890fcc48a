"""A sandbox's clock moves: what goes by it waits until all that was recorded before the move is known here.

Every service has a log of its own and nobody promises their order: that the clock moved may be read before the visit
that was recorded just before, and what the visit calls off would fire. So whoever hears of a move asks each source,
and not its stream, which may be behind, where it stands. Once they have reacted to what each other had recorded by
then, and all that is projected here, what falls due by the clock goes by where it was put (`work.clocks`). A source
that cannot be asked is waited for. Districts that go by the world's clock wait for nobody.
"""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from chalkline_contracts.questions import StandingAsked, StandingTold, ask_standing

from backbone.queries import Queries
from backbone.questions import AnswerRefused, Answers, Unanswered, ask
from backbone.rows import columns

if TYPE_CHECKING:
    from backbone.service import Running

sql = Queries("backbone", "sql/queries")

EVERY = 1.0
"""Seconds between looks, when nobody wakes it."""
AGAIN = 0.02
"""Seconds after which whoever is behind is asked again."""
SILENT = 0.5
"""Seconds after which whoever did not answer is asked again."""


class MovedClocks:
    """Lets the clocks of sandboxes be gone by in this service; any number of its processes may do so at once."""

    def __init__(self, run: "Running", moved: Callable[[], None]) -> None:
        """`moved` is called when something may have fallen due."""
        self._run, self._moved = run, moved
        self.wake = asyncio.Event()
        self.waits_for: str | None = None
        """Why a clock that moved is not gone by yet, in words for an operator."""

    async def run(self) -> None:
        """Looks every second, and whenever woken, until cancelled."""
        while True:
            self.wake.clear()
            if not await self.follow():
                with suppress(TimeoutError):
                    async with asyncio.timeout(EVERY):
                        await self.wake.wait()

    async def follow(self) -> int:
        """Goes by the clocks that moved; returns how many did. Waits as long as it must."""
        ahead = await self._run.pool.fetch(sql.clocks_ahead, None)
        try:
            if ahead:
                await self._all_before()
                await self._run.pool.execute(sql.go_by_clocks, *columns([tuple(row) for row in ahead], 2))
                self._moved()
        finally:
            self.waits_for = None
        return len(ahead)

    async def _all_before(self) -> None:
        def waits(why: str) -> None:
            self.waits_for = why

        await level_with_all(self._run, waits)


async def level_with_all(run: "Running", waits: Callable[[str], None] = lambda _: None) -> None:
    """Waits until what is recorded anywhere by now, and what services make of it, is projected here.

    `waits` is told for what, in words for an operator.
    """
    stood = stand = await _standings(run, waits)
    while behind := _behind(stood, stand):
        waits(behind)
        await asyncio.sleep(AGAIN)
        stand = await _standings(run, waits)
    for source, told in stand.items():
        while await run.projected(source) < told.position:
            waits(f"what {source} has recorded is not read yet")
            await asyncio.sleep(AGAIN)


async def _standings(run: "Running", waits: Callable[[str], None]) -> Mapping[str, StandingTold]:
    sources = run.service.sources
    told = await asyncio.gather(*(_standing(run, source, waits) for source in sources))
    return dict(zip(sources, told, strict=True))


async def _standing(run: "Running", source: str, waits: Callable[[str], None]) -> StandingTold:
    if source == run.service.name:
        return await standing(run, StandingAsked())
    while True:
        try:
            return await ask(run.nats, ask_standing(source), StandingAsked(), StandingTold)
        except (Unanswered, AnswerRefused) as silent:
            waits(f"{source} does not say where it stands ({silent})")
        await asyncio.sleep(SILENT)


def _behind(stood: Mapping[str, StandingTold], stand: Mapping[str, StandingTold]) -> str | None:
    """Who has not reacted yet to what others had recorded, if anybody."""
    for reader, told in stand.items():
        for source, through in told.read.items():
            if source in stood and through < stood[source].position:
                return f"{reader} has not reacted yet to what {source} has recorded"
    return None


async def standing(run: "Running", _: Any) -> StandingTold:
    """Where this service stands: its own log first, so that what it is said to have read is not older."""
    position = await run.pool.fetchval(sql.head_position)
    return StandingTold(position=position, read=await run.read())


def answers_standing(service: str) -> Answers:
    """What every service answers those who read it."""
    return Answers(subject=ask_standing(service), question=StandingAsked, answer=standing)
