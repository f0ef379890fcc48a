"""Events as they travel: CloudEvents 1.0 in JSON on `ev.<service>.<partition>.<tenant>.<Aggregate>.<Event>`.

`data` is the last member and holds the stored bytes unchanged, so a log can be filled again from its
stream to the byte. Headers repeat what routing and recovery need.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated, Any, NamedTuple, NotRequired
from uuid import UUID

from asyncpg.pgproto import pgproto
from chalkline_contracts.event import Event, catalogue
from pydantic import Field, TypeAdapter, ValidationError
from pydantic_core import from_json, to_json
from typing_extensions import TypedDict

from backbone.recorded import Meta, Recorded, partition_of

INCARNATION = "Chalkline-Incarnation"
"""`<n>@<position>`: the log's nth history, which shares with the one before what lies up to that position."""
AGGREGATE_ID = "Chalkline-Aggregate"
VERSION = "Chalkline-Version"
HASH = "Chalkline-Hash"
SALT = "Chalkline-Salt"
DIGEST = "Chalkline-Digest"
"""Only where the data were blanked: what the chain knows of them."""

DATA = b',"data":'
"""Where the envelope ends. No string in JSON can hold this, and no other member of the envelope is called so."""
BLANK = b"null"
"""The data of an event whose district has left."""
BLANKED = DATA + BLANK + b"}"
"""How the payload of such an event ends, and no other."""
CIRCUMSTANCES = {
    "actor": "actor",
    "on_behalf_of": "onbehalfof",
    "command_id": "commandid",
    "request": "requesthash",
    "correlation_id": "correlationid",
    "causation_id": "causationid",
    "traceparent": "traceparent",
}
"""The attribute for each member of `Meta`; an event has those that are stored with it."""


LONGEST = 255
"""Characters of whatever a message says of who and why."""


def stream_name(service: str) -> str:
    return f"EV_{service.upper()}"


def subject(service: str, partition: int | str, tenant: UUID | str, aggregate: str, event: str) -> str:
    return f"ev.{service}.{partition}.{tenant}.{aggregate}.{event}"


class Malformed(Exception):
    """A message that is no event of ours: nobody can say whose it is."""


class Unreadable(Exception):
    """An event whose contract this code does not have yet (a newer version), or whose data do not fit it."""


class Envelope(NamedTuple):
    """A message taken apart, its data still bytes."""

    source: str
    event_id: UUID
    name: str
    schema_version: int
    tenant: UUID
    aggregate: str
    aggregate_id: UUID
    version: int
    partition: int
    occurred_at: datetime
    recorded_at: datetime
    meta: Meta
    data: bytes
    hash: bytes
    salt: bytes
    incarnation: str
    digest: bytes
    """Of blanked data; else it is worked out from them."""

    @property
    def blanked(self) -> bool:
        return self.data == BLANK

    def recorded(self, position: int) -> Recorded[Event]:
        """The event itself, upcast if it is old. Raises Unreadable."""
        return Recorded(
            self.source, position, self.partition, self.event_id, self.tenant, self.aggregate_id, self.version,
            read_event(self.source, self.name, self.schema_version, self.data),
            self.occurred_at, self.recorded_at, self.meta,
        )  # fmt: skip


def read_event(service: str, name: str, schema_version: int, data: str | bytes | None) -> Event:
    """The event from its stored JSON, upcast if it is old. Raises Unreadable, also where it was blanked."""
    if data is None:
        raise Unreadable(f"{name} is blank: its district has left")
    contract = catalogue.get((service, name))
    if contract is None:
        raise Unreadable(f"no contract for {service}.{name}")
    if schema_version > contract.schema_version:
        raise Unreadable(f"{name} has version {schema_version}, this code knows {contract.schema_version}")
    try:
        return contract.read(schema_version, data)
    except ValidationError as error:
        # Where it does not fit, never what was there: this is parked, logged and shown to operators.
        faults = error.errors(include_url=False, include_context=False, include_input=False)
        told = "; ".join(f"{'.'.join(map(str, fault['loc']))} {fault['type']}" for fault in faults[:5])
        raise Unreadable(f"{name}: {told}") from None
    except (ValueError, LookupError) as error:
        raise Unreadable(f"{name}: {type(error).__name__}") from None


def told_in(service: str, rows: Iterable[Any]) -> Iterator[tuple[Any, Event]]:
    """Rows of one story with their events, in their order, up to the first that cannot be read (of newer code, say):
    what came after it waits with it, as in a projection.
    """
    for row in rows:
        try:
            event = read_event(service, row["type"], row["schema_version"], row["data"])
        except Unreadable:
            return
        yield row, event


