"""A service, put together: what its `app.py` says it is made of, and the one way every service runs.

SERVICE = Service(name="goals", reads=("directory", "observations"), aggregates=(GOAL, ...), ...)
"""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Callable, Collection, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from math import inf
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import structlog
from faststream.nats import NatsBroker
from nats.aio.client import Client

from backbone.closed import Closed
from backbone.collecting import collect_less
from backbone.commands import Commands
from backbone.database import LIVE, POLICIES, connected
from backbone.deciding import Aggregate
from backbone.ending import end
from backbone.erasing import TELLS, eraser_of
from backbone.errands import Errand
from backbone.facts import Clock, Facts
from backbone.fitting import must_fit
from backbone.knowing import FACTS
from backbone.ledger import Ledger, patiently
from backbone.listening import listen
from backbone.local_log import LocalLog
from backbone.moved_clocks import MovedClocks, answers_standing
from backbone.nats_security import nats_security
from backbone.partitions import Partitions
from backbone.policies import Policy, PolicyRunner
from backbone.projector import Projection, Projector, run_idle
from backbone.queries import Queries
from backbone.questions import Answers, answering
from backbone.reading import LEVEL_FOR, Progress
from backbone.reads import Reads, reader_of
from backbone.relay import Relay
from backbone.retaining import retainer_of
from backbone.settings import Settings, role_of
from backbone.subscription import StreamSource
from backbone.timers import TimerRunner, Timers
from backbone.withholding import withhold

DOZING = 2.5
"""Seconds after which PostgreSQL ends a transaction whose process fell asleep: others wait for what it locked."""

log = structlog.get_logger(__name__)
sql = Queries("backbone", "sql/queries")


@dataclass(frozen=True, kw_only=True)
class Service:
    """What a service is made of. Its package has the same name and holds its `sql`."""

    name: str
    aggregates: Sequence[Aggregate[Any]]
    reads: Sequence[str] = ()
    """Services whose streams it follows."""
    projections: Sequence[Projection] = ()
    """Its own, beside the facts of others that every service keeps."""
    policies: Sequence[Policy] = ()
    timers: Timers | None = None
    answers: Sequence[Answers] = ()
    """Questions of other services."""
    errands: "Callable[[Running], Sequence[Errand]]" = lambda _: ()
    """What it does in the world outside."""
    routes: "Callable[[Running], Sequence[Any]]" = lambda _: ()
    """Lists and boards: Starlette routes that read projections."""

    @property
    def all_projections(self) -> tuple[Projection, ...]:
        return (*FACTS, *self.projections)

    @property
    def sources(self) -> tuple[str, ...]:
        """Everything it projects: its own log first."""
        return (self.name, *self.reads)

    def reacting(self, source: str) -> list[str]:
        """The policies that react to something of a source."""
        return [p.name for p in self.policies if any(e.service == source for e in p.handles)]


@dataclass(kw_only=True)
class Running:
    """A service at work: its parts, for doors and lists and for whoever asks how it is."""

    service: Service
    settings: Settings
    pool: asyncpg.Pool
    reads: Reads
    """Of what is read for somebody; `pool` serves all districts at once."""
    ledger: Ledger
    commands: Commands
    facts: Facts
    clock: Clock
    progress: Progress
    closed: Closed
    relay: Relay | None = None
    partitions: Partitions | None = None
    policies: list[PolicyRunner] = field(default_factory=list)
    timers: TimerRunner | None = None
    moved_clocks: MovedClocks | None = None
    errands: Sequence[Errand] = ()
    nats: Client

    async def rows(self, of: UUID | Collection[UUID], query: str, *arguments: Any) -> list[Any]:
        """What a query finds of a district, or of these, asked again while the connection is lost.

        Raises LedgerUnavailable.
        """
        whose = (of,) if isinstance(of, UUID) else of
        return await patiently(lambda: self.reads.rows(whose, query, *arguments))

    async def rows_of_all(self, query: str, *arguments: Any) -> list[Any]:
        """The same of all districts, for an operator of none."""
        return await patiently(lambda: self.pool.fetch(query, *arguments))

    async def reached(self, source: str, partition: int, position: int, *, within: float = 2.0) -> bool:
        """Whether a position of a source is projected, waiting a little for it.

        Where another process projects that partition, the database is asked.
        """
        if source not in self.service.sources:
            return True  # nothing shown here depends on it
        until = asyncio.get_running_loop().time() + within
        while True:
            left = until - asyncio.get_running_loop().time()
            if self.progress.holds(source, partition):
                if await self.progress.reached(source, partition, position, within=min(max(left, 0.0), 0.25)):
                    return True
            else:
                stands = await self.pool.fetchval(sql.checkpoint_of, source, partition)
                if (stands or 0) >= position:
                    return True
                await asyncio.sleep(0.02)
            if left <= 0:
                return False

    async def derived(self) -> bool:
        """Whether what lists show was whole at some time since their tables were made or emptied: late it may be."""
        own = self.service.name
        if self.progress.whole(own) and self.progress.level_age(own) < inf:
            return True
        return bool(await self.pool.fetchval(sql.derived, own))

    async def compared(self, *, within: float = 10.0) -> None:
        """Waits until the relay has compared stream and log once: what is accepted on a log that was restored
        to an earlier moment could no longer be told from what the stream remembers.
        """
        if self.relay is not None:
            with suppress(TimeoutError):
                async with asyncio.timeout(within):
                    await self.relay.looked.wait()

    async def read(self) -> dict[str, int]:
        """Up to where each source, its own log included, has been projected and reacted to, by all replicas."""
        read = {source: await self.projected(source) for source in self.service.sources}
        for source, projected in read.items():
            if self.service.reacting(source):
                read[source] = min(projected, await self._reacted(source))
        return read

    async def due(self, tenant: UUID) -> int:
        """How many timers and errands of a district should have happened by its clock and have not.

        A clock that moved and is not gone by yet is one more.
        """
        ahead = len(await self.pool.fetch(sql.clocks_ahead, tenant)) if self.service.timers else 0
        timers = await self.timers.due(tenant) if self.timers else 0
        return ahead + timers + sum([await errand.due(tenant) for errand in self.errands])

    async def queued(self) -> int:
        """How many events of its sources this service has yet to project or react to."""
        position = await self.pool.fetchval(sql.head_position)
        self.progress.head(self.service.name, position)
        projected = {source: await self.projected(source) for source in self.service.sources}
        waiting = 0
        for source, through in projected.items():
            if asked := self.progress.asked(source):
                waiting += max(0, asked[0] - through)
        for runner in self.policies:
            runner.progress.head(runner.source, self.progress.seen(runner.source))
            waiting += max(0, projected[runner.source] - await self._reacted(runner.source))
        return waiting + (self.relay.lag if self.relay else 0)

    async def projected(self, source: str) -> int:
        """Up to where a source is projected, by all replicas."""
        if self.progress.whole(source):
            return self.progress.seen(source)
        return await self.pool.fetchval(sql.projected_through, source) or 0

    async def _reacted(self, source: str) -> int:
        for runner in self.policies:
            if runner.source == source and runner.progress.whole(source):
                return runner.progress.seen(source)
        return await self.pool.fetchval(sql.reacted_through, source, self.service.reacting(source)) or 0


