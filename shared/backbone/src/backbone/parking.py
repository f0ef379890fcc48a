"""Parking: what cannot be taken is kept with its original bytes, and holds up only its own aggregate."""

import json
from typing import Any, TypeAlias
from uuid import UUID

from backbone.queries import Queries
from backbone.reading import Delivery

sql = Queries("backbone", "sql/queries")

Aggregate: TypeAlias = tuple[str, UUID, UUID]
"""(reader, tenant, aggregate id)."""


async def parked_aggregates(db: Any, source: str) -> set[Aggregate]:
    """The aggregates of a source that wait, for each reader."""
    rows = await db.fetch(sql.parked_aggregates, source)
    return {(row["reader"], row["tenant"], row["aggregate_id"]) for row in rows}


async def park(db: Any, reader: str, delivery: Delivery, *, error: str | None) -> None:
    """Keeps a delivery; `error` is None for one that merely queues behind another."""
    subject, payload, headers = delivery.raw()
    tenant, aggregate_id = delivery.aggregate
    await db.execute(
        sql.park, reader, delivery.source, tenant, aggregate_id, delivery.position, subject, payload,
        json.dumps(dict(headers)), error,
    )  # fmt: skip
