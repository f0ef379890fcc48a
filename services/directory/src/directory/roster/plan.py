"""The difference between what a bundle says and whom the district has: what an import has to do.

Only what a roster gave is ever taken away, and nothing is concluded from a row that was not taken. Pure: it
compares, and asks nobody.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final, Literal
from uuid import UUID

from chalkline_contracts.directory import CalendarChanged, OrgType, Role

from directory.calendar import ChangeCalendar, Dates, calendar_of
from directory.org import ABOVE
from directory.person import Active, HeldRole
from directory.roster.known import Known, KnownOrg, KnownPerson
from directory.roster.mapping import Evaluates, GivenRole, GivenTo, MappingFile, Who
from directory.roster.said import OrgSaid, PersonSaid, RoleSaid, Said
from directory.roster.vocabulary import TERMS

MAPPING: Final = "mapping file"
MOST_TERMS: Final = 100
LARGEST_SHARE: Final = 10
"""Percent of a roster's people who may be deactivated without anybody confirming it."""

Action = Literal["add", "change", "remove"]


@dataclass(frozen=True, slots=True)
class WishedRole:
    role: Role
    org_id: UUID
    row: UUID
    begin: date | None = None
    end: date | None = None


@dataclass(frozen=True, slots=True)
class OrgStep:
    action: Action
    id: UUID
    version: int
    sourced_id: str
    type: OrgType
    line: int = 0
    parent_id: UUID | None = None
    name: str | None = None
    """Where it is to change."""
    time_zone: str | None = None
    names_itself: bool = False
    """Whether its sourcedId is to be noted."""


@dataclass(frozen=True, slots=True)
class PersonStep:
    """`email` is (what it shall be,) where it is to change."""

    action: Action
    id: UUID
    version: int
    sourced_id: str
    name: str | None
    email: tuple[str | None] | None
    roles: tuple[WishedRole, ...]
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class EvaluatorStep:
    id: UUID
    version: int
    sourced_id: str
    evaluator_ids: tuple[UUID, ...]
    line: int


@dataclass(slots=True)
class Plan:
    """What is to be done, in this order."""

    orgs: list[OrgStep] = field(default_factory=list)
    people: list[PersonStep] = field(default_factory=list)
    evaluators: list[EvaluatorStep] = field(default_factory=list)
    leaving: list[PersonStep] = field(default_factory=list)
    closing: list[OrgStep] = field(default_factory=list)
    calendar: ChangeCalendar | None = None
    district_version: int = 0
    active: int = 0
    """How many a roster has made active so far."""
    roles_of: dict[UUID, tuple[WishedRole, ...]] = field(default_factory=dict)
    """The roles a roster gives a person whose evaluators are to change."""

    @property
    def empty(self) -> bool:
        return not (
            self.orgs or self.people or self.evaluators or self.leaving or self.closing or self.calendar
        )

    @property
    def removes_too_many(self) -> bool:
        return len(self.leaving) * 100 > self.active * LARGEST_SHARE

    def count(self, action: Action) -> int:
        steps: Iterable[OrgStep | PersonStep] = (*self.orgs, *self.people, *self.leaving, *self.closing)
        changed = {step.id for step in steps if step.action == action}
        if action == "change":
            there = {step.id for step in self.people}
            changed |= {step.id for step in self.evaluators if step.id not in there}
        return len(changed) + (action == "change" and self.calendar is not None)


def plan_import(said: Said, known: Known, mapping: MappingFile, *, today: date) -> Plan:
    """What has to be done. Adds to `said.findings` what cannot be."""
    plan = Plan(
        active=sum(one.active for one in known.people.values()), district_version=known.district_version
    )
    places = _plan_orgs(plan, said, known, mapping)
    _People(plan, said, known, mapping, places, today).go()
    plan.calendar = _calendar(said, known.calendar, mapping)
    return plan


# Organisations


