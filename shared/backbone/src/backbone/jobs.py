"""One-shot jobs on a service's own data. Each prints what it found and returns how it ended."""

import argparse
import asyncio
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict
from functools import partial
from typing import Any

import asyncpg
from faststream.nats import NatsBroker
from nats.aio.client import Client

from backbone import parking
from backbone.acting import Ended, NotActed
from backbone.apart import apart
from backbone.blanking import NotBlanked, blank
from backbone.database import LIVE, NEXT, POLICIES, connected
from backbone.deciding import snake_case
from backbone.erasing import TELLS
from backbone.fitting import Unfit
from backbone.importing import NotRecoverable
from backbone.local_log import MANY, LocalLog
from backbone.policies import Policy, PolicyRunner, record_outcomes
from backbone.projector import Projection, Projector
from backbone.queries import Queries
from backbone.reading import Delivery
from backbone.rebuild import rebuild
from backbone.recover import recover_from_log, recover_from_stream
from backbone.rewriting import rewrite_words
from backbone.searching import search
from backbone.service import Running, Service, broker_of, inbox_prefix, running
from backbone.settings import Settings, role_of
from backbone.subscription import Doubt, StreamSource
from backbone.verify import verify

sql = Queries("backbone", "sql/queries")

WORTH_A_PROCESS = 5000
"""Events of a stream that are read in a process of their own."""


def not_acted(service: Service, refused: NotActed, arguments: argparse.Namespace) -> Ended:
    """Nothing was done, and why."""
    told = json.dumps({"error": str(refused), "code": refused.code})
    print(told if arguments.json else f"{service.name}: {refused}")
    return Ended(2, "failed", refused.code)


class NotRebuildable(Exception):
    """A stream that a rebuild reads could not be read whole."""

    def __init__(self, source: str, doubt: Doubt) -> None:
        super().__init__(
            f"the stream of {source} could not be read whole ({doubt}); nothing was changed here.\n"
            f"  → What {source} lost in its stream it fills again by itself: try again. If it stays so,\n"
            f"    `chalkline verify --service {source}` names what is missing, and docs/runbook.md what to do."
        )


async def rebuild_projections(service: Service, settings: Settings, arguments: argparse.Namespace) -> Ended:
    """0 when every projection equals what its logs say; 1 when one differed; 2 when it cannot be done: a source is not
    whole, or the database is another version's.
    """
    async with AsyncExitStack() as stack:
        owner = await asyncpg.connect(settings.owner_dsn())
        stack.push_async_callback(owner.close)
        own_log = await stack.enter_async_context(
            connected(settings.owner_dsn(), search_path=LIVE, name=f"{service.name} rebuild", size=2)
        )
        following = await stack.enter_async_context(
            connected(settings.owner_dsn(), search_path=NEXT, name=f"{service.name} rebuild", size=4)
        )
        broker = await stack.enter_async_context(broker_of(service.name, settings))
        await broker.connect()
        log_reader = LocalLog(service.name, own_log, None, asyncio.Event(), batch=MANY)

        async def feed(projector: Projector, last: int) -> None:
            if projector.source == service.name:
                await log_reader.feed(projector, last)
                return
            try:
                if last - await projector.begin() < WORTH_A_PROCESS:
                    await _read(service, projector, broker, last)
                else:
                    processed = await apart(partial(_read_apart, service, settings, projector, last))
                    projector.processed += processed
                    await projector.begin()
            except Doubt as doubt:
                raise NotRebuildable(projector.source, doubt) from doubt

        try:
            comparison = await rebuild(
                owner, following, package=service.name, app_role=role_of(settings.database_url),
                projections=service.all_projections, feed=feed, swap=not arguments.compare_only,
            )  # fmt: skip
        except (NotRebuildable, Unfit) as reason:
            print(json.dumps({"error": str(reason)}) if arguments.json else f"{service.name}: {reason}")
            return Ended(2, "failed", snake_case(type(reason).__name__))
    told = {**asdict(comparison), "equal": comparison.equal}
    if arguments.json:
        print(json.dumps(told))
    else:
        rows = sum(comparison.tables.values())
        verdict = "equal" if comparison.equal else f"DIFFERENT in {comparison.differing}"
        found = f"{len(comparison.tables)} tables, {rows} rows: {verdict}"
        if not comparison.compared:
            found = "this version's tables, which could not be compared with those of another"
        swapped = ", swapped" if comparison.swapped else ""
        print(f"{service.name}: {comparison.events} events → {found}{swapped}")
    differing = None if comparison.equal else "differing"
    return Ended(0 if comparison.equal else 1, code=differing, n_items=comparison.events)


