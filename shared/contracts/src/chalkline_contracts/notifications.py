"""What notifications tells: milestones that cycles reach, and who was told.

A notification carries a milestone's name and ids: never goal text, a score or a student.
"""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from chalkline_contracts.event import Event
from chalkline_contracts.values import Text, Time

MilestoneName = Annotated[str, Field(pattern=r"^[A-Z][A-Za-z]{0,63}$")]
"""As in the list of milestones, such as VisitOverdue; the list grows."""

RecipientRole = Literal["teacher", "coach", "coaching_lead"]
Occurrence = Annotated[Text, Field(min_length=1, max_length=200)]
"""Which time it was, such as `since:2026-03-02`; the goal is part of it where there is one."""


class Recipient(BaseModel):
    """Who hears of a milestone, and as what."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    person_id: UUID
    role: RecipientRole


class MilestoneRulePublished(Event, service="notifications", aggregate="MilestoneRule"):
    """From now on the district's rule for a milestone; due moments after its publication follow it."""

    milestone: MilestoneName
    version: int
    """The product's own rule is version 1, so a district's first is 2."""
    enabled: bool
    days: int | None = None
    """The offset of a rule that has one, as the milestone counts it."""
    recipients: tuple[RecipientRole, ...]


class MilestoneReached(Event, service="notifications", aggregate="CycleWatch", tier="B"):
    """Fires once per cycle, rule, version of the rule and occurrence."""

    milestone: MilestoneName
    cycle_id: UUID
    goal_id: UUID | None = None
    due_at: Time
    rule_version: int
    occurrence: Occurrence
    recipients: tuple[Recipient, ...] = ()

    @property
    def happened_at(self) -> datetime:
        return self.due_at


class NotificationSent(Event, service="notifications", aggregate="Notification", tier="B"):
    milestone: MilestoneName
    cycle_id: UUID
    goal_id: UUID | None = None
    recipient_id: UUID
    due_at: Time
    channel: Literal["inbox"] = "inbox"


class NotificationAcknowledged(Event, service="notifications", aggregate="Notification", tier="B"):
    milestone: MilestoneName
    cycle_id: UUID
    recipient_id: UUID
