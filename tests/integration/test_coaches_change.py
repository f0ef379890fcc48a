"""A hand-over as observations sees it: nobody coaches until every teacher has consented; then the new coach finds what
is the pair's, and the former one nothing but their own time and thoughts. Cycles that pause, and that teachers leave.
"""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from kit.running import Platform
from kit.school import School, cycle_of, open_school, pair_up
from kit.visits import say

pytestmark = [pytest.mark.integration, pytest.mark.services("directory", "goals", "observations")]

LISTS = ("observations", "activities", "reflections", "dosage")


@pytest_asyncio.fixture
async def school(platform: Platform) -> School:
    return await open_school(platform, "theo")


async def another_coach(platform: Platform, school: School) -> UUID:
    coach = await platform.directory.begin("people", by=None, tenant=school.tenant, name="Another coach")
    told = {"role": "coach", "org_id": str(school.school), "begin": "2020-08-01"}
    await platform.directory.post(f"/v1/people/{coach}/assign-role", by=None, tenant=school.tenant, **told)
    await platform.level()
    return coach


async def found(platform: Platform, school: School, by: UUID) -> dict[str, int]:
    """How many rows of each list somebody gets."""
    await platform.level()
    counts = {}
    for name in LISTS:
        answer = await platform.observations.get(f"/v1/{name}", by=by, tenant=school.tenant)
        assert answer.status_code == 200, answer.text
        counts[name] = len(answer.json())
    return counts


async def test_after_a_hand_over_the_new_coach_finds_what_is_the_pairs_and_the_former_one_their_own(
    platform: Platform, school: School
) -> None:
    pair = await pair_up(platform, school)
    cycle = await cycle_of(platform, school, pair)
    about = {"partnership_id": str(pair), "cycle_id": str(cycle)}
    at = (datetime.now(UTC) - timedelta(hours=30)).isoformat()
    visit = await platform.observations.begin(
        "observations/record-observation", by=school.coach, tenant=school.tenant, started_at=at,
        duration_s=1800, mode="live", chosen_by="joint", **about,
    )  # fmt: skip
    await platform.observations.begin(
        "activities/hold-activity", by=school.coach, tenant=school.tenant, type="plan", started_at=at,
        minutes=60, **about,
    )  # fmt: skip
    for who in (school.coach, school.teacher):
        thought = await platform.observations.begin(
            "reflections", by=who, tenant=school.tenant, reflection="I talked too much", **about
        )
        path = f"/v1/reflections/{thought}/share-reflection"
        await platform.observations.post(path, by=who, tenant=school.tenant)
    everything = {"observations": 1, "activities": 1, "reflections": 2, "dosage": 1}
    nothing = dict.fromkeys(LISTS, 0)
    assert await found(platform, school, school.coach) == everything
    coach = await another_coach(platform, school)
    await platform.goals.post(
        f"/v1/partnerships/{pair}/hand-over-coach",
        by=school.teacher,
        tenant=school.tenant,
        to_coach_id=str(coach),
    )
    await platform.level()
    assert await found(platform, school, coach) == nothing
    looked = await platform.observations.get(f"/v1/observations/{visit}", by=coach, tenant=school.tenant)
    assert looked.status_code == 404
    own = nothing | {"reflections": 1}
    assert await found(platform, school, school.coach) == own
    for person in (coach, school.teacher):
        answer = await platform.goals.http.post(
            f"/v1/partnerships/{pair}/give-consent", json={},
            headers=platform.issuer.person(person, school.tenant)
            | {"Idempotency-Key": str(UUID(int=person.int ^ pair.int))},
        )  # fmt: skip
        assert answer.status_code in (200, 409), answer.text
    await platform.level()
    assert await found(platform, school, coach) == everything
    assert await found(platform, school, school.coach) == own
    assert await found(platform, school, school.teacher) == everything | {"dosage": 0}
    [dosage] = (await platform.observations.get("/v1/dosage", by=coach, tenant=school.tenant)).json()
    assert (dosage["coach_id"], dosage["visits_held"], dosage["minutes"]) == (str(coach), 1, 60)
    for person, minutes in ((school.coach, 60), (coach, 0)):
        day = (datetime.now(UTC) - timedelta(days=5)).date()
        path = f"/v1/minutes?begin={day}&end={day + timedelta(days=6)}"
        rows = (await platform.observations.get(path, by=person, tenant=school.tenant)).json()
        assert sum(row["minutes"] for row in rows) == minutes
    # Whoever coaches now acts; what another authored they take back and do not correct.
    await say(platform, _as(school, coach), visit, "share-feedback", "coach", feedback="They leaned in")
    refused = await platform.observations.http.post(
        f"/v1/observations/{visit}/correct-observation", json={"measurements": [], "reason_code": "mine"},
        headers=platform.issuer.person(coach, school.tenant) | {"Idempotency-Key": str(UUID(int=visit.int ^ 1))},
    )  # fmt: skip
    assert refused.status_code == 403
    later = await platform.observations.begin(
        "activities/hold-activity", by=school.teacher, tenant=school.tenant, type="model", started_at=at,
        minutes=20, **about,
    )  # fmt: skip
    shown = await platform.observations.get(f"/v1/activities/{later}", by=coach, tenant=school.tenant)
    assert shown.json()["data"]["coach_id"] == str(coach)