def message(service: str, row: Mapping[str, Any], incarnation: str) -> tuple[str, bytes, dict[str, str]]:
    """Subject, payload and headers of a row of `ledger.events`.

    Raises Unreadable without a contract for it; LookupError, ValueError or TypeError if the row is damaged.
    """
    name, schema_version, partition = row["type"], row["schema_version"], row["partition"]
    event_id, tenant, aggregate_id = str(row["event_id"]), str(row["tenant"]), str(row["stream_id"])
    contract = catalogue.get((service, name))
    if contract is None:
        raise Unreadable(f"no contract for {service}.{name}")
    meta = from_json(row["meta"])
    attributes = {
        "specversion": "1.0",
        "id": event_id,
        "source": f"/chalkline/{tenant}/{service}",
        "type": f"chalkline.{service}.{name}.v{schema_version}",
        "subject": aggregate_id,
        "time": _in_utc(row["occurred_at"]),
        "datacontenttype": "application/json",
        "dataschema": f"urn:chalkline:{service}:{name}:{schema_version}",
        "tenantid": tenant,
        "recordedtime": _in_utc(row["recorded_at"]),
        "sequence": str(row["version"]),
        "partition": partition,
    }
    for member, attribute in CIRCUMSTANCES.items():
        if member in meta:
            attributes[attribute] = meta[member]
    attributes["dataclassification"] = contract.tier
    # Blanked data are gone for good; that something happened stays.
    data = BLANK if row["data"] is None else row["data"].encode()
    payload = b"".join((to_json(attributes)[:-1], DATA, data, b"}"))
    headers = {
        "Content-Type": "application/cloudevents+json",
        "message_id": event_id,
        "correlation_id": meta["correlation_id"],
        INCARNATION: incarnation,
        AGGREGATE_ID: aggregate_id,
        VERSION: attributes["sequence"],
        HASH: row["hash"].hex(),
        SALT: (row["salt"] or b"").hex(),
    }
    if row["data"] is None:
        headers[DIGEST] = row["digest"].hex()
    if "traceparent" in meta:
        headers["traceparent"] = meta["traceparent"]
    where = subject(service, partition, tenant, contract.aggregate, name)
    return where, payload, headers


Text = Annotated[str, Field(max_length=LONGEST, pattern=r"^(?:[^\p{C}\p{Z}]| )*$")]
"""Who or why: a reaction's own event and its headers repeat some of it, so it is short, and printable."""


class Attributes(TypedDict):
    """What is read of a message's envelope."""

    id: str
    type: str
    subject: str
    time: str
    tenantid: str
    recordedtime: str
    sequence: str
    actor: Text
    commandid: Text
    requesthash: Text
    correlationid: Text
    onbehalfof: NotRequired[Text | None]
    causationid: NotRequired[Text | None]
    traceparent: NotRequired[Text | None]


_attributes = TypeAdapter(Attributes).validator


def envelope(where: str, payload: bytes, headers: Mapping[str, str] | None) -> Envelope:
    """Takes a message apart. Raises Malformed for whatever is not one of ours or disagrees with itself."""
    try:
        _, service, partition, tenant, aggregate, name = where.split(".")
        # Only its envelope: the data are read by whoever wants them, and then against their contract.
        end = payload.index(DATA)
        told: Attributes = _attributes.validate_json(payload[:end] + payload[-1:])
        prefix, owner, written_as, version = told["type"].split(".")
        head = headers or {}
        found = Envelope(
            service,
            pgproto.UUID(told["id"]),
            name,
            int(version.removeprefix("v")),
            _tenant(tenant),
            aggregate,
            pgproto.UUID(told["subject"]),
            int(told["sequence"]),
            int(partition),
            datetime.fromisoformat(told["time"]),
            datetime.fromisoformat(told["recordedtime"]),
            Meta(
                _actor(told["actor"]), told["commandid"], told["requesthash"], told["correlationid"],
                told.get("onbehalfof"), told.get("causationid"), told.get("traceparent"),
            ),
            payload[end + len(DATA) : -1],
            bytes.fromhex(head.get(HASH, "")),
            bytes.fromhex(head.get(SALT, "")),
            head.get(INCARNATION, ""),
            bytes.fromhex(head.get(DIGEST, "")),
        )  # fmt: skip
    except ValidationError as error:
        # The kind of fault, never what was there: this is parked, logged and shown to operators.
        fault = error.errors(include_url=False, include_context=False, include_input=False)[0]
        raise Malformed(
            f"it has no {fault['loc'][0]}" if fault["type"] == "missing" else fault["type"]
        ) from None
    except (ValueError, TypeError, OverflowError) as error:
        raise Malformed(type(error).__name__) from None
    if (prefix, owner, written_as, told["tenantid"]) != ("chalkline", service, name, tenant):
        raise Malformed("subject and payload disagree")
    if partition != str(partition_of(found.tenant, found.aggregate_id)):
        raise Malformed("the partition is not that of its aggregate")
    if found.occurred_at.tzinfo is None or found.recorded_at.tzinfo is None:
        raise Malformed("a time says nothing of its zone")
    return found


@lru_cache(maxsize=4096)
def _actor(told: str) -> str:
    """Who acted, as `Actor` writes it; there are few. Raises ValueError."""
    kind, _, who = told.partition(":")
    if kind not in ("person", "operator", "system") or (kind == "person" and str(UUID(who)) != who):
        raise ValueError("not how an actor is written")
    return told


@lru_cache(maxsize=4096)
def _tenant(text: str) -> UUID:
    """A tenant as subjects write it; there are few. Raises ValueError."""
    found = pgproto.UUID(text)
    if str(found) != text:
        raise ValueError("not how a tenant is written")
    return found


def rfc3339(moment: datetime) -> str:
    return _in_utc(moment).isoformat().removesuffix("+00:00") + "Z"


def _in_utc(moment: datetime) -> datetime:
    return moment if moment.tzinfo is UTC else moment.astimezone(UTC)
