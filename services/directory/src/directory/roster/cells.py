"""What may stand in a cell. Every check says its code, and never what stood there."""

import re
import unicodedata
from datetime import date, datetime
from typing import Final

from directory.address import is_address

LONGEST: Final = 255
DAY: Final = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
"""ISO 8601 has weeks too, of the same length."""
FORMULA: Final = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
ROWS_OF_EAST_ASIA: Final = re.compile(
    r"[\u1100-\u11ff\u3005-\u30ff\u3130-\u318f\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\uff66-\uff9f]"
)


class Unfit(Exception):
    """A cell that cannot be taken: in which column, and why."""

    def __init__(self, column: str, code: str) -> None:
        super().__init__(code)
        self.column, self.code = column, code


def identifier(cell: str, column: str) -> str:
    """A sourcedId, or a reference to one. Raises Unfit."""
    return _plain(cell, column)


def name(cell: str, column: str) -> str:
    """A part of a name; its line breaks and runs of blanks become one blank. Raises Unfit."""
    joined = " ".join(cell.split())
    if joined.startswith(FORMULA):
        raise Unfit(column, "formula")
    return _plain(joined, column) if joined else ""


def full(cell: str, column: str) -> str:
    """Raises Unfit for a cell with nothing in it."""
    if not cell:
        raise Unfit(column, "value_missing")
    return cell


def email(cell: str, column: str) -> str | None:
    if not cell:
        return None
    if cell.startswith(FORMULA):
        raise Unfit(column, "formula")
    if not is_address(_plain(cell, column)):
        raise Unfit(column, "email_invalid")
    return cell


def true(cell: str, column: str) -> bool:
    if cell.lower() not in ("true", "false"):
        raise Unfit(column, "boolean_invalid")
    return cell.lower() == "true"


def day(cell: str, column: str) -> date | None:
    """A date; None for a blank cell. Raises Unfit."""
    if not cell:
        return None
    try:
        found = date.fromisoformat(cell) if DAY.fullmatch(cell) else None
    except ValueError:
        found = None
    if found is None or not 1900 <= found.year < 2200:
        raise Unfit(column, "date_invalid")
    return found


def moment(cell: str, column: str) -> None:
    """Raises Unfit unless it is a moment as ISO 8601 writes it."""
    try:
        datetime.fromisoformat(cell)
    except ValueError:
        raise Unfit(column, "date_invalid") from None


def _plain(cell: str, column: str) -> str:
    if not cell:
        raise Unfit(column, "value_missing")
    if len(cell) > LONGEST:
        raise Unfit(column, "value_too_long")
    if not cell.isprintable() and any(unicodedata.category(c) in ("Cc", "Cs", "Cn") for c in cell):
        raise Unfit(column, "character_invalid")
    return cell


def full_name(given: str, family: str, order: str) -> str:
    """Given and family name, in the order that their script has unless the mapping file says which."""
    if order == "automatic":
        both = bool(given and family) and all(ROWS_OF_EAST_ASIA.match(part) for part in (given, family))
        order = "family_first" if both else "given_first"
    parts = (family, given) if order == "family_first" else (given, family)
    return " ".join(part for part in parts if part)
