"""A goal that falls behind, over HTTP: its trend is told, it is recharted, and bad terms leave no trace."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from kit.running import Platform
from kit.school import School, cycle_of, on_task, open_school, pair_up, set_goal

pytestmark = [pytest.mark.integration, pytest.mark.services("directory", "goals")]


@pytest_asyncio.fixture
async def school(platform: Platform) -> School:
    return await open_school(platform, "theo")


@pytest_asyncio.fixture
async def goal(platform: Platform, school: School) -> UUID:
    cycle = await cycle_of(platform, school, await pair_up(platform, school))
    begun = await platform.goals.begin("goals", by=school.teacher, tenant=school.tenant, cycle_id=str(cycle))
    await set_goal(platform, school, begun)
    return begun


async def asked(platform: Platform, school: School, goal: UUID, command: str, by: str, **body: Any) -> Any:
    return await platform.goals.tried(
        f"/v1/goals/{goal}/{command}", by=school.people[by], tenant=school.tenant, **body
    )


async def told(answer: Any) -> list[str]:
    assert answer.is_success, answer.text
    return [event["type"].split(".")[2] for event in answer.json()["events"]]


async def stands(platform: Platform, school: School, goal: UUID) -> dict[str, Any]:
    answer = await platform.goals.get(f"/v1/goals/{goal}", by=school.teacher, tenant=school.tenant)
    assert answer.status_code == 200, answer.text
    shown: dict[str, Any] = answer.json()["data"]
    return shown


async def test_a_goal_that_falls_behind_is_recharted_and_goes_on(
    platform: Platform, school: School, goal: UUID
) -> None:
    last: list[str] = []
    for days in (18, 15, 12):
        measured = on_task(5, days_ago=days)
        last = await told(
            await asked(platform, school, goal, "record-progress", "coach", measurement=measured)
        )
    assert last == ["ProgressMeasured", "GoalTrendChanged"]
    assert (await stands(platform, school, goal))["trend"] == "stalled"

    later = str(datetime.now(UTC).date() + timedelta(days=90))
    wish: dict[str, Any] = {"target": "0.7", "due_on": later, "reason_code": "too_soon"}
    done = await asked(
        platform, school, goal, "rechart-goal", "teacher", reason="They need more time", **wish
    )
    assert await told(done) == ["GoalRecharted", "GoalTrendChanged"]
    shown = await stands(platform, school, goal)
    assert (shown["goal_version"], shown["target"], shown["trend"]) == (2, "0.7", "on_track")
    assert len(shown["measurements"]) == 6
    [board] = (
        await platform.goals.get(
            "/v1/goals", by=school.teacher, tenant=school.tenant, at_least=done.headers["at-least"]
        )
    ).json()
    assert (board["status"], board["target"], board["due_on"], board["goal_version"]) == (
        "active", "0.7", later, 2
    )  # fmt: skip

    # What was measured before belongs to the first version, however late it is told: two of it meet nothing.
    for days in (5, 4):
        late = on_task(9, days_ago=days)
        assert await told(
            await asked(platform, school, goal, "record-progress", "coach", measurement=late)
        ) == ["ProgressMeasured"]
    now = on_task(8, days_ago=0)
    for expected in (["ProgressMeasured"], ["ProgressMeasured", "GoalTargetMet"]):
        now["occurred_at"] = datetime.now(UTC).isoformat()
        assert (
            await told(await asked(platform, school, goal, "record-progress", "teacher", measurement=now))
            == expected
        )


@pytest.mark.parametrize(
    ("terms", "code", "status"),
    [
        ({}, "nothing_recharted", 409),
        ({"target": "0.8"}, "nothing_recharted", 409),
        ({"target": "0.5"}, "target_not_an_improvement", 409),
        ({"target": "3/2"}, "target_out_of_range", 409),
        ({"tolerance": "0.1"}, "tolerance_only_to_maintain", 409),
        ({"due_on": "2020-01-01"}, "due_date_not_ahead", 409),
        ({"target": 0.9}, None, 422),
        ({"target": "NaN"}, None, 422),
        ({"due_on": "soon"}, None, 422),
        ({"required_consecutive": 0}, None, 422),
        ({"metric_code": "talk"}, None, 422),
    ],
)
async def test_terms_that_cannot_be_are_refused_and_leave_no_trace(
    platform: Platform, school: School, goal: UUID, terms: Any, code: str | None, status: int
) -> None:
    before = await stands(platform, school, goal)
    answer = await asked(platform, school, goal, "rechart-goal", "coach", reason_code="changed", **terms)
    assert answer.status_code == status, answer.text
    if code is not None:
        assert answer.json()["code"] == code
    assert await stands(platform, school, goal) == before


async def test_nobody_else_recharts(platform: Platform, school: School, goal: UUID) -> None:
    for who, status in (("theo", 404), ("principal", 403)):
        answer = await asked(platform, school, goal, "rechart-goal", who, target="0.9", reason_code="changed")
        assert answer.status_code == status, answer.text
