"""Districts made up, as `goals/figures.py` gathers them: cycles with a goal each, as they stood by month."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

MONTHS = ("2025-09", "2025-10", "2025-11", "2025-12")
AFTER = "2026-01"
"""The month in which all of these are over."""


@dataclass(frozen=True, kw_only=True)
class Made:
    """A cycle of one teacher, and its goal: its stages from each month on; before the first there is none."""

    n: int
    teacher: int
    school: int = 0
    focus: str = "engagement"
    started: str = "2025-09"
    template: str = "impact-cycle@1"
    subgroup: str | None = None
    students: int | None = None
    stages: tuple[tuple[str, int], ...] = (("2025-09", 2),)
    serves: tuple[tuple[str, int], ...] = ()
    left: tuple[tuple[str, str], ...] = ()
    """Months, and the phases that were left in them."""
    final: str = "9/10"
    metric: str = "on_task"
    colleagues: tuple[int, ...] = field(default=())


def person(n: int) -> UUID:
    return UUID(int=1000 + n)


def rows_of(cycles: Iterable[Made]) -> list[dict[str, Any]]:
    """What is gathered of them."""
    return sorted((_row(one) for one in cycles), key=lambda row: (row["cycle_id"], row["goal_id"]))


def _row(one: Made) -> dict[str, Any]:
    teachers = [person(who) for who in (one.teacher, *one.colleagues)]
    return {
        "cycle_id": UUID(int=10_000 + one.n),
        "school_id": UUID(int=100 + one.school),
        "month": one.started,
        "template": one.template,
        "focus": one.focus,
        "months": _cycle_months(one, teachers),
        "goal_id": UUID(int=20_000 + one.n) if one.stages else None,
        "goal_focus": one.focus if one.stages else None,
        "owner_ids": teachers if one.stages else None,
        "goal_months": [(month, _goal(one, stage)) for month, stage in one.stages],
        "serves": [(month, str(UUID(int=n))) for month, n in one.serves],
    }


def _cycle_months(one: Made, teachers: Sequence[UUID]) -> list[tuple[str, dict[str, Any]]]:
    started = min([one.started, *(month for month, _ in one.stages[:1])])
    months = sorted({started, *(month for month, _ in one.left)})
    return [
        (
            month,
            {
                "teacher_ids": teachers,
                "status": "open",
                "follow_up": None,
                "left": {phase: 86_400 for since, phase in one.left if since <= month},
            },
        )
        for month in months
    ]


def _goal(one: Made, stage: int) -> dict[str, Any]:
    achieved = stage == 4
    return {
        "stage": stage,
        "metric_code": one.metric,
        "kind": "intervals_on_task",
        "unit": "intervals",
        "direction": "increase",
        "subgroup": one.subgroup,
        "students": one.students,
        "baseline": "1/2" if achieved else None,
        "final": one.final if achieved else None,
    }
