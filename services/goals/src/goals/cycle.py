"""A cycle: some weeks in which a partnership works on one focus, in the phases of its model.

A partnership has one open cycle a focus, or as many as its district's policy allows. Phases may be entered in any
order, for practice is not a waterfall: a pair that learns something new goes back to learn. Teachers of the
partnership may join and leave on the way. A pause stops its days, not its work; and some weeks after its end the pair
looks whether it still holds. What is decided is in `cycle_decisions`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal
from uuid import UUID, uuid5

from backbone.deciding import Claim, Command, Kept, Release
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

from goals.model_template import CadenceDays, Weeks
from goals.partnership import Teachers


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


def whose_alone(_: UUID, cycle: Cycle) -> UUID | None:
    """Its only teacher's, if nobody else ever took part."""
    took_part = () if isinstance(cycle, Unset) else (*cycle.plan.teacher_ids, *cycle.plan.left)
    return took_part[0] if len(took_part) == 1 else None


def kept(_: UUID, cycle: Cycle) -> Kept | None:
    """The pair's, as long as its partnership needs it."""
    if isinstance(cycle, Unset):
        return None
    return Kept("pair", (*cycle.plan.teacher_ids, *cycle.plan.left), cycle.plan.partnership_id)


NONE = Unset()


class StartCycle(Command):
    """Start to work on a focus. What is left out is the partnership's or its model's."""

    partnership_id: UUID
    focus: Code
    teacher_ids: Teachers | None = None
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
