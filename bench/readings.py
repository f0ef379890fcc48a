"""What another service makes of goals' events: a row an event, so that none lost and none doubled can be counted.

`python -m bench.readings projector|by_hand` reads on, in a process of its own, until its stdin ends; then it
tells when each row was committed, as `{event id: seconds since the epoch}`.
"""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import asyncpg
import uvloop
from backbone.collecting import collect_less
from backbone.database import LIVE, connected
from backbone.ending import end
from backbone.projector import Connection, Projection, Projector
from backbone.recorded import Recorded
from backbone.service import inbox_prefix
from backbone.subscription import StreamSource
from chalkline_contracts.goals import ProgressMeasured
from faststream import FastStream
from faststream.nats import JStream, NatsBroker
from nats.js.api import ConsumerConfig
from pydantic import BaseModel

SERVICE, BY_HAND = "notifications", "directory"
"""Who reads, and whose stream the hand-written way borrows."""
TABLE = """
CREATE TABLE {schema}.readings (
    event_id uuid PRIMARY KEY, tenant uuid NOT NULL, goal_id uuid NOT NULL, measured_at timestamptz NOT NULL,
    times integer NOT NULL DEFAULT 1
);
GRANT SELECT, INSERT, UPDATE, DELETE ON {schema}.readings TO "{role}"
"""
PUT = """
INSERT INTO readings (event_id, tenant, goal_id, measured_at)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::timestamptz[])
    ON CONFLICT (event_id) DO UPDATE SET times = readings.times + 1
"""
PUT_ONE = """
INSERT INTO readings (event_id, tenant, goal_id, measured_at) VALUES ($1, $2, $3, $4)
    ON CONFLICT (event_id) DO UPDATE SET times = readings.times + 1
"""


class Told(BaseModel):
    """A message of the hand-written way."""

    event_id: UUID
    tenant: UUID
    goal_id: UUID
    event: ProgressMeasured


@asynccontextmanager
async def projecting(pool: asyncpg.Pool, broker: NatsBroker, seen: dict[str, float]) -> AsyncIterator[None]:
    """The platform's way: an ephemeral consumer, a projector, a checkpoint beside the rows."""
    fresh: list[UUID] = []

    async def project(events: Sequence[Recorded[Any]], db: Connection) -> None:
        fresh[:] = [r.event_id for r in events]
        await db.execute(
            PUT, fresh, [r.tenant for r in events], [r.aggregate_id for r in events],
            [r.event.measurement.occurred_at for r in events],
        )  # fmt: skip

    def committed() -> None:
        now = time.time()
        seen.update((str(event_id), now) for event_id in fresh)

    readings = Projection(name="readings", handles=(ProgressMeasured,), project=project)
    client = await broker.connect()
    source = StreamSource(
        "goals", broker, client.jetstream(), Projector("goals", [readings], pool, committed=committed),
        consumer=f"{SERVICE}_projections_0", inbox_prefix=inbox_prefix(SERVICE),
    )  # fmt: skip
    task = asyncio.create_task(source.run())
    try:
        yield
    finally:
        await end(task)


@asynccontextmanager
async def by_hand(pool: asyncpg.Pool, broker: NatsBroker, seen: dict[str, float]) -> AsyncIterator[None]:
    """The way most people would write it: a handler a message, an insert a message."""

    @broker.subscriber(
        f"ev.{BY_HAND}.>",
        stream=JStream(f"EV_{BY_HAND.upper()}", declare=False),
        config=ConsumerConfig(name=f"{SERVICE}_projections_0", durable_name=f"{SERVICE}_projections_0"),
    )
    async def on_told(told: Told) -> None:
        await pool.execute(
            PUT_ONE, told.event_id, told.tenant, told.goal_id, told.event.measurement.occurred_at
        )
        seen[str(told.event_id)] = time.time()

    app = FastStream(broker)
    await app.start()
    try:
        yield
    finally:
        await app.stop()


async def main(way: str, dsn: str, nats_url: str, seed: str) -> None:
    seen: dict[str, float] = {}
    broker = NatsBroker(nats_url, nkeys_seed_str=seed, inbox_prefix=inbox_prefix(SERVICE), logger=None)
    reading = {"projector": projecting, "by_hand": by_hand}[way]
    collect_less(answering=True)  # as a service does
    async with connected(dsn, search_path=LIVE, name=way, size=8) as pool, reading(pool, broker, seen):
        print("reading", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        print(json.dumps(seen), flush=True)
        await asyncio.sleep(60)  # whoever asked ends this process


if __name__ == "__main__":
    told: dict[str, str] = json.loads(sys.stdin.readline())
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(**told))