async def _read(service: Service, projector: Projector, broker: NatsBroker, last: int) -> None:
    """Has a projector process the stream of its source. Raises Doubt."""
    client: Client = await broker.connect()
    source = StreamSource(
        projector.source, broker, client.jetstream(), projector,
        consumer=f"{service.name}_rebuild", inbox_prefix=inbox_prefix(service.name), batch=MANY,
    )  # fmt: skip
    await source.feed(last)


async def _read_apart(service: Service, settings: Settings, like: Projector, last: int) -> int:
    """Has another projector do the same over connections of its own; returns how many deliveries were new to it."""
    async with (
        connected(settings.owner_dsn(), search_path=NEXT, name=f"{service.name} rebuild", size=2) as pool,
        broker_of(service.name, settings) as broker,
    ):
        projector = Projector(like.source, service.all_projections, pool)
        projector.ceilings, projector.settling = like.ceilings, like.settling
        await _read(service, projector, broker, last)
        return projector.processed


async def parked_events(service: Service, settings: Settings, arguments: argparse.Namespace) -> Ended:
    """0 when nothing is parked (any more)."""
    here = settings.model_copy(update={"roles": ()})
    async with (
        running(service, here) as run,
        connected(
            settings.app_dsn(), search_path=POLICIES, name=f"{service.name} parked", size=2
        ) as policy_pool,
    ):
        found = [(run.pool, row) for row in await run.pool.fetch(sql.parked_heads)]
        found += [(policy_pool, row) for row in await policy_pool.fetch(sql.parked_heads)]
        told = []
        for pool, row in found:
            one = {
                key: row[key]
                for key in ("reader", "source", "tenant", "aggregate_id", "position", "events", "error")
            }
            if arguments.action == "retry":
                take = _taking(run, row["reader"])
                one["taken"], one["error"] = await parking.retry_aggregate(
                    pool, row["reader"], row["source"], row["tenant"], row["aggregate_id"], take
                )
            told.append(one)
    if arguments.json:
        print(json.dumps(told, default=str))
    elif not told:
        print(f"{service.name}: nothing is parked")
    for one in told if not arguments.json else ():
        taken = f"; {one['taken']} taken" if "taken" in one else ""
        print(f"{service.name}: {one['reader']} waits at {one['source']}:{one['position']} for {one['aggregate_id']}"
              f" ({one['events']} events{taken}): {one['error'] or 'done'}")  # fmt: skip
    left = any(one["error"] for one in told)
    taken = sum(one.get("taken", 0) for one in told)
    return Ended(1 if left else 0, code="still_parked" if left else None, n_items=taken)


def _taking(run: Running, reader: str) -> Callable[[Any, Delivery], Awaitable[None]]:
    """How the named reader takes one event."""
    for projection in run.service.all_projections:
        if projection.name == reader:

            async def project(db: Any, delivery: Delivery, projection: Projection = projection) -> None:
                await projection.take([delivery.recorded()], db)

            return project
    for policy in run.service.policies:
        if policy.name == reader:

            async def react(db: Any, delivery: Delivery, policy: Policy = policy) -> None:
                runner = PolicyRunner(delivery.source, [policy], run.commands, run.facts, run.pool,
                                      chain_key=run.settings.chain, projected=run.progress)  # fmt: skip
                recorded = delivery.recorded()
                outcomes = await runner.react(policy, recorded)
                await record_outcomes(
                    db, policy.name, [(recorded.event_id, recorded.tenant, o) for o in outcomes]
                )

            return react

    async def nobody(_: Any, delivery: Delivery) -> None:
        delivery.recorded()

    return nobody


async def verify_log(service: Service, settings: Settings, arguments: argparse.Namespace) -> Ended:
    """0 when log, chain, states and stream agree; 1 when something differs, each difference named."""
    async with _beside(service, settings) as (owner, client):
        report = await verify(owner, client, service.name, service.aggregates, settings.chain)
    print(report.to_json() if arguments.json else report.text())
    return Ended(report.exit_code)


