"""Law 10: words stay in `private_words`; erasing a row leaves history whole."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import asyncpg
import httpx
import pytest
from backbone import streams
from backbone.commands import Commands, Order
from backbone.database import NEXT, connected
from backbone.deciding import Aggregate, Refusal
from backbone.ending import end
from backbone.ledger import Ledger
from backbone.local_log import LocalLog
from backbone.projector import Projector
from backbone.rebuild import rebuild
from backbone.relay import Relay
from backbone.service import Service
from backbone.verify import verify
from backbone.words import PrivateText, words_in
from chalkline import postgres
from conftest import TestDatabase, fresh_database
from kit.broker import own_broker
from kit.copies import until
from kit.production_logs import logging_as_in_production
from kit.running import serving
from kit.story import CANARY, SERVICES, Story, Wish
from kit.tally import CHAIN_KEY
from nats.aio.client import Client
from pydantic import BaseModel

pytestmark = pytest.mark.integration


class Replaying:
    """The clock and the facts of the wish that is being granted."""

    wish: Wish

    async def now(self, tenant: UUID) -> datetime:
        return self.wish.now

    def asking(self, order: Order, commands: Commands) -> Any:
        return self.wish.facts


@dataclass(frozen=True)
class Told:
    """A service in which everything was said, committed, projected and relayed."""

    service: Service
    database: TestDatabase
    nc: Client

    async def leaks(self) -> list[str]:
        """Where a canary sings outside `private_words`."""
        found = [f"table {name}" async for name in _tables(self.database)]
        info = await streams.info(self.nc, self.service.name)
        assert info is not None
        assert info.state.messages == await self.database.app.fetchval("SELECT position FROM ledger.head")
        async for part in streams.read(self.nc, self.service.name, after=0, through=info.state.last_seq):
            found += [
                f"stream {m.position}"
                for m in part
                if CANARY in f"{m.subject} {m.payload!r} {dict(m.headers)}"
            ]
        return found

    async def rebuilt(self) -> bool:
        """Whether every projection of its own log can be derived again."""
        owner = await asyncpg.connect(self.database.provisioned.full_owner_url)
        try:
            async with connected(
                self.database.provisioned.full_owner_url, search_path=NEXT, name="next", size=2
            ) as following:
                found = await rebuild(
                    owner, following, package=self.service.name, app_role=self.database.name,
                    projections=self.service.all_projections, swap=True,
                    feed=LocalLog(self.service.name, self.database.owner, None, asyncio.Event()).feed,
                )  # fmt: skip
        finally:
            await owner.close()
        return found.equal and bool(found.events or not self.service.projections)


async def _tables(database: TestDatabase) -> AsyncIterator[str]:
    owned = await database.owner.fetch(
        "SELECT schemaname || '.' || tablename AS name FROM pg_tables"
        " WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
    )
    for row in owned:
        if row["name"] == "ledger.private_words":
            continue
        # bytea reads as hexadecimal
        singing = await database.owner.fetchval(
            f"SELECT count(*) FROM {row['name']} t WHERE t::text ILIKE $1 OR t::text ILIKE $2",
            f"%{CANARY}%",
            f"%{CANARY.encode().hex()}%",
        )
        if singing:
            yield row["name"]


@asynccontextmanager
async def telling(
    name: str,
    server: postgres.Postgres,
    secrets: Path,
    folder: Path,
    spoilt: Any = lambda aggregate: aggregate,
) -> AsyncIterator[Told]:
    """Plays a story's wishes through the service's real commands; `spoilt` may change its aggregates."""
    service: Service = import_module(f"{name}.app").SERVICE

    async def facts(asking: Any, state: Any, command: Any) -> Any:
        return asking

    aggregates = {
        a.name: spoilt(replace(a, facts=facts, authorise=lambda state, command, facts: None))
        for a in service.aggregates
    }
    replaying = Replaying()
    async with fresh_database(server, secrets, name) as database, own_broker(folder) as broker:
        nc = await broker.connect()
        ledger = Ledger(database.app)
        commands = Commands(
            ledger, tuple(aggregates.values()), clock=replaying, gatherer=replaying, chain_key=CHAIN_KEY
        )
        relay = Relay(name, nc, database.app, wake=ledger.woken_by_appends(), holder="test")
        copying = asyncio.create_task(relay.run())
        try:
            for seed in (1, 2):
                for n, wish in enumerate(Story(seed).wishes):
                    if wish.aggregate.events[0].service == name:
                        replaying.wish = wish
                        await _grant(
                            commands, aggregates[wish.aggregate.name], wish, uuid5(wish.own_id, f"{seed}:{n}")
                        )
            projector = Projector(name, service.all_projections, database.app)
            head = await database.app.fetchval("SELECT position FROM ledger.head")
            await LocalLog(name, database.app, projector, asyncio.Event()).feed(projector, head)
            await until(lambda: relay.state == "copying" and relay.lag == 0)
            yield Told(service, database, nc)
        finally:
            await end(copying)


async def _grant(commands: Commands, aggregate: Aggregate[Any], wish: Wish, command_id: UUID) -> None:
    loaded = await commands.current(wish.tenant, aggregate.name, wish.own_id)
    order = Order(
        aggregate=aggregate, aggregate_id=wish.own_id, command=wish.command, actor=wish.facts.by,
        command_id=command_id, request=b"r" * 32, begins=loaded is None,
    )  # fmt: skip
    try:
        await commands.handle(order)
    except Refusal:
        return


@pytest.mark.parametrize("name", SERVICES)
async def test_no_word_leaves_private_words_and_erasing_them_leaves_history_whole(
    name: str,
    postgres_server: postgres.Postgres,
    secrets: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    async with telling(name, postgres_server, secrets, tmp_path) as told:
        kept = await told.database.app.fetchval(
            "SELECT count(*) FROM ledger.private_words WHERE words LIKE $1", f"%{CANARY}%"
        )
        assert bool(kept) == (name != "notifications")
        assert await told.leaks() == []
        before = await verify(told.database.owner, told.nc, name, told.service.aggregates, CHAIN_KEY)
        await told.database.owner.execute("DELETE FROM ledger.private_words")
        report = await verify(told.database.owner, told.nc, name, told.service.aggregates, CHAIN_KEY)
        assert (before.exit_code, report.exit_code) == (0, 0), report.text()
        assert await told.rebuilt()
    captured = capsys.readouterr()
    assert CANARY not in captured.out + captured.err + caplog.text


def _leaky(aggregate: Aggregate[Any]) -> Aggregate[Any]:
    """A decider that puts a name into an event."""

    def decide(state: Any, command: Any, facts: Any, *, now: datetime) -> list[Any]:
        events = aggregate.decide(state, command, facts, now=now)
        texts = [words.text for words in words_in(command)]
        return [e.model_copy(update={"time_zone": texts[0]}) if texts else e for e in events]

    return replace(aggregate, decide=decide) if aggregate.name == "Org" else aggregate


async def test_a_word_in_an_event_would_be_found_everywhere_it_went(
    postgres_server: postgres.Postgres, secrets: Path, tmp_path: Path
) -> None:
    async with telling("directory", postgres_server, secrets, tmp_path, _leaky) as told:
        found = await told.leaks()
    assert {"table ledger.events", "table ledger.streams", "table projections.orgs"} <= set(found)
    assert any(where.startswith("stream") for where in found)


# Every text of every command was said ---------------------------------------------------------------------


def _texts(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    """The fields of a command that hold words, however deep."""
    for name, field in model.model_fields.items():
        about = str(field.annotation) + str(field.metadata)
        if "PrivateText" in about or field.annotation is PrivateText:
            yield prefix + name
        for argument in getattr(field.annotation, "__args__", ()):
            if isinstance(argument, type) and issubclass(argument, BaseModel):
                yield from _texts(argument, f"{prefix}{name}.")


def _said(value: Any, prefix: str = "") -> Iterator[str]:
    for name in type(value).model_fields:
        found = getattr(value, name)
        if isinstance(found, PrivateText) and CANARY in found.text:
            yield prefix + name
        for one in found if isinstance(found, tuple | list) else (found,):
            if isinstance(one, BaseModel):
                yield from _said(one, f"{prefix}{name}.")


def test_every_text_that_a_command_may_hold_has_been_said() -> None:
    aggregates: Sequence[Any] = [a for s in SERVICES for a in import_module(f"{s}.app").SERVICE.aggregates]
    may = {
        (command.__name__, text)
        for a in aggregates
        for command in (*a.begins, *a.commands, *a.internal)
        for text in _texts(command)
    }
    was = {
        (type(wish.command).__name__, text)
        for seed in range(1, 5)
        for wish in Story(seed).wishes
        for text in _said(wish.command)
    }
    assert len(may) > 10
    assert may - was == set()


# Logs of a door --------------------------------------------------------------------------------------------


async def test_a_door_logs_and_answers_without_words_whatever_it_is_sent(
    postgres_server: postgres.Postgres,
    broker: Any,
    secrets: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Accepted, refused, malformed and unauthorised requests, each with words where words belong and where not."""
    problems: list[httpx.Response] = []
    started = serving("directory", server=postgres_server, broker=broker, secrets=secrets, folder=tmp_path)
    with logging_as_in_production():
        async with started as platform:
            await asked(platform.directory, platform.issuer, problems)
        answers = "".join(f"{answer.text} {answer.headers}" for answer in problems)
        captured = capsys.readouterr()
    assert {answer.status_code for answer in problems} <= {200, 201, 400, 401, 403, 404, 409, 422}
    assert len([answer for answer in problems if answer.is_success]) == 1
    assert CANARY not in answers
    assert '"service"' in captured.out
    assert CANARY not in captured.out + captured.err


