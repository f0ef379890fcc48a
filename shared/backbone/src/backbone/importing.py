"""Bringing events from a stream into the log, with all that was committed with them, as one transaction."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from uuid import UUID

from backbone import chain
from backbone.commands import decode_state, encode_state
from backbone.deciding import Aggregate, Claim
from backbone.queries import Queries
from backbone.recorded import partition_of
from backbone.references import references
from backbone.wire import Envelope, Unreadable, read_event

sql = Queries("backbone", "sql/queries")

Key = tuple[UUID, UUID]
"""(tenant, aggregate id)."""


class NotRecoverable(Exception):
    """The stream does not hold what the log lost, or nobody can vouch that it does."""


@dataclass(frozen=True, slots=True)
class Part:
    """One message of the stream."""

    position: int
    envelope: Envelope

    @property
    def key(self) -> Key:
        return self.envelope.tenant, self.envelope.aggregate_id

    @property
    def command(self) -> tuple[UUID, str]:
        return self.envelope.tenant, self.envelope.meta.command_id


@dataclass(slots=True)
class Standing:
    """Where an aggregate stands while its events are brought in."""

    aggregate: Aggregate[Any]
    state: Any
    version: int
    hash: bytes


async def bring_in(
    db: Any, service: str, aggregates: Sequence[Aggregate[Any]], chain_key: bytes, parts: Sequence[Part]
) -> tuple[int, list[tuple[Part, UUID]]]:
    """Commits whole commands of consecutive positions; returns their number and the words that are missing.

    Raises NotRecoverable, having written nothing, if the log ends elsewhere or a hash does not follow.
    """
    kinds = {a.name: a for a in aggregates}
    async with db.transaction():
        head = await db.fetchrow(sql.recover_head)
        if head["position"] != parts[0].position - 1:
            raise NotRecoverable(f"the log moved to {head['position']} meanwhile: stop the service first")
        standings = await _standings(db, kinds, {p.key for p in parts})
        events = []
        changes: list[tuple[Part, Any]] = []
        for part in parts:
            standing = standings.get(part.key)
            if standing is None:
                standing = standings[part.key] = _beginning(kinds, chain_key, part)
            events.append(_follows(service, standing, chain_key, part, changes))
        await db.execute(sql.recover_events, *zip(*events, strict=True))
        await db.execute(sql.recover_streams, *zip(*_stands(standings), strict=True))
        commands = list(_commands(parts))
        await db.execute(sql.recover_commands, *zip(*commands, strict=True))
        await _claims(db, changes)
        await db.execute(sql.recover_advance, parts[-1].position)
        return len(commands), await _lost_words(db, parts)


async def _standings(db: Any, kinds: dict[str, Aggregate[Any]], keys: set[Key]) -> dict[Key, Standing]:
    standings = {}
    for row in await db.fetch(sql.load_streams, [k[0] for k in keys], [k[1] for k in keys]):
        aggregate = _kind(kinds, row["kind"])
        if row["state_schema"] == aggregate.state_schema:
            state = decode_state(aggregate, row["state"])
        else:
            state = aggregate.initial
            for past in await db.fetch(sql.stream_history, row["tenant"], row["stream_id"]):
                if past["data"] is None:
                    continue
                event = read_event(
                    aggregate.events[0].service, past["type"], past["schema_version"], past["data"]
                )
                state = aggregate.evolve(state, event)
        standings[row["tenant"], row["stream_id"]] = Standing(aggregate, state, row["version"], row["hash"])
    return standings


def _beginning(kinds: dict[str, Aggregate[Any]], chain_key: bytes, part: Part) -> Standing:
    aggregate = _kind(kinds, part.envelope.aggregate)
    return Standing(aggregate, aggregate.initial, 0, chain.genesis(chain_key, *part.key))


def _kind(kinds: dict[str, Aggregate[Any]], name: str) -> Aggregate[Any]:
    if name not in kinds:
        raise NotRecoverable(f"this code knows no {name}: recover with the code that wrote it")
    return kinds[name]


def _follows(
    service: str, standing: Standing, chain_key: bytes, part: Part, changes: list[tuple[Part, Any]]
) -> tuple[Any, ...]:
    """The row of an event, once it is certain that it follows what its aggregate has so far."""
    e, meta = part.envelope, part.envelope.meta.encode()
    digest = (
        e.digest if e.blanked else chain.payload_digest(e.salt, e.data, meta, e.occurred_at, e.recorded_at)
    )
    expected = chain.link(
        chain_key, standing.hash, e.event_id, e.name, e.schema_version, standing.version + 1, digest
    )
    if (e.version, e.hash, e.partition) != (standing.version + 1, expected, partition_of(*part.key)):
        raise NotRecoverable(
            f"position {part.position} ({e.name}, version {e.version} of {e.aggregate} {e.aggregate_id}) "
            f"does not follow version {standing.version}: the message, or the log before it, was altered"
        )
    standing.version, standing.hash = e.version, e.hash
    if not e.blanked:
        try:
            event = read_event(service, e.name, e.schema_version, e.data)
        except Unreadable as reason:
            raise NotRecoverable(f"position {part.position}: {reason}") from reason
        standing.state = standing.aggregate.evolve(standing.state, event)
        changes += [(part, change) for change in standing.aggregate.claims(event)]
    return (
        part.position, e.event_id, e.tenant, e.aggregate_id, e.version, e.name, e.schema_version, e.partition,
        None if e.blanked else e.data.decode(), meta, e.occurred_at, e.recorded_at, e.salt or None, digest, e.hash,
    )  # fmt: skip


def _stands(standings: dict[Key, Standing]) -> Iterator[tuple[Any, ...]]:
    for (tenant, stream_id), s in standings.items():
        state = encode_state(s.state)
        yield tenant, stream_id, s.aggregate.name, s.version, state, s.aggregate.state_schema, s.hash


def _commands(parts: Sequence[Part]) -> Iterator[tuple[Any, ...]]:
    for (tenant, command_id), group in groupby(parts, key=lambda p: p.command):
        members = list(group)
        first, last = members[0], members[-1]
        yield (
            tenant, UUID(command_id), bytes.fromhex(first.envelope.meta.request), first.envelope.aggregate_id,
            first.envelope.version, last.envelope.version, last.position, first.envelope.recorded_at,
        )  # fmt: skip


async def _claims(db: Any, changes: Sequence[tuple[Part, Any]]) -> None:
    """What each command gave back and took, in their order and, like the ledger, in that order."""
    for _, group in groupby(changes, key=lambda change: change[0].command):
        both: dict[bool, list[tuple[UUID, str, UUID]]] = {False: [], True: []}
        for part, change in group:
            both[isinstance(change, Claim)].append((part.key[0], change.key, part.key[1]))
        for takes, statement in ((False, sql.recover_release), (True, sql.recover_claim)):
            if both[takes]:
                await db.execute(statement, *zip(*both[takes], strict=True))


async def _lost_words(db: Any, parts: Sequence[Part]) -> list[tuple[Part, UUID]]:
    wanted = [(part, ref) for part in parts for ref, _ in references(part.envelope.data)]
    if not wanted:
        return []
    rows = await db.fetch(
        sql.words_present, [p.envelope.tenant for p, _ in wanted], [ref for _, ref in wanted]
    )
    present = {(row["tenant"], row["ref"]) for row in rows}
    return [(part, ref) for part, ref in wanted if (part.envelope.tenant, ref) not in present]
