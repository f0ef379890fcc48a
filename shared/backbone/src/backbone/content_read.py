"""A receipt: somebody outside a pair is about to read what is the pair's.

One is committed before anything is told (`Commands.look`); nobody asks for it, and nothing ever becomes of it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from chalkline_contracts.event import Event
from chalkline_contracts.receipts import WhatWasRead, Why

from backbone.deciding import Actor, Command

ACCESS: Final = "Access"
"""What a receipt is called as an aggregate, in every service that has them."""


class NoteRead(Command):
    """Notes what the actor is about to read, and what lets them."""

    teacher_ids: tuple[UUID, ...]
    what: WhatWasRead
    why: Why
    grant_ids: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class Unset:
    """Nothing is read yet."""


@dataclass(frozen=True, slots=True)
class Noted:
    """It may be told now."""


Access = Unset | Noted


@dataclass(frozen=True, slots=True)
class ReadFacts:
    """Who reads."""

    by: Actor
    command_id: UUID
    aggregate_id: UUID


def deciding(contract: type[Event]) -> Callable[..., list[Event]]:
    """`decide` of a service whose receipts are told by this event."""

    def decide(access: Access, command: NoteRead, facts: ReadFacts, *, now: datetime) -> list[Event]:
        del now
        if isinstance(access, Noted):
            return []
        told = {name: getattr(command, name) for name in NoteRead.model_fields}
        return [contract(reader_id=facts.by.person, **told)]

    return decide


def evolving(contract: type[Event]) -> Callable[[Access, Event], Access]:
    """`evolve` of such a service."""

    def evolve(access: Access, event: Event) -> Access:
        return Noted() if isinstance(event, contract) else access

    return evolve
