"""Reading a bundle: what its files say of a district's organisations, staff and terms, row by row.

Nothing is changed here, and students, guardians and parents are passed over at the first cell that tells.
A row that cannot be taken is told and left; a file that cannot be read refuses the bundle.
"""

import hashlib
from collections.abc import Callable, Sequence
from datetime import date
from typing import IO, Any, Final, Protocol

from directory import calendar
from directory.roster import cells, vocabulary
from directory.roster.bundle import Bundle, open_bundle
from directory.roster.cells import Unfit
from directory.roster.findings import BundleRefused, Findings
from directory.roster.manifest import read_manifest
from directory.roster.mapping import MappingFile, Who
from directory.roster.rows import Table
from directory.roster.said import OrgSaid, PersonSaid, RoleGone, RoleSaid, Said, Session

HEAD: Final = ("sourcedId",)
CHANGE: Final = ("status", "dateLastModified")
ORGS: Final = ("name", "type", "parentSourcedId")
USERS: Final = ("enabledUser", "givenName", "familyName", "email")
USERS_1_1: Final = ("role", "orgSourcedIds")
ROLES: Final = ("userSourcedId", "role", "orgSourcedId", "beginDate", "endDate")
SESSIONS: Final = ("type", "startDate", "endDate")
PREFERRED: Final = ("preferredGivenName", "preferredFamilyName", "identifier", "username")
MOST_ROWS: Final = 200_000
"""Rows of the staff in a file, and roles in OneRoster 1.1: each is held in memory."""
MOST_UNFIT: Final = 100_000
"""Rows that are told because they cannot be taken: a file with more of them is something else."""
TRUSTED: Final = 4
"""In a ragged row the first columns still stand where they should: no free text comes before them."""


class KnownOnes(Protocol):
    """Whom the district has already, by sourcedId: what a delta may refer to."""

    def has_person(self, sourced_id: str) -> bool: ...

    def has_org(self, sourced_id: str) -> bool: ...


def read_bundle(
    file: IO[bytes], mapping: MappingFile, known: KnownOnes, *, mapping_text: bytes = b""
) -> Said:
    """Everything a bundle says. Raises BundleRefused."""
    digest = hashlib.sha256(mapping_text)
    bundle = open_bundle(file)
    version, modes = read_manifest(bundle, digest.update)
    said = Said(version, modes, Findings())
    reading = _Reading(said, bundle, mapping, known, digest.update)
    for name, read in (
        ("orgs.csv", reading.orgs),
        ("roles.csv", reading.roles),
        ("users.csv", reading.users),
        ("academicSessions.csv", reading.sessions),
    ):
        if said.mode(name) != "absent":
            read(name)
    reading.check_references()
    said.fingerprint = digest.hexdigest()
    return said


