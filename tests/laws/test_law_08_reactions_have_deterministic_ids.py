"""Law 8: a reaction is a command with a deterministic id; done is done, a refusal is an outcome, a fault parks."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4, uuid5

import pytest
from backbone import commands as commanding
from backbone import policies as policing
from backbone.commands import Order
from backbone.deciding import Command, FactsBehind, Reaction
from backbone.ending import end
from backbone.ledger import Entry, LedgerUnavailable, Settled
from backbone.local_log import LocalLog
from backbone.parking import retry_aggregate
from backbone.partitions import Partitions, Rebalanced
from backbone.policies import NotProjected, Policy, PolicyRunner, record_outcomes
from backbone.projector import Fenced
from backbone.reading import Delivery, Progress
from backbone.recorded import Recorded
from backbone.timers import TimerRunner, Timers
from conftest import TestDatabase
from kit.copies import roll_back, until
from kit.replicas import Asleep
from kit.tally import CHAIN_KEY, SERVICE, TALLY, TENANT, Count, Tallies, TallyCounted, named
from kit.totals import going

pytestmark = pytest.mark.integration

ECHO = 1000
"""The tally that echoes tally n is n + 1000."""


def echo_of(tally: UUID) -> UUID:
    return uuid5(tally, "echo")


class Echo:
    """Whenever a tally counts, then its echo counts the same, twice over: once plain and once for ordinal 1."""

    def __init__(self, starts: Any = "beginning") -> None:
        self.broken: set[str] = set()
        self.seen: list[int] = []
        self.policy = Policy(name="when_counted", handles=(TallyCounted,), react=self.react, starts=starts)

    async def react(self, recorded: Recorded[Any], look: Any) -> AsyncIterator[Reaction]:
        event = recorded.event
        if event.label == "echo":
            return
        self.seen.append(event.n)
        if event.label in self.broken:
            raise ZeroDivisionError(event.label)
        if event.label == "wish":
            yield Reaction(TALLY.name, echo_of(recorded.aggregate_id), Count(numbers=(-1,), label="echo"))
            return
        for ordinal in (0, 1):
            count = Count(numbers=(event.n,), label="echo")
            yield Reaction(TALLY.name, echo_of(recorded.aggregate_id), count, ordinal)


class Level(Progress):
    """Projections that are always there already."""

    async def reached(self, source: str, partition: int, position: int, *, within: float) -> bool:
        return True


@pytest.fixture
def tallies(database: TestDatabase) -> Tallies:
    return Tallies(database.app)


def runner(
    tallies: Tallies, database: TestDatabase, echo: Echo, kind: type[PolicyRunner] = PolicyRunner, **more: Any
) -> PolicyRunner:
    return kind(
        SERVICE, [echo.policy], tallies.commands, SimpleNamespace(row=None), database.policies,
        chain_key=CHAIN_KEY, **({"projected": Level()} | more),
    )  # type: ignore[arg-type]  # fmt: skip


async def react(tallies: Tallies, database: TestDatabase, reader: PolicyRunner) -> None:
    """Everything the log has, from where the policy stands."""
    log = LocalLog(SERVICE, database.app, reader, asyncio.Event())
    position = await reader.begin(await database.app.fetchval("SELECT position FROM ledger.head"))
    while batch := await log.read(position):
        await reader.process(batch)
        position = batch[-1].position


async def echoed(database: TestDatabase, tally: int) -> list[int]:
    found = await database.app.fetch(
        "SELECT (data->>'n')::int AS n FROM ledger.events WHERE stream_id = $1 ORDER BY version",
        echo_of(named(tally)),
    )
    return [row["n"] for row in found]


async def outcomes(database: TestDatabase) -> list[tuple[str, str | None]]:
    found = await database.app.fetch("SELECT outcome, code FROM work.reactions ORDER BY settled_at, ordinal")
    return [(row["outcome"], row["code"]) for row in found]


async def parked(database: TestDatabase) -> list[tuple[int, bool]]:
    found = await database.app.fetch("SELECT position, error FROM work.parked ORDER BY position")
    return [(row["position"], row["error"] is not None) for row in found]


# The same event twice -----------------------------------------------------------------------------------


async def twice(tallies: Tallies, database: TestDatabase, kind: type[PolicyRunner]) -> None:
    await tallies.count(1, 5)
    await tallies.count(2, 7)
    for _ in range(3):
        await react(tallies, database, runner(tallies, database, Echo(), kind))
        await database.app.execute("UPDATE work.checkpoints SET position = 0")
    assert (await echoed(database, 1), await echoed(database, 2)) == ([5, 5], [7, 7])
    assert await outcomes(database) == [("done", None)] * 4


async def test_the_same_event_again_has_no_second_effect(tallies: Tallies, database: TestDatabase) -> None:
    await twice(tallies, database, PolicyRunner)


async def test_an_id_is_made_of_event_policy_target_and_ordinal(
    tallies: Tallies, database: TestDatabase
) -> None:
    await tallies.count(1, 5)
    await react(tallies, database, runner(tallies, database, Echo()))
    event_id = await database.app.fetchval("SELECT event_id FROM ledger.events WHERE position = 1")
    found = await database.app.fetch("SELECT command_id, meta FROM ledger.commands JOIN ledger.events USING (position)"
                                     " WHERE position > 1 ORDER BY position")  # fmt: skip
    expected = [uuid5(event_id, f"when_counted:{echo_of(named(1))}:{ordinal}") for ordinal in (0, 1)]
    assert [row["command_id"] for row in found] == expected
    assert all(
        str(event_id).encode() in row["meta"] and b"system:when_counted" in row["meta"] for row in found
    )


class RandomIds(PolicyRunner):
    def _order(self, *arguments: Any) -> Order:
        return replace(super()._order(*arguments), command_id=uuid4())


async def test_with_random_ids_an_event_read_again_would_act_again(
    tallies: Tallies, database: TestDatabase
) -> None:
    with pytest.raises(AssertionError):
        await twice(tallies, database, RandomIds)


# Refusals, conflicts, faults ---------------------------------------------------------------------------


async def test_a_refusal_is_a_recorded_outcome_and_holds_up_nothing(
    tallies: Tallies, database: TestDatabase
) -> None:
    await tallies.count(1, 5, label="wish")
    await tallies.count(1, 6)
    await react(tallies, database, runner(tallies, database, Echo()))
    assert await outcomes(database) == [("refused", "nothing_to_count"), ("done", None), ("done", None)]
    assert (await echoed(database, 1), await parked(database)) == ([6, 6], [])


async def lost_to_another_replica(tallies: Tallies, database: TestDatabase) -> None:
    """Each time the reaction is about to commit, another replica commits to its target first; three times."""
    other = Tallies(database.app)
    append, before = tallies.ledger.append, [100, 200, 300]

    async def late(entry: Entry) -> Settled:
        if entry.stream_id == echo_of(named(1)) and before:
            await other(entry.stream_id, Count(numbers=(before.pop(),), label="echo"))
        return await append(entry)

    await tallies.count(1, 5)
    tallies.ledger.append = late  # type: ignore[method-assign]
    await react(tallies, database, runner(tallies, database, Echo(), attempts=1))
    assert await echoed(database, 1) == [300, 200, 100, 5, 5]
    assert await parked(database) == []


async def test_a_conflict_decides_again(tallies: Tallies, database: TestDatabase) -> None:
    await lost_to_another_replica(tallies, database)


async def test_deciding_once_only_a_conflict_would_park(
    tallies: Tallies, database: TestDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commanding, "TRIES", 1)
    with pytest.raises(AssertionError):
        await lost_to_another_replica(tallies, database)


async def test_a_fault_that_passes_is_tried_again(tallies: Tallies, database: TestDatabase) -> None:
    handle, faults = tallies.commands.handle, [commanding.Contended(), LedgerUnavailable()]

    async def faulty(order: Order) -> Any:
        if faults:
            raise faults.pop()
        return await handle(order)

    await tallies.count(1, 5)
    tallies.commands.handle = faulty  # type: ignore[method-assign]
    await react(tallies, database, runner(tallies, database, Echo()))
    assert (await echoed(database, 1), await parked(database)) == ([5, 5], [])


async def test_a_fault_that_stays_parks_its_aggregate_and_what_follows_is_taken_in_order(
    tallies: Tallies, database: TestDatabase
) -> None:
    echo = Echo()
    echo.broken = {"bad"}
    for n, tally, label in ((1, 1, ""), (2, 1, "bad"), (3, 2, ""), (4, 1, "")):
        await tallies.count(tally, n, label=label)
    reader = runner(tallies, database, echo)
    await react(tallies, database, reader)
    assert (await echoed(database, 1), await echoed(database, 2)) == ([1, 1], [3, 3])
    assert await parked(database) == [(2, True), (4, False)]
    echo.broken = set()
    assert await retried(database, reader, echo, 1) == (2, None)
    assert (await echoed(database, 1), await parked(database)) == ([1, 1, 2, 2, 4, 4], [])


async def given_up(tallies: Tallies, database: TestDatabase) -> None:
    """What waited lies beyond what the new history shares: it never happened, and something else lies there."""
    echo = Echo()
    echo.broken = {"bad"}
    for n, label in ((1, ""), (2, ""), (3, "bad")):
        await tallies.count(1, n, label=label)
    reader = runner(tallies, database, echo)
    await reader.incarnated(1, 0)
    await react(tallies, database, reader)
    assert (await parked(database))[0] == (3, True)
    await roll_back(database, to=2)
    restarted = Tallies(database.app)
    reader = runner(restarted, database, echo)
    assert not await reader.incarnated(2, 2)
    assert await parked(database) == []
    await restarted.count(1, 4)
    await react(restarted, database, reader)
    assert (await echoed(database, 1), await parked(database)) == ([4, 4], [])


async def test_what_waited_in_a_history_that_was_given_up_holds_up_nothing(
    tallies: Tallies, database: TestDatabase
) -> None:
    await given_up(tallies, database)


async def test_left_waiting_it_would_hold_up_its_aggregate(
    tallies: Tallies, database: TestDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(policing.sql._texts, "forget_parked", "SELECT $1::text, $2::bigint")
    with pytest.raises(AssertionError):
        await given_up(tallies, database)


async def retried(
    database: TestDatabase, reader: PolicyRunner, echo: Echo, tally: int
) -> tuple[int, str | None]:
    async def take(db: Any, delivery: Delivery) -> None:
        recorded = delivery.recorded()
        done = await reader.react(echo.policy, recorded)
        await record_outcomes(db, echo.policy.name, [(recorded.event_id, recorded.tenant, o) for o in done])

    return await retry_aggregate(database.policies, "when_counted", SERVICE, TENANT, named(tally), take)


async def outage(tallies: Tallies, database: TestDatabase, kind: type[PolicyRunner]) -> None:
    handle = tallies.commands.handle

    async def down(order: Order) -> Any:
        raise LedgerUnavailable

    await tallies.count(1, 5)
    await tallies.count(2, 6)
    tallies.commands.handle = down  # type: ignore[method-assign]
    with pytest.raises(LedgerUnavailable):
        await react(tallies, database, runner(tallies, database, Echo(), kind, attempts=2))
    assert await parked(database) == []
    assert await database.app.fetchval("SELECT max(position) FROM work.checkpoints") == 0
    tallies.commands.handle = handle  # type: ignore[method-assign]
    await react(tallies, database, runner(tallies, database, Echo(), kind))
    assert (await echoed(database, 1), await echoed(database, 2)) == ([5, 5], [6, 6])


async def test_an_outage_parks_nothing_and_is_waited_for(tallies: Tallies, database: TestDatabase) -> None:
    await outage(tallies, database, PolicyRunner)


async def test_an_outage_taken_for_a_fault_would_park_everything(
    tallies: Tallies, database: TestDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backbone.policies.OUTAGES", ())
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        await outage(tallies, database, PolicyRunner)


async def test_after_an_outage_nothing_of_the_batch_is_still_under_way(
    tallies: Tallies, database: TestDatabase
) -> None:
    """What is reacted to again must not race its own first attempt."""
    handle, under_way = tallies.commands.handle, 0

    async def half_down(order: Order) -> Any:
        nonlocal under_way
        if order.aggregate_id == echo_of(named(1)):
            raise LedgerUnavailable
        under_way += 1
        await asyncio.sleep(0.2)
        under_way -= 1
        return await handle(order)

    await tallies.count(1, 5)
    await tallies.count(2, 6)
    tallies.commands.handle = half_down  # type: ignore[method-assign]
    with pytest.raises(LedgerUnavailable):
        await react(tallies, database, runner(tallies, database, Echo(), attempts=1))
    assert under_way == 0


async def test_nothing_is_decided_on_facts_that_are_not_projected_yet(
    tallies: Tallies, database: TestDatabase
) -> None:
    class Behind(Progress):
        async def reached(self, source: str, partition: int, position: int, *, within: float) -> bool:
            return False

    echo = Echo()
    await tallies.count(1, 5)
    with pytest.raises(FactsBehind):
        await react(tallies, database, runner(tallies, database, echo, projected=Behind()))
    assert (echo.seen, await parked(database)) == ([], [])


async def raced(tallies: Tallies, database: TestDatabase, kind: type[PolicyRunner]) -> None:
    """Live reading has learnt that tally 1 is parked; before it acts on that, a retry ends."""
    echo = Echo()
    echo.broken = {"bad"}
    reader = runner(tallies, database, echo, kind)
    await tallies.count(1, 1, label="bad")
    await react(tallies, database, reader)
    await tallies.count(1, 2)
    echo.broken = set()
    in_order = reader._react_in_order

    async def late(policy: Policy, deliveries: list[Delivery], *, waiting: bool) -> Any:
        assert waiting
        assert await retried(database, reader, echo, 1) == (1, None)
        return await in_order(policy, deliveries, waiting=waiting)

    reader._react_in_order = late  # type: ignore[method-assign]
    await reader.process(await LocalLog(SERVICE, database.app, reader, asyncio.Event()).read(1))
    assert (await echoed(database, 1), await parked(database)) == ([1, 1, 2, 2], [])


async def test_a_retry_that_ends_meanwhile_strands_nothing(tallies: Tallies, database: TestDatabase) -> None:
    await raced(tallies, database, PolicyRunner)


class QueuesOnHearsay(PolicyRunner):
    async def _queue(self, policy: Policy, delivery: Delivery) -> bool:
        await self._park(policy, delivery, None)
        return True


async def test_queueing_without_asking_again_would_strand_an_event(
    tallies: Tallies, database: TestDatabase
) -> None:
    with pytest.raises(AssertionError):
        await raced(tallies, database, QueuesOnHearsay)


async def test_idling_beside_reacting_moves_no_checkpoint_past_an_event(
    tallies: Tallies, database: TestDatabase
) -> None:
    echo = Echo()
    reader = runner(tallies, database, echo)
    log = LocalLog(SERVICE, database.app, reader, tallies.ledger.woken_by_appends(), batch=2)

    async def idling() -> None:
        while True:
            await reader.idle()
            await asyncio.sleep(0)

    task = asyncio.create_task(idling())
    async with going(log.run, pause=60):  # a reader that fails once fails the test
        for n in range(40):
            await tallies.count(n % 8, n)
        await until(lambda: len(echo.seen) >= 40, within=10)
    await end(task)
    assert sorted(echo.seen) == list(range(40))


async def test_a_policy_that_starts_now_reacts_to_nothing_of_the_past_and_never_starts_again(
    tallies: Tallies, database: TestDatabase
) -> None:
    echo = Echo(starts="now")
    await tallies.count(1, 5)
    await react(tallies, database, runner(tallies, database, echo))
    await tallies.count(1, 6)
    await react(tallies, database, runner(tallies, database, echo))
    assert echo.seen == [6]


# Several replicas ---------------------------------------------------------------------------------------


async def resumed(tallies: Tallies, database: TestDatabase, label: str = "") -> None:
    """A replica falls asleep between what it reacted to and settling it; another has taken over when it wakes."""
    first, second = Asleep(database.app), Partitions(database.app)
    await first.renew()
    echo = Echo()
    echo.broken = {"bad"}
    asleep = runner(tallies, database, echo, partitions=first)
    await asleep.admitted()
    await asleep.begin()
    await tallies.count(1, 5, label=label)
    react, taken_over = asleep.react, False

    async def late(policy: Policy, recorded: Recorded[Any]) -> Any:
        nonlocal taken_over
        first.asleep = True
        await database.app.execute("UPDATE work.replicas SET until = '-infinity'")
        await second.renew()
        taken_over = True
        return await react(policy, recorded)

    asleep.react = late  # type: ignore[method-assign]
    before = await worked(database)
    with pytest.raises(Fenced):
        await asleep.process(await LocalLog(SERVICE, database.app, asleep, asyncio.Event()).read(0))
    assert taken_over
    assert await worked(database) == before
    successor = runner(tallies, database, Echo(), partitions=second)
    await successor.admitted()
    await react_on(database, successor)
    assert await echoed(database, 1) == [5, 5]
    assert await outcomes(database) == [("done", None)] * 2


async def worked(database: TestDatabase) -> list[Any]:
    tables = ("checkpoints", "parked", "reactions", "incarnations")
    return [sorted(map(str, await database.app.fetch(f"TABLE work.{table}"))) for table in tables]


async def react_on(database: TestDatabase, reader: PolicyRunner) -> None:
    position = await reader.begin()
    await reader.process(await LocalLog(SERVICE, database.app, reader, asyncio.Event()).read(position))


@pytest.mark.parametrize("label", ["", "bad"])
async def test_a_replica_that_slept_through_its_lease_settles_and_parks_nothing(
    tallies: Tallies, database: TestDatabase, label: str
) -> None:
    await resumed(tallies, database, label)


@pytest.mark.parametrize(("label", "unfenced"), [("", "advance_held"), ("bad", "still_held")])
async def test_without_the_epoch_it_would(
    tallies: Tallies, database: TestDatabase, monkeypatch: pytest.MonkeyPatch, label: str, unfenced: str
) -> None:
    from backbone import projector as projecting

    queries = projecting.sql if unfenced == "advance_held" else policing.sql
    text = getattr(queries, unfenced)
    told = text.replace("AND p.epoch = n.epoch", "").replace("AND epoch = $2", "AND $2::bigint IS NOT NULL")
    assert told != text
    monkeypatch.setitem(queries._texts, unfenced, told)
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        await resumed(tallies, database, label)


async def test_a_reaction_that_lacks_what_another_replica_projects_is_made_when_it_is_there(
    tallies: Tallies, database: TestDatabase
) -> None:
    """And parks when all before it is projected and it is missing still."""
    partitions = Partitions(database.app)
    await partitions.renew()
    known, asked = asyncio.Event(), 0

    async def needs(recorded: Recorded[Any], look: Any) -> AsyncIterator[Reaction]:
        nonlocal asked
        asked += 1
        if not known.is_set() and recorded.event.label != "echo":
            raise NotProjected
        async for reaction in Echo().react(recorded, look):
            yield reaction

    async def projected(through: int) -> None:
        await database.app.execute(
            "INSERT INTO projections.checkpoints SELECT 'projections', 'probe', p, CASE p WHEN 7 THEN $1 ELSE 100 END"
            " FROM generate_series(0, 63) AS p ON CONFLICT (source, reader, partition)"
            " DO UPDATE SET position = excluded.position", through,
        )  # fmt: skip

    echo = Echo()
    echo.policy = replace(echo.policy, react=needs)
    reader = runner(tallies, database, echo, partitions=partitions)
    await reader.admitted()
    await tallies.count(1, 5)
    await projected(0)
    reacting = asyncio.create_task(react_on(database, reader))
    await asyncio.sleep(0.3)
    assert not reacting.done()
    known.set()
    await projected(1)
    await reacting
    assert (await echoed(database, 1), await parked(database)) == ([5, 5], [])
    known.clear()
    await tallies.count(2, 6)
    await projected(100)
    await react_on(database, reader)
    assert [stopped for _, stopped in await parked(database)] == [True]


# Timers -------------------------------------------------------------------------------------------------

DUE = """
SELECT tenant, rule, 1 AS rule_version, cycle_id, occurrence, due_at
  FROM alarms WHERE due_at <= $1 AND partition = ANY ($3::smallint[]) ORDER BY due_at LIMIT $2
