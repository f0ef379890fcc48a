"""Free text that stays home: in a command it is Words, in an event only a reference to them.

A command's field of type `Words` reads a JSON string. Deciders pass `command.statement.ref` into the
event; whatever was referred to is stored in the service's `private_words` with the same commit.
"""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any

from chalkline_contracts.values import WordsRef
from pydantic import BaseModel, BeforeValidator, PlainSerializer, WithJsonSchema
from uuid_utils.compat import uuid7

LONGEST = 10_000
"""The most characters one text may have."""


@dataclass(frozen=True, slots=True)
class PrivateText:
    """A text, the salt its digest was made with, and the reference that events carry."""

    text: str
    salt: bytes
    ref: WordsRef


def private(text: Any) -> PrivateText:
    """Takes a text out of a command. Raises ValueError for what is not 1 to 10,000 storable characters."""
    if isinstance(text, PrivateText):
        return text
    if not isinstance(text, str):
        raise ValueError("must be a string")
    if not text.strip() or len(text) > LONGEST:
        raise ValueError(f"must have 1 to {LONGEST} characters")
    if "\x00" in text:
        raise ValueError("must not contain U+0000")
    try:
        encoded = text.encode()
    except UnicodeEncodeError:
        raise ValueError("must not contain lone surrogates") from None
    salt = os.urandom(16)
    return PrivateText(text, salt, WordsRef(ref=uuid7(), digest=hashlib.sha256(salt + encoded).hexdigest()))


Words = Annotated[
    PrivateText,
    BeforeValidator(private),
    PlainSerializer(lambda words: words.text),
    WithJsonSchema({"type": "string", "minLength": 1, "maxLength": LONGEST}),
]


def words_in(command: BaseModel) -> Iterator[PrivateText]:
    """Every text in a command, however deep."""
    return _texts(command)


@cache
def _telling(model: type[BaseModel]) -> tuple[str, ...]:
    """The fields of a model that, however deep, may hold words; most hold none, and are not looked through."""
    fields = _fields(model.__pydantic_core_schema__, model) or {}
    return tuple(name for name, schema in fields.items() if _declares(schema))


def _fields(schema: Any, model: type[BaseModel] | None) -> dict[str, Any] | None:
    """The fields of a model in a schema that has it somewhere; without one, the first there are."""
    match schema:
        case {"type": "model-fields", "fields": dict() as fields} if model is None:
            return fields
        case {"type": "model", "cls": cls, "schema": inner} if cls is model:
            return _fields(inner, None)
        case dict():
            parts = [part for key, part in schema.items() if key != "metadata"]
        case list() | tuple():
            parts = list(schema)
        case _:
            return None
    return next((found for part in parts if (found := _fields(part, model)) is not None), None)


def _declares(schema: Any) -> bool:
    match schema:
        case {"type": "function-before", "function": {"function": validator}} if validator is private:
            return True
        case {"type": "definition-ref"}:
            return True  # what it refers to is elsewhere
        case dict():
            return any(_declares(part) for key, part in schema.items() if key != "metadata")
        case list() | tuple():
            return any(_declares(part) for part in schema)
    return False


def _texts(value: Any) -> Iterator[PrivateText]:
    match value:
        case PrivateText():
            yield value
        case BaseModel():
            for name in _telling(type(value)):
                yield from _texts(getattr(value, name))
        case list() | tuple():
            for item in value:
                yield from _texts(item)
        case _:
            return
