"""Bytes of a state that are stored as they are, behind its JSON: a thousand small things in one field.

`readings: Packed = b""` in a state's dataclass. Stored, the field says how many bytes are its own; in JSON on its
own, as a person would look at it, it is base64.
"""

from base64 import b64decode, b64encode
from typing import Annotated, Any, TypeAlias

from pydantic import PlainSerializer, PlainValidator, SerializationInfo, ValidationInfo


class Behind:
    """The bytes behind a state's JSON, as they are put there and taken away again, in the order of its fields."""

    def __init__(self, stored: bytes = b"", begin: int = 0) -> None:
        self._stored, self._begin = stored, begin
        self._put: list[bytes] = []

    def put(self, packed: bytes) -> int:
        self._put.append(packed)
        return len(packed)

    def take(self, size: int) -> bytes:
        self._begin += size
        if self._begin > len(self._stored):
            raise ValueError("bytes are missing behind the state")
        return self._stored[self._begin - size : self._begin]

    def joined(self, *before: bytes) -> bytes:
        return b"".join((*before, *self._put))


def _packed(value: bytes, info: SerializationInfo) -> int | str:
    return info.context.put(value) if isinstance(info.context, Behind) else b64encode(value).decode()


def _unpacked(value: Any, info: ValidationInfo) -> bytes:
    match value:
        case int() if isinstance(info.context, Behind):
            return info.context.take(value)
        case str():
            return b64decode(value, validate=True)
        case bytes():
            return value
        case _:
            raise ValueError("neither bytes nor where they are")


Packed: TypeAlias = Annotated[bytes, PlainSerializer(_packed), PlainValidator(_unpacked)]
