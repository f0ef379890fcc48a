"""Deriving every projection of goals again from its own log, and comparing it with the live tables."""

import asyncio
from contextlib import AsyncExitStack

import asyncpg
from backbone.collecting import collect_less
from backbone.database import LIVE, NEXT, connected
from backbone.local_log import MANY, LocalLog
from backbone.projector import Projector
from backbone.rebuild import rebuild
from goals.app import SERVICE

from bench.report import Section, row
from bench.school import school
from bench.servers import Servers, chain_key, on_uvloop

PROGRESS = 14
"""Events of a goal after the six by which it comes to be active."""


async def measure(servers: Servers, *, quick: bool) -> Section:
    return await on_uvloop(lambda: _measure(servers, quick=quick))


async def _measure(servers: Servers, *, quick: bool) -> Section:
    collect_less()  # as a service does
    rounds, goals = (2, 1_000) if quick else (5, 10_000)
    name = "rebuilding"
    made = await servers.database(name, "goals")
    async with school(made.full_url, chain_key(made), goals, progress=PROGRESS):
        pass
    rates: list[float] = []
    async with AsyncExitStack() as stack:
        owner = await asyncpg.connect(made.full_owner_url)
        stack.push_async_callback(owner.close)
        live = await stack.enter_async_context(
            connected(made.full_url, search_path=LIVE, name="live", size=4)
        )
        following = await stack.enter_async_context(
            connected(made.full_owner_url, search_path=NEXT, name="rebuild", size=4)
        )
        log = LocalLog("goals", live, None, asyncio.Event(), batch=MANY)
        head = await live.fetchval("SELECT position FROM ledger.head")
        await live.execute("DELETE FROM districts")  # what no event of this log told
        await log.feed(Projector("goals", SERVICE.all_projections, live), head)
        for _ in range(rounds):
            done = await rebuild(
                owner, following, package="goals", app_role=name, projections=SERVICE.all_projections,
                feed=log.feed, swap=False,
            )  # fmt: skip
            if not done.equal or done.events != head:
                raise RuntimeError(f"{done.events} of {head} events, differing: {done.differing}")
            rates.append(done.events / done.seconds)
    tables = {table: rows for table, rows in done.tables.items() if rows}
    note = f"{head:,} events into {', '.join(f'{table} ({rows:,} rows)' for table, rows in tables.items())}"
    return Section("Rebuild from the log", [row("rebuild", "events/s", rates, at_least=50_000)], [note])
