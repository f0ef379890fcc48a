"""Rebuilding as an operator meets it: what the job says where what it reads is not whole."""

import asyncio
import json
from argparse import Namespace
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from backbone import jobs, streams, subscription
from backbone.jobs import rebuild_projections
from kit.running import Platform
from kit.school import open_school
from nats.aio.client import Client

pytestmark = [pytest.mark.integration, pytest.mark.services("directory", "goals")]


@pytest.fixture(params=[0, 1_000_000], ids=["in processes of their own", "in this process"])
def where_streams_are_read(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "WORTH_A_PROCESS", request.param)


@asynccontextmanager
async def unfilled(platform: Platform) -> AsyncIterator[None]:
    """What its stream lost directory would fill again within seconds. Meanwhile its relay, once it is done with what it
    was at, waits before it looks, and goes on afterwards: the next test needs it.
    """
    relay = platform.directory.run.relay
    assert relay is not None
    look, waits, over = relay._look, asyncio.Event(), asyncio.Event()

    async def waiting() -> Any:
        waits.set()
        await over.wait()
        return await look()

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(relay, "_look", waiting)
        relay._reconnects = -1
        platform.directory.run.ledger.wake()
        try:
            async with asyncio.timeout(10):
                await waits.wait()
            yield
        finally:
            over.set()


@pytest.mark.usefixtures("where_streams_are_read")
async def test_a_rebuild_meets_what_was_derived_live(
    platform: Platform, capsys: pytest.CaptureFixture[str]
) -> None:
    await open_school(platform, "theo")
    await platform.level()
    goals = platform.goals.run
    for compare_only in (True, False):
        capsys.readouterr()
        arguments = Namespace(compare_only=compare_only, json=True)
        assert (await rebuild_projections(goals.service, goals.settings, arguments)).exit == 0
        told = json.loads(capsys.readouterr().out)
        assert told["equal"]
        assert told["events"] >= await goals.pool.fetchval("SELECT count(*) FROM people")
    # Whoever reads the new tables is not guessed a plan: PostgreSQL has counted them.
    uncounted = "SELECT count(*) FROM pg_class WHERE oid = 'people'::regclass AND reltuples < 1"
    assert not await goals.pool.fetchval(uncounted)


async def begins_at(nc: Client, service: str, first: int) -> None:
    """Its stream without what comes before this position. No service may purge: it is made anew."""
    js, name = nc.jetstream(), streams.stream_name(service)
    found = await js.stream_info(name)
    told = [await js.get_msg(name, seq=seq) for seq in range(first, found.state.last_seq + 1)]
    await streams.delete(nc, service)
    await js.add_stream(replace(found.config, first_seq=first))
    for message in told:
        said = {key: value for key, value in (message.headers or {}).items() if not key.startswith("Nats-")}
        await js.publish(str(message.subject), message.data or b"", headers=said)


@pytest.mark.usefixtures("where_streams_are_read")
async def test_a_stream_with_a_hole_is_named_with_what_to_do(
    platform: Platform, capsys: pytest.CaptureFixture[str]
) -> None:
    await open_school(platform, "theo")
    await platform.level()
    directory, goals = platform.directory.run, platform.goals.run

    async def told(*, as_json: bool) -> str:
        capsys.readouterr()
        arguments = Namespace(compare_only=False, json=as_json)
        assert (await rebuild_projections(goals.service, goals.settings, arguments)).exit == 2
        return capsys.readouterr().out

    async with unfilled(platform):
        await begins_at(directory.nats, "directory", 4)
        for said in (await told(as_json=False), json.loads(await told(as_json=True))["error"]):
            assert (
                "the stream of directory could not be read whole (position 4 came after 0); nothing was changed"
                in said
            )
            assert "try again" in said
            assert "verify --service directory" in said


async def test_a_stream_that_is_gone_with_its_owner_is_not_waited_for(
    platform: Platform, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    await open_school(platform, "theo")
    await platform.level()
    directory, goals = platform.directory.run, platform.goals.run
    monkeypatch.setattr(subscription, "STUCK_AFTER", 1.0)
    async with unfilled(platform):
        await directory.nats.jetstream().delete_stream("EV_DIRECTORY")
        capsys.readouterr()
        arguments = Namespace(compare_only=True, json=False)
        assert (await rebuild_projections(goals.service, goals.settings, arguments)).exit == 2
        said = capsys.readouterr().out
    assert "the stream of directory could not be read whole (nothing came after" in said
