"""Who evaluates a teacher, as directory says it, and that nobody who does can coach them, as goals sees to.

Unless mapped otherwise, principals and administrators of the teacher's school evaluate (rule 8 of the domain).
"""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
import pytest_asyncio
from backbone.migrate import migrate
from kit.running import Platform
from kit.school import School, another_principal, open_school, pair_up

pytestmark = [pytest.mark.integration, pytest.mark.services("directory", "goals")]


@pytest_asyncio.fixture
async def school(platform: Platform) -> School:
    return await open_school(platform)


async def told(platform: Platform, school: School, person: UUID, command: str, **body: Any) -> str:
    answer = await platform.directory.post(
        f"/v1/people/{person}/{command}", by=None, tenant=school.tenant, **body
    )
    return answer.headers["at-least"]


async def evaluators(
    platform: Platform, school: School, by: str | None = "teacher", of: UUID | None = None
) -> tuple[bool, set[UUID]]:
    """Whether they are mapped, and who they are."""
    await platform.level()
    seen = await platform.directory.get(
        f"/v1/people/{of or school.teacher}", by=school.people[by] if by else None, tenant=school.tenant
    )
    shown = seen.json()["data"]["evaluators"]
    return shown["mapped"], {UUID(person) for person in shown["person_ids"]}


def role(name: str, org_id: UUID, begin: str = "2020-08-01", **more: Any) -> dict[str, Any]:
    return {"role": name, "org_id": str(org_id), "begin": begin, **more}


async def department(platform: Platform, school: School, parent: UUID | None = None) -> UUID:
    return await platform.directory.begin(
        "orgs", by=None, tenant=school.tenant, name="Reading", type="department",
        parent_id=str(parent or school.school),
    )  # fmt: skip


async def refused(platform: Platform, school: School, coach: UUID, teacher: UUID) -> str | None:
    """Why the one may not propose to coach the other; None: they may."""
    headers = platform.goals.issuer.person(coach, school.tenant) | {"Idempotency-Key": str(uuid4())}
    await platform.level()
    answer = await platform.goals.http.post(
        "/v1/partnerships", headers=headers, json={"coach_id": str(coach), "teacher_ids": [str(teacher)]}
    )
    return None if answer.is_success else str(answer.json()["code"])


async def status(platform: Platform, school: School, partnership: UUID) -> str:
    await platform.level()
    answer = await platform.goals.get(
        f"/v1/partnerships/{partnership}", by=school.teacher, tenant=school.tenant
    )
    return str(answer.json()["data"]["status"])


async def test_principals_and_administrators_of_the_teachers_school_evaluate_and_no_others(
    platform: Platform, school: School
) -> None:
    await another_principal(platform, school)
    assert await evaluators(platform, school) == (False, {school.principal})
    await told(platform, school, school.coaching_lead, "assign-role", **role("administrator", school.school))
    assert await evaluators(platform, school) == (False, {school.principal, school.coaching_lead})


async def test_a_mapping_replaces_whoever_leads_until_it_is_withdrawn(
    platform: Platform, school: School
) -> None:
    wish = {"evaluator_id": str(school.coaching_lead)}
    await told(platform, school, school.teacher, "assign-evaluator", **wish)
    assert await evaluators(platform, school) == (True, {school.coaching_lead})
    await told(platform, school, school.teacher, "withdraw-evaluator", **wish)
    assert await evaluators(platform, school) == (False, {school.principal})


async def test_administrators_and_operators_see_who_evaluates_and_colleagues_do_not(
    platform: Platform, school: School
) -> None:
    for by in ("administrator", None):
        assert await evaluators(platform, school, by) == (False, {school.principal})
    seen = await platform.directory.get(f"/v1/people/{school.teacher}", by=school.coach, tenant=school.tenant)
    assert "evaluators" not in seen.json()["data"]


async def test_who_left_or_whose_role_is_over_or_to_come_evaluates_nobody(
    platform: Platform, school: School
) -> None:
    await told(
        platform, school, school.coach, "assign-role", **role("principal", school.school, end="2021-06-30")
    )
    await told(
        platform,
        school,
        school.coaching_lead,
        "assign-role",
        **role("principal", school.school, "2199-08-01"),
    )
    assert await evaluators(platform, school) == (False, {school.principal})
    await told(platform, school, school.principal, "deactivate-person")
    assert await evaluators(platform, school) == (False, set())


async def test_who_teaches_nobody_is_evaluated_by_nobody_here(platform: Platform, school: School) -> None:
    assert await evaluators(platform, school, None, of=school.coach) == (False, set())
    assert await evaluators(platform, school, None, of=school.principal) == (False, set())


