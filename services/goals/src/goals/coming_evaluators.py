"""Coaches who come to evaluate on a day to come: whose role begins then suspends their partnership on that day.

What is told while it already holds is the policy's (`when_a_coach_comes_to_evaluate`); here only time passes, by each
district's own clock. The rows are facts: once the partnership is suspended it is due no more.
"""

from typing import Any

from backbone.queries import Queries
from backbone.timers import Timers

from goals.aggregates import PARTNERSHIP
from goals.partnership import SuspendPartnership

sql = Queries("goals", "sql/queries")


def suspend(due: Any) -> SuspendPartnership:
    return SuspendPartnership(reason_code="coach_evaluates", coach_id=due["coach_id"])


TIMERS = Timers(due=sql.coming_evaluators, aggregate=PARTNERSHIP.name, command=suspend)
