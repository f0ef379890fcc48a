"""What is known of a cycle, and of all around it that decides when something falls due.

Each kind of aggregate that matters has a state of its own here, as small as its timers need it. `watching.py`
makes them of events, `clocks.py` makes timers of them; both in memory as well as over rows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, NamedTuple
from uuid import UUID

from chalkline_contracts.directory import QuietHours
from chalkline_contracts.goals import StepResponse, Trend
from chalkline_contracts.notifications import RecipientRole
from chalkline_contracts.values import Days

PartnershipStatus = Literal["agreed", "handed_over", "suspended", "ended"]


class Measured(NamedTuple):
    """A measurement of a goal, its baseline's among them."""

    occurred_at: datetime
    recorded_at: datetime
    retracted_at: datetime | None = None
    """When it was recorded that it holds no more."""


class Pause(NamedTuple):
    """From the day of the one moment until just before that of the other."""

    begin: datetime
    end: datetime | None = None


@dataclass(frozen=True, slots=True)
class Cycle:
    partnership_id: UUID
    coach_id: UUID
    teacher_ids: tuple[UUID, ...]
    """Those present: who left is in here no more."""
    focus: str
    phase: str | None
    started_at: datetime
    recorded_at: datetime
    cadence_days: int
    planned_weeks: int
    time_zone: str | None
    pauses: tuple[Pause, ...] = ()
    closed_at: datetime | None = None
    began: int = 0
    """The position of its start."""
    followed_up: int = 0
    """How many follow-ups were recorded."""


@dataclass(frozen=True, slots=True)
class Partnership:
    coach_id: UUID
    """Who coaches, or coached last."""
    status: PartnershipStatus


@dataclass(frozen=True, slots=True)
class Proposal:
    """Goal terms that wait for agreement."""

    event_id: UUID
    at: datetime
    agreed: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class Goal:
    cycle_id: UUID
    owner_ids: tuple[UUID, ...]
    baseline: tuple[str, ...] = ()
    """The measurements of its baseline that still hold."""
    proposal: Proposal | None = None
    set_at: datetime | None = None
    active: bool = False
    active_since: datetime | None = None
    """When it was recorded that it became active, last."""
    baseline_gone_at: datetime | None = None
    """When it was recorded, last, that nothing of its baseline holds any more."""
    over: bool = False
    """Achieved or abandoned."""
    trend: Trend = "on_track"


@dataclass(frozen=True, slots=True)
class Visit:
    """An observation that took place, or a lesson that was modelled or taught together."""

    cycle_id: UUID | None
    partnership_id: UUID
    at: datetime
    recorded_at: datetime
    """When it was told that it took place at that moment."""
    feedback_from: datetime | None = None
    """When an observation was recorded, which owes feedback."""
    shared: bool = False
    voided: bool = False
    taken_back: tuple[tuple[datetime, datetime], ...] = ()
    """Moments at which it was said to have taken place and did not, each with when that was told."""


@dataclass(frozen=True, slots=True)
class Step:
    """An action step."""

    cycle_id: UUID
    teacher_id: UUID
    goal_id: UUID | None
    check_back_on: date
    recorded_at: datetime
    response: StepResponse | None = None
    mastered: bool = False


@dataclass(frozen=True, slots=True)
class District:
    time_zone: str = "UTC"
    terms: tuple[Days, ...] = ()
    holidays: tuple[Days, ...] = ()
    calendar_at: datetime | None = None
    """When that was recorded."""
    quiet_hours: QuietHours | None = None


@dataclass(frozen=True, slots=True)
class Person:
    experience_band: str | None = None


@dataclass(frozen=True, slots=True)
class RuleVersion:
    version: int
    enabled: bool
    days: int | None
    hours: int | None
    recipients: tuple[RecipientRole, ...]
    published_at: datetime


@dataclass(frozen=True, slots=True)
class PublishedRule:
    """A district's own rule for a milestone, for teachers of a band or for all."""

    milestone: str
    experience_band: str | None
    versions: tuple[RuleVersion, ...]
    """The latest first."""


@dataclass(frozen=True, slots=True)
class Watch:
    """What a cycle came to."""

    reached: tuple[tuple[str, str], ...] = ()
    """Milestone and occurrence of what time brought, in their order."""


Watched = Cycle | Partnership | Goal | Visit | Step | District | Person | PublishedRule | Watch


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """All that the timers of one cycle are worked out from; or of a partnership, beyond its cycles."""

    cycle: Cycle | None
    partnership: Partnership | None
    """None: not heard of yet; the cycle tells who coached when it started."""
    goals: Mapping[UUID, Goal]
    measured: Mapping[UUID, Sequence[Measured]]
    """Of each goal that was measured the latest that holds, and what was taken after it and retracted, at least."""
    visits: Mapping[UUID, Visit]
    steps: Mapping[UUID, Step]
    reached: frozenset[tuple[str, str]]
    district: District
    rules: Sequence[PublishedRule]
    bands: Mapping[UUID, str | None]
    """Of the teachers."""

    @property
    def time_zone(self) -> str:
        """Where it is school-local."""
        return self.cycle.time_zone or "UTC" if self.cycle else self.district.time_zone

    @property
    def teacher_ids(self) -> tuple[UUID, ...]:
        return self.cycle.teacher_ids if self.cycle else ()

    @property
    def coach_id(self) -> UUID | None:
        """Who coaches as the partnership stands; nobody while it is suspended or being handed over."""
        if self.partnership is None:
            return self.cycle.coach_id if self.cycle else None
        return self.partnership.coach_id if self.partnership.status in ("agreed", "ended") else None

    @property
    def ended(self) -> bool:
        return self.partnership is not None and self.partnership.status == "ended"

    @property
    def band(self) -> str | None:
        """The experience band that all present teachers are of; None: they differ, or nobody told."""
        found = {self.bands.get(teacher) for teacher in self.teacher_ids}
        return found.pop() if len(found) == 1 else None
