"""What a reader sees of a partnership, a cycle, a goal, a step or a model, each with its fields told by name.

The pair sees its content, and so does whom its teacher lets see it. A leader sees activity: whom, what area, open or
ended, and no more.
"""

from typing import Any
from uuid import UUID

from backbone.deciding import snake_case

from goals import access, action_step, arithmetic, cycle, goal, initiative, model_template, partnership
from goals.action_step import ActionStep
from goals.chart import Chart
from goals.cycle import Cycle
from goals.facts import GoalsFacts
from goals.goal import Goal, Terms
from goals.initiative import Initiative
from goals.model_template import ModelTemplate
from goals.partnership import Partnership, Share


def view_partnership(state: Partnership, facts: GoalsFacts) -> dict[str, Any]:
    """Who is in it and where it stands; a teacher also sees what they share."""
    if isinstance(state, partnership.Unset):
        return {}
    if facts.by.person not in state.pair.partners:
        over = isinstance(state, partnership.Declined | partnership.Ended)
        return {"status": "ended" if over else "open", **_fields(state.pair)}
    shown = {"status": _status(state), **_fields(state.pair)}
    if isinstance(state, partnership.Proposed | partnership.HandedOver):
        shown["consented"] = state.consented
    shares: tuple[Share, ...] = getattr(state, "shares", ())
    if facts.by.person in state.pair.teacher_ids:
        shown["shares"] = [_fields(share) for share in shares if share.by == facts.by.person]
    return shown


def view_cycle(state: Cycle, facts: GoalsFacts) -> dict[str, Any]:
    """Activity, all of it; only the pair learns of pauses, that an ending came early, and what came after it."""
    if isinstance(state, cycle.Unset):
        return {}
    plan = state.plan
    shown = _fields(plan) | {"coach_id": _coach(facts, plan.coach_id)}
    for own in ("left", "place"):
        shown.pop(own)
    inside = facts.by.person in (*facts.partners(plan.teacher_ids), *plan.left)
    match state:
        case cycle.Open(_, phase, paused):
            return {"status": "paused" if paused and inside else "open", "phase": phase, **shown}
        case _ if not inside:
            return {"status": "ended", **shown}
        case cycle.Completed():
            return {"status": "completed", "follow_up": state.follow_up, **shown}
        case cycle.ClosedEarly():
            early = {"reason_code": state.reason_code, "follow_up": state.follow_up}
            return {"status": "closed_early", **early, **shown}


def view_goal(state: Goal, facts: GoalsFacts) -> dict[str, Any]:
    if isinstance(state, goal.Unset):
        return {}
    whose = _fields(state.whose) | {"coach_id": _coach(facts, state.whose.coach_id)}
    reads = access.reads_goal(facts.by.person, state, facts.partnership, facts.cycle)
    if not (reads or access.opened_goal(state, facts)):
        ended = isinstance(state, goal.Achieved | goal.Abandoned)
        return {"status": "ended" if ended else "open", **whose}
    shown = {"status": _status(state), **whose}
    match state:
        case goal.Draft():
            return shown
        case goal.Baselined():
            return shown | _chart(state.chart) | _terms(state.proposal) | {"agreed": state.agreed}
        case goal.TargetMet() | goal.Achieved():
            met = {"goal_version": state.goal_version, "met_by": state.met_by}
            return shown | _chart(state.chart) | _terms(state.terms) | met
        case goal.Active():
            now = {"goal_version": state.goal_version, "trend": state.trend}
            return shown | _chart(state.chart) | _terms(state.terms) | now
        case goal.Abandoned():
            return shown | _chart(state.chart) | _terms(state.terms)


def view_step(state: ActionStep, facts: GoalsFacts) -> dict[str, Any]:
    if isinstance(state, action_step.Unset):
        return {}
    step = state.step
    if not (facts.by.person in facts.partners((step.teacher_id,)) or access.opened_step(state, facts)):
        over = isinstance(state, action_step.Declined | action_step.Mastered)
        whose = {name: getattr(step, name) for name in ("cycle_id", "partnership_id", "teacher_id")}
        return {"status": "ended" if over else "open", **whose}
    shown = {"status": _status(state), **_fields(step)}
    if not isinstance(state, action_step.Offered):
        shown["answer"] = state.answer
    if isinstance(state, action_step.Practised | action_step.InUse | action_step.Mastered):
        shown["practised"] = state.times
    return shown


def view_initiative(state: Initiative, facts: GoalsFacts) -> dict[str, Any]:
    """That there is one, and what it is called; never which goals serve it."""
    del facts
    return {} if isinstance(state, initiative.Unset) else {"status": _status(state), **_fields(state.aim)}


def view_template(state: ModelTemplate, facts: GoalsFacts) -> dict[str, Any]:
    del facts
    return (
        {}
        if isinstance(state, model_template.Unset)
        else {"status": _status(state), **_fields(state.template)}
    )


def _coach(facts: GoalsFacts, first: UUID) -> UUID:
    """Who coaches or is to coach now, where the partnership is known; else whoever did when it began."""
    known = facts.partnership
    return first if isinstance(known, partnership.Unset) else known.pair.coach_id


def _chart(chart: Chart) -> dict[str, Any]:
    base = arithmetic.start(chart.baseline, None)
    return {
        "baseline": None if base is None else str(base.baseline),
        "measurements": [
            {
                "measurement_id": reading.measurement_id,
                "occurred_at": reading.at,
                "quotient": str(reading.quotient),
                "instrument": reading.instrument,
                "is_baseline": reading.is_baseline,
            }
            for reading in chart.readings
        ],
    }


def _terms(terms: Terms | None) -> dict[str, Any]:
    return {} if terms is None else _fields(terms)


def _fields(value: Any) -> dict[str, Any]:
    return {name: getattr(value, name) for name in value.__dataclass_fields__}


def _status(state: Any) -> str:
    return snake_case(type(state).__name__)
