"""A projection whose rows betray everything: an event that is lost, doubled or out of order shows in them."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from typing import Any
from uuid import UUID

import asyncpg
from backbone.ending import end
from backbone.local_log import LocalLog
from backbone.parking import retry_aggregate
from backbone.projector import Projection, Projector, run_idle
from backbone.recorded import Recorded
from backbone.subscription import StreamSource
from faststream.nats import NatsBroker

from kit.tally import SERVICE, TENANT, TallyCounted, named

TABLES = """
CREATE TABLE totals (
    tenant uuid NOT NULL, tally uuid NOT NULL, total bigint NOT NULL, numbers bigint[] NOT NULL,
    PRIMARY KEY (tenant, tally)
);
"""

Rows = dict[UUID, list[int]]
"""The numbers of each tally in the order in which they were projected."""


class Poisoned(Exception):
    """This event is not for us."""


class Totals:
    """The projection, and which labels it cannot take."""

    def __init__(self) -> None:
        self.poison: set[str] = set()
        self.fault: type[Exception] = Poisoned
        self.projection = Projection(name="totals", handles=(TallyCounted,), project=self.project)

    async def project(self, events: Sequence[Recorded[Any]], db: Any) -> None:
        for recorded in events:
            if recorded.event.label in self.poison:
                raise self.fault(f"cannot take {recorded.event.label}")
            await db.execute(
                "INSERT INTO totals AS t VALUES ($1, $2, $3, ARRAY[$3::bigint]) ON CONFLICT (tenant, tally)"
                " DO UPDATE SET total = t.total + $3, numbers = t.numbers || $3::bigint",
                recorded.tenant, recorded.aggregate_id, recorded.event.n,
            )  # fmt: skip

    async def take(self, db: Any, delivery: Any) -> None:
        await self.project([delivery.recorded()], db)


async def create(database: Any) -> None:
    await database.owner.execute(f"SET LOCAL search_path = projections; {TABLES}")
    await database.owner.execute(f'GRANT ALL ON projections.totals TO "{database.name}"')


async def rows(pool: Any, schema: str = "projections") -> Rows:
    found = await pool.fetch(f"SELECT tally, total, numbers FROM {schema}.totals")
    assert all(row["total"] == sum(row["numbers"]) for row in found)
    return {row["tally"]: list(row["numbers"]) for row in found}


async def told(pool: Any) -> Rows:
    """What the log says the rows should be."""
    numbers: Rows = {}
    for row in await pool.fetch(
        "SELECT stream_id, (data->>'n')::int AS n FROM ledger.events WHERE type = 'TallyCounted' ORDER BY position"
    ):
        numbers.setdefault(row["stream_id"], []).append(row["n"])
    return numbers


async def forget(database: Any) -> None:
    """Back to the beginning."""
    await database.owner.execute(
        "DELETE FROM projections.totals; DELETE FROM projections.checkpoints; DELETE FROM projections.parked;"
        "DELETE FROM projections.incarnations"
    )


@contextlib.asynccontextmanager
async def going(job: Any, *, pause: float = 0.02) -> AsyncIterator[None]:
    """Runs a reader's `run` for ever, begun again whenever it fails."""

    async def for_ever() -> None:
        while True:
            with contextlib.suppress(Exception):
                await job()
            await asyncio.sleep(pause)

    task = asyncio.create_task(for_ever())
    try:
        yield
    finally:
        await end(task)


@contextlib.asynccontextmanager
async def reading_log(
    projector: Projector, pool: Any, tallies: Any, *, batch: int = 1000
) -> AsyncIterator[None]:
    """A projector at work on the local log, as it is in a service."""
    log = LocalLog(SERVICE, pool, projector, tallies.ledger.woken_by_appends(), batch=batch)
    idle = asyncio.create_task(run_idle(projector, every=0.05))
    try:
        async with going(log.run):
            yield
    finally:
        await end(idle)


@contextlib.asynccontextmanager
async def reading_stream(
    reader: Any,
    url: str,
    *,
    batch: int = 50,
    kind: type[StreamSource] = StreamSource,
    name: str = "probe_reader",
) -> AsyncIterator[None]:
    """A projector or policy runner at work on the stream, as it is in a service that follows another."""
    broker = NatsBroker(url, apply_types=False, logger=None, max_reconnect_attempts=-1, reconnect_time_wait=0.1,
                        inbox_prefix="_INBOX_reader")  # fmt: skip
    client = await broker.connect()
    source = kind(SERVICE, broker, client.jetstream(), reader, consumer=name, inbox_prefix="_INBOX_reader",
                  batch=batch)  # fmt: skip
    idle = asyncio.create_task(run_idle(reader, every=0.05))
    try:
        async with going(source.run):
            yield
    finally:
        await end(idle)
        await broker.stop()


async def retry(
    database: Any, totals: Totals, tally: int, *, tenant: UUID = TENANT
) -> tuple[int, str | None]:
    return await retry_aggregate(database.app, "totals", SERVICE, tenant, named(tally), totals.take)


class Mortal:
    """A pool whose connection is killed at the nth step: a statement, or before or after a commit."""

    def __init__(self, pool: asyncpg.Pool, at: int) -> None:
        self._pool, self._left = pool, at
        self.died = False

    async def step(self, db: Any) -> bool:
        """True if this was the one."""
        self._left -= 1
        if self._left == 0:
            self.died = True
            await self._pool.execute("SELECT pg_terminate_backend($1, 5000)", db.get_server_pid())
            return True
        return False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._pool, name)

    @contextlib.asynccontextmanager
    async def acquire(self) -> AsyncIterator["MortalConnection"]:
        async with self._pool.acquire() as db:
            yield MortalConnection(db, self)


class MortalConnection:
    def __init__(self, db: Any, pool: Mortal) -> None:
        self._db, self._pool = db, pool

    def is_closed(self) -> bool:
        return self._db.is_closed()

    async def execute(self, *arguments: Any) -> Any:
        await self._pool.step(self._db)
        return await self._db.execute(*arguments)

    async def fetch(self, *arguments: Any) -> Any:
        await self._pool.step(self._db)
        return await self._db.fetch(*arguments)

    @contextlib.asynccontextmanager
    async def transaction(self) -> AsyncIterator[None]:
        async with self._db.transaction():
            yield
            await self._pool.step(self._db)
        if await self._pool.step(self._db):
            raise ConnectionResetError("the answer to the commit was lost")
