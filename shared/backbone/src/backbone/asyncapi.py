"""AsyncAPI 3.0 of a service: the events it sends and those it listens to, from the contracts themselves."""

from collections.abc import Sequence
from typing import Any

from chalkline_contracts.event import Event

from backbone.wire import AGGREGATE_ID, DIGEST, HASH, INCARNATION, SALT, VERSION, stream_name, subject

_UUID = {"type": "string", "format": "uuid"}
_TIME = {"type": "string", "format": "date-time"}
_TEXT = {"type": "string"}
HEADERS = (
    "message_id",
    "correlation_id",
    "traceparent",
    INCARNATION,
    AGGREGATE_ID,
    VERSION,
    HASH,
    SALT,
    DIGEST,
)


def asyncapi_document(
    service: str,
    version: str,
    description: str,
    publishes: Sequence[type[Event]],
    subscribes: Sequence[type[Event]] = (),
) -> dict[str, Any]:
    """The document. A channel is one event of one service, whatever its partition and tenant."""
    contracts = list(dict.fromkeys([*publishes, *subscribes]))
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": f"Chalkline {service}",
            "version": version,
            "description": description,
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/cloudevents+json",
        "servers": {
            "nats": {
                "host": "{host}",
                "protocol": "nats",
                "description": "NATS with JetStream",
                "variables": {"host": {"default": "localhost:4222"}},
            }
        },
        "channels": {_name(contract): _channel(contract) for contract in contracts},
        "operations": {
            **{f"send{c.__name__}": _operation("send", c) for c in publishes},
            **{f"receive{c.__name__}": _operation("receive", c) for c in subscribes},
        },
        "components": {
            "messages": {_name(contract): _message(contract) for contract in contracts},
            "schemas": {_name(contract): _data(contract) for contract in contracts},
        },
    }


def _name(contract: type[Event]) -> str:
    return f"{contract.service}.{contract.__name__}.v{contract.schema_version}"


def _channel(contract: type[Event]) -> dict[str, Any]:
    return {
        "address": subject(
            contract.service, "{partition}", "{tenant}", contract.aggregate, contract.__name__
        ),
        "description": f"On the stream {stream_name(contract.service)}. {_summary(contract)}",
        "parameters": {
            "partition": {"description": "0 to 63, by hash of tenant and aggregate"},
            "tenant": {"description": "The district's id"},
        },
        "messages": {contract.__name__: {"$ref": f"#/components/messages/{_name(contract)}"}},
    }


def _operation(action: str, contract: type[Event]) -> dict[str, Any]:
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{_name(contract)}"},
        "messages": [{"$ref": f"#/channels/{_name(contract)}/messages/{contract.__name__}"}],
    }


def _message(contract: type[Event]) -> dict[str, Any]:
    required = ["specversion", "id", "source", "type", "subject", "time", "tenantid", "recordedtime",
                "sequence", "correlationid", "dataclassification", "data"]  # fmt: skip
    return {
        "name": contract.type_name(),
        "title": contract.__name__,
        "summary": _summary(contract),
        "contentType": "application/cloudevents+json",
        "headers": {
            "type": "object",
            "properties": dict.fromkeys(HEADERS, _TEXT),
        },
        "payload": {
            "type": "object",
            "required": required,
            "properties": {
                "specversion": {"const": "1.0"},
                "id": _UUID,
                "source": _TEXT,
                "type": {"const": contract.type_name()},
                "subject": _UUID,
                "time": _TIME,
                "datacontenttype": {"const": "application/json"},
                "dataschema": _TEXT,
                "tenantid": _UUID,
                "recordedtime": _TIME,
                "sequence": {"type": "string", "description": "The aggregate's version"},
                "partition": {"type": "integer", "minimum": 0, "maximum": 63},
                "actor": _TEXT,
                "onbehalfof": _TEXT,
                "commandid": _UUID,
                "requesthash": _TEXT,
                "correlationid": _TEXT,
                "causationid": _TEXT,
                "traceparent": _TEXT,
                "dataclassification": {"const": contract.tier},
                "data": _told(contract),
            },
        },
    }


def _told(contract: type[Event]) -> dict[str, Any]:
    """Where the payload's schema is; most payloads are null once their district has left."""
    its = {"$ref": f"#/components/schemas/{_name(contract)}"}
    return its if contract.stays else {"anyOf": [its, {"type": "null"}]}


def _data(contract: type[Event]) -> dict[str, Any]:
    """The payload's JSON Schema, its definitions inside, so that no contract names another's."""
    name = _name(contract)
    template = f"#/components/schemas/{name}/$defs/{{model}}"
    return contract.model_json_schema(ref_template=template, mode="serialization")


def _summary(contract: type[Event]) -> str:
    return " ".join((contract.__doc__ or contract.__name__).split())
