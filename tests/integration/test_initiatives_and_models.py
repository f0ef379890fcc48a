"""What a district has in common, over HTTP: initiatives that goals serve, and models that cycles follow."""

from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from goals.product_models import PRODUCT
from kit.running import Platform
from kit.school import School, cycle_of, open_school, pair_up

pytestmark = [pytest.mark.integration, pytest.mark.services("directory", "goals")]


@pytest_asyncio.fixture
async def school(platform: Platform) -> School:
    return await open_school(platform, "theo")


async def launch(platform: Platform, school: School, **more: Any) -> UUID:
    return await platform.goals.begin(
        "initiatives", by=school.coaching_lead, tenant=school.tenant, name="Every child reads",
        begin="2026-01-05", **more,
    )  # fmt: skip


async def goal_of(platform: Platform, school: School) -> UUID:
    cycle = await cycle_of(platform, school, await pair_up(platform, school))
    return await platform.goals.begin("goals", by=school.coach, tenant=school.tenant, cycle_id=str(cycle))


async def tried(
    platform: Platform, school: School, who: str, path: str, **body: Any
) -> tuple[int, str | None]:
    answer = await platform.goals.tried(path, by=school.people[who], tenant=school.tenant, **body)
    return answer.status_code, answer.json().get("code")


async def test_a_goal_serves_an_initiative_once_and_nobody_sees_which(
    platform: Platform, school: School
) -> None:
    initiative = await launch(platform, school, focus="reading_fluency", end="2026-06-12")
    goal = {"goal_id": str(await goal_of(platform, school))}
    path = f"/v1/initiatives/{initiative}"
    assert await tried(platform, school, "theo", f"{path}/link-goal-to-initiative", **goal) == (
        409,
        "goal_not_found",
    )
    assert await tried(platform, school, "teacher", f"{path}/link-goal-to-initiative", **goal) == (200, None)
    again = await tried(platform, school, "coach", f"{path}/link-goal-to-initiative", **goal)
    assert again == (409, "goal_already_linked")
    other_initiative = await launch(platform, school)
    elsewhere = f"/v1/initiatives/{other_initiative}/link-goal-to-initiative"
    assert await tried(platform, school, "coach", elsewhere, **goal) == (200, None)
    assert await tried(platform, school, "coach", f"{path}/close-initiative") == (403, "forbidden")
    assert await tried(platform, school, "administrator", f"{path}/close-initiative") == (200, None)
    other = {"goal_id": str(await goal_of_theo(platform, school))}
    late = await tried(platform, school, "theo", f"{path}/link-goal-to-initiative", **other)
    assert late == (409, "initiative_over")
    await platform.level()
    for who in ("teacher", "theo", "principal"):
        answer = await platform.goals.get("/v1/initiatives", by=school.people[who], tenant=school.tenant)
        _, row = answer.json()
        assert (row["name"], row["status"], row["end"]) == ("Every child reads", "closed", "2026-06-12")
        assert "goal" not in answer.text
        looked = await platform.goals.get(path, by=school.people[who], tenant=school.tenant)
        assert looked.json()["data"]["status"] == "closed"
        assert goal["goal_id"] not in looked.text
    assert await platform.goals.derived_again()


async def goal_of_theo(platform: Platform, school: School) -> UUID:
    cycle = await cycle_of(platform, school, await pair_up(platform, school, "theo"))
    return await platform.goals.begin("goals", by=school.theo, tenant=school.tenant, cycle_id=str(cycle))


