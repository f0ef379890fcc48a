"""What goals does by itself: a partnership is suspended as soon as its coach evaluates its teacher."""

import asyncio
import json
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio
from kit.running import Platform
from kit.school import School, cycle_of, on_task, open_school, pair_up, set_goal

pytestmark = [pytest.mark.integration, pytest.mark.services("directory", "goals")]


@pytest_asyncio.fixture
async def school(platform: Platform) -> School:
    return await open_school(platform, "theo")


async def told(platform: Platform, school: School, person: UUID, command: str, **body: Any) -> None:
    await platform.directory.post(f"/v1/people/{person}/{command}", by=None, tenant=school.tenant, **body)
    await platform.level()


async def status(platform: Platform, school: School, partnership: UUID) -> str:
    answer = await platform.goals.get(
        f"/v1/partnerships/{partnership}", by=school.teacher, tenant=school.tenant
    )
    shown: str = answer.json()["data"]["status"]
    return shown


async def test_a_coach_who_is_named_evaluator_loses_the_pairs_content_and_the_teacher_keeps_it(
    platform: Platform, school: School
) -> None:
    partnership = await pair_up(platform, school)
    cycle = await cycle_of(platform, school, partnership)
    await told(platform, school, school.teacher, "assign-evaluator", evaluator_id=str(school.coach))
    assert await status(platform, school, partnership) == "suspended"
    for who, code in ((school.coach, 403), (school.teacher, 200)):
        answer = await platform.goals.get(f"/v1/cycles/{cycle}", by=who, tenant=school.tenant)
        assert answer.status_code == code


async def test_a_coach_who_leaves_the_district_reads_nothing_and_the_teacher_keeps_it(
    platform: Platform, school: School
) -> None:
    partnership = await pair_up(platform, school)
    cycle = await cycle_of(platform, school, partnership)
    await told(platform, school, school.coach, "deactivate-person")
    assert await status(platform, school, partnership) == "suspended"
    for who, code in ((school.coach, 403), (school.teacher, 200)):
        answer = await platform.goals.get(f"/v1/cycles/{cycle}", by=who, tenant=school.tenant)
        assert answer.status_code == code
    assert (await platform.goals.get("/v1/cycles", by=school.coach, tenant=school.tenant)).json() == []


async def test_a_coach_who_becomes_principal_of_the_teachers_school_is_suspended(
    platform: Platform, school: School
) -> None:
    partnership = await pair_up(platform, school)
    role = {"role": "principal", "org_id": str(school.school), "begin": "2020-08-01"}
    await told(platform, school, school.coach, "assign-role", **role)
    assert await status(platform, school, partnership) == "suspended"


async def test_a_coach_who_becomes_principal_goes_on_where_others_are_mapped_to_evaluate(
    platform: Platform, school: School
) -> None:
    partnership = await pair_up(platform, school)
    await told(platform, school, school.teacher, "assign-evaluator", evaluator_id=str(school.principal))
    role = {"role": "principal", "org_id": str(school.school), "begin": "2020-08-01"}
    await told(platform, school, school.coach, "assign-role", **role)
    assert await status(platform, school, partnership) == "agreed"
    await told(platform, school, school.teacher, "withdraw-evaluator", evaluator_id=str(school.principal))
    assert await status(platform, school, partnership) == "suspended"


async def test_an_evaluator_of_somebody_else_goes_on_coaching(platform: Platform, school: School) -> None:
    partnership = await pair_up(platform, school)
    await told(platform, school, school.theo, "assign-evaluator", evaluator_id=str(school.coach))
    assert await status(platform, school, partnership) == "agreed"


async def until(platform: Platform, school: School, to: datetime) -> None:
    """The sandbox's clock is advanced, and what fell due has happened."""
    path = f"/v1/districts/{school.tenant}/advance-clock"
    await platform.directory.post(path, by=None, tenant=school.tenant, to=to.isoformat())
    await platform.level()
    async with asyncio.timeout(20):
        while await platform.goals.run.due(school.tenant):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    await platform.level()


