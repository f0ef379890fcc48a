"""Parking: what cannot be taken is kept with its original bytes, and holds up only its own aggregate."""

import json
from collections.abc import Awaitable, Callable
from traceback import walk_tb
from typing import Any, TypeAlias
from uuid import UUID

import asyncpg

from backbone.queries import Queries
from backbone.reading import Delivery, Told
from backbone.wire import Unreadable

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
    error = None if error is None else _storable(error)
    tenant, aggregate_id = delivery.aggregate
    await db.execute(
        sql.park, reader, delivery.source, tenant, aggregate_id, delivery.position, subject, payload,
        json.dumps(dict(headers), default=str), error,
    )  # fmt: skip


async def retry_aggregate(
    pool: asyncpg.Pool, reader: str, source: str, tenant: UUID, aggregate_id: UUID,
    take: Callable[[Any, Delivery], Awaitable[None]],
) -> tuple[int, str | None]:  # fmt: skip
    """Takes the parked events of one aggregate again, in order, until one fails or none is left.

    `take(connection, delivery)` has its effect in the transaction that takes the row away. Live reading of
    that partition waits meanwhile, so nothing can overtake. Returns how many went, and what stopped the rest.
    """
    taken = 0
    while True:
        async with pool.acquire() as db, db.transaction():
            row = await db.fetchrow(sql.first_parked, reader, source, tenant, aggregate_id)
            if row is None:
                return taken, None
            waiting = Told(
                source, row["position"], (row["subject"], row["payload"], json.loads(row["headers"]))
            )
            await db.execute(sql.hold_partition, source, waiting.partition)
            try:
                async with db.transaction():
                    await take(db, waiting)
            except Exception as error:  # noqa: BLE001 - told to the operator, and kept
                reason = _storable(why(error))
                await db.execute(sql.keep_parked, reader, source, row["position"], reason)
                return taken, reason
            await db.execute(sql.unpark, reader, source, row["position"])
            taken += 1


def why(error: BaseException) -> str:
    """What an operator is told of a fault: its kind and where it arose, never what it quotes of an event."""
    if isinstance(error, Unreadable):
        return str(error)
    told = error.__cause__ or error
    kind = type(told).__name__
    if isinstance(told, asyncpg.PostgresError):
        named = getattr(told, "constraint_name", None) or getattr(told, "column_name", None)
        kind += f" {told.sqlstate}" + (f" ({named})" if named else "")
    for frame, line in reversed(list(walk_tb(told.__traceback__))):
        module = frame.f_globals.get("__name__", "?")
        if not module.startswith(("asyncpg", "pydantic")):
            return f"{kind} at {module}:{line}"
    return kind


def _storable(reason: str) -> str:
    """A reason may quote anything; what text in PostgreSQL cannot hold is replaced."""
    return reason.replace("\x00", "\N{REPLACEMENT CHARACTER}").encode(errors="replace").decode()
