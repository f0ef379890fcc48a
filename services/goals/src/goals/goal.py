"""A goal: one student-focused change that a teacher and a coach measure, agree on and work toward.

What may be asked of it, the states it goes through, and what its history makes of it. What is decided
is in `goal_decisions`; whether the target is met is derived from the measurements alone (`arithmetic`).
"""

from dataclasses import dataclass, replace
from datetime import date
from typing import Annotated
from uuid import UUID

from backbone.deciding import Command, Kept, evolved_once
from backbone.words import Words
from chalkline_contracts.event import Event
from chalkline_contracts.goals import (
    AchievementWithdrawn,
    BaselineRecorded,
    GoalAbandoned,
    GoalAchieved,
    GoalAgreed,
    GoalDrafted,
    GoalProposed,
    GoalRecharted,
    GoalSet,
    GoalTargetMet,
    GoalTerms,
    GoalTrendChanged,
    Peers,
    ProgressMeasured,
    ProgressRetracted,
    Trend,
)
from chalkline_contracts.measurement import (
    Direction,
    Measurement,
    MeasurementTaken,
    Metric,
    Quotient,
)
from chalkline_contracts.values import Code, Day, WordsRef, instant
from pydantic import Field

from goals import arithmetic
from goals.arithmetic import BEGINS, FIRST, Aim, Version
from goals.chart import Chart
from goals.partnership import Teachers

# States ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Whose:
    """Whose goal it is, and where its dates are local to."""

    cycle_id: UUID
    partnership_id: UUID
    coach_id: UUID
    owner_ids: tuple[UUID, ...]
    focus: str
    time_zone: str | None


@dataclass(frozen=True, slots=True)
class Terms:
    """What was proposed, and then agreed to."""

    statement: WordsRef
    metric: Metric
    target: str | None
    tolerance: str | None
    due_on: date
    required_consecutive: int
    peers: Peers

    @property
    def aim(self) -> Aim:
        return Aim(self.metric.direction, self.target, self.tolerance, self.required_consecutive, self.due_on)

    @property
    def chartable(self) -> GoalTerms:
        """What recharting may change of them."""
        return GoalTerms(
            target=self.target,
            tolerance=self.tolerance,
            due_on=self.due_on,
            required_consecutive=self.required_consecutive,
        )

    def recharted(self, to: GoalTerms) -> "Terms":
        return replace(
            self,
            target=to.target,
            tolerance=to.tolerance,
            due_on=to.due_on,
            required_consecutive=to.required_consecutive,
        )


@dataclass(frozen=True, slots=True)
class Unset:
    pass


@dataclass(frozen=True, slots=True)
class Draft:
    whose: Whose


@dataclass(frozen=True, slots=True)
class Baselined:
    whose: Whose
    chart: Chart
    metric: Metric
    proposal: Terms | None = None
    agreed: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class Active:
    whose: Whose
    chart: Chart
    terms: Terms
    goal_version: int
    since: int = FIRST
    """The instant from which this version of the goal is in force."""
    trend: Trend = BEGINS
    """As it was told last."""


@dataclass(frozen=True, slots=True)
class TargetMet:
    whose: Whose
    chart: Chart
    terms: Terms
    goal_version: int
    since: int
    trend: Trend
    met_by: UUID
    """The measurement that completed the run."""


@dataclass(frozen=True, slots=True)
class Achieved:
    whose: Whose
    chart: Chart
    terms: Terms
    goal_version: int
    since: int
    trend: Trend
    met_by: UUID


@dataclass(frozen=True, slots=True)
class Abandoned:
    whose: Whose
    chart: Chart
    terms: Terms | None


Goal = Unset | Draft | Baselined | Active | TargetMet | Achieved | Abandoned


def whose_alone(_: UUID, goal: Goal) -> UUID | None:
    """Its only owner; a goal of several is nobody's alone."""
    owners = () if isinstance(goal, Unset) else goal.whose.owner_ids
    return owners[0] if len(owners) == 1 else None


def kept(_: UUID, goal: Goal) -> Kept | None:
    """The pair's, as long as its partnership needs it."""
    return None if isinstance(goal, Unset) else Kept("pair", goal.whose.owner_ids, goal.whose.partnership_id)


# Commands --------------------------------------------------------------------------------------------


class DraftGoal(Command):
    """Begin a goal within a cycle. Left out: every teacher of the cycle owns it, and it has its focus."""

    cycle_id: UUID
    owner_ids: Teachers | None = None
    focus: Code | None = None


class RecordBaseline(Command):
    """Where the students stand: one to three measurements, of which the median counts."""

    measurements: Annotated[tuple[MeasurementTaken, ...], Field(min_length=1, max_length=3)]


class PeersAnswers(Command):
    """Is it powerful, easy, emotionally compelling, reachable, student-focused?"""

    powerful: bool
    easy: bool
    emotionally_compelling: bool
    reachable: bool
    student_focused: bool


class ProposeGoal(Command):
    """Put a goal into words and numbers. It voids the agreements to an earlier proposal."""

    statement: Words
    metric_code: Code
    direction: Direction | None = None
    """Left out: the direction the baseline was recorded with."""
    target: Quotient | None = None
    """Exact, such as "0.8" or "4/5"; left out only to maintain."""
    tolerance: Quotient | None = None
    due_on: Day
    required_consecutive: Annotated[int, Field(ge=1, le=50)] = 1
    peers: PeersAnswers


class AgreeGoal(Command):
    """Agree to the proposal as it stands; with the last agreement the goal is set."""


class RecordProgress(Command):
    measurement: MeasurementTaken


