"""A goal: one student-focused change that a teacher and a coach measure, agree on and work toward.

Nothing is set without a baseline, and nothing without every owner's word. Whether the target is met
is derived from the measurements alone (`arithmetic`); whether that is an achievement, an owner says.

The first version of a goal reaches back to its baseline: progress measured after the baseline and
before the last agreement counts, progress before the baseline is shown and never counts.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated
from uuid import UUID, uuid5

from backbone.deciding import Command
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
    GoalSet,
    GoalTargetMet,
    Peers,
    ProgressMeasured,
    ProgressRetracted,
)
from chalkline_contracts.measurement import (
    Direction,
    Measurement,
    MeasurementTaken,
    Metric,
    Quotient,
)
from chalkline_contracts.values import Code, Day, WordsRef
from pydantic import Field

from goals import arithmetic, cycle
from goals.arithmetic import Aim, Chart
from goals.partnership import Teachers
from goals.refusals import (
    AlreadyAgreed,
    BaselineAlreadyRecorded,
    BaselineMixed,
    CycleNotOpen,
    DueDateNotAhead,
    GoalAlreadyAbandoned,
    GoalAlreadyAchieved,
    GoalAlreadyDrafted,
    GoalAlreadySet,
    GoalNotActive,
    GoalNotFound,
    MetricDiffers,
    MetricNotStudentFocused,
    NoBaseline,
    NotAPartner,
    NothingProposed,
    NotYetHappened,
    OnlyOwnerConfirms,
    OwnerNotInCycle,
    TargetMissing,
    TargetNotAnImprovement,
    TargetNotForMaintain,
    TargetNotMet,
    TargetOutOfRange,
    ToleranceMissing,
    ToleranceOnlyToMaintain,
)

if TYPE_CHECKING:
    from goals.access import GoalsFacts

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

    @property
    def partners(self) -> tuple[UUID, ...]:
        return (self.coach_id, *self.owner_ids)


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
        return Aim(self.metric.direction, self.target, self.tolerance, self.required_consecutive)


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


@dataclass(frozen=True, slots=True)
class TargetMet:
    whose: Whose
    chart: Chart
    terms: Terms
    goal_version: int
    met_by: UUID
    """The measurement that completed the run."""


@dataclass(frozen=True, slots=True)
class Achieved:
    whose: Whose
    chart: Chart
    terms: Terms
    goal_version: int
    met_by: UUID


@dataclass(frozen=True, slots=True)
class Abandoned:
    whose: Whose
    chart: Chart
    terms: Terms | None


Goal = Unset | Draft | Baselined | Active | TargetMet | Achieved | Abandoned


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


GoalCommand = (
    DraftGoal
    | RecordBaseline
    | ProposeGoal
    | AgreeGoal
    | RecordProgress
    | ConfirmAchievement
    | AbandonGoal
    | CountMeasurement
    | RetractMeasurement
)


# Decisions -------------------------------------------------------------------------------------------


def decide(goal: Goal, command: GoalCommand, facts: "GoalsFacts", *, now: datetime) -> list[Event]:
    match command, goal:
        case DraftGoal(), Unset():
            return _draft(command, facts)
        case DraftGoal(), _:
            raise GoalAlreadyDrafted
        case _, Unset():
            raise GoalNotFound

        # What was measured is counted even after the cycle closed: it happened, only the news was late.
        case CountMeasurement(), (Baselined() | Active() | TargetMet() | Achieved()):
            return _count(goal, command, now)
        case CountMeasurement(), _:
            return []
        case RetractMeasurement(), (Baselined() | Active() | TargetMet() | Achieved() | Abandoned()):
            return _retract(goal, command)
        case RetractMeasurement(), _:
            return []

        case _, Abandoned():
            raise GoalAlreadyAbandoned
        case AbandonGoal(), Achieved():
            raise GoalAlreadyAchieved
        case AbandonGoal(), _:
            return [
                GoalAbandoned(
                    cycle_id=goal.whose.cycle_id,
                    partnership_id=goal.whose.partnership_id,
                    reason_code=command.reason_code,
                    reason_ref=command.reason.ref if command.reason else None,
                )
            ]

        case RecordBaseline(), _:
            return _baseline(goal, command, facts, now)
        case ProposeGoal(), Draft():
            raise NoBaseline
        case ProposeGoal(), Baselined():
            return _propose(goal, command, facts, now)
        case AgreeGoal(), Draft():
            raise NothingProposed
        case AgreeGoal(), Baselined():
            return _agree(goal, facts)
        case ((ProposeGoal() | AgreeGoal()), _):
            raise GoalAlreadySet

        case RecordProgress(), (Active() | TargetMet() | Achieved()):
            measurement = command.measurement.recorded(
                uuid5(facts.command_id, "0"), _partner(goal.whose, facts)
            )
            if not same_metric(goal.terms.metric, measurement):
                raise MetricDiffers(metric_code=goal.terms.metric.metric_code)
            return _progress(goal, measurement, None, now)
        case ConfirmAchievement(), TargetMet():
            return [_achievement(goal, facts)]
        case ConfirmAchievement(), Achieved():
            raise GoalAlreadyAchieved
        case ConfirmAchievement(), Active():
            raise TargetNotMet
        case _:
            raise GoalNotActive


def _draft(command: DraftGoal, facts: "GoalsFacts") -> list[Event]:
    if not isinstance(facts.cycle, cycle.Open):
        raise CycleNotOpen
    plan = facts.cycle.plan
    owner_ids = command.owner_ids or plan.teacher_ids
    if not set(owner_ids) <= set(plan.teacher_ids):
        raise OwnerNotInCycle
    return [
        GoalDrafted(
            cycle_id=command.cycle_id,
            partnership_id=plan.partnership_id,
            coach_id=plan.coach_id,
            owner_ids=owner_ids,
            focus=command.focus or plan.focus,
            time_zone=plan.time_zone,
        )
    ]


def _baseline(
    goal: Draft | Baselined | Active | TargetMet | Achieved,
    command: RecordBaseline,
    facts: "GoalsFacts",
    now: datetime,
) -> list[Event]:
    # A second baseline only when nothing is left of the first: all of it was retracted.
    if not isinstance(goal, Draft) and arithmetic.baseline(goal.chart) is not None:
        raise BaselineAlreadyRecorded
    by = _partner(goal.whose, facts)
    measurements = tuple(
        taken.recorded(uuid5(facts.command_id, str(n)), by) for n, taken in enumerate(command.measurements)
    )
    first = measurements[0]
    if any(measurement.focus != "student" for measurement in measurements):
        raise MetricNotStudentFocused(kind=first.kind)
    if any(
        not same_metric(metric_of(first), other) or other.instrument != first.instrument
        for other in measurements
    ):
        raise BaselineMixed
    if isinstance(goal, Active | TargetMet | Achieved) and not same_metric(goal.terms.metric, first):
        raise MetricDiffers(metric_code=goal.terms.metric.metric_code)
    if any(measurement.occurred_at > now for measurement in measurements):
        raise NotYetHappened
    recorded = BaselineRecorded(
        cycle_id=goal.whose.cycle_id, partnership_id=goal.whose.partnership_id, measurements=measurements
    )
    return [recorded, *_consequences(evolve(goal, recorded), "new_baseline", first.measurement_id)]


def _propose(goal: Baselined, command: ProposeGoal, facts: "GoalsFacts", now: datetime) -> list[Event]:
    if not isinstance(facts.cycle, cycle.Open):
        raise CycleNotOpen
    if command.metric_code != goal.metric.metric_code:
        raise MetricDiffers(metric_code=goal.metric.metric_code)
    terms = Terms(
        statement=command.statement.ref,
        metric=goal.metric.model_copy(update={"direction": command.direction or goal.metric.direction}),
        target=command.target,
        tolerance=command.tolerance,
        due_on=command.due_on,
        required_consecutive=command.required_consecutive,
        peers=Peers(**command.peers.model_dump()),
    )
    must_be_sound(goal, terms)
    if terms.due_on <= arithmetic.local_day(now, goal.whose.time_zone):
        raise DueDateNotAhead
    return [
        GoalProposed(
            cycle_id=goal.whose.cycle_id,
            partnership_id=goal.whose.partnership_id,
            by=_partner(goal.whose, facts),
            statement_ref=terms.statement,
            metric=terms.metric,
            target=terms.target,
            tolerance=terms.tolerance,
            due_on=terms.due_on,
            required_consecutive=terms.required_consecutive,
            peers=terms.peers,
        )
    ]


def must_be_sound(goal: Baselined, terms: Terms) -> Fraction:
    """The baseline, if these terms may be set on it (rules 1 and 3); raises the refusal otherwise."""
    base = arithmetic.baseline(goal.chart)
    if base is None:
        raise NoBaseline
    if terms.metric.direction == "maintain":
        if terms.target is not None:
            raise TargetNotForMaintain
        if terms.tolerance is None or Fraction(terms.tolerance) < 0:
            raise ToleranceMissing
        return base
    if terms.tolerance is not None:
        raise ToleranceOnlyToMaintain
    if terms.target is None:
        raise TargetMissing
    if not arithmetic.reachable(terms.metric.kind, Fraction(terms.target)):
        raise TargetOutOfRange(target=terms.target)
    if not arithmetic.improves(terms.metric.direction, base, Fraction(terms.target)):
        raise TargetNotAnImprovement(baseline=str(base), target=terms.target)
    return base


def _agree(goal: Baselined, facts: "GoalsFacts") -> list[Event]:
    if not isinstance(facts.cycle, cycle.Open):
        raise CycleNotOpen
    terms, whose, by = goal.proposal, goal.whose, _partner(goal.whose, facts)
    if terms is None:
        raise NothingProposed
    if by in goal.agreed:
        raise AlreadyAgreed
    base = must_be_sound(goal, terms)  # again: some of the baseline may have been retracted meanwhile
    agreed = GoalAgreed(cycle_id=whose.cycle_id, partnership_id=whose.partnership_id, by=by)
    agreed_by = (*goal.agreed, by)
    if set(whose.partners) - set(agreed_by):
        return [agreed]
    goal_set = GoalSet(
        cycle_id=whose.cycle_id,
        partnership_id=whose.partnership_id,
        coach_id=whose.coach_id,
        owner_ids=whose.owner_ids,
        goal_version=1,
        statement_ref=terms.statement,
        metric=terms.metric,
        target=terms.target,
        tolerance=terms.tolerance,
        due_on=terms.due_on,
        required_consecutive=terms.required_consecutive,
        baseline=str(base),
        agreed_by=agreed_by,
    )
    return [agreed, goal_set, *_consequences(evolve(evolve(goal, agreed), goal_set), "", None)]


def _count(
    goal: Baselined | Active | TargetMet | Achieved, command: CountMeasurement, now: datetime
) -> list[Event]:
    metric = goal.metric if isinstance(goal, Baselined) else goal.terms.metric
    measurement = command.measurement
    known = goal.chart.knows(measurement.measurement_id)
    if known or command.partnership_id != goal.whose.partnership_id or not same_metric(metric, measurement):
        return []
    return _progress(goal, measurement, command.observation_id, now)


def _progress(
    goal: Baselined | Active | TargetMet | Achieved,
    measurement: Measurement,
    observation_id: UUID | None,
    now: datetime,
) -> list[Event]:
    if measurement.occurred_at > now:
        raise NotYetHappened
    measured = ProgressMeasured(
        cycle_id=goal.whose.cycle_id,
        partnership_id=goal.whose.partnership_id,
        measurement=measurement,
        observation_id=observation_id,
    )
    return [measured, *_consequences(evolve(goal, measured), "late_measurement", measurement.measurement_id)]


def _retract(
    goal: Baselined | Active | TargetMet | Achieved | Abandoned, command: RetractMeasurement
) -> list[Event]:
    if not goal.chart.holds(command.measurement_id):
        return []
    gone = ProgressRetracted(
        cycle_id=goal.whose.cycle_id,
        partnership_id=goal.whose.partnership_id,
        measurement_id=command.measurement_id,
        cause=command.cause,
    )
    return [gone, *_consequences(evolve(goal, gone), command.cause, command.measurement_id)]


def _consequences(goal: Goal, cause: str, measurement_id: UUID | None) -> list[Event]:
    """What a changed chart means: an achievement that no longer stands, a target that now is met."""
    withdrawn: list[Event] = []
    match goal:
        case TargetMet() | Achieved() if measurement_id is not None:
            if arithmetic.ends_a_run(goal.chart, goal.terms.aim, goal.met_by):
                return []
            withdrawn.append(
                AchievementWithdrawn(
                    cycle_id=goal.whose.cycle_id,
                    partnership_id=goal.whose.partnership_id,
                    cause=cause,
                    measurement_id=measurement_id,
                )
            )
        case Active():
            pass
        case _:
            return []
    run = arithmetic.first_run(goal.chart, goal.terms.aim)
    if run is None:
        return withdrawn
    return [
        *withdrawn,
        GoalTargetMet(
            cycle_id=goal.whose.cycle_id,
            partnership_id=goal.whose.partnership_id,
            goal_version=goal.goal_version,
            measurement_id=run.measurement_id,
            met_on=arithmetic.local_day(run.at, goal.whose.time_zone),
        ),
    ]


def _achievement(goal: TargetMet, facts: "GoalsFacts") -> GoalAchieved:
    by = facts.by.person
    if facts.by.kind != "system" and by not in goal.whose.owner_ids:
        raise OnlyOwnerConfirms
    progress = arithmetic.counted(goal.chart)
    places = [n for n, reading in enumerate(progress) if reading.measurement_id == goal.met_by]
    start = arithmetic.last_baseline(goal.chart)
    if not places or start is None:  # no history of ours says so, but a decision is total
        raise TargetNotMet
    final = progress[places[0]]
    achieved_on = arithmetic.local_day(final.at, goal.whose.time_zone)
    started_on = arithmetic.local_day(start.at, goal.whose.time_zone)
    return GoalAchieved(
        cycle_id=goal.whose.cycle_id,
        partnership_id=goal.whose.partnership_id,
        confirmed_by=by if by in goal.whose.owner_ids else None,
        achieved_on=achieved_on,
        baseline=str(arithmetic.baseline(goal.chart)),
        final=str(final.quotient),
        measurements_n=places[0] + 1,
        days=(achieved_on - started_on).days,
        goal_version=goal.goal_version,
    )


def _partner(whose: Whose, facts: "GoalsFacts") -> UUID:
    by = facts.by.person
    if by is None or by not in whose.partners:
        raise NotAPartner
    return by


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


# History ---------------------------------------------------------------------------------------------


def evolve(goal: Goal, event: Event) -> Goal:
    match event, goal:
        case GoalDrafted(), Unset():
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
        case BaselineRecorded(), Draft(whose):
            return Baselined(whose, _with_baseline(Chart(), event), metric_of(event.measurements[-1]))
        case BaselineRecorded(), Baselined(whose, chart):
            # A new baseline: what was proposed on the old one no longer stands.
            return Baselined(whose, _with_baseline(chart, event), metric_of(event.measurements[-1]))
        case BaselineRecorded(), (Active() | TargetMet() | Achieved()):
            return replace(goal, chart=_with_baseline(goal.chart, event))
        case GoalProposed(), Baselined():
            return replace(goal, proposal=_terms(event), agreed=())
        case GoalAgreed(), Baselined() if event.by not in goal.agreed:
            return replace(goal, agreed=(*goal.agreed, event.by))
        case GoalSet(), Baselined(whose, chart, _, Terms() as terms):
            return Active(whose, chart, terms, event.goal_version)
        case ProgressMeasured(), (Baselined() | Active() | TargetMet() | Achieved()):
            return replace(goal, chart=arithmetic.charted(goal.chart, event.measurement))
        case ProgressRetracted(), (Baselined() | Active() | TargetMet() | Achieved() | Abandoned()):
            return replace(goal, chart=arithmetic.retracted(goal.chart, event.measurement_id))
        case GoalTargetMet(), Active(whose, chart, terms, version):
            return TargetMet(whose, chart, terms, version, event.measurement_id)
        case GoalAchieved(), TargetMet(whose, chart, terms, version, met_by):
            return Achieved(whose, chart, terms, version, met_by)
        case AchievementWithdrawn(), (TargetMet() | Achieved()):
            return Active(goal.whose, goal.chart, goal.terms, goal.goal_version)
        case GoalAbandoned(), Draft(whose):
            return Abandoned(whose, Chart(), None)
        case GoalAbandoned(), Baselined(whose, chart, _, terms):
            return Abandoned(whose, chart, terms)
        case GoalAbandoned(), (Active(whose, chart, terms) | TargetMet(whose, chart, terms)):
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
