"""Rows that follow an aggregate: each as it was, changed by each of its events in their order.

For projections whose rows cannot be told by the last event alone. Two statements a batch, however many
events: the rows as they are, and the rows as they become.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias
from uuid import UUID

from backbone.projector import Connection
from backbone.recorded import Recorded
from backbone.rows import columns

Row: TypeAlias = dict[str, Any]
"""By column name; `tenant`, `began` and `position` among them."""

Change: TypeAlias = Callable[[Row | None, Recorded[Any]], Row]
"""`change(row, recorded)`: what an event changes in its row, by column; the first one gets None, and tells all."""


async def folded(
    events: Sequence[Recorded[Any]], db: Connection, *, known: str, key: str, change: Change
) -> list[Row]:
    """The rows of these events' aggregates as they are now, sorted by tenant and id.

    `known` is a query that takes ($1 tenants, $2 ids); `key` is the column of the aggregate's id. Every row
    notes the positions of the first and the last of its events.
    """
    histories: dict[tuple[UUID, UUID], list[Recorded[Any]]] = {}
    for recorded in events:
        histories.setdefault((recorded.tenant, recorded.aggregate_id), []).append(recorded)
    keys = sorted(histories)
    rows: dict[tuple[UUID, UUID], Row] = {
        (row["tenant"], row[key]): dict(row) for row in await db.fetch(known, *columns(keys, 2))
    }
    for own, history in histories.items():
        row = rows.get(own)
        for recorded in history:
            changed = change(row, recorded)
            if row is None:
                row = rows[own] = {"tenant": own[0], key: own[1], "began": recorded.position}
            row.update(changed)
        rows[own]["position"] = history[-1].position
    return [rows[own] for own in keys]


def in_columns(rows: Sequence[Row], *names: str) -> list[list[Any]]:
    """The named columns of these rows, as `unnest` takes them; lists of ids joined by commas."""
    return [[_flat(row[name]) for row in rows] for name in names]


def _flat(value: Any) -> Any:
    """`unnest` would flatten an array of arrays, so a list goes as text."""
    return ",".join(str(part) for part in value) if type(value) in (list, tuple) else value
