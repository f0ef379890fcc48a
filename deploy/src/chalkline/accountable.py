"""An export, told by every service of which something is taken: before anything is read, and once it is over."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, Literal
from uuid import UUID, uuid4

import httpx

from chalkline.problem import Problem
from chalkline.services import Service


@asynccontextmanager
async def exporting(
    http: httpx.AsyncClient, services: Sequence[Service], token: str, *, with_words: bool
) -> AsyncIterator[dict[str, int]]:
    """Into what it gives goes how many events were taken, by service. Raises Problem before anything is read, unless
    every service has recorded what is about to be done; what came of it is recorded by those that still can.
    """
    taken: dict[str, int] = {}
    begun: dict[str, UUID] = {}
    outcome: Literal["done", "failed"] = "failed"
    try:
        for service in services:
            begun[service.name] = await _begin(http, service, token, with_words=with_words)
        yield taken
        outcome = "done"
    finally:
        for service in services:
            if service.name in begun:
                told = {"outcome": outcome, "n_items": taken.get(service.name)}
                path = f"/v1/operations/{begun[service.name]}/end-export"
                with suppress(httpx.HTTPError):  # then it stays begun
                    await _post(http, service, token, path, told)


async def _begin(http: httpx.AsyncClient, service: Service, token: str, *, with_words: bool) -> UUID:
    try:
        answer = await _post(http, service, token, "/v1/operations", {"with_words": with_words})
    except httpx.HTTPError as error:
        raise Problem(
            f"{service.name} could not record that something is exported: {error or type(error).__name__}",
            "nothing was read; try again",
        ) from error
    if not answer.is_success:
        told = answer.json() if "json" in answer.headers.get("content-type", "") else {}
        code = told.get("code", answer.status_code)
        raise Problem(
            f"{service.name} could not record that something is exported: {code}", "nothing was read"
        )
    return UUID(answer.json()["id"])


async def _post(
    http: httpx.AsyncClient, service: Service, token: str, path: str, body: Mapping[str, Any]
) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": str(uuid4())}
    return await http.post(f"{service.url}{path}", json=body, headers=headers)
