"""Following the roster: how a person or an organisation becomes what the district's roster says.

One command a person, so that who they are and what they may do change together, and one that finds nothing
to change is no event. Only decisions live here. Whatever a rule needs arrives as an argument.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from backbone.deciding import Command
from backbone.words import Words
from chalkline_contracts.directory import (
    EvaluatorAssigned,
    EvaluatorWithdrawn,
    OrgChanged,
    OrgOpened,
    OrgType,
    PersonChanged,
    PersonEnrolled,
    Role,
    RoleAssigned,
    RoleWithdrawn,
)
from chalkline_contracts.event import Event
from chalkline_contracts.values import Day, WordsRef
from pydantic import BaseModel, ConfigDict

from directory import org as orgs
from directory import person as people
from directory import person_erasure
from directory.address import Address
from directory.org import Org, OrgCommand, OrgFacts
from directory.person import Active, Deactivated, Erased, Person, PersonCommand, PersonFacts, Unset
from directory.person_erasure import ErasureCommand
from directory.refusals import (
    DistrictNotOpen,
    EvaluatorNotActive,
    NobodyEvaluatesThemselves,
    OrgNotOpen,
    PersonErased,
    PersonNotActive,
    RoleEndsBeforeItBegins,
)
from directory.time_zone import TimeZone, day_in


class FollowRosterOrg(Command):
    """What the district's roster says of an organisation: opened, opened again or changed to be like it."""

    type: OrgType
    parent_id: UUID | None = None
    name: Words | None = None
    """Needed to open it; else only where it is to change."""
    sourced_id: Words | None = None
    time_zone: TimeZone | None = None
    """None: as it is."""


