"""Setting a goal: drafted in a cycle, measured where it starts, proposed, and agreed to by everyone.

The first version of a goal reaches back to its baseline: progress measured after the baseline and
before the last agreement counts, progress before the baseline is shown and never counts.
"""

from datetime import date, datetime
from fractions import Fraction
from uuid import UUID, uuid5

from chalkline_contracts.event import Event
from chalkline_contracts.goals import BaselineRecorded, GoalAgreed, GoalDrafted, GoalProposed, GoalSet, Peers
from chalkline_contracts.measurement import Metric

from goals import arithmetic, cycle
from goals.chart import Chart
from goals.cycle import Cycle
from goals.facts import GoalsFacts
from goals.goal import (
    Achieved,
    Active,
    Baselined,
    Draft,
    DraftGoal,
    ProposeGoal,
    RecordBaseline,
    TargetMet,
    Terms,
    Whose,
    evolve,
    metric_of,
    same_metric,
)
from goals.goal_chart import consequences
from goals.partnership import acting_partner
from goals.refusals import (
    AlreadyAgreed,
    BaselineAlreadyRecorded,
    BaselineMixed,
    CycleNotOpen,
    DueDateNotAhead,
    DueDateTooFar,
    MetricDiffers,
    MetricNotStudentFocused,
    NoBaseline,
    NothingProposed,
    NotYetHappened,
    OwnerNotInCycle,
    TargetMissing,
    TargetNotAnImprovement,
    TargetNotForMaintain,
    TargetOutOfRange,
    ToleranceMissing,
    ToleranceOnlyToMaintain,
)


def draft(command: DraftGoal, facts: GoalsFacts) -> list[Event]:
    if not isinstance(facts.cycle, cycle.Open):
        raise CycleNotOpen
    plan = facts.cycle.plan
    owner_ids = command.owner_ids or plan.teacher_ids
    if not set(owner_ids) <= set(plan.teacher_ids):
        raise OwnerNotInCycle
    return [
        GoalDrafted(
            cycle_id=command.cycle_id,
            partnership_id=plan.partnership_id,
            coach_id=facts.coach_id or plan.coach_id,
            owner_ids=owner_ids,
            focus=command.focus or plan.focus,
            time_zone=plan.time_zone,
        )
    ]


def record_baseline(
    goal: Draft | Baselined | Active | TargetMet | Achieved,
    command: RecordBaseline,
    facts: GoalsFacts,
    now: datetime,
) -> list[Event]:
    # A second baseline only when nothing is left of the first: all of it was retracted.
    if not isinstance(goal, Draft) and goal.chart.baseline:
        raise BaselineAlreadyRecorded
    by = acting_partner(facts.partners(goal.whose.owner_ids), facts.by)
    measurements = tuple(
        taken.recorded(uuid5(facts.command_id, str(n)), by) for n, taken in enumerate(command.measurements)
    )
    first = measurements[0]
    if any(measurement.focus != "student" for measurement in measurements):
        raise MetricNotStudentFocused(kind=first.kind)
    if any(
        not same_metric(metric_of(first), other) or other.instrument != first.instrument
        for other in measurements
    ):
        raise BaselineMixed
    if (metric := _metric_kept(goal)) and not same_metric(metric, first):
        raise MetricDiffers(metric_code=metric.metric_code)
    if any(measurement.occurred_at > now for measurement in measurements):
        raise NotYetHappened
    recorded = BaselineRecorded(
        cycle_id=goal.whose.cycle_id, partnership_id=goal.whose.partnership_id, measurements=measurements
    )
    return [recorded, *consequences(evolve(goal, recorded), "new_baseline", first.measurement_id)]


def _metric_kept(goal: Draft | Baselined | Active | TargetMet | Achieved) -> Metric | None:
    """What a new baseline must be measured by: the goal's terms, or what is left on its chart, are of it."""
    match goal:
        case Active() | TargetMet() | Achieved():
            return goal.terms.metric
        case Baselined() if len(goal.chart):
            return goal.metric
        case _:
            return None


