"""What is told of a school year: of which groups of cycles and goals, as they stood in which month.

Every table of figures is of one release, so that none can be taken from another. It goes on from what the releases
before it told: a group is told anew where that tells of nobody few enough to be known (`backbone/telling.py`).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from backbone import releasing
from backbone.releasing import Turn, months
from backbone.suppressing import STAFF, Least
from backbone.telling import Division, Groups, Key, Table, Thing

from goals.counted import cycles_counted, goals_counted, group_of, phases_counted
from goals.figures import gather
from goals.standing import Cycle, Goal, Stood, Unit, changes

TOTAL: Final[Key] = ("total",)
NONE: Final = "none"
OF_CYCLES: Final = frozenset({"total", "school", "month", "template"})
"""Divisions of cycles; all but those by template are of goals too, and there are others of goals alone."""


@dataclass(slots=True)
class Release:
    """The tables that figures are read from."""

    cycles: Table = field(default_factory=Table)
    goals: Table = field(default_factory=Table)
    phases: Table = field(default_factory=Table)

    @classmethod
    def again(cls, kept: Any) -> "Release":
        return cls(*(Table.again(kept[name]) for name in ("cycles", "goals", "phases")))

    def kept(self) -> Any:
        return {name: getattr(self, name).kept() for name in ("cycles", "goals", "phases")}


def released(turn: Turn) -> tuple[Any, Any]:
    """What is told until the next month, and what the next release goes on from, both as JSON."""
    telling = Telling(turn.least, turn.told, turn.kept)
    by_month = changes(turn.rows, turn.until)
    since = turn.since or min(by_month, default=turn.until)
    for month in sorted(by_month):
        if month < since:
            telling.stands(by_month[month])
    for month in months(since, turn.until):
        telling.stands(by_month.get(month, ()))
        telling.tell()
    return telling.release.kept(), telling.kept()


FIGURED: Final = releasing.Figures(gather=gather, release=released)


class Telling:
    """How everything stands at the end of a month, and what of it is told."""

    def __init__(self, least: Least, told: Any | None = None, kept: Any | None = None) -> None:
        """`told` and `kept`: what the release before said, and left."""
        goals, cycles, phases = kept or (None, None, None)
        self.release = Release.again(told) if told else Release()
        self.goals, self.cycles = Groups(divided, goals), Groups(divided, cycles)
        """Of cycles each with one of its goals, which tell of those goals too."""
        self.phases = Groups(lambda _: (), phases)
        """Of cycles by the phases that they left."""
        self.goal_of: dict[Thing, Goal] = {}
        self.cycle_of: dict[Thing, Cycle] = {}
        self._least = least
        self._now: dict[Unit, Stood] = {}
        self._left: dict[Thing, tuple[tuple[UUID, ...], int]] = {}
        """Who takes part in a cycle, and the seconds that it was in a phase."""
        self._leaving: dict[tuple[UUID, str], Thing] = {}

    def kept(self) -> Any:
        return [groups.kept() for groups in (self.goals, self.cycles, self.phases)]

    def stands(self, changed: Iterable[tuple[Unit, Stood | None]]) -> None:
        """What changed in a month, as it stood at its end."""
        for unit, after in changed:
            before = self._now.pop(unit, None)
            if before is not None and (after is None or after.cycle is not before.cycle):
                self.cycles.put(before.cycle.name, groups_of(before.cycle), gone=True)
            if before is not None and before.goal and (after is None or after.goal is not before.goal):
                self.goals.put(before.goal.name, groups_of_goal(before.goal), gone=True)
            if after is None:
                continue
            self._now[unit] = after
            if before is None or after.cycle is not before.cycle:
                self.cycle_of[after.cycle.name] = after.cycle
                self.cycles.put(after.cycle.name, groups_of(after.cycle))
            if after.goal and (before is None or after.goal is not before.goal):
                self.goal_of[after.goal.name] = after.goal
                self.goals.put(after.goal.name, groups_of_goal(after.goal))
            self._leaves(after.cycle, after.left)

    def _leaves(self, cycle: Cycle, left: Mapping[str, int]) -> None:
        for phase, seconds in left.items():
            group = [("phase", cycle.template, phase)]
            name = f"{cycle.cycle_id}/{seconds}"
            before = self._leaving.get((cycle.cycle_id, phase))
            if before is not None and before != name:
                self.phases.put(before, group, gone=True)
            self._leaving[cycle.cycle_id, phase] = name
            self._left[name] = cycle.teacher_ids, seconds
            self.phases.put(name, group)

    def tell(self) -> None:
        """Tells what may be told, at the end of a month."""
        self.goals.tell(self._enough_goals, self._owner)
        newly = self.cycles.tell(self._enough_cycles, self._teacher)
        table = self.release.cycles
        table.there = [key for key in self.cycles.there() if key[0] in OF_CYCLES]
        for key in newly & frozenset(table.there):
            table.told[key] = cycles_counted(self._cycles_in(key), self._goals_in(key))
        table = self.release.goals
        table.there = self.goals.there()
        for key in table.there:
            if self.goals.current(key) and self.cycles.current(key):
                table.told[key] = goals_counted(
                    self._goals_in(key), named=_named(key), one_metric=key[0] == "metric"
                )
        table = self.release.phases
        newly = self.phases.tell(self._enough_phases, lambda one: min(self._left[one][0], default=None))
        table.there = self.phases.there()
        for key in newly:
            table.told[key] = phases_counted([self._left[one][1] for one in self.phases.rows[key]])

    def _cycles_in(self, key: Key) -> list[Cycle]:
        return [self.cycle_of[one] for one in self.cycles.rows[key]]

    def _goals_in(self, key: Key) -> list[Goal]:
        return [self.goal_of[one] for one in self.goals.rows[key]]

    def _enough_goals(self, key: Key) -> bool:
        return not self._least.wanting(group_of(self._goals_in(key), named=_named(key)))

    def _enough_cycles(self, key: Key) -> bool:
        """Of enough teachers, and where goals were set, of enough whose goals these are."""
        if self.goals.current(key):
            return True
        teachers = {who for one in self._cycles_in(key) for who in one.teacher_ids}
        return key[0] in OF_CYCLES and len(teachers) >= STAFF and not self.goals.rows.get(key)

    def _enough_phases(self, key: Key) -> bool:
        return len({who for one in self.phases.rows[key] for who in self._left[one][0]}) >= STAFF

    def _owner(self, name: Thing) -> UUID | None:
        """Who stands for a goal; nobody where it is about so few students that five such would be too few."""
        one = self.goal_of[name]
        students = 0 if one.students is None and one.subgroup is not None else one.students
        few = students is not None and students * STAFF < self._least.students
        return None if few else min(one.owner_ids, default=None)

    def _teacher(self, name: Thing) -> UUID | None:
        return min(self.cycle_of[name].teacher_ids, default=None)


def divided(keys: Iterable[Key]) -> Sequence[Division]:
    """Wholes and their parts, the largest first."""
    found: dict[tuple[Key, str | None], list[Key]] = {}
    for key in keys:
        if key != TOTAL:
            whole = ("initiative", key[1]) if key[0] == "metric" else TOTAL
            found.setdefault((whole, key[0]), []).append(key)
    return [(each[0], found[each]) for each in sorted(found, key=lambda each: (each[0] != TOTAL, str(each)))]


def _named(key: Key) -> bool:
    """Whether this is a named group of students."""
    return key[0] == "subgroup" and key[1] != NONE


def groups_of_goal(one: Goal) -> Iterator[Key]:
    """The groups that a goal is in."""
    yield TOTAL
    yield "school", one.school
    yield "month", one.month
    yield "template", one.template
    yield "focus", one.focus
    yield "subgroup", one.subgroup or NONE
    for initiative in one.serves or (NONE,):
        yield "initiative", initiative
    for initiative in one.serves:
        yield ("metric", initiative, *one.metric)


def groups_of(one: Cycle) -> Iterator[Key]:
    """The groups that a cycle is in, those of its goal among them: while none is set, it adds nothing to these."""
    if one.goal is not None:
        yield from groups_of_goal(one.goal)
        return
    yield TOTAL
    yield "school", one.school
    yield "month", one.month
    yield "template", one.template
    yield "focus", one.focus
    yield "subgroup", NONE
    yield "initiative", NONE
