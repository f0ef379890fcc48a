"""One district floods a service while another asks twenty things a second: what the other notices of it.

Goals is run with limits and without, in turn, on one database. In each round each is asked by the
quiet district alone, then beside each kind of flood; ratios are of 99th percentiles within a round.
"""

import asyncio
import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from functools import partial
from itertools import cycle
from time import perf_counter
from uuid import UUID, uuid4

import asyncpg
import httpx
from backbone.deciding import Actor
from chalkline import issuer
from chalkline.provisioning import Database
from chalkline.state import State
from goals.aggregates import GOAL

from bench.flooding import answered, written
from bench.http_door import serving
from bench.report import Row, Section, ratio_row, row
from bench.school import DISTRICT, TEACHER, begin, nothing, reading, school, until_active
from bench.servers import Servers, chain_key, on_uvloop

QUIET = uuid4()
RATE = 20.0
CONNECTIONS = 64
AT_MOST = 2.0
BULK_LINES = 50
DOORS = {"with limits": {}, "without": {"CHALKLINE_RATE_LIMIT": "0"}}
FLOODS = ("nobody", "looks", "lists", "exports", "commands", "bulk requests", "broken tokens")

Request = tuple[str, str, str, str]
"""Method, path, content type (of what is asked for, where nothing is sent), body."""


@dataclass(frozen=True)
class Door:
    port: int
    loud: Sequence[UUID]
    """Goals of the district that floods."""
    quiet: Sequence[UUID]


async def measure(servers: Servers, *, quick: bool) -> Section:
    rounds, seconds, goals = (1, 5.0, 300) if quick else (3, 12.0, 1_000)
    state = State(servers.folder / "state")
    loud, quiet = (
        issuer.token(state, issuer.Bearer(str(TEACHER), "person", str(t))) for t in (DISTRICT, QUIET)
    )
    found, refused = dict[tuple[str, str], list[list[float]]](), Counter[str]()
    async with AsyncExitStack() as stack:
        beside = await servers.database("flood_directory", "directory")
        run = partial(serving, servers, state=state, roles="door,relay,projector")
        await stack.enter_async_context(run(made=beside, service="directory"))
        made = await servers.database("flood", "goals")
        of_each = await on_uvloop(partial(_begun, made, goals))
        for _ in range(rounds):
            for name, more in DOORS.items():
                async with run(made=made, **more) as port:
                    door = Door(port, *of_each)
                    await _settled(door)
                    await _analyzed(made)
                    await _asked(door, quiet, 3.0)  # to warm up
                    for flood in FLOODS:
                        took, answers = await _beside(door, flood, loud, quiet, seconds)
                        await _settled(door)
                        found.setdefault((name, flood), []).append(sorted(took))
                        refused.update({f"{flood} {name}, {status}": n for status, n in answers.items()})
    notes = [f"The flood was answered: {', '.join(f'{what}: {n:,}' for what, n in refused.items())}."]
    return Section("A flood beside", list(_rows(found)), notes)


def _rows(found: dict[tuple[str, str], list[list[float]]]) -> Iterator[Row]:
    for name in DOORS:
        alone = [_p99(took) for took in found[name, "nobody"]]
        yield row(f"p99 of the quiet district alone, {name}", "ms", alone)
        for flood in FLOODS[1:]:
            beside = [_p99(took) for took in found[name, flood]]
            yield row(f"p99 beside {flood}, {name}", "ms", beside)
            wanted = AT_MOST if name == "with limits" else None
            yield ratio_row(f"ratio beside {flood}, {name}", beside, alone, at_most=wanted)


def _p99(took: Sequence[float]) -> float:
    return took[min(len(took) - 1, int(len(took) * 0.99))] * 1000


