"""A district's terms, as the sessions of its roster make them."""

from collections.abc import Iterable
from datetime import date
from typing import Final

from chalkline_contracts.directory import CalendarChanged

from directory.calendar import LONGEST, ChangeCalendar, Dates, calendar_of
from directory.roster.mapping import MappingFile
from directory.roster.said import Said
from directory.roster.vocabulary import TERMS

MOST_TERMS: Final = 100


def calendar_told(said: Said, now: CalendarChanged, mapping: MappingFile) -> ChangeCalendar | None:
    """The district's terms, where the roster tells any and they are others than now; holidays stay."""
    mode = said.mode("academicSessions.csv")
    if mode == "absent" or not mapping.calendar:
        return None
    sessions = [one for one in said.sessions if one.type in TERMS]
    sessions = sessions or [one for one in said.sessions if one.type == "schoolYear"]
    told = [(one.begin, one.end) for one in sessions]
    if mode == "delta":
        gone = {(one.begin, one.end) for one in said.sessions_gone}
        told += [(term.begin, term.end) for term in now.terms if (term.begin, term.end) not in gone]
    elif not told:
        return None
    terms = _joined(told)[-MOST_TERMS:]
    wished = ChangeCalendar(
        terms=tuple(Dates(begin=begin, end=end) for begin, end in terms),
        holidays=tuple(Dates(begin=one.begin, end=one.end) for one in now.holidays),
    )
    return None if calendar_of(wished) == now else wished


def _joined(stretches: Iterable[tuple[date, date]]) -> list[tuple[date, date]]:
    """Stretches that overlap as one: schools of a district have their terms at the same time."""
    joined: list[tuple[date, date]] = []
    for begin, end in sorted(stretches):
        if joined and begin <= joined[-1][1] and (max(end, joined[-1][1]) - joined[-1][0]).days < LONGEST:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        elif not joined or begin > joined[-1][1]:
            joined.append((begin, end))
        elif end > joined[-1][1]:
            joined.append((date.fromordinal(joined[-1][1].toordinal() + 1), end))
    return joined
