"""What this machine and this platform lack, and how to mend it."""

import os
import shlex
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Literal

import asyncpg
import httpx
from backbone import ending

from chalkline import account, ports, postgres, presence, show, wheels
from chalkline.problem import Problem
from chalkline.state import State, read_json
from chalkline.status import status

NEEDED = 2_000_000_000  # bytes: WAL may grow to 4 GB under load, a demo needs a tenth of this
EARLIEST = datetime(2026, 1, 1, tzinfo=UTC)  # UUIDv7 and tokens need a clock that is roughly right


@dataclass(frozen=True, slots=True)
class Finding:
    verdict: Literal["ok", "warning", "wrong"]
    what: str
    mend: str = ""


def examine(state: State) -> Iterator[Finding]:
    """One finding after another, the ground first."""
    for check in (
        _python,
        _postgres_wheel,
        _nats_wheel,
        _account,
        _orphans,
        _disk,
        _memory,
        _state,
        _ports,
        _clock,
        _running,
    ):
        try:
            yield from check(state)
        except Problem as problem:
            yield Finding("wrong", problem.what, problem.mend)


def _python(_: State) -> Iterator[Finding]:
    version = ".".join(map(str, sys.version_info[:3]))
    yield Finding("ok", f"Python {version}")


def _postgres_wheel(_: State) -> Iterator[Finding]:
    wheels.postgres_installation()
    yield Finding("ok", f"PostgreSQL 18 ({wheels.POSTGRES_WHEEL} {wheels.version(wheels.POSTGRES_WHEEL)})")


def _nats_wheel(_: State) -> Iterator[Finding]:
    wheels.nats_server()
    yield Finding("ok", f"nats-server {wheels.version(wheels.NATS_WHEEL)}")


def _account(_: State) -> Iterator[Finding]:
    if os.geteuid() != 0:
        yield Finding("ok", "PostgreSQL runs as you")
        return
    found = account.server_account()
    name = found.name if found else "root"
    yield Finding("ok", f"you are root, so PostgreSQL runs as {name}, its data under {postgres.ELSEWHERE}")


def _orphans(_: State) -> Iterator[Finding]:
    if owner := account.server_account():
        for data, home in postgres.orphans(owner):
            yield Finding(
                "warning",
                f"{data} holds the data of a platform that is no longer in {home}",
                f"if it was deleted: rm -r {shlex.quote(str(data))}"
                " (if it was moved, it takes its data along when it starts)",
            )


def _disk(state: State) -> Iterator[Finding]:
    seen = set()
    for folder in (state.home, state.postgres.resolve()):
        existing = next(path for path in (folder, *folder.parents) if path.exists())
        device = existing.stat().st_dev
        if device in seen:
            continue
        seen.add(device)
        free = shutil.disk_usage(existing).free
        verdict: Literal["ok", "warning"] = "ok" if free >= NEEDED else "warning"
        mend = "" if free >= NEEDED else f"make room: {NEEDED / 1e9:.0f} GB is comfortable"
        yield Finding(verdict, f"{free / 1e9:.1f} GB free for {folder}", mend)


def _memory(_: State) -> Iterator[Finding]:
    import psutil  # noqa: PLC0415 - only this check needs it

    free = psutil.virtual_memory().available
    if free < 1_000_000_000:
        yield Finding("warning", f"only {free / 1e9:.1f} GB of memory available", "close something large")
    else:
        yield Finding("ok", f"{free / 1e9:.1f} GB of memory available")


def _state(state: State) -> Iterator[Finding]:
    if not state.exists:
        yield Finding("ok", f"no platform in {state.home} yet")
        return
    if not os.access(state.home, os.W_OK):
        yield Finding(
            "wrong", f"{state.home} cannot be written", "run as its owner, or choose another --home"
        )
        return
    exposed = [p for p in state.secrets.rglob("*") if p.is_file() and p.stat().st_mode & 0o077]
    if exposed:
        yield Finding("wrong", f"others can read {exposed[0]}", f"chmod -R go= {state.secrets}")
    for path in (state.ports, state.personas, state.platform, state.jwks):
        read_json(path)
    yield Finding("ok", f"the state in {state.home} is sound")


def _ports(state: State) -> Iterator[Finding]:
    if presence.running(state):
        return
    remembered: dict[str, int] = read_json(state.ports) or {}
    taken = {name: port for name, port in {**ports.USUAL, **remembered}.items() if not ports.is_free(port)}
    if taken:
        listed = ", ".join(f"{port} ({name})" for name, port in taken.items())
        yield Finding(
            "warning", f"in use by others: {listed}", "nothing to do: others are chosen at the start"
        )
    else:
        yield Finding("ok", "every port is free")


def _clock(state: State) -> Iterator[Finding]:
    now = datetime.now(UTC)
    if now < EARLIEST:
        yield Finding("wrong", f"the clock says {now:%Y-%m-%d}", "set the date; tokens and ids depend on it")
        return
    yield Finding("ok", f"the clock says {now:%Y-%m-%d %H:%M} UTC")
    remembered = read_json(state.ports) or {}
    if presence.running(state) and (port := remembered.get("nats_monitor")):
        try:
            answer = httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=2, trust_env=False)
        except httpx.HTTPError:
            return
        if "date" in answer.headers:
            drift = abs((parsedate_to_datetime(answer.headers["date"]) - now).total_seconds())
            if drift > 5:
                yield Finding("wrong", f"NATS is {drift:.0f} s off", "set one clock for the whole machine")


def _running(state: State) -> Iterator[Finding]:
    if not presence.running(state):
        yield Finding("ok", f"not running; start it with: {show.called(state, 'up')}")
        return
    report = ending.run(status(state))
    for name, part in show.everything(report).items():
        if part["health"] == "ready":
            yield Finding("ok", f"{name} answers at {part['url']}")
        elif part["pid"] or part["health"] in ("failed", "restarting"):
            yield Finding(
                "wrong",
                f"{name} is {part['health']}: {part['problem'] or ''}".rstrip(": "),
                f"read {part['log']}",
            )
        for check, result in (part.get("checks") or {}).items():
            if result not in (True, "ok", None):
                yield Finding("wrong", f"{name}: {check}: {result}", f"read {part['log']}")
    yield from _database(state, report["postgres"]["url"])


def _database(state: State, url: str) -> Iterator[Finding]:
    password = (state.secrets / "postgres" / "superuser_password").read_text()

    async def version() -> str:
        connection = await asyncpg.connect(
            url, user=postgres.SUPERUSER, password=password, database="postgres", timeout=3
        )
        try:
            return str(await connection.fetchval("SHOW server_version"))
        finally:
            await connection.close()

    try:
        yield Finding("ok", f"PostgreSQL {ending.run(version())} takes our password")
    except (OSError, TimeoutError, asyncpg.PostgresError) as error:
        yield Finding("wrong", f"PostgreSQL refuses us: {error}", f"read {state.log('postgres')}")
