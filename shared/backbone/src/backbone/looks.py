"""What a look shows: the view of an aggregate, and the words that the view refers to."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID, uuid4

from chalkline_contracts.values import WordsRef
from pydantic import BaseModel
from pydantic_core import to_jsonable_python

from backbone.commands import Order
from backbone.deciding import Aggregate, Look
from backbone.identity import Caller
from backbone.trace import Trace

LOOK = Look()
PLAIN: Final = frozenset({str, int, bool, type(None), UUID, datetime, date})
"""Written as they are. Most of a view is of these, and a chart has thousands."""


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
    if isinstance(value, WordsRef):
        yield value.ref
        return
    for inner in _parts(value):
        if type(inner) not in PLAIN:
            yield from _references(inner)


def _parts(value: Any) -> Iterable[Any]:
    match value:
        case dict():
            return value.values()
        case list() | tuple() | set() | frozenset():
            return value
    return _members(value).values()


def plain(shown: Any) -> Any:
    """A view as what is written as JSON. A reference is its id alone: the digest proves nothing to a reader."""
    if type(shown) in PLAIN:
        return shown
    match shown:
        case WordsRef():
            return str(shown.ref)
        case dict():
            return {str(key): plain(inner) for key, inner in shown.items()}
        case list() | tuple() | set() | frozenset():
            return [plain(inner) for inner in shown]
    members = _members(shown)
    return {name: plain(inner) for name, inner in members.items()} if members else to_jsonable_python(shown)


def _members(value: Any) -> Mapping[str, Any]:
    """By name, of a model or a dataclass; of anything else none."""
    if isinstance(value, BaseModel):
        return {name: getattr(value, name) for name in type(value).model_fields}
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    return {}
