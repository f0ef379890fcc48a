"""Answers on the wire, without a response object in between."""

from collections.abc import Iterable
from typing import Any

from pydantic_core import to_json
from starlette.types import Send

from backbone.problems import MEDIA_TYPE, Problem

Header = tuple[bytes, bytes]


async def respond(
    send: Send, status: int, members: Any, headers: Iterable[Header] = (), *, bodiless: bool = False
) -> int:
    """Returns how many bytes it was."""
    body = to_json(members)
    await _send(send, status, b"application/json", body, headers, bodiless=bodiless)
    return len(body)


async def respond_problem(send: Send, problem: Problem, trace_id: str, *, bodiless: bool = False) -> None:
    headers = [(name.lower().encode(), value.encode()) for name, value in problem.headers.items()]
    headers.append((b"cache-control", b"no-store"))
    await _send(send, problem.status, MEDIA_TYPE.encode(), problem.body(trace_id), headers, bodiless=bodiless)


async def _send(
    send: Send, status: int, kind: bytes, body: bytes, headers: Iterable[Header], *, bodiless: bool
) -> None:
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [(b"content-type", kind), (b"content-length", b"%d" % len(body)), *headers],
        }
    )
    await send({"type": "http.response.body", "body": b"" if bodiless else body})
