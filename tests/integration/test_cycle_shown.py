"""One set of facts over HTTP, shown as Impact Cycle, as student-centered or as weekly-step practice."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from goals.product_models import MODELS, PRODUCT
from kit.running import Platform
from kit.school import School, cycle_of, on_task, open_school, pair_up, set_goal

pytestmark = [pytest.mark.integration, pytest.mark.services("directory", "goals", "observations")]

HAPPENED = [
    "goal_drafted", "baseline_recorded", "goal_proposed", "goal_set", "action_step_offered", "action_step_responded",
    "action_step_practised", "progress_measured", "coteach",
]  # fmt: skip


@pytest_asyncio.fixture
async def school(platform: Platform) -> School:
    return await open_school(platform, "theo")


async def lived_through(platform: Platform, school: School) -> UUID:
    """A cycle in which all that happened, the step and what followed it in the second phase."""
    goals, coach, teacher, tenant = platform.goals, school.coach, school.teacher, school.tenant
    pair = await pair_up(platform, school)
    cycle = await cycle_of(platform, school, pair)
    goal = await goals.begin("goals", by=coach, tenant=tenant, cycle_id=str(cycle))
    await set_goal(platform, school, goal)
    await goals.post(f"/v1/cycles/{cycle}/enter-phase", by=teacher, tenant=tenant, phase="learn")
    back = str((datetime.now(UTC) + timedelta(days=9)).date())
    step = await goals.begin(
        "action-steps",
        by=coach,
        tenant=tenant,
        cycle_id=str(cycle),
        strategy_code="cold_call",
        check_back_on=back,
    )
    path = f"/v1/action-steps/{step}"
    await goals.post(f"{path}/respond-to-action-step", by=teacher, tenant=tenant, response="accepted")
    await goals.post(f"{path}/practise-action-step", by=teacher, tenant=tenant)
    await goals.post(
        f"/v1/goals/{goal}/record-progress", by=coach, tenant=tenant, measurement=on_task(7, days_ago=0)
    )
    await platform.observations.post(
        "/v1/activities/hold-activity", by=coach, tenant=tenant, partnership_id=str(pair), cycle_id=str(cycle),
        type="coteach", started_at=(datetime.now(UTC) - timedelta(minutes=50)).isoformat(), minutes=45,
    )  # fmt: skip
    await platform.level()
    return cycle


async def shown(platform: Platform, school: School, cycle: UUID, who: str, query: str = "") -> Any:
    path = f"/v1/cycles/{cycle}/phases{query}"
    answer = await platform.goals.get(path, by=school.people[who], tenant=school.tenant)
    assert answer.status_code == 200, answer.text
    return answer.json()


def kinds(told: Any) -> dict[str, list[str]]:
    return {phase["phase"]: [fact["kind"] for fact in phase["facts"]] for phase in told["phases"]}


async def test_the_same_facts_are_shown_in_the_phases_of_each_model(
    platform: Platform, school: School
) -> None:
    cycle = await lived_through(platform, school)
    for name, model in PRODUCT.items():
        told = await shown(platform, school, cycle, "teacher", f"?model={name}")
        found = kinds(told)
        assert (told["template"], tuple(found)) == (name, model.phases)
        assert sorted(kind for phase in found.values() for kind in phase) == sorted(HAPPENED)
        assert {kind: phase for phase, each in found.items() for kind in each} == {
            kind: MODELS[name].phase_of[kind] for kind in HAPPENED
        }


async def test_left_to_itself_a_cycle_is_shown_as_it_went(platform: Platform, school: School) -> None:
    cycle = await lived_through(platform, school)
    told = await shown(platform, school, cycle, "coach")
    found = kinds(told)
    assert (told["template"], tuple(found)) == ("impact-cycle@1", ("identify", "learn", "improve"))
    assert {"goal_drafted", "goal_proposed", "goal_set"} <= set(found["identify"])
    assert {"action_step_offered", "action_step_practised"} <= set(found["learn"])
    assert found["improve"] == []


async def test_only_the_pair_is_shown_it(platform: Platform, school: School) -> None:
    cycle = await lived_through(platform, school)
    for who, status in (("theo", 404), ("principal", 403), ("coaching_lead", 403)):
        answer = await platform.goals.get(
            f"/v1/cycles/{cycle}/phases", by=school.people[who], tenant=school.tenant
        )
        assert answer.status_code == status
    for path, code in (
        (f"/v1/cycles/{uuid4()}/phases", 404),
        (f"/v1/cycles/{cycle}/phases?model=ours@1", 422),
        (f"/v1/cycles/{cycle}/phases?as=1", 422),
    ):
        answer = await platform.goals.get(path, by=school.teacher, tenant=school.tenant)
        assert answer.status_code == code


async def test_a_member_is_shown_what_is_theirs_and_the_groups(platform: Platform, school: School) -> None:
    goals, tenant = platform.goals, school.tenant
    both = [str(school.teacher), str(school.theo)]
    pair = await goals.begin(
        "partnerships", by=school.coach, tenant=tenant, coach_id=str(school.coach), teacher_ids=both
    )
    for who in ("coach", "teacher", "theo"):
        await goals.post(f"/v1/partnerships/{pair}/give-consent", by=school.people[who], tenant=tenant)
    await platform.level()
    cycle = await cycle_of(platform, school, pair)
    for owners in (both, both[:1], both[1:]):
        await goals.begin("goals", by=school.coach, tenant=tenant, cycle_id=str(cycle), owner_ids=owners)
    await platform.level()
    for who, n in (("coach", 3), ("teacher", 2), ("theo", 2)):
        found = kinds(await shown(platform, school, cycle, who, "?model=impact-cycle@1"))
        assert found["identify"] == ["goal_drafted"] * n
