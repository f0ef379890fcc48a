"""How a goal is computed from its measurements: exactly, by quotients, in the order things happened.

Everything here is derived from readings alone and derived again whenever they change, so a late measurement
or a retraction needs no rule of its own. The rules are DOMAIN.md's section "Arithmetic"; `docs/arithmetic.md`
tells them with an example.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from chalkline_contracts.goals import Trend
from chalkline_contracts.measurement import PROPORTIONS, Direction, Measurement, MeasurementKind

from goals.chart import Chart, Reading, reading

FIRST = -(2**63)
"""The instant from which a goal's first version is in force: it reaches back to the baseline."""
BEGINS: Trend = "on_track"
"""Untold."""
IN_A_ROW, AMONG, THE_LAST = 3, 4, 6
"""At risk: the last 3 in a row, or 4 among the last 6, on the wrong side."""


class Aim(NamedTuple):
    """What the readings of one version of a goal are held against."""

    direction: Direction
    target: str | None
    tolerance: str | None
    required_consecutive: int
    due_on: date


class Start(NamedTuple):
    """Where a goal starts, and its aim line: the baseline, and the local date of its last measurement."""

    baseline: Fraction
    on: date


class Version(NamedTuple):
    """A version of a goal, and the instant (µs since 1970) from which it is in force."""

    number: int
    since: int
    aim: Aim


# Numbers ---------------------------------------------------------------------------------------------


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


def improves(direction: Direction, base: Fraction, target: Fraction) -> bool:
    """Whether a target lies strictly on the improving side of the baseline."""
    return target > base if direction == "increase" else target < base


def reachable(kind: MeasurementKind, target: Fraction) -> bool:
    """Whether a measurement of this kind can have such a quotient at all."""
    if kind in PROPORTIONS:
        return 0 <= target <= 1
    return kind == "scale_score" or target >= 0


# The chart -------------------------------------------------------------------------------------------


def charted(chart: Chart, measurement: Measurement, *, is_baseline: bool = False) -> Chart:
    """The chart with a measurement in its place; unchanged if it is known or has no quotient."""
    exact = quotient(measurement)
    own = measurement.measurement_id
    if exact is None or chart.knows(own):
        return chart
    instrument = measurement.instrument
    return chart.joined(
        reading(own, measurement.occurred_at, exact, instrument=instrument, is_baseline=is_baseline)
    )


def start(baseline: Sequence[Reading], time_zone: str | None) -> Start | None:
    """Where a goal starts, from the readings of its baseline; None without any: all were retracted."""
    if not baseline:
        return None
    middle = median([each.quotient for each in baseline])
    return Start(middle, local_day(baseline[-1].at, time_zone))


def counted(readings: Sequence[Reading]) -> Sequence[Reading]:
    """Progress after the baseline's last reading, in order; the rest is shown, never counted. As `Chart.counted`."""
    for place in range(len(readings) - 1, -1, -1):
        if readings[place].is_baseline:
            return readings[place + 1 :]
    return ()


# Target and line -------------------------------------------------------------------------------------


def at_target(aim: Aim, base: Fraction) -> Callable[[Reading], bool]:
    """Whether a reading is at target; equal to the target is. Without target or tolerance nothing is.

    Quotients are compared crosswise, in integers: as exact as fractions, and a goal may have many.
    """
    if aim.direction == "maintain":
        if aim.tolerance is None:
            return lambda _: False
        margin = exact(aim.tolerance)
        return lambda each: abs(each.quotient - base) <= margin
    if aim.target is None:
        return lambda _: False
    over, under = exact(aim.target).as_integer_ratio()
    if aim.direction == "increase":
        return lambda each: each.numerator * under >= over * each.denominator
    return lambda each: each.numerator * under <= over * each.denominator


def aim_line(aim: Aim, origin: Start) -> Callable[[date], Fraction]:
    """Where the line is on a date: straight from where the goal starts to its target, flat once it is due.

    By whole dates, pauses and holidays included. There is none to maintain: ask only where there is a target.
    """
    line = _line(aim, origin)
    return lambda day: Fraction(*line(day))


def _line(aim: Aim, origin: Start) -> Callable[[date], tuple[int, int]]:
    """The line as numerator and denominator: in integers, for every reading is held against it."""
    target, under_target = exact(aim.target or 0).as_integer_ratio()
    base, under_base = origin.baseline.as_integer_ratio()
    days = (aim.due_on - origin.on).days
    falling, rising, under = base * under_target, target * under_base, under_base * under_target * days

    def at(day: date) -> tuple[int, int]:
        if day >= aim.due_on:
            return target, under_target
        gone = (day - origin.on).days
        return falling * (days - gone) + rising * gone, under

    return at


