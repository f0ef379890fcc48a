"""The list of observations: those of one's own teaching, and those of the partnerships one coaches.

Rebuildable: drop the tables, replay the log, and the same rows come back.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from backbone.application import Reader
from backbone.folding import Row, folded, in_columns
from backbone.lists import OWN, Absent, Id, Lists, Page, Told, person_of, router_of
from backbone.projector import Connection, Projection
from backbone.queries import Queries
from backbone.recorded import Recorded
from backbone.service import Running
from backbone.yielding import in_turn
from chalkline_contracts import observations as o
from chalkline_contracts.event import Event
from chalkline_contracts.observations import Mode
from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

sql = Queries("observations", "sql/queries")

HANDLES: Final[tuple[type[Event], ...]] = (
    o.ObservationScheduled, o.ObservationRecorded, o.ObservationCorrected, o.ObservationVoided, o.FeedbackShared,
    o.FeedbackAcknowledged,
)  # fmt: skip
NOT_YET: Final[Row] = {
    "duration_s": None, "mode": None, "instrument": None, "measurements_n": 0, "shared_at": None,
    "acknowledged_at": None,
}  # fmt: skip

Status = Literal["scheduled", "recorded", "shared", "discussed", "voided"]


async def project(events: Sequence[Recorded[Any]], db: Connection) -> None:
    rows = await folded(events, db, known=sql.observations_known, key="observation_id", change=change)
    await db.execute(
        sql.list_observations,
        *in_columns(
            rows, "tenant", "observation_id", "partnership_id", "coach_id", "teacher_ids", "cycle_id", "status",
            "takes_place_at", "duration_s", "mode", "instrument", "measurements_n", "shared_at",
            "acknowledged_at", "position", "began",
        ),
    )  # fmt: skip
    # A visit may be recorded for another day, and with other teachers, than it was scheduled for.
    await db.execute(sql.forget_observed_people, *in_columns(rows, "tenant", "observation_id"))
    people = [{**row, "person_id": teacher_id} for row in rows for teacher_id in sorted(row["teacher_ids"])]
    await db.execute(
        sql.list_observed_people,
        *in_columns(people, "tenant", "person_id", "takes_place_at", "observation_id", "began"),
    )


def change(_: Row | None, recorded: Recorded[Any]) -> Row:
    match recorded.event:
        case o.ObservationScheduled() as event:
            return {**_whose(event), "status": "scheduled", "takes_place_at": event.scheduled_at, **NOT_YET}
        case o.ObservationRecorded() as event:
            seen = {"status": "recorded", "mode": event.mode, "instrument": event.instrument}
            return {**NOT_YET, **_whose(event), **_seen(event), **seen}
        case o.ObservationCorrected() as event:
            return _seen(event)
        case o.ObservationVoided():
            return {"status": "voided"}
        case o.FeedbackShared():
            return {"status": "shared", "shared_at": recorded.recorded_at}
        case _:
            return {"status": "discussed", "acknowledged_at": recorded.recorded_at}


def _whose(event: o.ObservationScheduled | o.ObservationRecorded) -> Row:
    return {
        "partnership_id": event.partnership_id,
        "coach_id": event.coach_id,
        "teacher_ids": event.teacher_ids,
        "cycle_id": event.cycle_id,
    }


def _seen(event: o.ObservationRecorded | o.ObservationCorrected) -> Row:
    return {
        "takes_place_at": event.started_at,
        "duration_s": event.duration_s,
        "measurements_n": len(event.measurements),
    }


class ListedObservation(Told):
    """An observation: when, how, and how far the talk about it has come; not what was seen."""

    observation_id: UUID
    partnership_id: UUID
    cycle_id: UUID | None
    coach_id: UUID
    teacher_ids: list[UUID]
    status: Status
    started_at: datetime
    """Of one only scheduled, when it shall take place."""
    duration_s: int | None
    """Seconds; null until it took place."""
    mode: Mode | None
    instrument: str | None
    """Its code and version, such as "time-on-task@2"."""
    measurements_n: int
    feedback_shared_at: datetime | None
    feedback_acknowledged_at: datetime | None


class ObservationsWanted(Page):
    partnership_id: Annotated[Id | Absent, Field(description="Only those of this partnership")] = None
    cycle_id: Annotated[Id | Absent, Field(description="Only those of this cycle")] = None


def routes(run: Running) -> APIRouter:
    router, lists = router_of("Observation"), Lists(run)

    @router.get("/v1/observations", summary="My observations, latest first", **OWN)
    async def observations(
        request: Request, response: Response, by: Reader, wanted: Annotated[ObservationsWanted, Query()]
    ) -> list[ListedObservation]:
        """Those of your own teaching, and those of partnerships you coach, as they stand now. Nobody
        else's, whoever you are.
        """
        person, query = person_of(by), sql.observations_of_person
        rows = await lists.page(
            request, response, by, wanted, query, person, wanted.partnership_id, wanted.cycle_id
        )
        if any(row["coaching"] for row in rows):
            lists.must_be_level(by)
        return [_told(row) async for row in in_turn(rows)]

    return router


def _told(row: Any) -> ListedObservation:
    return ListedObservation(
        observation_id=row["id"],
        partnership_id=row["partnership_id"],
        cycle_id=row["cycle_id"],
        coach_id=row["coach_id"],
        teacher_ids=row["teacher_ids"],
        status=row["status"],
        started_at=row["at"],
        duration_s=row["duration_s"],
        mode=row["mode"],
        instrument=row["instrument"],
        measurements_n=row["measurements_n"],
        feedback_shared_at=row["shared_at"],
        feedback_acknowledged_at=row["acknowledged_at"],
    )


OBSERVATION_LIST = Projection(name="observation_list", handles=HANDLES, project=project)