async def test_an_initiative_is_not_for_everyone_to_launch_nor_ends_before_it_begins(
    platform: Platform, school: School
) -> None:
    told = {"name": "We read", "begin": "2026-01-05"}
    assert await tried(platform, school, "principal", "/v1/initiatives", **told) == (403, "forbidden")
    early = await tried(platform, school, "coaching_lead", "/v1/initiatives", **told, end="2025-12-31")
    assert early == (409, "initiative_ends_too_early")
    lax = await tried(platform, school, "coaching_lead", "/v1/initiatives", name="We read", begin="soon")
    assert lax == (422, "command_invalid")
    await platform.level()
    answer = await platform.goals.get("/v1/initiatives", by=school.coach, tenant=school.tenant)
    assert answer.json() == []
    [linked, _] = await platform.goals.many(
        {"aggregate": "Initiative", "command": "LaunchInitiative", "body": told},
        {"aggregate": "Initiative", "command": "LaunchInitiative", "body": told | {"begin": 1}},
        by=school.administrator, tenant=school.tenant,
    )  # fmt: skip
    assert linked["status"] == 201


@pytest.mark.parametrize("model", sorted(PRODUCT))
async def test_a_cycle_goes_through_the_phases_of_each_model(
    platform: Platform, school: School, model: str
) -> None:
    pair = await platform.goals.begin(
        "partnerships", by=school.coach, tenant=school.tenant, coach_id=str(school.coach),
        teacher_ids=[str(school.teacher)], template=model,
    )  # fmt: skip
    for who in ("coach", "teacher"):
        assert await tried(platform, school, who, f"/v1/partnerships/{pair}/give-consent") == (200, None)
    cycle = await cycle_of(platform, school, pair)
    first, *others = PRODUCT[model].phases
    for phase in (*others, first):
        path = f"/v1/cycles/{cycle}/enter-phase"
        assert await tried(platform, school, "teacher", path, phase=phase) == (200, None)
    unknown = await tried(platform, school, "coach", f"/v1/cycles/{cycle}/enter-phase", phase="celebrate")
    assert unknown == (409, "phase_unknown")
    assert await tried(platform, school, "coach", f"/v1/cycles/{cycle}/complete-cycle") == (200, None)
    await platform.level()
    answer = await platform.goals.get("/v1/cycles", by=school.teacher, tenant=school.tenant)
    [row] = answer.json()
    assert (row["template"], row["phase"], row["status"], row["follow_up"]) == (
        model, first, "completed", "pending",
    )  # fmt: skip
    assert (row["cadence_days"], row["planned_weeks"]) == (
        PRODUCT[model].cadence_days, PRODUCT[model].planned_weeks,
    )  # fmt: skip


async def test_the_models_a_district_may_follow_are_its_own_and_the_products(
    platform: Platform, school: School
) -> None:
    own = []
    for name in ("data-cycle", "lesson-study"):
        told = {"name": name, "version": 1, "phases": ["look", "try"], "cadence_days": 7, "planned_weeks": 4}
        own.append(
            await platform.goals.begin(
                "model-templates", by=school.coaching_lead, tenant=school.tenant, **told
            )
        )
    retire = f"/v1/model-templates/{own[0]}/retire-model-template"
    assert await tried(platform, school, "coaching_lead", retire) == (200, None)
    await platform.level()
    path, rows, pages = "/v1/model-templates?limit=2", [], 0
    while path:
        answer = await platform.goals.get(path, by=school.teacher, tenant=school.tenant)
        assert answer.status_code == 200, answer.text
        rows += answer.json()
        pages += 1
        path = answer.links.get("next", {}).get("url", "")
    assert pages == 3
    assert [(row["template"], row["status"]) for row in rows] == [
        ("lesson-study@1", "published"), ("data-cycle@1", "retired"), *((name, "published") for name in PRODUCT),
    ]  # fmt: skip
    assert [row["template_id"] for row in rows] == [str(own[1]), str(own[0]), None, None, None]
    assert rows[2]["phases"] == ["identify", "learn", "improve"]
    taken = {"name": "impact-cycle", "version": 9, "phases": ["a"], "cadence_days": 7, "planned_weeks": 4}
    refused = await tried(platform, school, "coaching_lead", "/v1/model-templates", **taken)
    assert refused == (409, "template_name_taken")
