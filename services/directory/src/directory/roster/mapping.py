"""The mapping file: what a roster cannot say. Who coaches, who leads the coaches, who evaluates whom.

YAML of a known shape; every fault is told with its line. `docs/roster-import.md` is its reference.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final, Literal, NoReturn, get_args

import yaml
from chalkline_contracts.directory import Role

from directory.roster import cells
from directory.roster.vocabulary import NEVER, is_role
from directory.time_zone import is_time_zone

LARGEST: Final = 1024 * 1024
MOST_FAULTS: Final = 20
DEEPEST: Final = 12
PERSON_BY: Final = ("sourced_id", "identifier", "username", "email")
ROLES: Final[tuple[str, ...]] = get_args(Role)

Names = Literal["automatic", "given_first", "family_first"]


@dataclass(frozen=True, slots=True)
class GivenRole:
    """A role that the mapping gives. `org` is a sourcedId; None: wherever the roster has the person."""

    role: Role
    org: str | None
    begin: date | None
    end: date | None
    line: int


@dataclass(frozen=True, slots=True)
class Who:
    """One person, or everybody with a value in a column. `by` is one of PERSON_BY, or a column of users.csv."""

    by: str
    value: str
    column: bool
    line: int

    @property
    def key(self) -> tuple[str, str]:
        """By what the person is known, and its value; addresses without their case."""
        if self.column:
            return f"column {self.by}", self.value
        return self.by, self.value.lower() if self.by == "email" else self.value


@dataclass(frozen=True, slots=True)
class GivenTo:
    who: Who
    roles: tuple[GivenRole, ...]
    instead: bool
    """Whether the roles that the roster gives do not count."""


@dataclass(frozen=True, slots=True)
class Evaluates:
    """A person evaluates teachers, or all teachers of a school (a sourcedId)."""

    who: Who
    teachers: tuple[Who, ...]
    school: str | None
    line: int


@dataclass(frozen=True, slots=True)
class MappingFile:
    """A mapping file as it was read; the empty one says nothing."""

    given: bool = False
    roles: Mapping[str, Role | None] = field(default_factory=dict)
    """What a roster's role is here; None: passed over."""
    people: tuple[GivenTo, ...] = ()
    evaluators: tuple[Evaluates, ...] = ()
    names: Names = "automatic"
    time_zones: Mapping[str, str] = field(default_factory=dict)
    """By an organisation's sourcedId."""
    calendar: bool = True
    """Whether the roster's terms become the district's."""


@dataclass(frozen=True, slots=True)
class Fault:
    line: int
    code: str
    message: str