def _plan_orgs(plan: Plan, said: Said, known: Known, mapping: MappingFile) -> dict[str, UUID]:
    """The ids of the organisations that people may be at, by sourcedId."""
    office = known.office
    places = {sourced_id: one.id for sourced_id, one in known.orgs.items() if one.open}
    for sourced_id in said.orgs_gone:
        places.pop(sourced_id, None)
    taken = _taken(said, known, office)
    for one in taken:
        here = known.orgs.get(one.sourced_id)
        if one.type == "district" and office is not None:
            here = office
        places[one.sourced_id] = here.id if here else known.ids("Org", one.sourced_id)
    root = next(
        (places[one.sourced_id] for one in taken if one.type == "district"), office.id if office else None
    )
    for one in taken:
        step = _org_step(one, _parent(one, said, known, places, root), known, places, mapping)
        if step is not None:
            plan.orgs.append(step)
    plan.closing = list(_closing(said, known))
    for step in plan.closing:
        places.pop(step.sourced_id, None)
    for org in mapping.time_zones:
        if org not in places:
            said.findings.add(MAPPING, 0, "time_zones", "mapping_org_unknown")
    return places


def _taken(said: Said, known: Known, office: KnownOrg | None) -> list[OrgSaid]:
    """The organisations that can be taken, parents before what lies in them."""
    taken: list[OrgSaid] = []
    districts = [one for one in said.orgs.values() if one.type == "district"]
    own = next((one for one in districts if office and one.sourced_id == office.sourced_id), None)
    own = own or (districts[0] if districts else None)
    for one in said.orgs.values():
        here = known.orgs.get(one.sourced_id)
        if one.type == "district" and one is not own:
            said.findings.add("orgs.csv", one.line, "type", "district_twice")
        elif here and here.open and here.type != one.type and "district" in (here.type, one.type):
            said.findings.add("orgs.csv", one.line, "type", "org_type_changed")
        elif _in_circle(one, said):
            said.findings.add("orgs.csv", one.line, "parentSourcedId", "reference_in_circle")
        else:
            taken.append(one)
    rank = ("district", "school", "department")
    return sorted(taken, key=lambda one: rank.index(one.type))


def _in_circle(one: OrgSaid, said: Said) -> bool:
    seen, parent = {one.sourced_id}, one.parent
    while parent is not None and (above := said.orgs.get(parent)) is not None:
        if parent in seen:
            return parent == one.sourced_id
        seen.add(parent)
        parent = above.parent
    return False


def _parent(
    one: OrgSaid, said: Said, known: Known, places: Mapping[str, UUID], root: UUID | None
) -> UUID | None:
    """Where it lies: in the nearest organisation above it that can hold it, else in the district."""
    if one.type == "district":
        return None
    parent, passed = one.parent, {one.sourced_id}
    while parent is not None and parent not in passed:
        if parent in said.orgs_above:
            return root
        above = said.orgs.get(parent)
        here = known.orgs.get(parent)
        kind = above.type if above else here.type if here and here.open else None
        if kind is None or parent not in places:
            said.findings.add("orgs.csv", one.line, "parentSourcedId", "parent_not_found")
            return root
        if kind in ABOVE[one.type]:
            return places[parent]
        if len(passed) == 1:
            said.findings.add("orgs.csv", one.line, "parentSourcedId", "parent_not_above")
        passed.add(parent)
        parent = above.parent if above else None
    return root


def _org_step(
    one: OrgSaid, parent_id: UUID | None, known: Known, places: Mapping[str, UUID], mapping: MappingFile
) -> OrgStep | None:
    own_id, zone = places[one.sourced_id], mapping.time_zones.get(one.sourced_id)
    here = known.orgs_by_id.get(own_id)
    if here is None:
        return OrgStep(
            "add", own_id, 0, one.sourced_id, one.type, one.line, parent_id, one.name, zone, names_itself=True
        )
    if here.sourced_id is None:
        return None  # the district's office, opened by hand: whoever did it sees to it
    name = None if one.name == here.name else one.name
    same = (here.open, here.type, here.parent_id, here.sourced_id) == (
        True,
        one.type,
        parent_id,
        one.sourced_id,
    )
    if same and name is None and zone in (None, here.time_zone):
        return None
    action: Action = "change" if here.open else "add"
    renumbered = here.sourced_id != one.sourced_id
    return OrgStep(
        action, own_id, here.version, one.sourced_id, one.type, one.line, parent_id, name, zone, renumbered
    )


