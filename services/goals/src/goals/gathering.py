"""How a decision of goals comes to be told what it needs: enough to judge, nothing of others for one's own."""

import asyncio
from typing import Any
from uuid import UUID

from backbone.deciding import Asking, Command, Look
from backbone.district import policy_in
from backbone.facts import grants
from backbone.overseeing import oversees

from goals import action_step, break_glass, cycle, goal, model_template, partnership
from goals.action_step import ActionStep, OfferActionStep
from goals.break_glass import BreakGlass, RequestBreakGlass
from goals.cycle import Cycle, JoinCycle, StartCycle, focus_id
from goals.facts import GoalsFacts, MeasurementFact, PersonFact
from goals.goal import AgreeGoal, DraftGoal, Goal, ProposeGoal, RetractProgress
from goals.initiative import Initiative, LinkGoalToInitiative, link_id
from goals.model_template import ModelTemplate, Template
from goals.partnership import GiveConsent, GrantShare, HandOverCoach, Partnership, ProposePartnership
from goals.product_models import NAMES, PRODUCT


async def gather_partnership(asking: Asking, state: Partnership, command: Command) -> GoalsFacts:
    named: dict[str, Any] = {}
    match state, command:
        case partnership.Unset(), ProposePartnership():
            people, template, policy = await asyncio.gather(
                _people(asking, command.coach_id, *command.teacher_ids),
                _template(asking, command.template, command.template_id),
                asking.fact("policy", asking.tenant),
            )
            version = policy_in(policy).confidentiality_policy_version
            return _facts(asking, people=people, template=template, confidentiality_policy_version=version)
        case partnership.Unset(), _:
            return _facts(asking)
        case _, GiveConsent():
            people = await _people(asking, *state.pair.partners)
        case _, HandOverCoach():
            acting = asking.by.person
            wanted = (command.to_coach_id, *state.pair.teacher_ids, *((acting,) if acting else ()))
            people = await _people(asking, *wanted)
        case _, GrantShare(scope=scope):
            people = await _people(asking, *command.audience)
            if scope.cycle_id:
                named["cycle"] = await asking.state("Cycle", scope.cycle_id)
            if scope.goal_id:
                named["goal"] = await asking.state("Goal", scope.goal_id)
        case _:
            people = {}
    oversees = await _oversees(asking, state.pair.coach_id, state.pair.teacher_ids)
    return _facts(asking, people=people, oversees=oversees, **named)


async def gather_cycle(asking: Asking, state: Cycle, command: Command) -> GoalsFacts:
    match state, command:
        case cycle.Unset(), StartCycle():
            return await _gather_start(asking, command)
        case cycle.Unset(), _:
            return _facts(asking)
        case _:
            plan, always = state.plan, isinstance(command, JoinCycle | Look)
            theirs = (*plan.teacher_ids, *plan.left)
            return _facts(asking, **await _standing(asking, plan.partnership_id, theirs, always=always))


async def _gather_start(asking: Asking, command: StartCycle) -> GoalsFacts:
    of = await asking.state("Partnership", command.partnership_id)
    if isinstance(of, partnership.Unset):
        return _facts(asking)
    teacher_ids = command.teacher_ids or of.pair.teacher_ids
    people, template, policy = await asyncio.gather(
        _people(asking, *teacher_ids),
        _template(asking, command.template or of.pair.template, command.template_id),
        asking.fact("policy", asking.tenant),
    )
    most = policy_in(policy).open_cycles_per_focus
    pair = focus_id(command.partnership_id, command.focus)
    taken = await asking.fact("open_cycles", pair) if most > 1 else None
    shared = frozenset[UUID].intersection(
        *(people[teacher].school_ids if teacher in people else frozenset() for teacher in teacher_ids)
    )
    school_id = command.school_id or (next(iter(shared)) if len(shared) == 1 else None)
    return _facts(
        asking,
        partnership=of,
        people=people,
        oversees=await _oversees(asking, of.pair.coach_id, of.pair.teacher_ids),
        template=template,
        open_cycles_per_focus=most,
        open_cycles=frozenset(taken["places"] if taken else ()),
        school_id=school_id,
        time_zone=await _time_zone(asking, school_id),
    )


async def gather_goal(asking: Asking, state: Goal, command: Command) -> GoalsFacts:
    match state, command:
        case goal.Unset(), DraftGoal():
            within = await asking.state("Cycle", command.cycle_id)
            if isinstance(within, cycle.Unset):
                return _facts(asking)
            plan = within.plan
            return _facts(
                asking,
                cycle=within,
                **await _standing(asking, plan.partnership_id, plan.teacher_ids, always=True),
            )
        case goal.Unset(), _:
            return _facts(asking)
        case _:
            whose = state.whose
            agreeing = isinstance(command, ProposeGoal | AgreeGoal)
            told = command.measurement_id if isinstance(command, RetractProgress) else None
            own = _acts(asking) in whose.owner_ids
            if own and not (agreeing or told or isinstance(command, Look)):
                # An owner's own goal: nothing of others has a say, however stale it is.
                return GoalsFacts(
                    by=asking.by, command_id=asking.command_id, aggregate_id=asking.aggregate_id
                )
            of_group = not own and len(whose.owner_ids) > 1 and _acts(asking) is not None
            return _facts(
                asking,
                cycle=await asking.state("Cycle", whose.cycle_id) if agreeing or of_group else cycle.NONE,
                measured=await _measured(asking, told) if told else None,
                **await _standing(
                    asking, whose.partnership_id, whose.owner_ids, always=agreeing or own, content=True
                ),
            )


