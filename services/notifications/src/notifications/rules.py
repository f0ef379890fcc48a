"""The milestones and their default rules, as data: another milestone is another row.

A district may publish versions of its own (see milestone_rule.py); these are version 1.
"""

from dataclasses import dataclass
from typing import Literal

from chalkline_contracts.notifications import RecipientRole

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
    version: int = DEFAULT_VERSION
    enabled: bool = True


DEFAULTS: tuple[Rule, ...] = (
    Rule("CycleOpened", "event", ("CycleStarted",), BOTH),
    Rule("BaselineMissing", "timer", ("CycleStarted",), COACH, days=7),
    Rule("BaselineRecorded", "event", ("BaselineRecorded",), BOTH),
    Rule("GoalSet", "event", ("GoalSet",), BOTH),
    # The cadence is the cycle's; these days come on top of it.
    Rule("VisitOverdue", "timer", ("ObservationRecorded", "CycleStarted"), COACH, days=1),
    # Half of the planned weeks: the offset is the cycle's own.
    Rule("MidpointReview", "timer", ("CycleStarted",), BOTH),
    Rule("GoalSilent", "timer", ("ProgressMeasured", "GoalSet"), BOTH, days=21),
    Rule("GoalTargetMet", "event", ("GoalTargetMet",), BOTH),
    Rule("GoalAchieved", "event", ("GoalAchieved",), BOTH),
    Rule("CycleClosed", "event", ("CycleCompleted", "CycleClosedEarly"), (*BOTH, "coaching_lead")),
)

BY_MILESTONE: dict[str, Rule] = {rule.milestone: rule for rule in DEFAULTS}
BY_EVENT: dict[str, Rule] = {event: rule for rule in DEFAULTS if rule.trigger == "event" for event in rule.on}
"""The milestone that an event reaches at once."""
