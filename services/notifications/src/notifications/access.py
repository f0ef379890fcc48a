"""Who may do what in notifications: a notification and a preference are one person's, rules are the district's."""

from backbone.deciding import FactsBehind, Forbidden, Look, Unseen

from notifications import notification
from notifications.cycle_watch import CycleWatch, CycleWatchCommand, CycleWatchFacts
from notifications.milestone_rule import MilestoneRule, MilestoneRuleCommand, MilestoneRuleFacts
from notifications.notification import Notification, NotificationCommand, NotificationFacts
from notifications.preference import Preference, PreferenceCommand, PreferenceFacts


def authorise_cycle_watch(
    state: CycleWatch,  # noqa: ARG001 - authorisers share a shape
    command: CycleWatchCommand,  # noqa: ARG001
    facts: CycleWatchFacts,
) -> None:
    """Policies and timers alone watch cycles."""
    if facts.by.kind != "system":
        raise Unseen


def authorise_notification(
    state: Notification, command: NotificationCommand | Look, facts: NotificationFacts
) -> None:
    """Its recipient acknowledges it; for anyone else it does not exist. Only policies notify, only the mailer mails."""
    if not isinstance(command, notification.AcknowledgeNotification | Look):
        if facts.by.kind != "system":
            raise Unseen
        return
    if isinstance(state, notification.Unset) or facts.by.person != state.recipient_id:
        raise Unseen


def authorise_preference(
    state: Preference,  # noqa: ARG001 - authorisers share a shape
    command: PreferenceCommand | Look,  # noqa: ARG001
    facts: PreferenceFacts,
) -> None:
    """The person's own, while they are active; for anyone else it does not exist."""
    if facts.by.kind != "person" or facts.by.person != facts.aggregate_id:
        raise Unseen
    if not facts.belongs:
        raise Unseen if facts.level else FactsBehind


def authorise_milestone_rule(
    state: MilestoneRule,  # noqa: ARG001 - authorisers share a shape
    command: MilestoneRuleCommand | Look,
    facts: MilestoneRuleFacts,
) -> None:
    """Operators, administrators and coaching leads; others of the district may know that rules exist."""
    if facts.by.kind == "operator":
        return
    if not facts.level:
        raise FactsBehind
    if not facts.belongs:
        raise Unseen
    if not (facts.curates or isinstance(command, Look)):
        raise Forbidden
