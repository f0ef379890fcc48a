"""Recharting: a goal goes on under other terms, from the moment a partner says so.

What was measured before belongs to the version before, whatever is told later; runs and windows start anew, the
baseline and where the aim line starts stay.
"""

from datetime import datetime

from chalkline_contracts.event import Event
from chalkline_contracts.goals import GoalRecharted, GoalTerms

from goals.arithmetic import exact
from goals.facts import GoalsFacts
from goals.goal import Active, RechartGoal, TargetMet, evolve
from goals.goal_chart import consequences
from goals.goal_setting import must_be_sound, must_lie_ahead
from goals.partnership import acting_partner
from goals.refusals import NothingRecharted


def rechart(goal: Active | TargetMet, command: RechartGoal, facts: GoalsFacts, now: datetime) -> list[Event]:
    by = acting_partner(facts.partners(goal.whose.owner_ids), facts.by)
    before = goal.terms.chartable
    told = command.model_dump(include=set(GoalTerms.model_fields), exclude_none=True)
    after = before.model_copy(update=told)
    if _exactly(after) == _exactly(before):
        raise NothingRecharted
    must_be_sound(goal.chart, goal.terms.recharted(after))
    must_lie_ahead(after.due_on, goal.whose, now)
    recharted = GoalRecharted(
        cycle_id=goal.whose.cycle_id,
        partnership_id=goal.whose.partnership_id,
        by=by,
        goal_version=goal.goal_version + 1,
        recharted_at=now,
        before=before,
        after=after,
        reason_code=command.reason_code,
        reason_ref=command.reason.ref if command.reason else None,
    )
    return [recharted, *consequences(evolve(goal, recharted))]


def _exactly(terms: GoalTerms) -> tuple[object, ...]:
    """Terms as numbers: "0.8" is what "4/5" is."""
    target, tolerance = (
        exact(told) if told is not None else None for told in (terms.target, terms.tolerance)
    )
    return target, tolerance, terms.due_on, terms.required_consecutive
