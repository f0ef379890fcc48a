"""Action steps: one partner recommends, the teacher answers, and practice becomes use."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from backbone.deciding import FactsBehind, Forbidden, Look, Unseen
from chalkline_contracts.goals import (
    ActionStepInUse,
    ActionStepMastered,
    ActionStepOffered,
    ActionStepPractised,
    ActionStepResponded,
    StepResponse,
)
from goals import cycle, goal, partnership, views
from goals.access import authorise_step
from goals.action_step import (
    MasterActionStep,
    OfferActionStep,
    PractiseActionStep,
    RespondToActionStep,
    UseActionStep,
)
from goals.aggregates import ACTION_STEP as AGGREGATE
from goals.arithmetic import FORESEEN
from goals.refusals import (
    CheckBackNotAhead,
    CheckBackTooFar,
    CycleNotOpen,
    MeasurementNotOfPractice,
    NotYetHappened,
    OnlyTeacherResponds,
    StepAlreadyAnswered,
    StepAlreadyInUse,
    StepAlreadyMastered,
    StepAlreadyOffered,
    StepDeclined,
    StepGoalNotTheirs,
    StepNotAnswered,
    StepNotFound,
    StepNotInUse,
    StepNotPractised,
    TeacherNotInCycle,
    TeacherNotNamed,
)
from kit.coaching import (
    CORA,
    CYCLE,
    GOAL,
    LEAD,
    PARTNERSHIP,
    STRANGER,
    TESS,
    THEO,
    agreed,
    drafted,
    facts,
    nth,
    on_day,
    open_cycle,
    operator,
    taken,
    words,
)
from kit.spec import NOW, Spec

SPEC = Spec(AGGREGATE, facts(CORA, cycle=open_cycle(TESS)))
BACK_ON = date(2026, 3, 16)
NOTE = words("Wait three seconds before you call on somebody")


def offer(**more: Any) -> OfferActionStep:
    told: dict[str, Any] = {"cycle_id": CYCLE, "strategy_code": "cold_call", "check_back_on": BACK_ON}
    return OfferActionStep(**(told | more))


def offered(by: UUID = CORA, teacher: UUID = TESS, **more: Any) -> ActionStepOffered:
    told: dict[str, Any] = {
        "cycle_id": CYCLE, "partnership_id": PARTNERSHIP, "coach_id": CORA, "teacher_id": teacher,
        "strategy_code": "cold_call", "check_back_on": BACK_ON, "offered_by": by,
    }  # fmt: skip
    return ActionStepOffered(**(told | more))


def responded(response: StepResponse, **more: Any) -> ActionStepResponded:
    told: dict[str, Any] = {"cycle_id": CYCLE, "partnership_id": PARTNERSHIP, "by": TESS}
    return ActionStepResponded(response=response, **(told | more))


def said(what: Any, by: UUID, **more: Any) -> Any:
    return what(cycle_id=CYCLE, partnership_id=PARTNERSHIP, by=by, **more)


ACCEPTED = (offered(), responded("accepted"))
PRACTISED = (*ACCEPTED, said(ActionStepPractised, TESS))
IN_USE = (*PRACTISED, said(ActionStepInUse, CORA))
MASTERED = (*IN_USE, said(ActionStepMastered, CORA))


def by(who: UUID, *teachers: UUID) -> Spec:
    return Spec(AGGREGATE, facts(who, cycle=open_cycle(*(teachers or (TESS,)))))


def fidelity(met: int = 5, **more: Any) -> Any:
    return taken(met, code="cold_call", instrument="cold-call@2", kind="opportunities_to_respond", **more)


def test_a_coach_recommends_a_small_change_of_practice() -> None:
    SPEC.when(offer(checklist="cold-call@2", note=NOTE)).then(
        offered(checklist="cold-call@2", note_ref=NOTE.ref)
    )


def test_a_teacher_may_think_of_one_too() -> None:
    by(TESS).when(offer()).then(offered(TESS))


def test_in_a_group_a_step_is_for_one_teacher_by_name() -> None:
    group = by(CORA, TESS, THEO)
    group.when(offer()).refused(TeacherNotNamed)
    group.when(offer(teacher_id=THEO)).then(offered(teacher=THEO))
    by(TESS, TESS, THEO).when(offer(teacher_id=THEO)).then(offered(TESS, THEO))


def test_a_step_is_for_a_teacher_of_the_cycle() -> None:
    SPEC.when(offer(teacher_id=THEO)).refused(TeacherNotInCycle)


def test_a_step_belongs_to_a_cycle_that_is_open() -> None:
    over = cycle.Completed(open_cycle(TESS).plan)
    SPEC.knowing(cycle=over).when(offer()).refused(CycleNotOpen)


def test_a_step_serves_a_goal_of_its_teacher_in_the_same_cycle() -> None:
    own = goal.evolve(goal.Unset(), drafted(TESS))
    serving = offer(goal_id=GOAL)
    SPEC.knowing(goal=own).when(serving).then(offered(goal_id=GOAL))
    SPEC.when(serving).refused(StepGoalNotTheirs)
    colleagues = goal.evolve(goal.Unset(), drafted(THEO))
    SPEC.knowing(goal=colleagues).when(serving).refused(StepGoalNotTheirs)
    elsewhere = drafted(TESS).model_copy(update={"cycle_id": UUID(int=9)})
    SPEC.knowing(goal=goal.evolve(goal.Unset(), elsewhere)).when(serving).refused(StepGoalNotTheirs)


def test_a_colleague_in_the_group_recommends_nothing_for_a_goal_that_is_not_theirs_to_know() -> None:
    own = goal.evolve(goal.Unset(), drafted(THEO))
    group = by(TESS, TESS, THEO).knowing(goal=own)
    group.when(offer(teacher_id=THEO, goal_id=GOAL)).refused(StepGoalNotTheirs)


@pytest.mark.parametrize("day", [date(2026, 3, 2), date(2026, 3, 1)])
def test_the_pair_checks_back_on_a_day_ahead(day: date) -> None:
    SPEC.when(offer(check_back_on=day)).refused(CheckBackNotAhead)


def test_the_day_to_check_back_lies_within_five_years() -> None:
    today = NOW.date()
    SPEC.when(offer(check_back_on=today + FORESEEN)).then_types(ActionStepOffered)
    for day in (today + FORESEEN + timedelta(days=1), date.max):
        SPEC.when(offer(check_back_on=day)).refused(CheckBackTooFar)


def test_today_is_the_schools_own() -> None:
    evening = NOW.replace(hour=3)  # still the first of March in Chicago
    SPEC.at(evening).when(offer(check_back_on=date(2026, 3, 2))).then(offered(check_back_on=date(2026, 3, 2)))


def test_a_step_is_offered_once() -> None:
    SPEC.given(offered()).when(offer()).refused(StepAlreadyOffered)


def test_the_coach_who_is_named_is_the_one_who_coaches_now() -> None:
    other = partnership.Agreed(partnership.Pair(LEAD, (TESS,), "impact-cycle@1"))
    spec = Spec(AGGREGATE, facts(LEAD, cycle=open_cycle(TESS), partnership=other))
    spec.when(offer()).then(offered(LEAD, coach_id=LEAD))


@pytest.mark.parametrize("response", ["accepted", "adapted", "declined"])
def test_the_teacher_answers_a_recommendation(response: StepResponse) -> None:
    why = words("With partners, not one by one")
    by(TESS).given(offered()).when(RespondToActionStep(response=response, note=why)).then(
        responded(response, note_ref=why.ref)
    )


def test_nobody_answers_for_the_teacher_not_even_who_offered_it() -> None:
    for who in (CORA, THEO):
        by(who).given(offered()).when(RespondToActionStep(response="accepted")).refused(OnlyTeacherResponds)
    with pytest.raises(Forbidden):
        authorise_step(SPEC.given(offered()).state, RespondToActionStep(response="accepted"), facts(CORA))


def test_a_recommendation_is_answered_once() -> None:
    by(TESS).given(*ACCEPTED).when(RespondToActionStep(response="declined")).refused(StepAlreadyAnswered)


def test_what_was_accepted_is_practised_used_and_mastered() -> None:
    practised = by(TESS).given(*ACCEPTED).when(PractiseActionStep()).then(said(ActionStepPractised, TESS))
    used = practised.when(UseActionStep()).then(said(ActionStepInUse, TESS))
    used.when(MasterActionStep()).then(said(ActionStepMastered, TESS))


def test_either_partner_says_how_far_it_has_come() -> None:
    for who in (CORA, TESS):
        by(who).given(*PRACTISED).when(UseActionStep()).then(said(ActionStepInUse, who))
        by(who).given(*IN_USE).when(MasterActionStep()).then(said(ActionStepMastered, who))


def test_what_was_adapted_is_practised_as_often_as_it_takes() -> None:
    spec = by(TESS).given(offered(), responded("adapted"))
    for _ in range(3):
        spec = spec.when(PractiseActionStep()).then(said(ActionStepPractised, TESS))
    assert spec.state.times == 3


@pytest.mark.parametrize(
    ("past", "command", "refusal"),
    [
        ((), PractiseActionStep(), StepNotFound),
        ((), RespondToActionStep(response="accepted"), StepNotFound),
        ((offered(),), PractiseActionStep(), StepNotAnswered),
        ((offered(),), MasterActionStep(), StepNotAnswered),
        ((offered(), responded("declined")), PractiseActionStep(), StepDeclined),
        ((offered(), responded("declined")), RespondToActionStep(response="accepted"), StepAlreadyAnswered),
        (ACCEPTED, UseActionStep(), StepNotPractised),
        (ACCEPTED, MasterActionStep(), StepNotInUse),
        (PRACTISED, MasterActionStep(), StepNotInUse),
        (IN_USE, PractiseActionStep(), StepAlreadyInUse),
        (IN_USE, UseActionStep(), StepAlreadyInUse),
        (MASTERED, MasterActionStep(), StepAlreadyMastered),
        (MASTERED, PractiseActionStep(), StepAlreadyMastered),
    ],
)
def test_a_step_is_taken_in_its_order(past: Any, command: Any, refusal: Any) -> None:
    by(TESS).given(*past).when(command).refused(refusal)


def test_the_practice_is_measured_along_the_way() -> None:
    seen = fidelity(at=on_day(20))
    by(TESS).given(*ACCEPTED).when(PractiseActionStep(measurement=seen)).then(
        said(ActionStepPractised, TESS, measurement=seen.recorded(nth(0), TESS))
    )


@pytest.mark.parametrize(
    ("past", "command"),
    [(ACCEPTED, PractiseActionStep), (PRACTISED, UseActionStep), (IN_USE, MasterActionStep)],
)
def test_students_are_not_what_a_step_is_measured_by(past: Any, command: Any) -> None:
    by(TESS).given(*past).when(command(measurement=taken(80))).refused(MeasurementNotOfPractice)
    ahead = fidelity(at=NOW.replace(year=2027))
    by(TESS).given(*past).when(command(measurement=ahead)).refused(NotYetHappened)


# Who may --------------------------------------------------------------------------------------------

OFFERED = SPEC.given(offered()).state


def test_the_teacher_may_do_whatever_the_coach_may() -> None:
    for who in (CORA, TESS):
        authorise_step(AGGREGATE.initial, offer(), facts(who))
        for command in (PractiseActionStep(), UseActionStep(), MasterActionStep(), Look()):
            authorise_step(OFFERED, command, facts(who))


def test_a_colleagues_step_does_not_exist_for_another_of_the_group() -> None:
    for who in (THEO, STRANGER):
        with pytest.raises(Unseen):
            authorise_step(OFFERED, Look(), facts(who))


def test_a_step_is_not_offered_in_a_cycle_that_is_not_there() -> None:
    for known in (facts(CORA, cycle=cycle.Unset()), facts(STRANGER, cycle=open_cycle(TESS))):
        with pytest.raises(Unseen):
            authorise_step(AGGREGATE.initial, offer(), known)


def test_a_step_that_is_not_there_is_not_there_for_anyone() -> None:
    for who in (facts(TESS), facts(LEAD), facts(operator())):
        with pytest.raises(Unseen):
            authorise_step(AGGREGATE.initial, PractiseActionStep(), who)


def test_who_leads_learns_that_there_is_a_step_and_no_more() -> None:
    authorise_step(OFFERED, Look(), facts(LEAD))
    assert views.view_step(OFFERED, facts(LEAD)) == {
        "status": "open", "cycle_id": CYCLE, "partnership_id": PARTNERSHIP, "teacher_id": TESS,
    }  # fmt: skip
    for past in ((offered(), responded("declined")), MASTERED):
        assert views.view_step(SPEC.given(*past).state, facts(LEAD))["status"] == "ended"
    with pytest.raises(Forbidden):
        authorise_step(OFFERED, PractiseActionStep(), facts(LEAD))
    with pytest.raises(FactsBehind):
        authorise_step(OFFERED, Look(), facts(LEAD, level=False))


def test_a_former_coach_reads_no_step_and_the_teacher_keeps_it() -> None:
    for state, refused in ((partnership.Suspended, Forbidden), (partnership.Ended, Unseen)):
        ended = state(agreed(TESS).pair)
        with pytest.raises(refused):
            authorise_step(OFFERED, Look(), facts(CORA, partnership=ended))
        authorise_step(OFFERED, Look(), facts(TESS, partnership=ended))


def test_the_pair_sees_what_was_written() -> None:
    state = SPEC.given(offered(note_ref=NOTE.ref), responded("adapted")).state
    for who in (CORA, TESS):
        shown = views.view_step(state, facts(who))
        assert (shown["status"], shown["note"], shown["strategy_code"]) == ("adapted", NOTE.ref, "cold_call")
    assert views.view_step(SPEC.given(*PRACTISED).state, facts(TESS))["practised"] == 1