async def test_the_principal_of_a_school_evaluates_in_its_departments_and_cannot_coach_there(
    platform: Platform, school: School
) -> None:
    reading = await department(platform, school)
    await told(platform, school, school.teacher, "withdraw-role", role="teacher", org_id=str(school.school))
    await told(platform, school, school.teacher, "assign-role", **role("teacher", reading))
    await told(platform, school, school.principal, "assign-role", **role("coach", school.school))
    assert await evaluators(platform, school) == (False, {school.principal})
    assert await refused(platform, school, school.principal, school.teacher) == "evaluator_cannot_coach"


async def test_the_district_office_is_nobodys_school(platform: Platform, school: School) -> None:
    """An administrator of the district evaluates where it is mapped, not by default."""
    await told(platform, school, school.teacher, "assign-role", **role("coaching_lead", school.district_org))
    await told(platform, school, school.administrator, "assign-role", **role("coach", school.district_org))
    assert await evaluators(platform, school) == (False, {school.principal})
    assert await refused(platform, school, school.administrator, school.teacher) is None


async def test_a_department_of_the_district_has_leaders_of_its_own(
    platform: Platform, school: School
) -> None:
    special = await department(platform, school, school.district_org)
    await told(platform, school, school.teacher, "withdraw-role", role="teacher", org_id=str(school.school))
    await told(platform, school, school.teacher, "assign-role", **role("teacher", special))
    assert await evaluators(platform, school) == (False, set())
    await told(platform, school, school.coaching_lead, "assign-role", **role("administrator", special))
    assert await evaluators(platform, school) == (False, {school.coaching_lead})


async def test_a_teacher_who_comes_to_the_school_that_their_coach_leads_is_coached_no_more(
    platform: Platform, school: School
) -> None:
    south = await platform.directory.begin(
        "orgs", by=None, tenant=school.tenant, name="South", type="school", parent_id=str(school.district_org)
    )
    await told(platform, school, school.coach, "assign-role", **role("administrator", south))
    partnership = await pair_up(platform, school)
    assert await status(platform, school, partnership) == "agreed"
    await told(
        platform,
        school,
        school.teacher,
        "assign-role",
        **role("teacher", await department(platform, school, south)),
    )
    assert await status(platform, school, partnership) == "suspended"


async def test_a_role_that_is_over_suspends_nobody(platform: Platform, school: School) -> None:
    partnership = await pair_up(platform, school)
    await told(
        platform, school, school.coach, "assign-role", **role("principal", school.school, end="2021-06-30")
    )
    assert await status(platform, school, partnership) == "agreed"


async def test_a_role_to_come_suspends_when_it_has_begun_and_anything_is_heard_of_the_pair(
    platform: Platform,
) -> None:
    """In a sandbox tomorrow can be made; that day by itself is no news (decision 0010)."""
    school = await open_school(platform, sandbox=True)
    clock = await platform.goals.run.clock.now(school.tenant)
    begins = (clock.date()).replace(year=clock.year + 1).isoformat()
    partnership = await pair_up(platform, school)
    await told(platform, school, school.coach, "assign-role", **role("principal", school.school, begins))
    assert await status(platform, school, partnership) == "agreed"
    assert await evaluators(platform, school) == (False, {school.principal})
    to = clock.replace(year=clock.year + 1, hour=23).isoformat()
    await platform.directory.post(
        f"/v1/districts/{school.tenant}/advance-clock", by=None, tenant=school.tenant, to=to
    )
    assert await evaluators(platform, school) == (False, {school.principal, school.coach})
    await told(
        platform, school, school.teacher, "assign-role", **role("teacher", await department(platform, school))
    )
    assert await status(platform, school, partnership) == "suspended"


async def test_who_comes_to_evaluate_is_suspended_while_tables_are_derived_anew(
    platform: Platform, school: School
) -> None:
    """After an upgrade the tables are empty for a while: that nobody coaches would be wrong, and for good."""
    pair = await pair_up(platform, school)
    assert await status(platform, school, pair) == "agreed"
    database = platform.goals.database
    owner = await asyncpg.connect(database.provisioned.full_owner_url)
    await owner.execute("COMMENT ON SCHEMA projections IS 'those of an older version'")
    await migrate(owner, app_role=database.name, package="goals")
    async with owner.transaction():
        await owner.execute(
            "LOCK TABLE projections.partnerships IN SHARE MODE"
        )  # read by all, filled by nobody
        await told(platform, school, school.teacher, "assign-evaluator", evaluator_id=str(school.coach))
        await asyncio.sleep(3)
    await owner.close()
    assert await status(platform, school, pair) == "suspended"
