"""How cycles and their goals stood at the end of each month that is over: what figures are counted from."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import groupby
from operator import itemgetter
from typing import Any, Final, NamedTuple, TypeAlias
from uuid import UUID

Unit: TypeAlias = tuple[UUID, UUID | None]
"""A cycle, and a goal of it; None while it has no goal."""
Months: TypeAlias = Sequence[tuple[str, Any]]
"""The months in which something changed, and how it stood at the end of each."""

SET: Final = 2
ACHIEVED: Final = 4
"""Stages of a goal: 0 drafted, 1 baselined, 2 set, 3 target met, 4 achieved."""
METRIC: Final = ("metric_code", "kind", "unit", "direction")
NO_GOAL: Final[dict[str, Any]] = {
    "stage": -1,
    **dict.fromkeys((*METRIC, "subgroup", "students", "baseline", "final")),
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Goal:
    """A goal that was set, as it stood for some months: another one as soon as anything here is otherwise."""

    name: str
    """The same for a goal that stands so, whenever and wherever that is worked out."""
    goal_id: UUID
    school: str
    month: str
    """In which its cycle started."""
    template: str
    focus: str
    owner_ids: tuple[UUID, ...]
    achieved: bool
    metric: tuple[str | None, ...]
    """Its code, kind, unit and direction."""
    subgroup: str | None
    students: int | None
    baseline: str | None
    final: str | None
    serves: tuple[str, ...]
    """Initiatives."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cycle:
    """A cycle with one of its goals, or with none, as it stood for some months; its `groups` are its goal's too."""

    name: str
    cycle_id: UUID
    school: str
    month: str
    template: str
    focus: str
    teacher_ids: tuple[UUID, ...]
    closed: bool
    sustained: bool
    stage: int
    goal: Goal | None
    """As it was when this began; which groups it is in does not change while this stands."""


class Stood(NamedTuple):
    """What there is of a unit at the end of a month; the same objects whenever it stands so."""

    cycle: Cycle
    goal: Goal | None
    left: Mapping[str, int]
    """The seconds its cycle was in each phase that it left."""


Changes: TypeAlias = Mapping[str, list[tuple[Unit, Stood | None]]]


def changes(rows: Sequence[Any], until: str) -> Changes:
    """By month before `until` what changed in it, and how that stood at its end; None: it is no more."""
    found: dict[str, list[tuple[Unit, Stood | None]]] = defaultdict(list)
    for cycle_id, of_it in groupby(rows, key=itemgetter("cycle_id")):
        goals = list(of_it)
        cycle = _before(until, goals[0]["months"])
        drafted = [(row, _before(until, row["goal_months"])) for row in goals if row["goal_id"]]
        drafted = [(row, months) for row, months in drafted if months]
        first = min((months[0][0] for _, months in drafted), default=until)
        alone = _before(first, cycle)
        for month, stood in _stood(goals[0], alone, [(month, NO_GOAL) for month, _ in alone[:1]], []):
            found[month].append(((cycle_id, None), stood))
        if alone and drafted:
            found[first].append(((cycle_id, None), None))
        for row, months in drafted:
            linked = sorted(_before(until, row["serves"]))
            for month, stood in _stood(row, cycle, months, linked):
                found[month].append(((cycle_id, row["goal_id"]), stood))
    return found


def _before(until: str, months: Months) -> Months:
    return [told for told in months if told[0] < until]


def _stood(row: Any, cycle: Months, goal: Months, linked: Months) -> Iterator[tuple[str, Stood]]:
    """A goal and its cycle in each month in which either changed, from the goal's first on."""
    if not goal:
        return
    first = goal[0][0]
    goals: dict[Any, Goal | None] = {}
    cycles: dict[Any, Cycle] = {}
    for month in sorted({each for each, _ in (*cycle, *goal, *linked) if each > first} | {first}):
        of_cycle, of_goal = _at(month, cycle), _at(month, goal)
        serves = tuple(sorted({initiative for since, initiative in linked if since <= month}))
        stage = of_goal["stage"]
        groups = (serves, *(of_goal[name] for name in (*METRIC, "subgroup")), stage >= SET)
        told = (groups, *(of_goal[name] for name in ("students", "baseline", "final")), stage >= ACHIEVED)
        if told not in goals:
            goals[told] = _goal(row, of_goal, serves, _named(row["goal_id"], told))
        came = (groups, stage, tuple(of_cycle["teacher_ids"]), of_cycle["status"], of_cycle["follow_up"])
        if came not in cycles:
            name = _named(f"{row['cycle_id']}/{row['goal_id']}", came)
            cycles[came] = _cycle(row, of_cycle, stage, goals[told], name)
        yield month, Stood(cycles[came], goals[told], of_cycle["left"])


def _at(month: str, months: Months) -> Any:
    return next(stood for each, stood in reversed(months) if each <= month)


def _named(what: Any, stands: Any) -> str:
    return f"{what}/{blake2b(repr(stands).encode(), digest_size=8).hexdigest()}"


def _goal(row: Any, goal: Any, serves: tuple[str, ...], name: str) -> Goal | None:
    if goal["stage"] < SET:
        return None
    return Goal(
        name=name,
        goal_id=row["goal_id"],
        school=_school(row),
        month=row["month"],
        template=row["template"],
        focus=row["goal_focus"],
        owner_ids=tuple(row["owner_ids"]),
        achieved=goal["stage"] >= ACHIEVED,
        metric=tuple(goal[name] for name in METRIC),
        subgroup=goal["subgroup"],
        students=goal["students"],
        baseline=goal["baseline"],
        final=goal["final"],
        serves=serves,
    )


def _cycle(row: Any, cycle: Any, stage: int, goal: Goal | None, name: str) -> Cycle:
    return Cycle(
        name=name,
        cycle_id=row["cycle_id"],
        school=_school(row),
        month=row["month"],
        template=row["template"],
        focus=row["focus"] if row["goal_focus"] is None else row["goal_focus"],
        teacher_ids=tuple(cycle["teacher_ids"]),
        closed=cycle["status"] != "open",
        sustained=cycle["follow_up"] == "sustained",
        stage=stage,
        goal=goal,
    )


def _school(row: Any) -> str:
    return str(row["school_id"] or "none")
