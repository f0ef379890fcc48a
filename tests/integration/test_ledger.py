"""The ledger on a real PostgreSQL: a command commits once, whole, or leaves nothing."""

import asyncio
from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from backbone import chain
from backbone.commands import ClaimTaken, CommandIdReused, Order, StaleVersion
from backbone.deciding import Actor
from backbone.ledger import Entry, arguments, settle, sql
from backbone.words import private
from conftest import TestDatabase
from kit.tally import CHAIN_KEY, TALLY, TENANT, Count, Name, NothingToCount, Tallies, named


@pytest.fixture
def tallies(database: TestDatabase) -> Tallies:
    return Tallies(database.app)


async def rows(database: TestDatabase, table: str) -> int:
    return await database.app.fetchval(f"SELECT count(*) FROM ledger.{table}")


async def test_a_command_answers_its_events_and_where_they_lie(tallies: Tallies) -> None:
    answer = await tallies.count(1, 5, 7)
    assert [(name, version) for _, name, version in answer.events] == [
        ("TallyCounted", 1),
        ("TallyCounted", 2),
    ]
    assert (answer.version, answer.position, answer.replayed) == (2, 2, False)


async def test_the_same_command_again_gets_the_first_answer(tallies: Tallies, database: TestDatabase) -> None:
    command_id = uuid4()
    first = await tallies(named(1), Count(numbers=(5,)), command_id=command_id)
    await tallies.count(1, 1)
    again = await tallies(named(1), Count(numbers=(5,)), command_id=command_id)
    assert (again.events, again.version, again.position, again.replayed) == (first.events, 1, 1, True)
    assert await rows(database, "events") == 2


async def test_another_command_under_a_known_id_is_refused(tallies: Tallies, database: TestDatabase) -> None:
    command_id = uuid4()
    await tallies(named(1), Count(numbers=(5,)), command_id=command_id)
    with pytest.raises(CommandIdReused):
        await tallies(named(1), Count(numbers=(6,)), command_id=command_id)
    assert await rows(database, "events") == 1


async def test_a_repeat_is_answered_even_when_it_would_be_refused_now(tallies: Tallies) -> None:
    command_id = uuid4()
    await tallies(named(1), Name(name="first"), command_id=command_id)
    await tallies(named(1), Name(name="second"))
    await tallies(named(2), Name(name="first"))
    again = await tallies(named(1), Name(name="first"), command_id=command_id)
    assert again.replayed


async def test_a_refusal_leaves_nothing(tallies: Tallies, database: TestDatabase) -> None:
    with pytest.raises(NothingToCount):
        await tallies.count(1, -1)
    assert [
        await rows(database, t) for t in ("events", "commands", "streams", "claims", "private_words")
    ] == [0] * 5


async def test_what_one_tally_claims_no_other_may(tallies: Tallies, database: TestDatabase) -> None:
    await tallies(1, Name(name="a"))
    with pytest.raises(ClaimTaken):
        await tallies(2, Name(name="a"))
    await tallies(1, Name(name="b"))
    await tallies(2, Name(name="a"))
    assert await rows(database, "claims") == 2


async def test_words_commit_with_the_event_that_refers_to_them(tallies: Tallies) -> None:
    answer = await tallies(1, Count(numbers=(1,), note=private("said in confidence")))
    assert list((await tallies.ledger.words(TENANT, answer.aggregate_id)).values()) == ["said in confidence"]


async def test_if_match_of_another_version_is_refused(tallies: Tallies) -> None:
    await tallies.count(1, 1)
    order = Order(
        aggregate=TALLY, aggregate_id=named(1), command=Count(numbers=(1,)), actor=Actor("system", "test", TENANT),
        command_id=uuid4(), request=b"x", expected=4,
    )  # fmt: skip
    with pytest.raises(StaleVersion) as stale:
        await tallies.commands.handle(order)
    assert (stale.value.expected, stale.value.actual) == (4, 1)


