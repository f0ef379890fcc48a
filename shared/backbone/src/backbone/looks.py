"""What a look shows: the view of an aggregate, and the words that the view refers to."""

from collections.abc import Iterator, Mapping
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
from backbone.yielding import in_turn

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


async def told(shown: Mapping[str, Any]) -> tuple[dict[str, Any], set[UUID]]:
    """A view as what is written as JSON, and the references to words in it. What a list of it holds, which may be long
    and made only as it is told, is told a few at a time.
    """
    named = set[UUID]()
    members = dict[str, Any]()
    for name, value in shown.items():
        if isinstance(value, list | tuple | Iterator):
            members[name] = [plain(inner, named) async for inner in in_turn(value)]
        else:
            members[name] = plain(value, named)
    return members, named


def plain(value: Any, named: set[UUID]) -> Any:
    """As what is written as JSON. A reference to words is its id alone, and is noted among those `named`: its digest
    proves nothing to a reader.
    """
    if type(value) in PLAIN:
        return value
    match value:
        case WordsRef():
            named.add(value.ref)
            return str(value.ref)
        case dict():
            return {str(key): plain(inner, named) for key, inner in value.items()}
        case list() | tuple() | set() | frozenset():
            return [plain(inner, named) for inner in value]
    members = _members(value)
    return (
        {name: plain(inner, named) for name, inner in members.items()}
        if members
        else to_jsonable_python(value)
    )


def _members(value: Any) -> Mapping[str, Any]:
    """By name, of a model or a dataclass; of anything else none."""
    if isinstance(value, BaseModel):
        return {name: getattr(value, name) for name in type(value).model_fields}
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    return {}
