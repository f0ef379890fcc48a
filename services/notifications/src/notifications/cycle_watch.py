"""A cycle under watch: which of its milestones were reached, so that each is reached once.

Its id is the cycle's, or the partnership's for what is about no cycle. Policies and timers alone command it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from backbone.deciding import Actor, Command
from chalkline_contracts.event import Event
from chalkline_contracts.notifications import MilestoneName, MilestoneReached, Occurrence, Recipient
from chalkline_contracts.values import Time
from pydantic import Field

from notifications.rules import TIMED

AT_ONCE: Final = 500
"""Recipients that one event names: 36 kB of them, and an event is to stay below 64 kB."""
REMEMBERED: Final = TIMED | {"GoalStalled"}
"""The milestones whose occurrence may be met again: what time brings, and a stall, told once for each best. Every
other is of one event, whose reaction is one command for ever.
"""


class ReachMilestone(Command):
    """A milestone fell due; whoever decides this has looked up to whom it goes."""

    milestone: MilestoneName
    rule_version: Annotated[int, Field(ge=1)]
    occurrence: Occurrence
    due_at: Time
    goal_id: UUID | None = None
    of_partnership: bool = False
    """Whether it is about a partnership, and no cycle of it."""
    recipients: tuple[Recipient, ...] = ()


CycleWatchCommand = ReachMilestone


@dataclass(frozen=True, slots=True)
class Reached:
    """What a milestone is known by within its cycle."""

    milestone: str
    rule_version: int
    occurrence: str


@dataclass(frozen=True, slots=True)
class Watching:
    reached: tuple[Reached, ...] = ()


CycleWatch = Watching


@dataclass(frozen=True, slots=True)
class CycleWatchFacts:
    """Nothing but who acts: the command says the rest."""

    by: Actor
    command_id: UUID
    aggregate_id: UUID


def decide(
    watch: CycleWatch,
    command: CycleWatchCommand,
    facts: CycleWatchFacts,
    *,
    now: datetime,  # noqa: ARG001 - every decider has the same shape
) -> list[Event]:
    if Reached(command.milestone, command.rule_version, command.occurrence) in watch.reached:
        return []
    return [
        MilestoneReached(
            milestone=command.milestone,
            cycle_id=None if command.of_partnership else facts.aggregate_id,
            partnership_id=facts.aggregate_id if command.of_partnership else None,
            goal_id=command.goal_id,
            due_at=command.due_at,
            rule_version=command.rule_version,
            occurrence=command.occurrence,
            recipients=some,
        )
        for some in _shares(command.recipients)
    ]


def _shares(recipients: Iterable[Recipient]) -> Iterator[tuple[Recipient, ...]]:
    """Each person once, as what they are first, no more of them together than an event may name."""
    people: dict[UUID, Recipient] = {}
    for one in recipients:
        people.setdefault(one.person_id, one)
    each = tuple(people.values())
    for first in range(0, max(len(each), 1), AT_ONCE):
        yield each[first : first + AT_ONCE]


def evolve(watch: CycleWatch, event: Event) -> CycleWatch:
    match event:
        case MilestoneReached() if event.milestone in REMEMBERED:
            reached = Reached(event.milestone, event.rule_version, event.occurrence)
            return watch if reached in watch.reached else replace(watch, reached=(*watch.reached, reached))
        case _:
            return watch
