"""From a command of goals to a row of another service, beside the way most people would write it.

Ours: ledger, relay, JetStream, subscription, projector. By hand: an insert and a publish a command, then a
FastStream subscriber that inserts a row a message. Both read in a second process, on the same servers.
"""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import asyncpg
from backbone import streams
from backbone.collecting import collect_less
from backbone.database import LIVE, connected
from backbone.ending import end
from backbone.relay import Relay
from backbone.service import inbox_prefix
from chalkline.provisioning import Database
from chalkline_contracts.goals import ProgressMeasured
from faststream.nats import NatsBroker

from bench.readings import BY_HAND, SERVICE, TABLE, Told
from bench.report import Section, ratio_row, row
from bench.school import CYCLE, DISTRICT, PARTNERSHIP, SENT, TEACHER, School, school
from bench.servers import Servers, chain_key, on_uvloop

CLIENTS = 64
PER_SECOND = 300
LONGEST = 8.0
"""Seconds after which nobody waits any more for rows that still trickle in."""
PATIENCE = 3.0
"""Seconds without another row, after which those that are missing count as lost."""
Act = Callable[[], Awaitable[UUID]]
"""Does one command; returns the id of its event."""


async def measure(servers: Servers, *, quick: bool) -> Section:
    return await on_uvloop(lambda: _measure(servers, quick=quick))


