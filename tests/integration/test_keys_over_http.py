"""The issuer's keys at an address: rotation is followed, an outage changes nothing for keys that are known."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from backbone.identity import Identity
from backbone.keys import FRESH_S, PAUSE_S, Keys
from backbone.problems import Problem
from kit.tokens import AUDIENCE, ISSUER, PERSON, Issuer


class Address:
    """Serves the issuer's document, or does not; counts how often it was asked."""

    def __init__(self, issuer: Issuer) -> None:
        self.issuer, self.asked, self.up = issuer, 0, True
        self.url = ""

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        self.asked += 1
        body = self.issuer.path.read_bytes()
        status = b"200 OK" if self.up else b"503 Service Unavailable"
        head = b"HTTP/1.1 %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % (status, len(body))
        writer.write(head + body)
        await writer.drain()
        writer.close()
        await writer.wait_closed()


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


@pytest.fixture
async def address(tmp_path: Path) -> AsyncIterator[Address]:
    async with serving(Issuer(tmp_path)) as found:
        yield found


async def test_a_rotated_key_is_fetched_once_it_is_named(address: Address) -> None:
    clock = Clock()
    identity = Identity(Keys(address.url, now=clock), issuer=ISSUER, audience=AUDIENCE)
    assert (await identity.caller(f"Bearer {address.issuer.token()}")).id == str(PERSON)
    address.issuer.add("second")
    clock.now += PAUSE_S + 1
    assert (await identity.caller(f"Bearer {address.issuer.token(kid='second')}")).id == str(PERSON)
    assert address.asked == 2


async def test_unknown_keys_do_not_make_us_ask_again_and_again(address: Address) -> None:
    identity = Identity(Keys(address.url, now=Clock()), issuer=ISSUER, audience=AUDIENCE)
    await identity.caller(f"Bearer {address.issuer.token()}")
    elsewhere = address.issuer.path.parent / "elsewhere"
    elsewhere.mkdir()
    stranger = Issuer(elsewhere)
    stranger.add("unheard-of")
    for _ in range(20):
        with pytest.raises(Problem, match="token_signature"):
            await identity.caller(f"Bearer {stranger.token(kid='unheard-of')}")
    assert address.asked == 1


async def test_an_outage_of_the_issuer_keeps_known_keys(address: Address) -> None:
    clock = Clock()
    keys = Keys(address.url, now=clock)
    identity = Identity(keys, issuer=ISSUER, audience=AUDIENCE)
    await identity.caller(f"Bearer {address.issuer.token()}")
    address.up = False
    clock.now += FRESH_S + 1
    for n in range(3):
        assert (await identity.caller(f"Bearer {address.issuer.token(jti=str(n))}")).id == str(PERSON)
        await asyncio.sleep(0.05)


async def test_before_any_key_is_known_nobody_is_let_in_and_nobody_is_called_a_liar(address: Address) -> None:
    address.up = False
    identity = Identity(Keys(address.url, now=Clock()), issuer=ISSUER, audience=AUDIENCE)
    with pytest.raises(Problem) as told:
        await identity.caller(f"Bearer {address.issuer.token()}")
    assert (told.value.code, told.value.status) == ("keys_unavailable", 503)