async def _measured(asking: Asking, measurement_id: UUID) -> MeasurementFact | None:
    found = await asking.fact("measured", f"{asking.aggregate_id}:{measurement_id}")
    return None if found is None else MeasurementFact(UUID(found["recorded_by"]), found["observed"])


async def gather_step(asking: Asking, state: ActionStep, command: Command) -> GoalsFacts:
    match state, command:
        case action_step.Unset(), OfferActionStep():
            within = await asking.state("Cycle", command.cycle_id)
            if isinstance(within, cycle.Unset):
                return _facts(asking)
            plan = within.plan
            return _facts(
                asking,
                cycle=within,
                goal=await asking.state("Goal", command.goal_id) if command.goal_id else goal.Unset(),
                **await _standing(asking, plan.partnership_id, plan.teacher_ids, always=True),
            )
        case action_step.Unset(), _:
            return _facts(asking)
        case _:
            step = state.step
            standing = await _standing(asking, step.partnership_id, (step.teacher_id,), content=True)
            return _facts(asking, **standing)


async def gather_break_glass(asking: Asking, state: BreakGlass, command: Command) -> GoalsFacts:
    acting = _acts(asking)
    named = command.teacher_id if isinstance(command, RequestBreakGlass) else None
    own = not isinstance(state, break_glass.Unset) and acting == state.asked.teacher_id
    if own and isinstance(command, Look):  # a teacher sees who read what is theirs, however stale the rest is
        return _facts(asking)
    told: dict[str, Any] = {"people": await _people(asking, *(one for one in (acting, named) if one))}
    if isinstance(command, RequestBreakGlass) and command.scope.cycle_id:
        told["cycle"] = await asking.state("Cycle", command.scope.cycle_id)
    if isinstance(command, RequestBreakGlass) and command.scope.goal_id:
        told["goal"] = await asking.state("Goal", command.scope.goal_id)
    return _facts(asking, **told)


async def gather_template(asking: Asking, state: ModelTemplate, command: Command) -> GoalsFacts:
    del state, command
    return _facts(asking, people=await _acting(asking), names_taken=NAMES)


async def gather_initiative(asking: Asking, state: Initiative, command: Command) -> GoalsFacts:
    del state
    if not isinstance(command, LinkGoalToInitiative):
        return _facts(asking, people=await _acting(asking))
    serving, linked = await asyncio.gather(
        asking.state("Goal", command.goal_id),
        asking.fact("goal_linked", link_id(asking.aggregate_id, command.goal_id)),
    )
    if isinstance(serving, goal.Unset):
        return _facts(asking)
    whose = serving.whose
    standing = await _standing(asking, whose.partnership_id, whose.owner_ids)
    return _facts(asking, goal=serving, linked=linked is not None, **standing)


def _facts(asking: Asking, **told: Any) -> GoalsFacts:
    return GoalsFacts(
        by=asking.by,
        command_id=asking.command_id,
        aggregate_id=asking.aggregate_id,
        level=asking.level,
        **told,
    )


async def _acting(asking: Asking) -> dict[UUID, PersonFact]:
    """What is known of the person who acts, if one does."""
    person = _acts(asking)
    return await _people(asking, person) if person else {}


def _acts(asking: Asking) -> UUID | None:
    """The person who acts themselves."""
    return asking.by.person if asking.by.kind == "person" else None


async def _standing(
    asking: Asking,
    partnership_id: UUID,
    teacher_ids: tuple[UUID, ...],
    *,
    always: bool = False,
    content: bool = False,
) -> dict[str, Any]:
    """The partnership, where access or the decision depends on it (`always`): not for a teacher, who keeps their
    own; whether somebody who is neither teacher nor coach leads one of them; and what opens their `content` to who
    does not coach.
    """
    person = _acts(asking)
    own = person is None or person in teacher_ids
    if own and not always:
        return {}
    of: Partnership = await asking.state("Partnership", partnership_id)
    if own or isinstance(of, partnership.Unset):
        return {"partnership": of}
    of_pair = person == of.pair.coach_id
    told: dict[str, Any] = {"partnership": of}
    if content and not (of_pair and isinstance(of, partnership.Agreed)):
        told["granted"] = await grants(asking, teacher_ids)
    return told if of_pair else told | {"oversees": await oversees(asking, teacher_ids)}


async def _oversees(asking: Asking, coach_id: UUID, teacher_ids: tuple[UUID, ...]) -> bool:
    """Whether the actor, when they are nobody's partner here, leads one of its teachers."""
    return _acts(asking) not in (coach_id, *teacher_ids) and await oversees(asking, teacher_ids)


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
            led_ids=frozenset(row["led_ids"]),
            workplace_ids=frozenset(row["workplace_ids"]),
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
