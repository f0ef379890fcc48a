"""JSON without its ambiguities: what two parsers might read differently is refused before anyone reads it.

The quick parse is all that a well-formed body pays for. Only a suspicious one is walked, to say where.
"""

import json
from collections.abc import Iterator
from math import isfinite
from typing import Any, Never

DEEPEST = 64
"""How many objects and arrays may lie inside each other."""
LONGEST_NUMBER = 1000
"""How many digits a number may have."""


class BadJson(Exception):
    """Not JSON that we accept: a stable code, a JSON pointer where there is a place to point at."""

    def __init__(self, code: str, message: str, pointer: str = "") -> None:
        super().__init__(message)
        self.code, self.message, self.pointer = code, message, pointer


def loads(body: bytes | bytearray) -> dict[str, Any]:
    """The object in `body`.

    Raises BadJson with one of the codes json_not_utf8, json_malformed, json_too_deep, json_not_an_object,
    json_duplicate_key, json_not_finite, json_number_too_long, json_nul, json_lone_surrogate.
    """
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise BadJson("json_not_utf8", "the body is not UTF-8") from None
    try:
        value = _parsed(text, suspicious=_suspicious(body))
    except RecursionError:
        raise BadJson("json_too_deep", f"more than {DEEPEST} levels deep") from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        fault = _FAULTS.get(error.msg, "malformed")
        raise BadJson("json_malformed", f"not JSON: {fault} at {where}") from None
    if not isinstance(value, dict):
        raise BadJson("json_not_an_object", "the body is not a JSON object")
    return value


def pointer(path: tuple[str | int, ...]) -> str:
    """A path as a JSON pointer (RFC 6901). Made-up names are cut: no error grows with them."""
    return "".join("/" + str(step)[:100].replace("~", "~0").replace("/", "~1") for step in path)


def _parsed(text: str, *, suspicious: bool) -> Any:
    try:
        value = _quick.decode(text)
    except _Flawed:
        value, suspicious = None, True
    if suspicious:
        _refuse_flaws(_slow.decode(text))
    return value


_FAULTS = {
    "Expecting value": "a value is missing",
    "Expecting property name enclosed in double quotes": "a property name is missing",
    "Expecting ':' delimiter": "a colon is missing",
    "Expecting ',' delimiter": "a comma is missing",
    "Unterminated string starting at": "a string does not end",
    "Invalid control character at": "a control character in a string",
    "Extra data": "more than one value",
}


class _Flawed(Exception):
    """Well-formed, but not what we accept; the slow parse says where."""


def _suspicious(body: bytes | bytearray) -> bool:
    """Whether only a walk can tell: escapes that may stand for what nobody can store, or much nesting."""
    if b"\\u" in body and (b"\\u0000" in body or b"\\ud" in body or b"\\uD" in body):
        return True
    return body.count(b"[") + body.count(b"{") > DEEPEST


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Flawed
    return found


def _flawed(_: str) -> Never:
    raise _Flawed


def _float(digits: str) -> float:
    number = float(digits)
    if not isfinite(number) or len(digits) > LONGEST_NUMBER:
        raise _Flawed
    return number


def _int(digits: str) -> int:
    if len(digits) > LONGEST_NUMBER:
        raise _Flawed
    return int(digits)


class _Pairs(tuple[tuple[str, Any], ...]):
    """An object as it was written, duplicates included."""

    __slots__ = ()


class _Number(str):
    """A number as it was written."""

    __slots__ = ()


class _Constant(str):
    """NaN or an infinity, as Python's parser lets them pass."""

    __slots__ = ()


_quick = json.JSONDecoder(
    object_pairs_hook=_object, parse_constant=_flawed, parse_float=_float, parse_int=_int
)
_slow = json.JSONDecoder(
    object_pairs_hook=_Pairs, parse_constant=_Constant, parse_float=_Number, parse_int=_Number
)


def _refuse_flaws(value: Any) -> None:
    """Raises BadJson for the first flaw. Its own stack, because the body chooses how deep this goes."""
    stack: list[tuple[tuple[str | int, ...], Any]] = [((), value)]
    while stack:
        path, value = stack.pop()
        if len(path) > DEEPEST:
            raise BadJson("json_too_deep", f"more than {DEEPEST} levels deep")
        match value:
            case _Constant():
                raise BadJson("json_not_finite", "a number is not finite", pointer(path))
            case _Number():
                _refuse_number(value, path)
            case str():
                _refuse_text(value, path)
            case _Pairs():
                stack += reversed(list(_members(value, path)))
            case list():
                stack += [((*path, index), value[index]) for index in range(len(value) - 1, -1, -1)]


def _members(pairs: _Pairs, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    seen: set[str] = set()
    for name, member in pairs:
        _refuse_text(name, path)
        if name in seen:
            raise BadJson("json_duplicate_key", "a key is there twice", pointer((*path, name)))
        seen.add(name)
        yield (*path, name), member


def _refuse_number(digits: str, path: tuple[str | int, ...]) -> None:
    if len(digits) > LONGEST_NUMBER:
        raise BadJson("json_number_too_long", f"a number has over {LONGEST_NUMBER} digits", pointer(path))
    if not isfinite(float(digits)):
        raise BadJson("json_not_finite", "a number is not finite", pointer(path))


def _refuse_text(text: str, path: tuple[str | int, ...]) -> None:
    if "\x00" in text:
        raise BadJson("json_nul", "a string contains U+0000", pointer(path))
    try:
        text.encode()
    except UnicodeEncodeError:
        raise BadJson("json_lone_surrogate", "a string contains a lone surrogate", pointer(path)) from None
