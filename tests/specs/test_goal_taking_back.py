"""A measurement that somebody told a goal is taken back by its author; what an observation told, by observing."""

from typing import Any
from uuid import UUID

import pytest
from backbone.deciding import Forbidden
from chalkline_contracts.event import Event
from chalkline_contracts.goals import (
    AchievementWithdrawn,
    BaselineRecorded,
    GoalAbandoned,
    GoalAchieved,
    GoalTargetMet,
    ProgressMeasured,
    ProgressRetracted,
)
from goals import access
from goals.aggregates import GOAL as AGGREGATE
from goals.facts import MeasurementFact
from goals.goal import ConfirmAchievement, RecordBaseline, RecordProgress, RetractProgress
from goals.refusals import BaselineAlreadyRecorded, MeasurementObserved, MeasurementUnknown
from kit.coaching import (
    CARL,
    CORA,
    CYCLE,
    PARTNERSHIP,
    STRANGER,
    TESS,
    THEO,
    baseline,
    coached_by_carl,
    drafted,
    facts,
    measured,
    on_day,
    taken,
    underway,
)
from kit.spec import Spec


def told_by(who: UUID, *, observed: bool = False) -> MeasurementFact:
    return MeasurementFact(recorded_by=who, observed=observed)


def spec(*past: Event, by: UUID = CORA, told: MeasurementFact | None = None, **known: Any) -> Spec:
    return Spec(AGGREGATE, facts(by, measured=told or told_by(by), **known)).given(*past)


def back(measured: ProgressMeasured) -> RetractProgress:
    return RetractProgress(measurement_id=measured.measurement.measurement_id, reason_code="wrong_class")


def gone(measured: ProgressMeasured) -> ProgressRetracted:
    return ProgressRetracted(
        cycle_id=CYCLE,
        partnership_id=PARTNERSHIP,
        measurement_id=measured.measurement.measurement_id,
        cause="wrong_class",
    )


def test_its_author_takes_progress_back_and_again_nothing_happens() -> None:
    mistaken = measured(60)
    after = spec(*underway(), mistaken).when(back(mistaken)).then(gone(mistaken))
    after.when(back(mistaken)).then()


def test_an_achievement_that_stood_on_it_is_withdrawn_and_names_why() -> None:
    met = spec(*underway(85, 90), by=TESS)
    last = met.past[-1]
    assert isinstance(last, ProgressMeasured)
    reached = met.given(
        GoalTargetMet(
            cycle_id=CYCLE, partnership_id=PARTNERSHIP, goal_version=1, measurement_id=last.measurement.measurement_id,
            met_on=on_day(11).date(),
        )
    ).when(ConfirmAchievement()).then_types(GoalAchieved)  # fmt: skip
    withdrawn = AchievementWithdrawn(
        cycle_id=CYCLE,
        partnership_id=PARTNERSHIP,
        cause="wrong_class",
        measurement_id=last.measurement.measurement_id,
    )
    reached.when(back(last)).then(gone(last), withdrawn)


def test_all_of_the_baseline_may_be_taken_back_and_measured_anew() -> None:
    base = baseline(40, 50)
    after = spec(*(event if not isinstance(event, BaselineRecorded) else base for event in underway(45)))
    anew = RecordBaseline(measurements=(taken(30, on_day(2)),))
    for each in base.measurements:
        after.when(anew).refused(BaselineAlreadyRecorded)
        retract = RetractProgress(measurement_id=each.measurement_id, reason_code="wrong_class")
        after = after.when(retract).then_types(ProgressRetracted)
    after = after.when(RecordProgress(measurement=taken(60, on_day(20)))).then_types(ProgressMeasured)
    assert after.state.chart.counted() == ()
    after = after.knowing(command_id=UUID(int=0xF1))
    assert len(after.when(anew).then_types(BaselineRecorded).state.chart.counted()) == 2


def test_of_an_abandoned_goal_it_may_be_taken_back_as_well() -> None:
    mistaken = measured(60)
    over = GoalAbandoned(cycle_id=CYCLE, partnership_id=PARTNERSHIP, reason_code="moved")
    spec(*underway(), mistaken, over).when(back(mistaken)).then(gone(mistaken))


def test_what_was_never_told_cannot_be_taken_back() -> None:
    spec(*underway(60)).when(back(measured(60))).refused(MeasurementUnknown)
    spec(drafted()).when(back(measured(60))).refused(MeasurementUnknown)


def test_what_an_observation_told_is_taken_back_there() -> None:
    seen = measured(60)
    observed = told_by(CORA, observed=True)
    spec(*underway(), seen, told=observed).when(back(seen)).refused(MeasurementObserved)


@pytest.mark.parametrize(
    ("who", "author", "known", "may"),
    [
        (CORA, CORA, {}, True),
        (TESS, TESS, {}, True),
        (TESS, CORA, {}, False),
        (CORA, TESS, {}, False),
        (TESS, CORA, {"partnership": coached_by_carl(TESS, THEO)}, True),
        (CARL, CORA, {"partnership": coached_by_carl(TESS, THEO)}, True),
        (CARL, TESS, {"partnership": coached_by_carl(TESS, THEO)}, False),
    ],
)
def test_its_author_alone_takes_it_back_or_any_partner_once_the_author_is_none(
    who: UUID, author: UUID, known: dict[str, Any], *, may: bool
) -> None:
    mistaken = measured(60)
    asked = spec(*underway(), mistaken, by=who, told=told_by(author), **known)

    def authorised() -> None:
        access.authorise_goal(asked.state, back(mistaken), asked.facts)

    if may:
        authorised()
        asked.when(back(mistaken)).then(gone(mistaken))
    else:
        with pytest.raises(Forbidden):
            authorised()


def test_to_a_stranger_there_is_no_goal() -> None:
    asked = spec(*underway(60), by=STRANGER)
    with pytest.raises(access.Unseen):
        access.authorise_goal(asked.state, back(measured(60)), asked.facts)
