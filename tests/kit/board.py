"""A service of two small aggregates, for tests of the doors: a club opens, and its people pin notes."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from backbone.commands import Commands, Order
from backbone.deciding import Actor, Aggregate, Claim, Command, FactsBehind, Forbidden, Refusal, Unseen
from backbone.words import Words
from chalkline_contracts.event import Event
from chalkline_contracts.values import Code, Count, Time, WordsRef

SERVICE = "board"


class ClubOpened(Event, service=SERVICE, aggregate="Club"):
    """A club has begun."""


class NotePinned(Event, service=SERVICE, aggregate="Note", tier="B", version=2):
    """Somebody pinned a note."""

    by: str
    title: str
    text_ref: WordsRef | None
    at: Time | None


class NoteStamped(Event, service=SERVICE, aggregate="Note", tier="B"):
    """Somebody stamped a note."""

    times: int


class OpenClub(Command):
    """Begins a club, and with it a tenant."""


class CloseClub(Command):
    """Does nothing yet."""


class PinNote(Command):
    """Pins a note that everybody sees, and only its author may read."""

    title: Code
    text: Words | None = None
    at: Time | None = None
    weight: Decimal = Decimal(1)
    urgent: bool = False


class PinBlankNote(Command):
    """Pins a note without anything on it."""


class StampNote(Command):
    """Stamps a note; only its author may."""

    times: Count = 1


class NoteAlreadyFull(Refusal):
    """A note has no room for more than ten stamps."""


@dataclass(frozen=True, slots=True)
class Unset:
    pass


@dataclass(frozen=True, slots=True)
class Pinned:
    by: str
    text: WordsRef | None
    stamps: int = 0


@dataclass(frozen=True, slots=True)
class Facts:
    by: Actor
    command_id: UUID
    aggregate_id: UUID


def decide(state: Any, command: Command, facts: Facts, *, now: datetime) -> list[Event]:
    match command, state:
        case PinNote(title=title, text=text, at=at), _:
            if title == "crash":
                raise ZeroDivisionError("a secret that nobody should read")
            ref = text.ref if text else None
            return [NotePinned(by=str(facts.by), title=title, text_ref=ref, at=at)]
        case PinBlankNote(), _:
            return [NotePinned(by=str(facts.by), title="blank", text_ref=None, at=None)]
        case StampNote(times=times), Pinned(stamps=stamps):
            if stamps + times > 10:
                raise NoteAlreadyFull(stamps=stamps, at=now)
            return [NoteStamped(times=times)] if times else []
        case OpenClub(), _:
            return [ClubOpened()]
    return []


def evolve(state: Any, event: Event) -> Any:
    match event, state:
        case NotePinned(by=by, text_ref=ref), _:
            return Pinned(by, ref)
        case NoteStamped(times=times), Pinned(by=by, text=text, stamps=stamps):
            return Pinned(by, text, stamps + times)
        case ClubOpened(), _:
            return Pinned("nobody", None)
    return state


def claims(event: Event) -> Iterable[Claim]:
    if isinstance(event, NotePinned) and event.title.startswith("unique"):
        yield Claim("title:" + event.title * (30 if event.title == "unique_and_endless" else 1))


def authorise(state: Any, command: Command, facts: Facts) -> None:
    if facts.by.id == str(UUID(int=666)):
        raise Unseen
    if facts.by.id == str(UUID(int=667)):
        raise FactsBehind
    if isinstance(command, StampNote) and isinstance(state, Pinned) and state.by != str(facts.by):
        raise Forbidden


def view(state: Pinned, facts: Facts) -> dict[str, Any]:
    shown: dict[str, Any] = {"by": state.by, "stamps": state.stamps}
    return shown | {"text": state.text} if state.by == str(facts.by) else shown


async def gather(asking: Any, state: Any, command: Command) -> Facts:
    return Facts(asking.by, asking.command_id, asking.aggregate_id)


NOTE: Aggregate[Any] = Aggregate(
    name="Note",
    collection="notes",
    initial=Unset(),
    states=(Unset, Pinned),
    events=(NotePinned, NoteStamped),
    begins=(PinNote, PinBlankNote),
    commands=(StampNote,),
    decide=decide,
    evolve=evolve,
    facts=gather,
    authorise=authorise,
    claims=claims,
    view=view,
)

CLUB: Aggregate[Any] = Aggregate(
    name="Club",
    collection="clubs",
    initial=Unset(),
    states=(Unset, Pinned),
    events=(ClubOpened,),
    begins=(OpenClub,),
    commands=(CloseClub,),
    decide=decide,
    evolve=evolve,
    facts=gather,
    authorise=authorise,
    founds_tenant=True,
    view=lambda state, facts: {},
)


class Gatherer:
    def asking(self, order: Order, commands: Commands) -> Any:
        return SimpleNamespace(by=order.actor, command_id=order.command_id, aggregate_id=order.aggregate_id)
