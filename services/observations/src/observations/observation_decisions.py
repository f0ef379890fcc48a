"""What is decided about an observation: only the pair observes, and what was recorded is never changed."""

from datetime import datetime, timedelta

from chalkline_contracts.event import Event
from chalkline_contracts.measurement import MeasurementTaken
from chalkline_contracts.observations import (
    CoachFeedbackGiven,
    FeedbackAcknowledged,
    FeedbackShared,
    ObservationCorrected,
    ObservationRecorded,
    ObservationScheduled,
    ObservationVoided,
)

from observations import pair
from observations.measuring import check_instruments
from observations.observation import (
    AcknowledgeFeedback,
    CorrectObservation,
    Discussed,
    GiveCoachFeedback,
    Observation,
    ObservationCommand,
    ObservationFacts,
    Recorded,
    RecordObservation,
    Scheduled,
    ScheduleObservation,
    Shared,
    ShareFeedback,
    Unset,
    Visit,
    Voided,
    VoidObservation,
)
from observations.refusals import (
    CoachFeedbackAlreadyGiven,
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
    OnlyTheObservedTell,
    PartnershipDiffers,
    PartnershipMissing,
    ScheduledInThePast,
)

SHORTEST_S, LONGEST_S = 60, 480 * 60


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
        case GiveCoachFeedback(), Recorded() | Shared() | Discussed():
            return [_tell_coach(observation.visit, command, facts)]
        case _, Voided():
            raise ObservationAlreadyVoided(observation_id=facts.aggregate_id)
        case _, Scheduled():
            raise ObservationNotRecorded(observation_id=facts.aggregate_id)
        case _:
            raise ObservationNotFound(observation_id=facts.aggregate_id)


def _schedule(command: ScheduleObservation, facts: ObservationFacts, now: datetime) -> list[Event]:
    partnership = pair.agreed(facts.partnership)
    pair.within(command.partnership_id, command.cycle_id, facts.cycle)
    if command.scheduled_at <= now:
        raise ScheduledInThePast(scheduled_at=command.scheduled_at)
    return [
        ObservationScheduled(
            partnership_id=command.partnership_id,
            coach_id=partnership.coach_id,
            teacher_ids=pair.teachers(command.teacher_ids, partnership),
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
    partnership = pair.agreed(facts.partnership)
    pair.within(partnership_id, command.cycle_id, facts.cycle)
    teacher_ids = pair.teachers(teacher_ids, partnership)
    goal_ids = pair.serves(partnership_id, teacher_ids, command.goal_ids, facts.goals)
    _check_times(command.started_at, command.duration_s, command.measurements, now)
    check_instruments(command.instrument, command.measurements, facts.published, is_new=True)
    return [
        ObservationRecorded(
            partnership_id=partnership_id,
            coach_id=partnership.coach_id,
            teacher_ids=teacher_ids,
            cycle_id=cycle_id,
            goal_ids=goal_ids,
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
    check_instruments(visit.instrument, command.measurements, facts.published, is_new=False)
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


def _tell_coach(visit: Visit, command: GiveCoachFeedback, facts: ObservationFacts) -> CoachFeedbackGiven:
    if facts.author not in visit.teacher_ids:
        raise OnlyTheObservedTell
    if any(told.by == facts.author for told in visit.to_coach):
        raise CoachFeedbackAlreadyGiven
    return CoachFeedbackGiven(
        partnership_id=visit.partnership_id,
        coach_id=visit.coach_id,
        teacher_ids=visit.teacher_ids,
        cycle_id=visit.cycle_id,
        feedback_ref=command.feedback.ref,
        given_by=facts.author,
    )


def _check_times(
    started_at: datetime, duration_s: int, taken: tuple[MeasurementTaken, ...], now: datetime
) -> None:
    if not SHORTEST_S <= duration_s <= LONGEST_S:
        raise MinutesOutOfRange(duration_s=duration_s)
    ended_at = started_at + timedelta(seconds=duration_s)
    if any(moment > now for moment in (ended_at, *(measurement.occurred_at for measurement in taken))):
        raise NotYetHappened
