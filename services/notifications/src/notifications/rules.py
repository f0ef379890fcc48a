"""The milestones and their default rules, as data: another milestone is another row.

A district may publish versions of its own (see milestone_rule.py); these are version 1.
"""

from dataclasses import dataclass
from typing import Final, Literal

from chalkline_contracts.notifications import COUNTED_FROM, RecipientRole

TEACHER: tuple[RecipientRole, ...] = ("teacher",)
COACH: tuple[RecipientRole, ...] = ("coach",)
BOTH: tuple[RecipientRole, ...] = ("teacher", "coach")
DEFAULT_VERSION = 1


@dataclass(frozen=True, slots=True)
class Rule:
    """When a milestone is reached, and who hears of it."""

    milestone: str
    trigger: Literal["event", "timer"]
    on: tuple[str, ...]
    """The events that reach it, or that its clock counts from."""
    recipients: tuple[RecipientRole, ...]
    days: int | None = None
    """For a timer with an offset of its own; what is counted from is the milestone's business."""
    hours: int | None = None
    """The same for one that counts hours."""
    version: int = DEFAULT_VERSION
    enabled: bool = True
    banded: bool = True
    """Whether it is about the teachers of one cycle, so that an experience band may have a rule of its own."""
    asks: bool = True
    """For a timer: whether something is to be done, which ends it."""


DEFAULTS: tuple[Rule, ...] = (
    Rule("CycleOpened", "event", ("CycleStarted",), BOTH),
    Rule("BaselineMissing", "timer", COUNTED_FROM["BaselineMissing"], COACH, days=7),
    Rule("BaselineRecorded", "event", ("BaselineRecorded",), BOTH),
    # To those of both who have not agreed.
    Rule("GoalAgreementPending", "timer", COUNTED_FROM["GoalAgreementPending"], BOTH, hours=48),
    Rule("GoalSet", "event", ("GoalSet",), BOTH),
    # The cadence is the cycle's; one is due these days before it has passed, and overdue these days after.
    Rule("VisitDue", "timer", COUNTED_FROM["VisitDue"], COACH, days=2),
    Rule("VisitOverdue", "timer", COUNTED_FROM["VisitOverdue"], COACH, days=1),
    Rule("FeedbackDue", "timer", COUNTED_FROM["FeedbackDue"], COACH, hours=48),
    # On the day that the step itself names.
    Rule("CheckBackDue", "timer", COUNTED_FROM["CheckBackDue"], BOTH),
    # Half of the planned weeks: the offset is the cycle's own.
    Rule("MidpointReview", "timer", COUNTED_FROM["MidpointReview"], BOTH, asks=False),
    Rule("GoalOnTrack", "event", ("GoalTrendChanged",), BOTH),
    Rule("GoalAtRisk", "event", ("GoalTrendChanged",), BOTH),
    Rule("GoalStalled", "event", ("GoalTrendChanged",), BOTH),
    Rule("GoalSilent", "timer", COUNTED_FROM["GoalSilent"], BOTH, days=21),
    Rule("GoalTargetMet", "event", ("GoalTargetMet",), BOTH),
    Rule("GoalAchieved", "event", ("GoalAchieved",), BOTH),
    # Before and after the planned weeks have passed.
    Rule("CycleEndingSoon", "timer", COUNTED_FROM["CycleEndingSoon"], BOTH, days=7, asks=False),
    Rule("Overrun", "timer", COUNTED_FROM["Overrun"], BOTH, days=7),
    Rule("CycleClosed", "event", ("CycleCompleted", "CycleClosedEarly"), (*BOTH, "coaching_lead")),
    # Four and twelve weeks after.
    Rule("FollowUpDue", "timer", COUNTED_FROM["FollowUpDue"], BOTH),
    Rule("Lapsed", "event", ("FollowUpRecorded",), BOTH),
    # More teachers than the district's policy says.
    Rule("CaseloadOverload", "event", ("CycleStarted", "CycleMemberJoined", "PartnershipAgreed"),
         ("coach", "coaching_lead"), banded=False),
    # Whoever evaluates a teacher cannot coach that teacher.
    Rule("CoachingSuspended", "event", ("PartnershipSuspended",), BOTH, banded=False),
)  # fmt: skip

TIMED: Final = frozenset(rule.milestone for rule in DEFAULTS if rule.trigger == "timer")
"""The milestones that time brings."""

GLASS_BROKEN: Final = "BreakGlassApproved"
"""What a teacher is told whatever a district decides; it has no rule that anybody could publish."""

BY_MILESTONE: dict[str, Rule] = {rule.milestone: rule for rule in DEFAULTS}
