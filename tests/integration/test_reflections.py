"""Reflections and the teacher's word to the coach over HTTP: whose they are, and that nobody else finds them."""

from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from kit.running import Platform
from kit.school import School, open_school, pair_up
from kit.visits import record, say, see

pytestmark = [pytest.mark.integration, pytest.mark.services("directory", "goals", "observations")]

EVERYONE = ("coach", "teacher", "theo", "principal", "administrator", "coaching_lead")


@pytest_asyncio.fixture
async def school(platform: Platform) -> School:
    return await open_school(platform, "theo")


async def reflect(platform: Platform, school: School, who: str, **about: Any) -> UUID:
    return await platform.observations.begin(
        "reflections", by=school.people[who], tenant=school.tenant, reflection="I talked too much", **about
    )


async def readers(platform: Platform, school: School, reflection: UUID) -> set[str]:
    """Who finds it, in the list as in a look; whoever does not is told that there is none."""
    await platform.level()
    found = set()
    for who in EVERYONE:
        listed = await see(platform, school, "/v1/reflections", who)
        path = f"/v1/reflections/{reflection}"
        looked = await platform.observations.get(path, by=school.people[who], tenant=school.tenant)
        assert looked.status_code in (200, 404)
        assert (looked.status_code == 200) == (str(reflection) in {row["reflection_id"] for row in listed})
        if looked.status_code == 200:
            assert list(looked.json()["words"].values()) == ["I talked too much"]
            found.add(who)
        else:
            nothing = await platform.observations.get(
                f"/v1/reflections/{uuid4()}", by=school.people[who], tenant=school.tenant
            )
            assert {**looked.json(), "trace_id": ""} == {**nothing.json(), "trace_id": ""}
    return found


async def test_a_reflection_is_its_authors_until_it_is_shared(platform: Platform, school: School) -> None:
    pair = await pair_up(platform, school)
    for who, other in (("teacher", "coach"), ("coach", "teacher")):
        thought = await reflect(platform, school, who, partnership_id=str(pair))
        assert await readers(platform, school, thought) == {who}
        path = f"/v1/reflections/{thought}/share-reflection"
        refused = await platform.observations.http.post(
            path, json={}, headers=platform.issuer.person(school.people[other], school.tenant)
            | {"Idempotency-Key": str(uuid4())},
        )  # fmt: skip
        assert refused.status_code == 404
        await platform.observations.post(path, by=school.people[who], tenant=school.tenant)
        assert await readers(platform, school, thought) == {"teacher", "coach"}
    await platform.goals.post(
        f"/v1/partnerships/{pair}/end-partnership", by=school.teacher, tenant=school.tenant
    )
    await platform.level()
    assert len(await see(platform, school, "/v1/reflections", "teacher")) == 2
    [own] = await see(platform, school, "/v1/reflections", "coach")
    assert (own["author_id"], own["status"]) == (str(school.coach), "shared")


async def test_one_about_nothing_in_particular_is_shared_with_a_partnership_of_ones_own(
    platform: Platform, school: School
) -> None:
    pair = await pair_up(platform, school)
    thought = await reflect(platform, school, "theo")
    for partnership in (pair, uuid4()):
        refused = await platform.observations.http.post(
            f"/v1/reflections/{thought}/share-reflection", json={"partnership_id": str(partnership)},
            headers=platform.issuer.person(school.theo, school.tenant) | {"Idempotency-Key": str(uuid4())},
        )  # fmt: skip
        assert (refused.status_code, refused.json()["code"]) == (409, "partnership_not_agreed")
    own = await pair_up(platform, school, "theo")
    await platform.observations.post(
        f"/v1/reflections/{thought}/share-reflection", by=school.theo, tenant=school.tenant,
        partnership_id=str(own),
    )  # fmt: skip
    assert await readers(platform, school, thought) == {"theo", "coach"}


async def test_a_teacher_tells_the_coach_how_a_visit_served_them(platform: Platform, school: School) -> None:
    pair = await pair_up(platform, school)
    visit = await record(platform, school, pair, days_ago=1)
    await say(
        platform, school, visit, "give-coach-feedback", "teacher", feedback="It helped that you watched"
    )
    for who in ("coach", "teacher"):
        shown = await see(platform, school, f"/v1/observations/{visit}", who)
        [told] = shown["data"]["feedback_to_coach"]
        assert (told["by"], shown["words"][told["feedback"]]) == (
            str(school.teacher), "It helped that you watched",
        )  # fmt: skip
    principal = await see(platform, school, f"/v1/observations/{visit}", "principal")
    assert "feedback_to_coach" not in principal["data"]
    assert principal["words"] == {}
    await platform.goals.post(
        f"/v1/partnerships/{pair}/end-partnership", by=school.teacher, tenant=school.tenant
    )
    await platform.level()
    gone = await platform.observations.get(f"/v1/observations/{visit}", by=school.coach, tenant=school.tenant)
    assert gone.status_code == 404
    kept = await see(platform, school, f"/v1/observations/{visit}", "teacher")
    assert len(kept["data"]["feedback_to_coach"]) == 1


async def test_all_that_was_shown_comes_out_the_same_when_it_is_derived_again(platform: Platform) -> None:
    await platform.level()
    assert await platform.observations.derived_again()
