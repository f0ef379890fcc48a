"""A milestone is reached once per cycle, rule, version and occurrence."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from backbone.commands import decode_state, encode_state
from backbone.deciding import Actor, Unseen
from chalkline_contracts.notifications import MilestoneReached, Recipient
from hypothesis import given
from hypothesis import strategies as st
from kit.spec import NOW, Spec
from notifications.access import authorise_cycle_watch
from notifications.aggregates import CYCLE_WATCH
from notifications.cycle_watch import CycleWatchFacts, ReachMilestone, Watching

TENANT, COACH, TINA, CYCLE, GOAL = (UUID(int=n) for n in range(1, 6))
FACTS = CycleWatchFacts(
    by=Actor("system", "when_cycle_started", TENANT), command_id=UUID(int=9), aggregate_id=CYCLE
)
DUE = NOW - timedelta(hours=3)
coach, tina = Recipient(person_id=COACH, role="coach"), Recipient(person_id=TINA, role="teacher")

spec = Spec(CYCLE_WATCH, FACTS)


def reach(
    milestone: str = "VisitOverdue", version: int = 1, occurrence: str = "since:2026-03-02", **more: Any
) -> Any:
    told = {"due_at": DUE, "recipients": (coach,)} | more
    return ReachMilestone(milestone=milestone, rule_version=version, occurrence=occurrence, **told)


def reached(**more: Any) -> MilestoneReached:
    told: dict[str, Any] = {
        "milestone": "VisitOverdue",
        "cycle_id": CYCLE,
        "due_at": DUE,
        "rule_version": 1,
        "occurrence": "since:2026-03-02",
        "recipients": (coach,),
    }
    return MilestoneReached(**(told | more))


def test_a_milestone_is_reached_and_happened_when_it_was_due() -> None:
    spec.when(reach()).then(reached())
    assert reached().happened_at == DUE


def test_a_milestone_of_a_goal_names_the_goal() -> None:
    spec.when(reach(goal_id=GOAL)).then(reached(goal_id=GOAL))


def test_the_same_occurrence_is_never_reached_again() -> None:
    spec.given(reached()).when(reach()).then()
    spec.given(reached()).when(reach(due_at=NOW, recipients=(tina,))).then()


def test_a_stall_is_told_once_for_each_best_though_it_is_another_event_that_tells_of_it() -> None:
    stall = {"milestone": "GoalStalled", "occurrence": "goal:1/best:2"}
    spec.given(reached(**stall)).when(reach(**stall)).then()


def test_what_one_event_brings_need_not_be_remembered_however_much_there_is_of_it() -> None:
    told = [reached(milestone="GoalSet", occurrence=f"event:{n}") for n in range(1000)]
    state = CYCLE_WATCH.initial
    for event in told:
        state = CYCLE_WATCH.evolve(state, event)
    assert state == CYCLE_WATCH.initial


def test_another_visit_another_version_or_another_milestone_is_another_occurrence() -> None:
    watched = spec.given(reached())
    watched.when(reach(occurrence="since:2026-03-16")).then(reached(occurrence="since:2026-03-16"))
    watched.when(reach(version=2)).then(reached(rule_version=2))
    watched.when(reach("GoalSilent")).then(reached(milestone="GoalSilent"))


def test_nobody_is_told_twice_and_a_milestone_may_go_to_nobody() -> None:
    spec.when(reach(recipients=(coach, tina, coach))).then(reached(recipients=(coach, tina)))
    spec.when(reach(recipients=())).then(reached(recipients=()))


def test_who_coaches_and_leads_is_told_as_one_of_them() -> None:
    lead = Recipient(person_id=COACH, role="coaching_lead")
    spec.when(reach(recipients=(coach, lead))).then(reached())


def test_however_many_it_concerns_all_are_named_in_events_that_the_bus_takes() -> None:
    many = tuple(Recipient(person_id=UUID(int=n), role="coaching_lead") for n in range(100, 1300))
    told = CYCLE_WATCH.decide(Watching(), reach(recipients=many), FACTS, now=NOW)
    assert [len(event.recipients) for event in told] == [500, 500, 200]
    assert sum((event.recipients for event in told), ()) == many
    assert max(len(event.model_dump_json()) for event in told) < 64 * 1024
    spec.given(*told).when(reach(recipients=many)).then()


def test_no_person_reaches_a_milestone_by_command() -> None:
    asked = CycleWatchFacts(
        by=Actor("person", str(COACH), TENANT), command_id=UUID(int=9), aggregate_id=CYCLE
    )
    with pytest.raises(Unseen):
        authorise_cycle_watch(Watching(), reach(), asked)
    assert (*CYCLE_WATCH.begins, *CYCLE_WATCH.commands) == ()


wishes = st.builds(
    reach,
    st.sampled_from(["VisitOverdue", "GoalSilent"]),
    st.integers(1, 2),
    st.sampled_from(["once", "since:2026-03-02"]),
)


@given(st.lists(wishes, max_size=20))
def test_whatever_falls_due_fires_once(wished: list[ReachMilestone]) -> None:
    state, fired = CYCLE_WATCH.initial, []
    for wish in wished:
        for event in CYCLE_WATCH.decide(state, wish, FACTS, now=NOW):
            assert isinstance(event, MilestoneReached)
            fired.append((event.milestone, event.rule_version, event.occurrence))
            state = CYCLE_WATCH.evolve(state, event)
    assert len(fired) == len(set(fired))
    assert set(fired) == {(wish.milestone, wish.rule_version, wish.occurrence) for wish in wished}
    assert decode_state(CYCLE_WATCH, encode_state(state)) == state
