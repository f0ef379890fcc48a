"""A partnership is handed over in the middle of a cycle: the former coach finds nothing, the next one after consent.

In all services at once: what a coach may see is asked of the partnership, wherever the content lies.
"""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from kit.running import Platform
from kit.school import School, cycle_of, on_task, open_school, pair_up, set_goal

pytestmark = [pytest.mark.integration, pytest.mark.services("directory", "goals", "observations")]


@pytest_asyncio.fixture
async def school(platform: Platform) -> School:
    opened = await open_school(platform, "theo")
    carl = await platform.directory.begin("people", by=None, tenant=opened.tenant, name="Carl")
    role = {"role": "coach", "org_id": str(opened.school), "begin": "2020-08-01"}
    await platform.directory.post(f"/v1/people/{carl}/assign-role", by=None, tenant=opened.tenant, **role)
    opened.people["carl"] = carl
    return opened


class Looking:
    """What there is to see of a pair at work, and who finds it."""

    def __init__(self, platform: Platform, school: School, **ids: UUID) -> None:
        self.platform, self.school, self.ids = platform, school, ids

    async def status(self, who: str, service: str, path: str) -> int:
        served = self.platform.services[service]
        answer = await served.get(path, by=self.school.people[who], tenant=self.school.tenant)
        return answer.status_code

    async def listed(self, who: str, service: str, path: str) -> int:
        served = self.platform.services[service]
        answer = await served.get(path, by=self.school.people[who], tenant=self.school.tenant)
        assert answer.status_code == 200, answer.text
        return len(answer.json())

    async def content(self, who: str) -> dict[str, int]:
        """The answers to looks at everything that is the pair's."""
        await self.platform.level()
        return {
            **{
                name: await self.status(who, "goals", f"/v1/{kind}/{self.ids[name]}")
                for name, kind in (("cycle", "cycles"), ("goal", "goals"), ("step", "action-steps"))
            },
            "observation": await self.status(
                who, "observations", f"/v1/observations/{self.ids['observation']}"
            ),
        }

    async def lists(self, who: str) -> dict[str, int]:
        """How much of it is in lists."""
        await self.platform.level()
        return {
            name: await self.listed(who, service, f"/v1/{name}")
            for service, name in (
                ("goals", "partnerships"), ("goals", "cycles"), ("goals", "goals"), ("goals", "action-steps"),
                ("observations", "observations"),
            )
        }  # fmt: skip

    async def say(self, who: str, path: str, **body: Any) -> Any:
        return await self.platform.goals.tried(
            path, by=self.school.people[who], tenant=self.school.tenant, **body
        )


ALL = {"cycle": 200, "goal": 200, "step": 200, "observation": 200}
NOTHING = dict.fromkeys(ALL, 404)
ONE_OF_EACH = {"partnerships": 1, "cycles": 1, "goals": 1, "action-steps": 1, "observations": 1}
NONE = dict.fromkeys(ONE_OF_EACH, 0)


@pytest_asyncio.fixture
async def looking(platform: Platform, school: School) -> Looking:
    """A pair with a cycle, a goal that is set, a step, and a visit that was recorded."""
    pair = await pair_up(platform, school)
    cycle = await cycle_of(platform, school, pair)
    goal = await platform.goals.begin("goals", by=school.coach, tenant=school.tenant, cycle_id=str(cycle))
    await set_goal(platform, school, goal)
    await platform.level()
    step = await platform.goals.begin(
        "action-steps", by=school.coach, tenant=school.tenant, cycle_id=str(cycle), strategy_code="cold_call",
        check_back_on=str((datetime.now(UTC) + timedelta(days=9)).date()),
    )  # fmt: skip
    observation = await platform.observations.begin(
        "observations/record-observation",
        by=school.coach, tenant=school.tenant, partnership_id=str(pair), cycle_id=str(cycle),
        goal_ids=[str(goal)], started_at=(datetime.now(UTC) - timedelta(days=1)).isoformat(), duration_s=1800,
        mode="live", measurements=[on_task(7, days_ago=1)], chosen_by="teacher",
    )  # fmt: skip
    found = Looking(platform, school, pair=pair, cycle=cycle, goal=goal, step=step, observation=observation)
    assert await found.content("coach") == await found.content("teacher") == ALL
    assert await found.lists("coach") == await found.lists("teacher") == ONE_OF_EACH
    assert await found.content("carl") == NOTHING
    return found


