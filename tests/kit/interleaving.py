"""Replays what projections and policies handle in every order that law 6 allows, and compares what came of it.

The order within an aggregate is kept; aggregates, sources and the bounds of batches mix at random.
"""

import asyncio
import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import asyncpg
from backbone.policies import Policy
from backbone.projector import Projection
from backbone.recorded import PARTITIONS, Recorded

Log = Sequence[Recorded[Any]]
Tables = Mapping[str, list[str]]
"""Every row of every table, as text, sorted."""


def interleaved(logs: Sequence[Log], rng: random.Random) -> list[Recorded[Any]]:
    """All events of all logs in one random order that keeps each aggregate's own."""
    waiting: dict[Any, list[Recorded[Any]]] = defaultdict(list)
    for log in logs:
        for recorded in log:
            waiting[recorded.source, recorded.tenant, recorded.aggregate_id].append(recorded)
    keys = [key for key, events in waiting.items() for _ in events]
    if rng.random() < 0.3:
        rng.shuffle(keys)
    else:  # some aggregates are far ahead of others, as a replica's partitions may be
        ahead = {key: rng.random() for key in waiting}
        keys.sort(key=lambda key: ahead[key] + rng.random() * 0.2)
    turns = {key: iter(events) for key, events in waiting.items()}
    return [next(turns[key]) for key in keys]


def in_batches(events: Log, rng: random.Random) -> list[Log]:
    """Cut at random, and wherever the source changes: a batch has one source."""
    batches: list[list[Recorded[Any]]] = []
    for recorded in events:
        if not batches or batches[-1][0].source != recorded.source or rng.random() < 0.2:
            batches.append([])
        batches[-1].append(recorded)
    return list(batches)


async def projected(pool: Any, projections: Sequence[Projection], batches: Sequence[Log]) -> Tables:
    """What empty tables hold after these batches."""
    await emptied(pool)
    for batch in batches:
        assert await _committed(pool, projections, batch)
    return await told(pool)


async def emptied(pool: Any) -> None:
    await pool.execute("".join(f"DELETE FROM projections.{table};" for table in await names(pool)))


async def told(pool: Any) -> Tables:
    return {
        table: sorted(str(tuple(row)) for row in await pool.fetch(f"TABLE projections.{table}"))
        for table in await names(pool)
    }


def divided(logs: Sequence[Log], rng: random.Random, among: int = 2) -> list[list[Recorded[Any]]]:
    """What each of several replicas reads of these logs: partitions at random, the order within each as it is."""
    holder = [rng.randrange(among) for _ in range(PARTITIONS)]
    return [
        interleaved([[r for r in log if holder[r.partition] == replica] for log in logs], rng)
        for replica in range(among)
    ]


async def projected_at_once(
    pool: Any, projections: Sequence[Projection], batches_of: Sequence[Sequence[Log]]
) -> Tables:
    """What empty tables hold after several replicas have projected their batches, all at the same time."""

    async def replica(batches: Sequence[Log]) -> None:
        for batch in batches:
            while not await _committed(pool, projections, batch):  # noqa: ASYNC110 - until it is there
                await asyncio.sleep(0)

    await emptied(pool)
    await asyncio.gather(*(replica(batches) for batches in batches_of))
    return await told(pool)


async def _committed(pool: Any, projections: Sequence[Projection], batch: Log) -> bool:
    """False where two stood in each other's way: one of them does it again, as a projector does."""
    try:
        async with pool.acquire() as db, db.transaction():
            for projection in projections:
                if events := [r for r in batch if isinstance(r.event, projection.handles)]:
                    await projection.take(events, db)
    except asyncpg.TransactionRollbackError:
        return False
    return True


async def names(db: Any) -> list[str]:
    found = await db.fetch(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'projections'"
        " AND tablename NOT IN ('checkpoints', 'incarnations', 'parked') ORDER BY 1"
    )
    return [row["tablename"] for row in found]


def differences(one: Tables, other: Tables) -> dict[str, list[str]]:
    return {name: sorted(set(rows) ^ set(other[name])) for name, rows in one.items() if rows != other[name]}


async def reactions(policies: Sequence[Policy], events: Log, look: Any) -> list[str]:
    """Every reaction as its command's identity and content, sorted."""
    found = []
    for recorded in events:
        for policy in policies:
            if isinstance(recorded.event, policy.handles):
                async for r in policy.react(recorded, look(recorded.tenant)):
                    name = (recorded.event_id, policy.name, r.aggregate, r.aggregate_id, r.ordinal)
                    found.append(f"{name} {r.command.model_dump_json()}")
    return sorted(found)
