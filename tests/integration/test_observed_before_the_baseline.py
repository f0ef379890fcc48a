"""On running services: what was observed while a goal had no baseline is on its chart as soon as it has one."""

import asyncio
from typing import Any
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio
from backbone.migrate import migrate
from kit.running import Platform
from kit.school import School, cycle_of, on_task, open_school, pair_up, set_goal
from kit.visits import record, say

pytestmark = [pytest.mark.integration, pytest.mark.services("directory", "goals", "observations")]


@pytest_asyncio.fixture
async def school(platform: Platform) -> School:
    return await open_school(platform)


class Drafted:
    """A goal of eight in ten, twice in a row, that was drafted and not measured yet."""

    def __init__(self, platform: Platform, school: School, pair: UUID, goal: UUID) -> None:
        self.platform, self.school, self.pair, self.goal = platform, school, pair, goal

    async def visit(self, intervals: int, days_ago: float) -> UUID:
        told = {"goal_ids": [str(self.goal)], "measurements": [on_task(intervals, days_ago=days_ago)]}
        return await record(self.platform, self.school, self.pair, days_ago=days_ago, **told)

    async def correct(self, visit: UUID, intervals: int, days_ago: float) -> None:
        told = [on_task(intervals, days_ago=days_ago)]
        await say(self.platform, self.school, visit, "correct-observation", "coach", reason_code="miscounted",
                  measurements=told)  # fmt: skip

    async def void(self, visit: UUID) -> None:
        await say(self.platform, self.school, visit, "void-observation", "coach", reason_code="wrong_class")

    async def look(self) -> tuple[str, list[str], list[str]]:
        """Its status, the quotients on its chart beside the baseline's, and those that count."""
        await self.platform.level()
        shown: list[Any] = []
        for path in ("", "/chart"):
            answer = await self.platform.goals.get(
                f"/v1/goals/{self.goal}{path}", by=self.school.teacher, tenant=self.school.tenant
            )
            assert answer.status_code == 200, answer.text
            shown.append(answer.json())
        state, chart = shown[0]["data"], shown[1]
        on_chart = [m["quotient"] for m in state["measurements"] if not m["is_baseline"]]
        assert on_chart == [m["quotient"] for m in chart["measurements"] if not m["is_baseline"]]
        return state["status"], on_chart, [m["quotient"] for m in chart["measurements"] if m["counted"]]

    async def told(self) -> list[str]:
        rows = await self.platform.goals.database.app.fetch(
            "SELECT type FROM ledger.events WHERE stream_id = $1 ORDER BY position", self.goal
        )
        return [row["type"] for row in rows]


@pytest_asyncio.fixture
async def drafted(platform: Platform, school: School) -> Drafted:
    pair = await pair_up(platform, school)
    cycle = await cycle_of(platform, school, pair)
    goal = await platform.goals.begin("goals", by=school.teacher, tenant=school.tenant, cycle_id=str(cycle))
    await platform.level()
    return Drafted(platform, school, pair, goal)


@pytest.mark.parametrize("baseline_first", [True, False])
async def test_whichever_is_heard_of_first_the_same_is_counted(
    drafted: Drafted, school: School, platform: Platform, *, baseline_first: bool
) -> None:
    async def visits() -> None:
        await drafted.visit(8, days_ago=10)
        await drafted.visit(3, days_ago=30)  # before the baseline: shown, never counted
        mistaken = await drafted.visit(2, days_ago=8)
        await drafted.correct(mistaken, 9, days_ago=8)
        await drafted.void(await drafted.visit(1, days_ago=6))
        await platform.level()

    if not baseline_first:
        await visits()
        assert await drafted.told() == ["GoalDrafted"]
    await set_goal(platform, school, drafted.goal)
    if baseline_first:
        await visits()
    assert await drafted.look() == ("target_met", ["3/10", "4/5", "9/10"], ["4/5", "9/10"])
    assert "AchievementWithdrawn" not in await drafted.told()


async def test_what_is_taken_back_after_the_baseline_counted_it_is_retracted(
    drafted: Drafted, school: School, platform: Platform
) -> None:
    visits = [await drafted.visit(9, days_ago=days) for days in (9, 7)]
    await platform.level()
    await set_goal(platform, school, drafted.goal)
    assert (await drafted.look())[0] == "target_met"
    await drafted.void(visits[0])
    await drafted.correct(visits[1], 6, days_ago=7)
    assert await drafted.look() == ("active", ["3/5"], ["3/5"])


async def test_told_in_a_hurry_nothing_is_lost_and_nothing_counts_twice(
    drafted: Drafted, school: School, platform: Platform
) -> None:
    """Nobody waits for anybody: whatever policy comes to what first."""
    visits = [await drafted.visit(4, days_ago=days) for days in range(2, 12)]
    await set_goal(platform, school, drafted.goal)
    for visit in visits[:5]:
        await drafted.void(visit)
    _, on_chart, counted = await drafted.look()
    assert (on_chart, counted) == (["2/5"] * 5, ["2/5"] * 5)


async def test_what_was_observed_comes_out_the_same_when_it_is_derived_again(
    drafted: Drafted, school: School, platform: Platform
) -> None:
    await drafted.correct(await drafted.visit(2, days_ago=8), 9, days_ago=8)
    await drafted.void(await drafted.visit(1, days_ago=6))
    await platform.level()
    rows = await platform.goals.database.app.fetch(
        "SELECT * FROM observed WHERE tenant = $1 ORDER BY position", school.tenant
    )
    assert [(row["gone_for"], row["measurement"] is None) for row in rows] == [
        ("observation_corrected", True), (None, False), ("observation_voided", True),
    ]  # fmt: skip
    assert await platform.goals.derived_again()
    await set_goal(platform, school, drafted.goal)
    assert (await drafted.look())[1] == ["9/10"]


async def test_a_baseline_waits_while_what_was_observed_is_derived_anew(
    drafted: Drafted, school: School, platform: Platform
) -> None:
    """After an upgrade the tables are empty for a while: nothing was observed would be wrong, and for good."""
    await drafted.visit(8, days_ago=8)
    await platform.level()
    database = platform.goals.database
    owner = await asyncpg.connect(database.provisioned.full_owner_url)
    await owner.execute("COMMENT ON SCHEMA projections IS 'those of an older version'")
    await migrate(owner, app_role=database.name, package="goals")
    async with owner.transaction():
        await owner.execute("LOCK TABLE projections.observed IN SHARE MODE")  # read by all, filled by nobody
        await set_goal(platform, school, drafted.goal)
        await asyncio.sleep(3)
    await owner.close()
    assert (await drafted.look())[1] == ["4/5"]