@asynccontextmanager
async def running(service: Service, settings: Settings) -> AsyncIterator[Running]:
    """Starts the parts that `settings.roles` names; stops them in reverse at the end."""
    async with AsyncExitStack() as stack:
        pool = await stack.enter_async_context(
            connected(settings.app_dsn(), search_path=LIVE, name=service.name, size=12, dozing=DOZING)
        )
        reading_pool = await stack.enter_async_context(
            connected(
                settings.app_dsn(),
                search_path=LIVE,
                name=f"{service.name} reads",
                size=12,
                dozing=DOZING,
                reader=reader_of(role_of(settings.database_url)),
            )
        )
        policy_pool = await stack.enter_async_context(
            connected(
                settings.app_dsn(),
                search_path=POLICIES,
                name=f"{service.name} policies",
                size=4,
                dozing=DOZING,
            )
        )
        broker = await stack.enter_async_context(broker_of(service.name, settings))
        client: Client = await broker.connect()
        progress = Progress()
        reads = Reads(reading_pool)
        ledger = Ledger(pool, reads)
        facts = Facts(
            reads,
            Queries("backbone", "sql/facts"),
            Queries(service.name, "sql/facts"),
            sources=[s for s in service.sources if s in ("directory", "goals")],
            progress=progress,
        )
        clock = Clock(facts)
        commands = Commands(
            ledger, service.aggregates, clock=clock, gatherer=facts, chain_key=settings.chain
        )  # fmt: skip
        closed = Closed(pool)
        if service.name != TELLS:  # which decides by the state of the district itself
            commands.closed = closed
        run = Running(
            service=service, settings=settings, pool=pool, reads=reads, ledger=ledger, commands=commands, facts=facts,
            clock=clock, progress=progress, closed=closed, nats=client,
        )  # fmt: skip
        run.errands = (eraser_of(run), retainer_of(run), *service.errands(run))
        ledger.withheld = bool(settings.roles)
        tasks = await stack.enter_async_context(_tasks())
        await closed.look()
        tasks("closed districts", closed.run)
        if {"relay", "projector"} & set(settings.roles):  # a door alone reads no log
            tasks("listening", lambda: listen(pool, ledger.wake))
        if settings.roles:
            _start_relay(run, tasks)
        if "projector" in settings.roles:
            _start_projector(run, tasks, broker, policy_pool)
            for errand in run.errands:
                tasks(errand.name, errand.run)
        await _ask_levels(run)
        tasks("levels", lambda: _keep_asking_levels(run))
        tasks("words", lambda: withhold(run))
        if "door" in settings.roles:
            await stack.enter_async_context(answering(broker, run, answers_standing(service.name)))
        collect_less(answering="door" in settings.roles)
        yield run
        await ledger.close()


