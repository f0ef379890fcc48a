"""What a command of each aggregate costs, beside a goal's, round by round of one run.

All are gathered for, decided, authorised and committed as in their services, each on its service's database, by 64
clients in one process; only the door is left out. The processor's time says what a command costs where others work
too.
"""

import os
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
from backbone.collecting import collect_less
from backbone.commands import Commands, Order
from backbone.database import LIVE, connected
from backbone.deciding import Actor, Aggregate
from backbone.facts import Clock, Facts
from backbone.ledger import Ledger
from backbone.queries import Queries
from backbone.reading import Progress
from backbone.reads import Reads
from chalkline_contracts import directory as d
from chalkline_contracts.event import Event
from directory import aggregates as directory
from directory.aggregates import DISTRICT as DISTRICTS
from directory.aggregates import ORG, PERSON, ROSTER
from goals import aggregates as goals
from notifications import aggregates as notifications
from notifications.aggregates import PREFERENCE
from observations import aggregates as observations

from bench.kinds import ADMINISTRATOR, KINDS, LEAD, REF, SCHOOL, Kind, Turn
from bench.report import Row, Section, ratio_row, row
from bench.school import COACH, DISTRICT, PARTNERSHIP, SYSTEM, TEACHER, begin, driven, nothing
from bench.servers import Servers, chain_key, on_uvloop

CLIENTS = 64
AGGREGATES: dict[str, Sequence[Aggregate[Any]]] = {
    "directory": directory.AGGREGATES,
    "goals": goals.AGGREGATES,
    "observations": observations.AGGREGATES,
    "notifications": notifications.AGGREGATES,
}
KNOWING = Queries("backbone", "sql/knowing")
DEAREST = 1.2
"""Times a goal's."""


@dataclass(frozen=True)
class Costs:
    """Of a command, in one round: how many a second, and microseconds of the processor here and in PostgreSQL."""

    rate: float
    service: float
    database: float


TICK = 1 / os.sysconf("SC_CLK_TCK")


@dataclass(kw_only=True)
class Desk:
    """A service's own machinery on a database of its own, without a door."""

    pool: asyncpg.Pool
    ledger: Ledger
    progress: Progress
    commanding: Callable[[Sequence[Aggregate[Any]]], Commands]
    commands: Commands

    async def worked(self) -> Mapping[int, float]:
        """Seconds that each of this database's processes has worked since it began."""
        query = "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
        return {row["pid"]: _worked(row["pid"]) for row in await self.pool.fetch(query)}


def _worked(pid: int) -> float:
    *_, told = Path(f"/proc/{pid}/stat").read_text().rpartition(")")
    return sum(int(ticks) for ticks in told.split()[11:13]) * TICK


@asynccontextmanager
async def desk(dsn: str, key: bytes, service: str) -> AsyncIterator[Desk]:
    async with connected(dsn, search_path=LIVE, name=service, size=16) as pool:
        ledger, progress = Ledger(pool), Progress()
        facts = Facts(
            Reads(pool), Queries("backbone", "sql/facts"), Queries(service, "sql/facts"),
            sources=["directory", "goals"], progress=progress,
        )  # fmt: skip

        def commanding(aggregates: Sequence[Aggregate[Any]]) -> Commands:
            return Commands(ledger, aggregates, clock=Clock(facts), gatherer=facts, chain_key=key)

        await pool.execute(KNOWING.open_district, DISTRICT, False, None, "America/Chicago")
        everybody, some = [COACH, TEACHER, LEAD, ADMINISTRATOR], [None] * 4
        await pool.execute(KNOWING.know_people, [DISTRICT] * 4, everybody, [True] * 4, some)
        roles = ["coach", "teacher", "coaching_lead", "administrator"]
        since = [date(2020, 8, 1)] * 4
        await pool.execute(
            KNOWING.know_roles, [DISTRICT] * 4, everybody, roles, [SCHOOL] * 4, since, some, [False] * 4
        )
        pair = [[DISTRICT], [PARTNERSHIP], [COACH], [str(TEACHER)], ["agreed"], [datetime.now(UTC)]]
        await pool.execute(KNOWING.know_partnerships, *pair)
        try:
            yield Desk(
                pool=pool, ledger=ledger, progress=progress, commanding=commanding,
                commands=commanding(AGGREGATES[service]),
            )  # fmt: skip
        finally:
            await ledger.close()


@dataclass(frozen=True)
class Doing:
    """One kind, and where and by what it is commanded."""

    desk: Desk
    order: Callable[[int], Order]


def left_out() -> list[str]:
    """Aggregates of which no command is measured. Erasures and operations are every service's, a roster is followed."""
    commanded = {kind.aggregate.name for kind in KINDS.values()} | {ROSTER.name}
    return [one.name for some in AGGREGATES.values() for one in some if one.name not in commanded]


async def measure(servers: Servers, *, quick: bool) -> Section:
    return await on_uvloop(lambda: _measure(servers, quick=quick))


