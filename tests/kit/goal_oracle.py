"""What becomes of a goal, worked out a second time: slowly, from DOMAIN.md, with none of the code it checks.

Everything is asked again of everything that was ever told, by the definitions themselves: lists, fractions, dates.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from fractions import Fraction
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from chalkline_contracts import goals as g
from chalkline_contracts.measurement import Measurement


@dataclass(frozen=True)
class Told:
    """A measurement and how it came to be known."""

    own: UUID
    at: datetime
    recorded: datetime
    position: int
    value: Fraction
    instrument: str | None
    base: bool


@dataclass(frozen=True)
class Terms:
    """A version of the goal; `since` None: it reaches back to the baseline."""

    since: datetime | None
    target: Fraction | None
    tolerance: Fraction | None
    due: date
    required: int


def value_of(m: Measurement) -> Fraction:
    """*Numbers.* Of the kinds a goal may have."""
    if m.kind == "frequency":
        assert m.window_s is not None
        return Fraction(m.numerator) / m.window_s
    return Fraction(m.numerator) / Fraction(m.denominator if m.denominator is not None else 1)


@dataclass
class Oracle:
    direction: str
    zone: str
    told: list[Told] = field(default_factory=list)
    gone: set[UUID] = field(default_factory=set)
    versions: list[Terms] = field(default_factory=list)
    status: str = "draft"
    met_by: UUID | None = None
    announced: str = "on_track"

    # What was told ---------------------------------------------------------------------------------

    def tell(self, m: Measurement, recorded: datetime, *, base: bool = False) -> None:
        position = len(self.told)
        self.told.append(
            Told(m.measurement_id, m.occurred_at, recorded, position, value_of(m), m.instrument, base)
        )

    def chart(self) -> list[Told]:
        """*Order.* By (occurred_at, recorded_at), ties by position; retracted ones are absent."""
        present = [t for t in self.told if t.own not in self.gone]
        return sorted(present, key=lambda t: (t.at, t.recorded, t.position))

    # *Baseline.*

    def baseline(self) -> Fraction | None:
        values = sorted(t.value for t in self.chart() if t.base)
        match values:
            case []:
                return None
            case [only]:
                return only
            case [low, high]:
                return (low + high) / 2
            case [_, middle, _]:
                return middle
        raise AssertionError(values)

    def origin(self) -> date:
        return self.day([t for t in self.chart() if t.base][-1])

    def counted(self) -> list[Told]:
        chart = self.chart()
        bases = [n for n, t in enumerate(chart) if t.base]
        return chart[bases[-1] + 1 :] if bases else []

    def day(self, t: Told) -> date:
        return t.at.astimezone(ZoneInfo(self.zone)).date()

    # *Recharting.*

    def version_of(self, t: Told) -> int:
        """The version in force at its `occurred_at`."""
        held = [n for n, v in enumerate(self.versions) if v.since is None or v.since <= t.at]
        return held[-1]

    def of_version(self, n: int) -> list[Told]:
        return [t for t in self.counted() if self.version_of(t) == n]

    # *Aim line.*

    def line(self, v: Terms, day: date) -> Fraction:
        base = self.baseline()
        assert v.target is not None
        assert base is not None
        if day >= v.due:
            return v.target
        whole = (v.due - self.origin()).days
        return base + (v.target - base) * Fraction((day - self.origin()).days, whole)

    def better(self, one: Fraction, other: Fraction) -> bool:
        return {"increase": one > other, "decrease": one < other, "maintain": False}[self.direction]

    def at_target(self, v: Terms, t: Told) -> bool:
        base = self.baseline()
        assert base is not None
        if self.direction == "maintain":
            assert v.tolerance is not None
            return base - v.tolerance <= t.value <= base + v.tolerance
        assert v.target is not None
        return t.value == v.target or self.better(t.value, v.target)

    def wrong_side(self, v: Terms, t: Told) -> bool:
        if self.direction == "maintain":
            return not self.at_target(v, t)
        return self.better(self.line(v, self.day(t)), t.value)

    # *Runs.*

    def ends_of_runs(self, n: int) -> list[UUID]:
        v, readings = self.versions[n], self.of_version(n)
        ends = []
        for last in range(len(readings)):
            run = readings[max(0, last - v.required + 1) : last + 1]
            if (
                len(run) == v.required
                and all(self.at_target(v, t) for t in run)
                and len({t.instrument for t in run}) == 1
            ):
                ends.append(readings[last].own)
        return ends

    # *Trend.*

    def best_of(self, readings: list[Told]) -> Fraction:
        """The best of these, baseline included."""
        best = self.baseline()
        assert best is not None
        for t in readings:
            if self.better(t.value, best):
                best = t.value
        return best

    def trends(self, n: int) -> list[str]:
        """After each reading of a version."""
        v, everything, own = self.versions[n], self.counted(), self.of_version(n)
        trends, stalled = [], False
        for place, t in enumerate(own):
            wrong = [self.wrong_side(v, each) for each in own[: place + 1]]
            at_risk = wrong[-3:] == [True] * 3 or sum(wrong[-6:]) >= 4
            before_last_three = everything[: everything.index(t) - 2] if place >= 2 else []
            new_best_lately = any(
                self.better(each.value, self.best_of(before_last_three))
                for each in own[max(0, place - 2) : place + 1]
            )
            new_best = self.better(t.value, self.best_of(everything[: everything.index(t)]))
            if self.direction != "maintain" and at_risk and not new_best_lately:
                stalled = True
            if new_best or self.at_target(v, t):
                stalled = False
            trends.append("stalled" if stalled else "at_risk" if at_risk else "on_track")
        return trends

    def best_id(self) -> UUID | None:
        best = self.best_of(self.counted())
        if best == self.baseline():
            return None
        return next(t.own for t in self.counted() if t.value == best)

    # What follows ----------------------------------------------------------------------------------

    def follows(self, cause: str, own: UUID | None) -> list[tuple[Any, ...]]:
        """What must be told after the chart or the terms changed, in order; lives through it."""
        told: list[tuple[Any, ...]] = []
        if self.status not in ("active", "target_met", "achieved"):
            return told
        now = len(self.versions) - 1
        ends = self.ends_of_runs(now) if self.baseline() is not None else []
        if self.status in ("target_met", "achieved"):
            if self.met_by in ends:
                return told
            told.append(("withdrawn", cause, own))
            self.status, self.met_by = "active", None
        if ends:
            self.status, self.met_by = "target_met", ends[0]
            met = next(t for t in self.told if t.own == ends[0])
            told.append(("met", now + 1, ends[0], self.day(met)))
        elif self.baseline() is not None:
            trend = (self.trends(now) or ["on_track"])[-1]
            if trend != self.announced:
                told.append(("trend", now + 1, self.announced, trend, self.best_id()))
                self.announced = trend
        return told

    def achieved(self) -> tuple[Any, ...]:
        """What a confirmation must tell."""
        self.status = "achieved"
        counted = self.counted()
        final = next(t for t in counted if t.own == self.met_by)
        days = (self.day(final) - self.origin()).days
        number = counted.index(final) + 1
        return ("achieved", self.day(final), self.baseline(), final.value, number, days, len(self.versions))


def told_of(event: Any) -> tuple[Any, ...] | None:
    """What an event of a goal tells of the above; None for the others."""
    match event:
        case g.AchievementWithdrawn():
            return ("withdrawn", event.cause, event.measurement_id)
        case g.GoalTargetMet():
            return ("met", event.goal_version, event.measurement_id, event.met_on)
        case g.GoalTrendChanged():
            return ("trend", event.goal_version, event.was, event.trend, event.best_id)
        case g.GoalAchieved():
            numbers = Fraction(event.baseline), Fraction(event.final)
            return (
                "achieved",
                event.achieved_on,
                *numbers,
                event.measurements_n,
                event.days,
                event.goal_version,
            )
        case _:
            return None
