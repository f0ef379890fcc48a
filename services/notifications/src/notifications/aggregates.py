"""What notifications keeps: the district's rules, cycles under watch, notifications, preferences."""

from backbone.attesting import erasure_of
from backbone.deciding import Aggregate
from backbone.operations import operation_of
from chalkline_contracts.event import events_of

from notifications import access, cycle_watch, gathering, milestone_rule, notification, preference, views

MILESTONE_RULE: Aggregate[milestone_rule.MilestoneRule] = Aggregate(
    name="MilestoneRule",
    collection="milestone-rules",
    initial=milestone_rule.Unset(),
    states=(milestone_rule.Unset, milestone_rule.Published),
    events=tuple(events_of("notifications", "MilestoneRule")),
    begins=(milestone_rule.PublishMilestoneRule,),
    commands=(milestone_rule.PublishMilestoneRule,),
    decide=milestone_rule.decide,
    evolve=milestone_rule.evolve,
    facts=gathering.gather_milestone_rule,
    authorise=access.authorise_milestone_rule,
    view=views.view_milestone_rule,
    claims=milestone_rule.claims,
    state_schema=2,
)

CYCLE_WATCH: Aggregate[cycle_watch.CycleWatch] = Aggregate(
    name="CycleWatch",
    collection="cycle-watches",
    initial=cycle_watch.Watching(),
    states=(cycle_watch.Watching,),
    events=tuple(events_of("notifications", "CycleWatch")),
    begins=(),
    commands=(),
    internal=(cycle_watch.ReachMilestone,),
    decide=cycle_watch.decide,
    evolve=cycle_watch.evolve,
    facts=gathering.gather_cycle_watch,
    authorise=access.authorise_cycle_watch,
    state_schema=2,
)

NOTIFICATION: Aggregate[notification.Notification] = Aggregate(
    name="Notification",
    collection="notifications",
    initial=notification.Unset(),
    states=(notification.Unset, notification.Sent, notification.Acknowledged),
    events=tuple(events_of("notifications", "Notification")),
    begins=(),
    commands=(notification.AcknowledgeNotification,),
    internal=(
        notification.Notify,
        notification.DeliverNotification,
        notification.FailNotification,
        notification.SuppressNotification,
    ),
    decide=notification.decide,
    evolve=notification.evolve,
    facts=gathering.gather_notification,
    authorise=access.authorise_notification,
    view=views.view_notification,
    state_schema=3,
)

PREFERENCE: Aggregate[preference.Preference] = Aggregate(
    name="Preference",
    collection="preferences",
    initial=preference.Chosen(),
    states=(preference.Chosen,),
    events=tuple(events_of("notifications", "Preference")),
    begins=(),
    commands=(preference.ChangePreference,),
    decide=preference.decide,
    evolve=preference.evolve,
    facts=gathering.gather_preference,
    authorise=access.authorise_preference,
    view=views.view_preference,
    innate=True,
)

ERASURE = erasure_of("notifications")

OPERATION = operation_of("notifications")

AGGREGATES = (MILESTONE_RULE, CYCLE_WATCH, NOTIFICATION, PREFERENCE, ERASURE, OPERATION)
