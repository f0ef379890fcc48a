"""A service may make, read and delete its own stream with the permissions of the topology, and no other's."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import nats as nats_py
import pytest
from backbone import streams
from chalkline.nats import Nats
from nats.aio.client import Client

pytestmark = pytest.mark.integration


@pytest.fixture
async def goals(broker: Nats) -> AsyncIterator[Client]:
    async def quiet(_: Exception) -> None:
        return

    client = await nats_py.connect(
        broker.url, nkeys_seed=str(broker.seed("goals")), inbox_prefix=b"_INBOX_goals", error_cb=quiet
    )
    await streams.delete(client, "goals")
    yield client
    await streams.delete(client, "goals")
    await client.close()


async def filled(nc: Client, messages: int) -> None:
    await streams.create(nc, "goals", history="1@0")
    for n in range(messages):
        await nc.jetstream().publish("ev.goals.0.t.Goal.GoalSet", str(n).encode(), headers={"n": str(n)})


async def test_a_service_keeps_its_own_stream(goals: Client) -> None:
    assert await streams.info(goals, "goals") is None
    await filled(goals, 3)
    found = await streams.info(goals, "goals")
    assert found is not None
    assert (streams.incarnation(found), streams.differences(found.config, service="goals")) == (1, [])
    last, second = await streams.last(goals, "goals"), await streams.at(goals, "goals", 2)
    assert last is not None
    assert second is not None
    assert (last.position, last.payload, second.headers["n"]) == (3, b"2", "1")
    assert await streams.at(goals, "goals", 4) is None


async def test_reading_a_stream_tells_every_message_in_order(goals: Client) -> None:
    await filled(goals, 25)
    parts = [part async for part in streams.read(goals, "goals", after=2, through=20)]
    assert [m.position for part in parts for m in part] == list(range(3, 21))
    assert [m.payload for part in parts for m in part] == [str(n).encode() for n in range(2, 20)]
    assert [p async for p in streams.read(goals, "goals", after=25, through=30)] == []


async def test_a_service_cannot_touch_the_stream_of_another(
    goals: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "PATIENCE", 0.3)
    refused: Any = (nats_py.errors.TimeoutError, asyncio.TimeoutError)
    with pytest.raises(refused):
        await streams.create(goals, "directory", history="1@0")
    with pytest.raises(refused):
        await streams.delete(goals, "directory")
