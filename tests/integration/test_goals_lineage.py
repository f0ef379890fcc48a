"""What a pair looks at before it meets, and what made an achievement: with visits, activities and action steps."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from kit.running import Platform
from kit.school import School, cycle_of, on_task, open_school, pair_up, set_goal

pytestmark = [pytest.mark.integration, pytest.mark.services("directory", "goals", "observations")]


class Pair:
    """A pair, its cycle and a goal that is set: four in five, twice in a row."""

    def __init__(
        self, platform: Platform, school: School, partnership: UUID, cycle: UUID, goal: UUID
    ) -> None:
        self.platform, self.school = platform, school
        self.partnership, self.cycle, self.goal = partnership, cycle, goal

    async def begin(self, service: str, collection: str, by: str = "coach", **body: Any) -> UUID:
        served = getattr(self.platform, service)
        made: UUID = await served.begin(
            collection, by=self.school.people[by], tenant=self.school.tenant, **body
        )
        return made

    async def say(self, service: str, path: str, by: str = "coach", **body: Any) -> None:
        served = getattr(self.platform, service)
        await served.post(path, by=self.school.people[by], tenant=self.school.tenant, **body)

    async def visit(self, intervals: int, days_ago: float, minutes: int = 40) -> UUID:
        measured = on_task(intervals, days_ago=days_ago)
        return await self.begin(
            "observations", "observations/record-observation", **self.about(), goal_ids=[str(self.goal)],
            started_at=measured["occurred_at"], duration_s=minutes * 60, mode="live", measurements=[measured],
            chosen_by="teacher",
        )  # fmt: skip

    async def spend(self, kind: str, days_ago: float, minutes: int) -> UUID:
        return await self.begin(
            "observations",
            "activities/hold-activity",
            **self.about(),
            type=kind,
            started_at=ago(days_ago),
            minutes=minutes,
        )

    def about(self) -> dict[str, str]:
        return {"partnership_id": str(self.partnership), "cycle_id": str(self.cycle)}

    async def see(self, path: str, who: str = "teacher") -> Any:
        await self.platform.level()
        answer = await self.ask(path, who)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def ask(self, path: str, who: str) -> Any:
        return await self.platform.goals.get(path, by=self.school.people[who], tenant=self.school.tenant)

    @property
    def lineage(self) -> str:
        return f"/v1/goals/{self.goal}/lineage"

    @property
    def prep(self) -> str:
        return f"/v1/cycles/{self.cycle}/session-prep"


def ago(days: float) -> str:
    return (datetime.now(UTC) - timedelta(days=days)).isoformat()


def ahead(days: int) -> str:
    return str(datetime.now(UTC).date() + timedelta(days=days))


@pytest_asyncio.fixture
async def pair(platform: Platform) -> Pair:
    school = await open_school(platform, "theo")
    partnership = await pair_up(platform, school)
    cycle = await cycle_of(platform, school, partnership)
    goal = await platform.goals.begin("goals", by=school.teacher, tenant=school.tenant, cycle_id=str(cycle))
    await set_goal(platform, school, goal)
    await platform.level()
    return Pair(platform, school, partnership, cycle, goal)


async def test_what_they_do_not_take_is_refused_and_not_passed_over(pair: Pair) -> None:
    """Asked as of a day, they would tell of now."""
    for path in (pair.lineage, pair.prep):
        answer = await pair.ask(f"{path}?as_of=2026-01-01", "teacher")
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/query/as_of")


async def test_an_achievement_leads_back_to_measurements_visits_steps_and_minutes(pair: Pair) -> None:
    step = await pair.begin("goals", "action-steps", cycle_id=str(pair.cycle), goal_id=str(pair.goal),
                            strategy_code="cold_call", check_back_on=ahead(7))  # fmt: skip
    await pair.say("goals", f"/v1/action-steps/{step}/respond-to-action-step", "teacher", response="adapted")
    await pair.say("goals", f"/v1/action-steps/{step}/practise-action-step", "teacher")
    first = await pair.visit(6, 9)
    wrong = await pair.visit(2, 8)
    second, third = await pair.visit(8, 4), await pair.visit(9, 2)
    await pair.say("observations", f"/v1/observations/{wrong}/void-observation", reason_code="wrong_class")
    await pair.spend("model", 4 - 20 / 1440, 40)  # twenty minutes of it while the visit still went on
    await pair.spend("plan", 1, 30)
    await pair.platform.level()
    await pair.say(
        "goals", f"/v1/goals/{pair.goal}/record-progress", "teacher", measurement=on_task(10, days_ago=1)
    )
    await pair.platform.level()
    await pair.say("goals", f"/v1/goals/{pair.goal}/confirm-achievement", "teacher")
    told = await pair.see(pair.lineage)
    assert told["status"] == "achieved"
    achieved = {
        key: told["achievement"][key] for key in ("baseline", "final", "measurements_n", "goal_version")
    }
    assert achieved == {"baseline": "1/2", "final": "9/10", "measurements_n": 3, "goal_version": 1}
    assert told["achievement"]["confirmed_by"] == str(pair.school.teacher)
    made_of = [(m["part"], m["quotient"], m["observation_id"]) for m in told["measurements"]]
    assert made_of == [
        ("baseline", "2/5", None), ("baseline", "1/2", None), ("baseline", "3/5", None),
        ("progress", "3/5", str(first)), ("run", "4/5", str(second)), ("run", "9/10", str(third)),
    ]  # fmt: skip
    visit = told["measurements"][-1]["visit"]
    assert (visit["coach_id"], visit["minutes"], visit["mode"]) == (str(pair.school.coach), 40, "live")
    assert [(s["strategy_code"], s["answer"], s["status"], s["practised_n"]) for s in told["steps"]] == [
        ("cold_call", "adapted", "practised", 1)
    ]
    coaching = told["coaching"]
    assert (coaching["visits_n"], coaching["minutes"]) == (4, 40 + 60 + 40 + 30)
    assert [(each["type"], each["times_n"], each["minutes"]) for each in coaching["by_type"]] == [
        ("model", 1, 40), ("observe", 3, 120), ("plan", 1, 30),
    ]  # fmt: skip
    assert await pair.see(pair.lineage, "coach") == told


async def test_a_goal_that_is_not_met_has_its_progress_and_no_run(pair: Pair) -> None:
    await pair.visit(7, 3)
    told = await pair.see(pair.lineage)
    assert (told["status"], told["achievement"], told["steps"]) == ("active", None, [])
    assert [m["part"] for m in told["measurements"]] == ["baseline"] * 3 + ["progress"]
    assert told["coaching"]["visits_n"] == 1
    nothing = await pair.platform.goals.begin(
        "goals", by=pair.school.teacher, tenant=pair.school.tenant, cycle_id=str(pair.cycle)
    )
    pair.goal = nothing
    told = await pair.see(pair.lineage)
    assert (told["status"], told["measurements"]) == ("draft", [])


async def test_before_a_session_a_pair_sees_where_everything_stands(pair: Pair) -> None:
    empty = await pair.see(pair.prep)
    assert (empty["phase"], empty["days_in_phase"], empty["last_visit"], empty["steps"]) == (
        "identify",
        0,
        None,
        [],
    )
    await pair.visit(5, 6)
    visit = await pair.visit(6, 2)
    await pair.say("observations", f"/v1/observations/{visit}/share-feedback", feedback="They stayed with it")
    step = await pair.begin("goals", "action-steps", cycle_id=str(pair.cycle), strategy_code="cold_call",
                            check_back_on=ahead(7))  # fmt: skip
    plan = await pair.begin("observations", "activities", **pair.about(), type="coteach", minutes=45,
                            scheduled_at=f"{ahead(3)}T18:00:00Z")  # fmt: skip
    other = await pair.begin("goals", "goals", cycle_id=str(pair.cycle))
    for who in ("coach", "teacher"):
        told = await pair.see(pair.prep, who)
        assert (told["cycle_id"], told["status"], told["focus"]) == (str(pair.cycle), "open", "engagement")
        goals = {each["goal_id"]: each for each in told["goals"]}
        set_one, draft = goals[str(pair.goal)], goals[str(other)]
        assert (set_one["status"], set_one["target"], set_one["trend"]) == ("active", "4/5", "on_track")
        assert [m["quotient"] for m in set_one["latest"]] == ["3/5", "1/2", "3/5"]
        assert (draft["status"], draft["latest"], draft["waiting_for"]) == ("draft", [], [])
        assert [(s["step_id"], s["status"], s["is_due"]) for s in told["steps"]] == [
            (str(step), "offered", False)
        ]
        assert told["last_visit"]["visit_id"] == str(visit)
        assert told["last_visit"]["minutes"] == 40
        assert told["last_visit"]["shared_at"]
        assert told["last_visit"]["acknowledged_at"] is None
        assert [(each["what"], each["id"]) for each in told["coming"]] == [
            ("planned", str(plan)), ("check_back", str(step)), ("goal_due", str(pair.goal)),
        ]  # fmt: skip


async def test_a_proposal_waits_for_whoever_has_not_agreed(pair: Pair) -> None:
    goal = await pair.begin("goals", "goals", cycle_id=str(pair.cycle))
    say = pair.say
    path = f"/v1/goals/{goal}"
    await say("goals", f"{path}/record-baseline", measurements=[on_task(5, days_ago=1)])
    peers = ("powerful", "easy", "emotionally_compelling", "reachable", "student_focused")
    await say("goals", f"{path}/propose-goal", statement="More of them", metric_code="on_task", target="3/4",
              due_on=ahead(20), peers=dict.fromkeys(peers, True))  # fmt: skip
    await say("goals", f"{path}/agree-goal")
    [waiting] = [each for each in (await pair.see(pair.prep))["goals"] if each["goal_id"] == str(goal)]
    assert (waiting["status"], waiting["target"]) == ("baselined", "3/4")
    assert waiting["waiting_for"] == [str(pair.school.teacher)]


async def test_a_proposal_does_not_wait_for_an_owner_who_left_the_cycle(pair: Pair) -> None:
    school, goals = pair.school, pair.platform.goals
    people = {who: school.people[who] for who in ("coach", "teacher", "theo")}
    pair.partnership = await goals.begin(
        "partnerships", by=school.coach, tenant=school.tenant, coach_id=str(school.coach),
        teacher_ids=[str(people["teacher"]), str(people["theo"])],
    )  # fmt: skip
    for who in people:
        await pair.say("goals", f"/v1/partnerships/{pair.partnership}/give-consent", who)
    pair.cycle = await cycle_of(pair.platform, school, pair.partnership)
    goal = await pair.begin("goals", "goals", cycle_id=str(pair.cycle))
    path = f"/v1/goals/{goal}"
    await pair.say("goals", f"{path}/record-baseline", measurements=[on_task(5, days_ago=1)])
    peers = ("powerful", "easy", "emotionally_compelling", "reachable", "student_focused")
    await pair.say("goals", f"{path}/propose-goal", statement="More of them", metric_code="on_task",
                   target="3/4", due_on=ahead(20), peers=dict.fromkeys(peers, True))  # fmt: skip
    [waiting] = (await pair.see(pair.prep))["goals"]
    assert waiting["waiting_for"] == [str(person) for who, person in people.items() if who != "coach"] + [
        str(school.coach)
    ]
    await pair.say("goals", f"/v1/cycles/{pair.cycle}/leave-cycle", "theo", teacher_id=str(people["theo"]))
    [waiting] = (await pair.see(pair.prep))["goals"]
    assert waiting["waiting_for"] == [str(school.teacher), str(school.coach)]


async def test_a_paused_cycle_says_so_and_its_days_stand_still(pair: Pair) -> None:
    await pair.say("goals", f"/v1/cycles/{pair.cycle}/pause-cycle")
    told = await pair.see(pair.prep)
    assert (told["status"], told["phase"], told["days_in_phase"]) == ("paused", "identify", 0)
    await pair.say("goals", f"/v1/cycles/{pair.cycle}/resume-cycle")
    await pair.say("goals", f"/v1/cycles/{pair.cycle}/complete-cycle")
    told = await pair.see(pair.prep)
    assert (told["status"], told["phase"]) == ("completed", None)


async def test_nobody_but_the_pair_prepares_a_session_or_sees_what_made_a_goal(pair: Pair) -> None:
    await pair.platform.level()
    for path in (pair.prep, pair.lineage):
        outcomes = {who: (await pair.ask(path, who)).status_code for who in pair.school.people}
        assert outcomes == {
            "teacher": 200, "coach": 200, "theo": 404, "principal": 403, "administrator": 403, "coaching_lead": 403,
        }  # fmt: skip
        answer = await pair.platform.goals.get(path, by=pair.school.teacher, tenant=uuid4())
        assert answer.status_code == 404
        answer = await pair.platform.goals.get(path, by=None, tenant=pair.school.tenant)
        assert answer.status_code == 403


async def test_what_goals_knows_of_coaching_time_comes_out_the_same_derived_again(pair: Pair) -> None:
    await pair.visit(7, 3)
    await pair.spend("coteach", 1, 25)
    await pair.platform.level()
    assert await pair.platform.goals.derived_again()
