"""What is told of a school year: of which groups of cycles and goals, as they stood in which month.

Every table of figures is of one release, so that none can be taken from another: it goes through the months that are
over, and tells a group anew only where that, beside all that was told before and of other groups, tells of nobody
few enough to be known (`backbone/differencing.py`). Until then the older figure stands.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeAlias, TypeVar
from uuid import UUID

from backbone.differencing import Known, added_up
from backbone.suppressing import STAFF, Group, Least

from goals.standing import Cycle, Goal, Stood, Unit, changes

Key: TypeAlias = tuple[str | None, ...]
"""A group: a division, and what it is in it."""
Thing = TypeVar("Thing", bound=Hashable)

TOTAL: Final[Key] = ("total",)
NONE: Final = "none"
OF_CYCLES: Final = frozenset({"total", "school", "month", "template"})
"""Divisions of cycles; all but those by template are of goals too, and there are others of goals alone."""


@dataclass
class Release:
    """Of each group that is told of, the cycles or goals as they stood when it was told; and which groups there are."""

    cycles: dict[Key, Collection[Cycle]] = field(default_factory=dict)
    goals: dict[Key, Collection[Goal]] = field(default_factory=dict)
    phases: dict[Key, Sequence[int]] = field(default_factory=dict)
    """The seconds that each cycle took."""
    of_cycles: frozenset[Key] = frozenset()
    of_goals: frozenset[Key] = frozenset()
    of_phases: frozenset[Key] = frozenset()


def released(rows: Sequence[Any], until: str, least: Least) -> Release:
    """What may be told in a month of what the months before it brought, as `figures.sql` has it."""
    telling = _Telling(least)
    by_month = changes(rows, until)
    for month in sorted(by_month):
        telling.goes_on(by_month[month])
    return telling.release()


class _Groups(Generic[Thing]):
    """Groups of one kind of thing as they are, and what is known of them."""

    def __init__(self) -> None:
        self.rows: dict[Key, dict[Thing, None]] = defaultdict(dict)
        """In the order in which they came: whoever works it out again finds the same."""
        self.new: set[Key] = set()
        """Those that are not as they were last told."""
        self._known: Known[Key, Thing] = Known()
        self._stood: dict[Key, frozenset[Thing]] = {}
        """As they were last told."""

    def put(self, one: Thing, groups: Iterable[Key], *, gone: bool = False) -> None:
        for key in groups:
            if gone:
                self.rows[key].pop(one, None)
            else:
                self.rows[key][one] = None
            self.new.add(key)

    def current(self, key: Key) -> bool:
        return key not in self.new and bool(self.rows.get(key))

    def there(self) -> frozenset[Key]:
        return frozenset(key for key, things in self.rows.items() if things)

    def tell(self, may: Callable[[Key], bool], about: Callable[[Thing], UUID | None]) -> frozenset[Key]:
        """Tells of those that changed and of which it may; what was told, or is told by what was, is new no more."""
        before = frozenset(self.new)
        wanted = {key: self.rows[key] for key in self.new if self.rows[key] and may(key)}
        wanted = {key: things for key, things in wanted.items() if self._enough_changed(key, about)}
        spared = self._spared(wanted)
        for those in (wanted.keys() - spared, spared):
            rows = {key: wanted[key] for key in those & self.new}
            whom = {one: about(one) for things in rows.values() for one in things}
            self.new -= self._known.tell(rows, whom)
            self._follows(wanted)
        told = before - self.new
        for key in told:
            self._stood[key] = frozenset(self.rows[key])
        return told

    def _enough_changed(self, key: Key, about: Callable[[Thing], UUID | None]) -> bool:
        """Whether it can be told at all: what changed by few alone is what a difference of two months would tell."""
        whom = {
            who for one in self.rows[key].keys() ^ self._stood.get(key, frozenset()) if (who := about(one))
        }
        return len(whom) >= STAFF

    def _spared(self, wanted: Mapping[Key, Collection[Thing]]) -> set[Key]:
        """Of each division the smallest, where it will be what the others leave of the whole."""
        spared = set()
        for of, among in self._divided():
            new = sorted(wanted.keys() & set(among), key=lambda key: (len(wanted[key]), str(key)))
            told = {key for key in (of, *among) if self.current(key) or key in wanted}
            if new and added_up(self.rows, of, among, told - {new[0]}) == new[0]:
                spared.add(new[0])
        return spared

    def _follows(self, wanted: Mapping[Key, Collection[Thing]]) -> None:
        """What is told by what was told is new no more: another row of the same things, or what is left of a whole."""
        for key in sorted(wanted.keys() & self.new, key=str):
            size = len(self.rows[key])
            if any(size == len(other) and self.current(own) and self.rows[key] == other
                   for own, other in self.rows.items()):  # fmt: skip
                self.new.discard(key)
        for of, among in self._divided():
            told = {key for key in (of, *among) if self.current(key)}
            last = added_up(self.rows, of, among, told)
            if last in wanted:
                self.new.discard(last)

    def _divided(self) -> list[tuple[Key, list[Key]]]:
        """Wholes and their parts, the largest first."""
        divided: dict[tuple[Key, str | None], list[Key]] = defaultdict(list)
        for key in self.rows:
            if key != TOTAL:
                divided[("initiative", key[1]) if key[0] == "metric" else TOTAL, key[0]].append(key)
        order = sorted(divided, key=lambda each: (each[0] != TOTAL, str(each)))
        return [(each[0], divided[each]) for each in order]


class _Telling:
    """How everything stands at the end of a month, and what of it is told."""

    def __init__(self, least: Least) -> None:
        self._least = least
        self._told = Release()
        self._now: dict[Unit, Stood] = {}
        self._goals, self._cycles, self._phases = _Groups[Goal](), _Groups[Cycle](), _Groups[UUID]()
        """Of goals; of cycles, with those of goals that are told; of cycles by the phases they left."""
        self._left: dict[UUID, tuple[tuple[UUID, ...], Mapping[str, int]]] = {}
        """Of each cycle who takes part, and the seconds in phases."""

    def release(self) -> Release:
        self._told.of_goals = self._goals.there()
        self._told.of_cycles = frozenset(key for key in self._cycles.there() if key[0] in OF_CYCLES)
        self._told.of_phases = self._phases.there()
        return self._told

    def goes_on(self, changed: Sequence[tuple[Unit, Stood | None]]) -> None:
        for unit, after in changed:
            before = self._now.pop(unit, None)
            if before is not None and (after is None or after.cycle is not before.cycle):
                self._cycles.put(before.cycle, groups_of(before.cycle), gone=True)
            if before is not None and before.goal and (after is None or after.goal is not before.goal):
                self._goals.put(before.goal, groups_of_goal(before.goal), gone=True)
            if after is None:
                continue
            self._now[unit] = after
            if before is None or after.cycle is not before.cycle:
                self._cycles.put(after.cycle, groups_of(after.cycle))
            if after.goal and (before is None or after.goal is not before.goal):
                self._goals.put(after.goal, groups_of_goal(after.goal))
            self._leaves(after)
        self._tell()

    def _leaves(self, stood: Stood) -> None:
        cycle = stood.cycle
        _, before = self._left.get(cycle.cycle_id, ((), {}))
        self._left[cycle.cycle_id] = cycle.teacher_ids, stood.left
        self._phases.put(
            cycle.cycle_id, (("phase", cycle.template, phase) for phase in stood.left.keys() - before.keys())
        )

    def _tell(self) -> None:
        self._goals.tell(self._enough_goals, self._owner)
        newly = self._cycles.tell(self._enough_cycles, lambda one: min(one.teacher_ids, default=None))
        for key in newly:
            if key[0] in OF_CYCLES:
                self._told.cycles[key] = tuple(self._cycles.rows[key])
        for key in self._goals.rows:
            if self._goals.current(key) and self._cycles.current(key):
                self._told.goals[key] = tuple(self._goals.rows[key])
        for key in self._phases.tell(
            self._enough_phases, lambda cycle: min(self._left[cycle][0], default=None)
        ):
            self._told.phases[key] = sorted(
                self._left[cycle][1][str(key[2])] for cycle in self._phases.rows[key]
            )

    def _enough_goals(self, key: Key) -> bool:
        named = key[0] == "subgroup" and key[1] != NONE
        return not self._least.wanting(group_of(self._goals.rows[key], named=named))

    def _enough_cycles(self, key: Key) -> bool:
        """Of enough teachers, and where goals were set, of enough whose goals these are."""
        if self._goals.current(key):
            return True
        teachers = {who for one in self._cycles.rows[key] for who in one.teacher_ids}
        return key[0] in OF_CYCLES and len(teachers) >= STAFF and not self._goals.rows.get(key)

    def _enough_phases(self, key: Key) -> bool:
        return len({who for cycle in self._phases.rows[key] for who in self._left[cycle][0]}) >= STAFF

    def _owner(self, one: Goal) -> UUID | None:
        """Who stands for a goal; nobody where it is about so few students that five such would be too few."""
        students = 0 if one.students is None and one.subgroup is not None else one.students
        few = students is not None and students * STAFF < self._least.students
        return None if few else min(one.owner_ids, default=None)


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


def group_of(goals: Collection[Goal], *, named: bool = False) -> Group:
    """About how many these are. How many students a goal is about need not be told; of a `named` group of students it
    must be.
    """
    told = [one.students for one in goals if one.students is not None]
    owners = {who for one in goals for who in one.owner_ids}
    return Group(len(goals), len(owners), sum(told) if told else 0 if named else None)
