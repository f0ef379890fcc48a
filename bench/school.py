"""A school to measure with: many active goals, and progress to record on them.

The goals' histories are appended by the real ledger; only the decisions to agree on them are left out.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from itertools import count
from time import perf_counter, process_time
from typing import Any
from uuid import UUID, uuid4

import asyncpg
from backbone import chain
from backbone.commands import Commands, Order
from backbone.database import LIVE, connected
from backbone.deciding import Actor, Aggregate
from backbone.facts import Clock, Facts
from backbone.ledger import Ledger
from backbone.queries import Queries
from backbone.reading import Progress
from backbone.reads import Reads
from chalkline_contracts import goals as told
from chalkline_contracts.event import Event
from chalkline_contracts.measurement import Measurement, Metric
from chalkline_contracts.values import WordsRef
from goals.aggregates import GOAL
from goals.goal import RecordProgress

SENT: list[RecordProgress] = []
"""Commands as a door has read them; filled by `school`."""

DISTRICT, COACH, TEACHER, PARTNERSHIP, CYCLE = (uuid4() for _ in range(5))
OWNER = Actor("person", str(TEACHER), DISTRICT)
SYSTEM = Actor("system", "bench", DISTRICT)
BEGAN = datetime.now(UTC) - timedelta(days=40)


@dataclass(kw_only=True)
class School:
    """The goals service's own machinery on one database, without a door."""

    pool: asyncpg.Pool
    commanding: Callable[[Aggregate[Any]], Commands]
    """Handles the commands of one kind of thing."""
    commands: Commands
    ledger: Ledger
    chain_key: bytes
    goals: list[UUID]

    async def begin(self, goals: Sequence[UUID], *, progress: int = 0) -> None:
        """Makes goals active, each with so much progress recorded afterwards."""
        history = replace(GOAL, decide=partial(until_active, progress=progress), facts=nothing)
        await begin(self.commanding(history), history, goals)

    def progress(self, n: int) -> Order:
        """The n-th progress: the goals take turns."""
        return Order(
            aggregate=GOAL,
            aggregate_id=self.goals[n % len(self.goals)],
            command=SENT[n % len(SENT)],
            actor=OWNER,
            command_id=uuid4(),
            request=n.to_bytes(16, "big"),
        )

    async def run(
        self,
        clients: int,
        *,
        seconds: float,
        numbers: "count[int]",
        order: Callable[[int], Order] | None = None,
    ) -> "Run":
        """As many commands, progress unless another order is given, as so many clients get answered in so many
        seconds.
        """
        ordered = order or self.progress
        return await driven(self.commands, clients, seconds=seconds, numbers=numbers, order=ordered)


async def driven(
    commands: Commands, clients: int, *, seconds: float, numbers: "count[int]", order: Callable[[int], Order]
) -> "Run":
    """As many commands as so many clients get answered in so many seconds."""
    took: list[float] = []
    began, used = perf_counter(), process_time()
    until = began + seconds

    async def client() -> None:
        while (sent := perf_counter()) < until:
            await commands.handle(order(next(numbers)))
            took.append(perf_counter() - sent)

    await asyncio.gather(*(client() for _ in range(clients)))
    return Run(len(took) / (perf_counter() - began), sorted(took), (process_time() - used) / len(took))


@dataclass(frozen=True)
class Run:
    rate: float
    took: Sequence[float]
    cpu: float
    """Seconds of this process for each."""

    def at(self, quantile: float) -> float:
        """A quantile of how long one took, in milliseconds."""
        return self.took[min(len(self.took) - 1, int(len(self.took) * quantile))] * 1000


def reading(n: int) -> bytes:
    """The body of a RecordProgress, below the target."""
    return (
        b'{"measurement":{"metric_code":"on_task","kind":"intervals_on_task","numerator":%d,"denominator":100,'
        b'"direction":"increase","occurred_at":"%s","window_s":1200,"instrument":"time-on-task@1",'
        b'"source":"observation"}}' % (30 + n % 40, _moment(n).encode())
    )


def _moment(n: int) -> str:
    return (BEGAN + timedelta(days=2, seconds=n)).isoformat()


