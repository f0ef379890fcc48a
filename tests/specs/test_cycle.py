"""Cycles: one open a partnership and focus, in the phases of its model."""

from typing import Any
from uuid import UUID

import pytest
from backbone.deciding import Claim, FactsBehind, Forbidden, Look, Release, Unseen
from chalkline_contracts.goals import (
    CycleClosedEarly,
    CycleCompleted,
    CycleMemberJoined,
    CycleMemberLeft,
    CyclePaused,
    CyclePhaseEntered,
    CycleResumed,
    CycleStarted,
    FollowUpRecorded,
    Sustained,
)
from goals import partnership
from goals.access import authorise_cycle
from goals.aggregates import CYCLE as AGGREGATE
from goals.cycle import (
    CloseCycleEarly,
    CompleteCycle,
    EnterPhase,
    JoinCycle,
    LeaveCycle,
    Open,
    PauseCycle,
    RecordFollowUp,
    ResumeCycle,
    StartCycle,
    claims,
    focus_id,
)
from goals.refusals import (
    AlreadyInPhase,
    CycleAlreadyStarted,
    CycleIsPaused,
    CycleNotFound,
    CycleNotOpen,
    CycleNotPaused,
    CycleStillOpen,
    LastTeacherStays,
    NotAPartner,
    PartnershipNotAgreed,
    PhaseUnknown,
    SchoolNotTheirs,
    TeacherAlreadyInCycle,
    TeacherNotInCycle,
    TeacherNotInPartnership,
    TemplateUnknown,
    TimeZoneUnknown,
)
from goals.views import view_cycle
from kit.coaching import (
    CARL,
    CORA,
    LEAD,
    NORTH,
    PARTNERSHIP,
    SOUTH,
    STRANGER,
    TESS,
    THEO,
    agreed,
    coached_by_carl,
    cycle_started,
    facts,
    handed_over,
    operator,
    words,
)
from kit.spec import Spec

SPEC = Spec(AGGREGATE, facts(CORA, partnership=agreed(TESS)))
START = StartCycle(partnership_id=PARTNERSHIP, focus="engagement")
PAIR = agreed(TESS).pair
COMPLETED = CycleCompleted(partnership_id=PARTNERSHIP, focus="engagement")


def entered(phase: str) -> CyclePhaseEntered:
    return CyclePhaseEntered(partnership_id=PARTNERSHIP, phase=phase)


STARTED = (cycle_started(TESS), entered("identify"))


def test_an_agreed_pair_starts_a_cycle_in_the_first_phase_of_its_model() -> None:
    SPEC.when(START).then(*STARTED)


def test_the_pair_may_plan_its_own_weeks_and_cadence() -> None:
    happened = SPEC.when(
        StartCycle(partnership_id=PARTNERSHIP, focus="engagement", planned_weeks=9, cadence_days=7)
    ).then_types(CycleStarted, CyclePhaseEntered)
    assert isinstance(happened.state, Open)
    assert (happened.state.plan.planned_weeks, happened.state.plan.cadence_days) == (9, 7)


def test_some_of_a_group_may_work_on_a_focus() -> None:
    group = SPEC.knowing(partnership=agreed(TESS, THEO))
    group.when(StartCycle(partnership_id=PARTNERSHIP, focus="engagement", teacher_ids=(TESS,))).then(*STARTED)


def test_a_cycle_is_for_teachers_of_its_partnership() -> None:
    SPEC.when(StartCycle(partnership_id=PARTNERSHIP, focus="engagement", teacher_ids=(STRANGER,))).refused(
        TeacherNotInPartnership
    )


@pytest.mark.parametrize(
    "state",
    [
        partnership.Unset(),
        partnership.Proposed(PAIR),
        partnership.Declined(PAIR),
        partnership.Suspended(PAIR),
        partnership.Ended(PAIR),
    ],
)
def test_a_cycle_needs_a_partnership_everyone_agreed_to(state: Any) -> None:
    SPEC.knowing(partnership=state).when(START).refused(PartnershipNotAgreed)


def test_a_cycle_follows_a_model_that_exists() -> None:
    SPEC.knowing(template=None).when(START).refused(TemplateUnknown)


