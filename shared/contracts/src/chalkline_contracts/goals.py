"""What goals tells: partnerships, their cycles, the goals within them, and the models they follow.

Every event of a cycle or goal names its partnership, and every event of a goal its cycle, so that a
reader need not join. Words stay in goals; an event only refers to them. Everything about a goal or
an action step is the pair's (tier B); that a partnership or a cycle exists, and where it stands, is activity (tier A).
"""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from chalkline_contracts import feeds
from chalkline_contracts.acts import Act
from chalkline_contracts.event import Event
from chalkline_contracts.measurement import ExactQuotient, Measurement, Metric, Quotient, Versioned
from chalkline_contracts.receipts import ReceiptOfRead
from chalkline_contracts.values import Code, Count, Day, RetentionClass, Text, Time, WordsRef


class Peers(BaseModel):
    """Whether the pair finds it powerful, easy, emotionally compelling, reachable and student-focused."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    powerful: bool
    easy: bool
    emotionally_compelling: bool
    reachable: bool
    student_focused: bool


Trend = Literal["on_track", "at_risk", "stalled"]
"""How a goal's measurements lie against its aim line."""

Sustained = Literal["sustained", "lapsed"]
"""Whether what a cycle reached still holds some weeks after it."""

StepResponse = Literal["accepted", "adapted", "declined"]


class GoalTerms(BaseModel):
    """What recharting may change of a goal; its metric, baseline and owners stay."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    target: Quotient | None
    """None for `maintain`."""
    tolerance: Quotient | None = None
    due_on: Day
    required_consecutive: int


class ShareScope(BaseModel):
    """What a teacher lets others see: a goal, a cycle or, with neither, all that is theirs here."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    cycle_id: UUID | None = None
    goal_id: UUID | None = None


# Partnership -----------------------------------------------------------------------------------------


class PartnershipProposed(Event, service="goals", aggregate="Partnership"):
    """A coach or a teacher asks the others to work together; each of them has to consent."""

    coach_id: UUID
    teacher_ids: tuple[UUID, ...]
    template: Versioned
    """The model the pair means to follow, such as "impact-cycle@1"."""
    confidentiality_policy_version: int
    proposed_by: UUID | None = None


class PartnershipConsentGiven(Event, service="goals", aggregate="Partnership"):
    """One of those who were asked consents."""

    by: UUID


class PartnershipAgreed(Event, service="goals", aggregate="Partnership", public=feeds.PartnershipAgreed):
    """Everyone in it has consented."""

    coach_id: UUID
    teacher_ids: tuple[UUID, ...]


class PartnershipDeclined(Event, service="goals", aggregate="Partnership"):
    """One of those who were asked does not want to; that was all."""

    by: UUID
    coach_id: UUID
    teacher_ids: tuple[UUID, ...]
    reason_ref: WordsRef | None = None


class PartnershipSuspended(Event, service="goals", aggregate="Partnership"):
    """The coach sees nothing of the pair's content from this moment on; the teachers keep theirs."""

    reason_code: Code
    coach_id: UUID
    teacher_ids: tuple[UUID, ...]


class CoachHandedOver(Event, service="goals", aggregate="Partnership"):
    """Another coach is to follow. It holds when every teacher has consented; until then no coach sees anything.

    The consents and the agreement that follow are told as those of a new partnership are.
    """

    from_coach_id: UUID
    to_coach_id: UUID
    teacher_ids: tuple[UUID, ...]
    by: UUID


class ShareGranted(Event, service="goals", aggregate="Partnership"):
    """A teacher lets others see content of their own, until a moment or until revoked."""

    share_id: UUID
    by: UUID
    scope: ShareScope
    audience: tuple[UUID, ...]
    """The people who may see it."""
    expires_at: Time
    granted_at: Time | None = None
    """What had expired by then is forgotten."""


class ShareRevoked(Event, service="goals", aggregate="Partnership"):
    """A teacher takes back what they let others see, from this moment on."""

    share_id: UUID
    by: UUID


class PartnershipEnded(Event, service="goals", aggregate="Partnership", public=feeds.PartnershipEnded):
    """They work together no more; each teacher keeps what is theirs."""

    coach_id: UUID
    teacher_ids: tuple[UUID, ...]
    by: UUID | None = None
    reason_code: Code | None = None
    reason_ref: WordsRef | None = None


