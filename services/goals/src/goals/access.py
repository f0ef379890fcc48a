"""Who may do what with partnerships, cycles, goals, action steps and models.

Partners see what is theirs and act on it, the teacher in everything the coach may. Who coaches is what the
partnership says now, never whom an older event named. Who oversees one of its teachers learns whom and what
area, never content, and may not touch it; to anyone else of the district it does not exist.
"""

from typing import Any
from uuid import UUID

from backbone.deciding import Command, FactsBehind, Forbidden, Look, Unseen
from backbone.overseeing import LEADERS
from backbone.sharing import Grant, Owed, opened_by, owed

from goals import action_step, break_glass, cycle, goal, initiative, model_template, partnership
from goals.action_step import ActionStep, OfferActionStep, RespondToActionStep
from goals.break_glass import BreakGlass
from goals.cycle import Cycle, JoinCycle, StartCycle
from goals.facts import GoalsFacts
from goals.goal import ConfirmAchievement, DraftGoal, Goal, RetractProgress
from goals.initiative import Initiative, LaunchInitiative, LinkGoalToInitiative
from goals.model_template import ModelTemplate
from goals.partnership import (
    GiveConsent,
    GrantShare,
    HandOverCoach,
    Partnership,
    ProposePartnership,
    RevokeShare,
)


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
            leads = isinstance(command, HandOverCoach) and facts.level and bool(_roles(facts) & LEADERS)
            if person not in _keeping(state) and not leads:
                _outside(command, facts)
            if isinstance(command, GrantShare | RevokeShare) and person not in state.pair.teacher_ids:
                raise Forbidden
    if isinstance(command, ProposePartnership | GiveConsent | HandOverCoach | GrantShare) and not facts.level:
        raise FactsBehind


def _keeping(state: Any) -> tuple[UUID, ...]:
    """Who has a part in it: once it has ended, its teachers alone."""
    over = isinstance(state, partnership.Ended)
    kept: tuple[UUID, ...] = state.pair.teacher_ids if over else state.pair.partners
    return kept


def authorise_cycle(state: Cycle, command: Command, facts: GoalsFacts) -> None:
    """Raises Unseen, Forbidden or FactsBehind unless the actor may."""
    match state, command:
        case cycle.Unset(), StartCycle():
            if isinstance(facts.partnership, partnership.Unset):
                raise Unseen
            _partner(facts.partnership.pair.teacher_ids, command, facts)
        case cycle.Unset(), _:
            raise Unseen
        case _, JoinCycle() if _may_join(command, facts):
            return
        case _:
            if _person(facts) not in state.plan.left:
                _partner(state.plan.teacher_ids, command, facts)
            elif not isinstance(command, Look):
                raise Forbidden


def authorise_goal(state: Goal, command: Command, facts: GoalsFacts) -> None:
    """Raises Unseen, Forbidden or FactsBehind unless the actor may."""
    match state, command:
        case goal.Unset(), DraftGoal():
            if isinstance(facts.cycle, cycle.Unset):
                raise Unseen
            _partner(facts.cycle.plan.teacher_ids, command, facts)
        case goal.Unset(), _:
            raise Unseen
        case _:
            if _shares_group(_person(facts), state, facts.cycle):
                if not isinstance(command, Look):
                    raise Forbidden
                return
            if _looks(opened_goal(state, facts), command, facts):
                return
            _partner(state.whose.owner_ids, command, facts)
            if isinstance(command, RetractProgress) and _anothers(state, facts):
                raise Forbidden
            # An achievement is the owner's to say: the one thing a coach may not.
            if isinstance(command, ConfirmAchievement) and _person(facts) not in state.whose.owner_ids:
                raise Forbidden


def authorise_step(state: ActionStep, command: Command, facts: GoalsFacts) -> None:
    """Raises Unseen, Forbidden or FactsBehind unless the actor may."""
    match state, command:
        case action_step.Unset(), OfferActionStep():
            if isinstance(facts.cycle, cycle.Unset):
                raise Unseen
            _partner(facts.cycle.plan.teacher_ids, command, facts)
        case action_step.Unset(), _:
            raise Unseen
        case _:
            if _looks(opened_step(state, facts), command, facts):
                return
            _partner((state.step.teacher_id,), command, facts)
            # A recommendation is the teacher's to answer: the coach made it, or a colleague.
            if isinstance(command, RespondToActionStep) and _person(facts) != state.step.teacher_id:
                raise Forbidden


def authorise_template(state: ModelTemplate, command: Command, facts: GoalsFacts) -> None:
    """Everyone may read a model; those who lead coaching, and the operator, publish and retire."""
    if isinstance(state, model_template.Unset) and not isinstance(
        command, model_template.PublishModelTemplate
    ):
        raise Unseen
    _everybodys(command, facts)


def authorise_initiative(state: Initiative, command: Command, facts: GoalsFacts) -> None:
    """Everyone may look; those who lead coaching, and the operator, launch and close. Who may link is a matter of the
    goal: to whom it is not theirs, there is none.
    """
    if isinstance(state, initiative.Unset) and not isinstance(command, LaunchInitiative):
        raise Unseen
    if not isinstance(command, LinkGoalToInitiative):
        _everybodys(command, facts)


