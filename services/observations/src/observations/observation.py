"""An observation: somebody watched, counted, and the pair talked about it. It serves growth, nothing else.

Recorded once and immutable: a correction or a void appends, and says which measurements no longer hold.
What is decided is in `observation_decisions`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Annotated
from uuid import UUID, uuid5

from backbone.deciding import Actor, Command, Kept
from backbone.sharing import Grant
from backbone.words import Words
from chalkline_contracts.measurement import Measurement, MeasurementTaken, Versioned
from chalkline_contracts.observations import (
    ChosenBy,
    CoachFeedbackGiven,
    FeedbackAcknowledged,
    FeedbackShared,
    Mode,
    ObservationCorrected,
    ObservationRecorded,
    ObservationScheduled,
    ObservationVoided,
)
from chalkline_contracts.values import Code, Time, WordsRef
from pydantic import Field

from observations.measuring import Edition
from observations.pair import Cycle, Goal, Partnership
from observations.refusals import AuthorMissing

Ids = Annotated[tuple[UUID, ...], Field(max_length=50)]
Measurements = Annotated[tuple[MeasurementTaken, ...], Field(max_length=50)]


class ScheduleObservation(Command):
    """Agrees on a visit to come."""

    partnership_id: UUID
    teacher_ids: Ids = ()
    """Whom it is about; empty: every teacher of the partnership."""
    cycle_id: UUID | None = None
    scheduled_at: Time


class RecordObservation(Command):
    """Tells what took place, scheduled or not. What was scheduled need not be said again."""

    partnership_id: UUID | None = None
    teacher_ids: Ids = ()
    cycle_id: UUID | None = None
    goal_ids: Ids = ()
    """Whom it was made for: goals of the partnership, in whichever of its cycles."""
    started_at: Time
    duration_s: int
    mode: Mode
    instrument: Versioned | None = None
    measurements: Measurements = ()
    evidence: Words | None = None
    chosen_by: ChosenBy


class CorrectObservation(Command):
    """Tells the measurements anew, all of them. Times and evidence stay unless given."""

    measurements: Measurements
    started_at: Time | None = None
    duration_s: int | None = None
    evidence: Words | None = None
    reason_code: Code


class VoidObservation(Command):
    """Takes the observation back, with the progress it gave; a scheduled one is called off."""

    reason_code: Code


class ShareFeedback(Command):
    feedback: Words


class AcknowledgeFeedback(Command):
    """Says that the feedback was read, by the side that did not share it."""


class GiveCoachFeedback(Command):
    """Tells the coach how the visit served the teacher who says so; their word to the coach, and nobody else's."""

    feedback: Words


ObservationCommand = (
    ScheduleObservation
    | RecordObservation
    | CorrectObservation
    | VoidObservation
    | ShareFeedback
    | AcknowledgeFeedback
    | GiveCoachFeedback
)
ObservationEvent = (
    ObservationScheduled
    | ObservationRecorded
    | ObservationCorrected
    | ObservationVoided
    | FeedbackShared
    | FeedbackAcknowledged
    | CoachFeedbackGiven
)


@dataclass(frozen=True, slots=True)
class ToCoach:
    """A teacher's feedback to the coach."""

    by: UUID
    feedback_ref: WordsRef


@dataclass(frozen=True, slots=True)
class Visit:
    """What took place, as last told."""

    partnership_id: UUID
    coach_id: UUID
    teacher_ids: tuple[UUID, ...]
    cycle_id: UUID | None
    goal_ids: tuple[UUID, ...]
    started_at: datetime
    duration_s: int
    mode: Mode
    instrument: str | None
    measurements: tuple[Measurement, ...]
    evidence_ref: WordsRef | None
    chosen_by: ChosenBy
    author_id: UUID
    corrections: int = 0
    to_coach: tuple[ToCoach, ...] = ()


@dataclass(frozen=True, slots=True)
class Unset:
    """Nobody scheduled or recorded it."""


@dataclass(frozen=True, slots=True)
class Scheduled:
    partnership_id: UUID
    coach_id: UUID
    teacher_ids: tuple[UUID, ...]
    cycle_id: UUID | None
    scheduled_at: datetime


@dataclass(frozen=True, slots=True)
class Recorded:
    visit: Visit


@dataclass(frozen=True, slots=True)
class Shared:
    visit: Visit
    feedback_ref: WordsRef
    shared_by: UUID


@dataclass(frozen=True, slots=True)
class Discussed:
    visit: Visit
    feedback_ref: WordsRef
    shared_by: UUID


