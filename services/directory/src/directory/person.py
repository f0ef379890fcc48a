"""A person who works in a district: that they are there, the roles they hold, and who evaluates them.

Names and addresses are private words; neither state nor events hold more than a reference to them.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from backbone.deciding import Actor, Command, Kept
from backbone.words import Words
from chalkline_contracts.directory import (
    ErasureRequested,
    EvaluatorAssigned,
    EvaluatorWithdrawn,
    ExperienceBand,
    LegalHoldLifted,
    LegalHoldPlaced,
    MentionsErasureRequested,
    PersonChanged,
    PersonDeactivated,
    PersonEnrolled,
    Role,
    RoleAssigned,
    RoleWithdrawn,
)
from chalkline_contracts.event import Event
from chalkline_contracts.values import Day, WordsRef

from directory.address import Address
from directory.refusals import (
    DistrictNotOpen,
    EvaluatorAlreadyAssigned,
    EvaluatorNotActive,
    EvaluatorNotAssigned,
    NobodyEvaluatesThemselves,
    OrgNotOpen,
    PersonAlreadyEnrolled,
    PersonErased,
    PersonNotActive,
    RoleAlreadyHeld,
    RoleEndsBeforeItBegins,
    RoleNotHeld,
)
from directory.time_zone import day_in


class EnrolPerson(Command):
    """Adds a person to the district."""

    name: Words
    email: Address | None = None
    sourced_id: Words | None = None
    """How the district's roster calls them."""
    experience_band: ExperienceBand | None = None


class ChangePerson(Command):
    """Changes what is given and keeps the rest; an explicit null takes an optional detail away."""

    name: Words | None = None
    email: Address | None = None
    sourced_id: Words | None = None
    experience_band: ExperienceBand | None = None

    @property
    def own(self) -> bool:
        """Whether people may change this of themselves: how they are reached, and nothing else."""
        return self.model_fields_set <= {"email"}


class DeactivatePerson(Command):
    """Ends what the person may do; their history stays."""


class AssignRole(Command):
    role: Role
    org_id: UUID
    begin: Day
    end: Day | None = None
    """The last day; None: until withdrawn."""


class WithdrawRole(Command):
    """Takes the role away, from now on."""

    role: Role
    org_id: UUID


class AssignEvaluator(Command):
    """On the teacher: who evaluates them can never coach them."""

    evaluator_id: UUID


class WithdrawEvaluator(Command):
    evaluator_id: UUID


PersonCommand = (
    EnrolPerson
    | ChangePerson
    | DeactivatePerson
    | AssignRole
    | WithdrawRole
    | AssignEvaluator
    | WithdrawEvaluator
)
PersonEvent = (
    PersonEnrolled
    | PersonChanged
    | PersonDeactivated
    | RoleAssigned
    | RoleWithdrawn
    | EvaluatorAssigned
    | EvaluatorWithdrawn
    | LegalHoldPlaced
    | LegalHoldLifted
    | ErasureRequested
    | MentionsErasureRequested
)


@dataclass(frozen=True, slots=True)
class HeldRole:
    role: Role
    org_id: UUID
    begin: date
    end: date | None
    roster_row: UUID | None = None

    def on(self, day: date) -> bool:
        return self.begin <= day and (self.end is None or day <= self.end)

    def over(self, day: date) -> bool:
        return self.end is not None and self.end < day


@dataclass(frozen=True, slots=True)
class Unset:
    """Nobody enrolled them."""


@dataclass(frozen=True, slots=True)
class Active:
    experience_band: str | None
    name_ref: WordsRef
    email_ref: WordsRef | None
    sourced_id_ref: WordsRef | None
    roles: tuple[HeldRole, ...] = ()
    evaluator_ids: tuple[UUID, ...] = ()
    roster_evaluator_ids: tuple[UUID, ...] = ()
    """Those of them that a roster's mapping file gave."""
    roster_name_ref: WordsRef | None = None
    roster_email_ref: WordsRef | None = None
    """What a roster said last; the same said again leaves alone what somebody changed by hand since."""
    holds: tuple[UUID, ...] = ()
    """Legal holds that stand."""


