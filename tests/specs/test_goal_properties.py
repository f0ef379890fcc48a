"""Whatever anyone wishes in whatever order, a goal keeps its promises."""

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import reduce
from typing import Any, get_args
from uuid import UUID, uuid5

import pytest
from backbone.deciding import Refusal
from chalkline_contracts.event import Event
from chalkline_contracts.goals import (
    AchievementWithdrawn,
    BaselineRecorded,
    CycleClosedEarly,
    CycleCompleted,
    CyclePhaseEntered,
    GoalAbandoned,
    GoalAchieved,
    GoalAgreed,
    GoalProposed,
    GoalRecharted,
    GoalSet,
    GoalTargetMet,
    GoalTerms,
    GoalTrendChanged,
    ModelTemplatePublished,
    ModelTemplateRetired,
    PartnershipAgreed,
    PartnershipConsentGiven,
    PartnershipDeclined,
    PartnershipEnded,
    PartnershipProposed,
    PartnershipSuspended,
    ProgressMeasured,
    ProgressRetracted,
    ShareGranted,
    ShareRevoked,
    ShareScope,
)
from chalkline_contracts.measurement import Direction, Measurement
from goals import arithmetic, cycle
from goals.aggregates import CYCLE as CYCLES
from goals.aggregates import GOAL, MODEL_TEMPLATE
from goals.aggregates import PARTNERSHIP as PARTNERSHIPS
from goals.chart import Chart
from goals.goal import (
    AbandonGoal,
    Achieved,
    Active,
    AgreeGoal,
    ConfirmAchievement,
    CountMeasurement,
    DraftGoal,
    Goal,
    RechartGoal,
    RecordBaseline,
    RecordProgress,
    RetractMeasurement,
    RetractProgress,
    TargetMet,
    evolve,
)
from goals.goal_chart import consequences
from hypothesis import given
from hypothesis import strategies as st
from kit.coaching import (
    CORA,
    CYCLE,
    LEAD,
    NOW,
    OBSERVATION,
    PARTNERSHIP,
    STRANGER,
    TESS,
    THEO,
    agrees,
    baseline,
    cycle_started,
    drafted,
    facts,
    goal_set,
    measured,
    open_cycle,
    policy,
    propose,
    proposed,
    taken,
    words,
)
from pydantic import TypeAdapter

IDS = [UUID(int=0x900 + n) for n in range(20)]
moments = st.integers(0, 30).map(lambda day: datetime(2026, 2, 1, 12, tzinfo=UTC) + timedelta(days=day))
percents = st.sampled_from([10, 45, 80, 85, 90, 100])
instruments = st.sampled_from(["time-on-task@1", "time-on-task@1", "time-on-task@2"])
codes = st.sampled_from(["on_task", "on_task", "on_task", "talk"])
measurements_taken = st.builds(
    lambda percent, at, instrument, code: taken(percent, at, instrument=instrument, code=code),
    percents,
    moments,
    instruments,
    codes,
)
measurements = st.builds(lambda sent, one: sent.recorded(one, CORA), measurements_taken, st.sampled_from(IDS))
directions: st.SearchStrategy[Direction | None] = st.sampled_from([None, *get_args(Direction)])
targets = st.sampled_from([None, "0.2", "1/2", "0.5", "4/5", "2"])
to_measure = measurements.map(
    lambda one: CountMeasurement(measurement=one, observation_id=OBSERVATION, partnership_id=PARTNERSHIP)
)
to_agree = st.just(AgreeGoal())
to_confirm = st.just(ConfirmAchievement())
commands = st.one_of(
    st.just(DraftGoal(cycle_id=CYCLE)),
    st.lists(measurements_taken, min_size=1, max_size=3).map(lambda m: RecordBaseline(measurements=tuple(m))),
    st.builds(
        lambda target, tolerance, direction, consecutive: propose(
            target, tolerance=tolerance, direction=direction, required_consecutive=consecutive
        ),
        targets,
        st.sampled_from([None, "0.1"]),
        directions,
        st.integers(1, 3),
    ),
    to_agree,
    measurements_taken.map(lambda one: RecordProgress(measurement=one)),
    to_measure,
    to_confirm,
    st.builds(
        lambda target, required: RechartGoal(
            target=target, required_consecutive=required, reason_code="early"
        ),
        targets,
        st.sampled_from([None, 1, 2]),
    ),
    st.sampled_from(IDS).map(lambda one: RetractProgress(measurement_id=one, reason_code="mistaken")),
    st.sampled_from(IDS).map(lambda one: RetractMeasurement(measurement_id=one, cause="observation_voided")),
    st.sampled_from([*[ConfirmAchievement()] * 5, AbandonGoal(reason_code="moved")]),
)
likely = st.one_of(to_agree, to_measure, to_measure, to_confirm, st.integers(0, 5))
"""What moves a goal on; a number stands for the retraction of one of the readings it then has."""
actors = st.sampled_from([TESS, CORA, TESS, CORA, THEO, STRANGER, policy(), policy(TESS)])
cycles = st.sampled_from(
    [open_cycle(TESS, THEO), open_cycle(TESS, THEO), cycle.Completed(open_cycle(TESS).plan)]
)
SET = (proposed(), agrees(CORA), agrees(TESS))
beginnings = st.sampled_from(
    [
        (),
        (drafted(), baseline(40)),
        (drafted(), baseline(40), SET[0], agrees(CORA)),
        (drafted(), baseline(40), *SET, goal_set(SET[0], "2/5")),
        (drafted(), baseline(30, 40, 50), *SET, goal_set(SET[0], "2/5"), measured(85, 3), measured(86, 4)),
    ]
)


