"""A command's journey: load, authorise, decide, commit; again if somebody else was first."""

import asyncio
import os
import random
from collections import OrderedDict
from collections.abc import Container, Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any, Protocol, cast
from uuid import UUID, uuid5

import structlog
from chalkline_contracts.event import Event
from chalkline_contracts.receipts import WhatWasRead
from pydantic import TypeAdapter
from uuid_utils.compat import uuid7

from backbone import chain
from backbone.content_read import ACCESS, NoteRead
from backbone.deciding import (
    Actor,
    Aggregate,
    Claim,
    Command,
    DistrictHasLeft,
    Forbidden,
    Refusal,
    Unseen,
    snake_case,
)
from backbone.ledger import Entry, Ledger, NewEvent, Settled, Stored
from backbone.packed import Behind
from backbone.recorded import encoded, partition_of
from backbone.sharing import Owed
from backbone.turns import Turns
from backbone.wire import read_event
from backbone.words import words_in

log = structlog.get_logger(__name__)

TRIES = 100
"""How often a command without If-Match decides again after losing to another replica: with a few of them at the same
aggregate somebody loses every second time, and nobody a hundred times.
"""

MOMENT, LONGEST = 0.002, 0.02
"""Seconds by which a loser waits longer each time, and at most: two who met do not meet again and again."""


class StaleVersion(Exception):
    """If-Match names a version this aggregate no longer has, or does not have yet."""

    def __init__(self, expected: int, actual: int) -> None:
        super().__init__(f"expected version {expected}, it is {actual}")
        self.expected, self.actual = expected, actual


class CommandIdReused(Exception):
    """This command id belongs to another request that committed."""


class ClaimTaken(Exception):
    """Another aggregate of this district holds what only one may hold."""


class Contended(Exception):
    """Too many others changed this aggregate at the same moment."""


class NotStorable(Exception):
    """PostgreSQL refused a value of this command."""


class StreamFault(Exception):
    """The stream is not a copy of this log; an operator has to decide before anything is added."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class ReceiptUnwritten(Exception):
    """What may be read by who leaves a receipt cannot be read: the receipt could not be committed."""


class UnknownAggregate(Exception):
    """There is no such aggregate, or it is of another kind."""


REFUSALS = (Refusal, ClaimTaken, CommandIdReused, NotStorable, UnknownAggregate)
"""What settles a command that a policy or a timer issued: asked again, it would be refused again."""

WORTH_A_FRESH_LOOK = (Refusal, Unseen, Forbidden, StaleVersion, UnknownAggregate)
"""What a remembered state may not be the reason for."""


@dataclass(slots=True, kw_only=True)  # frozen, one takes three times as long to make
class Order:
    """One command with its circumstances."""

    aggregate: Aggregate[Any]
    aggregate_id: UUID
    command: Command
    actor: Actor
    command_id: UUID
    request: bytes
    """Keyed hash of the request, see `backbone.chain.request_hash`."""
    begins: bool = False
    """Whether this is to start a new aggregate; the system may do either."""
    expected: int | None = None
    """The version named by If-Match."""
    correlation_id: str | None = None
    causation_id: str | None = None
    traceparent: str | None = None

    @property
    def tenant(self) -> UUID:
        return self.actor.tenant


@dataclass(slots=True, kw_only=True)
class Answer:
    """What a committed command answers, the first time and every time after."""

    command_id: UUID
    aggregate_id: UUID
    partition: int
    events: Sequence[tuple[UUID, str, int]]
    """(event id, type, version)."""
    version: int
    position: int
    replayed: bool = False


class Gatherer(Protocol):
    """Makes what `Aggregate.facts` may ask; see `backbone.facts`."""

    def asking(self, order: Order, commands: "Commands") -> Any: ...


class TenantClock(Protocol):
    """The tenant's own time; see `backbone.clock`."""

    async def now(self, tenant: UUID) -> datetime: ...


@dataclass(slots=True)
class Loaded:
    """An aggregate in memory: its state as an object, its version, the hash of its last event."""

    kind: str | None
    state: Any
    version: int
    hash: bytes
    fresh: bool
    """Read just now, not remembered: only a fresh state may refuse."""


