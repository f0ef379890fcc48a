"""The vocabulary of decisions: who acts, what may be refused, what is claimed, what an aggregate is.

Nothing here waits, reads a clock or touches a database; deciders may import this module and the
contracts, and nothing else.
"""

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, wraps
from typing import Any, Generic, Literal, Protocol, TypeVar, cast
from uuid import UUID

from chalkline_contracts.event import Event
from chalkline_contracts.values import RetentionClass
from pydantic import BaseModel, ConfigDict

from backbone.sharing import Owed

S = TypeVar("S")
C = TypeVar("C", bound="Command")
E = TypeVar("E", bound=Event)
F = TypeVar("F")


class Command(BaseModel):
    """A wish, named in the imperative. Unknown fields and lax coercions are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class Look(Command):
    """No wish at all: somebody wants to see. Facts are gathered and asked for `authorise`, nothing is decided."""


EVERYWHERE = UUID(int=0)
"""Stands for the tenant where no district is meant: an operator's act that is about a whole service."""

_uuid = lru_cache(maxsize=10_000)(UUID)
"""The same few people act again and again."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, from the token or, for a policy or timer, from the event that caused it."""

    kind: Literal["person", "operator", "system"]
    id: str
    """A person's UUID as text, an operator's subject, or `<policy>` for the system."""
    tenant: UUID
    on_behalf_of: str | None = None

    @property
    def person(self) -> UUID | None:
        """The acting person, or the one a policy acts for."""
        if self.kind == "person":
            return _uuid(self.id)
        return _uuid(self.on_behalf_of) if self.on_behalf_of else None

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}"


class Refusal(Exception):
    """A fact that forbids. The subclass's docstring is the message, its snake_case name the stable code."""

    def __init__(self, **details: Any) -> None:
        super().__init__(self.message)
        self.details = details

    @property
    def code(self) -> str:
        return snake_case(type(self).__name__)

    @property
    def message(self) -> str:
        return " ".join((type(self).__doc__ or self.code).split())


class DistrictHasLeft(Refusal):
    """The district has left: nothing is decided in it any more."""

    @property
    def code(self) -> str:
        return "district_closed"  # as its people are told at every door


class Unseen(Exception):
    """What you may not see does not exist for you."""


class Forbidden(Exception):
    """You may see this, but it is not yours to do."""


class FactsBehind(Exception):
    """What this service knows of others is not fresh enough to let anyone at what belongs to others."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A key only one aggregate of a tenant may hold, such as one open cycle per partnership and focus."""

    key: str


@dataclass(frozen=True, slots=True)
class Release:
    """The key is free again."""

    key: str


def no_claims(_: Event) -> Iterable[Claim | Release]:
    return ()


def no_receipt(state: Any, facts: Any) -> Owed | None:
    """Of what is nobody's content."""
    del state, facts
    return None


def evolved_once(evolve: Callable[[S, E], S]) -> Callable[[S, E], S]:
    """For deciders that look ahead: what a decision just evolved, `Commands` is about to evolve again.

    Only the last is remembered, and only for these very objects: an equal state or event is another one.
    """
    last: Any = (None, None, None)

    @wraps(evolve)
    def evolved(state: S, event: E) -> S:
        nonlocal last
        of, by, after = last
        if of is not state or by is not event:
            after = evolve(state, event)
            last = state, event, after
        return cast(S, after)

    return evolved


@dataclass(frozen=True, slots=True)
class Kept:
    """For how long the texts of an aggregate are kept: as the district's policy says of their class, from when it
    changed last.
    """

    retention: RetentionClass
    person_ids: tuple[UUID, ...]
    """A legal hold on any of them keeps it longer; on who had a part in it as well (`Aggregate.writers`)."""
    partnership_id: UUID | None = None
    """It is needed as long as this goes on."""


def for_good(_: UUID, __: Any) -> Kept | None:
    """The district's record, or nothing that holds texts: kept until somebody erases it."""
    return None


def nobodys(_: UUID, __: Any) -> UUID | None:
    """Of many, or of the district: no one person's alone."""
    return None


class Facts(Protocol):
    """What a decision of any service is given beside state and command; services extend it."""

    @property
    def by(self) -> Actor: ...

    @property
    def command_id(self) -> UUID: ...


