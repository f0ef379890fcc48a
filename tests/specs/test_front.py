"""What surrounds every request: whatever goes wrong inside is told once, to the caller and to the log."""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator

import httpx
import pytest
import uvicorn
from backbone.front import Answered, Front
from fastapi import FastAPI
from starlette.responses import StreamingResponse
from structlog.testing import capture_logs

inside = FastAPI()
inside.add_middleware(Answered)


@inside.get("/whole")
async def whole() -> None:
    raise RuntimeError("before the answer")


@inside.get("/half")
async def half() -> StreamingResponse:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"half"
        raise RuntimeError("amid the answer")

    return StreamingResponse(pieces())


async def logged(path: str, caplog: pytest.LogCaptureFixture) -> tuple[str, list[str]]:
    """What a caller got of a path, and which lines told of a fault: ours, or those of the server."""
    server = uvicorn.Server(uvicorn.Config(Front(inside), log_config=None, lifespan="off"))
    caplog.set_level(logging.ERROR)
    with capture_logs() as ours, socket.create_server(("127.0.0.1", 0)) as listening:
        serving = asyncio.create_task(server.serve([listening]))
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{listening.getsockname()[1]}") as http:
            try:
                got = str((await http.get(path)).status_code)
            except httpx.RemoteProtocolError:
                got = "broken"
        server.should_exit = True
        await serving
    faults = [line["event"] for line in ours if "exc_info" in line]
    return got, faults + [record.getMessage().strip() for record in caplog.records if record.exc_info]


async def test_a_fault_before_the_answer_is_a_problem_and_logged_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert await logged("/whole", caplog) == ("500", ["unforeseen"])


async def test_a_fault_amid_the_answer_breaks_the_connection_and_is_logged_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert await logged("/half", caplog) == ("broken", ["Exception in ASGI application"])
