"""Two administrators agree that one of them reads what is a teacher's: for a day, and the teacher hears of it."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from kit.running import Platform
from kit.school import open_school
from kit.sharing import Shared, at_work

pytestmark = [
    pytest.mark.integration,
    pytest.mark.services("directory", "goals", "observations", "notifications"),
]

REASON = "A complaint that has to be looked into"
ALL = dict.fromkeys(("goal", "chart", "as of", "lineage", "step", "observation"), 200)


@pytest_asyncio.fixture
async def shared(platform: Platform) -> Shared:
    """In a sandbox, whose clock stands still, with two administrators."""
    school = await open_school(platform, "theo", sandbox=True)
    other = await platform.directory.begin("people", by=None, tenant=school.tenant, name="Abe")
    role = {"role": "administrator", "org_id": str(school.district_org), "begin": "2020-08-01"}
    path = f"/v1/people/{other}/assign-role"
    await platform.directory.post(path, by=None, tenant=school.tenant, **role)
    school.people["abe"] = other
    await platform.level()
    return await at_work(platform, school)


async def ask(shared: Shared, who: str = "administrator", **told: Any) -> UUID:
    body = {"teacher_id": str(shared.school.teacher), "reason": REASON} | told
    return await shared.platform.goals.begin(
        "break-glass", by=shared.school.people[who], tenant=shared.school.tenant, **body
    )


async def settle(shared: Shared, glass: UUID, who: str, command: str = "approve-break-glass") -> Any:
    return await shared.platform.goals.tried(
        f"/v1/break-glass/{glass}/{command}", by=shared.school.people[who], tenant=shared.school.tenant
    )


async def advance(shared: Shared, to: datetime) -> None:
    await shared.platform.directory.post(
        f"/v1/districts/{shared.school.tenant}/advance-clock",
        by=None, tenant=shared.school.tenant, to=to.isoformat(),
    )  # fmt: skip
    await shared.platform.level()


async def now(shared: Shared) -> datetime:
    return await shared.platform.goals.run.clock.now(shared.school.tenant)


async def without_content(shared: Shared, who: str) -> None:
    """An administrator learns of the activity, and no more."""
    opened = await shared.statuses(who)
    assert {name: opened[name] for name in ("chart", "as of", "lineage")} == dict.fromkeys(
        ("chart", "as of", "lineage"), 403
    )
    for name, field in (("goal", "target"), ("step", "note"), ("observation", "evidence")):
        assert field not in (await shared.get(who, shared.paths()[name])).json()["data"], name


async def test_it_opens_for_whoever_asked_for_a_day_and_the_teacher_hears_of_it(shared: Shared) -> None:
    glass = await ask(shared)
    await without_content(shared, "administrator")
    assert (await settle(shared, glass, "administrator")).json()["code"] == "break_glass_takes_two"
    approved = await settle(shared, glass, "abe")
    assert approved.status_code == 200, approved.text
    at = await now(shared)

    assert await shared.statuses("administrator") == ALL
    assert (await shared.get("administrator", shared.paths()["goal"])).json()["data"]["target"] == "4/5"
    seen = (await shared.get("administrator", shared.paths()["observation"])).json()
    assert sorted(seen["words"].values()) == ["Well done", "What was seen"]
    assert "feedback_to_coach" not in seen["data"]
    await without_content(shared, "abe")

    [told] = await inbox(shared, "teacher", "BreakGlassApproved")
    assert told["link"] == "/v1/break-glass"
    assert await inbox(shared, "coach", "BreakGlassApproved") == []
    [row] = (await shared.get("teacher", told["link"])).json()
    until = at + timedelta(hours=24)
    assert (row["status"], row["reason"]) == ("approved", REASON)
    assert row["requested_by"] == str(shared.school.administrator)
    assert (row["settled_by"], datetime.fromisoformat(row["expires_at"])) == (
        str(shared.school.people["abe"]),
        until,
    )
    look = (await shared.get("teacher", f"/v1/break-glass/{glass}")).json()
    assert (look["data"]["status"], [*look["words"].values()]) == ("approved", [REASON])
    for service, read in (("goals", 6), ("observations", 2)):
        answer = await shared.platform.services[service].get(
            "/v1/receipts", by=shared.school.teacher, tenant=shared.school.tenant
        )
        assert [(one["why"], one["grant_ids"]) for one in answer.json()] == [
            ("break_glass", [str(glass)])
        ] * read

    await advance(shared, until - timedelta(seconds=1))
    assert await shared.statuses("administrator") == ALL
    await advance(shared, until)
    await without_content(shared, "administrator")
    [row] = (await shared.get("teacher", "/v1/break-glass")).json()
    assert row["status"] == "expired"
    assert await shared.platform.goals.derived_again()
    assert await shared.platform.notifications.derived_again()


async def inbox(shared: Shared, who: str, milestone: str) -> list[dict[str, Any]]:
    await shared.platform.level()
    told = await shared.platform.notifications.get(
        "/v1/inbox", by=shared.school.people[who], tenant=shared.school.tenant
    )
    assert REASON not in told.text
    return [row for row in told.json() if row["milestone"] == milestone]


async def test_a_denied_one_opens_nothing_and_one_of_a_goal_opens_that(shared: Shared) -> None:
    denied = await ask(shared)
    assert (await settle(shared, denied, "abe", "deny-break-glass")).status_code == 200
    await without_content(shared, "administrator")
    assert await inbox(shared, "teacher", "BreakGlassApproved") == []

    glass = await ask(shared, scope={"goal_id": str(shared.ids["goal"])})
    assert (await settle(shared, glass, "abe")).status_code == 200
    await shared.platform.level()
    assert (await shared.get("administrator", shared.paths()["chart"])).status_code == 200
    for name, field in (("step", "note"), ("observation", "evidence")):
        assert field not in (await shared.get("administrator", shared.paths()[name])).json()["data"]


async def test_whoever_is_no_administrator_any_more_reads_nothing_by_it(shared: Shared) -> None:
    glass = await ask(shared)
    await settle(shared, glass, "abe")
    assert await shared.statuses("administrator") == ALL
    await shared.platform.directory.post(
        f"/v1/people/{shared.school.administrator}/withdraw-role",
        by=None, tenant=shared.school.tenant, role="administrator", org_id=str(shared.school.district_org),
    )  # fmt: skip
    assert await shared.statuses("administrator") == dict.fromkeys(ALL, 404)
    assert (await shared.get("administrator", f"/v1/break-glass/{glass}")).status_code == 404
    assert (await shared.get("administrator", "/v1/break-glass")).json() == []


async def test_to_anybody_else_there_is_none(shared: Shared) -> None:
    glass = await ask(shared)
    for who in ("coach", "theo", "principal", "coaching_lead"):
        assert (await shared.get(who, f"/v1/break-glass/{glass}")).status_code == 404
        assert (await settle(shared, glass, who)).status_code == 404
        assert (await shared.get(who, "/v1/break-glass")).json() == []
        tried = await shared.platform.goals.tried(
            "/v1/break-glass", by=shared.school.people[who], tenant=shared.school.tenant,
            teacher_id=str(shared.school.teacher), reason=REASON,
        )  # fmt: skip
        assert tried.status_code == 403
    assert [row["break_glass_id"] for row in (await shared.get("abe", "/v1/break-glass")).json()] == [
        str(glass)
    ]
    assert (await settle(shared, glass, "teacher")).status_code == 403


async def test_it_is_told_whatever_rules_and_preferences_say(shared: Shared) -> None:
    rule = await shared.platform.notifications.tried(
        "/v1/milestone-rules", by=shared.school.administrator, tenant=shared.school.tenant,
        milestone="BreakGlassApproved", enabled=False,
    )  # fmt: skip
    muted = await shared.platform.notifications.tried(
        f"/v1/preferences/{shared.school.teacher}/change-preference", by=shared.school.teacher,
        tenant=shared.school.tenant, mail="at_once", muted=["BreakGlassApproved"],
    )  # fmt: skip
    assert [answer.json()["code"] for answer in (rule, muted)] == ["milestone_unknown"] * 2


async def test_whoever_administers_a_school_leads_that_and_breaks_no_glass(shared: Shared) -> None:
    """An assistant principal, whom rosters call an administrator of their school, evaluates as a principal does."""
    directory, there = shared.platform.directory, shared.school
    south = await directory.begin(
        "orgs", by=None, tenant=there.tenant, name="South", type="school", parent_id=str(there.district_org)
    )
    for name, place in (("deputy", there.school), ("far", south)):
        there.people[name] = await directory.begin("people", by=None, tenant=there.tenant, name=name)
        role = {"role": "administrator", "org_id": str(place), "begin": "2020-08-01"}
        path = f"/v1/people/{there.people[name]}/assign-role"
        await directory.post(path, by=None, tenant=there.tenant, **role)
    glass = await ask(shared)
    await shared.platform.level()

    body = {"teacher_id": str(there.teacher), "reason": REASON}
    for who, settled in (("deputy", 404), ("far", 404), ("abe", 200)):
        asked = await shared.platform.goals.tried(
            "/v1/break-glass", by=there.people[who], tenant=there.tenant, **body
        )
        assert asked.status_code == (201 if who == "abe" else 403), (who, asked.text)
        assert (await settle(shared, glass, who)).status_code == settled
        await shared.platform.level()
        seen = (await shared.get(who, "/v1/break-glass")).json()
        assert len(seen) == (2 if who == "abe" else 0), who
    opened = await shared.statuses("far")
    assert opened == dict.fromkeys(opened, 404), "the teacher works at another school"
    await without_content(shared, "deputy")
    cycles = {who: (await shared.get(who, "/v1/cycles")).json() for who in ("deputy", "far", "abe")}
    assert [len(cycles[who]) for who in ("deputy", "far", "abe")] == [1, 0, 1]

    role = {"role": "administrator", "org_id": str(there.district_org)}
    await directory.post(
        f"/v1/people/{there.administrator}/withdraw-role", by=None, tenant=there.tenant, **role
    )
    role |= {"org_id": str(there.school), "begin": "2020-08-01"}
    await directory.post(
        f"/v1/people/{there.administrator}/assign-role", by=None, tenant=there.tenant, **role
    )
    await shared.platform.level()
    await without_content(shared, "administrator")
