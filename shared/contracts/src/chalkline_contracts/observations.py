"""What observations tells: visits to classrooms with what was measured, the instruments used, what coaching
time was spent on, and that somebody reflected.

An observation serves growth, never evaluation. Evidence and feedback stay in observations; an event
only refers to them. Every event of an observation names its partnership, so that a reader need not join.
"""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from chalkline_contracts import feeds
from chalkline_contracts.acts import Act
from chalkline_contracts.event import Event
from chalkline_contracts.measurement import Measurement, MeasurementKind, Versioned
from chalkline_contracts.receipts import ReceiptOfRead
from chalkline_contracts.values import Code, Count, RetentionClass, Time, WordsRef

Mode = Literal["live", "video", "student_work", "interview"]
ChosenBy = Literal["teacher", "joint"]
ActivityType = Literal["plan", "model", "coteach", "debrief", "data_review", "pd", "admin"]
"""What coaching time is spent on; observing is told by observations."""


class InstrumentItem(BaseModel):
    """One thing an instrument looks for."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    code: Code
    kind: MeasurementKind
    wording_ref: WordsRef


class Scale(BaseModel):
    """The levels of a rubric, from the lowest to the highest."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    lowest: int
    highest: int


# Instrument ------------------------------------------------------------------------------------------


class InstrumentPublished(
    Event, service="observations", aggregate="Instrument", public=feeds.InstrumentPublished
):
    """One version of an instrument, for good; a change is another version."""

    instrument: Versioned
    """Its code and version, such as "time-on-task@2"."""
    items: tuple[InstrumentItem, ...]
    scale: Scale | None = None
    framework: Code | None = None
    name_ref: WordsRef


class InstrumentRetired(
    Event, service="observations", aggregate="Instrument", public=feeds.InstrumentRetired
):
    """No further version follows; what was measured with it stays."""

    instrument: Versioned


# Observation -----------------------------------------------------------------------------------------


class ObservationScheduled(Event, service="observations", aggregate="Observation"):
    """A visit is agreed on, for a moment to come."""

    partnership_id: UUID
    coach_id: UUID
    teacher_ids: tuple[UUID, ...]
    cycle_id: UUID | None = None
    scheduled_at: Time
    scheduled_by: UUID


class ObservationRecorded(
    Event, service="observations", aggregate="Observation", tier="B", public=feeds.ObservationRecorded
):
    """It took place, and this is what was seen; once, and for all."""

    partnership_id: UUID
    coach_id: UUID
    teacher_ids: tuple[UUID, ...]
    cycle_id: UUID | None = None
    goal_ids: tuple[UUID, ...] = ()
    """The goals whose progress the measurements are."""
    started_at: Time
    duration_s: int
    mode: Mode
    instrument: Versioned | None = None
    measurements: tuple[Measurement, ...] = ()
    evidence_ref: WordsRef | None = None
    chosen_by: ChosenBy
    purpose: Literal["growth"] = "growth"
    recorded_by: UUID

    @property
    def happened_at(self) -> datetime:
        return self.started_at


class ObservationCorrected(
    Event,
    service="observations",
    aggregate="Observation",
    tier="B",
    public=feeds.ObservationRecorded,
    retracts=feeds.ObservationRecorded,
):
    """The observation as it is told from now on; what was told before stays in history.

    Whoever counted the replaced measurements retracts them and counts `measurements` instead.
    """

    partnership_id: UUID
    coach_id: UUID
    teacher_ids: tuple[UUID, ...]
    cycle_id: UUID | None = None
    goal_ids: tuple[UUID, ...] = ()
    started_at: Time
    """When the observation took place."""
    duration_s: int
    corrected_at: Time
    """When it was told anew."""
    measurements: tuple[Measurement, ...] = ()
    replaced_measurement_ids: tuple[UUID, ...] = ()
    evidence_ref: WordsRef | None = None
    reason_code: Code
    corrected_by: UUID


