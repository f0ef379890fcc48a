"""Policies: whenever <event>, then <command>.

A reaction's command has an id made of the event, the policy, the target and an ordinal, so doing it
again is doing nothing. A refusal is an outcome like any other; a fault is tried again and then parks the
event's aggregate for this policy alone. A policy's checkpoint moves after its commands have settled.
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
from backbone.projector import Fenced
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
    ) -> None:
        self.source = source
        self.progress = Progress()
        self._policies = [
            (p, {e.__name__ for e in p.handles if e.service == source})
            for p in policies
            if any(e.service == source for e in p.handles)
        ]
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

    async def begin(self, head: int = 0) -> int:
        """Reads every policy's checkpoints; returns the position to read after.

        `head` is where the source ends: a policy that starts `now` starts there, once.
        """
        async with self._turn:
            for policy, _ in self._policies:
                start = head if policy.starts == "now" else 0
                await self._pool.execute(sql.begin_policy, policy.name, self.source, start)
                stands = [0] * PARTITIONS
                for row in await self._pool.fetch(sql.checkpoints, policy.name, self.source):
                    stands[row["partition"]] = row["position"]
                self._checkpoints[policy.name] = stands
            lowest = self._lowest()
            self.progress.restart(self.source, lowest)
            self._astray = False
            return min(lowest)

    async def incarnated(self, incarnation: int, shared: int) -> bool:
        """A new history shares what lies at or before `shared`: what came after it there is gone.

        Policies go back to that point and no further. What they react to again has the same ids.
        """
        async with self._turn:
            known = await self._pool.fetchval(sql.incarnation_of, self.source)
            if known == incarnation:
                return True
            if known is not None:
                log.warning("source_reincarnated", source=self.source, incarnation=incarnation, shared=shared)
                await self._pool.execute(sql.step_back, self.source, shared)
                # Left behind, they would hold up their aggregates, and keep out what now has their positions.
                await self._pool.execute(sql.forget_parked, self.source, shared)
            await self._pool.execute(sql.note_incarnation, self.source, incarnation)
            return known is None

    async def process(self, batch: Sequence[Delivery]) -> None:
        """Reacts to a batch. Events of one aggregate are taken in order, different ones at once.

        Raises FactsBehind while what a reaction may look at is not projected yet.
        """
        async with self._turn:
            if self._astray:
                raise Fenced(f"checkpoints of {self.source} were moved")
            await self._process(batch)

    async def _process(self, batch: Sequence[Delivery]) -> None:
        if batch:
            last = batch[-1]
            if not await self._projected.reached(self.source, last.partition, last.position, within=10.0):
                raise FactsBehind
        for policy, handled in self._policies:
            stands = self._checkpoints[policy.name]
            new = [d for d in batch if d.position > stands[d.partition]]
            mine = [d for d in new if d.name in handled]
            outcomes = await self._react_all(policy, mine)
            if new:
                await self._settle(policy, new, outcomes)
        if batch:
            self.progress.advance(self.source, batch[-1].position)

    async def idle(self) -> None:
        """Moves the partitions nothing happened in up to where the source was read. Raises Fenced."""
        async with self._turn:
            seen = self.progress.seen(self.source)
            for name, stands in self._checkpoints.items():
                if seen > min(stands) and not self._astray:
                    try:
                        async with self._pool.acquire() as db, db.transaction():
                            await self._fence(db, name, range(PARTITIONS))
                            await db.execute(sql.advance_idle, name, self.source, seen)
                    except Fenced:
                        self._astray = True
                        raise
                    self._checkpoints[name] = [max(seen, p) for p in stands]
            if self._checkpoints:
                self.progress.stands(self.source, self._lowest())

    async def _react_all(self, policy: Policy, mine: Sequence[Delivery]) -> list[tuple[UUID, UUID, Outcome]]:
        """Reacts for each aggregate in its order; returns (event id, tenant, outcome) of what settled."""
        if not mine:
            return []
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
                outcomes = await self.react(policy, recorded)
                settled += [(recorded.event_id, recorded.tenant, outcome) for outcome in outcomes]
            except OUTAGES:
                raise
            except Exception as error:  # noqa: BLE001 - a fault that stayed parks, and is kept
                await self._park(policy, delivery, why(error))
                waiting = True
        return settled

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
        body = reaction.command.model_dump_json().encode()
        person = person_behind(cause.actor, cause.on_behalf_of)
        return Order(
            aggregate=self._commands.aggregates[reaction.aggregate],
            aggregate_id=reaction.aggregate_id,
            command=reaction.command,
            actor=Actor("system", policy.name, recorded.tenant, on_behalf_of=person),
            command_id=uuid5(recorded.event_id, name),
            request=chain.request_hash(self._chain_key, name.encode(), body),
            correlation_id=cause.correlation_id,
            causation_id=str(recorded.event_id),
            traceparent=here.child().traceparent,
        )  # fmt: skip

    async def _park(self, policy: Policy, delivery: Delivery, error: str | None) -> None:
        if error is not None:
            log.error("reaction_parked", policy=policy.name, source=self.source, position=delivery.position,
                      error=error)  # fmt: skip
        async with self._pool.acquire() as db:
            await park(db, policy.name, delivery, error=error)

    async def _queue(self, policy: Policy, delivery: Delivery) -> bool:
        """Puts an event behind those of its aggregate that are parked; False if none is any more.

        Asked while holding the partition, as a retry does: an event never queues behind nothing.
        """
        async with self._pool.acquire() as db, db.transaction():
            await db.execute(sql.hold_partition, self.source, delivery.partition)
            if (policy.name, *delivery.aggregate) not in await parked_aggregates(db, self.source):
                return False
            await park(db, policy.name, delivery, error=None)
            return True

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
            await db.execute(sql.advance, policy.name, self.source, list(reached), list(reached.values()))
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
