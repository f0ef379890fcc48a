"""What a coach's time was spent on: a stretch each observation that was recorded and each activity that was held.

Rebuildable: drop the table, replay the log, and the same rows come back.
"""

from collections.abc import Sequence
from typing import Any, Final, Literal

from backbone.projector import Connection, Projection
from backbone.queries import Queries
from backbone.recorded import Recorded
from backbone.rows import columns, last_by_key
from chalkline_contracts import observations as o
from chalkline_contracts.event import Event

sql = Queries("observations", "sql/queries")

HANDLES: Final[tuple[type[Event], ...]] = (
    o.ObservationRecorded, o.ObservationCorrected, o.ObservationVoided, o.ActivityHeld,
)  # fmt: skip

TimeType = Literal["observe", "model", "coteach", "plan", "debrief", "data_review", "pd", "admin"]
"""What time is spent on, nearest to the classroom first: a moment that two of them fill is the former's."""


async def project(events: Sequence[Recorded[Any]], db: Connection) -> None:
    """Each event tells the whole stretch, or that there is none: the last one of a batch is the row."""
    rows = last_by_key([_row(recorded, recorded.event) for recorded in events], 2)
    await db.execute(sql.hold_stretches, *columns([row for row in rows if len(row) > 2], 10))
    if gone := [row for row in rows if len(row) == 2]:
        await db.execute(sql.forget_stretches, *columns(gone, 2))


def _row(recorded: Recorded[Any], event: Any) -> tuple[Any, ...]:
    key = (recorded.tenant, recorded.aggregate_id)
    if isinstance(event, o.ObservationVoided):
        return key
    held = isinstance(event, o.ActivityHeld)
    return (
        *key, event.coach_id, event.partnership_id, event.cycle_id,
        ",".join(str(teacher_id) for teacher_id in event.teacher_ids), event.type if held else "observe",
        event.started_at, 60 * event.minutes if held else event.duration_s, recorded.position,
    )  # fmt: skip


HELD_TIME = Projection(name="held_time", handles=HANDLES, project=project)
