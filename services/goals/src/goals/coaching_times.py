"""Coaching time as goals knows it: visits and activities, planned and held, and what became of the feedback.

For whoever prepares a session or asks what went into an achievement. Rebuildable: drop the table, replay the log, and
the same rows come back.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from backbone.folding import Row, folded, in_columns
from backbone.projector import Connection, Projection
from backbone.queries import Queries
from backbone.recorded import Recorded
from chalkline_contracts import observations as o
from chalkline_contracts.event import Event

sql = Queries("goals", "sql/queries")

HANDLES: Final[tuple[type[Event], ...]] = (
    o.ObservationScheduled, o.ObservationRecorded, o.ObservationCorrected, o.ObservationVoided, o.FeedbackShared,
    o.FeedbackAcknowledged, o.ActivityPlanned, o.ActivityHeld, o.ActivityMissed,
)  # fmt: skip
OBSERVING: Final = "observe"
"""The type of a visit that observed; every other is told by activities."""
VISITS: Final = (OBSERVING, "model", "coteach")
"""What counts as a visit, once it took place."""
NOT_YET: Final[Row] = dict.fromkeys(("ended_at", "mode", "instrument", "shared_at", "acknowledged_at"))


async def project(events: Sequence[Recorded[Any]], db: Connection) -> None:
    rows = await folded(events, db, known=sql.coaching_times_known, key="time_id", change=change)
    await db.execute(
        sql.spend_coaching_times,
        *in_columns(
            rows, "tenant", "time_id", "type", "status", "coach_id", "cycle_id", "teacher_ids", "began_at", "ended_at",
            "mode", "instrument", "shared_at", "acknowledged_at",
        ),
    )  # fmt: skip


def change(row: Row | None, recorded: Recorded[Any]) -> Row:
    event = recorded.event
    whose = {"coach_id": event.coach_id, "cycle_id": event.cycle_id, "teacher_ids": event.teacher_ids}
    before = NOT_YET if row is None else {}
    match event:
        case o.ObservationScheduled():
            return before | whose | {"type": OBSERVING, "status": "planned", "began_at": event.scheduled_at}
        case o.ObservationRecorded():
            seen = {"mode": event.mode, "instrument": event.instrument}
            return (
                before
                | whose
                | seen
                | _held(OBSERVING, event.started_at, timedelta(seconds=event.duration_s))
            )
        case o.ObservationCorrected():
            return whose | _held(OBSERVING, event.started_at, timedelta(seconds=event.duration_s))
        case o.ObservationVoided():
            return {"status": "voided"}
        case o.FeedbackShared():
            return {"shared_at": recorded.occurred_at}
        case o.FeedbackAcknowledged():
            return {"acknowledged_at": recorded.occurred_at}
        case o.ActivityPlanned():
            return before | whose | {"type": event.type, "status": "planned", "began_at": event.scheduled_at}
        case o.ActivityHeld():
            return before | whose | _held(event.type, event.started_at, timedelta(minutes=event.minutes))
        case _:
            missed: Row = {"type": event.type, "status": "missed"}
            return missed if row is not None else before | whose | missed | {"began_at": recorded.occurred_at}


def _held(kind: str, began_at: Any, took: timedelta) -> Row:
    return {"type": kind, "status": "held", "began_at": began_at, "ended_at": began_at + took}


COACHING_TIMES = Projection(name="coaching_times", handles=HANDLES, project=project)
