"""Figures about a district over HTTP: to whom, how far cycles and goals came, and what stays hidden."""

from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from kit.running import Platform
from kit.school import School, another_principal, cycle_of, on_task, open_school, pair_up, set_goal

pytestmark = [pytest.mark.integration, pytest.mark.services("directory", "goals")]

READS = ("/v1/funnel", "/v1/phase-times", "/v1/outcomes", "/v1/effect", "/v1/coverage")
TEACHERS = ("teacher", "tina", "tara", "toni", "thea")


@pytest_asyncio.fixture
async def school(platform: Platform) -> School:
    """Five teachers with a cycle each. Of four the goal is set; two of these are achieved, and their cycles closed."""
    school = await open_school(platform, *TEACHERS[1:])
    for n, teacher in enumerate(TEACHERS):
        await go_through(platform, school, teacher, n)
    await platform.level()
    return school


async def goal_that_is_achieved(
    platform: Platform, school: School, teacher: str, focus: str, tenths: int
) -> UUID:
    """In a cycle of its own, and from one half to so many tenths."""
    own = School(
        school.tenant, school.district_org, school.school, school.people | {"teacher": school.people[teacher]}
    )
    partnership = (await see(platform, own, "/v1/partnerships", "teacher"))[0]["partnership_id"]
    cycle = await cycle_of(platform, own, UUID(partnership), focus)
    goal = await platform.goals.begin("goals", by=own.teacher, tenant=own.tenant, cycle_id=str(cycle))
    await set_goal(platform, own, goal)
    path = f"/v1/goals/{goal}"
    for days in (2, 1):
        told = on_task(tenths, days_ago=days)
        await platform.goals.post(
            f"{path}/record-progress", by=own.teacher, tenant=own.tenant, measurement=told
        )
    await platform.goals.post(f"{path}/confirm-achievement", by=own.teacher, tenant=own.tenant)
    return goal


async def go_through(platform: Platform, school: School, teacher: str, n: int) -> None:
    async def say(path: str, **body: Any) -> None:
        await platform.goals.post(path, by=school.people[teacher], tenant=school.tenant, **body)

    cycle = await cycle_of(platform, school, await pair_up(platform, school, teacher))
    if n == 4:
        return
    goal = await platform.goals.begin(
        "goals", by=school.people[teacher], tenant=school.tenant, cycle_id=str(cycle)
    )
    own = School(
        school.tenant,
        school.district_org,
        school.school,
        school.people | {"teacher": school.people[teacher]},
    )
    await set_goal(platform, own, goal)
    if n < 2:
        for days in (2, 1):
            await say(f"/v1/goals/{goal}/record-progress", measurement=on_task(9, days_ago=days))
        await say(f"/v1/goals/{goal}/confirm-achievement")
        await say(f"/v1/cycles/{cycle}/enter-phase", phase="learn")
        await say(f"/v1/cycles/{cycle}/complete-cycle")


async def see(platform: Platform, school: School, path: str, who: str = "coaching_lead") -> list[Any]:
    answer = await platform.goals.get(path, by=school.people[who], tenant=school.tenant)
    assert answer.status_code == 200, answer.text
    told: list[Any] = answer.json()
    return told


async def test_a_coaching_lead_sees_how_far_cycles_come(platform: Platform, school: School) -> None:
    counts = {
        "started": 5, "baselined": 4, "goal_set": 4, "target_met": 2, "achieved": 2, "closed": 2, "sustained": 0,
    }  # fmt: skip
    by_template = await see(platform, school, "/v1/funnel")
    assert by_template == [
        {"of": None, "hidden": False, **counts},
        {"of": "impact-cycle@1", "hidden": False, **counts},
    ]
    by_school = await see(platform, school, "/v1/funnel?by=school", "administrator")
    assert [row["of"] for row in by_school] == [None, str(school.school)]
    assert await see(platform, school, "/v1/funnel?by=month&year=1999") == [
        {"of": None, "hidden": False, **dict.fromkeys(counts, 0)}
    ]


async def test_outcomes_and_coverage_are_shares_and_small_groups_stay_hidden(
    platform: Platform, school: School
) -> None:
    for by in ("focus", "school", "month", "subgroup"):
        rows = await see(platform, school, f"/v1/outcomes?by={by}")
        # Four teachers have goals: nothing of them is told, the total least of all.
        assert [(row["hidden"], row["goals_n"], row["share"]) for row in rows] == [(True, None, None)] * 2
    [total, north] = await see(platform, school, "/v1/coverage")
    assert (total["of"], north["of"]) == (None, str(school.school))
    assert (north["teachers_n"], north["coached_n"], north["share"]) == (5, 5, "1")
    await set_fifth(platform, school)
    by_focus = await see(platform, school, "/v1/outcomes")
    assert [(row["of"], row["goals_n"], row["share"]) for row in by_focus] == [
        (None, 5, "2/5"), ("engagement", None, None), ("writing", None, None),
    ]  # fmt: skip
    for by, of in (("school", str(school.school)), ("subgroup", "none")):
        [_, row] = await see(platform, school, f"/v1/outcomes?by={by}")
        assert (row["of"], row["goals_n"], row["achieved_n"], row["share"]) == (of, 5, 2, "2/5")


async def set_fifth(platform: Platform, school: School) -> None:
    """The fifth teacher's goal, the only one that is about writing."""
    partnership = await pair_up(platform, school, "thea")
    cycle = await cycle_of(platform, school, partnership, "writing")
    goal = await platform.goals.begin("goals", by=school.thea, tenant=school.tenant, cycle_id=str(cycle))
    await set_goal(platform, School(school.tenant, school.district_org, school.school,
                                    school.people | {"teacher": school.thea}), goal)  # fmt: skip
    await platform.level()


