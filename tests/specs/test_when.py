"""When something is due and when it may be told, against an oracle that walks through time minute by minute."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from chalkline_contracts.directory import Days, QuietHours
from hypothesis import given, settings
from hypothesis import strategies as st
from notifications.clocks import timers_of
from notifications.watched import Cycle, District, Known, Partnership, Pause

ZONES = ["America/Chicago", "America/Havana", "Africa/Cairo", "Asia/Tokyo", "Australia/Lord_Howe", "UTC"]
COACH, TEACHER, PAIR = (UUID(int=n) for n in (1, 2, 3))
MINUTE = timedelta(minutes=1)
FAR = 140


@dataclass(frozen=True)
class Given:
    """A cycle, and the days that count for it."""

    zone: ZoneInfo
    started_at: datetime
    cadence: int
    terms: Sequence[Days]
    holidays: Sequence[Days]
    pauses: Sequence[Pause]
    quiet: QuietHours | None

    def counts(self, day: date, *, in_pauses: bool) -> bool:
        in_term = not self.terms or any(of.begin <= day <= of.end for of in self.terms)
        free = any(of.begin <= day <= of.end for of in self.holidays)
        return in_term and not free and (in_pauses or not any(self._paused(day, one) for one in self.pauses))

    def _paused(self, day: date, pause: Pause) -> bool:
        begin = pause.begin.astimezone(self.zone).date()
        return begin <= day and (pause.end is None or day < pause.end.astimezone(self.zone).date())

    def due(self) -> datetime | None:
        """Walks the days of the wall's calendar, then the minutes of the world until that day has come."""
        day, left = self.started_at.astimezone(self.zone).date(), self.cadence + 1
        for _ in range(FAR):
            day += timedelta(days=1)
            left -= self.counts(day, in_pauses=False)
            if left == 0:
                return self._first_of(day)
        return None

    def _first_of(self, day: date) -> datetime:
        moment = datetime.combine(day, time(0), UTC) - timedelta(hours=16)
        while moment.astimezone(self.zone).date() < day:
            moment += MINUTE
        return moment

    def may_tell(self, moment: datetime) -> bool:
        shown = moment.astimezone(self.zone)
        if shown.weekday() >= 5 or not self.counts(shown.date(), in_pauses=True):
            return False
        if self.quiet is None:
            return True
        begin, end = time.fromisoformat(self.quiet.begin), time.fromisoformat(self.quiet.end)
        inside = begin <= shown.time() < end if begin <= end else not end <= shown.time() < begin
        return not inside

    def sent(self, due: datetime) -> datetime | None:
        moment = due
        while moment < due + timedelta(days=FAR):
            if self.may_tell(moment):
                return moment
            day = moment.astimezone(self.zone).date()
            if day.weekday() >= 5 or not self.counts(day, in_pauses=True):  # no minute of it will do
                while moment.astimezone(self.zone).date() == day:
                    moment += MINUTE
            else:
                moment += MINUTE
        return None

    def timer(self) -> tuple[datetime, datetime | None] | None:
        cycle = Cycle(
            PAIR, COACH, (TEACHER,), "engagement", None, self.started_at, self.started_at, self.cadence, 6,
            self.zone.key, tuple(self.pauses),
        )  # fmt: skip
        known = Known(
            cycle=cycle, partnership=Partnership(COACH, "agreed"), goals={}, measured={}, visits={}, steps={},
            reached=frozenset(),
            district=District(terms=tuple(self.terms), holidays=tuple(self.holidays), quiet_hours=self.quiet),
            rules=(), bands={TEACHER: None},
        )  # fmt: skip
        found = [(t.due_at, t.send_at) for t in timers_of(known) if t.milestone == "VisitOverdue"]
        return found[0] if found else None


BEGIN = date(2026, 1, 1)
days = st.integers(0, 330).map(lambda n: BEGIN + timedelta(days=n))
spans = st.builds(lambda day, n: Days(begin=day, end=day + timedelta(days=n)), days, st.integers(0, 60))
moments = st.builds(
    lambda day, minute: datetime.combine(day, time(0), UTC) + timedelta(minutes=minute),
    days,
    st.integers(0, 1439),
)
pauses = st.builds(lambda begin, n: Pause(begin, begin + timedelta(hours=n)), moments, st.integers(0, 500))
open_pauses = st.builds(Pause, moments)
times = st.builds(lambda h, m: f"{h:02}:{m:02}", st.integers(0, 23), st.sampled_from([0, 15, 30, 45]))
quiet_hours = st.builds(lambda begin, end: QuietHours(begin=begin, end=end), times, times)
givens = st.builds(
    Given,
    zone=st.sampled_from(ZONES).map(ZoneInfo),
    started_at=moments,
    cadence=st.integers(1, 30),
    terms=st.just(()) | st.lists(spans, min_size=1, max_size=3),
    holidays=st.lists(spans, max_size=2),
    pauses=st.lists(pauses, max_size=2) | open_pauses.map(lambda one: [one]),
    quiet=st.none() | quiet_hours,
)


@settings(max_examples=60, deadline=None)
@given(givens)
def test_due_and_sent_are_as_a_walk_through_time_finds_them(told: Given) -> None:
    due = told.due()
    found = told.timer()
    if due is None:
        assert found is None or found[0] > told.started_at + timedelta(days=FAR - 2)
    else:
        assert found is not None
        assert found[0] == due
        sent = told.sent(due)
        if sent is not None:
            assert found[1] == sent
        else:
            assert found[1] is None or found[1] >= due + timedelta(days=FAR)