async def asked(directory: Any, issuer: Any, problems: list[httpx.Response]) -> None:
    """Puts every answer in `problems`."""
    opened = await directory.post(
        "/v1/districts", by=None, tenant=None, name=f"{CANARY} district", time_zone="America/Chicago"
    )
    problems.append(opened)
    tenant = UUID(opened.json()["id"])
    org = await directory.begin("orgs", by=None, tenant=tenant, name=f"{CANARY} school", type="school")
    for n, (path, body) in enumerate(
        (
            (f"/v1/orgs/{org}/change-org", f'{{"name": "{CANARY}", "parent_id": "{UUID(int=9)}"}}'),
            ("/v1/people", f'{{"name": "{CANARY}", "nickname": "{CANARY}"}}'),
            ("/v1/people", f'{{"name": ["{CANARY}"]}}'),
            ("/v1/people", f'{{"name": "{CANARY}", '),
            ("/v1/people", f'{{"name": "{CANARY}\\u0000"}}'),
            ("/v1/people", f'{{"name": "{CANARY}", "experience_band": "{CANARY} {CANARY}"}}'),
        )
    ):
        for headers in (issuer.operator(tenant), {}):
            key = {"Idempotency-Key": str(uuid5(org, str(n))), "Content-Type": "application/json"}
            problems.append(await directory.http.post(path, content=body, headers=headers | key))
