"""Law 6: one projector runs live, catching up and rebuilding; order within an aggregate, each effect exactly once."""

import asyncio
import gc
import random
import signal
from collections.abc import Callable, Sequence
from typing import Any

import asyncpg
import pytest
from backbone import projector as projecting
from backbone import rebuild as rebuilding
from backbone.database import NEXT, connected
from backbone.ending import end
from backbone.local_log import LocalLog
from backbone.partitions import Held, Rebalanced
from backbone.projector import Fenced, Projection, Projector
from backbone.reading import Delivery, Progress
from backbone.rebuild import Comparison, rebuild, swap_back
from backbone.recorded import PARTITIONS
from backbone.subscription import StreamSource, position_in
from conftest import TestDatabase
from kit import totals
from kit.broker import Broker
from kit.copies import level, relaying, until
from kit.tally import SERVICE, Tallies
from kit.totals import Totals, create, reading_log, reading_stream, rows, told

pytestmark = pytest.mark.integration


@pytest.fixture
async def tallies(database: TestDatabase) -> Tallies:
    await create(database)
    return Tallies(database.app)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backbone.relay.LOOK_EVERY", 0.2)
    monkeypatch.setattr("backbone.subscription.ASKED_EVERY", 0.2)
    monkeypatch.setattr("backbone.subscription.STUCK_AFTER", 1.0)


def projector(database: TestDatabase, kind: type[Projector] = Projector) -> Projector:
    return kind(SERVICE, [Totals().projection], database.app)


async def counted(tallies: Tallies, events: int, *, over: int = 12) -> None:
    await asyncio.gather(*(tallies.count(n % over, n + 1) for n in range(events)))


async def is_told(database: TestDatabase) -> bool:
    return await rows(database.app) == await told(database.app)


# Live, catching up, rebuilding -------------------------------------------------------------------------


async def rebuilt(
    database: TestDatabase, *, swap: bool = False, projection: Projection | None = None
) -> Comparison:
    """Rebuilds from the local log, as the job does."""
    projection = projection or Totals().projection
    owner = await asyncpg.connect(database.provisioned.full_owner_url)
    try:
        async with connected(
            database.provisioned.full_owner_url, search_path=NEXT, name="next", size=2
        ) as following:
            log = LocalLog(SERVICE, database.owner, None, asyncio.Event(), batch=50)
            return await rebuild(
                owner, following, package="backbone", app_role=database.name, projections=[projection],
                feed=log.feed, swap=swap,
            )  # fmt: skip
    finally:
        await owner.close()


