"""What notifications tells: milestones that cycles reach, who was told, and what became of the mail.

A notification carries a milestone's name and ids: never goal text, a score or a student. In version 1 every one of
them was about a cycle; what is about a partnership beyond any cycle has no `cycle_id`, and came with version 2.
"""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from chalkline_contracts.acts import Act
from chalkline_contracts.event import Event
from chalkline_contracts.values import Code, Count, RetentionClass, Text, Time

MilestoneName = Annotated[str, Field(pattern=r"^[A-Z][A-Za-z]{0,63}$")]
"""As in the list of milestones, such as VisitOverdue; the list grows."""

COUNTED_FROM: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "BaselineMissing": ("CycleStarted",),
        "GoalAgreementPending": ("GoalProposed",),
        "VisitDue": ("ObservationRecorded", "ActivityHeld", "CycleStarted"),
        "VisitOverdue": ("ObservationRecorded", "ActivityHeld", "CycleStarted"),
        "FeedbackDue": ("ObservationRecorded",),
        "CheckBackDue": ("ActionStepOffered",),
        "MidpointReview": ("CycleStarted",),
        "GoalSilent": ("ProgressMeasured", "GoalSet"),
        "CycleEndingSoon": ("CycleStarted",),
        "Overrun": ("CycleStarted",),
        "FollowUpDue": ("CycleCompleted", "CycleClosedEarly"),
    }
)
"""Milestones that time brings, each with the events from which its clock may count."""

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
    hours: int | None = None
    """The offset of a rule that counts hours."""
    experience_band: Code | None = None
    """The teachers it holds for; None: all for whom there is no rule of their own."""
    recipients: tuple[RecipientRole, ...]


class OfCycleOrPartnership(BaseModel):
    """What a milestone is about: a cycle or, where there is none, a partnership; neither, where it is about who reads
    what is the recipient's own.
    """

    cycle_id: UUID | None = None
    partnership_id: UUID | None = None
    """Only where there is no cycle."""

    @classmethod
    def upcast(cls, version: int, data: dict[str, Any]) -> dict[str, Any]:
        """Version 1 always named a cycle, and is read as it is."""
        if version != 1:
            raise LookupError(f"{cls.__name__} has no version {version}")
        return data


class MilestoneReached(
    OfCycleOrPartnership, Event, service="notifications", aggregate="CycleWatch", tier="B", version=2
):
    """Fires once per cycle, rule, version of the rule and occurrence. What concerns more than 500 people is told in
    as many of these as it takes, of one command; each names others.
    """

    milestone: MilestoneName
    goal_id: UUID | None = None
    due_at: Time
    rule_version: int
    occurrence: Occurrence
    recipients: tuple[Recipient, ...] = ()

    @property
    def happened_at(self) -> datetime:
        return self.due_at


class NotificationSent(
    OfCycleOrPartnership, Event, service="notifications", aggregate="Notification", tier="B", version=2
):
    """It lies in the recipient's inbox; what becomes of the mail about it is told apart from that."""

    milestone: MilestoneName
    goal_id: UUID | None = None
    recipient_id: UUID
    due_at: Time
    occurrence: Occurrence | None = None
    """As in MilestoneReached."""
    channel: Literal["inbox"] = "inbox"


class NotificationAcknowledged(
    OfCycleOrPartnership, Event, service="notifications", aggregate="Notification", tier="B", version=2
):
    """Its recipient has seen it."""

    milestone: MilestoneName
    recipient_id: UUID


class NotificationDelivered(
    OfCycleOrPartnership, Event, service="notifications", aggregate="Notification", tier="B", version=2
):
    """Another channel took it: the mail server said that it has the mail."""

    milestone: MilestoneName
    recipient_id: UUID
    channel: Code = "mail"
    message_id: Text
    """The mail's Message-ID, without its angle brackets; notifications of one digest share it."""


class NotificationFailed(
    OfCycleOrPartnership, Event, service="notifications", aggregate="Notification", tier="B", version=2
):
    """Another channel did not take it, for good. It lies in the inbox all the same."""

    milestone: MilestoneName
    recipient_id: UUID
    channel: Code = "mail"
    message_id: Text | None = None
    """Of the mail, where there was one to be sent; version 1 always had it."""
    code: Code
    """Why, such as smtp_550 or address_malformed."""


class NotificationSuppressed(
    OfCycleOrPartnership, Event, service="notifications", aggregate="Notification", tier="B", version=2
):
    """Another channel was not asked. It lies in the inbox all the same."""

    milestone: MilestoneName
    recipient_id: UUID
    channel: Code = "mail"
    code: Code
    """Why, such as acknowledged, not_wanted or person_not_active."""


MailPreference = Literal["at_once", "daily_digest", "none"]


class PreferenceChanged(Event, service="notifications", aggregate="Preference", tier="C"):
    """How a person wants to be told, from now on; its id is the person's, and it is shown to nobody else."""

    mail: MailPreference
    muted: tuple[MilestoneName, ...] = ()
    """Milestones of which no mail is wanted; the inbox has them."""


class ContentErased(Event, service="notifications", aggregate="Erasure", stays=True):
    """Notifications attests that it has erased what an erasure of directory's asked for."""

    erasure_id: UUID
    person_id: UUID | None = None
    n_items: Count
    n_held: Count = 0
    retention: RetentionClass | None = None


class OperatorActed(Act, Event, service="notifications", aggregate="Operation", tier="O", stays=True):
    """What an operator did to notifications, or set out to do; the aggregate is the act."""
