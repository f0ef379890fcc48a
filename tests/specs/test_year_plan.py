"""The plan of a district's year: told from a seed alone, and a story that can be played as it stands."""

from collections import Counter
from datetime import datetime
from zoneinfo import ZoneInfo

from chalkline.example_roster import roster
from chalkline.year_models import INITIATIVES, initiative
from chalkline.year_plan import Pair, expected, plan
from chalkline.year_steps import SCHOOL_WEEKS, At, On, Ref, Scene, Who, calendar_week, references
from hypothesis import given, settings
from hypothesis import strategies as st

DISTRICT = roster(3, schools=3, teachers=60, students=0)
CHICAGO = ZoneInfo("America/Chicago")


def commands(pair: Pair, of: str) -> list[str]:
    return [step.command for step in pair.steps if step.of == of]


def test_the_same_seed_plans_the_same_year_and_another_seed_another() -> None:
    assert plan(DISTRICT, 1) == plan(DISTRICT, 1)
    assert expected(plan(DISTRICT, 1)) != expected(plan(DISTRICT, 2))


@settings(max_examples=25, deadline=None)
@given(seed=st.integers())
def test_nothing_is_spoken_of_before_it_is_begun_and_every_week_is_of_the_year(seed: int) -> None:
    for pair in plan(DISTRICT, seed):
        begun = {initiative(focus) for focus in INITIATIVES}
        assert [step.week for step in pair.steps] == sorted(step.week for step in pair.steps)
        for step in pair.steps:
            assert 0 <= step.week < SCHOOL_WEEKS
            assert references(step) <= begun
            assert (step.of in begun) is not step.begins
            begun.add(step.of)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers())
def test_every_cycle_that_starts_ends_and_every_goal_set_is_agreed_by_both(seed: int) -> None:
    counts = expected(plan(DISTRICT, seed))
    assert counts["CycleStarted"] == counts["CycleCompleted"] + counts["CycleClosedEarly"]
    assert counts["GoalAgreed"] == 2 * counts["GoalSet"] == 2 * counts["CycleStarted"]
    stood = counts["GoalTargetMet"] - counts["AchievementWithdrawn"]
    assert counts["GoalAchieved"] >= stood > counts["CycleStarted"] / 3
    assert counts["GoalAbandoned"] + stood + counts["CycleClosedEarly"] == counts["CycleStarted"]


def test_everyone_has_a_coach_of_their_school_and_nobody_too_many_teachers() -> None:
    pairs = plan(DISTRICT, 1)
    assert {pair.people["teacher"].sourced_id for pair in pairs} == {
        one.sourced_id for one in DISTRICT.having("teacher")
    }
    assert all(pair.people["coach"].org == pair.people["teacher"].org for pair in pairs)
    assert max(Counter(pair.people["coach"].sourced_id for pair in pairs).values()) <= 20


def test_only_the_teacher_confirms_and_nothing_follows_a_cycle_that_has_ended() -> None:
    for pair in plan(DISTRICT, 1):
        assert {step.by for step in pair.steps if step.command == "ConfirmAchievement"} <= {"teacher"}
        for number in range(1, 5):
            told = commands(pair, f"cycle {number}")
            assert not told or told[0] == "StartCycle"
            open_to_the_end = [command for command in told if command != "RecordFollowUp"]
            assert not {"CompleteCycle", "CloseCycleEarly"} & set(open_to_the_end[:-1])


def test_a_coach_who_handed_over_does_nothing_more_with_the_pair_and_nobody_corrects_what_another_recorded() -> (
    None
):
    handed_over = 0
    for pair in plan(roster(3, schools=10, teachers=400, students=0), 1):
        weeks = [step.week for step in pair.steps if step.command == "HandOverCoach"]
        for week in weeks:
            handed_over += 1
            own = [step for step in pair.steps if not step.of.startswith("own ")]
            assert all(step.week <= week for step in own if step.by == "coach")
            assert all(step.week > week for step in own if step.by == "successor")
            assert any(step.command == "GiveConsent" and step.week == week for step in own)
        recorded = {step.of: step.by for step in pair.steps if step.command == "RecordObservation"}
        for step in pair.steps:
            if step.command in ("CorrectObservation", "VoidObservation"):
                assert recorded[step.of] == step.by
        if not weeks:
            assert "successor" not in {step.by for step in pair.steps}
    assert handed_over > 3


def test_all_that_accompanies_visits_is_told_and_what_was_declined_is_not_practised() -> None:
    counts = expected(plan(roster(3, schools=10, teachers=400, students=0), 1))
    for kind in ("ActivityHeld", "ActivityMissed", "ActionStepMastered", "ReflectionShared", "CoachFeedbackGiven",
                 "GoalRecharted", "AchievementWithdrawn", "CyclePaused", "CycleMemberJoined", "CycleMemberLeft",
                 "FollowUpRecorded", "GoalLinkedToInitiative", "CoachHandedOver", "PartnershipEnded"):  # fmt: skip
        assert counts[kind], kind
    for pair in plan(DISTRICT, 1):
        declined = {step.of for step in pair.steps if step.body.get("response") == "declined"}
        assert all(commands(pair, name)[-1] == "RespondToActionStep" for name in declined)


def test_a_break_lies_between_the_semesters() -> None:
    weeks = [calendar_week(week) for week in range(SCHOOL_WEEKS)]
    assert weeks == [*range(19), *range(21, 40)]


def test_a_body_is_filled_with_what_the_play_knows() -> None:
    monday = datetime(2026, 8, 17, tzinfo=CHICAGO)
    scene = Scene(monday, {"coach": "c", "teacher": "t"}, {"goal 1": "g"})
    body = {"who": [Who("teacher")], "goal": Ref("goal 1"), "at": At(19, 1, 9 * 60 + 5), "due": On(0), "n": 3}
    assert scene.filled(body) == {
        "who": ["t"], "goal": "g", "at": "2027-01-12T09:05:00-06:00", "due": "2026-08-21", "n": 3,
    }  # fmt: skip
