"""What an import does to a district, without a server: snapshots are differences, and end the same."""

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import chain
from typing import Any
from uuid import UUID, uuid4

import pytest
from backbone.deciding import Actor
from backbone.words import words_in
from directory import aggregates
from directory.org import Open, OrgFacts
from directory.person import Active, AssignRole, PersonFacts
from directory.roster import plan_people
from directory.roster.applying import stages
from directory.roster.known import Ids, Known, take
from directory.roster.mapping import MappingFile, MappingInvalid, read_mapping
from directory.roster.plan import plan_import
from directory.roster.reading import read_bundle
from directory.roster.steps import Plan
from hypothesis import given, settings
from hypothesis import strategies as st
from kit.rosters import Roster

TENANT, TODAY, NOW = UUID(int=1), date(2026, 3, 2), datetime(2026, 3, 2, 18, tzinfo=UTC)
SYSTEM = Actor("system", "roster-import", TENANT)
MAPPING = read_mapping(
    b"""version: 1
people:
  - {sourced_id: p1, roles: [{role: coach}]}
  - {sourced_id: p2, instead: true, roles: [{role: coaching_lead, org: o0}]}
evaluators:
  - {evaluator: p3, teachers: [p1, p4]}
  - {evaluator: p0, school: o1}
"""
)


@dataclass
class District:
    """A district in memory: the real deciders, and the words they refer to."""

    states: dict[UUID, Any] = field(default_factory=dict)
    words: dict[UUID, str] = field(default_factory=dict)
    versions: dict[UUID, int] = field(default_factory=dict)
    events: int = 0

    def known(self) -> Known:
        known = Known(Ids(b"k" * 32, TENANT), time_zone="America/Chicago")
        for own_id, state in self.states.items():
            row = {"stream_id": own_id, "version": self.versions[own_id], "refs": list(self.words)}
            take(known, row | {"words": list(self.words.values())}, state, {})
        return known

    def plan(self, roster: Roster, mapping: MappingFile) -> Plan:
        known = self.known()
        said = read_bundle(io.BytesIO(roster.zip()), mapping, known)
        return plan_import(said, known, mapping, today=TODAY)

    def imports(self, roster: Roster, mapping: MappingFile = MAPPING, *, until: int | None = None) -> int:
        """Carries out an import, or its first so many commands; how many events it made."""
        before = self.events
        plan = self.plan(roster, mapping)
        for number, task in enumerate(chain.from_iterable(stages(plan, TENANT))):
            if until is not None and number >= until:
                break
            if task.aggregate is not aggregates.DISTRICT:
                self.do(task.aggregate, task.aggregate_id, task.command)
        return self.events - before

    def do(self, aggregate: Any, own_id: UUID, command: Any) -> None:
        state = self.states.get(own_id, aggregate.initial)
        told = {"by": SYSTEM, "command_id": uuid4(), "aggregate_id": own_id}
        facts: Any
        if aggregate is aggregates.ORG:
            parent = self.states.get(getattr(command, "parent_id", None))
            kind = parent.type if isinstance(parent, Open) else None
            facts = OrgFacts(**told, district_open=True, parent_type=kind)
        else:
            facts = PersonFacts(**told, time_zone="America/Chicago", org_open=True, orgs_open=frozenset(
                i for i, one in self.states.items() if isinstance(one, Open)
            ), evaluators_active=frozenset(i for i, one in self.states.items() if isinstance(one, Active)))  # fmt: skip
        events = aggregate.decide(state, command, facts, now=NOW)
        assert events, "a step of a plan changes something"
        for event in events:
            state = aggregate.evolve(state, event)
        self.states[own_id] = state
        self.versions[own_id] = self.versions.get(own_id, 0) + len(events)
        self.words |= {text.ref.ref: text.text for text in words_in(command)}
        self.events += len(events)

    def looks(self) -> dict[str, Any]:
        """Who and what is there now, in words; nobody who left."""
        return dict(self._looks())

    def _looks(self) -> Iterator[tuple[str, Any]]:
        for state in self.states.values():
            if isinstance(state, Open):
                parent = self.states.get(state.parent_id) if state.parent_id else None
                yield self._word(state.name_ref), (state.type, parent and self._word(parent.name_ref))
            elif isinstance(state, Active):
                roles = sorted(
                    (role.role, self._word(self.states[role.org_id].name_ref), str(role.end))
                    for role in state.roles
                )
                evaluators = sorted(
                    self._word(self.states[one].sourced_id_ref) for one in state.evaluator_ids
                )
                yield self._word(state.sourced_id_ref), (
                    self._word(state.name_ref), state.email_ref and self._word(state.email_ref), roles, evaluators,
                )  # fmt: skip

    def _word(self, ref: Any) -> str:
        return self.words[ref.ref]