def _start_relay(run: Running, tasks: "Start") -> None:
    def fault(code: str | None) -> None:
        run.commands.refused_because = code
        run.commands.forget()

    run.relay = Relay(
        run.service.name,
        run.nats,
        run.pool,
        wake=run.ledger.woken_by_appends(),
        holder=f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex[:8]}",
        fault=fault,
        replicas=run.settings.stream_replicas,
        copies="relay" in run.settings.roles,
    )
    tasks("relay", run.relay.run)


def _start_projector(run: Running, tasks: "Start", broker: NatsBroker, policy_pool: asyncpg.Pool) -> None:
    service, settings = run.service, run.settings
    partitions = run.partitions = Partitions(run.pool, name=settings.replica, changed=run.ledger.wake)
    tasks("partitions", partitions.run)
    if service.timers is not None:
        run.timers = TimerRunner(
            run.pool, run.commands, service.timers,
            chain_key=settings.chain, partitions=partitions, sources=service.sources,
        )  # fmt: skip
        tasks("timers", run.timers.run)
        run.moved_clocks = MovedClocks(run, run.timers.wake.set)
        tasks("moved clocks", run.moved_clocks.run)

    def committed() -> None:
        for waiting in (run.timers, run.moved_clocks):
            if waiting is not None:
                waiting.wake.set()

    readers: list[tuple[str, Any]] = []
    for source in service.sources:
        projector = Projector(
            source, service.all_projections, run.pool, progress=run.progress, committed=committed,
            partitions=partitions, fits=partial(must_fit, run.pool, service.name),
        )  # fmt: skip
        readers.append(("projections", projector))
        if service.reacting(source):
            runner = PolicyRunner(
                source,
                service.policies,
                run.commands,
                run.facts,
                policy_pool,
                chain_key=settings.chain,
                projected=run.progress,
                partitions=partitions,
                sources=service.sources,
            )
            run.policies.append(runner)
            readers.append(("policies", runner))
    for kind, reader in readers:
        tasks(f"{kind} of {reader.source}", _reading(run, broker, kind, reader))
        tasks(f"idle {kind} of {reader.source}", partial(run_idle, reader))


async def _ask_levels(run: Running) -> None:
    found = {row["source"]: row["age"] for row in await run.pool.fetch(sql.level_sources, LEVEL_FOR)}
    for source in run.service.sources:
        if not run.progress.whole(source):
            run.progress.known_level(source, found.get(source, inf))


async def _keep_asking_levels(run: Running) -> None:
    """What other processes project, the database knows whether it was level."""
    while True:
        await asyncio.sleep(2.0)
        await _ask_levels(run)


def _reading(run: Running, broker: NatsBroker, kind: str, reader: Any) -> "Job":
    if reader.source == run.service.name:
        wake = run.ledger.woken_by_appends()
        return LocalLog(run.service.name, run.pool, reader, wake).run
    return StreamSource(
        reader.source,
        broker,
        run.nats.jetstream(),
        reader,
        consumer=f"{run.service.name}_{kind}",
        inbox_prefix=inbox_prefix(run.service.name),
    ).run


Job = Callable[[], Coroutine[Any, Any, None]]
Start = Callable[[str, Job], None]


@asynccontextmanager
async def _tasks() -> AsyncIterator[Start]:
    """Starts jobs that are begun again when they fail, until the end."""
    started: list[asyncio.Task[None]] = []

    def start(name: str, job: Job) -> None:
        started.append(asyncio.create_task(_for_ever(name, job), name=name))

    try:
        yield start
    finally:
        await end(*started)


async def _for_ever(name: str, job: Job) -> None:
    """Runs a job; when it fails, runs it again after a while that grows while it keeps failing."""
    pause = 0.1
    while True:
        began = asyncio.get_running_loop().time()
        try:
            await job()
        except Exception as error:  # noqa: BLE001 - whatever it was, the job is begun again
            log.warning("job_failed", job=name, error=repr(error), again_in=round(pause, 1))
        if asyncio.get_running_loop().time() - began > 30:
            pause = 0.1
        await asyncio.sleep(pause)
        pause = min(pause * 2, 5.0)


def inbox_prefix(service: str) -> str:
    """Where answers to a service come in; its NATS identity may listen nowhere else."""
    return f"_INBOX_{service}"


@asynccontextmanager
async def broker_of(name: str, settings: Settings) -> AsyncIterator[NatsBroker]:
    """The service's NATS identity, to be connected; it reconnects for ever."""

    async def on_error(error: Exception) -> None:
        log.warning("nats_error", error=str(error))

    ending = False

    async def on_disconnect() -> None:
        if not ending:
            log.warning("nats_disconnected")

    async def on_reconnect() -> None:
        log.info("nats_reconnected")

    broker = NatsBroker(
        settings.nats_url,
        name=name,
        security=nats_security(settings),
        inbox_prefix=inbox_prefix(name),
        max_reconnect_attempts=-1,
        reconnect_time_wait=1,
        ping_interval=5,
        max_outstanding_pings=2,
        error_cb=on_error,
        disconnected_cb=on_disconnect,
        reconnected_cb=on_reconnect,
        apply_types=False,
        logger=None,
    )
    try:
        yield broker
    finally:
        ending = True
        await broker.stop()
