"""Law 6, with several replicas: each partition has one holder, and who lost it changes nothing any more."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from backbone import projector as projecting
from backbone.local_log import LocalLog
from backbone.partitions import LEASE, Held, Partitions, Rebalanced, Unshared
from backbone.projector import Fenced, Projector
from conftest import TestDatabase
from kit.broker import Broker
from kit.copies import relaying, until
from kit.replicas import Replica, replicas, shared_out
from kit.tally import SERVICE, Tallies, named
from kit.totals import create, rows, told

pytestmark = pytest.mark.integration

REBALANCED_WITHIN = 5.0


@pytest.fixture
async def tallies(database: TestDatabase) -> Tallies:
    await create(database)
    return Tallies(database.app)


async def is_told(database: TestDatabase) -> bool:
    return await rows(database.app) == await told(database.app)


async def counted(tallies: Tallies, events: int, *, over: int = 200) -> None:
    await asyncio.gather(*(tallies.count(n % over, n + 1) for n in range(events)))


async def taking(condition: Callable[[], Awaitable[Any] | Any]) -> float:
    """How many seconds it takes to come true, at most those that rebalancing may take."""
    began = time.monotonic()
    await until(condition, within=REBALANCED_WITHIN)
    return time.monotonic() - began


# Who comes and who goes --------------------------------------------------------------------------------


async def test_whoever_comes_gets_a_share_and_whoever_leaves_gives_it_back(
    tallies: Tallies, database: TestDatabase
) -> None:
    async with Replica(database, tallies) as first:
        await taking(lambda: len(first.held) == 64)
        async with replicas(3, database, tallies) as others:
            await taking(lambda: shared_out([first, *others]))
            assert {len(replica.held) for replica in (first, *others)} == {16}
        await taking(lambda: len(first.held) == 64)


async def test_the_partitions_of_who_dies_are_read_on_by_the_others(
    tallies: Tallies, database: TestDatabase
) -> None:
    async with replicas(3, database, tallies) as (one, two, three):
        await taking(lambda: shared_out([one, two, three]))
        await two.die()
        await counted(tallies, 200)
        await taking(lambda: shared_out([one, three]))
        await taking(lambda: is_told(database))


async def test_one_that_is_started_again_under_its_name_waits_for_nobody(
    tallies: Tallies, database: TestDatabase
) -> None:
    first = await Replica(database, tallies, name="probe-1").__aenter__()
    await taking(lambda: len(first.held) == 64)
    await first.die()
    async with Replica(database, tallies, name="probe-1") as second:
        assert await taking(lambda: len(second.held) == 64) < LEASE / 2
        assert second.partitions.held.slot == first.partitions.held.slot
        first.partitions.asleep = False
        await first.partitions.renew()  # the one before wakes, and is another by now
        assert first.partitions.held.slot != second.partitions.held.slot


async def test_more_replicas_than_places_wait_for_one(tallies: Tallies, database: TestDatabase) -> None:
    several = [Partitions(database.app) for _ in range(17)]
    for _ in range(2):  # each gives back what it has too much of when it hears of the others
        for one in several:
            await one.renew()
    for one in several:
        await one.renew()
    assert sorted(len(one.held.epochs) for one in several) == [0, *[4] * 16]
    assert {one.held.slot for one in several[:16]} == set(range(16))
    await several[3]._leave()
    await several[16].renew()
    assert len(several[16].held.epochs) == 4


async def test_what_is_being_processed_is_committed_before_it_is_given_back(
    tallies: Tallies, database: TestDatabase
) -> None:
    first, second = Partitions(database.app), Partitions(database.app)
    await first.renew()
    held = first.held
    await second.renew()
    with first.using(held):
        giving = asyncio.create_task(first.renew())
        await asyncio.sleep(0.2)
        await second.renew()
        assert not second.held.epochs
        assert not giving.done()
    await giving
    await second.renew()
    assert len(second.held.epochs) == 32
    with pytest.raises(Rebalanced), first.using(held):
        raise AssertionError


# Order and effects -------------------------------------------------------------------------------------


async def one_four_one(
    tallies: Tallies, database: TestDatabase, url: str = "", kind: type[Projector] = Projector
) -> list[float]:
    """Replicas come and go under load: each aggregate's numbers must be the log's, in its order, each once."""
    stop, took = asyncio.Event(), []

    async def load() -> None:
        n = 0
        while not stop.is_set():
            await asyncio.gather(*(tallies.count(k, n + k, n + k + 1) for k in range(40)), asyncio.sleep(0.2))
            n += 100

    async with Replica(database, tallies, url=url, kind=kind) as first:
        await until(lambda: len(first.held) == 64)
        working = asyncio.create_task(load())
        try:
            async with replicas(3, database, tallies, url=url, kind=kind) as others:
                took.append(await taking(lambda: shared_out([first, *others])))
                await asyncio.sleep(0.5)
                await others[0].die()
                took.append(await taking(lambda: shared_out([first, *others[1:]])))
            took.append(await taking(lambda: len(first.held) == 64))
        finally:
            stop.set()
            await working
        await until(lambda: is_told(database), within=20)
    assert all(len(numbers) > 20 for numbers in (await rows(database.app)).values())
    return took


async def test_order_and_effects_hold_from_one_to_four_replicas_and_back_on_the_log(
    tallies: Tallies, database: TestDatabase
) -> None:
    assert max(await one_four_one(tallies, database)) < REBALANCED_WITHIN


async def test_order_and_effects_hold_from_one_to_four_replicas_and_back_on_a_stream(
    tallies: Tallies, database: TestDatabase, server: Broker
) -> None:
    nc = await server.connect()
    async with relaying(tallies, database.app, nc):
        assert max(await one_four_one(tallies, database, server.url)) < REBALANCED_WITHIN


async def three_at_once(tallies: Tallies, database: TestDatabase, kind: type[Projector]) -> None:
    await counted(tallies, 30)
    async with replicas(3, database, tallies, kind=kind) as several:
        await until(lambda: all(replica.held for replica in several), within=5)
        await until(lambda: is_told(database), within=5)
        await counted(tallies, 200)
        await until(lambda: is_told(database), within=5)


async def test_replicas_divide_a_log_among_them(tallies: Tallies, database: TestDatabase) -> None:
    await three_at_once(tallies, database, Projector)


class Greedy(Projector):
    """Reads all partitions whichever it holds, and believes its own memory instead of the fence."""

    async def begin(self, head: int = 0) -> int:
        self.held = Held({}, self.held.slot, whole=True)
        self._partitions = Unshared()
        return await super().begin(head)

    async def _fence(self, db: Any, partitions: Any) -> None:
        return


async def test_without_partitions_and_fence_replicas_would_double_their_effects(
    tallies: Tallies, database: TestDatabase
) -> None:
    with pytest.raises((AssertionError, TimeoutError)):
        await three_at_once(tallies, database, Greedy)


# Frozen and resumed ------------------------------------------------------------------------------------


async def frozen(tallies: Tallies, database: TestDatabase) -> None:
    """One sleeps past its lease and wakes while its successor has had nothing to do: positions alone say nothing."""
    await counted(tallies, 40)
    log = LocalLog(SERVICE, database.app, None, asyncio.Event())
    async with Replica(database, tallies) as first:
        await until(lambda: is_told(database))
        await until(lambda: min(first.projector._checkpoints) == 40)
        sleeper, stale = first.projector, first.projector.held
        first.partitions.asleep = True
        async with sleeper._turn:  # it sleeps: nothing of it moves
            async with Replica(database, tallies) as second:
                await taking(lambda: len(second.held) == 64)
            # The second is gone, too; its epoch stands.
            await tallies.count(3, 999)
            before = await everything(database)
        new = await log.read(40)
        assert sleeper.held is stale
        refused = 0
        for wake in (lambda: sleeper.process(new), sleeper.idle):
            try:
                await wake()
            except Fenced:
                refused += 1
        assert refused
        assert await everything(database) == before
    async with Replica(database, tallies):
        await until(lambda: is_told(database))


async def everything(database: TestDatabase) -> list[Any]:
    found = []
    for table in ("totals", "checkpoints", "incarnations", "parked"):
        found += sorted(str(tuple(row)) for row in await database.app.fetch(f"TABLE projections.{table}"))
    return found


async def test_a_replica_frozen_past_its_lease_and_resumed_changes_nothing(
    tallies: Tallies, database: TestDatabase
) -> None:
    await frozen(tallies, database)


async def test_without_the_epoch_a_resumed_replica_would_write(
    tallies: Tallies, database: TestDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    fenced: str = projecting.sql.advance_held
    unfenced = fenced.replace("AND p.epoch = n.epoch", "")
    assert unfenced != fenced
    monkeypatch.setitem(projecting.sql._texts, "advance_held", unfenced)
    with pytest.raises(AssertionError):
        await frozen(tallies, database)


async def test_nothing_is_said_to_be_level_before_every_partition_is(
    tallies: Tallies, database: TestDatabase
) -> None:
    """One of two replicas stands still: what the other has read says nothing of the whole."""
    level = "SELECT level_at FROM projections.incarnations WHERE source = 'probe'"
    async with replicas(2, database, tallies) as (one, two):
        await until(lambda: shared_out([one, two]))
        await counted(tallies, 64)
        await until(lambda: is_told(database))
        async with two.projector._turn:
            before = await database.app.fetchval("SELECT clock_timestamp()")
            await counted(tallies, 64)
            await asyncio.sleep(1.5)
            assert (await database.app.fetchval(level)) < before
            assert not one.projector.progress.whole(SERVICE)
        await until(lambda: is_told(database))
        await until(lambda: database.app.fetchval(f"SELECT level_at > $1 FROM ({level}) AS l", before))


# A new history -----------------------------------------------------------------------------------------


async def test_a_new_history_is_begun_once_and_every_replica_begins_again(
    tallies: Tallies, database: TestDatabase
) -> None:
    await counted(tallies, 60)
    async with replicas(3, database, tallies) as several:
        await until(lambda: shared_out(several))
        await until(lambda: is_told(database))
        epochs = [dict(replica.partitions.held.epochs) for replica in several]
        others = [
            Projector("directory", [], database.app, partitions=replica.partitions) for replica in several
        ]
        for other in others:
            await other.admitted()
            await other.incarnated(1, 0)
            await other.begin()
        assert set(await asyncio.gather(*(other.incarnated(2, 0) for other in others))) <= {True, False}
        await until(lambda: is_told(database), within=REBALANCED_WITHIN)
        await until(lambda: shared_out(several))
        for replica, before in zip(several, epochs, strict=True):
            assert {p: e + 1 for p, e in before.items()} == replica.partitions.held.epochs
        assert named(1) in await rows(database.app)