def live(beginning: tuple[Event, ...], wishes: list[tuple[Any, Any, Any]]) -> list[Event]:
    """Everything that happened; wishes that are refused leave nothing."""
    happened: list[Event] = list(beginning)
    goal: Goal = reduce(evolve, happened, GOAL.initial)
    for event in consequences(goal):  # a beginning is told without them
        happened.append(event)
        goal = evolve(goal, event)
    for n, (command, by, within) in enumerate(wishes):
        if isinstance(command, int):
            readings = getattr(goal, "chart", Chart()).readings
            if not readings:
                continue
            gone = readings[-1 - command % len(readings)].measurement_id
            command = RetractMeasurement(measurement_id=gone, cause="observation_voided")  # noqa: PLW2901
        told = replace(facts(by), command_id=uuid5(CYCLE, str(n)), cycle=within)
        try:
            events = GOAL.decide(goal, command, told, now=NOW)
        except Refusal:
            continue
        happened += events
        goal = reduce(evolve, events, goal)
    return happened


wishes = st.tuples(st.one_of(likely, likely, commands), actors, cycles)
lives = st.builds(live, beginnings, st.lists(wishes, min_size=10, max_size=30))


def states(events: list[Event]) -> list[tuple[Event, Goal]]:
    goal: Goal = GOAL.initial
    lived = []
    for event in events:
        goal = evolve(goal, event)
        lived.append((event, goal))
    return lived


@given(lives)
def test_no_goal_is_set_without_a_baseline_and_everyones_word(events: list[Event]) -> None:
    baselined, promised = False, set[UUID]()
    for event in events:
        match event:
            case BaselineRecorded():
                baselined, promised = True, set()
            case GoalProposed():
                promised = set()
            case GoalAgreed():
                promised.add(event.by)
            case GoalSet():
                assert baselined
                assert promised == {event.coach_id, *event.owner_ids}
            case _:
                pass
    assert sum(isinstance(event, GoalSet) for event in events) <= 1


@given(lives)
def test_nothing_is_achieved_that_was_not_met_and_still_stands(events: list[Event]) -> None:
    stands = achieved = False
    for event in events:
        match event:
            case GoalTargetMet():
                assert not stands
                stands = True
            case AchievementWithdrawn():
                assert stands
                stands = achieved = False
            case GoalRecharted():
                assert not achieved
                stands = False
            case GoalAchieved():
                assert stands
                assert not achieved
                achieved = True
            case _:
                pass


def ends_of_runs(goal: Active | TargetMet | Achieved) -> set[UUID]:
    if not goal.chart.baseline:
        return set()
    base = arithmetic.median([reading.quotient for reading in goal.chart.baseline])
    readings = [reading for reading in goal.chart.counted() if reading.instant >= goal.since]
    return {reading.measurement_id for reading in arithmetic.ends_of_runs(readings, goal.terms.aim, base)}


@given(lives)
def test_the_state_says_met_exactly_when_a_run_stands(events: list[Event]) -> None:
    goal = reduce(evolve, events, GOAL.initial)
    match goal:
        case Active():
            assert not ends_of_runs(goal)
        case TargetMet() | Achieved():
            assert goal.met_by in ends_of_runs(goal)
        case _:
            pass


@given(lives)
def test_an_achievement_is_withdrawn_only_when_its_run_is_broken(events: list[Event]) -> None:
    for event, (_, before) in zip(events[1:], states(events), strict=False):
        if isinstance(event, AchievementWithdrawn):
            assert isinstance(before, TargetMet | Achieved)
            assert before.met_by not in ends_of_runs(before)


@given(lives)
def test_no_measurement_counts_twice_or_after_its_retraction(events: list[Event]) -> None:
    seen, gone = set[UUID](), set[UUID]()
    for event in events:
        match event:
            case ProgressMeasured():
                assert event.measurement.measurement_id not in seen | gone
                seen.add(event.measurement.measurement_id)
            case BaselineRecorded():
                seen |= {one.measurement_id for one in event.measurements}
            case ProgressRetracted():
                assert event.measurement_id in seen - gone
                gone.add(event.measurement_id)
            case _:
                pass


@given(lives)
def test_an_achievement_tells_numbers_that_add_up(events: list[Event]) -> None:
    for event, goal in states(events):
        if isinstance(event, GoalAchieved):
            assert isinstance(goal, Achieved)
            assert event.measurements_n >= goal.terms.required_consecutive
            assert event.days >= 0
            base = [reading.quotient for reading in goal.chart.baseline]
            assert event.baseline == str(arithmetic.median(base))


