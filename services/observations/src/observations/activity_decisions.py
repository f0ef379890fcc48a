"""What is decided about an activity: whose time it is, that it takes minutes somebody could give, and only once."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from chalkline_contracts.event import Event
from chalkline_contracts.observations import ActivityHeld, ActivityMissed, ActivityPlanned

from observations import pair
from observations.activity import (
    Activity,
    ActivityCommand,
    ActivityFacts,
    Held,
    HoldActivity,
    MissActivity,
    Missed,
    Occasion,
    PlanActivity,
    Planned,
    Unset,
)
from observations.refusals import (
    ActivityAlreadyHeld,
    ActivityAlreadyMissed,
    ActivityAlreadyPlanned,
    ActivityNotFound,
    ActivityUntold,
    MinutesOutOfRange,
    NotYetHappened,
    ParticipantsTooFew,
    PartnershipDiffers,
    PartnershipMissing,
    ScheduledInThePast,
    TeacherNotInPartnership,
)

WITHOUT_A_PAIR: Final = frozenset({"pd", "admin"})
"""Training for many, and administration: a coach's time that is no partnership's."""
SHORTEST, LONGEST = 1, 480


def decide(
    activity: Activity, command: ActivityCommand, facts: ActivityFacts, *, now: datetime
) -> list[Event]:
    match command, activity:
        case PlanActivity(), Unset():
            return [_plan(command, facts, now)]
        case PlanActivity(), _:
            raise ActivityAlreadyPlanned(activity_id=facts.aggregate_id)
        case HoldActivity(), Unset() | Planned():
            planned = activity.occasion if isinstance(activity, Planned) else None
            return [_hold(planned, command, facts, now)]
        case MissActivity(), Planned():
            return [_miss(activity.occasion, command, facts)]
        case _, Held():
            raise ActivityAlreadyHeld(activity_id=facts.aggregate_id)
        case _, Missed():
            raise ActivityAlreadyMissed(activity_id=facts.aggregate_id)
        case _:
            raise ActivityNotFound(activity_id=facts.aggregate_id)


def _plan(command: PlanActivity, facts: ActivityFacts, now: datetime) -> ActivityPlanned:
    coach_id, teacher_ids = _whose(command.type, command.partnership_id, command.teacher_ids, facts)
    pair.within(command.partnership_id, command.cycle_id, facts.cycle)
    pair.in_phase(command.phase, facts.cycle)
    _check_minutes(command.minutes)
    if command.scheduled_at <= now:
        raise ScheduledInThePast(scheduled_at=command.scheduled_at)
    return ActivityPlanned(
        type=command.type,
        scheduled_at=command.scheduled_at,
        minutes=command.minutes,
        coach_id=coach_id,
        partnership_id=command.partnership_id,
        teacher_ids=teacher_ids,
        cycle_id=command.cycle_id,
        phase=command.phase,
        planned_by=facts.author,
    )


def _hold(
    planned: Occasion | None, command: HoldActivity, facts: ActivityFacts, now: datetime
) -> ActivityHeld:
    kind, minutes, partnership_id = command.type, command.minutes, command.partnership_id
    named, cycle_id, phase = command.teacher_ids, command.cycle_id, command.phase
    if planned is not None:
        if partnership_id not in {None, planned.partnership_id}:
            raise PartnershipDiffers(partnership_id=planned.partnership_id)
        kind, partnership_id = kind or planned.type, planned.partnership_id
        minutes = planned.minutes if minutes is None else minutes
        named, cycle_id, phase = (
            named or planned.teacher_ids,
            cycle_id or planned.cycle_id,
            phase or planned.phase,
        )
    if kind is None or minutes is None:
        raise ActivityUntold
    coach_id, teacher_ids = _whose(kind, partnership_id, named, facts)
    pair.within(partnership_id, command.cycle_id, facts.cycle)
    if command.cycle_id is not None or command.phase is not None:  # what was planned need not be asked again
        pair.in_phase(phase, facts.cycle)
    _check_minutes(minutes)
    if command.started_at + timedelta(minutes=minutes) > now:
        raise NotYetHappened
    participants_n = len(teacher_ids) if command.participants_n is None else command.participants_n
    if participants_n < len(teacher_ids):
        raise ParticipantsTooFew(teachers_n=len(teacher_ids))
    return ActivityHeld(
        type=kind,
        started_at=command.started_at,
        minutes=minutes,
        coach_id=coach_id,
        partnership_id=partnership_id,
        teacher_ids=teacher_ids,
        participants_n=participants_n,
        cycle_id=cycle_id,
        phase=phase,
        recorded_by=facts.author,
    )


def _miss(planned: Occasion, command: MissActivity, facts: ActivityFacts) -> ActivityMissed:
    return ActivityMissed(
        type=planned.type,
        coach_id=planned.coach_id,
        partnership_id=planned.partnership_id,
        teacher_ids=planned.teacher_ids,
        cycle_id=planned.cycle_id,
        reason_code=command.reason_code,
        recorded_by=facts.author,
    )


def _whose(
    kind: str, partnership_id: UUID | None, named: tuple[UUID, ...], facts: ActivityFacts
) -> tuple[UUID, tuple[UUID, ...]]:
    """The coach whose time it is, as the partnership stands now, and the teachers."""
    if partnership_id is not None:
        partnership = pair.agreed(facts.partnership)
        return partnership.coach_id, pair.teachers(named, partnership)
    if kind not in WITHOUT_A_PAIR:
        raise PartnershipMissing
    if named:
        raise TeacherNotInPartnership(teacher_ids=sorted(named))
    return facts.author, ()


def _check_minutes(minutes: int) -> None:
    if not SHORTEST <= minutes <= LONGEST:
        raise MinutesOutOfRange(minutes=minutes)
