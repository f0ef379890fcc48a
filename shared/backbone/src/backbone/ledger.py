"""The ledger: a command's answer, events, words, claims and state, committed in one call.

See `sql/functions/append.sql` for the call itself. Appends are gathered (group commit), and so are loads.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, TypeVar
from uuid import UUID

import asyncpg
import stamina
import structlog

from backbone import metrics
from backbone.gather import Gather
from backbone.queries import Queries
from backbone.reads import Reads

log = structlog.get_logger(__name__)
sql = Queries("backbone", "sql/queries")

Result = TypeVar("Result")

Outcome = Literal["committed", "repeated", "reused", "conflict", "claimed", "failed"]

CONNECTION_LOST = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)
"""After one of these nobody knows whether a commit happened; only the command id settles it."""

BUSY = (asyncpg.LockNotAvailableError, asyncpg.QueryCanceledError, asyncpg.InsufficientResourcesError)
"""After one of these nothing was committed, and the same may work later."""


def lost(error: BaseException) -> bool:
    """Whether an error means that the connection is gone; asyncpg's complaints about values do not."""
    return isinstance(error, CONNECTION_LOST) and not isinstance(error, ValueError)


@dataclass(slots=True, kw_only=True)
class NewEvent:
    """One event on its way into the ledger."""

    event_id: UUID
    version: int
    type: str
    schema_version: int
    data: bytes
    occurred_at: datetime
    salt: bytes
    digest: bytes
    hash: bytes


@dataclass(slots=True, kw_only=True)
class Entry:
    """One decided command on its way into the ledger."""

    tenant: UUID
    command_id: UUID
    request: bytes
    stream_id: UUID
    kind: str
    partition: int
    expected: int
    events: Sequence[NewEvent]
    meta: bytes
    state: bytes
    state_schema: int
    hash: bytes
    recorded_at: datetime
    takes: Sequence[tuple[str, bool]] = ()
    """(key, True to claim or False to give back)."""
    words: Sequence[tuple[UUID, bytes, str]] = ()
    """(ref, salt, text)."""
    attempts: int = 0

    @property
    def version(self) -> int:
        return self.expected + len(self.events)


@dataclass(slots=True)
class Settled:
    """What became of an entry. `position` is that of its last event, or of the log where it has none."""

    outcome: Outcome
    stream_id: UUID
    first_version: int
    version: int
    position: int | None
    detail: str | None = None


@dataclass(slots=True)
class Stored:
    """An aggregate as the ledger has it."""

    kind: str
    version: int
    state: bytes
    state_schema: int
    hash: bytes


@dataclass(slots=True)
class FirstAnswer:
    """What a committed command answered, and to which request."""

    request: bytes
    stream_id: UUID
    first_version: int
    version: int
    position: int
    events: list[tuple[UUID, str, int]] = field(default_factory=list)
    """(event id, type name, version)."""


class WordsWithheld(Exception):
    """Not sure yet that all that should be erased is: until then no words are told."""


class LedgerUnavailable(Exception):
    """The database did not answer in time. Whether the command committed, its id will tell."""


class Ledger:
    """A service's log. `pool` connects as the application's role, `reads` as the reader; nothing here holds a
    transaction open.
    """

    def __init__(
        self,
        pool: asyncpg.Pool,
        reads: Reads | None = None,
        *,
        writers: int = 2,
        largest: int = 256,
        patience: float = 10.0,
    ) -> None:
        self._pool = pool
        self._reads = reads or Reads(pool)
        self._patience = patience
        self._commit = Gather(self._append, workers=writers, largest=largest)
        self._loads = Gather(self._load)
        self._appended: list[asyncio.Event] = []
        self.withheld = False
        """Whether no words are told; see `erasing.py`."""

    async def append(self, entry: Entry) -> Settled:
        """Commits one entry, together with whatever else is waiting. Raises LedgerUnavailable."""
        return await self._commit(entry)

    async def load(self, tenant: UUID, stream_id: UUID) -> Stored | None:
        return await self._loads((tenant, stream_id))

    async def first_answer(self, tenant: UUID, command_id: UUID) -> FirstAnswer | None:
        """The answer of a committed command, or None. Raises LedgerUnavailable."""
        rows = await self._of((tenant,), sql.first_answer, tenant, command_id)
        if not rows:
            return None
        head = rows[0]
        events = [(r["event_id"], r["type_name"], r["event_version"]) for r in rows if r["event_id"]]
        return FirstAnswer(
            head["request"],
            head["stream_id"],
            head["first_version"],
            head["version"],
            head["position"],
            events,
        )

    async def history(self, tenant: UUID, stream_id: UUID) -> list[asyncpg.Record]:
        """Every event of an aggregate in order: type, schema_version, data."""
        return await self._of((tenant,), sql.stream_history, tenant, stream_id)

    async def words(self, tenant: UUID, stream_id: UUID) -> dict[UUID, str]:
        """The private words of an aggregate that still exist, by reference. Raises WordsWithheld."""
        self.may_tell()
        rows = await self._of((tenant,), sql.words_of, tenant, stream_id)
        return {row["ref"]: row["words"] for row in rows}

    def may_tell(self) -> None:
        """Raises WordsWithheld while no words may be told: asked by whoever reads them with a query of its own."""
        if self.withheld:
            raise WordsWithheld

    def woken_by_appends(self) -> asyncio.Event:
        """An event that is set after every commit of this process; the listener clears it."""
        wake = asyncio.Event()
        self._appended.append(wake)
        return wake

    def wake(self) -> None:
        for event in self._appended:
            event.set()

    async def close(self) -> None:
        await self._commit.idle()
        await self._loads.idle()

    async def _load(self, keys: list[tuple[UUID, UUID]]) -> list[Stored | None]:
        tenants, streams = [k[0] for k in keys], [k[1] for k in keys]
        rows = await self._of(set(tenants), sql.load_streams, tenants, streams)
        found = {
            (r["tenant"], r["stream_id"]): Stored(
                r["kind"], r["version"], r["state"], r["state_schema"], r["hash"]
            )
            for r in rows
        }
        return [found.get(key) for key in keys]

    async def _of(self, tenants: Collection[UUID], query: str, *arguments: Any) -> list[Any]:
        return await patiently(lambda: self._reads.rows(tenants, query, *arguments), self._patience)

    async def _append(self, entries: list[Entry]) -> list[Settled | BaseException]:
        try:
            rows = await patiently(lambda: self._call(entries), self._patience)
        except LedgerUnavailable:
            return [LedgerUnavailable() for _ in entries]
        except Exception as error:  # noqa: BLE001 - handed to whoever it concerns
            if len(entries) == 1:
                return [error]
            # Something in here cannot even be sent; each goes alone so that its owner alone hears of it.
            return [settled for entry in entries for settled in await self._append([entry])]
        settled = settle(entries, rows)
        committed = [e for e, s in zip(entries, settled, strict=True) if s.outcome == "committed"]
        if committed:
            metrics.appended(sum(len(entry.events) for entry in committed), len(entries))
            self.wake()
        return list(settled)

    async def _call(self, entries: list[Entry]) -> list[asyncpg.Record]:
        for entry in entries:
            entry.attempts += 1
        return await self._pool.fetch(sql.append, *arguments(entries))


