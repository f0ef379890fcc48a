"""Law 2: a command commits once and whole; the same request again gets the first answer, a refusal leaves nothing."""

import asyncio
import random
from collections import Counter
from contextlib import AsyncExitStack
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from backbone import commands as commanding
from backbone.commands import Answer, ClaimTaken, Contended, NotStorable
from backbone.database import LIVE, connected
from backbone.ending import end
from backbone.ledger import LedgerUnavailable
from backbone.queries import Queries
from backbone.words import private
from conftest import TestDatabase
from kit.tally import TENANT, Count, Name, NothingToCount, Tallies, named

pytestmark = pytest.mark.integration


@pytest.fixture
def tallies(database: TestDatabase) -> Tallies:
    return Tallies(database.app)


async def patched(database: TestDatabase, *changes: tuple[str, str]) -> None:
    """The ledger's one call with some of its text replaced."""
    text = Queries("backbone", "sql/functions").append
    for there, instead in changes:
        assert there in text
        text = text.replace(there, instead)
    await database.owner.execute(text.replace(":app", f'"{database.name}"'))


# Once ---------------------------------------------------------------------------------------------------


async def storm(database: TestDatabase, *, ids_kept: bool = True) -> None:
    """Two replicas, clients that lose patience and answers and send again, a database whose backends are killed."""
    rng = random.Random(2)
    replicas = [Tallies(database.app, patience=3.0), Tallies(database.app, patience=3.0)]
    first: dict[UUID, Answer] = {}

    async def client(n: int) -> None:
        command_id = uuid4()
        sent = 0
        while sent < 3:
            told = command_id if ids_kept else uuid4()
            sending = replicas[rng.randrange(2)](named(n % 5), Count(numbers=(n,)), command_id=told)
            try:
                answer = await asyncio.wait_for(sending, rng.choice((0.001, 0.01, 10)))
            except (TimeoutError, LedgerUnavailable, Contended):
                await asyncio.sleep(0.001)
                continue
            sent += 1
            known = first.setdefault(command_id, answer)
            assert (answer.events, answer.version, answer.position) == (
                known.events,
                known.version,
                known.position,
            )

    async def killing() -> None:
        while True:
            await asyncio.sleep(0.05)
            await database.owner.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1 AND state = 'active'"
                " AND query LIKE '%ledger.append%'",
                database.name,
            )

    connection = await asyncpg.connect(database.superuser_url)
    await connection.execute(f'GRANT pg_signal_backend TO "{database.name}_owner"')
    await connection.close()
    killer = asyncio.create_task(killing())
    clients = [asyncio.create_task(client(n)) for n in range(1, 121)]
    try:
        await asyncio.gather(*clients)
    finally:
        await end(killer, *clients)
        await asyncio.gather(*(replica.ledger.close() for replica in replicas))
    counted = await database.app.fetch("SELECT (data->>'n')::int AS n FROM ledger.events ORDER BY 1")
    assert [row["n"] for row in counted] == list(range(1, 121))


async def test_sent_again_and_again_through_crashes_a_command_commits_once(database: TestDatabase) -> None:
    await storm(database)


async def test_a_client_that_made_a_new_id_for_each_attempt_would_commit_twice(
    database: TestDatabase,
) -> None:
    with pytest.raises(AssertionError):
        await storm(database, ids_kept=False)


async def repeated(tallies: Tallies) -> None:
    command_id = uuid4()
    first = await tallies(1, Name(name="a"), command_id=command_id)
    await tallies(1, Name(name="b"))
    again = await tallies(1, Name(name="a"), command_id=command_id)
    assert (again.events, again.position, again.replayed) == (first.events, first.position, True)


async def test_the_first_answer_is_given_whatever_happened_since(tallies: Tallies) -> None:
    await repeated(tallies)


async def test_a_ledger_that_forgot_commands_would_not_know_a_repeat(
    tallies: Tallies, database: TestDatabase
) -> None:
    await patched(database, ("d.command_id = c.command_id;", "d.command_id = c.command_id AND false;"))
    with pytest.raises(NotStorable):
        await repeated(tallies)


# Whole --------------------------------------------------------------------------------------------------


