"""Goals: measured before they are set, agreed by everyone, met by measurements, achieved by an owner."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from backbone.deciding import Actor, FactsBehind, Forbidden, Unseen
from chalkline_contracts.goals import (
    AchievementWithdrawn,
    BaselineRecorded,
    GoalAbandoned,
    GoalAchieved,
    GoalAgreed,
    GoalProposed,
    GoalSet,
    GoalTargetMet,
    ProgressMeasured,
    ProgressRetracted,
)
from chalkline_contracts.measurement import Measurement
from goals import cycle, partnership
from goals.access import authorise_goal, reads_goal
from goals.aggregates import GOAL as AGGREGATE
from goals.arithmetic import FORESEEN
from goals.goal import (
    AbandonGoal,
    Achieved,
    Active,
    AgreeGoal,
    Baselined,
    ConfirmAchievement,
    CountMeasurement,
    DraftGoal,
    ProposeGoal,
    RecordBaseline,
    RecordProgress,
    RetractMeasurement,
    TargetMet,
)
from goals.refusals import (
    AlreadyAgreed,
    BaselineAlreadyRecorded,
    BaselineMixed,
    CycleNotOpen,
    DueDateNotAhead,
    DueDateTooFar,
    GoalAlreadyAbandoned,
    GoalAlreadyAchieved,
    GoalAlreadyDrafted,
    GoalAlreadySet,
    GoalNotActive,
    GoalNotFound,
    MetricDiffers,
    MetricNotStudentFocused,
    NoBaseline,
    NotAPartner,
    NothingProposed,
    NotYetHappened,
    OnlyOwnerConfirms,
    OwnerNotInCycle,
    TargetMissing,
    TargetNotAnImprovement,
    TargetNotForMaintain,
    TargetNotMet,
    TargetOutOfRange,
    ToleranceMissing,
    ToleranceOnlyToMaintain,
)
from kit.coaching import (
    CORA,
    CYCLE,
    LEAD,
    OBSERVATION,
    PARTNERSHIP,
    STRANGER,
    TESS,
    THEO,
    agreed,
    agrees,
    baseline,
    drafted,
    facts,
    goal_set,
    measured,
    measurement,
    nth,
    on_day,
    open_cycle,
    operator,
    policy,
    propose,
    proposed,
    taken,
    underway,
    words,
)
from kit.spec import NOW, Spec
from pydantic import ValidationError

SPEC = Spec(AGGREGATE, facts(CORA))
DRAFT = DraftGoal(cycle_id=CYCLE)
CLOSED = cycle.Completed(open_cycle(TESS).plan)


def by(who: UUID | Actor) -> Spec:
    return Spec(AGGREGATE, facts(who))


def as_(who: UUID | Actor, spec: Spec) -> Spec:
    return replace(spec, facts=facts(who))


def active(*percents: int, **more: Any) -> Spec:
    return SPEC.given(*underway(*percents, **more))


def last(spec: Spec) -> Measurement:
    event = spec.past[-1]
    assert isinstance(event, ProgressMeasured)
    return event.measurement


def met(by_measurement: UUID, day: int) -> GoalTargetMet:
    return GoalTargetMet(
        cycle_id=CYCLE,
        partnership_id=PARTNERSHIP,
        goal_version=1,
        measurement_id=by_measurement,
        met_on=date(2026, 2, day),
    )


def withdrawn(cause: str, measurement_id: UUID) -> AchievementWithdrawn:
    return AchievementWithdrawn(
        cycle_id=CYCLE, partnership_id=PARTNERSHIP, cause=cause, measurement_id=measurement_id
    )


def retracted(measurement_id: UUID, cause: str = "observation_voided") -> ProgressRetracted:
    return ProgressRetracted(
        cycle_id=CYCLE, partnership_id=PARTNERSHIP, measurement_id=measurement_id, cause=cause
    )


def target_met() -> Spec:
    """Met on the 11th, by the second of two in a row."""
    spec = active(85, 90)
    return spec.given(met(last(spec).measurement_id, 11))


def achieved() -> Spec:
    return as_(TESS, target_met()).when(ConfirmAchievement()).then_types(GoalAchieved)


def record(percent: int, day: int = 20, **more: Any) -> RecordProgress:
    return RecordProgress(measurement=taken(percent, on_day(day), **more))


def count(one: Measurement, within: UUID = PARTNERSHIP) -> CountMeasurement:
    return CountMeasurement(measurement=one, observation_id=OBSERVATION, partnership_id=within)


def retract(measurement_id: UUID) -> RetractMeasurement:
    return RetractMeasurement(measurement_id=measurement_id, cause="observation_voided")


# Drafting --------------------------------------------------------------------------------------------


def test_a_goal_begins_within_an_open_cycle_and_belongs_to_its_teachers() -> None:
    by(CORA).knowing(cycle=open_cycle(TESS)).when(DRAFT).then(drafted(TESS))


def test_one_of_a_group_may_have_a_goal_of_their_own() -> None:
    by(CORA).when(DraftGoal(cycle_id=CYCLE, owner_ids=(THEO,))).then(drafted(THEO))


def test_a_goals_owners_are_teachers_of_its_cycle() -> None:
    by(CORA).when(DraftGoal(cycle_id=CYCLE, owner_ids=(STRANGER,))).refused(OwnerNotInCycle)


@pytest.mark.parametrize("state", [cycle.Unset(), CLOSED])
def test_no_goal_begins_in_a_cycle_that_is_not_open(state: Any) -> None:
    SPEC.knowing(cycle=state).when(DRAFT).refused(CycleNotOpen)


def test_a_goal_is_drafted_once() -> None:
    SPEC.given(drafted()).when(DRAFT).refused(GoalAlreadyDrafted)


# Baseline --------------------------------------------------------------------------------------------


def test_a_baseline_is_one_to_three_measurements_with_who_recorded_them() -> None:
    sent = (taken(40, on_day(1)), taken(44, on_day(2)))
    by(TESS).given(drafted()).when(RecordBaseline(measurements=sent)).then(
        BaselineRecorded(
            cycle_id=CYCLE,
            partnership_id=PARTNERSHIP,
            measurements=tuple(one.recorded(nth(n), TESS) for n, one in enumerate(sent)),
        )
    )


@pytest.mark.parametrize("n", [0, 4])
def test_a_baseline_has_neither_none_nor_four(n: int) -> None:
    with pytest.raises(ValidationError):
        RecordBaseline(measurements=(taken(40),) * n)


def test_a_goal_is_about_students_not_about_practice() -> None:
    practice = RecordBaseline(measurements=(taken(40, kind="duration"),))
    SPEC.given(drafted()).when(practice).refused(MetricNotStudentFocused)


@pytest.mark.parametrize(
    "other",
    [taken(50, code="talk"), taken(50, instrument="time-on-task@2"), taken(50, kind="students_proficient")],
)
def test_a_baseline_shares_one_metric_and_one_version_of_the_instrument(other: Any) -> None:
    SPEC.given(drafted()).when(RecordBaseline(measurements=(taken(40), other))).refused(BaselineMixed)


def test_a_baseline_lies_in_the_past() -> None:
    future = RecordBaseline(measurements=(taken(40, NOW + timedelta(seconds=1)),))
    SPEC.given(drafted()).when(future).refused(NotYetHappened)
    SPEC.given(drafted()).when(RecordBaseline(measurements=(taken(40, NOW),))).then_types(BaselineRecorded)


def test_a_baseline_that_holds_is_not_recorded_again() -> None:
    again = RecordBaseline(measurements=(taken(30),))
    SPEC.given(drafted(), baseline(40)).when(again).refused(BaselineAlreadyRecorded)
    active().when(again).refused(BaselineAlreadyRecorded)


# Proposing -------------------------------------------------------------------------------------------


def test_a_goal_is_proposed_in_words_that_stay_home_and_numbers_that_travel() -> None:
    command = propose()
    SPEC.given(drafted(), baseline(40)).when(command).then(
        proposed().model_copy(update={"statement_ref": command.statement.ref})
    )


@pytest.mark.parametrize("target", ["4/5", "0.8", "1", "41/100"])
def test_a_target_lies_on_the_improving_side_of_the_baseline(target: str) -> None:
    SPEC.given(drafted(), baseline(40)).when(propose(target)).then_types(GoalProposed)


@pytest.mark.parametrize("target", ["2/5", "0.4", "0.39", "0"])
def test_a_target_at_or_behind_the_baseline_is_refused(target: str) -> None:
    SPEC.given(drafted(), baseline(40)).when(propose(target)).refused(TargetNotAnImprovement)


def test_to_decrease_the_target_lies_below() -> None:
    start = SPEC.given(drafted(), baseline(40, direction="decrease"))
    start.when(propose("0.2")).then_types(GoalProposed)
    start.when(propose("0.4")).refused(TargetNotAnImprovement)
    start.when(propose("0.8", direction="increase")).then_types(GoalProposed)


@pytest.mark.parametrize("target", ["80", "101/100", "-0.5"])
def test_a_proportion_lies_between_zero_and_one(target: str) -> None:
    SPEC.given(drafted(), baseline(40)).when(propose(target)).refused(TargetOutOfRange)


@pytest.mark.parametrize("target", ["80%", "four fifths", "1/0", "0.8.1", "1e3", "NaN", "", "٤"])
def test_a_target_is_an_exact_number(target: str) -> None:
    with pytest.raises(ValidationError):
        propose(target)


def test_a_goal_to_increase_needs_a_target_and_no_tolerance() -> None:
    SPEC.given(drafted(), baseline(40)).when(propose(None)).refused(TargetMissing)
    SPEC.given(drafted(), baseline(40)).when(propose(tolerance="0.1")).refused(ToleranceOnlyToMaintain)


def test_a_goal_to_maintain_needs_a_tolerance_and_no_target() -> None:
    start = SPEC.given(drafted(), baseline(40, direction="maintain"))
    start.when(propose(None, tolerance="0.05")).then_types(GoalProposed)
    start.when(propose(None)).refused(ToleranceMissing)
    start.when(propose(None, tolerance="-0.05")).refused(ToleranceMissing)
    start.when(propose("0.4", tolerance="0.05")).refused(TargetNotForMaintain)


def test_nothing_is_proposed_without_a_baseline() -> None:
    SPEC.given(drafted()).when(propose()).refused(NoBaseline)


def test_nothing_is_proposed_when_the_baseline_was_retracted() -> None:
    base = baseline(40)
    gone = retracted(base.measurements[0].measurement_id)
    SPEC.given(drafted(), base, gone).when(propose()).refused(NoBaseline)


def test_a_proposal_is_about_what_the_baseline_measured() -> None:
    SPEC.given(drafted(), baseline(40)).when(propose(metric_code="talk")).refused(MetricDiffers)


def test_a_goal_is_due_after_today_at_the_school() -> None:
    start = SPEC.given(drafted(), baseline(40))
    start.when(propose(due_on=NOW.date())).refused(DueDateNotAhead)
    start.when(propose(due_on=NOW.date() + FORESEEN)).then_types(GoalProposed)
    for day in (NOW.date() + FORESEEN + timedelta(days=1), date.max):
        start.when(propose(due_on=day)).refused(DueDateTooFar)
    start.when(propose(due_on=NOW.date() + timedelta(days=1))).then_types(GoalProposed)


def test_a_new_proposal_voids_the_agreements_to_the_old_one() -> None:
    again = (
        SPEC.given(drafted(), baseline(40), proposed(), agrees(TESS))
        .when(propose("0.9"))
        .then_types(GoalProposed)
    )
    again.when(AgreeGoal()).then(agrees(CORA))


# Agreeing --------------------------------------------------------------------------------------------


def test_the_proposer_agrees_too() -> None:
    by(CORA).given(drafted(), baseline(40), proposed(by=CORA)).when(AgreeGoal()).then(agrees(CORA))


def test_the_last_agreement_sets_the_goal() -> None:
    proposal = proposed()
    by(TESS).given(drafted(), baseline(40, 50), proposal, agrees(CORA)).when(AgreeGoal()).then(
        agrees(TESS), goal_set(proposal, "9/20")
    )


def test_every_owner_and_the_coach_agree_before_a_goal_is_set() -> None:
    proposal = proposed()
    group = by(CORA).given(drafted(TESS, THEO), baseline(40), proposal)
    group = as_(TESS, group.when(AgreeGoal()).then(agrees(CORA)))
    group = as_(THEO, group.when(AgreeGoal()).then(agrees(TESS)))
    group.when(AgreeGoal()).then(agrees(THEO), goal_set(proposal, "2/5", TESS, THEO))


def test_a_partner_agrees_once_and_a_stranger_never() -> None:
    waiting = by(CORA).given(drafted(), baseline(40), proposed(), agrees(CORA))
    waiting.when(AgreeGoal()).refused(AlreadyAgreed)
    as_(THEO, waiting).when(AgreeGoal()).refused(NotAPartner)


def test_there_must_be_a_proposal_to_agree_to() -> None:
    SPEC.given(drafted()).when(AgreeGoal()).refused(NothingProposed)
    SPEC.given(drafted(), baseline(40)).when(AgreeGoal()).refused(NothingProposed)


def test_nobody_agrees_to_a_target_that_a_retraction_has_overtaken() -> None:
    base = baseline(40, 60, 90)
    gone = retracted(base.measurements[0].measurement_id)
    SPEC.given(drafted(), base, proposed("0.7"), gone).when(AgreeGoal()).refused(TargetNotAnImprovement)


def test_a_goal_that_is_set_takes_no_proposal_and_no_agreement() -> None:
    active().when(propose()).refused(GoalAlreadySet)
    active().when(AgreeGoal()).refused(GoalAlreadySet)


@pytest.mark.parametrize("command", [propose(), AgreeGoal()])
def test_a_closed_cycle_takes_no_new_promises(command: ProposeGoal | AgreeGoal) -> None:
    SPEC.given(drafted(), baseline(40), proposed()).knowing(cycle=CLOSED).when(command).refused(CycleNotOpen)


# Progress --------------------------------------------------------------------------------------------


def test_a_partner_records_progress() -> None:
    as_(TESS, active()).when(record(60)).then(
        ProgressMeasured(
            cycle_id=CYCLE,
            partnership_id=PARTNERSHIP,
            measurement=taken(60, on_day(20)).recorded(nth(0), TESS),
        )
    )


@pytest.mark.parametrize(
    "past", [(drafted(),), (drafted(), baseline(40)), (drafted(), baseline(40), proposed())]
)
def test_progress_on_a_goal_nobody_set_is_refused(past: Any) -> None:
    SPEC.given(*past).when(record(60)).refused(GoalNotActive)


def test_progress_is_of_what_the_goal_measures() -> None:
    active().when(record(60, code="talk")).refused(MetricDiffers)
    active().when(record(60, kind="students_proficient")).refused(MetricDiffers)


def test_progress_does_not_lie_in_the_future() -> None:
    active().when(RecordProgress(measurement=taken(60, NOW + timedelta(seconds=1)))).refused(NotYetHappened)


def test_what_was_observed_counts_though_the_clock_here_is_behind_the_observers() -> None:
    observed = measurement(60, NOW + timedelta(seconds=1))
    active().when(count(observed)).then_types(ProgressMeasured)


def test_the_direction_belongs_to_the_goal_not_to_the_measurement() -> None:
    active(85).when(record(90, direction="decrease")).then_types(ProgressMeasured, GoalTargetMet)


def test_an_observation_counts_as_progress_and_names_itself() -> None:
    one = measurement(60, on_day(12))
    as_(policy(CORA), active()).when(count(one)).then(
        ProgressMeasured(
            cycle_id=CYCLE, partnership_id=PARTNERSHIP, measurement=one, observation_id=OBSERVATION
        )
    )


def test_a_measurement_counts_once_however_often_it_is_told() -> None:
    one = measurement(60, on_day(12))
    counted = as_(policy(), active()).when(count(one)).then_types(ProgressMeasured)
    counted.when(count(one)).then()


def test_what_else_an_observation_measured_is_none_of_the_goals_business() -> None:
    as_(policy(), active()).when(count(measurement(60, code="talk"))).then()
    as_(policy(), SPEC.given(drafted())).when(count(measurement(60))).then()


def test_what_another_partnership_observed_moves_no_goal_of_this_one() -> None:
    as_(policy(), active()).when(count(measurement(90), within=UUID(int=0xBAD))).then()


def test_what_was_observed_before_the_goal_was_set_is_kept() -> None:
    early = as_(policy(), SPEC.given(drafted(), baseline(40))).when(count(measurement(60, on_day(3))))
    early.then_types(ProgressMeasured)


def test_measurements_are_told_of_after_the_cycle_closed() -> None:
    active().knowing(cycle=CLOSED).when(record(60)).then_types(ProgressMeasured)


# Target met ------------------------------------------------------------------------------------------


def test_reaching_the_target_twice_in_a_row_meets_it() -> None:
    active(82).when(record(85, day=20)).then_types(ProgressMeasured, GoalTargetMet).when(
        record(90, day=21)
    ).then_types(ProgressMeasured)


def test_the_target_is_met_on_the_schools_date_of_the_measurement_that_completed_the_run() -> None:
    late_evening = taken(85, on_day(21, hour=2))  # still the 20th in Chicago
    happened = (
        active(82).when(RecordProgress(measurement=late_evening)).then_types(ProgressMeasured, GoalTargetMet)
    )
    assert happened.past[-1] == met(nth(0), 20)


def test_once_at_target_is_not_twice_in_a_row() -> None:
    active(82, 79).when(record(85)).then_types(ProgressMeasured)


def test_a_late_measurement_may_complete_a_run_in_the_past() -> None:
    spec = active(85, 20)
    as_(policy(), spec).when(count(measurement(90, on_day(9)))).then_types(ProgressMeasured, GoalTargetMet)


def test_progress_from_before_the_baseline_never_meets_a_target() -> None:
    spec = active(consecutive=1).given()
    january = measurement(95, on_day(1) - timedelta(days=1))
    as_(policy(), spec).when(count(january)).then_types(ProgressMeasured)


def test_a_run_may_stand_the_moment_the_goal_is_set() -> None:
    proposal = proposed(consecutive=1)
    spec = by(TESS).given(drafted(), baseline(40), measured(90, 5), proposal, agrees(CORA))
    spec.when(AgreeGoal()).then_types(GoalAgreed, GoalSet, GoalTargetMet)


def test_a_level_is_maintained_within_its_tolerance() -> None:
    spec = active(44, target=None, tolerance="0.05", direction="maintain")
    spec.when(record(35)).then_types(ProgressMeasured, GoalTargetMet)
    spec.when(record(46)).then_types(ProgressMeasured)


# Achievement -----------------------------------------------------------------------------------------


def test_the_teachers_confirmation_achieves_the_goal() -> None:
    as_(TESS, target_met()).when(ConfirmAchievement()).then(
        GoalAchieved(
            cycle_id=CYCLE,
            partnership_id=PARTNERSHIP,
            confirmed_by=TESS,
            achieved_on=date(2026, 2, 11),
            baseline="2/5",
            final="9/10",
            measurements_n=2,
            days=10,
            goal_version=1,
        )
    )


def test_a_coach_does_not_confirm_for_the_teacher() -> None:
    as_(CORA, target_met()).when(ConfirmAchievement()).refused(OnlyOwnerConfirms)
    with pytest.raises(Forbidden):
        authorise_goal(target_met().state, ConfirmAchievement(), facts(CORA))
    authorise_goal(target_met().state, ConfirmAchievement(), facts(TESS))


def test_a_policy_of_the_district_may_confirm() -> None:
    confirmed = as_(policy(), target_met()).when(ConfirmAchievement()).then_types(GoalAchieved)
    assert isinstance(confirmed.state, Achieved)


def test_what_was_not_met_is_not_achieved() -> None:
    as_(TESS, active(85)).when(ConfirmAchievement()).refused(TargetNotMet)
    as_(TESS, SPEC.given(drafted())).when(ConfirmAchievement()).refused(GoalNotActive)


def test_a_goal_is_achieved_once_and_a_later_reading_is_progress_only() -> None:
    achieved().when(ConfirmAchievement()).refused(GoalAlreadyAchieved)
    achieved().when(record(95)).then_types(ProgressMeasured)


def test_a_worse_reading_afterwards_takes_no_achievement_away() -> None:
    achieved().when(record(10)).then_types(ProgressMeasured)


# Corrections -----------------------------------------------------------------------------------------


def test_a_retracted_reading_withdraws_the_achievement_it_gave() -> None:
    done = achieved()
    completing = done.state.met_by
    after = (
        as_(policy(), done)
        .when(retract(completing))
        .then(retracted(completing), withdrawn("observation_voided", completing))
    )
    assert isinstance(after.state, Active)


def test_a_retraction_withdraws_a_met_target_before_anyone_confirmed_it() -> None:
    spec = target_met()
    first = spec.past[-3]
    assert isinstance(first, ProgressMeasured)
    gone = first.measurement.measurement_id
    as_(policy(), spec).when(retract(gone)).then(retracted(gone), withdrawn("observation_voided", gone))


def test_a_late_reading_in_between_breaks_the_run() -> None:
    between = measurement(50, on_day(10, hour=20))
    as_(policy(), achieved()).when(count(between)).then_types(ProgressMeasured, AchievementWithdrawn)


def test_a_late_reading_at_target_in_between_leaves_the_achievement_standing() -> None:
    between = measurement(88, on_day(10, hour=20))
    as_(policy(), achieved()).when(count(between)).then_types(ProgressMeasured)


def test_if_another_run_stands_the_target_is_met_again_and_confirmation_is_asked_again() -> None:
    spec = active(85, 90)
    completing = last(spec).measurement_id
    spec = spec.given(met(completing, 11), measured(92, 12), measured(93, 13))
    again = (
        as_(policy(), spec)
        .when(retract(completing))
        .then_types(ProgressRetracted, AchievementWithdrawn, GoalTargetMet)
    )
    assert isinstance(again.state, TargetMet)
    as_(TESS, again).when(ConfirmAchievement()).then_types(GoalAchieved)


def test_a_retraction_of_another_reading_leaves_the_achievement_standing() -> None:
    spec = achieved().given(measured(95, 15))
    other = last(spec).measurement_id
    as_(policy(), spec).when(retract(other)).then(retracted(other))


def test_a_retraction_is_told_once_and_of_known_readings_only() -> None:
    spec = active(85)
    gone = last(spec)
    after = as_(policy(), spec).when(retract(gone.measurement_id)).then(retracted(gone.measurement_id))
    after.when(retract(gone.measurement_id)).then()
    after.when(count(gone)).then()
    as_(policy(), SPEC.given(drafted())).when(retract(gone.measurement_id)).then()


def test_when_all_of_the_baseline_is_retracted_an_achievement_waits_for_a_new_one() -> None:
    done = achieved()
    base = next(e for e in done.past if isinstance(e, BaselineRecorded)).measurements[0].measurement_id
    waiting = (
        as_(policy(), done).when(retract(base)).then(retracted(base), withdrawn("observation_voided", base))
    )
    anew = RecordBaseline(measurements=(taken(35, on_day(2)),))
    as_(CORA, waiting).when(anew).then_types(BaselineRecorded, GoalTargetMet)


def test_a_new_baseline_is_of_the_goals_metric() -> None:
    base = baseline(40)
    proposal = proposed()
    gone = retracted(base.measurements[0].measurement_id)
    spec = SPEC.given(drafted(), base, proposal, agrees(CORA), agrees(TESS), goal_set(proposal, "2/5"), gone)
    spec.when(RecordBaseline(measurements=(taken(35, on_day(2), code="talk"),))).refused(MetricDiffers)


def test_a_new_baseline_voids_what_was_proposed_on_the_old_one() -> None:
    base = baseline(40)
    gone = retracted(base.measurements[0].measurement_id)
    anew = SPEC.given(drafted(), base, proposed(), agrees(TESS), gone, baseline(30, day=3))
    assert isinstance(anew.state, Baselined)
    anew.when(AgreeGoal()).refused(NothingProposed)


# Abandoning ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "spec", [SPEC.given(drafted()), SPEC.given(drafted(), baseline(40), proposed()), active(85), target_met()]
)
def test_a_goal_may_be_abandoned_until_it_is_achieved(spec: Spec) -> None:
    reason = words("The class was split")
    spec.when(AbandonGoal(reason_code="class_changed", reason=reason)).then(
        GoalAbandoned(
            cycle_id=CYCLE, partnership_id=PARTNERSHIP, reason_code="class_changed", reason_ref=reason.ref
        )
    )


def test_an_achievement_is_not_abandoned() -> None:
    achieved().when(AbandonGoal(reason_code="moved")).refused(GoalAlreadyAchieved)


def test_an_abandoned_goal_takes_nothing_more_but_corrections() -> None:
    spec = active(85)
    gone = last(spec).measurement_id
    over = spec.when(AbandonGoal(reason_code="moved")).then_types(GoalAbandoned)
    over.when(record(60)).refused(GoalAlreadyAbandoned)
    over.when(AbandonGoal(reason_code="moved")).refused(GoalAlreadyAbandoned)
    as_(policy(), over).when(count(measurement(60))).then()
    as_(policy(), over).when(retract(gone)).then(retracted(gone))


@pytest.mark.parametrize(
    "command",
    [
        RecordBaseline(measurements=(taken(40),)),
        propose(),
        AgreeGoal(),
        record(60),
        ConfirmAchievement(),
        AbandonGoal(reason_code="moved"),
        count(measurement(60)),
        retract(nth(0)),
    ],
)
def test_nothing_can_be_done_with_a_goal_nobody_drafted(command: Any) -> None:
    SPEC.when(command).refused(GoalNotFound)


# Who may --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", [record(60), propose(), AgreeGoal(), AbandonGoal(reason_code="moved")])
def test_the_teacher_may_do_whatever_the_coach_may(command: Any) -> None:
    for who in (CORA, TESS):
        authorise_goal(active().state, command, facts(who))
        authorise_goal(AGGREGATE.initial, DRAFT, facts(who))


def test_a_colleagues_goal_does_not_exist_for_another_of_the_group() -> None:
    with pytest.raises(Unseen):
        authorise_goal(active().state, record(60), facts(THEO))


def test_a_goal_that_is_not_there_is_not_there_for_anyone() -> None:
    for who in (facts(TESS), facts(LEAD), facts(operator())):
        with pytest.raises(Unseen):
            authorise_goal(AGGREGATE.initial, record(60), who)


def test_a_goal_is_not_drafted_in_a_cycle_that_is_not_there() -> None:
    with pytest.raises(Unseen):
        authorise_goal(AGGREGATE.initial, DRAFT, facts(CORA, cycle=cycle.Unset()))


def test_a_coaching_lead_and_an_operator_may_not_touch_a_goal() -> None:
    for who in (facts(LEAD), facts(operator())):
        with pytest.raises(Forbidden):
            authorise_goal(active().state, record(60), who)


def test_a_suspended_coach_loses_the_goal_and_its_owner_keeps_it() -> None:
    suspended = partnership.Suspended(agreed(TESS).pair)
    with pytest.raises(Forbidden):
        authorise_goal(active().state, record(60), facts(CORA, partnership=suspended))
    authorise_goal(active().state, record(60), facts(TESS, partnership=suspended))
    assert not reads_goal(CORA, active().state, suspended)
    assert reads_goal(TESS, active().state, suspended)


def test_a_goals_content_is_read_by_its_owners_and_their_coach_alone() -> None:
    state = active().state
    readers = {who for who in (CORA, TESS, THEO, LEAD, STRANGER) if reads_goal(who, state, agreed(TESS))}
    assert readers == {CORA, TESS}


def test_a_strangers_question_waits_until_the_facts_are_fresh() -> None:
    with pytest.raises(FactsBehind):
        authorise_goal(active().state, record(60), facts(LEAD, level=False))
    authorise_goal(active().state, record(60), facts(TESS, level=False))
