"""A district's calendar: its terms, and the holidays in them. Days, never their names.

Only decisions live here.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from itertools import pairwise
from typing import Annotated, Self

from backbone.deciding import Command
from chalkline_contracts.directory import CalendarChanged
from chalkline_contracts.values import Day, Days
from pydantic import Field, model_validator

from directory.refusals import TermsOverlap

DAY = timedelta(days=1)
FIRST, LAST = date(2000, 1, 1), date(2199, 12, 31)
LONGEST = 366
"""Days: nothing in a school's calendar takes longer than a year."""


class Dates(Command):
    """Whole days, both of them included."""

    begin: Annotated[Day, Field(ge=FIRST, le=LAST)]
    end: Annotated[Day, Field(ge=FIRST, le=LAST)]

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.end < self.begin:
            raise ValueError("must end on or after the day it begins")
        if (self.end - self.begin).days >= LONGEST:
            raise ValueError(f"must have at most {LONGEST} days")
        return self


class ChangeCalendar(Command):
    """The whole calendar, in place of the one that stood; with no terms every day is a school day."""

    terms: Annotated[tuple[Dates, ...], Field(max_length=100)]
    holidays: Annotated[tuple[Dates, ...], Field(max_length=500)] = ()


def calendar_of(command: ChangeCalendar) -> CalendarChanged:
    """The one way to write this calendar down. Raises TermsOverlap."""
    terms = sorted((term.begin, term.end) for term in command.terms)
    for (_, end), (begin, _) in pairwise(terms):
        if begin <= end:
            raise TermsOverlap(begin=begin)
    return CalendarChanged(
        terms=tuple(Days(begin=begin, end=end) for begin, end in terms),
        holidays=tuple(_joined(command.holidays)),
    )


def _joined(holidays: Iterable[Dates]) -> Iterable[Days]:
    """The same days in the fewest stretches, in their order."""
    joined: list[Days] = []
    for begin, end in sorted((holiday.begin, holiday.end) for holiday in holidays):
        if joined and begin <= joined[-1].end + DAY:
            before = joined.pop()
            joined.append(Days(begin=before.begin, end=max(before.end, end)))
        else:
            joined.append(Days(begin=begin, end=end))
    return joined
