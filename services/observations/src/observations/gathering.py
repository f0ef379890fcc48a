"""How a decision of observations comes to be told what it needs: the pair, who oversees it, what was published."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from backbone.deciding import Asking, Look
from backbone.facts import grants, several
from backbone.overseeing import LEADERS, oversees

from observations.access import in_pair, occasion_of, takes_part, whose
from observations.activity import Activity, ActivityCommand, ActivityFacts, Occasion
from observations.instrument import Instrument, InstrumentCommand, InstrumentFacts
from observations.measuring import Edition, named_in
from observations.observation import (
    CorrectObservation,
    Observation,
    ObservationCommand,
    ObservationFacts,
    RecordObservation,
    Scheduled,
    Visit,
    Voided,
)
from observations.pair import Cycle, Goal, Partnership
from observations.reflection import RecordReflection, Reflection, ReflectionCommand, ReflectionFacts


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
        curates=bool(roles & LEADERS),
        level=asking.level,
    )


async def gather_observation(
    asking: Asking, state: Observation, command: ObservationCommand | Look
) -> ObservationFacts:
    told = whose(state)
    partnership_id = told.partnership_id if told else getattr(command, "partnership_id", None)
    names = _instruments(told, command)
    goal_ids = tuple(dict.fromkeys(getattr(command, "goal_ids", ())))
    pair, cycle, *more = await several(
        asking,
        ("partnership", partnership_id),
        ("cycle", getattr(command, "cycle_id", None)),
        *(("instrument", name) for name in names),
        *(("goal", goal_id) for goal_id in goal_ids),
    )
    editions, goals = more[: len(names)], more[len(names) :]
    partnership = _partnership(pair)
    person = asking.by.person
    inside = person is not None and in_pair(person, told, partnership)
    teacher_ids = told.teacher_ids if told else partnership.teacher_ids if partnership else ()
    return ObservationFacts(
        by=asking.by,
        command_id=asking.command_id,
        aggregate_id=asking.aggregate_id,
        partnership=partnership,
        cycle=_cycle(cycle),
        goals={
            own: Goal(row["partnership_id"], tuple(row["owner_ids"]))
            for own, row in zip(goal_ids, goals, strict=True)
            if row
        },
        published=_published(names, editions),
        granted=await grants(asking, told.teacher_ids) if isinstance(told, Visit) and not inside else (),
        oversees=not inside and await oversees(asking, teacher_ids),
        level=asking.level,
    )


def _instruments(told: Visit | Scheduled | Voided | None, command: ObservationCommand | Look) -> list[str]:
    """Those that a record or a correction names."""
    match command, told:
        case RecordObservation(), _:
            return sorted(named_in(command.instrument, command.measurements))
        case CorrectObservation(), Visit():
            return sorted(named_in(told.instrument, command.measurements))
        case _:
            return []


def _published(names: Sequence[str], rows: Sequence[Any]) -> dict[str, Edition]:
    """Of these instruments those whose code the district published."""
    return {
        name: Edition(
            row["retired"],
            None if row["kinds"] is None else frozenset(row["kinds"]),
            row["lowest"],
            row["highest"],
        )
        for name, row in zip(names, rows, strict=True)
        if row is not None
    }


async def gather_activity(asking: Asking, state: Activity, command: ActivityCommand | Look) -> ActivityFacts:
    told = occasion_of(state)
    partnership_id = told.partnership_id if told else getattr(command, "partnership_id", None)
    pair, cycle = await several(asking, ("partnership", partnership_id), ("cycle", _cycle_id(told, command)))
    partnership = _partnership(pair)
    person = asking.by.person
    inside = person is not None and takes_part(person, told, partnership)
    alone = told is None and partnership_id is None
    row = await _acting(asking) if alone else None
    teacher_ids = told.teacher_ids if told else partnership.teacher_ids if partnership else ()
    return ActivityFacts(
        by=asking.by,
        command_id=asking.command_id,
        aggregate_id=asking.aggregate_id,
        partnership=partnership,
        cycle=_cycle(cycle),
        belongs=row is not None,
        is_coach=row is not None and "coach" in row["roles"],
        oversees=not (inside or alone) and await oversees(asking, teacher_ids),
        level=asking.level,
    )


async def gather_reflection(
    asking: Asking, state: Reflection, command: ReflectionCommand | Look
) -> ReflectionFacts:
    """Nothing of others for one's own, unless it is to be shared with them."""
    partnership_id = getattr(state, "partnership_id", None) or getattr(command, "partnership_id", None)
    own = asking.by.person == getattr(state, "author_id", None) and isinstance(command, Look)
    alone = isinstance(command, RecordReflection) and partnership_id is None
    pair, cycle = await several(
        asking,
        ("partnership", None if own else partnership_id),
        ("cycle", getattr(command, "cycle_id", None)),
    )
    return ReflectionFacts(
        by=asking.by,
        command_id=asking.command_id,
        aggregate_id=asking.aggregate_id,
        partnership=_partnership(pair),
        cycle=_cycle(cycle),
        belongs=alone and await _acting(asking) is not None,
        level=asking.level,
    )


def _partnership(row: Any) -> Partnership | None:
    """As goals told of it last; None: nobody has, or none is meant."""
    return Partnership(row["coach_id"], tuple(row["teacher_ids"]), row["status"]) if row else None


def _cycle(row: Any) -> Cycle | None:
    """As goals told of it; None: nobody has, or none is meant."""
    return Cycle(row["partnership_id"], tuple(row["phases"])) if row else None


def _cycle_id(told: Occasion | None, command: ActivityCommand | Look) -> UUID | None:
    """The cycle that a command names, or is in a phase of: that of what was planned, unless it names another."""
    named = getattr(command, "cycle_id", None)
    return told.cycle_id if named is None and told and getattr(command, "phase", None) else named


async def _acting(asking: Asking) -> Any:
    """The acting person's row, or None for anyone who is not an active person of the district."""
    person = asking.by.person
    if asking.by.kind != "person" or person is None:
        return None
    row = await asking.fact("person", person)
    return row if row and row["active"] else None
