"""The projection of timers: what will fall due in a cycle, from all that is known of it.

Facts of many aggregates meet in one timer, and nobody promises their order. So each event changes a row of
its own aggregate, and the timers of every cycle it touches are then worked out anew from the rows: the
same facts give the same timers, in whatever order they came.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import groupby
from typing import Any, TypeAlias
from uuid import UUID
from zoneinfo import ZoneInfo

from backbone.projector import Connection, Projection
from backbone.queries import Queries
from backbone.recorded import Recorded
from backbone.rows import columns
from chalkline_contracts import goals as g
from chalkline_contracts import observations as o
from chalkline_contracts.event import Event
from chalkline_contracts.notifications import MilestoneReached, MilestoneRulePublished

from notifications import due
from notifications.audience import as_published, audience, milestone_key
from notifications.cycle_watch import ReachMilestone
from notifications.rules import BY_MILESTONE, Rule

sql = Queries("notifications", "sql/queries")

Row: TypeAlias = Any
"""An asyncpg Record: read by column name."""

Cycle = tuple[UUID, UUID]
"""(tenant, cycle id)."""

HANDLES: tuple[type[Event], ...] = (
    g.CycleStarted, g.CycleCompleted, g.CycleClosedEarly, g.PartnershipEnded,
    g.GoalDrafted, g.BaselineRecorded, g.GoalSet, g.ProgressMeasured, g.ProgressRetracted,
    g.GoalTargetMet, g.GoalAchieved, g.AchievementWithdrawn, g.GoalAbandoned,
    o.ObservationRecorded, o.ObservationCorrected, o.ObservationVoided,
    MilestoneRulePublished, MilestoneReached,
)  # fmt: skip


async def project(events: Sequence[Recorded[Any]], db: Connection) -> None:
    await db.execute(sql.hold_timers)
    touched: dict[Cycle, None] = {}
    for recorded in events:
        touched |= dict.fromkeys(await _note(recorded, db))
    if touched:
        await _work_out(list(touched), db)


async def _note(recorded: Recorded[Any], db: Connection) -> Sequence[Cycle]:
    """Changes the row of one aggregate; returns the cycles whose timers it may change."""
    tenant, own_id = recorded.tenant, recorded.aggregate_id
    event: Any = recorded.event
    if type(event).aggregate == "Goal":
        await _note_goal(recorded, db)
        return [(tenant, event.cycle_id)]
    match event:
        case g.CycleStarted():
            await db.execute(
                sql.watch_cycle, tenant, own_id, event.partnership_id, event.coach_id, list(event.teacher_ids),
                recorded.occurred_at, recorded.recorded_at, event.cadence_days, event.planned_weeks,
                event.time_zone, recorded.partition,
            )  # fmt: skip
            return [(tenant, own_id)]
        case g.CycleCompleted() | g.CycleClosedEarly():
            await db.execute(sql.close_cycle, tenant, own_id)
            return [(tenant, own_id)]
        case g.PartnershipEnded():
            await db.execute(sql.end_partnership, tenant, own_id)
            rows = await db.fetch(sql.cycles_of_partnership, tenant, own_id)
            return [(tenant, row["cycle_id"]) for row in rows]
        case o.ObservationRecorded() | o.ObservationCorrected() if event.cycle_id is not None:
            await db.execute(
                sql.watch_visit, tenant, own_id, event.cycle_id, event.started_at, recorded.recorded_at
            )
            return [(tenant, event.cycle_id)]
        case o.ObservationVoided() if event.cycle_id is not None:
            await db.execute(sql.forget_visit, tenant, own_id)
            return [(tenant, event.cycle_id)]
        case MilestoneRulePublished():
            await db.execute(
                sql.note_rule, tenant, milestone_key(event.milestone), event.version, event.milestone,
                event.enabled, event.days, list(event.recipients), recorded.recorded_at,
            )  # fmt: skip
            return [(tenant, row["cycle_id"]) for row in await db.fetch(sql.cycles_of_tenant, tenant)]
        case MilestoneReached():
            await db.execute(
                sql.note_reached,
                tenant,
                event.cycle_id,
                event.milestone,
                event.rule_version,
                event.occurrence,
            )
            return [(tenant, event.cycle_id)]
    return []


async def _note_goal(recorded: Recorded[Any], db: Connection) -> None:
    tenant, goal_id, event = recorded.tenant, recorded.aggregate_id, recorded.event
    await db.execute(sql.watch_goal, tenant, goal_id, event.cycle_id, recorded.recorded_at)
    match event:
        case g.BaselineRecorded():
            await db.execute(sql.goal_baselined, tenant, goal_id, True)
        case g.GoalSet():
            await db.execute(sql.goal_set, tenant, goal_id, recorded.occurred_at)
        case g.ProgressMeasured():
            measured = event.measurement
            await db.execute(
                sql.watch_measurement, tenant, goal_id, measured.measurement_id, measured.occurred_at,
                recorded.recorded_at,
            )  # fmt: skip
        case g.ProgressRetracted():
            await db.execute(sql.forget_measurement, tenant, goal_id, event.measurement_id)
        case g.GoalTargetMet() | g.GoalAchieved() | g.GoalAbandoned():
            await db.execute(sql.goal_active, tenant, goal_id, False)
        case g.AchievementWithdrawn():
            await db.execute(sql.goal_active, tenant, goal_id, True)


async def _work_out(cycles: Sequence[Cycle], db: Connection) -> None:
    keys = columns(cycles, 2)
    tenants = list({tenant for tenant, _ in cycles})
    rules = {
        key: list(rows)
        for key, rows in groupby(
            await db.fetch(sql.published_rules, tenants), lambda r: (r["tenant"], r["milestone"])
        )
    }
    rows: list[tuple[Any, ...]] = []
    known: dict[Cycle, Row] = {}
    cycle: Row
    for cycle in await db.fetch(sql.cycle_clocks, *keys):
        known[cycle["tenant"], cycle["cycle_id"]] = cycle
        rows += _of_cycle(cycle, rules)
    for goal in await db.fetch(sql.goal_clocks, *keys):
        if cycle := known.get((goal["tenant"], goal["cycle_id"])):
            rows += _of_goal(goal, cycle, rules)
    await db.execute(sql.drop_timers, *keys)
    await db.execute(sql.put_timers, *columns(rows, 10))


Rules = Mapping[tuple[UUID, str], Sequence[Row]]


def _of_cycle(cycle: Row, rules: Rules) -> Iterator[tuple[Any, ...]]:
    zone, started = _zone(cycle), cycle["started_at"]
    if not cycle["baselined"]:
        yield from _timer(
            "BaselineMissing", cycle, rules, due.once(), cycle["recorded_at"],
            lambda rule: due.due_baseline_missing(started, zone, days=rule.days or 0),
        )  # fmt: skip
    yield from _timer(
        "MidpointReview", cycle, rules, due.once(), cycle["recorded_at"],
        lambda _: due.due_midpoint(started, cycle["planned_weeks"], zone),
    )  # fmt: skip
    last = max(started, cycle["visited_at"] or started)
    yield from _timer(
        "VisitOverdue", cycle, rules, due.since(last, zone),
        max(cycle["recorded_at"], cycle["visit_recorded_at"] or cycle["recorded_at"]),
        lambda rule: due.due_visit_overdue(last, cycle["cadence_days"], zone, days=rule.days or 0),
    )  # fmt: skip


def _of_goal(goal: Row, cycle: Row, rules: Rules) -> Iterator[tuple[Any, ...]]:
    zone = _zone(cycle)
    last = max(goal["set_at"], goal["measured_at"] or goal["set_at"])
    yield from _timer(
        "GoalSilent", cycle, rules, due.since(last, zone, goal["goal_id"]),
        max(goal["recorded_at"], goal["measurement_recorded_at"] or goal["recorded_at"]),
        lambda rule: due.due_goal_silent(last, zone, days=rule.days or 0), goal["goal_id"],
    )  # fmt: skip


def _timer(
    milestone: str,
    cycle: Row,
    rules: Rules,
    occurrence: str,
    derived_at: datetime,
    due_by: Any,
    goal_id: UUID | None = None,
) -> Iterator[tuple[Any, ...]]:
    """The timer's row, by the latest rule that was published before what it makes due; none if that is off."""
    default = BY_MILESTONE[milestone]
    published = rules.get((cycle["tenant"], milestone), ())
    for rule, since in [*((as_published(default, p), p["published_at"]) for p in published), (default, None)]:
        due_at = due_by(rule)
        if due_at is None or (since is not None and due_at <= since):
            continue
        if rule.enabled:
            yield (
                cycle["tenant"], cycle["cycle_id"], milestone, rule.version, occurrence, cycle["partition"], due_at,
                derived_at, ",".join(rule.recipients), goal_id,
            )  # fmt: skip
        return


def _zone(cycle: Row) -> ZoneInfo:
    return ZoneInfo(cycle["time_zone"] or "UTC")


def reach(row: Row) -> ReachMilestone:
    """The command by which a due timer fires."""
    rule: Rule = replace(
        BY_MILESTONE[row["rule"]], version=row["rule_version"], recipients=tuple(row["recipients"])
    )
    return ReachMilestone(
        milestone=rule.milestone,
        rule_version=rule.version,
        occurrence=row["occurrence"],
        due_at=row["due_at"],
        goal_id=row["goal_id"],
        recipients=audience(rule, row),
    )


TIMERS = Projection(name="timers", handles=HANDLES, project=project)