ODD: list[dict[str, str]] = [
    {}, {}, {"familyName": "Lind"}, {"email": ""}, {"enabledUser": "false"}, {"givenName": "=1"},
]  # fmt: skip
ROLES = ["teacher", "principal", "siteAdministrator", "aide", "student"]


@st.composite
def snapshots(draw: st.DrawFn) -> Roster:
    """A whole roster of a small district, now and then with rows that are not taken."""
    version = draw(st.sampled_from(["1.1", "1.2"]))
    made = Roster(version).org("o0", "district")
    schools = draw(st.sets(st.sampled_from(["o1", "o2", "o3"])))
    for school in sorted(schools):
        parent = draw(st.sampled_from(["o0", "", "o1"]))  # o1 in itself is a row that is not taken
        made.org(school, draw(st.sampled_from(["school", "department"])), parent)
    places = ["o0", *sorted(schools)]
    for n in sorted(draw(st.sets(st.integers(0, 6)))):
        role = draw(st.sampled_from(ROLES))
        if version == "1.1":
            role = {"principal": "administrator", "siteAdministrator": "administrator"}.get(role, role)
        at = ",".join(sorted(draw(st.sets(st.sampled_from(places), min_size=1, max_size=2))))
        more = draw(
            st.sampled_from(
                [{}, {}, {"familyName": "Lind"}, {"email": ""}, {"enabledUser": "false"}, {"givenName": "=1"}]
            )
        )
        made.user(f"p{n}", role, at, **more)
    return made


def trusted(roster: Roster) -> Roster:
    """Without the rows that would not be taken: of whom one is rejected stays as they were."""
    roster.users = [user for user in roster.users if user["givenName"] != "=1"]
    roster.orgs = [
        org | {"parentSourcedId": org["parentSourcedId"].replace(org["sourcedId"], "")} for org in roster.orgs
    ]
    names = {user["sourcedId"] for user in roster.users}
    roster.roles = [role for role in roster.roles if role["userSourcedId"] in names]
    return roster


@settings(max_examples=60)
@given(first=snapshots(), second=snapshots())
def test_importing_one_snapshot_and_then_another_is_importing_the_other(
    first: Roster, second: Roster
) -> None:
    both, alone = District(), District()
    second = trusted(second)
    both.imports(first)
    both.imports(second)
    alone.imports(second)
    assert both.looks() == alone.looks()


@settings(max_examples=60)
@given(roster=snapshots(), again=st.integers(1, 2))
def test_the_same_snapshot_again_is_nothing(roster: Roster, again: int) -> None:
    there = District()
    there.imports(roster)
    for _ in range(again):
        assert there.plan(roster, MAPPING).empty


@settings(max_examples=60)
@given(first=snapshots(), second=snapshots(), cuts=st.lists(st.integers(0, 12), max_size=3))
def test_an_import_that_is_cut_off_anywhere_and_run_again_ends_the_same(
    first: Roster, second: Roster, cuts: list[int]
) -> None:
    whole, cut = District(), District()
    for roster in (first, second):
        whole.imports(roster)
        for until in cuts:
            cut.imports(roster, until=until)
        cut.imports(roster)
    assert cut.looks() == whole.looks()


@settings(max_examples=60)
@given(roster=snapshots(), hand=st.integers(0, 6))
def test_a_role_that_was_given_by_hand_outlives_every_import_that_has_its_person(
    roster: Roster, hand: int
) -> None:
    there, roster = District(), trusted(roster)
    there.imports(roster)
    known = there.known()
    person, office = known.people.get(f"p{hand}"), known.office
    if person is None or office is None or not person.active:
        return
    there.do(aggregates.PERSON, person.id, AssignRole(role="evaluator", org_id=office.id, begin=TODAY))
    for user in roster.users:
        if user["sourcedId"] == f"p{hand}":
            user["role"] = "aide"
    roster.roles = [role for role in roster.roles if role["userSourcedId"] != f"p{hand}"]
    there.imports(roster)
    state = there.states[person.id]
    assert isinstance(state, Active)
    assert ("evaluator", office.id) in {(role.role, role.org_id) for role in state.roles}


