"""An initiative: something a district or school does as a whole, which goals may serve.

Its state stays small however many goals are linked: that each is linked once is kept by claims, and asked of
them. Nobody reads from it whose goals they are: what it brings about is told in figures only.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING
from uuid import UUID, uuid5

from backbone.deciding import Claim, Command, Release
from backbone.words import Words
from chalkline_contracts.event import Event
from chalkline_contracts.goals import GoalLinkedToInitiative, InitiativeClosed, InitiativeLaunched
from chalkline_contracts.values import Code, Day, WordsRef

from goals import goal
from goals.partnership import acting_partner
from goals.refusals import (
    GoalAlreadyLinked,
    GoalNotFound,
    InitiativeAlreadyLaunched,
    InitiativeEndsTooEarly,
    InitiativeNotFound,
    InitiativeOver,
)

if TYPE_CHECKING:
    from goals.facts import GoalsFacts


@dataclass(frozen=True, slots=True)
class Aim:
    """What it is about, and when."""

    name: WordsRef
    focus: str | None
    begin: date
    end: date | None


@dataclass(frozen=True, slots=True)
class Unset:
    pass


@dataclass(frozen=True, slots=True)
class Open:
    aim: Aim


@dataclass(frozen=True, slots=True)
class Closed:
    aim: Aim


Initiative = Unset | Open | Closed


class LaunchInitiative(Command):
    """Begin something that goals of many partnerships may serve."""

    name: Words
    focus: Code | None = None
    begin: Day
    end: Day | None = None
    """When it is meant to end; it ends when it is closed."""


class LinkGoalToInitiative(Command):
    """A partner says that a goal of theirs serves it; once."""

    goal_id: UUID


class CloseInitiative(Command):
    """No further goal is linked; those that are stay."""


InitiativeCommand = LaunchInitiative | LinkGoalToInitiative | CloseInitiative


def decide(
    state: Initiative, command: InitiativeCommand, facts: "GoalsFacts", *, now: datetime
) -> list[Event]:
    del now
    match command, state:
        case LaunchInitiative(), Unset():
            if command.end is not None and command.end < command.begin:
                raise InitiativeEndsTooEarly
            return [
                InitiativeLaunched(
                    name_ref=command.name.ref,
                    focus=command.focus,
                    begin=command.begin,
                    end=command.end,
                    launched_by=facts.by.person,
                )
            ]
        case LaunchInitiative(), _:
            raise InitiativeAlreadyLaunched
        case _, Unset():
            raise InitiativeNotFound
        case LinkGoalToInitiative(), Open():
            return [_link(command, facts)]
        case CloseInitiative(), Open():
            return [InitiativeClosed()]
        case _:
            raise InitiativeOver


def _link(command: LinkGoalToInitiative, facts: "GoalsFacts") -> GoalLinkedToInitiative:
    known = facts.goal
    if isinstance(known, goal.Unset) or facts.by.person not in facts.partners(known.whose.owner_ids):
        raise GoalNotFound
    if facts.linked:
        raise GoalAlreadyLinked
    whose = known.whose
    return GoalLinkedToInitiative(
        initiative_id=facts.aggregate_id,
        goal_id=command.goal_id,
        cycle_id=whose.cycle_id,
        partnership_id=whose.partnership_id,
        by=acting_partner(facts.partners(whose.owner_ids), facts.by),
    )


def evolve(state: Initiative, event: Event) -> Initiative:
    match state, event:
        case Unset(), InitiativeLaunched():
            return Open(Aim(event.name_ref, event.focus, event.begin, event.end))
        case Open(aim), InitiativeClosed():
            return Closed(aim)
        case _:
            return state


def claims(event: Event) -> Iterator[Claim | Release]:
    """A goal serves an initiative once, and for good."""
    if isinstance(event, GoalLinkedToInitiative):
        yield Claim(f"initiative-goal:{link_id(event.initiative_id, event.goal_id)}")


def link_id(initiative_id: UUID, goal_id: UUID) -> UUID:
    """An initiative and a goal as one id."""
    return uuid5(initiative_id, str(goal_id))