async def patiently(call: Callable[[], Awaitable[Result]], patience: float = 10.0) -> Result:
    """Calls again while the connection is lost, for so many seconds. Raises LedgerUnavailable.

    What is called must be safe to repeat: a read, or an append, which its command ids make so.
    """
    try:
        try:
            # As a rule; setting out to retry would cost a lone command more than its decision. The limit is
            # because a connection that is cut off at an odd moment can leave asyncpg waiting for ever.
            async with asyncio.timeout(patience):
                return await call()
        except Exception as error:
            if not lost(error):
                raise
            log.warning("database_lost", error=repr(error), attempt=1)
        async for attempt in stamina.retry_context(
            on=lost, timeout=patience, attempts=None, wait_initial=0.05, wait_max=1.0, wait_jitter=0.05
        ):
            with attempt:
                try:
                    async with asyncio.timeout(patience):
                        return await call()
                except Exception as error:
                    if lost(error):
                        log.warning("database_lost", error=repr(error), attempt=attempt.num + 1)
                    raise
    except Exception as error:
        if lost(error) or isinstance(error, BUSY):
            raise LedgerUnavailable from error
        raise
    raise AssertionError  # stamina either returns or raises


def settle(entries: Sequence[Entry], rows: Sequence[Any]) -> list[Settled]:
    """What became of each entry, from what `ledger.append` returned."""
    if len(rows) == 1 and rows[0]["ordinal"] == 0:
        position = rows[0]["position"]
        settled = []
        for entry in entries:
            position += len(entry.events)
            settled.append(Settled("committed", entry.stream_id, entry.expected + 1, entry.version, position))
        return settled
    settled = []
    for entry, row in zip(entries, rows, strict=True):
        outcome = row["outcome"]
        ours = (row["stream_id"], row["first_version"]) == (entry.stream_id, entry.expected + 1)
        if outcome == "repeated" and entry.attempts > 1 and ours:
            outcome = "committed"  # by our own earlier attempt, whose answer was lost on the way
        settled.append(
            Settled(
                outcome,
                row["stream_id"],
                row["first_version"],
                row["version"],
                row["position"],
                row["detail"],
            )
        )
    return settled


def arguments(entries: Sequence[Entry]) -> tuple[list[tuple[Any, ...]], ...]:
    """The arguments of `ledger.append`: rows of commands, events, claims and words, see its migration."""
    through = 0
    commands: list[tuple[Any, ...]] = []
    events: list[tuple[Any, ...]] = []
    claims: list[tuple[Any, ...]] = []
    words: list[tuple[Any, ...]] = []
    for ordinal, entry in enumerate(entries, 1):
        through += len(entry.events)
        commands.append(
            (entry.tenant, entry.command_id, entry.request, entry.stream_id, entry.kind, entry.expected,
             entry.version, through, entry.state, entry.state_schema, entry.hash, entry.recorded_at)
        )  # fmt: skip
        events += [
            (ordinal, event.event_id, entry.tenant, entry.stream_id, event.version, event.type,
             event.schema_version, entry.partition, event.data.decode(), entry.meta, event.occurred_at,
             entry.recorded_at, event.salt, event.digest, event.hash)
            for event in entry.events
        ]  # fmt: skip
        claims += [(ordinal, *claim) for claim in entry.takes]
        words += [(ordinal, *word) for word in entry.words]
    return commands, events, claims, words