# Cycle -----------------------------------------------------------------------------------------------


class CycleStarted(Event, service="goals", aggregate="Cycle", public=feeds.CycleStarted):
    """A partnership begins a coaching cycle by a model, its plan with it."""

    partnership_id: UUID
    coach_id: UUID
    teacher_ids: tuple[UUID, ...]
    focus: Code
    """The area worked on, such as `reading_fluency`: all that an administrator learns of it."""
    template: Versioned
    phases: tuple[Code, ...]
    planned_weeks: int
    cadence_days: int
    school_id: UUID | None = None
    time_zone: Text | None = None
    """An IANA name; the dates of the cycle's goals are local to it. None: UTC."""
    place: int = 1
    """Of the cycles of this focus that the partnership may have open at once, by the district's policy."""


class CyclePhaseEntered(Event, service="goals", aggregate="Cycle", public=feeds.CyclePhaseEntered):
    """A cycle comes to a phase of its model, whether or not it is the next one."""

    partnership_id: UUID
    phase: Code


class CycleMemberJoined(Event, service="goals", aggregate="Cycle"):
    """A teacher of the partnership takes part from now on."""

    partnership_id: UUID
    teacher_id: UUID
    by: UUID


class CycleMemberLeft(Event, service="goals", aggregate="Cycle"):
    """A teacher takes part no more, and keeps what is theirs."""

    partnership_id: UUID
    teacher_id: UUID
    by: UUID


class CyclePaused(Event, service="goals", aggregate="Cycle"):
    """Its days count no more, from this day on until the one on which it is resumed."""

    partnership_id: UUID
    by: UUID
    reason_code: Code | None = None


class CycleResumed(Event, service="goals", aggregate="Cycle"):
    """Its days count again, from this day on."""

    partnership_id: UUID
    by: UUID


class CycleCompleted(Event, service="goals", aggregate="Cycle", public=feeds.CycleEnded):
    """The pair is through with a cycle."""

    partnership_id: UUID
    focus: Code
    place: int = 1


class CycleClosedEarly(Event, service="goals", aggregate="Cycle", public=feeds.CycleEnded):
    """The pair ends a cycle before it is through with it."""

    partnership_id: UUID
    focus: Code
    reason_code: Code
    reason_ref: WordsRef | None = None
    place: int = 1


class FollowUpRecorded(Event, service="goals", aggregate="Cycle", tier="B"):
    """Some weeks after a cycle ended, in whichever way: whether what it reached still holds."""

    partnership_id: UUID
    focus: Code
    outcome: Sustained
    by: UUID


# Goal ------------------------------------------------------------------------------------------------


class GoalDrafted(Event, service="goals", aggregate="Goal", tier="B"):
    """Somebody of a cycle sets out to make a goal, for its owners."""

    cycle_id: UUID
    partnership_id: UUID
    coach_id: UUID
    owner_ids: tuple[UUID, ...]
    focus: Code
    time_zone: Text | None = None


class BaselineRecorded(Event, service="goals", aggregate="Goal", tier="B"):
    """Where a goal starts from is known."""

    cycle_id: UUID
    partnership_id: UUID
    measurements: Annotated[tuple[Measurement, ...], Field(min_length=1, max_length=3)]
    """One to three of one metric and one version of the instrument; the baseline is their median."""

    @property
    def happened_at(self) -> datetime:
        return max(measurement.occurred_at for measurement in self.measurements)


class GoalProposed(Event, service="goals", aggregate="Goal", tier="B"):
    """A proposal voids the agreements given to an earlier one."""

    cycle_id: UUID
    partnership_id: UUID
    by: UUID
    statement_ref: WordsRef
    metric: Metric
    target: Quotient | None
    """None for `maintain`, which has a tolerance around the baseline instead."""
    tolerance: Quotient | None = None
    due_on: Day
    required_consecutive: int
    peers: Peers


class GoalAgreed(Event, service="goals", aggregate="Goal", tier="B"):
    """One of those it concerns agrees to the proposal that stands."""

    cycle_id: UUID
    partnership_id: UUID
    by: UUID


