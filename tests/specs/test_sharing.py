"""What a grant opens, and of whom: a teacher's own, to look at; a group's when everybody who takes part shares it."""

from dataclasses import replace
from uuid import UUID

import pytest
from backbone.content_read import NoteRead, ReadFacts
from backbone.deciding import FactsBehind, Forbidden, Look, Unseen
from backbone.sharing import Grant, Owed, opened_by
from chalkline_contracts.goals import ContentRead
from chalkline_contracts.receipts import WhatWasRead
from goals import access, action_step, goal, partnership, views
from goals.aggregates import ACCESS
from goals.facts import GoalsFacts
from goals.goal import AgreeGoal
from kit.coaching import (
    CARL,
    COMMAND,
    CORA,
    CYCLE,
    GOAL,
    LEAD,
    PARTNERSHIP,
    STRANGER,
    TESS,
    THEO,
    agreed,
    baseline,
    drafted,
    facts,
    open_cycle,
    operator,
    person,
)
from kit.spec import NOW, Spec

OTHER = UUID(int=77)


def granted(teacher: UUID = TESS, n: int = 1, **scope: UUID) -> Grant:
    return Grant(UUID(int=0xE0 + n), teacher, "share", **({"partnership_id": PARTNERSHIP} | scope))


def drawn(*owners: UUID) -> goal.Goal:
    state: goal.Goal = goal.Unset()
    for event in (drafted(*owners), baseline(40)):
        state = goal.evolve(state, event)
    return state


def knowing(*grants: Grant, by: UUID = STRANGER, present: tuple[UUID, ...] = (TESS,)) -> GoalsFacts:
    """Facts of somebody to whom this was granted, as the partnership knows it too."""
    shares = tuple(
        partnership.Share(g.grant_id, g.teacher_id, partnership.ShareScope(), (by,), NOW) for g in grants
    )
    of = replace(agreed(TESS, THEO), shares=shares)
    return replace(facts(by), partnership=of, cycle=open_cycle(*present), granted=grants)


@pytest.mark.parametrize(
    ("scope", "opens"),
    [
        ({}, True),
        ({"cycle_id": CYCLE}, True),
        ({"goal_id": GOAL}, True),
        ({"cycle_id": CYCLE, "goal_id": GOAL}, True),
        ({"cycle_id": OTHER}, False),
        ({"goal_id": OTHER}, False),
        ({"cycle_id": OTHER, "goal_id": GOAL}, False),
        ({"partnership_id": OTHER}, False),
    ],
)
def test_a_share_opens_what_is_within_its_scope(scope: dict[str, UUID], opens: bool) -> None:
    known = knowing(granted(**scope))
    if opens:
        access.authorise_goal(drawn(), Look(), known)
        assert views.view_goal(drawn(), known)["baseline"] == "2/5"
    else:
        with pytest.raises(Unseen):
            access.authorise_goal(drawn(), Look(), known)
        assert "baseline" not in views.view_goal(drawn(), known)


def test_a_share_of_a_goal_opens_no_other_thing_of_its_teacher() -> None:
    assert not opened_by([granted(goal_id=GOAL)], (TESS,), PARTNERSHIP, CYCLE)
    assert not opened_by([granted(goal_id=GOAL)], (TESS,), PARTNERSHIP, CYCLE, OTHER)


def test_a_share_lets_nobody_act() -> None:
    with pytest.raises(Forbidden):
        access.authorise_goal(drawn(), AgreeGoal(), knowing(granted()))


def test_a_share_opens_nothing_while_nobody_knows_whether_it_was_revoked() -> None:
    with pytest.raises(FactsBehind):
        access.authorise_goal(drawn(), Look(), replace(knowing(granted()), level=False))


def test_a_share_that_the_partnership_knows_no_more_opens_nothing_though_facts_tell_of_it() -> None:
    revoked = replace(knowing(granted()), partnership=agreed(TESS, THEO))
    with pytest.raises(Unseen):
        access.authorise_goal(drawn(), Look(), revoked)
    assert access.opened_goal(drawn(), revoked) == ()


