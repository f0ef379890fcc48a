"""A retraction makes due again what it lets be, unless that had been due for more than a day when it was recorded.

It re-arms only what was not sent; what had been due more than 24 hours before the latest event it derives from was
recorded is suppressed. A timer derives from what it counts from, and from the event that made it count from that.
"""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kit.watching import Coaching


@pytest.fixture
def coaching() -> Coaching:
    return Coaching()


# A visit that did not take place, or not then ----------------------------------------------------------------


def visited(coaching: Coaching) -> Coaching:
    """A visit that kept the reminder of 17 March from being sent."""
    coaching.until("2026-03-12")
    coaching.observe(1)
    coaching.until("2026-03-17", "23:00")
    return coaching


def test_a_visit_voided_within_a_day_makes_the_reminder_due_again(coaching: Coaching) -> None:
    visited(coaching).void(1)
    assert coaching.due("VisitOverdue") == ["2026-03-17 00:00 coach"]
    coaching.passes(hours=1)
    assert coaching.heard("VisitOverdue") == ["2026-03-17 23:00 coach"]


def test_a_visit_voided_later_leaves_it_history(coaching: Coaching) -> None:
    visited(coaching).until("2026-03-18", "00:01")
    coaching.void(1)
    assert coaching.due("VisitOverdue") == []
    coaching.observe(2)
    assert coaching.due("VisitOverdue") == ["2026-04-02 00:00 coach"]


def test_a_visit_that_is_moved_to_before_the_last_does_the_same(coaching: Coaching) -> None:
    coaching.observe(2)
    visited(coaching)
    coaching.correct(1, coaching.now - timedelta(days=30))
    assert coaching.due("VisitOverdue") == ["2026-03-17 00:00 coach"]
    later = Coaching()
    later.observe(2)
    visited(later).until("2026-03-18", "00:01")
    later.correct(1, later.now - timedelta(days=30))
    assert later.due("VisitOverdue") == []


def test_what_was_sent_stays_sent_however_late_the_retraction(coaching: Coaching) -> None:
    coaching.until("2026-03-20")
    coaching.observe(1)
    coaching.until("2026-03-27")
    coaching.void(1)
    assert (coaching.due("VisitOverdue"), "VisitOverdue" in coaching.standing()) == ([], True)
    assert coaching.heard("VisitOverdue") == ["2026-03-17 00:00 coach"]


def test_a_void_of_an_earlier_visit_changes_nothing(coaching: Coaching) -> None:
    coaching.observe(1)
    coaching.passes(days=1)
    coaching.observe(2)
    coaching.quiet("18:00", "07:00")
    coaching.calendar(holidays=[(date(2026, 3, 18), date(2026, 3, 22))])
    coaching.until("2026-03-21")
    coaching.void(1)
    assert coaching.due("VisitOverdue") == ["2026-03-23 07:00 coach"]


# A measurement, and a baseline --------------------------------------------------------------------------------


def silenced(coaching: Coaching) -> Coaching:
    """Silent from 23 March on, but for a measurement."""
    coaching.goal()
    coaching.passes(days=10)
    coaching.measure(1)
    coaching.until("2026-03-23", "23:00")
    return coaching


def test_a_measurement_retracted_within_a_day_makes_its_goal_silent(coaching: Coaching) -> None:
    silenced(coaching).retract(1)
    assert coaching.due("GoalSilent") == ["2026-03-23 00:00 Theo Tina coach"]


def test_a_measurement_retracted_later_does_not(coaching: Coaching) -> None:
    silenced(coaching).until("2026-03-24", "00:01")
    coaching.retract(1)
    assert coaching.due("GoalSilent") == []
    coaching.measure(2)
    assert coaching.due("GoalSilent") == ["2026-04-14 00:00 Theo Tina coach"]


def test_an_earlier_measurement_retracted_changes_nothing(coaching: Coaching) -> None:
    coaching.goal()
    coaching.passes(days=2)
    coaching.measure(1)
    coaching.passes(days=1)
    coaching.measure(2)
    coaching.calendar(holidays=[(date(2026, 3, 26), date(2026, 4, 5))])
    assert coaching.due("GoalSilent") == ["2026-04-06 00:00 Theo Tina coach"]
    coaching.until("2026-04-03")
    coaching.retract(1)
    assert coaching.due("GoalSilent") == ["2026-04-06 00:00 Theo Tina coach"]


def test_a_baseline_retracted_long_after_its_day_is_missed_by_nobody(coaching: Coaching) -> None:
    coaching.goal()
    coaching.until("2026-03-09", "23:00")
    coaching.retract(50)
    assert coaching.due("BaselineMissing") == ["2026-03-09 00:00 coach"]
    later = Coaching()
    later.goal()
    later.until("2026-03-11")
    later.retract(50)
    assert later.due("BaselineMissing") == []


# Any visits, voids and corrections ----------------------------------------------------------------------------

Act = tuple[str, int, int]
"""What, of which visit, and on which day it took place."""
acts = st.lists(
    st.tuples(st.sampled_from(["observe", "void", "correct"]), st.integers(1, 4), st.integers(-20, 12)),
    max_size=12,
)


@settings(max_examples=300, deadline=None)
@given(acts)
def test_a_visit_clock_derives_from_the_last_event_that_set_it(acted: list[Act]) -> None:
    """Beside an oracle that looks at the clock after each event, and notes when it last came to another moment."""
    coaching = Coaching()
    began = coaching.now
    coaching.now += timedelta(days=13)
    taken: dict[int, datetime | None] = {}
    last, derived_at = began, began
    for what, n, day in acted:
        coaching.now += timedelta(minutes=7)  # no two of these are recorded at once
        at = coaching.now - timedelta(days=12 - day, seconds=n)
        if what == "observe" and n not in taken:
            coaching.observe(n, at)
            taken[n] = at
        elif what == "correct" and taken.get(n):
            coaching.correct(n, at)
            taken[n] = at
        elif what == "void" and taken.get(n):
            coaching.void(n)
            taken[n] = None
        now_last = max([began, *(one for one in taken.values() if one)])
        if now_last != last:
            last, derived_at = now_last, coaching.now
    [timer] = [t for t in coaching.timers() if t.milestone == "VisitOverdue"]
    assert timer.derived_at == derived_at
