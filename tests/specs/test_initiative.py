"""Initiatives: launched by those who lead, served by goals of any partnership, seen in figures only."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest
from backbone.commands import encode_state
from backbone.deciding import Claim, FactsBehind, Forbidden, Look, Unseen
from chalkline_contracts.goals import GoalLinkedToInitiative, InitiativeClosed, InitiativeLaunched
from goals import goal, views
from goals.access import authorise_initiative
from goals.aggregates import INITIATIVE as AGGREGATE
from goals.initiative import CloseInitiative, LaunchInitiative, LinkGoalToInitiative, claims, link_id
from goals.refusals import (
    GoalAlreadyLinked,
    GoalNotFound,
    InitiativeAlreadyLaunched,
    InitiativeEndsTooEarly,
    InitiativeNotFound,
    InitiativeOver,
)
from kit.coaching import (
    CARL,
    CORA,
    CYCLE,
    GOAL,
    LEAD,
    PARTNERSHIP,
    PRINCIPAL,
    STRANGER,
    TESS,
    coached_by_carl,
    drafted,
    facts,
    operator,
    words,
)
from kit.spec import Spec

NAME = words("Every child reads")
BEGIN, END = date(2026, 1, 5), date(2026, 6, 12)
LAUNCH = LaunchInitiative(name=NAME, focus="reading_fluency", begin=BEGIN, end=END)
LAUNCHED = InitiativeLaunched(
    name_ref=NAME.ref, focus="reading_fluency", begin=BEGIN, end=END, launched_by=LEAD
)
LINK = LinkGoalToInitiative(goal_id=GOAL)
OURS = goal.evolve(goal.Unset(), drafted(TESS))


def linked(by: UUID) -> GoalLinkedToInitiative:
    return GoalLinkedToInitiative(
        initiative_id=GOAL, goal_id=GOAL, cycle_id=CYCLE, partnership_id=PARTNERSHIP, by=by
    )


def by(who: Any, **known: Any) -> Spec:
    return Spec(AGGREGATE, facts(who, **({"goal": OURS} | known)))


def test_a_coaching_lead_launches_an_initiative() -> None:
    by(LEAD).when(LAUNCH).then(LAUNCHED)
    by(operator()).when(LAUNCH).then(LAUNCHED.model_copy(update={"launched_by": None}))


def test_an_initiative_does_not_end_before_it_begins() -> None:
    by(LEAD).when(LAUNCH.model_copy(update={"end": date(2026, 1, 4)})).refused(InitiativeEndsTooEarly)
    by(LEAD).when(LAUNCH.model_copy(update={"end": BEGIN})).then_types(InitiativeLaunched)


def test_either_partner_says_that_a_goal_serves_it() -> None:
    for who in (TESS, CORA):
        by(who).given(LAUNCHED).when(LINK).then(linked(who))


def test_only_a_goal_of_ones_own_can_be_linked() -> None:
    by(STRANGER).given(LAUNCHED).when(LINK).refused(GoalNotFound)
    by(LEAD).given(LAUNCHED).when(LINK).refused(GoalNotFound)
    by(operator()).given(LAUNCHED).when(LINK).refused(GoalNotFound)
    by(TESS, goal=goal.Unset()).given(LAUNCHED).when(LINK).refused(GoalNotFound)


def test_after_a_hand_over_the_next_coach_links_and_the_former_one_does_not() -> None:
    now = coached_by_carl(TESS)
    by(CORA, partnership=now).given(LAUNCHED).when(LINK).refused(GoalNotFound)
    by(CARL, partnership=now).given(LAUNCHED).when(LINK).then(linked(CARL))


def test_a_goal_serves_an_initiative_once() -> None:
    by(TESS, linked=True).given(LAUNCHED).when(LINK).refused(GoalAlreadyLinked)
    assert list(claims(linked(TESS))) == [Claim(f"initiative-goal:{link_id(GOAL, GOAL)}")]
    assert list(claims(LAUNCHED)) == []


def test_however_many_goals_serve_it_its_state_stays_as_small_as_it_was() -> None:
    spec = by(TESS).given(LAUNCHED)
    assert encode_state(spec.given(*[linked(TESS)] * 100).state) == encode_state(spec.state)


@pytest.mark.parametrize(
    ("past", "command", "refusal"),
    [
        ((), LINK, InitiativeNotFound),
        ((), CloseInitiative(), InitiativeNotFound),
        ((LAUNCHED,), LAUNCH, InitiativeAlreadyLaunched),
        ((LAUNCHED, InitiativeClosed()), LINK, InitiativeOver),
        ((LAUNCHED, InitiativeClosed()), CloseInitiative(), InitiativeOver),
    ],
)
def test_an_initiative_is_launched_and_closed_once(past: Any, command: Any, refusal: Any) -> None:
    by(TESS).given(*past).when(command).refused(refusal)


def test_those_who_lead_launch_and_close_and_everyone_may_look_and_link() -> None:
    state = by(LEAD).given(LAUNCHED).state
    for known in (facts(LEAD), facts(operator())):
        authorise_initiative(AGGREGATE.initial, LAUNCH, known)
        authorise_initiative(state, CloseInitiative(), known)
    for who in (TESS, CORA, PRINCIPAL):
        for open_to_all in (Look(), LINK):
            authorise_initiative(state, open_to_all, facts(who))
        for command in (CloseInitiative(), LAUNCH):
            with pytest.raises(Forbidden):
                authorise_initiative(state, command, facts(who))
    for known, refused in (
        (facts(TESS, people={}), Unseen),
        (facts(TESS, level=False), FactsBehind),
    ):
        with pytest.raises(refused):
            authorise_initiative(state, Look(), known)
    with pytest.raises(Unseen):
        authorise_initiative(AGGREGATE.initial, Look(), facts(LEAD))


def test_nobody_sees_which_goals_serve_it() -> None:
    state = by(TESS).given(LAUNCHED, linked(TESS)).state
    assert views.view_initiative(state, facts(LEAD)) == {
        "status": "open", "name": NAME.ref, "focus": "reading_fluency", "begin": BEGIN, "end": END,
    }  # fmt: skip
