"""Rule 7 on running services: what was observed and told anew, or taken back, changes everything it led to, and each
consequence names its cause.
"""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from kit.running import Platform
from kit.school import School, cycle_of, on_task, open_school, pair_up, set_goal
from kit.visits import record, say, see

pytestmark = [pytest.mark.integration, pytest.mark.services("directory", "goals", "observations")]


@pytest_asyncio.fixture
async def school(platform: Platform) -> School:
    return await open_school(platform, "theo")


class Ripples:
    """A goal of eight in ten, twice in a row, and the visits that say how far it is."""

    def __init__(self, platform: Platform, school: School, pair: UUID, goal: UUID) -> None:
        self.platform, self.school, self.pair, self.goal = platform, school, pair, goal

    async def visit(self, intervals: int, days_ago: float, **more: Any) -> UUID:
        told = {"goal_ids": [str(self.goal)], "measurements": [on_task(intervals, days_ago=days_ago)]} | more
        return await record(self.platform, self.school, self.pair, days_ago=days_ago, **told)

    async def correct(self, visit: UUID, intervals: int, days_ago: float) -> None:
        await say(self.platform, self.school, visit, "correct-observation", "coach", reason_code="miscounted",
                  measurements=[on_task(intervals, days_ago=days_ago)])  # fmt: skip

    async def void(self, visit: UUID, by: str = "coach") -> None:
        await say(self.platform, self.school, visit, "void-observation", by, reason_code="wrong_class")

    async def confirm(self) -> None:
        await self.platform.level()
        path = f"/v1/goals/{self.goal}/confirm-achievement"
        await self.platform.goals.post(path, by=self.school.teacher, tenant=self.school.tenant)

    async def standing(self) -> tuple[str, list[str]]:
        """The goal's status, and the quotients on its chart beside the baseline's, in their order."""
        await self.platform.level()
        answer = await self.platform.goals.get(
            f"/v1/goals/{self.goal}", by=self.school.teacher, tenant=self.school.tenant
        )
        shown = answer.json()["data"]
        return shown["status"], [m["quotient"] for m in shown["measurements"] if not m["is_baseline"]]

    async def consequences(self) -> list[tuple[str, str | None, str | None]]:
        """Every event of the goal that another service's event caused: its type, its cause, and that event's type."""
        await self.platform.level()
        caused = await self.platform.goals.database.app.fetch(
            "SELECT type, data, meta FROM ledger.events WHERE stream_id = $1 ORDER BY position", self.goal
        )
        types = {
            str(row["event_id"]): row["type"]
            for row in await self.platform.observations.database.app.fetch(
                "SELECT event_id, type FROM ledger.events"
            )
        }
        told = [(row["type"], json.loads(row["data"]), json.loads(row["meta"])) for row in caused]
        return [
            (kind, data.get("cause"), types[meta["causation_id"]])
            for kind, data, meta in told
            if meta.get("causation_id") in types
        ]


@pytest_asyncio.fixture
async def ripples(platform: Platform, school: School) -> Ripples:
    pair = await pair_up(platform, school)
    cycle = await cycle_of(platform, school, pair)
    goal = await platform.goals.begin("goals", by=school.teacher, tenant=school.tenant, cycle_id=str(cycle))
    await set_goal(platform, school, goal)
    await platform.level()
    return Ripples(platform, school, pair, goal)


async def test_a_correction_retracts_what_it_replaces_and_withdraws_what_no_longer_stands(
    ripples: Ripples,
) -> None:
    await ripples.visit(8, days_ago=6)
    second = await ripples.visit(9, days_ago=4)
    await ripples.confirm()
    assert await ripples.standing() == ("achieved", ["4/5", "9/10"])
    await ripples.correct(second, 5, days_ago=4)
    assert await ripples.standing() == ("active", ["4/5", "1/2"])
    causes = await ripples.consequences()
    assert causes[-3:] == [
        ("ProgressRetracted", "observation_corrected", "ObservationCorrected"),
        ("AchievementWithdrawn", "observation_corrected", "ObservationCorrected"),
        ("ProgressMeasured", None, "ObservationCorrected"),
    ]


async def test_a_void_retracts_what_it_gave_and_withdraws_what_no_longer_stands(ripples: Ripples) -> None:
    first = await ripples.visit(8, days_ago=6)
    await ripples.visit(9, days_ago=4)
    assert (await ripples.standing())[0] == "target_met"
    await ripples.void(first)
    assert await ripples.standing() == ("active", ["9/10"])
    assert (await ripples.consequences())[-2:] == [
        ("ProgressRetracted", "observation_voided", "ObservationVoided"),
        ("AchievementWithdrawn", "observation_voided", "ObservationVoided"),
    ]


async def test_where_another_run_stands_confirmation_is_asked_again(ripples: Ripples) -> None:
    visits = [await ripples.visit(9, days_ago=days) for days in (8, 6, 4)]
    await ripples.confirm()
    await ripples.void(visits[0])
    assert (await ripples.standing())[0] == "target_met"
    assert [kind for kind, _, _ in (await ripples.consequences())[-3:]] == [
        "ProgressRetracted", "AchievementWithdrawn", "GoalTargetMet",
    ]  # fmt: skip
    await ripples.confirm()
    assert (await ripples.standing())[0] == "achieved"