async def _begun(made: Database, goals: int) -> tuple[list[UUID], list[UUID]]:
    """Goals of the loud and of the quiet district."""
    async with school(made.full_url, chain_key(made), goals) as there:
        history = replace(GOAL, decide=until_active, facts=nothing)
        quiet = [uuid4() for _ in range(goals // 10)]
        await begin(there.commanding(history), history, quiet, lambda _: Actor("system", "bench", QUIET))
        return there.goals, quiet


async def _beside(
    door: Door, flood: str, loud: str, quiet: str, seconds: float
) -> tuple[list[float], Counter[str]]:
    """How long the quiet district waited for each answer, and what the flood was answered."""
    if flood == "nobody":
        return await _asked(door, quiet, seconds)
    told = {
        "port": door.port,
        "token": loud[:-8] + "AAAAAAAA" if flood == "broken tokens" else loud,
        "connections": CONNECTIONS,
        "seconds": seconds,
        "requests": requests(flood, door.loud),
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.flooding", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    (output, _), (took, refused) = await asyncio.gather(
        process.communicate(json.dumps(told).encode()), _asked(door, quiet, seconds)
    )
    return took, refused + Counter(json.loads(output))


async def _settled(door: Door) -> None:
    """Returns when all that was told is published and projected, and all that was asked answered."""
    async with httpx.AsyncClient(trust_env=False, timeout=60) as http:
        while True:
            stands = (await http.get(f"http://127.0.0.1:{door.port}/readyz")).json()
            lags = stands["projector"].get("lag", {}).values()
            if stands["status"] == "ready" and not stands["relay"].get("lag") and not any(lags):
                break
            await asyncio.sleep(0.2)
    await asyncio.sleep(1)


async def _analyzed(made: Database) -> None:
    """Autovacuum does so within a minute of the rows' coming; a round is shorter."""
    db = await asyncpg.connect(made.full_owner_url)
    await db.execute("ANALYZE")
    await db.close()


def requests(flood: str, goals: Sequence[UUID]) -> list[Request]:
    """What a flood sends, over and over."""
    kind = "application/json"
    match flood:
        case "lists":
            return [("GET", "/v1/goals?limit=200", "", "")] * CONNECTIONS
        case "exports":
            return [("GET", "/v1/goals", "text/csv", "")] * CONNECTIONS
        case "commands":
            return [
                ("POST", f"/v1/goals/{goal}/record-progress", kind, reading(n).decode())
                for n, goal in enumerate(goals)
            ]
        case "bulk requests":
            at = cycle(goals)
            line = '{{"command_id":"%K","aggregate":"Goal","id":"{}","command":"RecordProgress","body":{}}}'
            lines = "\n".join(line.format(next(at), reading(n).decode()) for n in range(BULK_LINES))
            return [("POST", "/v1/commands", "application/x-ndjson", lines)]
        case _:
            return [("GET", f"/v1/goals/{goal}", "", "") for goal in goals[:CONNECTIONS]]


async def _asked(door: Door, token: str, seconds: float) -> tuple[list[float], Counter[str]]:
    """Twenty a second, each when it is due: looks, lists and commands in turn."""
    took, refused = list[float](), Counter[str]()
    goals, free = cycle(door.quiet), asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]]()

    async def ask(number: int, due: float) -> None:
        goal = next(goals)
        request: Request = (
            ("GET", f"/v1/goals/{goal}", "", ""),
            ("GET", "/v1/goals", "", ""),
            ("POST", f"/v1/goals/{goal}/record-progress", "application/json", reading(number).decode()),
        )[number % 3]
        await asyncio.sleep(due - perf_counter())
        pair = await asyncio.open_connection("127.0.0.1", door.port) if free.empty() else free.get_nowait()
        sent = perf_counter()
        status = await answered(*pair, written(token, *request))
        took.append(perf_counter() - sent)
        refused.update([f"quiet, {status}"] if status >= 400 else [])
        free.put_nowait(pair)

    began = perf_counter() + 0.05
    await asyncio.gather(*(ask(n, began + n / RATE) for n in range(int(RATE * seconds))))
    while not free.empty():
        free.get_nowait()[1].close()
    return took, refused
