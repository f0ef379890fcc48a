"""Law 7: a poisoned event parks its aggregate and nothing else; later ones queue behind it and are taken in order."""

import asyncio
import contextlib
import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

import pytest
from backbone import local_log, parking, subscription, wire
from backbone import projector as projecting
from backbone.ending import end
from backbone.local_log import LocalLog
from backbone.projector import Projector
from backbone.reading import NOBODY, Delivery
from backbone.recorded import partition_of
from conftest import TestDatabase
from kit.broker import Broker
from kit.copies import until
from kit.tally import SERVICE, TENANT, Tallies, named
from kit.totals import Totals, create, reading_log, reading_stream, retry, rows, told
from nats.aio.client import Client

pytestmark = pytest.mark.integration


@pytest.fixture
async def tallies(database: TestDatabase) -> Tallies:
    await create(database)
    return Tallies(database.app)


async def parked(database: TestDatabase) -> list[tuple[UUID, int, bool]]:
    """(aggregate, position, whether it is the culprit), in order."""
    found = await database.app.fetch("SELECT * FROM projections.parked ORDER BY position")
    return [(row["aggregate_id"], row["position"], row["error"] is not None) for row in found]


async def poisoned(tallies: Tallies, database: TestDatabase, kind: type[Projector], totals: Totals) -> None:
    """Tally 1 counts 1, then a poisoned 2, then 3; tally 2 counts 10 and 20 all around it, in one batch."""
    totals.poison = {"bad"}
    await tallies.count(1, 1)
    await tallies.count(2, 10)
    await tallies.count(1, 2, label="bad")
    await tallies.count(2, 20)
    await tallies.count(1, 3)
    reader = kind(SERVICE, [totals.projection], database.app)
    async with reading_log(reader, database.app, tallies):
        await until(lambda: reader.progress.seen(SERVICE) >= 5)
        assert await rows(database.app) == {named(1): [1], named(2): [10, 20]}
        assert await parked(database) == [(named(1), 3, True), (named(1), 5, False)]
        await tallies.count(1, 4)
        await tallies.count(2, 30)
        await until(lambda: reader.progress.seen(SERVICE) >= 7)
        assert await rows(database.app) == {named(1): [1], named(2): [10, 20, 30]}

        taken, reason = await retry(database, totals, 1)
        assert (taken, bool(reason)) == (0, True)
        totals.poison = set()
        assert await retry(database, totals, 1) == (3, None)
        await tallies.count(1, 5)
        await until(lambda: reader.progress.seen(SERVICE) >= 8)
    assert await rows(database.app) == {named(1): [1, 2, 3, 4, 5], named(2): [10, 20, 30]}
    assert await parked(database) == []


async def test_later_events_of_the_aggregate_queue_and_all_others_go_on(
    tallies: Tallies, database: TestDatabase
) -> None:
    await poisoned(tallies, database, Projector, Totals())


async def test_a_fault_that_looks_like_an_outage_parks_while_the_connection_stands(
    tallies: Tallies, database: TestDatabase
) -> None:
    """`ZoneInfo("America")` is an IsADirectoryError: an OSError, as a lost connection is."""
    totals = Totals()
    totals.fault = IsADirectoryError
    await asyncio.wait_for(poisoned(tallies, database, Projector, totals), 10)


class Unspeakable(wire.Unreadable):
    """Of all faults only those of reading are told in their own words."""

    def __init__(self, _: str) -> None:
        super().__init__("\x00 and \ud800")


async def unspeakable(tallies: Tallies, database: TestDatabase) -> None:
    totals = Totals()
    totals.fault = Unspeakable
    await asyncio.wait_for(poisoned(tallies, database, Projector, totals), 10)


async def test_a_reason_that_no_database_can_hold_parks_all_the_same(
    tallies: Tallies, database: TestDatabase
) -> None:
    await unspeakable(tallies, database)


async def test_a_reason_kept_as_it_is_would_stop_everyone(
    tallies: Tallies, database: TestDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parking, "_storable", lambda reason: reason)
    with pytest.raises((AssertionError, TimeoutError)):
        await asyncio.wait_for(unspeakable(tallies, database), 5)


