"""When a person may be erased, and that nothing is left of them but that they were."""

from uuid import UUID, uuid5

import pytest
from backbone.deciding import Actor, Command, Forbidden, Look, Unseen
from backbone.words import private
from chalkline_contracts.directory import (
    ErasureRequested,
    LegalHoldLifted,
    LegalHoldPlaced,
    MentionsErasureRequested,
    PersonDeactivated,
    PersonEnrolled,
)
from directory.access import authorise_person
from directory.aggregates import PERSON
from directory.person import ChangePerson, EnrolPerson, Erased, PersonFacts
from directory.person_erasure import EraseMentions, LiftLegalHold, PlaceLegalHold, RequestErasure
from directory.refusals import LegalHold, LegalHoldUnknown, PersonErased, PersonNotErased, PersonUnknown
from directory.roster.following import FollowRosterPerson
from directory.views import view_person
from kit.spec import Spec

TENANT, TINA, PETER = UUID(int=1), UUID(int=2), UUID(int=3)
OPERATOR = Actor("operator", "it", TENANT)
COMMAND = UUID(int=9)
FACTS = PersonFacts(by=OPERATOR, command_id=COMMAND, aggregate_id=TINA, time_zone="America/Chicago")
NAME, REASON = private("Tina Torres"), private("case 12")
ERASURE = uuid5(COMMAND, "erasure")

spec = Spec(PERSON, FACTS)
active = spec.given(PersonEnrolled(experience_band="novice", name_ref=NAME.ref))
asked = ErasureRequested(erasure_id=ERASURE, person_id=TINA)
left = PersonDeactivated(experience_band="novice")
erased = active.given(left, asked)
placed = LegalHoldPlaced(hold_id=UUID(int=7), reason_ref=REASON.ref)


def test_who_is_erased_is_deactivated_first_if_they_were_not() -> None:
    active.when(RequestErasure()).then(left, asked)
    active.given(left).when(RequestErasure()).then(asked)


def test_the_erasure_carries_ids_and_nothing_else() -> None:
    assert set(asked.model_dump()) == {"erasure_id", "person_id"}


def test_nothing_is_kept_of_who_was_erased() -> None:
    assert erased.state == Erased(ERASURE)


def test_a_legal_hold_forbids_it_until_the_last_one_is_lifted() -> None:
    other = LegalHoldPlaced(hold_id=UUID(int=8), reason_ref=REASON.ref)
    held = active.given(placed, other)
    held.when(RequestErasure()).refused(LegalHold)
    once = held.given(LegalHoldLifted(hold_id=UUID(int=7)))
    once.when(RequestErasure()).refused(LegalHold)
    once.given(LegalHoldLifted(hold_id=UUID(int=8))).when(RequestErasure()).then(left, asked)


def test_a_hold_outlasts_leaving_and_coming_back() -> None:
    gone = active.given(placed, left)
    gone.when(RequestErasure()).refused(LegalHold)
    back = gone.given(PersonEnrolled(name_ref=NAME.ref, by_roster=True))
    back.when(RequestErasure()).refused(LegalHold)


def test_a_hold_is_placed_and_lifted_with_a_reason_that_stays_home() -> None:
    told = LegalHoldPlaced(hold_id=uuid5(COMMAND, "hold"), reason_ref=REASON.ref)
    active.when(PlaceLegalHold(reason=REASON)).then(told)
    lifted = LegalHoldLifted(hold_id=UUID(int=7), reason_ref=REASON.ref)
    active.given(placed).when(LiftLegalHold(hold_id=UUID(int=7), reason=REASON)).then(lifted)
    active.when(LiftLegalHold(hold_id=UUID(int=7))).refused(LegalHoldUnknown)


@pytest.mark.parametrize(
    "wish",
    [
        EnrolPerson(name=NAME),
        ChangePerson(name=NAME),
        FollowRosterPerson(name=NAME, roles=()),
        PlaceLegalHold(reason=REASON),
        RequestErasure(),
    ],
)
def test_whoever_was_erased_never_comes_back_by_hand_or_by_roster(wish: Command) -> None:
    erased.when(wish).refused(PersonErased)


def test_what_others_said_of_them_is_erased_only_after_them() -> None:
    two, one = UUID(int=22), UUID(int=11)
    active.when(EraseMentions(refs=(one,))).refused(PersonNotErased)
    told = MentionsErasureRequested(erasure_id=uuid5(COMMAND, "mentions"), person_id=TINA, refs=(one, two))
    erased.when(EraseMentions(refs=(two, one, two))).then(told)


def test_somebody_nobody_knows_cannot_be_erased() -> None:
    spec.when(RequestErasure()).refused(PersonUnknown)


def test_a_district_that_was_closed_still_erases() -> None:
    active.knowing(time_zone=None).when(RequestErasure()).then(left, asked)


def _facts(by: Actor, *, administers: bool = False) -> PersonFacts:
    return PersonFacts(by=by, command_id=COMMAND, aggregate_id=TINA, belongs=True, administers=administers)


def test_operators_erase_and_administrators_hold() -> None:
    administrator = _facts(Actor("person", str(PETER), TENANT), administers=True)
    colleague = _facts(Actor("person", str(PETER), TENANT))
    themselves = _facts(Actor("person", str(TINA), TENANT))
    authorise_person(active.state, RequestErasure(), FACTS)
    authorise_person(active.state, PlaceLegalHold(reason=REASON), administrator)
    for facts in (administrator, colleague, themselves):
        with pytest.raises(Forbidden):
            authorise_person(active.state, RequestErasure(), facts)
    for facts in (colleague, themselves):
        with pytest.raises(Forbidden):
            authorise_person(active.state, PlaceLegalHold(reason=REASON), facts)


def test_who_was_erased_is_there_for_operators_and_administrators_alone() -> None:
    administrator = _facts(Actor("person", str(PETER), TENANT), administers=True)
    authorise_person(erased.state, Look(), administrator)
    assert view_person(erased.state, administrator) == {"status": "erased", "erasure_id": ERASURE}
    with pytest.raises(Unseen):
        authorise_person(erased.state, Look(), _facts(Actor("person", str(PETER), TENANT)))


def test_holds_are_shown_to_those_who_may_place_them() -> None:
    held = active.given(placed)
    assert view_person(held.state, FACTS)["legal_holds"] == (UUID(int=7),)
    assert "legal_holds" not in view_person(held.state, _facts(Actor("person", str(TINA), TENANT)))
    assert "legal_holds" not in view_person(held.state, _facts(Actor("person", str(PETER), TENANT)))
