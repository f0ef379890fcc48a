"""Whenever a cycle comes to a milestone, then those it concerns are told."""

from collections.abc import AsyncIterator
from typing import Any, Final
from uuid import UUID, uuid5

from backbone.deciding import Reaction
from backbone.policies import Look, NotProjected, Policy
from backbone.recorded import Recorded
from chalkline_contracts import goals as g
from chalkline_contracts.event import Event
from chalkline_contracts.notifications import MilestoneReached

from notifications import due
from notifications.aggregates import CYCLE_WATCH, NOTIFICATION
from notifications.audience import audience, leads, rule_in_force
from notifications.cycle_watch import ReachMilestone
from notifications.notification import Notify

TRENDS: Final = {"on_track": "GoalOnTrack", "at_risk": "GoalAtRisk", "stalled": "GoalStalled"}

EVENTS: tuple[type[Event], ...] = (
    g.CycleStarted, g.BaselineRecorded, g.GoalSet, g.GoalTrendChanged, g.GoalTargetMet, g.GoalAchieved,
    g.CycleCompleted, g.CycleClosedEarly, g.FollowUpRecorded,
)  # fmt: skip


def milestone_of(event: Event) -> str | None:
    """The milestone that an event reaches at once; None: none."""
    match event:
        case g.CycleStarted():
            return "CycleOpened"
        case g.GoalTrendChanged():
            return TRENDS[event.trend]
        case g.CycleCompleted() | g.CycleClosedEarly():
            return "CycleClosed"
        case g.FollowUpRecorded():
            return "Lapsed" if event.outcome == "lapsed" else None
    return type(event).__name__


def occurrence_of(recorded: Recorded[Any], goal_id: UUID | None) -> str:
    """A stall is told once for each best measurement, everything else with each event."""
    match recorded.event:
        case g.GoalTrendChanged(trend="stalled", best_id=best_id) if goal_id:
            return due.of_best(best_id, goal_id)
    return due.of_event(recorded.event_id, goal_id)


async def when_a_cycle_comes_to_a_milestone(recorded: Recorded[Any], look: Look) -> AsyncIterator[Reaction]:
    """Milestones that an event reaches at once, by the district's rule in force when it was recorded.

    Raises NotProjected while its cycle is not known here: nobody would hear of it.
    """
    event = recorded.event
    milestone = milestone_of(event)
    if milestone is None:
        return
    is_goal = type(event).aggregate == "Goal"
    cycle_id = event.cycle_id if is_goal else recorded.aggregate_id
    goal_id = recorded.aggregate_id if is_goal else None
    cycle, goal = await look("cycle", cycle_id), await look("goal", goal_id) if goal_id else None
    if cycle is None or (goal_id and goal is None):
        raise NotProjected
    rule = await rule_in_force(look, recorded.tenant, milestone, cycle["band"], recorded.recorded_at)
    if not rule.enabled:
        return
    yield Reaction(
        CYCLE_WATCH.name,
        cycle_id,
        ReachMilestone(
            milestone=rule.milestone,
            rule_version=rule.version,
            occurrence=occurrence_of(recorded, goal_id),
            due_at=recorded.recorded_at,
            goal_id=goal_id,
            recipients=audience(
                rule, cycle, await leads(look, recorded.tenant, rule), goal["owner_ids"] if goal else None
            ),
        ),
    )


async def when_a_milestone_is_reached(
    recorded: Recorded[MilestoneReached], _: Look
) -> AsyncIterator[Reaction]:
    """Everyone it concerns gets a notification of their own."""
    event = recorded.event
    for recipient in event.recipients:
        yield Reaction(
            NOTIFICATION.name,
            uuid5(recorded.event_id, str(recipient.person_id)),
            Notify(
                milestone=event.milestone,
                cycle_id=event.cycle_id,
                recipient_id=recipient.person_id,
                goal_id=event.goal_id,
                due_at=event.due_at,
            ),
        )


POLICIES = (
    Policy(name="when_a_cycle_comes_to_a_milestone", handles=EVENTS, react=when_a_cycle_comes_to_a_milestone),
    Policy(
        name="when_a_milestone_is_reached", handles=(MilestoneReached,), react=when_a_milestone_is_reached
    ),
)
