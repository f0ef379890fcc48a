"""Which form of a list somebody asks for."""

import pytest
from backbone.exports import CSV, JSONL, Form, form_asked
from backbone.paging import cursor_in, next_link
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        ([], None),
        ([""], None),
        (["*/*"], None),
        (["application/json"], None),
        (["text/html,application/xhtml+xml,*/*;q=0.8"], None),
        (["text/html"], None),
        (["application/xml"], None),
        (["text/csv"], CSV),
        (["Text/CSV; charset=utf-8"], CSV),
        (["text/*"], CSV),
        (["application/jsonl"], JSONL),
        (["application/*"], None),
        (["text/csv, */*"], CSV),
        (["application/json, text/csv"], None),
        (["text/csv, application/json"], CSV),
        (["text/csv;q=0.5, application/jsonl;q=0.9"], JSONL),
        (["application/json;q=0.1", "text/csv;q=0.2"], CSV),
        (["*/*;q=0.5, text/csv;q=0.4"], None),
        (["application/json;q=0, */*"], CSV),
        (["text/csv;q=0"], None),
        (["text/csv;q=much"], None),
        (["text/csv;q=nan"], None),
        ([",;,q=1"], None),
    ],
)
def test_the_form_that_is_liked_best(accept: list[str], form: Form | None) -> None:
    assert form_asked(accept) is form


@given(st.lists(st.text(st.characters(max_codepoint=255))))
def test_no_header_is_too_odd_to_be_answered(accept: list[str]) -> None:
    assert form_asked(accept) in (None, CSV, JSONL)


@given(st.text(min_size=1), st.text())
def test_the_cursor_comes_out_of_its_link(cursor: str, status: str) -> None:
    assert cursor_in(next_link("/v1/goals", cursor, limit=2, status=status)) == cursor
    assert cursor_in(None) is None