@dataclass(frozen=True, slots=True)
class Deactivated:
    name_ref: WordsRef
    email_ref: WordsRef | None
    sourced_id_ref: WordsRef | None
    roles: tuple[HeldRole, ...] = ()
    """Those that ended with it, and do not come back by themselves."""
    evaluator_ids: tuple[UUID, ...] = ()
    experience_band: str | None = None
    holds: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class Erased:
    """Nothing of them is left but that they were erased; their id stays taken, so a roster cannot bring them back."""

    erasure_id: UUID


Person = Unset | Active | Deactivated | Erased


def themselves(person_id: UUID, _: Person) -> UUID:
    """Whose a person's names and addresses are."""
    return person_id


def kept(own_id: UUID, person: Person) -> Kept | None:
    """How somebody who has left was called and reached."""
    return Kept("contacts", (own_id,)) if isinstance(person, Deactivated) else None


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """Who asks, where the district is, and whether those the command names are there."""

    by: Actor
    command_id: UUID
    aggregate_id: UUID
    belongs: bool = False
    administers: bool = False
    time_zone: str | None = None
    """The open district's; None when it is not open."""
    org_open: bool = False
    """The org the command names."""
    evaluator_active: bool = False
    """The evaluator the command names."""
    orgs_open: frozenset[UUID] = frozenset()
    """Of the orgs the roster names."""
    evaluators_active: frozenset[UUID] = frozenset()
    """Of the evaluators the roster names."""
    led_by: tuple[UUID, ...] = ()
    """Who leads a school where a teacher works, and so evaluates them unless others are mapped; for a look."""


def decide(person: Person, command: PersonCommand, facts: PersonFacts, *, now: datetime) -> list[Event]:
    if facts.time_zone is None:
        raise DistrictNotOpen(district_id=facts.by.tenant)
    match command, person:
        case _, Erased():
            raise PersonErased(person_id=facts.aggregate_id)
        case EnrolPerson(), Unset():
            return [
                PersonEnrolled(
                    experience_band=command.experience_band,
                    name_ref=command.name.ref,
                    email_ref=command.email.ref if command.email else None,
                    sourced_id_ref=command.sourced_id.ref if command.sourced_id else None,
                )
            ]
        case EnrolPerson(), _:
            raise PersonAlreadyEnrolled(person_id=facts.aggregate_id)
        case ChangePerson(), Active():
            return _change(person, command)
        case DeactivatePerson(), Active():
            return [PersonDeactivated(experience_band=person.experience_band)]
        case AssignRole(), Active():
            return _assign(person, command, facts, today=day_in(facts.time_zone, now))
        case WithdrawRole(), Active():
            held = _held(person, command.role, command.org_id)
            if held is None:
                raise RoleNotHeld(role=command.role, org_id=command.org_id)
            today = day_in(facts.time_zone, now)
            return [RoleWithdrawn(role=held.role, org_id=held.org_id, begin=held.begin, end=today)]
        case AssignEvaluator(), Active():
            if command.evaluator_id == facts.aggregate_id:
                raise NobodyEvaluatesThemselves(person_id=facts.aggregate_id)
            if not facts.evaluator_active:
                raise EvaluatorNotActive(evaluator_id=command.evaluator_id)
            if command.evaluator_id in person.evaluator_ids:
                raise EvaluatorAlreadyAssigned(evaluator_id=command.evaluator_id)
            return [EvaluatorAssigned(evaluator_id=command.evaluator_id, teacher_id=facts.aggregate_id)]
        case WithdrawEvaluator(), Active():
            if command.evaluator_id not in person.evaluator_ids:
                raise EvaluatorNotAssigned(evaluator_id=command.evaluator_id)
            return [EvaluatorWithdrawn(evaluator_id=command.evaluator_id, teacher_id=facts.aggregate_id)]
        case _:
            raise PersonNotActive(person_id=facts.aggregate_id)


