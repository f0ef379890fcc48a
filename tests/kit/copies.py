"""A log, its stream and a relay between them, and the question whether one is a copy of the other."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import uuid4

import asyncpg
from backbone import streams
from backbone.ending import end
from backbone.leases import Lease
from backbone.listening import listen
from backbone.relay import Relay
from nats.aio.client import Client

from kit.tally import SERVICE, Tallies


class AlwaysHeld(Lease):
    """A lease whose holder never hears that it ended."""

    async def confirm(self) -> bool:
        self.epoch = 1
        self._until = float("inf")
        return True

    async def give_back(self) -> None:
        return


async def counted(tallies: Tallies, events: int) -> None:
    """So many events, of twenty tallies."""
    await asyncio.gather(*(tallies.count(n % 20, n) for n in range(events)))


@contextlib.asynccontextmanager
async def relaying(
    tallies: Tallies, pool: Any, nc: Client, *, kind: type[Relay] = Relay, **more: Any
) -> AsyncIterator[Relay]:
    """A relay at work, woken as it is in a service."""
    relay = kind(SERVICE, nc, pool, wake=tallies.ledger.woken_by_appends(), holder=uuid4().hex, **more)
    tasks = [asyncio.create_task(relay.run()), asyncio.create_task(listen(pool, tallies.ledger.wake))]
    try:
        yield relay
    finally:
        await end(*tasks)


async def until(condition: Callable[[], Awaitable[Any] | Any], *, within: float = 15.0) -> None:
    """Waits for what is to come true; fails when it takes longer."""
    async with asyncio.timeout(within):
        while True:
            value = condition()
            if asyncio.iscoroutine(value):
                value = await value
            if value:
                return
            await asyncio.sleep(0.02)


async def level(nc: Client, pool: Any) -> bool:
    """Whether the stream has as many messages as the log has events."""
    found = await streams.info(nc, SERVICE)
    return bool(found and found.state.messages >= await pool.fetchval("SELECT position FROM ledger.head"))


async def copied(nc: Client, pool: Any) -> None:
    """Fails unless the stream is the log, position by position."""
    rows = await pool.fetch("SELECT position, event_id, hash, data FROM ledger.events ORDER BY position")
    found = await streams.info(nc, SERVICE)
    assert found is not None
    messages = [
        m async for part in streams.read(nc, SERVICE, after=0, through=found.state.last_seq) for m in part
    ]
    assert [(m.position, *m.identity) for m in messages] == [
        (row["position"], str(row["event_id"]), row["hash"].hex()) for row in rows
    ]
    assert [row["position"] for row in rows] == list(range(1, len(rows) + 1))
    for message, row in zip(messages, rows, strict=True):
        assert message.payload.endswith(b',"data":' + row["data"].encode() + b"}")


async def as_superuser(database: Any, *statements: str) -> None:
    """What somebody can do who may do everything, with triggers and constraints out of the way."""
    connection = await asyncpg.connect(database.superuser_url)
    try:
        await connection.execute("SET session_replication_role = replica")
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


async def roll_back(database: Any, *, to: int) -> None:
    """What a restored backup looks like: everything after a position is gone from the database."""
    await database.owner.execute(
        f"""
        DELETE FROM ledger.private_words w USING ledger.events e
         WHERE w.stream_id = e.stream_id AND e.position > {to}
           AND e.data::jsonb -> 'note' ->> 'ref' = w.ref::text;
        DELETE FROM ledger.commands WHERE position > {to};
        DELETE FROM ledger.events WHERE position > {to};
        DELETE FROM ledger.streams s
         WHERE NOT EXISTS (SELECT FROM ledger.events e WHERE e.stream_id = s.stream_id);
        UPDATE ledger.streams s SET version = l.version, hash = l.hash, state_schema = -1
          FROM (SELECT DISTINCT ON (stream_id) stream_id, version, hash FROM ledger.events
                 ORDER BY stream_id, version DESC) l
         WHERE s.stream_id = l.stream_id AND s.version <> l.version;
        UPDATE ledger.head SET position = {to};
        """
    )
