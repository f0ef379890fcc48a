"""Law 12: time is an argument; the tenant's clock decides, records and fires, the wall clock makes ids."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pytest
from backbone.commands import Answer, Commands, Order
from backbone.deciding import Actor, Aggregate, Command
from backbone.facts import Clock, Facts
from backbone.knowing import FACTS
from backbone.ledger import Ledger
from backbone.local_log import LocalLog
from backbone.projector import Projector
from backbone.queries import Queries
from backbone.reading import Progress
from backbone.reads import Reads
from backbone.timers import TimerRunner, Timers
from chalkline_contracts.event import Event
from chalkline_contracts.values import Time
from conftest import TestDatabase
from directory.aggregates import DISTRICT
from directory.district import AdvanceClock, OpenDistrict
from kit.tally import CHAIN_KEY
from notifications.aggregates import CYCLE_WATCH
from notifications.cycle_watch import ReachMilestone

pytestmark = pytest.mark.integration

SANDBOX, REAL = UUID(int=0x5A), UUID(int=0x4E)
LATER = datetime.now(UTC).replace(microsecond=0) + timedelta(days=100)


class Town:
    """Directory's districts, and what is watched in them, with the real clock and real facts."""

    def __init__(self, database: TestDatabase, clock: type[Clock] = Clock) -> None:
        self.pool = database.app
        self.projector = Projector("directory", FACTS, database.app)
        facts = Facts(
            Reads(database.app), Queries("backbone", "sql/facts"), sources=["directory"], progress=Progress()
        )
        self.clock = clock(facts)
        self.commands = Commands(
            Ledger(database.app),
            [DISTRICT, CYCLE_WATCH],
            clock=self.clock,
            gatherer=self,
            chain_key=CHAIN_KEY,
        )

    def asking(self, order: Order, commands: Commands) -> Any:
        async def state(kind: str, aggregate_id: UUID) -> Any:
            return await commands.state(order.tenant, kind, aggregate_id)

        return SimpleNamespace(by=order.actor, command_id=order.command_id, aggregate_id=order.aggregate_id,
                               tenant=order.tenant, state=state, level=True)  # fmt: skip

    async def __call__(
        self,
        tenant: UUID,
        command: Command,
        aggregate: Aggregate[Any] = DISTRICT,
        aggregate_id: UUID | None = None,
    ) -> Answer:
        answer = await self.commands.handle(
            Order(
                aggregate=aggregate, aggregate_id=aggregate_id or tenant, command=command,
                actor=Actor("system", "it", tenant), command_id=uuid4(), request=b"r",
            )
        )  # fmt: skip
        await self.project()
        return answer

    async def project(self) -> None:
        log = LocalLog("directory", self.pool, self.projector, asyncio.Event())
        await log.feed(self.projector, await self.pool.fetchval("SELECT position FROM ledger.head"))

    async def open(self) -> None:
        for tenant, sandbox in ((SANDBOX, True), (REAL, False)):
            told = {"name": "A", "sandbox": sandbox, "time_zone": "America/Chicago"}
            await self(tenant, OpenDistrict.model_validate(told))

    async def reach(self, tenant: UUID, due_at: datetime, occurrence: str = "once") -> Answer:
        command = ReachMilestone(
            milestone="VisitOverdue", rule_version=1, occurrence=occurrence, due_at=due_at
        )
        return await self(tenant, command, CYCLE_WATCH, UUID(int=tenant.int + 1))

    async def events(self, tenant: UUID) -> Sequence[Any]:
        return await self.pool.fetch(
            "SELECT * FROM ledger.events WHERE tenant = $1 ORDER BY position", tenant
        )


