"""Break-glass: an administrator reads what is a teacher's, for a day, because another one agreed that they must.

It takes a reason in words, two persons, neither of them the teacher, and the teacher hears of it when it is approved.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from backbone.deciding import Command, Kept
from backbone.words import Words
from chalkline_contracts.event import Event
from chalkline_contracts.goals import (
    BreakGlassApproved,
    BreakGlassDenied,
    BreakGlassRequested,
    ShareScope,
)
from chalkline_contracts.values import WordsRef

from goals import cycle, goal
from goals.facts import GoalsFacts
from goals.refusals import (
    BreakGlassAlreadyRequested,
    BreakGlassAlreadySettled,
    BreakGlassNotFound,
    BreakGlassNotTheirs,
    BreakGlassTakesTwo,
    NotAnAdministrator,
    OwnContent,
    PersonUnknown,
)

OPEN_FOR: Final = timedelta(hours=24)
"""How long it opens what is the teacher's, by the district's clock, from the approval on."""


class RequestBreakGlass(Command):
    """Ask to read what is a teacher's, or one cycle or goal of theirs; another administrator approves or denies it."""

    teacher_id: UUID
    scope: ShareScope = ShareScope()
    reason: Words


class ApproveBreakGlass(Command):
    """Agree, as another administrator: it opens for whoever asked, for 24 hours, and the teacher is told."""


class DenyBreakGlass(Command):
    """Do not agree; whoever asked may also take it back so."""


BreakGlassCommand = RequestBreakGlass | ApproveBreakGlass | DenyBreakGlass


@dataclass(frozen=True, slots=True)
class Asked:
    """Who wants to read whose content, how much of it, and why."""

    teacher_id: UUID
    requested_by: UUID
    scope: ShareScope
    reason_ref: WordsRef
    requested_at: datetime


@dataclass(frozen=True, slots=True)
class Unset:
    """Nobody asked."""


@dataclass(frozen=True, slots=True)
class Requested:
    asked: Asked


@dataclass(frozen=True, slots=True)
class Approved:
    asked: Asked
    approved_by: UUID
    approved_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Denied:
    asked: Asked
    denied_by: UUID
    denied_at: datetime


BreakGlass = Unset | Requested | Approved | Denied


def whose_alone(_: UUID, state: BreakGlass) -> UUID | None:
    """The teacher's whose content it is about; why an administrator wanted it does not go with the administrator."""
    return None if isinstance(state, Unset) else state.asked.teacher_id


def kept(_: UUID, state: BreakGlass) -> Kept | None:
    """As what it was about: of the pair's class, from when it was settled."""
    if isinstance(state, Unset):
        return None
    return Kept("pair", (state.asked.teacher_id, state.asked.requested_by))


def decide(state: BreakGlass, command: BreakGlassCommand, facts: GoalsFacts, *, now: datetime) -> list[Event]:
    match command, state:
        case RequestBreakGlass(), Unset():
            by = _administrator(facts, command.teacher_id)
            if command.teacher_id not in facts.people:
                raise PersonUnknown(person_id=str(command.teacher_id))
            _theirs(command, facts)
            return [
                BreakGlassRequested(
                    teacher_id=command.teacher_id,
                    requested_by=by,
                    scope=command.scope,
                    reason_ref=command.reason.ref,
                    requested_at=now,
                )
            ]
        case RequestBreakGlass(), _:
            raise BreakGlassAlreadyRequested
        case _, Unset():
            raise BreakGlassNotFound
        case ApproveBreakGlass(), Requested(asked):
            by = _administrator(facts, asked.teacher_id)
            if by == asked.requested_by:
                raise BreakGlassTakesTwo
            return [
                BreakGlassApproved(
                    teacher_id=asked.teacher_id,
                    requested_by=asked.requested_by,
                    approved_by=by,
                    scope=asked.scope,
                    approved_at=now,
                    expires_at=now + OPEN_FOR,
                )
            ]
        case DenyBreakGlass(), Requested(asked):
            by = _administrator(facts, asked.teacher_id)
            return [BreakGlassDenied(teacher_id=asked.teacher_id, denied_by=by, denied_at=now)]
        case _:
            raise BreakGlassAlreadySettled


def _administrator(facts: GoalsFacts, teacher_id: UUID) -> UUID:
    """Who acts: an administrator, and not the teacher whose content it is. Raises the refusal that says otherwise."""
    by = facts.by.person
    known = facts.people.get(by) if by else None
    if by is None or known is None or not known.active or "administrator" not in known.roles:
        raise NotAnAdministrator
    if by == teacher_id:
        raise OwnContent
    return by


def _theirs(command: RequestBreakGlass, facts: GoalsFacts) -> None:
    """Raises BreakGlassNotTheirs for a cycle or a goal that is not that teacher's, whether anybody knows it or not."""
    scope, within, whose = command.scope, facts.cycle, facts.goal
    if scope.cycle_id is not None and (
        isinstance(within, cycle.Unset)
        or command.teacher_id not in (*within.plan.teacher_ids, *within.plan.left)
    ):
        raise BreakGlassNotTheirs(cycle_id=str(scope.cycle_id))
    if scope.goal_id is not None and (
        isinstance(whose, goal.Unset)
        or command.teacher_id not in whose.whose.owner_ids
        or scope.cycle_id not in (None, whose.whose.cycle_id)
    ):
        raise BreakGlassNotTheirs(goal_id=str(scope.goal_id))


def evolve(state: BreakGlass, event: Event) -> BreakGlass:
    match event, state:
        case BreakGlassRequested(), Unset():
            return Requested(
                Asked(event.teacher_id, event.requested_by, event.scope, event.reason_ref, event.requested_at)
            )
        case BreakGlassApproved(), Requested(asked):
            return Approved(asked, event.approved_by, event.approved_at, event.expires_at)
        case BreakGlassDenied(), Requested(asked):
            return Denied(asked, event.denied_by, event.denied_at)
        case _:
            return state