CHICAGO = ZoneInfo("America/Chicago")


async def test_a_role_that_begins_on_a_day_to_come_suspends_on_that_day(platform: Platform) -> None:
    """At midnight at the district, and once: asked again, nothing more is told."""
    school = await open_school(platform, "theo", sandbox=True)
    ours, theirs = [await pair_up(platform, school, who) for who in ("teacher", "theo")]
    await told(platform, school, school.theo, "assign-evaluator", evaluator_id=str(school.principal))
    day = datetime.now(CHICAGO).date() + timedelta(days=40)
    role = {"role": "principal", "org_id": str(school.school), "begin": str(day)}
    await told(platform, school, school.coach, "assign-role", **role)
    midnight = datetime.combine(day, time(), CHICAGO)
    for moment, expected in ((midnight - timedelta(seconds=1), "agreed"), (midnight, "suspended")):
        await until(platform, school, moment)
        assert await status(platform, school, ours) == expected
    assert await standing_of(platform, school, theirs) == "agreed"
    await until(platform, school, midnight + timedelta(days=3))
    events = await platform.goals.database.app.fetch(
        "SELECT data, meta FROM ledger.events WHERE stream_id = $1 AND type = 'PartnershipSuspended'", ours
    )
    [suspended] = events
    meta = json.loads(suspended["meta"])
    assert (json.loads(suspended["data"])["reason_code"], meta["actor"]) == (
        "coach_evaluates", "system:timer_coach_evaluates",
    )  # fmt: skip
    occurrence = f"coach_evaluates:1:{ours}:{school.coach}:{day}"
    assert meta["command_id"] == str(uuid5(school.tenant, occurrence))


async def standing_of(platform: Platform, school: School, partnership: UUID) -> str:
    answer = await platform.goals.get(
        f"/v1/partnerships/{partnership}", by=school.coach, tenant=school.tenant
    )
    shown: str = answer.json()["data"]["status"]
    return shown


async def test_a_role_that_was_withdrawn_before_it_began_suspends_nobody(platform: Platform) -> None:
    school = await open_school(platform, sandbox=True)
    partnership = await pair_up(platform, school)
    day = datetime.now(CHICAGO).date() + timedelta(days=10)
    role = {"role": "administrator", "org_id": str(school.school)}
    await told(platform, school, school.coach, "assign-role", **role, begin=str(day))
    await told(platform, school, school.coach, "withdraw-role", **role)
    await until(platform, school, datetime.combine(day, time(), CHICAGO) + timedelta(days=1))
    assert await status(platform, school, partnership) == "agreed"


async def change_policy(platform: Platform, school: School, **body: Any) -> None:
    path = f"/v1/districts/{school.tenant}/change-policy"
    await platform.directory.post(path, by=school.administrator, tenant=school.tenant, **body)
    await platform.level()


async def active_goal(platform: Platform, school: School) -> UUID:
    cycle = await cycle_of(platform, school, await pair_up(platform, school))
    goal = await platform.goals.begin("goals", by=school.teacher, tenant=school.tenant, cycle_id=str(cycle))
    await set_goal(platform, school, goal)
    return goal


async def measured(platform: Platform, school: School, goal: UUID, intervals: int, days_ago: float) -> None:
    await platform.goals.post(
        f"/v1/goals/{goal}/record-progress", by=school.coach, tenant=school.tenant,
        measurement=on_task(intervals, days_ago=days_ago),
    )  # fmt: skip
    await platform.level()


async def standing(platform: Platform, school: School, goal: UUID) -> dict[str, Any]:
    answer = await platform.goals.get(f"/v1/goals/{goal}", by=school.teacher, tenant=school.tenant)
    shown: dict[str, Any] = answer.json()["data"]
    return shown


