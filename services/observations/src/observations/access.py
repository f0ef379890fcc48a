"""Who may do what in observations: the pair; the coach alone with time that is no pair's, everyone alone with what they
think; whoever curates instruments.

A teacher always keeps what is theirs, however stale our knowledge of others. A coach reads and acts
only while the partnership lives, and only while we are sure that it does.
"""

from uuid import UUID

from backbone.deciding import FactsBehind, Forbidden, Look, Unseen
from backbone.sharing import Grant, Owed, opened_by, owed

from observations import activity, instrument, observation, reflection
from observations.activity import (
    Activity,
    ActivityCommand,
    ActivityFacts,
    HoldActivity,
    Occasion,
    PlanActivity,
)
from observations.instrument import Instrument, InstrumentCommand, InstrumentFacts
from observations.observation import (
    CorrectObservation,
    Discussed,
    Observation,
    ObservationCommand,
    ObservationFacts,
    Recorded,
    RecordObservation,
    Scheduled,
    ScheduleObservation,
    Shared,
    Visit,
    Voided,
)
from observations.pair import Partnership
from observations.reflection import RecordReflection, Reflection, ReflectionCommand, ReflectionFacts


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
        if not (facts.oversees or opened(state, facts)) or isinstance(state, Voided):
            raise Unseen
        if not isinstance(command, Look):
            raise Forbidden
        if not facts.level:
            raise FactsBehind
    if isinstance(command, CorrectObservation) and isinstance(told, Visit) and told.author_id != person:
        raise Forbidden


def authorise_activity(state: Activity, command: ActivityCommand | Look, facts: ActivityFacts) -> None:
    """A partnership's is the pair's, any other its coach's. Who oversees may look at what took place or shall."""
    person, told = facts.by.person, occasion_of(state)
    begins = isinstance(command, PlanActivity | HoldActivity)
    if person is None or (told is None and not begins):
        raise Unseen
    if told is None and getattr(command, "partnership_id", None) is None:
        _coach_alone(facts)
        return
    if told is not None and told.partnership_id is None and person == told.coach_id:
        return
    own = told is not None and person in told.teacher_ids and not begins
    if not own and not facts.level and (told is None or begins or person in coaches(told, facts.partnership)):
        raise FactsBehind
    if takes_part(person, told, facts.partnership):
        return
    if not facts.oversees or isinstance(state, activity.Missed):
        raise Unseen
    if not isinstance(command, Look):
        raise Forbidden
    if not facts.level:
        raise FactsBehind


def _coach_alone(facts: ActivityFacts) -> None:
    """What is no partnership's is told by whoever coaches."""
    if not facts.level:
        raise FactsBehind
    if not facts.belongs:
        raise Unseen
    if not facts.is_coach:
        raise Forbidden


def takes_part(person: UUID, told: Occasion | None, partnership: Partnership | None) -> bool:
    """One of its teachers, or the coach as it stands now; of one yet to begin, anyone of the partnership."""
    if told is None:
        return partnership is not None and person in partnership.partners
    if told.partnership_id is None:
        return person == told.coach_id
    return person in told.teacher_ids or (partnership is not None and partnership.coached_by(person))


def occasion_of(state: Activity) -> Occasion | None:
    return None if isinstance(state, activity.Unset) else state.occasion


def authorise_reflection(
    state: Reflection, command: ReflectionCommand | Look, facts: ReflectionFacts
) -> None:
    """Its author's alone; once shared, its partnership reads. To anyone else it does not exist, whoever they are."""
    person = facts.by.person
    if person is None:
        raise Unseen
    match state:
        case reflection.Unset():
            _reflects(person, command, facts)
        case reflection.Shared() if person not in {state.author_id, *state.teacher_ids}:
            partnership = facts.partnership
            if partnership is None or not partnership.coached_by(person):
                raise Unseen
            if not facts.level:
                raise FactsBehind
            if not isinstance(command, Look):
                raise Forbidden
        case _ if person != state.author_id:
            if isinstance(state, reflection.Private):
                raise Unseen
            if not isinstance(command, Look):
                raise Forbidden
        case _:
            if not (isinstance(command, Look) or facts.level):
                raise FactsBehind


def _reflects(person: UUID, command: ReflectionCommand | Look, facts: ReflectionFacts) -> None:
    if not isinstance(command, RecordReflection):
        raise Unseen
    if not facts.level:
        raise FactsBehind
    partnership = facts.partnership
    if command.partnership_id is None:
        known = facts.belongs
    else:
        known = partnership is not None and (
            person in partnership.teacher_ids or partnership.coached_by(person)
        )
    if not known:
        raise Unseen


def may_read(person: UUID, state: Observation, partnership: Partnership | None) -> bool:
    """Whether this person may read what it says: its teachers always, the coach while the pair lives."""
    told = whose(state)
    return told is not None and in_pair(person, told, partnership)


def opened(state: Observation, facts: ObservationFacts) -> tuple[Grant, ...]:
    """What opens what was seen to somebody who is not of the pair: a grant of every teacher, and of more than one of
    their goals, since it tells more than a goal's numbers. Empty: nothing does.
    """
    told, person = whose(state), facts.by.person
    if person is None or not isinstance(told, Visit) or in_pair(person, told, facts.partnership):
        return ()
    return opened_by(facts.granted, told.teacher_ids, told.partnership_id, told.cycle_id)


def receipt(state: Observation, facts: ObservationFacts) -> Owed | None:
    """What a look by somebody who is not of the pair owes to the teachers who were observed."""
    told = whose(state)
    return None if told is None else owed(told.teacher_ids, opened(state, facts))


def in_pair(person: UUID, told: Visit | Scheduled | Voided | None, partnership: Partnership | None) -> bool:
    """One of the observed teachers or the coach; of one yet to begin, anyone of the partnership."""
    if told is None:
        return partnership is not None and person in partnership.partners
    return person in told.teacher_ids or (partnership is not None and partnership.coached_by(person))


def coaches(told: Visit | Scheduled | Voided | Occasion, partnership: Partnership | None) -> set[UUID]:
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