def test_broken_glass_is_nothing_that_a_partnership_knows() -> None:
    glass = replace(granted(partnership_id=None), why="break_glass")  # type: ignore[arg-type]
    known = replace(knowing(glass), partnership=agreed(TESS, THEO))
    assert access.opened_goal(drawn(), known) == (glass,)


def test_a_goal_of_a_group_is_opened_by_everyone_who_takes_part() -> None:
    """Who left is asked no more; where all have left, everyone is."""
    of_two, both = drawn(TESS, THEO), (granted(TESS), granted(THEO, 2))
    for grants, present, opens in (
        (both[:1], (TESS, THEO), False),
        (both, (TESS, THEO), True),
        (both[:1], (TESS,), True),
        (both[1:], (TESS,), False),
        (both[:1], (STRANGER,), False),
        (both, (STRANGER,), True),
    ):
        known = knowing(*grants, by=LEAD, present=present)
        assert bool(access.opened_goal(of_two, known)) is opens, (grants, present)


def test_a_step_is_opened_by_its_own_teacher_alone() -> None:
    step = action_step.Offered(
        action_step.Step(
            cycle_id=CYCLE,
            partnership_id=PARTNERSHIP,
            teacher_id=TESS,
            goal_id=None,
            strategy_code="cold_call",
            checklist=None,
            check_back_on=NOW.date(),
            note=None,
            offered_by=CORA,
        )
    )
    assert access.opened_step(step, knowing(granted()))
    assert not access.opened_step(step, knowing(granted(goal_id=GOAL)))
    assert not access.opened_step(step, knowing(granted(THEO)))
    with pytest.raises(Unseen):
        access.authorise_step(step, Look(), knowing(granted(THEO)))


def test_the_pair_is_asked_for_no_grant() -> None:
    for who in (TESS, CORA):
        assert access.opened_goal(drawn(), knowing(granted(), by=who)) == ()


def test_a_former_coach_reads_what_the_teacher_lets_them_see_and_nothing_else() -> None:
    """The teacher's own word: Carl coaches no more, and is shown one goal."""
    known = knowing(granted(goal_id=GOAL), by=CARL)
    access.authorise_goal(drawn(), Look(), known)
    with pytest.raises(Unseen):
        access.authorise_goal(drawn(THEO), Look(), known)


# Receipts --------------------------------------------------------------------------------------------


def test_who_reads_by_a_grant_owes_a_receipt_to_everyone_whose_content_it_is() -> None:
    known = knowing(granted(TESS), granted(THEO, 2), by=LEAD, present=(TESS, THEO))
    shown = access.receipt_of_goal(drawn(TESS, THEO), known)
    assert shown == Owed((TESS, THEO), "share", (UUID(int=0xE1), UUID(int=0xE2)))
    glass = replace(granted(n=3, partnership_id=None), why="break_glass")  # type: ignore[arg-type]
    broken = access.receipt_of_goal(drawn(), knowing(glass, by=LEAD))
    assert broken == Owed((TESS,), "break_glass", (glass.grant_id,))


def test_the_pair_and_who_learns_of_the_activity_owe_none() -> None:
    for who in (TESS, CORA):
        assert access.receipt_of_goal(drawn(), knowing(granted(), by=who)) is None
    assert access.receipt_of_goal(drawn(), facts(LEAD)) is None


READ = WhatWasRead(aggregate="Goal", id=GOAL)
NOTE = NoteRead(teacher_ids=(TESS,), what=READ, why="share", grant_ids=(OTHER,))


def test_a_receipt_tells_who_reads_what_and_is_written_once() -> None:
    told = ContentRead(reader_id=STRANGER, teacher_ids=(TESS,), what=READ, why="share", grant_ids=(OTHER,))
    by = ReadFacts(person(STRANGER), COMMAND, OTHER)
    Spec(ACCESS, by).when(NOTE).then(told).when(NOTE).then()


def test_nobody_looks_at_a_receipt_by_its_id_and_only_people_read() -> None:
    for who, command in ((person(TESS), Look()), (operator(), NOTE)):
        with pytest.raises(Unseen):
            ACCESS.authorise(ACCESS.initial, command, ReadFacts(who, COMMAND, OTHER))