@given(lives)
def test_what_is_stored_reads_back_as_it_was(events: list[Event]) -> None:
    for event, goal in states(events):
        stored = TypeAdapter(type(goal)).dump_json(goal)
        assert TypeAdapter(type(goal)).validate_json(stored) == goal
        assert type(event).read(1, event.model_dump_json()) == event


def one_progress(measurement: Measurement) -> ProgressMeasured:
    return ProgressMeasured(cycle_id=CYCLE, partnership_id=PARTNERSHIP, measurement=measurement)


OF = {"cycle_id": CYCLE, "partnership_id": PARTNERSHIP}
goal_events = st.one_of(
    st.sampled_from([drafted(), *SET, goal_set(SET[0], "2/5"), proposed(None, direction="maintain")]),
    st.lists(measurements, min_size=1, max_size=3).map(
        lambda m: BaselineRecorded(**OF, measurements=tuple(m))
    ),
    measurements.map(one_progress),
    st.sampled_from(IDS).map(
        lambda one: ProgressRetracted(**OF, measurement_id=one, cause="observation_voided")
    ),
    st.sampled_from(IDS).map(
        lambda one: GoalTargetMet(**OF, goal_version=1, measurement_id=one, met_on=NOW.date())
    ),
    st.just(
        GoalAchieved(
            **OF,
            confirmed_by=TESS,
            achieved_on=NOW.date(),
            baseline="2/5",
            final="4/5",
            measurements_n=2,
            days=3,
            goal_version=1,
        )
    ),
    st.just(AchievementWithdrawn(**OF, cause="late_measurement", measurement_id=IDS[0])),
    st.just(GoalAbandoned(**OF, reason_code="moved")),
    st.just(GoalTrendChanged(**OF, goal_version=1, was="on_track", trend="stalled")),
    st.just(
        GoalRecharted(
            **OF,
            by=TESS,
            goal_version=2,
            recharted_at=NOW,
            before=GoalTerms(target="4/5", due_on=NOW.date(), required_consecutive=2),
            after=GoalTerms(target=None, due_on=NOW.date(), required_consecutive=1),
            reason_code="early",
        )
    ),
)


@given(st.lists(goal_events, max_size=30), commands, actors, cycles)
def test_any_history_can_be_lived_through_and_decided_upon(
    events: list[Event], command: Any, by: Any, within: Any
) -> None:
    goal = reduce(evolve, events, GOAL.initial)
    assert isinstance(goal, tuple(GOAL.states))
    with suppress(Refusal):  # and nothing else is ever raised
        GOAL.decide(goal, command, facts(by, cycle=within), now=NOW)


PAIR = {"coach_id": CORA, "teacher_ids": (TESS, THEO)}
SHARE = ShareGranted(share_id=IDS[0], by=TESS, scope=ShareScope(), audience=(LEAD,), expires_at=NOW)
others = {
    PARTNERSHIPS: [
        PartnershipProposed(**PAIR, template="impact-cycle@1", confidentiality_policy_version=1),
        *(PartnershipConsentGiven(by=one) for one in (CORA, TESS, THEO, TESS)),
        PartnershipAgreed(**PAIR),
        PartnershipDeclined(by=TESS, **PAIR, reason_ref=words().ref),
        PartnershipSuspended(reason_code="evaluator_assigned", **PAIR),
        SHARE,
        ShareRevoked(share_id=IDS[0], by=TESS),
        PartnershipEnded(**PAIR),
    ],
    CYCLES: [
        cycle_started(),
        cycle_started().model_copy(update={"phases": ()}),
        CyclePhaseEntered(partnership_id=PARTNERSHIP, phase="learn"),
        CycleCompleted(partnership_id=PARTNERSHIP, focus="engagement"),
        CycleClosedEarly(partnership_id=PARTNERSHIP, focus="engagement", reason_code="leave"),
    ],
    MODEL_TEMPLATE: [
        ModelTemplatePublished(template="x@1", phases=("a",), cadence_days=1, planned_weeks=1),
        ModelTemplateRetired(template="x@1"),
    ],
}


@pytest.mark.parametrize("aggregate", others.keys(), ids=lambda aggregate: str(aggregate.name))
@given(data=st.data())
def test_any_history_of_the_others_is_lived_through_and_stored(aggregate: Any, data: st.DataObject) -> None:
    for event in data.draw(st.lists(st.sampled_from(others[aggregate]), max_size=15)):
        assert type(event) in aggregate.events
    state = reduce(
        aggregate.evolve,
        data.draw(st.lists(st.sampled_from(others[aggregate]), max_size=15)),
        aggregate.initial,
    )
    adapter: TypeAdapter[Any] = TypeAdapter(type(state))
    assert adapter.validate_json(adapter.dump_json(state)) == state
    assert type(state) in aggregate.states
