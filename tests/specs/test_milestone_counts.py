"""What administrators count: goals whose target was met, goals that were achieved, and of few teachers nothing."""

from datetime import date
from typing import Any

import pytest
from backbone.folding import Row
from chalkline_contracts import goals as g
from chalkline_contracts.event import Event
from kit.coaching import recharted
from kit.telling import Telling
from kit.watching import GOAL, IN_CYCLE, TINA
from notifications.milestone_counts import COUNTS, change, told

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


def test_what_is_released_is_told_and_what_is_hidden_is_there() -> None:
    table = {("GoalAchieved", None): {"things_n": 60}, ("GoalAchieved", "2026-04"): None}
    release = {"there": list(table), "told": [(key, figures) for key, figures in table.items() if figures]}
    assert [(one.milestone, one.month, one.hidden, one.goals_n) for one in told(release)] == [
        ("GoalAchieved", None, False, 60), ("GoalAchieved", "2026-04", True, None),
    ]  # fmt: skip
