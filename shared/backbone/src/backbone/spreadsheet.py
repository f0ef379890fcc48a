"""Rows as CSV (RFC 4180), safe to open in a spreadsheet, and readable back to what was told.

A cell that a spreadsheet would take for a formula begins with an apostrophe; numbers are left as they are. A list
of ids, codes or numbers is one cell, joined by semicolons; whatever has more to it is JSON. Null is an empty cell.
"""

import csv
import io
import json
import re
from collections.abc import Iterable, Sequence
from typing import Any, Final

BETWEEN: Final = ";"
"""Joins the members of a list in a cell."""
_FORMULA = re.compile("'*[=+\\-@\t\r\n＝＋－＠]")
"""Also with apostrophes before it: what was guarded can be told from what was written so."""
_NUMBER = re.compile(r"-?\d+(\.\d+)?(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)


def csv_lines(rows: Iterable[Sequence[Any]]) -> str:
    """Lines that end in CRLF, of rows of JSON's values."""
    written = io.StringIO(newline="")
    csv.writer(written, lineterminator="\r\n").writerows([cell(value) for value in row] for row in rows)
    return written.getvalue()


def cell(value: Any) -> str:
    """One of JSON's values (None, bool, int, float, str, list, dict) as it stands in a cell."""
    return guarded(_text(value))


def guarded(text: str) -> str:
    if _FORMULA.match(text) and not _NUMBER.fullmatch(text):
        return "'" + text
    return text


def unguarded(text: str) -> str:
    """What `guarded` was given."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text


def _text(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case list() if value and all(map(_simple, value)):
            return BETWEEN.join(map(_text, value))
        case list() | dict():
            return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        case _:
            return str(value)


def _simple(member: Any) -> bool:
    """Whether a member of a list needs no more than to be joined: `a;b`, and no list in JSON begins like that."""
    if isinstance(member, str):
        return member != "" and BETWEEN not in member and not member.startswith("[")
    return isinstance(member, int | float)
