"""From events to rows: the last word on each key, in columns, sorted so that writers never deadlock."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID


def last_by_key(rows: Iterable[Sequence[Any]], key_length: int) -> list[Sequence[Any]]:
    """Of rows with equal first `key_length` values the last, sorted by key.

    `INSERT … ON CONFLICT DO UPDATE` may not meet the same key twice in one statement.
    """
    last = {_sortable(row[:key_length]): row for row in rows}
    return [last[key] for key in sorted(last)]


def columns(rows: Sequence[Sequence[Any]], width: int) -> Sequence[Sequence[Any]]:
    """The first `width` values of each row, turned into columns, as `unnest` takes them."""
    return list(zip(*rows, strict=True))[:width] or [()] * width


def _sortable(key: Sequence[Any]) -> tuple[Any, ...]:
    """Ids as integers, which are hashed and compared in a fraction of the time; the rest as text."""
    return tuple([value.int if isinstance(value, UUID) else str(value) for value in key])