def propose(goal: Baselined, command: ProposeGoal, facts: GoalsFacts, now: datetime) -> list[Event]:
    if not isinstance(facts.cycle, cycle.Open):
        raise CycleNotOpen
    if command.metric_code != goal.metric.metric_code:
        raise MetricDiffers(metric_code=goal.metric.metric_code)
    terms = Terms(
        statement=command.statement.ref,
        metric=goal.metric.model_copy(update={"direction": command.direction or goal.metric.direction}),
        target=command.target,
        tolerance=command.tolerance,
        due_on=command.due_on,
        required_consecutive=command.required_consecutive,
        peers=Peers(**command.peers.model_dump()),
    )
    must_be_sound(goal.chart, terms)
    must_lie_ahead(terms.due_on, goal.whose, now)
    return [
        GoalProposed(
            cycle_id=goal.whose.cycle_id,
            partnership_id=goal.whose.partnership_id,
            by=acting_partner(facts.partners(goal.whose.owner_ids), facts.by),
            statement_ref=terms.statement,
            metric=terms.metric,
            target=terms.target,
            tolerance=terms.tolerance,
            due_on=terms.due_on,
            required_consecutive=terms.required_consecutive,
            peers=terms.peers,
        )
    ]


def agree(goal: Baselined, facts: GoalsFacts) -> list[Event]:
    if not isinstance(facts.cycle, cycle.Open):
        raise CycleNotOpen
    terms, whose = goal.proposal, goal.whose
    by = acting_partner(facts.partners(whose.owner_ids), facts.by)
    if terms is None:
        raise NothingProposed
    waits = waits_for(goal, facts, facts.cycle) - {by}
    # Said again it counts once more only where nobody is waited for: whoever was has left, or coaches no longer.
    if by in goal.agreed and (waits or facts.coach_id is None):
        raise AlreadyAgreed
    base = must_be_sound(goal.chart, terms)  # again: some of the baseline may have been retracted meanwhile
    agreed = GoalAgreed(cycle_id=whose.cycle_id, partnership_id=whose.partnership_id, by=by)
    if waits or facts.coach_id is None:
        return [agreed]
    agreed_by = tuple(dict.fromkeys((*goal.agreed, by)))
    goal_set = GoalSet(
        cycle_id=whose.cycle_id,
        partnership_id=whose.partnership_id,
        coach_id=facts.coach_id,
        owner_ids=whose.owner_ids,
        goal_version=1,
        statement_ref=terms.statement,
        metric=terms.metric,
        target=terms.target,
        tolerance=terms.tolerance,
        due_on=terms.due_on,
        required_consecutive=terms.required_consecutive,
        baseline=str(base),
        agreed_by=agreed_by,
    )
    return [agreed, goal_set, *consequences(evolve(evolve(goal, agreed), goal_set))]


def waits_for(goal: Baselined, facts: GoalsFacts, within: Cycle) -> set[UUID]:
    """Who has yet to agree: every owner who still takes part in the cycle, and whoever coaches now."""
    here = set() if isinstance(within, cycle.Unset) else set(within.plan.teacher_ids)
    owners = set(goal.whose.owner_ids)
    return {*facts.partners(owners & here or owners)} - set(goal.agreed)


def must_lie_ahead(due_on: date, whose: Whose, now: datetime) -> None:
    today = arithmetic.local_day(now, whose.time_zone)
    if due_on <= today:
        raise DueDateNotAhead
    if due_on > today + arithmetic.FORESEEN:
        raise DueDateTooFar(latest=today + arithmetic.FORESEEN)


def must_be_sound(chart: Chart, terms: Terms) -> Fraction:
    """The baseline, if these terms may be set on it (rules 1 and 3); raises the refusal otherwise."""
    if not chart.baseline:
        raise NoBaseline
    base = arithmetic.median([reading.quotient for reading in chart.baseline])
    if terms.metric.direction == "maintain":
        if terms.target is not None:
            raise TargetNotForMaintain
        if terms.tolerance is None or arithmetic.exact(terms.tolerance) < 0:
            raise ToleranceMissing
        return base
    if terms.tolerance is not None:
        raise ToleranceOnlyToMaintain
    if terms.target is None:
        raise TargetMissing
    if not arithmetic.reachable(terms.metric.kind, arithmetic.exact(terms.target)):
        raise TargetOutOfRange(target=terms.target)
    if not arithmetic.improves(terms.metric.direction, base, arithmetic.exact(terms.target)):
        raise TargetNotAnImprovement(baseline=str(base), target=terms.target)
    return base
