"""The milestones that an event reaches at once: which, once for what, and who hears of them."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest
from backbone.deciding import Reaction
from backbone.policies import NotProjected, Policy
from backbone.recorded import Recorded
from chalkline_contracts import goals as g
from chalkline_contracts.directory import DistrictPolicyChanged
from chalkline_contracts.event import Event
from hypothesis import given
from hypothesis import strategies as st
from kit.telling import Telling
from kit.watching import COACH, CYCLE, GOAL, IN_CYCLE, NAMES, OTHER, PAIR, THEO, TINA
from notifications.cycle_watch import ReachMilestone
from notifications.overload import overloads
from notifications.policies import POLICIES
from notifications.watched import PublishedRule, RuleVersion
from pydantic import TypeAdapter

LEAD, BEST = UUID(int=60), UUID(int=61)
CYCLE_ROW = {"coach_id": COACH, "teacher_ids": [TINA, THEO], "band": None}
FACTS: dict[str, Any] = {
    "cycle": CYCLE_ROW,
    "goal": {"owner_ids": [TINA]},
    "coaching_leads": {"person_ids": [LEAD]},
}
ENDED = {"partnership_id": PAIR, "focus": "engagement"}
PEOPLE = {"coach_id": COACH, "teacher_ids": (TINA, THEO)}


async def reached(event: Event, own_id: UUID, facts: dict[str, Any] = FACTS) -> list[Reaction]:
    recorded: Recorded[Any] = Telling().tell(own_id, event)

    async def look(query: str, key: UUID) -> Any:
        return facts.get(query)

    found: list[Reaction] = []
    for policy in POLICIES:
        found += await _reactions(policy, recorded, look)
    return found


async def _reactions(policy: Policy, recorded: Recorded[Any], look: Any) -> list[Reaction]:
    if not isinstance(recorded.event, policy.handles):
        return []
    return [reaction async for reaction in policy.react(recorded, look)]


def told(reactions: list[Reaction]) -> list[str]:
    lines = []
    for reaction in reactions:
        command = reaction.command
        assert isinstance(command, ReachMilestone)
        people = {**NAMES, LEAD: "lead"}
        names = " ".join(sorted(people[one.person_id] for one in command.recipients))
        lines.append(f"{command.milestone}: {names}")
    return lines


def started() -> g.CycleStarted:
    return g.CycleStarted(
        partnership_id=PAIR, coach_id=COACH, teacher_ids=(TINA, THEO), focus="engagement", cadence_days=14,
        template="impact-cycle@1", phases=("identify",), planned_weeks=6,
    )  # fmt: skip


def trend(trend: str, best_id: UUID | None = None) -> g.GoalTrendChanged:
    told = IN_CYCLE | {"goal_version": 1, "was": "on_track", "trend": trend, "best_id": best_id}
    return g.GoalTrendChanged.model_validate(told)


@pytest.mark.parametrize(
    ("own_id", "event", "expected"),
    [
        (CYCLE, started(), ["CycleOpened: Theo Tina coach"]),
        (CYCLE, g.CycleCompleted.model_validate(ENDED), ["CycleClosed: Theo Tina coach lead"]),
        (
            CYCLE,
            g.CycleClosedEarly.model_validate(ENDED | {"reason_code": "moved"}),
            ["CycleClosed: Theo Tina coach lead"],
        ),
        (
            CYCLE,
            g.FollowUpRecorded.model_validate(ENDED | {"outcome": "lapsed", "by": TINA}),
            ["Lapsed: Theo Tina coach"],
        ),
        (CYCLE, g.FollowUpRecorded.model_validate(ENDED | {"outcome": "sustained", "by": TINA}), []),
        (GOAL, trend("on_track"), ["GoalOnTrack: Tina coach"]),
        (GOAL, trend("at_risk"), ["GoalAtRisk: Tina coach"]),
        (GOAL, trend("stalled"), ["GoalStalled: Tina coach"]),
        (
            GOAL,
            g.GoalTargetMet(**IN_CYCLE, goal_version=1, measurement_id=BEST, met_on=date(2026, 3, 2)),
            ["GoalTargetMet: Tina coach"],
        ),
        (
            PAIR,
            g.PartnershipSuspended.model_validate(PEOPLE | {"reason_code": "evaluator"}),
            ["CoachingSuspended: Theo Tina coach"],
        ),
    ],
)
async def test_who_hears_of_what_happens(own_id: UUID, event: Event, expected: list[str]) -> None:
    assert told(await reached(event, own_id)) == expected


async def test_a_stall_is_told_once_for_each_best_measurement() -> None:
    async def occurrence(event: Event) -> str:
        [reaction] = await reached(event, GOAL)
        assert isinstance(reaction.command, ReachMilestone)
        return reaction.command.occurrence

    assert await occurrence(trend("stalled", BEST)) == f"goal:{GOAL}/best:{BEST}"
    assert await occurrence(trend("stalled")) == f"goal:{GOAL}/best:baseline"
    assert (await occurrence(trend("at_risk", BEST))).startswith(f"goal:{GOAL}/event:")


async def test_what_is_about_a_partnership_names_no_cycle() -> None:
    suspended = g.PartnershipSuspended.model_validate(PEOPLE | {"reason_code": "evaluator"})
    [reaction] = await reached(suspended, PAIR)
    assert reaction.aggregate_id == PAIR
    assert isinstance(reaction.command, ReachMilestone)
    assert reaction.command.of_partnership


@pytest.mark.parametrize("missing", ["cycle", "goal"])
async def test_who_would_hear_is_waited_for(missing: str) -> None:
    with pytest.raises(NotProjected):
        await reached(trend("at_risk"), GOAL, {**FACTS, missing: None})


async def test_while_nobody_coaches_the_teachers_hear_alone() -> None:
    facts = {**FACTS, "cycle": CYCLE_ROW | {"coach_id": None}}
    assert told(await reached(trend("at_risk"), GOAL, facts)) == ["GoalAtRisk: Tina"]


def rules(published_at: datetime, **more: Any) -> dict[str, Any]:
    version = {"version": 2, "enabled": True, "days": None, "hours": None, "recipients": ("coach",)} | more
    rule = PublishedRule("GoalAtRisk", None, (RuleVersion(**version, published_at=published_at),))
    return {"told": [TypeAdapter(PublishedRule).dump_json(rule).decode()]}


async def test_an_event_follows_the_rule_of_when_it_was_recorded() -> None:
    before, after = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 3, tzinfo=UTC)

    async def by(rule: dict[str, Any]) -> list[str]:
        return told(await reached(trend("at_risk"), GOAL, {**FACTS, "milestone_rules": rule}))

    assert await by(rules(before)) == ["GoalAtRisk: coach"]
    assert await by(rules(before, enabled=False)) == []
    assert await by(rules(after, enabled=False)) == ["GoalAtRisk: Tina coach"]


# Too many teachers ---------------------------------------------------------------------------------------


def load(*coached: tuple[UUID, UUID]) -> dict[str, Any]:
    limit = DistrictPolicyChanged(policy_version=1, caseload_limit=1).model_dump_json()
    return {
        **FACTS,
        "policy": {"told": limit},
        "coaching_load": {
            "teacher_ids": [teacher for teacher, _ in coached],
            "cycle_ids": [cycle for _, cycle in coached],
            "partnership_ids": [PAIR if cycle == CYCLE else OTHER for _, cycle in coached],
        },
    }


async def test_a_coach_with_too_many_teachers_hears_it_and_so_does_who_leads() -> None:
    full = load((TINA, CYCLE), (THEO, CYCLE))
    joined = g.CycleMemberJoined(partnership_id=PAIR, teacher_id=THEO, by=COACH)
    agreed = g.PartnershipAgreed.model_validate(PEOPLE)
    assert told(await reached(started(), CYCLE, full))[1:] == ["CaseloadOverload: coach lead"]
    assert told(await reached(joined, CYCLE, full)) == ["CaseloadOverload: coach lead"]
    assert told(await reached(agreed, PAIR, full)) == ["CaseloadOverload: coach lead"]
    assert told(await reached(joined, CYCLE, load((TINA, CYCLE)))) == []
    assert told(await reached(agreed, PAIR, {**full, "coaching_load": None})) == []


async def test_another_cycle_with_a_teacher_of_theirs_is_no_more_load() -> None:
    elsewhere = UUID(int=70)
    known = load((TINA, elsewhere), (THEO, elsewhere), (TINA, CYCLE))
    assert told(await reached(started(), CYCLE, known)) == ["CycleOpened: Theo Tina coach"]


coached = st.lists(st.tuples(st.integers(1, 6), st.integers(1, 4)), max_size=12)


@given(coached, st.integers(1, 4), st.none() | st.integers(0, 6))
def test_an_overload_is_more_than_the_limit_and_more_than_without(
    pairs: list[tuple[int, int]], joining: int, limit: int | None
) -> None:
    found = [(UUID(int=teacher), UUID(int=within)) for teacher, within in pairs]
    with_it = len({teacher for teacher, _ in pairs})
    without = len({teacher for teacher, within in pairs if within != joining})
    expected = limit is not None and with_it > limit and with_it > without
    assert overloads(found, UUID(int=joining), limit) == expected
