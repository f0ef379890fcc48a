"""Several processes of one service: whichever is asked knows what all of them together have done."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any
from uuid import UUID

import httpx
import pytest
import pytest_asyncio
from kit.copies import until
from kit.running import Platform, Served, another
from kit.school import School, cycle_of, open_school, pair_up

pytestmark = [pytest.mark.integration, pytest.mark.services("directory", "goals", "notifications")]


def held(served: Served) -> int:
    return len(served.run.partitions.held.numbers) if served.run.partitions else 0


def stands(*several: Served) -> bool:
    return sorted(map(held, several)) in ([64], [32, 32])


async def asked(served: Served, school: School, path: str, **headers: str) -> httpx.Response:
    return await served.get(path, by=school.coach, tenant=school.tenant, **headers)


async def clock(served: Served, school: School) -> Any:
    answer = await served.get(f"/v1/clock/{school.tenant}", by=None, tenant=school.tenant)
    return answer.json()


@pytest_asyncio.fixture
async def two(platform: Platform) -> AsyncIterator[tuple[Served, Served, School, UUID]]:
    """Two processes of goals that have divided the partitions, and a pair whose content they keep."""
    school = await open_school(platform)
    partnership = await pair_up(platform, school)
    async with AsyncExitStack() as stack:
        second = await another(stack, platform.goals)
        await until(lambda: stands(platform.goals, second))
        for served in (platform.goals, second):  # the database tells whoever does not read everything
            await until(lambda served=served: served.run.progress.level(served.run.service.sources))
        yield platform.goals, second, school, partnership
    await until(lambda: stands(platform.goals))


async def test_what_was_written_at_one_door_is_read_at_the_other(
    two: tuple[Served, Served, School, UUID], platform: Platform
) -> None:
    """Whichever of the two projects it: At-Least is waited for at both."""
    first, second, school, partnership = two
    for n, focus in enumerate(("engagement", "feedback", "planning", "questions", "climate", "content")):
        door, other = (first, second) if n % 2 else (second, first)
        answer = await door.post(
            "/v1/cycles", by=school.coach, tenant=school.tenant, partnership_id=str(partnership), focus=focus
        )
        for served in (other, door):
            listed = await asked(served, school, "/v1/cycles", at_least=answer.headers["at-least"])
            assert listed.status_code == 200
            assert answer.json()["id"] in [row["cycle_id"] for row in listed.json()]
    assert platform.goals is first


async def test_each_knows_what_all_of_them_have_read(
    two: tuple[Served, Served, School, UUID], platform: Platform
) -> None:
    first, second, school, partnership = two
    await cycle_of(platform, school, partnership)
    head = await first.database.app.fetchval("SELECT position FROM ledger.head")
    of_directory = await platform.directory.database.app.fetchval("SELECT position FROM ledger.head")

    async def settled(served: Served) -> bool:
        told = await clock(served, school)
        return bool(
            told["queued"] == 0
            and told["read"]["goals"] >= head
            and told["read"]["directory"] >= of_directory
        )

    for served in (first, second):
        await until(lambda served=served: settled(served))
        ready = (await served.http.get("/readyz")).json()
        assert ready["status"] == "ready"
        assert ready["projector"]["partitions"] == 32
    await until(lambda: all(s.run.progress.level(s.run.service.sources) for s in (first, second)), within=12)
    assert not any(s.run.progress.whole("directory") for s in (first, second))


async def test_one_that_holds_nothing_serves_as_well(platform: Platform) -> None:
    school = await open_school(platform)
    partnership = await pair_up(platform, school)
    cycle = await cycle_of(platform, school, partnership)
    async with AsyncExitStack() as stack:
        door = await another(stack, platform.goals, roles=("door",))
        assert held(door) == 0
        await until(lambda: door.run.progress.level(door.run.service.sources))
        answer = await asked(door, school, f"/v1/cycles/{cycle}")
        assert answer.status_code == 200


async def test_facts_that_one_replica_stopped_reading_are_stale_for_all(
    two: tuple[Served, Served, School, UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The partitions of a process that lives but reads no more: nobody may take what is known for fresh."""
    first, second, *_ = two
    monkeypatch.setattr("backbone.reading.LEVEL_FOR", 3.0)
    monkeypatch.setattr("backbone.service.LEVEL_FOR", 3.0)
    stuck = [task for task in asyncio.all_tasks() if task.get_name() == "projections of directory"]
    await until(lambda: first.run.progress.level(["directory"]), within=12)
    # Both have a job of that name; the second's was started last.
    stuck[-1].cancel()
    await until(lambda: not first.run.progress.level(["directory"]), within=12)
    await until(lambda: not second.run.progress.level(["directory"]), within=12)
