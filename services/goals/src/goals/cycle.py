"""A cycle: some weeks in which a partnership works on one focus, in the phases of its model.

A partnership has one open cycle a focus. Phases may be entered in any order, for practice is not a
waterfall: a pair that learns something new goes back to learn.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from backbone.deciding import Claim, Command, Release
from backbone.words import Words
from chalkline_contracts.event import Event
from chalkline_contracts.goals import CycleClosedEarly, CycleCompleted, CyclePhaseEntered, CycleStarted
from chalkline_contracts.measurement import Versioned
from chalkline_contracts.values import Code

from goals import partnership
from goals.arithmetic import is_time_zone
from goals.model_template import CadenceDays, Weeks
from goals.refusals import (
    AlreadyInPhase,
    CycleAlreadyStarted,
    CycleNotFound,
    CycleNotOpen,
    PartnershipNotAgreed,
    PhaseUnknown,
    SchoolNotTheirs,
    TeacherNotInPartnership,
    TemplateUnknown,
    TimeZoneUnknown,
)

if TYPE_CHECKING:
    from goals.facts import GoalsFacts


@dataclass(frozen=True, slots=True)
class Plan:
    """What a cycle set out to be."""

    partnership_id: UUID
    coach_id: UUID
    teacher_ids: tuple[UUID, ...]
    focus: str
    template: str
    phases: tuple[str, ...]
    planned_weeks: int
    cadence_days: int
    school_id: UUID | None
    time_zone: str | None


@dataclass(frozen=True, slots=True)
class Unset:
    pass


@dataclass(frozen=True, slots=True)
class Open:
    plan: Plan
    phase: str


@dataclass(frozen=True, slots=True)
class Completed:
    plan: Plan


@dataclass(frozen=True, slots=True)
class ClosedEarly:
    plan: Plan
    reason_code: str


Cycle = Unset | Open | Completed | ClosedEarly


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


class CompleteCycle(Command):
    pass


class CloseCycleEarly(Command):
    reason_code: Code
    reason: Words | None = None


CycleCommand = StartCycle | EnterPhase | CompleteCycle | CloseCycleEarly


def decide(state: Cycle, command: CycleCommand, facts: "GoalsFacts", *, now: datetime) -> list[Event]:
    del now
    match command, state:
        case StartCycle(), Unset():
            return _start(command, facts)
        case StartCycle(), _:
            raise CycleAlreadyStarted
        case _, Unset():
            raise CycleNotFound
        case EnterPhase(), Open(plan, phase):
            if command.phase not in plan.phases:
                raise PhaseUnknown(phase=command.phase, phases=list(plan.phases))
            if command.phase == phase:
                raise AlreadyInPhase(phase=phase)
            return [CyclePhaseEntered(partnership_id=plan.partnership_id, phase=command.phase)]
        case CompleteCycle(), Open(plan):
            return [CycleCompleted(partnership_id=plan.partnership_id, focus=plan.focus)]
        case CloseCycleEarly(), Open(plan):
            return [
                CycleClosedEarly(
                    partnership_id=plan.partnership_id,
                    focus=plan.focus,
                    reason_code=command.reason_code,
                    reason_ref=command.reason.ref if command.reason else None,
                )
            ]
        case _:
            raise CycleNotOpen


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
    )
    # The first phase is told as any other, so that time in a phase is summed one way.
    return [started, CyclePhaseEntered(partnership_id=command.partnership_id, phase=template.phases[0])]


def evolve(state: Cycle, event: Event) -> Cycle:
    match event, state:
        case CycleStarted(), Unset():
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
            )
            return Open(plan, phase=next(iter(event.phases), ""))
        case CyclePhaseEntered(), Open():
            return replace(state, phase=event.phase)
        case CycleCompleted(), Open(plan):
            return Completed(plan)
        case CycleClosedEarly(), Open(plan):
            return ClosedEarly(plan, event.reason_code)
        case _:
            return state


def claims(event: Event) -> Iterator[Claim | Release]:
    """One open cycle a partnership and focus."""
    match event:
        case CycleStarted():
            yield Claim(f"open-cycle:{event.partnership_id}:{event.focus}")
        case CycleCompleted() | CycleClosedEarly():
            yield Release(f"open-cycle:{event.partnership_id}:{event.focus}")
        case _:
            return
