"""Who may do what in observations: the pair, and for instruments whoever curates them.

A teacher always keeps what is theirs, however stale our knowledge of others. A coach reads and acts
only while the partnership lives, and only while we are sure that it does.
"""

from typing import Any
from uuid import UUID

from backbone.deciding import Asking, FactsBehind, Forbidden, Look, Unseen

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


async def gather_instrument(
    asking: Asking,
    state: Instrument,  # noqa: ARG001 - gatherers share a shape
    command: InstrumentCommand | Look,  # noqa: ARG001
) -> InstrumentFacts:
    person = await _acting(asking)
    roles = set(person["roles"]) if person else set()
    return InstrumentFacts(
        by=asking.by,
        command_id=asking.command_id,
        aggregate_id=asking.aggregate_id,
        belongs=person is not None,
        curates=bool(roles & {"administrator", "coaching_lead"}),
        level=asking.level,
    )


async def gather_observation(
    asking: Asking, state: Observation, command: ObservationCommand | Look
) -> ObservationFacts:
    told = whose(state)
    partnership_id = told.partnership_id if told else getattr(command, "partnership_id", None)
    row = await asking.fact("partnership", partnership_id) if partnership_id else None
    partnership = Partnership(row["coach_id"], tuple(row["teacher_ids"]), row["status"]) if row else None
    person = asking.by.person
    inside = person is not None and in_pair(person, told, partnership)
    teacher_ids = told.teacher_ids if told else partnership.teacher_ids if partnership else ()
    return ObservationFacts(
        by=asking.by,
        command_id=asking.command_id,
        aggregate_id=asking.aggregate_id,
        partnership=partnership,
        oversees=not inside and await _oversees(asking, teacher_ids),
        level=asking.level,
    )


async def _oversees(asking: Asking, teacher_ids: tuple[UUID, ...]) -> bool:
    """Administrators and coaching leads of the district, and principals of a school where one teaches."""
    person = await _acting(asking)
    if person is None or not teacher_ids:
        return False
    roles = set(person["roles"])
    if roles & {"administrator", "coaching_lead"}:
        return True
    if "principal" not in roles:
        return False
    schools = set(person["school_ids"])
    for teacher_id in teacher_ids:
        teacher = await asking.fact("person", teacher_id)
        if teacher and schools & set(teacher["school_ids"]):
            return True
    return False


async def _acting(asking: Asking) -> Any:
    """The acting person's row, or None for anyone who is not an active person of the district."""
    person = asking.by.person
    if asking.by.kind != "person" or person is None:
        return None
    row = await asking.fact("person", person)
    return row if row and row["active"] else None
