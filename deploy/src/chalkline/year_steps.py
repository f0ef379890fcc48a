"""What a year of coaching is told in: steps of a pair, with references to what only the play will know.

Pure data. Ids are made by the services and moments depend on when the year begins, so a step names them
(`Ref`, `At`, `On`, `Who`) and `filled` puts in what they turned out to be.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

Partner = Literal["coach", "teacher", "colleague", "successor"]
"""Who acts: the pair; a colleague who joins the teacher's cycles; the coach it is handed over to."""
SCHOOL_WEEKS: Final = 38
"""Two semesters of 19 weeks; the two weeks between them are counted by the calendar alone."""
SEMESTER: Final = 19
BREAK: Final = 2


@dataclass(frozen=True, slots=True)
class Ref:
    """The id of what the pair began under this name: `cycle 1`."""

    name: str


@dataclass(frozen=True, slots=True)
class At:
    """A moment: a school week, a day of it (0: Monday), and the minute of that day at the school."""

    week: int
    day: int
    minute: int


@dataclass(frozen=True, slots=True)
class On:
    """A date: the Friday of a school week, or of one after the last."""

    week: int


@dataclass(frozen=True, slots=True)
class Who:
    """The id of one of the pair."""

    partner: Partner


@dataclass(frozen=True, slots=True)
class Step:
    """One command of one of the pair, in a school week, and the events that follow from it."""

    week: int
    by: Partner
    aggregate: str
    command: str
    of: str
    """The name of what it begins, or is asked of."""
    begins: bool = False
    body: Mapping[str, Any] = field(default_factory=dict)
    gives: tuple[str, ...] = ()
    """Names of the events, those of a policy that reacts at once among them; not what notifications make of it."""


def calendar_week(week: int) -> int:
    """The week of the calendar a school week falls into; both count from 0."""
    return week if week < SEMESTER else week + BREAK


@dataclass(frozen=True, slots=True)
class Scene:
    """What the play knows: where its year begins, who the pair are, what they have begun."""

    monday: datetime
    """Local midnight of the first Monday."""
    people: Mapping[Partner, str]
    begun: dict[str, str]

    def moment(self, week: int, day: int, minute: int) -> datetime:
        zone = self.monday.tzinfo
        assert isinstance(zone, ZoneInfo)
        there = (self.monday + timedelta(weeks=calendar_week(week), days=day)).date()
        return datetime.combine(there, time(minute // 60, minute % 60), zone)

    def knows(self, step: Step) -> bool:
        """Whether all that the step speaks of has been begun."""
        return all(name in self.begun for name in references(step))

    def filled(self, value: Any) -> Any:
        """A body, with everything in it that a step could only name."""
        match value:
            case Ref(name):
                return self.begun[name]
            case Who(partner):
                return self.people[partner]
            case At(week, day, minute):
                return self.moment(week, day, minute).isoformat()
            case On(week):
                return self.moment(week, 4, 0).date().isoformat()
            case Mapping():
                return {key: self.filled(inner) for key, inner in value.items()}
            case list() | tuple():
                return [self.filled(inner) for inner in value]
            case _:
                return value


def references(step: Step) -> set[str]:
    """The names a step speaks of and does not give."""
    return set(_named(step.body)) | (set() if step.begins else {step.of})


def _named(value: Any) -> list[str]:
    match value:
        case Ref(name):
            return [name]
        case Mapping():
            return [name for inner in value.values() for name in _named(inner)]
        case list() | tuple():
            return [name for inner in value for name in _named(inner)]
        case _:
            return []
