"""Law 1: stream sequence == event position, and a stream that loses anything is filled again from the log."""

from typing import Any

import pytest
from backbone.comparing import Look
from backbone.relay import Relay
from kit.broker import Broker
from kit.copies import copied, counted, level, relaying, until
from kit.tally import Tallies
from nats.aio.client import Client

pytestmark = pytest.mark.integration


@pytest.fixture
def tallies(database: Any) -> Tallies:
    return Tallies(database.app)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backbone.relay.LOOK_EVERY", 0.3)


class Continuing(Relay):
    """Takes the stream's last sequence for what it holds, as a relay that never looks closer would."""

    async def _healed(self, seen: Look) -> int:
        return seen.stream if seen.verdict == "holes" else await super()._healed(seen)


async def test_stream_sequence_is_event_position_whatever_is_taken_from_the_stream(
    tallies: Tallies, database: Any, server: Broker
) -> None:
    await whatever_is_taken(tallies, database, await server.connect(), Relay)


async def test_a_relay_that_only_continues_would_leave_holes(
    tallies: Tallies, database: Any, server: Broker
) -> None:
    with pytest.raises((AssertionError, TimeoutError)):
        await whatever_is_taken(tallies, database, await server.connect(), Continuing)


async def whatever_is_taken(tallies: Tallies, database: Any, nc: Client, kind: type[Relay]) -> None:
    js = nc.jetstream()
    async with relaying(tallies, database.app, nc, kind=kind) as relay:
        await until(lambda: relay.state == "copying")
        for take in (
            lambda: js.delete_stream("EV_PROBE"),
            lambda: js.purge_stream("EV_PROBE"),
            lambda: js.delete_msg("EV_PROBE", 3),
            lambda: js.purge_stream("EV_PROBE", keep=2),
        ):
            await counted(tallies, 30)
            await until(lambda: level(nc, database.app), within=5)
            await take()
            await counted(tallies, 3)
            await until(lambda: level(nc, database.app), within=5)
            await copied(nc, database.app)
