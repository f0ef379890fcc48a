"""Every version of every instrument, in words: what somebody looked for when they measured with it.

Rebuildable: drop the table, replay the log, and the same rows come back.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from backbone.application import Reader
from backbone.deciding import Unseen
from backbone.lists import DESCRIBED, Absent, Id, Lists, Page, Told, WordsTold, router_of
from backbone.projector import Connection, Projection
from backbone.queries import Queries
from backbone.recorded import Recorded
from backbone.rows import columns
from backbone.service import Running
from backbone.yielding import in_turn
from chalkline_contracts.measurement import MeasurementKind
from chalkline_contracts.observations import InstrumentPublished, Scale
from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

sql = Queries("observations", "sql/queries")


async def project(events: Sequence[Recorded[Any]], db: Connection) -> None:
    rows = [_row(recorded, recorded.event) for recorded in events]
    await db.execute(sql.note_instrument_versions, *columns(rows, 10))


def _row(recorded: Recorded[Any], event: InstrumentPublished) -> tuple[Any, ...]:
    items = [{"code": i.code, "kind": i.kind, "wording_ref": str(i.wording_ref.ref)} for i in event.items]
    lowest, highest = (event.scale.lowest, event.scale.highest) if event.scale else (None, None)
    return (
        recorded.tenant, recorded.aggregate_id, event.instrument, event.name_ref.ref, event.framework,
        json.dumps(items), lowest, highest, recorded.occurred_at, recorded.position,
    )  # fmt: skip


class VersionItem(Told):
    """One thing an instrument looks for."""

    code: str
    kind: MeasurementKind
    wording: WordsTold


class InstrumentVersion(Told):
    """An instrument as one version of it says, for good."""

    instrument_id: UUID
    instrument: str
    """Its code and version, such as "time-on-task@2": what observations and measurements name."""
    name: WordsTold
    framework: str | None
    items: list[VersionItem]
    scale: Scale | None
    status: Literal["published", "retired"]
    """Of the instrument: nothing new is observed with any version of one that is retired."""
    published_at: datetime


class VersionsWanted(Page):
    instrument_id: Annotated[Id | Absent, Field(description="Only those of this instrument")] = None


def routes(run: Running) -> APIRouter:
    router, lists = router_of("Instrument"), Lists(run)

    @router.get("/v1/instrument-versions", summary="Versions of instruments, newest first", **DESCRIBED)
    async def instrument_versions(
        request: Request, response: Response, by: Reader, wanted: Annotated[VersionsWanted, Query()]
    ) -> list[InstrumentVersion]:
        """For everyone who works in the district, and its operators."""
        if by.kind == "person":
            lists.must_be_level(by)
        if not await lists.belongs(by):
            raise Unseen
        query = sql.versions_of_instrument if wanted.instrument_id else sql.versions_of_district
        rows = await lists.page(request, response, by, wanted, query, wanted.instrument_id)
        return [_told(row) async for row in in_turn(rows)]

    return router


def _told(row: Any) -> InstrumentVersion:
    return InstrumentVersion(
        instrument_id=row["id"],
        instrument=row["instrument"],
        name=row["name"],
        framework=row["framework"],
        items=[VersionItem(**item) for item in json.loads(row["items"])],
        scale=None if row["lowest"] is None else Scale(lowest=row["lowest"], highest=row["highest"]),
        status=row["status"],
        published_at=row["at"],
    )


INSTRUMENT_VERSIONS = Projection(name="instrument_versions", handles=(InstrumentPublished,), project=project)
