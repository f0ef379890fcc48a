"""Who comes, changes and leaves by an import, with which roles, and who evaluates them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from uuid import UUID

from chalkline_contracts.directory import Role

from directory.person import Active, HeldRole
from directory.roster.known import Known, KnownPerson
from directory.roster.mapping import Evaluates, Fault, GivenRole, GivenTo, MappingFile, MappingInvalid, Who
from directory.roster.said import PersonSaid, RoleSaid, Said
from directory.roster.steps import MAPPING, EvaluatorStep, PersonStep, Plan, WishedRole

MOST_GIVEN = 500_000
"""Roles that a mapping file may give, all in all: one line may give them to everybody."""


def plan_people(
    plan: Plan, said: Said, known: Known, mapping: MappingFile, places: Mapping[str, UUID], today: date
) -> None:
    """Adds what becomes of people to the plan; `places` are the organisations they may be at, by sourcedId."""
    _People(plan, said, known, mapping, places, today).go()


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
        self._by_email = dict[str, list[str]]()
        for sourced_id, one in known.people.items():
            if one.email:
                self._by_email.setdefault(one.email.lower(), []).append(sourced_id)
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
        if here is None and self._known.has_erased(sourced_id):
            if person is not None:
                said.findings.add("users.csv", person.line, "sourcedId", "person_erased")
            return
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
        for role in told:
            if role.role is not None and role.org not in self._places:  # its row was not taken
                column = "orgSourcedId" if role.file == "roles.csv" else "orgSourcedIds"
                said.findings.add(role.file, role.line, column, "reference_unknown")
                unsure = True
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
        # Whoever has no role of the staff at all in a whole file is none of them, whatever a mapping file says.
        given = self._mapped(sourced_id, told, held) if told or unsure or not full else ()
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
        roles = 0
        for given in self._mapping.people:
            meant = self._meant(given.who)
            roles += len(meant) * len(given.roles)
            if roles > MOST_GIVEN:
                raise MappingInvalid([Fault(given.who.line, "too_many", "gives more than 500,000 roles")])
            for sourced_id in meant:
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
            found = self._by_email.get(value, [])
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
