"""The relay keeps a stream a position-exact copy of the log, whatever is done to either (laws 1 and 4)."""

import asyncio
from typing import Any

import pytest
from backbone import streams, wire
from kit.broker import Broker
from kit.copies import as_superuser, copied, level, relaying, roll_back, until
from kit.tally import SERVICE, Tallies
from nats.aio.client import Client

pytestmark = pytest.mark.integration

STREAM = wire.stream_name(SERVICE)


@pytest.fixture
async def nc(server: Broker) -> Client:
    return await server.connect()


@pytest.fixture
def tallies(database: Any) -> Tallies:
    return Tallies(database.app)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The relay looks at its stream every half second instead of every five."""
    monkeypatch.setattr("backbone.relay.LOOK_EVERY", 0.5)


async def counted(tallies: Tallies, events: int, *, tallies_n: int = 20) -> None:
    """So many events on so many tallies."""
    await asyncio.gather(*(tallies.count(n % tallies_n, n) for n in range(events)))


async def test_every_event_lies_in_the_stream_at_its_own_position(
    tallies: Tallies, database: Any, nc: Client
) -> None:
    await counted(tallies, 50)
    async with relaying(tallies, database.app, nc) as relay:
        await until(lambda: level(nc, database.app))
        await tallies.count(1, 1, 2, 3)
        await until(lambda: level(nc, database.app))
        await copied(nc, database.app)
        assert relay.state == "copying"
        assert relay.ready
        await until(lambda: relay.lag == 0)


async def test_a_single_event_is_in_the_stream_within_moments(
    tallies: Tallies, database: Any, nc: Client
) -> None:
    async with relaying(tallies, database.app, nc) as relay:
        for n in range(10):
            answer = await tallies.count(n, 1)
            await until(lambda: relay.published == answer.position, within=0.5)  # noqa: B023


async def test_commits_of_another_process_wake_the_relay(tallies: Tallies, database: Any, nc: Client) -> None:
    async with relaying(tallies, database.app, nc) as relay:
        await until(lambda: relay.state == "copying")
        answer = await Tallies(database.app).count(1, 1)
        await until(lambda: relay.published == answer.position, within=0.5)


async def test_a_deleted_stream_is_filled_again(tallies: Tallies, database: Any, nc: Client) -> None:
    await counted(tallies, 2500)
    async with relaying(tallies, database.app, nc):
        await until(lambda: level(nc, database.app))
        await nc.jetstream().delete_stream(STREAM)
        await until(lambda: level(nc, database.app), within=10)
        await tallies.count(1, 1)
        await until(lambda: level(nc, database.app))
        await copied(nc, database.app)


async def test_a_stream_deleted_under_load_is_filled_again(
    tallies: Tallies, database: Any, nc: Client
) -> None:
    async with relaying(tallies, database.app, nc) as relay:
        await until(lambda: relay.state == "copying")
        load = asyncio.create_task(counted(tallies, 3000))
        await asyncio.sleep(0.2)
        await nc.jetstream().delete_stream(STREAM)
        await load
        await until(lambda: level(nc, database.app), within=10)
        await copied(nc, database.app)


async def test_a_purged_stream_is_filled_again(tallies: Tallies, database: Any, nc: Client) -> None:
    await counted(tallies, 500)
    async with relaying(tallies, database.app, nc):
        await until(lambda: level(nc, database.app))
        await nc.jetstream().purge_stream(STREAM)
        await tallies.count(1, 1)
        await until(lambda: level(nc, database.app), within=10)
        await copied(nc, database.app)


@pytest.mark.parametrize("position", [1, 7, 20])
async def test_a_message_deleted_anywhere_is_noticed_and_the_stream_filled_again(
    tallies: Tallies, database: Any, nc: Client, position: int
) -> None:
    await counted(tallies, 20)
    async with relaying(tallies, database.app, nc):
        await until(lambda: level(nc, database.app))
        await nc.jetstream().delete_msg(STREAM, position)
        await until(lambda: level(nc, database.app), within=10)
        await copied(nc, database.app)


async def test_a_stream_ahead_of_the_log_is_left_alone_and_commands_are_refused(
    tallies: Tallies, database: Any, nc: Client
) -> None:
    await counted(tallies, 10)
    faults: list[str | None] = []
    async with relaying(tallies, database.app, nc):
        await until(lambda: level(nc, database.app))
    await roll_back(database, to=6)
    async with relaying(tallies, database.app, nc, fault=faults.append) as relay:
        await until(lambda: relay.state == "refused")
        assert (relay.reason, relay.ready, faults) == ("stream_ahead", False, ["stream_ahead"])
        found = await streams.info(nc, SERVICE)
        assert found is not None
        assert found.state.messages == 10


async def test_a_foreign_stream_is_left_alone(tallies: Tallies, database: Any, nc: Client) -> None:
    await streams.create(nc, SERVICE, history="1@0")
    for n in range(3):
        await nc.jetstream().publish(f"ev.{SERVICE}.0.somebody.Else.Happened", str(n).encode())
    await counted(tallies, 10)
    async with relaying(tallies, database.app, nc) as relay:
        await until(lambda: relay.state == "refused")
        assert relay.reason == "stream_differs"
        await asyncio.sleep(0.3)
        found = await streams.info(nc, SERVICE)
        assert found is not None
        assert found.state.messages == 3


async def test_a_stream_that_is_sound_again_lets_commands_through(
    tallies: Tallies, database: Any, nc: Client
) -> None:
    await streams.create(nc, SERVICE, history="1@0")
    await nc.jetstream().publish(f"ev.{SERVICE}.0.somebody.Else.Happened", b"{}")
    faults: list[str | None] = []
    async with relaying(tallies, database.app, nc, fault=faults.append) as relay:
        await until(lambda: relay.state == "refused")
        await streams.delete(nc, SERVICE)
        await until(lambda: relay.state == "copying")
        assert faults == ["stream_ahead", None]


async def test_only_one_relay_works_and_the_next_takes_over_at_once_when_it_stops(
    tallies: Tallies, database: Any, server: Broker
) -> None:
    nc, other = await server.connect(), await server.connect()
    async with relaying(tallies, database.app, other) as second:
        async with relaying(tallies, database.app, nc) as first:
            await until(lambda: {first.state, second.state} == {"copying", "standby"})
            assert first.ready
            assert second.ready
        await until(lambda: second.state == "copying", within=5)


async def test_a_broker_killed_under_load_is_no_loss(
    tallies: Tallies, database: Any, server: Broker, nc: Client
) -> None:
    async with relaying(tallies, database.app, nc) as relay:
        await until(lambda: relay.state == "copying")
        load = asyncio.create_task(counted(tallies, 4000))
        for _ in range(3):
            await asyncio.sleep(0.15)
            await server.kill()
            await asyncio.sleep(0.1)
            await server.start()
        await load
        await until(lambda: relay.state == "copying" and relay.lag == 0, within=20)
        await until(lambda: level(nc, database.app), within=10)
        await copied(nc, database.app)


async def test_a_broker_that_is_away_is_told_and_costs_no_command(
    tallies: Tallies, database: Any, server: Broker, nc: Client
) -> None:
    async with relaying(tallies, database.app, nc) as relay:
        await until(lambda: relay.state == "copying")
        await server.kill()
        await counted(tallies, 20)
        await until(lambda: not relay.ready and relay.lag == 20, within=15)
        await server.start()
        await until(lambda: relay.ready and relay.lag == 0, within=15)
        await copied(nc, database.app)


async def test_database_connections_cut_off_are_no_loss(tallies: Tallies, database: Any, nc: Client) -> None:
    async with relaying(tallies, database.app, nc) as relay:
        await until(lambda: relay.state == "copying")
        load = asyncio.create_task(counted(tallies, 2000))
        for _ in range(3):
            await asyncio.sleep(0.1)
            await as_superuser(
                database, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )  # fmt: skip
        await load
        await until(lambda: level(nc, database.app), within=20)
        await copied(nc, database.app)


async def test_a_position_missing_from_the_log_stops_the_relay(
    tallies: Tallies, database: Any, nc: Client
) -> None:
    await counted(tallies, 10)
    await as_superuser(database, "DELETE FROM ledger.events WHERE position = 5")
    faults: list[str | None] = []
    async with relaying(tallies, database.app, nc, fault=faults.append) as relay:
        await until(lambda: relay.state == "refused")
        assert faults == ["log_damaged"]


async def test_settings_that_differ_are_told_and_never_overwritten(
    tallies: Tallies, database: Any, nc: Client
) -> None:
    config = streams.declaration(SERVICE).evolve(max_msgs=5000)
    await nc.jetstream().add_stream(config)
    await tallies.count(1, 1)
    async with relaying(tallies, database.app, nc) as relay:
        await until(lambda: relay.lag == 0 and relay.state == "copying")
        assert relay.differences == ["max_msgs: 5000, declared -1"]
        found = await streams.info(nc, SERVICE)
        assert found is not None
        assert found.config.max_msgs == 5000


async def test_a_stream_as_declared_shows_no_difference(nc: Client) -> None:
    found = await streams.create(nc, SERVICE, history="1@0")
    assert streams.differences(found.config, service=SERVICE) == []
