"""Small cells: what a table must not show, for it would tell of few people, nor let anyone work out.

A table is counts by row and column with their totals, or by row alone. A cell about too few people is hidden, and
with it others, until nothing hidden can be computed: neither it nor a remainder that is itself about too few. Only
one table of the same things should be shown to one reader a period, or totals that they share.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Final, NamedTuple, TypeAlias

TOTAL: Final = None
"""The row of a column's total, and the column of a row's."""

Cell: TypeAlias = tuple[str | None, str | None]
"""Row and column. `(row, TOTAL)` and `(TOTAL, column)` are totals, `(TOTAL, TOTAL)` of all; of counts by row alone
`(row, TOTAL)` are the cells.
"""

STAFF: Final = 5
"""Figures about fewer of the staff are hidden in every district; about how many students, its policy says."""


class Group(NamedTuple):
    """What a cell counts, and how many people that is about; None: nobody of that kind, or nobody told."""

    counted: int
    """Whole, and summed up in totals: goals, cycles, teachers."""
    staff: int | None = None
    students: int | None = None


class Least(NamedTuple):
    """About how many people a figure must be to be shown."""

    staff: int = STAFF
    students: int = 10

    def wanting(self, group: Group) -> bool:
        few_staff = group.staff is not None and group.staff < self.staff
        return few_staff or (group.students is not None and group.students < self.students)


Line: TypeAlias = tuple[str, str | None]
"""A row or a column: what is in it sums up to its total."""
Steps: TypeAlias = Mapping[Line, list[tuple[Line, Cell]]]
"""From each line where a hidden cell leads."""


def suppressed(table: Mapping[Cell, Group], least: Least) -> frozenset[Cell]:
    """The cells to hide. One that nobody is in is shown as empty: what is hidden is not."""
    crossed = any(column is not TOTAL for _, column in table)
    ends = {cell: _ends(cell, crossed=crossed) for cell in sorted(table, key=str)}
    hidden = {cell for cell, group in table.items() if group.counted > 0 and least.wanting(group)}
    while more := _remainders(table, ends, hidden, least) or _computable(table, ends, hidden):
        hidden |= more
    return frozenset(hidden)


# A table is a flow: from the total of all to the rows, from a row through its cells to the columns, and back from
# these. What goes in comes out, whatever is hidden.

OUTSIDE: Final[Line] = ("outside", None)

Ends: TypeAlias = Mapping[Cell, tuple[Line, Line]]
"""Of each cell the line it leads from, and the one it leads to."""


def _ends(cell: Cell, *, crossed: bool) -> tuple[Line, Line]:
    row, column = cell
    across: Line = ("row", row) if crossed else OUTSIDE
    down: Line = ("column", column)
    return (across, down) if (row is TOTAL) == (column is TOTAL) else (down, across)


def _remainders(table: Mapping[Cell, Group], ends: Ends, hidden: set[Cell], least: Least) -> frozenset[Cell]:
    """Of each line in which what is left, when all that is shown is taken away, is about too few: one cell more."""
    lines: dict[Line, list[Cell]] = defaultdict(list)
    for cell, own in ends.items():
        for line in own:
            lines[line].append(cell)
    lines.pop(OUTSIDE, None)
    more: set[Cell] = set()
    for (kind, _), cells in lines.items():
        sums = [cell for cell in cells if cell[0 if kind == "column" else 1] is TOTAL]
        left = [table[cell] for cell in cells if cell in hidden and cell not in sums]
        told = [table[cell] for cell in cells if cell not in hidden and cell not in sums]
        if (
            left
            and hidden.isdisjoint(sums)
            and least.wanting(_left(left, told, [table[cell] for cell in sums]))
        ):
            more |= _least_telling(cells, table, hidden)
    return frozenset(more)


def _left(hidden: list[Group], shown: list[Group], totals: list[Group]) -> Group:
    """What is left of a total when what is shown is taken away, and about how many people that is at least: whoever is
    in one cell may be in others too. As many as are in one of the hidden, or in the total and in none that is shown.
    """

    def at_least(many: Callable[[Group], int | None]) -> int | None:
        each, beside, all_of = (
            [n for group in groups if (n := many(group)) is not None] for groups in (hidden, shown, totals)
        )
        return max(*each, *(n - sum(beside) for n in all_of), 0) if each else None

    counted = sum(group.counted for group in hidden)
    return Group(counted, at_least(lambda group: group.staff), at_least(lambda group: group.students))


def _computable(table: Mapping[Cell, Group], ends: Ends, hidden: set[Cell]) -> frozenset[Cell]:
    """For each hidden cell that what is shown determines: one cell more, the smallest that helps if one does.

    It does not exactly where the cell could be one more or one less while other hidden cells make up for
    it: where a circle of such steps leads through it.
    """
    steps: dict[Line, list[tuple[Line, Cell]]] = defaultdict(list)

    def take(cell: Cell) -> None:
        begin, end = ends[cell]
        steps[begin].append((end, cell))
        if table[cell].counted > 1:  # one less, and it is still not empty
            steps[end].append((begin, cell))

    def differs(cell: Cell, beside: Steps) -> bool:
        begin, end = ends[cell]
        less = table[cell].counted > 1 and _leads(begin, end, beside, but=cell)
        return less or _leads(end, begin, beside, but=cell)

    for cell in hidden:
        take(cell)
    more: set[Cell] = set()
    for cell in sorted(hidden, key=str):
        if differs(cell, steps):
            continue
        own = {*ends[cell]} - {OUTSIDE}
        beside = [other for other in ends if not own.isdisjoint(ends[other])]
        shown = _shown(beside, table, hidden | more) or _shown(ends, table, hidden | more)
        for other in shown[:1]:
            helping = next((c for c in shown if _closes(c, ends[cell], ends, steps)), other)
            more.add(helping)
            take(helping)
    return frozenset(more)


def _closes(cell: Cell, gap: tuple[Line, Line], ends: Ends, steps: Steps) -> bool:
    """Whether a circle would lead through this cell and across the gap, were the cell hidden too."""
    begin, end = ends[cell]
    beyond = _reached(end, steps)
    return begin in beyond and not beyond.isdisjoint(gap)


def _least_telling(among: Iterable[Cell], table: Mapping[Cell, Group], hidden: set[Cell]) -> set[Cell]:
    return set(_shown(among, table, hidden)[:1])


def _shown(among: Iterable[Cell], table: Mapping[Cell, Group], hidden: set[Cell]) -> list[Cell]:
    """Those that tell something, the smallest first."""
    shown = [cell for cell in among if table[cell].counted > 0 and cell not in hidden]
    return sorted(shown, key=lambda cell: (table[cell].counted, str(cell)))


def _leads(begin: Line, end: Line, steps: Steps, *, but: Cell) -> bool:
    return end in _reached(begin, steps, but=but)


def _reached(begin: Line, steps: Steps, *, but: Cell | None = None) -> set[Line]:
    """Every line that steps lead to from this one, itself only by a step."""
    reached: set[Line] = set()
    ahead = [begin]
    while ahead:
        for line, cell in steps.get(ahead.pop(), ()):
            if cell != but and line not in reached:
                reached.add(line)
                ahead.append(line)
    return reached
