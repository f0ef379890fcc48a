"""Who hears of what an event brings at once, and by which rule."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from backbone.policies import Look
from chalkline_contracts.notifications import Recipient
from pydantic import TypeAdapter

from notifications.rules import BY_MILESTONE, Rule
from notifications.ruling import in_force, versions
from notifications.watched import PublishedRule

_published = TypeAdapter(PublishedRule)


def as_rule(told: str) -> PublishedRule:
    """A rule as the fact `milestone_rules` tells it."""
    return _published.validate_json(told)


async def rule_in_force(look: Look, tenant: UUID, milestone: str, band: str | None, at: datetime) -> Rule:
    """The rule by which an event that was recorded at a moment reaches a milestone."""
    told = await look("milestone_rules", tenant)
    published = [as_rule(one) for one in told["told"]] if told else []
    found = in_force(versions(milestone, band, published), lambda _: at)
    return found[0] if found else BY_MILESTONE[milestone]


async def leads(look: Look, tenant: UUID, rule: Rule) -> Sequence[UUID]:
    """Who leads coaching in the district, if the rule wants them to hear of it."""
    if "coaching_lead" not in rule.recipients:
        return ()
    found = await look("coaching_leads", tenant)
    return found["person_ids"] if found else ()


def audience(rule: Rule, people: Mapping[str, Sequence[UUID]]) -> tuple[Recipient, ...]:
    """Of these people those whom a rule names, each as what they are."""
    return tuple(
        Recipient(person_id=person_id, role=role)
        for role in rule.recipients
        for person_id in people.get(role, ())
    )
