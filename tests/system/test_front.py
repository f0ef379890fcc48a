"""One address for any number of replicas: each connection goes to one of them, and none to those that cannot serve."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest
from chalkline import ports
from kit.compose import script
from kit.copies import until

pytestmark = pytest.mark.system

front = script("front")


class Replica:
    """Says its address to whoever asks, and whether it is ready."""

    def __init__(self, address: str, port: int) -> None:
        self.address, self.port, self.ready = address, port, True
        self.asked = self.looked_at = 0
        self._server: asyncio.Server | None = None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = (await reader.readuntil(b"\r\n\r\n")).decode()
        if request.startswith("GET /readyz"):
            self.looked_at += 1
            writer.write(b"HTTP/1.1 200 OK\r\n\r\n" if self.ready else b"HTTP/1.1 503 Not ready\r\n\r\n")
        else:
            self.asked += 1
            writer.write(f"HTTP/1.1 200 OK\r\n\r\n{self.address}".encode())
        writer.close()

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, self.address, self.port)

    async def stop(self) -> None:
        if self._server:
            self._server.close()
            await self._server.wait_closed()


@pytest.fixture
async def three(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[str, list[Replica]]]:
    """The address of a front, and three replicas behind the name it looks up."""
    port = ports.any_free()
    replicas = [Replica(f"127.0.0.{n}", port) for n in (1, 2, 3)]

    async def known(name: str, *_: Any, **__: Any) -> list[Any]:
        assert name == "goals"
        return [(2, 1, 6, "", (replica.address, port)) for replica in replicas]

    async with AsyncExitStack() as stack:
        for replica in replicas:
            await replica.start()
            stack.push_async_callback(replica.stop)
        behind = front.Replicas(f"http://goals:{port}/readyz")
        monkeypatch.setattr(front, "look_up", known)
        monkeypatch.setattr(front, "EVERY", 0.05)
        watching = asyncio.create_task(behind.watch())
        stack.callback(watching.cancel)
        where = ports.any_free([port])
        server = await asyncio.start_server(behind.connected, "127.0.0.1", where)
        stack.callback(server.close)
        await until(lambda: len(behind.addresses) == 3)
        yield f"127.0.0.1:{where}", replicas


async def noticed(replicas: list[Replica]) -> None:
    """Returns when the front has begun a look at them after this, and ended it."""
    seen = [replica.looked_at for replica in replicas]
    await until(lambda: all(r.looked_at >= n + 2 for r, n in zip(replicas, seen, strict=True)))


@asynccontextmanager
async def connection(where: str) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    host, _, port = where.partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        yield reader, writer
    finally:
        writer.close()


async def ask(where: str) -> str:
    """Who answers."""
    async with connection(where) as (reader, writer):
        writer.write(b"GET /v1/goals HTTP/1.1\r\n\r\n")
        return (await reader.read()).decode().rpartition("\r\n")[2]


async def test_connections_go_to_the_replicas_in_turn(three: tuple[str, list[Replica]]) -> None:
    where, replicas = three
    assert {await ask(where) for _ in range(3)} == {replica.address for replica in replicas}
    for _ in range(27):
        await ask(where)
    assert [replica.asked for replica in replicas] == [10, 10, 10]


async def test_a_replica_that_is_gone_fails_nobody(three: tuple[str, list[Replica]]) -> None:
    where, replicas = three
    await replicas[0].stop()
    answers = [await ask(where) for _ in range(12)]
    assert set(answers) == {"127.0.0.2", "127.0.0.3"}


async def test_a_replica_that_is_not_ready_is_passed_over(three: tuple[str, list[Replica]]) -> None:
    where, replicas = three
    replicas[1].ready = False
    await noticed(replicas)
    assert {await ask(where) for _ in range(12)} == {"127.0.0.1", "127.0.0.3"}


async def test_where_none_is_ready_whoever_is_there_says_so_itself(three: tuple[str, list[Replica]]) -> None:
    where, replicas = three
    for replica in replicas:
        replica.ready = False
    await noticed(replicas)
    assert await ask(where)


async def test_where_nobody_is_there_the_connection_ends_at_once(three: tuple[str, list[Replica]]) -> None:
    where, replicas = three
    for replica in replicas:
        await replica.stop()
    async with asyncio.timeout(5), connection(where) as (reader, _):
        assert await reader.read() == b""


async def test_a_client_that_hangs_up_leaves_nothing_open(three: tuple[str, list[Replica]]) -> None:
    where, _ = three
    before = len(asyncio.all_tasks())
    async with connection(where):
        await until(lambda: len(asyncio.all_tasks()) > before)
    await until(lambda: len(asyncio.all_tasks()) <= before + 3)  # questions after readiness come and go


async def test_what_is_large_arrives_whole_in_both_directions() -> None:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.read())
        writer.close()

    port, where = ports.any_free(), ports.any_free()
    behind = front.Replicas(f"tcp://127.0.0.1:{port}")
    behind.addresses = ["127.0.0.1"]
    said = bytes(range(256)) * 40_000
    async with (
        await asyncio.start_server(echo, "127.0.0.1", port),
        await asyncio.start_server(behind.connected, "127.0.0.1", where),
        connection(f"127.0.0.1:{where}") as (reader, writer),
    ):
        sending = asyncio.create_task(_all(writer, said))
        assert await reader.read() == said
        await sending


async def _all(writer: asyncio.StreamWriter, said: bytes) -> None:
    writer.write(said)
    writer.write_eof()
    await writer.drain()
