"""Break-glass: a reason, two administrators, neither of them the teacher, and a day."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from backbone.deciding import FactsBehind, Forbidden, Look, Unseen
from chalkline_contracts.goals import (
    BreakGlassApproved,
    BreakGlassDenied,
    BreakGlassRequested,
    CycleMemberLeft,
    ShareScope,
)
from goals import cycle, goal
from goals.aggregates import BREAK_GLASS
from goals.break_glass import ApproveBreakGlass, DenyBreakGlass, RequestBreakGlass, Unset
from goals.facts import PersonFact
from goals.refusals import (
    BreakGlassAlreadyRequested,
    BreakGlassAlreadySettled,
    BreakGlassNotFound,
    BreakGlassNotTheirs,
    BreakGlassTakesTwo,
    NotAnAdministrator,
    OwnContent,
    PersonUnknown,
)
from kit.coaching import (
    CORA,
    CYCLE,
    GOAL,
    LEAD,
    PARTNERSHIP,
    PEOPLE,
    PRINCIPAL,
    STRANGER,
    TESS,
    THEO,
    drafted,
    facts,
    open_cycle,
    operator,
    words,
)
from kit.spec import NOW, Spec

ADA, ABE, ASH, OTHER = (UUID(int=n) for n in (0xAD, 0xAB, 0xA5, 0x77))
ADMINISTRATOR = PersonFact(roles=frozenset({"administrator"}))
KNOWN = PEOPLE | {
    ADA: ADMINISTRATOR,
    ABE: ADMINISTRATOR,
    ASH: PersonFact(roles=frozenset({"administrator", "teacher"})),
}
REQUEST = RequestBreakGlass(teacher_id=TESS, scope=ShareScope(cycle_id=CYCLE), reason=words("A complaint"))
REQUESTED = BreakGlassRequested(
    teacher_id=TESS, requested_by=ADA, scope=REQUEST.scope, reason_ref=REQUEST.reason.ref, requested_at=NOW
)
APPROVED = BreakGlassApproved(
    teacher_id=TESS, requested_by=ADA, approved_by=ABE, scope=REQUEST.scope, approved_at=NOW,
    expires_at=NOW + timedelta(hours=24),
)  # fmt: skip
DENIED = BreakGlassDenied(teacher_id=TESS, denied_by=ABE, denied_at=NOW)


def by(who: UUID) -> Spec:
    return Spec(BREAK_GLASS, facts(who, people=KNOWN))


def test_an_administrator_asks_and_another_one_agrees_for_a_day() -> None:
    by(ADA).when(REQUEST).then(REQUESTED)
    by(ABE).given(REQUESTED).when(ApproveBreakGlass()).then(APPROVED)


def test_whoever_asked_does_not_approve() -> None:
    by(ADA).given(REQUESTED).when(ApproveBreakGlass()).refused(BreakGlassTakesTwo)


def test_another_administrator_denies_and_whoever_asked_takes_it_back() -> None:
    by(ABE).given(REQUESTED).when(DenyBreakGlass()).then(DENIED)
    taken_back = DENIED.model_copy(update={"denied_by": ADA})
    by(ADA).given(REQUESTED).when(DenyBreakGlass()).then(taken_back)


def test_what_is_settled_stays_settled() -> None:
    for settled in (APPROVED, DENIED):
        for command in (ApproveBreakGlass(), DenyBreakGlass()):
            by(ABE).given(REQUESTED, settled).when(command).refused(BreakGlassAlreadySettled)
    by(ADA).given(REQUESTED).when(REQUEST).refused(BreakGlassAlreadyRequested)
    by(ADA).when(ApproveBreakGlass()).refused(BreakGlassNotFound)


def test_the_teacher_neither_asks_nor_agrees() -> None:
    of_ash = REQUEST.model_copy(update={"teacher_id": ASH})
    by(ASH).when(of_ash).refused(OwnContent)
    asked = REQUESTED.model_copy(update={"teacher_id": ASH})
    for command in (ApproveBreakGlass(), DenyBreakGlass()):
        by(ASH).given(asked).when(command).refused(OwnContent)


def test_nobody_else_asks_or_agrees() -> None:
    for who in (CORA, TESS, PRINCIPAL, LEAD, STRANGER):
        by(who).when(REQUEST).refused(NotAnAdministrator)
        by(who).given(REQUESTED).when(ApproveBreakGlass()).refused(NotAnAdministrator)


def test_it_is_about_somebody_of_the_district() -> None:
    by(ADA).when(REQUEST.model_copy(update={"teacher_id": UUID(int=9)})).refused(PersonUnknown)


def test_it_is_of_that_teacher() -> None:
    of_goal = REQUEST.model_copy(update={"scope": ShareScope(goal_id=GOAL)})
    drawn = goal.evolve(goal.Unset(), drafted(TESS))
    asked = REQUESTED.model_copy(update={"reason_ref": REQUEST.reason.ref, "scope": of_goal.scope})
    by(ADA).knowing(goal=drawn).when(of_goal).then(asked)
    of_both = REQUEST.model_copy(update={"scope": ShareScope(goal_id=GOAL, cycle_id=OTHER)})
    for spec, command in (
        (by(ADA).knowing(cycle=cycle.Unset()), REQUEST),
        (by(ADA).knowing(cycle=open_cycle(THEO)), REQUEST),
        (by(ADA), of_goal),
        (by(ADA).knowing(goal=goal.evolve(goal.Unset(), drafted(THEO))), of_goal),
        (by(ADA).knowing(goal=drawn), of_both),
    ):
        spec.when(command).refused(BreakGlassNotTheirs)
    left = cycle.evolve(
        open_cycle(TESS, THEO), CycleMemberLeft(partnership_id=PARTNERSHIP, teacher_id=TESS, by=CORA)
    )
    by(ADA).knowing(cycle=left).when(REQUEST).then(REQUESTED)


# Who may ---------------------------------------------------------------------------------------------

COMMANDS = (ApproveBreakGlass(), DenyBreakGlass())


def authorise(who: Any, command: Any, *, asked: bool = True, **known: Any) -> None:
    state = by(ADA).given(*((REQUESTED,) if asked else ())).state
    BREAK_GLASS.authorise(state, command, facts(who, people=KNOWN, **known))


def test_administrators_and_the_teacher_look_and_to_others_there_is_none() -> None:
    for who in (ADA, ABE, TESS):
        authorise(who, Look())
    for who in (CORA, PRINCIPAL, LEAD, STRANGER):
        for command in (Look(), *COMMANDS):
            with pytest.raises(Unseen):
                authorise(who, command)
        with pytest.raises(Forbidden):
            authorise(who, REQUEST, asked=False)


def test_the_teacher_and_operators_do_nothing_about_it() -> None:
    for who in (TESS, operator()):
        for command in COMMANDS:
            with pytest.raises(Forbidden):
                authorise(who, command)
    with pytest.raises(Forbidden):
        authorise(operator(), Look())


def test_the_teacher_sees_it_whatever_the_lag_and_administrators_do_not() -> None:
    authorise(TESS, Look(), level=False)
    for command in (Look(), *COMMANDS):
        with pytest.raises(FactsBehind):
            authorise(ADA, command, level=False)


def test_it_is_shown_whole_with_its_reason() -> None:
    state = by(ADA).given(REQUESTED, APPROVED).state
    for who in (TESS, ABE):
        assert BREAK_GLASS.view is not None
        assert BREAK_GLASS.view(state, facts(who, people=KNOWN)) == {
            "status": "approved", "teacher_id": TESS, "requested_by": ADA, "cycle_id": CYCLE, "goal_id": None,
            "reason": REQUEST.reason.ref, "requested_at": NOW, "approved_by": ABE, "approved_at": NOW,
            "expires_at": NOW + timedelta(hours=24),
        }  # fmt: skip
    assert BREAK_GLASS.view is not None
    assert BREAK_GLASS.view(Unset(), facts(TESS)) == {}
