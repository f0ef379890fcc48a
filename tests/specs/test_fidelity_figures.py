"""What is told of fidelity across teachers, and when a visit is due. That nothing told tells of few: test_by_month."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from observations.dosage import visits
from observations.fidelity_figures import told


def release(**months: tuple[int, int] | None) -> Any:
    """What is met of what in each month, and in the year."""
    table = {
        ("cold-call@2", None if month == "year" else month): counts
        and {"things_n": 6, "people_n": 5, "met": counts[0], "total": counts[1]}
        for month, counts in months.items()
    }
    return {"there": list(table), "told": [(key, figures) for key, figures in table.items() if figures]}


def test_shares_are_summed_and_never_averaged() -> None:
    year, january, february = told(release(year=(10, 92), **{"2026-01": (1, 2), "2026-02": (9, 90)}))
    assert (january.fidelity, february.fidelity) == ("1/2", "1/10")
    assert (year.month, year.fidelity, year.met, year.total, year.teachers_n) == (None, "5/46", 10, 92, 5)


def test_of_what_is_hidden_nothing_is_told_but_that_it_is_there() -> None:
    year, january = told(release(year=(10, 92), **{"2026-01": None}))
    assert (year.hidden, january.hidden, january.month) == (False, True, "2026-01")
    assert (january.measurements_n, january.teachers_n, january.met, january.total, january.fidelity) == (
        None,
    ) * 5
    assert list(told(None)) == []


@given(days=st.integers(0, 400), cadence=st.integers(1, 60))
def test_a_visit_is_due_at_the_end_of_each_stretch_of_the_cadence(days: int, cadence: int) -> None:
    assert visits(days, cadence) * cadence <= days < (visits(days, cadence) + 1) * cadence