def test_a_cycle_takes_place_at_a_school_of_its_teachers() -> None:
    SPEC.when(StartCycle(partnership_id=PARTNERSHIP, focus="engagement", school_id=SOUTH)).refused(
        SchoolNotTheirs
    )
    SPEC.when(StartCycle(partnership_id=PARTNERSHIP, focus="engagement", school_id=NORTH)).then(*STARTED)


def test_a_cycle_does_not_start_where_no_one_knows_the_time_zone() -> None:
    SPEC.knowing(time_zone="Middle/Earth").when(START).refused(TimeZoneUnknown)


def test_a_cycle_starts_once() -> None:
    SPEC.given(*STARTED).when(START).refused(CycleAlreadyStarted)


def test_a_partnership_has_one_open_cycle_a_focus() -> None:
    key = f"open-cycle:{focus_id(PARTNERSHIP, 'engagement')}:1"
    closed = CycleClosedEarly(partnership_id=PARTNERSHIP, focus="engagement", reason_code="leave")
    assert list(claims(cycle_started(TESS))) == [Claim(key)]
    assert list(claims(COMPLETED)) == list(claims(closed)) == [Release(key)]
    assert list(claims(entered("learn"))) == []


def test_a_districts_policy_may_allow_more_open_cycles_of_a_focus() -> None:
    two = SPEC.knowing(open_cycles_per_focus=2, open_cycles=frozenset({1}))
    second = cycle_started(TESS).model_copy(update={"place": 2})
    started = two.when(START).then(second, entered("identify"))
    started.when(CompleteCycle()).then(COMPLETED.model_copy(update={"place": 2}))
    assert [claim.key[-2:] for claim in claims(second)] == [":2"]
    two.knowing(open_cycles=frozenset({2})).when(START).then(*STARTED)
    full = two.knowing(open_cycles=frozenset({1, 2}))
    full.when(START).then(*STARTED)  # and the claim on the first place is refused


def test_a_pair_moves_on_to_the_next_phase_and_back() -> None:
    learning = SPEC.given(*STARTED).when(EnterPhase(phase="learn")).then(entered("learn"))
    learning.when(EnterPhase(phase="identify")).then(entered("identify"))


def test_a_phase_is_one_of_the_model() -> None:
    SPEC.given(*STARTED).when(EnterPhase(phase="celebrate")).refused(PhaseUnknown)


def test_a_phase_is_not_entered_twice_in_a_row() -> None:
    SPEC.given(*STARTED).when(EnterPhase(phase="identify")).refused(AlreadyInPhase)


def test_a_cycle_is_completed() -> None:
    SPEC.given(*STARTED).when(CompleteCycle()).then(COMPLETED)


def test_a_cycle_is_closed_early_with_a_reason() -> None:
    reason = words("Long leave")
    SPEC.given(*STARTED).when(CloseCycleEarly(reason_code="leave", reason=reason)).then(
        CycleClosedEarly(
            partnership_id=PARTNERSHIP, focus="engagement", reason_code="leave", reason_ref=reason.ref
        )
    )


@pytest.mark.parametrize(
    "command",
    [
        EnterPhase(phase="learn"),
        JoinCycle(teacher_id=THEO),
        LeaveCycle(teacher_id=TESS),
        PauseCycle(),
        ResumeCycle(),
        CompleteCycle(),
        CloseCycleEarly(reason_code="leave"),
    ],
)
def test_a_closed_cycle_stays_closed_and_an_unknown_one_unknown(command: Any) -> None:
    SPEC.given(*STARTED, COMPLETED).when(command).refused(CycleNotOpen)
    SPEC.when(command).refused(CycleNotFound)


# Members ---------------------------------------------------------------------------------------------


def joined(teacher: UUID = THEO, by: UUID = CORA) -> CycleMemberJoined:
    return CycleMemberJoined(partnership_id=PARTNERSHIP, teacher_id=teacher, by=by)


def left(teacher: UUID = THEO, by: UUID = CORA) -> CycleMemberLeft:
    return CycleMemberLeft(partnership_id=PARTNERSHIP, teacher_id=teacher, by=by)


GROUP = Spec(AGGREGATE, facts(CORA)).given(*STARTED)
"""Cora's cycle with Tess, in a partnership with Tess and Theo."""


def as_(who: UUID, spec: Spec) -> Spec:
    return Spec(AGGREGATE, facts(who), spec.now, spec.past)


