"""Whenever a cycle comes to a milestone, then those it concerns are told."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Final
from uuid import UUID, uuid5

from backbone.deciding import Reaction
from backbone.district import policy_in
from backbone.policies import Look, NotProjected, Policy
from backbone.recorded import Recorded
from chalkline_contracts import goals as g
from chalkline_contracts.event import Event
from chalkline_contracts.notifications import MilestoneReached

from notifications import due
from notifications.aggregates import CYCLE_WATCH, NOTIFICATION
from notifications.audience import audience, leads, rule_in_force
from notifications.clocks import concerned
from notifications.cycle_watch import ReachMilestone
from notifications.notification import Notify
from notifications.overload import overloads
from notifications.rules import GLASS_BROKEN, Rule

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
    owners = concerned(goal["owner_ids"]) if goal else None
    people = {
        "teacher": [one for one in cycle["teacher_ids"] if owners is None or one in owners],
        "coach": [cycle["coach_id"]] if cycle["coach_id"] else [],
        "coaching_lead": await leads(look, recorded.tenant, rule),
    }
    yield _reached(recorded, rule, cycle_id, people, goal_id=goal_id)


def _reached(
    recorded: Recorded[Any],
    rule: Rule,
    watch_id: UUID,
    people: Mapping[str, Sequence[UUID]],
    *,
    goal_id: UUID | None = None,
    of_partnership: bool = False,
) -> Reaction:
    return Reaction(
        CYCLE_WATCH.name,
        watch_id,
        ReachMilestone(
            milestone=rule.milestone,
            rule_version=rule.version,
            occurrence=occurrence_of(recorded, goal_id),
            due_at=recorded.recorded_at,
            goal_id=goal_id,
            of_partnership=of_partnership,
            recipients=audience(rule, people),
        ),
    )


async def when_a_coach_takes_on_more(recorded: Recorded[Any], look: Look) -> AsyncIterator[Reaction]:
    """A cycle that begins, a teacher who joins one, a partnership that was handed over: whoever coaches it now may
    have too many teachers. Raises NotProjected while the cycle is not known here.
    """
    event, own_id = recorded.event, recorded.aggregate_id
    of_partnership = isinstance(event, g.PartnershipAgreed)
    if of_partnership:
        coach_id = event.coach_id
    elif cycle := await look("cycle", own_id):
        coach_id = cycle["coach_id"]
    else:
        raise NotProjected
    load = await look("coaching_load", coach_id) if coach_id else None
    if load is None:
        return
    within = load["partnership_ids"] if of_partnership else load["cycle_ids"]
    limit = policy_in(await look("policy", recorded.tenant)).caseload_limit
    rule = await rule_in_force(look, recorded.tenant, "CaseloadOverload", None, recorded.recorded_at)
    if rule.enabled and overloads(zip(load["teacher_ids"], within, strict=True), own_id, limit):
        people = {"coach": [coach_id], "coaching_lead": await leads(look, recorded.tenant, rule)}
        yield _reached(recorded, rule, own_id, people, of_partnership=of_partnership)


async def when_coaching_is_suspended(
    recorded: Recorded[g.PartnershipSuspended], look: Look
) -> AsyncIterator[Reaction]:
    """Both hear of it, the coach for the last time."""
    event = recorded.event
    rule = await rule_in_force(look, recorded.tenant, "CoachingSuspended", None, recorded.recorded_at)
    if rule.enabled:
        people = {"teacher": event.teacher_ids, "coach": [event.coach_id]}
        yield _reached(recorded, rule, recorded.aggregate_id, people, of_partnership=True)


async def when_glass_is_broken(recorded: Recorded[g.BreakGlassApproved], _: Look) -> AsyncIterator[Reaction]:
    """The teacher hears of it, whatever a district's rules say: for this there are none."""
    teacher_id = recorded.event.teacher_id
    yield Reaction(
        NOTIFICATION.name,
        uuid5(recorded.event_id, str(teacher_id)),
        Notify(
            milestone=GLASS_BROKEN,
            recipient_id=teacher_id,
            due_at=recorded.recorded_at,
            occurrence=due.of_break_glass(recorded.aggregate_id),
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
                partnership_id=event.partnership_id,
                recipient_id=recipient.person_id,
                goal_id=event.goal_id,
                due_at=event.due_at,
                occurrence=event.occurrence,
            ),
        )


POLICIES = (
    Policy(name="when_a_cycle_comes_to_a_milestone", handles=EVENTS, react=when_a_cycle_comes_to_a_milestone),
    Policy(
        name="when_a_coach_takes_on_more",
        handles=(g.CycleStarted, g.CycleMemberJoined, g.PartnershipAgreed),
        react=when_a_coach_takes_on_more,
    ),
    Policy(
        name="when_coaching_is_suspended",
        handles=(g.PartnershipSuspended,),
        react=when_coaching_is_suspended,
    ),
    Policy(name="when_glass_is_broken", handles=(g.BreakGlassApproved,), react=when_glass_is_broken),
    Policy(
        name="when_a_milestone_is_reached", handles=(MilestoneReached,), react=when_a_milestone_is_reached
    ),
)
