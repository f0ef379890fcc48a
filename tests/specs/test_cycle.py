"""Cycles: one open a partnership and focus, in the phases of its model."""

from typing import Any
from uuid import UUID

import pytest
from backbone.deciding import Claim, FactsBehind, Forbidden, Release, Unseen
from chalkline_contracts.goals import CycleClosedEarly, CycleCompleted, CyclePhaseEntered, CycleStarted
from goals import partnership
from goals.access import authorise_cycle
from goals.aggregates import CYCLE as AGGREGATE
from goals.cycle import CloseCycleEarly, CompleteCycle, EnterPhase, Open, StartCycle, claims
from goals.refusals import (
    AlreadyInPhase,
    CycleAlreadyStarted,
    CycleNotFound,
    CycleNotOpen,
    PartnershipNotAgreed,
    PhaseUnknown,
    SchoolNotTheirs,
    TeacherNotInPartnership,
    TemplateUnknown,
    TimeZoneUnknown,
)
from kit.coaching import (
    CORA,
    LEAD,
    NORTH,
    PARTNERSHIP,
    SOUTH,
    STRANGER,
    TESS,
    THEO,
    agreed,
    cycle_started,
    facts,
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
    key = f"open-cycle:{PARTNERSHIP}:engagement"
    closed = CycleClosedEarly(partnership_id=PARTNERSHIP, focus="engagement", reason_code="leave")
    assert list(claims(cycle_started(TESS))) == [Claim(key)]
    assert list(claims(COMPLETED)) == list(claims(closed)) == [Release(key)]
    assert list(claims(entered("learn"))) == []


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
    "command", [EnterPhase(phase="learn"), CompleteCycle(), CloseCycleEarly(reason_code="leave")]
)
def test_a_closed_cycle_stays_closed_and_an_unknown_one_unknown(command: Any) -> None:
    SPEC.given(*STARTED, COMPLETED).when(command).refused(CycleNotOpen)
    SPEC.when(command).refused(CycleNotFound)


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
