"""An erasure, as each service attests it: how many texts went, in its own ledger.

What is erased, directory decides (`ErasureRequested` and its like); how, `erasing.py` knows. Only decisions live here,
and one kind of aggregate that every service has: its id is the erasure's.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from chalkline_contracts.event import Event
from chalkline_contracts.values import Count, RetentionClass

from backbone.deciding import Actor, Command, Look, Unseen


class AttestErasure(Command):
    """Says that what an erasure asked for is erased here."""

    person_id: UUID | None = None
    n_items: Count
    n_held: Count = 0
    """How many more a legal hold on somebody else keeps."""
    retention: RetentionClass | None = None
    """Whose time was over; None: somebody asked for it."""


@dataclass(frozen=True, slots=True)
class Unattested:
    """Nothing of it was erased here yet, or not all."""


@dataclass(frozen=True, slots=True)
class Attested:
    n_items: int
    n_held: int = 0


Erasure = Unattested | Attested


@dataclass(frozen=True, slots=True)
class ErasureFacts:
    """Who asks."""

    by: Actor
    command_id: UUID
    aggregate_id: UUID


def decide_by(attested: type[Event]) -> Callable[..., list[Event]]:
    """How an erasure is decided where `attested` is the contract that says so."""

    def decide(
        erasure: Erasure,
        command: AttestErasure,
        facts: ErasureFacts,
        *,
        now: datetime,  # noqa: ARG001 - every decider has the same shape
    ) -> list[Event]:
        match erasure:
            case Attested(n_held=0):  # done again after a restore: what was attested stands
                return []
            case Attested(n_held=n_held) if n_held == command.n_held:
                return []
        return [attested.model_validate({"erasure_id": facts.aggregate_id, **command.model_dump()})]

    return decide


def evolve_by(attested: type[Event]) -> Callable[[Erasure, Any], Erasure]:
    """What an erasure becomes by `attested`."""

    def evolve(erasure: Erasure, event: Any) -> Erasure:
        whole = isinstance(erasure, Attested) and not erasure.n_held
        known = isinstance(event, attested) and not whole
        return Attested(event.n_items, event.n_held) if known else erasure

    return evolve


def authorise(state: Erasure, command: AttestErasure | Look, facts: ErasureFacts) -> None:  # noqa: ARG001 - authorisers share a shape
    """For operators."""
    if facts.by.kind != "operator":
        raise Unseen


def view(state: Erasure, facts: ErasureFacts) -> dict[str, Any]:  # noqa: ARG001 - views share a shape
    return {"n_items": state.n_items, "n_held": state.n_held} if isinstance(state, Attested) else {}
