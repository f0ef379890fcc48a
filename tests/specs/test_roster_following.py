"""What has to happen for people and organisations to be as the district's roster says, and what never does."""

from datetime import date
from functools import reduce
from typing import Any
from uuid import UUID

import pytest
from backbone.deciding import Actor, Forbidden, Unseen
from backbone.words import private
from chalkline_contracts.directory import (
    EvaluatorAssigned,
    EvaluatorWithdrawn,
    OrgChanged,
    OrgClosed,
    OrgOpened,
    PersonChanged,
    PersonDeactivated,
    PersonEnrolled,
    RoleAssigned,
    RoleWithdrawn,
    RosterImportBegun,
    RosterImported,
)
from directory.access import authorise_roster
from directory.aggregates import ORG, PERSON, ROSTER
from directory.org import OrgFacts
from directory.person import AssignRole, PersonFacts
from directory.refusals import (
    DistrictNotOpen,
    EvaluatorNotActive,
    NobodyEvaluatesThemselves,
    OrgNotOpen,
    ParentNotAbove,
    PersonNotActive,
    RoleAlreadyHeld,
    RoleEndsBeforeItBegins,
    RosterImportNotBegun,
)
from directory.roster.following import FollowRosterOrg, FollowRosterPerson, RosterRole
from directory.roster_import import BeginRosterImport, FinishRosterImport, RosterFacts
from hypothesis import given
from hypothesis import strategies as st
from kit.spec import Spec

TENANT, TINA, PETER, NORTH, SOUTH, ROW = (UUID(int=n) for n in range(1, 7))
TODAY = date(2026, 3, 2)
SYSTEM = Actor("system", "roster-import", TENANT)
FACTS = PersonFacts(
    by=SYSTEM,
    command_id=UUID(int=9),
    aggregate_id=TINA,
    time_zone="America/Chicago",
    org_open=True,
    orgs_open=frozenset({NORTH, SOUTH}),
    evaluators_active=frozenset({PETER}),
)
NAME, EMAIL, ID = private("Tina Torres"), private("tina@example.org"), private("t-1")
spec = Spec(PERSON, FACTS)
enrolled = PersonEnrolled(name_ref=NAME.ref, email_ref=EMAIL.ref, sourced_id_ref=ID.ref, by_roster=True)
here = spec.given(enrolled)


def wish(**more: Any) -> RosterRole:
    return RosterRole.model_validate({"role": "teacher", "org_id": NORTH, "row": ROW} | more)


def follow(*roles: RosterRole, **told: Any) -> FollowRosterPerson:
    return FollowRosterPerson.model_validate({"roles": roles} | told)


def held(
    *, row: UUID | None = ROW, org: UUID = NORTH, begin: date = TODAY, end: date | None = None
) -> RoleAssigned:
    return RoleAssigned(role="teacher", org_id=org, begin=begin, end=end, roster_row=row)


def taken(org: UUID = NORTH, begin: date = TODAY) -> RoleWithdrawn:
    return RoleWithdrawn(role="teacher", org_id=org, begin=begin, end=TODAY)


def test_who_is_new_is_enrolled_with_their_roles() -> None:
    spec.when(follow(wish(), name=NAME, email=EMAIL, sourced_id=ID)).then(enrolled, held())


def test_a_role_begins_when_the_roster_says_or_today() -> None:
    begin = date(2024, 8, 1)
    here.when(follow(wish(begin=begin))).then(held(begin=begin))
    here.when(follow(wish(end=date(2027, 6, 30)))).then(held(end=date(2027, 6, 30)))


def test_who_is_as_the_roster_says_is_no_event() -> None:
    here.given(held()).when(follow(wish())).then()
    here.given(held(begin=date(2020, 1, 1))).when(follow(wish())).then()


def test_a_word_that_is_given_changes_and_one_that_is_not_stays() -> None:
    married = private("Tina Lind")
    here.when(follow(name=married)).then(
        PersonChanged(name_ref=married.ref, email_ref=EMAIL.ref, sourced_id_ref=ID.ref, by_roster=True)
    )
    here.when(follow(email=None)).then(
        PersonChanged(name_ref=NAME.ref, sourced_id_ref=ID.ref, by_roster=True)
    )


