"""What is seen of coaching: the pair its content, a leader the activity, a colleague nothing."""

import pytest
from backbone.deciding import Forbidden, Look, Unseen
from backbone.looks import told
from goals import access, cycle, goal, partnership, views
from kit.coaching import (
    CORA,
    LEAD,
    PRINCIPAL,
    STRANGER,
    TESS,
    agreed,
    baseline,
    drafted,
    facts,
    measured,
    open_cycle,
    operator,
    proposed,
)

PROPOSED = proposed()
GOAL = goal.Unset()
for event in (drafted(), baseline(40), PROPOSED, measured(60)):
    GOAL = goal.evolve(GOAL, event)  # type: ignore[assignment]


async def test_the_pair_sees_words_and_numbers() -> None:
    for who in (TESS, CORA):
        access.authorise_goal(GOAL, Look(), facts(who))
        shown, named = await told(views.view_goal(GOAL, facts(who)))
        assert shown["baseline"] == "2/5"
        assert [one["quotient"] for one in shown["measurements"]] == ["2/5", "3/5"]
        assert named == {PROPOSED.statement_ref.ref}
        assert shown["statement"] == str(PROPOSED.statement_ref.ref)


async def test_a_leader_sees_whom_and_what_area_and_never_content() -> None:
    for who in (LEAD, PRINCIPAL):
        access.authorise_goal(GOAL, Look(), facts(who))
        shown, named = await told(views.view_goal(GOAL, facts(who)))
        assert shown["status"] == "open"
        assert shown["focus"] == "engagement"
        assert not set(shown) & {"baseline", "measurements", "target", "statement", "peers"}
        assert named == set()


def test_a_leader_does_not_learn_that_a_cycle_ended_early() -> None:
    early = cycle.ClosedEarly(open_cycle(TESS).plan, "leave")
    assert views.view_cycle(early, facts(LEAD))["status"] == "ended"
    assert views.view_cycle(early, facts(TESS))["reason_code"] == "leave"


def test_a_colleague_and_an_operator_see_nothing_of_a_pair() -> None:
    for who, refused in ((facts(STRANGER), Unseen), (facts(operator()), Forbidden)):
        with pytest.raises(refused):
            access.authorise_goal(GOAL, Look(), who)
        with pytest.raises(refused):
            access.authorise_cycle(open_cycle(TESS), Look(), who)
        with pytest.raises(refused):
            access.authorise_partnership(agreed(TESS), Look(), who)


def test_a_suspended_or_former_coach_sees_no_goal() -> None:
    for state, refused in ((partnership.Suspended, Forbidden), (partnership.Ended, Unseen)):
        with pytest.raises(refused):
            access.authorise_goal(GOAL, Look(), facts(CORA, partnership=state(agreed(TESS).pair)))


def test_a_teacher_sees_what_they_share_and_a_coach_does_not() -> None:
    assert views.view_partnership(agreed(TESS), facts(TESS))["shares"] == []
    assert "shares" not in views.view_partnership(agreed(TESS), facts(CORA))
