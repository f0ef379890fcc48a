"""The list of instruments: what a district measures with, for anyone who works there.

Rebuildable: drop the table, replay the log, and the same rows come back.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from backbone.application import Reader
from backbone.deciding import Unseen
from backbone.folding import Row, folded, in_columns
from backbone.lists import DESCRIBED, Lists, Page, Told, WordsTold, router_of
from backbone.projector import Connection, Projection
from backbone.queries import Queries
from backbone.recorded import Recorded
from backbone.service import Running
from backbone.yielding import in_turn
from chalkline_contracts.measurement import MeasurementKind
from chalkline_contracts.observations import InstrumentPublished, InstrumentRetired, Scale
from fastapi import APIRouter, Query, Request, Response

sql = Queries("observations", "sql/queries")


async def project(events: Sequence[Recorded[Any]], db: Connection) -> None:
    rows = await folded(events, db, known=sql.instruments_known, key="instrument_id", change=change)
    await db.execute(
        sql.list_instruments,
        *in_columns(
            rows, "tenant", "instrument_id", "instrument", "name_ref", "framework", "items", "lowest", "highest",
            "status", "published_at", "position", "began",
        ),
    )  # fmt: skip


def change(row: Row | None, recorded: Recorded[Any]) -> Row:
    match recorded.event:
        case InstrumentPublished() as event:
            return {
                "instrument": event.instrument,
                "name_ref": event.name_ref.ref,
                "framework": event.framework,
                "items": json.dumps([{"code": item.code, "kind": item.kind} for item in event.items]),
                "lowest": event.scale.lowest if event.scale else None,
                "highest": event.scale.highest if event.scale else None,
                "status": "published",
                "published_at": row["published_at"] if row else recorded.occurred_at,
            }
        case _:
            return {"status": "retired"}


class ListedItem(Told):
    """One thing an instrument looks for; its wording comes with the instrument itself."""

    code: str
    kind: MeasurementKind


class ListedInstrument(Told):
    """An instrument as its latest version says."""

    instrument_id: UUID
    instrument: str
    """Its code and version, such as "time-on-task@2"."""
    name: WordsTold
    """Null when the words were erased."""
    framework: str | None
    items: list[ListedItem]
    scale: Scale | None
    status: Literal["published", "retired"]
    published_at: datetime
    """Its first version."""


def routes(run: Running) -> APIRouter:
    router, lists = router_of("Instrument"), Lists(run)

    @router.get("/v1/instruments", summary="What the district measures with, newest first", **DESCRIBED)
    async def instruments(
        request: Request, response: Response, by: Reader, page: Annotated[Page, Query()]
    ) -> list[ListedInstrument]:
        """For everyone who works in the district, and its operators."""
        if by.kind == "person":
            lists.must_be_level(by)
        if not await lists.belongs(by):
            raise Unseen
        rows = await lists.page(request, response, by, page, sql.instruments_of_district)
        return [_told(row) async for row in in_turn(rows)]

    return router


def _told(row: Any) -> ListedInstrument:
    scale = None if row["lowest"] is None else Scale(lowest=row["lowest"], highest=row["highest"])
    return ListedInstrument(
        instrument_id=row["id"],
        instrument=row["instrument"],
        name=row["name"],
        framework=row["framework"],
        items=[ListedItem(**item) for item in json.loads(row["items"])],
        scale=scale,
        status=row["status"],
        published_at=row["at"],
    )


INSTRUMENT_LIST = Projection(
    name="instrument_list", handles=(InstrumentPublished, InstrumentRetired), project=project
)
