"""What a coach's time was spent on: a stretch each observation that was recorded and each activity that was held,
and of each day every moment once.

Rebuildable: drop the tables, replay the log, and the same rows come back.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal, get_args
from uuid import UUID

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
ORDER: Final = get_args(TimeType)
CHANGES: Final = (o.ObservationCorrected, o.ObservationVoided)
"""What may move time from one day to another, or take it away."""


async def project(events: Sequence[Recorded[Any]], db: Connection) -> None:
    """Each event tells the whole stretch, or that there is none: the last one of a batch is the row. The days that
    it lies in, or did, are noted.
    """
    rows = last_by_key([_row(recorded, recorded.event) for recorded in events], 2)
    held, gone = [row for row in rows if len(row) > 2], [row for row in rows if len(row) == 2]
    touched = {day for row in held for day in _days(row[0], row[2], row[7], row[8])}
    if again := [(r.tenant, r.aggregate_id) for r in events if isinstance(r.event, CHANGES)]:
        for before in await db.fetch(sql.stretches_known, *columns(again, 2)):
            seconds = int((before["ends"] - before["begins"]).total_seconds())
            touched.update(_days(before["tenant"], before["coach_id"], before["begins"], seconds))
    if held:
        await db.execute(sql.hold_stretches, *columns(held, 10))
    if gone:
        await db.execute(sql.forget_stretches, *columns(gone, 2))
    if touched:
        await db.execute(sql.touch_days, *columns(sorted(touched), 3))


async def work_out(db: Connection) -> None:
    """Every day that was touched, anew from its stretches: the same ones give the same day, whoever comes first.
    Who touches a day waits for whoever is at it, since its row is there already, and so sees their stretches.
    """
    await db.execute(sql.forget_coach_days)
    await db.execute(sql.work_out_coach_days, ORDER)
    await db.execute(sql.forget_touched_days)


def _row(recorded: Recorded[Any], event: Any) -> tuple[Any, ...]:
    """A stretch; of one that is no more only its key."""
    key = (recorded.tenant, recorded.aggregate_id)
    if isinstance(event, o.ObservationVoided):
        return key
    held = isinstance(event, o.ActivityHeld)
    return (
        *key, event.coach_id, event.partnership_id, event.cycle_id,
        ",".join(str(teacher_id) for teacher_id in event.teacher_ids), event.type if held else "observe",
        event.started_at, 60 * event.minutes if held else event.duration_s, recorded.position,
    )  # fmt: skip


def _days(
    tenant: UUID, coach_id: UUID, begins: datetime, seconds: int
) -> Iterator[tuple[UUID, UUID, datetime]]:
    """The days of UTC in which a stretch lies, by their first moment."""
    first = begins.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    last = begins.astimezone(UTC) + timedelta(seconds=seconds)
    while first < last:
        yield tenant, coach_id, first
        first += timedelta(days=1)


HELD_TIME = Projection(name="held_time", handles=HANDLES, project=project, settle=work_out)
