"""From events to what is known: a pure fold, one event of one aggregate at a time.

Order holds within an aggregate and nowhere else, so a state is made of its own aggregate's events alone.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from backbone.recorded import Recorded
from chalkline_contracts import directory as d
from chalkline_contracts import goals as g
from chalkline_contracts import observations as o
from chalkline_contracts.event import Event
from chalkline_contracts.notifications import MilestoneReached, MilestoneRulePublished

from notifications import watched as w
from notifications.rules import TIMED

VISITING: Final = ("model", "coteach")
"""The activities that are visits."""


def cycle(known: w.Cycle | None, recorded: Recorded[Any]) -> w.Cycle | None:
    match recorded.event:
        case g.CycleStarted() as event:
            return w.Cycle(
                event.partnership_id, event.coach_id, event.teacher_ids, event.focus, _first(event.phases),
                recorded.occurred_at, recorded.recorded_at, event.cadence_days, event.planned_weeks, event.time_zone,
                began=recorded.position,
            )  # fmt: skip
        case _ if known is None:
            return None
        case g.CyclePhaseEntered() as event:
            return replace(known, phase=event.phase)
        case g.CycleMemberJoined() as event:
            return replace(known, teacher_ids=tuple(dict.fromkeys((*known.teacher_ids, event.teacher_id))))
        case g.CycleMemberLeft() as event:
            left = tuple(teacher for teacher in known.teacher_ids if teacher != event.teacher_id)
            return replace(known, teacher_ids=left)
        case g.CyclePaused():
            return replace(known, pauses=(*known.pauses, w.Pause(recorded.occurred_at)))
        case g.CycleResumed():
            return replace(known, pauses=_resumed(known.pauses, recorded))
        case g.CycleCompleted() | g.CycleClosedEarly():
            pauses = _resumed(known.pauses, recorded)
            return replace(known, closed_at=recorded.occurred_at, pauses=pauses)
        case g.FollowUpRecorded():
            return replace(known, followed_up=known.followed_up + 1)
    return known


def _first(phases: tuple[str, ...]) -> str | None:
    return phases[0] if phases else None


def _resumed(pauses: tuple[w.Pause, ...], recorded: Recorded[Any]) -> tuple[w.Pause, ...]:
    if not pauses or pauses[-1].end is not None:
        return pauses
    return (*pauses[:-1], w.Pause(pauses[-1].begin, recorded.occurred_at))


def partnership(known: w.Partnership | None, recorded: Recorded[Any]) -> w.Partnership | None:
    match recorded.event:
        case g.PartnershipAgreed() as event:
            return w.Partnership(event.coach_id, "agreed")
        case g.PartnershipSuspended() as event:
            return w.Partnership(event.coach_id, "suspended")
        case g.CoachHandedOver() as event:
            return w.Partnership(event.to_coach_id, "handed_over")
        case g.PartnershipEnded() as event:
            return w.Partnership(event.coach_id, "ended")
    return known


def goal(known: w.Goal | None, recorded: Recorded[Any]) -> w.Goal | None:
    match recorded.event:
        case g.GoalDrafted() as event:
            return w.Goal(event.cycle_id, event.owner_ids)
        case _ if known is None:
            return None
        case g.ProgressRetracted():
            return _retracted(known, str(recorded.event.measurement_id), recorded.recorded_at)
        case g.BaselineRecorded(measurements=taken):
            return replace(known, baseline=tuple(str(one.measurement_id) for one in taken))
        case g.GoalProposed():
            return replace(known, proposal=w.Proposal(recorded.event_id, recorded.recorded_at))
        case g.GoalAgreed(by=by) if known.proposal:
            agreed = (*known.proposal.agreed, by)
            return replace(known, proposal=replace(known.proposal, agreed=agreed))
        case g.GoalSet():
            return replace(_active(known, recorded), proposal=None, set_at=recorded.occurred_at)
        case g.GoalRecharted() | g.AchievementWithdrawn():
            return _active(known, recorded)
        case g.GoalTrendChanged(trend=trend):
            return replace(known, trend=trend)
        case g.GoalTargetMet():
            return replace(known, active=False)
        case g.GoalAchieved() | g.GoalAbandoned():
            return replace(known, active=False, over=True, proposal=None)
    return known


def _active(known: w.Goal, recorded: Recorded[Any]) -> w.Goal:
    return replace(known, active=True, over=False, active_since=recorded.recorded_at)


def _retracted(known: w.Goal, measurement_id: str, recorded_at: datetime) -> w.Goal:
    baseline = tuple(one for one in known.baseline if one != measurement_id)
    if known.baseline and not baseline:
        known = replace(known, baseline_gone_at=recorded_at)
    return replace(known, baseline=baseline)


MEASURING: Final[tuple[type[Event], ...]] = (g.ProgressMeasured, g.BaselineRecorded, g.ProgressRetracted)
"""What changes which measurements of a goal hold. They are kept beside it, for there may be a thousand of them."""


def measured(recorded: Recorded[Any]) -> Sequence[tuple[UUID, w.Measured]]:
    """The measurements of a goal that an event tells."""
    match recorded.event:
        case g.ProgressMeasured(measurement=one):
            return [(one.measurement_id, w.Measured(one.occurred_at, recorded.recorded_at))]
        case g.BaselineRecorded(measurements=taken):
            return [(one.measurement_id, w.Measured(one.occurred_at, recorded.recorded_at)) for one in taken]
    return ()


def observation(known: w.Visit | None, recorded: Recorded[Any]) -> w.Visit | None:
    match recorded.event:
        case o.ObservationRecorded() as event:
            at, told = event.started_at, recorded.recorded_at
            return w.Visit(event.cycle_id, event.partnership_id, at, told, feedback_from=told)
        case _ if known is None:
            return None
        case o.ObservationCorrected() as event:
            known = replace(known, cycle_id=event.cycle_id)
            if event.started_at == known.at:
                return known
            told, back = recorded.recorded_at, _taken_back(known, recorded)
            return replace(known, at=event.started_at, recorded_at=told, taken_back=back)
        case o.ObservationVoided():
            return replace(known, voided=True, taken_back=_taken_back(known, recorded))
        case o.FeedbackShared():
            return replace(known, shared=True)
    return known


def _taken_back(known: w.Visit, recorded: Recorded[Any]) -> tuple[tuple[datetime, datetime], ...]:
    return (*known.taken_back, (known.at, recorded.recorded_at))


def activity(known: w.Visit | None, recorded: Recorded[Any]) -> w.Visit | None:
    match recorded.event:
        case o.ActivityHeld(partnership_id=partnership_id) as event if (
            event.type in VISITING and partnership_id is not None
        ):
            return w.Visit(event.cycle_id, partnership_id, event.started_at, recorded.recorded_at)
    return known


def action_step(known: w.Step | None, recorded: Recorded[Any]) -> w.Step | None:
    match recorded.event:
        case g.ActionStepOffered() as event:
            return w.Step(
                event.cycle_id, event.teacher_id, event.goal_id, event.check_back_on, recorded.recorded_at
            )
        case g.ActionStepResponded() as event if known:
            return replace(known, response=event.response)
        case g.ActionStepMastered() if known:
            return replace(known, mastered=True)
    return known


def district(known: w.District | None, recorded: Recorded[Any]) -> w.District | None:
    known = known or w.District()
    match recorded.event:
        case d.DistrictOpened(time_zone=time_zone):
            return replace(known, time_zone=time_zone)
        case d.CalendarChanged(terms=terms, holidays=holidays):
            return replace(known, terms=terms, holidays=holidays, calendar_at=recorded.recorded_at)
        case d.DistrictPolicyChanged(quiet_hours=quiet_hours):
            return replace(known, quiet_hours=quiet_hours)
    return known


def person(known: w.Person | None, recorded: Recorded[Any]) -> w.Person | None:  # noqa: ARG001 - folds share a shape
    return w.Person(recorded.event.experience_band)


def milestone_rule(known: w.PublishedRule | None, recorded: Recorded[Any]) -> w.PublishedRule | None:
    match recorded.event:
        case MilestoneRulePublished() as event:
            version = w.RuleVersion(
                event.version, event.enabled, event.days, event.hours, event.recipients, recorded.recorded_at
            )
            before = known.versions if known else ()
            return w.PublishedRule(event.milestone, event.experience_band, (version, *before))
    return known


def cycle_watch(known: w.Watch | None, recorded: Recorded[Any]) -> w.Watch | None:
    match recorded.event:
        case MilestoneReached() as event if event.milestone in TIMED:  # no timer asks for the others
            before = known.reached if known else ()
            return w.Watch((*before, (event.milestone, event.occurrence)))
    return known


Fold = Callable[[Any, Recorded[Any]], w.Watched | None]

KINDS: Final[dict[str, tuple[type[w.Watched], Fold]]] = {
    "Cycle": (w.Cycle, cycle),
    "Partnership": (w.Partnership, partnership),
    "Goal": (w.Goal, goal),
    "Observation": (w.Visit, observation),
    "Activity": (w.Visit, activity),
    "ActionStep": (w.Step, action_step),
    "District": (w.District, district),
    "Person": (w.Person, person),
    "MilestoneRule": (w.PublishedRule, milestone_rule),
    "CycleWatch": (w.Watch, cycle_watch),
}
"""By the kind of aggregate: what is known of one, and how an event changes it."""

HANDLES: Final[tuple[type[Event], ...]] = (
    g.CycleStarted, g.CyclePhaseEntered, g.CycleMemberJoined, g.CycleMemberLeft, g.CyclePaused, g.CycleResumed,
    g.CycleCompleted, g.CycleClosedEarly, g.FollowUpRecorded,
    g.PartnershipAgreed, g.PartnershipSuspended, g.CoachHandedOver, g.PartnershipEnded,
    g.GoalDrafted, g.BaselineRecorded, g.GoalProposed, g.GoalAgreed, g.GoalSet, g.ProgressMeasured,
    g.ProgressRetracted, g.GoalRecharted, g.GoalTrendChanged, g.GoalTargetMet, g.GoalAchieved,
    g.AchievementWithdrawn, g.GoalAbandoned,
    g.ActionStepOffered, g.ActionStepResponded, g.ActionStepMastered,
    o.ObservationRecorded, o.ObservationCorrected, o.ObservationVoided, o.FeedbackShared, o.ActivityHeld,
    d.DistrictOpened, d.CalendarChanged, d.DistrictPolicyChanged,
    d.PersonEnrolled, d.PersonChanged, d.PersonDeactivated,
    MilestoneRulePublished, MilestoneReached,
)  # fmt: skip
"""The events that change something that is known."""
