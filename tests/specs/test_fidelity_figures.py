"""What is told of fidelity across teachers, and that nothing told tells of fewer than five of them."""

from itertools import combinations
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st
from observations.dosage import visits
from observations.fidelity_figures import YEAR, Met, hidden_months, told

TEACHERS = [UUID(int=n) for n in range(1, 13)]
MONTHS = st.dictionaries(
    st.sampled_from([f"2026-{month:02}" for month in range(1, 7)]),
    st.frozensets(st.sampled_from(TEACHERS), min_size=1).map(lambda who: Met(len(who), 3, 4, who)),
    min_size=1,
)


def whom(months: dict[str, Met], which: set[str]) -> frozenset[UUID]:
    return frozenset().union(*(months[month].teachers for month in which)) if which else frozenset()


@given(MONTHS)
def test_no_figure_that_is_told_or_left_over_is_about_fewer_than_five(months: dict[str, Met]) -> None:
    hidden = hidden_months(months)
    shown = months.keys() - hidden
    assert all(len(months[month].teachers) >= 5 for month in shown)
    if YEAR in hidden:
        assert len(whom(months, set(months))) < 5
        assert not shown
        return
    # Whatever months one takes from the year, what is left is told too or about five at least.
    for size in range(len(shown) + 1):
        for taken in combinations(sorted(shown), size):
            left = set(months) - set(taken)
            assert not left or len(whom(months, left)) >= 5


@given(MONTHS)
def test_nothing_is_hidden_without_need(months: dict[str, Met]) -> None:
    small = {month for month, met in months.items() if len(met.teachers) < 5}
    if not small:
        assert hidden_months(months) == frozenset()
    elif len(whom(months, small)) >= 5:
        assert hidden_months(months) == small


def row(month: str, teachers: int, met: int, total: int, checklist: str = "cold-call@2") -> dict[str, object]:
    return {"checklist": checklist, "month": month, "measurements_n": teachers, "met": met, "total": total,
            "teacher_ids": TEACHERS[:teachers]}  # fmt: skip


def test_shares_are_summed_and_never_averaged() -> None:
    year, january, february = told([row("2026-01", 5, 1, 2), row("2026-02", 6, 9, 90)])
    assert (january.fidelity, february.fidelity) == ("1/2", "1/10")
    assert (year.month, year.fidelity, year.met, year.total, year.teachers_n) == (None, "5/46", 10, 92, 6)


def test_a_month_that_would_give_another_away_is_hidden_with_it() -> None:
    rows = list(told([row("2026-01", 4, 1, 2), row("2026-02", 9, 9, 90), row("2026-03", 7, 9, 90)]))
    assert [(one.month, one.hidden, one.fidelity) for one in rows] == [
        (None, False, "19/182"), ("2026-01", True, None), ("2026-02", False, "1/10"), ("2026-03", True, None),
    ]  # fmt: skip
    assert (rows[1].measurements_n, rows[1].teachers_n, rows[1].met, rows[1].total) == (None,) * 4


def test_of_too_few_teachers_nothing_is_told_but_that_there_is_something() -> None:
    assert [one.hidden for one in told([row("2026-01", 4, 1, 2), row("2026-02", 3, 9, 90)])] == [True] * 3
    assert list(told([])) == []


@given(days=st.integers(0, 400), cadence=st.integers(1, 60))
def test_a_visit_is_due_at_the_end_of_each_stretch_of_the_cadence(days: int, cadence: int) -> None:
    assert visits(days, cadence) * cadence <= days < (visits(days, cadence) + 1) * cadence