class RosterRole(BaseModel):
    """A role as the roster, or its mapping file, gives it."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    role: Role
    org_id: UUID
    row: UUID
    begin: Day | None = None
    """None: the roster does not say; from today, or whenever it began."""
    end: Day | None = None


class FollowRosterPerson(Command):
    """What the district's roster says of a person: enrolled, enrolled again or changed to be like it.

    What somebody gave by hand stays; of what a roster gave, only what is in here.
    """

    name: Words | None = None
    """Needed to enrol; else only where it is to change."""
    email: Address | None = None
    """As given; an explicit null takes it away."""
    sourced_id: Words | None = None
    roles: tuple[RosterRole, ...]
    evaluator_ids: tuple[UUID, ...] | None = None
    """None: as they are."""


def decide_org(
    org: Org, command: OrgCommand | FollowRosterOrg, facts: OrgFacts, *, now: datetime
) -> list[Event]:
    if not isinstance(command, FollowRosterOrg):
        return orgs.decide(org, command, facts, now=now)
    if not facts.district_open:
        raise DistrictNotOpen(district_id=facts.by.tenant)
    orgs.check_parent(command.type, command.parent_id, facts)
    return _follow_org(org, command, facts)


def decide_person(
    person: Person,
    command: PersonCommand | ErasureCommand | FollowRosterPerson,
    facts: PersonFacts,
    *,
    now: datetime,
) -> list[Event]:
    if isinstance(command, ErasureCommand):
        return person_erasure.decide(person, command, facts)
    if not isinstance(command, FollowRosterPerson):
        return people.decide(person, command, facts, now=now)
    if facts.time_zone is None:
        raise DistrictNotOpen(district_id=facts.by.tenant)
    return _follow_person(person, command, facts, today=day_in(facts.time_zone, now))


def _follow_org(org: Org, command: FollowRosterOrg, facts: OrgFacts) -> list[Event]:
    known = None if isinstance(org, orgs.Unset) else org
    name_ref = command.name.ref if command.name else known and known.name_ref
    if name_ref is None:
        raise OrgNotOpen(org_id=facts.aggregate_id)
    told: dict[str, Any] = {
        "type": command.type,
        "parent_id": command.parent_id,
        "time_zone": command.time_zone or (org.time_zone if isinstance(org, orgs.Open) else None),
        "name_ref": name_ref,
        "sourced_id_ref": command.sourced_id.ref if command.sourced_id else known and known.sourced_id_ref,
    }
    if not isinstance(org, orgs.Open):
        return [OrgOpened(**told)]
    return [] if orgs.Open(**told) == org else [OrgChanged(**told)]


def _follow_person(
    person: Person, command: FollowRosterPerson, facts: PersonFacts, *, today: date
) -> list[Event]:
    """What has to happen for the person to be as the roster says."""
    if isinstance(person, Erased):  # a roster that still has them does not bring them back
        raise PersonErased(person_id=facts.aggregate_id)
    for wished in command.roles:
        if wished.org_id not in facts.orgs_open:
            raise OrgNotOpen(org_id=wished.org_id)
        if wished.begin and wished.end and wished.end < wished.begin:
            raise RoleEndsBeforeItBegins(begin=wished.begin, end=wished.end)
    for evaluator in command.evaluator_ids or ():
        if evaluator not in facts.evaluators_active:
            raise EvaluatorNotActive(evaluator_id=evaluator)
        if evaluator == facts.aggregate_id:
            raise NobodyEvaluatesThemselves(person_id=facts.aggregate_id)
    if isinstance(person, Active):
        return [
            *_follow_words(person, command),
            *_follow_roles(person, command.roles, today),
            *_follow_evaluators(person, command.evaluator_ids, facts.aggregate_id),
        ]
    return _come(person, command, facts.aggregate_id, today)


def _come(person: Unset | Deactivated, command: FollowRosterPerson, own_id: UUID, today: date) -> list[Event]:
    """For the first time, or again: what ended when they left is taken off before anything is given."""
    before = person if isinstance(person, Deactivated) else None
    name_ref = command.name.ref if command.name else before and before.name_ref
    if name_ref is None:
        raise PersonNotActive(person_id=own_id)
    came = PersonEnrolled(
        experience_band=before.experience_band if before else None,
        name_ref=name_ref,
        email_ref=_word(command, "email", before.email_ref if before else None),
        sourced_id_ref=_word(command, "sourced_id", before.sourced_id_ref if before else None),
        by_roster=True,
    )
    ended: list[Event] = []
    if before:
        ended = [
            RoleWithdrawn(role=role.role, org_id=role.org_id, begin=role.begin, end=today)
            for role in before.roles
        ]
        ended += [EvaluatorWithdrawn(evaluator_id=i, teacher_id=own_id) for i in before.evaluator_ids]
    given = [_given(wished, today) for wished in command.roles]
    evaluators = [
        EvaluatorAssigned(evaluator_id=i, teacher_id=own_id, by_roster=True)
        for i in command.evaluator_ids or ()
    ]
    return [came, *ended, *given, *evaluators]


def _word(command: FollowRosterPerson, name: str, otherwise: WordsRef | None) -> WordsRef | None:
    if name not in command.model_fields_set:
        return otherwise
    given = getattr(command, name)
    return given.ref if given else None


def _follow_words(person: Active, command: FollowRosterPerson) -> list[Event]:
    name_ref = command.name.ref if command.name else person.name_ref
    email_ref = _word(command, "email", person.email_ref)
    sourced_id_ref = _word(command, "sourced_id", person.sourced_id_ref)
    if (name_ref, email_ref, sourced_id_ref) == (person.name_ref, person.email_ref, person.sourced_id_ref):
        return []
    return [
        PersonChanged(
            experience_band=person.experience_band,
            name_ref=name_ref,
            email_ref=email_ref,
            sourced_id_ref=sourced_id_ref,
            by_roster=True,
        )
    ]


def _follow_roles(person: Active, wished: tuple[RosterRole, ...], today: date) -> list[Event]:
    """Other dates are another stretch: the one that is held is withdrawn before the new one is given."""
    keys = {(role.role, role.org_id) for role in wished}
    current = {(held.role, held.org_id): held for held in person.roles if not held.over(today)}
    withdrawn = [held for key, held in current.items() if held.roster_row is not None and key not in keys]
    given: list[RosterRole] = []
    for role in wished:
        held = current.get((role.role, role.org_id))
        if held is None:
            given.append(role)
        elif held.roster_row is not None and (role.begin or held.begin, role.end) != (held.begin, held.end):
            withdrawn.append(held)
            given.append(role)
    return [
        *(
            RoleWithdrawn(role=held.role, org_id=held.org_id, begin=held.begin, end=today)
            for held in withdrawn
        ),
        *(_given(role, today) for role in given),
    ]


def _given(role: RosterRole, today: date) -> RoleAssigned:
    begin = role.begin or (today if role.end is None or role.end >= today else role.end)
    return RoleAssigned(role=role.role, org_id=role.org_id, begin=begin, end=role.end, roster_row=role.row)


def _follow_evaluators(person: Active, wished: tuple[UUID, ...] | None, own_id: UUID) -> list[Event]:
    if wished is None:
        return []
    gone = [i for i in person.roster_evaluator_ids if i not in wished]
    new = [i for i in dict.fromkeys(wished) if i not in person.evaluator_ids]
    return [
        *(EvaluatorWithdrawn(evaluator_id=i, teacher_id=own_id) for i in gone),
        *(EvaluatorAssigned(evaluator_id=i, teacher_id=own_id, by_roster=True) for i in new),
    ]
