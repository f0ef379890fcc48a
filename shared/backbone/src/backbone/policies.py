"""Policies: whenever <event>, then <command>.

A reaction's command has an id made of the event, the policy, the target and an ordinal, so doing it
again is doing nothing. A refusal is an outcome like any other; a fault is tried again and then parks the
event's aggregate for this policy alone. A policy's checkpoint moves after its commands have settled.

A replica reacts to the partitions it holds. What it looks at may lie in another's: a reaction that cannot do
without it raises NotProjected, and is made again once all of the source is projected up to its event.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal
from uuid import UUID, uuid5

import asyncpg
import stamina
import structlog
from chalkline_contracts.event import Event
from structlog.contextvars import bound_contextvars

from backbone import chain, trace
from backbone.commands import REFUSALS, Commands, Contended, Order, StreamFault, refusal_code
from backbone.deciding import Actor, FactsBehind, Reaction
from backbone.facts import Facts
from backbone.ledger import LedgerUnavailable
from backbone.parking import park, parked_aggregates, why
from backbone.partitions import Held, Rebalanced, Sharing, Unshared
from backbone.projector import Fenced, moved
from backbone.queries import Queries
from backbone.reading import Delivery, Progress
from backbone.recorded import PARTITIONS, Recorded

log = structlog.get_logger(__name__)
sql = Queries("backbone", "sql/queries")

OUTAGES = (
    LedgerUnavailable,
    StreamFault,
    FactsBehind,
    OSError,
    asyncpg.PostgresConnectionError,
    TimeoutError,
)
"""Faults that say nothing about the event: reading stops and begins again until they are over."""

FAULTS = (*OUTAGES, Contended)
AT_ONCE = 32
"""How many aggregates of a batch are commanded at the same time."""


WAITS = 10.0
"""Seconds for which a reaction waits for what is projected elsewhere, before reading begins again."""


class NotProjected(Exception):
    """What a reaction cannot do without is not projected yet: it may lie in a partition that another replica reads."""


Look = Callable[[str, UUID], Awaitable[Any]]
"""`await look(query, key)`: a row of projected facts of the event's tenant, or None."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """`react(recorded, look)` yields what an event calls for; it may look at facts and has no effect itself.

    Its name says when: `when_goal_set`.
    """

    name: str
    handles: tuple[type[Event], ...]
    react: Callable[[Recorded[Any], "Look"], AsyncIterator[Reaction]]
    starts: Literal["beginning", "now"] = "beginning"
    """Where it starts on the day it is first deployed; it never starts again."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one reaction: `done`, `nothing`, or `refused` with the refusal's code."""

    reaction: Reaction
    command_id: UUID
    outcome: str
    code: str | None = None


