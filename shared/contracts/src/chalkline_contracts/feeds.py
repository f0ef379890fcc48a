"""What other systems are to hear of: the public feed of a district, with neither people nor words in it.

Each of these is an allow-list. An event of a service is told as one of them where its declaration says so
(`public=feeds.CycleEnded`), and then with these fields alone: a field that is added to a service's event stays there.
A goal, a cycle or a visit is told as activity: that there is one, and that it is over, never how it went. What was
told and does not hold any more is taken back by `EventRetracted`, which does not say why. Codes may have values
that a reader has not met before.
"""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from chalkline_contracts.event import Event
from chalkline_contracts.measurement import Versioned
from chalkline_contracts.values import Code, Day, Days, Text, Time

# The district -----------------------------------------------------------------------------------------


class DistrictOpened(Event, service="feeds", aggregate="Feed", stays=True):
    """A district is there."""

    sandbox: bool
    time_zone: Text
    """An IANA name; schools without one of their own keep this."""
    clock: Time | None = None
    """Where a sandbox's clock stands until it is advanced."""


class SandboxClockAdvanced(Event, service="feeds", aggregate="Feed", stays=True):
    """A sandbox's clock goes no further by itself."""

    to: Time


class CalendarChanged(Event, service="feeds", aggregate="Feed"):
    """The whole calendar from now on, each list by its days. With no terms every day is a school day."""

    terms: tuple[Days, ...] = ()
    holidays: tuple[Days, ...] = ()


class DistrictClosed(Event, service="feeds", aggregate="Feed", stays=True):
    """It has left."""


class OrgOpened(Event, service="feeds", aggregate="Feed"):
    """A school or department is there, for the first time or again."""

    org_id: UUID
    type: Code
    """`district`, `school` or `department`."""
    parent_id: UUID | None = None
    time_zone: Text | None = None
    """None: that of the parent, or the district."""


class OrgChanged(Event, service="feeds", aggregate="Feed"):
    """As it is from now on."""

    org_id: UUID
    type: Code
    """`district`, `school` or `department`."""
    parent_id: UUID | None = None
    time_zone: Text | None = None
    """None: that of the parent, or the district."""


class OrgClosed(Event, service="feeds", aggregate="Feed"):
    """It is there no more."""

    org_id: UUID
    type: Code


# Coaching ---------------------------------------------------------------------------------------------


class PartnershipAgreed(Event, service="feeds", aggregate="Feed"):
    """A coach and teachers work together; everyone in it consented."""

    partnership_id: UUID


class PartnershipEnded(Event, service="feeds", aggregate="Feed"):
    """They do no more."""

    partnership_id: UUID


class CycleStarted(Event, service="feeds", aggregate="Feed"):
    """A coaching cycle began."""

    cycle_id: UUID
    partnership_id: UUID
    focus: Code
    """The area worked on, such as `reading_fluency`."""
    template: Versioned
    """The model it follows, such as "impact-cycle@1"."""
    phases: tuple[Code, ...]
    planned_weeks: int
    cadence_days: int
    school_id: UUID | None = None
    time_zone: Text | None = None


class CyclePhaseEntered(Event, service="feeds", aggregate="Feed"):
    """A cycle came to a phase of its model."""

    cycle_id: UUID
    partnership_id: UUID
    phase: Code


class CycleEnded(Event, service="feeds", aggregate="Feed"):
    """A cycle is over, in whichever way."""

    cycle_id: UUID
    partnership_id: UUID
    focus: Code


class GoalSet(Event, service="feeds", aggregate="Feed"):
    """Everyone it concerns agreed to a goal."""

    goal_id: UUID
    cycle_id: UUID
    partnership_id: UUID


class GoalEnded(Event, service="feeds", aggregate="Feed"):
    """A goal is over, in whichever way."""

    goal_id: UUID
    cycle_id: UUID
    partnership_id: UUID


class ObservationRecorded(Event, service="feeds", aggregate="Feed"):
    """A visit to a classroom took place."""

    observation_id: UUID
    partnership_id: UUID
    cycle_id: UUID | None = None
    started_at: Time
    duration_s: int
    """Seconds."""

    @property
    def happened_at(self) -> datetime:
        return self.started_at


class ActivityHeld(Event, service="feeds", aggregate="Feed"):
    """Coaching time was spent on something else than a visit."""

    activity_id: UUID
    type: Code
    """On what, such as `coteach`."""
    started_at: Time
    minutes: int
    partnership_id: UUID | None = None
    cycle_id: UUID | None = None
    phase: Code | None = None

    @property
    def happened_at(self) -> datetime:
        return self.started_at


# What it is done with ---------------------------------------------------------------------------------


class InitiativeLaunched(Event, service="feeds", aggregate="Feed"):
    """Something a district or school does as a whole."""

    initiative_id: UUID
    focus: Code | None = None
    begin: Day
    end: Day | None = None


class InitiativeClosed(Event, service="feeds", aggregate="Feed"):
    """No further goal serves it."""

    initiative_id: UUID


class ModelTemplatePublished(Event, service="feeds", aggregate="Feed"):
    """One version of a model of coaching, for good."""

    template: Versioned
    phases: tuple[Code, ...]
    cadence_days: int
    planned_weeks: int


class ModelTemplateRetired(Event, service="feeds", aggregate="Feed"):
    """No further cycle follows it."""

    template: Versioned


class InstrumentItem(BaseModel):
    """One thing an instrument looks for."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    code: Code
    kind: Code
    """How it is measured, such as `count_of_total`."""


class InstrumentPublished(Event, service="feeds", aggregate="Feed"):
    """One version of an instrument, for good."""

    instrument: Versioned
    """Its code and version, such as "time-on-task@2"."""
    items: tuple[InstrumentItem, ...]
    framework: Code | None = None


class InstrumentRetired(Event, service="feeds", aggregate="Feed"):
    """No further version follows."""

    instrument: Versioned


# What does not hold -----------------------------------------------------------------------------------


class EventRetracted(Event, service="feeds", aggregate="Feed"):
    """What an earlier event of this feed told does not hold any more."""

    event_id: UUID
    """The `id` of that event."""
