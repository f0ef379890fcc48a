"""People and organisations over HTTP: a district's own, for those who work there."""

from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from backbone.paging import Cursors
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


async def found(platform: Platform, school: School, query: str, who: str | None = "teacher") -> set[str]:
    """Who a filter leaves, by the names of the fixture, all pages of it."""
    names = {str(person): name for name, person in school.people.items()}
    path, left = f"/v1/people?{query}&limit=2", []
    while path:
        by = school.people[who] if who else None
        answer = await platform.directory.get(path, by=by, tenant=school.tenant)
        assert answer.status_code == 200, answer.text
        left += [names[row["person_id"]] for row in answer.json()]
        path = answer.links.get("next", {}).get("url", "")
    assert len(left) == len(set(left))
    return set(left)


async def test_people_are_found_by_role_organisation_band_and_whether_they_are_there(
    platform: Platform, school: School
) -> None:
    async def say(who: str, command: str, **body: Any) -> None:
        path = f"/v1/people/{school.people[who]}/{command}"
        await platform.directory.post(path, by=None, tenant=school.tenant, **body)

    at_north = {"org_id": str(school.school)}
    await say("coach", "assign-role", role="teacher", begin="2020-08-01", **at_north)
    await say("principal", "assign-role", role="coach", begin="2199-08-01", **at_north)
    await say(
        "administrator", "assign-role", role="evaluator", begin="2020-08-01", end="2021-07-31", **at_north
    )
    await say("coach", "change-person", experience_band="veteran")
    await platform.level()
    north, office = f"org_id={school.school}", f"org_id={school.district_org}"
    assert await found(platform, school, "role=teacher") == {"teacher", "coach"}
    assert await found(platform, school, "role=coach") == {"coach"}
    assert await found(platform, school, "role=evaluator") == set()
    assert await found(platform, school, north) == {"teacher", "coach", "principal"}
    assert await found(platform, school, f"{north}&role=teacher") == {"teacher", "coach"}
    assert await found(platform, school, f"{office}&role=teacher") == set()
    assert await found(platform, school, office) == {"administrator", "coaching_lead"}
    assert await found(platform, school, "experience_band=veteran", None) == {"coach"}
    assert await found(platform, school, f"{north}&experience_band=novice", "administrator") == {
        "teacher",
        "principal",
    }
    assert await found(platform, school, "role=teacher&experience_band=veteran", None) == {"coach"}
    await say("teacher", "deactivate-person")
    await say("coach", "withdraw-role", role="teacher", **at_north)
    await platform.level()
    assert await found(platform, school, "role=teacher", None) == set()
    assert await found(platform, school, north, None) == {"coach", "principal"}
    assert await found(platform, school, "active=false", None) == {"teacher"}
    assert await found(platform, school, "active=true&experience_band=novice", None) == {
        "principal",
        "administrator",
        "coaching_lead",
    }
    assert await platform.directory.derived_again()


async def test_a_band_is_no_way_round_for_those_who_are_not_told_it(
    platform: Platform, school: School
) -> None:
    answer = await platform.directory.get(
        "/v1/people?experience_band=novice", by=school.coach, tenant=school.tenant
    )
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


@pytest.mark.parametrize(
    "query",
    [
        "role=student",
        "role=",
        "org_id=north",
        "experience_band=expert",
        "active=1",
        "active=false&role=teacher",
        "name=Tina",
    ],
)
async def test_a_filter_that_is_none_is_refused(platform: Platform, school: School, query: str) -> None:
    answer = await platform.directory.get(
        f"/v1/people?{query}", by=school.administrator, tenant=school.tenant
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "request_invalid")


async def test_where_a_sandboxs_clock_stands_the_list_is_in_the_order_of_telling(platform: Platform) -> None:
    school = await open_school(platform, "anna", "ben", "cleo", "dora", "emil", "fred", sandbox=True)
    everyone = [str(person) for person in school.people.values()]
    rows = await see(platform, school, "/v1/people", "teacher")
    assert len({row["enrolled_at"] for row in rows}) == 1
    assert [row["person_id"] for row in rows] == everyone[::-1]
    path, paged = "/v1/people?limit=4", []
    while path:
        answer = await platform.directory.get(path, by=school.coach, tenant=school.tenant)
        paged += [row["person_id"] for row in answer.json()]
        path = answer.links.get("next", {}).get("url", "")
    assert paged == everyone[::-1]


async def test_a_cursor_of_an_earlier_version_is_refused(platform: Platform, school: School) -> None:
    purpose = f"/v1/people {school.tenant} person:{school.coach}"
    cursors = Cursors(platform.directory.run.settings.chain)
    old = cursors.encode(purpose, "2026-03-02T15:00:00+00:00", str(school.teacher))
    answer = await platform.directory.get(f"/v1/people?cursor={old}", by=school.coach, tenant=school.tenant)
    assert (answer.status_code, answer.json()["code"]) == (400, "cursor_invalid")
