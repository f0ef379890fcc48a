"""The issuer's keys come and go while a service runs: what is let in, and how long after."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from backbone import identity, keys, web
from backbone.identity import REMEMBERED_S
from backbone.keys import AHEAD_S, FRESH_S, KEPT_S, PAUSE_S
from joserfc.jwk import ECKey
from kit.key_server import Address, Clock, serving
from kit.running import Platform
from kit.tokens import Issuer

pytestmark = [pytest.mark.integration, pytest.mark.services("directory")]

HOUR = 3600.0
BEGAN = 1_900_000_000


@dataclass
class Running:
    """A service that asks an issuer over HTTP for its keys."""

    http: httpx.AsyncClient
    address: Address
    clock: Clock
    start: Callable[[], Awaitable[None]]
    number: int = 0

    def token(self, kid: str = "first") -> str:
        """Another one each time."""
        self.number += 1
        now = BEGAN + int(self.clock.now)
        return self.address.issuer.token(kid=kid, iat=now, exp=now + 90, jti=str(self.number))

    async def shows(self, token: str) -> tuple[int, str]:
        """What whoever shows it is told: status and code."""
        answer = await self.http.get("/v1/orgs", headers={"Authorization": f"Bearer {token}"})
        return answer.status_code, answer.json()["code"]

    async def opens(self, kid: str = "first") -> tuple[int, str]:
        return await self.shows(self.token(kid))

    async def after(self, seconds: float, kid: str = "first") -> tuple[int, str]:
        self.clock.now += seconds
        return await self.opens(kid)


KNOWN, UNKNOWN, AWAY = (404, "not_found"), (401, "token_signature"), (503, "keys_unavailable")
"""Who is let in is of no district that there is."""


@pytest_asyncio.fixture(loop_scope="session")
async def running(
    platform: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Running]:
    clock = Clock()
    monkeypatch.setattr(web, "Keys", partial(keys.Keys, timeout=20.0, now=clock))
    monkeypatch.setattr(web, "Identity", partial(identity.Identity, now=lambda: BEGAN + clock.now))
    async with serving(Issuer(tmp_path)) as address:
        run = platform.directory.run
        monkeypatch.setattr(run, "settings", run.settings.model_copy(update={"jwks": address.url}))

        async def start() -> None:
            found.http = httpx.AsyncClient(
                transport=httpx.ASGITransport(web.application(run, version="0")), base_url="http://directory"
            )

        found = Running(httpx.AsyncClient(), address, clock, start)
        await start()
        assert await found.opens() == KNOWN
        assert address.asked == 1
        yield found


async def test_a_new_key_is_taken_up_and_a_revoked_one_goes(running: Running) -> None:
    issuer = running.address.issuer
    issuer.add("second")
    assert await running.after(PAUSE_S + 1, "second") == KNOWN
    first = issuer.keys.pop("first")
    issuer.publish()
    issuer.keys["first"] = first  # whoever has it signs on
    assert await running.opens() == KNOWN, "nobody has told us"
    assert await running.after(FRESH_S + 1) == UNKNOWN, "though nobody asked for five minutes"
    assert await running.opens("second") == KNOWN


async def test_a_token_that_is_remembered_ends_with_its_key_a_minute_later(running: Running) -> None:
    issuer, token = running.address.issuer, running.token()
    assert await running.shows(token) == KNOWN
    del issuer.keys["first"]
    issuer.add("second")
    assert await running.after(PAUSE_S + 1, "second") == KNOWN
    assert await running.shows(token) == KNOWN
    running.clock.now = REMEMBERED_S
    assert await running.shows(token) == UNKNOWN


async def test_while_people_come_the_set_is_read_again_and_nobody_waits_for_it(running: Running) -> None:
    running.address.trouble = "hangs"
    running.clock.now = FRESH_S - AHEAD_S
    for _ in range(10):
        assert await running.after(1) == KNOWN
    async with asyncio.timeout(20):
        while running.address.asked < 2:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    assert running.address.answered == 1, "it hangs still"
    running.address.trouble = None


async def test_an_outage_of_hours_changes_nothing_and_one_of_a_day_closes_the_door(running: Running) -> None:
    running.address.up = False
    for _ in range(23):
        assert await running.after(HOUR) == KNOWN
    assert await running.after(KEPT_S - 23 * HOUR + 1) == AWAY
    assert await running.after(HOUR) == AWAY
    running.address.up = True
    assert await running.after(PAUSE_S + FRESH_S) == KNOWN


async def test_a_service_that_starts_without_its_issuer_waits_for_it(running: Running) -> None:
    running.address.up = False
    await running.start()
    assert await running.opens() == AWAY
    assert await running.after(HOUR) == AWAY
    running.address.up = True
    assert await running.after(PAUSE_S) == KNOWN


async def test_keys_nobody_heard_of_are_asked_for_once_in_ten_seconds(running: Running) -> None:
    issuer = running.address.issuer
    for kid in range(50):
        issuer.keys[f"unheard-of-{kid}"] = ECKey.generate_key("P-256")
    for _ in range(3):
        running.clock.now += PAUSE_S + 1
        told = await asyncio.gather(*(running.opens(f"unheard-of-{kid}") for kid in range(50)))
        assert set(told) == {UNKNOWN}
        assert await running.opens() == KNOWN
    assert running.address.asked == 1 + 3


async def test_a_set_that_says_nothing_is_an_outage(running: Running) -> None:
    running.address.trouble = "knows nobody"
    assert await running.after(FRESH_S + 1) == KNOWN
    assert await running.after(KEPT_S) == AWAY


async def test_a_key_may_change_its_kind_under_its_id(running: Running) -> None:
    issuer = running.address.issuer
    before = issuer.keys["first"]
    issuer.add_rsa("first")
    assert await running.after(PAUSE_S + 1) == KNOWN
    issuer.keys["first"] = before
    assert await running.opens() == UNKNOWN


async def test_one_key_of_each_kind_may_share_an_id_and_of_two_of_a_kind_the_first_counts(
    running: Running,
) -> None:
    issuer = running.address.issuer
    first = issuer.keys["first"]
    issuer.add_rsa("rsa")
    second = ECKey.generate_key("P-256")
    issuer.publish(
        {**issuer.keys["rsa"].as_dict(private=False), "kid": "first"},
        {**second.as_dict(private=False), "kid": "first"},
    )
    running.clock.now += FRESH_S + 1
    assert await running.opens() == KNOWN
    issuer.keys["first"] = issuer.keys["rsa"]
    assert await running.opens() == KNOWN
    issuer.keys["first"] = second
    assert await running.opens() == UNKNOWN
    issuer.keys["first"] = first
    assert await running.opens() == KNOWN