class GoalSet(Event, service="goals", aggregate="Goal", tier="B", public=feeds.GoalSet):
    """Every owner and the coach agreed to the proposal that stood."""

    cycle_id: UUID
    partnership_id: UUID
    coach_id: UUID
    owner_ids: tuple[UUID, ...]
    goal_version: int
    statement_ref: WordsRef
    metric: Metric
    target: Quotient | None
    tolerance: Quotient | None = None
    due_on: Day
    required_consecutive: int
    baseline: ExactQuotient
    """As it stood when the goal was set."""
    agreed_by: tuple[UUID, ...]


class ProgressMeasured(Event, service="goals", aggregate="Goal", tier="B"):
    """A measurement counts for a goal: told by a partner, or made in an observation."""

    cycle_id: UUID
    partnership_id: UUID
    measurement: Measurement
    observation_id: UUID | None = None

    @property
    def happened_at(self) -> datetime:
        return self.measurement.occurred_at


class ProgressRetracted(Event, service="goals", aggregate="Goal", tier="B"):
    """A measurement, of progress or of the baseline, no longer holds."""

    cycle_id: UUID
    partnership_id: UUID
    measurement_id: UUID
    cause: Code
    """Why, such as `observation_voided`, whose event is the causation of this one; or the reason its author gave."""


class GoalRecharted(Event, service="goals", aggregate="Goal", tier="B"):
    """From `recharted_at` on the goal has other terms; what was measured before belongs to the version before."""

    cycle_id: UUID
    partnership_id: UUID
    by: UUID
    goal_version: int
    """The new one."""
    recharted_at: Time
    before: GoalTerms
    after: GoalTerms
    reason_code: Code
    reason_ref: WordsRef | None = None


class GoalTrendChanged(Event, service="goals", aggregate="Goal", tier="B"):
    """The measurements lie otherwise against the aim line than was told last; a goal begins on track, untold."""

    cycle_id: UUID
    partnership_id: UUID
    goal_version: int
    was: Trend
    trend: Trend
    best_id: UUID | None = None
    """The best measurement so far; None: nothing was better than the baseline. One stall is told of a best once."""


class GoalTargetMet(Event, service="goals", aggregate="Goal", tier="B"):
    """Enough measurements in a row were at target; an owner's confirmation achieves the goal."""

    cycle_id: UUID
    partnership_id: UUID
    goal_version: int
    measurement_id: UUID
    """The measurement that completed the run."""
    met_on: Day


class GoalAchieved(Event, service="goals", aggregate="Goal", tier="B", public=feeds.GoalEnded):
    """The target was met, and an owner, or the district's policy, confirmed it."""

    cycle_id: UUID
    partnership_id: UUID
    confirmed_by: UUID | None
    """The owner; None when the district's policy confirms by itself."""
    achieved_on: Day
    """The local date of the measurement that completed the run."""
    baseline: ExactQuotient
    final: ExactQuotient
    measurements_n: int
    """Counted measurements up to and including the one that completed the run."""
    days: int
    """From the date of the last baseline measurement to `achieved_on`."""
    goal_version: int


class AchievementWithdrawn(Event, service="goals", aggregate="Goal", tier="B", retracts=feeds.GoalEnded):
    """The measurement that completed the run no longer ends one; the goal is active again."""

    cycle_id: UUID
    partnership_id: UUID
    cause: Code
    """`late_measurement`, or the cause of the retraction."""
    measurement_id: UUID
    """The measurement that came late or was retracted."""


class GoalAbandoned(Event, service="goals", aggregate="Goal", tier="B", public=feeds.GoalEnded):
    """The pair gives a goal up."""

    cycle_id: UUID
    partnership_id: UUID
    reason_code: Code
    reason_ref: WordsRef | None = None


# ActionStep ------------------------------------------------------------------------------------------


class ActionStepOffered(Event, service="goals", aggregate="ActionStep", tier="B"):
    """A small, learnable change of practice that one partner recommends to a teacher, who answers it."""

    cycle_id: UUID
    partnership_id: UUID
    coach_id: UUID
    teacher_id: UUID
    """Whose step it would be."""
    goal_id: UUID | None = None
    """The goal it serves."""
    strategy_code: Code
    checklist: Versioned | None = None
    """What the practice is held against, such as "cold-call@2"."""
    check_back_on: Day
    note_ref: WordsRef | None = None
    offered_by: UUID


