"""What a look shows: the view of an aggregate, and the words that the view refers to."""

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any
from uuid import UUID, uuid4

from chalkline_contracts.values import WordsRef
from pydantic import BaseModel
from pydantic_core import to_jsonable_python

from backbone.commands import Order
from backbone.deciding import Aggregate, Look
from backbone.identity import Caller
from backbone.trace import Trace

LOOK = Look()


def looking(caller: Caller, aggregate: Aggregate[Any], aggregate_id: UUID, trace: Trace) -> Order:
    """The order to show an aggregate. It never reaches the ledger. Raises a Problem."""
    return Order(
        aggregate=aggregate,
        aggregate_id=aggregate_id,
        command=LOOK,
        actor=caller.actor(aggregate_id if aggregate.founds_tenant and caller.tenant is None else None),
        command_id=uuid4(),
        request=b"",
        traceparent=trace.traceparent,
    )


def words_named(shown: Any) -> set[UUID]:
    """The references to words in a view, however deep."""
    return set(_references(shown))


def _references(value: Any) -> Iterator[UUID]:
    match value:
        case WordsRef():
            yield value.ref
        case BaseModel():
            for name in type(value).model_fields:
                yield from _references(getattr(value, name))
        case Mapping():
            for inner in value.values():
                yield from _references(inner)
        case list() | tuple() | set() | frozenset():
            for inner in value:
                yield from _references(inner)
        case _ if is_dataclass(value):
            for field in fields(value):
                yield from _references(getattr(value, field.name))


def plain(shown: Any) -> Any:
    """A view as JSON. A reference is its id alone: the digest proves nothing to a reader."""
    match shown:
        case WordsRef():
            return str(shown.ref)
        case BaseModel():
            return {name: plain(getattr(shown, name)) for name in type(shown).model_fields}
        case Mapping():
            return {str(key): plain(inner) for key, inner in shown.items()}
        case list() | tuple() | set() | frozenset():
            return [plain(inner) for inner in shown]
        case _ if is_dataclass(shown) and not isinstance(shown, type):
            return {field.name: plain(getattr(shown, field.name)) for field in fields(shown)}
    return to_jsonable_python(shown)
