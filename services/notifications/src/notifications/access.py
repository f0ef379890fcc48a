"""Who may do what in notifications: a notification is its recipient's, rules are the district's."""

from backbone.deciding import Asking, FactsBehind, Forbidden, Look, Unseen

from notifications import notification
from notifications.cycle_watch import CycleWatch, CycleWatchCommand, CycleWatchFacts
from notifications.milestone_rule import MilestoneRule, MilestoneRuleCommand, MilestoneRuleFacts
from notifications.notification import Notification, NotificationCommand, NotificationFacts


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
    """Its recipient acknowledges it; for anyone else it does not exist. Only policies notify."""
    if isinstance(command, notification.Notify):
        if facts.by.kind != "system":
            raise Unseen
        return
    if isinstance(state, notification.Unset) or facts.by.person != state.recipient_id:
        raise Unseen


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


async def gather_cycle_watch(
    asking: Asking,
    state: CycleWatch,  # noqa: ARG001 - gatherers share a shape
    command: CycleWatchCommand,  # noqa: ARG001
) -> CycleWatchFacts:
    return CycleWatchFacts(by=asking.by, command_id=asking.command_id, aggregate_id=asking.aggregate_id)


async def gather_notification(
    asking: Asking,
    state: Notification,  # noqa: ARG001 - gatherers share a shape
    command: NotificationCommand | Look,  # noqa: ARG001
) -> NotificationFacts:
    return NotificationFacts(by=asking.by, command_id=asking.command_id, aggregate_id=asking.aggregate_id)


async def gather_milestone_rule(
    asking: Asking,
    state: MilestoneRule,  # noqa: ARG001 - gatherers share a shape
    command: MilestoneRuleCommand | Look,  # noqa: ARG001 - every gatherer has the same shape
) -> MilestoneRuleFacts:
    actor = asking.by.person
    row = await asking.fact("person", actor) if asking.by.kind == "person" and actor else None
    roles = set(row["roles"]) if row and row["active"] else None
    return MilestoneRuleFacts(
        by=asking.by,
        command_id=asking.command_id,
        aggregate_id=asking.aggregate_id,
        belongs=roles is not None,
        curates=bool({"administrator", "coaching_lead"} & (roles or set())),
        level=asking.level,
    )
