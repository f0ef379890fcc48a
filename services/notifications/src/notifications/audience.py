"""Who hears of a milestone, and by which rule."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, cast
from uuid import UUID, uuid5

from backbone.policies import Look
from chalkline_contracts.notifications import Recipient, RecipientRole

from notifications.rules import Rule

NAMESPACE = UUID("6f1c1f0e-6f0a-5c7e-9a3b-3a1d5b0c7e21")


def milestone_key(milestone: str) -> UUID:
    """The key under which a milestone's rules are looked up."""
    return uuid5(NAMESPACE, milestone)


async def rule_in_force(look: Look, default: Rule) -> Rule:
    """The district's latest rule for a milestone, the product's where it has none."""
    published = await look("milestone_rule", milestone_key(default.milestone))
    return default if published is None else as_published(default, published)


def as_published(default: Rule, published: Mapping[str, Any]) -> Rule:
    """A default with what a district changed of it."""
    days = published["days"] if published["days"] is not None else default.days
    recipients = cast(tuple[RecipientRole, ...], tuple(published["recipients"]))
    return replace(
        default, version=published["version"], enabled=published["enabled"], days=days, recipients=recipients
    )


async def leads(look: Look, tenant: UUID, rule: Rule) -> Sequence[UUID]:
    """Who leads coaching in the district, if the rule wants them to hear of it."""
    if "coaching_lead" not in rule.recipients:
        return ()
    found = await look("coaching_leads", tenant)
    return found["person_ids"] if found else ()


def audience(rule: Rule, cycle: Mapping[str, Any], leads: Sequence[UUID] = ()) -> tuple[Recipient, ...]:
    """The people of a cycle whom a rule names."""
    people = {"teacher": cycle["teacher_ids"], "coach": [cycle["coach_id"]], "coaching_lead": leads}
    return tuple(
        Recipient(person_id=person_id, role=role)
        for role in rule.recipients
        for person_id in people.get(role, ())
    )
