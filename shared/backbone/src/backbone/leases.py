"""A lease: leave to do what only one process should do at a time, for a few seconds and again.

PostgreSQL's clock tells when it ends. In the process the time since asking tells the same, early
rather than late; whoever needs more than courtesy fences its effect as well, as the relay does.
"""

import time

import asyncpg

from backbone.queries import Queries

sql = Queries("backbone", "sql/queries")


class Lease:
    """One name in `work.leases`, wanted by one holder (a name no other process has)."""

    def __init__(self, pool: asyncpg.Pool, name: str, holder: str, *, seconds: float = 5.0) -> None:
        self.name, self.holder, self.seconds = name, holder, seconds
        self.epoch: int | None = None
        self._pool = pool
        self._asked_at = 0.0
        self._until = 0.0

    @property
    def held(self) -> bool:
        return self.epoch is not None and time.monotonic() < self._until

    async def keep(self) -> bool:
        """Takes or prolongs it; asks only when a third of its time has gone. False if another has it."""
        asking = time.monotonic()
        if self.held and asking - self._asked_at < self.seconds / 3:
            return True
        return await self.confirm()

    async def confirm(self) -> bool:
        """Asks the database, whatever is believed here."""
        self._asked_at = time.monotonic()
        self.epoch = await self._pool.fetchval(sql.keep_lease, self.name, self.holder, self.seconds)
        self._until = self._asked_at + self.seconds
        return self.epoch is not None

    async def give_back(self) -> None:
        """Lets the next one take it at once."""
        if self.epoch is not None:
            self.epoch = None
            await self._pool.execute(sql.give_back_lease, self.name, self.holder)
