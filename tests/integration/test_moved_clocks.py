"""A sandbox's clock that moves right after something was recorded does not overtake it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from backbone import moved_clocks
from backbone.moved_clocks import MovedClocks
from backbone.policies import PolicyRunner
from backbone.projector import Projector
from backbone.questions import Unanswered
from chalkline_contracts.questions import ask_standing
from kit.running import Platform, Served
from kit.school import School, cycle_of, open_school, pair_up
from kit.visits import record

pytestmark = [
    pytest.mark.integration,
    pytest.mark.services("directory", "goals", "observations", "notifications"),
]

VISITED, LATER = 10, 17
"""Days after the cycle's start: before a visit is due, and after it would be, had there been none."""


@contextmanager
def held_back(reader: type[Projector] | type[PolicyRunner], served: Served, source: str) -> Iterator[None]:
    """A service takes nothing of a source meanwhile: it reads it, and gets no further."""
    gate, process, progress = asyncio.Event(), reader.process, served.run.progress

    async def waiting(self: Any, batch: Any, through: int = 0) -> None:
        mine = progress in (self.progress, getattr(self, "_projected", None))
        if mine and self.source == source and batch:
            await gate.wait()
        await process(self, batch, through)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(reader, "process", waiting)
        try:
            yield
        finally:
            gate.set()


@dataclass
class Sandbox:
    """A pair at work on whose cycle a visit falls due."""

    platform: Platform
    school: School
    partnership: UUID
    cycle: UUID

    async def move(self, days: int) -> None:
        """Moves the clock, and waits for nothing."""
        to = datetime.now(UTC) + timedelta(days=days)
        path = f"/v1/districts/{self.school.tenant}/advance-clock"
        await self.platform.directory.post(path, by=None, tenant=self.school.tenant, to=to.isoformat())

    async def visit(self) -> None:
        where = (self.platform, self.school, self.partnership)
        await record(*where, days_ago=-VISITED + 0.1, cycle_id=str(self.cycle))

    async def heard(self, days: int) -> None:
        """Until notifications knows that the clock moved there, and could have fired twice."""
        clock, tenant = self.platform.notifications.run.clock, self.school.tenant
        moment = datetime.now(UTC) + timedelta(days=days - 0.1)
        async with asyncio.timeout(10):
            while await clock.now(tenant) < moment:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        await asyncio.sleep(1.5)

    async def reminders(self) -> set[str]:
        by, tenant = self.school.coach, self.school.tenant
        answer = await self.platform.notifications.get("/v1/inbox?limit=200", by=by, tenant=tenant)
        return {row["milestone"] for row in answer.json()} & {"VisitDue", "VisitOverdue"}

    async def waits_for(self) -> str | None:
        answer = await self.platform.notifications.http.get("/readyz")
        assert answer.status_code == 200, answer.text
        told: str | None = answer.json()["clocks"]["waits_for"]
        return told

    async def gone_by(self) -> None:
        """Until all that is due by the clock was done."""
        await self.platform.level()
        async with asyncio.timeout(20):
            while await self.due():  # noqa: ASYNC110
                await asyncio.sleep(0.02)

    async def due(self) -> int:
        path = f"/v1/clock/{self.school.tenant}"
        answer = await self.platform.notifications.get(path, by=None, tenant=self.school.tenant)
        due: int = answer.json()["due"]
        return due


@pytest_asyncio.fixture
async def sandbox(platform: Platform) -> AsyncIterator[Sandbox]:
    """The clock stands where no visit is due yet."""
    school = await open_school(platform, sandbox=True)
    partnership = await pair_up(platform, school)
    made = Sandbox(platform, school, partnership, await cycle_of(platform, school, partnership))
    await platform.level()
    await made.move(VISITED)
    await platform.level()
    yield made
    await platform.level()


async def test_a_clock_that_moves_right_after_a_visit_does_not_overtake_it(sandbox: Sandbox) -> None:
    with held_back(Projector, sandbox.platform.notifications, "observations"):
        await sandbox.visit()
        await sandbox.move(LATER)
        await sandbox.heard(LATER)
        assert await sandbox.reminders() == set()
        assert await sandbox.due() == 1
        assert (
            await sandbox.waits_for() == "notifications has not reacted yet to what observations has recorded"
        )
    await sandbox.gone_by()
    assert (await sandbox.due(), await sandbox.reminders(), await sandbox.waits_for()) == (0, set(), None)


async def test_without_waiting_it_would(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """The broken variant: nobody is asked what was recorded before."""
    at_once: Callable[[MovedClocks], Awaitable[None]] = lambda _: asyncio.sleep(0)  # noqa: E731
    monkeypatch.setattr(MovedClocks, "_all_before", at_once)
    with held_back(Projector, sandbox.platform.notifications, "observations"):
        await sandbox.visit()
        await sandbox.move(LATER)
        await sandbox.heard(LATER)
    await sandbox.platform.level()
    assert await sandbox.reminders() == {"VisitDue", "VisitOverdue"}


async def test_what_others_make_of_what_was_recorded_is_waited_for(sandbox: Sandbox) -> None:
    with held_back(PolicyRunner, sandbox.platform.goals, "observations"):
        await sandbox.visit()
        await sandbox.move(LATER)
        await sandbox.heard(LATER)
        assert await sandbox.waits_for() == "goals has not reacted yet to what observations has recorded"
        assert await sandbox.due() == 1
    await sandbox.gone_by()
    assert await sandbox.waits_for() is None


async def test_a_service_that_is_away_is_waited_for_and_nothing_fires(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = moved_clocks.ask

    async def nobody_there(client: Any, subject: str, *more: Any) -> Any:
        if subject == ask_standing("observations"):
            raise Unanswered(subject, "nobody is there to answer")
        return await ask(client, subject, *more)

    with monkeypatch.context() as patched:
        patched.setattr(moved_clocks, "ask", nobody_there)
        await sandbox.move(LATER)
        await sandbox.heard(LATER)
        assert (await sandbox.reminders(), await sandbox.due()) == (set(), 1)
        assert "observations does not say where it stands" in (await sandbox.waits_for() or "")
    await sandbox.platform.level()
    while await sandbox.due():  # noqa: ASYNC110
        await asyncio.sleep(0.02)
    await sandbox.platform.level()
    assert await sandbox.reminders() == {"VisitDue", "VisitOverdue"}


async def test_a_district_without_a_sandbox_waits_for_nobody(platform: Platform) -> None:
    school = await open_school(platform)
    run = platform.notifications.run
    assert await run.pool.fetch("SELECT FROM districts WHERE tenant = $1 AND NOT sandbox", school.tenant)
    assert not await run.pool.fetch("SELECT FROM work.clocks WHERE tenant = $1", school.tenant)
    assert await run.due(school.tenant) == 0
