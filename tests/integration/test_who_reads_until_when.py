"""When reading ends: a share by the clock and by the teacher's word, a coach's by what they become, whatever lags.

What a hand-over takes and gives is in `test_hand_over.py` and `test_coaches_change.py`.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import pytest
from backbone import reading
from kit.running import Platform, Served
from kit.school import School, cycle_of, on_task, open_school
from kit.sharing import Shared, at_work

pytestmark = [pytest.mark.integration, pytest.mark.services("directory", "goals", "observations")]

ALL = dict.fromkeys(("goal", "chart", "as of", "lineage", "step", "observation"), 200)
NOTHING = dict.fromkeys(ALL, 404)
BEHIND = 2.0
"""Seconds without news after which what is others' is shown to nobody, in these tests; as a rule `LEVEL_FOR`."""


@asynccontextmanager
async def held_back(served: Served, source: str) -> AsyncIterator[None]:
    """A service goes on, but hears nothing of a source: whoever would note how far it was read waits."""
    owner = await asyncpg.connect(served.database.provisioned.full_owner_url)
    try:
        async with owner.transaction():
            await owner.execute(
                "SELECT FROM projections.checkpoints WHERE source = $1 AND reader = 'projections' FOR UPDATE",
                source,
            )
            yield
    finally:
        await owner.close()


async def last_read(shared: Shared, who: str, path: str, *, within: float) -> tuple[float, int]:
    """After how many seconds somebody was answered for the last time, and how they are refused from then on."""
    began, last, status = time.monotonic(), 0.0, 200
    while (spent := time.monotonic() - began) < within:
        status = (await shared.get(who, path)).status_code
        if status == 200:
            last = spent
        await asyncio.sleep(0.05)
    return last, status


async def test_a_share_ends_to_the_second_by_the_districts_clock_in_every_service(platform: Platform) -> None:
    shared = await at_work(platform, await open_school(platform, "theo", sandbox=True))
    await shared.grant("theo", until=timedelta(days=2))
    until = await platform.goals.run.clock.now(shared.school.tenant) + timedelta(days=2)
    for to, expected, status in (
        (until - timedelta(seconds=1), ALL, "in_force"),
        (until, NOTHING, "expired"),
        (until + timedelta(seconds=1), NOTHING, "expired"),
    ):
        await platform.directory.post(
            f"/v1/districts/{shared.school.tenant}/advance-clock",
            by=None, tenant=shared.school.tenant, to=to.isoformat(),
        )  # fmt: skip
        assert await shared.statuses("theo") == expected
        [row] = (await shared.get("theo", "/v1/shares")).json()
        assert row["status"] == status


async def test_a_share_of_a_real_district_ends_by_the_worlds_clock(platform: Platform) -> None:
    shared = await at_work(platform, await open_school(platform, "theo"))
    until = datetime.now(UTC) + timedelta(seconds=4)
    await shared.grant("theo", until=timedelta(seconds=4))
    begins = datetime.now(UTC)
    last, status = await last_read(shared, "theo", shared.paths()["observation"], within=5)
    assert status == 404
    assert begins + timedelta(seconds=last) <= until + timedelta(seconds=1), "as granted a moment later"


def test_no_read_comes_later_than_a_minute_after_it_was_forbidden() -> None:
    """Two services lie between directory and observations; each is believed for as long as this, once."""
    assert 2 * reading.LEVEL_FOR <= 60


@pytest.mark.parametrize(
    "careful", [True, False], ids=["as it is", "who did not care whether facts are fresh"]
)
async def test_a_revoked_share_is_not_read_though_nobody_told_observations(
    platform: Platform, monkeypatch: pytest.MonkeyPatch, careful: bool
) -> None:
    shared = await at_work(platform, await open_school(platform, "theo"))
    share = await shared.grant("theo")
    path = shared.paths()["observation"]
    monkeypatch.setattr(reading, "LEVEL_FOR", BEHIND)
    if not careful:
        monkeypatch.setattr(platform.observations.run.progress, "level", lambda _: True)
    async with held_back(platform.observations, "goals"):
        await shared.revoke(share)
        last, status = await last_read(shared, "theo", path, within=2 * BEHIND)
        assert (await shared.get("teacher", path)).status_code == 200, "their own, whatever the lag"
    if not careful:
        assert (last > BEHIND, status) == (True, 200)
        return
    assert status == 503
    assert last <= BEHIND
    monkeypatch.undo()
    assert await shared.statuses("theo") == NOTHING


async def test_who_comes_to_evaluate_reads_nothing_from_then_on(platform: Platform) -> None:
    shared = await at_work(platform, await open_school(platform, "theo"))
    assert await shared.statuses("coach") == ALL
    began = time.monotonic()
    await evaluates(platform, shared.school)
    ends = {}
    for name, path in shared.paths().items():
        while (await shared.get("coach", path)).status_code == 200:
            assert time.monotonic() - began < 5, name
            await asyncio.sleep(0.01)
        ends[name] = round(time.monotonic() - began, 3)
    closed = await shared.statuses("coach")
    assert closed == dict.fromkeys(ALL, 403) | {"observation": 404}
    assert await shared.statuses("teacher") == ALL
    for path in ("/v1/goals", "/v1/action-steps", "/v1/observations"):
        assert (await shared.get("coach", path)).json() == []


