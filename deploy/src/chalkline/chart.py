"""A goal's chart in a terminal: the baseline, the aim line, every reading, the trend and the rule in words.

Drawn from what `GET /v1/goals/{id}/chart` answers; nothing is worked out here but where a point lies.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from itertools import pairwise
from typing import Any, Final

from rich.text import Text

WIDTH, HEIGHT = 72, 14
LINE, PHASE = ("·", "dim"), ("┊", "dim")
BASELINE, HIT, MISS = ("○", "bold"), ("●", "bold green"), ("●", "yellow")
TICKS: Final = 4
"""How many steps the scale has from nothing to the whole."""

Chart = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Frame:
    """Which day is which column, and which number which row."""

    first: date
    days: int
    top: Fraction
    bottom: Fraction

    def column(self, on: str) -> int:
        return min(WIDTH - 1, (date.fromisoformat(on) - self.first).days * (WIDTH - 1) // self.days)

    def row(self, quotient: Fraction) -> int:
        return round((self.top - quotient) * (HEIGHT - 1) / (self.top - self.bottom))


def drawn(chart: Chart) -> Iterator[Text]:
    """The lines of the picture, and below it what it means. A chart without a baseline has no picture."""
    if chart["baseline"] and chart["versions"]:
        yield from _picture(chart)
    trends = [reading["trend"] for reading in chart["measurements"] if reading["trend"]]
    if trends:
        yield Text(f"  After the last reading: {trends[-1].replace('_', ' ')}.")
    yield from (Text(f"  {sentence}") for sentence in chart["rule"])


def _picture(chart: Chart) -> Iterator[Text]:
    frame = _frame(chart)
    cells: dict[tuple[int, int], tuple[str, str]] = {}
    for phase in chart["phases"]:
        cells |= {(row, frame.column(phase["on"])): PHASE for row in range(HEIGHT)}
    for version in chart["versions"]:
        for here, there in pairwise(version["line"]):
            cells |= dict.fromkeys(_between(frame, here, there), LINE)
    for reading in chart["measurements"]:
        at = frame.row(Fraction(reading["quotient"])), frame.column(reading["on"])
        cells[at] = BASELINE if reading["is_baseline"] else HIT if reading["at_target"] else MISS
    scale = _scale(frame)
    margin = max(map(len, scale.values())) + 2
    for row in range(HEIGHT):
        line = Text(f"{scale.get(row, ''):>{margin}} ", style="dim").append("┤" if row in scale else "│")
        for column in range(WIDTH):
            line.append(*cells.get((row, column), (" ", "")))
        line.rstrip()
        yield line
    below = " " * (margin + 1)
    yield Text(f"{below}└{'─' * WIDTH}", style="dim")
    yield Text(f"{below} {_days(chart, frame)}", style="dim")
    legend = "○ baseline  ● reading (green: at target)  · aim line  ┊ a phase begins: "
    yield Text(f"{below} {legend}{_phases(chart)}", style="dim")


def _scale(frame: _Frame) -> dict[int, str]:
    """What stands beside which row: parts of a whole exactly, what was counted or scored in few digits."""
    found: dict[int, str] = {}
    for n in range(TICKS + 1):
        named = frame.bottom + (frame.top - frame.bottom) * n / TICKS
        found[frame.row(named)] = str(named) if named.denominator <= TICKS else f"{float(named):.4g}"
    return found


def _frame(chart: Chart) -> _Frame:
    days = [date.fromisoformat(one["on"]) for one in chart["measurements"]]
    days += [date.fromisoformat(version["due_on"]) for version in chart["versions"]]
    days += [date.fromisoformat(phase["on"]) for phase in chart["phases"]]
    quotients = [Fraction(one["quotient"]) for one in chart["measurements"]]
    quotients += [Fraction(version["target"]) for version in chart["versions"] if version["target"]]
    parts = all(0 <= quotient <= 1 for quotient in quotients)
    top = Fraction(1) if parts else max(quotients)
    bottom = Fraction(0) if parts or min(quotients) >= 0 else min(quotients)
    return _Frame(
        min(days), max(1, (max(days) - min(days)).days), top if top > bottom else bottom + 1, bottom
    )


def _between(frame: _Frame, here: Chart, there: Chart) -> Iterator[tuple[int, int]]:
    """The cells of a straight line from one point to another."""
    begin, end = frame.column(here["on"]), frame.column(there["on"])
    low, high = Fraction(here["quotient"]), Fraction(there["quotient"])
    for column in range(begin, end + 1):
        share = Fraction(column - begin, end - begin) if end > begin else Fraction(1)
        yield frame.row(low + (high - low) * share), column


def _days(chart: Chart, frame: _Frame) -> str:
    """The first day and the day it is due, below where they are."""
    due = chart["versions"][-1]["due_on"]
    return f"{frame.first.isoformat():<{max(12, frame.column(due) - 9)}}{due}"


def _phases(chart: Chart) -> str:
    return ", ".join(phase["phase"].replace("_", " ") for phase in chart["phases"])
