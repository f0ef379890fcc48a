"""An action step: a small, learnable change of practice that one partner recommends to a teacher.

The teacher answers it, and only the teacher. What is accepted or adapted is practised, as often as it takes, then
used in lessons, then mastered; either partner says so. Measured along the way is the practice, never the students.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING
from uuid import UUID, uuid5

from backbone.deciding import Command, Kept
from backbone.words import Words
from chalkline_contracts.event import Event
from chalkline_contracts.goals import (
    ActionStepInUse,
    ActionStepMastered,
    ActionStepOffered,
    ActionStepPractised,
    ActionStepResponded,
    StepResponse,
)
from chalkline_contracts.measurement import Measurement, MeasurementTaken, Versioned
from chalkline_contracts.values import Code, Day, WordsRef

from goals import arithmetic, cycle
from goals.partnership import acting_partner
from goals.refusals import (
    CheckBackNotAhead,
    CheckBackTooFar,
    CycleNotOpen,
    MeasurementNotOfPractice,
    NotYetHappened,
    OnlyTeacherResponds,
    StepAlreadyAnswered,
    StepAlreadyInUse,
    StepAlreadyMastered,
    StepAlreadyOffered,
    StepDeclined,
    StepGoalNotTheirs,
    StepNotAnswered,
    StepNotFound,
    StepNotInUse,
    StepNotPractised,
    TeacherNotInCycle,
    TeacherNotNamed,
)

if TYPE_CHECKING:
    from goals.facts import GoalsFacts


@dataclass(frozen=True, slots=True)
class Step:
    """What was recommended, to whom, and when the pair wants to look at it again."""

    cycle_id: UUID
    partnership_id: UUID
    teacher_id: UUID
    goal_id: UUID | None
    strategy_code: str
    checklist: str | None
    check_back_on: date
    note: WordsRef | None
    offered_by: UUID


@dataclass(frozen=True, slots=True)
class Unset:
    pass


@dataclass(frozen=True, slots=True)
class Offered:
    step: Step


@dataclass(frozen=True, slots=True)
class Accepted:
    step: Step
    answer: WordsRef | None = None


@dataclass(frozen=True, slots=True)
class Adapted:
    step: Step
    answer: WordsRef | None = None


@dataclass(frozen=True, slots=True)
class Declined:
    step: Step
    answer: WordsRef | None = None


@dataclass(frozen=True, slots=True)
class Practised:
    step: Step
    answer: WordsRef | None = None
    times: int = 1


@dataclass(frozen=True, slots=True)
class InUse:
    step: Step
    answer: WordsRef | None = None
    times: int = 1


@dataclass(frozen=True, slots=True)
class Mastered:
    step: Step
    answer: WordsRef | None = None
    times: int = 1


ActionStep = Unset | Offered | Accepted | Adapted | Declined | Practised | InUse | Mastered


def whose_alone(_: UUID, step: ActionStep) -> UUID | None:
    """The teacher's to whom it was offered."""
    return None if isinstance(step, Unset) else step.step.teacher_id


def kept(_: UUID, step: ActionStep) -> Kept | None:
    """The pair's, as long as its partnership needs it."""
    if isinstance(step, Unset):
        return None
    return Kept("pair", (step.step.teacher_id,), step.step.partnership_id)


class OfferActionStep(Command):
    """Recommend a small change of practice to a teacher of a cycle."""

    cycle_id: UUID
    teacher_id: UUID | None = None
    """Left out: the cycle's only teacher."""
    goal_id: UUID | None = None
    """The goal it serves: one of the teacher's in this cycle."""
    strategy_code: Code
    checklist: Versioned | None = None
    """What the practice is held against, such as "cold-call@2"."""
    check_back_on: Day
    """When the pair looks at it again: a day ahead."""
    note: Words | None = None


class RespondToActionStep(Command):
    """The teacher's answer, once."""

    response: StepResponse
    note: Words | None = None
    """How it was adapted, or why it was declined."""


class PractiseActionStep(Command):
    """It was practised; said each time."""

    measurement: MeasurementTaken | None = None


class UseActionStep(Command):
    """It is used in lessons, without being prompted."""

    measurement: MeasurementTaken | None = None


class MasterActionStep(Command):
    measurement: MeasurementTaken | None = None


StepCommand = OfferActionStep | RespondToActionStep | PractiseActionStep | UseActionStep | MasterActionStep