class Commands:
    """Handles every command of one service, from doors, policies and timers alike."""

    def __init__(
        self,
        ledger: Ledger,
        aggregates: Sequence[Aggregate[Any]],
        *,
        clock: TenantClock,
        gatherer: Gatherer,
        chain_key: bytes,
        remembered: int = 20_000,
    ) -> None:
        self.ledger = ledger
        self.aggregates: Mapping[str, Aggregate[Any]] = {a.name: a for a in aggregates}
        self._clock = clock
        self._gatherer = gatherer
        self._chain_key = chain_key
        self._memory: OrderedDict[bytes, Loaded] = OrderedDict()
        self._remembered = remembered
        self.refused_because: str | None = None
        """While set, every command is refused with this code, as a StreamFault."""
        self.closed: Container[UUID] = ()
        """Districts in which nothing is decided any more, but what stays of them."""
        self._turns: Turns[bytes] = Turns()

    async def handle(self, order: Order) -> Answer:
        """Commits a command or says why not.

        Raises a Refusal, Unseen, Forbidden, FactsBehind, StaleVersion, CommandIdReused, ClaimTaken,
        Contended, NotStorable, UnknownAggregate, StreamFault or LedgerUnavailable; after any of them
        nothing was written (after LedgerUnavailable only the command id can tell).
        """
        if self.refused_because:
            raise StreamFault(self.refused_because)
        if order.tenant in self.closed and not any(event.stays for event in order.aggregate.events):
            raise DistrictHasLeft
        key = _key(order.tenant, order.aggregate_id)
        claimed: str | None = None
        async with self._turns(key):
            for lost in range(TRIES):
                loaded = await self._recall(key, order, first=not lost)
                try:
                    entry, state = await self._decided(order, loaded)
                except WORTH_A_FRESH_LOOK as reason:
                    self._memory.pop(key, None)
                    if not loaded.fresh:  # what is remembered may be old: it may propose, never refuse
                        continue
                    return await self._answered_before(order, reason)
                if (claimed, True) in entry.takes:
                    raise ClaimTaken(claimed)
                settled = await self.ledger.append(entry)
                match settled.outcome:
                    case "committed":
                        return self._committed(entry, state, settled)
                    case "repeated" | "reused":
                        return await self._answered_before(order, CommandIdReused())
                    case "conflict":
                        self._memory.pop(key, None)
                        if order.expected is not None:
                            raise StaleVersion(order.expected, settled.version)
                        await asyncio.sleep(random.uniform(0, min(MOMENT * lost, LONGEST)))  # noqa: S311 - no secret
                    case "claimed":
                        claimed = settled.detail  # somebody was quicker: knowing that, it may want another
                    case "failed":
                        raise NotStorable(settled.detail)
            raise Contended

    async def state(self, tenant: UUID, kind: str, aggregate_id: UUID) -> Any:
        """The state of another aggregate, as the database has it now; its initial state if there is none.

        No version check keeps this one honest: what another process changed must count here at once.
        """
        stored = await self.ledger.load(tenant, aggregate_id)
        if stored is None or stored.kind != kind:
            return self.aggregates[kind].initial
        remembered = self._memory.get(_key(tenant, aggregate_id))
        if remembered is not None and (remembered.version, remembered.hash) == (stored.version, stored.hash):
            return remembered.state
        return (await self._restored(stored, self.aggregates[kind], tenant, aggregate_id)).state

    async def current(self, tenant: UUID, kind: str, aggregate_id: UUID) -> Loaded | None:
        """An aggregate as it stands in the database now, for reads; None if there is none of that kind."""
        stored = await self.ledger.load(tenant, aggregate_id)
        if stored is None or stored.kind != kind:
            return None
        return await self._restored(stored, self.aggregates[kind], tenant, aggregate_id)

    async def look(self, order: Order) -> tuple[Loaded, Any]:
        """An aggregate as it stands now, and the facts of who wants to see it; `order.command` is a Look. Whoever owes
        a receipt for it has left one by then.

        Raises Unseen, Forbidden, FactsBehind, UnknownAggregate, LedgerUnavailable or ReceiptUnwritten.
        """
        loaded = await self.current(order.tenant, order.aggregate.name, order.aggregate_id)
        if loaded is None and order.aggregate.innate:
            loaded = Loaded(None, order.aggregate.initial, 0, b"", fresh=True)
        if loaded is None:
            raise UnknownAggregate
        facts = await order.aggregate.facts(self._gatherer.asking(order, self), loaded.state, order.command)
        order.aggregate.authorise(loaded.state, order.command, facts)
        owed = order.aggregate.receipt(loaded.state, facts)
        if owed is not None:
            await self._leave(order, owed)
        return loaded, facts

    async def _leave(self, order: Order, owed: Owed) -> None:
        """Commits the receipt of a read. Raises ReceiptUnwritten, whatever was the matter."""
        command_id = uuid7()
        what = WhatWasRead(aggregate=order.aggregate.name, id=order.aggregate_id)
        note = NoteRead(teacher_ids=owed.teacher_ids, what=what, why=owed.why, grant_ids=owed.grant_ids)
        receipt = Order(
            aggregate=self.aggregates[ACCESS],
            aggregate_id=new_aggregate_id(order.tenant, ACCESS, command_id),
            command=note,
            actor=order.actor,
            command_id=command_id,
            request=chain.request_hash(self._chain_key, command_id.bytes),
            begins=True,
            traceparent=order.traceparent,
        )
        try:
            await self.handle(receipt)
        except Exception as error:
            log.error("receipt_unwritten", error=repr(error))  # noqa: TRY400 - one line for each read of an outage
            raise ReceiptUnwritten from error

    async def _decided(self, order: Order, loaded: Loaded) -> tuple[Entry, Any]:
        aggregate = order.aggregate
        by_system = order.actor.kind == "system"
        if loaded.kind not in (None, aggregate.name):
            raise UnknownAggregate
        if not by_system and not aggregate.innate and order.begins != (loaded.version == 0):
            raise UnknownAggregate
        facts = await aggregate.facts(self._gatherer.asking(order, self), loaded.state, order.command)
        if not by_system:
            aggregate.authorise(loaded.state, order.command, facts)
        if order.expected is not None and order.expected != loaded.version:
            raise StaleVersion(order.expected, loaded.version)
        now = (await self._clock.now(order.tenant)).astimezone(UTC)
        return self._entry(order, loaded, aggregate.decide(loaded.state, order.command, facts, now=now), now)

    async def _answered_before(self, order: Order, otherwise: Exception) -> Answer:
        """The first answer, if this very command committed once; else what forbids it now."""
        if isinstance(otherwise, Unseen | Forbidden):
            raise otherwise
        first = await self.ledger.first_answer(order.tenant, order.command_id)
        if first is None:
            raise otherwise
        if first.request != order.request:
            raise CommandIdReused
        return Answer(
            command_id=order.command_id,
            aggregate_id=first.stream_id,
            partition=partition_of(order.tenant, first.stream_id),
            events=first.events,
            version=first.version,
            position=first.position,
            replayed=True,
        )

    def _entry(
        self, order: Order, loaded: Loaded, events: Sequence[Event], now: datetime
    ) -> tuple[Entry, Any]:
        aggregate, aggregate_id = order.aggregate, order.aggregate_id
        command_id = str(order.command_id)
        meta = encoded(
            actor=str(order.actor),
            command_id=command_id,
            request=order.request.hex(),
            correlation_id=order.correlation_id or command_id,
            on_behalf_of=order.actor.on_behalf_of,
            causation_id=order.causation_id,
            traceparent=order.traceparent,
        )
        state, version = loaded.state, loaded.version
        previous = loaded.hash or chain.genesis(self._chain_key, order.tenant, aggregate_id)
        written: list[NewEvent] = []
        takes: list[tuple[str, bool]] = []
        for event in events:
            version += 1
            state = aggregate.evolve(state, event)
            takes += [(claim.key, isinstance(claim, Claim)) for claim in aggregate.claims(event)]
            data = event.__pydantic_serializer__.to_json(event)
            occurred_at = event.happened_at.astimezone(UTC) if event.happened_at else now
            salt = os.urandom(16)
            digest = chain.payload_digest(salt, data, meta, occurred_at, now)
            event_id, name = uuid7(), type(event).__name__
            previous = chain.link(
                self._chain_key, previous, event_id, name, event.schema_version, version, digest
            )  # fmt: skip
            written.append(
                NewEvent(
                    event_id=event_id,
                    version=version,
                    type=name,
                    schema_version=event.schema_version,
                    data=data,
                    occurred_at=occurred_at,
                    salt=salt,
                    digest=digest,
                    hash=previous,
                )
            )
        words = [(w.ref.ref, w.salt, w.text) for w in words_in(order.command)] if events else []
        entry = Entry(
            tenant=order.tenant,
            command_id=order.command_id,
            request=order.request,
            stream_id=aggregate_id,
            kind=aggregate.name,
            partition=partition_of(order.tenant, aggregate_id),
            expected=loaded.version,
            events=written,
            meta=meta,
            state=encode_state(state),
            state_schema=aggregate.state_schema,
            hash=previous,
            recorded_at=now,
            takes=takes,
            words=words,
        )
        return entry, state

    def _committed(self, entry: Entry, state: Any, settled: Settled) -> Answer:
        if entry.version:
            key = _key(entry.tenant, entry.stream_id)
            self._memory[key] = Loaded(entry.kind, state, entry.version, entry.hash, fresh=False)
            self._memory.move_to_end(key)
            if len(self._memory) > self._remembered:
                self._memory.popitem(last=False)
        return Answer(
            command_id=entry.command_id,
            aggregate_id=entry.stream_id,
            partition=entry.partition,
            events=[(e.event_id, e.type, e.version) for e in entry.events],
            version=entry.version,
            position=settled.position or 0,
        )

    def forget(self) -> None:
        """Remembers no state any more: the log may be another one now, in which versions say nothing of them."""
        self._memory.clear()

    async def _recall(self, key: bytes, order: Order, *, first: bool) -> Loaded:
        if (remembered := self._memory.get(key)) is not None:
            return remembered
        aggregate = order.aggregate
        if order.begins and first:  # as if remembered: the version check tells if there is one already
            return Loaded(None, aggregate.initial, 0, b"", fresh=False)
        stored = await self.ledger.load(order.tenant, order.aggregate_id)
        if stored is None:
            return Loaded(None, aggregate.initial, 0, b"", fresh=True)
        if stored.kind != aggregate.name:
            return Loaded(stored.kind, aggregate.initial, stored.version, stored.hash, fresh=True)
        return await self._restored(stored, aggregate, order.tenant, order.aggregate_id)

    async def _restored(
        self, stored: Stored, aggregate: Aggregate[Any], tenant: UUID, aggregate_id: UUID
    ) -> Loaded:
        if stored.state_schema == aggregate.state_schema:
            state = decode_state(aggregate, stored.state)
        else:  # written by other code: fold what happened
            state = aggregate.initial
            for row in await self.ledger.history(tenant, aggregate_id):
                if row["data"] is None:  # blanked: a state is what is left makes of it
                    continue
                service = aggregate.events[0].service
                state = aggregate.evolve(
                    state, read_event(service, row["type"], row["schema_version"], row["data"])
                )
        return Loaded(stored.kind, state, stored.version, stored.hash, fresh=True)


