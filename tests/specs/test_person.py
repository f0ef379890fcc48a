"""What may be decided about the people of a district, and by whom."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest
from backbone.commands import decode_state, encode_state
from backbone.deciding import Actor, Forbidden, Look, Refusal, Unseen
from backbone.deciding import Command as AnyCommand
from backbone.words import private, words_in
from chalkline_contracts.directory import (
    EvaluatorAssigned,
    EvaluatorWithdrawn,
    PersonChanged,
    PersonDeactivated,
    PersonEnrolled,
    RoleAssigned,
    RoleWithdrawn,
)
from directory.access import authorise_person
from directory.address import is_address
from directory.aggregates import DISTRICT, ORG, PERSON
from directory.district import Open as OpenedDistrict
from directory.gathering import gather_person
from directory.org import Open as OpenedOrg
from directory.person import (
    Active,
    AssignEvaluator,
    AssignRole,
    ChangePerson,
    DeactivatePerson,
    EnrolPerson,
    HeldRole,
    PersonFacts,
    Unset,
    WithdrawEvaluator,
    WithdrawRole,
)
from directory.refusals import (
    DistrictNotOpen,
    EvaluatorAlreadyAssigned,
    EvaluatorNotActive,
    EvaluatorNotAssigned,
    NobodyEvaluatesThemselves,
    OrgNotOpen,
    PersonAlreadyEnrolled,
    PersonNotActive,
    RoleAlreadyHeld,
    RoleEndsBeforeItBegins,
    RoleNotHeld,
)
from directory.views import view_person
from hypothesis import given
from hypothesis import strategies as st
from kit.spec import NOW, Spec
from pydantic import ValidationError

TENANT, TINA, PETER, SCHOOL = UUID(int=1), UUID(int=2), UUID(int=3), UUID(int=4)
OPERATOR = Actor("operator", "it", TENANT)
FACTS = PersonFacts(
    by=OPERATOR,
    command_id=UUID(int=9),
    aggregate_id=TINA,
    time_zone="America/Chicago",
    org_open=True,
    evaluator_active=True,
)
NAME, EMAIL = private("Tina Torres"), private("tina@example.org")
TODAY = date(2026, 3, 2)

spec = Spec(PERSON, FACTS)
enrolled = PersonEnrolled(experience_band="novice", name_ref=NAME.ref, email_ref=EMAIL.ref)
active = spec.given(enrolled)


def teaching(begin: date = TODAY, end: date | None = None) -> RoleAssigned:
    return RoleAssigned(role="teacher", org_id=SCHOOL, begin=begin, end=end)


def teach(begin: date = TODAY, end: date | None = None) -> AssignRole:
    return AssignRole(role="teacher", org_id=SCHOOL, begin=begin, end=end)


def test_a_person_is_enrolled_and_no_name_or_address_leaves_the_house() -> None:
    command = EnrolPerson(name=NAME, email=EMAIL, experience_band="novice")
    spec.when(command).then(enrolled)
    assert {words.text for words in words_in(command)} == {"Tina Torres", "tina@example.org"}
    assert "Tina" not in enrolled.model_dump_json()
    assert "example" not in enrolled.model_dump_json()


def test_a_person_is_enrolled_once() -> None:
    active.when(EnrolPerson(name=NAME)).refused(PersonAlreadyEnrolled)


def test_a_change_keeps_what_it_does_not_name() -> None:
    renamed = private("Tina Torres-Hill")
    active.when(ChangePerson(name=renamed)).then(
        PersonChanged(experience_band="novice", name_ref=renamed.ref, email_ref=EMAIL.ref)
    )


def test_an_explicit_null_takes_an_address_away() -> None:
    active.when(ChangePerson.model_validate_json('{"email": null}')).then(
        PersonChanged(experience_band="novice", name_ref=NAME.ref)
    )


def test_a_change_of_nothing_says_nothing() -> None:
    active.when(ChangePerson()).then()
    active.when(ChangePerson(experience_band="novice")).then()


def test_a_role_is_held_at_an_open_organisation() -> None:
    active.when(teach()).then(teaching())
    active.knowing(org_open=False).when(teach()).refused(OrgNotOpen)


def test_a_role_is_held_once_at_each_organisation() -> None:
    active.given(teaching()).when(teach()).refused(RoleAlreadyHeld)
    active.given(teaching(begin=date(2026, 8, 1))).when(teach()).refused(RoleAlreadyHeld)


def test_a_role_that_is_over_can_be_assigned_anew() -> None:
    again = active.given(teaching(date(2025, 1, 1), date(2026, 3, 1))).when(teach()).then(teaching())
    assert again.state.roles == (HeldRole("teacher", SCHOOL, TODAY, None),)


def test_whether_a_role_is_over_is_a_question_of_the_district_s_day() -> None:
    ended_on_monday = active.given(teaching(date(2025, 1, 1), TODAY))
    still_monday_in_chicago = datetime(2026, 3, 3, 5, 59, tzinfo=UTC)
    ended_on_monday.at(still_monday_in_chicago).when(teach()).refused(RoleAlreadyHeld)
    ended_on_monday.at(datetime(2026, 3, 3, 6, tzinfo=UTC)).when(teach()).then(teaching())


def test_a_role_does_not_end_before_it_begins() -> None:
    active.when(teach(end=date(2026, 3, 1))).refused(RoleEndsBeforeItBegins)


def test_a_withdrawn_role_counts_no_more() -> None:
    withdrawn = RoleWithdrawn(role="teacher", org_id=SCHOOL, begin=TODAY, end=TODAY)
    wish = WithdrawRole(role="teacher", org_id=SCHOOL)
    left = active.given(teaching()).when(wish).then(withdrawn)
    left.when(wish).refused(RoleNotHeld)
    assert left.state.roles == ()


def test_an_evaluator_is_an_active_person_other_than_the_teacher() -> None:
    assigned = EvaluatorAssigned(evaluator_id=PETER, teacher_id=TINA)
    evaluated = active.when(AssignEvaluator(evaluator_id=PETER)).then(assigned)
    evaluated.when(AssignEvaluator(evaluator_id=PETER)).refused(EvaluatorAlreadyAssigned)
    active.when(AssignEvaluator(evaluator_id=TINA)).refused(NobodyEvaluatesThemselves)
    active.knowing(evaluator_active=False).when(AssignEvaluator(evaluator_id=PETER)).refused(
        EvaluatorNotActive
    )


def test_an_evaluator_can_be_withdrawn() -> None:
    wish = WithdrawEvaluator(evaluator_id=PETER)
    active.when(wish).refused(EvaluatorNotAssigned)
    evaluated = active.given(EvaluatorAssigned(evaluator_id=PETER, teacher_id=TINA))
    evaluated.when(wish).then(EvaluatorWithdrawn(evaluator_id=PETER, teacher_id=TINA))


def test_nothing_more_is_decided_about_a_deactivated_person() -> None:
    gone = active.given(teaching()).when(DeactivatePerson()).then(PersonDeactivated(experience_band="novice"))
    for wish in (DeactivatePerson(), ChangePerson(), teach(), AssignEvaluator(evaluator_id=PETER)):
        gone.when(wish).refused(PersonNotActive)


def test_nobody_is_enrolled_in_a_district_that_is_not_open() -> None:
    spec.knowing(time_zone=None).when(EnrolPerson(name=NAME)).refused(DistrictNotOpen)


def test_people_of_the_district_see_that_people_exist_and_strangers_see_nobody() -> None:
    person = replace(FACTS, by=Actor("person", str(PETER), TENANT))
    authorise_person(active.state, ChangePerson(), FACTS)
    authorise_person(active.state, ChangePerson(), replace(person, belongs=True, administers=True))
    with pytest.raises(Forbidden):
        authorise_person(active.state, ChangePerson(), replace(person, belongs=True))
    with pytest.raises(Unseen):
        authorise_person(active.state, ChangePerson(), person)
    with pytest.raises(Unseen):
        authorise_person(Unset(), ChangePerson(), FACTS)


def test_colleagues_see_a_name_and_roles_and_only_a_few_see_an_address() -> None:
    state = active.given(teaching()).state
    colleague = replace(FACTS, by=Actor("person", str(PETER), TENANT), belongs=True)
    authorise_person(state, Look(), colleague)
    [role] = [{"role": "teacher", "org_id": SCHOOL, "begin": TODAY, "end": None}]
    assert view_person(state, colleague) == {"status": "active", "name": NAME.ref, "roles": [role]}
    herself = replace(colleague, by=Actor("person", str(TINA), TENANT))
    for closely in (FACTS, replace(colleague, administers=True), herself):
        assert view_person(state, closely)["email"] == EMAIL.ref
    with pytest.raises(Unseen):
        authorise_person(state, Look(), replace(colleague, belongs=False))


def test_people_change_how_they_are_reached_and_nothing_else_of_themselves() -> None:
    herself = replace(FACTS, by=Actor("person", str(TINA), TENANT), belongs=True)
    authorise_person(active.state, ChangePerson(email=EMAIL), herself)
    authorise_person(active.state, ChangePerson(email=None), herself)
    other: list[AnyCommand] = [
        ChangePerson(email=EMAIL, name=NAME),
        ChangePerson(experience_band="veteran"),
        ChangePerson(sourced_id=NAME),
        DeactivatePerson(),
        AssignEvaluator(evaluator_id=PETER),
    ]
    for command in other:
        with pytest.raises(Forbidden):
            authorise_person(active.state, command, herself)  # type: ignore[arg-type]
    with pytest.raises(Forbidden):
        authorise_person(active.state, ChangePerson(email=EMAIL), replace(herself, aggregate_id=PETER))
    with pytest.raises(Unseen):
        authorise_person(active.state, ChangePerson(email=EMAIL), replace(herself, belongs=False))
    policy = replace(herself, by=Actor("system", "some_policy", TENANT, on_behalf_of=str(TINA)))
    with pytest.raises(Forbidden):
        authorise_person(active.state, ChangePerson(email=EMAIL), policy)


@pytest.mark.parametrize("band", ["expert", "Novice", "", "novice ", 3])
def test_an_experience_band_is_one_of_three(band: Any) -> None:
    for command in (ChangePerson, EnrolPerson):
        with pytest.raises(ValidationError):
            command.model_validate({"name": "Tina", "experience_band": band})


@pytest.mark.parametrize(
    "address",
    [
        "tina",
        "tina@example",
        "@example.org",
        "tina@",
        "tina@@example.org",
        "tina@example.org,peter@example.org",
        "Tina <tina@example.org>",
        "tina@example.org\r\nBcc: all@example.org",
        " tina@example.org",
        "tina@example.org\n",
        "ti na@example.org",
        ".tina@example.org",
        "tina..torres@example.org",
        "tina@-example.org",
        "tina@example..org",
        "tina@127.0.0.1",
        "tína@example.org",
        "tina@example.org\u200b",
        "t" * 65 + "@example.org",
        "tina@" + "e" * 64 + ".org",
        "tina@" + "example." * 40 + "org",
    ],
)
def test_what_no_mail_can_be_sent_to_is_no_address(address: str) -> None:
    assert not is_address(address)
    for command in (ChangePerson, EnrolPerson):
        with pytest.raises(ValidationError) as refused:
            command.model_validate({"name": "Tina", "email": address})
        assert refused.value.errors()[0]["loc"] == ("email",)


@pytest.mark.parametrize(
    "address",
    ["tina@example.org", "t@e.de", "o'hara+coach@k12.pps.or.us", "TINA_T-1@sub.xn--mnchen-3ya.example"],
)
def test_an_address_of_everyday_is_one(address: str) -> None:
    assert EnrolPerson.model_validate({"name": "Tina", "email": address}).email.text == address  # type: ignore[union-attr]


@given(st.emails())
def test_what_looks_like_an_address_to_others_never_breaks_a_header(address: str) -> None:
    if is_address(address):
        assert address.isascii()
        assert address.isprintable()
        assert address.count("@") == 1


@given(st.text())
def test_any_text_is_an_address_or_is_not(text: str) -> None:
    assert not is_address(text) or set(text).isdisjoint(' \t\r\n,;<>()[]"\\')


def test_who_evaluates_a_teacher_is_mapped_or_leads_where_they_work() -> None:
    facts = replace(FACTS, led_by=(UUID(int=31), UUID(int=32)))
    seen = view_person(active.state, facts)["evaluators"]
    assert seen == {"mapped": False, "person_ids": facts.led_by}
    mapped = active.given(EvaluatorAssigned(evaluator_id=PETER, teacher_id=TINA)).state
    assert view_person(mapped, facts)["evaluators"] == {"mapped": True, "person_ids": (PETER,)}
    assert view_person(active.state, FACTS)["evaluators"] == {"mapped": False, "person_ids": ()}


class House:
    """What gathering may ask of directory itself: Peter's role at one org, and the hour."""

    def __init__(self, *roles: HeldRole, org_type: Any = "district", now: datetime = NOW) -> None:
        self.by, self.command_id, self.tenant = Actor("person", str(PETER), TENANT), UUID(int=9), TENANT
        self.aggregate_id, self.level = TINA, True
        self._states = {
            ("District", TENANT): OpenedDistrict("America/Chicago", now, NAME.ref),
            ("Person", PETER): Active(None, NAME.ref, None, None, roles=roles),
            ("Org", SCHOOL): OpenedOrg(org_type, None, None, NAME.ref),
        }

    async def state(self, kind: str, aggregate_id: UUID) -> Any:
        initial = {"District": DISTRICT, "Person": PERSON, "Org": ORG}[kind].initial
        return self._states.get((kind, aggregate_id), initial)

    async def fact(self, query: str, key: UUID) -> Any:
        raise AssertionError(f"directory asks nobody else, and was asked {query} of {key}")


