"""An observation: somebody watched, counted, and the pair talked about it. It serves growth, nothing else.

Recorded once and immutable: a correction or a void appends, and says which measurements no longer hold.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated
from uuid import UUID, uuid5

from backbone.deciding import Actor, Command
from backbone.words import Words
from chalkline_contracts.event import Event
from chalkline_contracts.measurement import Measurement, MeasurementTaken, Versioned
from chalkline_contracts.observations import (
    ChosenBy,
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

from observations.refusals import (
    AuthorMissing,
    FeedbackAlreadyShared,
    FeedbackIsYourOwn,
    FeedbackNotShared,
    MinutesOutOfRange,
    NotYetHappened,
    ObservationAlreadyRecorded,
    ObservationAlreadyScheduled,
    ObservationAlreadyVoided,
    ObservationNotFound,
    ObservationNotRecorded,
    PartnershipDiffers,
    PartnershipMissing,
    PartnershipNotAgreed,
    ScheduledInThePast,
    TeacherNotInPartnership,
)

SHORTEST_S, LONGEST_S = 60, 480 * 60

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


ObservationCommand = (
    ScheduleObservation
    | RecordObservation
    | CorrectObservation
    | VoidObservation
    | ShareFeedback
    | AcknowledgeFeedback
)
ObservationEvent = (
    ObservationScheduled
    | ObservationRecorded
    | ObservationCorrected
    | ObservationVoided
    | FeedbackShared
    | FeedbackAcknowledged
)


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


@dataclass(frozen=True, slots=True)
class Partnership:
    """What goals told of the pair."""

    coach_id: UUID
    teacher_ids: tuple[UUID, ...]
    status: str
    """proposed, agreed, suspended or ended."""


@dataclass(frozen=True, slots=True)
class ObservationFacts:
    """Who asks, and the partnership in question as it stands."""

    by: Actor
    command_id: UUID
    aggregate_id: UUID
    partnership: Partnership | None = None
    oversees: bool = False
    """Knows of the activity, as principals and administrators do, and may not act in it."""
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


def decide(
    observation: Observation, command: ObservationCommand, facts: ObservationFacts, *, now: datetime
) -> list[Event]:
    match command, observation:
        case ScheduleObservation(), Unset():
            return _schedule(command, facts, now)
        case ScheduleObservation(), _:
            raise ObservationAlreadyScheduled(observation_id=facts.aggregate_id)
        case RecordObservation(), Unset() | Scheduled():
            return _record(observation, command, facts, now)
        case RecordObservation(), Recorded() | Shared() | Discussed():
            raise ObservationAlreadyRecorded(observation_id=facts.aggregate_id)
        case CorrectObservation(), Recorded() | Shared() | Discussed():
            return _correct(observation.visit, command, facts, now)
        case VoidObservation(), Scheduled() | Recorded() | Shared() | Discussed():
            return [_void(observation, command, facts)]
        case ShareFeedback(), Recorded():
            visit = observation.visit
            return [
                FeedbackShared(
                    partnership_id=visit.partnership_id,
                    coach_id=visit.coach_id,
                    teacher_ids=visit.teacher_ids,
                    cycle_id=visit.cycle_id,
                    feedback_ref=command.feedback.ref,
                    shared_by=facts.author,
                )
            ]
        case ShareFeedback(), Shared() | Discussed():
            raise FeedbackAlreadyShared(observation_id=facts.aggregate_id)
        case AcknowledgeFeedback(), Shared():
            return _acknowledge(observation, facts)
        case AcknowledgeFeedback(), Discussed():
            return []
        case AcknowledgeFeedback(), Recorded():
            raise FeedbackNotShared(observation_id=facts.aggregate_id)
        case _, Voided():
            raise ObservationAlreadyVoided(observation_id=facts.aggregate_id)
        case _, Scheduled():
            raise ObservationNotRecorded(observation_id=facts.aggregate_id)
        case _:
            raise ObservationNotFound(observation_id=facts.aggregate_id)


def _schedule(command: ScheduleObservation, facts: ObservationFacts, now: datetime) -> list[Event]:
    partnership = _agreed(facts)
    if command.scheduled_at <= now:
        raise ScheduledInThePast(scheduled_at=command.scheduled_at)
    return [
        ObservationScheduled(
            partnership_id=command.partnership_id,
            coach_id=partnership.coach_id,
            teacher_ids=_teachers(command.teacher_ids, partnership),
            cycle_id=command.cycle_id,
            scheduled_at=command.scheduled_at,
            scheduled_by=facts.author,
        )
    ]


def _record(
    planned: Unset | Scheduled, command: RecordObservation, facts: ObservationFacts, now: datetime
) -> list[Event]:
    partnership_id, teacher_ids, cycle_id = command.partnership_id, command.teacher_ids, command.cycle_id
    if isinstance(planned, Scheduled):
        if partnership_id not in {None, planned.partnership_id}:
            raise PartnershipDiffers(partnership_id=planned.partnership_id)
        partnership_id = planned.partnership_id
        teacher_ids = teacher_ids or planned.teacher_ids
        cycle_id = cycle_id or planned.cycle_id
    if partnership_id is None:
        raise PartnershipMissing
    partnership = _agreed(facts)
    _check_times(command.started_at, command.duration_s, command.measurements, now)
    return [
        ObservationRecorded(
            partnership_id=partnership_id,
            coach_id=partnership.coach_id,
            teacher_ids=_teachers(teacher_ids, partnership),
            cycle_id=cycle_id,
            goal_ids=tuple(dict.fromkeys(command.goal_ids)),
            started_at=command.started_at,
            duration_s=command.duration_s,
            mode=command.mode,
            instrument=command.instrument,
            measurements=facts.measured(command.measurements),
            evidence_ref=command.evidence.ref if command.evidence else None,
            chosen_by=command.chosen_by,
            recorded_by=facts.author,
        )
    ]


def _correct(
    visit: Visit, command: CorrectObservation, facts: ObservationFacts, now: datetime
) -> list[Event]:
    started_at = command.started_at or visit.started_at
    duration_s = visit.duration_s if command.duration_s is None else command.duration_s
    _check_times(started_at, duration_s, command.measurements, now)
    return [
        ObservationCorrected(
            partnership_id=visit.partnership_id,
            coach_id=visit.coach_id,
            teacher_ids=visit.teacher_ids,
            cycle_id=visit.cycle_id,
            goal_ids=visit.goal_ids,
            started_at=started_at,
            duration_s=duration_s,
            corrected_at=now,
            measurements=facts.measured(command.measurements),
            replaced_measurement_ids=tuple(m.measurement_id for m in visit.measurements),
            evidence_ref=command.evidence.ref if command.evidence else visit.evidence_ref,
            reason_code=command.reason_code,
            corrected_by=facts.author,
        )
    ]


def _void(
    observation: Scheduled | Recorded | Shared | Discussed, command: VoidObservation, facts: ObservationFacts
) -> ObservationVoided:
    told = observation if isinstance(observation, Scheduled) else observation.visit
    took_place = told if isinstance(told, Visit) else None
    return ObservationVoided(
        partnership_id=told.partnership_id,
        coach_id=told.coach_id,
        teacher_ids=told.teacher_ids,
        cycle_id=told.cycle_id,
        goal_ids=took_place.goal_ids if took_place else (),
        measurement_ids=tuple(m.measurement_id for m in took_place.measurements) if took_place else (),
        started_at=took_place.started_at if took_place else None,
        reason_code=command.reason_code,
        voided_by=facts.author,
    )


def _acknowledge(observation: Shared, facts: ObservationFacts) -> list[Event]:
    if facts.author == observation.shared_by:
        raise FeedbackIsYourOwn
    visit = observation.visit
    return [
        FeedbackAcknowledged(
            partnership_id=visit.partnership_id,
            coach_id=visit.coach_id,
            teacher_ids=visit.teacher_ids,
            cycle_id=visit.cycle_id,
            acknowledged_by=facts.author,
        )
    ]


def _agreed(facts: ObservationFacts) -> Partnership:
    if facts.partnership is None or facts.partnership.status != "agreed":
        raise PartnershipNotAgreed
    return facts.partnership


def _teachers(named: tuple[UUID, ...], partnership: Partnership) -> tuple[UUID, ...]:
    if strangers := set(named) - set(partnership.teacher_ids):
        raise TeacherNotInPartnership(teacher_ids=sorted(strangers))
    return tuple(dict.fromkeys(named or partnership.teacher_ids))


def _check_times(
    started_at: datetime, duration_s: int, taken: tuple[MeasurementTaken, ...], now: datetime
) -> None:
    if not SHORTEST_S <= duration_s <= LONGEST_S:
        raise MinutesOutOfRange(duration_s=duration_s)
    if any(moment > now for moment in (started_at, *(measurement.occurred_at for measurement in taken))):
        raise NotYetHappened


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
