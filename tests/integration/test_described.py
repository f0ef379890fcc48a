"""What services say of themselves is what other people's tools understand: JSON Schema, and nothing beside it."""

from collections.abc import Iterator
from typing import Any

import pytest
from kit.running import Platform

NAMES = ("directory", "goals", "observations", "notifications")
KEYWORDS = frozenset({
    "$ref", "$defs", "type", "enum", "const", "title", "description", "default", "examples", "anyOf", "oneOf", "allOf",
    "not", "properties", "required", "additionalProperties", "propertyNames", "items", "prefixItems", "minItems",
    "maxItems", "uniqueItems", "contains", "minLength", "maxLength", "pattern", "format", "contentMediaType", "minimum",
    "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minProperties", "maxProperties", "discriminator",
})  # fmt: skip
"""Of JSON Schema 2020-12 and OpenAPI 3.1 those that are used here; what begins with x- is everybody's own."""

pytestmark = [pytest.mark.integration, pytest.mark.services(*NAMES)]


def schemas(told: Any, pointer: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every schema that a document names, and where it is, without those within."""
    if isinstance(told, dict):
        for name, value in told.items():
            at = f"{pointer}/{name}"
            if name == "schema" and isinstance(value, dict):
                yield at, value
            elif name == "schemas" and isinstance(value, dict):
                yield from ((f"{at}/{own}", schema) for own, schema in value.items())
            elif name not in ("example", "examples", "default"):
                yield from schemas(value, at)
    elif isinstance(told, list):
        for place, value in enumerate(told):
            yield from schemas(value, f"{pointer}/{place}")


def unknown(schema: Any, at: str) -> Iterator[str]:
    """Where a schema says what nobody else understands."""
    if not isinstance(schema, dict):
        return
    yield from (f"{at}/{key}" for key in schema if key not in KEYWORDS and not key.startswith("x-"))
    for key in ("properties", "$defs"):
        for name, within in schema.get(key, {}).items():
            yield from unknown(within, f"{at}/{key}/{name}")
    for key in ("anyOf", "oneOf", "allOf", "prefixItems"):
        for place, within in enumerate(schema.get(key, ())):
            yield from unknown(within, f"{at}/{key}/{place}")
    for key in ("items", "additionalProperties", "propertyNames", "not", "contains"):
        yield from unknown(schema.get(key), f"{at}/{key}")


@pytest.mark.parametrize("document", ["openapi", "asyncapi"])
async def test_schemas_say_nothing_that_only_we_understand(platform: Platform, document: str) -> None:
    for name in NAMES:
        told = (await platform.services[name].http.get(f"/{document}.json")).json()
        found = [*schemas(told)]
        assert len(found) > 10
        assert [where for at, schema in found for where in unknown(schema, at)] == []


def test_a_keyword_that_is_none_is_found_wherever_it_is() -> None:
    told = {"paths": {"/a": [{"schema": {"anyOf": [{"type": "integer"}, {"ge": 1900}], "x-own": 1}}]}}
    assert [where for at, schema in schemas(told) for where in unknown(schema, at)] == [
        "/paths//a/0/schema/anyOf/1/ge"
    ]
