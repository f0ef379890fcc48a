"""What operators do to a service, as its own log tells it: begun before it is done, and then what came of it.

Only decisions live here. Whoever acts tells by `acting.py`, or by a door where the act is done from outside.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

from chalkline_contracts.event import Event
from chalkline_contracts.values import Code, Count, Time

from backbone.deciding import Actor, Command, Forbidden, Look, Refusal, Unseen

EXPORTS: Final = ("export", "export_with_words")
"""Acts that are done from outside, without and with names and texts."""


class OperationEnded(Refusal):
    """What came of this act was told already, and differently."""


class BeginOperation(Command):
    """An operator sets out to do something to this service."""

    act: Code
    acted_at: Time | None = None


class EndOperation(Command):
    """What came of it."""

    outcome: Literal["done", "failed"]
    code: Code | None = None
    n_items: Count | None = None
    acted_at: Time | None = None


class BeginExport(Command):
    """An operator sets out to take along what this service has of a district."""

    with_words: bool = False
    """With names and texts."""


class EndExport(Command):
    """What came of that."""

    outcome: Literal["done", "failed"]
    n_items: Count | None = None


OperationCommand = BeginOperation | EndOperation | BeginExport | EndExport


@dataclass(frozen=True, slots=True)
class Unbegun:
    """Nothing was done yet."""


@dataclass(frozen=True, slots=True)
class Begun:
    """Under way, or whoever did it is gone."""

    act: str
    operator: str


@dataclass(frozen=True, slots=True)
class Ended:
    act: str
    operator: str
    outcome: str


Operation = Unbegun | Begun | Ended


@dataclass(frozen=True, slots=True)
class OperationFacts:
    """Who acts."""

    by: Actor
    command_id: UUID
    aggregate_id: UUID


def decide_by(acted: type[Event]) -> Callable[..., list[Event]]:
    """How an act is decided where `acted` is the contract that tells of it."""

    def decide(
        operation: Operation,
        command: OperationCommand,
        facts: OperationFacts,
        *,
        now: datetime,  # noqa: ARG001 - every decider has the same shape
    ) -> list[Event]:
        match operation, command:
            case Unbegun(), BeginOperation() as begin:
                told = {"act": begin.act, "outcome": "begun", "acted_at": begin.acted_at}
            case Unbegun(), BeginExport() as begin:
                told = {"act": EXPORTS[begin.with_words], "outcome": "begun"}
            case Begun() as begun, EndOperation() | EndExport() as end:
                told = {"act": begun.act, **end.model_dump()}
            case Ended() as ended, EndOperation() | EndExport() as end if ended.outcome != end.outcome:
                raise OperationEnded
            case _:  # told already, or nothing that has an end
                return []
        return [acted.model_validate({**told, "operator": facts.by.id})]

    return decide


def evolve_by(acted: type[Event]) -> Callable[[Operation, Any], Operation]:
    """What an act becomes by `acted`."""

    def evolve(operation: Operation, event: Any) -> Operation:
        if not isinstance(event, acted):
            return operation
        told: Any = event
        if told.outcome == "begun":
            return Begun(told.act, told.operator)
        return Ended(told.act, told.operator, told.outcome)

    return evolve


def authorise(state: Operation, command: OperationCommand | Look, facts: OperationFacts) -> None:
    """An act is an operator's; what came of it says whoever began it."""
    if facts.by.kind != "operator":
        raise Forbidden if isinstance(command, BeginOperation | BeginExport) else Unseen
    if isinstance(state, Unbegun):
        return
    if state.operator != facts.by.id or (isinstance(command, EndExport) and state.act not in EXPORTS):
        raise Forbidden
