"""What figures about a district are made of: how far each cycle and each goal had come at the end of each month.

Folded from the log, once a month, when a release is made. A month is that in which an event was recorded, in UTC: what
was told later changes no month that is over.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeAlias
from uuid import UUID

from backbone.projector import Connection
from backbone.queries import Queries
from backbone.school_year import school_year
from backbone.wire import Unreadable, read_event
from chalkline_contracts import goals as g
from chalkline_contracts.event import Event
from chalkline_contracts.measurement import Measurement

from goals.arithmetic import local_day

sql = Queries("goals", "sql/queries")

Row: TypeAlias = dict[str, Any]
"""How a cycle or a goal stands, by name; `months` are those in which it changed, and how it stood at their ends."""

OF_CYCLES: Final[tuple[type[Event], ...]] = (
    g.CycleStarted, g.CyclePhaseEntered, g.CycleMemberJoined, g.CyclePaused, g.CycleResumed, g.CycleCompleted,
    g.CycleClosedEarly, g.FollowUpRecorded,
)  # fmt: skip
STAGE: Final[dict[type[Event], int]] = {
    g.GoalSet: 2,
    g.GoalRecharted: 2,
    g.AchievementWithdrawn: 2,
    g.GoalTargetMet: 3,
    g.GoalAchieved: 4,
}
OF_GOALS: Final[tuple[type[Event], ...]] = (g.GoalDrafted, g.BaselineRecorded, *STAGE)
HANDLES: Final[tuple[type[Event], ...]] = (*OF_CYCLES, *OF_GOALS, g.GoalLinkedToInitiative)
MATTER: Final = [event.__name__ for event in HANDLES]

OF_CYCLES_MONTHS: Final = ("teacher_ids", "status", "follow_up", "left")
OF_GOALS_MONTHS: Final = (
    "stage", "metric_code", "kind", "unit", "direction", "subgroup", "students", "baseline", "final",
)  # fmt: skip


async def gather(db: Connection, tenant: UUID) -> Mapping[int, Sequence[Row]]:
    """By school year the cycles that started in it, each with each of its goals."""
    return gathered(await db.fetch(sql.figured_events, tenant, MATTER))


def gathered(events: Sequence[Any]) -> Mapping[int, Sequence[Row]]:
    """The same of rows of the log, in their order. What cannot be read, and what came after it, waits as elsewhere."""
    cycles: dict[UUID, Row] = {}
    goals: dict[UUID, Row] = {}
    serves: dict[UUID, list[tuple[str, str]]] = defaultdict(list)
    unread: set[UUID] = set()
    for row in events:
        own = row["stream_id"]
        try:
            event = read_event("goals", row["type"], row["schema_version"], row["data"])
        except Unreadable:
            unread.add(own)
        if own in unread:
            continue
        month = month_of(row["recorded_at"])
        if isinstance(event, g.GoalLinkedToInitiative):
            serves[event.goal_id].append((month, str(own)))
        elif type(event) in OF_CYCLES:
            cycles[own] = cycle_told(cycles.get(own), event, row["occurred_at"], month)
        else:
            goals[own] = goal_told(goals.get(own), event, month)
    return _by_year(cycles, goals, serves)


def _by_year(
    cycles: Mapping[UUID, Row], goals: Mapping[UUID, Row], serves: Mapping[UUID, Sequence[tuple[str, str]]]
) -> Mapping[int, Sequence[Row]]:
    of_cycle: dict[UUID, list[Row]] = defaultdict(list)
    for goal_id, goal in sorted(goals.items()):
        told = {
            "goal_id": goal_id,
            "goal_focus": goal["focus"],
            "owner_ids": goal["owner_ids"],
            "goal_months": goal["months"],
            "serves": serves.get(goal_id, ()),
        }
        of_cycle[goal["cycle_id"]].append(told)
    none = [{"goal_id": None, "goal_focus": None, "owner_ids": None, "goal_months": (), "serves": ()}]
    years: dict[int, list[Row]] = defaultdict(list)
    for cycle_id, cycle in sorted(cycles.items()):
        years[cycle["year"]] += [
            {**cycle, "cycle_id": cycle_id, **goal} for goal in of_cycle.get(cycle_id, none)
        ]
    return years


def month_of(moment: datetime) -> str:
    """Such as "2026-03", in UTC."""
    return f"{moment.astimezone(UTC):%Y-%m}"


def _ended(row: Row | None, month: str, now: Row) -> list[tuple[str, Row]]:
    """How something stood at the end of each month in which it changed."""
    months = row["months"] if row is not None else []
    return [*(months[:-1] if months and months[-1][0] == month else months), (month, now)]


# Cycles ----------------------------------------------------------------------------------------------


def cycle_told(row: Row | None, event: Event, at: datetime, month: str) -> Row:
    """A cycle after an event, its month among it, with the seconds in each phase that it left."""
    changed = cycle_changed(row, event, at)
    left = dict(row["left"]) if row is not None else {}
    if row is not None and (took := phase_left(row, changed, at)) is not None:
        left[row["phase"]] = left.get(row["phase"], 0) + took // timedelta(seconds=1)
    now = {**(row or {}), **changed, "left": left}
    return now | {"months": _ended(row, month, {name: now[name] for name in OF_CYCLES_MONTHS})}


def phase_left(row: Row, changed: Row, at: datetime) -> timedelta | None:
    """How long a cycle was in its phase, pauses not counted, if what changed at a moment ends that; else None."""
    if row["phase"] is None or "phase" not in changed:
        return None
    took: timedelta = at - row["phase_since"] - row["phase_paused"] - _pause(row, at)
    return max(took, timedelta())


def cycle_changed(row: Row | None, event: Event, at: datetime) -> Row:
    """What an event that happened at a moment changes in its cycle."""
    match event:
        case g.CycleStarted():
            day = local_day(at, event.time_zone)
            return {
                "school_id": event.school_id,
                "year": school_year(day),
                "month": f"{day:%Y-%m}",
                "template": event.template,
                "focus": event.focus,
                "teacher_ids": event.teacher_ids,
                "status": "open",
                "follow_up": None,
                **_in_phase(None, at),
                "paused_at": None,
                "time_zone": event.time_zone,
            }
        case g.CyclePhaseEntered(phase=phase):
            paused = row is not None and row["paused_at"] is not None
            return _in_phase(phase, at) | ({"paused_at": at} if paused else {})
        case g.CycleMemberJoined(teacher_id=teacher_id):
            assert row is not None
            return {"teacher_ids": tuple(dict.fromkeys((*row["teacher_ids"], teacher_id)))}
        case g.CyclePaused():
            return {"paused_at": at}
        case g.CycleResumed():
            assert row is not None
            return {"phase_paused": row["phase_paused"] + _pause(row, at), "paused_at": None}
        case g.FollowUpRecorded(outcome=outcome):
            return {"follow_up": outcome}
        case _:
            status = "completed" if isinstance(event, g.CycleCompleted) else "closed_early"
            return {"status": status, **_in_phase(None, at), "paused_at": None}


def _in_phase(phase: str | None, since: datetime) -> Row:
    return {"phase": phase, "phase_since": since, "phase_paused": timedelta()}


def _pause(row: Row, until: datetime) -> timedelta:
    return timedelta() if row["paused_at"] is None else max(until - row["paused_at"], timedelta())


# Goals -----------------------------------------------------------------------------------------------


def goal_told(row: Row | None, event: Event, month: str) -> Row:
    """A goal after an event, its month among it."""
    now = {**(row or {}), **goal_changed(row, event)}
    return now | {"months": _ended(row, month, {name: now[name] for name in OF_GOALS_MONTHS})}


def goal_changed(row: Row | None, event: Event) -> Row:
    """What an event changes in its goal."""
    match event:
        case g.GoalDrafted():
            metric = dict.fromkeys(
                ("metric_code", "kind", "unit", "direction", "subgroup", "students", "baseline", "final")
            )
            return {
                "cycle_id": event.cycle_id,
                "focus": event.focus,
                "owner_ids": event.owner_ids,
                "stage": 0,
                **metric,
            }
        case g.BaselineRecorded(measurements=measurements):
            assert row is not None
            last = measurements[-1]
            told = [many for each in measurements if (many := students_of(each)) is not None]
            return {
                "stage": max(row["stage"], 1),
                "metric_code": last.metric_code,
                "kind": last.kind,
                "unit": last.unit,
                "direction": row["direction"] if row["stage"] > 1 else last.direction,
                "subgroup": last.subgroup,
                "students": max(told, default=None),
            }
        case g.GoalSet(metric=metric_set):
            return {"stage": 2, "direction": metric_set.direction}
        case g.GoalAchieved(baseline=baseline, final=final):
            return {"stage": STAGE[g.GoalAchieved], "baseline": baseline, "final": final}
        case _:
            return {"stage": STAGE[type(event)], "baseline": None, "final": None}


def students_of(measurement: Measurement) -> int | None:
    """How many students a measurement is about; None: it was not told."""
    if measurement.n_students is not None:
        return measurement.n_students
    proficient = measurement.kind == "students_proficient" and measurement.denominator is not None
    return int(measurement.denominator) if proficient else None  # type: ignore[arg-type]
