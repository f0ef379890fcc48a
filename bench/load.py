"""A load generator in a process of its own: keep-alive connections, each sending its next request at once.

Requests are made beforehand; an answer is read no further than its status and its length. Reads one JSON
object from stdin, writes one to stdout: `{rate, p50, p99, busy, failed}` with times in ms; `busy` is the
share of a core this process used, which tells whether it was the bottleneck.
"""

import asyncio
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from time import perf_counter, process_time
from typing import Any

import uvloop


@dataclass(frozen=True)
class Load:
    port: int
    paths: Sequence[str]
    bodies: Sequence[str]
    token: str
    clients: int
    seconds: float
    begin: int
    """Number of the first request: command ids never repeat within a run."""


class Connection(asyncio.Protocol):
    """One client: sends, waits for the answer, sends again until the time is over."""

    def __init__(self, requests: Iterator[bytes], until: float, done: asyncio.Future[None]) -> None:
        self._requests, self._until, self._done = requests, until, done
        self.took: list[float] = []
        self.failed = 0
        self._buffer = b""
        self._sent = 0.0

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._send()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head = self._buffer.find(b"\r\n\r\n")
        if head < 0:
            return
        at = self._buffer.find(b"content-length: ")
        length = int(self._buffer[at + 16 : self._buffer.find(b"\r", at)])
        if len(self._buffer) < head + 4 + length:
            return
        if self._buffer[9:10] != b"2":
            self.failed += 1
        self.took.append(perf_counter() - self._sent)
        self._buffer = b""
        if perf_counter() < self._until:
            self._send()
        else:
            self._transport.close()

    def connection_lost(self, _: Exception | None) -> None:
        if not self._done.done():
            self._done.set_result(None)

    def _send(self) -> None:
        self._sent = perf_counter()
        self._transport.write(next(self._requests))


def requests(load: Load) -> Iterator[bytes]:
    """The requests, without end: the path and the body take turns, the command id is always another."""
    heads = [
        (
            f"POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {load.token}\r\n"
            f"Content-Type: application/json\r\n"
        ).encode()
        for path in load.paths
    ]
    bodies = [f"Content-Length: {len(body)}\r\n\r\n{body}".encode() for body in load.bodies]
    for n in count(load.begin):
        key = b"Idempotency-Key: 19800000-0000-7000-8000-%012x\r\n" % n
        yield heads[n % len(heads)] + key + bodies[n % len(bodies)]


async def generate(load: Load) -> dict[str, float]:
    loop = asyncio.get_running_loop()
    source, busy, began = requests(load), process_time(), perf_counter()
    ends = [loop.create_future() for _ in range(load.clients)]
    made = [
        await loop.create_connection(
            lambda end=end: Connection(source, began + load.seconds, end), "127.0.0.1", load.port
        )
        for end in ends
    ]
    await asyncio.gather(*ends)
    elapsed = perf_counter() - began
    took = sorted(t for _, connection in made for t in connection.took)
    return {
        "rate": len(took) / elapsed,
        "p50": took[len(took) // 2] * 1000,
        "p99": took[int(len(took) * 0.99)] * 1000,
        "busy": (process_time() - busy) / elapsed,
        "failed": sum(connection.failed for _, connection in made),
        "sent": len(took),
    }


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        json.dump(runner.run(generate(Load(**json.load(sys.stdin)))), sys.stdout)