async def test_phase_times_are_told_of_phases_that_enough_came_through(
    platform: Platform, school: School
) -> None:
    rows = await see(platform, school, "/v1/phase-times")
    assert [(row["phase"], row["hidden"], row["median_days"]) for row in rows] == [
        ("identify", True, None), ("learn", True, None),
    ]  # fmt: skip
    for teacher in TEACHERS[2:]:
        cycles = await see(platform, school, "/v1/cycles", teacher)
        path = f"/v1/cycles/{cycles[0]['cycle_id']}/enter-phase"
        await platform.goals.post(path, by=school.people[teacher], tenant=school.tenant, phase="improve")
    await platform.level()
    rows = await see(platform, school, "/v1/phase-times")
    assert [(row["phase"], row["cycles_n"], row["hidden"]) for row in rows] == [
        ("identify", 5, False), ("learn", None, True),
    ]  # fmt: skip
    assert 0 <= rows[0]["p25_days"] <= rows[0]["median_days"] <= rows[0]["p90_days"] < 1


@pytest.mark.parametrize("path", READS)
async def test_figures_are_for_who_leads_and_for_nobody_else(
    platform: Platform, school: School, path: str
) -> None:
    for who in ("coach", "teacher"):
        answer = await platform.goals.get(path, by=school.people[who], tenant=school.tenant)
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert (await platform.goals.get(path, by=None, tenant=school.tenant)).status_code == 403
    assert (await platform.goals.get(path, by=school.coach, tenant=UUID(int=9))).status_code == 403
    for asked in ("?year=twenty", "?years=2025", "?year=2025&year=2026"):
        answer = await platform.goals.get(path + asked, by=school.coaching_lead, tenant=school.tenant)
        assert (answer.status_code, answer.json()["code"]) == (422, "request_invalid")


async def test_a_principal_sees_figures_of_their_own_schools_alone(
    platform: Platform, school: School
) -> None:
    other = await another_principal(platform, school)
    await platform.level()
    school.people["other"] = other
    [total, *_] = await see(platform, school, "/v1/funnel", "principal")
    assert total["started"] == 5
    [total] = await see(platform, school, "/v1/funnel", "other")
    assert total["started"] == 0
    [none] = await see(platform, school, "/v1/coverage", "other")
    assert (none["of"], none["teachers_n"]) == (None, 0)


async def test_the_effect_of_an_initiative_is_the_median_change_of_its_goals(
    platform: Platform, school: School
) -> None:
    initiative = await platform.goals.begin(
        "initiatives", by=school.coaching_lead, tenant=school.tenant, name="Talk more", begin="2026-01-01"
    )

    async def serves(goal: UUID, teacher: str) -> None:
        path = f"/v1/initiatives/{initiative}/link-goal-to-initiative"
        await platform.goals.post(path, by=school.people[teacher], tenant=school.tenant, goal_id=str(goal))

    for teacher, tenths in zip(TEACHERS, (8, 8, 9, 10, 10), strict=True):
        await serves(await goal_that_is_achieved(platform, school, teacher, "talk", tenths), teacher)
        await platform.level()
        told = await see(platform, school, "/v1/effect", "administrator")
        assert [row["metric_code"] for row in told] == [None, "on_task", None]
        # Five teachers' goals serve it in the end; of four there is one that does not, and outcomes tell of all.
        assert {row["hidden"] for row in told} == {True}
    await goal_that_is_achieved(platform, school, TEACHERS[-1], "wait", 9)
    await platform.level()
    told = await see(platform, school, "/v1/effect", "administrator")
    assert {row["hidden"] for row in told} == {False}
    [whole, metric, none] = told
    assert (none["initiative_id"], none["goals_n"], none["achieved_n"]) == (None, 5, 3)
    [total, *_] = await see(platform, school, "/v1/outcomes", "administrator")
    assert total["goals_n"] == whole["goals_n"] + none["goals_n"]
    assert {row["initiative_id"] for row in (whole, metric)} == {str(initiative)}
    assert (whole["goals_n"], whole["achieved_n"], whole["share_achieved"], whole["median_change"]) == (
        5,
        5,
        "1",
        None,
    )
    assert (metric["kind"], metric["unit"], metric["direction"]) == (
        "intervals_on_task",
        "intervals",
        "increase",
    )
    assert (metric["median_baseline"], metric["median_final"], metric["median_change"]) == (
        "1/2",
        "9/10",
        "2/5",
    )
    assert await see(platform, school, "/v1/effect?year=1999") == []


async def test_what_was_sustained_and_taken_back_counts_as_it_stands(
    platform: Platform, school: School
) -> None:
    cycles = await see(platform, school, "/v1/cycles", "teacher")
    path = f"/v1/cycles/{cycles[0]['cycle_id']}/record-follow-up"
    await platform.goals.post(path, by=school.teacher, tenant=school.tenant, outcome="sustained")
    [goal] = await see(platform, school, "/v1/goals", "tina")
    late = on_task(2, days_ago=1.5)  # between the two that met the target
    path = f"/v1/goals/{goal['goal_id']}/record-progress"
    await platform.goals.post(path, by=school.tina, tenant=school.tenant, measurement=late)
    await platform.level()
    [total, _] = await see(platform, school, "/v1/funnel")
    assert (total["sustained"], total["goal_set"], total["target_met"], total["achieved"]) == (1, 4, 1, 1)
    assert await platform.goals.derived_again()