async def test_a_district_may_confirm_by_itself_what_is_met_from_then_on(
    platform: Platform, school: School
) -> None:
    earlier = await active_goal(platform, school)
    for intervals, days in ((8, 5), (9, 4)):
        await measured(platform, school, earlier, intervals, days)
    await change_policy(platform, school, auto_confirm=True)
    assert (await standing(platform, school, earlier))["status"] == "target_met"
    await measured(platform, school, earlier, 9, 3)
    assert (await standing(platform, school, earlier))["status"] == "target_met"

    other = await open_school(platform)
    await change_policy(platform, other, auto_confirm=True)
    later = await active_goal(platform, other)
    for intervals, days in ((8, 5), (9, 4)):
        await measured(platform, other, later, intervals, days)
    assert (await standing(platform, other, later))["status"] == "achieved"
    [event] = await platform.goals.database.app.fetch(
        "SELECT data, meta FROM ledger.events WHERE stream_id = $1 AND type = 'GoalAchieved'", later
    )
    assert json.loads(event["data"])["confirmed_by"] is None
    assert json.loads(event["meta"])["actor"] == "system:when_target_met"


async def test_a_district_that_does_not_confirm_leaves_it_to_the_owner(
    platform: Platform, school: School
) -> None:
    await change_policy(platform, school, auto_confirm=True)
    await change_policy(platform, school, auto_confirm=False)
    goal = await active_goal(platform, school)
    for intervals, days in ((8, 5), (9, 4)):
        await measured(platform, school, goal, intervals, days)
    assert (await standing(platform, school, goal))["status"] == "target_met"


async def test_a_partnership_has_as_many_open_cycles_of_a_focus_as_policy_allows(
    platform: Platform, school: School
) -> None:
    partnership = await pair_up(platform, school)

    async def start() -> int:
        told = {"partnership_id": str(partnership), "focus": "engagement"}
        answer = await platform.goals.tried("/v1/cycles", by=school.coach, tenant=school.tenant, **told)
        return answer.status_code

    first = await cycle_of(platform, school, partnership)
    assert await start() == 409
    await change_policy(platform, school, open_cycles_per_focus=3)
    assert [await start() for _ in range(3)] == [201, 201, 409]
    await platform.goals.post(f"/v1/cycles/{first}/complete-cycle", by=school.teacher, tenant=school.tenant)
    assert [await start() for _ in range(2)] == [201, 409]
    await change_policy(platform, school, open_cycles_per_focus=1)
    assert await start() == 409


async def test_who_start_at_the_same_moment_find_different_places(platform: Platform, school: School) -> None:
    """Both see the same place free, one is quicker, and the other takes the next; nobody a place that is not there."""
    partnership = await pair_up(platform, school)
    await change_policy(platform, school, open_cycles_per_focus=4)
    told = {"partnership_id": str(partnership), "focus": "engagement"}
    starts = [
        platform.goals.tried("/v1/cycles", by=school.coach, tenant=school.tenant, **told) for _ in range(7)
    ]
    answers = await asyncio.gather(*starts)
    assert sorted(answer.status_code for answer in answers) == [201] * 4 + [409] * 3
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"claim_taken"}
    places = await platform.goals.database.app.fetch(
        "SELECT data ->> 'place' AS place FROM ledger.events WHERE tenant = $1 AND type = 'CycleStarted'",
        school.tenant,
    )
    assert sorted(row["place"] for row in places) == ["1", "2", "3", "4"]


async def test_a_partnership_notes_which_text_of_confidentiality_it_agreed_to(
    platform: Platform, school: School
) -> None:
    proposed = "SELECT data FROM ledger.events WHERE stream_id = $1 AND type = 'PartnershipProposed'"
    first = await pair_up(platform, school)
    await change_policy(platform, school, confidentiality_policy_version=3)
    second = await pair_up(platform, school, "theo")
    versions = [
        json.loads(await platform.goals.database.app.fetchval(proposed, one))[
            "confidentiality_policy_version"
        ]
        for one in (first, second)
    ]
    assert versions == [1, 3]


async def test_how_far_policies_lag_is_measured_by_source(platform: Platform, school: School) -> None:
    await pair_up(platform, school)
    told = (await platform.goals.http.get("/metrics")).text
    for source in ("directory", "goals", "observations"):
        assert f'chalkline_policy_lag_events{{source="{source}"}} 0.0' in told
