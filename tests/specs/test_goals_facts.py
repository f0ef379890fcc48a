"""What goals asks before it decides: enough to judge, and nothing of others when it is one's own."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from backbone.deciding import Actor, Look
from chalkline_contracts.goals import ShareScope
from goals import access, action_step, cycle, gathering, goal, model_template, partnership
from goals.facts import PersonFact
from goals.model_template import Template
from kit.coaching import (
    COMMAND,
    CORA,
    CYCLE,
    DISTRICT,
    GOAL,
    LEAD,
    NORTH,
    NOW,
    PARTNERSHIP,
    PEOPLE,
    PRINCIPAL,
    SOUTH,
    STRANGER,
    TESS,
    THEO,
    agreed,
    cycle_started,
    drafted,
    open_cycle,
    operator,
    person,
    policy,
    propose,
    taken,
)


def row(one: PersonFact) -> dict[str, Any]:
    return {
        "active": one.active,
        "roles": list(one.roles),
        "school_ids": list(one.school_ids),
        "led_ids": list(one.led_ids),
        "workplace_ids": list(one.workplace_ids),
        "evaluated_by": list(one.evaluated_by),
    }


@dataclass
class Desk:
    """Answers as the service would, and remembers what was asked."""

    by: Actor
    command_id: UUID = COMMAND
    aggregate_id: UUID = GOAL
    tenant: UUID = DISTRICT
    now: datetime = NOW
    level: bool = True
    states: dict[tuple[str, UUID], Any] = field(default_factory=dict)
    zones: dict[tuple[str, UUID], str | None] = field(default_factory=dict)
    overseen: dict[str, Any] | None = None
    asked: list[tuple[str, UUID]] = field(default_factory=list)

    async def state(self, kind: str, aggregate_id: UUID) -> Any:
        self.asked.append((kind, aggregate_id))
        unset = {"Partnership": partnership.Unset(), "Cycle": cycle.Unset()}.get(kind, model_template.Unset())
        return self.states.get((kind, aggregate_id), unset)

    async def fact(self, query: str, key: UUID) -> Any:
        self.asked.append((query, key))
        if query == "person":
            return row(PEOPLE[key]) if key in PEOPLE else None
        if query == "overseen":
            return self.overseen
        return {"time_zone": self.zones[query, key]} if (query, key) in self.zones else None


KNOWN = {("Partnership", PARTNERSHIP): agreed(TESS, THEO), ("Cycle", CYCLE): open_cycle(TESS, THEO)}
OURS = goal.evolve(goal.Unset(), drafted(TESS))
RECORD = goal.RecordProgress(measurement=taken(60))
STEP = action_step.Step(CYCLE, PARTNERSHIP, TESS, None, "cold_call", None, NOW.date(), None, CORA)
START = cycle.StartCycle(partnership_id=PARTNERSHIP, focus="engagement")


async def test_a_teacher_records_progress_without_anyone_being_asked() -> None:
    desk = Desk(person(TESS), states=KNOWN)
    await gathering.gather_goal(desk, OURS, RECORD)
    assert desk.asked == []


async def test_for_a_coach_the_partnership_is_asked() -> None:
    desk = Desk(person(CORA), states=KNOWN)
    facts = await gathering.gather_goal(desk, OURS, RECORD)
    assert desk.asked == [("Partnership", PARTNERSHIP)]
    access.authorise_goal(OURS, RECORD, facts)


async def test_nobody_of_the_pair_is_asked_for_what_was_shared_with_them_and_anybody_else_is() -> None:
    step = action_step.Offered(STEP)
    for who, asked in ((TESS, False), (CORA, False), (STRANGER, True), (LEAD, True)):
        for command in (Look(), RECORD, propose(), goal.AgreeGoal()):
            desk = Desk(person(who), states=KNOWN)
            await gathering.gather_goal(desk, OURS, command)
            assert (("shared_with", f"{who}:{TESS}") in desk.asked) is asked
        desk = Desk(person(who), states=KNOWN)
        await gathering.gather_step(desk, step, Look())
        assert (("shared_with", f"{who}:{TESS}") in desk.asked) is asked
        desk = Desk(person(who), states=KNOWN)
        await gathering.gather_cycle(desk, open_cycle(TESS), Look())
        assert all(query != "shared_with" for query, _ in desk.asked)


@pytest.mark.parametrize(
    ("who", "overseen", "seen"),
    [
        (LEAD, {"everyone": True, "person_ids": []}, True),
        (PRINCIPAL, {"everyone": False, "person_ids": [TESS, STRANGER]}, True),
        (PRINCIPAL, {"everyone": False, "person_ids": [STRANGER]}, False),
        (STRANGER, None, False),
    ],
)
async def test_who_leads_sees_what_concerns_the_teachers_they_oversee(
    who: UUID, overseen: Any, seen: bool
) -> None:
    desk = Desk(person(who), states=KNOWN, overseen=overseen)
    for facts in (
        await gathering.gather_goal(desk, OURS, Look()),
        await gathering.gather_cycle(desk, open_cycle(TESS), Look()),
        await gathering.gather_partnership(desk, agreed(TESS), Look()),
    ):
        assert facts.oversees is seen


async def test_a_partner_who_leads_is_first_of_all_a_partner() -> None:
    for who in (TESS, CORA):
        desk = Desk(person(who), states=KNOWN, overseen={"everyone": True, "person_ids": []})
        assert not (await gathering.gather_goal(desk, OURS, Look())).oversees


async def test_for_an_operator_or_a_policy_nobody_is_asked() -> None:
    for by in (operator(), policy()):
        desk = Desk(by, states=KNOWN)
        await gathering.gather_goal(desk, OURS, RECORD)
        assert desk.asked == []


async def test_a_promise_asks_whether_the_cycle_is_open() -> None:
    facts = await gathering.gather_goal(Desk(person(TESS), states=KNOWN), OURS, propose())
    assert facts.cycle == open_cycle(TESS, THEO)


async def test_a_draft_asks_its_cycle_and_one_that_is_not_there_ends_it() -> None:
    draft = goal.DraftGoal(cycle_id=CYCLE)
    assert (
        await gathering.gather_goal(Desk(person(CORA), states=KNOWN), goal.Unset(), draft)
    ).cycle == open_cycle(TESS, THEO)
    desk = Desk(person(CORA))
    assert (await gathering.gather_goal(desk, goal.Unset(), draft)).cycle == cycle.Unset()
    assert desk.asked == [("Cycle", CYCLE)]


async def test_a_proposal_asks_everyone_in_it() -> None:
    command = partnership.ProposePartnership(coach_id=CORA, teacher_ids=(TESS, UUID(int=9)))
    facts = await gathering.gather_partnership(Desk(person(CORA)), partnership.Unset(), command)
    assert set(facts.people) == {CORA, TESS}
    assert facts.template is not None


async def test_a_share_asks_its_audience_and_a_consent_every_partner() -> None:
    share = partnership.GrantShare(scope=ShareScope(), audience=(LEAD,), expires_at=NOW)
    assert set((await gathering.gather_partnership(Desk(person(TESS)), agreed(TESS), share)).people) == {LEAD}
    consent = await gathering.gather_partnership(Desk(person(TESS)), agreed(TESS), partnership.GiveConsent())
    assert set(consent.people) == {CORA, TESS}


async def test_a_share_asks_for_the_cycle_and_the_goal_it_names() -> None:
    desk = Desk(person(TESS), states={**KNOWN, ("Goal", GOAL): OURS})
    scope = ShareScope(cycle_id=CYCLE, goal_id=GOAL)
    share = partnership.GrantShare(scope=scope, audience=(LEAD,), expires_at=NOW)
    found = await gathering.gather_partnership(desk, agreed(TESS), share)
    assert (found.cycle, found.goal) == (open_cycle(TESS, THEO), OURS)


async def test_a_cycle_takes_the_school_its_teachers_share_and_its_time_zone() -> None:
    zones = {("org", NORTH): "America/Denver", ("district", DISTRICT): "America/Chicago"}
    desk = Desk(person(CORA), states=KNOWN, zones=zones)
    facts = await gathering.gather_cycle(desk, cycle.Unset(), START)
    assert (facts.school_id, facts.time_zone) == (NORTH, "America/Denver")


async def test_a_school_without_a_time_zone_keeps_the_districts() -> None:
    zones: dict[tuple[str, UUID], str | None] = {
        ("org", NORTH): None,
        ("district", DISTRICT): "America/Chicago",
    }
    facts = await gathering.gather_cycle(Desk(person(CORA), states=KNOWN, zones=zones), cycle.Unset(), START)
    assert facts.time_zone == "America/Chicago"
    unknown = await gathering.gather_cycle(Desk(person(CORA), states=KNOWN), cycle.Unset(), START)
    assert unknown.time_zone is None


async def test_a_cycle_may_name_its_school() -> None:
    named = START.model_copy(update={"school_id": SOUTH})
    facts = await gathering.gather_cycle(Desk(person(CORA), states=KNOWN), cycle.Unset(), named)
    assert facts.school_id == SOUTH


async def test_a_cycle_in_no_partnership_asks_no_further() -> None:
    desk = Desk(person(CORA))
    await gathering.gather_cycle(desk, cycle.Unset(), START)
    assert desk.asked == [("Partnership", PARTNERSHIP)]


async def test_a_districts_own_model_is_found_by_its_id_until_it_is_retired() -> None:
    own = Template("data-cycle@1", ("look",), 7, 4)
    one = UUID(int=0x77)
    named = START.model_copy(update={"template": "data-cycle@1", "template_id": one})
    for state, found in ((model_template.Published(own), own), (model_template.Retired(own), None)):
        desk = Desk(person(CORA), states=KNOWN | {("ModelTemplate", one): state})
        assert (await gathering.gather_cycle(desk, cycle.Unset(), named)).template == found


async def test_only_those_who_lead_coaching_publish_models() -> None:
    publish = model_template.PublishModelTemplate(
        name="data-cycle", version=1, phases=("look",), cadence_days=7, planned_weeks=4
    )
    for by, may in ((person(LEAD), True), (operator(), True), (person(STRANGER), False)):
        facts = await gathering.gather_template(Desk(by), model_template.Unset(), publish)
        try:
            access.authorise_template(model_template.Unset(), publish, facts)
            allowed = True
        except access.Forbidden:
            allowed = False
        assert allowed is may


async def test_an_open_cycle_asks_only_what_access_depends_on() -> None:
    state = cycle.evolve(cycle.Unset(), cycle_started(TESS))
    desk = Desk(person(TESS), states=KNOWN)
    await gathering.gather_cycle(desk, state, cycle.CompleteCycle())
    assert desk.asked == []
