"""Which commands come in by which door, and how one becomes an order."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from backbone import chain
from backbone.commands import Answer, Order, new_aggregate_id
from backbone.deciding import Aggregate, Command, Forbidden, kebab_case
from backbone.identity import Caller
from backbone.problems import Problem, invalid
from backbone.trace import Trace

FOUNDING = UUID("7c0a4c3e-5d0b-5f0c-9a51-0c8d1f7a4b11")
"""Stands for the tenant where the id of a new tenant is made."""

_canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class Entrance:
    """One command with the path that leads to it."""

    aggregate: Aggregate[Any]
    command: type[Command]
    begins: bool
    path: str
    types: Mapping[str, str]
    """The CloudEvents `type` of each event of the aggregate, by the event's name."""

    @property
    def name(self) -> str:
        return self.command.__name__

    def order(
        self,
        caller: Caller,
        aggregate_id: UUID | None,
        command_id: UUID,
        sent: dict[str, Any],
        body: bytes,
        *,
        expected: int | None,
        trace: Trace,
        request_key: bytes,
        at: tuple[str, ...] = (),
    ) -> Order:
        """What was sent, as an order. `sent` is `body` parsed. Raises a Problem or Forbidden."""
        aggregate = self.aggregate
        if aggregate.founds_tenant:
            if self.begins and caller.kind != "operator":
                raise Forbidden
            aggregate_id = aggregate_id or new_aggregate_id(FOUNDING, aggregate.name, command_id)
            actor = caller.actor(aggregate_id if self.begins or caller.tenant is None else None)
        else:
            actor = caller.actor()
            aggregate_id = aggregate_id or new_aggregate_id(actor.tenant, aggregate.name, command_id)
        try:
            command = self.command.model_validate_json(body)
        except ValidationError as error:
            raise invalid("command_invalid", error, sent, at) from None
        request = chain.request_hash(
            request_key,
            str(actor).encode(),
            actor.tenant.bytes,
            aggregate.name.encode(),
            aggregate_id.bytes,
            self.name.encode(),
            _canonical(sent).encode(),
        )
        return Order(
            aggregate=aggregate,
            aggregate_id=aggregate_id,
            command=command,
            actor=actor,
            command_id=command_id,
            request=request,
            begins=self.begins,
            expected=expected,
            traceparent=trace.child().traceparent,
        )

    def told(self, answer: Answer) -> dict[str, Any]:
        """An answer, to be told as JSON."""
        return {
            "command_id": answer.command_id,
            "id": answer.aggregate_id,
            "events": [
                {"id": event_id, "type": self.types.get(name, name), "version": version}
                for event_id, name, version in answer.events
            ],
            "version": answer.version,
            "position": answer.position,
        }


def entrances(aggregates: Sequence[Aggregate[Any]]) -> Iterator[Entrance]:
    """Every command that comes by a door. Raises TypeError for one that would take a naive time."""
    for aggregate in aggregates:
        base = f"/v1/{aggregate.collection}"
        types = {contract.__name__: contract.type_name() for contract in aggregate.events}
        for index, command in enumerate(aggregate.begins):
            path = base if index == 0 else f"{base}/{kebab_case(command.__name__)}"
            yield _checked(Entrance(aggregate, command, begins=True, path=path, types=types))
        for command in aggregate.commands:
            path = f"{base}/{{id}}/{kebab_case(command.__name__)}"
            yield _checked(Entrance(aggregate, command, begins=False, path=path, types=types))


def _checked(entrance: Entrance) -> Entrance:
    if _takes_naive_times(entrance.command.__pydantic_core_schema__):
        raise TypeError(f"{entrance.name} takes naive times; use chalkline_contracts.values.Time")
    return entrance


def _takes_naive_times(schema: Any) -> bool:
    match schema:
        case {"type": "datetime", **constraints} if constraints.get("tz_constraint") != "aware":
            return True
        case dict():
            return any(_takes_naive_times(part) for key, part in schema.items() if key != "metadata")
        case list() | tuple():
            return any(_takes_naive_times(part) for part in schema)
    return False


def at_least(service: str, answer: Answer) -> str:
    return f"{service}:{answer.partition}:{answer.position}"


def uuid_in(text: str) -> UUID:
    """A UUID as it is written in 36 characters. Raises ValueError for any other spelling."""
    if len(text) != 36:
        raise ValueError("not a UUID")
    found = UUID(text)
    if str(found) != text.lower():
        raise ValueError("not a UUID")
    return found


def aggregate_id_in(path_segment: str) -> UUID:
    """The id in a path. What is not one names nothing, so it is not found."""
    try:
        return uuid_in(path_segment)
    except ValueError:
        raise Problem("not_found") from None