async def evaluates(platform: Platform, school: School) -> None:
    await platform.directory.post(
        f"/v1/people/{school.teacher}/assign-evaluator",
        by=None, tenant=school.tenant, evaluator_id=str(school.coach),
    )  # fmt: skip


async def test_who_comes_to_evaluate_reads_nothing_though_nobody_told_goals(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = await at_work(platform, await open_school(platform, "theo"))
    await platform.level()
    monkeypatch.setattr(reading, "LEVEL_FOR", BEHIND)
    async with held_back(platform.goals, "directory"):
        await evaluates(platform, shared.school)
        for name in ("goal", "chart", "step"):
            last, status = await last_read(shared, "coach", shared.paths()[name], within=1.5 * BEHIND)
            assert (last <= BEHIND, status) == (True, 503), name
            assert (await shared.get("teacher", shared.paths()[name])).status_code == 200


async def test_when_a_partnership_ends_the_teacher_reads_on_and_whom_they_let(platform: Platform) -> None:
    shared = await at_work(platform, await open_school(platform, "theo"))
    share = await shared.grant("theo")
    await platform.goals.post(
        f"/v1/partnerships/{shared.ids['pair']}/end-partnership",
        by=shared.school.coach, tenant=shared.school.tenant,
    )  # fmt: skip
    assert await shared.statuses("teacher") == await shared.statuses("theo") == ALL
    assert await shared.statuses("coach") == NOTHING
    await shared.revoke(share)
    assert await shared.statuses("theo") == NOTHING
    assert await shared.statuses("teacher") == ALL


async def test_a_former_coach_reads_what_the_teacher_lets_them_and_not_what_was_told_them(
    platform: Platform,
) -> None:
    shared = await at_work(platform, await open_school(platform, "theo"))
    said = (await shared.get("coach", shared.paths()["observation"])).json()
    assert "It helped" in said["words"].values()
    end = f"/v1/partnerships/{shared.ids['pair']}/end-partnership"
    await shared.grant("coach")
    await platform.goals.post(end, by=shared.school.teacher, tenant=shared.school.tenant)
    assert await shared.statuses("coach") == ALL
    shown = (await shared.get("coach", shared.paths()["observation"])).json()
    assert sorted(shown["words"].values()) == ["Well done", "What was seen"]


async def test_a_member_who_left_reads_their_own_and_the_group_decides_without_them(
    platform: Platform,
) -> None:
    """Theo and Tina own a goal with Tess; Theo leaves the cycle."""
    school = await open_school(platform, "theo", "tina", "tom")
    everyone = [school.people[name] for name in ("teacher", "theo", "tina")]
    pair = await platform.goals.begin(
        "partnerships", by=school.coach, tenant=school.tenant, coach_id=str(school.coach),
        teacher_ids=[str(one) for one in everyone],
    )  # fmt: skip
    for person in (school.coach, *everyone):
        await platform.goals.post(f"/v1/partnerships/{pair}/give-consent", by=person, tenant=school.tenant)
    await platform.level()
    cycle = await cycle_of(platform, school, pair)

    async def goal_of(*owners: UUID) -> str:
        begun = await platform.goals.begin(
            "goals", by=owners[0], tenant=school.tenant, cycle_id=str(cycle), owner_ids=[str(one) for one in owners]
        )  # fmt: skip
        return f"/v1/goals/{begun}"

    groups, theos = await goal_of(*everyone), await goal_of(school.people["theo"])
    visit = await platform.observations.begin(
        "observations/record-observation", by=school.coach, tenant=school.tenant, partnership_id=str(pair),
        started_at=(datetime.now(UTC) - timedelta(days=1)).isoformat(), duration_s=900, mode="live",
        measurements=[on_task(7, days_ago=1)], chosen_by="joint", evidence="All of them",
    )  # fmt: skip
    shared = Shared(platform, school, pair=pair)
    seen = f"/v1/observations/{visit}"

    async def reads(who: str, *paths: str) -> list[int]:
        await platform.level()
        return [(await shared.get(who, path)).status_code for path in paths]

    async def finds() -> set[str]:
        """Where what Tom finds open to him is read."""
        return {
            f"/v1/{collection}/{row['id']}"
            for served, collection in ((platform.goals, "goals"), (platform.observations, "observations"))
            for row in (await served.get("/v1/opened", by=school.people["tom"], tenant=school.tenant)).json()
        }

    await shared.grant("tom")
    await shared.grant("tom", by="tina")
    assert await reads("tom", groups, seen) == [404, 404], "Theo has not agreed"
    assert await finds() == set()
    leave = f"/v1/cycles/{cycle}/leave-cycle"
    theo = {"by": school.people["theo"], "tenant": school.tenant}
    await platform.goals.post(leave, **theo, teacher_id=str(school.people["theo"]))
    assert await reads("tom", groups, f"{groups}/chart", f"{groups}/lineage") == [200] * 3
    assert await reads("tom", seen, theos) == [404, 404]
    assert await finds() == {groups}
    assert await reads("theo", groups, theos, f"{theos}/chart") == [200] * 3
    assert await reads("teacher", groups, theos) == [200, 404]
    await shared.grant("tom", by="theo")
    assert await reads("tom", seen, theos) == [200, 200]
    assert await finds() == {groups, seen, theos}
    await platform.level()
    for who, read in (("theo", 4), ("teacher", 3)):
        told = await platform.goals.get("/v1/receipts", by=school.people[who], tenant=school.tenant)
        assert len(told.json()) == read, "an owner who left hears of it as well"
