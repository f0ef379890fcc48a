"""A database restored behind its stream: the operator takes back what the stream has, or lets it go."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from backbone import streams
from backbone.commands import ClaimTaken, CommandIdReused, encode_state
from backbone.importing import NotRecoverable
from backbone.recover import recover_from_log, recover_from_stream
from backbone.verify import verify
from backbone.wire import INCARNATION
from kit.broker import own_broker
from kit.copies import copied, level, relaying, roll_back, until
from kit.tally import CHAIN_KEY, SERVICE, TALLY, Count, Name, Tallies
from nats.aio.client import Client

pytestmark = pytest.mark.integration


@pytest.fixture
async def nc(tmp_path: Path) -> AsyncIterator[Client]:
    async with own_broker(tmp_path) as running:
        yield await running.connect()


@pytest.fixture
def tallies(database: Any) -> Tallies:
    return Tallies(database.app)


async def relayed(tallies: Tallies, database: Any, nc: Client) -> None:
    async with relaying(tallies, database.app, nc) as relay:
        await until(lambda: relay.state == "copying" and relay.lag == 0)
        await until(lambda: level(nc, database.app))


async def everything(database: Any) -> dict[str, list[Any]]:
    tables = ("head", "events", "streams", "commands", "claims")
    return {t: await database.owner.fetch(f"SELECT t::text FROM ledger.{t} t ORDER BY 1") for t in tables}


async def test_what_the_log_lost_comes_back_from_the_stream_to_the_byte(
    tallies: Tallies, database: Any, nc: Client
) -> None:
    for n in range(30):
        await tallies.count(n % 5, n, n + 1, label='Größe, "quoted" \\ \u2028 {"data":1}')
    await tallies(1, Name(name="first"))
    await relayed(tallies, database, nc)
    before = await everything(database)
    await roll_back(database, to=40)
    recovered = await recover_from_stream(database.owner, nc, SERVICE, [TALLY], CHAIN_KEY)
    assert (recovered.before, recovered.head, recovered.commands, recovered.lost) == (40, 61, 11, [])
    assert await everything(database) == before
    await relayed(tallies, database, nc)
    assert (await verify(database.app, nc, SERVICE, [TALLY], CHAIN_KEY)).findings == []


async def test_what_was_blank_comes_back_blank(tallies: Tallies, database: Any, nc: Client) -> None:
    for n in range(6):
        await tallies.count(n % 2, n)
    await database.owner.execute("UPDATE ledger.events SET data = NULL, salt = NULL")
    await database.owner.execute("UPDATE ledger.streams SET state = $1", encode_state(TALLY.initial))
    await relayed(tallies, database, nc)
    before = await everything(database)
    await roll_back(database, to=3)
    assert (await recover_from_stream(database.owner, nc, SERVICE, [TALLY], CHAIN_KEY)).head == 6
    assert await everything(database) == before
    report = await verify(database.app, nc, SERVICE, [TALLY], CHAIN_KEY)
    assert {(f.where, f.field) for f in report.findings} == {("log", "data")}  # of a district that is there


async def test_a_command_that_came_back_is_not_done_twice(
    tallies: Tallies, database: Any, nc: Client
) -> None:
    await tallies.count(1, 1)
    once = uuid4()
    first = await tallies(1, Count(numbers=(5, 6)), command_id=once)
    await relayed(tallies, database, nc)
    await roll_back(database, to=1)
    await recover_from_stream(database.owner, nc, SERVICE, [TALLY], CHAIN_KEY)
    restarted = Tallies(database.app)
    again = await restarted(1, Count(numbers=(5, 6)), command_id=once)
    assert again.replayed
    assert (again.events, again.version, again.position) == (first.events, first.version, first.position)
    with pytest.raises(CommandIdReused):
        await restarted(1, Count(numbers=(7,)), command_id=once)


async def test_claims_come_back_as_they_were(tallies: Tallies, database: Any, nc: Client) -> None:
    await tallies(1, Name(name="kept"))
    await tallies(2, Name(name="given back"))
    await tallies(2, Name(name="taken"))
    await relayed(tallies, database, nc)
    await roll_back(database, to=1)
    await database.owner.execute("DELETE FROM ledger.claims WHERE key <> 'name:kept'")
    await recover_from_stream(database.owner, nc, SERVICE, [TALLY], CHAIN_KEY)
    restarted = Tallies(database.app)
    with pytest.raises(ClaimTaken):
        await restarted(3, Name(name="taken"))
    await restarted(3, Name(name="given back"))


async def test_lost_words_are_named(tallies: Tallies, database: Any, nc: Client) -> None:
    await tallies(1, Count.model_validate({"numbers": (1,), "note": "kept by the backup"}))
    await tallies(1, Count.model_validate({"numbers": (2,), "note": "never on the stream"}))
    await relayed(tallies, database, nc)
    await roll_back(database, to=1)
    recovered = await recover_from_stream(database.owner, nc, SERVICE, [TALLY], CHAIN_KEY)
    assert [w.position for w in recovered.lost] == [2]
    assert "position 2" in recovered.text()


async def test_commands_longer_than_a_part_of_the_stream_come_back_whole(
    tallies: Tallies, database: Any, nc: Client
) -> None:
    for tally in range(5):
        await tallies.count(tally, *range(700))
    await relayed(tallies, database, nc)
    before = await everything(database)
    await roll_back(database, to=700)
    assert (await recover_from_stream(database.owner, nc, SERVICE, [TALLY], CHAIN_KEY)).commands == 4
    assert await everything(database) == before


async def test_an_altered_message_is_not_imported(tallies: Tallies, database: Any, nc: Client) -> None:
    await asyncio.gather(*(tallies.count(n, n) for n in range(5)))
    await relayed(tallies, database, nc)
    messages = [m async for part in streams.read(nc, SERVICE, after=0, through=5) for m in part]
    await streams.delete(nc, SERVICE)
    await streams.create(nc, SERVICE, history="1@0")
    for m in messages:
        payload = m.payload.replace(b'"n":', b'"n":1') if m.position == 4 else m.payload
        await nc.jetstream().publish(m.subject, payload, headers=dict(m.headers))
    await roll_back(database, to=2)
    with pytest.raises(NotRecoverable, match="position 4"):
        await recover_from_stream(database.owner, nc, SERVICE, [TALLY], CHAIN_KEY)
    assert await database.app.fetchval("SELECT position FROM ledger.head") == 2


async def test_a_log_that_went_on_by_itself_is_not_overwritten(
    tallies: Tallies, database: Any, nc: Client
) -> None:
    await asyncio.gather(*(tallies.count(n, n) for n in range(9)))
    await relayed(tallies, database, nc)
    await roll_back(database, to=5)
    await Tallies(database.app).count(1, 1)
    with pytest.raises(NotRecoverable, match="part after position 5"):
        await recover_from_stream(database.owner, nc, SERVICE, [TALLY], CHAIN_KEY)


@pytest.mark.parametrize("since", [0, 1, 9])
async def test_accepting_the_loss_begins_a_new_history_and_fills_the_stream_anew(
    tallies: Tallies, database: Any, nc: Client, since: int
) -> None:
    await asyncio.gather(*(tallies.count(n, n) for n in range(9)))
    await relayed(tallies, database, nc)
    await roll_back(database, to=5)
    restarted = Tallies(database.app)
    for n in range(since):
        await restarted.count(n, 1)
    faults: list[str | None] = []
    async with relaying(restarted, database.app, nc, fault=faults.append) as relay:
        await until(lambda: relay.state == "refused")
        assert await recover_from_log(database.owner, nc, SERVICE) == "2@5"
        await until(lambda: relay.state == "copying" and relay.lag == 0)
        assert faults[-1] is None
    await copied(nc, database.app)
    last = await streams.last(nc, SERVICE)
    assert last is not None
    assert last.incarnation == 2


@pytest.mark.parametrize(
    "told", ["999999999@0", "2147483650@5", "99999999999999999999@0", "\N{SUPERSCRIPT TWO}@0"]
)
async def test_a_made_up_history_leaves_room_for_the_next(
    tallies: Tallies, database: Any, nc: Client, told: str
) -> None:
    await asyncio.gather(*(tallies.count(n, n) for n in range(9)))
    await relayed(tallies, database, nc)
    copy = await streams.at(nc, SERVICE, 9)
    assert copy is not None
    forged = {name: value for name, value in copy.headers.items() if not name.startswith("Nats-")}
    await nc.request(copy.subject, copy.payload, headers=forged | {INCARNATION: told})
    async with relaying(tallies, database.app, nc) as relay:
        await until(lambda: relay.state == "refused")
        assert relay.reason == "stream_ahead"
        with pytest.raises(NotRecoverable):
            await recover_from_stream(database.owner, nc, SERVICE, [TALLY], CHAIN_KEY)
        assert await recover_from_log(database.owner, nc, SERVICE) == "2@9"
        await until(lambda: relay.state == "copying" and relay.lag == 0)
    await copied(nc, database.app)


async def test_the_loss_can_be_accepted_when_the_stream_is_empty_but_ahead(
    tallies: Tallies, database: Any, nc: Client
) -> None:
    await asyncio.gather(*(tallies.count(n, n) for n in range(9)))
    await relayed(tallies, database, nc)
    await nc.jetstream().purge_stream("EV_PROBE")
    await roll_back(database, to=5)
    with pytest.raises(NotRecoverable):
        await recover_from_stream(database.owner, nc, SERVICE, [TALLY], CHAIN_KEY)
    assert await recover_from_log(database.owner, nc, SERVICE) == "2@0"
    await relayed(Tallies(database.app), database, nc)
    await copied(nc, database.app)


async def test_a_log_from_before_an_accepted_loss_learns_of_it(
    tallies: Tallies, database: Any, nc: Client
) -> None:
    await asyncio.gather(*(tallies.count(n, n) for n in range(9)))
    await relayed(tallies, database, nc)
    assert await recover_from_log(database.owner, nc, SERVICE) == "2@9"
    await relayed(tallies, database, nc)
    await database.owner.execute("UPDATE ledger.head SET incarnation = 1, incarnation_from = 0")
    await roll_back(database, to=5)
    async with relaying(tallies, database.app, nc) as relay:
        await until(lambda: relay.state == "refused")
    await recover_from_stream(database.owner, nc, SERVICE, [TALLY], CHAIN_KEY)
    head = await database.app.fetchrow("SELECT * FROM ledger.head")
    assert (head["position"], head["incarnation"], head["incarnation_from"]) == (9, 2, 9)


@pytest.fixture(autouse=True)
async def a_stream(nc: Client) -> None:
    """There from the beginning, as every service's is."""
    await streams.create(nc, SERVICE, history="1@0")


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backbone.relay.LOOK_EVERY", 0.3)
