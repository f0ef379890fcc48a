"""Asking services over HTTP: whoever is told to come again later does so then, until patience ends.

A service says 429 to a district that asks too fast and 503 while something is not there yet, both with Retry-After,
and has done nothing. So the same request may be sent again; commands carry the id they had.
"""

import asyncio
import time
from typing import Any, Final

import httpx

from chalkline.coaching import NOT_NOW, trust

PATIENCE: Final = 30.0
"""Seconds after which what is answered is the answer."""
LONGEST: Final = 10.0
"""Seconds that are waited at once, whatever is said."""


def client(**options: Any) -> httpx.Client:
    """A client that waits; options as httpx has them."""
    return httpx.Client(transport=Patient(), trust_env=False, **options)


def async_client(**options: Any) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=AsyncPatient(), trust_env=False, **options)


def pause(answer: httpx.Response, until: float) -> float | None:
    """How long to wait before the same is asked again; None where this is the answer."""
    said = answer.headers.get("retry-after", "")
    if answer.status_code not in NOT_NOW or not (said.isascii() and said.isdigit()):
        return None
    seconds = min(float(said), LONGEST)
    return seconds if time.monotonic() + seconds <= until else None


class Patient(httpx.HTTPTransport):
    def __init__(self) -> None:
        super().__init__(verify=trust())

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        until = time.monotonic() + PATIENCE
        while (seconds := pause(answer := super().handle_request(request), until)) is not None:
            answer.close()
            time.sleep(seconds)
        return answer


class AsyncPatient(httpx.AsyncHTTPTransport):
    def __init__(self) -> None:
        super().__init__(verify=trust())

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        until = time.monotonic() + PATIENCE
        while (seconds := pause(answer := await super().handle_async_request(request), until)) is not None:
            await answer.aclose()
            await asyncio.sleep(seconds)
        return answer
