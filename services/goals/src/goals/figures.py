"""What figures about a district are made of: how far each cycle and each goal had come at the end of each month.

A month is that in which an event was recorded, in UTC: what was told later changes no month that is over.
Rebuildable: drop the tables, replay the log, and the same rows come back.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from backbone.folding import Row, folded, in_columns
from backbone.projector import Connection, Projection
from backbone.queries import Queries
from backbone.recorded import Recorded
from backbone.school_year import school_year
from chalkline_contracts import goals as g
from chalkline_contracts.event import Event
from chalkline_contracts.measurement import Measurement
from pydantic_core import from_json, to_json

from goals.arithmetic import local_day

sql = Queries("goals", "sql/queries")

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

OF_CYCLES_MONTHS: Final = ("teacher_ids", "status", "follow_up", "left")
OF_GOALS_MONTHS: Final = (
    "stage", "metric_code", "kind", "unit", "direction", "subgroup", "students", "baseline", "final",
)  # fmt: skip

# Cycles ----------------------------------------------------------------------------------------------


async def project_cycles(events: Sequence[Recorded[Any]], db: Connection) -> None:
    rows = await folded(events, db, known=sql.figured_cycles_known, key="cycle_id", change=cycle_told)
    await db.execute(
        sql.figure_cycles,
        *in_columns(
            rows, "tenant", "cycle_id", "school_id", "year", "month", "template", "focus", "teacher_ids", "status",
            "follow_up", "phase", "phase_since", "phase_paused", "paused_at", "time_zone", "months",
        ),
    )  # fmt: skip


def cycle_told(row: Row | None, recorded: Recorded[Any]) -> Row:
    """What an event changes in its cycle's row, its month among it, with the seconds in each phase that it left."""
    changed = cycle_changed(row, recorded)
    months = from_json(row["months"]) if row is not None else []
    left = dict(months[-1][1]["left"]) if months else {}
    if row is not None and (took := phase_left(row, changed, recorded.occurred_at)) is not None:
        left[row["phase"]] = left.get(row["phase"], 0) + took // timedelta(seconds=1)
    now = {**(row or {}), **changed, "left": left}
    return changed | {"months": _ended(months, recorded, {name: now[name] for name in OF_CYCLES_MONTHS})}


def _ended(months: list[Any], recorded: Recorded[Any], now: Row) -> str:
    """How something stood at the end of each month in which it changed, as JSON: `[["2026-03", {...}], ...]`."""
    month = month_of(recorded.recorded_at)
    before = months[:-1] if months and months[-1][0] == month else months
    return to_json([*before, (month, now)]).decode()


def month_of(moment: datetime) -> str:
    """Such as "2026-03", in UTC."""
    return f"{moment.astimezone(UTC):%Y-%m}"


def phase_left(row: Row, changed: Row, at: datetime) -> timedelta | None:
    """How long a cycle was in its phase, pauses not counted, if what changed at a moment ends that; else None."""
    if row["phase"] is None or "phase" not in changed:
        return None
    took: timedelta = at - row["phase_since"] - row["phase_paused"] - _pause(row, at)
    return max(took, timedelta())


def cycle_changed(row: Row | None, recorded: Recorded[Any]) -> Row:
    """What an event changes in its cycle's row."""
    at: datetime = recorded.occurred_at
    match recorded.event:
        case g.CycleStarted() as event:
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
        case event:
            status = "completed" if isinstance(event, g.CycleCompleted) else "closed_early"
            return {"status": status, **_in_phase(None, at), "paused_at": None}


def _in_phase(phase: str | None, since: datetime) -> Row:
    return {"phase": phase, "phase_since": since, "phase_paused": timedelta()}


def _pause(row: Row, until: datetime) -> timedelta:
    return timedelta() if row["paused_at"] is None else max(until - row["paused_at"], timedelta())


# Goals -----------------------------------------------------------------------------------------------


async def project_goals(events: Sequence[Recorded[Any]], db: Connection) -> None:
    rows = await folded(events, db, known=sql.figured_goals_known, key="goal_id", change=goal_told)
    await db.execute(
        sql.figure_goals,
        *in_columns(
            rows, "tenant", "goal_id", "cycle_id", "focus", "owner_ids", "stage", "metric_code", "kind", "unit",
            "direction", "subgroup", "students", "baseline", "final", "months",
        ),
    )  # fmt: skip


def goal_told(row: Row | None, recorded: Recorded[Any]) -> Row:
    """What an event changes in its goal's row, its month among it."""
    changed = goal_changed(row, recorded)
    now = {**(row or {}), **changed}
    months = from_json(row["months"]) if row is not None else []
    return changed | {"months": _ended(months, recorded, {name: now[name] for name in OF_GOALS_MONTHS})}


def goal_changed(row: Row | None, recorded: Recorded[Any]) -> Row:
    """What an event changes in its goal's row."""
    match recorded.event:
        case g.GoalDrafted() as event:
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
        case event:
            achieved = isinstance(event, g.GoalAchieved)
            return {
                "stage": STAGE[type(event)],
                "baseline": event.baseline if achieved else None,
                "final": event.final if achieved else None,
            }


def students_of(measurement: Measurement) -> int | None:
    """How many students a measurement is about; None: it was not told."""
    if measurement.n_students is not None:
        return measurement.n_students
    proficient = measurement.kind == "students_proficient" and measurement.denominator is not None
    return int(measurement.denominator) if proficient else None  # type: ignore[arg-type]


FIGURED_CYCLES = Projection(name="figured_cycles", handles=OF_CYCLES, project=project_cycles)
FIGURED_GOALS = Projection(name="figured_goals", handles=OF_GOALS, project=project_goals)
