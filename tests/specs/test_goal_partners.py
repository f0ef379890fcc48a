"""Whose a goal is when the partnership goes on with another coach, and a cycle with other members."""

from uuid import UUID

import pytest
from backbone.deciding import Forbidden, Look, Unseen
from chalkline_contracts.goals import GoalAgreed, GoalSet
from goals.access import authorise_goal, reads_goal
from goals.aggregates import GOAL as AGGREGATE
from goals.goal import AgreeGoal, DraftGoal, RecordProgress
from goals.refusals import AlreadyAgreed
from kit.coaching import (
    CARL,
    CORA,
    CYCLE,
    STRANGER,
    TESS,
    THEO,
    agreed,
    agrees,
    baseline,
    coached_by_carl,
    drafted,
    facts,
    goal_set,
    handed_over,
    open_cycle,
    proposed,
    taken,
)
from kit.spec import Spec

PROPOSED = proposed()
SET = Spec(AGGREGATE, facts(TESS)).given(
    drafted(), baseline(40), PROPOSED, agrees(CORA), agrees(TESS), goal_set(PROPOSED, "2/5")
)
RECORD = RecordProgress(measurement=taken(60))


def waiting(*owners: UUID, agreed_by: tuple[UUID, ...]) -> Spec:
    past = (drafted(*owners), baseline(40), proposed(), *(agrees(who) for who in agreed_by))
    return Spec(AGGREGATE, facts(TESS, cycle=open_cycle(*owners))).given(*past)


def test_after_a_hand_over_the_former_coachs_agreement_counts_no_more() -> None:
    pending = waiting(TESS, agreed_by=(CORA,)).knowing(partnership=coached_by_carl(TESS))
    half = pending.when(AgreeGoal()).then(agrees(TESS))
    told = Spec(
        AGGREGATE, facts(CARL, cycle=open_cycle(TESS), partnership=coached_by_carl(TESS)), past=half.past
    )
    happened = told.when(AgreeGoal()).then_types(GoalAgreed, GoalSet).past[-1]
    assert isinstance(happened, GoalSet)
    assert (happened.coach_id, happened.owner_ids) == (CARL, (TESS,))


def test_while_nobody_coaches_an_agreement_waits_for_the_coach_to_come() -> None:
    pending = waiting(TESS, agreed_by=(CORA,)).knowing(partnership=handed_over(TESS))
    half = pending.when(AgreeGoal()).then(agrees(TESS))
    half.when(AgreeGoal()).refused(AlreadyAgreed)


def test_an_owner_who_left_the_cycle_is_waited_for_no_more() -> None:
    pending = waiting(TESS, THEO, agreed_by=(CORA,))
    pending.when(AgreeGoal()).then(agrees(TESS))
    gone = pending.knowing(cycle=open_cycle(TESS))
    gone.when(AgreeGoal()).then_types(GoalAgreed, GoalSet)
    said = waiting(TESS, THEO, agreed_by=(CORA, TESS))
    said.when(AgreeGoal()).refused(AlreadyAgreed)
    said.knowing(cycle=open_cycle(TESS)).when(AgreeGoal()).then_types(GoalAgreed, GoalSet)


def test_a_draft_names_the_coach_who_coaches_now() -> None:
    drafting = Spec(AGGREGATE, facts(TESS, partnership=coached_by_carl(TESS), cycle=open_cycle(TESS)))
    drafting.when(DraftGoal(cycle_id=CYCLE)).then(drafted(TESS).model_copy(update={"coach_id": CARL}))


def test_the_former_coach_reads_no_goal_at_once_and_the_next_one_after_consent() -> None:
    state = SET.state
    for of, readers in ((handed_over(TESS), {TESS}), (coached_by_carl(TESS), {TESS, CARL})):
        assert {who for who in (CORA, CARL, TESS) if reads_goal(who, state, of)} == readers
        for who in (CORA, CARL, TESS):
            if who in readers:
                authorise_goal(state, RECORD, facts(who, partnership=of))
            else:
                with pytest.raises(Unseen):
                    authorise_goal(state, Look(), facts(who, partnership=of))


def test_a_groups_goal_is_read_by_whoever_takes_part_now_and_changed_by_its_owners() -> None:
    known = open_cycle(TESS, THEO, STRANGER)
    groups = waiting(TESS, THEO, agreed_by=()).state
    authorise_goal(groups, Look(), facts(STRANGER, cycle=known))
    assert reads_goal(STRANGER, groups, agreed(TESS), known)
    with pytest.raises(Forbidden):
        authorise_goal(groups, RECORD, facts(STRANGER, cycle=known))
    with pytest.raises(Unseen):
        authorise_goal(groups, Look(), facts(STRANGER, cycle=open_cycle(TESS, THEO)))
    own = waiting(TESS, agreed_by=()).state
    with pytest.raises(Unseen):
        authorise_goal(own, Look(), facts(STRANGER, cycle=known))