async def whole(tallies: Tallies, database: TestDatabase) -> None:
    """Whatever came of a command, its answer, events, words, claims and state are all there, or none is."""
    note = {"note": private("between us")}
    await tallies.count(1, 1, 2, 3, **note)
    await tallies(2, Name(name="taken"))
    for tally, command in (
        (3, Name(name="taken")),
        (4, Count(numbers=(1, -1), **note)),
        (1, Count(numbers=())),
    ):
        try:
            await tallies(tally, command)
        except (ClaimTaken, NothingToCount):
            continue
    found = await database.app.fetchrow(
        """
        SELECT (SELECT array_agg(position ORDER BY position) FROM ledger.events) AS events,
               (SELECT array_agg(position ORDER BY position) FROM ledger.commands) AS commands,
               (SELECT array_agg(version ORDER BY version) FROM ledger.streams) AS streams,
               (SELECT count(*) FROM ledger.claims) AS claims,
               (SELECT count(*) FROM ledger.private_words) AS words,
               (SELECT position FROM ledger.head) AS head,
               (SELECT count(*) FROM ledger.events e WHERE e.data::jsonb->'note'->>'ref' IS NOT NULL
                  AND NOT EXISTS (SELECT FROM ledger.private_words w
                                   WHERE w.ref::text = e.data::jsonb->'note'->>'ref')) AS wordless
        """
    )
    assert dict(found) == {
        "events": [1, 2, 3, 4], "commands": [3, 4, 4], "streams": [1, 3], "claims": 1, "words": 1, "head": 4,
        "wordless": 0,
    }  # fmt: skip
    state = await Tallies(database.app).commands.state(TENANT, "Tally", named(1))
    assert (state.total, len(state.notes)) == (6, 3)


async def test_all_of_a_command_is_there_or_nothing(tallies: Tallies, database: TestDatabase) -> None:
    await whole(tallies, database)


@pytest.mark.parametrize(
    ("there", "instead"),
    [
        ("FROM unnest(wording) AS w;", "FROM unnest(wording) AS w WHERE false;"),
        (
            "THEN outcome := 'claimed'; detail := SQLERRM;",
            "THEN outcome := 'claimed'; detail := SQLERRM; at := at + 1;",
        ),
    ],
    ids=["without the words", "with a position for what was refused"],
)
async def test_a_ledger_that_kept_part_of_a_command_would_be_found_out(
    tallies: Tallies, database: TestDatabase, there: str, instead: str
) -> None:
    await patched(database, (there, instead))
    with pytest.raises(AssertionError):
        await whole(tallies, database)


async def test_the_memory_of_a_process_proposes_and_never_refuses(database: TestDatabase) -> None:
    """Replica one remembers that the name is free to give; replica two has changed it; the truth decides."""
    one, two = Tallies(database.app), Tallies(database.app)
    await one(1, Name(name="a"))
    await two(1, Name(name="b"))
    await two(2, Name(name="a"))
    await one(1, Name(name="c"))
    await two(3, Name(name="b"))
    held: list[Any] = await database.app.fetch("SELECT key FROM ledger.claims ORDER BY key")
    assert [row["key"] for row in held] == ["name:a", "name:b", "name:c"]


async def three_doors(database: TestDatabase, seconds: float = 3.0) -> None:
    """64 clients at four aggregates, through doors that know nothing of each other."""
    async with AsyncExitStack() as stack:
        pools = [
            await stack.enter_async_context(
                connected(database.provisioned.full_url, search_path=LIVE, name=f"door {n}")
            )
            for n in range(3)
        ]
        doors = [Tallies(pool) for pool in pools]
        done = Counter[int]()
        until = asyncio.get_running_loop().time() + seconds

        async def client(number: int) -> None:
            while asyncio.get_running_loop().time() < until:
                await doors[number % 3].count(number % 4, 1)
                done[number] += 1

        results = await asyncio.gather(*(client(n) for n in range(64)), return_exceptions=True)
    assert results == [None] * 64
    assert len(done) == 64
    assert await database.app.fetchval("SELECT position FROM ledger.head") == done.total()


async def test_nobody_is_sent_away_from_an_aggregate_that_several_doors_command(
    database: TestDatabase,
) -> None:
    await three_doors(database)


async def test_deciding_again_a_few_times_only_somebody_would_be(
    database: TestDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commanding, "TRIES", 3)
    with pytest.raises(AssertionError):
        await three_doors(database)
