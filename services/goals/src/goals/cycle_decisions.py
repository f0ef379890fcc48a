"""What is decided about a cycle: who starts one, in which place, and what may be asked of it while open and after."""

from datetime import datetime
from uuid import UUID

from chalkline_contracts.event import Event
from chalkline_contracts.goals import (
    CycleClosedEarly,
    CycleCompleted,
    CycleMemberJoined,
    CycleMemberLeft,
    CyclePaused,
    CyclePhaseEntered,
    CycleResumed,
    CycleStarted,
    FollowUpRecorded,
)

from goals import partnership
from goals.arithmetic import is_time_zone
from goals.cycle import (
    CloseCycleEarly,
    ClosedEarly,
    CompleteCycle,
    Completed,
    Cycle,
    CycleCommand,
    EnterPhase,
    JoinCycle,
    LeaveCycle,
    Open,
    PauseCycle,
    Plan,
    RecordFollowUp,
    ResumeCycle,
    StartCycle,
    Unset,
)
from goals.facts import GoalsFacts
from goals.partnership import acting_partner
from goals.refusals import (
    AlreadyInPhase,
    CycleAlreadyStarted,
    CycleIsPaused,
    CycleNotFound,
    CycleNotOpen,
    CycleNotPaused,
    CycleStillOpen,
    LastTeacherStays,
    PartnershipNotAgreed,
    PhaseUnknown,
    SchoolNotTheirs,
    TeacherAlreadyInCycle,
    TeacherNotInCycle,
    TeacherNotInPartnership,
    TemplateUnknown,
    TimeZoneUnknown,
)


def decide(state: Cycle, command: CycleCommand, facts: GoalsFacts, *, now: datetime) -> list[Event]:
    del now
    match command, state:
        case StartCycle(), Unset():
            return _start(command, facts)
        case StartCycle(), _:
            raise CycleAlreadyStarted
        case _, Unset():
            raise CycleNotFound

        case RecordFollowUp(), (Completed(plan) | ClosedEarly(plan)):
            return [
                FollowUpRecorded(
                    partnership_id=plan.partnership_id,
                    focus=plan.focus,
                    outcome=command.outcome,
                    by=_by(plan, facts),
                )
            ]
        case RecordFollowUp(), _:
            raise CycleStillOpen
        case _, (Completed() | ClosedEarly()):
            raise CycleNotOpen

        case CompleteCycle(), Open(plan):
            return [CycleCompleted(partnership_id=plan.partnership_id, focus=plan.focus, place=plan.place)]
        case CloseCycleEarly(), Open(plan):
            return [
                CycleClosedEarly(
                    partnership_id=plan.partnership_id,
                    focus=plan.focus,
                    reason_code=command.reason_code,
                    reason_ref=command.reason.ref if command.reason else None,
                    place=plan.place,
                )
            ]
        case _, Open():
            return [_changed(state, command, facts)]


def _changed(
    state: Open,
    command: EnterPhase | JoinCycle | LeaveCycle | PauseCycle | ResumeCycle,
    facts: GoalsFacts,
) -> Event:
    plan = state.plan
    match command:
        case JoinCycle(teacher_id=teacher_id):
            if teacher_id in plan.teacher_ids:
                raise TeacherAlreadyInCycle(teacher_id=str(teacher_id))
            of = facts.partnership
            if isinstance(of, partnership.Unset) or teacher_id not in of.pair.teacher_ids:
                raise TeacherNotInPartnership
            if not isinstance(of, partnership.Agreed):  # whoever joins comes to read what is the group's
                raise PartnershipNotAgreed
            by = teacher_id if facts.by.person == teacher_id else _by(plan, facts)
            return CycleMemberJoined(partnership_id=plan.partnership_id, teacher_id=teacher_id, by=by)
        case LeaveCycle(teacher_id=teacher_id):
            if teacher_id not in plan.teacher_ids:
                raise TeacherNotInCycle(teacher_id=str(teacher_id))
            if len(plan.teacher_ids) == 1:
                raise LastTeacherStays
            return CycleMemberLeft(
                partnership_id=plan.partnership_id, teacher_id=teacher_id, by=_by(plan, facts)
            )
        case ResumeCycle():
            if not state.paused:
                raise CycleNotPaused
            return CycleResumed(partnership_id=plan.partnership_id, by=_by(plan, facts))
        case _ if state.paused:
            raise CycleIsPaused
        case PauseCycle():
            return CyclePaused(
                partnership_id=plan.partnership_id, by=_by(plan, facts), reason_code=command.reason_code
            )
        case EnterPhase(phase=phase):
            if phase not in plan.phases:
                raise PhaseUnknown(phase=phase, phases=list(plan.phases))
            if phase == state.phase:
                raise AlreadyInPhase(phase=phase)
            return CyclePhaseEntered(partnership_id=plan.partnership_id, phase=phase)


def _by(plan: Plan, facts: GoalsFacts) -> UUID:
    """Which partner acts. Raises NotAPartner for anyone else."""
    return acting_partner(facts.partners(plan.teacher_ids), facts.by)


def _start(command: StartCycle, facts: GoalsFacts) -> list[Event]:
    if not isinstance(facts.partnership, partnership.Agreed):
        raise PartnershipNotAgreed
    pair, template = facts.partnership.pair, facts.template
    if template is None or template.template != (command.template or pair.template):
        raise TemplateUnknown(template=command.template or pair.template)
    teacher_ids = command.teacher_ids or pair.teacher_ids
    if not set(teacher_ids) <= set(pair.teacher_ids):
        raise TeacherNotInPartnership
    theirs = [facts.people[teacher_id].school_ids for teacher_id in teacher_ids if teacher_id in facts.people]
    schools = frozenset[UUID]().union(*theirs)
    if command.school_id is not None and command.school_id not in schools:
        raise SchoolNotTheirs(school_id=str(command.school_id))
    if facts.time_zone is not None and not is_time_zone(facts.time_zone):
        raise TimeZoneUnknown(time_zone=facts.time_zone)
    started = CycleStarted(
        partnership_id=command.partnership_id,
        coach_id=pair.coach_id,
        teacher_ids=teacher_ids,
        focus=command.focus,
        template=template.template,
        phases=template.phases,
        planned_weeks=command.planned_weeks or template.planned_weeks,
        cadence_days=command.cadence_days or template.cadence_days,
        school_id=facts.school_id,
        time_zone=facts.time_zone,
        place=_place(facts),
    )
    # The first phase is told as any other, so that time in a phase is summed one way.
    return [started, CyclePhaseEntered(partnership_id=command.partnership_id, phase=template.phases[0])]


def _place(facts: GoalsFacts) -> int:
    """The first place that is free; where none is, the first all the same: the claim refuses it."""
    places = range(1, facts.open_cycles_per_focus + 1)
    return next((place for place in places if place not in facts.open_cycles), 1)
