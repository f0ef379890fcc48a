"""A notification: one person told of one milestone, in their inbox, until they acknowledge it.

What became of the mail about it is settled once, apart from that: delivered, failed for good, or suppressed.
"""

from dataclasses import astuple, dataclass, replace
from datetime import datetime
from typing import Literal
from uuid import UUID

from backbone.deciding import Actor, Command
from chalkline_contracts.event import Event
from chalkline_contracts.notifications import (
    MilestoneName,
    NotificationAcknowledged,
    NotificationDelivered,
    NotificationFailed,
    NotificationSent,
    NotificationSuppressed,
    Occurrence,
)
from chalkline_contracts.values import Code, Text, Time

from notifications.refusals import NotificationAlreadySent, NotificationNotFound


class Notify(Command):
    """Tells a person; the inbox is the channel."""

    milestone: MilestoneName
    cycle_id: UUID | None = None
    partnership_id: UUID | None = None
    recipient_id: UUID
    goal_id: UUID | None = None
    due_at: Time
    occurrence: Occurrence | None = None


class AcknowledgeNotification(Command):
    """Says that it was seen."""


class DeliverNotification(Command):
    """The mail server took the mail about it."""

    message_id: Text


class FailNotification(Command):
    """The mail about it will never be taken."""

    message_id: Text
    code: Code


class SuppressNotification(Command):
    """No mail about it is wanted, or none is possible."""

    code: Code


Settle = DeliverNotification | FailNotification | SuppressNotification
NotificationCommand = Notify | AcknowledgeNotification | Settle
NotificationEvent = (
    NotificationSent
    | NotificationAcknowledged
    | NotificationDelivered
    | NotificationFailed
    | NotificationSuppressed
)
MailOutcome = Literal["delivered", "failed", "suppressed"]


@dataclass(frozen=True, slots=True)
class Unset:
    """Nobody was told anything."""


@dataclass(frozen=True, slots=True)
class Sent:
    milestone: str
    cycle_id: UUID | None
    goal_id: UUID | None
    recipient_id: UUID
    due_at: datetime
    mail: MailOutcome | None = None
    partnership_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Acknowledged:
    milestone: str
    cycle_id: UUID | None
    goal_id: UUID | None
    recipient_id: UUID
    due_at: datetime
    mail: MailOutcome | None = None
    partnership_id: UUID | None = None


Notification = Unset | Sent | Acknowledged


@dataclass(frozen=True, slots=True)
class NotificationFacts:
    """Who acts: the state knows whose it is."""

    by: Actor
    command_id: UUID
    aggregate_id: UUID


def decide(
    notification: Notification,
    command: NotificationCommand,
    facts: NotificationFacts,
    *,
    now: datetime,  # noqa: ARG001 - every decider has the same shape
) -> list[Event]:
    match command, notification:
        case Notify(), Unset():
            return [
                NotificationSent(
                    milestone=command.milestone,
                    cycle_id=command.cycle_id,
                    partnership_id=command.partnership_id,
                    goal_id=command.goal_id,
                    recipient_id=command.recipient_id,
                    due_at=command.due_at,
                    occurrence=command.occurrence,
                )
            ]
        case Notify(), Sent() | Acknowledged():
            told = (notification.milestone, notification.cycle_id, notification.recipient_id)
            if told != (command.milestone, command.cycle_id, command.recipient_id):
                raise NotificationAlreadySent(notification_id=facts.aggregate_id)
            return []
        case AcknowledgeNotification(), Sent():
            return [
                NotificationAcknowledged(
                    milestone=notification.milestone,
                    cycle_id=notification.cycle_id,
                    partnership_id=notification.partnership_id,
                    recipient_id=notification.recipient_id,
                )
            ]
        case AcknowledgeNotification(), Acknowledged():
            return []
        case ((DeliverNotification() | FailNotification() | SuppressNotification()), Sent() | Acknowledged()):
            return [] if notification.mail else [settled(notification, command)]
        case _:
            raise NotificationNotFound(notification_id=facts.aggregate_id)


def settled(notification: Sent | Acknowledged, command: Settle) -> Event:
    """What became of the mail, as an event."""
    about = {
        "milestone": notification.milestone,
        "cycle_id": notification.cycle_id,
        "partnership_id": notification.partnership_id,
        "recipient_id": notification.recipient_id,
    }
    match command:
        case DeliverNotification():
            return NotificationDelivered(**about, message_id=command.message_id)
        case FailNotification():
            return NotificationFailed(**about, message_id=command.message_id, code=command.code)
        case SuppressNotification():
            return NotificationSuppressed(**about, code=command.code)


def evolve(notification: Notification, event: NotificationEvent) -> Notification:
    match event, notification:
        case NotificationSent(), Unset():
            return Sent(
                event.milestone, event.cycle_id, event.goal_id, event.recipient_id, event.due_at,
                partnership_id=event.partnership_id,
            )  # fmt: skip
        case NotificationAcknowledged(), Sent():
            return Acknowledged(*astuple(notification))
        case NotificationDelivered(), Sent() | Acknowledged():
            return replace(notification, mail="delivered")
        case NotificationFailed(), Sent() | Acknowledged():
            return replace(notification, mail="failed")
        case NotificationSuppressed(), Sent() | Acknowledged():
            return replace(notification, mail="suppressed")
        case _:
            return notification
