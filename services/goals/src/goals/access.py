"""Who may do what with partnerships, cycles, goals and models, and what a decision is told.

Partners see what is theirs and act on it, the teacher in everything the coach may. A principal, an
administrator or a coaching lead learns that it exists and may not touch it; to anyone else of the
district it does not exist. Rules are pure; only the gatherers at the end wait for anything.
"""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from backbone.deciding import Actor, Asking, Command, FactsBehind, Forbidden, Look, Unseen

from goals import cycle, goal, model_template, partnership
from goals.cycle import Cycle, StartCycle
from goals.goal import AgreeGoal, ConfirmAchievement, DraftGoal, Goal, ProposeGoal
from goals.model_template import PRODUCT, ModelTemplate, Template
from goals.partnership import (
    GiveConsent,
    GrantShare,
    Partnership,
    ProposePartnership,
    RevokeShare,
)

LEADERS = frozenset({"principal", "administrator", "coaching_lead"})
"""They learn whom and what area, never content."""
PUBLISHERS = frozenset({"administrator", "coaching_lead"})
"""They decide which models their district follows."""


@dataclass(frozen=True, slots=True)
class PersonFact:
    """What directory says of a person."""

    active: bool = True
    roles: frozenset[str] = frozenset()
    school_ids: frozenset[UUID] = frozenset()
    evaluated_by: frozenset[UUID] = frozenset()
    """Who is mapped as their evaluator; empty: the leaders of their schools evaluate."""


@dataclass(frozen=True, slots=True)
class GoalsFacts:
    """What a decision of this service is told beside its state and command."""

    by: Actor
    command_id: UUID
    aggregate_id: UUID
    level: bool = True
    """Whether what is known of others is fresh."""
    partnership: Partnership = field(default_factory=partnership.Unset)
    cycle: Cycle = field(default_factory=cycle.Unset)
    people: Mapping[UUID, PersonFact] = field(default_factory=dict)
    template: Template | None = None
    """The model the command means, or the partnership's; None: there is none, or it is retired."""
    school_id: UUID | None = None
    time_zone: str | None = None


# Rules -----------------------------------------------------------------------------------------------


def authorise_partnership(state: Partnership, command: Command, facts: GoalsFacts) -> None:
    """Raises Unseen, Forbidden or FactsBehind unless the actor may."""
    person = _person(facts)
    match state, command:
        case partnership.Unset(), ProposePartnership():
            if person not in (command.coach_id, *command.teacher_ids):
                raise Forbidden
        case partnership.Unset(), _:
            raise Unseen
        case _:
            if person not in state.pair.partners:
                _outside(command, facts)
            if isinstance(command, GrantShare | RevokeShare) and person not in state.pair.teacher_ids:
                raise Forbidden
    if isinstance(command, ProposePartnership | GiveConsent | GrantShare) and not facts.level:
        raise FactsBehind


def authorise_cycle(state: Cycle, command: Command, facts: GoalsFacts) -> None:
    """Raises Unseen, Forbidden or FactsBehind unless the actor may."""
    match state, command:
        case cycle.Unset(), StartCycle():
            if isinstance(facts.partnership, partnership.Unset):
                raise Unseen
            pair = facts.partnership.pair
            _partner(pair.coach_id, pair.teacher_ids, command, facts)
        case cycle.Unset(), _:
            raise Unseen
        case _:
            _partner(state.plan.coach_id, state.plan.teacher_ids, command, facts)


def authorise_goal(state: Goal, command: Command, facts: GoalsFacts) -> None:
    """Raises Unseen, Forbidden or FactsBehind unless the actor may."""
    match state, command:
        case goal.Unset(), DraftGoal():
            if isinstance(facts.cycle, cycle.Unset):
                raise Unseen
            _partner(facts.cycle.plan.coach_id, facts.cycle.plan.teacher_ids, command, facts)
        case goal.Unset(), _:
            raise Unseen
        case _:
            _partner(state.whose.coach_id, state.whose.owner_ids, command, facts)
            # An achievement is the owner's to say: the one thing a coach may not.
            if isinstance(command, ConfirmAchievement) and _person(facts) not in state.whose.owner_ids:
                raise Forbidden


