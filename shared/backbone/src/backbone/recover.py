"""After PostgreSQL was restored behind its stream: take back what the stream still knows, or let it go.

`recover_from_stream` imports what the log lost, once every hash has been found to follow its
predecessor's. `recover_from_log` accepts the loss and begins a new history; the relay then fills the
stream anew, and readers that had seen more derive their rows again. Stop the service's doors for either.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import asyncpg
from nats.aio.client import Client

from backbone import streams
from backbone.deciding import Aggregate
from backbone.importing import NotRecoverable, Part, bring_in
from backbone.queries import Queries
from backbone.streams import Message
from backbone.wire import INCARNATION, Malformed, envelope

sql = Queries("backbone", "sql/queries")


@dataclass(frozen=True, slots=True)
class LostWords:
    """A text that an event refers to and nobody has any more: the stream never carried it."""

    position: int
    tenant: UUID
    aggregate: str
    aggregate_id: UUID
    ref: UUID


@dataclass(slots=True)
class Recovered:
    """What came back from the stream: the events after `before` up to `head`."""

    service: str
    before: int
    head: int
    commands: int = 0
    lost: list[LostWords] = field(default_factory=list)

    def text(self) -> str:
        """For the operator."""
        lines = [
            f"{self.service}: {self.head - self.before} events of {self.commands} commands came back "
            f"from the stream (positions {self.before + 1} to {self.head})."
            if self.head > self.before
            else f"{self.service}: the log already has everything the stream has ({self.head} events)."
        ]
        if self.lost:
            lines.append(f"{len(self.lost)} private texts were never on the stream and are lost:")
            lines += [f"  position {w.position}  {w.aggregate} {w.aggregate_id}  {w.ref}" for w in self.lost]
        return "\n".join(lines)


async def recover_from_stream(
    owner: asyncpg.Pool, nc: Client, service: str, aggregates: Sequence[Aggregate[Any]], chain_key: bytes
) -> Recovered:
    """Imports the stream's end into the log: events, states, commands, claims and history.

    `owner` connects as the owner of the tables. What was imported before a failure stays, each part whole,
    and running it again goes on from there. Raises NotRecoverable when the stream cannot vouch for it.
    """
    found = await streams.info(nc, service)
    if found is None:
        raise NotRecoverable("there is no stream to recover from")
    async with owner.acquire() as db:
        head = await db.fetchval(sql.relay_head)
        end = found.state.last_seq
        shared = await parting(nc, db, service, min(head, end))
        if shared < head:
            raise NotRecoverable(
                f"log and stream part after position {shared}: the log has had {head - shared} events since "
                f"that the stream does not know. `recover --from-log` keeps the log and gives up the stream."
            )
        recovered = Recovered(service, head, head)
        pending: list[Part] = []
        async for messages in streams.read(nc, service, after=head, through=end):
            pending += [_part(service, m) for m in messages]
            # The last command of what was read may go on in what is still to come.
            cut = len(pending) if pending[-1].position == end else _last_beginning(pending)
            await _bring_in(db, service, aggregates, chain_key, parts=pending[:cut], recovered=recovered)
            del pending[:cut]
        if recovered.head != end:
            raise NotRecoverable(f"the stream has nothing at position {recovered.head + 1}")
        await _take_over_history(db, await streams.last(nc, service))
    return recovered


async def recover_from_log(owner: asyncpg.Pool, nc: Client, service: str) -> str:
    """Keeps the log as it is and begins a new history; returns it as `<number>@<last shared position>`."""
    found = await streams.info(nc, service)
    last = await streams.last(nc, service) if found else None
    async with owner.acquire() as db, db.transaction():
        head = await db.fetchrow(sql.recover_head)
        assert head is not None
        shared = await parting(nc, db, service, min(head["position"], last.position)) if last else 0
        known = head["incarnation"]
        told = streams.histories(found, last, known=known) if found else ()
        number = max((known, *told)) + 1
        await db.execute(sql.recover_incarnation, number, shared)
    return f"{number}@{shared}"


async def parting(nc: Client, db: Any, service: str, through: int) -> int:
    """The last position at which log and stream hold the same event, looked for up to `through`.

    Both only ever grow at the end, so once they differ they differ from there on.
    """
    same, differs = 0, through + 1
    probe = through
    while differs - same > 1:
        message = await streams.at(nc, service, probe)
        event = await db.fetchrow(sql.relay_at, probe)
        if (
            message
            and event["event_id"]
            and message.identity == (str(event["event_id"]), event["hash"].hex())
        ):
            same = probe
        else:
            differs = probe
        probe = (same + differs) // 2
    return same


def _part(service: str, message: Message) -> Part:
    try:
        found = envelope(message.subject, message.payload, message.headers)
    except Malformed as reason:
        raise NotRecoverable(f"position {message.position} is no event: {reason}") from reason
    if found.source != service:
        raise NotRecoverable(f"position {message.position} is an event of {found.source}")
    return Part(message.position, found)


def _last_beginning(parts: Sequence[Part]) -> int:
    """Where the last command of these begins; 0 if they are all of one."""
    index = len(parts) - 1
    while index and parts[index - 1].command == parts[-1].command:
        index -= 1
    return index


async def _bring_in(
    db: Any,
    service: str,
    aggregates: Sequence[Aggregate[Any]],
    chain_key: bytes,
    *,
    parts: Sequence[Part],
    recovered: Recovered,
) -> None:
    if not parts:
        return
    if parts[0].position != recovered.head + 1:
        raise NotRecoverable(f"the stream has nothing at position {recovered.head + 1}")
    commands, lost = await bring_in(db, service, aggregates, chain_key, parts)
    recovered.head = parts[-1].position
    recovered.commands += commands
    recovered.lost += [
        LostWords(p.position, p.envelope.tenant, p.envelope.aggregate, p.envelope.aggregate_id, ref)
        for p, ref in lost
    ]


async def _take_over_history(db: Any, last: Message | None) -> None:
    """The stream may tell a later history than a log from before that one began."""
    told = streams.TOLD.fullmatch(str(last.headers.get(INCARNATION, ""))) if last else None
    async with db.transaction():
        head = await db.fetchrow(sql.recover_head)
        if told and int(told[1]) > head["incarnation"]:
            await db.execute(sql.recover_incarnation, int(told[1]), int(told[2]))
