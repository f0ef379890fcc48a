"""What administrators count: goals whose target was met, goals that were achieved, and of few teachers nothing."""

from datetime import date
from typing import Any

import pytest
from backbone.folding import Row
from backbone.suppressing import Least
from chalkline_contracts import goals as g
from chalkline_contracts.event import Event
from kit.coaching import recharted
from kit.telling import Telling
from kit.watching import GOAL, IN_CYCLE, TINA
from notifications.milestone_counts import COUNTS, change, counts_of

DRAFTED: Any = g.GoalDrafted.model_construct(owner_ids=(TINA,))
MET: Any = g.GoalTargetMet.model_construct(**IN_CYCLE, met_on=date(2026, 3, 2))
ACHIEVED: Any = g.GoalAchieved.model_construct(**IN_CYCLE, achieved_on=date(2026, 7, 1))
WITHDRAWN: Any = g.AchievementWithdrawn.model_construct(**IN_CYCLE)


def counted(*events: Event) -> tuple[Any, ...]:
    """The month and the school year of each milestone."""
    row: Row = {}
    for event in events:
        if isinstance(event, COUNTS.handles):
            row = {**row, **change(row or None, Telling().tell(GOAL, event))}
    return row["met_month"], row["met_year"], row["achieved_month"], row["achieved_year"]


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ((), (None, None, None, None)),
        ((MET,), ("2026-03", 2025, None, None)),
        ((MET, ACHIEVED), ("2026-03", 2025, "2026-07", 2026)),
        ((MET, ACHIEVED, WITHDRAWN), (None, None, None, None)),
        ((MET, recharted()), (None, None, None, None)),
        ((MET, recharted(), MET), ("2026-03", 2025, None, None)),
    ],
)
def test_a_goal_counts_while_what_it_came_to_holds(events: tuple[Event, ...], expected: Any) -> None:
    assert counted(DRAFTED, *events) == expected


def test_of_few_teachers_nothing_is_counted_and_nothing_that_tells_of_them() -> None:
    def row(month: str | None, goals_n: int, teachers: int) -> dict[str, Any]:
        return {"milestone": "GoalAchieved", "of": month, "goals_n": goals_n, "teachers": teachers}

    rows = [row(None, 60, 40), row("2026-02", 30, 20), row("2026-03", 28, 18), row("2026-04", 2, 2)]
    shown = {one.month: one.goals_n for one in counts_of(rows, Least())}
    assert shown["2026-04"] is None
    assert sum(n is None for n in shown.values()) >= 2  # else the year, less the others, tells it
    assert [one.hidden for one in counts_of(rows[:3], Least())] == [False] * 3
