"""What is decided about a goal: which wish fits which state, and which never does.

Nothing is set without a baseline, and nothing without every owner's word (`goal_setting`). What is measured
may meet the target, and an owner says whether that is an achievement (`goal_progress`). Terms that no longer fit are
recharted (`goal_recharting`).
"""

from datetime import datetime
from uuid import uuid5

from chalkline_contracts.event import Event
from chalkline_contracts.goals import GoalAbandoned

from goals.facts import GoalsFacts
from goals.goal import (
    Abandoned,
    AbandonGoal,
    Achieved,
    Active,
    AgreeGoal,
    Baselined,
    ConfirmAchievement,
    CountMeasurement,
    CountObserved,
    Draft,
    DraftGoal,
    Goal,
    GoalCommand,
    ProposeGoal,
    RechartGoal,
    RecordBaseline,
    RecordProgress,
    RetractMeasurement,
    RetractProgress,
    TargetMet,
    Unset,
    same_metric,
)
from goals.goal_progress import achieve, count, count_observed, progress, retract, retract_told
from goals.goal_recharting import rechart
from goals.goal_setting import agree, draft, propose, record_baseline
from goals.partnership import acting_partner
from goals.refusals import (
    GoalAlreadyAbandoned,
    GoalAlreadyAchieved,
    GoalAlreadyDrafted,
    GoalAlreadySet,
    GoalNotActive,
    GoalNotFound,
    MeasurementUnknown,
    MetricDiffers,
    NoBaseline,
    NothingProposed,
    NotYetHappened,
    TargetNotMet,
)


def decide(goal: Goal, command: GoalCommand, facts: GoalsFacts, *, now: datetime) -> list[Event]:
    match command, goal:
        case RecordProgress(), (Active() | TargetMet() | Achieved()):
            by = acting_partner(facts.partners(goal.whose.owner_ids), facts.by)
            measurement = command.measurement.recorded(uuid5(facts.command_id, "0"), by)
            if not same_metric(goal.terms.metric, measurement):
                raise MetricDiffers(metric_code=goal.terms.metric.metric_code)
            if measurement.occurred_at > now:
                raise NotYetHappened
            return progress(goal, measurement, None)

        case DraftGoal(), Unset():
            return draft(command, facts)
        case DraftGoal(), _:
            raise GoalAlreadyDrafted
        case _, Unset():
            raise GoalNotFound

        # What was measured is counted even after the cycle closed: it happened, only the news was late.
        case CountMeasurement(), (Baselined() | Active() | TargetMet() | Achieved()):
            return count(goal, command)
        case CountObserved(), (Baselined() | Active() | TargetMet() | Achieved()):
            return count_observed(goal, command)
        # Without a baseline nothing counts; with one, all is counted that was observed for the goal until then.
        case ((CountMeasurement() | CountObserved()), _):
            return []
        case RetractMeasurement(), (Baselined() | Active() | TargetMet() | Achieved() | Abandoned()):
            return retract(goal, command)
        case RetractMeasurement(), _:
            return []
        # Of an abandoned goal as well: what never was so must not stay.
        case RetractProgress(), (Baselined() | Active() | TargetMet() | Achieved() | Abandoned()):
            return retract_told(goal, command, facts)
        case RetractProgress(), _:
            raise MeasurementUnknown

        case _, Abandoned():
            raise GoalAlreadyAbandoned
        case AbandonGoal(), Achieved():
            raise GoalAlreadyAchieved
        case AbandonGoal(), _:
            return [
                GoalAbandoned(
                    cycle_id=goal.whose.cycle_id,
                    partnership_id=goal.whose.partnership_id,
                    reason_code=command.reason_code,
                    reason_ref=command.reason.ref if command.reason else None,
                )
            ]

        case RecordBaseline(), _:
            return record_baseline(goal, command, facts, now)
        case ProposeGoal(), Draft():
            raise NoBaseline
        case ProposeGoal(), Baselined():
            return propose(goal, command, facts, now)
        case AgreeGoal(), Draft():
            raise NothingProposed
        case AgreeGoal(), Baselined():
            return agree(goal, facts)
        case ((ProposeGoal() | AgreeGoal()), _):
            raise GoalAlreadySet

        case RechartGoal(), (Active() | TargetMet()):
            return rechart(goal, command, facts, now)
        case ((RechartGoal() | ConfirmAchievement()), Achieved()):
            raise GoalAlreadyAchieved

        case ConfirmAchievement(), TargetMet():
            return [achieve(goal, facts)]
        case ConfirmAchievement(), Active():
            raise TargetNotMet
        case _:
            raise GoalNotActive
