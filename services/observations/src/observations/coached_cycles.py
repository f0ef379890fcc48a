"""What observations knows of cycles: what was planned, who took part, when their days do not count, and of which
partnership each of their goals is.

Rebuildable: drop the tables, replay goals' stream, and the same rows come back.
"""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from backbone.folding import Row, folded, in_columns
from backbone.projector import Connection, Projection
from backbone.queries import Queries
from backbone.recorded import Recorded
from backbone.rows import columns, last_by_key
from chalkline_contracts import goals as g
from chalkline_contracts.event import Event

sql = Queries("observations", "sql/queries")

HANDLES: Final[tuple[type[Event], ...]] = (
    g.CycleStarted, g.CycleMemberJoined, g.CycleMemberLeft, g.CyclePaused, g.CycleResumed, g.CycleCompleted,
    g.CycleClosedEarly,
)  # fmt: skip


async def project(events: Sequence[Recorded[Any]], db: Connection) -> None:
    rows = await folded(events, db, known=sql.coached_cycles_known, key="cycle_id", change=change)
    await db.execute(
        sql.note_coached_cycles,
        *in_columns(
            rows, "tenant", "cycle_id", "partnership_id", "coach_id", "teacher_ids", "left_ids", "focus", "phases",
            "planned_weeks", "cadence_days", "time_zone", "started_at", "ended_at", "pauses", "position", "began",
        ),
    )  # fmt: skip
    teachers = [
        {**row, "teacher_id": teacher_id} for row in rows for teacher_id in sorted(row["teacher_ids"])
    ]
    await db.execute(
        sql.note_coached_teachers,
        *in_columns(teachers, "tenant", "teacher_id", "started_at", "began", "cycle_id"),
    )


def change(row: Row | None, recorded: Recorded[Any]) -> Row:
    event = recorded.event
    if isinstance(event, g.CycleStarted):
        return {
            "partnership_id": event.partnership_id,
            "coach_id": event.coach_id,
            "teacher_ids": event.teacher_ids,
            "left_ids": (),
            "focus": event.focus,
            "phases": event.phases,
            "planned_weeks": event.planned_weeks,
            "cadence_days": event.cadence_days,
            "time_zone": event.time_zone,
            "started_at": recorded.occurred_at,
            "ended_at": None,
            "pauses": "[]",
        }
    assert row is not None
    match event:
        case g.CycleMemberJoined():
            others = [teacher for teacher in row["teacher_ids"] if teacher != event.teacher_id]
            gone = [teacher for teacher in row["left_ids"] if teacher != event.teacher_id]
            return {"teacher_ids": [*others, event.teacher_id], "left_ids": gone}
        case g.CycleMemberLeft():
            return {"left_ids": [*row["left_ids"], event.teacher_id]}
        case g.CyclePaused():
            return {
                "pauses": json.dumps([*json.loads(row["pauses"]), [_day(row, recorded.occurred_at), None]])
            }
        case g.CycleResumed():
            *before, last = json.loads(row["pauses"])
            return {"pauses": json.dumps([*before, [last[0], _day(row, recorded.occurred_at)]])}
        case _:
            return {"ended_at": recorded.occurred_at}


def _day(row: Row, moment: datetime) -> str:
    """Its date where the cycle is."""
    return moment.astimezone(ZoneInfo(row["time_zone"]) if row["time_zone"] else UTC).date().isoformat()


async def project_goals(events: Sequence[Recorded[g.GoalDrafted]], db: Connection) -> None:
    drafted = [
        (r.tenant, r.aggregate_id, r.event.partnership_id, ",".join(map(str, r.event.owner_ids)))
        for r in events
    ]
    await db.execute(sql.note_coached_goals, *columns(last_by_key(drafted, 2), 4))


COACHED_CYCLES = Projection(name="coached_cycles", handles=HANDLES, project=project)
COACHED_GOALS = Projection(name="coached_goals", handles=(g.GoalDrafted,), project=project_goals)
