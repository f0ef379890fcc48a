"""Reading for somebody: whatever a query forgets, PostgreSQL shows the rows of the districts it was asked about alone.

The application's role writes for all districts and sees all. What is read for a caller is read as a second role, the
reader, by connections that say first whose rows they want; `sql/functions/guard.sql` has the other half.
"""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

import asyncpg

from backbone.queries import Queries

sql = Queries("backbone", "sql/queries")


def reader_of(app_role: str) -> str:
    """The role that reads for somebody: `goals_reader` of `goals`."""
    return f"{app_role}_reader"


class Reading(asyncpg.Connection):
    """A connection that remembers whose rows it asked for last: to ask for the same again costs nothing."""

    __slots__ = ("_whose",)

    async def rows_of(self, tenants: Collection[UUID], query: str, arguments: Sequence[Any]) -> list[Any]:
        whose = ",".join(sorted(map(str, tenants)))
        if getattr(self, "_whose", None) != whose:
            self._whose = None
            await self.fetchval(sql.ask_for, f"{{{whose}}}")
            self._whose = whose
        return list(await self.fetch(query, *arguments))


class Reads:
    """A pool of such connections."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def rows(self, tenants: Collection[UUID], query: str, *arguments: Any) -> list[Any]:
        """What a query finds among the rows of these districts."""
        async with self._pool.acquire() as db:
            reading: Any = db  # a proxy of a Reading
            found: list[Any] = await reading.rows_of(tenants, query, arguments)
            return found

    async def expire(self) -> None:
        """Asks over new connections from now on."""
        await self._pool.expire_connections()