def _as(school: School, coach: UUID) -> School:
    return School(school.tenant, school.district_org, school.school, {**school.people, "coach": coach})


async def test_days_of_a_pause_do_not_count(platform: Platform) -> None:
    school = await open_school(platform, sandbox=True)
    pair = await pair_up(platform, school)
    cycle = await cycle_of(platform, school, pair)

    async def advance(days: int) -> Any:
        now = await platform.observations.run.clock.now(school.tenant)
        to = (now + timedelta(days=days)).isoformat()
        path = f"/v1/districts/{school.tenant}/advance-clock"
        await platform.directory.post(path, by=None, tenant=school.tenant, to=to)
        await platform.level()
        [row] = (await platform.observations.get("/v1/dosage", by=school.coach, tenant=school.tenant)).json()
        return row

    async def say_of_cycle(command: str) -> None:
        await platform.goals.post(f"/v1/cycles/{cycle}/{command}", by=school.coach, tenant=school.tenant)
        await platform.level()

    assert (await advance(10))["days"] == 10
    await say_of_cycle("pause-cycle")
    assert (await advance(20))["days"] == 10
    await say_of_cycle("resume-cycle")
    row = await advance(6)
    assert (row["days"], row["visits_due"]) == (16, 1)
    await say_of_cycle("pause-cycle")
    assert (await advance(3))["days"] == 16
    await say_of_cycle("complete-cycle")
    row = await advance(30)
    assert (row["days"], row["status"]) == (16, "ended")


async def test_for_a_teacher_who_left_it_has_ended(platform: Platform, school: School) -> None:
    tenant = school.tenant
    pair = await platform.goals.begin(
        "partnerships", by=school.coach, tenant=tenant, coach_id=str(school.coach),
        teacher_ids=[str(school.teacher), str(school.theo)],
    )  # fmt: skip
    for person in (school.coach, school.teacher, school.theo):
        await platform.goals.post(f"/v1/partnerships/{pair}/give-consent", by=person, tenant=tenant)
    await platform.level()
    cycle = await cycle_of(platform, school, pair)

    south = await platform.directory.begin(
        "orgs", by=None, tenant=tenant, name="South", type="school", parent_id=str(school.district_org)
    )
    principal = await platform.directory.begin("people", by=None, tenant=tenant, name="Of South")
    for person, command, role, org in (
        (principal, "assign-role", "principal", south), (school.theo, "withdraw-role", "teacher", school.school),
        (school.theo, "assign-role", "teacher", south),
    ):  # fmt: skip
        told = {"role": role, "org_id": str(org)} | (
            {"begin": "2020-08-01"} if command == "assign-role" else {}
        )
        await platform.directory.post(f"/v1/people/{person}/{command}", by=None, tenant=tenant, **told)

    async def activity(by: UUID) -> tuple[list[str], str]:
        await platform.level()
        answer = await platform.observations.get("/v1/coaching-activity", by=by, tenant=tenant)
        [row] = answer.json()
        return row["teacher_ids"], row["status"]

    assert await activity(principal) == ([str(school.theo)], "open")
    await platform.goals.post(
        f"/v1/cycles/{cycle}/leave-cycle", by=school.theo, tenant=tenant, teacher_id=str(school.theo)
    )
    assert await activity(principal) == ([str(school.theo)], "ended")
    assert await activity(school.principal) == ([str(school.teacher)], "open")
    await platform.goals.post(
        f"/v1/cycles/{cycle}/join-cycle", by=school.theo, tenant=tenant, teacher_id=str(school.theo)
    )
    assert await activity(principal) == ([str(school.theo)], "open")
    assert await platform.observations.derived_again()
