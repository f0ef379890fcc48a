"""Over HTTP: whoever told a goal a measurement takes it back, and everything that stood on it follows."""

from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from kit.running import Platform
from kit.school import School, cycle_of, on_task, open_school, pair_up, set_goal
from kit.visits import record

pytestmark = [pytest.mark.integration, pytest.mark.services("directory", "goals", "observations")]


@pytest_asyncio.fixture
async def school(platform: Platform) -> School:
    return await open_school(platform, "theo")


class Told:
    """A goal that was set, and what is asked of it."""

    def __init__(self, platform: Platform, school: School, pair: UUID, goal: UUID) -> None:
        self.platform, self.school, self.pair, self.goal = platform, school, pair, goal

    async def say(self, command: str, by: str, **body: Any) -> Any:
        return await self.platform.goals.tried(
            f"/v1/goals/{self.goal}/{command}", by=self.school.people[by], tenant=self.school.tenant, **body
        )

    async def measure(self, intervals: int, days_ago: float, by: str = "coach") -> UUID:
        answer = await self.say("record-progress", by, measurement=on_task(intervals, days_ago=days_ago))
        assert answer.status_code == 200, answer.text
        return UUID((await self.shown())["measurements"][-1]["measurement_id"])

    async def take_back(self, measurement_id: UUID | str, by: str) -> tuple[int, Any]:
        answer = await self.say(
            "retract-progress", by, measurement_id=str(measurement_id), reason_code="wrong_class"
        )
        told = answer.json()
        return answer.status_code, told.get("code") or [
            event["type"].split(".")[2] for event in told["events"]
        ]

    async def shown(self) -> dict[str, Any]:
        answer = await self.platform.goals.get(
            f"/v1/goals/{self.goal}", by=self.school.teacher, tenant=self.school.tenant
        )
        shown: dict[str, Any] = answer.json()["data"]
        return shown


@pytest_asyncio.fixture
async def told(platform: Platform, school: School) -> Told:
    pair = await pair_up(platform, school)
    cycle = await cycle_of(platform, school, pair)
    goal = await platform.goals.begin("goals", by=school.teacher, tenant=school.tenant, cycle_id=str(cycle))
    await set_goal(platform, school, goal)
    await platform.level()
    return Told(platform, school, pair, goal)


async def test_an_achieved_goal_is_active_again_when_what_it_stood_on_is_taken_back(told: Told) -> None:
    await told.measure(8, days_ago=6)
    last = await told.measure(9, days_ago=4)
    assert (await told.say("confirm-achievement", "teacher")).status_code == 200
    assert (await told.shown())["status"] == "achieved"
    assert await told.take_back(last, "teacher") == (403, "forbidden")
    assert await told.take_back(last, "coach") == (200, ["ProgressRetracted", "AchievementWithdrawn"])
    assert (await told.shown())["status"] == "active"
    assert await told.take_back(last, "coach") == (200, [])
    chart = (
        await told.platform.goals.get(
            f"/v1/goals/{told.goal}/chart", by=told.school.coach, tenant=told.school.tenant
        )
    ).json()
    assert chart["reached"][-1] | {"on": "", "recorded_at": ""} == {
        "what": "achievement_withdrawn", "on": "", "recorded_at": "", "measurement_id": str(last), "why": "wrong_class",
    }  # fmt: skip


async def test_the_baseline_is_taken_back_by_whoever_measured_it_and_measured_anew(told: Told) -> None:
    base = [m["measurement_id"] for m in (await told.shown())["measurements"] if m["is_baseline"]]
    anew = {"measurements": [on_task(3, days_ago=19)]}
    for measurement_id in base:
        assert (await told.say("record-baseline", "teacher", **anew)).json()[
            "code"
        ] == "baseline_already_recorded"
        assert await told.take_back(measurement_id, "coach") == (403, "forbidden")
        assert await told.take_back(measurement_id, "teacher") == (200, ["ProgressRetracted"])
    assert (await told.shown())["baseline"] is None
    assert (await told.say("record-baseline", "teacher", **anew)).status_code == 200
    assert (await told.shown())["baseline"] == "3/10"


async def test_what_an_observation_told_is_corrected_there(
    told: Told, platform: Platform, school: School
) -> None:
    seen = {"goal_ids": [str(told.goal)], "measurements": [on_task(7, days_ago=3)]}
    await record(platform, school, told.pair, days_ago=3, **seen)
    await platform.level()
    observed = (await told.shown())["measurements"][-1]["measurement_id"]
    for who in ("coach", "teacher"):
        assert await told.take_back(observed, who) == (409, "measurement_observed")
    assert (await told.shown())["measurements"][-1]["measurement_id"] == observed


async def test_what_this_goal_never_heard_of_is_refused_and_to_a_stranger_there_is_no_goal(
    told: Told,
) -> None:
    last = await told.measure(8, days_ago=6)
    assert await told.take_back(uuid4(), "coach") == (409, "measurement_unknown")
    assert await told.take_back(last, "theo") == (404, "not_found")
    assert (
        await told.say("retract-progress", "coach", measurement_id="x", reason_code="y")
    ).status_code == 422
    assert await told.take_back(last, "coach") == (200, ["ProgressRetracted"])
