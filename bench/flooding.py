"""A flood in a process of its own: one district's connections, each sending its next request as soon as it is answered.

Reads one JSON object from stdin: `{port, token, connections, seconds, requests}`, of which each request is
`[method, path, content type, body]` and `%K` in a body becomes a fresh command id. Writes how often it was
answered what status.
"""

import asyncio
import json
import sys
from collections import Counter
from itertools import cycle
from time import perf_counter
from typing import Any
from uuid import uuid4

import uvloop


async def answered(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> int:
    """The status of the answer, which is read to its end."""
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    lower = head.lower()
    if (at := lower.find(b"content-length: ")) >= 0:
        await reader.readexactly(int(lower[at + 16 : lower.index(b"\r", at)]))
    elif b"transfer-encoding: chunked" in lower:
        while size := int(await reader.readuntil(b"\r\n"), 16):
            await reader.readexactly(size + 2)
        await reader.readexactly(2)
    return int(head[9:12])


def written(token: str, method: str, path: str, kind: str, body: str) -> bytes:
    """A request as it goes over the wire."""
    while "%K" in body:
        body = body.replace("%K", str(uuid4()), 1)
    head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n"
    if kind and not body:
        head += f"Accept: {kind}\r\n"
    if body:
        head += f"Content-Type: {kind}\r\nIdempotency-Key: {uuid4()}\r\nContent-Length: {len(body)}\r\n"
    return f"{head}\r\n{body}".encode()


async def flood(told: dict[str, Any]) -> Counter[int]:
    until, statuses = perf_counter() + told["seconds"], Counter[int]()

    async def connection(begin: int) -> None:
        requests = cycle(told["requests"][begin:] + told["requests"][:begin])
        reader, writer = await asyncio.open_connection("127.0.0.1", told["port"], limit=2**24)
        while perf_counter() < until:
            async with asyncio.timeout_at(asyncio.get_running_loop().time() + until - perf_counter() + 0.01):
                statuses[await answered(reader, writer, written(told["token"], *next(requests)))] += 1
        writer.close()

    several = range(told["connections"])
    await asyncio.gather(*(connection(n % len(told["requests"])) for n in several), return_exceptions=True)
    return statuses


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        json.dump(runner.run(flood(json.load(sys.stdin))), sys.stdout)
