#!/opt/chalkline/bin/python
"""One address a service, however many replicas it has: each connection goes to one of them, in turn.

front.py 8001=http://directory:8000/readyz 127.0.0.1:4222=tcp://nats:4222

What stands before = is where to listen, on every address unless one is given. Replicas are all that a
name stands for, looked up again every second: `docker compose up --scale` changes nothing here. With
http:// those that do not answer 200 on the path are passed over while others do.
"""

import asyncio
import itertools
import signal
import socket
import sys
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

CHUNK = 64 * 1024
EVERY = 1.0
"""Seconds between two looks at who is there and ready."""
PATIENCE = 2.0
"""Seconds for a replica to take a connection, or to say that it is ready."""


class Replicas:
    """The addresses behind a name, the ready ones first asked."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.name, self.port = parts.hostname or "", parts.port or 80
        self.asked = parts.path if parts.scheme == "http" else ""
        self.addresses: list[str] = []
        self._turn = itertools.count()

    def in_turn(self) -> list[str]:
        """All of them, beginning with the one whose turn it is."""
        if not self.addresses:
            return []
        first = next(self._turn) % len(self.addresses)
        return self.addresses[first:] + self.addresses[:first]

    async def watch(self) -> None:
        while True:
            with suppress(OSError):  # nobody has this name yet, or at the moment
                known = await look_up(self.name, self.port)
                every = sorted({str(address[0]) for *_, address in known})
                ready = await asyncio.gather(*map(self._ready, every))
                self.addresses = [a for a, yes in zip(every, ready, strict=True) if yes] or every
            await asyncio.sleep(EVERY)

    async def _ready(self, address: str) -> bool:
        if not self.asked:
            return True
        question = f"GET {self.asked} HTTP/1.1\r\nHost: {self.name}\r\nConnection: close\r\n\r\n"
        try:
            async with asyncio.timeout(PATIENCE):
                reader, writer = await asyncio.open_connection(address, self.port)
                try:
                    writer.write(question.encode())
                    return b" 200 " in await reader.readline()
                finally:
                    writer.close()
        except OSError:  # TimeoutError is one
            return False

    async def connected(self, client: asyncio.StreamReader, answer: asyncio.StreamWriter) -> None:
        """Carries one connection, to its end; closes it at once where no replica takes it."""
        try:
            if (taken := await self._taken()) is not None:
                reader, writer = taken
                try:
                    await asyncio.gather(carry(client, writer), carry(reader, answer))
                finally:
                    writer.close()
        except OSError:
            pass  # one of the two hung up; the other hears of it by the end of its connection
        finally:
            answer.close()

    async def _taken(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        for address in self.in_turn():
            with suppress(OSError):
                async with asyncio.timeout(PATIENCE):
                    return await asyncio.open_connection(address, self.port)
        return None


async def look_up(name: str, port: int) -> list[Any]:
    return await asyncio.get_running_loop().getaddrinfo(name, port, type=socket.SOCK_STREAM)


async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """What comes in goes out, and so does its end."""
    while chunk := await reader.read(CHUNK):
        writer.write(chunk)
        await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()


async def main(routes: list[str]) -> None:
    ended = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, ended.set)
    watching = []
    for route in routes:
        where, _, url = route.partition("=")
        address, _, port = where.rpartition(":")
        replicas = Replicas(url)
        watching.append(asyncio.create_task(replicas.watch()))
        await asyncio.start_server(replicas.connected, address or "0.0.0.0", int(port))  # noqa: S104 - what reaches it, compose decides
    await ended.wait()
    for task in watching:
        task.cancel()


if __name__ == "__main__":
    if not sys.argv[1:]:
        sys.exit(__doc__)
    asyncio.run(main(sys.argv[1:]))
