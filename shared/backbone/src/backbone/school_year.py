"""School years: they begin in July, and are named by the calendar year in which they do."""

from datetime import date
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from backbone.lists import Absent, Digits

JULY: Final = 7
"""The month in which a school year begins."""


def school_year(day: date) -> int:
    """The year in which the school year of this day began."""
    return day.year if day.month >= JULY else day.year - 1


def days_of(year: int) -> tuple[date, date]:
    """The first day of a school year, and the first that is not of it any more."""
    return date(year, JULY, 1), date(year + 1, JULY, 1)


class YearWanted(BaseModel):
    """Which school year a table is about; a table may extend it. Unknown parameters are refused."""

    model_config = ConfigDict(extra="forbid")

    year: Annotated[
        Annotated[int, Field(ge=1900, le=2198)] | Absent,
        Field(description="The year in which the school year began, in July; left out: this one"),
        Digits,
    ] = None
