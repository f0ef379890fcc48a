"""When a milestone falls due: pure arithmetic on school-local days.

Days count inside a term, outside holidays and pauses; weekends count, and with no terms configured
every day does. What is due on a day is due at its first moment there, 00:00 school-local.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property, lru_cache
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from chalkline_contracts.values import Days


@dataclass(frozen=True, slots=True)
class Span:
    """Whole days, the last one included."""

    first: date
    last: date

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last


@dataclass(frozen=True)
class Calendar:
    """Which days count."""

    terms: tuple[Span, ...] = ()
    holidays: tuple[Span, ...] = ()
    pauses: tuple[Span, ...] = ()
    stopped: date | None = None
    """The first day of a pause of which nobody knows the end."""

    def counts(self, day: date) -> bool:
        in_term = not self.terms or any(day in term for term in self.terms)
        stopped = self.stopped is not None and day >= self.stopped
        return in_term and not stopped and not any(day in span for span in (*self.holidays, *self.pauses))

    @cached_property
    def horizon(self) -> date:
        """The last day of which the calendar says anything."""
        ends = [span.last for span in (*self.terms, *self.holidays, *self.pauses)]
        return max([*ends, self.stopped or date.min], default=date.min)

    @cached_property
    def _hash(self) -> int:
        return hash((self.terms, self.holidays, self.pauses, self.stopped))

    def __hash__(self) -> int:
        return self._hash


EVERY_DAY = Calendar()
BEFORE: Final = datetime.min.replace(tzinfo=UTC)
"""When that is due which would come before its own cause: before everything, which is never."""


@lru_cache(maxsize=1024)
def calendar_of(terms: tuple[Days, ...], holidays: tuple[Days, ...]) -> Calendar:
    """A district's calendar, from what it told."""
    return Calendar(
        terms=tuple(Span(of.begin, of.end) for of in terms),
        holidays=tuple(Span(of.begin, of.end) for of in holidays),
    )


def paused(
    calendar: Calendar, pauses: Iterable[tuple[datetime, datetime | None]], zone: ZoneInfo
) -> Calendar:
    """A calendar without the days of a cycle's pauses: each from its day until just before that of its end."""
    spans, stopped = [], None
    for begin, end in pauses:
        first = begin.astimezone(zone).date()
        if end is None:
            stopped = first
        elif first < (last := end.astimezone(zone).date()):
            spans.append(Span(first, last - timedelta(days=1)))
    return replace(calendar, pauses=tuple(spans), stopped=stopped)


def after(moment: datetime, days: int, zone: ZoneInfo, calendar: Calendar = EVERY_DAY) -> datetime | None:
    """The beginning (UTC) of the `days`-th counting day after the local day of `moment`.

    None when the calendar ends before, or a pause does not: nothing is due until more is known. BEFORE for less than
    no days: what is to come before its own cause never does.
    """
    if days < 0:
        return BEFORE
    return _after(moment.astimezone(zone).date(), days, zone, calendar)


@lru_cache(maxsize=65536)
def _after(day: date, days: int, zone: ZoneInfo, calendar: Calendar) -> datetime | None:
    found = counted(day, days, calendar)
    return beginning(found, zone) if found else None


def counted(start: date, days: int, calendar: Calendar = EVERY_DAY) -> date | None:
    """The `days`-th counting day after `start`; `start` itself for 0; None if the calendar has too few."""
    day, left, horizon = start, days, calendar.horizon
    while left > 0 and day < horizon:
        day += timedelta(days=1)
        left -= calendar.counts(day)
    if left > 0:
        return None if calendar.terms or calendar.stopped else day + timedelta(days=left)
    return day


def beginning(day: date, zone: ZoneInfo) -> datetime:
    """The first moment (UTC) of a local day: 00:00, or where clocks skip it, the moment they skip to."""
    return datetime.combine(day, time(0), zone).astimezone(UTC)


def once() -> str:
    """The occurrence of what happens once in a cycle: its opening, its missing baseline, its midpoint."""
    return "once"


def since(moment: datetime, zone: ZoneInfo, goal_id: UUID | None = None) -> str:
    """The occurrence of what is due again after each visit or measurement: the local day it counts from.

    A visit that is voided gives way to the one before, whose reminder, once sent, does not come again.
    """
    return of_goal(f"since:{moment.astimezone(zone).date().isoformat()}", goal_id)


def of_event(event_id: UUID, goal_id: UUID | None = None) -> str:
    """The occurrence of what follows an event: the event."""
    return of_goal(f"event:{event_id}", goal_id)


def of_best(best_id: UUID | None, goal_id: UUID) -> str:
    """The occurrence of a goal's stall: the best measurement so far, which nothing since was better than."""
    return of_goal(f"best:{best_id or 'baseline'}", goal_id)


def of_visit(observation_id: UUID) -> str:
    """The occurrence of what an observation calls for once, however often it is corrected."""
    return f"visit:{observation_id}"


def of_break_glass(break_glass_id: UUID) -> str:
    """The occurrence of two administrators' approval."""
    return f"break_glass:{break_glass_id}"


def of_step(step_id: UUID, check_back_on: date) -> str:
    """The occurrence of checking back on an action step."""
    return f"step:{step_id}/{check_back_on.isoformat()}"


def of_week(weeks: int) -> str:
    """The occurrence of what follows a cycle's end by so many weeks."""
    return f"week:{weeks}"


def of_goal(occurrence: str, goal_id: UUID | None) -> str:
    return f"goal:{goal_id}/{occurrence}" if goal_id else occurrence
