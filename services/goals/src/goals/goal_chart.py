"""What a goal's chart means: whether its target is met, whether an achievement still stands, how it is going.

Asked after everything that changes the chart. What is told in the order it happened, as most is, changes no more
than the last few readings tell; whatever is told late, retracted or begun anew is worked out from all of them.
"""

from uuid import UUID

from chalkline_contracts.event import Event
from chalkline_contracts.goals import AchievementWithdrawn, GoalTargetMet, GoalTrendChanged, Trend

from goals import arithmetic
from goals.arithmetic import Start
from goals.chart import Reading
from goals.goal import Achieved, Active, Goal, TargetMet, evolve, version_of


def start(goal: Active | TargetMet | Achieved) -> Start | None:
    return arithmetic.start(goal.chart.baseline, goal.whose.time_zone)


def after_reading(goal: Goal, measurement_id: UUID) -> list[Event]:
    """What follows from a reading that has just joined the chart."""
    return consequences(
        goal, "late_measurement", measurement_id, in_order=_chart_ends_with(goal, measurement_id)
    )


def consequences(
    goal: Goal, cause: str = "", measurement_id: UUID | None = None, *, in_order: bool = False
) -> list[Event]:
    """What a changed chart means: an achievement that no longer stands, a target that now is met, another trend.

    `cause` and `measurement_id` are what an achievement is withdrawn for. Without a baseline there is no line,
    trend or run.
    """
    happened: list[Event] = []
    if isinstance(goal, TargetMet | Achieved) and measurement_id is not None:
        if in_order or _still_ends_a_run(goal):
            return []
        withdrawn = AchievementWithdrawn(
            cycle_id=goal.whose.cycle_id,
            partnership_id=goal.whose.partnership_id,
            cause=cause,
            measurement_id=measurement_id,
        )
        happened.append(withdrawn)
        goal = evolve(goal, withdrawn)
    if not isinstance(goal, Active):
        return happened
    origin = start(goal)
    if origin is None:
        return happened
    run = _first_run(goal, origin, in_order=in_order)
    if run is None:
        return [*happened, *_trend_changed(goal, origin, in_order=in_order)]
    return [
        *happened,
        GoalTargetMet(
            cycle_id=goal.whose.cycle_id,
            partnership_id=goal.whose.partnership_id,
            goal_version=goal.goal_version,
            measurement_id=run.measurement_id,
            met_on=arithmetic.local_day(run.at, goal.whose.time_zone),
        ),
    ]


def _chart_ends_with(goal: Goal, measurement_id: UUID) -> bool:
    return isinstance(goal, Active | TargetMet | Achieved) and goal.chart.ends_with(measurement_id)


def _still_ends_a_run(goal: TargetMet | Achieved) -> bool:
    """Whether the measurement that met the target does still, whatever came in between or was retracted."""
    origin, own = start(goal), goal.met_by.bytes
    return origin is not None and any(
        each.own == own
        for each in arithmetic.ends_of_runs(_of_version(goal), goal.terms.aim, origin.baseline)
    )


def _first_run(goal: Active, origin: Start, *, in_order: bool) -> Reading | None:
    """The reading that completed the earliest full run; an active goal had none before its last reading."""
    last = goal.terms.required_consecutive if in_order else None
    return next(arithmetic.ends_of_runs(_of_version(goal, last), goal.terms.aim, origin.baseline), None)


def _of_version(goal: Active | TargetMet | Achieved, last: int | None = None) -> list[Reading]:
    """The counted readings that belong to the version in force, or as many of the last as lie among so many."""
    return [each for each in goal.chart.counted(last) if each.instant >= goal.since]


def _trend_changed(goal: Active, origin: Start, *, in_order: bool) -> list[Event]:
    trend = _next_trend(goal, origin) if in_order else _whole_trend(goal, origin)
    if trend == goal.trend:
        return []
    best = arithmetic.best(goal.chart.counted(), goal.terms.metric.direction, origin.baseline)
    return [
        GoalTrendChanged(
            cycle_id=goal.whose.cycle_id,
            partnership_id=goal.whose.partnership_id,
            goal_version=goal.goal_version,
            was=goal.trend,
            trend=trend,
            best_id=UUID(bytes=best.own) if best.own else None,
        )
    ]


def _next_trend(goal: Active, origin: Start) -> Trend:
    """From what was told last and the last few readings; all are looked through only for the best of them."""
    aim, window = goal.terms.aim, _of_version(goal, arithmetic.THE_LAST)
    side = arithmetic.wrong_side(aim, origin, goal.whose.time_zone)
    # As a rule the last three are right, which leaves at most three of six that are not.
    wrong = [*map(side, window)] if any(map(side, window[-arithmetic.IN_A_ROW :])) else []
    if goal.trend != "stalled" and not arithmetic.is_at_risk(wrong):
        return arithmetic.BEGINS
    best = arithmetic.best(goal.chart.counted(), aim.direction, origin.baseline)
    hit = bool(window) and arithmetic.at_target(aim, origin.baseline)(window[-1])
    return arithmetic.next_trend(goal.trend, wrong, best, hit=hit, direction=aim.direction)


def _whole_trend(goal: Active, origin: Start) -> Trend:
    versions = (version_of(goal),)
    traced = [*arithmetic.traced(goal.chart.counted(), versions, origin, goal.whose.time_zone)]
    return traced[-1][1] if traced else arithmetic.BEGINS
