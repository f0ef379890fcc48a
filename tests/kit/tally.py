"""A service of one small aggregate, for tests of the machinery: a tally is counted and may have a name."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count as natural
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4, uuid5

from backbone import chain
from backbone.commands import Answer, Commands, Order
from backbone.deciding import Actor, Aggregate, Claim, Command, Refusal, Release
from backbone.ledger import Ledger
from backbone.words import Words
from chalkline_contracts.event import Event
from chalkline_contracts.values import WordsRef

SERVICE = "probe"
CHAIN_KEY = bytes(range(32))
TENANT = UUID("00000000-0000-4000-8000-000000000001")


class TallyCounted(Event, service=SERVICE, aggregate="Tally", tier="B"):
    n: int
    label: str = ""
    note: WordsRef | None = None


class TallyNamed(Event, service=SERVICE, aggregate="Tally"):
    name: str
    former: str | None


class Count(Command):
    """Adds numbers: an event each."""

    numbers: tuple[int, ...]
    label: str = ""
    note: Words | None = None


class Name(Command):
    name: str


@dataclass(frozen=True, slots=True)
class Counting:
    total: int = 0
    notes: tuple[UUID, ...] = ()
    name: str | None = None


class NothingToCount(Refusal):
    """A number below zero cannot be counted."""


def decide(state: Counting, command: Command, facts: Any, *, now: datetime) -> list[Event]:
    match command:
        case Count(numbers=numbers, label=label, note=note):
            if any(n < 0 for n in numbers):
                raise NothingToCount
            ref = note.ref if note else None
            return [TallyCounted(n=n, label=label, note=ref) for n in numbers]
        case Name(name=name):
            return [TallyNamed(name=name, former=state.name)]
    raise NothingToCount


def evolve(state: Counting, event: Event) -> Counting:
    match event:
        case TallyCounted(n=n, note=note):
            return Counting(state.total + n, (*state.notes, note.ref) if note else state.notes, state.name)
        case TallyNamed(name=name):
            return Counting(state.total, state.notes, name)
    return state


def claims(event: Event) -> Iterable[Claim | Release]:
    if isinstance(event, TallyNamed):
        if event.former:
            yield Release(f"name:{event.former}")
        yield Claim(f"name:{event.name}")


async def facts_of(asking: Any, state: Counting, command: Command) -> Any:
    return asking


TALLY: Aggregate[Counting] = Aggregate(
    name="Tally",
    collection="tallies",
    initial=Counting(),
    states=[Counting],
    events=[TallyCounted, TallyNamed],
    begins=[Count],
    commands=[Count, Name],
    decide=decide,
    evolve=evolve,
    facts=facts_of,
    authorise=lambda state, command, facts: None,
    claims=claims,
)


class Clock:
    """A tenant's clock that moves on by a second whenever it is asked."""

    def __init__(self) -> None:
        self._seconds = natural()

    async def now(self, tenant: UUID) -> datetime:
        return datetime(2026, 3, 2, 9, tzinfo=UTC) + timedelta(seconds=next(self._seconds))


class Asked:
    def asking(self, order: Order, commands: Commands) -> Any:
        return SimpleNamespace(by=order.actor, command_id=order.command_id)


class Tallies:
    """The service: commands on a ledger of its own."""

    def __init__(self, pool: Any, **ledger: Any) -> None:
        self.ledger = Ledger(pool, **ledger)
        self.commands = Commands(
            self.ledger, [TALLY], clock=Clock(), gatherer=Asked(), chain_key=CHAIN_KEY, remembered=5000
        )

    async def __call__(
        self, tally: UUID | int, command: Command, *, tenant: UUID = TENANT, command_id: UUID | None = None
    ) -> Answer:
        return await self.commands.handle(
            Order(
                aggregate=TALLY,
                aggregate_id=named(tally) if isinstance(tally, int) else tally,
                command=command,
                actor=Actor("system", "test", tenant),
                command_id=command_id or uuid4(),
                request=chain.request_hash(CHAIN_KEY, command.model_dump_json().encode()),
            )
        )

    async def count(self, tally: UUID | int, *numbers: int, **more: Any) -> Answer:
        """Counts these numbers on a tally: an event each."""
        return await self(tally, Count(numbers=numbers, **more))


def named(tally: int) -> UUID:
    return uuid5(TENANT, f"tally {tally}")