def test_only_what_differs_is_planned() -> None:
    there = District()
    roster = Roster().org("o0", "district").org("o1", parent="o0").user("p1", org="o1").user("p5", org="o1")
    there.imports(roster)
    roster.users[1]["email"] = "other@example.org"
    plan = there.plan(roster, MAPPING)
    assert [(step.action, step.sourced_id, step.email) for step in plan.people] == [
        ("change", "p5", ("other@example.org",))
    ]
    assert (plan.orgs, plan.leaving, plan.closing, plan.evaluators) == ([], [], [], [])


def test_what_lies_in_a_ring_is_told_and_does_not_lead_round_it_for_ever() -> None:
    there = District()
    there.imports(Roster().org("o0", "district").org("o1", "department", "o0"))
    ring = Roster().org("o0", "district").org("o1", "department", "o1").org("o2", "department", "o1")
    known = there.known()
    said = read_bundle(io.BytesIO(ring.zip()), MappingFile(), known)
    plan = plan_import(said, known, MappingFile(), today=TODAY)
    assert {(one.line, one.code) for one in said.findings} == {
        (3, "reference_in_circle"),
        (4, "parent_not_above"),
    }
    assert [(step.sourced_id, step.parent_id) for step in plan.orgs] == [("o2", known.orgs["o0"].id)]
    assert plan.closing == []


def test_what_lies_deeper_than_any_district_is_told() -> None:
    """Every organisation is looked up to its district: a long chain of them would take for ever."""
    chain = Roster().org("o0", "district")
    for n in range(1, 101):
        chain.org(f"o{n}", "department", f"o{n - 1}")
    known = District().known()
    said = read_bundle(io.BytesIO(chain.zip()), MappingFile(), known)
    plan = plan_import(said, known, MappingFile(), today=TODAY)
    told = [one for one in said.findings if one.code == "reference_in_circle"]
    assert len(told) + len(plan.orgs) == 101
    assert 40 < len(told) < 60


def test_a_mapping_file_that_gives_everybody_very_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan_people, "MOST_GIVEN", 5)
    given = "{where: {column: givenName, is: G}, roles: [{role: coach}, {role: principal}]}"
    mapping = read_mapping(f"version: 1\npeople: [{given}]".encode())
    staff = Roster().org("o0", "district").org("o1", parent="o0")
    for n in range(3):
        staff.user(f"t{n}", org="o1", givenName="G")
    known = District().known()
    said = read_bundle(io.BytesIO(staff.zip()), mapping, known)
    with pytest.raises(MappingInvalid):
        plan_import(said, known, mapping, today=TODAY)


def test_organisations_lie_where_they_can() -> None:
    def findings(roster: Roster) -> list[tuple[int, str]]:
        known = District().known()
        said = read_bundle(io.BytesIO(roster.zip()), MappingFile(), known)
        plan_import(said, known, MappingFile(), today=TODAY)
        return [(one.line, one.code) for one in said.findings]

    office = Roster().org("o0", "district")
    assert findings(office.org("o1", parent="o0")) == []
    assert findings(office.org("o2", parent="nowhere")) == [(4, "parent_not_found")]
    assert findings(Roster().org("o0", "district").org("o1", parent="").org("o2", parent="o1")) == [
        (4, "parent_not_above")
    ]
    assert findings(Roster().org("o0", "district").org("d2", "district")) == [(3, "district_twice")]
    state = Roster().org("us", "national", "").org("o0", "district", "us").org("o1", parent="us")
    assert findings(state) == []


def test_a_role_at_an_organisation_whose_row_was_not_taken_is_told() -> None:
    known = District().known()
    made = Roster().org("o0", "district").org("d2", "district").user("p1", org="d2").user("p5", org="o0")
    said = read_bundle(io.BytesIO(made.zip()), MappingFile(), known)
    plan = plan_import(said, known, MappingFile(), today=TODAY)
    assert [(one.file, one.line, one.code) for one in said.findings] == [
        ("orgs.csv", 3, "district_twice"), ("roles.csv", 2, "reference_unknown"),
    ]  # fmt: skip
    assert [step.sourced_id for step in plan.people] == ["p5"]
