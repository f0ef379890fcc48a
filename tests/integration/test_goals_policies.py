"""What goals does by itself: a partnership is suspended as soon as its coach evaluates its teacher."""

from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from kit.running import Platform
from kit.school import School, cycle_of, open_school, pair_up

pytestmark = [pytest.mark.integration, pytest.mark.services("directory", "goals")]


@pytest_asyncio.fixture
async def school(platform: Platform) -> School:
    return await open_school(platform, "theo")


async def told(platform: Platform, school: School, person: UUID, command: str, **body: Any) -> None:
    await platform.directory.post(f"/v1/people/{person}/{command}", by=None, tenant=school.tenant, **body)
    await platform.level()


async def status(platform: Platform, school: School, partnership: UUID) -> str:
    answer = await platform.goals.get(
        f"/v1/partnerships/{partnership}", by=school.teacher, tenant=school.tenant
    )
    shown: str = answer.json()["data"]["status"]
    return shown


async def test_a_coach_who_is_named_evaluator_loses_the_pairs_content_and_the_teacher_keeps_it(
    platform: Platform, school: School
) -> None:
    partnership = await pair_up(platform, school)
    cycle = await cycle_of(platform, school, partnership)
    await told(platform, school, school.teacher, "assign-evaluator", evaluator_id=str(school.coach))
    assert await status(platform, school, partnership) == "suspended"
    for who, code in ((school.coach, 403), (school.teacher, 200)):
        answer = await platform.goals.get(f"/v1/cycles/{cycle}", by=who, tenant=school.tenant)
        assert answer.status_code == code


async def test_a_coach_who_becomes_principal_of_the_teachers_school_is_suspended(
    platform: Platform, school: School
) -> None:
    partnership = await pair_up(platform, school)
    role = {"role": "principal", "org_id": str(school.school), "begin": "2020-08-01"}
    await told(platform, school, school.coach, "assign-role", **role)
    assert await status(platform, school, partnership) == "suspended"


async def test_a_coach_who_becomes_principal_goes_on_where_others_are_mapped_to_evaluate(
    platform: Platform, school: School
) -> None:
    partnership = await pair_up(platform, school)
    await told(platform, school, school.teacher, "assign-evaluator", evaluator_id=str(school.principal))
    role = {"role": "principal", "org_id": str(school.school), "begin": "2020-08-01"}
    await told(platform, school, school.coach, "assign-role", **role)
    assert await status(platform, school, partnership) == "agreed"
    await told(platform, school, school.teacher, "withdraw-evaluator", evaluator_id=str(school.principal))
    assert await status(platform, school, partnership) == "suspended"


async def test_an_evaluator_of_somebody_else_goes_on_coaching(platform: Platform, school: School) -> None:
    partnership = await pair_up(platform, school)
    await told(platform, school, school.theo, "assign-evaluator", evaluator_id=str(school.coach))
    assert await status(platform, school, partnership) == "agreed"


async def test_how_far_policies_lag_is_measured_by_source(platform: Platform, school: School) -> None:
    await pair_up(platform, school)
    told = (await platform.goals.http.get("/metrics")).text
    for source in ("directory", "goals", "observations"):
        assert f'chalkline_policy_lag_events{{source="{source}"}} 0.0' in told