class PolicyRunner:
    """Runs the policies of a service that react to one source."""

    def __init__(
        self,
        source: str,
        policies: Sequence[Policy],
        commands: Commands,
        facts: Facts,
        pool: asyncpg.Pool,
        *,
        chain_key: bytes,
        projected: Progress,
        attempts: int = 8,
        partitions: Sharing | None = None,
        sources: Sequence[str] = (),
    ) -> None:
        """`sources` are what facts are derived from: nothing is reacted to while rows of theirs are derived anew."""
        self.source = source
        self._sources = list(sources)
        self.progress = Progress()
        self.held = Held(whole=True)
        """What it reacts to, since it last began."""
        self._partitions = partitions or Unshared()
        self._policies = [
            (p, {e.__name__ for e in p.handles if e.service == source})
            for p in policies
            if any(e.service == source for e in p.handles)
        ]
        self.names = [p.name for p, _ in self._policies]
        self.handles = frozenset[str]().union(*(handled for _, handled in self._policies))
        """Names of the events that matter to it."""
        self._commands = commands
        self._facts = facts
        self._pool = pool
        self._chain_key = chain_key
        self._projected = projected
        self._attempts = attempts
        self._checkpoints: dict[str, list[int]] = {}
        self._turn = asyncio.Lock()
        """Reading and idling take turns: each believes what the other left in memory and database."""
        self._astray = False
        self._times_back = projected.times_back

    async def begin(self, head: int = 0) -> int:
        """Reads every policy's checkpoints; returns the position to read after.

        `head` is where the source ends: a policy that starts `now` starts there, once.
        """
        async with self._turn:
            self._times_back = self._projected.times_back
            for policy, _ in self._policies:
                start = head if policy.starts == "now" else 0
                await self._pool.execute(sql.begin_policy, policy.name, self.source, start)
                stands = [0] * PARTITIONS
                for row in await self._pool.fetch(sql.checkpoints, policy.name, self.source):
                    stands[row["partition"]] = row["position"]
                self._checkpoints[policy.name] = stands
            lowest, held = self._lowest(), self.held.numbers
            self.progress.restart(self.source, lowest, frozenset(held))
            self._astray = False
            return min(lowest[partition] for partition in held)

    async def admitted(self) -> None:
        """Waits until there is something to react to, and takes that for what it reads from here on."""
        async with self._turn:
            self.progress.left(self.source)
            self._checkpoints = {}
        self.held = await self._partitions.some()

    def sure(self) -> None:
        """Raises Rebalanced when what it reads is not surely its own any more."""
        with self._partitions.using(self.held):
            return

    async def incarnated(self, incarnation: int, shared: int) -> bool:
        """A new history shares what lies at or before `shared`: what came after it there is gone.

        Policies go back to that point and no further. What they react to again has the same ids.
        """
        async with self._turn:
            known = await self._pool.fetchval(sql.incarnation_of, self.source)
            if known == incarnation:
                return True
            if known is None:
                await self._pool.execute(sql.note_incarnation, self.source, incarnation)
                return True
            log.warning("source_reincarnated", source=self.source, incarnation=incarnation, shared=shared)
            async with self._pool.acquire() as db, db.transaction():
                await db.fetch(sql.lock_all_checkpoints)
                if (
                    await db.fetchval(sql.incarnation_of, self.source) != incarnation
                ):  # nobody else has done it
                    if self.held.epochs:
                        await db.execute(sql.begin_epochs)
                    await db.execute(sql.step_back, self.source, shared)
                    # Left behind, they would hold up their aggregates, and keep out what now has their positions.
                    await db.execute(sql.forget_parked, self.source, shared)
                    await db.execute(sql.note_incarnation, self.source, incarnation)
            self._partitions.doubt()
            return False

    async def process(self, batch: Sequence[Delivery], through: int = 0) -> None:
        """Reacts to a batch. Events of one aggregate are taken in order, different ones at once.

        `through` is how far its source has been read, where that is further than the batch goes. Raises
        FactsBehind while what a reaction may look at is not projected yet, Fenced and Rebalanced.
        """
        async with self._turn:
            if self._astray or self._went_back():
                raise Fenced(f"checkpoints of {self.source} were moved")
            with self._partitions.using(self.held):
                await self._process(batch)
            if batch or through:
                self.progress.advance(self.source, max(through, batch[-1].position if batch else 0))

    def _went_back(self) -> bool:
        """Whether the database was put back since: what it says of these checkpoints is less than is remembered."""
        return self._times_back != self._projected.times_back

    async def _process(self, batch: Sequence[Delivery]) -> None:
        if batch:
            await self._until_projected(batch[-1])
        for policy, handled in self._policies:
            stands = self._checkpoints[policy.name]
            new = [d for d in batch if d.partition in self.held and d.position > stands[d.partition]]
            mine = [d for d in new if d.name in handled]
            outcomes = await self._react_all(policy, mine)
            if new:
                await self._settle(policy, new, outcomes)

    async def _until_projected(self, last: Delivery) -> None:
        """Waits until this process has projected a delivery, as long as its partition stays here."""
        deadline = asyncio.get_running_loop().time() + WAITS
        while not await self._projected.reached(self.source, last.partition, last.position, within=0.5):
            self.sure()
            if asyncio.get_running_loop().time() > deadline:
                raise FactsBehind

    async def _until_whole(self) -> None:
        """Waits while what policies look at is derived anew, as after an upgrade: what they miss is missed for good."""
        deadline = asyncio.get_running_loop().time() + WAITS
        while not await self._pool.fetchval(sql.whole, self._sources):
            self.sure()
            if asyncio.get_running_loop().time() > deadline:
                raise FactsBehind
            await asyncio.sleep(0.25)

    async def idle(self) -> None:
        """Moves the partitions nothing happened in up to where the source was read. Raises Fenced."""
        async with self._turn:
            if not self._checkpoints or self._astray or self._went_back():
                return
            seen = self.progress.seen(self.source)
            with self._partitions.using(self.held):
                for name, stands in self._checkpoints.items():
                    if behind := {p: seen for p in self.held.numbers if stands[p] < seen}:
                        try:
                            async with self._pool.acquire() as db, db.transaction():
                                await self._fence(db, name, behind)
                                await moved(db, name, self.source, behind, self.held, self._partitions)
                        except Fenced:
                            self._astray = True
                            raise
                        for partition in behind:
                            stands[partition] = seen
            self.progress.stands(self.source, self._lowest())

    async def _react_all(self, policy: Policy, mine: Sequence[Delivery]) -> list[tuple[UUID, UUID, Outcome]]:
        """Reacts for each aggregate in its order; returns (event id, tenant, outcome) of what settled."""
        if not mine:
            return []
        await self._until_whole()
        async with self._pool.acquire() as db:
            parked = await parked_aggregates(db, self.source)
        by_aggregate: dict[tuple[UUID, UUID], list[Delivery]] = defaultdict(list)
        for delivery in mine:
            by_aggregate[delivery.aggregate].append(delivery)
        limit = asyncio.Semaphore(AT_ONCE)

        async def one(
            aggregate: tuple[UUID, UUID], deliveries: list[Delivery]
        ) -> list[tuple[UUID, UUID, Outcome]]:
            async with limit:
                return await self._react_in_order(
                    policy, deliveries, waiting=(policy.name, *aggregate) in parked
                )

        # All of them end before any fault is told: nothing of this batch is still under way when it comes again.
        results = await asyncio.gather(*(one(a, d) for a, d in by_aggregate.items()), return_exceptions=True)
        settled: list[tuple[UUID, UUID, Outcome]] = []
        for result in results:
            if isinstance(result, BaseException):
                raise result
            settled += result
        return settled

    async def _react_in_order(
        self, policy: Policy, deliveries: list[Delivery], *, waiting: bool
    ) -> list[tuple[UUID, UUID, Outcome]]:
        settled: list[tuple[UUID, UUID, Outcome]] = []
        for delivery in deliveries:
            if waiting and await self._queue(policy, delivery):
                continue
            waiting = False
            try:
                recorded = delivery.recorded()
                outcomes = await self._react_knowing(policy, recorded)
                settled += [(recorded.event_id, recorded.tenant, outcome) for outcome in outcomes]
            except (*OUTAGES, Rebalanced, Fenced):
                raise
            except Exception as error:  # noqa: BLE001 - a fault that stayed parks, and is kept
                await self._park(policy, delivery, why(error))
                waiting = True
        return settled

    async def _react_knowing(self, policy: Policy, recorded: Recorded[Any]) -> list[Outcome]:
        """Reacts once what lies before this event in its source is projected, should the reaction need it.

        Raises NotProjected where it is missing even then, FactsBehind where that takes too long.
        """
        deadline = asyncio.get_running_loop().time() + WAITS
        through = recorded.position if not self.held.epochs else 0
        while True:
            try:
                return await self.react(policy, recorded)
            except NotProjected:
                if through >= recorded.position:
                    raise
            while (through := await self._projected_through()) < recorded.position:
                if asyncio.get_running_loop().time() > deadline:
                    raise FactsBehind
                await asyncio.sleep(0.05)
                self.sure()

    async def _projected_through(self) -> int:
        return await self._pool.fetchval(sql.projected_through, self.source) or 0

    async def react(self, policy: Policy, recorded: Recorded[Any]) -> list[Outcome]:
        """What a policy wants of one event, done in order. Faults are tried again, then raised."""
        outcomes = []
        here = trace.trace_from(recorded.meta.traceparent)
        with bound_contextvars(trace_id=here.trace_id, correlation_id=recorded.meta.correlation_id):
            async for reaction in policy.react(recorded, partial(self._look, recorded.tenant)):
                order = self._order(policy, recorded, reaction, here)
                async for attempt in stamina.retry_context(
                    on=FAULTS, attempts=self._attempts, timeout=30.0, wait_initial=0.05, wait_max=5.0
                ):
                    with attempt:
                        self.sure()
                        outcome = await self._outcome(order, reaction)
                log.info("reacted", policy=policy.name, event_id=str(recorded.event_id),
                         aggregate=reaction.aggregate, aggregate_id=str(reaction.aggregate_id),
                         outcome=outcome.code or outcome.outcome)  # fmt: skip
                outcomes.append(outcome)
        return outcomes

    async def _look(self, tenant: UUID, query: str, key: UUID) -> Any:
        return await self._facts.row(query, tenant, key)

    async def _outcome(self, order: Order, reaction: Reaction) -> Outcome:
        try:
            answer = await self._commands.handle(order)
        except REFUSALS as refusal:
            return Outcome(reaction, order.command_id, "refused", refusal_code(refusal))
        return Outcome(reaction, order.command_id, "done" if answer.events else "nothing")

    def _order(self, policy: Policy, recorded: Recorded[Any], reaction: Reaction, here: trace.Trace) -> Order:
        name = f"{policy.name}:{reaction.aggregate_id}:{reaction.ordinal}"
        cause = recorded.meta
        person = person_behind(cause.actor, cause.on_behalf_of)
        return Order(
            aggregate=self._commands.aggregates[reaction.aggregate],
            aggregate_id=reaction.aggregate_id,
            command=reaction.command,
            actor=Actor("system", policy.name, recorded.tenant, on_behalf_of=person),
            command_id=uuid5(recorded.event_id, name),
            # Not of what it says: whoever makes it again may have looked at later facts, and what is known is done.
            request=chain.request_hash(self._chain_key, name.encode()),
            correlation_id=cause.correlation_id,
            causation_id=str(recorded.event_id),
            traceparent=here.child().traceparent,
        )  # fmt: skip

    async def _park(self, policy: Policy, delivery: Delivery, error: str | None) -> None:
        if error is not None:
            log.error("reaction_parked", policy=policy.name, source=self.source, position=delivery.position,
                      error=error)  # fmt: skip
        async with self._pool.acquire() as db, db.transaction():
            await self._hold(db, policy, delivery.partition)
            await park(db, policy.name, delivery, error=error)

    async def _queue(self, policy: Policy, delivery: Delivery) -> bool:
        """Puts an event behind those of its aggregate that are parked; False if none is any more.

        Asked while holding the partition, as a retry does: an event never queues behind nothing.
        """
        async with self._pool.acquire() as db, db.transaction():
            await self._hold(db, policy, delivery.partition)
            if (policy.name, *delivery.aggregate) not in await parked_aggregates(db, self.source):
                return False
            await park(db, policy.name, delivery, error=None)
            return True

    async def _hold(self, db: Any, policy: Policy, partition: int) -> None:
        """Keeps everybody else from a partition until this transaction ends. Raises Fenced if it is not ours."""
        await db.execute(sql.hold_partition, self.source, partition)
        await self._fence(db, policy.name, [partition])
        epoch = self.held.epochs.get(partition)
        if epoch is not None and not await db.fetchval(sql.still_held, partition, epoch):
            self._partitions.doubt()
            raise Fenced(f"{policy.name}: partition {partition} is held no more")

    async def _fence(self, db: Any, policy: str, partitions: Iterable[int]) -> None:
        wanted, stands = sorted(partitions), self._checkpoints[policy]
        rows = await db.fetch(sql.lock_checkpoints, policy, self.source, wanted)
        if len(rows) != len(wanted) or any(r["position"] != stands[r["partition"]] for r in rows):
            raise Fenced(f"{policy}: checkpoints of {self.source} were moved")

    async def _settle(
        self, policy: Policy, new: Sequence[Delivery], outcomes: Sequence[tuple[UUID, UUID, Outcome]]
    ) -> None:
        reached = {d.partition: d.position for d in new}
        async with self._pool.acquire() as db, db.transaction():
            await self._fence(db, policy.name, reached)
            await record_outcomes(db, policy.name, outcomes)
            await moved(db, policy.name, self.source, reached, self.held, self._partitions)
        for partition, position in reached.items():
            self._checkpoints[policy.name][partition] = position

    def _lowest(self) -> list[int]:
        return [min(stands[p] for stands in self._checkpoints.values()) for p in range(PARTITIONS)]


async def record_outcomes(db: Any, policy: str, outcomes: Sequence[tuple[UUID, UUID, Outcome]]) -> None:
    """Writes what came of reactions; one that was recorded before stays as it is."""
    if outcomes:
        await db.execute(
            sql.record_outcomes,
            policy,
            [event_id for event_id, _, _ in outcomes],
            [o.reaction.aggregate_id for _, _, o in outcomes],
            [o.reaction.ordinal for _, _, o in outcomes],
            [tenant for _, tenant, _ in outcomes],
            [o.command_id for _, _, o in outcomes],
            [o.outcome for _, _, o in outcomes],
            [o.code for _, _, o in outcomes],
        )


def person_behind(actor: str, on_behalf_of: str | None) -> str | None:
    """The person whose act this goes back to, if any."""
    kind, _, who = actor.partition(":")
    return who if kind == "person" else on_behalf_of