async def test_an_administrator_administers_from_the_district_office_while_the_role_lasts() -> None:
    role = HeldRole("administrator", SCHOOL, TODAY, TODAY)
    assert (await gather_person(House(role), active.state, ChangePerson())).administers
    tomorrow = House(role, now=datetime(2026, 3, 3, 6, tzinfo=UTC))
    assert not (await gather_person(tomorrow, active.state, ChangePerson())).administers
    at_school = House(role, org_type="school")
    facts = await gather_person(at_school, active.state, ChangePerson())
    assert (facts.belongs, facts.administers) == (True, False)


async def test_whom_a_command_names_is_looked_up() -> None:
    facts = await gather_person(House(), active.state, teach())
    assert (facts.org_open, facts.evaluator_active) == (True, False)
    facts = await gather_person(House(), active.state, AssignEvaluator(evaluator_id=PETER))
    assert facts.evaluator_active
    facts = await gather_person(House(), active.state, AssignEvaluator(evaluator_id=UUID(int=77)))
    assert not facts.evaluator_active


days = st.dates(date(2025, 1, 1), date(2027, 1, 1))
roles = st.sampled_from(["teacher", "coach", "administrator"])
orgs = st.sampled_from([SCHOOL, UUID(int=5)])
people = st.sampled_from([TINA, PETER, UUID(int=6)])
wishes = st.one_of(
    st.just(EnrolPerson(name=NAME)),
    st.builds(ChangePerson, experience_band=st.sampled_from([None, "novice", "veteran"])),
    st.builds(AssignRole, role=roles, org_id=orgs, begin=days, end=st.none() | days),
    st.builds(WithdrawRole, role=roles, org_id=orgs),
    st.builds(AssignEvaluator, evaluator_id=people),
    st.builds(WithdrawEvaluator, evaluator_id=people),
)


