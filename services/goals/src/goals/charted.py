"""What a goal's chart shows. Numbers are exact quotients, such as "4/5"; days are those of the cycle's school."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from backbone.lists import Told
from chalkline_contracts.goals import Trend
from chalkline_contracts.measurement import Direction, MeasurementKind, Source

from goals.arithmetic import Start, local_day, start
from goals.drawing import Drawn, drawn, line_points
from goals.goal_history import Chapter, History, Shown, Status
from goals.goal_rule import in_words, trend_now


class ChartedMeasurement(Told):
    """A measurement on the chart. What is only shown lies before the baseline, or the goal was not set."""

    measurement_id: UUID
    occurred_at: datetime
    on: date
    """The day at the cycle's school."""
    recorded_at: datetime
    quotient: str
    """Exact, such as "4/5"; never a percentage."""
    numerator: str
    denominator: str | None
    n_students: int | None
    subgroup: str | None
    instrument: str | None
    source: Source
    recorded_by: UUID
    """Who told it; they may take it back, where it comes from no observation."""
    observation_id: UUID | None
    """The observation it comes from, if it comes from one."""
    is_baseline: bool
    counted: bool
    goal_version: int | None
    """The version in force when it happened."""
    line: str | None
    """Where the aim line was that day; null to maintain."""
    at_target: bool
    wrong_side: bool
    ends_run: bool
    """Whether it completes as many in a row as it takes."""
    trend: Trend | None
    """The trend after it."""


class LinePoint(Told):
    on: date
    quotient: str


class ChartedVersion(Told):
    """A version of the goal, with its aim line."""

    goal_version: int
    since: datetime | None
    """Null: it reaches back to the baseline."""
    target: str | None
    tolerance: str | None
    due_on: date
    required_consecutive: int
    reason_code: str | None
    """Why it was recharted; null for the first."""
    reason: str | None
    line: list[LinePoint]
    """From the baseline to the day it is due, and on; empty to maintain."""


class PhaseLine(Told):
    phase: str
    entered_at: datetime
    on: date


class Pause(Told):
    paused_on: date
    resumed_on: date | None


class Reached(Told):
    what: Literal["goal_set", "target_met", "achieved", "achievement_withdrawn", "abandoned"]
    on: date
    recorded_at: datetime
    measurement_id: UUID | None
    why: str | None
    """A code: what withdrew it, or why it was abandoned."""


class Baseline(Told):
    quotient: str
    """The median of its measurements."""
    on: date
    """Of the last of them: where the aim line starts."""


class ChartRow(ChartedMeasurement):
    """A measurement on the chart by itself: of which goal, and in which phase of its cycle."""

    goal_id: UUID
    metric_code: str | None
    phase: str | None
    """In which it happened; null before the first was entered, and after the cycle ended."""


class GoalChart(Told):
    """A goal to look at. Numbers are exact quotients, such as "4/5"; days are those of the cycle's school."""

    goal_id: UUID
    cycle_id: UUID
    partnership_id: UUID
    owner_ids: list[UUID]
    focus: str
    as_of: date | None
    """Null: as it stands."""
    status: Status
    statement: str | None
    metric_code: str | None
    kind: MeasurementKind | None
    unit: str | None
    direction: Direction | None
    baseline: Baseline | None
    measurements: list[ChartedMeasurement]
    """In the order they happened; what was retracted is not there."""
    versions: list[ChartedVersion]
    phases: list[PhaseLine]
    pauses: list[Pause]
    cycle_ended_at: datetime | None
    trend: Trend | None
    """While the goal is active and has a baseline: as its measurements lie now."""
    reached: list[Reached]
    rule: list[str]
    """The decision rule, and what it says now."""

    def rows(self) -> list[ChartRow]:
        """One a measurement, in the order they happened."""
        return [
            ChartRow(
                **dict(each),
                goal_id=self.goal_id,
                metric_code=self.metric_code,
                phase=self._phase(each.occurred_at),
            )
            for each in self.measurements
        ]

    def _phase(self, at: datetime) -> str | None:
        if self.cycle_ended_at is not None and at > self.cycle_ended_at:
            return None
        return next((each.phase for each in reversed(self.phases) if each.entered_at <= at), None)


def told(goal_id: UUID, as_of: date | None, history: History) -> GoalChart:
    """The chart that a history makes; it was drafted by then."""
    assert history.drafted is not None
    whose, metric, zone = history.drafted, history.metric, history.time_zone
    lines = _lines(history)
    begin = start([reading for reading in history.readings if reading.is_baseline], zone)
    until = max([*(each.on for each in lines), *([as_of] if as_of else [])], default=date.min)
    return GoalChart(
        goal_id=goal_id,
        cycle_id=whose.cycle_id,
        partnership_id=whose.partnership_id,
        owner_ids=list(whose.owner_ids),
        focus=whose.focus,
        as_of=as_of,
        status=history.status,
        statement=history.statement,
        metric_code=metric.metric_code if metric else None,
        kind=metric.kind if metric else None,
        unit=metric.unit if metric else None,
        direction=metric.direction if metric else None,
        baseline=Baseline(quotient=str(begin.baseline), on=begin.on) if begin else None,
        measurements=[_measurement(shown, at) for shown, at in zip(history.shown, lines, strict=True)],
        versions=[_version(chapter, begin, until) for chapter in history.chapters],
        phases=[
            PhaseLine(phase=phase, entered_at=at, on=local_day(at, zone)) for phase, at in history.phases
        ],
        pauses=[
            Pause(paused_on=local_day(begun, zone), resumed_on=local_day(ended, zone) if ended else None)
            for begun, ended in history.pauses
        ],
        cycle_ended_at=history.cycle_ended_at,
        trend=trend_now(history, lines) if begin else None,
        reached=[Reached(**each._asdict()) for each in history.milestones],
        rule=in_words(history, lines),
    )


def _lines(history: History) -> list[Drawn]:
    """Each measurement against the line; before there is a version, all are only shown."""
    if history.chapters:
        return drawn(history.readings, history.versions, history.time_zone)
    return [Drawn(each, 0, local_day(each.at, history.time_zone), counted=False) for each in history.readings]


def _measurement(shown: Shown, at: Drawn) -> ChartedMeasurement:
    told = shown.measurement
    return ChartedMeasurement(
        measurement_id=told.measurement_id,
        occurred_at=told.occurred_at,
        on=at.on,
        recorded_at=shown.recorded_at,
        quotient=str(at.reading.quotient),
        numerator=str(told.numerator),
        denominator=None if told.denominator is None else str(told.denominator),
        n_students=told.n_students,
        subgroup=told.subgroup,
        instrument=told.instrument,
        source=told.source,
        recorded_by=told.recorded_by,
        observation_id=shown.observation_id,
        is_baseline=at.reading.is_baseline,
        counted=at.counted,
        goal_version=at.goal_version or None,
        line=None if at.line is None else str(at.line),
        at_target=at.at_target,
        wrong_side=at.wrong_side,
        ends_run=at.ends_run,
        trend=at.trend,
    )


def _version(chapter: Chapter, begin: Start | None, until: date) -> ChartedVersion:
    version, aim = chapter.version, chapter.version.aim
    points = line_points(version, begin, max(until, aim.due_on)) if begin else []
    return ChartedVersion(
        goal_version=version.number,
        since=chapter.since,
        target=aim.target,
        tolerance=aim.tolerance,
        due_on=aim.due_on,
        required_consecutive=aim.required_consecutive,
        reason_code=chapter.reason_code,
        reason=chapter.reason,
        line=[LinePoint(on=on, quotient=str(exact)) for on, exact in points],
    )
