"""When a milestone falls due: pure arithmetic on school-local days.

Days count inside a term, outside holidays and pauses; weekends count, and with no terms configured
every day does. What is due on a day is due at its first moment there, 00:00 school-local.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Span:
    """Whole days, the last one included."""

    first: date
    last: date

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last


@dataclass(frozen=True, slots=True)
class Calendar:
    """Which days count."""

    terms: tuple[Span, ...] = ()
    holidays: tuple[Span, ...] = ()
    pauses: tuple[Span, ...] = ()

    def counts(self, day: date) -> bool:
        in_term = not self.terms or any(day in term for term in self.terms)
        return in_term and not any(day in span for span in (*self.holidays, *self.pauses))

    @property
    def horizon(self) -> date:
        """The last day of which the calendar says anything."""
        return max((span.last for span in (*self.terms, *self.holidays, *self.pauses)), default=date.min)


EVERY_DAY = Calendar()


def due_baseline_missing(
    cycle_started_at: datetime, zone: ZoneInfo, *, days: int = 7, calendar: Calendar = EVERY_DAY
) -> datetime | None:
    """The moment (UTC) from which a cycle without a baseline is remarked upon."""
    return after(cycle_started_at, days, zone, calendar)


def due_visit_overdue(
    last_visit_or_start: datetime,
    cadence_days: int,
    zone: ZoneInfo,
    *,
    days: int = 1,
    calendar: Calendar = EVERY_DAY,
) -> datetime | None:
    """The moment (UTC) from which the next visit is late: the cadence, and `days` of grace."""
    return after(last_visit_or_start, cadence_days + days, zone, calendar)


def due_goal_silent(
    last_measured_or_set: datetime, zone: ZoneInfo, *, days: int = 21, calendar: Calendar = EVERY_DAY
) -> datetime | None:
    """The moment (UTC) from which nobody has measured an active goal for too long."""
    return after(last_measured_or_set, days, zone, calendar)


def due_midpoint(
    cycle_started_at: datetime, planned_weeks: int, zone: ZoneInfo, *, calendar: Calendar = EVERY_DAY
) -> datetime | None:
    """The moment (UTC) at which half of the planned weeks have passed, in whole days, rounded up."""
    return after(cycle_started_at, (7 * planned_weeks + 1) // 2, zone, calendar)


def after(moment: datetime, days: int, zone: ZoneInfo, calendar: Calendar = EVERY_DAY) -> datetime | None:
    """The beginning (UTC) of the `days`-th counting day after the local day of `moment`.

    None when the calendar ends before: nothing is due until another term is known.
    """
    day = counted(moment.astimezone(zone).date(), days, calendar)
    return beginning(day, zone) if day else None


def counted(start: date, days: int, calendar: Calendar = EVERY_DAY) -> date | None:
    """The `days`-th counting day after `start`; `start` itself for 0; None if the calendar has too few."""
    day, left, horizon = start, days, calendar.horizon
    while left > 0 and day < horizon:
        day += timedelta(days=1)
        left -= calendar.counts(day)
    if left > 0:
        return None if calendar.terms else day + timedelta(days=left)
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
    """The occurrence of what follows an event at once: the event."""
    return of_goal(f"event:{event_id}", goal_id)


def of_goal(occurrence: str, goal_id: UUID | None) -> str:
    return f"goal:{goal_id}/{occurrence}" if goal_id else occurrence
