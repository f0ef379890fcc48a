"""Progress toward a goal: measured or taken back, and what either means for the target and its achievement."""

from functools import reduce
from uuid import UUID

from chalkline_contracts.event import Event
from chalkline_contracts.goals import GoalAchieved, ProgressMeasured, ProgressRetracted
from chalkline_contracts.measurement import Measurement

from goals import arithmetic
from goals.facts import GoalsFacts
from goals.goal import (
    Abandoned,
    Achieved,
    Active,
    Baselined,
    CountMeasurement,
    CountObserved,
    Goal,
    RetractMeasurement,
    RetractProgress,
    TargetMet,
    evolve,
    same_metric,
)
from goals.goal_chart import after_reading, consequences, start
from goals.refusals import MeasurementObserved, MeasurementUnknown, OnlyOwnerConfirms, TargetNotMet


def count(goal: Baselined | Active | TargetMet | Achieved, command: CountMeasurement) -> list[Event]:
    """What was observed has happened: whoever recorded it saw to that, by a clock that ours may lag behind."""
    metric = goal.metric if isinstance(goal, Baselined) else goal.terms.metric
    measurement = command.measurement
    known = goal.chart.knows(measurement.measurement_id)
    if known or command.partnership_id != goal.whose.partnership_id or not same_metric(metric, measurement):
        return []
    return progress(goal, measurement, command.observation_id)


def count_observed(goal: Goal, command: CountObserved) -> list[Event]:
    """What does not hold leaves the chart and what stands joins it, each as if it had been heard of alone."""
    told: list[Event] = []
    for each in (*command.gone, *command.standing):
        match goal, each:
            case ((Baselined() | Active() | TargetMet() | Achieved()), RetractMeasurement()):
                happened = retract(goal, each)
            case ((Baselined() | Active() | TargetMet() | Achieved()), CountMeasurement()):
                happened = count(goal, each)
            case _:  # nothing here ends a goal
                happened = []
        goal = reduce(evolve, happened, goal)
        told += happened
    return told


def progress(
    goal: Baselined | Active | TargetMet | Achieved,
    measurement: Measurement,
    observation_id: UUID | None,
) -> list[Event]:
    measured = ProgressMeasured(
        cycle_id=goal.whose.cycle_id,
        partnership_id=goal.whose.partnership_id,
        measurement=measurement,
        observation_id=observation_id,
    )
    return [measured, *after_reading(evolve(goal, measured), measurement.measurement_id)]


def retract(
    goal: Baselined | Active | TargetMet | Achieved | Abandoned, command: RetractMeasurement
) -> list[Event]:
    if not goal.chart.holds(command.measurement_id):
        return []
    gone = ProgressRetracted(
        cycle_id=goal.whose.cycle_id,
        partnership_id=goal.whose.partnership_id,
        measurement_id=command.measurement_id,
        cause=command.cause,
    )
    return [gone, *consequences(evolve(goal, gone), command.cause, command.measurement_id)]


def retract_told(
    goal: Baselined | Active | TargetMet | Achieved | Abandoned, command: RetractProgress, facts: GoalsFacts
) -> list[Event]:
    """A measurement that a partner told this goal: its author takes it back, or, where the author is a partner no more,
    whoever is one.
    """
    if facts.measured is None or not goal.chart.knows(command.measurement_id):
        raise MeasurementUnknown
    if facts.measured.observed:
        raise MeasurementObserved
    return retract(goal, RetractMeasurement(measurement_id=command.measurement_id, cause=command.reason_code))


def achieve(goal: TargetMet, facts: GoalsFacts) -> GoalAchieved:
    """An owner's word, or the district's, where its policy confirms by itself."""
    by = None if facts.by.kind == "system" else facts.by.person
    if facts.by.kind != "system" and by not in goal.whose.owner_ids:
        raise OnlyOwnerConfirms
    readings, origin = goal.chart.counted(), start(goal)
    places = [n for n, reading in enumerate(readings) if reading.own == goal.met_by.bytes]
    if not places or origin is None:  # no history of ours says so, but a decision is total
        raise TargetNotMet
    final = readings[places[0]]
    achieved_on = arithmetic.local_day(final.at, goal.whose.time_zone)
    return GoalAchieved(
        cycle_id=goal.whose.cycle_id,
        partnership_id=goal.whose.partnership_id,
        confirmed_by=by,
        achieved_on=achieved_on,
        baseline=str(origin.baseline),
        final=str(final.quotient),
        measurements_n=places[0] + 1,
        days=(achieved_on - origin.on).days,
        goal_version=goal.goal_version,
    )
