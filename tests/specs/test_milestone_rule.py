"""What a district may decide about milestones, and what the product decides until then."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from backbone.commands import decode_state, encode_state
from backbone.deciding import Actor, Claim, FactsBehind, Forbidden, Look, Refusal, Unseen
from chalkline_contracts.notifications import MilestoneRulePublished
from hypothesis import given
from hypothesis import strategies as st
from kit.spec import NOW, Spec
from kit.watching import CYCLE, Coaching
from notifications.access import authorise_milestone_rule
from notifications.aggregates import MILESTONE_RULE
from notifications.gathering import gather_milestone_rule
from notifications.milestone_rule import MilestoneRuleFacts, PublishMilestoneRule, Unset
from notifications.refusals import (
    MilestoneUnknown,
    RecipientNotAllowed,
    RuleHasNoDays,
    RuleHasNoHours,
    RuleIsForAllBands,
    RuleIsForAnotherBand,
    RuleIsForAnotherMilestone,
)
from notifications.rule_list import in_force
from notifications.rules import BY_MILESTONE, DEFAULTS
from notifications.views import view_milestone_rule
from pydantic import ValidationError

TENANT, LEAD = UUID(int=1), UUID(int=2)
FACTS = MilestoneRuleFacts(
    by=Actor("operator", "it", TENANT), command_id=UUID(int=9), aggregate_id=UUID(int=3)
)
PERSON = replace(FACTS, by=Actor("person", str(LEAD), TENANT))

spec = Spec(MILESTONE_RULE, FACTS)


def publish(milestone: str = "GoalSilent", **more: Any) -> PublishMilestoneRule:
    return PublishMilestoneRule(milestone=milestone, **more)


def published(version: int = 2, **more: Any) -> MilestoneRulePublished:
    told = {"milestone": "GoalSilent", "enabled": True, "days": 21, "recipients": ("teacher", "coach")} | more
    return MilestoneRulePublished(version=version, **told)


def test_a_district_s_first_rule_follows_the_product_s_own() -> None:
    spec.when(publish(days=28)).then(published(2, days=28)).when(publish()).then(published(3))


def test_a_milestone_can_be_switched_off() -> None:
    spec.when(publish(enabled=False)).then(published(enabled=False))


def test_a_rule_may_leave_out_recipients_and_never_add_any() -> None:
    spec.when(publish(recipients=("coach",))).then(published(recipients=("coach",)))
    spec.when(publish(recipients=("coaching_lead",))).refused(RecipientNotAllowed)
    with pytest.raises(ValidationError):
        publish(recipients=("administrator",))


def test_only_a_milestone_that_waits_for_days_has_days() -> None:
    spec.when(publish("GoalSet", days=3)).refused(RuleHasNoDays)
    spec.when(publish("MidpointReview", days=3)).refused(RuleHasNoDays)
    with pytest.raises(ValidationError):
        publish(days=0)


def test_only_a_milestone_that_waits_for_hours_has_hours() -> None:
    told = {"milestone": "FeedbackDue", "days": None, "recipients": ("coach",)}
    spec.when(publish("FeedbackDue", hours=24)).then(published(hours=24, **told))
    spec.when(publish("FeedbackDue")).then(published(hours=48, **told))
    spec.when(publish(hours=24)).refused(RuleHasNoHours)
    with pytest.raises(ValidationError):
        publish("FeedbackDue", hours=0)


def test_a_band_has_a_rule_of_its_own() -> None:
    novices = published(experience_band="novice")
    spec.when(publish(experience_band="novice")).then(novices)
    spec.given(novices).when(publish()).refused(RuleIsForAnotherBand)
    spec.given(published()).when(publish(experience_band="novice")).refused(RuleIsForAnotherBand)
    assert list(MILESTONE_RULE.claims(novices)) == [Claim("milestone-rule:GoalSilent:novice")]
    with pytest.raises(ValidationError):
        publish(experience_band="expert")


@pytest.mark.parametrize("milestone", ["CaseloadOverload", "CoachingSuspended"])
def test_what_is_not_about_the_teachers_of_one_cycle_has_none(milestone: str) -> None:
    spec.when(publish(milestone, experience_band="novice")).refused(RuleIsForAllBands)


def test_the_list_tells_of_each_milestone_the_rule_in_force_and_where_it_comes_from() -> None:
    assert [(rule.milestone, rule.source) for rule in in_force({})] == [
        (rule.milestone, "product") for rule in DEFAULTS
    ]
    coaching = Coaching()
    coaching.rule("GoalSilent", days=28)
    coaching.rule("GoalSilent", 3, days=14)
    coaching.rule("GoalSilent", band="novice", days=7, recipients=("coach",))
    known = coaching.world.known(TENANT, CYCLE)
    assert known
    found = list(in_force({UUID(int=n): rule for n, rule in enumerate(known.rules)}))
    told = [(r.experience_band, r.source, r.version, r.days, r.recipients) for r in found if r.rule_id]
    both = ("teacher", "coach")
    assert told == [(None, "district", 3, 14, both), ("novice", "district", 2, 7, ("coach",))]
    assert len(found) == len(DEFAULTS) + 1


def test_there_is_no_rule_for_a_milestone_nobody_knows() -> None:
    spec.when(publish("TeacherRanked")).refused(MilestoneUnknown)


def test_every_version_is_for_the_same_milestone() -> None:
    spec.given(published()).when(publish("GoalSet")).refused(RuleIsForAnotherMilestone)


def test_a_milestone_has_one_rule_in_a_district() -> None:
    assert list(MILESTONE_RULE.claims(published())) == [Claim("milestone-rule:GoalSilent")]
    assert list(MILESTONE_RULE.claims(published(3))) == []


def test_operators_administrators_and_coaching_leads_publish_rules() -> None:
    authorise_milestone_rule(Unset(), publish(), FACTS)
    authorise_milestone_rule(Unset(), publish(), replace(PERSON, belongs=True, curates=True))
    with pytest.raises(Forbidden):
        authorise_milestone_rule(Unset(), publish(), replace(PERSON, belongs=True))
    state = spec.given(published(days=28)).state
    authorise_milestone_rule(state, Look(), replace(PERSON, belongs=True))
    assert view_milestone_rule(state, PERSON)["days"] == 28
    with pytest.raises(Unseen):
        authorise_milestone_rule(Unset(), publish(), PERSON)
    with pytest.raises(FactsBehind):
        authorise_milestone_rule(Unset(), publish(), replace(PERSON, level=False))


class House:
    """What gathering may ask: the acting person as directory told of them."""

    def __init__(self, row: dict[str, Any] | None) -> None:
        self.by, self.command_id, self.tenant = PERSON.by, PERSON.command_id, TENANT
        self.aggregate_id, self.level = PERSON.aggregate_id, True
        self._row = row

    async def fact(self, query: str, key: UUID) -> Any:
        assert (query, key) == ("person", LEAD)
        return self._row

    async def state(self, kind: str, aggregate_id: UUID) -> Any:
        raise AssertionError(f"nobody asks for {kind} {aggregate_id}")


@pytest.mark.parametrize(
    ("row", "belongs", "curates"),
    [
        (None, False, False),
        ({"active": False, "roles": ["administrator"]}, False, False),
        ({"active": True, "roles": ["teacher"]}, True, False),
        ({"active": True, "roles": ["teacher", "coaching_lead"]}, True, True),
    ],
)
async def test_roles_come_from_what_directory_told(row: Any, belongs: bool, curates: bool) -> None:
    facts = await gather_milestone_rule(House(row), Unset(), publish())
    assert (facts.belongs, facts.curates) == (belongs, curates)


def test_the_product_s_rules_name_each_milestone_once_and_never_an_administrator() -> None:
    assert len(BY_MILESTONE) == len(DEFAULTS)
    assert all(set(rule.recipients) <= {"teacher", "coach", "coaching_lead"} for rule in DEFAULTS)
    assert all(rule.version == 1 and rule.enabled for rule in DEFAULTS)
    told = [rule.milestone for rule in DEFAULTS if "coaching_lead" in rule.recipients]
    assert told == ["CycleClosed", "CaseloadOverload"]


wishes = st.builds(
    publish,
    st.sampled_from([*BY_MILESTONE, "TeacherRanked"]),
    days=st.none() | st.integers(1, 366),
    recipients=st.none() | st.lists(st.sampled_from(["teacher", "coach"]), min_size=1, max_size=3).map(tuple),
    hours=st.none() | st.integers(1, 100),
    experience_band=st.none() | st.sampled_from(["novice", "veteran"]),
    enabled=st.booleans(),
)


@given(st.lists(wishes, max_size=10))
def test_whatever_is_wished_versions_count_up_and_recipients_stay_within_the_milestone(
    wished: list[Any],
) -> None:
    state: Any = MILESTONE_RULE.initial
    versions: list[int] = []
    for wish in wished:
        try:
            happened = MILESTONE_RULE.decide(state, wish, FACTS, now=NOW)
        except Refusal:
            continue
        for event in happened:
            assert isinstance(event, MilestoneRulePublished)
            assert set(event.recipients) <= set(BY_MILESTONE[event.milestone].recipients)
            state = MILESTONE_RULE.evolve(state, event)
            versions.append(event.version)
        assert decode_state(MILESTONE_RULE, encode_state(state)) == state
    assert versions == list(range(2, 2 + len(versions)))
