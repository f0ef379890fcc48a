"""Recharting: a goal goes on under other terms, and what was measured before belongs to the terms before."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from chalkline_contracts.goals import (
    GoalAchieved,
    GoalRecharted,
    GoalTargetMet,
    GoalTerms,
    GoalTrendChanged,
    ProgressMeasured,
    ProgressRetracted,
)
from goals.access import authorise_goal
from goals.aggregates import GOAL as AGGREGATE
from goals.goal import (
    AbandonGoal,
    Achieved,
    Active,
    ConfirmAchievement,
    CountMeasurement,
    RechartGoal,
    RecordProgress,
    RetractMeasurement,
    TargetMet,
)
from goals.refusals import (
    DueDateNotAhead,
    DueDateTooFar,
    GoalAlreadyAbandoned,
    GoalAlreadyAchieved,
    GoalNotActive,
    GoalNotFound,
    NoBaseline,
    NotAPartner,
    NothingRecharted,
    TargetNotAnImprovement,
    TargetNotForMaintain,
    TargetOutOfRange,
    ToleranceMissing,
    ToleranceOnlyToMaintain,
)
from kit.coaching import (
    CORA,
    CYCLE,
    OBSERVATION,
    PARTNERSHIP,
    STRANGER,
    TESS,
    baseline,
    drafted,
    facts,
    measured,
    measurement,
    on_day,
    policy,
    recharted,
    taken,
    trend_changed,
    underway,
    words,
)
from kit.spec import NOW, Spec

SPEC = Spec(AGGREGATE, facts(CORA))
WEEK = timedelta(days=7)


def rechart(**terms: Any) -> RechartGoal:
    return RechartGoal.model_validate({"reason_code": "too_easy"} | terms)


def active(*percents: int, **more: Any) -> Spec:
    return SPEC.given(*underway(*percents, **more))


def measured_id(spec: Spec, back: int = 1) -> UUID:
    return [e for e in spec.past if isinstance(e, ProgressMeasured)][-back].measurement.measurement_id


def met(spec: Spec) -> Spec:
    by = measured_id(spec)
    target_met = GoalTargetMet(
        cycle_id=CYCLE, partnership_id=PARTNERSHIP, goal_version=1, measurement_id=by, met_on=date(2026, 2, 11)
    )  # fmt: skip
    return spec.given(target_met)


def as_(who: Any, spec: Spec) -> Spec:
    return replace(spec, facts=facts(who))


def progress(percent: int, at: Any) -> RecordProgress:
    return RecordProgress(measurement=taken(percent, at))


# The new terms ---------------------------------------------------------------------------------------


def test_a_partner_recharts_from_now_on_and_says_why() -> None:
    reason = words("The class is ahead of the plan")
    happened = (
        as_(TESS, active(60))
        .when(RechartGoal(target="0.9", due_on=date(2026, 5, 1), reason_code="too_easy", reason=reason))
        .then(
            GoalRecharted(
                cycle_id=CYCLE,
                partnership_id=PARTNERSHIP,
                by=TESS,
                goal_version=2,
                recharted_at=NOW,
                before=GoalTerms(target="4/5", due_on=date(2026, 4, 1), required_consecutive=2),
                after=GoalTerms(target="0.9", due_on=date(2026, 5, 1), required_consecutive=2),
                reason_code="too_easy",
                reason_ref=reason.ref,
            )
        )
    )
    assert isinstance(happened.state, Active)
    assert (happened.state.goal_version, happened.state.terms.target) == (2, "0.9")


def test_what_is_left_out_stays_as_it_is() -> None:
    after = active().when(rechart(required_consecutive=3)).then(recharted(required_consecutive=3))
    assert after.state.terms.due_on == date(2026, 4, 1)
    again = after.when(rechart(target="0.7")).then_types(GoalRecharted).state
    assert (again.goal_version, again.terms.target, again.terms.required_consecutive) == (3, "0.7", 3)


@pytest.mark.parametrize(
    ("terms", "refusal"),
    [
        ({}, NothingRecharted),
        ({"target": "0.8"}, NothingRecharted),
        ({"target": "8/10", "required_consecutive": 2}, NothingRecharted),
        ({"target": "0.4"}, TargetNotAnImprovement),
        ({"target": "0.39"}, TargetNotAnImprovement),
        ({"target": "1.1"}, TargetOutOfRange),
        ({"tolerance": "0.1"}, ToleranceOnlyToMaintain),
        ({"due_on": NOW.date()}, DueDateNotAhead),
        ({"due_on": NOW.date() - WEEK}, DueDateNotAhead),
        ({"due_on": date.max}, DueDateTooFar),
    ],
)
def test_new_terms_obey_the_rules_that_the_first_did(terms: Any, refusal: Any) -> None:
    active(60).when(rechart(**terms)).refused(refusal)


def test_a_level_to_maintain_is_recharted_by_its_tolerance() -> None:
    level = active(44, target=None, tolerance="0.05", direction="maintain")
    level.when(rechart(target="0.5")).refused(TargetNotForMaintain)
    level.when(rechart(tolerance="-0.1")).refused(ToleranceMissing)
    level.when(rechart(tolerance="1/20")).refused(NothingRecharted)
    wider = level.when(rechart(tolerance="0.1")).then_types(GoalRecharted)
    assert wider.state.terms.tolerance == "0.1"


def test_a_goal_that_is_overdue_is_recharted_with_a_new_date_or_not_at_all() -> None:
    overdue = active(60).at(on_day(70))
    overdue.when(rechart(target="0.7")).refused(DueDateNotAhead)
    overdue.when(rechart(target="0.7", due_on=date(2026, 6, 1))).then_types(GoalRecharted)


def test_today_is_the_schools() -> None:
    """At 03:00 UTC on 1 April it is still the last of March in Chicago."""
    spec = active().at(on_day(60, hour=3))
    assert spec.now.date() == date(2026, 4, 1)
    spec.when(rechart(required_consecutive=1)).then_types(GoalRecharted)


def test_without_a_baseline_there_is_nothing_to_rechart_on() -> None:
    spec = active(60)
    base = spec.past[1].measurements[0].measurement_id  # type: ignore[attr-defined]
    gone = as_(policy(), spec).when(RetractMeasurement(measurement_id=base, cause="voided"))
    as_(CORA, gone.then_types(ProgressRetracted)).when(rechart(target="0.9")).refused(NoBaseline)


# Which goals -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("past", "refusal"),
    [
        ((), GoalNotFound),
        ((drafted(),), GoalNotActive),
        ((drafted(), baseline(40)), GoalNotActive),
        (underway(60)[:5], GoalNotActive),
    ],
)
def test_only_a_goal_that_is_set_is_recharted(past: Any, refusal: Any) -> None:
    SPEC.given(*past).when(rechart(target="0.9")).refused(refusal)


def test_a_met_target_is_recharted_and_the_goal_is_active_again() -> None:
    further = met(active(85, 90)).when(rechart(target="0.95")).then(recharted(target="0.95"))
    assert isinstance(further.state, Active)
    as_(TESS, further).when(progress(90, NOW)).then_types(ProgressMeasured)


def test_an_achievement_is_not_recharted_nor_what_was_abandoned() -> None:
    done = as_(TESS, met(active(85, 90))).when(ConfirmAchievement()).then_types(GoalAchieved)
    assert isinstance(done.state, Achieved)
    done.when(rechart(target="0.95")).refused(GoalAlreadyAchieved)
    over = active().given(*active().when(AbandonGoal(reason_code="moved"))._decide())
    over.when(rechart(target="0.95")).refused(GoalAlreadyAbandoned)


def test_only_partners_rechart() -> None:
    as_(STRANGER, active()).when(rechart(target="0.9")).refused(NotAPartner)
    for who in (CORA, TESS):
        authorise_goal(active().state, rechart(target="0.9"), facts(who))


# Which version a measurement belongs to --------------------------------------------------------------


def count(percent: int, at: Any) -> CountMeasurement:
    one = measurement(percent, at)
    return CountMeasurement(measurement=one, observation_id=OBSERVATION, partnership_id=PARTNERSHIP)


def test_runs_start_anew() -> None:
    spec = as_(policy(), active(85).given(recharted(at=on_day(12), target="0.75")))
    once = spec.when(count(85, on_day(13))).then_types(ProgressMeasured)
    once.when(count(80, on_day(14))).then_types(ProgressMeasured, GoalTargetMet)


def test_a_measurement_belongs_to_the_version_in_force_when_it_was_taken_however_late_it_is_told() -> None:
    spec = as_(policy(), active(85).given(recharted(at=on_day(12), target="0.75"), measured(85, 13)))
    late = spec.when(count(85, on_day(11))).then_types(ProgressMeasured)
    assert isinstance(late.state, Active)
    at_once = spec.when(count(75, on_day(12))).then_types(ProgressMeasured, GoalTargetMet)
    assert at_once.past[-1].measurement_id == measured_id(spec)  # type: ignore[attr-defined]


def test_what_met_the_old_terms_meets_the_new_ones_no_more_than_before() -> None:
    """Three at target before the change, none after it: nothing is met and nothing was withdrawn."""
    spec = met(active(85, 90)).given(recharted(at=on_day(20), target="0.85"))
    as_(policy(), spec).when(count(95, on_day(12))).then_types(ProgressMeasured)
    as_(policy(), spec).when(RetractMeasurement(measurement_id=measured_id(spec), cause="voided")).then_types(
        ProgressRetracted
    )


def test_the_baseline_stays() -> None:
    """What reaches the new target after the change is counted from the old baseline on."""
    spec = active(50).given(recharted(at=on_day(12), target="0.6", required_consecutive=1))
    reached = as_(policy(), spec).when(count(60, on_day(13))).then_types(ProgressMeasured, GoalTargetMet)
    assert isinstance(reached.state, TargetMet)
    happened = as_(TESS, reached).when(ConfirmAchievement()).then_types(GoalAchieved).past[-1]
    assert isinstance(happened, GoalAchieved)
    told = (happened.goal_version, happened.baseline, happened.final, happened.measurements_n, happened.days)
    assert told == (2, "2/5", "3/5", 2, 12)


def test_the_run_of_the_moment_of_recharting_is_of_the_new_version() -> None:
    """A clock that stands still: measured and recharted at the same moment."""
    spec = as_(TESS, active()).when(progress(85, NOW)).then_types(ProgressMeasured)
    spec.when(rechart(required_consecutive=1)).then_types(GoalRecharted, GoalTargetMet)


# The trend -------------------------------------------------------------------------------------------


def test_windows_start_anew() -> None:
    """At risk before; under the new terms there is nothing yet that could be amiss."""
    spec = active(41, 42, 43).given(trend_changed("on_track", "at_risk"))
    spec.when(rechart(target="0.5")).then(
        recharted(target="0.5"), trend_changed("at_risk", "on_track", version=2, best=measured_id(spec))
    )


def test_the_best_spans_versions() -> None:
    """Each of the three is the best since the change; one before it was better than all of them."""
    better_before = active(60).given(recharted(at=on_day(11), due_on=date(2026, 3, 10)))
    worse_before = active(30).given(recharted(at=on_day(11), due_on=date(2026, 3, 10)))
    for spec, trend in ((better_before, "stalled"), (worse_before, "at_risk")):
        told = as_(policy(), spec.given(measured(44, 18), measured(45, 19))).when(count(46, on_day(20)))
        event = told.then_types(ProgressMeasured, GoalTrendChanged).past[-1]
        assert isinstance(event, GoalTrendChanged)
        assert (event.goal_version, event.trend) == (2, trend)
