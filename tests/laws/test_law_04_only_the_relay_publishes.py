"""Law 4: each publish is fenced, and a stream that is no copy of this log gets nothing added to it."""

import asyncio
from typing import Any

import pytest
from backbone import comparing, publishing, streams
from backbone.comparing import Look
from backbone.leases import Lease
from backbone.relay import Relay
from kit.broker import Broker
from kit.copies import AlwaysHeld, copied, counted, level, relaying, roll_back, until
from kit.tally import SERVICE, Tallies
from nats.aio.client import Client

pytestmark = pytest.mark.integration


@pytest.fixture
def tallies(database: Any) -> Tallies:
    return Tallies(database.app)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backbone.relay.LOOK_EVERY", 0.3)


async def test_two_relays_at_full_speed_leave_one_copy(
    tallies: Tallies, database: Any, server: Broker
) -> None:
    await two_relays(tallies, database, server, Relay)


class Unfenced(Relay):
    def fence(self, after: int) -> dict[str, str]:
        return {}


async def test_without_the_fence_two_relays_would_spoil_the_stream(
    tallies: Tallies, database: Any, server: Broker
) -> None:
    with pytest.raises(AssertionError):
        await two_relays(tallies, database, server, Unfenced)


async def two_relays(tallies: Tallies, database: Any, server: Broker, kind: type[Relay]) -> None:
    one, two = await server.connect(), await server.connect()
    free = {"lease": AlwaysHeld(database.app, "relay", "anyone"), "kind": kind}
    async with (
        relaying(tallies, database.app, one, **free) as first,
        relaying(tallies, database.app, two, **free) as second,
    ):
        await until(lambda: first.looked.is_set() and second.looked.is_set())
        for _ in range(10):
            await counted(tallies, 200)
        await until(lambda: (first.lag, second.lag) == (0, 0) or "refused" in (first.state, second.state))
        await copied(one, database.app)


async def test_a_relay_that_slept_through_its_lease_does_no_harm(
    tallies: Tallies, database: Any, server: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    nc, other = await server.connect(), await server.connect()
    asleep, awake = asyncio.Event(), asyncio.Event()
    publish = publishing.publish

    async def sleeps_before_publishing(client: Client, *arguments: Any, **more: Any) -> int:
        if client is nc and not asleep.is_set():
            asleep.set()
            await awake.wait()
        return await publish(client, *arguments, **more)

    monkeypatch.setattr("backbone.publishing.publish", sleeps_before_publishing)
    lease = {"seconds": 0.3}
    async with relaying(
        tallies, database.app, nc, lease=Lease(database.app, "relay", "zombie", **lease)
    ) as zombie:
        await counted(tallies, 30)
        await asyncio.wait_for(asleep.wait(), 5)
        async with relaying(
            tallies, database.app, other, lease=Lease(database.app, "relay", "heir", **lease)
        ):
            await until(lambda: level(other, database.app))
            await tallies.count(1, 1)
            await until(lambda: level(other, database.app))
            awake.set()
            await until(lambda: zombie.state == "standby")
            await counted(tallies, 30)
            await until(lambda: level(other, database.app))
            await copied(other, database.app)


async def test_a_log_rolled_back_and_grown_past_its_stream_adds_nothing_to_it(
    tallies: Tallies, database: Any, server: Broker
) -> None:
    await grown_past_its_stream(tallies, database, await server.connect())


async def test_without_the_comparison_the_fence_alone_would_mix_two_histories(
    tallies: Tallies, database: Any, server: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = comparing.look

    async def trusting(*arguments: Any) -> Look:
        seen = await look(*arguments)
        return Look("copy", seen.stream, seen.head, seen.history, seen.found) if seen.found else seen

    monkeypatch.setattr("backbone.comparing.look", trusting)
    with pytest.raises(AssertionError):
        await grown_past_its_stream(tallies, database, await server.connect())


async def grown_past_its_stream(tallies: Tallies, database: Any, nc: Client) -> None:
    await counted(tallies, 5)
    async with relaying(tallies, database.app, nc):
        await until(lambda: level(nc, database.app))
    await roll_back(database, to=3)
    restarted = Tallies(database.app)
    await counted(restarted, 4)
    async with relaying(restarted, database.app, nc) as relay:
        await until(lambda: relay.reason == "stream_differs" or (relay.state == "copying" and relay.lag == 0))
        found = await streams.info(nc, SERVICE)
        assert found is not None
        assert found.state.messages == 5
        assert not relay.ready
