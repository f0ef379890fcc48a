"""When milestones fall due: school-local days, terms, holidays, and nights that change the clocks."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st
from notifications.due import (
    BEFORE,
    EVERY_DAY,
    Calendar,
    Span,
    after,
    beginning,
    counted,
    of_event,
    once,
    paused,
    since,
)

CHICAGO = ZoneInfo("America/Chicago")
HAVANA = ZoneInfo("America/Havana")
MONDAY_MORNING = datetime(2026, 3, 2, 15, tzinfo=UTC)  # 9:00 in Chicago
DAYS = st.dates(date(2024, 1, 1), date(2030, 1, 1))


def test_a_baseline_is_missing_at_local_midnight_seven_days_after_the_start() -> None:
    # Clocks go forward on 8 March, so that midnight is 5 hours behind UTC and not 6.
    assert after(MONDAY_MORNING, 7, CHICAGO) == datetime(2026, 3, 9, 5, tzinfo=UTC)


def test_the_night_clocks_go_forward_is_an_hour_short_and_still_one_day() -> None:
    saturday = datetime(2026, 3, 7, 12, tzinfo=CHICAGO)
    assert after(saturday, 1, CHICAGO) == datetime(2026, 3, 8, 6, tzinfo=UTC)
    assert after(saturday, 2, CHICAGO) == datetime(2026, 3, 9, 5, tzinfo=UTC)


def test_the_night_clocks_go_back_is_an_hour_long_and_still_one_day() -> None:
    saturday = datetime(2026, 10, 31, 12, tzinfo=CHICAGO)
    assert after(saturday, 1, CHICAGO) == datetime(2026, 11, 1, 5, tzinfo=UTC)
    assert after(saturday, 2, CHICAGO) == datetime(2026, 11, 2, 6, tzinfo=UTC)


def test_where_clocks_skip_midnight_the_day_begins_when_they_go_on() -> None:
    assert beginning(date(2026, 3, 8), HAVANA) == datetime(2026, 3, 8, 5, tzinfo=UTC)
    assert beginning(date(2026, 3, 8), HAVANA).astimezone(HAVANA).hour == 1


def test_where_midnight_comes_twice_the_day_begins_with_the_first() -> None:
    assert beginning(date(2026, 11, 1), HAVANA) == datetime(2026, 11, 1, 4, tzinfo=UTC)


def test_the_day_a_clock_counts_from_is_the_school_s_and_not_that_of_greenwich() -> None:
    late_on_monday = datetime(2026, 3, 3, 4, tzinfo=UTC)  # 22:00 on 2 March in Chicago
    assert after(late_on_monday, 7, CHICAGO) == after(MONDAY_MORNING, 7, CHICAGO)


def test_what_would_be_due_before_its_own_cause_is_not() -> None:
    assert after(MONDAY_MORNING, 0, CHICAGO) == datetime(2026, 3, 2, 6, tzinfo=UTC)
    assert after(MONDAY_MORNING, -1, CHICAGO) is BEFORE


def test_a_pause_lasts_from_its_day_until_just_before_that_of_its_end() -> None:
    begin, end = datetime(2026, 3, 4, 12, tzinfo=CHICAGO), datetime(2026, 3, 9, 23, 30, tzinfo=CHICAGO)
    assert counted(date(2026, 3, 2), 2, paused(EVERY_DAY, [(begin, end)], CHICAGO)) == date(2026, 3, 9)
    assert paused(EVERY_DAY, [(begin, begin)], CHICAGO) == EVERY_DAY


def test_while_a_pause_has_no_end_no_day_follows() -> None:
    calendar = paused(EVERY_DAY, [(datetime(2026, 3, 4, 12, tzinfo=CHICAGO), None)], CHICAGO)
    assert counted(date(2026, 3, 2), 1, calendar) == date(2026, 3, 3)
    assert counted(date(2026, 3, 2), 2, calendar) is None
    assert counted(date(2026, 5, 2), 1, calendar) is None


def test_weekends_count_holidays_and_pauses_do_not() -> None:
    friday = date(2026, 3, 6)
    assert counted(friday, 3) == date(2026, 3, 9)
    holiday = Calendar(holidays=(Span(date(2026, 3, 9), date(2026, 3, 9)),))
    assert counted(friday, 3, holiday) == date(2026, 3, 10)
    paused = Calendar(pauses=(Span(date(2026, 3, 7), date(2026, 3, 13)),))
    assert counted(friday, 3, paused) == date(2026, 3, 16)


def test_days_count_only_inside_a_term() -> None:
    spring = Span(date(2026, 1, 5), date(2026, 3, 13))
    summer = Span(date(2026, 3, 23), date(2026, 6, 12))
    assert counted(date(2026, 3, 12), 2, Calendar(terms=(spring, summer))) == date(2026, 3, 23)


def test_beyond_the_last_known_term_nothing_is_due() -> None:
    spring = Calendar(terms=(Span(date(2026, 1, 5), date(2026, 3, 13)),))
    assert counted(date(2026, 3, 12), 1, spring) == date(2026, 3, 13)
    assert counted(date(2026, 3, 12), 2, spring) is None
    assert after(MONDAY_MORNING, 21, CHICAGO, spring) is None


def test_holidays_long_ago_change_nothing() -> None:
    long_ago = Calendar(holidays=(Span(date(2020, 1, 1), date(2020, 12, 31)),))
    assert counted(date(2026, 3, 6), 30, long_ago) == counted(date(2026, 3, 6), 30)


def test_an_occurrence_is_named_after_what_it_counts_from() -> None:
    goal = UUID(int=7)
    assert once() == "once"
    assert since(datetime(2026, 3, 3, 4, tzinfo=UTC), CHICAGO) == "since:2026-03-02"
    assert since(MONDAY_MORNING, CHICAGO, goal) == f"goal:{goal}/since:2026-03-02"
    assert of_event(UUID(int=8)) == f"event:{UUID(int=8)}"
    assert of_event(UUID(int=8), goal) == f"goal:{goal}/event:{UUID(int=8)}"


spans = st.builds(lambda first, n: Span(first, first + timedelta(days=n)), DAYS, st.integers(0, 60))
holidays = st.builds(Calendar, holidays=st.lists(spans, max_size=3).map(tuple))
calendars = holidays | st.builds(Calendar, terms=st.lists(spans, min_size=1, max_size=3).map(tuple))


@given(DAYS, st.integers(1, 90), calendars)
def test_the_day_counted_to_counts_itself_and_closes_the_count(
    start: date, n: int, calendar: Calendar
) -> None:
    day = counted(start, n, calendar)
    if day is None:
        assert calendar.terms
        day = calendar.horizon
        n = 10**6
    inside = [start + timedelta(days=i) for i in range(1, (day - start).days + 1)]
    if n < 10**6:
        assert calendar.counts(day)
        assert sum(map(calendar.counts, inside)) == n
    else:
        assert sum(map(calendar.counts, inside)) < 90


@given(DAYS, st.sampled_from(["America/Chicago", "America/Havana", "Africa/Cairo", "Asia/Tokyo", "UTC"]))
def test_every_local_day_begins_in_itself_and_after_the_one_before(day: date, name: str) -> None:
    zone = ZoneInfo(name)
    assert beginning(day, zone).astimezone(zone).date() == day
    assert (beginning(day, zone) - timedelta(seconds=1)).astimezone(zone).date() < day


@given(DAYS, st.integers(0, 400), st.integers(0, 400))
def test_counting_on_is_counting_further(start: date, some: int, more: int) -> None:
    first = counted(start, some, EVERY_DAY)
    assert first is not None
    assert counted(first, more) == counted(start, some + more) == start + timedelta(days=some + more)
