"""Districts that have left: nothing is decided in them any more, and nobody of them is told anything.

Which they are is known from directory, like any fact. Every process looks them up every second, so that no request
waits for it; directory's own decisions know better, by the state of the district.
"""

import asyncio
from uuid import UUID

import asyncpg

from backbone.queries import Queries

sql = Queries("backbone", "sql/queries")

EVERY = 1.0
"""Seconds after which a process hears at the latest what its database knows."""


class Closed:
    """The tenants that are closed: `tenant in closed`."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._tenants = frozenset[UUID]()

    def __contains__(self, tenant: object) -> bool:
        return tenant in self._tenants

    async def look(self) -> None:
        self._tenants = frozenset(row["tenant"] for row in await self._pool.fetch(sql.districts_closed))

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(EVERY)