async def _measure(servers: Servers, *, quick: bool) -> Section:
    collect_less(answering=True)  # as a service does
    rounds, seconds, goals = (1, 2.0, 1_000) if quick else (5, 3.0, 5_000)
    ours, theirs, lags, slow, amiss = [], [], [], [], 0
    owned = await servers.database("e2e", "goals")
    async with (
        school(owned.full_url, chain_key(owned), goals) as there,
        platform(servers, there) as act,
        by_hand(servers) as act_by_hand,
    ):
        for number in range(rounds):
            rate, wrong = await _rate(servers, "by_hand", f"hand{number}", act_by_hand, seconds)
            theirs.append(rate)
            amiss += abs(wrong)
            ours.append((await _rate(servers, "projector", f"ours{number}", act, seconds))[0])
            took = await _lags(servers, f"lag{number}", act, 2 * seconds)
            lags.append(took[len(took) // 2])
            slow.append(took[int(len(took) * 0.99)])
    rows = [
        row("commands to rows of another service", "/s", ours),
        row("the same by hand", "/s", theirs),
        ratio_row("ratio", ours, theirs, at_least=5),
        row(f"lag from answer to row, p50, {PER_SECOND}/s", "ms", lags, at_most=10),
        row(f"lag from answer to row, p99, {PER_SECOND}/s", "ms", slow),
    ]
    return Section(
        "End to end",
        rows,
        [
            "Each round counted its rows: none lost, none doubled.",
            f"By hand, {amiss} rows were not there after {LONGEST:.0f} s, or none had come for {PATIENCE:.0f} s.",
        ],
    )


async def _rate(servers: Servers, way: str, name: str, act: Act, seconds: float) -> tuple[float, int]:
    """Events a second, from the first command to the last row."""
    made = await servers.database(name, SERVICE)
    async with _reader(servers, made, way) as (rows, _):
        before = await _level(rows)
        began = time.perf_counter()

        async def client() -> int:
            done = 0
            while time.perf_counter() - began < seconds:
                await act()
                done += 1
            return done

        done = sum(await asyncio.gather(*(client() for _ in range(CLIENTS))))
        there, rate, moved = before, 0.0, time.perf_counter() - began
        while there - before < done:
            await asyncio.sleep(0.02)
            now, waited = await rows(), time.perf_counter() - began
            if now != there:
                there, rate, moved = now, (now - before) / waited, waited
            if waited - moved > PATIENCE or waited > LONGEST:
                break
        await asyncio.sleep(0.3)
        wrong = await rows() - before - done
        if wrong and way == "projector":
            raise RuntimeError(f"{done} commands, {wrong:+} rows")
    return rate, wrong


async def _level(rows: Any) -> int:
    """How many rows there are once a reader has caught up with the rounds before: when none came for a second."""
    there, since = await rows(), time.perf_counter()
    while time.perf_counter() - since < 1.0:
        await asyncio.sleep(0.05)
        if (now := await rows()) != there:
            there, since = now, time.perf_counter()
    return int(there)


async def _lags(servers: Servers, name: str, act: Act, seconds: float) -> list[float]:
    """Milliseconds from a command's answer to its row, in order, at a steady pace."""
    made = await servers.database(name, SERVICE)
    answered: dict[UUID, float] = {}
    stamps: dict[str, float] = {}

    async def one() -> None:
        answered[await act()] = time.time()

    async with _reader(servers, made, "projector") as (rows, ends):
        before, began = await _level(rows), time.perf_counter()
        tasks = []
        for n in range(int(PER_SECOND * seconds)):
            await asyncio.sleep(max(0.0, began + n / PER_SECOND - time.perf_counter()))
            tasks.append(asyncio.create_task(one()))
        await asyncio.gather(*tasks)
        while await rows() - before < len(tasks):  # noqa: ASYNC110 - another process writes them
            await asyncio.sleep(0.02)
        stamps = await ends()
    return sorted((stamps[str(event_id)] - at) * 1000 for event_id, at in answered.items())


@asynccontextmanager
async def _reader(servers: Servers, made: Database, way: str) -> AsyncIterator[tuple[Any, Any]]:
    """A reading process; yields how many rows it wrote (doubled ones count twice), and how it is ended."""
    owner = await asyncpg.connect(made.full_owner_url)
    role = made.full_url.split("//")[1].split(":")[0]
    await owner.execute(TABLE.format(schema="projections", role=role))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.readings", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        limit=2**26,
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    asked = {"way": way, "dsn": made.full_url, "nats_url": servers.nats.url, "seed": servers.seed(SERVICE)}
    process.stdin.write(json.dumps(asked).encode() + b"\n")
    await process.stdout.readline()

    async def rows() -> int:
        return int(await owner.fetchval("SELECT coalesce(sum(times), 0) FROM projections.readings"))

    async def ends() -> dict[str, float]:
        process.stdin.write(b"\n")
        told: dict[str, float] = json.loads(await process.stdout.readline())
        return told

    try:
        await _settled(rows)
        yield rows, ends
    finally:
        if process.returncode is None:
            process.kill()  # asked to stop, the hand-written way would first finish what it was sent
            await process.wait()
        await owner.close()


async def _settled(rows: Callable[[], Awaitable[int]]) -> None:
    """A new reader begins with what earlier rounds left in the stream."""
    last, quiet = -1, 0
    while quiet < 10:
        now = await rows()
        quiet = quiet + 1 if now == last else 0
        last = now
        await asyncio.sleep(0.1)


@asynccontextmanager
async def platform(servers: Servers, there: School) -> AsyncIterator[Act]:
    """Commands of goals with its relay beside them, as in a service's process."""
    broker = NatsBroker(
        servers.nats.url,
        nkeys_seed_str=servers.seed("goals"),
        inbox_prefix=inbox_prefix("goals"),
        logger=None,
    )
    client = await broker.connect()
    if await streams.info(client, "goals"):
        await streams.delete(client, "goals")  # of another part's log: the relay rightly refuses it
    relay = Relay("goals", client, there.pool, wake=there.ledger.woken_by_appends(), holder="bench")
    task = asyncio.create_task(relay.run())
    numbers = count(1)

    async def act() -> UUID:
        answer = await there.commands.handle(there.progress(next(numbers)))
        return answer.events[0][0]

    while relay.state != "copying" or relay.lag or not relay.published:  # noqa: ASYNC110 - it tells no one
        await asyncio.sleep(0.05)
    try:
        yield act
    finally:
        await end(task)
        await broker.stop()


@asynccontextmanager
async def by_hand(servers: Servers) -> AsyncIterator[Act]:
    """An insert and a publish, each awaited: what is answered is stored in both."""
    made = await servers.database("byhand", BY_HAND)
    owner = await asyncpg.connect(made.full_owner_url)
    await owner.execute("CREATE TABLE public.told (event_id uuid PRIMARY KEY, goal_id uuid, data json);"
                        "GRANT INSERT ON public.told TO byhand")  # fmt: skip
    await owner.close()
    broker = NatsBroker(
        servers.nats.url,
        nkeys_seed_str=servers.seed(BY_HAND),
        inbox_prefix=inbox_prefix(BY_HAND),
        logger=None,
    )
    await streams.create(await broker.connect(), BY_HAND, history="1@0")
    await broker.start()
    goals, numbers = [uuid4() for _ in range(1000)], count(1)
    async with connected(made.full_url, search_path=LIVE, name="by hand", size=16) as pool:

        async def act() -> UUID:
            n = next(numbers)
            taken = SENT[n % len(SENT)].measurement.recorded(uuid4(), TEACHER)
            event = ProgressMeasured(cycle_id=CYCLE, partnership_id=PARTNERSHIP, measurement=taken)
            told = Told(event_id=uuid4(), tenant=DISTRICT, goal_id=goals[n % len(goals)], event=event)
            await pool.execute(
                "INSERT INTO public.told (event_id, goal_id, data) VALUES ($1, $2, $3)",
                told.event_id, told.goal_id, event.model_dump_json(),
            )  # fmt: skip
            await broker.publish(told, f"ev.{BY_HAND}.told", stream=f"EV_{BY_HAND.upper()}")
            return told.event_id

        yield act
    await broker.stop()