def authorise_template(state: ModelTemplate, command: Command, facts: GoalsFacts) -> None:
    """Everyone may read a model; those who lead coaching, and the operator, publish and retire."""
    if isinstance(state, model_template.Unset) and not isinstance(
        command, model_template.PublishModelTemplate
    ):
        raise Unseen
    if facts.by.kind == "operator":
        return
    if not facts.level:
        raise FactsBehind
    if _person(facts) not in facts.people:
        raise Unseen
    if not (isinstance(command, Look) or _roles(facts) & PUBLISHERS):
        raise Forbidden


def reads_goal(person: UUID, state: Goal, of: Partnership) -> bool:
    """Whether a goal's content is this person's to read: its owners', and the coach's while it is agreed."""
    if isinstance(state, goal.Unset):
        return False
    coaches = person == state.whose.coach_id and isinstance(of, partnership.Agreed)
    return person in state.whose.owner_ids or coaches


def _partner(coach_id: UUID, teacher_ids: tuple[UUID, ...], command: Command, facts: GoalsFacts) -> None:
    """A teacher keeps their own whatever happens; a coach loses access with the partnership."""
    person = _person(facts)
    if person in teacher_ids:
        return
    if person != coach_id:
        _outside(command, facts)
        return
    match facts.partnership:
        case partnership.Suspended():
            raise Forbidden
        case partnership.Unset() | partnership.Ended():
            raise Unseen
        case _:
            return


def _outside(command: Command, facts: GoalsFacts) -> None:
    """Nobody's partner: a leader may look at the activity, and to others it does not exist."""
    if facts.by.kind == "operator":
        raise Forbidden
    if not facts.level:
        raise FactsBehind
    if not _roles(facts) & LEADERS:
        raise Unseen
    if not isinstance(command, Look):
        raise Forbidden


def _roles(facts: GoalsFacts) -> frozenset[str]:
    person = _person(facts)
    known = facts.people.get(person) if person else None
    return known.roles if known and known.active else frozenset()


def _person(facts: GoalsFacts) -> UUID | None:
    return facts.by.person if facts.by.kind == "person" else None


# Gathering -------------------------------------------------------------------------------------------


async def partnership_facts(asking: Asking, state: Partnership, command: Command) -> GoalsFacts:
    match state, command:
        case partnership.Unset(), ProposePartnership():
            people, template = await asyncio.gather(
                _people(asking, command.coach_id, *command.teacher_ids),
                _template(asking, command.template, command.template_id),
            )
            return _facts(asking, people=people, template=template)
        case partnership.Unset(), _:
            return _facts(asking)
        case _, GiveConsent():
            return _facts(asking, people=await _people(asking, *_self(asking), *state.pair.partners))
        case _, GrantShare():
            return _facts(asking, people=await _people(asking, *_self(asking), *command.audience))
        case _:
            return _facts(asking, people=await _stranger(asking, state.pair.partners))


async def cycle_facts(asking: Asking, state: Cycle, command: Command) -> GoalsFacts:
    match state, command:
        case cycle.Unset(), StartCycle():
            return await _start_facts(asking, command)
        case cycle.Unset(), _:
            return _facts(asking)
        case _:
            plan = state.plan
            return _facts(
                asking,
                partnership=await _access(asking, plan.partnership_id, plan.teacher_ids),
                people=await _stranger(asking, (plan.coach_id, *plan.teacher_ids)),
            )