class ObservationVoided(
    Event, service="observations", aggregate="Observation", tier="B", retracts=feeds.ObservationRecorded
):
    """It counts for nothing any more: neither as a visit nor as progress."""

    partnership_id: UUID
    coach_id: UUID
    teacher_ids: tuple[UUID, ...]
    cycle_id: UUID | None = None
    goal_ids: tuple[UUID, ...] = ()
    measurement_ids: tuple[UUID, ...] = ()
    """The measurements that no longer hold."""
    started_at: Time | None = None
    """When it took place; None if it was only scheduled."""
    reason_code: Code
    voided_by: UUID


class FeedbackShared(Event, service="observations", aggregate="Observation", tier="B"):
    """The coach tells what was seen, and what they make of it."""

    partnership_id: UUID
    coach_id: UUID
    teacher_ids: tuple[UUID, ...]
    cycle_id: UUID | None = None
    feedback_ref: WordsRef
    shared_by: UUID


class FeedbackAcknowledged(Event, service="observations", aggregate="Observation", tier="B"):
    """The other side has read it; the observation counts as discussed."""

    partnership_id: UUID
    coach_id: UUID
    teacher_ids: tuple[UUID, ...]
    cycle_id: UUID | None = None
    acknowledged_by: UUID


class CoachFeedbackGiven(Event, service="observations", aggregate="Observation", tier="B"):
    """A teacher tells the coach how the visit served them."""

    partnership_id: UUID
    coach_id: UUID
    teacher_ids: tuple[UUID, ...]
    cycle_id: UUID | None = None
    feedback_ref: WordsRef
    given_by: UUID


# Activity --------------------------------------------------------------------------------------------


class ActivityPlanned(Event, service="observations", aggregate="Activity"):
    """Coaching time is set aside for something else than a visit."""

    type: ActivityType
    scheduled_at: Time
    minutes: int
    """How long it is meant to take."""
    coach_id: UUID
    partnership_id: UUID | None = None
    """None for what is not one partnership's: training for many, administration."""
    teacher_ids: tuple[UUID, ...] = ()
    cycle_id: UUID | None = None
    phase: Code | None = None
    planned_by: UUID


class ActivityHeld(Event, service="observations", aggregate="Activity", public=feeds.ActivityHeld):
    """It took place. A stretch of a coach's time counts once, however many activities and visits fill it."""

    type: ActivityType
    started_at: Time
    minutes: int
    coach_id: UUID
    partnership_id: UUID | None = None
    teacher_ids: tuple[UUID, ...] = ()
    participants_n: int
    """How many took part beside the coach, whether or not they are named."""
    cycle_id: UUID | None = None
    phase: Code | None = None
    recorded_by: UUID

    @property
    def happened_at(self) -> datetime:
        return self.started_at


class ActivityMissed(Event, service="observations", aggregate="Activity"):
    """What was planned did not take place."""

    type: ActivityType
    coach_id: UUID
    partnership_id: UUID | None = None
    teacher_ids: tuple[UUID, ...] = ()
    cycle_id: UUID | None = None
    reason_code: Code | None = None
    recorded_by: UUID


# Reflection ------------------------------------------------------------------------------------------


class ReflectionRecorded(Event, service="observations", aggregate="Reflection", tier="C"):
    """Somebody thought about their own practice, for themselves."""

    author_id: UUID
    reflection_ref: WordsRef
    partnership_id: UUID | None = None
    cycle_id: UUID | None = None


class ReflectionShared(Event, service="observations", aggregate="Reflection", tier="B"):
    """Its author lets the partnership read it."""

    author_id: UUID
    reflection_ref: WordsRef
    partnership_id: UUID
    coach_id: UUID
    teacher_ids: tuple[UUID, ...]
    cycle_id: UUID | None = None


class ContentErased(Event, service="observations", aggregate="Erasure", stays=True):
    """Observations attests that it has erased what an erasure of directory's asked for."""

    erasure_id: UUID
    person_id: UUID | None = None
    n_items: Count
    n_held: Count = 0
    retention: RetentionClass | None = None


# Access ----------------------------------------------------------------------------------------------


class ContentRead(ReceiptOfRead, Event, service="observations", aggregate="Access", tier="B"):
    """Somebody outside the pair read what is the pair's."""


class OperatorActed(Act, Event, service="observations", aggregate="Operation", tier="O", stays=True):
    """What an operator did to observations, or set out to do; the aggregate is the act."""
