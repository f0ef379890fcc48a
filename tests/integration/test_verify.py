"""Verification names whatever was altered behind the service's back: position, aggregate, field."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from backbone import streams
from backbone.report import Finding, Report
from backbone.verify import verify
from kit.broker import own_broker
from kit.copies import as_superuser, level, relaying, until
from kit.tally import CHAIN_KEY, SERVICE, TALLY, Count, Name, Tallies, named
from nats.aio.client import Client

pytestmark = pytest.mark.integration

ONE = f"Tally {named(1)}"


@pytest.fixture
async def nc(tmp_path: Path) -> AsyncIterator[Client]:
    async with own_broker(tmp_path) as running:
        yield await running.connect()


@pytest.fixture
async def tallies(database: Any, nc: Client) -> Tallies:
    """Ten events, relayed: five on tally 1 at the even positions, five on tally 2 at the odd ones."""
    tallies = Tallies(database.app)
    for n in range(4):
        await tallies(2, Count.model_validate({"numbers": (n,), "note": f"text {n}"}))
        await tallies.count(1, n)
    await tallies(2, Name(name="two"))
    await tallies(1, Name(name="one"))
    async with relaying(tallies, database.app, nc):
        await until(lambda: level(nc, database.app))
    return tallies


async def verified(database: Any, nc: Client | None) -> Report:
    return await verify(database.app, nc, SERVICE, [TALLY], CHAIN_KEY)


def found(report: Report) -> set[tuple[str, int | None, str | None]]:
    return {(f.where, f.position, f.field) for f in report.findings}


async def test_nothing_is_found_where_nothing_was_altered(
    tallies: Tallies, database: Any, nc: Client
) -> None:
    report = await verified(database, nc)
    assert report.findings == []
    assert (report.exit_code, report.events, report.aggregates, report.commands) == (0, 10, 2, 10)
    assert (report.messages, report.words, report.words_gone) == (10, 4, 0)
    assert json.loads(report.to_json())["ok"] is True
    assert "the chain holds" in report.text()


async def test_it_may_run_while_the_service_works(tallies: Tallies, database: Any, nc: Client) -> None:
    async def work() -> None:
        for n in range(300):
            await tallies.count(n % 7, n)

    async with relaying(tallies, database.app, nc):
        working = asyncio.create_task(work())
        while not working.done():
            assert (await verified(database, nc)).findings == []
        await working


@pytest.mark.parametrize(
    ("edit", "findings"),
    [
        (
            "UPDATE ledger.events SET data = replace(data::text, '2', '9')::json WHERE position = 6",
            {("chain", 6, "digest"), ("stream", 6, "data"), ("state", 10, "state")},
        ),
        (
            "UPDATE ledger.events SET occurred_at = occurred_at - interval '1 day' WHERE position = 6",
            {("chain", 6, "digest"), ("stream", 6, "occurred_at")},
        ),
        (
            "UPDATE ledger.events SET recorded_at = recorded_at - interval '1 us' WHERE position = 6",
            {("chain", 6, "digest"), ("stream", 6, "recorded_at")},
        ),
        (
            "UPDATE ledger.events SET meta = replace(meta::text, '7465737422', '657622')::bytea WHERE position = 6",
            {("chain", 6, "digest"), ("stream", 6, "meta")},
        ),
        (
            "UPDATE ledger.events SET hash = sha256('forged') WHERE position = 6",
            {("chain", 6, "hash"), ("stream", 6, "hash")},
        ),
        (
            "UPDATE ledger.events SET event_id = gen_random_uuid() WHERE position = 6",
            {("chain", 6, "hash"), ("stream", 6, "event_id")},
        ),
        (
            "UPDATE ledger.events SET hash = sha256('forged') WHERE position = 10",
            {("chain", 10, "hash"), ("stream", 10, "hash"), ("state", 10, "hash")},
        ),
    ],
)
async def test_an_edited_event_is_named(
    tallies: Tallies, database: Any, nc: Client, edit: str, findings: set[Any]
) -> None:
    await as_superuser(database, edit)
    report = await verified(database, nc)
    assert found(report) == findings
    assert report.exit_code == 1
    assert all(str(named(1)) in (f.aggregate or "") for f in report.findings)


async def test_a_data_edit_with_a_matching_digest_breaks_the_chain_all_the_same(
    tallies: Tallies, database: Any, nc: Client
) -> None:
    # Whoever forges the salted digest too still lacks the key of the chain.
    await as_superuser(
        database,
        "UPDATE ledger.events SET data = replace(data::text, '2', '9')::json WHERE position = 6",
        "UPDATE ledger.events SET digest = sha256(convert_to("
        "  (extract(epoch FROM occurred_at) * 1000000)::bigint || '|' ||"
        "  (extract(epoch FROM recorded_at) * 1000000)::bigint || '|' || length(salt) || '|' || length(meta) || '|',"
        "  'UTF8') || salt || meta || convert_to(data::text, 'UTF8')) WHERE position = 6",
    )
    assert found(await verified(database, None)) == {("chain", 6, "hash"), ("state", 10, "state")}


async def test_a_deleted_event_is_named(tallies: Tallies, database: Any, nc: Client) -> None:
    await as_superuser(database, "DELETE FROM ledger.events WHERE position = 6")
    report = await verified(database, nc)
    assert ("log", 6, "position") in found(report)
    assert ("chain", 8, "version") in found(report)
    command = next(f for f in report.findings if f.where == "commands")
    assert command.position == 6


async def test_events_cut_off_the_end_are_still_in_the_stream(
    tallies: Tallies, database: Any, nc: Client
) -> None:
    await as_superuser(
        database,
        "DELETE FROM ledger.events WHERE position = 10",
        "DELETE FROM ledger.commands WHERE position = 10",
        "UPDATE ledger.head SET position = 9",
        "UPDATE ledger.streams s SET version = e.version, hash = e.hash, state_schema = 0"
        " FROM ledger.events e WHERE e.position = 8 AND s.stream_id = e.stream_id",
    )
    assert found(await verified(database, nc)) == {("stream", 10, None)}


async def test_swapped_positions_are_named(tallies: Tallies, database: Any, nc: Client) -> None:
    await as_superuser(
        database,
        "UPDATE ledger.events SET position = -1 WHERE position = 5",
        "UPDATE ledger.events SET position = 5 WHERE position = 6",
        "UPDATE ledger.events SET position = 6 WHERE position = -1",
    )
    report = await verified(database, nc)
    assert {("stream", 5, "event_id"), ("stream", 6, "event_id")} <= found(report)
    assert {f.position for f in report.findings if f.where == "commands"} == {5, 6}


async def test_swapped_contents_of_two_events_of_an_aggregate_are_named(
    tallies: Tallies, database: Any, nc: Client
) -> None:
    await as_superuser(
        database,
        "UPDATE ledger.events SET version = -1 WHERE position = 4",
        "UPDATE ledger.events SET version = 2 WHERE position = 6",
        "UPDATE ledger.events SET version = 3 WHERE position = 4",
    )
    assert {("chain", 4, "hash"), ("chain", 6, "hash"), ("chain", 4, "position")} <= found(
        await verified(database, None)
    )


async def test_an_edited_state_is_named(tallies: Tallies, database: Any, nc: Client) -> None:
    await as_superuser(
        database,
        "UPDATE ledger.streams SET state = convert_to(replace(convert_from(state, 'UTF8'), '\"total\":6',"
        f" '\"total\":7'), 'UTF8') WHERE stream_id = '{named(1)}'",
    )
    assert (await verified(database, nc)).findings == [
        Finding(where="state", what="stored state is not what its events make", position=10, aggregate=ONE,
                field="state")
    ]  # fmt: skip


async def test_a_state_without_events_is_named(tallies: Tallies, database: Any, nc: Client) -> None:
    await as_superuser(
        database,
        "INSERT INTO ledger.streams"
        " SELECT tenant, gen_random_uuid(), kind, version, state, state_schema, hash"
        f" FROM ledger.streams WHERE stream_id = '{named(1)}'",
    )
    assert found(await verified(database, nc)) == {("state", None, "version")}


async def test_a_forgotten_or_altered_command_is_named(tallies: Tallies, database: Any, nc: Client) -> None:
    await as_superuser(
        database,
        "DELETE FROM ledger.commands WHERE position = 3",
        "UPDATE ledger.commands SET request = '\\x00' WHERE position = 4",
    )
    report = await verified(database, nc)
    assert [(f.where, f.position) for f in report.findings] == [("commands", 3), ("commands", 4)]


async def test_edited_words_are_named_and_erased_ones_are_not(
    tallies: Tallies, database: Any, nc: Client
) -> None:
    await as_superuser(
        database,
        "UPDATE ledger.private_words SET words = 'never said' WHERE words = 'text 1'",
        "DELETE FROM ledger.private_words WHERE words = 'text 2'",
    )
    report = await verified(database, nc)
    assert [(f.where, f.position) for f in report.findings] == [("words", 3)]
    assert (report.words, report.words_gone) == (3, 1)


async def test_blanked_payloads_leave_the_chain_whole(tallies: Tallies, database: Any, nc: Client) -> None:
    """What is found is that their district has not left, and nothing else."""
    await as_superuser(
        database, f"UPDATE ledger.events SET data = NULL, salt = NULL WHERE stream_id = '{named(1)}'"
    )
    report = await verified(database, None)
    assert found(report) == {("log", position, "data") for position in (2, 4, 6, 8, 10)}
    assert report.blanked == 5


@pytest.mark.parametrize("position", [1, 5, 10])
async def test_a_message_missing_from_the_stream_is_named(
    tallies: Tallies, database: Any, nc: Client, position: int
) -> None:
    await nc.jetstream().delete_msg("EV_PROBE", position)
    assert found(await verified(database, nc)) == {("stream", position, None)}


async def test_a_stream_that_is_gone_or_empty_is_named(
    tallies: Tallies, database: Any, nc: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backbone.beside.PATIENCE", 0.2)
    await nc.jetstream().purge_stream("EV_PROBE")
    report = await verified(database, nc)
    assert [(f.where, f.position, f.what) for f in report.findings] == [("stream", 1, "missing to 10")]
    await streams.delete(nc, SERVICE)
    assert [f.what for f in (await verified(database, nc)).findings] == ["there is no stream"]


async def test_a_message_of_somebody_else_is_named(tallies: Tallies, database: Any, nc: Client) -> None:
    await nc.jetstream().publish(f"ev.{SERVICE}.0.x.Tally.TallyCounted", b"{}")
    report = await verified(database, nc)
    assert [(f.where, f.position) for f in report.findings] == [("stream", 11)]
    await tallies.count(uuid4(), 1)
    assert ("stream", 11, None) in found(await verified(database, nc))


async def test_an_altered_message_is_named(tallies: Tallies, database: Any, nc: Client) -> None:
    messages = [m async for part in streams.read(nc, SERVICE, after=0, through=10) for m in part]
    await streams.delete(nc, SERVICE)
    await streams.create(nc, SERVICE, history="1@0")
    for m in messages:
        payload = m.payload.replace(b'"n":2', b'"n":3') if m.position == 6 else m.payload
        await nc.jetstream().publish(m.subject, payload, headers=dict(m.headers))
    assert found(await verified(database, nc)) == {("stream", 6, "data")}


async def test_the_wrong_key_verifies_nothing(tallies: Tallies, database: Any, nc: Client) -> None:
    report = await verify(database.app, None, SERVICE, [TALLY], b"another key")
    assert len([f for f in report.findings if f.field == "hash"]) >= 2


async def test_many_differences_are_counted_beyond_the_first_thousand(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    report = Report(SERVICE)
    for position in range(1100):
        report.add("stream", "missing", position=position)
    assert (len(report.findings), report.more) == (1000, 100)
    assert "and 100 more" in report.text()