async def test_64_clients_lose_and_double_nothing(tallies: Tallies, database: TestDatabase) -> None:
    async def client(number: int) -> list[int]:
        return [(await tallies.count(number % 16, 1)).position for _ in range(20)]

    positions = sorted(p for ps in await asyncio.gather(*(client(n) for n in range(64))) for p in ps)
    assert positions == list(range(1, 64 * 20 + 1))
    assert await database.app.fetchval("SELECT position FROM ledger.head") == 64 * 20


def entry(stream: UUID, expected: int = 0, **changes: object) -> Entry:
    """An entry of one event as `Commands` would make it, without deciding anything."""
    from backbone.ledger import NewEvent

    event = NewEvent(
        event_id=uuid4(), version=expected + 1, type="TallyCounted", schema_version=1, data=b'{"n":1}',
        occurred_at=chainless_time(), salt=b"s", digest=b"d", hash=b"h",
    )  # fmt: skip
    made = Entry(
        tenant=TENANT, command_id=uuid4(), request=b"r", stream_id=stream, kind="Tally", partition=3, expected=expected,
        events=[event], meta=b"{}", state=b"Counting\n{}", state_schema=1, hash=b"h", recorded_at=chainless_time(),
    )  # fmt: skip
    return replace(made, **changes)


def chainless_time():
    from datetime import UTC, datetime

    return datetime(2026, 1, 1, tzinfo=UTC)


async def test_every_outcome_may_stand_in_one_batch(database: TestDatabase) -> None:
    """plpgsql plans late: only running each branch shows that it runs."""
    first = entry(uuid4(), takes=[("held", True)])
    known = entry(uuid4())
    await database.app.fetch(sql.append, *arguments([first, known]))
    poisoned = entry(uuid4())
    poisoned.events[0].data = b'{"n": broken'
    batch = [
        entry(uuid4()),
        known,
        replace(known, request=b"other"),
        entry(first.stream_id, expected=7),
        entry(uuid4(), takes=[("held", True)]),
        poisoned,
        entry(uuid4(), takes=[("k" * 256, True)]),
        entry(first.stream_id, expected=1, takes=[("held", False), ("new", True)]),
        entry(uuid4(), takes=[("held", True)], words=[(uuid4(), b"salt", "words")]),
        entry(uuid4(), events=[]),
    ]
    settled = settle(batch, await database.app.fetch(sql.append, *arguments(batch)))
    assert [s.outcome for s in settled] == [
        "committed", "repeated", "reused", "conflict", "claimed", "failed", "failed", "committed", "committed",
        "committed",
    ]  # fmt: skip
    assert [s.position for s in settled if s.outcome == "committed"] == [3, 4, 5, 5]
    assert settled[3].version == 1
    assert settled[1].position == 2
    positions = [
        r["position"] for r in await database.app.fetch("SELECT position FROM ledger.events ORDER BY 1")
    ]
    assert positions == [1, 2, 3, 4, 5]


async def test_of_two_commands_with_the_same_expected_version_in_a_batch_one_commits(
    database: TestDatabase,
) -> None:
    stream = uuid4()
    batch = [entry(stream), entry(stream)]
    settled = settle(batch, await database.app.fetch(sql.append, *arguments(batch)))
    assert [s.outcome for s in settled] == ["committed", "conflict"]


async def test_the_application_may_not_change_what_happened(database: TestDatabase) -> None:
    import asyncpg

    for statement in (
        "UPDATE ledger.events SET type = 'x'",
        "DELETE FROM ledger.events",
        "TRUNCATE ledger.events",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await database.app.execute(statement)


async def test_each_event_vouches_for_the_one_before(tallies: Tallies, database: TestDatabase) -> None:
    answer = await tallies.count(1, 1, 2, 3)
    previous = chain.genesis(CHAIN_KEY, TENANT, answer.aggregate_id)
    for row in await database.app.fetch("SELECT * FROM ledger.events ORDER BY version"):
        digest = chain.payload_digest(
            row["salt"], row["data"].encode(), row["meta"], row["occurred_at"], row["recorded_at"]
        )
        assert digest == row["digest"]
        previous = chain.link(
            CHAIN_KEY, previous, row["event_id"], row["type"], row["schema_version"], row["version"], digest
        )
        assert previous == row["hash"]
