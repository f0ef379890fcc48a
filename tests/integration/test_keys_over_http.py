"""The issuer's keys at an address: rotation is followed, an outage changes nothing for keys that are known."""

import asyncio
import time
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
        self.trouble: str | None = None

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        self.asked += 1
        if self.trouble is not None:
            await self.fail(writer)
            return
        body = self.issuer.path.read_bytes()
        status = b"200 OK" if self.up else b"503 Service Unavailable"
        head = b"HTTP/1.1 %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % (status, len(body))
        writer.write(head + body)
        await writer.drain()
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


@pytest.mark.parametrize("trouble", ["hangs", "drips", "is enormous", "redirects", "fails", "knows nobody"])
async def test_whatever_the_issuer_is_at_whoever_is_known_stays_and_nobody_waits_long(
    address: Address, trouble: str
) -> None:
    clock, now = Clock(), [time.time()]
    keys = Keys(address.url, timeout=0.4, now=clock)
    identity = Identity(keys, issuer=ISSUER, audience=AUDIENCE, now=lambda: now[0])
    old = address.issuer.token(exp=int(now[0]) + 120)
    await identity.caller(f"Bearer {old}")
    address.issuer.add("second")
    address.trouble = trouble
    for _ in range(2):
        clock.now += PAUSE_S + 1
        asked, began = address.asked, time.monotonic()
        with pytest.raises(Problem, match="token_signature"):
            await identity.caller(f"Bearer {address.issuer.token(kid='second')}")
        assert (await identity.caller(f"Bearer {address.issuer.token(jti='anew')}")).id == str(PERSON)
        assert time.monotonic() - began < 2
        assert address.asked <= asked + 1, "one reading, and no redirect followed"
    address.trouble = None
    clock.now += PAUSE_S + 1
    new = address.issuer.token(kid="second")
    assert (await identity.caller(f"Bearer {new}")).id == str(PERSON)
    now[0] += 131  # beyond its exp and the leeway
    with pytest.raises(Problem, match="token_expired"):
        await identity.caller(f"Bearer {old}")
