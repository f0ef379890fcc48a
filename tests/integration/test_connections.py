"""Whoever connects and comes to no question is hung up on; whoever asks is answered."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from types import SimpleNamespace
from typing import Any, cast

import pytest
import pytest_asyncio
import uvicorn
import uvloop
from backbone import connections, main
from chalkline import ports
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

pytestmark = pytest.mark.integration


async def measured(request: Request) -> Response:
    return PlainTextResponse(f"{len(request.headers.get('x', ''))} {len(await request.body())}")


ENDED = asyncio.Event()


async def endless(_: Request) -> Response:
    async def lines() -> AsyncIterator[bytes]:
        try:
            while True:
                yield b"a" * 100_000
                await asyncio.sleep(0)
        finally:
            ENDED.set()

    return StreamingResponse(lines())


async def small(_: Request) -> Response:
    """More than a system takes of it for who takes nothing, and less than a transport ever said it had too much of."""
    return PlainTextResponse("a" * 60_000)


@asynccontextmanager
async def serving() -> AsyncIterator[uvicorn.Server]:
    """As services start one."""
    settings: Any = SimpleNamespace(http_host="127.0.0.1", http_port=ports.any_free())
    routes = [
        Route("/", measured, methods=["GET", "POST"]), Route("/endless", endless), Route("/small", small),
    ]  # fmt: skip
    server = main._server(Starlette(routes=routes), settings)
    serves = asyncio.create_task(server.serve())
    async with asyncio.timeout(20):
        while not server.started:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    try:
        yield server
    finally:
        server.should_exit = True
        await serves


@pytest_asyncio.fixture
async def port(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[int]:
    """Of a server as services start it."""
    monkeypatch.setattr(connections, "WITHIN", 0.3)
    async with serving() as server:
        yield server.config.port


async def said(port: int, *parts: bytes, end: bool = True) -> bytes:
    """What comes back until the other side hangs up."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    answer = asyncio.create_task(reader.read())
    try:
        for part in parts:
            writer.write(part)
            await writer.drain()
    except ConnectionError:
        pass
    async with asyncio.timeout(20):
        try:
            return cast(bytes, await answer)
        except ConnectionError:
            return b"hung up"
        finally:
            writer.close()


BEGIN = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX: "


async def test_a_head_that_never_ends_is_hung_up_on(port: int) -> None:
    answer = await said(port, BEGIN, *[b"a" * 100_000] * 100)
    assert answer == b"hung up" or answer.startswith(b"HTTP/1.1 431")


async def test_whoever_says_nothing_or_half_a_question_is_hung_up_on(port: int) -> None:
    for parts in ((), (BEGIN,)):
        assert (await said(port, *parts)).startswith(b"HTTP/1.1 408")


async def test_a_body_that_hardly_comes_is_hung_up_on_answered_or_not(port: int) -> None:
    for method, path in ((b"POST", b"/"), (b"POST", b"/nothing")):
        question = method + b" " + path + b" HTTP/1.1\r\nHost: x\r\nContent-Length: 8000000\r\n\r\n"
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(question)
        answer = asyncio.create_task(reader.read())
        async with asyncio.timeout(20):
            while not answer.done():
                writer.write(b"a")
                await asyncio.sleep(connections.WITHIN / 10)
        writer.close()
        status = b"" if answer.exception() else answer.result()[:12]
        assert status in (b"", b"HTTP/1.1 404" if path == b"/nothing" else b"HTTP/1.1 408")


async def test_whoever_takes_no_answer_is_hung_up_on(port: int) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", port, limit=1)  # it reads no more than that
    writer.write(b"GET /endless HTTP/1.1\r\nHost: x\r\n\r\n")
    async with asyncio.timeout(20):
        await ENDED.wait()
    writer.close()


SMALL = b"GET /small HTTP/1.1\r\nHost: x\r\n"
NOTHING_TAKEN: dict[str, tuple[bytes, int, float]] = {
    "of many answers": (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * 350, 99, 75),
    "and kept, to ask again": (SMALL + b"\r\n", 99, 75),
    "and closed with its answer": (SMALL + b"Connection: close\r\n\r\n", 99, 75),
    "and closed since it asked nothing more": (SMALL + b"\r\n", 99, 0.1),
    "and hung up on since it asked by half": (SMALL + b"\r\n" + BEGIN, 99, 75),
    "and hung up on for somebody else": (SMALL + b"\r\n", 1, 75),
}
"""What is asked, how many may wait, and for how many seconds."""


@pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
@pytest.mark.parametrize(("asked", "most", "kept"), NOTHING_TAKEN.values(), ids=NOTHING_TAKEN)
def test_whoever_takes_nothing_of_a_small_answer_is_let_go_of_however_it_is_closed(
    loop: Callable[[], asyncio.AbstractEventLoop], asked: bytes, most: int, kept: float,
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    monkeypatch.setattr(connections, "WITHIN", 0.3)
    monkeypatch.setattr(connections, "MOST", most)

    async def taking_nothing() -> None:
        async with serving() as server:
            there: set[Any] = server.server_state.connections
            server.config.timeout_keep_alive = cast(int, kept)
            ours = socket.socket()
            ours.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            ours.connect(("127.0.0.1", server.config.port))
            ours.sendall(asked)
            async with asyncio.timeout(20):
                while not any(one.transport.get_write_buffer_size() for one in there):  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
            _, other = await asyncio.open_connection("127.0.0.1", server.config.port)
            with suppress(TimeoutError):
                async with asyncio.timeout(5):
                    while there:  # noqa: ASYNC110
                        await asyncio.sleep(0.01)
            left = [(one.transport.is_closing(), one.transport.get_write_buffer_size()) for one in there]
            other.close()
            ours.close()
            for one in list(there):
                one.transport.abort()
            assert not left, "closing or not, and how many bytes it has not taken"

    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(taking_nothing())
    assert not caplog.records, "it is no fault that anybody has to look at"


async def test_of_more_than_may_wait_who_waited_longest_is_hung_up_on(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "WITHIN", 60.0)
    monkeypatch.setattr(connections, "MOST", 3)
    idle = [await asyncio.open_connection("127.0.0.1", port) for _ in range(5)]
    assert (await said(port, BEGIN, b"\r\n\r\n")).endswith(b"0 0")
    async with asyncio.timeout(20):
        for reader, _ in idle[:3]:
            assert await reader.read() == b""
    assert not any(reader.at_eof() for reader, _ in idle[3:])
    for _, writer in idle:
        writer.close()


async def test_whoever_asks_is_answered_however_much_they_bring_along(port: int) -> None:
    assert (await said(port, BEGIN, b"a" * 50_000, b"\r\n\r\n")).endswith(b"50000 0")
    post = b"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 8000000\r\n\r\n"
    assert (await said(port, post, *[b"b" * 80_000] * 100)).endswith(b"0 8000000")


async def test_who_waits_between_two_questions_is_not_hung_up_on(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for _ in range(2):
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert (await reader.readuntil(b"0 0")).startswith(b"HTTP/1.1 200")
        await asyncio.sleep(connections.WITHIN + 0.2)
    writer.close()
