"""When a mail may be sent: pure arithmetic on a school's wall clock.

Not in quiet hours, not at weekends, not on holidays and, where terms are configured, not outside them. What the
wall clock shows decides: where it skips an hour or shows one twice, the hours that it shows are quiet or not.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from chalkline_contracts.directory import QuietHours

from notifications.due import EVERY_DAY, Calendar, beginning

SATURDAY = 5
FURTHEST = timedelta(days=800)
"""How far ahead a moment is looked for: two school years, and whatever lies between them."""
SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Quiet:
    """Hours of the wall clock from `begin` up to, and without, `end`; they may span midnight."""

    begin: time
    end: time

    def __contains__(self, shown: time) -> bool:
        if self.begin <= self.end:
            return self.begin <= shown < self.end
        return shown >= self.begin or shown < self.end


def quiet(told: QuietHours | None) -> Quiet | None:
    """A district's quiet hours; None: it has none."""
    return Quiet(time.fromisoformat(told.begin), time.fromisoformat(told.end)) if told else None


@dataclass(frozen=True, slots=True)
class Hours:
    """When a school may be written to."""

    zone: ZoneInfo
    quiet: Quiet | None = None
    calendar: Calendar = EVERY_DAY

    def allow(self, moment: datetime) -> bool:
        shown = moment.astimezone(self.zone)
        if shown.weekday() >= SATURDAY or not self.calendar.counts(shown.date()):
            return False
        return self.quiet is None or shown.time() not in self.quiet


@lru_cache(maxsize=65536)
def first_moment(moment: datetime, hours: Hours) -> datetime | None:
    """The first allowed moment (UTC) from `moment` on; None while the calendar knows of none."""
    moment = moment.astimezone(UTC)
    if hours.allow(moment):
        return moment
    return next((edge for edge in _edges(moment, hours) if edge > moment and hours.allow(edge)), None)


def first_digest(moment: datetime, hours: Hours, at: time) -> datetime | None:
    """When the next daily digest after `moment` is sent: at a local time of an allowed day, or where that is
    quiet as soon after it as may be. None while the calendar knows of no such day.
    """
    moment = moment.astimezone(UTC)
    day = moment.astimezone(hours.zone).date()
    for _ in range(FURTHEST.days):
        shown = datetime.combine(day, at, hours.zone)
        due = _first_showing(shown)
        if due > moment and shown.weekday() < SATURDAY and hours.calendar.counts(day):
            return first_moment(due, hours)
        day += timedelta(days=1)
    return None


def _edges(moment: datetime, hours: Hours) -> Iterator[datetime]:
    """Moments at which what is not allowed may come to be: days begin, quiet hours end, clocks are changed."""
    day = moment.astimezone(hours.zone).date()
    for _ in range(FURTHEST.days):
        if day.weekday() < SATURDAY and hours.calendar.counts(day):
            begins, ends = beginning(day, hours.zone), beginning(day + timedelta(days=1), hours.zone)
            edges = {begins}
            if hours.quiet:
                shown = datetime.combine(day, hours.quiet.end, hours.zone)
                edges |= {shown.replace(fold=fold).astimezone(UTC) for fold in (0, 1)}
            if begins.astimezone(hours.zone).utcoffset() != ends.astimezone(hours.zone).utcoffset():
                edges.add(_changing(begins, ends, hours.zone))
            yield from sorted(edge for edge in edges if begins <= edge < ends)
        day += timedelta(days=1)


def _changing(begins: datetime, ends: datetime, zone: ZoneInfo) -> datetime:
    """The moment (UTC) within a day at which clocks are changed."""
    before = begins.astimezone(zone).utcoffset()
    while ends - begins > SECOND:
        middle = begins + (ends - begins) // 2
        if middle.astimezone(zone).utcoffset() == before:
            begins = middle
        else:
            ends = middle
    return ends.replace(microsecond=0)


def _first_showing(shown: datetime) -> datetime:
    """The first moment (UTC) at which a wall clock has come to a time; where it skips it, when it does so."""
    found = shown.astimezone(UTC)
    if found.astimezone(shown.tzinfo).replace(tzinfo=None) == shown.replace(tzinfo=None):
        return found
    assert isinstance(shown.tzinfo, ZoneInfo)
    return _changing(found - timedelta(days=1), found + timedelta(days=1), shown.tzinfo)