def _closing(said: Said, known: Known) -> Iterator[OrgStep]:
    mode, held_back = said.mode("orgs.csv"), "orgs.csv" in said.untold
    for sourced_id, here in known.orgs.items():
        if not here.open or here.type == "district":
            continue
        absent = mode == "bulk" and sourced_id not in said.orgs and sourced_id not in said.orgs_unsure
        if sourced_id in said.orgs_gone or (absent and not held_back):
            yield OrgStep("remove", here.id, here.version, sourced_id, here.type)
        elif absent:
            said.findings.add("orgs.csv", 0, None, "removals_held_back")
            return


# People


class _People:
    def __init__(
        self,
        plan: Plan,
        said: Said,
        known: Known,
        mapping: MappingFile,
        places: Mapping[str, UUID],
        today: date,
    ) -> None:
        self._plan, self._said, self._known, self._mapping = plan, said, known, mapping
        self._places, self._today = places, today
        self._after: dict[str, tuple[UUID, tuple[tuple[Role, UUID], ...]]] = {}
        """Who will be active: their ids, and what they will be where."""
        self._given = self._given_by_mapping()

    def go(self) -> None:
        said, known = self._said, self._known
        leaving: list[PersonStep] = []
        for sourced_id in dict.fromkeys((*said.people, *known.people)):
            self._one(sourced_id, said.people.get(sourced_id), known.people.get(sourced_id), leaving)
        held_back = [
            file for file in ("users.csv", "roles.csv") if said.mode(file) != "absent" and file in said.untold
        ]
        if held_back and leaving:
            said.findings.add(held_back[0], 0, None, "removals_held_back")
        self._plan.leaving = [step for step in leaving if not held_back or step.sourced_id in said.gone]
        if self._mapping.given:
            self._evaluators()

    def _one(
        self, sourced_id: str, person: PersonSaid | None, here: KnownPerson | None, leaving: list[PersonStep]
    ) -> None:
        said = self._said
        if sourced_id in said.unsure and person is None:
            self._stays(sourced_id, here)
            return
        whole = said.mode("users.csv") == "bulk"
        if sourced_id in said.gone or (person is None and whole):
            if here and here.active:
                leaving.append(_leave(here, sourced_id))
            return
        if here and not here.active and person is None:
            return
        wished, complete = self._roles(sourced_id, here)
        if wished is None or (person is None and here and not self._concerns(sourced_id)):
            self._stays(sourced_id, here)
            return
        if not wished and (here is None or not here.active):
            said.skipped["staff in no role that is taken"] += person is not None
            return
        if not wished and here and person is not None and complete and not self._held_by_hand(here):
            leaving.append(_leave(here, sourced_id))
            return
        self._follow(sourced_id, person, here, wished)

    def _concerns(self, sourced_id: str) -> bool:
        """Whether roles are told of somebody who is in no row of users.csv."""
        said = self._said
        if said.mode("roles.csv") == "bulk":
            return True
        return sourced_id in said.roles or sourced_id in said.roles_gone

    def _follow(
        self,
        sourced_id: str,
        person: PersonSaid | None,
        here: KnownPerson | None,
        wished: tuple[WishedRole, ...],
    ) -> None:
        own_id = here.id if here else self._known.ids("Person", sourced_id)
        roles = [(role.role, role.org_id) for role in wished]
        roles += [(role.role, role.org_id) for role in (self._held_by_hand(here) if here else ())]
        self._after[sourced_id] = (own_id, tuple(roles))
        self._plan.roles_of[own_id] = wished
        name, email = None, None
        if person and _news(person.name, (here.name, here.roster_name) if here else None):
            name = person.name
        if person and _news(person.email, (here.email, here.roster_email) if here else None):
            email = (person.email,)
        line = person.line if person else 0
        if here is None or not here.active:
            step = PersonStep(
                "add", own_id, here.version if here else 0, sourced_id, name, email, wished, "users.csv", line
            )
            self._plan.people.append(step)
        elif name is not None or email is not None or _roles_differ(here.state.roles, wished, self._today):
            self._plan.people.append(
                PersonStep("change", own_id, here.version, sourced_id, name, email, wished, "users.csv", line)
            )

    def _stays(self, sourced_id: str, here: KnownPerson | None) -> None:
        if here and here.active:
            held: tuple[HeldRole, ...] = here.state.roles
            roles = tuple((role.role, role.org_id) for role in held if not role.over(self._today))
            self._after[sourced_id] = (here.id, roles)
            self._plan.roles_of[here.id] = tuple(_as_wished(self._given_by_roster(here)))

    # Roles

    def _roles(self, sourced_id: str, here: KnownPerson | None) -> tuple[tuple[WishedRole, ...] | None, bool]:
        """The roles a person shall have of the roster, and whether that is all the roster says of them.

        None: nothing is known that could be compared with what they have.
        """
        said, ids = self._said, self._known.ids
        told = said.roles.get(sourced_id, ())
        unsure = sourced_id in said.roles_unsure or "roles.csv" in said.untold
        held = self._given_by_roster(here) if here else ()
        full = said.version == "1.1" or said.mode("roles.csv") == "bulk"
        if said.version == "1.1" and sourced_id not in said.people:
            return None, False
        base: list[WishedRole] = []
        if unsure or not full:
            rows = {ids.row(role.row) for role in told}
            gone = {ids.row(role.row) for role in said.roles_gone.get(sourced_id, ())}
            at = {
                (role.role, self._places.get(role.org))
                for role in said.roles_gone.get(sourced_id, ())
                if role.row not in rows
            }
            base = [
                WishedRole(role.role, role.org_id, role.roster_row, role.begin, role.end)
                for role in held
                if role.roster_row is not None and role.roster_row != ids.mapping
                and role.roster_row not in rows and role.roster_row not in gone
                and (role.role, role.org_id) not in at
            ]  # fmt: skip
        base += [one for role in told if (one := self._wished(role)) is not None]
        given = self._mapped(sourced_id, told, held)
        if any(one.instead for one in self._given.get(sourced_id, ())):
            base = []
        return _merged([*base, *given], self._today), not unsure

    def _wished(self, role: RoleSaid) -> WishedRole | None:
        place = self._places.get(role.org)
        if role.role is None or place is None:
            return None
        row = self._known.ids.mapping if role.mapped else self._known.ids.row(role.row)
        return WishedRole(role.role, place, row, role.begin, role.end)

    def _mapped(
        self, sourced_id: str, told: Sequence[RoleSaid], held: Sequence[HeldRole]
    ) -> Iterator[WishedRole]:
        """What the mapping file gives; where none came along, what an earlier one gave."""
        ids = self._known.ids
        earlier = [role for role in held if role.roster_row == ids.mapping]
        if not self._mapping.given or (sourced_id not in self._said.people and sourced_id not in self._given):
            yield from _as_wished(earlier)
            return
        roster = [self._places[role.org] for role in told if role.org in self._places]
        roster = roster or [role.org_id for role in held if role.roster_row != ids.mapping]
        for one in self._given.get(sourced_id, ()):
            for role in one.roles:
                places = roster if role.org is None else [p for p in (self._places.get(role.org),) if p]
                for place in dict.fromkeys(places):
                    yield WishedRole(role.role, place, ids.mapping, role.begin, role.end)

    def _given_by_roster(self, here: KnownPerson) -> tuple[HeldRole, ...]:
        return tuple(
            role for role in here.state.roles if role.roster_row is not None and not role.over(self._today)
        )

    def _held_by_hand(self, here: KnownPerson) -> tuple[HeldRole, ...]:
        if not here.active:
            return ()
        return tuple(
            role for role in here.state.roles if role.roster_row is None and not role.over(self._today)
        )

    # The mapping file

    def _given_by_mapping(self) -> dict[str, list[GivenTo]]:
        """What the mapping file gives to whom, by sourcedId."""
        found: dict[str, list[GivenTo]] = {}
        for given in self._mapping.people:
            for sourced_id in self._meant(given.who):
                found.setdefault(sourced_id, []).append(given)
            for role in given.roles:
                self._check_org(role)
        return found

    def _check_org(self, role: GivenRole) -> None:
        if role.org is not None and role.org not in self._places:
            self._said.findings.add(MAPPING, role.line, "org", "mapping_org_unknown")

    def _meant(self, who: Who) -> list[str]:
        """Whom an entry of the mapping file means: those in the bundle, else those in the district."""
        said = self._said
        by, value = who.key
        found = said.named.get((by, value), [])
        if not found and by == "sourced_id" and self._known.has_person(value):
            found = [value]
        if not found and by == "email":
            found = [s for s, one in self._known.people.items() if (one.email or "").lower() == value]
        whole = said.mode("users.csv") == "bulk"
        if not found and (whole or not who.column):
            said.findings.add(MAPPING, who.line, who.by, "mapping_person_unknown")
        if len(found) > 1 and not who.column:
            said.findings.add(MAPPING, who.line, who.by, "mapping_person_ambiguous")
            return []
        return found

    def _evaluators(self) -> None:
        wished: dict[str, list[UUID]] = {}
        lines: dict[str, int] = {}
        for one in self._mapping.evaluators:
            evaluator = [self._after[s][0] for s in self._meant(one.who) if s in self._after]
            for teacher in self._taught(one):
                if teacher not in self._after:
                    continue
                if self._after[teacher][0] in evaluator:
                    if one.school is None:
                        self._said.findings.add(MAPPING, one.line, "teachers", "mapping_evaluates_oneself")
                    continue
                wished.setdefault(teacher, []).extend(evaluator)
                lines[teacher] = one.line
        for sourced_id, (own_id, _) in self._after.items():
            here = self._known.people.get(sourced_id)
            state = here.state if here and isinstance(here.state, Active) else None
            shall = tuple(dict.fromkeys(wished.get(sourced_id, ())))
            has, gave = (state.evaluator_ids, state.roster_evaluator_ids) if state else ((), ())
            if set(shall) - set(has) or set(gave) - set(shall):
                self._plan.evaluators.append(
                    EvaluatorStep(
                        own_id, here.version if here else 0, sourced_id, shall, lines.get(sourced_id, 0)
                    )
                )

    def _taught(self, one: Evaluates) -> Iterator[str]:
        if one.school is None:
            for who in one.teachers:
                yield from self._meant(who)
            return
        place = self._places.get(one.school)
        if place is None:
            self._said.findings.add(MAPPING, one.line, "school", "mapping_org_unknown")
            return
        yield from (s for s, (_, roles) in self._after.items() if ("teacher", place) in roles)


