"""What a reader sees of what observations keeps: the pair all that is theirs, who oversees the activity.

Which fields are told to whom the table of `chalkline_contracts.who_sees` says.
"""

from collections.abc import Sequence
from typing import Any, Final

from chalkline_contracts.who_sees import READS, Relation

from observations import activity, instrument, observation, reflection
from observations.access import may_read, opened, takes_part, whose
from observations.activity import Activity, ActivityFacts
from observations.instrument import Instrument, InstrumentFacts
from observations.observation import Observation, ObservationFacts, Scheduled, Visit
from observations.reflection import Reflection, ReflectionFacts


def view_instrument(state: Instrument, facts: InstrumentFacts) -> dict[str, Any]:  # noqa: ARG001 - views share a shape
    match state:
        case instrument.Published():
            return {
                "status": "published",
                "name": state.name_ref,
                "instrument": f"{state.code}@{state.version}",
                "framework": state.framework,
                "items": state.items,
                "scale": state.scale,
            }
        case instrument.Retired():
            return {"status": "retired", "instrument": f"{state.code}@{state.version}"}
        case _:
            return {}


OBSERVATION, ACTIVITY = (
    READS["observations", f"/v1/{kind}/{{id}}"] for kind in ("observations", "activities")
)
OVERSEES: Final[Sequence[Relation]] = ("principal",)
"""Whoever may look and has no part in it; of one thing all who lead see the same."""


def view_observation(state: Observation, facts: ObservationFacts) -> dict[str, Any]:
    """Tier A for who oversees: whom, when, how long, how. The rest is the pair's, and whose they let see it."""
    told = whose(state)
    if told is None:
        return {}
    relations = _relations(state, facts)
    shown: dict[str, Any] = {
        "status": type(state).__name__.lower(),
        "partnership_id": told.partnership_id,
        "coach_id": told.coach_id,
        "teacher_ids": told.teacher_ids,
    }
    match told:
        case Scheduled():
            shown |= {"cycle_id": told.cycle_id, "scheduled_at": told.scheduled_at}
        case Visit():
            # How far the talk about it has come is the pair's.
            overseen = relations == OVERSEES
            shown |= {"status": "recorded" if overseen else shown["status"]} | _visit(told) | _feedback(state)
            # Between each teacher and the coach of that visit: neither the others of a group nor a later coach read it.
            person = facts.by.person
            shown["feedback_to_coach"] = [
                {"by": said.by, "feedback": said.feedback_ref}
                for said in told.to_coach
                if person in {said.by, told.coach_id}
            ]
    return OBSERVATION.told(relations, shown)


def _relations(state: Observation, facts: ObservationFacts) -> Sequence[Relation]:
    person = facts.by.person
    if person is not None and may_read(person, state, facts.partnership):
        return ("owner", "author")
    return ("audience",) if opened(state, facts) else OVERSEES


def _visit(told: Visit) -> dict[str, Any]:
    return {
        "cycle_id": told.cycle_id,
        "started_at": told.started_at,
        "duration_s": told.duration_s,
        "mode": told.mode,
        "goal_ids": told.goal_ids,
        "instrument": told.instrument,
        "measurements": told.measurements,
        "evidence": told.evidence_ref,
        "chosen_by": told.chosen_by,
        "recorded_by": told.author_id,
        "corrections": told.corrections,
    }


def _feedback(state: Observation) -> dict[str, Any]:
    match state:
        case observation.Shared() | observation.Discussed():
            return {"feedback": state.feedback_ref, "shared_by": state.shared_by}
        case _:
            return {}


def view_activity(state: Activity, facts: ActivityFacts) -> dict[str, Any]:
    """Tier A: whoever may look at one sees it. That it was missed, and why, is the pair's."""
    if isinstance(state, activity.Unset):
        return {}
    told = state.occasion
    shown: dict[str, Any] = {
        "status": type(state).__name__.lower(),
        "type": told.type,
        "minutes": told.minutes,
        "coach_id": told.coach_id,
        "partnership_id": told.partnership_id,
        "teacher_ids": told.teacher_ids,
        "cycle_id": told.cycle_id,
        "phase": told.phase,
    }
    match state:
        case activity.Held():
            shown |= {"started_at": told.at, "participants_n": state.participants_n}
        case activity.Missed():
            shown |= {"scheduled_at": told.at, "reason_code": state.reason_code}
        case _:
            shown |= {"scheduled_at": told.at}
    person = facts.by.person
    own = person is not None and takes_part(person, told, facts.partnership)
    return ACTIVITY.told(("owner",) if own else OVERSEES, shown)


def view_reflection(state: Reflection, facts: ReflectionFacts) -> dict[str, Any]:  # noqa: ARG001 - views share a shape
    """All of it: whoever may look at one reads it."""
    if isinstance(state, reflection.Unset):
        return {}
    return {
        "status": type(state).__name__.lower(),
        "author_id": state.author_id,
        "partnership_id": state.partnership_id,
        "cycle_id": state.cycle_id,
        "reflection": state.reflection_ref,
    }
