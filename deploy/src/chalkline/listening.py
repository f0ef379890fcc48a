"""Events as they arrive over NATS, heard as the operator."""

import asyncio
import json
import logging
import os
import re
import signal
import ssl
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import nats as nats_py
from backbone.logs import worth_telling
from nats.aio.client import Client
from nats.aio.msg import Msg
from rich.markup import escape

from chalkline import presence, show
from chalkline.problem import Problem
from chalkline.state import SERVICES, State, read_json

SERVICE_COLOURS = {
    "directory": "magenta",
    "goals": "green",
    "observations": "cyan",
    "notifications": "yellow",
}
Show = Callable[[str], None]
SUBJECT = re.compile(r"ev(\.[^\s.*>]+|\.\*)*(\.>)?")


def subject_of(words: str) -> str:
    """`goals` → `ev.goals.>`, `ev.goals.>` as it is, nothing → everything."""
    if not words:
        return "ev.>"
    if words.startswith("ev."):
        if not SUBJECT.fullmatch(words):
            raise Problem(
                f"{words} is no subject", "words with dots between them, such as ev.goals.*.*.Goal.>"
            )
        return words
    if words not in SERVICES:
        raise Problem(
            f"there is no service {words}", f"there are: {', '.join(SERVICES)}; or give a subject, ev.…"
        )
    return f"ev.{words}.>"


async def connected(state: State, on_error: Callable[[Exception], Awaitable[None]]) -> Client:
    """A connection as the operator. Raises Problem where there is nobody to listen to."""
    port = (read_json(state.ports) or {}).get("nats")
    seed = state.secrets / "operator" / "nats_seed"
    if port is None or not seed.exists():
        raise Problem("there is no platform to listen to", f"start one: {show.called(state, 'up')}")
    if presence.known(state) and not presence.running(state):
        raise Problem(f"no platform runs in {state.home}", f"start it: {show.called(state, 'up')}")
    authority = seed.with_name("nats_ca.pem")  # where there is one, the broker speaks TLS only
    trust = ssl.create_default_context(cafile=authority) if authority.exists() else None
    logging.getLogger("asyncio").addFilter(worth_telling)
    try:
        return await nats_py.connect(
            f"{'tls' if trust else 'nats'}://127.0.0.1:{port}",
            tls=trust,
            tls_handshake_first=trust is not None,
            nkeys_seed=str(seed),
            inbox_prefix=b"_INBOX_operator",
            name="chalkline listen",
            error_cb=on_error,
            connect_timeout=2,
            reconnect_time_wait=0.2,  # whoever listens misses what is said meanwhile
            allow_reconnect=True,
            max_reconnect_attempts=-1,
        )
    except (OSError, TimeoutError, nats_py.errors.Error) as error:
        raise Problem(
            f"NATS does not answer on port {port}", f"start it: {show.called(state, 'up')}"
        ) from error


async def events(state: State, subject: str, listening: asyncio.Event | None = None) -> AsyncIterator[Msg]:
    """Messages on the subject from now on, until the caller stops. `listening` is set once none can be missed."""
    refused: asyncio.Queue[Exception] = asyncio.Queue()
    connection = await connected(state, refused.put)
    try:
        subscription = await connection.subscribe(subject)
        # nats-py's ping overtakes what it has buffered: the second pong follows the server's answer.
        await connection.flush()
        await connection.flush()
        if not refused.empty():
            raise Problem(f"nobody may listen to {subject}: {refused.get_nowait()}", "events are under ev.>")
        if listening:
            listening.set()
        async for message in subscription.messages:
            yield message
    finally:
        await connection.close()


async def listen(state: State, subject: str, *, raw: bool, show: Show, count: int | None) -> None:
    """Shows each event, until interrupted or `count` have come."""
    done = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, done.set)

    async def follow() -> None:
        left = count
        async for message in events(state, subject):
            try:
                show(one_json_line(message) if raw else compact(message))
            except (BrokenPipeError, SystemExit):  # rich's way of saying it: whoever read has gone
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
                return
            left = left - 1 if left is not None else None
            if left == 0:
                return

    tasks = [asyncio.create_task(follow()), asyncio.create_task(done.wait())]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()
    for result in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(result, Exception):
            raise result


def one_json_line(message: Msg) -> str:
    """The CloudEvent as it came, on one line."""
    try:
        return json.dumps(json.loads(message.data), separators=(",", ":"), ensure_ascii=False)
    except ValueError:
        return json.dumps({"subject": message.subject, "data": message.data.decode(errors="replace")})


def compact(message: Msg) -> str:
    """One coloured line: when, which service, what happened, to what, with what."""
    tokens = message.subject.split(".")
    service = tokens[1] if len(tokens) > 1 else "?"
    try:
        event: dict[str, Any] = json.loads(message.data)
        data = event.get("data") or {}
    except (ValueError, AttributeError):
        return f"{_clock(None)}  {escape(message.subject)}  [red]not a CloudEvent[/]"
    colour = SERVICE_COLOURS.get(service, "white")
    details = " ".join(f"{key}={_value(value)}" for key, value in data.items() if value is not None)
    return (
        f"[dim]{_clock(event.get('time'))}[/]  [{colour}]{service:<13}[/] [bold]{escape(tokens[-1]):<24}[/] "
        f"[dim]{escape(str(event.get('subject', ''))[:8])}[/]  {escape(details)}"
    )


def _clock(time: str | None) -> str:
    try:
        when = datetime.fromisoformat(time) if time else datetime.now(UTC)
    except ValueError:
        return str(time)
    return f"{when:%Y-%m-%d %H:%M:%S}"


def _value(value: Any) -> str:
    if isinstance(value, dict) and value.keys() == {"ref", "digest"}:
        return "‹words›"  # they stay where they were said
    if isinstance(value, dict):
        return (
            "{"
            + " ".join(f"{key}={_value(inner)}" for key, inner in value.items() if inner is not None)
            + "}"
        )
    if isinstance(value, list):
        return "[" + " ".join(map(_value, value)) + "]"
    text = str(value)
    looks_like_id = len(text) == 36 and text.count("-") == 4
    return text[:8] if looks_like_id else text
