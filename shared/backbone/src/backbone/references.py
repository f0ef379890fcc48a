"""Which private words an event refers to: `{"ref": …, "digest": …}`, wherever it stands in the data."""

import hashlib
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from pydantic_core import from_json


def references(data: str | bytes | None) -> Iterator[tuple[UUID, str]]:
    """(reference, digest in hex) of each text an event's JSON refers to; nothing if it is no JSON."""
    text = data.decode(errors="replace") if isinstance(data, bytes) else data
    if text is None or '"digest"' not in text:
        return
    try:
        yield from _within(from_json(text))
    except ValueError:
        return


def digest_of(salt: bytes, words: str) -> str:
    """What an event that refers to these words says of them."""
    return hashlib.sha256(salt + words.encode()).hexdigest()


def _within(value: Any) -> Iterator[tuple[UUID, str]]:
    match value:
        case {"ref": str(ref), "digest": str(digest)}:
            yield UUID(ref), digest
        case dict():
            for inner in value.values():
                yield from _within(inner)
        case list():
            for inner in value:
                yield from _within(inner)
