"""What observations tells: visits to classrooms with what was measured, and the instruments used.

An observation serves growth, never evaluation. Evidence and feedback stay in observations; an event
only refers to them. Every event of an observation names its partnership, so that a reader need not join.
"""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from chalkline_contracts.event import Event
from chalkline_contracts.measurement import Measurement, MeasurementKind, Versioned
from chalkline_contracts.values import Code, Time, WordsRef

Mode = Literal["live", "video", "student_work", "interview"]
ChosenBy = Literal["teacher", "joint"]


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


class InstrumentPublished(Event, service="observations", aggregate="Instrument"):
    """One version of an instrument, for good; a change is another version."""

    instrument: Versioned
    """Its code and version, such as "time-on-task@2"."""
    items: tuple[InstrumentItem, ...]
    scale: Scale | None = None
    framework: Code | None = None
    name_ref: WordsRef


class InstrumentRetired(Event, service="observations", aggregate="Instrument"):
    """No further version follows; what was measured with it stays."""

    instrument: Versioned


# Observation -----------------------------------------------------------------------------------------


class ObservationScheduled(Event, service="observations", aggregate="Observation"):
    partnership_id: UUID
    coach_id: UUID
    teacher_ids: tuple[UUID, ...]
    cycle_id: UUID | None = None
    scheduled_at: Time
    scheduled_by: UUID


class ObservationRecorded(Event, service="observations", aggregate="Observation", tier="B"):
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


class ObservationCorrected(Event, service="observations", aggregate="Observation", tier="B"):
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


class ObservationVoided(Event, service="observations", aggregate="Observation", tier="B"):
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
