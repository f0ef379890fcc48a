"""What a reader sees of a partnership, a cycle, a goal, a step or a model, each with its fields told by name.

Which of them are told to whom the table of `chalkline_contracts.who_sees` says: the pair sees its content, and so does
whom its teacher lets see it; a leader activity: whom, what area, open or ended, and no more.
"""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from backbone.deciding import snake_case
from chalkline_contracts.who_sees import READS, Relation

from goals import (
    access,
    action_step,
    arithmetic,
    break_glass,
    cycle,
    goal,
    initiative,
    model_template,
    partnership,
)
from goals.action_step import ActionStep
from goals.break_glass import BreakGlass
from goals.chart import Chart
from goals.cycle import Cycle
from goals.facts import GoalsFacts
from goals.goal import Goal, Terms
from goals.initiative import Initiative
from goals.model_template import ModelTemplate
from goals.partnership import Partnership, Share

PARTNERSHIP, CYCLE, GOAL, STEP, BREAK_GLASS = (
    READS["goals", f"/v1/{kind}/{{id}}"]
    for kind in ("partnerships", "cycles", "goals", "action-steps", "break-glass")
)
OVERSEES: Final[Sequence[Relation]] = ("principal",)
"""Whoever may look and has no part in it; of one thing all who lead see the same."""


def view_partnership(state: Partnership, facts: GoalsFacts) -> dict[str, Any]:
    """Who is in it and where it stands; a teacher also sees what they share."""
    if isinstance(state, partnership.Unset):
        return {}
    shown = {"status": _status(state), **_fields(state.pair)}
    if isinstance(state, partnership.Proposed | partnership.HandedOver):
        shown["consented"] = state.consented
    shares: tuple[Share, ...] = getattr(state, "shares", ())
    shown["shares"] = [_fields(share) for share in shares if share.by == facts.by.person]
    over = isinstance(state, partnership.Declined | partnership.Ended)
    return PARTNERSHIP.told(_relations(facts, state.pair.teacher_ids, state.pair.coach_id), shown, over=over)


def view_cycle(state: Cycle, facts: GoalsFacts) -> dict[str, Any]:
    """Activity, all of it; only the pair learns of pauses, that an ending came early, and what came after it."""
    if isinstance(state, cycle.Unset):
        return {}
    plan = state.plan
    shown = _fields(plan) | {"coach_id": _coach(facts, plan.coach_id)}
    relations = _relations(facts, (*plan.teacher_ids, *plan.left), facts.coach_id)
    match state:
        case cycle.Open(_, phase, paused):
            now = {"status": "paused" if paused else "open", "phase": phase}
            return CYCLE.told(relations, now | shown)
        case cycle.Completed():
            now = {"status": "completed", "follow_up": state.follow_up}
        case cycle.ClosedEarly():
            now = {"status": "closed_early", "reason_code": state.reason_code, "follow_up": state.follow_up}
    return CYCLE.told(relations, now | shown, over=True)


def view_goal(state: Goal, facts: GoalsFacts) -> dict[str, Any]:
    if isinstance(state, goal.Unset):
        return {}
    shown = {
        "status": _status(state),
        **_fields(state.whose),
        "coach_id": _coach(facts, state.whose.coach_id),
    }
    match state:
        case goal.Baselined():
            shown |= _chart(state.chart) | _terms(state.proposal) | {"agreed": state.agreed}
        case goal.TargetMet() | goal.Achieved():
            met = {"goal_version": state.goal_version, "met_by": state.met_by}
            shown |= _chart(state.chart) | _terms(state.terms) | met
        case goal.Active():
            now = {"goal_version": state.goal_version, "trend": state.trend}
            shown |= _chart(state.chart) | _terms(state.terms) | now
        case goal.Abandoned():
            shown |= _chart(state.chart) | _terms(state.terms)
    over = isinstance(state, goal.Achieved | goal.Abandoned)
    if access.reads_goal(facts.by.person, state, facts.partnership, facts.cycle):
        return GOAL.told(("owner",), shown)
    return GOAL.told(("audience",) if access.opened_goal(state, facts) else OVERSEES, shown, over=over)


def view_step(state: ActionStep, facts: GoalsFacts) -> dict[str, Any]:
    if isinstance(state, action_step.Unset):
        return {}
    shown = {"status": _status(state), **_fields(state.step)}
    if not isinstance(state, action_step.Offered):
        shown["answer"] = state.answer
    if isinstance(state, action_step.Practised | action_step.InUse | action_step.Mastered):
        shown["practised"] = state.times
    over = isinstance(state, action_step.Declined | action_step.Mastered)
    opened = access.opened_step(state, facts)
    relations = ("audience",) if opened else _relations(facts, (state.step.teacher_id,), facts.coach_id)
    return STEP.told(relations, shown, over=over)


def view_initiative(state: Initiative, facts: GoalsFacts) -> dict[str, Any]:
    """That there is one, and what it is called; never which goals serve it."""
    del facts
    return {} if isinstance(state, initiative.Unset) else {"status": _status(state), **_fields(state.aim)}


def view_break_glass(state: BreakGlass, facts: GoalsFacts) -> dict[str, Any]:
    """Who asked to read whose content, why, and what became of it."""
    if isinstance(state, break_glass.Unset):
        return {}
    asked = _fields(state.asked)
    scope, reason = asked.pop("scope"), asked.pop("reason_ref")
    shown = {
        "status": _status(state),
        **asked,
        "cycle_id": scope.cycle_id,
        "goal_id": scope.goal_id,
        "reason": reason,
    }
    if not isinstance(state, break_glass.Requested):
        shown |= {name: told for name, told in _fields(state).items() if name != "asked"}
    own = facts.by.person == state.asked.teacher_id
    return BREAK_GLASS.told(("owner",) if own else ("administrator",), shown)


def view_template(state: ModelTemplate, facts: GoalsFacts) -> dict[str, Any]:
    del facts
    return (
        {}
        if isinstance(state, model_template.Unset)
        else {"status": _status(state), **_fields(state.template)}
    )


def _relations(facts: GoalsFacts, teacher_ids: Sequence[UUID], coach_id: UUID | None) -> Sequence[Relation]:
    """What the reader is to what is these teachers' and this coach's."""
    person = facts.by.person
    if person in teacher_ids:
        return ("owner", "author")
    return ("coach",) if person is not None and person == coach_id else OVERSEES


def _coach(facts: GoalsFacts, first: UUID) -> UUID:
    """Who coaches or is to coach now, where the partnership is known; else whoever did when it began."""
    known = facts.partnership
    return first if isinstance(known, partnership.Unset) else known.pair.coach_id


def _chart(chart: Chart) -> dict[str, Any]:
    base = arithmetic.start(chart.baseline, None)
    return {
        "baseline": None if base is None else str(base.baseline),
        "measurements": (
            {
                "measurement_id": reading.measurement_id,
                "occurred_at": reading.at,
                "quotient": str(reading.quotient),
                "instrument": reading.instrument,
                "is_baseline": reading.is_baseline,
            }
            for reading in chart.readings
        ),
    }


def _terms(terms: Terms | None) -> dict[str, Any]:
    return {} if terms is None else _fields(terms)


def _fields(value: Any) -> dict[str, Any]:
    return {name: getattr(value, name) for name in value.__dataclass_fields__}


def _status(state: Any) -> str:
    return snake_case(type(state).__name__)