@dataclass(frozen=True, kw_only=True)
class Aggregate(Generic[S]):
    """A kind of thing that changes by events: its states, its commands and how it decides."""

    name: str
    """As on the wire: "Goal"."""
    collection: str
    """As in a URL: "goals"."""
    initial: S
    """The state before the first event; a dataclass without required fields."""
    states: Sequence[type]
    """Every state's dataclass, the initial one included; stored by class name."""
    events: Sequence[type[Event]]
    begins: Sequence[type[Command]]
    """Commands by which a new aggregate starts: `POST /v1/goals` for the first (or only) one."""
    commands: Sequence[type[Command]]
    """Commands on one that exists: `POST /v1/goals/<id>/record-progress`."""
    internal: Sequence[type[Command]] = ()
    """Commands only policies and timers issue; no door leads to them."""
    decide: Callable[..., list[Event]]
    """`decide(state, command, facts, *, now) -> events`; pure; raises a Refusal."""
    evolve: Callable[[S, Any], S]
    """`evolve(state, event) -> state`; pure; never raises."""
    facts: "Callable[[Asking, S, Any], Awaitable[Any]]"
    """Gathers what the decision needs (I/O is allowed here, and only here)."""
    authorise: Callable[[S, Any, Any], None]
    """`authorise(state, command, facts)`; pure; raises Unseen or Forbidden. Not asked for the system."""
    claims: Callable[[Any], Iterable[Claim | Release]] = no_claims
    view: Callable[[S, Any], Mapping[str, Any]] | None = None
    """`view(state, facts)`: what a reader with these facts may see, JSON-able; pure; raises Unseen or Forbidden. A long
    list in it may be an iterator, which makes each of its members when it is told.
    Asked after `authorise(state, Look(), facts)`. Words come along with the references it names, and only
    with those. None: no door shows it."""
    whose: Callable[[UUID, S], UUID | None] = nobodys
    """`whose(aggregate id, state)`: the person whose content all of it is, if it is one person's alone; pure. An
    erasure of theirs takes every text in it, whoever wrote it."""
    kept: Callable[[UUID, S], Kept | None] = for_good
    """`kept(aggregate id, state)`: which class of content its texts are, if their time is ever over; pure."""
    writers: bool = True
    """Whether a text in it is its writer's too, and goes with them; not what is the district's record, such as the
    names of people and organisations, or wordings that everybody uses."""
    receipt: Callable[[S, Any], Owed | None] = no_receipt
    """`receipt(state, facts)`: what has to be noted before a reader with these facts is told anything; pure. None:
    nothing, for who reads what is theirs, or the activity.
    """
    innate: bool = False
    """Whether one is there from the beginning for every id it may have: a person's preference. No command
    begins it, and before its first event it is shown as it is initially."""
    founds_tenant: bool = False
    """Whether its id is the tenant itself: a district."""
    state_schema: int = 1
    """Raised whenever a state's shape changes: stored states of another schema are folded from events."""


class Asking(Protocol):
    """What gathering facts may use: the actor, and reads that are coalesced across commands."""

    @property
    def by(self) -> Actor: ...

    @property
    def command_id(self) -> UUID: ...

    @property
    def tenant(self) -> UUID: ...

    @property
    def aggregate_id(self) -> UUID:
        """The aggregate the command is for."""

    @property
    def level(self) -> bool:
        """Whether facts of other services are fresh enough to decide about what belongs to others."""

    async def state(self, kind: str, aggregate_id: UUID) -> Any:
        """The current state of another aggregate of this service and tenant; its initial state if none."""

    def fact(self, query: str, key: UUID | str) -> Awaitable[Any]:
        """One row (asyncpg Record) of a gathered query over projected facts, or None.

        `query` names a file in the service's or the backbone's `sql/` that takes ($1 tenants uuid[],
        $2 keys uuid[], or text[]) and returns a row for each with columns `tenant`, `key` and what it tells.
        """


@dataclass(frozen=True, slots=True)
class Reaction:
    """Whenever <event>, then <command>: what a policy wants done."""

    aggregate: str
    aggregate_id: UUID
    command: Command = field(repr=False)
    ordinal: int = 0


def snake_case(name: str) -> str:
    """`GoalNotActive` → `goal_not_active`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def kebab_case(name: str) -> str:
    """`RecordProgress` → `record-progress`."""
    return snake_case(name).replace("_", "-")
