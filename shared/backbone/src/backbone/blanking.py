"""A district that has left: everything that a service holds of it goes, but that it was there.

Of each event stay its id, type, version, position, times and the digest that the chain vouches for; its payload goes,
and so do words, states, claims, whatever is derived, parked or queued. What tells that there was a district, what was
erased and what operators did stays (`Event.stays`); a state is what these events make, and so are the rows derived from
them. A stream cannot be changed, so it is deleted, and the relay fills it from the log.

In the database all of it is one transaction. Whatever is left undone when somebody kills this is found when it is done
again.
"""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import asyncpg
import structlog
from chalkline_contracts.directory import DistrictClosed, DistrictOpened, SandboxClockAdvanced
from chalkline_contracts.event import catalogue
from nats.aio.client import Client
from nats.errors import Error as NatsError

from backbone import closed, comparing, streams
from backbone.attesting import attest, leaving
from backbone.commands import encode_state
from backbone.deciding import Aggregate
from backbone.erasure import AttestErasure
from backbone.past import past
from backbone.problems import Problem
from backbone.queries import Queries
from backbone.rewriting import rewrite
from backbone.service import Running, Service
from backbone.wire import BLANKED, read_event

log = structlog.get_logger(__name__)
sql = Queries("backbone", "sql/queries")

KEPT: Final = frozenset(
    {
        "ledger.events", "ledger.streams",  # blanked, row by row
        "ledger.commands",  # ids and keyed hashes, as events have them
        "work.erasures", "work.untold_acts",  # ids and numbers, of what is told by events that stay
        "work.clocks",  # up to where what fell due was done
    }
)  # fmt: skip
"""Tables of which rows of a departed district are left."""
TOLD_AGAIN: Final = (DistrictOpened, SandboxClockAdvanced, DistrictClosed)
"""What stays and something is derived from."""
SETTLED: Final = 2 * closed.EVERY
"""Seconds after which what was under way when the service heard of it has ended."""
WITHIN: Final = 300.0
"""Seconds in which the stream must have been filled again."""


class NotBlanked(Exception):
    """A district whose payloads may not go, or cannot yet."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code


@dataclass(frozen=True, slots=True)
class Blanked:
    """What a service no longer has of a district; the same however often it is asked."""

    service: str
    tenant: str
    events: int
    words: int
    states: int
    rows: int
    """Of tables that went in this call."""
    kept: int
    """Rows that are in a table's file still, because some old transaction may read them."""

    def text(self) -> str:
        return (
            f"{self.service}: {self.events} events blanked, {self.words} texts and {self.states} states deleted,"
            f" {self.rows} rows of other tables"
        )


def staying(service: str) -> list[str]:
    """The types of a service's events whose payloads stay."""
    return [name for (owner, name), event in catalogue.items() if owner == service and event.stays]


async def blank(run: Running, owner: asyncpg.Connection, tenant: UUID, *, within: float = WITHIN) -> Blanked:
    """Blanks all this service has of a district; `owner` owns the tables. Raises NotBlanked; nothing, or not all, was
    done then.
    """
    await _may(owner, tenant)
    for limit in ("transaction_timeout", "statement_timeout", "idle_in_transaction_session_timeout"):
        await owner.execute(f"SET {limit} = 0")  # for those who serve; a district's years take longer
    await asyncio.sleep(SETTLED)
    try:
        async with asyncio.timeout(within):
            await _level(run, owner)
    except TimeoutError:
        raise NotBlanked("behind", "what others told before they closed has not all arrived here") from None
    await _may(owner, tenant)  # a hold may have been among it
    rows = await _in_the_database(run, owner, tenant)
    words = await _attested(run, owner, tenant)
    kept = await rewrite(owner, await _tables(owner))
    try:
        async with asyncio.timeout(within):
            await _out_of_the_stream(run, tenant)
    except TimeoutError:
        raise NotBlanked("stream_behind", "the stream is not filled again: does the service run?") from None
    if await owner.fetchval(sql.to_blank, tenant, staying(run.service.name)):
        raise NotBlanked("still_told", "something was told of it meanwhile: do this again")
    events = await owner.fetchval(sql.blanked_events, tenant)
    whole = [a.name for a in run.service.aggregates if all(event.stays for event in a.events)]
    states = await owner.fetchval(sql.streams_blanked, tenant, whole)
    return Blanked(run.service.name, str(tenant), events, words, states, rows, kept)


async def _may(owner: asyncpg.Connection, tenant: UUID) -> None:
    allowed = await owner.fetchrow(sql.blanking_allowed, tenant)
    assert allowed is not None
    if not allowed["closed"]:
        raise NotBlanked("district_open", "this service knows of no such district that is closed")
    if allowed["holds"]:
        raise NotBlanked("legal_hold", f"legal holds that stand in it: {allowed['holds']}")


