"""OpenAPI 3.1 of a service: every command with what it takes, answers and may refuse."""

from collections.abc import Iterable
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from pydantic.json_schema import models_json_schema
from starlette.routing import Route

from backbone.bulk import Line
from backbone.deciding import Aggregate, snake_case
from backbone.door import BULK_PATH
from backbone.entrances import Entrance, entrances
from backbone.problems import CODES, MEDIA_TYPE, type_uri

REF = "#/components/schemas/{model}"
_UUID = {"type": "string", "format": "uuid"}
_ID = "0198c2a4-7d3e-7b1a-9f00-3c2b1a000001"
_AT_LEAST = "goals:17:4711"


def openapi_document(app: FastAPI, service: str, aggregates: Iterable[Aggregate[Any]]) -> dict[str, Any]:
    """The document, with the reads that the service's own routers added to `app`."""
    aggregates = list(aggregates)
    doors = list(entrances(aggregates))
    document = get_openapi(
        title=app.title, version=app.version, description=app.description, routes=app.routes
    )
    models: list[Any] = [(entrance.command, "validation") for entrance in doors]
    _, definitions = models_json_schema([*models, (Line, "validation")], ref_template=REF)
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for replaced in ("HTTPValidationError", "ValidationError"):
        schemas.pop(replaced, None)
    ours = definitions.get("$defs", {}) | _SCHEMAS
    if taken := [name for name in ours.keys() & schemas.keys() if ours[name] != schemas[name]]:
        raise TypeError(f"two models of {service} are called {', '.join(taken)}")
    schemas |= ours
    components["responses"] = _problems()
    components["securitySchemes"] = {
        "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
    }
    paths = document.setdefault("paths", {})
    for path in paths.values():
        for operation in path.values():
            _speak_of_problems(operation)
    for entrance in doors:
        paths.setdefault(entrance.path, {})["post"] = _command(service, entrance)
    for aggregate in aggregates:
        if aggregate.view is not None:
            paths.setdefault(f"/v1/{aggregate.collection}/{{id}}", {})["get"] = _look(aggregate)
    for route in app.routes:
        if isinstance(route, Route) and not isinstance(route, APIRoute) and route.path.startswith("/v1/"):
            paths.setdefault(route.path_format, {}).setdefault("get", _read(route))
    paths[BULK_PATH] = {"post": _bulk()}
    paths |= _PLAIN
    document["servers"] = [{"url": "/"}]
    document["security"] = [{"bearer": []}]
    document["info"]["license"] = {"name": "Apache-2.0", "identifier": "Apache-2.0"}
    return document


def _command(service: str, entrance: Entrance) -> dict[str, Any]:
    aggregate, name = entrance.aggregate, entrance.name
    twice = entrance.begins and entrance.command in aggregate.commands
    status = "201" if entrance.begins else "200"
    headers: dict[str, Any] = {
        "ETag": _header("The version after this command", '"3"'),
        "At-Least": _header("Hand it back to any service to read your own write", f"{service}:17:4711"),
        "Idempotent-Replayed": _header("Only on a repeat", "true"),
    }
    if entrance.begins:
        headers["Location"] = _header("Where it is", f"/v1/{aggregate.collection}/{_ID}")
    return {
        "operationId": f"{'begin_' if twice else ''}{snake_case(aggregate.name)}_{snake_case(name)}",
        "summary": name,
        "description": " ".join((entrance.command.__doc__ or name).split()),
        "tags": [aggregate.name],
        "parameters": [*([] if entrance.begins else [_PATH_ID]), _KEY, _IF_MATCH, *_READ_HEADERS],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"$ref": REF.format(model=name)}}},
        },
        "responses": {
            status: {
                "description": "Committed, now or before",
                "headers": headers,
                "content": {"application/json": {"schema": {"$ref": REF.format(model="Answer")}}},
            },
            **_refusals("400", "401", "403", "404", "409", "412", "413", "415", "422", "429", "500", "503"),
        },
    }


