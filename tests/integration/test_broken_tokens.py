"""Tokens of every broken kind, at every door of every service: refused by their code, and nothing is left behind."""

import base64
import json
import re
from collections.abc import Iterable, Iterator
from types import SimpleNamespace
from uuid import UUID, uuid4

import httpx
import pytest
from kit.everybody import NAMES
from kit.running import Platform, Served
from kit.tokens import broken

pytestmark = [pytest.mark.integration, pytest.mark.services(*NAMES)]


async def doors(served: Served) -> Iterator[tuple[str, str]]:
    """Every operation that needs a token: its method and a path."""
    document = (await served.http.get("/openapi.json")).json()
    return (
        (method.upper(), re.sub(r"\{[^}]*\}", str(UUID(int=7)), path))
        for path, operations in document["paths"].items()
        for method in operations
        if path.startswith("/v1/")
    )


async def knock(served: Served, method: str, path: str, authorization: str | None) -> httpx.Response:
    headers = {"Idempotency-Key": str(uuid4())} | ({"Authorization": authorization} if authorization else {})
    content = None if method == "GET" else {}
    return await served.http.request(method, path, json=content, headers=headers)


async def head(served: Served) -> int:
    position: int = await served.database.app.fetchval("SELECT position FROM ledger.head")
    return position


async def opened(served: Served, doors: Iterable[tuple[str, str]]) -> list[tuple[str, ...]]:
    """Which door says anything but 401 and the code to which broken token."""
    tokens, wrong = list(broken(served.issuer)), []
    assert len(tokens) >= 25
    for method, path in doors:
        for what, token, code in tokens:
            answer = await knock(served, method, path, f"Bearer {token}")
            told = answer.json()
            said = told.get("code", "") if isinstance(told, dict) else ""
            if (answer.status_code, said) != (401, code) or "WWW-Authenticate" not in answer.headers:
                wrong.append((method, path, what, str(answer.status_code), said))
            assert not token or token not in answer.text
    return wrong


@pytest.mark.parametrize("name", NAMES)
async def test_no_broken_token_opens_any_door(
    platform: Platform, name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    served = platform.services[name]
    before = await head(served)
    assert await opened(served, await doors(served)) == []
    for method, path in await doors(served):
        for missing in (None, "Basic YTpi", "Bearer"):
            assert (await knock(served, method, path, missing)).status_code == 401
    assert await head(served) == before
    assert "eyJ" not in capfd.readouterr().out  # not a piece of a token in any line


async def test_a_verifier_that_does_not_look_at_signatures_is_found(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    def believed(token: str, *_: object, **__: object) -> SimpleNamespace:
        payload = token.split(".")[1]
        return SimpleNamespace(
            claims=json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        )

    monkeypatch.setattr("backbone.identity.jwt.decode", believed)
    found = await opened(platform.goals, [("GET", "/v1/goals")])
    assert {what for _, _, what, _, _ in found} >= {"another's signature", "tampered", "cut off"}
