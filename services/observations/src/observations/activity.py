"""An activity: coaching time that was planned, and held or missed. Observing is what observations tell.

What is decided is in `activity_decisions`.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from backbone.deciding import Actor, Command
from chalkline_contracts.observations import ActivityHeld, ActivityMissed, ActivityPlanned, ActivityType
from chalkline_contracts.values import Code, Count, Time
from pydantic import Field

from observations.pair import Cycle, Partnership
from observations.refusals import AuthorMissing

Ids = Annotated[tuple[UUID, ...], Field(max_length=50)]


class PlanActivity(Command):
    """Sets coaching time aside. Training and administration need no partnership; everything else has one."""

    type: ActivityType
    scheduled_at: Time
    minutes: int
    partnership_id: UUID | None = None
    teacher_ids: Ids = ()
    """With whom; empty: every teacher of the partnership."""
    cycle_id: UUID | None = None
    phase: Code | None = None
    """One of the cycle's."""


class HoldActivity(Command):
    """Tells what took place, planned or not. What was planned need not be said again."""

    type: ActivityType | None = None
    started_at: Time
    minutes: int | None = None
    partnership_id: UUID | None = None
    teacher_ids: Ids = ()
    participants_n: Count | None = None
    """How many took part beside the coach, named or not; nothing said: the teachers."""
    cycle_id: UUID | None = None
    phase: Code | None = None
    """One of the cycle's."""


class MissActivity(Command):
    """What was planned did not take place."""

    reason_code: Code | None = None


ActivityCommand = PlanActivity | HoldActivity | MissActivity
ActivityEvent = ActivityPlanned | ActivityHeld | ActivityMissed


@dataclass(frozen=True, slots=True)
class Occasion:
    """What it is about, as last told."""

    type: ActivityType
    at: datetime
    minutes: int
    coach_id: UUID
    partnership_id: UUID | None
    teacher_ids: tuple[UUID, ...]
    cycle_id: UUID | None
    phase: str | None


@dataclass(frozen=True, slots=True)
class Unset:
    """Nobody planned or held it."""


@dataclass(frozen=True, slots=True)
class Planned:
    occasion: Occasion


@dataclass(frozen=True, slots=True)
class Held:
    occasion: Occasion
    participants_n: int


@dataclass(frozen=True, slots=True)
class Missed:
    occasion: Occasion
    reason_code: str | None


Activity = Unset | Planned | Held | Missed


@dataclass(frozen=True, slots=True)
class ActivityFacts:
    """Who asks, and the partnership in question as it stands."""

    by: Actor
    command_id: UUID
    aggregate_id: UUID
    partnership: Partnership | None = None
    cycle: Cycle | None = None
    """The cycle that the command names, or is in a phase of; None: there is none, or nobody knows of it."""
    belongs: bool = False
    """An active person of the district; only asked of what is no partnership's."""
    is_coach: bool = False
    """Holds the role of a coach; only asked of what is no partnership's."""
    oversees: bool = False
    """Knows of the activity, as those who lead do, and may not act in it."""
    level: bool = True

    @property
    def author(self) -> UUID:
        if self.by.person is None:
            raise AuthorMissing
        return self.by.person


def evolve(activity: Activity, event: ActivityEvent) -> Activity:
    match event, activity:
        case ActivityPlanned(), Unset():
            return Planned(_occasion(event, event.scheduled_at))
        case ActivityHeld(), Unset() | Planned():
            return Held(_occasion(event, event.started_at), event.participants_n)
        case ActivityMissed(), Planned():
            return Missed(activity.occasion, event.reason_code)
        case _:
            return activity


def _occasion(event: ActivityPlanned | ActivityHeld, at: datetime) -> Occasion:
    return Occasion(
        type=event.type,
        at=at,
        minutes=event.minutes,
        coach_id=event.coach_id,
        partnership_id=event.partnership_id,
        teacher_ids=event.teacher_ids,
        cycle_id=event.cycle_id,
        phase=event.phase,
    )
