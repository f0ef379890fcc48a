"""Who and what the district has already, as an import must know it: in a few queries, whoever it is."""

import hmac
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from backbone.commands import Commands, decode_state
from backbone.queries import Queries
from backbone.service import Running
from chalkline_contracts.directory import NO_CALENDAR, CalendarChanged, OrgType
from chalkline_contracts.values import WordsRef

from directory import district, org, person
from directory.person import HeldRole

sql = Queries("directory", "sql/queries")

PAGE: Final = 1000
NO_WORDS: Final = WordsRef(ref=UUID(int=0), digest="")
"""Stands where a reference stood: the words themselves are beside, and a plan needs no reference."""


class Ids:
    """The ids of what a roster brings: always the same for a sourcedId, and nobody can tell it from them."""

    def __init__(self, key: bytes, tenant: UUID) -> None:
        self._key, self._tenant = key, tenant
        self.mapping = self("row of the mapping file", "")
        """What stands for a roster's row where the mapping file gives a role."""

    def __call__(self, kind: str, sourced_id: str) -> UUID:
        told = b"\x1f".join((b"roster", self._tenant.bytes, kind.encode(), sourced_id.encode()))
        return UUID(bytes=hmac.digest(self._key, told, "sha256")[:16], version=5)

    def row(self, sourced_id: str) -> UUID:
        return self("row", sourced_id)

    def fingerprint(self, digest: str) -> str:
        return str(self("fingerprint", digest).hex)


@dataclass(frozen=True, slots=True)
class KnownOrg:
    id: UUID
    version: int
    open: bool
    type: OrgType
    parent_id: UUID | None
    time_zone: str | None
    name: str | None
    sourced_id: str | None
    """None: opened by hand, and for nobody but hands to change."""


@dataclass(frozen=True, slots=True)
class KnownPerson:
    """`state` has no references to words; they are beside it."""

    id: UUID
    version: int
    state: person.Active | person.Deactivated
    name: str | None
    email: str | None
    sourced_id: str | None
    roster_name: str | None
    roster_email: str | None
    """What a roster said last."""

    @property
    def active(self) -> bool:
        return isinstance(self.state, person.Active)


@dataclass(slots=True)
class Known:
    """By sourcedId; `orgs_by_id` has the hand-made ones too."""

    ids: Ids
    time_zone: str = "UTC"
    calendar: CalendarChanged = NO_CALENDAR
    clock: datetime | None = None
    district_version: int = 0
    orgs: dict[str, KnownOrg] = field(default_factory=dict)
    orgs_by_id: dict[UUID, KnownOrg] = field(default_factory=dict)
    people: dict[str, KnownPerson] = field(default_factory=dict)
    erased: set[UUID] = field(default_factory=set)
    """Who was erased: what a roster called them is known no more, but made their ids."""

    def has_erased(self, sourced_id: str) -> bool:
        return bool(self.erased) and self.ids("Person", sourced_id) in self.erased

    def has_person(self, sourced_id: str) -> bool:
        return sourced_id in self.people

    def has_org(self, sourced_id: str) -> bool:
        known = self.orgs.get(sourced_id)
        return known is not None and known.open

    @property
    def office(self) -> KnownOrg | None:
        """The district's own organisation, if it is open."""
        return next((one for one in self.orgs_by_id.values() if one.open and one.type == "district"), None)


async def load_known(run: Running, tenant: UUID, ids: Ids) -> Known:
    """Everybody of a district whom a roster may be about. Raises LedgerUnavailable."""
    known, commands = Known(ids), run.commands
    of = await commands.current(tenant, "District", tenant)
    if of is not None and isinstance(of.state, district.Open):
        known.time_zone, known.calendar, known.clock = of.state.time_zone, of.state.calendar, of.state.clock
        known.district_version = of.version
    after, places = UUID(int=0), dict[UUID, UUID]()
    while True:
        rows = await run.rows(tenant, sql.roster_known, tenant, after, PAGE)
        for row in rows:
            if row["kind"] in ("Person", "Org"):
                take(known, row, await _state(commands, row, tenant), places)
        if len(rows) < PAGE:
            return known
        after = rows[-1]["stream_id"]


async def _state(commands: Commands, row: Any, tenant: UUID) -> Any:
    aggregate = commands.aggregates[row["kind"]]
    if row["state_schema"] == aggregate.state_schema:
        return decode_state(aggregate, row["state"])
    return await commands.state(tenant, row["kind"], row["stream_id"])  # written by other code


def take(known: Known, row: Any, state: Any, places: dict[UUID, UUID]) -> None:
    words = dict(zip(row["refs"] or (), row["words"] or (), strict=True))

    def word(ref: WordsRef | None) -> str | None:
        return words.get(ref.ref) if ref else None

    match state:
        case org.Open() | org.Closed():
            here = isinstance(state, org.Open)
            found = KnownOrg(
                row["stream_id"], row["version"], here, state.type,
                state.parent_id if isinstance(state, org.Open) else None,
                state.time_zone if isinstance(state, org.Open) else None,
                word(state.name_ref), word(state.sourced_id_ref),
            )  # fmt: skip
            known.orgs_by_id[found.id] = found
            if found.sourced_id is not None:
                known.orgs[found.sourced_id] = found
        case person.Erased():
            known.erased.add(row["stream_id"])
        case person.Active() | person.Deactivated():
            sourced_id = word(state.sourced_id_ref)
            if sourced_id is not None:
                said = (
                    (state.roster_name_ref, state.roster_email_ref)
                    if isinstance(state, person.Active)
                    else (None, None)
                )
                known.people[sourced_id] = KnownPerson(
                    row["stream_id"], row["version"], _light(state, places), word(state.name_ref),
                    word(state.email_ref), sourced_id, word(said[0]), word(said[1]),
                )  # fmt: skip


def _light(state: person.Active | person.Deactivated, places: dict[UUID, UUID]) -> Any:
    """A state without its references, its organisations' ids shared: there are tens of thousands of them."""
    light: dict[str, Any] = {"name_ref": NO_WORDS, "email_ref": None, "sourced_id_ref": None}
    if isinstance(state, person.Active):
        light |= {"roster_name_ref": None, "roster_email_ref": None}
    return replace(state, **light, roles=tuple(_shared(state.roles, places)))


def _shared(roles: tuple[HeldRole, ...], places: dict[UUID, UUID]) -> Iterator[HeldRole]:
    return (replace(role, org_id=places.setdefault(role.org_id, role.org_id)) for role in roles)
