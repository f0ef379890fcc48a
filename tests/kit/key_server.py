"""An issuer's address for its keys, which may be in trouble, and a clock that goes as it is put."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from kit.tokens import Issuer


class Address:
    """Serves the issuer's document, or does not; counts how often it was asked."""

    def __init__(self, issuer: Issuer) -> None:
        self.issuer, self.up = issuer, True
        self.asked = self.answered = 0
        self.url = ""
        self.trouble: str | None = None

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        self.asked += 1
        if self.trouble is not None:
            await self.fail(writer)
            self.answered += 1
            return
        body = self.issuer.path.read_bytes()
        status = b"200 OK" if self.up else b"503 Service Unavailable"
        head = b"HTTP/1.1 %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % (status, len(body))
        writer.write(head + body)
        await writer.drain()
        self.answered += 1
        writer.close()
        await writer.wait_closed()

    async def fail(self, writer: asyncio.StreamWriter) -> None:
        """Answers in one of the ways in which an issuer may be in trouble, or not its own any more."""
        begun = b"HTTP/1.1 200 OK\r\nContent-Length: 20000000\r\n\r\n"
        redirect = b"HTTP/1.1 302 Found\r\nLocation: %s?elsewhere\r\nContent-Length: 0\r\n\r\n"
        try:
            match self.trouble:
                case "hangs":
                    await asyncio.sleep(5)
                case "drips":
                    writer.write(begun)
                    for _ in range(100):
                        writer.write(b" ")
                        await asyncio.sleep(0.05)
                case "is enormous":
                    writer.write(begun)
                    for _ in range(200):
                        writer.write(b" " * 100_000)
                        await writer.drain()
                case "redirects":
                    writer.write(redirect % self.url.encode())
                case "fails":
                    writer.write(b"HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n")
                case "knows nobody":
                    writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{"keys":[]}')
            await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()


@asynccontextmanager
async def serving(issuer: Issuer) -> AsyncIterator[Address]:
    address = Address(issuer)
    server = await asyncio.start_server(address.answer, "127.0.0.1", 0)
    address.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/jwks.json"
    async with server:
        yield address


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now