def test_what_a_roster_said_of_somebody_is_remembered_beside_what_they_say_themselves() -> None:
    own, other = private("tina@home.example"), private("tina.torres@example.org")
    by_hand = here.given(PersonChanged(name_ref=NAME.ref, email_ref=own.ref, sourced_id_ref=ID.ref))
    assert (by_hand.state.email_ref, by_hand.state.roster_email_ref) == (own.ref, EMAIL.ref)
    married = private("Tina Lind")
    renamed = by_hand.when(follow(name=married)).then_types(PersonChanged).state
    assert (renamed.email_ref, renamed.roster_email_ref) == (own.ref, EMAIL.ref)
    assert renamed.roster_name_ref == married.ref
    moved = by_hand.when(follow(email=other)).then_types(PersonChanged).state
    assert (moved.email_ref, moved.roster_email_ref, moved.roster_name_ref) == (
        other.ref,
        other.ref,
        NAME.ref,
    )


def test_a_role_the_roster_no_longer_gives_is_withdrawn() -> None:
    here.given(held()).when(follow(wish(org_id=SOUTH))).then(taken(), held(org=SOUTH))


def test_a_role_given_by_hand_is_never_taken_away() -> None:
    here.given(held(row=None)).when(follow()).then()
    here.given(held(row=None, begin=date(2020, 1, 1))).when(follow(wish(begin=TODAY))).then()


def test_a_role_with_other_dates_is_another_stretch() -> None:
    end = date(2026, 6, 30)
    here.given(held()).when(follow(wish(end=end))).then(taken(), held(end=end))


def test_a_role_that_is_over_is_left_and_can_be_given_anew() -> None:
    past = held(begin=date(2025, 1, 1), end=date(2025, 6, 30))
    here.given(past).when(follow()).then()
    here.given(past).when(follow(wish())).then(held())


def test_what_an_import_gave_cannot_be_given_again_by_hand() -> None:
    here.given(held()).when(AssignRole(role="teacher", org_id=NORTH, begin=TODAY)).refused(RoleAlreadyHeld)


def test_who_comes_back_begins_with_nothing_of_what_ended() -> None:
    evaluated = EvaluatorAssigned(evaluator_id=PETER, teacher_id=TINA)
    left = here.given(held(row=None, org=SOUTH), evaluated, PersonDeactivated())
    back = left.when(follow(wish()))
    now = back.then(
        enrolled, taken(SOUTH), EvaluatorWithdrawn(evaluator_id=PETER, teacher_id=TINA), held()
    ).state
    assert [(role.role, role.org_id) for role in now.roles] == [("teacher", NORTH)]
    assert now.evaluator_ids == ()


def test_evaluators_follow_the_mapping_and_those_by_hand_stay() -> None:
    by_mapping = EvaluatorAssigned(evaluator_id=PETER, teacher_id=TINA, by_roster=True)
    by_hand = EvaluatorAssigned(evaluator_id=PETER, teacher_id=TINA)
    gone = EvaluatorWithdrawn(evaluator_id=PETER, teacher_id=TINA)
    here.when(follow(evaluator_ids=(PETER,))).then(by_mapping)
    here.given(by_mapping).when(follow(evaluator_ids=(PETER,))).then()
    here.given(by_mapping).when(follow(evaluator_ids=())).then(gone)
    here.given(by_mapping).when(follow()).then()
    here.given(by_hand).when(follow(evaluator_ids=())).then()


def test_what_a_roster_may_not_say_of_a_person() -> None:
    here.when(follow(wish(org_id=UUID(int=99)))).refused(OrgNotOpen)
    here.when(follow(wish(begin=TODAY, end=date(2026, 3, 1)))).refused(RoleEndsBeforeItBegins)
    here.when(follow(evaluator_ids=(UUID(int=99),))).refused(EvaluatorNotActive)
    here.knowing(evaluators_active=frozenset({TINA})).when(follow(evaluator_ids=(TINA,))).refused(
        NobodyEvaluatesThemselves
    )
    here.knowing(time_zone=None).when(follow()).refused(DistrictNotOpen)
    spec.when(follow()).refused(PersonNotActive)


ROLES = st.lists(
    st.builds(
        lambda role, org, end: wish(role=role, org_id=org, end=end),
        st.sampled_from(["teacher", "principal", "coach"]),
        st.sampled_from([NORTH, SOUTH]),
        st.sampled_from([None, date(2026, 6, 30), TODAY]),
    ),
    max_size=4,
    unique_by=lambda role: (role.role, role.org_id),
)


