"""A notification: one person told of one milestone, in their inbox, until they acknowledge it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from backbone.deciding import Actor, Command
from chalkline_contracts.event import Event
from chalkline_contracts.notifications import MilestoneName, NotificationAcknowledged, NotificationSent
from chalkline_contracts.values import Time

from notifications.refusals import NotificationAlreadySent, NotificationNotFound


class Notify(Command):
    """Tells a person; the inbox is the channel."""

    milestone: MilestoneName
    cycle_id: UUID
    recipient_id: UUID
    goal_id: UUID | None = None
    due_at: Time


class AcknowledgeNotification(Command):
    """Says that it was seen."""


NotificationCommand = Notify | AcknowledgeNotification
NotificationEvent = NotificationSent | NotificationAcknowledged


@dataclass(frozen=True, slots=True)
class Unset:
    """Nobody was told anything."""


@dataclass(frozen=True, slots=True)
class Sent:
    milestone: str
    cycle_id: UUID
    goal_id: UUID | None
    recipient_id: UUID
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Acknowledged:
    milestone: str
    cycle_id: UUID
    goal_id: UUID | None
    recipient_id: UUID
    due_at: datetime


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
                    goal_id=command.goal_id,
                    recipient_id=command.recipient_id,
                    due_at=command.due_at,
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
                    recipient_id=notification.recipient_id,
                )
            ]
        case AcknowledgeNotification(), Acknowledged():
            return []
        case _:
            raise NotificationNotFound(notification_id=facts.aggregate_id)


def evolve(notification: Notification, event: NotificationEvent) -> Notification:
    match event, notification:
        case NotificationSent(), Unset():
            return Sent(event.milestone, event.cycle_id, event.goal_id, event.recipient_id, event.due_at)
        case NotificationAcknowledged(), Sent():
            return Acknowledged(
                notification.milestone,
                notification.cycle_id,
                notification.goal_id,
                notification.recipient_id,
                notification.due_at,
            )
        case _:
            return notification