def _news(said: str | None, here: tuple[str | None, str | None] | None) -> bool:
    """Whether a roster says something new: not what stands there, nor what it said before somebody changed it."""
    return here is None or said not in here


def _leave(here: KnownPerson, sourced_id: str) -> PersonStep:
    return PersonStep("remove", here.id, here.version, sourced_id, None, None, (), "users.csv", 0)


def _as_wished(held: Iterable[HeldRole]) -> Iterator[WishedRole]:
    for role in held:
        assert role.roster_row is not None
        yield WishedRole(role.role, role.org_id, role.roster_row, role.begin, role.end)


def _merged(roles: Iterable[WishedRole], today: date) -> tuple[WishedRole, ...]:
    """One stretch a role and organisation: from the first day to the last; what is over is not held."""
    found: dict[tuple[Role, UUID], WishedRole] = {}
    for role in roles:
        if role.end is not None and role.end < today:
            continue
        key = (role.role, role.org_id)
        before = found.get(key)
        if before is not None:
            begin = (
                min(before.begin, role.begin) if before.begin and role.begin else before.begin or role.begin
            )
            end = max(before.end, role.end) if before.end and role.end else None
            role = WishedRole(role.role, role.org_id, before.row, begin, end)  # noqa: PLW2901 - the two in one
        found[key] = role
    return tuple(found.values())


def _roles_differ(held: Sequence[HeldRole], wished: Sequence[WishedRole], today: date) -> bool:
    """Whether following would change anything; see `following`."""
    current = {(role.role, role.org_id): role for role in held if not role.over(today)}
    keys = {(role.role, role.org_id) for role in wished}
    if any(role.roster_row is not None and key not in keys for key, role in current.items()):
        return True
    for role in wished:
        here = current.get((role.role, role.org_id))
        if here is None:
            return True
        if here.roster_row is not None and (role.begin or here.begin, role.end) != (here.begin, here.end):
            return True
    return False


# Terms


def _calendar(said: Said, now: CalendarChanged, mapping: MappingFile) -> ChangeCalendar | None:
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
        if joined and begin <= joined[-1][1] and (max(end, joined[-1][1]) - joined[-1][0]).days < 366:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        elif not joined or begin > joined[-1][1]:
            joined.append((begin, end))
        elif end > joined[-1][1]:
            joined.append((date.fromordinal(joined[-1][1].toordinal() + 1), end))
    return joined