async def a_sandbox_stands_still(database: TestDatabase, clock: type[Clock]) -> None:
    town = Town(database, clock)
    before = datetime.now(UTC)
    await town.open()
    opened = (await town.events(SANDBOX))[0]["recorded_at"]
    assert await town.clock.now(SANDBOX) == opened
    await asyncio.sleep(0.05)
    assert await town.clock.now(SANDBOX) == opened
    assert before <= opened < await town.clock.now(REAL)

    await town(SANDBOX, AdvanceClock(to=LATER))
    assert await town.clock.now(SANDBOX) == LATER
    assert abs(await town.clock.now(REAL) - datetime.now(UTC)) < timedelta(seconds=5)

    due = LATER - timedelta(hours=2)
    await town.reach(SANDBOX, due)
    recorded = (await town.events(SANDBOX))[-1]
    assert (recorded["occurred_at"], recorded["recorded_at"]) == (due, LATER)


async def test_a_sandbox_stands_still_until_it_is_advanced_and_decides_and_records_by_its_clock(
    database: TestDatabase,
) -> None:
    await a_sandbox_stands_still(database, Clock)


class OnTheWall(Clock):
    async def now(self, tenant: UUID) -> datetime:
        return datetime.now(UTC)


async def test_a_service_that_looked_at_the_wall_would_be_found_out(database: TestDatabase) -> None:
    with pytest.raises(AssertionError):
        await a_sandbox_stands_still(database, OnTheWall)


async def test_an_event_id_tells_the_wall_clock_and_ids_keep_their_order(database: TestDatabase) -> None:
    """UUIDv7 begins with 48 bits of milliseconds."""
    town = Town(database)
    await town.open()
    await town(SANDBOX, AdvanceClock(to=LATER))
    for n in range(5):
        await town.reach(SANDBOX, LATER, str(n))
    ids = [row["event_id"] for row in await town.events(SANDBOX)]
    now = datetime.now(UTC).timestamp() * 1000
    assert all(UUID(str(i)).version == 7 and abs((i.int >> 80) - now) < 60_000 for i in ids)
    assert [i.int >> 80 for i in ids] == sorted(i.int >> 80 for i in ids)


DUE = """
SELECT a.tenant, 'visit' AS rule, 1 AS rule_version, a.cycle_id, 'once' AS occurrence, a.due_at
  FROM alarms a JOIN districts d USING (tenant)
 WHERE a.due_at <= CASE WHEN d.sandbox THEN d.clock ELSE $1 END AND 0 = ANY ($3::smallint[]) LIMIT $2
"""


@pytest.mark.parametrize(
    ("due", "fires"), [(DUE, True), (DUE.replace("WHEN d.sandbox", "WHEN false"), False)]
)
async def test_timers_fire_by_the_tenants_clock(database: TestDatabase, due: str, fires: bool) -> None:
    """The second query asks the world's clock instead, and so does not fire what a sandbox's advance made due."""
    town = Town(database)
    await town.open()
    await database.owner.execute(
        "CREATE TABLE projections.alarms (tenant uuid, cycle_id uuid, due_at timestamptz)"
    )
    await database.owner.execute(f'GRANT ALL ON projections.alarms TO "{database.name}"')
    for tenant in (SANDBOX, REAL):
        await database.app.execute("INSERT INTO alarms VALUES ($1, $2, $3)", tenant, uuid4(), LATER)

    def ring(row: Any) -> Command:
        return ReachMilestone(
            milestone="VisitOverdue", rule_version=1, occurrence="once", due_at=row["due_at"]
        )

    timers = TimerRunner(
        database.app,
        town.commands,
        Timers(due=due, aggregate="CycleWatch", command=ring),
        chain_key=CHAIN_KEY,
    )
    assert await timers.fire_due() == 0
    await town(SANDBOX, AdvanceClock(to=LATER + timedelta(days=1)))
    assert await timers.fire_due() == (1 if fires else 0)
    if fires:
        last = (await town.events(SANDBOX))[-1]
        assert (last["occurred_at"], last["recorded_at"]) == (LATER, LATER + timedelta(days=1))
        assert len(await town.events(REAL)) == 1


def test_a_naive_time_is_no_time() -> None:
    from pydantic import ValidationError

    class Late(Event, service="probe", aggregate="Tally"):
        at: Time

    with pytest.raises(ValidationError):
        Late.model_validate({"at": "2026-03-01T09:00:00"})