class _Reading:
    def __init__(
        self,
        said: Said,
        bundle: Bundle,
        mapping: MappingFile,
        known: KnownOnes,
        seen: Callable[[bytes], None],
    ) -> None:
        self._said, self._bundle, self._mapping, self._known, self._seen = said, bundle, mapping, known, seen
        self._columns, self._persons = _mentioned(mapping)
        self._ids = set[str]()
        """The sourcedIds of the file that is being read."""
        self._roles_told = 0

    def orgs(self, file: str) -> None:
        said = self._said

        def take(line: int, row: Sequence[str]) -> None:
            sourced_id = self._once(row[0])
            name, kind, parent, status, modified = row[1:6]
            if _removed(status, modified, delta=said.mode(file) == "delta"):
                said.orgs_gone.add(sourced_id)
            elif kind in vocabulary.ABOVE_THE_DISTRICT:
                said.orgs_above.add(sourced_id)
                said.skipped[f"org of type {kind}"] += 1
            elif kind not in vocabulary.ORG_TYPES:
                raise Unfit("type", "org_type_unknown")
            else:
                lies_in = cells.identifier(parent, "parentSourcedId") if parent else None
                called, org_type = cells.full(cells.name(name, "name"), "name"), vocabulary.ORG_TYPES[kind]
                said.orgs[sourced_id] = OrgSaid(sourced_id, called, org_type, lies_in, line)

        self._each(self._table(file, ORGS), take, "sourcedId", said.orgs_unsure)

    def roles(self, file: str) -> None:
        """Those of OneRoster 1.2, which has them in a file of their own."""
        said = self._said

        def take(line: int, row: Sequence[str]) -> None:
            role, org = row[2:4]
            if role in vocabulary.NEVER and not self._known.has_person(row[1]):
                said.skipped[role] += 1
                return
            user, own = cells.identifier(row[1], "userSourcedId"), self._once(row[0])
            here, mapped = self._role(role)
            if _removed(row[6], row[7], delta=said.mode(file) == "delta"):
                said.roles_gone.setdefault(user, []).append(RoleGone(own, here, org))
            elif role not in vocabulary.NEVER:
                begin, end = cells.day(row[4], "beginDate"), cells.day(row[5], "endDate")
                _in_order(begin, end)
                self._check_org(cells.identifier(org, "orgSourcedId"), "orgSourcedId")
                told = RoleSaid(here, mapped, org, own, begin, end, file, line)
                said.roles.setdefault(user, []).append(told)

        self._each(self._table(file, ROLES), take, "userSourcedId", said.roles_unsure)

    def users(self, file: str) -> None:
        said, at = self._said, 1 + len(USERS)
        first = said.version == "1.1"

        def take(line: int, row: Sequence[str]) -> None:
            if self._passed_over(row):
                return
            sourced_id = self._once(row[0])
            removed = _removed(row[at], row[at + 1], delta=said.mode(file) == "delta")
            if removed or not cells.true(row[1], "enabledUser"):
                said.gone.add(sourced_id)
            elif not first or self._role_of_row(line, row):
                said.people[sourced_id] = self._person(sourced_id, row, line, at + 2)

        optional = (*PREFERRED, *self._columns, *(USERS_1_1 if first else ()))
        self._each(self._table(file, USERS, optional), take, "sourcedId", said.unsure)

    def _passed_over(self, row: Sequence[str]) -> bool:
        """Whether a row of users.csv is of nobody an import is about; nothing more of it is looked at."""
        if self._known.has_person(row[0]) or not row[0]:
            return False
        if self._said.version == "1.1":
            why = row[-2] if row[-2] in vocabulary.NEVER else ""
        else:
            why = "" if row[0] in self._said.roles else "people without a role of the staff"
        if why:
            self._said.skipped[why] += 1
        return bool(why)

    def _role_of_row(self, line: int, row: Sequence[str]) -> bool:
        """Takes the role that a row of OneRoster 1.1 gives; False for somebody who is none of the staff any more."""
        sourced_id, role = row[0], row[-2]
        here, mapped = self._role(role)
        if role in vocabulary.NEVER:
            self._said.gone.add(sourced_id)
            return False
        places = list(dict.fromkeys(part.strip() for part in row[-1].split(",") if part.strip()))
        self._roles_told += len(places)
        if self._roles_told > MOST_ROWS:
            raise _too_many("users.csv", line)
        cells.full("".join(places), "orgSourcedIds")
        for place in places:
            self._check_org(cells.identifier(place, "orgSourcedIds"), "orgSourcedIds")
        self._said.roles[sourced_id] = [
            RoleSaid(here, mapped, place, sourced_id, None, None, "users.csv", line) for place in places
        ]
        return True

    def _person(self, sourced_id: str, row: Sequence[str], line: int, more: int) -> PersonSaid:
        given = cells.name(row[more] or row[2], "preferredGivenName" if row[more] else "givenName")
        family = cells.name(row[more + 1] or row[3], "preferredFamilyName" if row[more + 1] else "familyName")
        called = cells.full(cells.full_name(given, family, self._mapping.names), "familyName")
        address = cells.email(row[4], "email")
        self._note(sourced_id, row, more + 2, address)
        return PersonSaid(sourced_id, called, address, line)

    def _note(self, sourced_id: str, row: Sequence[str], at: int, address: str | None) -> None:
        """Whom the mapping file means by what stands in this row."""
        values = {"sourced_id": sourced_id, "identifier": row[at], "username": row[at + 1]}
        values["email"] = (address or "").lower()
        values |= {f"column {name}": row[at + 2 + n] for n, name in enumerate(self._columns)}
        for by, value in values.items():
            if value and (by, value) in self._persons:
                self._said.named.setdefault((by, value), []).append(sourced_id)

    def sessions(self, file: str) -> None:
        said = self._said

        def take(line: int, row: Sequence[str]) -> None:
            self._once(row[0])
            kind, start, end, status, modified = row[1:6]
            if kind not in vocabulary.SESSION_TYPES:
                raise Unfit("type", "session_type_unknown")
            removed = _removed(status, modified, delta=said.mode(file) == "delta")
            begins = cells.day(cells.full(start, "startDate"), "startDate")
            ends = cells.day(cells.full(end, "endDate"), "endDate")
            assert begins
            assert ends
            _in_order(begins, ends)
            if (ends - begins).days >= calendar.LONGEST:
                raise Unfit("endDate", "term_too_long")
            if begins.year < 2000:
                raise Unfit("startDate", "date_invalid")
            (said.sessions_gone if removed else said.sessions).append(Session(kind, begins, ends, line))

        self._each(self._table(file, SESSIONS), take, "sourcedId", set())

    def check_references(self) -> None:
        """That whoever has a role is somebody, in the bundle or in the district already."""
        said = self._said
        if said.version == "1.1":
            return
        whole = said.mode("users.csv") == "bulk"
        for user in list(said.roles):
            if user in said.people or user in said.gone or user in said.unsure:
                continue
            if not whole and self._known.has_person(user):
                continue
            for role in said.roles.pop(user):
                if role.role is not None:
                    said.findings.add(role.file, role.line, "userSourcedId", "reference_unknown")

    def _role(self, role: str) -> tuple[Any, bool]:
        """What a roster's role is here, and whether the mapping file says so. Raises Unfit."""
        if not vocabulary.is_role(role):
            raise Unfit("role", "role_unknown")
        if role in self._mapping.roles:
            return self._mapping.roles[role], True
        return vocabulary.TAKEN.get(role), False

    def _check_org(self, sourced_id: str, column: str) -> None:
        said = self._said
        if sourced_id in said.orgs:
            return
        if sourced_id in said.orgs_above:
            raise Unfit(column, "org_not_taken")
        kept = said.mode("orgs.csv") != "bulk" or sourced_id in said.orgs_unsure
        if not kept or sourced_id in said.orgs_gone or not self._known.has_org(sourced_id):
            raise Unfit(column, "reference_unknown")

    def _table(self, file: str, wanted: Sequence[str], optional: Sequence[str] = ()) -> Table:
        """A file's rows: `sourcedId`, what is wanted, `status` and `dateLastModified`, what may be there."""
        delta = self._said.mode(file) == "delta"
        must = [name for name in optional if name not in PREFERRED]
        table = Table(
            self._bundle.open(file),
            (*HEAD, *wanted, *(CHANGE if delta else ()), *must),
            layout=(*HEAD, *wanted, *CHANGE, *optional),
            seen=self._seen,
        )
        for name in table.misspelt:
            self._said.findings.add(file, 1, name, "column_misspelt")
        return table

    def _each(
        self, table: Table, take: Callable[[int, Sequence[str]], None], whose: str, unsure: set[str]
    ) -> None:
        """Takes row by row, and tells those that cannot be; `whose` is the column that says of whom a row is."""
        self._ids, at, before = set(), table.columns.index(whose), self._said.findings.rejected
        for line, row, as_it_stands in table:
            try:
                if row is None:
                    raise Unfit("", "ragged")  # noqa: TRY301 - told like every other row that is not taken
                take(line, row)
                if len(self._ids) > MOST_ROWS:
                    raise _too_many(table.file, line)
            except Unfit as unfit:
                self._said.findings.add(table.file, line, unfit.column or None, unfit.code)
                if self._said.findings.rejected - before > MOST_UNFIT:
                    raise _too_many(table.file, line) from None
                trusted = at < min(TRUSTED if row is None else len(as_it_stands), len(as_it_stands))
                if trusted and as_it_stands[at].strip():
                    unsure.add(as_it_stands[at].strip())
                else:
                    self._said.untold.add(table.file)

    def _once(self, sourced_id: str) -> str:
        if cells.identifier(sourced_id, "sourcedId") in self._ids:
            raise Unfit("sourcedId", "duplicate")
        self._ids.add(sourced_id)
        return sourced_id


def _too_many(file: str, line: int) -> BundleRefused:
    return BundleRefused("file_too_many_rows", f"line {line}", file=file, line=line)


def _removed(status: str, modified: str, *, delta: bool) -> bool:
    """Whether a row says that what it is of is gone. Raises Unfit."""
    if status not in ("active", "tobedeleted") and (status or delta):
        raise Unfit("status", "status_unknown")
    if delta:
        cells.moment(modified, "dateLastModified")
    return status == "tobedeleted"


def _in_order(begin: date | None, end: date | None) -> None:
    if begin and end and end < begin:
        raise Unfit("endDate", "dates_reversed")


def _mentioned(mapping: MappingFile) -> tuple[tuple[str, ...], set[tuple[str, str]]]:
    """The columns of users.csv that a mapping file looks into, and the values it looks for."""
    everybody: list[Who] = [given.who for given in mapping.people]
    for one in mapping.evaluators:
        everybody += [one.who, *one.teachers]
    columns = dict.fromkeys(who.by for who in everybody if who.column)
    return tuple(columns), {who.key for who in everybody}