@pytest.fixture
def with_totals(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rebuild knows of the tests' table as of one in a service's `sql/projections`."""
    text = rebuilding.projections_text
    monkeypatch.setattr(rebuilding, "projections_text", lambda package: text(package) + totals.TABLES)


@pytest.mark.usefixtures("with_totals")
async def test_live_and_catching_up_and_rebuilding_give_the_same_rows(
    tallies: Tallies, database: TestDatabase
) -> None:
    await counted(tallies, 200)
    live = projector(database)
    async with reading_log(live, database.app, tallies, batch=64):
        await until(lambda: is_told(database))
        await counted(tallies, 150)
        await until(lambda: is_told(database))
    found = await rebuilt(database)
    assert (found.equal, found.tables["totals"]) == (True, 12)


@pytest.mark.usefixtures("with_totals")
async def test_a_rebuild_under_load_meets_the_live_tables_and_takes_their_place(
    tallies: Tallies, database: TestDatabase
) -> None:
    await counted(tallies, 100)
    async with reading_log(projector(database), database.app, tallies, batch=16):

        async def load() -> None:
            for _ in range(30):
                await counted(tallies, 10)

        working = asyncio.create_task(load())
        await asyncio.sleep(0.1)
        found = await rebuilt(database, swap=True)
        await working
        assert (found.equal, found.swapped) == (True, True)
        await until(lambda: is_told(database))
    owner = await asyncpg.connect(database.provisioned.full_owner_url)
    await swap_back(owner)
    await owner.close()
    async with reading_log(projector(database), database.app, tallies):
        await until(lambda: is_told(database))


@pytest.mark.usefixtures("with_totals")
async def test_a_rebuild_of_a_service_whose_source_has_no_events_yet_is_equal(
    tallies: Tallies, database: TestDatabase
) -> None:
    async with reading_log(projector(database), database.app, tallies):
        await until(lambda: database.app.fetchval("SELECT count(*) = 64 FROM projections.checkpoints"))
    assert (await rebuilt(database)).equal


@pytest.mark.usefixtures("with_totals")
async def test_how_fresh_facts_are_is_known_after_a_swap(tallies: Tallies, database: TestDatabase) -> None:
    fresh = (
        "SELECT level_at > now() - interval '5 seconds' FROM projections.incarnations WHERE source = 'probe'"
    )
    await counted(tallies, 5)
    async with reading_log(projector(database), database.app, tallies):
        await until(lambda: database.app.fetchval(fresh))
        await rebuilt(database, swap=True)
        assert await database.app.fetchval(fresh)


@pytest.mark.usefixtures("with_totals")
async def test_a_projection_that_looks_at_more_than_its_events_would_not_meet_its_rebuild(
    tallies: Tallies, database: TestDatabase
) -> None:
    class Hasty(Totals):
        """Counts its own calls: what it writes depends on how events were batched."""

        calls = 0

        async def project(self, events: Sequence[Any], db: Any) -> None:
            self.calls += 1
            await super().project(events, db)
            await db.execute("UPDATE totals SET total = total + 1, numbers = numbers || 1::bigint WHERE $1 > 1",
                             self.calls)  # fmt: skip

    hasty = Hasty()
    await counted(tallies, 20)
    live = Projector(SERVICE, [hasty.projection], database.app)
    async with reading_log(live, database.app, tallies, batch=5):
        await until(lambda: live.processed >= 20)
    hasty.calls = -100
    assert "totals" in (await rebuilt(database, projection=hasty.projection)).differing


# Exactly once, in order --------------------------------------------------------------------------------


async def delivered(
    tallies: Tallies, database: TestDatabase, kind: type[Projector], disturb: Callable[[list[Any]], list[Any]]
) -> None:
    await counted(tallies, 60)
    reader = projector(database, kind)
    await reader.begin()
    log = LocalLog(SERVICE, database.app, reader, asyncio.Event())
    for delivery in disturb([[d] for d in await log.read(0)]):
        await reader.process(delivery)
    assert await is_told(database)


def doubled(batches: list[Any]) -> list[Any]:
    """Every batch again, and now and then everything from further back."""
    rng = random.Random(6)
    found: list[Any] = []
    for n, batch in enumerate(batches):
        found += [batch, batch]
        if rng.random() < 0.2:
            found += batches[max(0, n - 10) : n + 1]
    return found


async def test_what_is_delivered_again_has_no_second_effect(tallies: Tallies, database: TestDatabase) -> None:
    await delivered(tallies, database, Projector, doubled)


class Forgetful(Projector):
    def _is_new(self, delivery: Delivery) -> bool:
        return True


async def test_without_the_checkpoint_a_second_delivery_would_double(
    tallies: Tallies, database: TestDatabase
) -> None:
    with pytest.raises(AssertionError):
        await delivered(tallies, database, Forgetful, doubled)


async def test_of_two_projectors_on_the_same_tables_one_is_fenced(
    tallies: Tallies, database: TestDatabase
) -> None:
    await two_at_once(tallies, database, Projector)


class Unfenced(Projector):
    async def _fence(self, db: Any, partitions: Any) -> None:
        return


async def test_without_the_fence_both_would_write(tallies: Tallies, database: TestDatabase) -> None:
    with pytest.raises(AssertionError):
        await two_at_once(tallies, database, Unfenced)


async def two_at_once(tallies: Tallies, database: TestDatabase, kind: type[Projector]) -> None:
    await counted(tallies, 40)
    first, second = projector(database, kind), projector(database, kind)
    await first.begin()
    await second.begin()
    events = await LocalLog(SERVICE, database.app, first, asyncio.Event()).read(0)
    await first.process(events[:30])
    try:
        await second.process(events)
    except Fenced:
        await second.begin()
        await second.process(events)
    assert await is_told(database)


async def test_idling_beside_reading_never_fences_the_reader(
    tallies: Tallies, database: TestDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = projector(database)
    fenced: list[Fenced] = []

    class Noted(Fenced):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments)
            fenced.append(self)

    monkeypatch.setattr(projecting, "Fenced", Noted)
    await reader.begin()
    log = LocalLog(SERVICE, database.app, reader, asyncio.Event(), batch=1)

    async def idling() -> None:
        while True:
            await reader.idle()

    task = asyncio.create_task(idling())
    position = 0
    for n in range(100):
        await tallies.count(n % 12, n)
        for delivery in await log.read(position):
            await reader.process([delivery])
            position = delivery.position
    await end(task)
    assert not fenced
    assert await is_told(database)


# A history that is emptied ----------------------------------------------------------------------------


async def test_what_another_sources_new_history_emptied_is_derived_again_at_once(
    tallies: Tallies, database: TestDatabase
) -> None:
    """Directory begins a new history: goals' rows are emptied with it, and goals may be silent for weeks."""
    progress = Progress()
    own = Projector(SERVICE, [Totals().projection], database.app, progress=progress)
    other = Projector("directory", [], database.app, progress=progress)
    await counted(tallies, 30)
    async with reading_log(own, database.app, tallies):
        await until(lambda: is_told(database))
        await other.incarnated(1, 0)
        await other.begin()
        await other.settle([1] * PARTITIONS)
        assert not await other.incarnated(2, 0)
        assert not progress.level([SERVICE])
        await until(lambda: is_told(database), within=5)


async def test_a_new_history_that_shares_all_that_was_read_empties_nothing(
    tallies: Tallies, database: TestDatabase
) -> None:
    """A stream that was deleted is filled again in one: nobody derives years of rows again for that."""
    progress = Progress()
    own = Projector(SERVICE, [Totals().projection], database.app, progress=progress)
    other = Projector("directory", [], database.app, progress=progress)
    await counted(tallies, 30)
    async with reading_log(own, database.app, tallies):
        await until(lambda: is_told(database))
        await other.incarnated(1, 0)
        await other.begin()
        await other.settle([7] * PARTITIONS)
        assert not await other.incarnated(2, 7)
        assert await other.incarnated(2, 7)
        assert progress.level([SERVICE])
        assert await is_told(database)
        await other.begin()
        assert not await other.incarnated(3, 6)
        assert not progress.level([SERVICE])


# From a stream ----------------------------------------------------------------------------------------


async def test_a_stream_is_read_as_the_log_is(
    tallies: Tallies, database: TestDatabase, server: Broker
) -> None:
    nc = await server.connect()
    async with (
        relaying(tallies, database.app, nc),
        reading_stream(projector(database), server.url),
    ):
        await counted(tallies, 120)
        await until(lambda: is_told(database))
        await counted(tallies, 30)
        await until(lambda: is_told(database))


async def lost_on_the_way(
    tallies: Tallies, database: TestDatabase, server: Broker, kind: type[StreamSource]
) -> None:
    nc = await server.connect()
    async with relaying(tallies, database.app, nc):
        await counted(tallies, 120)
        await until(lambda: level(nc, database.app))
        reader = projector(database)
        async with reading_stream(reader, server.url, batch=10, kind=kind):
            await until(lambda: reader.progress.seen(SERVICE) >= 120)
            assert await is_told(database)


class Leaky(StreamSource):
    """Loses one batch on its way from the broker, once."""

    lost = False

    async def _on_messages(self, messages: Any) -> None:
        if not type(self).lost and self._delivered >= 30:
            type(self).lost = True
            return
        await super()._on_messages(messages)


async def test_a_gap_in_deliveries_is_noticed_and_read_again(
    tallies: Tallies, database: TestDatabase, server: Broker
) -> None:
    Leaky.lost = False
    await lost_on_the_way(tallies, database, server, Leaky)
    assert Leaky.lost


class Trusting(Leaky):
    """As leaky, and takes whatever comes next for the next."""

    lost = False

    async def _deliveries(self, messages: Any) -> list[Delivery]:
        self._delivered = position_in(messages[0].reply) - 1
        return await super()._deliveries(messages)


async def test_without_counting_deliveries_a_gap_would_be_a_hole(
    tallies: Tallies, database: TestDatabase, server: Broker
) -> None:
    with pytest.raises(AssertionError):
        await lost_on_the_way(tallies, database, server, Trusting)


async def with_a_hole(
    tallies: Tallies, database: TestDatabase, server: Broker, kind: type[StreamSource]
) -> None:
    """A purge takes what nobody has read yet; what is published before the relay notices lies beyond the hole."""
    nc = await server.connect()
    js = nc.jetstream()
    async with relaying(tallies, database.app, nc):
        await counted(tallies, 20)
        await until(lambda: level(nc, database.app))
    await js.delete_msg("EV_PROBE", 7)
    reader = projector(database)
    async with reading_stream(reader, server.url, kind=kind):
        await asyncio.sleep(0.5)
        assert reader.progress.seen(SERVICE) < 7
        async with relaying(tallies, database.app, nc):  # fills the stream again
            await counted(tallies, 20)
            await until(lambda: is_told(database), within=20)


async def test_a_hole_in_a_stream_is_never_read_across(
    tallies: Tallies, database: TestDatabase, server: Broker
) -> None:
    await with_a_hole(tallies, database, server, StreamSource)


async def test_read_across_a_hole_would_lose_what_was_there(
    tallies: Tallies, database: TestDatabase, server: Broker
) -> None:
    with pytest.raises(AssertionError):
        await with_a_hole(tallies, database, server, Unchecked)


class Unchecked(StreamSource):
    """Takes whatever comes next for the next."""

    async def _deliveries(self, messages: Any) -> list[Delivery]:
        found = []
        for message in messages:
            self._delivered = position_in(message.reply) - 1
            found += await super()._deliveries([message])
        return found


async def test_a_stream_deleted_and_refilled_while_it_is_read_changes_nothing(
    tallies: Tallies, database: TestDatabase, server: Broker
) -> None:
    nc = await server.connect()
    js = nc.jetstream()
    async with (
        relaying(tallies, database.app, nc),
        reading_stream(projector(database), server.url, batch=5),
    ):
        for _ in range(2):
            await counted(tallies, 60)
            await until(lambda: level(nc, database.app))
            await js.delete_stream("EV_PROBE")
            await counted(tallies, 20)
        await until(lambda: is_told(database), within=20)


async def test_a_consumer_deleted_while_it_is_read_is_made_again(
    tallies: Tallies, database: TestDatabase, server: Broker
) -> None:
    nc = await server.connect()
    js = nc.jetstream()
    async with (
        relaying(tallies, database.app, nc),
        reading_stream(projector(database), server.url, batch=5),
    ):
        await counted(tallies, 40)
        await until(lambda: is_told(database))
        await js.delete_consumer("EV_PROBE", "probe_reader")
        await counted(tallies, 40)
        await until(lambda: is_told(database), within=20)


async def test_a_broker_killed_while_it_is_read_changes_nothing(
    tallies: Tallies, database: TestDatabase, server: Broker
) -> None:
    nc = await server.connect()
    async with (
        relaying(tallies, database.app, nc),
        reading_stream(projector(database), server.url, batch=5),
    ):
        await counted(tallies, 50)
        await until(lambda: is_told(database))
        await server.kill(signal.SIGKILL)
        await counted(tallies, 50)
        await server.start()
        await counted(tallies, 50)
        await until(lambda: is_told(database), within=25)


class Interrupted:
    """A reader whose partitions are taken while its source is being asked where it stands."""

    def __init__(self) -> None:
        self.held, self.progress = Held(whole=True), Progress()
        self.handles = frozenset({"TallyCounted"})
        self.taken = asyncio.Event()
        self._first = True

    async def admitted(self) -> None:
        if not self._first:
            await asyncio.Event().wait()
        self._first = False

    async def begin(self, _: int = 0) -> int:
        return 0

    async def incarnated(self, *_: int) -> bool:
        return True

    async def process(self, batch: Sequence[Delivery], _: int = 0) -> None:
        if batch:
            self.taken.set()
        await self.taken.wait()
        await asyncio.sleep(0.05)
        raise Rebalanced

    async def idle(self) -> None:
        return


async def test_reading_that_ends_for_two_reasons_at_once_ends_quietly(
    tallies: Tallies, database: TestDatabase, server: Broker
) -> None:
    """What was delivered and the look at the source are interrupted together: nobody is told of an unread fault."""
    told: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context))
    nc = await server.connect()
    reader = Interrupted()
    async with relaying(tallies, database.app, nc), reading_stream(reader, server.url):
        await counted(tallies, 20)
        async with asyncio.timeout(20):
            await reader.taken.wait()
        await asyncio.sleep(0.5)
    gc.collect()
    assert not told