def _everybodys(command: Command, facts: GoalsFacts) -> None:
    """What the whole district has in common: everyone looks, who leads or operates changes it."""
    if facts.by.kind == "operator":
        return
    if not facts.level:
        raise FactsBehind
    person = _person(facts)
    if person is None or person not in facts.people or not facts.people[person].active:
        raise Unseen
    if not (isinstance(command, Look) or _roles(facts) & LEADERS):
        raise Forbidden


def authorise_break_glass(state: BreakGlass, command: Command, facts: GoalsFacts) -> None:
    """Administrators ask, agree and deny; the teacher whose content it is sees all of it. For others there is none."""
    if facts.by.kind == "operator":
        raise Forbidden
    own = not isinstance(state, break_glass.Unset) and _person(facts) == state.asked.teacher_id
    if own and isinstance(command, Look):
        return
    if not facts.level:
        raise FactsBehind
    if "administrator" not in _roles(facts):
        raise Forbidden if own or isinstance(state, break_glass.Unset) else Unseen


def reads_goal(person: UUID | None, state: Goal, of: Partnership, within: Cycle = cycle.NONE) -> bool:
    """Whether a goal's content is this person's to read: its owners', the coach's while it is agreed, and, where
    a group owns it, that of whoever takes part in its cycle now.
    """
    if isinstance(state, goal.Unset) or person is None:
        return False
    coaches = isinstance(of, partnership.Agreed) and person == of.pair.coach_id
    return coaches or person in state.whose.owner_ids or _shares_group(person, state, within)


def opened_goal(state: Goal, facts: GoalsFacts) -> tuple[Grant, ...]:
    """What opens a goal to somebody who is not of the pair: a grant of each owner who takes part in its cycle now, of
    each owner where none of them does; empty: nothing does.
    """
    if isinstance(state, goal.Unset) or reads_goal(facts.by.person, state, facts.partnership, facts.cycle):
        return ()
    whose = state.whose
    present = () if isinstance(facts.cycle, cycle.Unset) else facts.cycle.plan.teacher_ids
    owners = tuple(owner for owner in whose.owner_ids if owner in present) or whose.owner_ids
    return opened_by(_standing(facts), owners, whose.partnership_id, whose.cycle_id, facts.aggregate_id)


def opened_step(state: ActionStep, facts: GoalsFacts) -> tuple[Grant, ...]:
    """What opens an action step to somebody who is not of the pair; empty: nothing does."""
    if isinstance(state, action_step.Unset) or facts.by.person in facts.partners((state.step.teacher_id,)):
        return ()
    step = state.step
    return opened_by(_standing(facts), (step.teacher_id,), step.partnership_id, step.cycle_id, step.goal_id)


def receipt_of_goal(state: Goal, facts: GoalsFacts) -> Owed | None:
    return None if isinstance(state, goal.Unset) else owed(state.whose.owner_ids, opened_goal(state, facts))


def receipt_of_step(state: ActionStep, facts: GoalsFacts) -> Owed | None:
    if isinstance(state, action_step.Unset):
        return None
    return owed((state.step.teacher_id,), opened_step(state, facts))


def _standing(facts: GoalsFacts) -> list[Grant]:
    """What is granted, less what was revoked a moment ago: a partnership knows its shares before anyone is told."""
    shares = getattr(facts.partnership, "shares", ())
    known = {share.share_id for share in shares}
    return [grant for grant in facts.granted if grant.why != "share" or grant.grant_id in known]


def _looks(opened: tuple[Grant, ...], command: Command, facts: GoalsFacts) -> bool:
    """Whether somebody looks at what was opened to them. Raises FactsBehind, or Forbidden for anything but a look."""
    if not opened:
        return False
    if not facts.level:
        raise FactsBehind
    if not isinstance(command, Look):
        raise Forbidden
    return True


def _shares_group(person: UUID | None, state: Goal, within: Cycle) -> bool:
    """Whether somebody takes part in the cycle of a group's goal, without being one of its owners."""
    if isinstance(state, goal.Unset) or isinstance(within, cycle.Unset) or len(state.whose.owner_ids) == 1:
        return False
    return person in within.plan.teacher_ids and person not in state.whose.owner_ids


def _anothers(state: Any, facts: GoalsFacts) -> bool:
    """Whether somebody else told the measurement, who could take it back; what an observation told is nobody's here."""
    told, partners = facts.measured, facts.partners(state.whose.owner_ids)
    return (
        told is not None
        and not told.observed
        and told.recorded_by in partners
        and _person(facts) != told.recorded_by
    )


def _may_join(command: JoinCycle, facts: GoalsFacts) -> bool:
    """A teacher of the partnership may join for themselves."""
    person, of = _person(facts), facts.partnership
    return command.teacher_id == person and person in (
        () if isinstance(of, partnership.Unset) else of.pair.teacher_ids
    )


def _partner(teacher_ids: tuple[UUID, ...], command: Command, facts: GoalsFacts) -> None:
    """A teacher keeps their own whatever happens; a coach loses access with the partnership."""
    person = _person(facts)
    if person is not None and person in teacher_ids:
        return
    match facts.partnership:
        case partnership.Agreed(pair) | partnership.Proposed(pair) | partnership.Declined(pair):
            if person == pair.coach_id:
                if isinstance(command, Look) and not facts.level:
                    raise FactsBehind  # they may have come to evaluate, and nobody has told us
                return
        case partnership.Suspended(pair):
            if person == pair.coach_id:
                raise Forbidden
        case _:
            pass
    _outside(command, facts)


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
