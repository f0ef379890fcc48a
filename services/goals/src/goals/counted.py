"""What is told of a group of cycles or goals, counted once, when it is told: JSON that stands until it is told anew.

`students`: about how many it is, at least; none where that need not be told.
"""

from collections.abc import Collection, Sequence
from fractions import Fraction
from typing import Any, Final

from backbone.suppressing import Group

from goals.arithmetic import median
from goals.standing import Cycle, Goal

A_DAY: Final = 86_400
STAGES: Final = {"baselined": 1, "goal_set": 2, "target_met": 3, "achieved": 4}
SHARES: Final = {"p25_days": 0.25, "median_days": 0.5, "p75_days": 0.75, "p90_days": 0.9}


def group_of(goals: Collection[Goal], *, named: bool = False) -> Group:
    """About how many these are. How many students a goal is about need not be told; of a `named` group of students it
    must be.
    """
    told = [one.students for one in goals if one.students is not None]
    owners = {who for one in goals for who in one.owner_ids}
    return Group(len(goals), len(owners), sum(told) if told else 0 if named else None)


def cycles_counted(stood: Collection[Cycle], goals: Collection[Goal]) -> dict[str, Any]:
    """How many cycles started, and how far they came; `goals`: those of them that were set."""
    stage: dict[Any, int] = {}
    for one in stood:
        stage[one.cycle_id] = max(one.stage, stage.get(one.cycle_id, one.stage))
    return {
        "started": len(stage),
        **{name: sum(reached >= least for reached in stage.values()) for name, least in STAGES.items()},
        "closed": len({one.cycle_id for one in stood if one.closed}),
        "sustained": len({one.cycle_id for one in stood if one.sustained}),
        "students": group_of(goals).students,
    }


def goals_counted(goals: Collection[Goal], *, named: bool, one_metric: bool) -> dict[str, Any]:
    """How many goals were set and achieved; of those that were, about how many that is, and where all are of one metric
    the medians of their quotients.
    """
    achieved = [one for one in goals if one.achieved]
    compared = achieved if one_metric else []
    began = [Fraction(one.baseline) for one in compared if one.baseline is not None]
    ended = [Fraction(one.final) for one in compared if one.final is not None]
    about = group_of(achieved)
    return {
        "goals_n": len(goals),
        "achieved_n": len(achieved),
        "students": group_of(goals, named=named).students,
        "achieved_by": [about.staff, about.students],
        "median_baseline": _exact(began),
        "median_final": _exact(ended),
        "median_change": _exact([end - begin for begin, end in zip(began, ended, strict=True)]),
    }


def _exact(values: Sequence[Fraction]) -> str | None:
    return str(median(values)) if values else None


def phases_counted(seconds: Sequence[int]) -> dict[str, Any]:
    """How long cycles were in a phase."""
    took = sorted(seconds)
    days = {name: round(_at(share, took) / A_DAY, 1) for name, share in SHARES.items()}
    return {"cycles_n": len(took), **days}


def _at(share: float, ordered: Sequence[int]) -> float:
    """What this share of them is at most, between the two nearest."""
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)