def _look(aggregate: Aggregate[Any]) -> dict[str, Any]:
    return {
        "operationId": f"{snake_case(aggregate.name)}_look",
        "summary": f"{aggregate.name} as it stands now",
        "tags": [aggregate.name],
        "parameters": [_PATH_ID, *_READ_HEADERS],
        "responses": {
            "200": {
                "description": "What you may see of it",
                "headers": {"ETag": _header("Its version, for If-Match, if you are told one", '"3"')},
                "content": {"application/json": {"schema": {"$ref": REF.format(model="Look")}}},
            },
            **_refusals("400", "401", "403", "404", "429", "500", "503"),
        },
    }


def _read(route: Route) -> dict[str, Any]:
    """A list or board that is a plain Starlette route: its docstring says what it is."""
    words = " ".join((route.endpoint.__doc__ or route.name).split())
    page = [
        _parameter("cursor", "query", "From the Link of the page before", _TEXT),
        _parameter("limit", "query", "How many at most", {"type": "integer", "minimum": 1}),
    ]
    path = [_parameter(name, "path", name, _TEXT, required=True) for name in route.param_convertors]
    return {
        "operationId": f"read_{route.name}",
        "summary": words.partition(".")[0],
        "description": words,
        "parameters": [*path, *page, *_READ_HEADERS],
        "responses": {
            "200": {"description": words, "content": {"application/json": {"schema": {}}}},
            **_refusals("400", "401", "403", "404", "422", "429", "500", "503"),
        },
    }


def _bulk() -> dict[str, Any]:
    return {
        "operationId": "commands",
        "summary": "Many commands, an outcome a line",
        "description": (
            "NDJSON, at most 8 MB, 10,000 lines, 64 kB a line. Lines of one aggregate are decided in order;"
            " it is not a transaction. The answer has a line for each, in the same order."
        ),
        # Without their examples: tools that try examples have none of NDJSON to go with them.
        "parameters": [{k: v for k, v in p.items() if k != "example"} for p in _READ_HEADERS],
        "requestBody": {
            "required": True,
            "content": {
                "application/x-ndjson": {"schema": {"$ref": REF.format(model="Line")}},
                "text/plain": {"schema": {"type": "string", "description": "The same lines"}},
            },
        },
        "responses": {
            "200": {
                "description": "An outcome a line",
                "content": {"application/x-ndjson": {"schema": {"$ref": REF.format(model="Outcome")}}},
            },
            **_refusals("400", "401", "413", "415", "429", "500", "503"),
        },
    }


def _speak_of_problems(operation: dict[str, Any]) -> None:
    operation.setdefault("responses", {}).pop("422", None)
    operation["responses"] |= _refusals("400", "401", "403", "404", "422", "429", "500", "503")


def _refusals(*statuses: str) -> dict[str, Any]:
    return {status: {"$ref": f"#/components/responses/Problem{status}"} for status in statuses}


def _problems() -> dict[str, Any]:
    """A response a status, with an example of each code."""
    statuses = sorted({str(status) for status, _ in CODES.values()} | {"409"})
    return {f"Problem{status}": _problem(status) for status in statuses}


def _problem(status: str) -> dict[str, Any]:
    codes = {code: title for code, (known, title) in CODES.items() if str(known) == status}
    described = "A fact forbids it; `code` names the fact" if status == "409" else " / ".join(codes.values())
    headers: dict[str, Any] = {}
    if status in ("429", "503"):
        headers["Retry-After"] = _header("Seconds", "1")
    if status == "429":
        headers["RateLimit-Policy"] = _header("Requests a window of seconds", '"district";q=200;w=1')
        headers["RateLimit"] = _header(
            "How many are left, and in how many seconds more are", '"district";r=0;t=1'
        )
    if status == "401":
        headers["WWW-Authenticate"] = _header("RFC 6750", 'Bearer realm="chalkline"')
    examples = {code: {"value": _example(code, int(status), title)} for code, title in codes.items()}
    content = {"schema": {"$ref": REF.format(model="Problem")}, "examples": examples}
    return {"description": described, "headers": headers, "content": {MEDIA_TYPE: content}}