async def _measure(servers: Servers, *, quick: bool) -> Section:
    collect_less(answering=True)  # as a service does
    rounds, seconds, many = (3, 1.0, 1_000) if quick else (7, 2.0, 10_000)
    async with AsyncExitStack() as stack:
        desks = {}
        for service in AGGREGATES:
            made = await servers.database(f"kinds_{service}", service)
            desks[service] = await stack.enter_async_context(desk(made.full_url, chain_key(made), service))
        await _lead(desks["directory"])
        ids = {name: [uuid4() for _ in range(many)] for name in KINDS}
        doing = {}
        for name, kind in KINDS.items():
            await _begin(desks[kind.service], kind, ids[name])
            doing[name] = Doing(desks[kind.service], _orders(name, kind, ids))
        return Section("A command of each aggregate", _rows(await _rounds(doing, rounds, seconds)))


async def _lead(directory: Desk) -> None:
    """Who administers the district, as directory itself knows it."""
    told = {"name_ref": REF, "time_zone": "America/Chicago"}
    for kind, own_id, past in (
        (DISTRICTS, DISTRICT, [d.DistrictOpened(sandbox=False, **told)]),
        (ORG, SCHOOL, [d.OrgOpened(type="district", **told)]),
        (PERSON, LEAD, [
            d.PersonEnrolled(name_ref=REF),
            d.RoleAssigned(role="administrator", org_id=SCHOOL, begin=date(2020, 8, 1)),
        ]),
    ):  # fmt: skip
        await _tell(directory, kind, past, [own_id])


async def _begin(there: Desk, kind: Kind, ids: Sequence[UUID]) -> None:
    """Ever so many of a kind with their past."""
    some = [None] * len(ids)
    if kind.aggregate is PREFERENCE:
        await there.pool.execute(KNOWING.know_people, [DISTRICT] * len(ids), ids, [True] * len(ids), some)
    if kind.aggregate is DISTRICTS:
        for own_id in ids:
            await there.pool.execute(KNOWING.open_district, own_id, False, None, "America/Chicago")
    if kind.past:
        await _tell(there, kind.aggregate, kind.past, ids)


async def _tell(there: Desk, aggregate: Aggregate[Any], past: Sequence[Event], ids: Sequence[UUID]) -> None:
    history = replace(aggregate, decide=lambda *_, **__: past, facts=nothing, claims=_unclaimed)
    of_itself = aggregate is DISTRICTS
    await begin(
        there.commanding([history]),
        history,
        ids,
        lambda own: Actor("system", "bench", own) if of_itself else SYSTEM,
    )


def _orders(name: str, kind: Kind, ids: Mapping[str, Sequence[UUID]]) -> Callable[[int], Order]:
    """The n-th command: lap by lap around all of a kind, or, where none is there, around new ones."""
    own, goals, first = ids[name], ids["goal"], uuid4().int >> 1

    def order(n: int) -> Order:
        turn = Turn(first, n, len(own), goals)
        own_id = own[n % len(own)]
        if not kind.past:
            own_id = UUID(int=(own_id.int >> 1) + (turn.lap if kind.once else turn.lap // 2))
        return Order(
            aggregate=kind.aggregate,
            aggregate_id=own_id,
            command=kind.command(turn),
            actor=kind.by(own_id, turn),
            command_id=turn.command_id(),
            request=n.to_bytes(16, "big"),
            begins=not kind.past and (kind.once or not turn.second),
        )

    return order


async def _rounds(doing: Mapping[str, Doing], rounds: int, seconds: float) -> dict[str, list[Costs]]:
    found: dict[str, list[Costs]] = {name: [] for name in doing}
    numbers = {name: count() for name in doing}
    for n in range(rounds + 1):
        for name, one in doing.items():
            for source in ("directory", "goals"):  # facts are as fresh as where they are projected
                one.desk.progress.known_level(source, 0.0)
            before = await one.desk.worked()
            run = await driven(
                one.desk.commands, CLIENTS, seconds=seconds, numbers=numbers[name], order=one.order
            )
            after = await one.desk.worked()  # of connections that were closed meanwhile nothing is known
            database = sum(after[pid] - before.get(pid, 0) for pid in after) / len(run.took)
            if n:  # the first one warms
                found[name].append(Costs(run.rate, run.cpu * 1e6, database * 1e6))
    return found


def _rows(found: Mapping[str, Sequence[Costs]]) -> list[Row]:
    rows: list[Row] = []
    beside = found["goal"]
    for name, costs in found.items():
        rows += [
            row(f"{name}: commands", "/s", [one.rate for one in costs]),
            row(f"{name}: processor, service", "µs", [one.service for one in costs]),
            row(f"{name}: processor, database", "µs", [one.database for one in costs]),
        ]
    rows += [
        ratio_row(
            f"{name}, of a goal's", [c.service + c.database for c in costs],
            [c.service + c.database for c in beside], at_most=DEAREST,
        )
        for name, costs in found.items()
        if name != "goal"
    ]  # fmt: skip
    return rows


def _unclaimed(_: Any) -> Sequence[Any]:
    """Thousands of cycles of one focus in one partnership: nobody minds here."""
    return ()
