"""How a goal is computed from its measurements: exactly, by quotients, in the order things happened.

Everything here is derived from a chart alone and derived again whenever the chart changes, so a late
measurement or a retraction needs no rule of its own. The rules are DOMAIN.md's section "Arithmetic".
"""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from chalkline_contracts.measurement import PROPORTIONS, Direction, Measurement, MeasurementKind
from chalkline_contracts.values import EPOCH, instant


class Reading(NamedTuple):
    """A measurement as the chart keeps it: small, for a goal may have many."""

    measurement_id: UUID
    instant: int
    """When it happened, in µs since 1970: integers are compared, written and read in no time."""
    numerator: int
    denominator: int
    """With the numerator, the quotient in lowest terms."""
    instrument: str | None
    is_baseline: bool

    @property
    def at(self) -> datetime:
        return EPOCH + timedelta(microseconds=self.instant)

    @property
    def quotient(self) -> Fraction:
        return exact(self.numerator, self.denominator)


@dataclass(frozen=True, slots=True)
class Chart:
    """A goal's readings in the order they happened; those of one moment, in the order they were told."""

    readings: tuple[Reading, ...] = ()
    retracted: tuple[UUID, ...] = ()

    def knows(self, measurement_id: UUID) -> bool:
        """Whether it was ever charted; what was retracted never comes back."""
        return measurement_id in self.retracted or self.holds(measurement_id)

    def holds(self, measurement_id: UUID) -> bool:
        # As integers: two UUIDs are compared in Python, and a goal may have many readings.
        return measurement_id.int in [reading[0].int for reading in self.readings]


class Aim(NamedTuple):
    """What a reading is held against."""

    direction: Direction
    target: str | None
    tolerance: str | None
    required_consecutive: int


@lru_cache(maxsize=65_536)
def exact(over: str | int | Decimal, under: int | Decimal = 1) -> Fraction:
    """An exact number, from how it is written or from two. Few are new: they are percents and targets."""
    return Fraction(over) / Fraction(under)


def quotient(measurement: Measurement) -> Fraction | None:
    """A measurement as one exact number; None for a ratio whose other side is zero. Rates are per second."""
    amount = measurement.numerator
    match measurement.kind:
        case "frequency":
            return exact(amount, measurement.window_s or 1)
        case "opportunities_to_respond":
            return exact(amount * 60, measurement.window_s or 1)  # told per minute
        case _ if measurement.denominator is None:
            return exact(amount)
        case _:
            return exact(amount, measurement.denominator) if measurement.denominator else None


def median(values: Sequence[Fraction]) -> Fraction:
    """The middle of one or more values; of an even number, the exact midpoint of the middle two."""
    ordered, half = sorted(values), len(values) // 2
    return ordered[half] if len(values) % 2 else (ordered[half - 1] + ordered[half]) / 2


def charted(chart: Chart, measurement: Measurement, *, is_baseline: bool = False) -> Chart:
    """The chart with a measurement in its place; unchanged if it is known or has no quotient."""
    exact = quotient(measurement)
    if exact is None or chart.knows(measurement.measurement_id):
        return chart
    reading = Reading(
        measurement.measurement_id,
        instant(measurement.occurred_at),
        exact.numerator,
        exact.denominator,
        measurement.instrument,
        is_baseline,
    )
    readings = chart.readings
    if not readings or readings[-1].instant <= reading.instant:  # as a rule
        return Chart((*readings, reading), chart.retracted)
    place = bisect_right(readings, reading.instant, key=lambda other: other.instant)
    return Chart((*readings[:place], reading, *readings[place:]), chart.retracted)


def retracted(chart: Chart, measurement_id: UUID) -> Chart:
    """The chart without a measurement, which it remembers as gone."""
    if not chart.holds(measurement_id):
        return chart
    return Chart(
        readings=tuple(reading for reading in chart.readings if reading.measurement_id != measurement_id),
        retracted=(*chart.retracted, measurement_id),
    )


def baseline(chart: Chart) -> Fraction | None:
    """The median of the baseline's readings; None when there is none, or all were retracted."""
    values = [reading.quotient for reading in chart.readings if reading.is_baseline]
    return median(values) if values else None


def last_baseline(chart: Chart) -> Reading | None:
    """The baseline's last reading: where the aim line starts."""
    return next((reading for reading in reversed(chart.readings) if reading.is_baseline), None)


def counted(chart: Chart) -> tuple[Reading, ...]:
    """Progress after the baseline's last reading, in order. What lies before is shown, never counted."""
    readings = chart.readings
    for place in range(len(readings) - 1, -1, -1):
        if readings[place].is_baseline:
            return readings[place + 1 :]
    return ()


def at_target(aim: Aim, chart: Chart) -> Callable[[Reading], bool]:
    """Whether a reading is at target; equal to the target is. Without target or tolerance nothing is.

    Quotients are compared crosswise, in integers: as exact as fractions, and a goal may have many.
    """
    if aim.direction == "maintain":
        base = baseline(chart)
        if base is None or aim.tolerance is None:
            return lambda _: False
        margin = exact(aim.tolerance)
        return lambda reading: abs(reading.quotient - base) <= margin
    if aim.target is None:
        return lambda _: False
    over, under = exact(aim.target).as_integer_ratio()
    if aim.direction == "increase":
        return lambda reading: reading.numerator * under >= over * reading.denominator
    return lambda reading: reading.numerator * under <= over * reading.denominator


def improves(direction: Direction, base: Fraction, target: Fraction) -> bool:
    """Whether a target lies strictly on the improving side of the baseline."""
    return target > base if direction == "increase" else target < base


def reachable(kind: MeasurementKind, target: Fraction) -> bool:
    """Whether a measurement of this kind can have such a quotient at all."""
    if kind in PROPORTIONS:
        return 0 <= target <= 1
    return kind == "scale_score" or target >= 0


def ends_of_runs(chart: Chart, aim: Aim) -> Iterator[Reading]:
    """Each reading that ends a full run: enough in a row, at target, of one version of the instrument."""
    hits = at_target(aim, chart)
    length, previous = 0, None
    for reading in counted(chart):
        if not hits(reading):
            length = 0
        elif length and previous == reading.instrument:
            length += 1
        else:
            length = 1
        previous = reading.instrument
        if length >= aim.required_consecutive:
            yield reading


def first_run(chart: Chart, aim: Aim) -> Reading | None:
    """The reading that completed the earliest full run."""
    return next(ends_of_runs(chart, aim), None)


def ends_a_run(chart: Chart, aim: Aim, measurement_id: UUID) -> bool:
    """Whether this measurement still ends a full run, whatever came in between or was retracted."""
    return any(reading.measurement_id == measurement_id for reading in ends_of_runs(chart, aim))


def local_day(moment: datetime, time_zone: str | None) -> date:
    """The date of a moment at the cycle's school; UTC where no time zone is known."""
    return moment.astimezone(_zone(time_zone)).date()


def is_time_zone(name: str) -> bool:
    try:
        return bool(ZoneInfo(name))
    except (LookupError, ValueError, OSError):
        return False


def _zone(name: str | None) -> tzinfo:
    return ZoneInfo(name) if name else UTC
