"""Action steps over HTTP: recommended, answered, practised; the teacher's, and the coach's while they coach."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from kit.running import Platform
from kit.school import School, cycle_of, open_school, pair_up

pytestmark = [pytest.mark.integration, pytest.mark.services("directory", "goals")]

AHEAD = str((datetime.now(UTC) + timedelta(days=14)).date())


@pytest_asyncio.fixture
async def school(platform: Platform) -> School:
    return await open_school(platform, "theo")


async def offer(platform: Platform, school: School, cycle: UUID, by: str = "coach", **more: Any) -> UUID:
    return await platform.goals.begin(
        "action-steps", by=school.people[by], tenant=school.tenant, cycle_id=str(cycle),
        strategy_code="cold_call", check_back_on=AHEAD, **more,
    )  # fmt: skip


async def say(platform: Platform, school: School, step: UUID, command: str, by: str, **body: Any) -> Any:
    path = f"/v1/action-steps/{step}/{command}"
    return await platform.goals.post(path, by=school.people[by], tenant=school.tenant, **body)


async def listed(platform: Platform, school: School, who: str, query: str = "") -> Any:
    await platform.level()
    path = f"/v1/action-steps{query}"
    answer = await platform.goals.get(path, by=school.people[who], tenant=school.tenant)
    assert answer.status_code == 200, answer.text
    return answer.json()


def fidelity(met: int) -> dict[str, Any]:
    at = datetime.now(UTC) - timedelta(days=1)
    return {
        "metric_code": "cold_call", "kind": "checklist_fidelity", "numerator": met, "denominator": 6,
        "direction": "increase", "occurred_at": at.isoformat(), "source": "observation",
        "instrument": "cold-call@2",
    }  # fmt: skip


async def test_a_step_goes_all_the_way_from_a_recommendation_to_mastery(
    platform: Platform, school: School
) -> None:
    cycle = await cycle_of(platform, school, await pair_up(platform, school))
    step = await offer(platform, school, cycle, checklist="cold-call@2", note="Wait three seconds")
    await say(
        platform, school, step, "respond-to-action-step", "teacher", response="adapted", note="In pairs"
    )
    await say(platform, school, step, "practise-action-step", "teacher")
    await say(platform, school, step, "practise-action-step", "coach", measurement=fidelity(4))
    await say(platform, school, step, "use-action-step", "teacher", measurement=fidelity(5))
    [used] = await listed(platform, school, "teacher")
    assert (used["step_id"], used["status"], used["practised_n"]) == (str(step), "in_use", 2)
    assert (used["checklist"], used["check_back_on"]) == ("cold-call@2", AHEAD)
    await say(platform, school, step, "master-action-step", "coach")
    assert [row["status"] for row in await listed(platform, school, "coach", "?status=mastered")] == [
        "mastered"
    ]
    assert await listed(platform, school, "coach", "?status=offered") == []
    assert len(await listed(platform, school, "teacher", f"?cycle_id={cycle}")) == 1
    assert await listed(platform, school, "teacher", f"?cycle_id={uuid4()}") == []
    shown = await platform.goals.get(f"/v1/action-steps/{step}", by=school.teacher, tenant=school.tenant)
    assert shown.json()["data"]["status"] == "mastered"
    assert {"Wait three seconds", "In pairs"} == set(shown.json()["words"].values())


async def test_nobody_but_the_pair_finds_a_step(platform: Platform, school: School) -> None:
    cycle = await cycle_of(platform, school, await pair_up(platform, school))
    step = await offer(platform, school, cycle, "teacher")
    for who in ("theo", "principal", "administrator", "coaching_lead"):
        assert await listed(platform, school, who) == []
    for who, code in (("theo", 404), ("principal", 200), ("coach", 200)):
        answer = await platform.goals.get(
            f"/v1/action-steps/{step}", by=school.people[who], tenant=school.tenant
        )
        assert answer.status_code == code
    seen = await platform.goals.get(f"/v1/action-steps/{step}", by=school.principal, tenant=school.tenant)
    assert set(seen.json()["data"]) == {"status", "cycle_id", "partnership_id", "teacher_id"}
    elsewhere = await platform.goals.get(f"/v1/action-steps/{step}", by=school.teacher, tenant=uuid4())
    assert elsewhere.status_code == 404


@pytest.mark.parametrize(
    ("command", "by", "body", "status", "code"),
    [
        ("respond-to-action-step", "coach", {"response": "accepted"}, 403, "forbidden"),
        ("respond-to-action-step", "teacher", {"response": "perhaps"}, 422, "command_invalid"),
        ("respond-to-action-step", "teacher", {}, 422, "command_invalid"),
        ("practise-action-step", "teacher", {}, 409, "step_not_answered"),
        ("master-action-step", "theo", {}, 404, "not_found"),
        ("practise-action-step", "principal", {}, 403, "forbidden"),
    ],
)
async def test_what_does_not_fit_is_refused_and_leaves_nothing(
    platform: Platform, school: School, command: str, by: str, body: Any, status: int, code: str
) -> None:
    step = await offer(platform, school, await cycle_of(platform, school, await pair_up(platform, school)))
    path = f"/v1/action-steps/{step}/{command}"
    answer = await platform.goals.tried(path, by=school.people[by], tenant=school.tenant, **body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    [untouched] = await listed(platform, school, "teacher")
    assert untouched["status"] == "offered"


async def test_steps_may_come_many_at_once(platform: Platform, school: School) -> None:
    cycle = await cycle_of(platform, school, await pair_up(platform, school))
    step = await offer(platform, school, cycle)
    about = {"aggregate": "ActionStep", "id": str(step)}
    told = await platform.goals.many(
        {"aggregate": "ActionStep", "command": "OfferActionStep",
         "body": {"cycle_id": str(cycle), "strategy_code": "wait_time", "check_back_on": AHEAD}},
        about | {"command": "RespondToActionStep", "body": {"response": "accepted"}},
        about | {"command": "PractiseActionStep"},
        about | {"command": "MasterActionStep"},
        by=school.teacher, tenant=school.tenant,
    )  # fmt: skip
    assert [line["status"] for line in told] == [201, 200, 200, 409]
    assert told[-1]["code"] == "step_not_in_use"
    assert {row["status"] for row in await listed(platform, school, "teacher")} == {"offered", "practised"}


async def test_while_others_are_out_of_sight_a_teacher_still_sees_their_own(
    platform: Platform, school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    await offer(platform, school, await cycle_of(platform, school, await pair_up(platform, school)))
    await platform.level()
    monkeypatch.setattr(platform.goals.run.progress, "level", lambda _: False)
    own = await platform.goals.get("/v1/action-steps", by=school.teacher, tenant=school.tenant)
    assert len(own.json()) == 1
    answer = await platform.goals.get("/v1/action-steps", by=school.coach, tenant=school.tenant)
    assert (answer.status_code, answer.json()["code"]) == (503, "facts_behind")


async def test_pages_hold_every_step_once_for_teacher_and_coach(platform: Platform, school: School) -> None:
    """A coach's page is put together from the partnerships they coach in."""
    cycles = [
        await cycle_of(platform, school, await pair_up(platform, school, who)) for who in ("teacher", "theo")
    ]
    steps = [await offer(platform, school, cycles[n % 2]) for n in range(7)][::-1]
    await platform.level()
    for who, wanted in (("coach", steps), ("teacher", steps[::2]), ("theo", steps[1::2])):
        path, found = "/v1/action-steps?limit=2", []
        while path:
            answer = await platform.goals.get(path, by=school.people[who], tenant=school.tenant)
            found += [UUID(row["step_id"]) for row in answer.json()]
            path = answer.links.get("next", {}).get("url", "")
        assert found == wanted
    assert await platform.goals.derived_again()
