"""A school district that nobody lives in: its schools, everyone who works there, and students to be skipped.

The same seed gives the same district. The cast of the demo are people of its first school and of its office.
`example_bundle` writes it as district IT would export it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Final, Literal

from chalkline import example_names as names

OneRosterRole = Literal[
    "districtAdministrator", "systemAdministrator", "siteAdministrator", "principal", "counselor", "teacher",
    "aide", "proctor", "student", "guardian",
]  # fmt: skip
Mapped = Literal["coach", "coaching_lead"]
OFFICE: Final = "org-office"
CAST_SCHOOL: Final = "Cedar Street School"
TEACHERS_A_COACH: Final = 20
CAST: Final[tuple[tuple[str, str, str, OneRosterRole, Mapped | None], ...]] = (
    ("maya", "Maya", "Okafor", "teacher", "coach"),
    ("tomas", "Tomás", "Reyes", "teacher", None),
    ("nora", "Nora", "Lind", "teacher", None),
    ("priya", "Priya", "Raman", "principal", None),
    ("leo", "Leo", "Marsh", "districtAdministrator", "coaching_lead"),
    ("ada", "Ada", "Whitfield", "districtAdministrator", None),
)
"""Who the demo is about: key, names, what the roster has them as, and what the mapping makes of them."""


@dataclass(frozen=True, slots=True)
class School:
    sourced_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody of the roster, with the one role the roster knows, and the one only the mapping tells."""

    sourced_id: str
    given: str
    family: str
    username: str
    org: str
    """The sourcedId of the school, or of the district's office."""
    role: OneRosterRole
    mapped: Mapped | None = None
    begin: str = "2024-08-01"

    @property
    def email(self) -> str:
        return f"{self.username}@example.org"


@dataclass(frozen=True, slots=True)
class Roster:
    """A district as its roster has it."""

    seed: int
    name: str
    schools: tuple[School, ...]
    staff: tuple[Member, ...]
    others: tuple[Member, ...]
    """Students and guardians: in the bundle, and never taken."""

    def having(self, role: OneRosterRole, mapped: Mapped | None = None) -> list[Member]:
        return [member for member in self.staff if (member.role, member.mapped) == (role, mapped)]


def roster(seed: int, *, schools: int = 40, teachers: int = 2000, students: int = 6000) -> Roster:
    """A district of so many schools and teachers; whoever else works there comes with them."""
    if schools < 1 or teachers < schools or students < 0:
        raise ValueError("a district has a school, each school a teacher, and no fewer than no students")
    random = Random(f"roster {seed}")  # noqa: S311 - a story, not a secret
    taught = [
        School(f"org-school-{number + 1:03}", CAST_SCHOOL if number == 0 else names.school(number - 1))
        for number in range(schools)
    ]
    staff = tuple(_cast(taught[0])) + tuple(_staff(random, taught, teachers))
    return Roster(seed, "Prairie View", tuple(taught), staff, tuple(_others(random, taught, students)))


def _cast(school: School) -> Iterator[Member]:
    for key, given, family, role, mapped in CAST:
        org = OFFICE if role == "districtAdministrator" else school.sourced_id
        yield Member(f"user-{key}", given, family, key, org, role, mapped)


def _staff(random: Random, schools: list[School], teachers: int) -> Iterator[Member]:
    """Everyone who works there, beside the cast; teachers are spread unevenly over the schools."""
    enlist = _Enlisting(random, "staff")
    yield enlist(OFFICE, "districtAdministrator")
    yield enlist(OFFICE, "systemAdministrator")
    for _ in range(max(1, len(schools) // 10)):
        yield enlist(OFFICE, "districtAdministrator", "coaching_lead")
    for number, (school, n) in enumerate(zip(schools, _spread(random, teachers, len(schools)), strict=True)):
        at = school.sourced_id
        if number:  # the first has Priya
            yield enlist(at, "principal")
        yield enlist(at, "siteAdministrator")
        yield enlist(at, "counselor")
        for _ in range(-(-n // TEACHERS_A_COACH)):
            yield enlist(at, "teacher", "coach")
        for _ in range(n - 2 * (number == 0)):  # Tomás and Nora are two of them
            yield enlist(at, "teacher")
        for _ in range(n // 4):
            yield enlist(at, "aide")
        if random.random() < 0.5:
            yield enlist(at, "proctor")


def _spread(random: Random, teachers: int, schools: int) -> list[int]:
    """How many teachers each school has: at least one (the first at least two if it can), unevenly."""
    weights = [0.5 + random.random() for _ in range(schools)]
    shares = [1 + int((teachers - schools) * weight / sum(weights)) for weight in weights]
    shares[0] += teachers - sum(shares)
    return shares


def _others(random: Random, schools: list[School], students: int) -> Iterator[Member]:
    enlist = _Enlisting(random, "family")
    for number in range(students):
        school = schools[number % len(schools)].sourced_id
        yield enlist(school, "student")
        if number % 5 == 0:
            yield enlist(school, "guardian")


class _Enlisting:
    """Gives everybody a sourcedId and a username of their own."""

    def __init__(self, random: Random, kind: str) -> None:
        self._random, self._kind, self._number = random, kind, 0

    def __call__(self, org: str, role: OneRosterRole, mapped: Mapped | None = None) -> Member:
        self._number += 1
        given, family = names.given(self._random), names.family(self._random)
        plain = ".".join(filter(None, (names.in_ascii(given), names.in_ascii(family)))) or self._kind
        begin = f"{self._random.randint(2012, 2024)}-08-01"
        sourced_id, mark = (
            f"{self._kind}-{self._number:05}",
            "" if self._kind == "staff" else f"-{self._kind[0]}",
        )
        username = f"{plain}{mark}{self._number}"  # somebody's mother may be called as a teacher is
        return Member(sourced_id, given, family, username, org, role, mapped, begin)