async def _start_facts(asking: Asking, command: StartCycle) -> GoalsFacts:
    of = await asking.state("Partnership", command.partnership_id)
    if isinstance(of, partnership.Unset):
        return _facts(asking)
    teacher_ids = command.teacher_ids or of.pair.teacher_ids
    people, template = await asyncio.gather(
        _people(asking, *_self(asking), *teacher_ids),
        _template(asking, command.template or of.pair.template, command.template_id),
    )
    shared = frozenset[UUID].intersection(
        *(people[teacher].school_ids if teacher in people else frozenset() for teacher in teacher_ids)
    )
    school_id = command.school_id or (next(iter(shared)) if len(shared) == 1 else None)
    return _facts(
        asking,
        partnership=of,
        people=people,
        template=template,
        school_id=school_id,
        time_zone=await _time_zone(asking, school_id),
    )


async def goal_facts(asking: Asking, state: Goal, command: Command) -> GoalsFacts:
    match state, command:
        case goal.Unset(), DraftGoal():
            within = await asking.state("Cycle", command.cycle_id)
            if isinstance(within, cycle.Unset):
                return _facts(asking)
            plan = within.plan
            return _facts(
                asking,
                cycle=within,
                partnership=await _access(asking, plan.partnership_id, plan.teacher_ids),
                people=await _stranger(asking, (plan.coach_id, *plan.teacher_ids)),
            )
        case goal.Unset(), _:
            return _facts(asking)
        case _:
            whose = state.whose
            agreeing = isinstance(command, ProposeGoal | AgreeGoal)
            return _facts(
                asking,
                cycle=await asking.state("Cycle", whose.cycle_id) if agreeing else cycle.Unset(),
                partnership=await _access(asking, whose.partnership_id, whose.owner_ids),
                people=await _stranger(asking, whose.partners),
            )


async def template_facts(asking: Asking, state: ModelTemplate, command: Command) -> GoalsFacts:
    del state, command
    return _facts(asking, people=await _people(asking, *_self(asking)))


def _facts(asking: Asking, **told: Any) -> GoalsFacts:
    return GoalsFacts(
        by=asking.by,
        command_id=asking.command_id,
        aggregate_id=asking.aggregate_id,
        level=asking.level,
        **told,
    )


def _self(asking: Asking) -> tuple[UUID, ...]:
    return (UUID(asking.by.id),) if asking.by.kind == "person" else ()


async def _access(asking: Asking, partnership_id: UUID, teacher_ids: Iterable[UUID]) -> Partnership:
    """The partnership, when access depends on it: not for a teacher, who keeps their own."""
    if asking.by.kind != "person" or UUID(asking.by.id) in teacher_ids:
        return partnership.Unset()
    of: Partnership = await asking.state("Partnership", partnership_id)
    return of


async def _stranger(asking: Asking, partners: Iterable[UUID]) -> dict[UUID, PersonFact]:
    """The actor's roles, when they are nobody's partner here."""
    return await _people(asking, *(person for person in _self(asking) if person not in partners))


async def _people(asking: Asking, *person_ids: UUID) -> dict[UUID, PersonFact]:
    if not person_ids:
        return {}
    wanted = tuple(dict.fromkeys(person_ids))
    rows = await asyncio.gather(*(asking.fact("person", person_id) for person_id in wanted))
    return {
        person_id: PersonFact(
            active=row["active"],
            roles=frozenset(row["roles"]),
            school_ids=frozenset(row["school_ids"]),
            evaluated_by=frozenset(row["evaluated_by"]),
        )
        for person_id, row in zip(wanted, rows, strict=True)
        if row is not None
    }


async def _template(asking: Asking, named: str, template_id: UUID | None) -> Template | None:
    if template_id is None:
        return PRODUCT.get(named)
    state = await asking.state("ModelTemplate", template_id)
    return state.template if isinstance(state, model_template.Published) else None


async def _time_zone(asking: Asking, school_id: UUID | None) -> str | None:
    """The school's time zone, else the district's."""
    school = await asking.fact("org", school_id) if school_id else None
    if school is not None and school["time_zone"]:
        return str(school["time_zone"])
    district = await asking.fact("district", asking.tenant)
    return str(district["time_zone"]) if district is not None and district["time_zone"] else None