"""


@pytest.fixture
async def alarms(database: TestDatabase) -> None:
    await database.owner.execute(
        "SET LOCAL search_path = projections; CREATE TABLE alarms (tenant uuid, rule text, cycle_id uuid,"
        " occurrence text, due_at timestamptz, partition smallint NOT NULL DEFAULT 0)"
    )
    await database.owner.execute(f'GRANT ALL ON projections.alarms TO "{database.name}"')


async def alarm(
    database: TestDatabase, rule: str, minutes: int, tally: int = 1, occurrence: str = "once"
) -> None:
    await database.app.execute("INSERT INTO alarms VALUES ($1, $2, $3, $4, $5)", TENANT, rule, named(tally),
                               occurrence, datetime.now(UTC) - timedelta(minutes=minutes))  # fmt: skip


def ring(row: Any) -> Command:
    if row["rule"] == "broken":
        raise KeyError(row["rule"])
    return Count(numbers=(-1 if row["rule"] == "refused" else 1,), label=row["rule"])


def timers(
    tallies: Tallies, database: TestDatabase, kind: type[TimerRunner] = TimerRunner, **more: Any
) -> TimerRunner:
    return kind(
        database.app,
        tallies.commands,
        Timers(due=DUE, aggregate=TALLY.name, command=ring),
        chain_key=CHAIN_KEY,
        **more,
    )


async def rung(database: TestDatabase) -> list[str]:
    found = await database.app.fetch("SELECT data->>'label' AS label FROM ledger.events ORDER BY position")
    return [row["label"] for row in found]


async def fired_often(tallies: Tallies, database: TestDatabase, kind: type[TimerRunner]) -> None:
    """Its row is still there: it is projected away only later. Or the process dies; or a rebuild brings it back."""
    await alarm(database, "visit", 5)
    await alarm(database, "silent", 9)
    await alarm(database, "later", -9)
    assert await timers(tallies, database, kind).fire_due() == 2
    assert await timers(tallies, database, kind).fire_due() == 0
    assert await timers(Tallies(database.app), database, kind).fire_due() == 0
    assert await rung(database) == ["silent", "visit"]


@pytest.mark.usefixtures("alarms")
async def test_a_timer_fires_once_in_order_of_what_is_due(tallies: Tallies, database: TestDatabase) -> None:
    await fired_often(tallies, database, TimerRunner)
    ids = {r["command_id"] for r in await database.app.fetch("SELECT command_id FROM ledger.commands")}
    assert ids == {uuid5(TENANT, f"{rule}:1:{named(1)}:once") for rule in ("visit", "silent")}


class ForgetfulTimers(TimerRunner):
    def _order(self, row: Any) -> Order:
        return replace(super()._order(row), command_id=uuid4())


@pytest.mark.usefixtures("alarms")
async def test_with_random_ids_a_timer_would_fire_again(tallies: Tallies, database: TestDatabase) -> None:
    with pytest.raises(AssertionError):
        await fired_often(tallies, database, ForgetfulTimers)


@pytest.mark.usefixtures("alarms")
async def test_a_timer_that_cannot_fire_holds_up_no_other(tallies: Tallies, database: TestDatabase) -> None:
    await alarm(database, "broken", 9)
    await alarm(database, "visit", 5)
    assert await timers(tallies, database).fire_due() == 1
    assert await rung(database) == ["visit"]


@pytest.mark.usefixtures("alarms")
async def test_a_timer_that_is_refused_is_recorded_once_and_makes_room_for_others(
    tallies: Tallies, database: TestDatabase
) -> None:
    """Its row stays, for no event took it away; nobody waits for it any more."""
    for n in range(3):
        await alarm(database, "refused", 9, occurrence=str(n))
    await alarm(database, "visit", 5)
    runner = timers(tallies, database)
    runner._at_once = 3
    assert [await runner.fire_due() for _ in range(3)] == [0, 1, 0]
    assert await rung(database) == ["visit"]
    assert await runner.due(TENANT) == 1  # what fired; its row goes with its event
    kept = await database.app.fetch("SELECT policy, target, outcome, code FROM work.reactions")
    assert [tuple(row) for row in kept] == [("timer_refused", named(1), "refused", "nothing_to_count")] * 3


@pytest.mark.usefixtures("alarms")
async def test_a_timer_is_fired_by_the_holder_of_its_partition_alone(
    tallies: Tallies, database: TestDatabase
) -> None:
    one, two = Asleep(database.app), Partitions(database.app)
    for partitions in (one, two, one, two):
        await partitions.renew()
    for number in range(0, 64, 2):
        await alarm(database, "visit", number + 1, occurrence=str(number))
        await database.app.execute(
            "UPDATE alarms SET partition = $1 WHERE occurrence = $2", number, str(number)
        )
    first, second = (timers(tallies, database, partitions=held) for held in (one, two))
    fired = await first.fire_due()
    assert fired == len([p for p in one.held.epochs if p % 2 == 0])
    assert await first.fire_due() == 0
    assert await second.due(TENANT) == 32
    assert fired + await second.fire_due() == 32


@pytest.mark.usefixtures("alarms")
async def test_a_replica_whose_lease_has_ended_fires_nothing(
    tallies: Tallies, database: TestDatabase
) -> None:
    one = Partitions(database.app)
    await one.renew()
    held = one.held
    runner = timers(tallies, database, partitions=one)
    await alarm(database, "visit", 5)
    one._until = 0.0
    with pytest.raises(Rebalanced):
        one.using(held).__enter__()
    firing = asyncio.create_task(runner.fire_due())
    await asyncio.sleep(0.1)
    assert not firing.done()
    await one.renew()
    assert await firing == 1


@pytest.mark.usefixtures("alarms")
async def test_what_one_replica_was_refused_no_other_waits_for(
    tallies: Tallies, database: TestDatabase
) -> None:
    await alarm(database, "refused", 9)
    await timers(tallies, database).fire_due()
    assert await timers(tallies, database).due(TENANT) == 0