def _key(tenant: UUID, aggregate_id: UUID) -> bytes:
    """Which aggregate, as a key of a dict: two UUIDs are hashed and compared in Python, bytes are not."""
    return tenant.bytes + aggregate_id.bytes


def refusal_code(refusal: Exception) -> str:
    """The stable code of one of REFUSALS."""
    return refusal.code if isinstance(refusal, Refusal) else snake_case(type(refusal).__name__)


def new_aggregate_id(tenant: UUID, kind: str, command_id: UUID) -> UUID:
    """The id of what a command begins: the same each time it is sent, so a repeat meets itself."""
    return uuid5(tenant, f"{kind}:{command_id}")


@cache
def _codec(state: Hashable) -> TypeAdapter[Any]:
    return TypeAdapter(cast(type[Any], state))


def encode_state(state: Any) -> bytes:
    """A state as stored: its class name, its fields in JSON, and what is packed in them, a line each."""
    behind = Behind()
    fields = _codec(cast(Hashable, type(state))).dump_json(state, context=behind)
    return behind.joined(type(state).__name__.encode(), b"\n", fields, b"\n")


def decode_state(aggregate: Aggregate[Any], stored: bytes) -> Any:
    name, _, _ = stored[:100].partition(b"\n")
    end = stored.find(b"\n", len(name) + 1)
    end = end if end >= 0 else len(stored)
    for state in aggregate.states:
        if state.__name__ == name.decode():
            fields, behind = stored[len(name) + 1 : end], Behind(stored, end + 1)
            return _codec(cast(Hashable, state)).validate_json(fields, context=behind)
    raise LookupError(f"{aggregate.name} has no state {name.decode()}; raise its state_schema")
