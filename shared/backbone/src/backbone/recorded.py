"""An event with its circumstances: where it lies, when it happened, who caused it and why."""

from datetime import datetime
from typing import Generic, NamedTuple, TypeVar
from uuid import UUID
from zlib import crc32

from chalkline_contracts.event import Event
from pydantic_core import from_json, to_json

E_co = TypeVar("E_co", bound=Event, covariant=True)

PARTITIONS = 64


def partition_of(tenant: UUID, aggregate_id: UUID) -> int:
    """0 to 63, the same for an aggregate for ever: CRC-32 of both ids' bytes, modulo 64."""
    return crc32(tenant.bytes + aggregate_id.bytes) % PARTITIONS


class Meta(NamedTuple):
    """Who acted, under which command, and what led to it. Ids only: it travels with the event."""

    actor: str
    """`person:<id>`, `operator:<subject>` or `system:<policy>`."""
    command_id: str
    request: str
    """Keyed hash of the request, hex: tells a repeat from a reuse after a recovery from the stream."""
    correlation_id: str
    on_behalf_of: str | None = None
    causation_id: str | None = None
    """The event a policy or timer answered to."""
    traceparent: str | None = None

    def encode(self) -> bytes:
        """The bytes that are stored and digested; the same fields always give the same bytes."""
        return encoded(**{name: getattr(self, name) for name in _MEMBERS})

    @classmethod
    def decode(cls, data: bytes) -> "Meta":
        return cls(**from_json(data))


_MEMBERS = Meta._fields


def encoded(**fields: str | None) -> bytes:
    """What `Meta(**fields).encode()` gives, if they come in the order in which Meta has them."""
    return to_json({name: value for name, value in fields.items() if value is not None})


class Recorded(NamedTuple, Generic[E_co]):
    """An event as projections and policies get it, from the local log or from a stream.

    One is made for every event read: a tuple costs a sixth of a frozen dataclass.
    """

    source: str
    """The service that recorded it."""
    position: int
    partition: int
    event_id: UUID
    tenant: UUID
    aggregate_id: UUID
    version: int
    event: E_co
    occurred_at: datetime
    recorded_at: datetime
    cause: Meta | bytes
    """Who and why, or the stored bytes that say so: most readers never ask."""

    @property
    def meta(self) -> Meta:
        return self.cause if isinstance(self.cause, Meta) else Meta.decode(self.cause)