@given(first=ROLES, second=ROLES, left=st.booleans())
def test_following_one_roster_and_then_another_is_following_the_other(
    first: list[RosterRole], second: list[RosterRole], left: bool
) -> None:
    def after(state: Any, command: FollowRosterPerson) -> Any:
        return reduce(PERSON.evolve, PERSON.decide(state, command, FACTS, now=spec.now), state)

    named = {"name": NAME, "email": EMAIL, "sourced_id": ID}
    one = after(spec.state, follow(*first, **named))
    if left:
        one = PERSON.evolve(one, PersonDeactivated())
    both, alone = after(one, follow(*second)), after(spec.state, follow(*second, **named))
    assert set(both.roles) == set(alone.roles)
    assert PERSON.decide(both, follow(*second), FACTS, now=spec.now) == []


# Organisations

ORG_FACTS = OrgFacts(
    by=SYSTEM, command_id=UUID(int=9), aggregate_id=NORTH, district_open=True, parent_type="district"
)
orgs = Spec(ORG, ORG_FACTS)
SIGN = private("North School")
opened = OrgOpened(type="school", parent_id=SOUTH, name_ref=SIGN.ref, sourced_id_ref=ID.ref)


def like(**told: Any) -> FollowRosterOrg:
    return FollowRosterOrg.model_validate({"type": "school", "parent_id": SOUTH} | told)


def test_an_organisation_is_opened_changed_and_opened_again() -> None:
    there = orgs.when(like(name=SIGN, sourced_id=ID)).then(opened)
    there.when(like()).then()
    there.when(like(parent_id=None)).then(OrgChanged(type="school", name_ref=SIGN.ref, sourced_id_ref=ID.ref))
    there.given(OrgClosed(type="school")).when(like()).then(opened)


def test_an_organisation_keeps_the_time_zone_it_has() -> None:
    zoned = orgs.given(
        OrgOpened(type="school", parent_id=SOUTH, name_ref=SIGN.ref, time_zone="America/Denver")
    )
    zoned.when(like()).then()
    zoned.when(like(time_zone="America/Chicago")).then(
        OrgChanged(type="school", parent_id=SOUTH, name_ref=SIGN.ref, time_zone="America/Chicago")
    )


def test_what_a_roster_may_not_say_of_an_organisation() -> None:
    orgs.when(like()).refused(OrgNotOpen)
    orgs.knowing(parent_type="school").when(like(name=SIGN)).refused(ParentNotAbove)
    orgs.knowing(district_open=False).when(like(name=SIGN)).refused(DistrictNotOpen)


# The import as a whole

ROSTER_FACTS = RosterFacts(by=SYSTEM, command_id=UUID(int=9), aggregate_id=UUID(int=8), district_open=True)
rosters = Spec(ROSTER, ROSTER_FACTS)
COUNTS = {"added": 3, "changed": 2, "removed": 1, "rejected": 4}
begun = RosterImportBegun(fingerprint="aa", **COUNTS)


def begin(fingerprint: str = "aa", **counts: int) -> BeginRosterImport:
    return BeginRosterImport(fingerprint=fingerprint, **(COUNTS | counts))


def test_an_import_that_was_cut_off_tells_in_the_end_what_it_set_out_to_do() -> None:
    under_way = rosters.when(begin()).then(begun)
    resumed = under_way.when(begin(added=1, changed=0, removed=0)).then()
    done = resumed.when(FinishRosterImport(fingerprint="aa")).then(RosterImported(**COUNTS))
    done.when(FinishRosterImport(fingerprint="aa")).refused(RosterImportNotBegun)


def test_another_import_takes_the_place_of_one_that_was_cut_off() -> None:
    other = rosters.given(begun).when(begin("bb")).then(RosterImportBegun(fingerprint="bb", **COUNTS))
    other.when(FinishRosterImport(fingerprint="aa")).refused(RosterImportNotBegun)


def test_a_closed_district_imports_nothing() -> None:
    rosters.knowing(district_open=False).when(begin()).refused(DistrictNotOpen)


def test_operators_and_administrators_import() -> None:
    def may(kind: Any, **facts: bool) -> None:
        by = Actor(kind, str(TINA), TENANT)
        known = RosterFacts(by=by, command_id=UUID(int=9), aggregate_id=UUID(int=8), **facts)
        authorise_roster(rosters.state, begin(), known)

    may("operator")
    may("person", belongs=True, administers=True)
    with pytest.raises(Forbidden):
        may("person", belongs=True)
    with pytest.raises(Unseen):
        may("person")
