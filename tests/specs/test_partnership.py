"""Partnerships: everyone consents, nobody coaches whom they evaluate, only a teacher shares."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from backbone.deciding import Actor, FactsBehind, Forbidden, Look, Unseen
from chalkline_contracts.goals import (
    CoachHandedOver,
    PartnershipAgreed,
    PartnershipConsentGiven,
    PartnershipDeclined,
    PartnershipEnded,
    PartnershipProposed,
    PartnershipSuspended,
    ShareGranted,
    ShareRevoked,
    ShareScope,
)
from goals import cycle, goal
from goals.access import authorise_partnership
from goals.aggregates import PARTNERSHIP as AGGREGATE
from goals.partnership import (
    MOST_SHARES,
    Agreed,
    DeclinePartnership,
    EndPartnership,
    GiveConsent,
    GrantShare,
    HandedOver,
    HandOverCoach,
    ProposePartnership,
    RevokeShare,
    SuspendPartnership,
)
from goals.refusals import (
    AlreadyConsented,
    CoachesAlready,
    CoachIsTeacher,
    CoachRoleMissing,
    EvaluatorCannotCoach,
    NotAPartner,
    OnlyTeachersConsentAgain,
    PartnershipAlreadyProposed,
    PartnershipNotAgreed,
    PartnershipNotFound,
    PartnershipNotProposed,
    PartnershipOver,
    PersonUnknown,
    ShareAlreadyExpired,
    ShareNotFound,
    ShareNotTheirs,
    TemplateUnknown,
    TooManyShares,
)
from goals.views import view_partnership
from kit.coaching import (
    CARL,
    CORA,
    CYCLE,
    GOAL,
    LEAD,
    NORTH,
    PARTNERSHIP,
    PEOPLE,
    PRINCIPAL,
    SOUTH,
    STRANGER,
    TESS,
    THEO,
    drafted,
    facts,
    nth,
    open_cycle,
    operator,
    person,
    policy,
    words,
)
from kit.spec import NOW, Spec
from pydantic import ValidationError

SPEC = Spec(AGGREGATE, facts(CORA))


def proposed(*teachers: UUID) -> PartnershipProposed:
    return PartnershipProposed(
        coach_id=CORA,
        teacher_ids=teachers or (TESS,),
        template="impact-cycle@1",
        confidentiality_policy_version=1,
        proposed_by=CORA,
    )


def consent(by: UUID) -> PartnershipConsentGiven:
    return PartnershipConsentGiven(by=by)


def all_agreed(*teachers: UUID) -> PartnershipAgreed:
    return PartnershipAgreed(coach_id=CORA, teacher_ids=teachers or (TESS,))


AGREED = (proposed(), consent(CORA), consent(TESS), all_agreed())
ENDED = PartnershipEnded(coach_id=CORA, teacher_ids=(TESS,), by=TESS)
SUSPENDED = PartnershipSuspended(reason_code="evaluator_assigned", coach_id=CORA, teacher_ids=(TESS,))
PROPOSE = ProposePartnership(coach_id=CORA, teacher_ids=(TESS,))
SHARE = GrantShare(scope=ShareScope(cycle_id=CYCLE), audience=(LEAD,), expires_at=NOW + timedelta(days=7))
GRANTED = ShareGranted(
    share_id=nth(0),
    by=TESS,
    scope=SHARE.scope,
    audience=SHARE.audience,
    expires_at=SHARE.expires_at,
    granted_at=NOW,
)


OURS = goal.evolve(goal.Unset(), drafted(TESS))


def by(who: UUID | Actor) -> Spec:
    return Spec(AGGREGATE, replace(facts(who, goal=OURS), aggregate_id=PARTNERSHIP))


def test_a_coach_proposes_to_work_with_a_teacher() -> None:
    by(CORA).when(PROPOSE).then(proposed())


def test_a_teacher_may_propose_as_well() -> None:
    by(TESS).when(PROPOSE).then(proposed().model_copy(update={"proposed_by": TESS}))


def test_a_coach_may_propose_to_a_group() -> None:
    by(CORA).when(ProposePartnership(coach_id=CORA, teacher_ids=(TESS, THEO))).then(proposed(TESS, THEO))


def test_a_group_names_each_teacher_once() -> None:
    with pytest.raises(ValidationError):
        ProposePartnership(coach_id=CORA, teacher_ids=(TESS, TESS))


def test_a_partnership_is_proposed_once() -> None:
    SPEC.given(proposed()).when(PROPOSE).refused(PartnershipAlreadyProposed)


def test_a_coach_must_hold_the_role_of_a_coach() -> None:
    by(TESS).when(ProposePartnership(coach_id=TESS, teacher_ids=(THEO,))).refused(CoachRoleMissing)


def test_nobody_is_their_own_coach() -> None:
    by(CORA).when(ProposePartnership(coach_id=CORA, teacher_ids=(CORA,))).refused(CoachIsTeacher)


def test_a_teacher_of_another_district_is_unknown_here() -> None:
    SPEC.when(ProposePartnership(coach_id=CORA, teacher_ids=(UUID(int=9),))).refused(PersonUnknown)


def test_a_teacher_who_left_is_unknown_here() -> None:
    left = PEOPLE | {TESS: replace(PEOPLE[TESS], active=False)}
    SPEC.knowing(people=left).when(PROPOSE).refused(PersonUnknown)


def test_whoever_is_named_as_a_teachers_evaluator_cannot_coach_them() -> None:
    mapped = PEOPLE | {TESS: replace(PEOPLE[TESS], evaluated_by=frozenset({CORA}))}
    SPEC.knowing(people=mapped).when(PROPOSE).refused(EvaluatorCannotCoach)


def test_a_principal_cannot_coach_a_teacher_of_their_own_school() -> None:
    by(PRINCIPAL).when(ProposePartnership(coach_id=PRINCIPAL, teacher_ids=(TESS,))).refused(
        EvaluatorCannotCoach
    )


def test_a_principal_may_coach_where_someone_else_is_mapped_to_evaluate() -> None:
    mapped = PEOPLE | {TESS: replace(PEOPLE[TESS], evaluated_by=frozenset({LEAD}))}
    command = ProposePartnership(coach_id=PRINCIPAL, teacher_ids=(TESS,))
    by(PRINCIPAL).knowing(people=mapped).when(command).then_types(PartnershipProposed)


def test_a_principal_may_coach_at_a_school_that_somebody_else_leads() -> None:
    elsewhere = PEOPLE | {TESS: replace(PEOPLE[TESS], workplace_ids=frozenset({SOUTH}))}
    command = ProposePartnership(coach_id=PRINCIPAL, teacher_ids=(TESS,))
    by(PRINCIPAL).knowing(people=elsewhere).when(command).then_types(PartnershipProposed)


def test_a_coach_of_the_same_school_evaluates_nobody() -> None:
    assert NORTH in PEOPLE[CORA].school_ids & PEOPLE[TESS].school_ids
    SPEC.when(PROPOSE).then_types(PartnershipProposed)


def test_a_partnership_follows_a_model_that_exists() -> None:
    SPEC.knowing(template=None).when(PROPOSE).refused(TemplateUnknown)


def test_the_id_of_one_model_does_not_stand_for_another() -> None:
    unlike = ProposePartnership(coach_id=CORA, teacher_ids=(TESS,), template="data-cycle@1")
    SPEC.when(unlike).refused(TemplateUnknown)


def test_the_proposer_consents_too() -> None:
    by(CORA).given(proposed()).when(GiveConsent()).then(consent(CORA))


def test_the_last_consent_makes_the_partnership() -> None:
    by(TESS).given(proposed(), consent(CORA)).when(GiveConsent()).then(consent(TESS), all_agreed())


def test_in_a_group_every_teacher_consents() -> None:
    group = by(TESS).given(proposed(TESS, THEO), consent(CORA)).when(GiveConsent()).then(consent(TESS))
    replace(group, facts=facts(THEO)).when(GiveConsent()).then(consent(THEO), all_agreed(TESS, THEO))


def test_a_partner_consents_once() -> None:
    by(CORA).given(proposed(), consent(CORA)).when(GiveConsent()).refused(AlreadyConsented)


def test_only_partners_consent() -> None:
    by(STRANGER).given(proposed()).when(GiveConsent()).refused(NotAPartner)


def test_an_evaluator_named_since_the_proposal_keeps_the_partnership_from_being_agreed() -> None:
    mapped = PEOPLE | {TESS: replace(PEOPLE[TESS], evaluated_by=frozenset({CORA}))}
    by(TESS).given(proposed(), consent(CORA)).knowing(people=mapped).when(GiveConsent()).refused(
        EvaluatorCannotCoach
    )


def test_a_teacher_may_decline_and_say_why() -> None:
    reason = words("Not this term")
    by(TESS).given(proposed()).when(DeclinePartnership(reason=reason)).then(
        PartnershipDeclined(by=TESS, coach_id=CORA, teacher_ids=(TESS,), reason_ref=reason.ref)
    )


def test_what_was_agreed_is_not_declined_or_consented_to_again() -> None:
    by(TESS).given(*AGREED).when(DeclinePartnership()).refused(PartnershipNotProposed)
    by(TESS).given(*AGREED).when(GiveConsent()).refused(PartnershipNotProposed)


def test_a_teacher_shares_one_cycle_for_a_week() -> None:
    by(TESS).given(*AGREED).when(SHARE).then(GRANTED)


def test_a_coach_does_not_share_what_is_the_teachers() -> None:
    by(CORA).given(*AGREED).when(SHARE).refused(NotAPartner)
    with pytest.raises(Forbidden):
        authorise_partnership(by(CORA).given(*AGREED).state, SHARE, facts(CORA))


def test_a_share_ends_in_the_future() -> None:
    by(TESS).given(*AGREED).at(SHARE.expires_at).when(SHARE).refused(ShareAlreadyExpired)


def test_a_share_names_what_is_the_teachers_own_in_this_partnership() -> None:
    def shares(**scope: UUID) -> GrantShare:
        return SHARE.model_copy(update={"scope": ShareScope(**scope)})

    tess = by(TESS).given(*AGREED)
    for own in (shares(), shares(goal_id=GOAL), shares(cycle_id=CYCLE, goal_id=GOAL)):
        tess.when(own).then_types(ShareGranted)
    nowhere = tess.knowing(cycle=cycle.Unset(), goal=goal.Unset())
    elsewhere = tess.knowing(aggregate_id=UUID(int=99))
    of_theo = tess.knowing(cycle=open_cycle(THEO), goal=goal.evolve(goal.Unset(), drafted(THEO)))
    for spec in (nowhere, elsewhere, of_theo):
        spec.when(shares()).then_types(ShareGranted)
        spec.when(shares(cycle_id=CYCLE)).refused(ShareNotTheirs)
        spec.when(shares(goal_id=GOAL)).refused(ShareNotTheirs)
    tess.when(shares(cycle_id=UUID(int=98), goal_id=GOAL)).refused(ShareNotTheirs)


def test_a_share_names_people_of_the_district() -> None:
    unknown = SHARE.model_copy(update={"audience": (UUID(int=9),)})
    by(TESS).given(*AGREED).when(unknown).refused(PersonUnknown)


def granted(n: int, *, until: timedelta, at: timedelta = timedelta(0)) -> ShareGranted:
    return GRANTED.model_copy(update={"share_id": nth(n), "expires_at": NOW + until, "granted_at": NOW + at})


def test_what_has_expired_is_forgotten_with_the_next_share() -> None:
    """So a partnership of many years knows the shares that are open, and no others."""
    weeks = [granted(n, until=timedelta(weeks=n + 1), at=timedelta(weeks=n)) for n in range(200)]
    state = by(TESS).given(*AGREED, *weeks).state
    assert [share.share_id for share in state.shares] == [nth(199)]
    told_before_there_was_a_time = granted(201, until=timedelta(weeks=300)).model_copy(
        update={"granted_at": None}
    )
    assert len(by(TESS).given(*AGREED, *weeks, told_before_there_was_a_time).state.shares) == 2


def test_a_partnership_shares_so_much_at_once() -> None:
    """Whatever has expired does not count; what is revoked makes room."""
    year = timedelta(days=365)
    full = by(TESS).given(*AGREED, *(granted(n + 1, until=year) for n in range(MOST_SHARES)))
    full.when(SHARE).refused(TooManyShares)
    full.when(RevokeShare(share_id=nth(1))).then_types(ShareRevoked).when(SHARE).then_types(ShareGranted)
    later = SHARE.model_copy(update={"expires_at": NOW + 2 * year})
    assert len(full.at(NOW + year).when(later).then_types(ShareGranted).state.shares) == 1


def test_a_share_needs_an_agreed_partnership() -> None:
    by(TESS).given(proposed()).when(SHARE).refused(PartnershipNotAgreed)


def test_a_teacher_revokes_a_share_once() -> None:
    revoke = RevokeShare(share_id=nth(0))
    revoked = by(TESS).given(*AGREED, GRANTED).when(revoke).then(ShareRevoked(share_id=nth(0), by=TESS))
    revoked.when(revoke).refused(ShareNotFound)


def test_a_share_is_revoked_by_the_teacher_who_granted_it() -> None:
    by(THEO).given(*AGREED, GRANTED).when(RevokeShare(share_id=nth(0))).refused(ShareNotFound)


def test_a_share_can_be_revoked_after_the_partnership_ended() -> None:
    by(TESS).given(*AGREED, GRANTED, ENDED).when(RevokeShare(share_id=nth(0))).then_types(ShareRevoked)


def test_an_evaluator_assigned_later_suspends_the_partnership() -> None:
    suspend = SuspendPartnership(reason_code="evaluator_assigned", coach_id=CORA)
    suspended = by(policy()).given(*AGREED).when(suspend).then(SUSPENDED)
    suspended.when(suspend).then()


@pytest.mark.parametrize("who", [CORA, TESS])
def test_either_partner_ends_the_partnership(who: UUID) -> None:
    by(who).given(*AGREED).when(EndPartnership(reason_code="moved")).then(
        PartnershipEnded(coach_id=CORA, teacher_ids=(TESS,), by=who, reason_code="moved")
    )


def test_a_suspended_partnership_can_be_ended_but_not_agreed_to() -> None:
    by(TESS).given(*AGREED, SUSPENDED).when(EndPartnership()).then(ENDED)
    by(TESS).given(*AGREED, SUSPENDED).when(GiveConsent()).refused(PartnershipNotProposed)


def test_what_has_ended_stays_ended() -> None:
    by(TESS).given(*AGREED, ENDED).when(EndPartnership()).refused(PartnershipOver)
    suspend = SuspendPartnership(reason_code="evaluator_assigned", coach_id=CORA)
    by(policy()).given(*AGREED, ENDED).when(suspend).refused(PartnershipOver)


@pytest.mark.parametrize("command", [GiveConsent(), DeclinePartnership(), SHARE, EndPartnership()])
def test_nothing_can_be_done_with_a_partnership_nobody_proposed(command: Any) -> None:
    by(TESS).when(command).refused(PartnershipNotFound)


# Hand-over -------------------------------------------------------------------------------------------

HAND_OVER = HandOverCoach(to_coach_id=CARL)


def handed(to: UUID = CARL, by: UUID = TESS, of: UUID = CORA, *teachers: UUID) -> CoachHandedOver:
    return CoachHandedOver(from_coach_id=of, to_coach_id=to, teacher_ids=teachers or (TESS,), by=by)


def agreed_with(coach: UUID, *teachers: UUID) -> PartnershipAgreed:
    return PartnershipAgreed(coach_id=coach, teacher_ids=teachers or (TESS,))


@pytest.mark.parametrize("who", [CORA, TESS, LEAD])
@pytest.mark.parametrize("past", [AGREED, (*AGREED, SUSPENDED)])
def test_another_coach_follows_when_the_teacher_has_consented_again(who: UUID, past: Any) -> None:
    waiting = by(who).given(*past).when(HAND_OVER).then(handed(by=who))
    assert waiting.state == HandedOver(replace(waiting.state.pair, coach_id=CARL))
    consented = replace(waiting, facts=facts(TESS)).when(GiveConsent()).then(consent(TESS), agreed_with(CARL))
    assert isinstance(consented.state, Agreed)
    assert consented.state.pair.coach_id == CARL


def test_in_a_group_every_teacher_is_asked_again_and_nobody_else() -> None:
    group = (proposed(TESS, THEO), consent(CORA), consent(TESS), consent(THEO), all_agreed(TESS, THEO))
    past = (*group, handed(CARL, CORA, CORA, TESS, THEO))
    by(CARL).given(*past).when(GiveConsent()).refused(OnlyTeachersConsentAgain)
    by(CORA).given(*past).when(GiveConsent()).refused(NotAPartner)
    half = by(TESS).given(*past).when(GiveConsent()).then(consent(TESS))
    half.when(GiveConsent()).refused(AlreadyConsented)
    replace(half, facts=facts(THEO)).when(GiveConsent()).then(consent(THEO), agreed_with(CARL, TESS, THEO))


def test_whoever_does_not_want_it_hands_it_to_another_or_ends_it() -> None:
    past = (*AGREED, handed())
    by(TESS).given(*past).when(DeclinePartnership()).refused(PartnershipNotProposed)
    again = by(TESS).given(*past).when(HandOverCoach(to_coach_id=CORA)).then(handed(CORA, TESS, CARL))
    again.when(GiveConsent()).then(consent(TESS), all_agreed())
    by(CARL).given(*past).when(EndPartnership()).then(
        PartnershipEnded(coach_id=CARL, teacher_ids=(TESS,), by=CARL)
    )


def test_consents_to_one_coach_are_no_consents_to_the_next() -> None:
    past = (proposed(TESS, THEO), consent(CORA), consent(TESS), consent(THEO), all_agreed(TESS, THEO),
            handed(CARL, TESS, CORA, TESS, THEO), consent(TESS), handed(CORA, TESS, CARL, TESS, THEO))  # fmt: skip
    by(THEO).given(*past).when(GiveConsent()).then(consent(THEO))


@pytest.mark.parametrize(
    ("to", "refusal"),
    [
        (CORA, CoachesAlready),
        (TESS, CoachIsTeacher),
        (PRINCIPAL, EvaluatorCannotCoach),
        (STRANGER, CoachRoleMissing),
        (UUID(int=9), PersonUnknown),
    ],
)
def test_not_everyone_can_be_handed_a_partnership(to: UUID, refusal: Any) -> None:
    by(TESS).given(*AGREED).when(HandOverCoach(to_coach_id=to)).refused(refusal)


def test_a_suspended_coach_is_handed_it_back_when_they_evaluate_no_more() -> None:
    past = (*AGREED, SUSPENDED)
    waiting = by(TESS).given(*past).when(HandOverCoach(to_coach_id=CORA)).then(handed(CORA, TESS, CORA))
    waiting.when(GiveConsent()).then(consent(TESS), all_agreed())


def test_an_evaluator_named_since_the_hand_over_keeps_it_from_being_agreed() -> None:
    mapped = PEOPLE | {TESS: replace(PEOPLE[TESS], evaluated_by=frozenset({CARL}))}
    by(TESS).given(*AGREED, handed()).knowing(people=mapped).when(GiveConsent()).refused(EvaluatorCannotCoach)
    suspend = SuspendPartnership(reason_code="coach_evaluates", coach_id=CARL)
    by(policy()).given(*AGREED, handed()).when(suspend).then(
        PartnershipSuspended(reason_code="coach_evaluates", coach_id=CARL, teacher_ids=(TESS,))
    )


def test_a_coach_who_came_to_evaluate_after_handing_over_suspends_nobody_else() -> None:
    suspend = SuspendPartnership(reason_code="coach_evaluates", coach_id=CORA)
    by(policy()).given(*AGREED, handed()).when(suspend).then()
    by(policy()).given(*AGREED, handed(), consent(TESS), agreed_with(CARL)).when(suspend).then()


@pytest.mark.parametrize(
    ("past", "refusal"),
    [((), PartnershipNotFound), ((proposed(),), PartnershipNotAgreed), ((*AGREED, ENDED), PartnershipOver)],
)
def test_only_what_was_agreed_to_is_handed_over(past: Any, refusal: Any) -> None:
    by(TESS).given(*past).when(HAND_OVER).refused(refusal)


def test_what_a_teacher_agreed_to_the_first_time_does_not_count_when_the_coach_comes_back() -> None:
    """Each hand-over asks everybody again, whoever coached before."""
    to_carl, to_cora = handed(CARL, TESS, CORA, TESS, THEO), handed(CORA, TESS, CARL, TESS, THEO)
    first = (proposed(TESS, THEO), consent(CORA), consent(TESS), consent(THEO), all_agreed(TESS, THEO))
    under_carl = (to_carl, consent(TESS), consent(THEO), agreed_with(CARL, TESS, THEO))
    back = by(TESS).given(*first, *under_carl, to_cora)
    assert isinstance(back.state, HandedOver)
    assert back.state.consented == ()
    half = back.when(GiveConsent()).then(consent(TESS))
    assert half.given(to_carl, to_cora).state.consented == ()
    replace(half, facts=facts(THEO)).when(GiveConsent()).then(consent(THEO), all_agreed(TESS, THEO))


def test_a_teachers_shares_outlive_the_coach() -> None:
    past = (*AGREED, GRANTED, handed())
    assert (
        by(TESS).given(*past).state.shares
        == by(TESS).given(*past, consent(TESS), agreed_with(CARL)).state.shares
    )
    assert by(TESS).given(*past).state.shares
    revoked = ShareRevoked(share_id=nth(0), by=TESS)
    by(TESS).given(*past).when(RevokeShare(share_id=nth(0))).then(revoked)


def test_who_may_hand_over_a_partnership() -> None:
    state = SPEC.given(*AGREED).state
    for who in (CORA, TESS, LEAD):
        authorise_partnership(state, HAND_OVER, facts(who))
    for known, refused in (
        (facts(PRINCIPAL), Forbidden),
        (facts(operator()), Forbidden),
        (facts(CARL), Unseen),
        (facts(STRANGER), Unseen),
        (facts(TESS, level=False), FactsBehind),
        (facts(LEAD, level=False), FactsBehind),
    ):
        with pytest.raises(refused):
            authorise_partnership(state, HAND_OVER, known)


def test_the_former_coach_does_not_find_the_partnership_and_the_next_one_does() -> None:
    state = SPEC.given(*AGREED, handed()).state
    with pytest.raises(Unseen):
        authorise_partnership(state, Look(), facts(CORA))
    authorise_partnership(state, Look(), facts(CARL))
    assert view_partnership(state, facts(CARL))["status"] == "handed_over"
    assert view_partnership(state, facts(TESS))["consented"] == ()
    assert view_partnership(state, facts(LEAD))["status"] == "open"


# Who may --------------------------------------------------------------------------------------------


def test_only_those_named_may_propose_a_partnership() -> None:
    with pytest.raises(Forbidden):
        authorise_partnership(AGGREGATE.initial, PROPOSE, facts(LEAD))
    authorise_partnership(AGGREGATE.initial, PROPOSE, facts(TESS))


def test_a_partnership_does_not_exist_for_a_colleague() -> None:
    with pytest.raises(Unseen):
        authorise_partnership(SPEC.given(proposed()).state, EndPartnership(), facts(STRANGER))


@pytest.mark.parametrize("who", [person(PRINCIPAL), person(LEAD), operator()])
def test_leaders_and_operators_see_a_partnership_and_may_not_touch_it(who: Actor) -> None:
    with pytest.raises(Forbidden):
        authorise_partnership(SPEC.given(proposed()).state, EndPartnership(), facts(who))


def test_a_principal_of_another_school_sees_nothing() -> None:
    with pytest.raises(Unseen):
        authorise_partnership(SPEC.given(proposed()).state, Look(), facts(PRINCIPAL, oversees=False))


@pytest.mark.parametrize("command", [PROPOSE, GiveConsent(), SHARE])
def test_what_depends_on_others_waits_until_the_facts_are_fresh(command: Any) -> None:
    state = AGGREGATE.initial if command is PROPOSE else SPEC.given(proposed()).state
    with pytest.raises(FactsBehind):
        authorise_partnership(state, command, facts(TESS, level=False))


def test_ones_own_partnership_is_served_whatever_the_lag() -> None:
    authorise_partnership(SPEC.given(*AGREED).state, EndPartnership(), facts(TESS, level=False))
    with pytest.raises(FactsBehind):
        authorise_partnership(SPEC.given(*AGREED).state, EndPartnership(), facts(LEAD, level=False))


def test_consents_and_agreement_lead_to_an_agreed_partnership() -> None:
    assert isinstance(SPEC.given(*AGREED).state, Agreed)