@given(st.lists(wishes, max_size=20), st.booleans())
def test_whatever_is_wished_a_person_holds_a_role_once_and_never_evaluates_themselves(
    wished: list[Any], deactivate: bool
) -> None:
    state: Any = active.state
    for wish in [*wished, *([DeactivatePerson()] if deactivate else [])]:
        try:
            happened = PERSON.decide(state, wish, FACTS, now=NOW)
        except Refusal:
            continue
        for event in happened:
            state = PERSON.evolve(state, event)
        assert decode_state(PERSON, encode_state(state)) == state
        if isinstance(state, Active):
            held = [(role.role, role.org_id) for role in state.roles]
            assert len(held) == len(set(held))
            assert len(state.evaluator_ids) == len(set(state.evaluator_ids))
            assert TINA not in state.evaluator_ids


events = st.sampled_from([
    enrolled, teaching(), PersonDeactivated(), PersonChanged(name_ref=NAME.ref),
    RoleWithdrawn(role="coach", org_id=SCHOOL, begin=TODAY, end=TODAY),
    EvaluatorAssigned(evaluator_id=PETER, teacher_id=TINA),
    EvaluatorWithdrawn(evaluator_id=PETER, teacher_id=TINA),
])  # fmt: skip


@given(st.lists(events))
def test_any_history_of_a_person_can_be_read(history: list[Any]) -> None:
    state = PERSON.initial
    for event in history:
        state = PERSON.evolve(state, event)
    assert type(state) in PERSON.states