class ActionStepResponded(Event, service="goals", aggregate="ActionStep", tier="B"):
    """The teacher's answer to the recommendation, whichever it is."""

    cycle_id: UUID
    partnership_id: UUID
    response: StepResponse
    by: UUID
    note_ref: WordsRef | None = None
    """How it was adapted, or why it was declined."""


class ActionStepPractised(Event, service="goals", aggregate="ActionStep", tier="B"):
    """The teacher tried it out."""

    cycle_id: UUID
    partnership_id: UUID
    by: UUID
    measurement: Measurement | None = None
    """Of the practice, never of students, such as how much of the checklist was met."""


class ActionStepInUse(Event, service="goals", aggregate="ActionStep", tier="B"):
    """The teacher uses it in lessons, without being prompted."""

    cycle_id: UUID
    partnership_id: UUID
    by: UUID
    measurement: Measurement | None = None


class ActionStepMastered(Event, service="goals", aggregate="ActionStep", tier="B"):
    """The teacher has made it their own."""

    cycle_id: UUID
    partnership_id: UUID
    by: UUID
    measurement: Measurement | None = None


# Initiative ------------------------------------------------------------------------------------------


class InitiativeLaunched(Event, service="goals", aggregate="Initiative", public=feeds.InitiativeLaunched):
    """Something a district or school does as a whole, to which goals may be linked; seen in aggregates only."""

    name_ref: WordsRef
    focus: Code | None = None
    begin: Day
    end: Day | None = None
    launched_by: UUID | None = None
    """None: an operator did."""


class GoalLinkedToInitiative(Event, service="goals", aggregate="Initiative", tier="B"):
    """A partner says that a goal serves it; on the initiative's stream."""

    initiative_id: UUID
    goal_id: UUID
    cycle_id: UUID
    partnership_id: UUID
    by: UUID


class InitiativeClosed(Event, service="goals", aggregate="Initiative", public=feeds.InitiativeClosed):
    """No further goal is linked; those that are stay."""


# ModelTemplate ---------------------------------------------------------------------------------------


class ModelTemplatePublished(
    Event, service="goals", aggregate="ModelTemplate", public=feeds.ModelTemplatePublished
):
    """One version of a model of coaching, for good; a change is another version."""

    template: Versioned
    phases: tuple[Code, ...]
    cadence_days: int
    planned_weeks: int


class ModelTemplateRetired(
    Event, service="goals", aggregate="ModelTemplate", public=feeds.ModelTemplateRetired
):
    """No further cycle follows this version of the model."""

    template: Versioned


class ContentErased(Event, service="goals", aggregate="Erasure", stays=True):
    """Goals attests that it has erased what an erasure of directory's asked for."""

    erasure_id: UUID
    person_id: UUID | None = None
    n_items: Count
    n_held: Count = 0
    retention: RetentionClass | None = None


# BreakGlass ------------------------------------------------------------------------------------------


class BreakGlassRequested(Event, service="goals", aggregate="BreakGlass", tier="B"):
    """An administrator wants to read what is a teacher's, and says why; another one has to agree."""

    teacher_id: UUID
    requested_by: UUID
    scope: ShareScope
    reason_ref: WordsRef
    requested_at: Time


class BreakGlassApproved(Event, service="goals", aggregate="BreakGlass", tier="B"):
    """From now on, and until then, whoever asked reads it; the teacher is told."""

    teacher_id: UUID
    requested_by: UUID
    approved_by: UUID
    scope: ShareScope
    approved_at: Time
    expires_at: Time


class BreakGlassDenied(Event, service="goals", aggregate="BreakGlass", tier="B"):
    """Nothing is opened: another administrator refused, or whoever asked took it back."""

    teacher_id: UUID
    denied_by: UUID
    """Whoever asked, where they took it back."""
    denied_at: Time


# Access ----------------------------------------------------------------------------------------------


class ContentRead(ReceiptOfRead, Event, service="goals", aggregate="Access", tier="B"):
    """Somebody outside the pair read what is the pair's."""


class OperatorActed(Act, Event, service="goals", aggregate="Operation", tier="O", stays=True):
    """What an operator did to goals, or set out to do; the aggregate is the act."""
