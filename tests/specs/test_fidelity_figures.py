"""What is told of fidelity across teachers, and that nothing told tells of fewer than five of them."""

from collections.abc import Iterable
from itertools import combinations
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st
from observations.dosage import visits
from observations.fidelity_figures import YEAR, hidden_months, told

TEACHERS = [UUID(int=n) for n in range(1, 13)]
MONTHS = st.dictionaries(
    st.sampled_from([f"2026-{month:02}" for month in range(1, 7)]),
    st.frozensets(st.sampled_from(TEACHERS), min_size=1),
    min_size=1,
)


def whom(months: dict[str, frozenset[UUID]], which: Iterable[str]) -> frozenset[UUID]:
    return frozenset[UUID]().union(*(months[month] for month in which))


def hidden(months: dict[str, frozenset[UUID]]) -> frozenset[str | None]:
    few = {month: teachers for month, teachers in months.items() if len(teachers) < 5}
    counts = {month: len(teachers) for month, teachers in months.items()}
    return hidden_months(counts, few, len(whom(months, months)))


@given(MONTHS)
def test_no_figure_that_is_told_or_left_over_is_about_fewer_than_five(
    months: dict[str, frozenset[UUID]],
) -> None:
    shown = months.keys() - hidden(months)
    assert all(len(months[month]) >= 5 for month in shown)
    if YEAR in hidden(months):
        assert len(whom(months, months)) < 5
        assert not shown
        return
    # Whatever months one takes from the year, what is left is told too or about five at least.
    for size in range(len(shown) + 1):
        for taken in combinations(sorted(shown), size):
            left = months.keys() - taken
            assert not left or len(whom(months, left)) >= 5


@given(MONTHS)
def test_nothing_is_hidden_without_need(months: dict[str, frozenset[UUID]]) -> None:
    small = {month for month, teachers in months.items() if len(teachers) < 5}
    if not small:
        assert hidden(months) == frozenset()
    elif len(whom(months, small)) >= 5:
        assert hidden(months) == small
    elif len(whom(months, months)) >= 5:
        assert len(hidden(months) - small) == 1


def row(month: str | None, teachers: int, met: int, total: int) -> dict[str, object]:
    return {"checklist": "cold-call@2", "month": month, "measurements_n": teachers, "met": met, "total": total,
            "teachers_n": teachers, "teacher_ids": TEACHERS[:teachers] if teachers < 5 else []}  # fmt: skip


def test_shares_are_summed_and_never_averaged() -> None:
    year, january, february = told([row(None, 6, 10, 92), row("2026-01", 5, 1, 2), row("2026-02", 6, 9, 90)])
    assert (january.fidelity, february.fidelity) == ("1/2", "1/10")
    assert (year.month, year.fidelity, year.met, year.total, year.teachers_n) == (None, "5/46", 10, 92, 6)


def test_a_month_that_would_give_another_away_is_hidden_with_it() -> None:
    rows = list(
        told(
            [
                row(None, 9, 19, 182),
                row("2026-01", 4, 1, 2),
                row("2026-02", 9, 9, 90),
                row("2026-03", 7, 9, 90),
            ]
        )
    )
    assert [(one.month, one.hidden, one.fidelity) for one in rows] == [
        (None, False, "19/182"), ("2026-01", True, None), ("2026-02", False, "1/10"), ("2026-03", True, None),
    ]  # fmt: skip
    assert (rows[1].measurements_n, rows[1].teachers_n, rows[1].met, rows[1].total) == (None,) * 4


def test_of_too_few_teachers_nothing_is_told_but_that_there_is_something() -> None:
    assert [
        one.hidden for one in told([row(None, 4, 10, 92), row("2026-01", 4, 1, 2), row("2026-02", 3, 9, 90)])
    ] == [True] * 3
    assert list(told([])) == []


@given(days=st.integers(0, 400), cadence=st.integers(1, 60))
def test_a_visit_is_due_at_the_end_of_each_stretch_of_the_cadence(days: int, cadence: int) -> None:
    assert visits(days, cadence) * cadence <= days < (visits(days, cadence) + 1) * cadence
