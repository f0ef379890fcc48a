"""Turns for others within what is long: whoever tells many rows lets the rest of the process go in between."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from typing import Any, Final, TypeAlias

Row: TypeAlias = Any
"""An asyncpg Record, or whatever else is told."""

TURN: Final = 20
"""How many are told, or written, before others have their turn: as CSV in half a millisecond."""


async def in_turn(rows: Iterable[Row]) -> AsyncIterator[Row]:
    """The rows of a page, a few at a time: what a long page takes, nobody else waits for."""
    for number, row in enumerate(rows, 1):
        yield row
        if number % TURN == 0:
            await asyncio.sleep(0)
