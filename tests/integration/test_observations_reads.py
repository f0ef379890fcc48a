"""Observations and instruments over HTTP: one's own, and what the district measures with."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from kit.running import Platform
from kit.school import School, on_task, open_school, pair_up
from kit.visits import record, say, see

pytestmark = [pytest.mark.integration, pytest.mark.services("directory", "goals", "observations")]


@pytest_asyncio.fixture
async def school(platform: Platform) -> School:
    return await open_school(platform, "theo")


async def test_an_observation_is_followed_from_plan_to_talk(platform: Platform, school: School) -> None:
    partnership = await pair_up(platform, school)
    ahead = datetime.now(UTC) + timedelta(days=2)
    planned = await platform.observations.begin(
        "observations", by=school.coach, tenant=school.tenant, partnership_id=str(partnership),
        scheduled_at=ahead.isoformat(),
    )  # fmt: skip
    held = await record(platform, school, partnership, days_ago=3,
                        measurements=[on_task(6, days_ago=3), on_task(7, days_ago=3)])  # fmt: skip
    await platform.level()
    for who in ("coach", "teacher"):
        first, second = await see(platform, school, "/v1/observations", who)
        assert (first["observation_id"], first["status"], first["mode"]) == (str(planned), "scheduled", None)
        assert (second["observation_id"], second["status"], second["measurements_n"], second["duration_s"]) == (
            str(held), "recorded", 2, 1200,
        )  # fmt: skip
    await say(platform, school, held, "share-feedback", "coach", feedback="They leaned in")
    last = await say(platform, school, held, "acknowledge-feedback", "teacher")
    _, talked = await see(platform, school, "/v1/observations", "teacher", at_least=last)
    assert talked["status"] == "discussed"
    assert talked["feedback_shared_at"] <= talked["feedback_acknowledged_at"]
    # What was scheduled took place on another day: it takes its new place in the list.
    earlier = datetime.now(UTC) - timedelta(days=5)
    last = await say(platform, school, planned, "record-observation", "coach", started_at=earlier.isoformat(),
                     duration_s=600, mode="video", chosen_by="teacher")  # fmt: skip
    listed = await see(platform, school, "/v1/observations", "teacher", at_least=last)
    assert [row["observation_id"] for row in listed] == [str(held), str(planned)]
    last = await say(platform, school, planned, "void-observation", "coach", reason_code="wrong_class")
    listed = await see(
        platform, school, f"/v1/observations?partnership_id={partnership}", "coach", at_least=last
    )
    assert [row["status"] for row in listed] == ["discussed", "voided"]


async def test_a_correction_changes_what_is_listed(platform: Platform, school: School) -> None:
    partnership = await pair_up(platform, school)
    held = await record(platform, school, partnership, days_ago=1, measurements=[on_task(6, days_ago=1)])
    last = await say(platform, school, held, "correct-observation", "coach", measurements=[], duration_s=900,
                     reason_code="miscounted")  # fmt: skip
    [told] = await see(platform, school, "/v1/observations", "teacher", at_least=last)
    assert (told["measurements_n"], told["duration_s"], told["status"]) == (0, 900, "recorded")


async def test_nobody_but_the_pair_sees_an_observation_listed(platform: Platform, school: School) -> None:
    partnership = await pair_up(platform, school)
    await record(platform, school, partnership, days_ago=1)
    await platform.level()
    for who in ("theo", "principal", "administrator", "coaching_lead"):
        assert await see(platform, school, "/v1/observations", who) == []
    stranger = await platform.observations.get("/v1/observations", by=school.teacher, tenant=uuid4())
    assert stranger.json() == []
    operator = await platform.observations.get("/v1/observations", by=None, tenant=school.tenant)
    assert operator.status_code == 403


async def test_a_former_coach_sees_none_and_the_teacher_keeps_them(
    platform: Platform, school: School
) -> None:
    partnership = await pair_up(platform, school)
    held = await record(platform, school, partnership, days_ago=1)
    await platform.goals.post(
        f"/v1/partnerships/{partnership}/end-partnership", by=school.teacher, tenant=school.tenant
    )
    await platform.level()
    assert await see(platform, school, "/v1/observations", "coach") == []
    [kept] = await see(platform, school, "/v1/observations", "teacher")
    assert kept["observation_id"] == str(held)


async def test_pages_of_observations_hold_each_once(platform: Platform, school: School) -> None:
    partnership = await pair_up(platform, school)
    made = [await record(platform, school, partnership, days_ago=n + 1) for n in range(5)]
    await platform.level()
    path, found = f"/v1/observations?limit=2&partnership_id={partnership}", []
    while path:
        answer = await platform.observations.get(path, by=school.coach, tenant=school.tenant)
        found += [UUID(row["observation_id"]) for row in answer.json()]
        path = answer.links.get("next", {}).get("url", "")
    assert found == made


async def test_instruments_are_listed_for_everyone_of_the_district_and_nobody_else(
    platform: Platform, school: School
) -> None:
    asked = {"items": [{"code": "on_task", "kind": "intervals_on_task", "wording": "Looks at the work"}]}
    instrument = await platform.observations.begin(
        "instruments", by=school.coaching_lead, tenant=school.tenant, code="time-on-task", name="Time on task",
        scale={"lowest": 1, "highest": 4}, **asked,
    )  # fmt: skip
    path = f"/v1/instruments/{instrument}"
    await platform.observations.post(
        f"{path}/publish-instrument", by=school.coaching_lead, tenant=school.tenant, code="time-on-task",
        name="On task", **asked,
    )  # fmt: skip
    await platform.level()
    [told] = await see(platform, school, "/v1/instruments", "teacher")
    assert (told["instrument"], told["name"], told["status"], told["scale"]) == (
        "time-on-task@2", "On task", "published", None,
    )  # fmt: skip
    assert told["items"] == [{"code": "on_task", "kind": "intervals_on_task"}]
    await platform.observations.post(
        f"{path}/retire-instrument", by=school.coaching_lead, tenant=school.tenant
    )
    await platform.level()
    answer = await platform.observations.get("/v1/instruments", by=None, tenant=school.tenant)
    assert [row["status"] for row in answer.json()] == ["retired"]
    for tenant in (school.tenant, uuid4()):
        nobody = await platform.observations.get("/v1/instruments", by=uuid4(), tenant=tenant)
        assert (nobody.status_code, nobody.json()["code"]) == (404, "not_found")


async def test_all_that_was_shown_comes_out_the_same_when_it_is_derived_again(platform: Platform) -> None:
    await platform.level()
    assert await platform.observations.derived_again()
