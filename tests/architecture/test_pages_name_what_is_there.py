"""Pages that vouch for something name the test that holds it: each of these exists."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = ("docs/security.md", "docs/privacy.md")


def missing(page: str) -> list[str]:
    """The tests and files a page names that are not there."""
    gone = []
    for named in re.findall(r"`((?:tests|shared|services|deploy)/[^`\s]+)`", page):
        path, _, test = named.partition("::")
        file = ROOT / path
        if not file.exists() or (test and f"def {test}(" not in file.read_text("utf-8")):
            gone.append(named)
    return gone


@pytest.mark.parametrize("page", PAGES)
def test_what_a_page_vouches_for_with_is_there(page: str) -> None:
    text = (ROOT / page).read_text("utf-8")
    assert missing(text) == []


def test_every_threat_has_a_test() -> None:
    text = (ROOT / "docs/security.md").read_text("utf-8")
    rows = [
        line
        for line in text.partition("## Threats")[2].partition("##")[0].splitlines()
        if line.startswith("| ")
    ]
    assert len(rows) > 20
    assert [row for row in rows[1:] if "`tests/" not in row.rpartition("|")[0].rpartition("|")[2]] == [
        row for row in rows if "requirements.lock" in row
    ]


def test_a_test_that_is_gone_is_missed() -> None:
    assert missing(
        "`tests/specs/test_identity.py::test_nothing_of_the_kind` and `tests/specs/test_mails.py`"
    ) == ["tests/specs/test_identity.py::test_nothing_of_the_kind"]