async def _level(run: Running, owner: asyncpg.Connection) -> None:
    """Waits until all there is of every source is projected and reacted to: nothing of the district comes later."""
    service = run.service
    for source in service.sources:
        if source == service.name:
            head = await owner.fetchval(sql.head_position)
        else:
            found = await streams.info(run.nats, source)
            head = found.state.last_seq if found else 0
        while await _through(owner, service, source) < head:  # noqa: ASYNC110
            await asyncio.sleep(0.2)


async def _through(owner: asyncpg.Connection, service: Service, source: str) -> int:
    """Up to where a source is projected and reacted to, by all replicas."""
    found: list[int | None] = [await owner.fetchval(sql.projected_through, source)]
    if reacting := service.reacting(source):
        found.append(await owner.fetchval(sql.reacted_through, source, reacting))
    return min(one or 0 for one in found)


async def _in_the_database(run: Running, owner: asyncpg.Connection, tenant: UUID) -> int:
    """Returns how many rows of other tables went."""
    try:
        async with past(run, tenant, TOLD_AGAIN) as told_again:
            told = list(told_again)
    except Problem as problem:
        raise NotBlanked(problem.code, "what stays of the district cannot be read just now") from problem
    rows = 0
    async with owner.transaction():
        await owner.execute(sql.blank_events, tenant, staying(run.service.name))
        await owner.fetchval(sql.blank_words, tenant, leaving(tenant))
        for aggregate in run.service.aggregates:
            await _blank_states(owner, run.service.name, tenant, aggregate)
        for table in await _tables(owner, but=KEPT):
            done = await owner.execute(f"DELETE FROM {table} WHERE tenant = $1", tenant)  # noqa: S608 - names from the catalogue
            rows += int(done.rpartition(" ")[2])
        for projection in run.service.all_projections:
            if mine := [one for one in told if type(one.event) in projection.handles]:
                await projection.take(mine, owner)
    return rows


async def _tables(owner: asyncpg.Connection, but: Collection[str] = ()) -> list[str]:
    """Every table in which districts have rows."""
    found = [f"{row['schema']}.{row['name']}" for row in await owner.fetch(sql.tables_of_tenants)]
    return [name for name in found if name not in but]


async def _blank_states(
    owner: asyncpg.Connection, service: str, tenant: UUID, aggregate: Aggregate[Any]
) -> None:
    """A state is what those events make of it that stay."""
    stays = [event.stays for event in aggregate.events]
    if all(stays):
        return
    initial, schema = encode_state(aggregate.initial), aggregate.state_schema
    await owner.execute(sql.blank_states, tenant, aggregate.name, initial, schema)
    if not any(stays):
        return
    for stream in await owner.fetch(sql.states_of_kind, tenant, aggregate.name):
        state = aggregate.initial
        for row in await owner.fetch(sql.stream_history, tenant, stream["stream_id"]):
            if row["data"] is not None:
                state = aggregate.evolve(
                    state, read_event(service, row["type"], row["schema_version"], row["data"])
                )
        await owner.execute(sql.blank_state, tenant, stream["stream_id"], encode_state(state), schema)


async def _attested(run: Running, owner: asyncpg.Connection, tenant: UUID) -> int:
    """Tells the log; returns how many texts went."""
    erasure_id = leaving(tenant)
    words: int = await owner.fetchval(sql.erasure_done, tenant, erasure_id, 0, [])
    await attest(run, tenant, erasure_id, "blanking", AttestErasure(n_items=words))
    return words


async def _out_of_the_stream(run: Running, tenant: UUID) -> None:
    """Deletes the stream while it says more of the district than the log, and waits until the relay has filled it.

    What a relay had read before the log was blanked may be added after it: so it is looked at when it is level.
    """
    service, nats = run.service.name, run.nats
    while True:
        look = await comparing.look(nats, run.pool, service)
        if look.verdict in ("ahead", "differs"):
            raise NotBlanked(f"stream_{look.verdict}", "log and stream have parted: `recover` decides first")
        if look.verdict == "copy" and look.stream >= look.head:
            try:
                if not await _says(nats, service, tenant, look.stream):
                    return
                await streams.delete(nats, service)
            except NatsError as error:
                log.warning("stream_unread", service=service, error=repr(error))
        await asyncio.sleep(0.2)


async def _says(nats: Client, service: str, tenant: UUID, through: int) -> bool:
    """Whether the stream has a payload of the district that should be blank."""
    stays, its = frozenset(staying(service)), str(tenant)
    async for part in streams.read(nats, service, after=0, through=through):
        for message in part:
            _, _, _, of, _, name = message.subject.split(".")
            if of == its and name not in stays and not message.payload.endswith(BLANKED):
                return True
    return False
