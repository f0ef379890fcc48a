"""When a mail may be sent: quiet hours, weekends, holidays and terms, by the school's own wall clock."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from notifications.due import Calendar, Span
from notifications.moment import Hours, Quiet, first_digest, first_moment

CHICAGO, LORD_HOWE, SANTIAGO = (
    ZoneInfo(name) for name in ("America/Chicago", "Australia/Lord_Howe", "America/Santiago")
)
EVENING = Quiet(time(18), time(7))
SCHOOL = Hours(CHICAGO, EVENING)


def local(text: str, zone: ZoneInfo = CHICAGO, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold)


@pytest.mark.parametrize(
    ("happened", "sent"),
    [
        ("2026-03-03T10:15:30", "2026-03-03T10:15:30"),  # a Tuesday morning: at once
        ("2026-03-03T17:59:59", "2026-03-03T17:59:59"),
        ("2026-03-03T18:00:00", "2026-03-04T07:00:00"),  # quiet hours have begun
        ("2026-03-03T03:00:00", "2026-03-03T07:00:00"),
        ("2026-03-03T07:00:00", "2026-03-03T07:00:00"),  # and ended
        (
            "2026-03-06T18:30:00",
            "2026-03-09T07:00:00",
        ),  # Friday evening waits for Monday, past the spring change
        ("2026-10-30T20:00:00", "2026-11-02T07:00:00"),  # and past the autumn one
    ],
)
def test_what_falls_into_quiet_hours_or_a_weekend_waits_for_their_end(happened: str, sent: str) -> None:
    assert first_moment(local(happened), SCHOOL) == local(sent)


def test_without_quiet_hours_a_weekend_ends_at_midnight() -> None:
    assert first_moment(local("2026-03-07T12:00"), Hours(CHICAGO)) == local("2026-03-09T00:00")


def test_a_holiday_and_a_break_wait_for_the_next_school_day() -> None:
    spring = Span(date(2026, 3, 16), date(2026, 3, 20))
    hours = Hours(CHICAGO, EVENING, Calendar(holidays=(Span(date(2026, 3, 3), date(2026, 3, 3)), spring)))
    assert first_moment(local("2026-03-03T10:00"), hours) == local("2026-03-04T07:00")
    assert first_moment(local("2026-03-13T19:00"), hours) == local("2026-03-23T07:00")


def test_between_terms_mail_waits_for_the_next_and_without_one_until_it_is_known() -> None:
    fall = Span(date(2026, 8, 17), date(2026, 12, 18))
    hours = Hours(CHICAGO, EVENING, Calendar(terms=(fall,)))
    assert first_moment(local("2026-06-20T10:00"), hours) == local("2026-08-17T07:00")
    assert first_moment(local("2026-12-18T18:00"), hours) is None
    assert first_digest(local("2026-12-18T18:00"), hours, time(7)) is None


def test_quiet_hours_whose_end_the_clock_skips_end_when_it_skips_it() -> None:
    """On Friday 28 April 2023 clocks in Cairo went from 00:00 to 01:00; quiet hours were to end at 00:30."""
    cairo = Hours(ZoneInfo("Africa/Cairo"), Quiet(time(20), time(0, 30)))
    skipped = datetime(2023, 4, 27, 22, tzinfo=UTC)
    assert first_moment(datetime(2023, 4, 27, 19, tzinfo=UTC), cairo) == skipped
    assert first_digest(datetime(2023, 4, 27, 19, tzinfo=UTC), cairo, time(0, 15)) == skipped


def test_what_the_wall_clock_shows_twice_is_quiet_twice() -> None:
    """On Thursday 26 October 2023, 24:00, clocks in Cairo went back to 23:00; quiet hours began at 23:30."""
    cairo = Hours(ZoneInfo("Africa/Cairo"), Quiet(time(23, 30), time(23, 45)))
    first, second = datetime(2023, 10, 26, 20, 35, tzinfo=UTC), datetime(2023, 10, 26, 21, 35, tzinfo=UTC)
    assert first_moment(first, cairo) == datetime(2023, 10, 26, 20, 45, tzinfo=UTC)
    assert first_moment(second, cairo) == datetime(2023, 10, 26, 21, 45, tzinfo=UTC)


def test_a_digest_is_sent_once_a_school_day_at_its_hour() -> None:
    at = time(7)
    assert first_digest(local("2026-03-03T06:59"), SCHOOL, at) == local("2026-03-03T07:00")
    assert first_digest(local("2026-03-03T07:00"), SCHOOL, at) == local("2026-03-04T07:00")
    assert first_digest(local("2026-03-06T12:00"), SCHOOL, at) == local("2026-03-09T07:00")
    assert first_digest(local("2026-03-06T12:00"), Hours(CHICAGO), at) == local("2026-03-09T07:00")


def test_a_digest_whose_hour_is_quiet_goes_when_quiet_hours_end() -> None:
    hours = Hours(CHICAGO, Quiet(time(17), time(8, 30)))
    assert first_digest(local("2026-03-03T12:00"), hours, time(7)) == local("2026-03-04T08:30")


minutes = st.integers(0, 24 * 60 - 1).map(lambda n: time(n // 60, n % 60))
zones = st.sampled_from(
    [CHICAGO, LORD_HOWE, SANTIAGO, ZoneInfo("Africa/Cairo"), ZoneInfo("Asia/Gaza"), ZoneInfo("Europe/Dublin")]
)
# Cairo's and Gaza's clocks change on school days; Lord Howe's by half an hour; Santiago's at midnight.
days = st.dates(date(2008, 1, 1), date(2027, 12, 31))
changes = st.sampled_from(
    [date(2023, 4, 27), date(2023, 10, 26), date(2010, 9, 9), date(2014, 9, 25), date(2011, 8, 31),
     date(2008, 8, 28), date(2026, 4, 23), date(2026, 10, 29)]
)  # fmt: skip


@given(zones, st.one_of(st.none(), st.builds(Quiet, minutes, minutes)), st.one_of(days, changes),
       st.integers(0, 24 * 60 - 1), st.lists(st.integers(0, 6), max_size=3))  # fmt: skip
def test_it_is_the_first_allowed_minute_as_a_walk_through_all_minutes_finds_it(
    zone: ZoneInfo, quiet: Quiet | None, day: date, minute: int, off: list[int]
) -> None:
    holidays = tuple(Span(day + timedelta(n), day + timedelta(n)) for n in off)
    hours = Hours(zone, quiet, Calendar(holidays=holidays))
    moment = datetime.combine(day, time(0), UTC) + timedelta(minutes=minute)
    walked = moment
    for _ in range(6 * 24 * 60):
        if hours.allow(walked):
            assert first_moment(moment, hours) == walked
            return
        walked += timedelta(minutes=1)
    found = first_moment(moment, hours)
    assert found is None or found >= walked


@given(zones, st.one_of(st.none(), st.builds(Quiet, minutes, minutes)), st.one_of(days, changes),
       st.integers(0, 24 * 60 - 1), minutes)  # fmt: skip
def test_a_digest_comes_later_in_allowed_hours_and_never_twice_for_one_day(
    zone: ZoneInfo, quiet: Quiet | None, day: date, minute: int, at: time
) -> None:
    hours = Hours(zone, quiet)
    moment = datetime.combine(day, time(0), UTC) + timedelta(minutes=minute)
    found = first_digest(moment, hours, at)
    assert found is not None
    assert found > moment
    assert hours.allow(found)
    following = first_digest(found, hours, at)
    assert following is not None
    assert following > found
