"""An organisation of a district: the district itself, its schools, their departments.

A parent is always of a higher type, so no chain of parents can close into a ring.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from backbone.deciding import Actor, Claim, Command, Release
from backbone.words import Words
from chalkline_contracts.directory import OrgChanged, OrgClosed, OrgOpened, OrgType
from chalkline_contracts.event import Event
from chalkline_contracts.values import WordsRef

from directory.refusals import DistrictNotOpen, OrgAlreadyOpened, OrgNotOpen, ParentNotAbove
from directory.time_zone import TimeZone

ABOVE: dict[OrgType, tuple[OrgType, ...]] = {
    "district": (),
    "school": ("district",),
    "department": ("school", "district"),
}
"""What each type may lie in."""


class OpenOrg(Command):
    """Adds the district's own office, a school or a department."""

    name: Words
    type: OrgType
    parent_id: UUID | None = None
    time_zone: TimeZone | None = None
    sourced_id: Words | None = None
    """How the district's roster calls it."""


class ChangeOrg(Command):
    """Changes what is given and keeps the rest; an explicit null takes a parent, time zone or roster's id away."""

    name: Words | None = None
    parent_id: UUID | None = None
    time_zone: TimeZone | None = None
    sourced_id: Words | None = None


class CloseOrg(Command):
    """Ends an organisation; roles in it can no longer be assigned."""


OrgCommand = OpenOrg | ChangeOrg | CloseOrg
OrgEvent = OrgOpened | OrgChanged | OrgClosed


@dataclass(frozen=True, slots=True)
class Unset:
    """Nobody opened it."""


@dataclass(frozen=True, slots=True)
class Open:
    type: OrgType
    parent_id: UUID | None
    time_zone: str | None
    name_ref: WordsRef
    sourced_id_ref: WordsRef | None = None


@dataclass(frozen=True, slots=True)
class Closed:
    type: OrgType
    name_ref: WordsRef
    sourced_id_ref: WordsRef | None = None


Org = Unset | Open | Closed


@dataclass(frozen=True, slots=True)
class OrgFacts:
    """Who asks, whether the district is open, and what the wished parent is."""

    by: Actor
    command_id: UUID
    aggregate_id: UUID
    belongs: bool = False
    administers: bool = False
    district_open: bool = False
    parent_type: OrgType | None = None
    """The type of the open org the command names as parent; None if there is none."""


def decide(org: Org, command: OrgCommand, facts: OrgFacts, *, now: datetime) -> list[Event]:  # noqa: ARG001 - every decider has the same shape
    if not facts.district_open:
        raise DistrictNotOpen(district_id=facts.by.tenant)
    match command, org:
        case OpenOrg(), Unset():
            check_parent(command.type, command.parent_id, facts)
            return [
                OrgOpened(
                    type=command.type,
                    parent_id=command.parent_id,
                    time_zone=command.time_zone,
                    name_ref=command.name.ref,
                    sourced_id_ref=command.sourced_id.ref if command.sourced_id else None,
                )
            ]
        case OpenOrg(), _:
            raise OrgAlreadyOpened(org_id=facts.aggregate_id)
        case ChangeOrg(), Open():
            return _change(org, command, facts)
        case CloseOrg(), Open():
            return [OrgClosed(type=org.type, parent_id=org.parent_id, time_zone=org.time_zone)]
        case _:
            raise OrgNotOpen(org_id=facts.aggregate_id)


def _change(org: Open, command: ChangeOrg, facts: OrgFacts) -> list[Event]:
    given = command.model_fields_set
    parent_id = command.parent_id if "parent_id" in given else org.parent_id
    time_zone = command.time_zone if "time_zone" in given else org.time_zone
    if parent_id != org.parent_id:
        check_parent(org.type, parent_id, facts)
    sourced_id_ref = org.sourced_id_ref
    if "sourced_id" in given:
        sourced_id_ref = command.sourced_id.ref if command.sourced_id else None
    before = (org.parent_id, org.time_zone, org.sourced_id_ref)
    if command.name is None and (parent_id, time_zone, sourced_id_ref) == before:
        return []
    name_ref = command.name.ref if command.name else org.name_ref
    return [
        OrgChanged(
            type=org.type,
            parent_id=parent_id,
            time_zone=time_zone,
            name_ref=name_ref,
            sourced_id_ref=sourced_id_ref,
        )
    ]


def check_parent(org_type: OrgType, parent_id: UUID | None, facts: OrgFacts) -> None:
    if parent_id is None:
        return
    if facts.parent_type is None:
        raise OrgNotOpen(org_id=parent_id)
    if facts.parent_type not in ABOVE[org_type]:
        raise ParentNotAbove(parent_id=parent_id)


def evolve(org: Org, event: OrgEvent) -> Org:
    match event, org:
        case OrgOpened(), Unset() | Closed():
            return _as_told(event)
        case OrgChanged(), Open():
            return _as_told(event)
        case OrgClosed(), Open():
            return Closed(org.type, org.name_ref, org.sourced_id_ref)
        case _:
            return org


def _as_told(event: OrgOpened | OrgChanged) -> Open:
    return Open(event.type, event.parent_id, event.time_zone, event.name_ref, event.sourced_id_ref)


def claims(event: OrgEvent) -> Iterable[Claim | Release]:
    """A tenant is one district, so it has one organisation of that type."""
    match event:
        case OrgOpened(type="district"):
            yield Claim("org:district")
        case OrgClosed(type="district"):
            yield Release("org:district")
