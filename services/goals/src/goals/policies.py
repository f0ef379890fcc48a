"""Whenever something is observed, or a baseline is there, then it is measured; whenever a target is met, a district
may confirm it; whenever a coach evaluates or leaves the district, coaching is suspended.
"""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from backbone.deciding import Reaction
from backbone.district import policy_in
from backbone.policies import Look, Policy
from backbone.recorded import Recorded
from chalkline_contracts.directory import (
    EvaluatorAssigned,
    EvaluatorWithdrawn,
    PersonDeactivated,
    RoleAssigned,
)
from chalkline_contracts.goals import BaselineRecorded, GoalTargetMet, PartnershipAgreed
from chalkline_contracts.observations import ObservationCorrected, ObservationRecorded, ObservationVoided

from goals.aggregates import GOAL, PARTNERSHIP
from goals.arithmetic import local_day
from goals.goal import ConfirmAchievement, CountMeasurement, RetractMeasurement
from goals.observed import everything
from goals.partnership import SuspendPartnership

Observed = ObservationRecorded | ObservationCorrected | ObservationVoided


async def when_observed(recorded: Recorded[Observed], _: Look) -> AsyncIterator[Reaction]:
    """What was observed counts for each goal it was made for; what it replaces, or holds no more, is retracted first.

    A goal of another metric takes no notice. One policy for all that becomes of an observation: should one event of it
    have to wait, so do those that follow.
    """
    event = recorded.event
    gone, cause = _taken_back(event)
    retract = [RetractMeasurement(measurement_id=own, cause=cause) for own in gone]
    count = [
        CountMeasurement(
            measurement=measurement,
            observation_id=recorded.aggregate_id,
            partnership_id=event.partnership_id,
        )
        for measurement in (() if isinstance(event, ObservationVoided) else event.measurements)
    ]
    for goal_id in event.goal_ids:
        for ordinal, command in enumerate((*retract, *count)):
            yield Reaction(GOAL.name, goal_id, command, ordinal)


def _taken_back(event: Observed) -> tuple[tuple[UUID, ...], str]:
    """Which measurements do not hold any more, and why."""
    match event:
        case ObservationRecorded():
            return (), ""
        case ObservationCorrected():
            return event.replaced_measurement_ids, "observation_corrected"
        case ObservationVoided():
            return event.measurement_ids, "observation_voided"


async def when_baseline_recorded(recorded: Recorded[BaselineRecorded], look: Look) -> AsyncIterator[Reaction]:
    """What was observed for a goal before it had a baseline was not counted when it was heard of, and is now.

    Twice, because it may be taken back in between: what is taken back once the first has counted it is retracted as
    ever, and what was taken back before that is seen by the second. What is observed later finds the baseline.
    """
    for ordinal in (0, 1):
        observed = await look("observed_for_goal", recorded.aggregate_id)
        if observed is None:
            return
        yield Reaction(GOAL.name, recorded.aggregate_id, everything(observed), ordinal)


async def when_target_met(recorded: Recorded[GoalTargetMet], look: Look) -> AsyncIterator[Reaction]:
    """A district whose policy says so confirms by itself; what was met before it said so waits for an owner."""
    since = policy_in(await look("policy", recorded.tenant)).auto_confirm_since
    if since is not None and since <= recorded.recorded_at:
        yield Reaction(GOAL.name, recorded.aggregate_id, ConfirmAchievement())


async def when_a_coach_comes_to_evaluate(recorded: Recorded[Any], look: Look) -> AsyncIterator[Reaction]:
    """Whoever evaluates a teacher cannot coach that teacher, whichever of the two came first (rule 8).

    Asked of what made the coach an evaluator and of what made the evaluator a coach: each is projected before
    its policy runs, so the later one sees the other. A role counts that holds on the day the news was recorded, by the
    district's clock; one that begins later is for `coming_evaluators`.
    """
    agreed = isinstance(recorded.event, PartnershipAgreed)
    found = await look("evaluated_by_coach", recorded.event.coach_id if agreed else recorded.aggregate_id)
    if found is None:
        return
    today = local_day(recorded.recorded_at, found["time_zone"])
    told = zip(*(found[name] for name in ("partnership_ids", "coach_ids", "sinces", "untils")), strict=True)
    evaluating = {partnership: coach for partnership, coach, since, until in told if since <= today <= until}
    for partnership_id, coach_id in evaluating.items():
        suspend = SuspendPartnership(reason_code="coach_evaluates", coach_id=coach_id)
        yield Reaction(PARTNERSHIP.name, partnership_id, suspend)


async def when_a_coach_leaves(
    recorded: Recorded[PersonDeactivated | PartnershipAgreed], look: Look
) -> AsyncIterator[Reaction]:
    """Whoever has left the district coaches nobody, whichever was told last: that they left, or that all had agreed."""
    event = recorded.event
    coach_id = event.coach_id if isinstance(event, PartnershipAgreed) else recorded.aggregate_id
    found = await look("coached_by_who_left", coach_id)
    for partnership_id in found["partnership_ids"] if found else ():
        suspend = SuspendPartnership(reason_code="coach_left", coach_id=coach_id)
        yield Reaction(PARTNERSHIP.name, partnership_id, suspend)


POLICIES = (
    Policy(
        name="when_observed",
        handles=(ObservationRecorded, ObservationCorrected, ObservationVoided),
        react=when_observed,
    ),
    Policy(name="when_baseline_recorded", handles=(BaselineRecorded,), react=when_baseline_recorded),
    Policy(name="when_target_met", handles=(GoalTargetMet,), react=when_target_met),
    Policy(
        name="when_a_coach_comes_to_evaluate",
        handles=(EvaluatorAssigned, EvaluatorWithdrawn, RoleAssigned, PartnershipAgreed),
        react=when_a_coach_comes_to_evaluate,
    ),
    Policy(
        name="when_a_coach_leaves",
        handles=(PersonDeactivated, PartnershipAgreed),
        react=when_a_coach_leaves,
    ),
)