def test_a_teacher_of_the_partnership_joins_on_the_way_and_leaves_again() -> None:
    both = GROUP.when(JoinCycle(teacher_id=THEO)).then(joined())
    assert both.state.plan.teacher_ids == (TESS, THEO)
    alone = as_(THEO, both).when(LeaveCycle(teacher_id=THEO)).then(left(by=THEO))
    assert (alone.state.plan.teacher_ids, alone.state.plan.left) == ((TESS,), (THEO,))
    back = as_(THEO, alone).when(JoinCycle(teacher_id=THEO)).then(joined(by=THEO))
    assert (back.state.plan.teacher_ids, back.state.plan.left) == ((TESS, THEO), ())


def test_the_one_who_started_it_may_leave_when_another_stays() -> None:
    GROUP.given(joined()).when(LeaveCycle(teacher_id=TESS)).then(left(TESS))


@pytest.mark.parametrize(
    ("command", "refusal"),
    [
        (JoinCycle(teacher_id=TESS), TeacherAlreadyInCycle),
        (JoinCycle(teacher_id=STRANGER), TeacherNotInPartnership),
        (LeaveCycle(teacher_id=THEO), TeacherNotInCycle),
        (LeaveCycle(teacher_id=TESS), LastTeacherStays),
    ],
)
def test_members_come_from_the_partnership_and_one_stays(command: Any, refusal: Any) -> None:
    GROUP.when(command).refused(refusal)


def test_nobody_joins_while_the_partnership_stands_still() -> None:
    """Whoever joins comes to read what is the group's: not where nobody coaches, and not after the end."""
    pair = agreed(TESS, THEO).pair
    for of in (partnership.Suspended(pair), partnership.Ended(pair)):
        GROUP.knowing(partnership=of).when(JoinCycle(teacher_id=THEO)).refused(PartnershipNotAgreed)


def test_a_former_coach_takes_nobody_in() -> None:
    GROUP.knowing(partnership=coached_by_carl(TESS, THEO)).when(JoinCycle(teacher_id=THEO)).refused(
        NotAPartner
    )


def test_a_teacher_of_the_partnership_lets_themselves_in_and_who_left_still_looks() -> None:
    authorise_cycle(GROUP.state, JoinCycle(teacher_id=THEO), facts(THEO))
    with pytest.raises(Unseen):
        authorise_cycle(GROUP.state, JoinCycle(teacher_id=THEO), facts(STRANGER))
    with pytest.raises(Unseen):
        authorise_cycle(GROUP.state, Look(), facts(THEO))
    gone = GROUP.given(joined(), left()).state
    authorise_cycle(gone, Look(), facts(THEO))
    with pytest.raises(Forbidden):
        authorise_cycle(gone, CompleteCycle(), facts(THEO))


# Pauses ----------------------------------------------------------------------------------------------

PAUSED = CyclePaused(partnership_id=PARTNERSHIP, by=CORA, reason_code="leave")
RESUMED = CycleResumed(partnership_id=PARTNERSHIP, by=CORA)


def test_a_cycle_is_paused_and_resumed_where_it_was() -> None:
    learning = SPEC.given(*STARTED, entered("learn"))
    paused = learning.when(PauseCycle(reason_code="leave")).then(PAUSED)
    assert view_cycle(paused.state, facts(TESS))["status"] == "paused"
    assert view_cycle(paused.state, facts(LEAD))["status"] == "open"
    assert paused.when(ResumeCycle()).then(RESUMED).state == learning.state


def test_in_a_pause_nothing_moves_on_and_the_cycle_may_still_end() -> None:
    paused = SPEC.given(*STARTED, PAUSED)
    paused.when(PauseCycle()).refused(CycleIsPaused)
    paused.when(EnterPhase(phase="learn")).refused(CycleIsPaused)
    paused.when(CompleteCycle()).then(COMPLETED)
    SPEC.given(*STARTED).when(ResumeCycle()).refused(CycleNotPaused)
    group = GROUP.given(PAUSED)
    group.when(JoinCycle(teacher_id=THEO)).then(joined())


# Afterwards ------------------------------------------------------------------------------------------


