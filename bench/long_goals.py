"""Goals of ten, a hundred and a thousand measurements: what loading one takes, and telling it another measurement."""

from collections.abc import Awaitable, Callable
from statistics import median
from time import perf_counter
from typing import TypeAlias
from uuid import UUID, uuid4

from backbone.collecting import collect_less
from backbone.commands import Order
from goals.aggregates import GOAL
from goals.goal import RecordProgress

from bench.report import Row, Section, ratio_row, row
from bench.school import DISTRICT, OWNER, School, reading, school
from bench.servers import Servers, chain_key, on_uvloop

LENGTHS = (10, 100, 1000)
GOALS, LOADS, TELLS = 20, 15, 4
"""Of each length in a round; of each goal so many loads, and so many further measurements."""
Goals: TypeAlias = dict[int, list[UUID]]
"""By their length."""
WHAT = ("load", "progress in order", "progress told late")


async def measure(servers: Servers, *, quick: bool) -> Section:
    return await on_uvloop(lambda: _measure(servers, quick=quick))


async def _measure(servers: Servers, *, quick: bool) -> Section:
    collect_less(answering=True)  # as a service does
    made = await servers.database("longgoals", "goals")
    took: dict[tuple[str, int], list[float]] = {(what, n): [] for what in WHAT for n in LENGTHS}
    async with school(made.full_url, chain_key(made), 0) as there:
        for at in range(4 if quick else 8):
            goals = {n: [uuid4() for _ in range(GOALS)] for n in LENGTHS}
            for n in LENGTHS:
                await there.begin(goals[n], progress=n)
            rounds = (
                await _loads(there, goals),
                await _tells(there, goals, 1500),
                await _tells(there, goals, 3),
            )
            for what, figures in zip(WHAT, rounds, strict=True):
                for n, figure in figures.items():
                    if at:  # the first round warms up
                        took[what, n].append(figure)
    rows: list[Row] = []
    for what in WHAT:
        rows += [row(f"{what}, goal of {n} measurements", "µs", took[what, n]) for n in LENGTHS]
        rows += [
            ratio_row(
                f"{what}, {n} beside {LENGTHS[0]}",
                took[what, n],
                took[what, LENGTHS[0]],
                at_most=1.5 if (what, n) == ("load", 1000) else None,
            )
            for n in LENGTHS[1:]
        ]
    return Section("Long goals, a lone client", rows)


async def _loads(there: School, goals: Goals) -> dict[int, float]:
    """What a load from PostgreSQL takes, its state read back."""
    return await _taken(goals, LOADS, lambda goal_id, _: there.commands.current(DISTRICT, GOAL.name, goal_id))


async def _tells(there: School, goals: Goals, moment: int) -> dict[int, float]:
    """What a RecordProgress takes, on goals that are in memory, as those are that one works with."""
    commands = [RecordProgress.model_validate_json(reading(moment + n)) for n in range(TELLS + 1)]
    for goal_id in (goal_id for own in goals.values() for goal_id in own):
        await _tell(there, goal_id, commands[0])
    return await _taken(goals, TELLS, lambda goal_id, n: _tell(there, goal_id, commands[n + 1]))


async def _taken(
    goals: Goals, times: int, call: Callable[[UUID, int], Awaitable[object]]
) -> dict[int, float]:
    """The median of so many calls for each goal, in microseconds; the lengths take turns."""
    took: dict[int, list[float]] = {n: [] for n in goals}
    for n in range(times):
        for turn in zip(*goals.values(), strict=True):
            for length, goal_id in zip(goals, turn, strict=True):
                began = perf_counter()
                await call(goal_id, n)
                took[length].append(perf_counter() - began)
    return {length: median(found) * 1e6 for length, found in took.items()}


async def _tell(there: School, goal_id: UUID, command: RecordProgress) -> None:
    command_id = uuid4()
    await there.commands.handle(
        Order(
            aggregate=GOAL, aggregate_id=goal_id, command=command, actor=OWNER, command_id=command_id,
            request=command_id.bytes,
        )
    )  # fmt: skip
