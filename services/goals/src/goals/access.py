"""Who may do what with partnerships, cycles, goals and models.

Partners see what is theirs and act on it, the teacher in everything the coach may. Who oversees one of
its teachers learns whom and what area, never content, and may not touch it; to anyone else of the
district it does not exist.
"""

from uuid import UUID

from backbone.deciding import Command, FactsBehind, Forbidden, Look, Unseen

from goals import cycle, goal, model_template, partnership
from goals.cycle import Cycle, StartCycle
from goals.facts import GoalsFacts
from goals.goal import ConfirmAchievement, DraftGoal, Goal
from goals.model_template import ModelTemplate
from goals.partnership import GiveConsent, GrantShare, Partnership, ProposePartnership, RevokeShare

PUBLISHERS = frozenset({"administrator", "coaching_lead"})
"""They decide which models their district follows."""


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
    """Nobody's partner: who oversees them may look at the activity, and to others it does not exist."""
    if facts.by.kind == "operator":
        raise Forbidden
    if not facts.level:
        raise FactsBehind
    if not facts.oversees:
        raise Unseen
    if not isinstance(command, Look):
        raise Forbidden


def _roles(facts: GoalsFacts) -> frozenset[str]:
    person = _person(facts)
    known = facts.people.get(person) if person else None
    return known.roles if known and known.active else frozenset()


def _person(facts: GoalsFacts) -> UUID | None:
    return facts.by.person if facts.by.kind == "person" else None
