"""A goal's chart to look at: each reading held against the version of the goal that was in force, and where its lines
run. From rows alone; what anything means is in `arithmetic`.
"""

from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from typing import Any, NamedTuple

from chalkline_contracts.goals import Trend

from goals import arithmetic
from goals.arithmetic import Start, Version, aim_line, at_target, in_force, local_day
from goals.chart import Reading


class Drawn(NamedTuple):
    """A reading as a chart shows it."""

    reading: Reading
    goal_version: int
    on: date
    counted: bool
    """Whether it is progress after the baseline's last reading; only of such all that follows is told."""
    line: Fraction | None = None
    """The aim line at its date; None to maintain."""
    at_target: bool = False
    wrong_side: bool = False
    ends_run: bool = False
    trend: Trend | None = None
    """What the goal's trend was right after it, as known today."""


def drawn(readings: Sequence[Reading], versions: Sequence[Version], time_zone: str | None) -> list[Drawn]:
    """A goal's readings, those of the baseline among them, as a chart shows them, each held against its version.

    `readings` in order; `versions` in order, the first since FIRST. From rows alone: for the chart as it was
    known on some day, give what had been told by then.
    """
    origin = arithmetic.start([each for each in readings if each.is_baseline], time_zone)
    progress = arithmetic.counted(readings)
    trends: dict[bytes, Trend] = {}
    ends: set[bytes] = set()
    if origin is not None:
        trends = {each.own: trend for each, trend in arithmetic.traced(progress, versions, origin, time_zone)}
        for place, version in enumerate(versions):
            own = [each for each in progress if in_force(versions, each.instant) == place]
            ends |= {each.own for each in arithmetic.ends_of_runs(own, version.aim, origin.baseline)}

    judged = [_judged(version, origin, time_zone) for version in versions] if origin is not None else []

    def shown(each: Reading) -> Drawn:
        place, day = in_force(versions, each.instant), local_day(each.at, time_zone)
        if each.own not in trends:
            return Drawn(each, versions[place].number, day, counted=False)
        line, hits, wrong = judged[place]
        return Drawn(
            each,
            versions[place].number,
            day,
            counted=True,
            line=line(day),
            at_target=hits(each),
            wrong_side=wrong(each),
            ends_run=each.own in ends,
            trend=trends[each.own],
        )

    return [shown(each) for each in readings]


def _judged(version: Version, origin: Start, time_zone: str | None) -> tuple[Any, ...]:
    """What a version's readings are held against: its line, its target, and which side of the line is wrong."""
    aim = version.aim
    line = aim_line(aim, origin) if aim.target is not None else lambda _: None
    return line, at_target(aim, origin.baseline), arithmetic.wrong_side(aim, origin, time_zone)


def line_points(version: Version, origin: Start, until: date) -> list[tuple[date, Fraction]]:
    """The corners of a version's aim line, to draw it until some day; none to maintain."""
    if version.aim.target is None:
        return []
    at = aim_line(version.aim, origin)
    days = sorted({origin.on, max(version.aim.due_on, origin.on), max(until, origin.on)})
    return [(day, at(day)) for day in days]