def _example(code: str, status: int, title: str) -> dict[str, Any]:
    trace_id = "4bf92f3577b34da6a3ce929d0e0e4736"
    return {"type": type_uri(code), "title": title, "status": status, "code": code, "trace_id": trace_id}


def _header(description: str, example: str) -> dict[str, Any]:
    return {"description": description, "schema": {"type": "string"}, "example": example}


def _parameter(
    name: str, where: str, description: str, schema: dict[str, Any], **more: Any
) -> dict[str, Any]:
    return {"name": name, "in": where, "description": description, "schema": schema, **more}


_PATH_ID = _parameter("id", "path", "The aggregate", _UUID, required=True)
_KEY = _parameter("Idempotency-Key", "header", "The command's id; a repeat is answered as the first time",
                  _UUID, required=True, example=_ID)  # fmt: skip
_IF_MATCH = _parameter("If-Match", "header", "Only if this is still the version",
                       {"type": "string", "pattern": r'^(\*|"[0-9]{1,9}")$'}, example='"3"')  # fmt: skip
_LEVEL = "[a-z][a-z_]{0,31}:[0-9]{1,2}:[0-9]{1,18}"
_READ_HEADERS = (
    _parameter("At-Least", "header", "Wait until these positions are seen here",
               {"type": "string", "pattern": f"^{_LEVEL}(, *{_LEVEL})*$"}, example=_AT_LEAST),
    _parameter("traceparent", "header", "W3C Trace Context", {"type": "string"},
               example="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
)  # fmt: skip


def _object(required: list[str], **properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": required, "properties": properties}


_INT, _TEXT = {"type": "integer", "minimum": 0}, {"type": "string"}
_COUNTED = {
    "type": ["integer", "null"],
    "minimum": 0,
    "description": "null: you may know of its activity alone",
}
_EVENT = _object(["id", "type", "version"], id=_UUID, type=_TEXT, version=_INT)
_ANSWER = {"command_id": _UUID, "id": _UUID, "events": {"type": "array", "items": _EVENT}, "version": _INT,
           "position": _INT}  # fmt: skip
_FAULT = _object(["pointer", "code", "message"], pointer=_TEXT, code=_TEXT, message=_TEXT)
_PROBLEM = {"type": {"type": "string", "format": "uri"}, "title": _TEXT, "status": _INT, "code": _TEXT,
            "trace_id": _TEXT, "detail": _TEXT, "errors": {"type": "array", "items": _FAULT},
            "details": {"type": "object"}}  # fmt: skip
_SCHEMAS = {
    "Answer": _object(list(_ANSWER), **_ANSWER),
    "Problem": _object(["type", "title", "status", "code", "trace_id"], **_PROBLEM),
    "Look": _object(
        ["id", "aggregate", "version", "data", "words"],
        id=_UUID, aggregate=_TEXT, version=_COUNTED, data={},
        words={"type": "object", "additionalProperties": _TEXT},
    ),
    "Outcome": _object(
        ["line", "status"], line=_INT, at_least=_TEXT, replayed={"type": "boolean"}, **{**_PROBLEM, **_ANSWER}
    ),
}  # fmt: skip


def _open(operation_id: str, summary: str, kind: str, schema: dict[str, Any]) -> dict[str, Any]:
    """An operation nobody needs a token for."""
    ok = {"description": summary, "content": {kind: {"schema": schema}}}
    return {"operationId": operation_id, "summary": summary, "security": [], "responses": {"200": ok}}


_READY = _open("readyz", "Whether it can do its work", "application/json", {"type": "object"})
_READY["responses"]["503"] = {"description": "Not now", "content": {"application/json": {"schema": {}}}}
_PLAIN: dict[str, Any] = {
    "/healthz": {"get": _open("healthz", "Whether it lives", "application/json", {"type": "object"})},
    "/readyz": {"get": _READY},
    "/metrics": {"get": _open("metrics", "What it counts", "text/plain", _TEXT)},
    "/openapi.json": {"get": _open("openapi", "This document", "application/json", {"type": "object"})},
    "/asyncapi.json": {"get": _open("asyncapi", "Its events", "application/json", {"type": "object"})},
}
