"""Who may do what in observations: the pair, and for instruments whoever curates them.

A teacher always keeps what is theirs, however stale our knowledge of others. A coach reads and acts
only while the partnership lives, and only while we are sure that it does.
"""

from uuid import UUID

from backbone.deciding import FactsBehind, Forbidden, Look, Unseen

from observations import instrument, observation
from observations.instrument import Instrument, InstrumentCommand, InstrumentFacts
from observations.observation import (
    CorrectObservation,
    Discussed,
    Observation,
    ObservationCommand,
    ObservationFacts,
    Partnership,
    Recorded,
    RecordObservation,
    Scheduled,
    ScheduleObservation,
    Shared,
    Visit,
    Voided,
)

LIVE = ("proposed", "agreed")
"""Statuses in which a coach sees what is the pair's."""


def authorise_instrument(
    state: Instrument, command: InstrumentCommand | Look, facts: InstrumentFacts
) -> None:
    """Operators, administrators and coaching leads publish and retire; everyone may use."""
    if isinstance(state, instrument.Unset) and not isinstance(command, instrument.PublishInstrument):
        raise Unseen
    if facts.by.kind == "operator":
        return
    if not facts.level:
        raise FactsBehind
    if not facts.belongs:
        raise Unseen
    if not (facts.curates or isinstance(command, Look)):
        raise Forbidden


def authorise_observation(
    state: Observation, command: ObservationCommand | Look, facts: ObservationFacts
) -> None:
    person = facts.by.person
    begins = isinstance(command, ScheduleObservation | RecordObservation)
    if person is None or (isinstance(state, observation.Unset) and not begins):
        raise Unseen
    told = whose(state)
    own = told is not None and person in told.teacher_ids and not begins
    if not own and not facts.level and (told is None or begins or person in coaches(told, facts.partnership)):
        raise FactsBehind
    if not in_pair(person, told, facts.partnership):
        if not facts.oversees:
            raise Unseen
        if not isinstance(command, Look):
            raise Forbidden
        if not facts.level:
            raise FactsBehind
    if isinstance(command, CorrectObservation) and isinstance(told, Visit) and told.author_id != person:
        raise Forbidden


def may_read(person: UUID, state: Observation, partnership: Partnership | None) -> bool:
    """Whether this person may read what it says: its teachers always, the coach while the pair lives."""
    told = whose(state)
    return told is not None and in_pair(person, told, partnership)


def in_pair(person: UUID, told: Visit | Scheduled | Voided | None, partnership: Partnership | None) -> bool:
    """One of the observed teachers or the coach; of one yet to begin, anyone of the partnership."""
    if told is None:
        return partnership is not None and person in {partnership.coach_id, *partnership.teacher_ids}
    if person in told.teacher_ids:
        return True
    return partnership is not None and person == partnership.coach_id and partnership.status in LIVE


def coaches(told: Visit | Scheduled | Voided, partnership: Partnership | None) -> set[UUID]:
    """Whoever was or is the coach."""
    return {told.coach_id, partnership.coach_id} if partnership else {told.coach_id}


def whose(state: Observation) -> Visit | Scheduled | Voided | None:
    """The part of the state that says whose the observation is."""
    match state:
        case Recorded() | Shared() | Discussed():
            return state.visit
        case Scheduled() | Voided():
            return state
        case _:
            return None
