"""What may be decided about the district's organisations, and by whom."""

from dataclasses import replace
from uuid import UUID

import pytest
from backbone.commands import decode_state, encode_state
from backbone.deciding import Actor, Claim, Forbidden, Look, Refusal, Release, Unseen
from backbone.words import private
from chalkline_contracts.directory import OrgChanged, OrgClosed, OrgOpened
from directory.access import authorise_org
from directory.aggregates import ORG
from directory.org import ABOVE, ChangeOrg, CloseOrg, OpenOrg, OrgFacts
from directory.refusals import DistrictNotOpen, OrgAlreadyOpened, OrgNotOpen, ParentNotAbove
from directory.views import view_org
from hypothesis import given
from hypothesis import strategies as st
from kit.spec import NOW, Spec

TENANT, OFFICE, SCHOOL = UUID(int=1), UUID(int=2), UUID(int=3)
OPERATOR = Actor("operator", "it", TENANT)
FACTS = OrgFacts(by=OPERATOR, command_id=UUID(int=9), aggregate_id=SCHOOL, district_open=True)
NAME = private("Lincoln Elementary")

spec = Spec(ORG, FACTS)


def opened(kind: str = "school", parent_id: UUID | None = None) -> OrgOpened:
    return OrgOpened(type=kind, parent_id=parent_id, name_ref=NAME.ref)


def open_org(kind: str = "school", **more: object) -> OpenOrg:
    return OpenOrg(name=NAME, type=kind, **more)


def test_a_school_opens_in_its_district_and_its_name_stays_home() -> None:
    event = OrgOpened(type="school", parent_id=OFFICE, time_zone="America/Denver", name_ref=NAME.ref)
    command = open_org(parent_id=OFFICE, time_zone="America/Denver")
    spec.knowing(parent_type="district").when(command).then(event)
    assert "Lincoln" not in event.model_dump_json()


def test_an_organisation_opens_once() -> None:
    spec.given(opened()).when(open_org()).refused(OrgAlreadyOpened)


def test_a_parent_must_be_open() -> None:
    spec.when(open_org(parent_id=OFFICE)).refused(OrgNotOpen)


@pytest.mark.parametrize(
    ("kind", "parent"),
    [("district", "district"), ("district", "school"), ("school", "school"), ("school", "department"),
     ("department", "department")],
)  # fmt: skip
def test_nothing_lies_in_what_is_not_above_it(kind: str, parent: str) -> None:
    spec.knowing(parent_type=parent).when(open_org(kind, parent_id=OFFICE)).refused(ParentNotAbove)


def test_no_chain_of_parents_can_close_into_a_ring() -> None:
    def height(kind: str) -> int:
        return 1 + max((height(above) for above in ABOVE[kind]), default=0)

    assert [height(kind) for kind in ("district", "school", "department")] == [1, 2, 3]


def test_a_change_keeps_what_it_does_not_name() -> None:
    renamed = private("Lincoln School")
    spec.given(opened(parent_id=OFFICE)).when(ChangeOrg(name=renamed)).then(
        OrgChanged(type="school", parent_id=OFFICE, name_ref=renamed.ref)
    )
    spec.given(opened(parent_id=OFFICE)).when(ChangeOrg(parent_id=None)).then(
        OrgChanged(type="school", name_ref=NAME.ref)
    )


def test_a_change_to_what_already_is_says_nothing() -> None:
    spec.given(opened(parent_id=OFFICE)).when(ChangeOrg(parent_id=OFFICE)).then()
    spec.given(opened()).when(ChangeOrg()).then()


def test_a_school_moves_only_under_what_lies_above_it() -> None:
    moving = spec.given(opened()).knowing(parent_type="school")
    moving.when(ChangeOrg(parent_id=OFFICE)).refused(ParentNotAbove)


def test_what_is_closed_stays_closed() -> None:
    closed = spec.given(opened()).when(CloseOrg()).then(OrgClosed(type="school"))
    closed.when(CloseOrg()).refused(OrgNotOpen)
    closed.when(ChangeOrg(name=NAME)).refused(OrgNotOpen)


def test_nothing_opens_in_a_district_that_is_not_open() -> None:
    spec.knowing(district_open=False).when(open_org()).refused(DistrictNotOpen)


def test_a_tenant_has_one_organisation_that_is_the_district() -> None:
    assert list(ORG.claims(opened("district"))) == [Claim("org:district")]
    assert list(ORG.claims(OrgClosed(type="district"))) == [Release("org:district")]
    assert list(ORG.claims(opened("school"))) == []


def test_administrators_and_operators_change_organisations_and_others_know_that_they_exist() -> None:
    person = replace(FACTS, by=Actor("person", str(UUID(int=5)), TENANT))
    state = spec.given(opened()).state
    authorise_org(state, CloseOrg(), FACTS)
    authorise_org(state, CloseOrg(), replace(person, belongs=True, administers=True))
    with pytest.raises(Forbidden):
        authorise_org(state, CloseOrg(), replace(person, belongs=True))
    authorise_org(state, Look(), replace(person, belongs=True))
    assert view_org(state, person)["name"] == NAME.ref
    with pytest.raises(Unseen):
        authorise_org(state, CloseOrg(), person)
    with pytest.raises(Unseen):
        authorise_org(ORG.initial, CloseOrg(), FACTS)


kinds = st.sampled_from(["district", "school", "department"])
parents = st.sampled_from([None, OFFICE, SCHOOL])
wishes = st.one_of(
    st.builds(open_org, kinds, parent_id=parents),
    st.builds(ChangeOrg, parent_id=parents),
    st.just(CloseOrg()),
)


@given(st.lists(st.tuples(wishes, st.none() | kinds), max_size=12))
def test_whatever_is_wished_an_organisation_keeps_its_type(wished: list[tuple[object, str | None]]) -> None:
    state, types = ORG.initial, set()
    for wish, parent_type in wished:
        try:
            happened = ORG.decide(state, wish, replace(FACTS, parent_type=parent_type), now=NOW)
        except Refusal:
            continue
        for event in happened:
            state = ORG.evolve(state, event)
            types.add(event.type)
        assert decode_state(ORG, encode_state(state)) == state
    assert len(types) <= 1


events = st.sampled_from([opened(), opened("district"), OrgClosed(type="school"),
                          OrgChanged(type="school", name_ref=NAME.ref)])  # fmt: skip


@given(st.lists(events))
def test_any_history_of_an_organisation_can_be_read(history: list[object]) -> None:
    state = ORG.initial
    for event in history:
        state = ORG.evolve(state, event)
    assert type(state) in ORG.states
