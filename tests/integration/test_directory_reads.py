"""People and organisations over HTTP: a district's own, for those who work there."""

from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from kit.running import Platform
from kit.school import School, open_school

pytestmark = [pytest.mark.integration, pytest.mark.services("directory")]


@pytest_asyncio.fixture
async def school(platform: Platform) -> School:
    return await open_school(platform)


async def see(platform: Platform, school: School, path: str, who: str | None, **headers: str) -> Any:
    by = school.people[who] if who else None
    answer = await platform.directory.get(path, by=by, tenant=school.tenant, **headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_colleagues_find_each_other_by_name_and_role(platform: Platform, school: School) -> None:
    people = {row["person_id"]: row for row in await see(platform, school, "/v1/people", "teacher")}
    assert set(people) == {str(person) for person in school.people.values()}
    coach = people[str(school.coach)]
    assert (coach["name"], coach["active"]) == ("The coach", True)
    assert coach["roles"] == [
        {"role": "coach", "org_id": str(school.school), "begin": "2020-08-01", "end": None}
    ]


async def test_an_experience_band_is_told_to_the_person_and_those_who_administer(
    platform: Platform, school: School
) -> None:
    everyone = set(school.people.values())
    for who, told in (("teacher", {school.teacher}), ("administrator", everyone), (None, everyone)):
        rows = await see(platform, school, "/v1/people", who)
        assert {row["person_id"] for row in rows if row["experience_band"]} == {str(one) for one in told}


async def test_who_changed_or_left_is_told_as_they_are_now(platform: Platform, school: School) -> None:
    async def say(command: str, **body: Any) -> str:
        answer = await platform.directory.post(
            f"/v1/people/{school.teacher}/{command}", by=None, tenant=school.tenant, **body
        )
        return answer.headers["at-least"]

    await say("change-person", name="The teacher of reading")
    last = await say("withdraw-role", role="teacher", org_id=str(school.school))
    rows = await see(platform, school, "/v1/people", "coach", at_least=last)
    [teacher] = [row for row in rows if row["person_id"] == str(school.teacher)]
    assert (teacher["name"], teacher["roles"], teacher["active"]) == ("The teacher of reading", [], True)
    last = await say("deactivate-person")
    rows = await see(platform, school, "/v1/people", "coach", at_least=last)
    [teacher] = [row for row in rows if row["person_id"] == str(school.teacher)]
    assert (teacher["active"], teacher["roles"]) == (False, [])
    gone = await platform.directory.get("/v1/people", by=school.teacher, tenant=school.tenant)
    assert (gone.status_code, gone.json()["code"]) == (404, "not_found")


async def test_organisations_are_told_with_their_names(platform: Platform, school: School) -> None:
    department = await platform.directory.begin(
        "orgs", by=school.administrator, tenant=school.tenant, name="Reading", type="department",
        parent_id=str(school.school),
    )  # fmt: skip
    answer = await platform.directory.post(
        f"/v1/orgs/{department}/close-org", by=school.administrator, tenant=school.tenant
    )
    rows = await see(platform, school, "/v1/orgs", "teacher", at_least=answer.headers["at-least"])
    assert [(row["name"], row["type"], row["closed"]) for row in rows] == [
        ("Reading", "department", True), ("North", "school", False), ("Prairie District", "district", False),
    ]  # fmt: skip
    assert rows[1]["parent_id"] == str(school.district_org)


@pytest.mark.parametrize("path", ["/v1/people", "/v1/orgs"])
async def test_a_district_is_not_there_for_those_of_another(
    platform: Platform, school: School, path: str
) -> None:
    other = await open_school(platform)
    ours = await see(platform, school, path, "teacher")
    theirs = await see(platform, other, path, "teacher")
    assert ours
    assert not {str(row) for row in ours} & {str(row) for row in theirs}
    for by, tenant in ((school.teacher, other.tenant), (uuid4(), school.tenant), (school.teacher, uuid4())):
        answer = await platform.directory.get(path, by=by, tenant=tenant)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert await see(platform, school, path, None)


async def test_pages_of_people_hold_each_once(platform: Platform, school: School) -> None:
    path, found = "/v1/people?limit=2", []
    while path:
        answer = await platform.directory.get(path, by=school.coach, tenant=school.tenant)
        found += [row["person_id"] for row in answer.json()]
        path = answer.links.get("next", {}).get("url", "")
    assert sorted(found) == sorted(str(person) for person in school.people.values())


async def test_all_that_was_shown_comes_out_the_same_when_it_is_derived_again(platform: Platform) -> None:
    await platform.level()
    assert await platform.directory.derived_again()
