"""What a request asks beside its body: headers, read once and strictly."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any
from uuid import UUID

from starlette.types import Message, Receive, Scope

from backbone.entrances import uuid_in
from backbone.problems import Problem

JSON_TYPES = frozenset({"application/json"})
NDJSON_TYPES = frozenset({"application/x-ndjson", "application/ndjson", "application/jsonl", "text/plain"})
"""Lines of JSON; as plain text too, for tools that know no better name."""

Reached = Callable[[str, int, int], Awaitable[bool]]
"""Waits until this service has seen (service, partition, position); False if that takes too long."""

_ONCE = frozenset({b"authorization", b"idempotency-key", b"if-match", b"content-type", b"content-length"})
_READ = _ONCE | {b"at-least", b"traceparent", b"content-encoding"}
_ETAG = re.compile(r'"(\d{1,9})"')
_LEVEL = re.compile(r"([a-z][a-z_]{0,31}):(\d|[0-5]\d|6[0-3]):(\d{1,18})")
MOST_LEVELS = 16
"""How many positions one At-Least may name."""


class Gone(Exception):
    """The caller went away before the request was complete."""


def headers_of(scope: Scope) -> dict[bytes, str]:
    """The headers a door reads. Raises a Problem where one that counts is there twice."""
    found: dict[bytes, str] = {}
    for name, value in scope["headers"]:
        if name in _READ:
            text = value.decode("latin-1")
            if name in found:
                if name in _ONCE:
                    raise Problem("header_repeated", f"{name.decode()} is there twice")
                text = f"{found[name]},{text}"
            found[name] = text
    return found


def command_id(headers: dict[bytes, str]) -> UUID:
    """The Idempotency-Key. Raises a Problem."""
    key = headers.get(b"idempotency-key")
    if key is None:
        raise Problem(
            "idempotency_key_missing",
            "send the header Idempotency-Key: a UUID of this command, the same whenever it is sent again",
        )
    try:
        return uuid_in(key.strip())
    except ValueError:
        raise Problem("idempotency_key_invalid") from None


def expected_version(headers: dict[bytes, str]) -> int | None:
    """The version If-Match names; None for any. Raises a Problem."""
    text = headers.get(b"if-match")
    if text is None or text.strip() == "*":
        return None
    found = _ETAG.fullmatch(text.strip())
    if found is None:
        raise Problem("if_match_invalid")
    return int(found[1])


async def level_reached(
    headers: dict[bytes, str], reached: Reached, room: AbstractAsyncContextManager[Any]
) -> None:
    """Waits in `room` for what At-Least names. Raises a Problem if it is malformed, or does not come in time."""
    text = headers.get(b"at-least")
    if text is None:
        return
    levels = [_LEVEL.fullmatch(part.strip()) for part in text.split(",", MOST_LEVELS)]
    named = [(found[1], int(found[2]), int(found[3])) for found in levels if found]
    if len(named) != len(levels) or len(named) > MOST_LEVELS:
        raise Problem("at_least_invalid")
    async with room:
        if not all(await asyncio.gather(*(reached(*level) for level in named))):
            raise Problem("behind")


def media_type(headers: dict[bytes, str], accepted: frozenset[str]) -> None:
    """Raises a Problem unless the body is said to be what we accept, unpacked and in UTF-8."""
    kind, _, parameters = headers.get(b"content-type", "").partition(";")
    charset = parameters.strip().lower().replace('"', "")
    if kind.strip().lower() not in accepted or (charset and charset != "charset=utf-8"):
        raise Problem("content_type", f"send {' or '.join(sorted(accepted))}")
    if headers.get(b"content-encoding", "identity").strip().lower() not in ("", "identity"):
        raise Problem("content_type", "send it without a content encoding")


async def body_of(headers: dict[bytes, str], receive: Receive, largest: int) -> bytes:
    """The body. Raises a Problem when it is larger, Gone when its sender is."""
    length = headers.get(b"content-length", "")
    if length.isdecimal() and int(length[:18]) > largest:
        raise Problem("too_large", f"at most {largest} bytes")
    first: Message = await receive()
    if first["type"] == "http.request" and not first.get("more_body"):
        whole: Any = first.get("body", b"")
        if len(whole) > largest:
            raise Problem("too_large", f"at most {largest} bytes")
        return bytes(whole)
    parts, message, size = [], first, 0
    while True:
        if message["type"] != "http.request":
            raise Gone
        part = message.get("body", b"")
        size += len(part)
        if size > largest:
            raise Problem("too_large", f"at most {largest} bytes")
        parts.append(part)
        if not message.get("more_body"):
            return b"".join(parts)
        message = await receive()
