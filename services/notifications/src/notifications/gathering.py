"""How a decision of notifications comes to be told what it needs: who acts, and which roles they hold."""

from backbone.deciding import Asking, Look
from backbone.overseeing import LEADERS

from notifications.cycle_watch import CycleWatch, CycleWatchCommand, CycleWatchFacts
from notifications.milestone_rule import MilestoneRule, MilestoneRuleCommand, MilestoneRuleFacts
from notifications.notification import Notification, NotificationCommand, NotificationFacts
from notifications.preference import Preference, PreferenceCommand, PreferenceFacts


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


async def gather_preference(
    asking: Asking,
    state: Preference,  # noqa: ARG001 - gatherers share a shape
    command: PreferenceCommand | Look,  # noqa: ARG001
) -> PreferenceFacts:
    row = await asking.fact("person", asking.aggregate_id)
    return PreferenceFacts(
        by=asking.by,
        command_id=asking.command_id,
        aggregate_id=asking.aggregate_id,
        belongs=bool(row and row["active"]),
        level=asking.level,
    )


async def gather_milestone_rule(
    asking: Asking,
    state: MilestoneRule,  # noqa: ARG001 - gatherers share a shape
    command: MilestoneRuleCommand | Look,  # noqa: ARG001
) -> MilestoneRuleFacts:
    actor = asking.by.person
    row = await asking.fact("person", actor) if asking.by.kind == "person" and actor else None
    roles = set(row["roles"]) if row and row["active"] else None
    return MilestoneRuleFacts(
        by=asking.by,
        command_id=asking.command_id,
        aggregate_id=asking.aggregate_id,
        belongs=roles is not None,
        curates=bool(LEADERS & (roles or set())),
        level=asking.level,
    )
