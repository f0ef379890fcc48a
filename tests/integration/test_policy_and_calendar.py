"""A district's policy and calendar: changed over HTTP, seen there, and known by every service that reads directory."""

from typing import Any
from uuid import uuid4

import pytest
from backbone.district import calendar_in, policy_in
from chalkline_contracts.directory import PRODUCT_POLICY, CalendarChanged, QuietHours
from kit.running import Platform, Served
from kit.school import School, open_school

pytestmark = [pytest.mark.integration, pytest.mark.services("directory", "goals", "notifications")]

SPRING = {"begin": "2026-01-05", "end": "2026-06-12"}


async def ask(platform: Platform, school: School, command: str, who: str | None, **body: Any) -> Any:
    """The answer to a command, whatever it says."""
    by, directory = school.people[who] if who else None, platform.directory
    headers = directory.issuer.person(by, school.tenant) if by else directory.issuer.operator(school.tenant)
    return await directory.http.post(
        f"/v1/districts/{school.tenant}/{command}",
        json=body,
        headers=headers | {"Idempotency-Key": str(uuid4())},
    )


async def test_what_an_administrator_decides_is_seen_and_known_everywhere(platform: Platform) -> None:
    school = await open_school(platform)
    policy = await ask(
        platform, school, "change-policy", "administrator",
        caseload_limit=12, quiet_hours={"begin": "18:00", "end": "07:00"},
    )  # fmt: skip
    calendar = await ask(platform, school, "change-calendar", None, terms=[SPRING])
    again = await ask(platform, school, "change-calendar", "administrator", terms=[SPRING])
    assert [len(answer.json()["events"]) for answer in (policy, calendar, again)] == [1, 1, 0]
    seen = (
        await platform.directory.get(
            f"/v1/districts/{school.tenant}", by=school.teacher, tenant=school.tenant
        )
    ).json()["data"]
    assert (seen["policy"]["policy_version"], seen["policy"]["caseload_limit"]) == (1, 12)
    assert seen["calendar"] == {"terms": [SPRING], "holidays": []}
    await platform.level()
    for served in platform.services.values():
        known = policy_in(await fact(served, "policy", school))
        assert (known.policy_version, known.quiet_hours) == (1, QuietHours(begin="18:00", end="07:00"))
        assert calendar_in(await fact(served, "calendar", school)) == CalendarChanged.model_validate(
            {"terms": [SPRING]}
        )


async def test_another_district_has_what_the_product_has(platform: Platform) -> None:
    school = await open_school(platform)
    for served in platform.services.values():
        assert policy_in(await fact(served, "policy", school)) == PRODUCT_POLICY
        assert calendar_in(await fact(served, "calendar", school)) == CalendarChanged()


@pytest.mark.parametrize(
    ("who", "command", "body", "status", "code"),
    [
        ("teacher", "change-policy", {"caseload_limit": 3}, 403, "forbidden"),
        ("principal", "change-calendar", {"terms": []}, 403, "forbidden"),
        ("administrator", "change-policy", {"small_cell_n": 5}, 422, "command_invalid"),
        ("administrator", "change-calendar", {"terms": [SPRING, SPRING]}, 409, "terms_overlap"),
        ("administrator", "change-calendar", {"terms": [SPRING | {"end": "2026-01-04"}]}, 422, "command_invalid"),
    ],
)  # fmt: skip
async def test_what_is_refused_leaves_nothing(
    platform: Platform, who: str, command: str, body: dict[str, Any], status: int, code: str
) -> None:
    school = await open_school(platform)
    before = await platform.directory.database.app.fetchval("SELECT position FROM ledger.head")
    answer = await ask(platform, school, command, who, **body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert await platform.directory.database.app.fetchval("SELECT position FROM ledger.head") == before


async def fact(served: Served, name: str, school: School) -> Any:
    return await served.run.facts.row(name, school.tenant, school.tenant)


async def test_every_service_comes_to_the_same_facts_when_they_are_derived_again(platform: Platform) -> None:
    await platform.level()
    for served in platform.services.values():
        assert await served.derived_again()
