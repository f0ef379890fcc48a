"""The HTTP door of the goals service, beside an empty FastAPI POST, each a process, asked by a third."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from chalkline import issuer, ports, processes
from chalkline.provisioning import Database
from chalkline.state import State

from bench.report import Row, Section, ratio_row, row
from bench.school import DISTRICT, TEACHER, reading, school
from bench.servers import Servers, chain_key, on_uvloop

CLIENTS = (1, 16, 64)
ROLES = {"all roles": "door,relay,projector", "door only": "door"}
AT_LEAST = 0.4


@dataclass(frozen=True)
class Door:
    name: str
    port: int
    paths: Sequence[str]


async def measure(servers: Servers, *, quick: bool) -> Section:
    rounds, seconds, goals = (2, 1.0, 500) if quick else (5, 3.0, 5_000)
    made = await servers.database("door", "goals")
    goal_ids = await on_uvloop(lambda: _begun(made, goals))
    state = State(servers.folder / "state")
    token = issuer.token(state, issuer.Bearer(str(TEACHER), "person", str(DISTRICT)))
    paths = [f"/v1/goals/{goal_id}/record-progress" for goal_id in goal_ids]
    found: dict[tuple[str, int], list[dict[str, float]]] = {}
    async with AsyncExitStack() as stack:
        yardstick = Door("empty", await stack.enter_async_context(_empty(servers.folder)), ["/v1/empty"])
        doors = [yardstick]
        for number, (name, roles) in enumerate(ROLES.items()):
            port = await stack.enter_async_context(serving(servers, made, state, roles))
            doors.append(Door(name, port, paths[number :: len(ROLES)]))  # no two share a goal
        begin = count(step=1_000_000)
        for number in range(rounds + 1):  # the first warms up
            for clients in CLIENTS:
                for door in doors:
                    run = await load(door, token, clients, seconds if number else 1.0, next(begin))
                    if run["failed"]:
                        raise RuntimeError(f"{door.name}: {run['failed']:.0f} requests failed")
                    if number:
                        found.setdefault((door.name, clients), []).append(run)
    return Section("HTTP door", list(_rows(found)), [_busiest(found)])


def _rows(found: dict[tuple[str, int], list[dict[str, float]]]) -> list[Row]:
    rows: list[Row] = []
    for clients in CLIENTS:
        plural = "client" if clients == 1 else "clients"
        empty = [run["rate"] for run in found["empty", clients]]
        rows.append(row(f"empty FastAPI POST, {clients} {plural}", "/s", empty))
        for name in ROLES:
            runs = found[name, clients]
            rates = [run["rate"] for run in runs]
            wanted = AT_LEAST if clients == 64 else None
            rows.append(row(f"goals, {name}, {clients} {plural}", "/s", rates))
            rows.append(ratio_row(f"ratio, {name}, {clients} {plural}", rates, empty, at_least=wanted))
            rows += [
                row(f"{quantile}, {name}, {clients} {plural}", "ms", [r[quantile] for r in runs])
                for quantile in ("p50", "p99")
            ]
    return rows


def _busiest(found: dict[tuple[str, int], list[dict[str, float]]]) -> str:
    ours = max(run["busy"] for (name, _), runs in found.items() if name != "empty" for run in runs)
    theirs = max(run["busy"] for (name, _), runs in found.items() if name == "empty" for run in runs)
    return f"The load generator used at most {ours:.0%} of a core against the door, {theirs:.0%} against FastAPI."


async def _begun(made: Database, goals: int) -> list[UUID]:
    async with school(made.full_url, chain_key(made), goals) as there:
        return there.goals


async def load(door: Door, token: str, clients: int, seconds: float, begin: int) -> dict[str, float]:
    """What a load generator in its own process measured."""
    asked: dict[str, Any] = {
        "port": door.port,
        "paths": door.paths,
        "bodies": [reading(n).decode() for n in range(2000)],
        "token": token,
        "clients": clients,
        "seconds": seconds,
        "begin": begin,
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.load", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate(json.dumps(asked).encode())
    told: dict[str, float] = json.loads(output)
    return told


@asynccontextmanager
async def _empty(folder: Path) -> AsyncIterator[int]:
    port = ports.any_free()
    command = [sys.executable, "-m", "bench.empty", str(port)]
    async with _process(command, folder / "empty.log", dict(os.environ)):
        await _answers(f"http://127.0.0.1:{port}/openapi.json")
        yield port


@asynccontextmanager
async def serving(
    servers: Servers, made: Database, state: State, roles: str, *, service: str = "goals", **more: str
) -> AsyncIterator[int]:
    """A service as it is run anywhere, with `more` of its environment; yields its port."""
    port = ports.any_free()
    told = {
        "CHALKLINE_HTTP_PORT": str(port),
        "CHALKLINE_DATABASE_URL": made.url,
        "CHALKLINE_NATS_URL": servers.nats.url,
        "CHALKLINE_ISSUER": issuer.ISSUER,
        "CHALKLINE_JWKS": str(state.jwks),
        "CHALKLINE_SECRETS_DIR": str(made.secrets),
        **more,
    }
    command = [sys.executable, "-m", service, "serve", "--roles", roles]
    async with _process(command, servers.folder / f"{service}-{port}.log", {**os.environ, **told}):
        await _answers(f"http://127.0.0.1:{port}/healthz")
        yield port


@asynccontextmanager
async def _process(command: list[str], log: Path, env: dict[str, str]) -> AsyncIterator[None]:
    process = await processes.spawn(command, log=log, cwd=Path.cwd(), env=env)
    try:
        yield
    finally:
        await processes.stop(process, signal.SIGTERM, 15)


async def _answers(url: str) -> None:
    async with httpx.AsyncClient(trust_env=False) as http:
        for _ in range(600):
            try:
                if (await http.get(url)).status_code == httpx.codes.OK:
                    return
            except httpx.HTTPError:
                pass
            await asyncio.sleep(0.05)
    raise RuntimeError(f"{url} does not answer")
