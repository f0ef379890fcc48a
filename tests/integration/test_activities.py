"""Coaching time over HTTP: planned, held or missed, and who finds it in a list."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from kit.running import Platform
from kit.school import School, another_principal, cycle_of, open_school, pair_up

pytestmark = [pytest.mark.integration, pytest.mark.services("directory", "goals", "observations")]


@pytest_asyncio.fixture
async def school(platform: Platform) -> School:
    return await open_school(platform, "theo")


def ago(hours: float) -> str:
    return (datetime.now(UTC) - timedelta(hours=hours)).isoformat()


async def hold(platform: Platform, school: School, by: UUID, **body: Any) -> UUID:
    told = {"type": "model", "started_at": ago(2), "minutes": 45} | body
    return await platform.observations.begin("activities/hold-activity", by=by, tenant=school.tenant, **told)


async def see(platform: Platform, school: School, by: UUID, path: str = "/v1/activities") -> Any:
    await platform.level()
    answer = await platform.observations.get(path, by=by, tenant=school.tenant)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_what_was_planned_is_held_or_missed(platform: Platform, school: School) -> None:
    pair = await pair_up(platform, school)
    cycle = await cycle_of(platform, school, pair)
    await platform.level()
    ahead = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    planned = [
        await platform.observations.begin(
            "activities", by=school.teacher, tenant=school.tenant, partnership_id=str(pair), type="coteach",
            minutes=50, scheduled_at=ahead, cycle_id=str(cycle), phase="improve",
        )
        for _ in range(2)
    ]  # fmt: skip
    listed = await see(platform, school, school.coach)
    assert {(row["activity_id"], row["status"], row["participants_n"]) for row in listed} == {
        (str(activity), "planned", None) for activity in planned
    }
    for activity, command, body in (
        (planned[0], "hold-activity", {"started_at": ago(30), "minutes": 35}),
        (planned[1], "miss-activity", {"reason_code": "ill"}),
    ):
        path = f"/v1/activities/{activity}/{command}"
        await platform.observations.post(path, by=school.coach, tenant=school.tenant, **body)
    missed, held = await see(platform, school, school.teacher, f"/v1/activities?partnership_id={pair}")
    assert (missed["activity_id"], missed["status"], missed["reason_code"]) == (
        str(planned[1]),
        "missed",
        "ill",
    )
    assert (held["status"], held["type"], held["minutes"], held["phase"], held["participants_n"]) == (
        "held", "coteach", 35, "improve", 1,
    )  # fmt: skip
    assert (held["teacher_ids"], held["coach_id"]) == ([str(school.teacher)], str(school.coach))
    for leader in (school.principal, school.administrator, school.coaching_lead):
        [seen] = await see(platform, school, leader)
        assert seen == held
    assert await see(platform, school, await another_principal(platform, school)) == []
    looked = await platform.observations.get(
        f"/v1/activities/{planned[1]}", by=school.principal, tenant=school.tenant
    )
    assert looked.status_code == 404
    shown = await see(platform, school, school.principal, f"/v1/activities/{planned[0]}")
    assert (shown["data"]["minutes"], shown["data"]["status"]) == (35, "held")


async def test_a_coach_alone_holds_what_is_no_partnerships(platform: Platform, school: School) -> None:
    training = await hold(platform, school, school.coach, type="pd", participants_n=30, minutes=120)
    [own] = await see(platform, school, school.coach)
    assert (own["activity_id"], own["partnership_id"], own["teacher_ids"], own["participants_n"]) == (
        str(training), None, [], 30,
    )  # fmt: skip
    assert [row["activity_id"] for row in await see(platform, school, school.coaching_lead)] == [
        str(training)
    ]
    for who in (school.teacher, school.principal):
        assert await see(platform, school, who) == []
    for by, status, code in ((school.teacher, 403, "forbidden"), (uuid4(), 404, "not_found")):
        answer = await platform.observations.http.post(
            "/v1/activities/hold-activity", json={"type": "pd", "started_at": ago(1), "minutes": 30},
            headers=platform.issuer.person(by, school.tenant) | {"Idempotency-Key": str(uuid4())},
        )  # fmt: skip
        assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_what_cannot_be_is_refused_and_leaves_no_trace(platform: Platform, school: School) -> None:
    pair = await pair_up(platform, school)
    about = {"partnership_id": str(pair), "type": "model", "started_at": ago(1), "minutes": 30}
    for told, status, code in (
        (about | {"minutes": 481}, 409, "minutes_out_of_range"),
        (about | {"minutes": True}, 422, "command_invalid"),
        (about | {"minutes": "30"}, 422, "command_invalid"),
        (
            about | {"started_at": (datetime.now(UTC) + timedelta(hours=1)).isoformat()},
            409,
            "not_yet_happened",
        ),
        (about | {"type": "observe"}, 422, "command_invalid"),
        (about | {"teacher_ids": [str(school.theo)]}, 409, "teacher_not_in_partnership"),
        (about | {"partnership_id": None}, 409, "partnership_missing"),
        (about | {"partnership_id": str(uuid4())}, 404, "not_found"),
        (about | {"participants_n": 0}, 409, "participants_too_few"),
        (about | {"purpose": "evaluation"}, 422, "command_invalid"),
    ):
        answer = await platform.observations.http.post(
            "/v1/activities/hold-activity", json=told,
            headers=platform.issuer.person(school.coach, school.tenant) | {"Idempotency-Key": str(uuid4())},
        )  # fmt: skip
        assert (answer.status_code, answer.json()["code"]) == (status, code), told
    assert await see(platform, school, school.coach) == []


async def test_a_former_coach_finds_only_what_was_nobodys_and_the_teacher_all_of_theirs(
    platform: Platform, school: School
) -> None:
    pair = await pair_up(platform, school)
    held = await hold(platform, school, school.coach, partnership_id=str(pair))
    alone = await hold(platform, school, school.coach, type="admin", started_at=ago(5))
    assert [row["activity_id"] for row in await see(platform, school, school.coach)] == [
        str(held),
        str(alone),
    ]
    await platform.goals.post(
        f"/v1/partnerships/{pair}/end-partnership", by=school.teacher, tenant=school.tenant
    )
    assert [row["activity_id"] for row in await see(platform, school, school.coach)] == [str(alone)]
    assert [row["activity_id"] for row in await see(platform, school, school.teacher)] == [str(held)]


async def test_pages_of_activities_hold_each_once_and_are_told_whole(
    platform: Platform, school: School
) -> None:
    pair = await pair_up(platform, school)
    made = [
        await hold(platform, school, school.teacher, partnership_id=str(pair), started_at=ago(n + 1))
        for n in range(5)
    ]
    for who in (school.coach, school.teacher, school.coaching_lead):
        path, found = "/v1/activities?limit=2", []
        await platform.level()
        while path:
            answer = await platform.observations.get(path, by=who, tenant=school.tenant)
            found += [UUID(row["activity_id"]) for row in answer.json()]
            path = answer.links.get("next", {}).get("url", "")
        assert found == made
    told = await platform.observations.get(
        "/v1/activities", by=school.coach, tenant=school.tenant, accept="text/csv"
    )
    assert len(told.text.splitlines()) == 6


async def test_all_that_was_shown_comes_out_the_same_when_it_is_derived_again(platform: Platform) -> None:
    await platform.level()
    assert await platform.observations.derived_again()
