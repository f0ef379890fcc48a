"""What a reader sees: their own notification and preference, and the district's rules."""

from typing import Any

from notifications import milestone_rule, notification
from notifications.milestone_rule import MilestoneRule, MilestoneRuleFacts
from notifications.notification import Notification, NotificationFacts
from notifications.preference import Preference, PreferenceFacts


def view_notification(state: Notification, facts: NotificationFacts) -> dict[str, Any]:  # noqa: ARG001 - views share a shape
    match state:
        case notification.Sent() | notification.Acknowledged():
            return {
                "status": type(state).__name__.lower(),
                "milestone": state.milestone,
                "cycle_id": state.cycle_id,
                "partnership_id": state.partnership_id,
                "goal_id": state.goal_id,
                "due_at": state.due_at,
                "mail": state.mail,
            }
        case _:
            return {}


def view_preference(state: Preference, facts: PreferenceFacts) -> dict[str, Any]:  # noqa: ARG001 - views share a shape
    return {"mail": state.mail, "muted": state.muted}


def view_milestone_rule(state: MilestoneRule, facts: MilestoneRuleFacts) -> dict[str, Any]:  # noqa: ARG001 - views share a shape
    match state:
        case milestone_rule.Published():
            return {
                "milestone": state.milestone,
                "experience_band": state.experience_band,
                "version": state.version,
                "enabled": state.enabled,
                "days": state.days,
                "hours": state.hours,
                "recipients": state.recipients,
            }
        case _:
            return {}