class RechartGoal(Command):
    """Go on under other terms from now on; what is left out stays as it is. One partner's word is enough."""

    target: Quotient | None = None
    tolerance: Quotient | None = None
    due_on: Day | None = None
    required_consecutive: Annotated[int, Field(ge=1, le=50)] | None = None
    reason_code: Code
    reason: Words | None = None


class RetractProgress(Command):
    """Take back a measurement that you told this goal, of progress or of the baseline: it does not hold.

    What an observation told is corrected or voided there. Taken back twice it is gone all the same.
    """

    measurement_id: UUID
    reason_code: Code


class ConfirmAchievement(Command):
    """An owner says it: the target that was met is an achievement."""


class AbandonGoal(Command):
    reason_code: Code
    reason: Words | None = None


class CountMeasurement(Command):
    """Issued by the policy that learns of an observation; nobody asks for it."""

    measurement: Measurement
    observation_id: UUID
    partnership_id: UUID
    """The observation's: whoever observes elsewhere cannot move this goal."""


class RetractMeasurement(Command):
    """Issued by the policy that learns of a correction or a void; nobody asks for it."""

    measurement_id: UUID
    cause: Code


class CountObserved(Command):
    """Issued by the policy that learns of a baseline: all that was observed for the goal, whenever it was told."""

    standing: tuple[CountMeasurement, ...] = ()
    gone: tuple[RetractMeasurement, ...] = ()


GoalCommand = (
    DraftGoal
    | RecordBaseline
    | ProposeGoal
    | AgreeGoal
    | RecordProgress
    | RetractProgress
    | RechartGoal
    | ConfirmAchievement
    | AbandonGoal
    | CountMeasurement
    | RetractMeasurement
    | CountObserved
)


# History ---------------------------------------------------------------------------------------------


@evolved_once
def evolve(goal: Goal, event: Event) -> Goal:
    # States first: asking whether an event is of a contract takes longer than asking what a goal is.
    match goal, event:
        case Unset(), GoalDrafted():
            return Draft(
                Whose(
                    cycle_id=event.cycle_id,
                    partnership_id=event.partnership_id,
                    coach_id=event.coach_id,
                    owner_ids=event.owner_ids,
                    focus=event.focus,
                    time_zone=event.time_zone,
                )
            )
        case ((Baselined() | Active() | TargetMet() | Achieved()), ProgressMeasured()):
            return replace(goal, chart=arithmetic.charted(goal.chart, event.measurement))
        case ((Baselined() | Active() | TargetMet() | Achieved() | Abandoned()), ProgressRetracted()):
            return replace(goal, chart=goal.chart.without(event.measurement_id))
        case Draft(whose), BaselineRecorded():
            return Baselined(whose, _with_baseline(Chart(), event), metric_of(event.measurements[-1]))
        case Baselined(whose, chart), BaselineRecorded():
            # A new baseline: what was proposed on the old one no longer stands.
            return Baselined(whose, _with_baseline(chart, event), metric_of(event.measurements[-1]))
        case ((Active() | TargetMet() | Achieved()), BaselineRecorded()):
            return replace(goal, chart=_with_baseline(goal.chart, event))
        case Baselined(), GoalProposed():
            return replace(goal, proposal=_terms(event), agreed=())
        case Baselined(), GoalAgreed() if event.by not in goal.agreed:
            return replace(goal, agreed=(*goal.agreed, event.by))
        case Baselined(whose, chart, _, Terms() as terms), GoalSet():
            return Active(whose, chart, terms, event.goal_version)
        case Active(), GoalTrendChanged():
            return replace(goal, trend=event.trend)
        case Active(whose, chart, terms, version, since, trend), GoalTargetMet():
            return TargetMet(whose, chart, terms, version, since, trend, event.measurement_id)
        case TargetMet(whose, chart, terms, version, since, trend, met_by), GoalAchieved():
            return Achieved(whose, chart, terms, version, since, trend, met_by)
        case ((TargetMet() | Achieved()), AchievementWithdrawn()):
            return Active(goal.whose, goal.chart, goal.terms, goal.goal_version, goal.since, goal.trend)
        case ((Active() | TargetMet()), GoalRecharted()):
            terms, since = goal.terms.recharted(event.after), instant(event.recharted_at)
            return Active(goal.whose, goal.chart, terms, event.goal_version, since, goal.trend)
        case Draft(whose), GoalAbandoned():
            return Abandoned(whose, Chart(), None)
        case Baselined(whose, chart, _, terms), GoalAbandoned():
            return Abandoned(whose, chart, terms)
        case ((Active(whose, chart, terms) | TargetMet(whose, chart, terms)), GoalAbandoned()):
            return Abandoned(whose, chart, terms)
        case _:
            return goal


def _with_baseline(chart: Chart, event: BaselineRecorded) -> Chart:
    for measurement in event.measurements:
        chart = arithmetic.charted(chart, measurement, is_baseline=True)
    return chart


def _terms(event: GoalProposed) -> Terms:
    return Terms(
        statement=event.statement_ref,
        metric=event.metric,
        target=event.target,
        tolerance=event.tolerance,
        due_on=event.due_on,
        required_consecutive=event.required_consecutive,
        peers=event.peers,
    )


def version_of(goal: Active | TargetMet | Achieved) -> Version:
    return Version(goal.goal_version, goal.since, goal.terms.aim)


def metric_of(measurement: Measurement) -> Metric:
    return Metric(
        metric_code=measurement.metric_code,
        kind=measurement.kind,
        unit=measurement.unit,
        direction=measurement.direction,
    )


def same_metric(metric: Metric, measurement: Measurement) -> bool:
    """Whether a measurement is one of this metric, whichever direction it was recorded with."""
    return (metric.metric_code, metric.kind, metric.unit) == (
        measurement.metric_code,
        measurement.kind,
        measurement.unit,
    )