class MappingInvalid(Exception):
    """The mapping file is not one; `faults` say where."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("mapping_invalid")
        self.faults = faults


class _Stop(Exception):
    """What is wrong here is noted; nothing more can be read below it."""


def read_mapping(content: bytes) -> MappingFile:
    """A mapping file. Raises MappingInvalid with all that is wrong in it, as far as it could be read."""
    if len(content) > LARGEST:
        raise MappingInvalid([Fault(1, "too_large", "a mapping file has at most 1 MB")])
    return _Reader().read(content)


class _Reader:
    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def read(self, content: bytes) -> MappingFile:
        try:
            mapping = self._file(_composed(content))
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            raise MappingInvalid(
                [Fault(mark.line + 1 if mark else 1, "yaml_malformed", "this is no YAML")]
            ) from None
        except (yaml.YAMLError, RecursionError, ValueError):
            raise MappingInvalid([Fault(1, "yaml_malformed", "this is no YAML in UTF-8")]) from None
        except _Stop:
            mapping = MappingFile()
        if self._faults:
            raise MappingInvalid(self._faults[:MOST_FAULTS])
        return mapping

    def _file(self, node: Any) -> MappingFile:
        if node is None:  # an empty file would withdraw whatever the last one gave
            self._stop(node, "version", "begin with version: 1")
        known = {"version", "roles", "people", "evaluators", "names", "time_zones", "calendar"}
        fields = self._fields(node, known)
        if "version" not in fields or self._text(fields["version"]) != "1":
            self._stop(fields.get("version", node), "version", "begin with version: 1")
        return MappingFile(
            given=True,
            roles=self._roles(fields["roles"]) if "roles" in fields else {},
            people=tuple(self._each(fields.get("people"), self._person)),
            evaluators=tuple(self._each(fields.get("evaluators"), self._evaluates)),
            names=self._one_of(
                fields.get("names"), ("automatic", "given_first", "family_first"), "automatic"
            ),
            time_zones=self._time_zones(fields["time_zones"]) if "time_zones" in fields else {},
            calendar=self._one_of(fields.get("calendar"), ("roster", "keep"), "roster") == "roster",
        )

    def _roles(self, node: Any) -> dict[str, Role | None]:
        found: dict[str, Role | None] = {}
        for name, value in self._pairs(node):
            if not is_role(name) or name in NEVER:
                self._fault(value, "role", "only roles of OneRoster's staff and ext: ones are mapped")
                continue
            told: Any = self._one_of(value, (*ROLES, "skip"), "skip")
            found[name] = None if told == "skip" else told
        return found

    def _person(self, node: Any) -> GivenTo:
        fields = self._fields(node, {*PERSON_BY, "where", "roles", "instead"})
        if "roles" not in fields:
            self._stop(node, "missing", "says no roles")
        return GivenTo(
            who=self._who(node, fields),
            roles=tuple(self._each(fields["roles"], self._given)),
            instead=self._one_of(fields.get("instead"), ("true", "false"), "false") == "true",
        )

    def _given(self, node: Any) -> GivenRole:
        fields = self._fields(node, {"role", "org", "begin", "end"})
        if "role" not in fields:
            self._stop(node, "missing", "says no role")
        begin, end = self._date(fields.get("begin")), self._date(fields.get("end"))
        if begin and end and end < begin:
            self._fault(node, "dates_reversed", "ends before it begins")
        role: Any = self._one_of(fields["role"], ROLES, "coach")
        org = self._text(fields["org"]) if "org" in fields else None
        return GivenRole(role, org, begin, end, _line(node))

    def _evaluates(self, node: Any) -> Evaluates:
        fields = self._fields(node, {"evaluator", "teachers", "school"})
        if "evaluator" not in fields or ("teachers" in fields) == ("school" in fields):
            self._stop(node, "missing", "needs an evaluator, and either teachers or a school")
        return Evaluates(
            who=self._named(fields["evaluator"]),
            teachers=tuple(self._each(fields.get("teachers"), self._named)),
            school=self._text(fields["school"]) if "school" in fields else None,
            line=_line(node),
        )

    def _who(self, node: Any, fields: Mapping[str, Any]) -> Who:
        by = [name for name in (*PERSON_BY, "where") if name in fields]
        if len(by) != 1:
            self._stop(node, "who", f"needs one of {', '.join(PERSON_BY)} or where")
        if by[0] != "where":
            return Who(by[0], self._text(fields[by[0]]), column=False, line=_line(node))
        where = self._fields(fields["where"], {"column", "is"})
        if set(where) != {"column", "is"}:
            self._stop(node, "missing", "where needs column and is")
        if self._text(where["column"]).lower() in ("password", "sourcedid"):
            self._stop(node, "column", "nobody is told by this column")
        return Who(self._text(where["column"]), self._text(where["is"]), column=True, line=_line(node))

    def _named(self, node: Any) -> Who:
        """A sourcedId, or a mapping that says by what the person is known."""
        if isinstance(node, yaml.ScalarNode):
            return Who("sourced_id", self._text(node), column=False, line=_line(node))
        return self._who(node, self._fields(node, set(PERSON_BY)))

    def _time_zones(self, node: Any) -> dict[str, str]:
        found = {}
        for org, value in self._pairs(node):
            zone = self._text(value)
            if not is_time_zone(zone):
                self._fault(value, "time_zone", "must be an IANA time zone, such as America/Chicago")
            found[org] = zone
        return found

    # Shapes

    def _fields(self, node: Any, known: set[str]) -> dict[str, Any]:
        fields = {}
        for name, value in self._pairs(node):
            if name in known:
                fields[name] = value
            else:
                self._fault(value, "unknown", f"here may stand {', '.join(sorted(known))}")
        return fields

    def _pairs(self, node: Any) -> Iterator[tuple[str, Any]]:
        if not isinstance(node, yaml.MappingNode):
            self._stop(node, "shape", "must be names with values")
        seen = set()
        for key, value in node.value:
            name = self._text(key)
            if name in seen:
                self._fault(key, "twice", "is there twice")
            seen.add(name)
            yield name, value

    def _each(self, node: Any, read: Callable[[Any], Any]) -> Iterator[Any]:
        if node is None:
            return
        if not isinstance(node, yaml.SequenceNode):
            self._stop(node, "shape", "must be a list")
        for one in node.value:
            try:
                yield read(one)
            except _Stop:
                continue

    def _text(self, node: Any) -> str:
        if not isinstance(node, yaml.ScalarNode) or not node.value.strip() or len(node.value) > 255:
            self._stop(node, "shape", "must be a text of 1 to 255 characters")
        text: str = node.value.strip()
        return text

    def _one_of(self, node: Any, known: tuple[str, ...], otherwise: str) -> Any:
        if node is None:
            return otherwise
        text = self._text(node)
        if text not in known:
            self._fault(node, "choice", f"must be one of {', '.join(known)}")
            return otherwise
        return text

    def _date(self, node: Any) -> date | None:
        if node is None:
            return None
        try:
            return cells.day(self._text(node), "")
        except cells.Unfit:
            self._fault(node, "date_invalid", "must be a date written as 2026-08-31")
            return None

    def _fault(self, node: Any, code: str, message: str) -> None:
        self._faults.append(Fault(_line(node), code, message))

    def _stop(self, node: Any, code: str, message: str) -> NoReturn:
        self._fault(node, code, message)
        raise _Stop


def _composed(content: bytes) -> Any:
    """The nodes of the only document. Aliases, tags and deep nesting are no part of a mapping file."""
    text = content.decode("utf-8-sig")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    depth = 0
    for event in yaml.parse(text, Loader=loader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if isinstance(event, yaml.AliasEvent) or depth > DEEPEST:
            raise yaml.MarkedYAMLError(problem_mark=event.start_mark)  # type: ignore[arg-type]  # libyaml's marks are marks too
    return yaml.compose(text, Loader=loader)


def _line(node: Any) -> int:
    return int(node.start_mark.line) + 1 if node is not None else 1