async def recover_stream(service: Service, settings: Settings, arguments: argparse.Namespace) -> Ended:
    """0 when log and stream can go on together; 2 when the stream cannot vouch for what the log lost."""
    came_back = None
    async with _beside(service, settings) as (owner, client):
        if arguments.from_log:
            if service.name == TELLS:  # an erasure may be lost: no words until they are asked for again
                await owner.execute(sql.withhold_words)
            history = await recover_from_log(owner, client, service.name)
            told: dict[str, Any] = {"service": service.name, "history": history}
            text = f"{service.name}: the log stays as it is; its history is now {history}, the relay refills the stream"
        else:
            try:
                found = await recover_from_stream(
                    owner, client, service.name, service.aggregates, settings.chain
                )
            except NotRecoverable as reason:
                print(json.dumps({"error": str(reason)}) if arguments.json else f"{service.name}: {reason}")
                return Ended(2, "failed", "not_recoverable")
            told, text = asdict(found), found.text()
            came_back = found.head - found.before
    print(json.dumps(told, default=str) if arguments.json else text)
    return Ended(0, n_items=came_back)


async def rewrite(service: Service, settings: Settings, arguments: argparse.Namespace) -> Ended:
    """0 when the table of words is written anew without what was erased; 1 when an old transaction still keeps some."""
    owner = await asyncpg.connect(settings.owner_dsn())
    try:
        kept = await rewrite_words(owner)
    finally:
        await owner.close()
    text = "written anew" if not kept else f"{kept} erased texts are kept by a transaction that began before"
    print(json.dumps({"kept": kept}) if arguments.json else f"{service.name}: private words: {text}")
    return Ended(int(bool(kept)), code="kept" if kept else None, n_items=kept)


async def search_words(service: Service, settings: Settings, arguments: argparse.Namespace) -> Ended:
    """0 when none of the words of standard input, one a line, is in the database or the stream; 1 when some are."""
    words = [line.strip() for line in sys.stdin if line.strip()]
    if not words:
        raise SystemExit("search looks for the words of its standard input, one a line: there are none")
    async with AsyncExitStack() as stack:
        owner = await asyncpg.connect(settings.owner_dsn())
        stack.push_async_callback(owner.close)
        broker = await stack.enter_async_context(broker_of(service.name, settings))
        records = {kind.name for kind in service.aggregates if not kind.writers}
        found = await search(
            owner, await broker.connect(), service.name, words, records=records, tenant=arguments.tenant
        )
    if arguments.json:
        print(json.dumps(asdict(found)))
    else:
        where = ", ".join(f"{place['n']} in {place.get('table') or 'the stream'}" for place in found.places)
        print(
            f"{service.name}: {found.tables} tables, {found.rows} rows, {found.messages} messages: {where or 'nowhere'}"
        )
        for text in found.texts:
            print(
                f"  {text['ref']}  {text['aggregate']} {text['id']}{', a record' if text['record'] else ''}"
            )
    return Ended(int(bool(found.places)), code="found" if found.places else None, n_items=len(found.texts))


async def release_words(service: Service, settings: Settings, arguments: argparse.Namespace) -> Ended:
    """0: an operator says that every erasure that a log lost was asked for again, and words may be told."""
    owner = await asyncpg.connect(settings.owner_dsn())
    try:
        await owner.execute(sql.release_words)
    finally:
        await owner.close()
    print(json.dumps({"released": True}) if arguments.json else f"{service.name}: words may be told")
    return Ended(0)


async def blank_district(service: Service, settings: Settings, arguments: argparse.Namespace) -> Ended:
    """0 when nothing is left of a district that is closed but that it was there; 1 when an old transaction still keeps
    rows; 2 when it cannot be done.
    """
    owner = await asyncpg.connect(
        settings.owner_dsn(), server_settings={"search_path": LIVE, "jit": "off", "DateStyle": "ISO"}
    )
    try:
        async with running(service, settings.model_copy(update={"roles": ()})) as run:
            found = await blank(run, owner, arguments.tenant)
    except NotBlanked as reason:
        told = json.dumps({"error": str(reason), "code": reason.code})
        print(told if arguments.json else f"{service.name}: {reason} ({reason.code})")
        return Ended(2, "failed", reason.code)
    finally:
        await owner.close()
    print(json.dumps(asdict(found)) if arguments.json else found.text())
    return Ended(int(bool(found.kept)), code="kept" if found.kept else None, n_items=found.events)


@asynccontextmanager
async def _beside(service: Service, settings: Settings) -> AsyncIterator[tuple[asyncpg.Pool, Client]]:
    """The database as its owner, and the broker."""
    name = f"{service.name} operator"
    async with (
        connected(settings.owner_dsn(), search_path=LIVE, name=name, size=4) as owner,
        broker_of(service.name, settings) as broker,
    ):
        yield owner, await broker.connect()
