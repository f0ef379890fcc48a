"""The rules of a district: for every milestone the one in force, and where it comes from."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from backbone.application import Reader
from backbone.lists import DESCRIBED_WHOLE, Lists, Told, for_this_reader, no_parameter, router_of
from backbone.problems import Problem
from backbone.service import Running
from chalkline_contracts.notifications import RecipientRole
from fastapi import APIRouter, Request, Response

from notifications.audience import as_rule
from notifications.rules import DEFAULTS, Rule
from notifications.ruling import as_published
from notifications.watched import PublishedRule


class RuleInForce(Told):
    """A rule as it holds for what falls due from now on."""

    milestone: str
    experience_band: str | None
    """For cycles whose teachers all are of it; null: for all for whom there is no rule of their own."""
    source: Literal["product", "district"]
    rule_id: UUID | None
    """Where the district may publish its next version; null: nobody published one."""
    version: int
    enabled: bool
    trigger: Literal["event", "timer"]
    """Whether it is reached at once, or in time."""
    days: int | None
    hours: int | None
    recipients: tuple[RecipientRole, ...]
    published_at: datetime | None


def routes(run: Running) -> APIRouter:
    router, lists = router_of("MilestoneRule"), Lists(run)

    @router.get("/v1/milestone-rules", summary="The rule of every milestone", **DESCRIBED_WHOLE)
    async def milestone_rules(request: Request, response: Response, by: Reader) -> list[RuleInForce]:
        """Everyone of the district learns who hears of what, and when."""
        no_parameter(request)
        if not await lists.belongs(by):
            lists.must_be_level(by)
            raise Problem("not_found")
        told = await run.facts.row("milestone_rules", by.tenant, by.tenant)
        for_this_reader(response)
        published = zip(told["rule_ids"], map(as_rule, told["told"]), strict=True) if told else ()
        return list(in_force(dict(published)))

    return router


def in_force(published: dict[UUID, PublishedRule]) -> Iterator[RuleInForce]:
    """Of each milestone, in the order in which a cycle comes to them: the rule for all, then those of bands."""
    for default in DEFAULTS:
        own = {
            rule.experience_band: (rule_id, rule)
            for rule_id, rule in published.items()
            if rule.milestone == default.milestone
        }
        for band in (None, *sorted(band for band in own if band)):
            rule_id, rule = own.get(band, (None, None))
            if rule is None:
                yield _told(default, source="product", rule_id=None, experience_band=None, published_at=None)
            else:
                latest, at = as_published(default, rule.versions[0]), rule.versions[0].published_at
                told: dict[str, Any] = {"rule_id": rule_id, "experience_band": band, "published_at": at}
                yield _told(latest, source="district", **told)


def _told(rule: Rule, **more: Any) -> RuleInForce:
    names = ("milestone", "version", "enabled", "trigger", "days", "hours", "recipients")
    return RuleInForce(**{name: getattr(rule, name) for name in names}, **more)
