"""What the doors take for JSON, and what each refusal is called."""

import json
from typing import Any

import pytest
from backbone.strict_json import DEEPEST, BadJson, loads
from hypothesis import given, settings
from hypothesis import strategies as st

text = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=20)
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | text
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4),
    max_leaves=20,
)
objects = st.dictionaries(text, values, max_size=5)


def refused(body: bytes) -> tuple[str, str]:
    with pytest.raises(BadJson) as refusal:
        loads(body)
    return refusal.value.code, refusal.value.pointer


@given(objects, st.booleans())
def test_every_object_that_python_writes_reads_back_the_same(value: dict[str, Any], escaped: bool) -> None:
    assert loads(json.dumps(value, ensure_ascii=escaped).encode()) == value


@given(st.binary(max_size=200))
def test_any_bytes_are_an_object_or_refused_by_code(body: bytes) -> None:
    try:
        assert isinstance(loads(body), dict)
    except BadJson as refusal:
        assert refusal.code.startswith("json_")


@settings(max_examples=300)
@given(st.text('{}[]":,0123456789eE+-.ntrufalsNI\\ud8\x00 ', max_size=60))
def test_any_text_that_looks_like_json_is_an_object_or_refused_by_code(body: str) -> None:
    try:
        found = loads(body.encode())
    except BadJson as refusal:
        assert refusal.code.startswith("json_")
    else:
        assert json.loads(body) == found


@given(objects, objects, text)
def test_a_key_that_is_there_twice_is_pointed_at(
    first: dict[str, Any], second: dict[str, Any], key: str
) -> None:
    name = json.dumps(key)
    body = f"{{{name}: {json.dumps(first)}, {name}: {json.dumps(second)}}}"
    escaped = key.replace("~", "~0").replace("/", "~1")
    assert refused(body.encode()) == ("json_duplicate_key", f"/{escaped}")


@pytest.mark.parametrize(
    ("body", "code", "pointer"),
    [
        (b"", "json_malformed", ""),
        (b"{", "json_malformed", ""),
        (b'{"a": 1} {}', "json_malformed", ""),
        (b"{'a': 1}", "json_malformed", ""),
        (b'{"a": 01}', "json_malformed", ""),
        (b'{"a": "\x00"}', "json_malformed", ""),
        (b"\xef\xbb\xbf{}", "json_malformed", ""),
        (b'{"a": NaN, oops', "json_malformed", ""),
        (b'{"a": "\xff"}', "json_not_utf8", ""),
        (b'{"a": "\xed\xa0\x80"}', "json_not_utf8", ""),
        (b"[]", "json_not_an_object", ""),
        (b"null", "json_not_an_object", ""),
        (b"1", "json_not_an_object", ""),
        (b'{"a": [1, {"b": NaN}]}', "json_not_finite", "/a/1/b"),
        (b'{"a": Infinity}', "json_not_finite", "/a"),
        (b'{"a": -Infinity}', "json_not_finite", "/a"),
        (b'{"a": 1e400}', "json_not_finite", "/a"),
        (b'{"a": [0, -1e400]}', "json_not_finite", "/a/1"),
        (b'{"a": ' + b"9" * 1001 + b"}", "json_number_too_long", "/a"),
        (b'{"a": ' + b"9" * 5000 + b"}", "json_number_too_long", "/a"),
        (b'{"a": 0.' + b"9" * 5000 + b"}", "json_number_too_long", "/a"),
        (b'{"a": "\\u0000"}', "json_nul", "/a"),
        (b'{"a": {"\\u0000": 1}}', "json_nul", "/a"),
        (b'{"a": "\\ud800"}', "json_lone_surrogate", "/a"),
        (b'{"a": ["\\uDC00\\ud800"]}', "json_lone_surrogate", "/a/0"),
        (b'{"a": {"b": 1, "b": 2}}', "json_duplicate_key", "/a/b"),
        (b'{"a": {"b": 1, "\\u0062": 2}}', "json_duplicate_key", "/a/b"),
        (b'{"a": ' + b"[" * 65 + b"]" * 65 + b"}", "json_too_deep", ""),
        (b'{"a": ' + b"[" * 30_000 + b"]" * 30_000 + b"}", "json_too_deep", ""),
        (b'{"a": NaN, "b": ' + b"[" * 30_000, "json_too_deep", ""),
        (b'{"a":' * 9_000 + b"1" + b"}" * 9_000, "json_too_deep", ""),
    ],
)  # fmt: skip
def test_what_is_not_strictly_json_is_refused_by_its_own_code(body: bytes, code: str, pointer: str) -> None:
    assert refused(body) == (code, pointer)


def test_what_only_looks_suspicious_is_taken() -> None:
    assert loads(b'{"a": "\\\\u0000 \\\\ud800 \\ud83d\\ude00"}') == {"a": "\\u0000 \\ud800 \U0001f600"}
    assert loads(b'{"a": [' + b"[]," * 99 + b"[]]}")["a"] == [[]] * 100
    deepest = DEEPEST - 1
    assert loads(b'{"a":' + b"[" * deepest + b"]" * deepest + b"}")


def test_a_refusal_says_nothing_of_what_was_sent() -> None:
    for body in (b'{"name": "secret', b'{"name": secret}', b'{"a": "secret", "a": "secret"}'):
        with pytest.raises(BadJson) as refusal:
            loads(body)
        assert "secret" not in refusal.value.message
