"""A cycle: some weeks in which a partnership works on one focus, in the phases of its model.

A partnership has one open cycle a focus, or as many as its district's policy allows. Phases may be entered in any
order, for practice is not a waterfall: a pair that learns something new goes back to learn. Teachers of the
partnership may join and leave on the way. A pause stops its days, not its work; and some weeks after its end the pair
looks whether it still holds.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Literal
from uuid import UUID, uuid5

from backbone.deciding import Claim, Command, Release
from backbone.words import Words
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
    Sustained,
)
from chalkline_contracts.measurement import Versioned
from chalkline_contracts.values import Code

from goals import partnership
from goals.arithmetic import is_time_zone
from goals.model_template import CadenceDays, Weeks
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

if TYPE_CHECKING:
    from goals.facts import GoalsFacts


@dataclass(frozen=True, slots=True)
class Plan:
    """What a cycle set out to be, and who takes part."""

    partnership_id: UUID
    coach_id: UUID
    """Whoever coached when it started; who does now, the partnership says."""
    teacher_ids: tuple[UUID, ...]
    """Those who take part now."""
    focus: str
    template: str
    phases: tuple[str, ...]
    planned_weeks: int
    cadence_days: int
    school_id: UUID | None
    time_zone: str | None
    left: tuple[UUID, ...] = ()
    """Teachers who took part and do no more; they keep what is theirs."""
    place: int = 1


FollowUp = Literal["pending", "sustained", "lapsed"]


@dataclass(frozen=True, slots=True)
class Unset:
    pass


@dataclass(frozen=True, slots=True)
class Open:
    plan: Plan
    phase: str
    paused: bool = False


@dataclass(frozen=True, slots=True)
class Completed:
    plan: Plan
    follow_up: FollowUp = "pending"
    """What was found last, of as many times as the pair looks."""


@dataclass(frozen=True, slots=True)
class ClosedEarly:
    plan: Plan
    reason_code: str
    follow_up: FollowUp = "pending"


Cycle = Unset | Open | Completed | ClosedEarly
NONE = Unset()


class StartCycle(Command):
    """Start to work on a focus. What is left out is the partnership's or its model's."""

    partnership_id: UUID
    focus: Code
    teacher_ids: partnership.Teachers | None = None
    """Those of a group who take part; left out: all of them."""
    template: Versioned | None = None
    template_id: UUID | None = None
    """Needed for a model the district published itself: the id of its aggregate."""
    planned_weeks: Weeks | None = None
    cadence_days: CadenceDays | None = None
    school_id: UUID | None = None
    """Whose dates and time zone hold; left out: the school all its teachers share, if there is one."""


class EnterPhase(Command):
    phase: Code


class JoinCycle(Command):
    """A teacher of the partnership takes part from now on."""

    teacher_id: UUID


class LeaveCycle(Command):
    """A teacher takes part no more. The last one closes the cycle instead."""

    teacher_id: UUID


class PauseCycle(Command):
    """Its days count no more until it is resumed. What is observed and measured meanwhile is recorded all the same."""

    reason_code: Code | None = None


class ResumeCycle(Command):
    pass


class CompleteCycle(Command):
    pass


class CloseCycleEarly(Command):
    reason_code: Code
    reason: Words | None = None


class RecordFollowUp(Command):
    """Some weeks after the end: whether what was reached still holds. It may be said again, as after 4 and 12 weeks."""

    outcome: Sustained


CycleCommand = (
    StartCycle
    | EnterPhase
    | JoinCycle
    | LeaveCycle
    | PauseCycle
    | ResumeCycle
    | CompleteCycle
    | CloseCycleEarly
    | RecordFollowUp
)


def decide(state: Cycle, command: CycleCommand, facts: "GoalsFacts", *, now: datetime) -> list[Event]:
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
    facts: "GoalsFacts",
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


def _by(plan: Plan, facts: "GoalsFacts") -> UUID:
    """Which partner acts. Raises NotAPartner for anyone else."""
    return acting_partner(facts.partners(plan.teacher_ids), facts.by)


def _start(command: StartCycle, facts: "GoalsFacts") -> list[Event]:
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


def _place(facts: "GoalsFacts") -> int:
    """The first place that is free; where none is, the first all the same: the claim refuses it."""
    places = range(1, facts.open_cycles_per_focus + 1)
    return next((place for place in places if place not in facts.open_cycles), 1)


def evolve(state: Cycle, event: Event) -> Cycle:
    match state, event:
        case Unset(), CycleStarted():
            plan = Plan(
                partnership_id=event.partnership_id,
                coach_id=event.coach_id,
                teacher_ids=event.teacher_ids,
                focus=event.focus,
                template=event.template,
                phases=event.phases,
                planned_weeks=event.planned_weeks,
                cadence_days=event.cadence_days,
                school_id=event.school_id,
                time_zone=event.time_zone,
                place=event.place,
            )
            return Open(plan, phase=next(iter(event.phases), ""))
        case Open(), CyclePhaseEntered():
            return replace(state, phase=event.phase)
        case Open(plan), CycleMemberJoined(teacher_id=teacher_id):
            here, left = _without(plan.teacher_ids, teacher_id), _without(plan.left, teacher_id)
            return replace(state, plan=replace(plan, teacher_ids=(*here, teacher_id), left=left))
        case Open(plan), CycleMemberLeft(teacher_id=teacher_id):
            here, left = _without(plan.teacher_ids, teacher_id), _without(plan.left, teacher_id)
            return replace(state, plan=replace(plan, teacher_ids=here, left=(*left, teacher_id)))
        case Open(), CyclePaused():
            return replace(state, paused=True)
        case Open(), CycleResumed():
            return replace(state, paused=False)
        case Open(plan), CycleCompleted():
            return Completed(plan)
        case Open(plan), CycleClosedEarly():
            return ClosedEarly(plan, event.reason_code)
        case ((Completed() | ClosedEarly()), FollowUpRecorded()):
            return replace(state, follow_up=event.outcome)
        case _:
            return state


def _without(ids: tuple[UUID, ...], gone: UUID) -> tuple[UUID, ...]:
    return tuple(one for one in ids if one != gone)


def claims(event: Event) -> Iterator[Claim | Release]:
    """One open cycle a partnership, focus and place; there is one place unless policy allows more."""
    match event:
        case CycleStarted():
            yield Claim(f"open-cycle:{focus_id(event.partnership_id, event.focus)}:{event.place}")
        case CycleCompleted() | CycleClosedEarly():
            yield Release(f"open-cycle:{focus_id(event.partnership_id, event.focus)}:{event.place}")
        case _:
            return


def focus_id(partnership_id: UUID, focus: str) -> UUID:
    """A partnership and what it works on as one id."""
    return uuid5(partnership_id, focus)