async def unforeseen(tallies: Tallies, database: TestDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading one event fails as no code expects: an upcast that stumbles, say."""
    read, stumbles = wire.read_event, {"bad"}

    def stumbling(service: str, name: str, version: int, data: Any) -> Any:
        if json.loads(data).get("label") in stumbles:
            raise TypeError("not what it was")
        return read(service, name, version, data)

    monkeypatch.setattr(wire, "read_event", stumbling)
    await tallies.count(1, 1)
    await tallies.count(1, 2, label="bad")
    await tallies.count(2, 20)
    reader = Projector(SERVICE, [Totals().projection], database.app)
    async with reading_log(reader, database.app, tallies):
        await until(lambda: reader.progress.seen(SERVICE) >= 3)
    assert await rows(database.app) == {named(1): [1], named(2): [20]}
    assert await parked(database) == [(named(1), 2, True)]


async def test_an_event_whose_reading_fails_as_nobody_foresaw_parks_too(
    tallies: Tallies, database: TestDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    await unforeseen(tallies, database, monkeypatch)


async def test_reading_ahead_that_let_such_a_fault_out_would_stop_everyone(
    tallies: Tallies, database: TestDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_log, "suppress", lambda _: contextlib.suppress(wire.Unreadable))
    with pytest.raises((AssertionError, TimeoutError, TypeError)):
        await asyncio.wait_for(unforeseen(tallies, database, monkeypatch), 5)


async def test_what_is_kept_of_a_fault_quotes_nothing(tallies: Tallies, database: TestDatabase) -> None:
    totals = Totals()
    totals.poison = {"bad"}
    await tallies.count(1, 2, label="bad")
    reader = Projector(SERVICE, [totals.projection], database.app)
    async with reading_log(reader, database.app, tallies):
        await until(lambda: reader.progress.seen(SERVICE) >= 1)
    kept = await database.app.fetchval("SELECT error FROM projections.parked")
    assert kept.startswith("Poisoned at kit.totals:")
    assert "bad" not in kept


async def test_without_the_look_at_who_is_parked_later_events_would_overtake(
    tallies: Tallies, database: TestDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    nobody = "SELECT reader, tenant, aggregate_id FROM parked WHERE source = $1 AND false"
    monkeypatch.setitem(parking.sql._texts, "parked_aggregates", nobody)
    with pytest.raises(AssertionError):
        await poisoned(tallies, database, Projector, Totals())


class ParksTheBatch(Projector):
    """Gives up on everything that came with the culprit."""

    async def _alone(self, delivery: Delivery) -> None:
        async with self._pool.acquire() as db, db.transaction():
            await parking.park(db, "totals", delivery, error="something in this batch")
            await self._advance(db, [delivery])
        self._done([delivery])


async def test_parking_a_whole_batch_would_hold_up_others(tallies: Tallies, database: TestDatabase) -> None:
    with pytest.raises(AssertionError):
        await poisoned(tallies, database, ParksTheBatch, Totals())


# Live reading beside a retry ---------------------------------------------------------------------------


async def test_while_everything_is_live_retries_lose_and_overtake_nothing(
    tallies: Tallies, database: TestDatabase
) -> None:
    totals = Totals()
    totals.poison = {"bad"}
    reader = Projector(SERVICE, [totals.projection], database.app)
    async with reading_log(reader, database.app, tallies, batch=3):

        async def load() -> None:
            for n in range(60):
                await tallies.count(n % 2, n, label="bad" if n % 10 == 4 else "")

        async def retrying() -> None:
            while True:
                totals.poison = set()
                await retry(database, totals, 0)
                totals.poison = {"bad"}
                await asyncio.sleep(0.005)

        task = asyncio.create_task(retrying())
        await load()
        await until(lambda: reader.progress.seen(SERVICE) >= 60)
        await end(task)
        totals.poison = set()
        await retry(database, totals, 0)
    assert await rows(database.app) == await told(database.app)


async def raced(tallies: Tallies, database: TestDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    """Live reading has seen that tally 1 is parked, and puts an event behind it as the retry ends."""
    totals = Totals()
    totals.poison = {"bad"}
    reader = Projector(SERVICE, [totals.projection], database.app)
    await reader.begin()
    log = LocalLog(SERVICE, database.app, reader, asyncio.Event())
    await tallies.count(1, 1, label="bad")
    await reader.process(await log.read(0))
    await tallies.count(1, 2)
    totals.poison = set()
    about_to_queue, retried = asyncio.Event(), asyncio.Event()
    park = parking.park

    async def late(*arguments: Any, **more: Any) -> None:
        about_to_queue.set()
        await asyncio.wait([asyncio.create_task(retried.wait())], timeout=0.5)
        await park(*arguments, **more)

    monkeypatch.setattr(projecting, "park", late)
    live = asyncio.create_task(reader.process(await log.read(1)))
    await about_to_queue.wait()
    await retry(database, totals, 1)
    retried.set()
    await live
    assert await parked(database) == []
    assert await rows(database.app) == {named(1): [1, 2]}


async def test_an_event_never_queues_behind_nothing(
    tallies: Tallies, database: TestDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    await raced(tallies, database, monkeypatch)


async def test_a_retry_that_did_not_hold_the_partition_would_strand_what_queues_meanwhile(
    tallies: Tallies, database: TestDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(parking.sql._texts, "hold_partition", "SELECT $1::text, $2::int")
    with pytest.raises(AssertionError):
        await raced(tallies, database, monkeypatch)


# What may lie on a stream ------------------------------------------------------------------------------


def good(tally: int, n: int, version: int, **changed: Any) -> tuple[str, bytes, dict[str, str]]:
    """A message as the relay would publish it."""
    tally_id = named(tally)
    partition = changed.pop("partition", partition_of(TENANT, tally_id))
    name = changed.pop("name", "TallyCounted")
    headers = changed.pop("headers", {wire.INCARNATION: "2@0"})
    body = {
        "specversion": "1.0", "id": str(uuid4()), "source": f"/chalkline/{TENANT}/{SERVICE}",
        "type": f"chalkline.{SERVICE}.{name}.v1", "subject": str(tally_id), "time": "2026-03-02T15:00:00Z",
        "tenantid": str(TENANT), "recordedtime": "2026-03-02T15:00:00Z", "sequence": str(version),
        "actor": "system:test", "commandid": str(uuid4()), "requesthash": "00", "correlationid": "c",
        **changed, "data": {"n": n},
    }  # fmt: skip
    payload = json.dumps(body, separators=(",", ":")).encode()
    return f"ev.{SERVICE}.{partition}.{TENANT}.Tally.{name}", payload, headers


MALFORMED: Sequence[tuple[str, bytes, dict[str, str] | None]] = [
    (f"ev.{SERVICE}.5.x.Tally.TallyCounted", b"{", None),
    (f"ev.{SERVICE}.5", b"", {}),
    (f"ev.{SERVICE}.99.{TENANT}.Tally.TallyCounted", b"null", {wire.INCARNATION: "1@0x"}),
    (f"ev.{SERVICE}.-1.{TENANT}.Tally.TallyCounted", b"\xff\xfe", {wire.INCARNATION: "nonsense"}),
    (f"ev.{SERVICE}.a.b.c.d.e.f", b"[]", {wire.HASH: "zz"}),
    (
        f"ev.{SERVICE}.7.x.Tally.TallyCounted",
        b"{",
        {wire.INCARNATION: "\N{SUPERSCRIPT TWO}@0", "Mood": "\N{SNOWMAN}"},
    ),
    good(1, 7, 3, partition=99),
    good(1, 7, 3, partition=(partition_of(TENANT, named(1)) + 1) % 64),
    good(1, 7, 3, sequence="many"),
    good(1, 7, 3, time="2026-03-02T15:00:00"),
    good(1, 7, 3, tenantid=str(uuid4())),
    good(1, 7, 3, headers={}, source=None, type="chalkline.other.TallyCounted.v1"),
    # What a reaction's own event would repeat, in headers of its service, for good:
    good(1, 7, 3, correlationid="c" * 70_000),
    good(1, 7, 3, correlationid=5),
    good(1, 7, 3, correlationid="c\r\nNats-Expected-Last-Sequence: 1"),
    good(1, 7, 3, onbehalfof=["me"]),
    good(1, 7, 3, traceparent=True),
    good(1, 7, 3, actor="person:zzz"),
    good(1, 7, 3, actor=["person"]),
    good(1, 7, 3, actor="emperor:1"),
]


async def test_what_is_no_event_is_kept_for_the_operator_and_holds_up_nobody(
    database: TestDatabase, server: Broker
) -> None:
    await create(database)
    mixed = [good(1, 1, 1), *MALFORMED, good(1, 2, 2), good(2, 10, 1)]
    await on_a_stream(database, server, mixed)
    assert await rows(database.app) == {named(1): [1, 2], named(2): [10]}
    assert await parked(database) == [(NOBODY, n, True) for n in range(2, len(MALFORMED) + 2)]


async def a_subject_that_is_no_text(database: TestDatabase, server: Broker) -> None:
    await create(database)
    connection = await server.connect()
    await connection.jetstream().add_stream(name=wire.stream_name(SERVICE), subjects=[f"ev.{SERVICE}.>"])
    await connection._send_command(b"PUB ev.%b.1.\xff\xfe.Tally.TallyCounted 2\r\n{}\r\n" % SERVICE.encode())
    await connection.flush()
    where, payload, headers = good(1, 1, 1)
    await connection.jetstream().publish(where, payload, headers=headers)
    reader = Projector(SERVICE, [Totals().projection], database.app)
    async with reading_stream(reader, server.url):
        await until(lambda: reader.progress.seen(SERVICE) >= 2, within=5)
    assert await rows(database.app) == {named(1): [1]}
    assert await parked(database) == [(NOBODY, 1, True)]


async def test_a_subject_that_is_no_text_is_kept_and_holds_up_nobody(
    database: TestDatabase, server: Broker
) -> None:
    await a_subject_that_is_no_text(database, server)


async def test_as_nats_py_makes_messages_it_would_stop_every_reader(
    database: TestDatabase, server: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscription, "built", Client._build_message)
    with pytest.raises((AssertionError, TimeoutError)):
        await a_subject_that_is_no_text(database, server)


async def test_unknown_events_are_ignored_and_newer_ones_park_until_newer_code(
    database: TestDatabase, server: Broker
) -> None:
    await create(database)
    newer = f"chalkline.{SERVICE}.TallyCounted.v2"
    await on_a_stream(
        database,
        server,
        [
            good(1, 1, 1),
            good(1, 0, 2, name="TallyMelted"),
            (f"ev.{SERVICE}.5.x.Tally.TallyMelted", b"{", {}),  # nobody here takes it apart
            good(1, 5, 3, type=newer),
            good(1, 6, 4),
            good(2, 10, 1),
        ],
    )
    assert await rows(database.app) == {named(1): [1], named(2): [10]}
    assert await parked(database) == [(named(1), 4, True), (named(1), 5, False)]


async def test_a_message_that_names_no_history_does_not_begin_a_new_one(
    database: TestDatabase, server: Broker
) -> None:
    await create(database)
    reader = await on_a_stream(
        database,
        server,
        [good(1, 1, 1), good(1, 2, 2, headers={}), good(1, 3, 3, headers={wire.INCARNATION: "?"})],
    )
    assert reader.processed == 3
    assert await database.app.fetchval("SELECT incarnation FROM projections.incarnations") == 2


async def on_a_stream(database: TestDatabase, server: Broker, messages: Sequence[Any]) -> Projector:
    """Puts messages on a stream and projects them."""
    js = (await server.connect()).jetstream()
    await js.add_stream(name=wire.stream_name(SERVICE), subjects=[f"ev.{SERVICE}.>"])
    for subject, payload, headers in messages:
        await js.publish(subject, payload, headers=headers)
    reader = Projector(SERVICE, [Totals().projection], database.app)
    async with reading_stream(reader, server.url):
        await until(lambda: reader.progress.seen(SERVICE) >= len(messages), within=10)
        await asyncio.sleep(0.2)
    return reader