@dataclass(frozen=True, slots=True)
class Voided:
    """Whose it was, so that they may still see that it was voided."""

    partnership_id: UUID
    coach_id: UUID
    teacher_ids: tuple[UUID, ...]


Observation = Unset | Scheduled | Recorded | Shared | Discussed | Voided


def whose_alone(_: UUID, observation: Observation) -> UUID | None:
    """Its only teacher's; what was seen of several is nobody's alone."""
    match observation:
        case Recorded() | Shared() | Discussed():
            teachers = observation.visit.teacher_ids
        case Scheduled() | Voided():
            teachers = observation.teacher_ids
        case _:
            teachers = ()
    return teachers[0] if len(teachers) == 1 else None


def kept(_: UUID, observation: Observation) -> Kept | None:
    """The pair's, as long as its partnership needs it."""
    match observation:
        case Unset():
            return None
        case Recorded() | Shared() | Discussed():
            return Kept("pair", observation.visit.teacher_ids, observation.visit.partnership_id)
        case _:
            return Kept("pair", observation.teacher_ids, observation.partnership_id)


@dataclass(frozen=True, slots=True)
class ObservationFacts:
    """Who asks, and the partnership in question as it stands."""

    by: Actor
    command_id: UUID
    aggregate_id: UUID
    partnership: Partnership | None = None
    cycle: Cycle | None = None
    """The cycle that the command names; None: it names none, or nobody knows of it."""
    goals: Mapping[UUID, Goal] = field(default_factory=dict)
    """Of the goals that are named, those that goals told of."""
    published: Mapping[str, Edition] = field(default_factory=dict)
    """Of the instruments that are named, those whose code the district published."""
    granted: tuple[Grant, ...] = ()
    """What lets the actor, who is not of the pair, see something of the teachers who were observed."""
    oversees: bool = False
    """Knows of the activity, as those who lead do, and may not act in it."""
    level: bool = True
    """Whether the partnership is known as it stands now."""

    @property
    def author(self) -> UUID:
        if self.by.person is None:
            raise AuthorMissing
        return self.by.person

    def measured(self, taken: tuple[MeasurementTaken, ...]) -> tuple[Measurement, ...]:
        """With identities that the same command always gives again."""
        return tuple(
            measurement.recorded(uuid5(self.command_id, str(index)), self.author)
            for index, measurement in enumerate(taken)
        )


def evolve(observation: Observation, event: ObservationEvent) -> Observation:
    match event, observation:
        case ObservationScheduled(), Unset():
            return Scheduled(
                event.partnership_id, event.coach_id, event.teacher_ids, event.cycle_id, event.scheduled_at
            )
        case ObservationRecorded(), Unset() | Scheduled():
            return Recorded(_visit(event))
        case ObservationCorrected(), Recorded() | Shared() | Discussed():
            return replace(observation, visit=_corrected(observation.visit, event))
        case ObservationVoided(), Scheduled() | Recorded() | Shared() | Discussed():
            return Voided(event.partnership_id, event.coach_id, event.teacher_ids)
        case FeedbackShared(), Recorded():
            return Shared(observation.visit, event.feedback_ref, event.shared_by)
        case FeedbackAcknowledged(), Shared():
            return Discussed(observation.visit, observation.feedback_ref, observation.shared_by)
        case CoachFeedbackGiven(), Recorded() | Shared() | Discussed():
            told = ToCoach(event.given_by, event.feedback_ref)
            visit = observation.visit
            return replace(observation, visit=replace(visit, to_coach=(*visit.to_coach, told)))
        case _:
            return observation


def _visit(event: ObservationRecorded) -> Visit:
    return Visit(
        partnership_id=event.partnership_id,
        coach_id=event.coach_id,
        teacher_ids=event.teacher_ids,
        cycle_id=event.cycle_id,
        goal_ids=event.goal_ids,
        started_at=event.started_at,
        duration_s=event.duration_s,
        mode=event.mode,
        instrument=event.instrument,
        measurements=event.measurements,
        evidence_ref=event.evidence_ref,
        chosen_by=event.chosen_by,
        author_id=event.recorded_by,
    )


def _corrected(visit: Visit, event: ObservationCorrected) -> Visit:
    return replace(
        visit,
        started_at=event.started_at,
        duration_s=event.duration_s,
        measurements=event.measurements,
        evidence_ref=event.evidence_ref,
        corrections=visit.corrections + 1,
    )
