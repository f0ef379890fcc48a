"""Nothing that is hidden can be computed from what is shown, whichever cells are small."""

from collections.abc import Iterator, Mapping
from itertools import product

import pytest
from backbone import suppressing
from backbone.suppressing import TOTAL, Cell, Group, Least, suppressed
from hypothesis import given, settings
from hypothesis import strategies as st

LEAST = Least(staff=3, students=10)


def listed(*counts: int, staff: int = 1) -> dict[Cell, Group]:
    """Counts by row alone, of so many of the staff each."""
    table: dict[Cell, Group] = {(str(n), TOTAL): Group(c, c * staff) for n, c in enumerate(counts)}
    return table | {(TOTAL, TOTAL): Group(sum(counts), sum(counts) * staff)}


def crossed(rows: list[list[int]]) -> dict[Cell, Group]:
    """Counts by row and column, each of one of the staff."""
    inner = {(str(r), f"c{c}"): count for r, row in enumerate(rows) for c, count in enumerate(row)}
    return _with_totals(inner)


def _with_totals(inner: Mapping[tuple[str, str], int]) -> dict[Cell, Group]:
    counts: dict[Cell, int] = {}
    for (row, column), count in inner.items():
        for cell in ((row, column), (row, TOTAL), (TOTAL, column), (TOTAL, TOTAL)):
            counts[cell] = counts.get(cell, 0) + count
    return {cell: Group(count, count) for cell, count in counts.items()}


def possible(table: Mapping[Cell, Group], hidden: frozenset[Cell]) -> Iterator[dict[Cell, int]]:
    """Every table that shows the same where this one shows something; hidden cells are not empty."""
    parts = [cell for cell in table if cell[0] is not TOTAL and (cell[1] is not TOTAL or _flat(table))]
    most = table[TOTAL, TOTAL].counted + 1
    unknown = [cell for cell in parts if cell in hidden]
    for values in product(range(1, most + 1), repeat=len(unknown)):
        guess = {cell: table[cell].counted for cell in parts} | dict(zip(unknown, values, strict=True))
        if _flat(table):
            whole = guess | {(TOTAL, TOTAL): sum(guess.values())}
        else:
            whole = {cell: g.counted for cell, g in _with_totals(guess).items()}  # type: ignore[arg-type]
        if all(whole[cell] == table[cell].counted for cell in table if cell not in hidden):
            yield whole


def _flat(table: Mapping[Cell, Group]) -> bool:
    return all(column is TOTAL for _, column in table)


def computable(table: Mapping[Cell, Group], hidden: frozenset[Cell]) -> set[Cell]:
    """Tried out, one table after the other."""
    found: dict[Cell, set[int]] = {cell: set() for cell in hidden}
    for guess in possible(table, hidden):
        for cell in hidden:
            found[cell].add(guess[cell])
    return {cell for cell, values in found.items() if len(values) < 2}


lists = st.lists(st.integers(0, 6), min_size=1, max_size=4).map(lambda counts: listed(*counts))
tables = st.integers(1, 2).flatmap(
    lambda width: st.lists(st.lists(st.integers(0, 4), min_size=width, max_size=width), min_size=1, max_size=2)
).map(crossed)  # fmt: skip


@given(lists | tables)
@settings(max_examples=150, deadline=None)
def test_what_is_hidden_cannot_be_computed_from_rows_columns_and_totals(table: dict[Cell, Group]) -> None:
    hidden = suppressed(table, LEAST)
    small = {cell for cell, group in table.items() if group.counted > 0 and LEAST.wanting(group)}
    assert small <= hidden
    assert computable(table, hidden) == set()
    assert all(table[cell].counted for cell in hidden)


@given(st.lists(st.integers(1, 40), min_size=1, max_size=60))
def test_what_is_left_of_a_list_is_about_enough_people_too(counts: list[int]) -> None:
    table = listed(*counts)
    hidden = suppressed(table, LEAST)
    left = sum(table[cell].counted for cell in hidden if cell != (TOTAL, TOTAL))
    assert not hidden or (TOTAL, TOTAL) in hidden or left >= LEAST.staff


def test_two_small_cells_of_the_same_few_people_are_not_left_by_themselves() -> None:
    """The year less the months that are shown would be the goals of these two, whoever they are."""
    table: dict[Cell, Group] = {
        ("may", TOTAL): Group(4, 2), ("june", TOTAL): Group(3, 2), ("march", TOTAL): Group(9, 8),
        ("april", TOTAL): Group(20, 9), (TOTAL, TOTAL): Group(36, 11),
    }  # fmt: skip
    assert suppressed(table, LEAST) == {("may", TOTAL), ("june", TOTAL), ("march", TOTAL)}


def test_hiding_the_small_cells_alone_would_be_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suppressing, "_remainders", lambda *_: frozenset())
    monkeypatch.setattr(suppressing, "_computable", lambda *_: frozenset())
    table = listed(1, 20, 30)
    assert computable(table, suppressed(table, LEAST)) == {("0", TOTAL)}


def test_a_table_in_which_everything_is_about_enough_people_is_shown_whole() -> None:
    assert suppressed(listed(3, 0, 7), LEAST) == frozenset()


def test_the_cell_that_hides_another_is_the_smallest() -> None:
    assert suppressed(listed(2, 9, 5, 7), LEAST) == {("0", TOTAL), ("2", TOTAL)}


def test_few_students_hide_a_cell_of_many_teachers_and_untold_ones_do_not() -> None:
    table: dict[Cell, Group] = {
        ("a", TOTAL): Group(8, 8, 9), ("b", TOTAL): Group(8, 8, 10), ("c", TOTAL): Group(9, 9, None),
        (TOTAL, TOTAL): Group(25, 25, 19),
    }  # fmt: skip
    assert suppressed(table, LEAST) == {("a", TOTAL), ("b", TOTAL)}


def test_a_whole_that_is_small_is_hidden_with_all_of_its_parts() -> None:
    assert suppressed(listed(1, 1), LEAST) == {("0", TOTAL), ("1", TOTAL), (TOTAL, TOTAL)}


def test_in_a_table_a_corner_hides_others_of_its_row_and_column_and_no_total() -> None:
    table = crossed([[1, 20, 30], [40, 10, 60], [70, 80, 11]])
    hidden = suppressed(table, LEAST)
    assert ("0", "c0") in hidden
    assert len(hidden) <= 6
    assert all(TOTAL not in cell for cell in hidden)


def test_a_large_table_takes_no_time() -> None:
    rows = [[(7 * r + 3 * c) % 23 for c in range(8)] for r in range(40)]
    assert len(suppressed(crossed(rows), Least())) < 320
