"""What may be decided about an observation, and by whom."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid5

import pytest
from backbone.commands import decode_state, encode_state
from backbone.deciding import Actor, FactsBehind, Forbidden, Look, Refusal, Unseen
from backbone.words import private
from chalkline_contracts.measurement import Measurement, MeasurementTaken
from chalkline_contracts.observations import (
    CoachFeedbackGiven,
    FeedbackAcknowledged,
    FeedbackShared,
    ObservationCorrected,
    ObservationRecorded,
    ObservationScheduled,
    ObservationVoided,
)
from hypothesis import given
from hypothesis import strategies as st
from kit.spec import NOW, Spec
from observations.access import authorise_observation, may_read
from observations.aggregates import OBSERVATION
from observations.gathering import gather_observation
from observations.observation import (
    AcknowledgeFeedback,
    CorrectObservation,
    Discussed,
    GiveCoachFeedback,
    ObservationFacts,
    RecordObservation,
    ScheduleObservation,
    ShareFeedback,
    Unset,
    VoidObservation,
)
from observations.pair import Cycle, Goal, Partnership
from observations.refusals import (
    CoachFeedbackAlreadyGiven,
    CycleNotInPartnership,
    FeedbackAlreadyShared,
    FeedbackIsYourOwn,
    FeedbackNotShared,
    GoalNotInPartnership,
    GoalOfAnotherTeacher,
    MinutesOutOfRange,
    NotYetHappened,
    ObservationAlreadyRecorded,
    ObservationAlreadyScheduled,
    ObservationAlreadyVoided,
    ObservationNotFound,
    ObservationNotRecorded,
    OnlyTheObservedTell,
    PartnershipDiffers,
    PartnershipMissing,
    PartnershipNotAgreed,
    ScheduledInThePast,
    TeacherNotInPartnership,
)
from observations.views import view_observation
from pydantic import ValidationError

TENANT, COACH, TINA, TOM, STRANGER = (UUID(int=n) for n in range(1, 6))
PAIR, CYCLE, GOAL, COMMAND, OBSERVED = (UUID(int=n) for n in range(11, 16))
AGREED = Partnership(COACH, (TINA, TOM), "agreed")
LESSON = NOW - timedelta(hours=2)


def acting(person: UUID) -> Actor:
    return Actor("person", str(person), TENANT)


FACTS = ObservationFacts(
    by=acting(COACH), command_id=COMMAND, aggregate_id=OBSERVED, partnership=AGREED, cycle=Cycle(PAIR, ()),
    goals={GOAL: Goal(PAIR, (TINA,))},
)  # fmt: skip
EVIDENCE, FEEDBACK = private("12 of 20 intervals, mostly at the back"), private("Try a signal first")
spec = Spec(OBSERVATION, FACTS)
by_tina = spec.knowing(by=acting(TINA))


def taken(on_task: int = 12) -> MeasurementTaken:
    return MeasurementTaken(
        metric_code="on_task",
        kind="intervals_on_task",
        numerator=on_task,
        denominator=20,
        direction="increase",
        occurred_at=LESSON,
        source="observation",
    )


def measured(on_task: int = 12, index: int = 0, by: UUID = COACH) -> Measurement:
    return taken(on_task).recorded(uuid5(COMMAND, str(index)), by)


def record(**more: Any) -> RecordObservation:
    told: dict[str, Any] = {
        "partnership_id": PAIR,
        "teacher_ids": (TINA,),
        "cycle_id": CYCLE,
        "goal_ids": (GOAL,),
        "started_at": LESSON,
        "duration_s": 45 * 60,
        "mode": "live",
        "instrument": "time-on-task@1",
        "measurements": (taken(),),
        "evidence": EVIDENCE,
        "chosen_by": "joint",
    }
    return RecordObservation(**(told | more))


def recorded(**more: Any) -> ObservationRecorded:
    told: dict[str, Any] = {
        "partnership_id": PAIR,
        "coach_id": COACH,
        "teacher_ids": (TINA,),
        "cycle_id": CYCLE,
        "goal_ids": (GOAL,),
        "started_at": LESSON,
        "duration_s": 45 * 60,
        "mode": "live",
        "instrument": "time-on-task@1",
        "measurements": (measured(),),
        "evidence_ref": EVIDENCE.ref,
        "chosen_by": "joint",
        "recorded_by": COACH,
    }
    return ObservationRecorded(**(told | more))


WHOSE: dict[str, Any] = {"partnership_id": PAIR, "coach_id": COACH, "teacher_ids": (TINA,), "cycle_id": CYCLE}
scheduled = ObservationScheduled(**WHOSE, scheduled_at=NOW, scheduled_by=COACH)
voided = ObservationVoided(**WHOSE, reason_code="wrong_class", voided_by=COACH)
shared = FeedbackShared(**WHOSE, feedback_ref=FEEDBACK.ref, shared_by=COACH)
acknowledged = FeedbackAcknowledged(**WHOSE, acknowledged_by=TINA)


def schedule(**more: Any) -> ScheduleObservation:
    told = {
        "partnership_id": PAIR,
        "teacher_ids": (TINA,),
        "cycle_id": CYCLE,
        "scheduled_at": NOW + timedelta(days=1),
    }
    return ScheduleObservation(**(told | more))


def correct(on_task: int = 14, **more: Any) -> CorrectObservation:
    return CorrectObservation(measurements=(taken(on_task),), reason_code="miscounted", **more)


def corrected(**more: Any) -> ObservationCorrected:
    told: dict[str, Any] = {
        **WHOSE,
        "goal_ids": (GOAL,),
        "started_at": LESSON,
        "duration_s": 45 * 60,
        "corrected_at": NOW,
        "measurements": (measured(14),),
        "replaced_measurement_ids": (measured().measurement_id,),
        "evidence_ref": EVIDENCE.ref,
        "reason_code": "miscounted",
        "corrected_by": COACH,
    }
    return ObservationCorrected(**(told | more))


# Scheduling ------------------------------------------------------------------------------------------


def test_a_visit_is_scheduled_for_a_time_to_come() -> None:
    tomorrow = NOW + timedelta(days=1)
    spec.when(schedule()).then(scheduled.model_copy(update={"scheduled_at": tomorrow}))
    spec.when(schedule(scheduled_at=NOW)).refused(ScheduledInThePast)


def test_a_visit_is_scheduled_once() -> None:
    spec.given(scheduled).when(schedule()).refused(ObservationAlreadyScheduled)
    spec.given(recorded()).when(schedule()).refused(ObservationAlreadyScheduled)


@pytest.mark.parametrize("status", ["proposed", "suspended", "ended"])
def test_only_an_agreed_partnership_schedules_and_records(status: str) -> None:
    waiting = spec.knowing(partnership=replace(AGREED, status=status))
    waiting.when(schedule()).refused(PartnershipNotAgreed)
    waiting.when(record()).refused(PartnershipNotAgreed)
    waiting.given(scheduled).when(record()).refused(PartnershipNotAgreed)


# Recording -------------------------------------------------------------------------------------------


def test_an_observation_is_recorded_without_having_been_scheduled() -> None:
    spec.when(record()).then(recorded())


def test_an_observation_happened_when_it_started_not_when_it_was_told() -> None:
    assert recorded().happened_at == LESSON


def test_evidence_stays_home_and_the_purpose_is_growth() -> None:
    told = recorded().model_dump_json()
    assert "mostly at the back" not in told
    assert '"purpose":"growth"' in told


def test_what_was_scheduled_need_not_be_said_again() -> None:
    brief = record(partnership_id=None, teacher_ids=(), cycle_id=None)
    spec.given(scheduled).when(brief).then(recorded())


def test_a_scheduled_observation_stays_in_its_partnership() -> None:
    spec.given(scheduled).when(record(partnership_id=UUID(int=99))).refused(PartnershipDiffers)


def test_an_unscheduled_observation_names_its_partnership() -> None:
    spec.when(record(partnership_id=None)).refused(PartnershipMissing)


def test_naming_no_teacher_means_all_of_the_partnership() -> None:
    spec.when(record(teacher_ids=())).then(recorded(teacher_ids=(TINA, TOM)))


def test_only_teachers_of_the_partnership_are_observed_in_it() -> None:
    spec.when(record(teacher_ids=(TINA, STRANGER))).refused(TeacherNotInPartnership)
    spec.when(schedule(teacher_ids=(COACH,))).refused(TeacherNotInPartnership)


def test_what_is_observed_in_a_cycle_is_observed_in_a_cycle_of_the_partnership() -> None:
    for unknown in (None, Cycle(UUID(int=99), ())):
        elsewhere = spec.knowing(cycle=unknown)
        for wish in (record(), schedule()):
            elsewhere.when(wish).refused(CycleNotInPartnership)
        elsewhere.when(record(cycle_id=None)).then_types(ObservationRecorded)
        elsewhere.when(schedule(cycle_id=None)).then_types(ObservationScheduled)
        elsewhere.given(scheduled).when(record()).refused(CycleNotInPartnership)
        elsewhere.given(scheduled).when(record(cycle_id=None)).then(recorded())


def test_what_is_observed_for_a_goal_is_observed_for_a_goal_of_the_partnership() -> None:
    for unknown in ({}, {GOAL: Goal(UUID(int=99), (TINA,))}):
        elsewhere = spec.knowing(goals=unknown)
        elsewhere.when(record()).refused(GoalNotInPartnership)
        elsewhere.given(scheduled).when(record()).refused(GoalNotInPartnership)
        elsewhere.when(record(goal_ids=())).then(recorded(goal_ids=()))
    spec.when(record(goal_ids=(GOAL, UUID(int=98)))).refused(GoalNotInPartnership)
    spec.knowing(goals={}).given(recorded()).when(correct()).then(corrected())


def test_what_is_observed_of_one_teacher_is_for_no_goal_of_another_alone() -> None:
    toms, both = spec.knowing(goals={GOAL: Goal(PAIR, (TOM,))}), {GOAL: Goal(PAIR, (TOM, TINA))}
    toms.when(record(teacher_ids=(TINA,))).refused(GoalOfAnotherTeacher)
    toms.given(scheduled).when(record()).refused(GoalOfAnotherTeacher)
    toms.when(record(teacher_ids=(TINA, TOM))).then_types(ObservationRecorded)
    toms.when(record(teacher_ids=(TINA,), goal_ids=())).then_types(ObservationRecorded)
    spec.knowing(goals=both).when(record(teacher_ids=(TINA,))).then_types(ObservationRecorded)


def test_nobody_and_nothing_is_named_twice() -> None:
    spec.when(record(teacher_ids=(TINA, TINA), goal_ids=(GOAL, GOAL))).then(recorded())


def test_an_observation_is_recorded_once() -> None:
    spec.given(recorded()).when(record()).refused(ObservationAlreadyRecorded)
    spec.given(recorded(), shared).when(record()).refused(ObservationAlreadyRecorded)


@pytest.mark.parametrize("minutes", [1, 480])
def test_an_observation_takes_one_to_480_minutes(minutes: int) -> None:
    told = record(started_at=NOW - timedelta(minutes=minutes), duration_s=60 * minutes)
    spec.when(told).then_types(ObservationRecorded)


@pytest.mark.parametrize("seconds", [-60, 0, 59, 480 * 60 + 1])
def test_an_observation_takes_no_less_and_no_more(seconds: int) -> None:
    spec.when(record(duration_s=seconds)).refused(MinutesOutOfRange)
    spec.given(recorded()).when(correct(duration_s=seconds)).refused(MinutesOutOfRange)


def test_what_is_recorded_has_happened() -> None:
    """All of it, to its end."""
    later, just_over = NOW + timedelta(seconds=1), NOW - timedelta(seconds=600)
    spec.when(record(started_at=just_over, duration_s=600, measurements=())).then_types(ObservationRecorded)
    spec.when(record(started_at=just_over, duration_s=601, measurements=())).refused(NotYetHappened)
    spec.when(record(started_at=later)).refused(NotYetHappened)
    spec.given(recorded()).when(correct(started_at=just_over, duration_s=601)).refused(NotYetHappened)
    to_come = taken().model_copy(update={"occurred_at": later})
    spec.when(record(measurements=(to_come,))).refused(NotYetHappened)
    spec.given(recorded()).when(correct(started_at=later)).refused(NotYetHappened)


def test_the_same_command_gives_measurements_the_same_identities() -> None:
    two = record(measurements=(taken(12), taken(13)))
    spec.when(two).then(recorded(measurements=(measured(12, 0), measured(13, 1))))


def test_the_teacher_records_as_well_as_the_coach() -> None:
    by_tina.when(record()).then(recorded(measurements=(measured(by=TINA),), recorded_by=TINA))


# Correcting and voiding ------------------------------------------------------------------------------


def test_a_correction_tells_all_measurements_anew_and_names_those_it_replaces() -> None:
    spec.given(recorded()).when(correct()).then(corrected())


def test_a_correction_of_a_correction_replaces_the_measurements_in_force() -> None:
    first = corrected(measurements=(measured(14, index=7),))
    again = spec.given(recorded(), first).when(correct())
    again.then(corrected(replaced_measurement_ids=(measured(14, index=7).measurement_id,)))
    assert spec.given(recorded(), first).state.visit.corrections == 1


def test_a_correction_may_tell_time_and_evidence_anew() -> None:
    better, earlier = private("12 of 20, all at the back"), LESSON - timedelta(hours=1)
    wish = correct(started_at=earlier, duration_s=1800, evidence=better)
    event = corrected(started_at=earlier, duration_s=1800, evidence_ref=better.ref)
    spec.given(recorded()).when(wish).then(event)


def test_a_correction_leaves_the_conversation_where_it_was() -> None:
    state = spec.given(recorded(), shared, acknowledged, corrected()).state
    assert isinstance(state, Discussed)
    assert state.visit.measurements == (measured(14),)


def test_a_void_names_every_measurement_that_no_longer_holds() -> None:
    spec.given(recorded(), shared).when(VoidObservation(reason_code="wrong_class")).then(
        ObservationVoided(
            **WHOSE,
            goal_ids=(GOAL,),
            measurement_ids=(measured().measurement_id,),
            started_at=LESSON,
            reason_code="wrong_class",
            voided_by=COACH,
        )
    )


def test_a_scheduled_observation_is_called_off_and_takes_nothing_with_it() -> None:
    spec.given(scheduled).when(VoidObservation(reason_code="wrong_class")).then(voided)


def test_nothing_follows_a_void() -> None:
    gone = spec.given(recorded(), voided)
    for wish in (record(), correct(), VoidObservation(reason_code="twice"), ShareFeedback(feedback=FEEDBACK)):
        gone.when(wish).refused(ObservationAlreadyVoided)
    gone.when(AcknowledgeFeedback()).refused(ObservationAlreadyVoided)


def test_what_has_not_taken_place_can_be_neither_corrected_nor_discussed() -> None:
    for wish in (correct(), ShareFeedback(feedback=FEEDBACK), AcknowledgeFeedback()):
        spec.given(scheduled).when(wish).refused(ObservationNotRecorded)
        spec.when(wish).refused(ObservationNotFound)


# Feedback --------------------------------------------------------------------------------------------


def test_feedback_is_shared_once_and_acknowledged_by_the_other_side() -> None:
    waiting = spec.given(recorded()).when(ShareFeedback(feedback=FEEDBACK)).then(shared)
    waiting.when(ShareFeedback(feedback=FEEDBACK)).refused(FeedbackAlreadyShared)
    waiting.when(AcknowledgeFeedback()).refused(FeedbackIsYourOwn)
    discussed = waiting.knowing(by=acting(TINA)).when(AcknowledgeFeedback()).then(acknowledged)
    discussed.when(AcknowledgeFeedback()).then()
    discussed.when(ShareFeedback(feedback=FEEDBACK)).refused(FeedbackAlreadyShared)


def test_feedback_nobody_shared_cannot_be_acknowledged() -> None:
    by_tina.given(recorded()).when(AcknowledgeFeedback()).refused(FeedbackNotShared)


# Who may ---------------------------------------------------------------------------------------------

RECORDED = spec.given(recorded()).state
SUSPENDED = replace(AGREED, status="suspended")


def asked_by(person: UUID, **more: Any) -> ObservationFacts:
    return replace(FACTS, by=acting(person), **more)


@pytest.mark.parametrize("person", [COACH, TINA, TOM])
def test_everyone_of_the_partnership_may_begin_an_observation(person: UUID) -> None:
    authorise_observation(Unset(), record(), asked_by(person))


def test_for_anyone_else_there_is_no_such_partnership_and_no_such_observation() -> None:
    for state, wish in ((Unset(), record()), (RECORDED, ShareFeedback(feedback=FEEDBACK))):
        with pytest.raises(Unseen):
            authorise_observation(state, wish, asked_by(STRANGER))
        with pytest.raises(Unseen):
            authorise_observation(state, wish, replace(FACTS, by=Actor("operator", "it", TENANT)))
    with pytest.raises(Unseen):
        authorise_observation(Unset(), record(), asked_by(COACH, partnership=None))
    with pytest.raises(Unseen):
        authorise_observation(Unset(), correct(), FACTS)


def test_in_a_group_a_member_does_not_see_what_was_observed_of_another() -> None:
    with pytest.raises(Unseen):
        authorise_observation(RECORDED, AcknowledgeFeedback(), asked_by(TOM))


def test_who_oversees_knows_of_it_and_may_do_nothing_about_it() -> None:
    for state, wish in ((Unset(), record()), (RECORDED, VoidObservation(reason_code="no"))):
        with pytest.raises(Forbidden):
            authorise_observation(state, wish, asked_by(STRANGER, oversees=True))


def test_only_the_author_corrects() -> None:
    authorise_observation(RECORDED, correct(), FACTS)
    with pytest.raises(Forbidden):
        authorise_observation(RECORDED, correct(), asked_by(TINA))
    by_teacher = spec.given(recorded(recorded_by=TINA)).state
    authorise_observation(by_teacher, correct(), asked_by(TINA))
    with pytest.raises(Forbidden):
        authorise_observation(by_teacher, correct(), FACTS)


def test_a_suspended_coach_sees_nothing_and_the_teacher_keeps_everything() -> None:
    with pytest.raises(Unseen):
        authorise_observation(RECORDED, correct(), asked_by(COACH, partnership=SUSPENDED))
    authorise_observation(RECORDED, VoidObservation(reason_code="no"), asked_by(TINA, partnership=SUSPENDED))
    assert may_read(TINA, RECORDED, SUSPENDED)
    assert not may_read(COACH, RECORDED, SUSPENDED)


def test_after_a_hand_over_the_new_coach_reads_and_the_former_one_does_not() -> None:
    handed_over = replace(AGREED, coach_id=STRANGER)
    assert may_read(STRANGER, RECORDED, handed_over)
    assert not may_read(COACH, RECORDED, handed_over)
    assert may_read(TINA, RECORDED, None)


def test_while_we_cannot_be_sure_of_others_only_the_teacher_goes_on_with_their_own() -> None:
    authorise_observation(RECORDED, AcknowledgeFeedback(), asked_by(TINA, level=False))
    with pytest.raises(FactsBehind):
        authorise_observation(RECORDED, correct(), asked_by(COACH, level=False))
    with pytest.raises(FactsBehind):
        authorise_observation(Unset(), record(), asked_by(TINA, level=False))
    with pytest.raises(FactsBehind):
        authorise_observation(spec.given(scheduled).state, record(), asked_by(TINA, level=False))
    with pytest.raises(Unseen):
        authorise_observation(RECORDED, correct(), asked_by(STRANGER, level=False))


CONTENT = {"goal_ids", "measurements", "evidence", "feedback", "instrument", "chosen_by"}


def test_the_pair_sees_everything_and_who_oversees_only_that_it_took_place() -> None:
    state = spec.given(recorded(), shared).state
    for partner in (COACH, TINA):
        authorise_observation(state, Look(), asked_by(partner))
        seen = view_observation(state, asked_by(partner))
        assert set(seen) >= CONTENT
        assert (seen["evidence"], seen["feedback"], seen["status"]) == (EVIDENCE.ref, FEEDBACK.ref, "shared")
    principal = asked_by(STRANGER, oversees=True)
    authorise_observation(state, Look(), principal)
    seen = view_observation(state, principal)
    assert not set(seen) & CONTENT
    assert (seen["status"], seen["duration_s"]) == ("recorded", 45 * 60)


def test_for_strangers_and_while_we_cannot_be_sure_there_is_nothing_to_look_at() -> None:
    with pytest.raises(Unseen):
        authorise_observation(RECORDED, Look(), asked_by(STRANGER))
    with pytest.raises(FactsBehind):
        authorise_observation(RECORDED, Look(), asked_by(STRANGER, oversees=True, level=False))
    with pytest.raises(FactsBehind):
        authorise_observation(RECORDED, Look(), asked_by(COACH, level=False))
    authorise_observation(RECORDED, Look(), asked_by(TINA, level=False))


def test_of_an_observation_that_did_not_take_place_the_pair_alone_hears() -> None:
    state = spec.given(recorded(), voided).state
    authorise_observation(state, Look(), asked_by(TINA))
    with pytest.raises(Unseen):
        authorise_observation(state, Look(), asked_by(STRANGER, oversees=True))


@pytest.mark.parametrize("past", [(scheduled,), (recorded(),), (recorded(), shared, acknowledged), (voided,)])
def test_every_state_can_be_looked_at(past: tuple[Any, ...]) -> None:
    state = spec.given(*((scheduled, *past) if past == (voided,) else past)).state
    assert view_observation(state, FACTS)["status"] == type(state).__name__.lower()


class House:
    """What gathering may ask: the partnership and people as goals and directory told of them."""

    def __init__(self, by: UUID, **people: dict[str, Any]) -> None:
        self.by, self.command_id, self.tenant = acting(by), COMMAND, TENANT
        self.aggregate_id, self.level = OBSERVED, True
        self.rows: dict[tuple[str, UUID], Any] = {
            ("partnership", PAIR): {"coach_id": COACH, "teacher_ids": [TINA, TOM], "status": "agreed"},
            ("person", TINA): person(schools=[UUID(int=50)]),
            ("person", STRANGER): person(**people),
        }

    async def fact(self, query: str, key: UUID) -> Any:
        return self.rows.get((query, key))

    async def state(self, kind: str, aggregate_id: UUID) -> Any:
        raise AssertionError(f"nobody asks for {kind} {aggregate_id}")


def person(*, roles: Any = (), schools: Any = (), active: bool = True) -> dict[str, Any]:
    return {"roles": list(roles), "school_ids": list(schools), "active": active}


async def test_the_partnership_is_the_one_the_command_or_else_the_observation_names() -> None:
    assert (await gather_observation(House(COACH), Unset(), record())).partnership == AGREED
    assert (await gather_observation(House(COACH), RECORDED, correct())).partnership == AGREED
    elsewhere = record(partnership_id=UUID(int=99))
    assert (await gather_observation(House(COACH), Unset(), elsewhere)).partnership is None


async def test_whose_the_named_cycle_and_goals_are_is_known_as_far_as_goals_told_of_them() -> None:
    house, other = House(COACH), UUID(int=98)
    found = await gather_observation(house, Unset(), record(goal_ids=(other, GOAL, other)))
    assert (found.cycle, found.goals) == (None, {})
    house.rows["cycle", CYCLE] = {"partnership_id": UUID(int=99), "phases": ["learn"]}
    house.rows["goal", GOAL] = {"partnership_id": PAIR, "owner_ids": [TINA]}
    found = await gather_observation(house, Unset(), record(goal_ids=(other, GOAL, other)))
    assert (found.cycle, found.goals) == (Cycle(UUID(int=99), ("learn",)), {GOAL: Goal(PAIR, (TINA,))})
    assert (await gather_observation(house, Unset(), record(cycle_id=None))).cycle is None


@pytest.mark.parametrize(
    ("overseen", "seen"),
    [
        ({"everyone": True, "person_ids": []}, True),
        ({"everyone": False, "person_ids": [TINA, STRANGER]}, True),
        ({"everyone": False, "person_ids": [STRANGER]}, False),
        (None, False),
    ],
)
async def test_who_leads_oversees_what_concerns_their_teachers(overseen: Any, seen: bool) -> None:
    house = House(STRANGER)
    house.rows["overseen", STRANGER] = overseen
    assert (await gather_observation(house, RECORDED, correct())).oversees is seen


# Whatever happens ------------------------------------------------------------------------------------


def test_unknown_fields_and_lax_values_are_refused() -> None:
    good = '"started_at": "2026-03-02T13:00:00Z", "duration_s": 2700, "mode": "live", "chosen_by": "joint"'
    RecordObservation.model_validate_json(f"{{{good}}}")
    for bad in (
        '"duration_s": "2700"',
        '"duration_s": 2700.5',
        '"duration_s": false',
        '"purpose": "evaluation"',
        '"coach_id": null',
        '"mode": "secret"',
        '"started_at": "2026-03-02T13:00:00"',
    ):
        with pytest.raises(ValidationError):
            RecordObservation.model_validate_json(f"{{{good}, {bad}}}")


wishes = st.one_of(
    st.just(schedule()),
    st.builds(record, partnership_id=st.sampled_from([None, PAIR]), duration_s=st.integers(-10, 30_000)),
    st.builds(correct, st.integers(0, 20)),
    st.just(VoidObservation(reason_code="wrong_class")),
    st.just(ShareFeedback(feedback=FEEDBACK)),
    st.just(AcknowledgeFeedback()),
)
steps = st.tuples(wishes, st.sampled_from([COACH, TINA]), st.uuids(version=4))


@given(st.lists(steps, max_size=15))
def test_whatever_is_wished_each_measurement_is_told_once_and_retracted_at_most_once(
    wished: list[tuple[Any, UUID, UUID]],
) -> None:
    state: Any = OBSERVATION.initial
    told: list[UUID] = []
    retracted: list[UUID] = []
    recordings = 0
    for wish, person, command_id in wished:
        facts = replace(FACTS, by=acting(person), command_id=command_id)
        try:
            happened = OBSERVATION.decide(state, wish, facts, now=NOW)
        except Refusal:
            continue
        for event in happened:
            state = OBSERVATION.evolve(state, event)
            match event:
                case ObservationRecorded():
                    recordings += 1
                    told += [m.measurement_id for m in event.measurements]
                case ObservationCorrected():
                    told += [m.measurement_id for m in event.measurements]
                    retracted += event.replaced_measurement_ids
                case ObservationVoided():
                    retracted += event.measurement_ids
            assert type(event).model_validate_json(event.model_dump_json()) == event
        assert decode_state(OBSERVATION, encode_state(state)) == state
    assert recordings <= 1
    assert len(told) == len(set(told))
    assert len(retracted) == len(set(retracted))
    standing = state.visit.measurements if hasattr(state, "visit") else ()
    assert set(told) - set(retracted) == {m.measurement_id for m in standing}


events = st.sampled_from([scheduled, recorded(), corrected(), voided, shared, acknowledged])


@given(st.lists(events))
def test_any_history_of_an_observation_can_be_read(history: list[Any]) -> None:
    state = OBSERVATION.initial
    for event in history:
        state = OBSERVATION.evolve(state, event)
    assert type(state) in OBSERVATION.states


# What the teacher tells the coach -------------------------------------------------------------------------

TO_COACH = private("It helped that you only watched")


def given_by(person: UUID) -> CoachFeedbackGiven:
    return CoachFeedbackGiven(**WHOSE, feedback_ref=TO_COACH.ref, given_by=person)


def test_a_teacher_tells_the_coach_once_how_the_visit_served_them() -> None:
    wish = GiveCoachFeedback(feedback=TO_COACH)
    for past in ((recorded(),), (recorded(), shared), (recorded(), shared, acknowledged)):
        told = by_tina.given(*past).when(wish).then(given_by(TINA))
        told.when(wish).refused(CoachFeedbackAlreadyGiven)
    spec.given(recorded()).when(wish).refused(OnlyTheObservedTell)
    by_tina.given(recorded(), voided).when(wish).refused(ObservationAlreadyVoided)
    by_tina.given(scheduled).when(wish).refused(ObservationNotRecorded)


def test_the_coach_of_the_visit_reads_it_while_they_coach_and_no_other_teacher_or_later_coach_does() -> None:
    group = recorded(teacher_ids=(TINA, TOM))
    state = spec.given(group, given_by(TINA), given_by(TOM)).state

    def read(person: UUID, **more: Any) -> list[UUID]:
        shown = view_observation(state, asked_by(person, **more))
        return [told["by"] for told in shown.get("feedback_to_coach", ())]

    assert (read(COACH), read(TINA), read(TOM)) == ([TINA, TOM], [TINA], [TOM])
    later = replace(AGREED, coach_id=STRANGER)
    assert may_read(STRANGER, state, later)
    assert read(STRANGER, partnership=later) == []
    assert (read(TINA, partnership=later), read(COACH, partnership=later)) == ([TINA], [])
    assert read(COACH, partnership=SUSPENDED) == []
    assert read(COACH, partnership=replace(AGREED, status="handed_over")) == []
    assert read(STRANGER, oversees=True) == []


def test_a_correction_leaves_what_the_coach_was_told() -> None:
    state = spec.given(recorded(), given_by(TINA), corrected()).state
    assert [told.by for told in state.visit.to_coach] == [TINA]
