"""The issuer's keys at an address: rotation is followed, an outage changes nothing for keys that are known."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from backbone.identity import Identity
from backbone.keys import FRESH_S, PAUSE_S, Keys
from backbone.problems import Problem
from kit.key_server import Address, Clock, serving
from kit.tokens import AUDIENCE, ISSUER, PERSON, Issuer


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