async def test_the_former_coach_finds_nothing_at_once_and_the_next_one_after_consent(
    looking: Looking,
) -> None:
    path = f"/v1/partnerships/{looking.ids['pair']}"
    carl = str(looking.school.people["carl"])
    handed = await looking.say("teacher", f"{path}/hand-over-coach", to_coach_id=carl)
    assert handed.status_code == 200, handed.text
    assert await looking.content("coach") == NOTHING
    assert await looking.lists("coach") == NONE
    assert await looking.status("coach", "goals", path) == 404
    assert await looking.content("carl") == NOTHING
    assert await looking.lists("carl") == NONE | {"partnerships": 1}
    assert await looking.content("teacher") == ALL
    assert await looking.lists("teacher") == ONE_OF_EACH

    assert (await looking.say("carl", f"{path}/give-consent")).json()["code"] == "only_teachers_consent_again"
    consented = await looking.say("teacher", f"{path}/give-consent")
    assert [event["type"].split(".")[2] for event in consented.json()["events"]] == [
        "PartnershipConsentGiven", "PartnershipAgreed",
    ]  # fmt: skip
    assert await looking.content("carl") == ALL
    assert await looking.lists("carl") == ONE_OF_EACH
    assert await looking.content("coach") == NOTHING
    assert await looking.lists("coach") == NONE
    measured = {"measurement": on_task(8, days_ago=0.1)}
    goal = f"/v1/goals/{looking.ids['goal']}/record-progress"
    assert (await looking.say("carl", goal, **measured)).status_code == 200
    assert (await looking.say("coach", goal, **measured)).status_code == 404
    shown = await looking.platform.goals.get(
        f"/v1/goals/{looking.ids['goal']}", by=looking.school.teacher, tenant=looking.school.tenant
    )
    assert shown.json()["data"]["coach_id"] == carl
    [row] = (
        await looking.platform.goals.get("/v1/goals", by=looking.school.teacher, tenant=looking.school.tenant)
    ).json()
    assert row["coach_id"] == carl
    assert await looking.platform.goals.derived_again()
    assert await looking.platform.observations.derived_again()


async def test_who_leads_may_hand_over_and_sees_activity_before_and_after(looking: Looking) -> None:
    path = f"/v1/partnerships/{looking.ids['pair']}"
    carl = str(looking.school.people["carl"])
    refused = await looking.say("principal", f"{path}/hand-over-coach", to_coach_id=carl)
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    stranger = await looking.say("theo", f"{path}/hand-over-coach", to_coach_id=carl)
    assert stranger.status_code == 404
    for to, code in (
        ("principal", "coach_role_missing"),
        ("teacher", "coach_is_teacher"),
        ("coach", "coaches_already"),
    ):
        unfit = await looking.say(
            "administrator", f"{path}/hand-over-coach", to_coach_id=str(looking.school.people[to])
        )
        assert (unfit.status_code, unfit.json()["code"]) == (409, code)
    for who in ("coaching_lead", "administrator"):
        handed = await looking.say(who, f"{path}/hand-over-coach", to_coach_id=carl)
        assert handed.status_code == 200, handed.text
        carl = str(looking.school.coach)
    assert await looking.lists("coaching_lead") == NONE | {"partnerships": 1, "cycles": 1}


async def test_a_partnership_suspended_for_its_coach_goes_on_with_another(looking: Looking) -> None:
    school, path = looking.school, f"/v1/partnerships/{looking.ids['pair']}"
    evaluator = {"evaluator_id": str(school.coach)}
    await looking.platform.directory.post(
        f"/v1/people/{school.teacher}/assign-evaluator", by=None, tenant=school.tenant, **evaluator
    )
    assert set((await looking.content("coach")).values()) <= {403, 404}
    await looking.say("teacher", f"{path}/hand-over-coach", to_coach_id=str(school.people["carl"]))
    agreed = await looking.say("teacher", f"{path}/give-consent")
    assert agreed.status_code == 200, agreed.text
    assert await looking.content("carl") == ALL
    assert await looking.content("coach") == NOTHING
    back = await looking.say("teacher", f"{path}/hand-over-coach", to_coach_id=str(school.coach))
    assert back.json()["code"] == "evaluator_cannot_coach"


async def test_what_a_teacher_told_the_former_coach_stays_between_them(looking: Looking) -> None:
    """The next coach reads the visit, and not what was told of the coach before; who comes back finds it again."""
    platform, school, path = looking.platform, looking.school, f"/v1/partnerships/{looking.ids['pair']}"
    visit = f"/v1/observations/{looking.ids['observation']}"
    await platform.observations.post(
        f"{visit}/give-coach-feedback", by=school.teacher, tenant=school.tenant, feedback="You talked over me"
    )

    async def told(who: str) -> tuple[int, bool]:
        await platform.level()
        answer = await platform.observations.get(visit, by=school.people[who], tenant=school.tenant)
        assert answer.status_code == 200
        return len(answer.json()["data"]["feedback_to_coach"]), "You talked over me" in answer.text

    assert await told("coach") == await told("teacher") == (1, True)
    for to, reads in (("carl", (0, False)), ("coach", (1, True))):
        await looking.say("teacher", f"{path}/hand-over-coach", to_coach_id=str(school.people[to]))
        assert (await looking.say("teacher", f"{path}/give-consent")).status_code == 200
        assert await told(to) == reads
        assert await told("teacher") == (1, True)
