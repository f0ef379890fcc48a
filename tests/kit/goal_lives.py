"""A goal that lives through whatever it is told, beside an oracle that says what must follow each time."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from functools import reduce
from typing import Any
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from backbone.deciding import Refusal
from chalkline_contracts.event import Event
from chalkline_contracts.goals import GoalRecharted, GoalSet, ProgressMeasured
from chalkline_contracts.measurement import MEASURED, PROPORTIONS, Direction, Measurement, MeasurementTaken
from chalkline_contracts.values import instant
from goals.aggregates import GOAL
from goals.arithmetic import FIRST, Aim, Version
from goals.goal import (
    AgreeGoal,
    ConfirmAchievement,
    CountMeasurement,
    RechartGoal,
    RecordBaseline,
    RecordProgress,
    RetractMeasurement,
)

from kit.coaching import CORA, OBSERVATION, PARTNERSHIP, TESS, drafted, facts, policy, propose
from kit.goal_oracle import Oracle, Terms, told_of, value_of

WINDOW = 600


def value(kind: str, level: int) -> Fraction:
    """What a level, from -20 to 100, is in this kind."""
    return (
        Fraction(level, 100) if kind in PROPORTIONS else Fraction(level, WINDOW if kind == "frequency" else 1)
    )


def taken(kind: str, level: int, at: datetime, instrument: str | None) -> MeasurementTaken:
    amount = Decimal if kind in MEASURED else int
    return MeasurementTaken.model_validate(
        {
            "metric_code": "m", "kind": kind, "numerator": amount(level),
            "denominator": amount(100) if kind in PROPORTIONS else None, "direction": "increase",
            "occurred_at": at, "window_s": WINDOW, "instrument": instrument, "source": "assessment",
        }
    )  # fmt: skip


def value_taken(measured: MeasurementTaken) -> Fraction:
    return value_of(measured.recorded(OBSERVATION, CORA))


@dataclass
class Life:
    """One goal, from its baseline on; each step decides, and compares with what the oracle expects."""

    kind: str
    direction: Direction
    zone: str
    now: datetime
    target: Fraction
    required: int
    due: date
    events: list[Event] = field(default_factory=list)
    asked: int = 0

    def __post_init__(self) -> None:
        self.oracle = Oracle(self.direction, self.zone)
        drafting = drafted().model_copy(update={"time_zone": self.zone})
        self.events = [drafting]
        self.goal = GOAL.evolve(GOAL.initial, drafting)

    # What may be asked -----------------------------------------------------------------------------

    def decide(self, command: Any, by: Any = TESS) -> list[Event] | None:
        """What happens, and has then happened; None if it is refused."""
        self.asked += 1
        told = replace(facts(by), command_id=uuid5(PARTNERSHIP, str(self.asked)))
        try:
            happened: list[Event] = GOAL.decide(self.goal, command, told, now=self.now)
        except Refusal:
            return None
        self.goal = reduce(GOAL.evolve, happened, self.goal)
        self.events += happened
        return happened

    def baseline(self, levels: Iterable[tuple[int, datetime]], instrument: str | None) -> None:
        self.begin_with(tuple(taken(self.kind, level, at, instrument) for level, at in levels))

    def begin_with(self, measurements: tuple[MeasurementTaken, ...]) -> None:
        """A baseline, the first or, where nothing is left of that, another."""
        self.code = measurements[0].metric_code
        happened = self.decide(RecordBaseline(measurements=measurements))
        assert (happened is not None) == (self.oracle.baseline() is None)
        if happened is None:
            return
        told = happened[0].measurements  # type: ignore[attr-defined]
        for one in told:
            self.oracle.tell(one, self.now, base=True)
        if self.oracle.status == "draft":
            self.oracle.status = "baselined"
        self._compare(happened, self.oracle.follows("new_baseline", told[0].measurement_id))

    def set(self, tolerance: Fraction) -> bool:
        """Whether what is meant was proposed and agreed to."""
        maintain = self.direction == "maintain"
        terms: dict[str, Any] = {
            "metric_code": self.code,
            "direction": self.direction,
            "target": None if maintain else str(self.target),
            "tolerance": str(tolerance) if maintain else None,
            "due_on": self.due,
            "required_consecutive": self.required,
        }
        if self.decide(propose(**terms)) is None:
            return False
        self.decide(AgreeGoal(), CORA)
        happened = self.decide(AgreeGoal(), TESS)
        assert happened is not None
        target = None if maintain else self.target
        within = tolerance if maintain else None
        self.oracle.versions = [Terms(None, target, within, self.due, self.required)]
        self.oracle.status = "active"
        self._compare(happened, self.oracle.follows("", None))
        return True

    def progress(self, level: int, at: datetime, instrument: str | None) -> UUID:
        return self.tell(taken(self.kind, level, at, instrument))

    def tell(self, measured: MeasurementTaken) -> UUID:
        """Recorded by a partner once it is set, counted from an observation before."""
        if self.oracle.status != "baselined":
            happened = self.decide(RecordProgress(measurement=measured))
        else:
            counting = measured.recorded(uuid5(OBSERVATION, str(self.asked)), CORA)
            happened = self.count(counting)
        assert happened is not None
        event = happened[0]
        assert isinstance(event, ProgressMeasured)
        one = event.measurement
        self.oracle.tell(one, self.now)
        self._compare(happened, self.oracle.follows("late_measurement", one.measurement_id))
        return one.measurement_id

    def count(self, measurement: Measurement) -> list[Event] | None:
        command = CountMeasurement(
            measurement=measurement, observation_id=OBSERVATION, partnership_id=PARTNERSHIP
        )
        return self.decide(command, policy())

    def again(self, place: int) -> None:
        """Told a second time, or after its retraction: nothing happens."""
        told = [e.measurement for e in self.events if isinstance(e, ProgressMeasured)]
        if told:
            assert self.count(told[place % len(told)]) == []

    def retract(self, place: int) -> None:
        chart = self.oracle.chart()
        if not chart:
            return
        own = chart[place % len(chart)].own
        happened = self.decide(RetractMeasurement(measurement_id=own, cause="voided"), policy())
        assert happened is not None
        self.oracle.gone.add(own)
        self._compare(happened, self.oracle.follows("voided", own))

    def rechart(
        self, level: int | None, tolerance: Fraction | None, required: int | None, due: date | None
    ) -> None:
        target = value(self.kind, level) if level is not None and self.direction != "maintain" else None
        self.recharted_to(target, tolerance, required, due)

    def recharted_to(
        self,
        target: Fraction | None,
        tolerance: Fraction | None = None,
        required: int | None = None,
        due: date | None = None,
    ) -> None:
        """Other terms, or the refusal that the oracle expects."""
        now = self.oracle.versions[-1]
        within = tolerance if self.direction == "maintain" else None
        wanted = Terms(
            self.now,
            now.target if target is None else target,
            now.tolerance if within is None else within,
            due or now.due,
            required or now.required,
        )
        base = self.oracle.baseline()
        sound = (
            self.oracle.status in ("active", "target_met")
            and base is not None
            and wanted.due > self.now.astimezone(ZoneInfo(self.zone)).date()
            and (wanted.target is None or self.oracle.better(wanted.target, base))
            and (self.kind not in PROPORTIONS or wanted.target is None or 0 <= wanted.target <= 1)
            and replace(wanted, since=None) != replace(now, since=None)
        )
        command = RechartGoal(
            target=None if target is None else str(target),
            tolerance=None if within is None else str(within),
            due_on=due,
            required_consecutive=required,
            reason_code="changed",
        )
        happened = self.decide(command)
        assert (happened is not None) == sound
        if happened is None:
            return
        assert isinstance(happened[0], GoalRecharted)
        self.oracle.versions.append(wanted)
        self.oracle.status, self.oracle.met_by = "active", None
        self._compare(happened, self.oracle.follows("", None))

    def confirm(self) -> None:
        met = self.oracle.status == "target_met"
        happened = self.decide(ConfirmAchievement())
        assert (happened is not None) == met
        if happened is not None:
            self._compare(happened, [self.oracle.achieved()])

    def _compare(self, happened: list[Event], expected: list[tuple[Any, ...]]) -> None:
        told = [one for one in map(told_of, happened) if one is not None]
        assert told == expected
        state = type(self.goal).__name__
        assert state == {
            "baselined": "Baselined", "active": "Active", "target_met": "TargetMet", "achieved": "Achieved"
        }[self.oracle.status]  # fmt: skip
        chart = self.goal.chart
        assert [r.measurement_id for r in chart.readings] == [t.own for t in self.oracle.chart()]
        assert [r.quotient for r in chart.readings] == [t.value for t in self.oracle.chart()]
        assert [r.measurement_id for r in chart.counted()] == [t.own for t in self.oracle.counted()]


def versions_of(life: Life) -> list[Version]:
    """The versions of a goal, as a reader of its events has them."""
    found: list[Version] = []
    for event in life.events:
        if isinstance(event, GoalSet):
            aim = Aim(
                event.metric.direction,
                event.target,
                event.tolerance,
                event.required_consecutive,
                event.due_on,
            )
            found.append(Version(1, FIRST, aim))
        if isinstance(event, GoalRecharted):
            after = event.after
            aim = found[-1].aim._replace(**after.model_dump())
            found.append(Version(event.goal_version, instant(event.recharted_at), aim))
    return found
