"""What `chalkline` asks services by HTTP waits where it is told to come again later."""

import ast
import asyncio
import io
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import uuid4

import chalkline
import httpx
import pytest
from chalkline import asking


class Busy(ThreadingHTTPServer):
    """Answers as it is told to, then 200."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: list[tuple[int, str | None]] = []
        self.asked: list[tuple[dict[str, str], bytes]] = []
        self.url = f"http://127.0.0.1:{self.server_port}/"


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        server = self.server
        assert isinstance(server, Busy)
        body = self.rfile.read(int(self.headers["Content-Length"]))
        server.asked.append((dict(self.headers), body))
        status, after = server.answers.pop(0) if server.answers else (200, None)
        self.send_response(status)
        if after is not None:
            self.send_header("Retry-After", after)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def busy() -> Iterator[Busy]:
    with Busy() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_who_is_told_to_come_later_comes_then_with_the_very_same(busy: Busy) -> None:
    busy.answers = [(429, "1"), (503, "0")]
    key, bundle = str(uuid4()), b"a roster" * 50_000
    began = time.monotonic()
    with (
        asking.client(timeout=20) as http,
        http.stream(
            "POST", busy.url, files={"bundle": io.BytesIO(bundle)}, headers={"Idempotency-Key": key}
        ) as answer,
    ):
        assert answer.status_code == 200
    assert time.monotonic() - began >= 1
    assert len(busy.asked) == 3
    assert len({body for _, body in busy.asked}) == 1, "nothing is missing the second time"
    assert bundle in busy.asked[-1][1]
    assert {headers["Idempotency-Key"] for headers, _ in busy.asked} == {key}


async def test_so_does_who_asks_several_at_once(busy: Busy) -> None:
    busy.answers = [(429, "0"), (503, "0"), (429, "0")]
    async with asking.async_client(timeout=20) as http:
        answers = await asyncio.gather(*(http.post(busy.url, content=b"{}") for _ in range(3)))
    assert [answer.status_code for answer in answers] == [200] * 3
    assert len(busy.asked) == 6


@pytest.mark.parametrize(
    ("status", "after"), [(503, None), (503, "soon"), (503, "-1"), (429, "3600"), (409, "0"), (500, "0")]
)
def test_what_is_not_to_be_asked_again_is_the_answer(
    busy: Busy, monkeypatch: pytest.MonkeyPatch, status: int, after: str | None
) -> None:
    monkeypatch.setattr(asking, "PATIENCE", 0.5)
    busy.answers = [(status, after)] * 5
    with asking.client(timeout=20) as http:
        assert http.post(busy.url, content=b"{}").status_code == status
    assert len(busy.asked) == 1


def test_patience_ends(busy: Busy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "PATIENCE", 1.5)
    busy.answers = [(429, "1")] * 50
    with asking.client(timeout=20) as http:
        assert http.post(busy.url, content=b"{}").status_code == httpx.codes.TOO_MANY_REQUESTS
    assert len(busy.asked) == 2


ASK = {"Client", "AsyncClient", "get", "post", "stream", "request"}
ITS_OWN_PATIENCE = {"asking.py", "coaching.py", "crowd.py"}
"""Those that play a district try again until a part that died is there again, whatever they are told."""
ASKS_HEALTH = {"parts.py", "nats.py", "status.py", "doctor.py"}
"""Health and metrics are not counted, and what is not well is the answer."""


def test_nobody_else_of_the_command_makes_a_client_of_their_own() -> None:
    makes = set[str]()
    for path in Path(chalkline.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.Call(func=ast.Attribute(value=ast.Name("httpx"), attr=name)) if name in ASK:
                    makes.add(path.name)
    assert "asking.py" in makes
    assert makes <= ITS_OWN_PATIENCE | ASKS_HEALTH