def followed_up(outcome: Sustained, by: UUID = CORA) -> FollowUpRecorded:
    return FollowUpRecorded(partnership_id=PARTNERSHIP, focus="engagement", outcome=outcome, by=by)


EARLY = CycleClosedEarly(partnership_id=PARTNERSHIP, focus="engagement", reason_code="leave")


@pytest.mark.parametrize("ending", [COMPLETED, EARLY])
def test_whether_it_holds_is_recorded_after_either_ending_as_often_as_the_pair_looks(ending: Any) -> None:
    ended = SPEC.given(*STARTED, ending)
    assert view_cycle(ended.state, facts(TESS))["follow_up"] == "pending"
    sustained = ended.when(RecordFollowUp(outcome="sustained")).then(followed_up("sustained"))
    lapsed = as_(TESS, sustained).when(RecordFollowUp(outcome="lapsed")).then(followed_up("lapsed", TESS))
    assert view_cycle(lapsed.state, facts(CORA))["follow_up"] == "lapsed"
    assert "follow_up" not in view_cycle(lapsed.state, facts(LEAD))


def test_what_still_goes_on_has_no_afterwards() -> None:
    SPEC.given(*STARTED).when(RecordFollowUp(outcome="sustained")).refused(CycleStillOpen)


# Who may --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", [CORA, TESS])
@pytest.mark.parametrize(
    "command", [EnterPhase(phase="learn"), CompleteCycle(), CloseCycleEarly(reason_code="leave")]
)
def test_the_teacher_may_do_whatever_the_coach_may(who: UUID, command: Any) -> None:
    authorise_cycle(SPEC.given(*STARTED).state, command, facts(who))
    authorise_cycle(AGGREGATE.initial, START, facts(who))


def test_a_cycle_does_not_exist_for_a_colleague() -> None:
    with pytest.raises(Unseen):
        authorise_cycle(SPEC.given(*STARTED).state, CompleteCycle(), facts(STRANGER))
    with pytest.raises(Unseen):
        authorise_cycle(AGGREGATE.initial, START, facts(STRANGER))


def test_a_cycle_cannot_start_in_a_partnership_that_is_not_there() -> None:
    with pytest.raises(Unseen):
        authorise_cycle(AGGREGATE.initial, START, facts(CORA, partnership=partnership.Unset()))


def test_a_coaching_lead_and_an_operator_see_a_cycle_and_may_not_touch_it() -> None:
    for who in (facts(LEAD), facts(operator())):
        with pytest.raises(Forbidden):
            authorise_cycle(SPEC.given(*STARTED).state, CompleteCycle(), who)


def test_a_suspended_coach_may_do_nothing_while_the_teacher_goes_on() -> None:
    suspended = partnership.Suspended(PAIR)
    with pytest.raises(Forbidden):
        authorise_cycle(SPEC.given(*STARTED).state, CompleteCycle(), facts(CORA, partnership=suspended))
    authorise_cycle(SPEC.given(*STARTED).state, CompleteCycle(), facts(TESS, partnership=suspended))


def test_for_a_former_coach_the_cycle_is_gone() -> None:
    with pytest.raises(Unseen):
        authorise_cycle(
            SPEC.given(*STARTED).state, CompleteCycle(), facts(CORA, partnership=partnership.Ended(PAIR))
        )


def test_a_strangers_question_waits_until_the_facts_are_fresh() -> None:
    with pytest.raises(FactsBehind):
        authorise_cycle(SPEC.given(*STARTED).state, CompleteCycle(), facts(LEAD, level=False))
    authorise_cycle(SPEC.given(*STARTED).state, CompleteCycle(), facts(TESS, level=False))


def test_after_a_hand_over_the_coach_is_whoever_the_partnership_names() -> None:
    state = SPEC.given(*STARTED).state
    for of, may in ((handed_over(TESS, THEO), ()), (coached_by_carl(TESS, THEO), (CARL,))):
        for who in (CORA, CARL):
            known = facts(who, partnership=of)
            if who in may:
                authorise_cycle(state, CompleteCycle(), known)
            else:
                with pytest.raises(Unseen):
                    authorise_cycle(state, Look(), known)
        authorise_cycle(state, CompleteCycle(), facts(TESS, partnership=of))
    assert view_cycle(state, facts(CARL, partnership=coached_by_carl(TESS)))["coach_id"] == CARL
