"""Rows as CSV: read back they are what was told, and no cell of text is a formula."""

import csv
import io
import json
import re
from typing import Any

import pytest
from backbone.spreadsheet import cell, csv_lines, guarded, unguarded
from hypothesis import given
from hypothesis import strategies as st

NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")
ANY = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]))
ODD = st.text(st.sampled_from(list("=+-@\t\r\n'\",;[]{}1.e aé＝")), max_size=8)
TEXTS = ANY | ODD
NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
OBJECTS = st.dictionaries(ANY, TEXTS | NUMBERS, max_size=3)
ROWS = st.lists(
    st.tuples(TEXTS, NUMBERS, st.booleans(), st.lists(TEXTS), st.lists(NUMBERS), st.lists(OBJECTS))
)


def read(told: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(told, newline=""), strict=True))


def members(told: str) -> list[Any]:
    """A list out of a cell, as docs/exports.md says: JSON where it begins with a bracket, else by semicolons."""
    return json.loads(told) if told.startswith("[") else told.split(";")


@given(ROWS)
def test_what_is_read_back_is_what_was_told(rows: list[tuple[Any, ...]]) -> None:
    found = read(csv_lines(rows))
    assert len(found) == len(rows)
    for (text, number, flag, texts, numbers, objects), cells in zip(rows, found, strict=True):
        assert unguarded(cells[0]) == text
        assert type(number)(cells[1]) == number  # an integer past a float's precision as well
        assert cells[2] == str(flag).lower()
        assert members(unguarded(cells[3])) == texts
        assert [float(one) for one in members(unguarded(cells[4]))] == [float(one) for one in numbers]
        assert json.loads(cells[5]) == objects


@given(ROWS)
def test_no_cell_is_a_formula(rows: list[tuple[Any, ...]]) -> None:
    for cells in read(csv_lines(rows)):
        for told in cells:
            assert told[:1] not in set("=+-@\t\r\n＝＋－＠") or NUMBER.fullmatch(told)


@given(TEXTS)
def test_a_text_comes_out_of_its_guard_as_it_was(text: str) -> None:
    assert unguarded(guarded(text)) == text


@given(st.lists(TEXTS, min_size=1, max_size=5).map(tuple))
def test_every_line_ends_in_crlf_and_quotes_are_doubled(row: tuple[str, ...]) -> None:
    told = csv_lines([row])
    assert told.endswith("\r\n")
    assert read(told) == [[cell(text) for text in row]]


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
        ("+1", "'+1"),
        ("-4/5", "'-4/5"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\tx", "'\tx"),
        ("\rx", "'\rx"),
        ("'=x", "''=x"),
        ("'t Hooft", "'t Hooft"),
        ("-4", "-4"),
        ("-0.25", "-0.25"),
        (-4, "-4"),
        (-2.5e-9, "-2.5e-09"),
        ("4/5", "4/5"),
        (None, ""),
        (True, "true"),
        (["a", "b"], "a;b"),
        ([], "[]"),
        ([""], '[""]'),
        (["a;b", "c"], '["a;b","c"]'),
        (["[a"], '["[a"]'),
        (["-a", "b"], "'-a;b"),
        ([1, 2], "1;2"),
        ([{"role": "coach"}], '[{"role":"coach"}]'),
    ],
)  # fmt: skip
def test_a_cell(value: Any, told: str) -> None:
    assert cell(value) == told
