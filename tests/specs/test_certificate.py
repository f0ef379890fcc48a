"""The certificate of an erasure as a person reads it: what was not looked for is said, and what to do about it."""

from typing import Any

import pytest
from chalkline import show


def certificate(*, known: int, words: int) -> dict[str, Any]:
    """Of an erasure that found nothing."""
    looked = {"tables": 148, "rows": 2419, "messages": 167, "files": 3082, "bytes": 1 << 26} if words else {}
    return {
        "person_id": "2b62c679", "erasure_id": "7df96c11", "attested": {"7df96c11": {"directory": 6}},
        "held": 0, "kept_by_old_transactions": 0, "mails_deleted": 0, "searched": looked, "found": [], "texts": [],
        "looked_for": {"known": known, "words": words, "too_short": 0}, "unread": [], "clean": bool(words),
    }  # fmt: skip


def told(of: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> str:
    show.erased(of)
    return capsys.readouterr().out


def test_whoever_runs_it_again_is_told_that_nothing_was_looked_for_and_what_to_do(
    capsys: pytest.CaptureFixture[str],
) -> None:
    said = told(certificate(known=0, words=0), capsys)
    assert "knows neither name nor addresses of theirs any more, so nothing was looked for" in said
    assert "Erase again with --words, a file of their names and addresses" in said
    assert "Found nowhere" not in said


def test_where_words_were_given_it_is_said_that_only_they_were_looked_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    said = told(certificate(known=0, words=2), capsys)
    assert "neither name nor addresses of theirs any more: only what --words names was looked for" in said
    assert "Looked for 2 words" in said


def test_names_that_are_too_short_are_said_not_to_have_been_looked_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    said = told(certificate(known=1, words=0), capsys)
    assert "too short to be looked for" in said
    assert "Found nowhere" not in said


def test_the_first_time_names_and_addresses_are_known(capsys: pytest.CaptureFixture[str]) -> None:
    said = told(certificate(known=3, words=3), capsys)
    assert "any more" not in said
    assert "Found nowhere" in said