async def test_what_does_not_end_the_run_changes_the_chart_and_nothing_else(ripples: Ripples) -> None:
    early = await ripples.visit(3, days_ago=9)
    for days in (6, 4):
        await ripples.visit(9, days_ago=days)
    await ripples.confirm()
    await ripples.correct(early, 4, days_ago=9)
    assert await ripples.standing() == ("achieved", ["2/5", "9/10", "9/10"])
    await ripples.void(early)
    assert await ripples.standing() == ("achieved", ["9/10", "9/10"])


async def test_a_correction_of_a_correction_replaces_the_measurements_in_force(ripples: Ripples) -> None:
    visit = await ripples.visit(4, days_ago=5)
    for intervals in (5, 6, 7):
        await ripples.correct(visit, intervals, days_ago=5)
    assert await ripples.standing() == ("active", ["7/10"])
    shown = await see(ripples.platform, ripples.school, f"/v1/observations/{visit}", "coach")
    assert (shown["data"]["corrections"], len(shown["data"]["measurements"])) == (3, 1)
    await ripples.void(visit)
    assert await ripples.standing() == ("active", [])


async def test_a_correction_may_bring_the_target_about(ripples: Ripples) -> None:
    await ripples.visit(8, days_ago=6)
    second = await ripples.visit(7, days_ago=4)
    assert (await ripples.standing())[0] == "active"
    await ripples.correct(second, 8, days_ago=4)
    assert (await ripples.standing())[0] == "target_met"
    assert (await ripples.consequences())[-1] == ("GoalTargetMet", None, "ObservationCorrected")


async def test_a_correction_right_behind_its_record_finds_what_it_replaces(ripples: Ripples) -> None:
    for days in range(2, 12):
        await ripples.correct(await ripples.visit(9, days_ago=days), 2, days_ago=days)
    assert await ripples.standing() == ("active", ["1/5"] * 10)


async def test_after_the_talk_it_may_still_be_corrected_and_taken_back(ripples: Ripples) -> None:
    platform, school = ripples.platform, ripples.school
    visit = await ripples.visit(9, days_ago=3)
    await say(platform, school, visit, "share-feedback", "coach", feedback="They leaned in")
    await say(platform, school, visit, "acknowledge-feedback", "teacher")
    await say(platform, school, visit, "give-coach-feedback", "teacher", feedback="It helped")
    await ripples.correct(visit, 6, days_ago=3)
    shown = await see(platform, school, f"/v1/observations/{visit}", "teacher")
    assert (shown["data"]["status"], len(shown["data"]["feedback_to_coach"])) == ("discussed", 1)
    assert await ripples.standing() == ("active", ["3/5"])
    await ripples.void(visit, by="teacher")
    assert await ripples.standing() == ("active", [])
    shown = await see(platform, school, f"/v1/observations/{visit}", "coach")
    assert shown["data"]["status"] == "voided"
    assert shown["words"] == {}


async def test_only_its_author_corrects_an_observation(ripples: Ripples) -> None:
    platform, school = ripples.platform, ripples.school
    visit = await ripples.visit(9, days_ago=3)
    refused = await platform.observations.http.post(
        f"/v1/observations/{visit}/correct-observation", json={"measurements": [], "reason_code": "mine"},
        headers=platform.issuer.person(school.teacher, school.tenant) | {"Idempotency-Key": str(uuid4())},
    )  # fmt: skip
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    assert await ripples.standing() == ("active", ["9/10"])


async def test_what_looks_at_practice_never_reaches_a_goal(ripples: Ripples) -> None:
    at = (datetime.now(UTC) - timedelta(days=3)).isoformat()
    practice = {"metric_code": "on_task", "direction": "increase", "occurred_at": at, "source": "observation"}
    taken = [
        practice | {"kind": "checklist_fidelity", "numerator": 9, "denominator": 10},
        practice | {"kind": "interaction_ratio", "numerator": 9, "denominator": 0},
        practice | {"kind": "opportunities_to_respond", "numerator": 9, "window_s": 60},
        practice | {"kind": "teacher_talk", "numerator": "90", "denominator": "100"},
        practice | {"kind": "duration", "numerator": "900"},
    ]
    visit = await ripples.visit(9, days_ago=3, measurements=taken)
    assert await ripples.standing() == ("active", [])
    await ripples.correct(visit, 7, days_ago=3)
    assert await ripples.standing() == ("active", ["7/10"])
    await say(ripples.platform, ripples.school, visit, "correct-observation", "coach", measurements=taken,
              reason_code="no_count")  # fmt: skip
    assert await ripples.standing() == ("active", [])


async def test_nothing_is_measured_for_a_goal_of_another_pair(
    ripples: Ripples, platform: Platform, school: School
) -> None:
    other = await pair_up(platform, school, "theo")
    with pytest.raises(AssertionError, match="goal_not_in_partnership"):
        await record(platform, school, other, days_ago=2, goal_ids=[str(ripples.goal)],
                     measurements=[on_task(9, days_ago=2)])  # fmt: skip
    assert await ripples.standing() == ("active", [])


async def test_all_of_it_comes_out_the_same_when_it_is_derived_again(platform: Platform) -> None:
    await platform.level()
    assert await platform.goals.derived_again()
    assert await platform.observations.derived_again()
