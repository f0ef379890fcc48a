"""What was known of a goal at some moment: folded from what had been recorded of it, and of its cycle, by then.

So a chart "as of" a day is what somebody would have seen that evening: a retraction recorded later is not known
yet, and neither is a measurement that was told late.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final, Literal, NamedTuple
from uuid import UUID

from chalkline_contracts import goals as g
from chalkline_contracts.event import Event
from chalkline_contracts.measurement import Measurement, Metric
from chalkline_contracts.values import instant

from goals.arithmetic import FIRST, Aim, Version, local_day, quotient
from goals.chart import Reading, reading

Status = Literal["draft", "baselined", "active", "target_met", "achieved", "abandoned"]

OF_GOAL: Final[tuple[type[Event], ...]] = (
    g.GoalDrafted, g.BaselineRecorded, g.GoalSet, g.ProgressMeasured, g.ProgressRetracted, g.GoalRecharted,
    g.GoalTargetMet, g.GoalAchieved, g.AchievementWithdrawn, g.GoalAbandoned,
)  # fmt: skip
OF_CYCLE: Final[tuple[type[Event], ...]] = (
    g.CyclePhaseEntered, g.CyclePaused, g.CycleResumed, g.CycleCompleted, g.CycleClosedEarly,
)  # fmt: skip


class Told(NamedTuple):
    """An event of the goal or of its cycle, as it was recorded."""

    event: Event
    occurred_at: datetime
    recorded_at: datetime
    words: str | None
    """The text it refers to; None if there is none, or it was erased."""


class Shown(NamedTuple):
    """A measurement with its circumstances."""

    reading: Reading
    measurement: Measurement
    recorded_at: datetime
    observation_id: UUID | None


@dataclass(frozen=True, slots=True)
class Chapter:
    """A version of the goal, and why there is one."""

    version: Version
    since: datetime | None
    """None: it reaches back to the baseline."""
    reason_code: str | None = None
    reason: str | None = None


class Milestone(NamedTuple):
    """Something that became of the goal."""

    what: Literal["goal_set", "target_met", "achieved", "achievement_withdrawn", "abandoned"]
    on: date
    recorded_at: datetime
    measurement_id: UUID | None = None
    why: str | None = None


@dataclass(slots=True)
class History:
    """A goal as it was known; its parts in the order of their telling, measurements in the order they happened."""

    time_zone: str | None
    drafted: g.GoalDrafted | None = None
    status: Status = "draft"
    statement: str | None = None
    metric: Metric | None = None
    shown: list[Shown] = field(default_factory=list)
    chapters: list[Chapter] = field(default_factory=list)
    milestones: list[Milestone] = field(default_factory=list)
    met_by: UUID | None = None
    """The measurement that completed the run which met the target last."""
    achieved: g.GoalAchieved | None = None
    """The latest achievement, whether or not it stands."""
    phases: list[tuple[str, datetime]] = field(default_factory=list)
    pauses: list[tuple[datetime, datetime | None]] = field(default_factory=list)
    cycle_ended_at: datetime | None = None

    @property
    def readings(self) -> list[Reading]:
        return [shown.reading for shown in self.shown]

    @property
    def versions(self) -> list[Version]:
        return [chapter.version for chapter in self.chapters]


def known(told: Iterable[Told], time_zone: str | None) -> History:
    """The history that these events make, in the order in which they were recorded."""
    history = History(time_zone)
    for each in told:
        _of_cycle(history, each)
        _of_goal(history, each)
    history.shown.sort(key=lambda shown: shown.reading.instant)  # those of one moment stay as they were told
    return history


def _of_cycle(history: History, told: Told) -> None:
    match told.event:
        case g.CyclePhaseEntered(phase=phase):
            history.phases.append((phase, told.occurred_at))
        case g.CyclePaused():
            history.pauses.append((told.occurred_at, None))
        case g.CycleResumed() if history.pauses:
            history.pauses[-1] = (history.pauses[-1][0], told.occurred_at)
        case g.CycleCompleted() | g.CycleClosedEarly():
            history.cycle_ended_at = told.occurred_at


def _of_goal(history: History, told: Told) -> None:
    match told.event:
        case g.GoalDrafted() as event:
            history.drafted = event
        case g.BaselineRecorded(measurements=measurements):
            history.shown += [
                shown for each in measurements for shown in _shown(each, told, None, is_baseline=True)
            ]
            if history.status == "draft":
                history.status = "baselined"
            if not history.chapters:
                history.metric = _metric(measurements[-1])
        case g.ProgressMeasured() as event:
            history.shown += _shown(event.measurement, told, event.observation_id)
        case g.ProgressRetracted(measurement_id=gone):
            history.shown = [each for each in history.shown if each.measurement.measurement_id != gone]
        case g.GoalSet() as event:
            aim = _aim(event, event.metric.direction)
            history.status, history.metric, history.statement = "active", event.metric, told.words
            history.chapters = [Chapter(Version(event.goal_version, FIRST, aim), None)]
            _reached(history, told, "goal_set", told.occurred_at)
        case g.GoalRecharted() as event:
            history.status = "active"
            version = Version(event.goal_version, instant(event.recharted_at), _recharted(history, event))
            history.chapters.append(Chapter(version, event.recharted_at, event.reason_code, told.words))
        case g.GoalTargetMet() as event:
            history.status, history.met_by = "target_met", event.measurement_id
            _reached(history, told, "target_met", event.met_on, event.measurement_id)
        case g.GoalAchieved() as event:
            history.status, history.achieved = "achieved", event
            _reached(history, told, "achieved", event.achieved_on)
        case g.AchievementWithdrawn() as event:
            history.status = "active"
            at = told.occurred_at
            _reached(history, told, "achievement_withdrawn", at, event.measurement_id, event.cause)
        case g.GoalAbandoned() as event:
            history.status = "abandoned"
            _reached(history, told, "abandoned", told.occurred_at, None, event.reason_code)


def _shown(
    measurement: Measurement, told: Told, observation_id: UUID | None, *, is_baseline: bool = False
) -> list[Shown]:
    """None at all where there is no quotient to show."""
    exact = quotient(measurement)
    if exact is None:
        return []
    own, instrument = measurement.measurement_id, measurement.instrument
    at = reading(own, measurement.occurred_at, exact, instrument=instrument, is_baseline=is_baseline)
    return [Shown(at, measurement, told.recorded_at, observation_id)]


def _metric(measurement: Measurement) -> Metric:
    return Metric.model_validate(measurement, from_attributes=True)


def _aim(terms: Any, direction: Any) -> Aim:
    return Aim(direction, terms.target, terms.tolerance, terms.required_consecutive, terms.due_on)


def _recharted(history: History, event: g.GoalRecharted) -> Aim:
    assert history.metric is not None  # only a goal that is set is recharted
    return _aim(event.after, history.metric.direction)


def _reached(
    history: History,
    told: Told,
    what: Any,
    on: date | datetime,
    measurement_id: UUID | None = None,
    why: str | None = None,
) -> None:
    day = local_day(on, history.time_zone) if isinstance(on, datetime) else on
    history.milestones.append(Milestone(what, day, told.recorded_at, measurement_id, why))