def _change(person: Active, command: ChangePerson) -> list[Event]:
    given = command.model_fields_set
    band = command.experience_band if "experience_band" in given else person.experience_band
    email_ref, sourced_id_ref = person.email_ref, person.sourced_id_ref
    if "email" in given:
        email_ref = command.email.ref if command.email else None
    if "sourced_id" in given:
        sourced_id_ref = command.sourced_id.ref if command.sourced_id else None
    name_ref = command.name.ref if command.name else person.name_ref
    before = (person.experience_band, person.name_ref, person.email_ref, person.sourced_id_ref)
    if (band, name_ref, email_ref, sourced_id_ref) == before:
        return []
    return [
        PersonChanged(
            experience_band=band, name_ref=name_ref, email_ref=email_ref, sourced_id_ref=sourced_id_ref
        )
    ]


def _assign(person: Active, command: AssignRole, facts: PersonFacts, *, today: date) -> list[Event]:
    if command.end is not None and command.end < command.begin:
        raise RoleEndsBeforeItBegins(begin=command.begin, end=command.end)
    if not facts.org_open:
        raise OrgNotOpen(org_id=command.org_id)
    held = _held(person, command.role, command.org_id)
    if held and not held.over(today):
        raise RoleAlreadyHeld(role=command.role, org_id=command.org_id)
    return [RoleAssigned(role=command.role, org_id=command.org_id, begin=command.begin, end=command.end)]


def _held(person: Active, role: Role, org_id: UUID) -> HeldRole | None:
    return next((held for held in person.roles if (held.role, held.org_id) == (role, org_id)), None)


def _without(person: Active, role: Role, org_id: UUID) -> tuple[HeldRole, ...]:
    return tuple(held for held in person.roles if (held.role, held.org_id) != (role, org_id))


def _enrolled(event: PersonEnrolled) -> Active:
    said = (event.name_ref, event.email_ref) if event.by_roster else (None, None)
    return Active(
        event.experience_band, event.name_ref, event.email_ref, event.sourced_id_ref,
        roster_name_ref=said[0], roster_email_ref=said[1],
    )  # fmt: skip


def _said_by_roster(person: Active, event: PersonChanged) -> Active:
    if not event.by_roster:
        return person
    return replace(
        person,
        roster_name_ref=event.name_ref if event.name_ref != person.name_ref else person.roster_name_ref,
        roster_email_ref=event.email_ref if event.email_ref != person.email_ref else person.roster_email_ref,
    )


def evolve(person: Person, event: PersonEvent) -> Person:
    match event, person:
        case PersonEnrolled(), Unset() | Deactivated():
            holds = person.holds if isinstance(person, Deactivated) else ()
            return replace(_enrolled(event), holds=holds)
        case PersonChanged(), Active():
            return replace(
                _said_by_roster(person, event),
                experience_band=event.experience_band,
                name_ref=event.name_ref,
                email_ref=event.email_ref,
                sourced_id_ref=event.sourced_id_ref,
            )
        case PersonDeactivated(), Active():
            return Deactivated(
                person.name_ref,
                person.email_ref,
                person.sourced_id_ref,
                person.roles,
                person.evaluator_ids,
                person.experience_band,
                person.holds,
            )
        case LegalHoldPlaced(), Active() | Deactivated():
            return replace(person, holds=(*person.holds, event.hold_id))
        case LegalHoldLifted(), Active() | Deactivated():
            return replace(person, holds=tuple(hold for hold in person.holds if hold != event.hold_id))
        case ErasureRequested(), _:
            return Erased(event.erasure_id)
        case RoleAssigned(), Active():  # a stretch that is over gives way to the next one
            held = HeldRole(event.role, event.org_id, event.begin, event.end, event.roster_row)
            return replace(person, roles=(*_without(person, event.role, event.org_id), held))
        case RoleWithdrawn(), Active():
            return replace(person, roles=_without(person, event.role, event.org_id))
        case EvaluatorAssigned(), Active():
            return replace(
                person,
                evaluator_ids=(*person.evaluator_ids, event.evaluator_id),
                roster_evaluator_ids=(*person.roster_evaluator_ids, event.evaluator_id)
                if event.by_roster
                else person.roster_evaluator_ids,
            )
        case EvaluatorWithdrawn(), Active():
            return replace(
                person,
                evaluator_ids=tuple(i for i in person.evaluator_ids if i != event.evaluator_id),
                roster_evaluator_ids=tuple(i for i in person.roster_evaluator_ids if i != event.evaluator_id),
            )
        case _:
            return person
