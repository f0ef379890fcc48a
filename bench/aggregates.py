"""What a command of each aggregate of goals costs, beside a goal's, round by round of one run.

All are decided, authorised and committed as in the service, by 64 clients in one process; only the door is left out.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID, uuid4, uuid5

from backbone.collecting import collect_less
from backbone.commands import Commands, Order
from backbone.deciding import Aggregate, Command
from backbone.facts import Clock, Facts
from backbone.queries import Queries
from backbone.reading import Progress
from chalkline_contracts import goals as told
from chalkline_contracts.event import Event
from chalkline_contracts.values import WordsRef
from goals.action_step import PractiseActionStep
from goals.aggregates import ACTION_STEP, AGGREGATES, CYCLE, INITIATIVE, PARTNERSHIP
from goals.cycle import PauseCycle, ResumeCycle
from goals.initiative import LinkGoalToInitiative
from goals.partnership import GrantShare, RevokeShare

from bench.report import Row, Section, ratio_row, row
from bench.school import (
    COACH,
    DISTRICT,
    OWNER,
    TEACHER,
    School,
    begin,
    nothing,
    school,
)
from bench.school import (
    CYCLE as THEIR_CYCLE,
)
from bench.school import (
    PARTNERSHIP as THEIR_PARTNERSHIP,
)
from bench.servers import Servers, chain_key, on_uvloop

CLIENTS = 64
SHARED = told.ShareScope()
WITHIN: dict[str, Any] = {"cycle_id": THEIR_CYCLE, "partnership_id": THEIR_PARTNERSHIP}
PAIR: dict[str, Any] = {"coach_id": COACH, "teacher_ids": (TEACHER,)}


@dataclass(frozen=True)
class Kind:
    """One aggregate, what had happened to each of its kind before, and the n-th command to one of them."""

    aggregate: Aggregate[Any]
    past: Sequence[Event]
    command: Callable[[int, "Here"], Command]


@dataclass(frozen=True)
class Here:
    """How many there are of a kind, the goals beside them, and the id of an earlier command."""

    many: int
    goals: Sequence[UUID]

    def command_id(self, n: int) -> UUID:
        return uuid5(DISTRICT, str(n))


def pause(n: int, here: Here) -> Command:
    return ResumeCycle() if (n // here.many) % 2 else PauseCycle(reason_code="leave")


def share(n: int, here: Here) -> Command:
    if (n // here.many) % 2:
        return RevokeShare(share_id=uuid5(here.command_id(n - here.many), "0"))
    return GrantShare(scope=SHARED, audience=(COACH,), expires_at=datetime.now(UTC) + timedelta(days=90))


def link(n: int, here: Here) -> Command:
    return LinkGoalToInitiative(goal_id=here.goals[(n // here.many) % len(here.goals)])


KINDS = {
    "partnership": Kind(
        PARTNERSHIP,
        (
            told.PartnershipProposed(**PAIR, template="impact-cycle@1", confidentiality_policy_version=1),
            told.PartnershipAgreed(**PAIR),
        ),
        share,
    ),
    "cycle": Kind(
        CYCLE,
        (
            told.CycleStarted(
                **PAIR, partnership_id=THEIR_PARTNERSHIP, focus="engagement", template="impact-cycle@1",
                phases=("identify", "learn", "improve"), planned_weeks=6, cadence_days=14,
            ),
        ),
        pause,
    ),
    "action step": Kind(
        ACTION_STEP,
        (
            told.ActionStepOffered(
                **WITHIN, coach_id=COACH, teacher_id=TEACHER, strategy_code="cold_call",
                check_back_on=date(2030, 1, 1), offered_by=COACH,
            ),
            told.ActionStepResponded(**WITHIN, response="accepted", by=TEACHER),
        ),
        lambda _, __: PractiseActionStep(),
    ),
    "initiative": Kind(
        INITIATIVE,
        (told.InitiativeLaunched(name_ref=WordsRef(ref=uuid4(), digest="00" * 32), begin=date(2026, 1, 5)),),
        link,
    ),
}  # fmt: skip


async def measure(servers: Servers, *, quick: bool) -> Section:
    return await on_uvloop(lambda: _measure(servers, quick=quick))


async def _measure(servers: Servers, *, quick: bool) -> Section:
    collect_less()  # as a service does
    rounds, seconds, many = (3, 1.0, 1_000) if quick else (5, 3.0, 10_000)
    made = await servers.database("aggregates", "goals")
    async with school(made.full_url, chain_key(made), many) as there:
        progress = Progress()
        doing = await _all(there, progress, many)
        rates: dict[str, list[float]] = {name: [] for name in ("goal", *doing)}
        numbers = {name: count() for name in rates}
        for n in range(rounds + 1):
            for name, found in rates.items():
                for source in ("directory", "goals"):  # facts are as fresh as where they are projected
                    progress.known_level(source, 0.0)
                run = await there.run(CLIENTS, seconds=seconds, numbers=numbers[name], order=doing.get(name))
                if n:  # the first one warms
                    found.append(run.rate)
    rows: list[Row] = [row(f"commands, {name}", "/s", found) for name, found in rates.items()]
    rows += [
        ratio_row(f"{name}, of a goal's", found, rates["goal"], at_least=0.8)
        for name, found in rates.items()
        if name != "goal"
    ]
    return Section("A command of each aggregate", rows)


async def _all(there: School, progress: Progress, many: int) -> dict[str, Callable[[int], Order]]:
    """Ever so many of each kind with their past, and what commands them."""
    facts = Facts(
        there.pool, Queries("backbone", "sql/facts"), Queries("goals", "sql/facts"),
        sources=["directory", "goals"], progress=progress,
    )  # fmt: skip
    knowing = Queries("backbone", "sql/knowing")
    people = [COACH, TEACHER]
    await there.pool.execute(knowing.know_people, [DISTRICT] * 2, people, [True] * 2, [None] * 2)

    def commands(*aggregates: Aggregate[Any]) -> Commands:
        return Commands(
            there.ledger, aggregates, clock=Clock(facts), gatherer=facts, chain_key=there.chain_key
        )

    doing, everything = {}, commands(*AGGREGATES)
    for name, kind in KINDS.items():
        ids = [uuid4() for _ in range(many)]
        past = kind.past
        history = replace(
            kind.aggregate, decide=lambda *_, past=past, **__: past, facts=nothing, claims=_unclaimed
        )
        await begin(commands(history), history, ids)
        doing[name] = _doing(kind, ids, Here(many, there.goals))
    there.commands = everything
    return doing


def _doing(kind: Kind, ids: Sequence[UUID], here: Here) -> Callable[[int], Order]:
    def order(n: int) -> Order:
        return Order(
            aggregate=kind.aggregate,
            aggregate_id=ids[n % len(ids)],
            command=kind.command(n, here),
            actor=OWNER,
            command_id=here.command_id(n),
            request=n.to_bytes(16, "big"),
        )

    return order


def _unclaimed(_: Any) -> Sequence[Any]:
    """Thousands of cycles of one focus in one partnership: nobody minds here."""
    return ()