def wrong_side(aim: Aim, origin: Start, time_zone: str | None) -> Callable[[Reading], bool]:
    """Whether a reading lies on the wrong side of the line, which on it is not; to maintain, off the level."""
    if aim.direction == "maintain":
        hits = at_target(aim, origin.baseline)
        return lambda each: not hits(each)
    if aim.target is None:
        return lambda _: False
    line, zone, sign = _line(aim, origin), _zone(time_zone), 1 if aim.direction == "increase" else -1

    def wrong(each: Reading) -> bool:
        over, under = line(each.at.astimezone(zone).date())
        return (each.numerator * under - over * each.denominator) * sign < 0

    return wrong


# Runs ------------------------------------------------------------------------------------------------


def ends_of_runs(of_version: Iterable[Reading], aim: Aim, base: Fraction) -> Iterator[Reading]:
    """Each reading that ends a full run: enough in a row, at target, of one version of the instrument.

    `of_version` are the counted readings of one version of the goal, in order.
    """
    hits = at_target(aim, base)
    length, previous = 0, None
    for each in of_version:
        if not hits(each):
            length = 0
        elif length and previous == each.instrument:
            length += 1
        else:
            length = 1
        previous = each.instrument
        if length >= aim.required_consecutive:
            yield each


# Trend -----------------------------------------------------------------------------------------------


class Best(NamedTuple):
    """The best reading so far, the first of equals; the baseline itself while nothing is better."""

    numerator: int
    denominator: int
    own: bytes | None
    """The measurement's id; None for the baseline."""
    ago: int
    """How many readings were counted after it."""

    def then(self, each: Reading, sign: int) -> "Best":
        """The best after another reading; sign 1 to increase, -1 to decrease, 0 to maintain: never better."""
        if (each.numerator * self.denominator - self.numerator * each.denominator) * sign > 0:
            return Best(each.numerator, each.denominator, each.own, 0)
        return Best(self.numerator, self.denominator, self.own, self.ago + 1)


def best(readings: Iterable[Reading], direction: Direction, base: Fraction) -> Best:
    """The best of counted readings, of whatever version, and of the baseline."""
    found, sign = Best(base.numerator, base.denominator, None, IN_A_ROW), _sign(direction)
    for each in readings:
        found = found.then(each, sign)
    return found


def next_trend(was: Trend, wrong: Sequence[bool], best: Best, *, hit: bool, direction: Direction) -> Trend:
    """The trend after one more reading: `wrong` tells the last of its version, itself included; `hit`, whether
    it is at target.

    Stalled begins when, at risk, the best is none of the last three; it ends at a new best or at target.
    """
    at_risk = is_at_risk(wrong)
    relieved = hit or best.ago == 0
    if direction != "maintain" and not relieved and (was == "stalled" or (at_risk and best.ago >= IN_A_ROW)):
        return "stalled"
    return "at_risk" if at_risk else "on_track"


def is_at_risk(wrong: Sequence[bool]) -> bool:
    """Whether the last readings of a version, at most six of them, are too often on the wrong side."""
    return (len(wrong) >= IN_A_ROW and all(wrong[-IN_A_ROW:])) or sum(wrong[-THE_LAST:]) >= AMONG


def _sign(direction: Direction) -> int:
    return {"increase": 1, "decrease": -1, "maintain": 0}[direction]


def traced(
    counted: Sequence[Reading], versions: Sequence[Version], origin: Start, time_zone: str | None
) -> Iterator[tuple[Reading, Trend]]:
    """Each counted reading that belongs to one of these versions, and the trend right after it.

    Windows start anew with a version; the best spans them all, and what belongs to none of them.
    """
    sides = [wrong_side(version.aim, origin, time_zone) for version in versions]
    targets = [at_target(version.aim, origin.baseline) for version in versions]
    found, within, trend, window = best((), "maintain", origin.baseline), -1, BEGINS, deque[bool]()
    sign = _sign(versions[-1].aim.direction) if versions else 0
    for each in counted:
        found = found.then(each, sign)
        place = in_force(versions, each.instant)
        if place < 0:
            continue
        if place != within:
            within, trend, window = place, BEGINS, deque(maxlen=THE_LAST)
        window.append(sides[place](each))
        direction = versions[place].aim.direction
        trend = next_trend(trend, list(window), found, hit=targets[place](each), direction=direction)
        yield each, trend


def in_force(versions: Sequence[Version], instant: int) -> int:
    """Which version is in force at an instant, by its place; -1 for what lies before the first given."""
    place = len(versions) - 1
    while place >= 0 and versions[place].since > instant:
        place -= 1
    return place


# Dates -----------------------------------------------------------------------------------------------


FORESEEN: Final = timedelta(days=5 * 365 + 1)
"""How far ahead a day may lie that somebody works towards: five years."""


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
