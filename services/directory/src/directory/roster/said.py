"""What a bundle says, as far as it concerns a district's staff. Nothing in here has been compared with anything."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from chalkline_contracts.directory import OrgType, Role

from directory.roster.findings import Findings
from directory.roster.manifest import Mode, Version


@dataclass(frozen=True, slots=True)
class OrgSaid:
    sourced_id: str
    name: str
    type: OrgType
    parent: str | None
    line: int


@dataclass(frozen=True, slots=True)
class PersonSaid:
    sourced_id: str
    name: str = field(repr=False)
    email: str | None = field(repr=False)
    line: int


@dataclass(frozen=True, slots=True)
class RoleSaid:
    """A role of a person at an organisation, both by sourcedId."""

    role: Role | None
    """None: one of the staff, in a role that nothing here answers to."""
    mapped: bool
    """Whether only the mapping file makes it this role."""
    org: str
    row: str
    """The row's own sourcedId, or the person's where the row is theirs."""
    begin: date | None
    end: date | None
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class RoleGone:
    """A role that a delta takes away."""

    row: str
    role: Role | None
    org: str


@dataclass(frozen=True, slots=True)
class Session:
    type: str
    begin: date
    end: date
    line: int


@dataclass(slots=True)
class Said:
    """`unsure` are those of whom a row was rejected, so that nothing may be concluded from what is not here;
    `untold` are files with a row that does not even say of whom it is.
    """

    version: Version
    modes: Mapping[str, Mode]
    findings: Findings
    orgs: dict[str, OrgSaid] = field(default_factory=dict)
    orgs_gone: set[str] = field(default_factory=set)
    orgs_unsure: set[str] = field(default_factory=set)
    orgs_above: set[str] = field(default_factory=set)
    """Local, state and national ones, which are not taken."""
    people: dict[str, PersonSaid] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    unsure: set[str] = field(default_factory=set)
    roles: dict[str, list[RoleSaid]] = field(default_factory=dict)
    """By the person's sourcedId."""
    roles_gone: dict[str, list[RoleGone]] = field(default_factory=dict)
    roles_unsure: set[str] = field(default_factory=set)
    sessions: list[Session] = field(default_factory=list)
    sessions_gone: list[Session] = field(default_factory=list)
    untold: set[str] = field(default_factory=set)
    named: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    """Whom the mapping file means: sourcedIds by (what they are known by, its value)."""
    skipped: Counter[str] = field(default_factory=Counter)
    """How many rows were passed over, by why: a role, or what they are."""
    fingerprint: str = ""
    """SHA-256 of the files that were read, and of the mapping file."""

    def mode(self, file: str) -> Mode:
        return self.modes.get(file, "absent")