def decide(state: ActionStep, command: StepCommand, facts: "GoalsFacts", *, now: datetime) -> list[Event]:
    match command, state:
        case OfferActionStep(), Unset():
            return [_offer(command, facts, now)]
        case OfferActionStep(), _:
            raise StepAlreadyOffered
        case _, Unset():
            raise StepNotFound

        case RespondToActionStep(), Offered(step):
            if facts.by.person != step.teacher_id:
                raise OnlyTeacherResponds
            return [
                ActionStepResponded(
                    cycle_id=step.cycle_id,
                    partnership_id=step.partnership_id,
                    response=command.response,
                    by=step.teacher_id,
                    note_ref=command.note.ref if command.note else None,
                )
            ]
        case RespondToActionStep(), _:
            raise StepAlreadyAnswered

        case _, Declined():
            raise StepDeclined
        case _, Offered():
            raise StepNotAnswered
        case _, Mastered():
            raise StepAlreadyMastered

        case PractiseActionStep(), (Accepted(step) | Adapted(step) | Practised(step)):
            return [_reported(ActionStepPractised, step, command, facts, now)]
        case ((PractiseActionStep() | UseActionStep()), InUse()):
            raise StepAlreadyInUse
        case UseActionStep(), Practised(step):
            return [_reported(ActionStepInUse, step, command, facts, now)]
        case UseActionStep(), _:
            raise StepNotPractised
        case MasterActionStep(), InUse(step):
            return [_reported(ActionStepMastered, step, command, facts, now)]
        case _:
            raise StepNotInUse


def _offer(command: OfferActionStep, facts: "GoalsFacts", now: datetime) -> ActionStepOffered:
    if not isinstance(facts.cycle, cycle.Open):
        raise CycleNotOpen
    plan = facts.cycle.plan
    teacher_id = command.teacher_id or (plan.teacher_ids[0] if len(plan.teacher_ids) == 1 else None)
    if teacher_id is None:
        raise TeacherNotNamed
    if teacher_id not in plan.teacher_ids:
        raise TeacherNotInCycle(teacher_id=str(teacher_id))
    by = acting_partner(facts.partners(plan.teacher_ids), facts.by)
    if command.goal_id is not None:
        whose = facts.goal_of(command.cycle_id)
        if whose is None or teacher_id not in whose.owner_ids or by not in facts.partners(whose.owner_ids):
            raise StepGoalNotTheirs(goal_id=str(command.goal_id))
    today = arithmetic.local_day(now, plan.time_zone)
    if command.check_back_on <= today:
        raise CheckBackNotAhead
    if command.check_back_on > today + arithmetic.FORESEEN:
        raise CheckBackTooFar(latest=today + arithmetic.FORESEEN)
    return ActionStepOffered(
        cycle_id=command.cycle_id,
        partnership_id=plan.partnership_id,
        coach_id=facts.coach_id or plan.coach_id,
        teacher_id=teacher_id,
        goal_id=command.goal_id,
        strategy_code=command.strategy_code,
        checklist=command.checklist,
        check_back_on=command.check_back_on,
        note_ref=command.note.ref if command.note else None,
        offered_by=by,
    )


Report = type[ActionStepPractised] | type[ActionStepInUse] | type[ActionStepMastered]


def _reported(
    told: Report,
    step: Step,
    command: PractiseActionStep | UseActionStep | MasterActionStep,
    facts: "GoalsFacts",
    now: datetime,
) -> Event:
    by = acting_partner(facts.partners((step.teacher_id,)), facts.by)
    measurement: Measurement | None = None
    if command.measurement is not None:
        if command.measurement.focus != "practice":
            raise MeasurementNotOfPractice(kind=command.measurement.kind)
        if command.measurement.occurred_at > now:
            raise NotYetHappened
        measurement = command.measurement.recorded(uuid5(facts.command_id, "0"), by)
    return told(cycle_id=step.cycle_id, partnership_id=step.partnership_id, by=by, measurement=measurement)


ANSWERED: dict[StepResponse, type[Accepted | Adapted | Declined]] = {
    "accepted": Accepted,
    "adapted": Adapted,
    "declined": Declined,
}


def evolve(state: ActionStep, event: Event) -> ActionStep:
    match state, event:
        case Unset(), ActionStepOffered():
            return Offered(
                Step(
                    cycle_id=event.cycle_id,
                    partnership_id=event.partnership_id,
                    teacher_id=event.teacher_id,
                    goal_id=event.goal_id,
                    strategy_code=event.strategy_code,
                    checklist=event.checklist,
                    check_back_on=event.check_back_on,
                    note=event.note_ref,
                    offered_by=event.offered_by,
                )
            )
        case Offered(step), ActionStepResponded():
            return ANSWERED[event.response](step, event.note_ref)
        case ((Accepted(step, answer) | Adapted(step, answer)), ActionStepPractised()):
            return Practised(step, answer)
        case Practised(step, answer, times), ActionStepPractised():
            return Practised(step, answer, times + 1)
        case Practised(step, answer, times), ActionStepInUse():
            return InUse(step, answer, times)
        case InUse(step, answer, times), ActionStepMastered():
            return Mastered(step, answer, times)
        case _:
            return state