class school:  # noqa: N801 - used like a function: `async with school(...)`
    """The machinery on a migrated database of goals, with so many active goals in it."""

    def __init__(self, dsn: str, chain_key: bytes, goals: int, *, progress: int = 0) -> None:
        self._dsn, self._chain_key, self._goals, self._progress = dsn, chain_key, goals, progress
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> School:
        pool = await self._stack.enter_async_context(
            connected(self._dsn, search_path=LIVE, name="goals", size=16)
        )
        ledger = Ledger(pool)
        self._stack.push_async_callback(ledger.close)
        await pool.execute(
            Queries("backbone", "sql/knowing").open_district, DISTRICT, False, None, "America/Chicago"
        )
        facts = Facts(
            Reads(pool), Queries("backbone", "sql/facts"), sources=["directory", "goals"], progress=Progress()
        )

        def commanding(aggregate: Aggregate[Any]) -> Commands:
            return Commands(
                ledger, [aggregate], clock=Clock(facts), gatherer=facts, chain_key=self._chain_key
            )

        found = School(
            pool=pool, commanding=commanding, commands=commanding(GOAL), ledger=ledger, chain_key=self._chain_key,
            goals=[uuid4() for _ in range(self._goals)],
        )  # fmt: skip
        SENT[:] = [RecordProgress.model_validate_json(reading(n)) for n in range(2000)]
        await found.begin(found.goals, progress=self._progress)
        return found

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()


async def begin(
    commands: Commands,
    history: Aggregate[Any],
    goals: Sequence[UUID],
    by: Callable[[UUID], Actor] = lambda _: SYSTEM,
) -> None:
    """Appends to each goal what happens until it is active."""
    waiting = iter(goals)

    async def client() -> None:
        for goal_id in waiting:
            await commands.handle(
                Order(
                    aggregate=history,
                    aggregate_id=goal_id,
                    command=RecordProgress.model_validate_json(reading(0)),
                    actor=by(goal_id),
                    command_id=uuid4(),
                    request=chain.request_hash(b"bench", goal_id.bytes),
                )
            )

    await asyncio.gather(*(client() for _ in range(64)))


def until_active(*_: Any, now: datetime, progress: int = 0) -> list[Event]:
    """What a goal's history says by the time it is active, and of so much progress afterwards."""
    del now
    within: dict[str, Any] = {"cycle_id": CYCLE, "partnership_id": PARTNERSHIP}
    metric = Metric(metric_code="on_task", kind="intervals_on_task", unit="intervals", direction="increase")
    baseline = Measurement(
        measurement_id=uuid4(), recorded_by=COACH, metric_code="on_task", kind="intervals_on_task",
        numerator=30, denominator=100, direction="increase", occurred_at=BEGAN, window_s=1200,
        instrument="time-on-task@1", source="observation",
    )  # fmt: skip
    terms: dict[str, Any] = {
        "statement_ref": WordsRef(ref=uuid4(), digest="00" * 32),
        "metric": metric,
        "target": "4/5",
        "due_on": date.today() + timedelta(days=60),  # noqa: DTZ011 - any day will do
        "required_consecutive": 2,
    }
    peers = told.Peers(
        powerful=True, easy=True, emotionally_compelling=True, reachable=True, student_focused=True
    )
    owners: dict[str, Any] = {"coach_id": COACH, "owner_ids": (TEACHER,)}
    return [
        told.GoalDrafted(**within, **owners, focus="engagement", time_zone="America/Chicago"),
        told.BaselineRecorded(**within, measurements=(baseline,)),
        told.GoalProposed(**within, **terms, by=COACH, peers=peers),
        told.GoalAgreed(**within, by=COACH),
        told.GoalAgreed(**within, by=TEACHER),
        told.GoalSet(
            **within, **owners, **terms, goal_version=1, baseline="3/10", agreed_by=(COACH, TEACHER)
        ),
        *(
            told.ProgressMeasured(**within, measurement=taken.recorded(uuid4(), TEACHER))
            for taken in (SENT[n].measurement for n in range(progress))
        ),
    ]


async def nothing(*_: Any) -> None:
    return None
