"""A district's own rule for a milestone: whether, after how many days, and to whom."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from backbone.deciding import Actor, Claim, Command, Release
from chalkline_contracts.event import Event
from chalkline_contracts.notifications import MilestoneName, MilestoneRulePublished, RecipientRole
from pydantic import Field

from notifications.refusals import (
    MilestoneUnknown,
    RecipientNotAllowed,
    RuleHasNoDays,
    RuleIsForAnotherMilestone,
)
from notifications.rules import BY_MILESTONE, DEFAULT_VERSION


class PublishMilestoneRule(Command):
    """Replaces the rule in force, from now on. What is left out is as the product has it."""

    milestone: MilestoneName
    enabled: bool = True
    days: Annotated[int, Field(ge=1, le=366)] | None = None
    recipients: Annotated[tuple[RecipientRole, ...], Field(min_length=1, max_length=3)] | None = None


MilestoneRuleCommand = PublishMilestoneRule
MilestoneRuleEvent = MilestoneRulePublished


@dataclass(frozen=True, slots=True)
class Unset:
    """The product's own rule applies."""


@dataclass(frozen=True, slots=True)
class Published:
    """The version in force."""

    milestone: str
    version: int
    enabled: bool
    days: int | None
    recipients: tuple[RecipientRole, ...]


MilestoneRule = Unset | Published


@dataclass(frozen=True, slots=True)
class MilestoneRuleFacts:
    """Who asks, and what they are to the district."""

    by: Actor
    command_id: UUID
    aggregate_id: UUID
    belongs: bool = False
    """An active person of the district."""
    curates: bool = False
    """An administrator or a coaching lead."""
    level: bool = True


def decide(
    rule: MilestoneRule,
    command: MilestoneRuleCommand,
    facts: MilestoneRuleFacts,  # noqa: ARG001 - every decider has the same shape
    *,
    now: datetime,  # noqa: ARG001 - every decider has the same shape
) -> list[Event]:
    default = BY_MILESTONE.get(command.milestone)
    if default is None:
        raise MilestoneUnknown(milestone=command.milestone)
    if isinstance(rule, Published) and rule.milestone != command.milestone:
        raise RuleIsForAnotherMilestone(milestone=rule.milestone)
    if command.days is not None and default.days is None:
        raise RuleHasNoDays(milestone=command.milestone)
    wanted = default.recipients if command.recipients is None else command.recipients
    if not set(wanted) <= set(default.recipients):
        raise RecipientNotAllowed(allowed=default.recipients)
    return [
        MilestoneRulePublished(
            milestone=command.milestone,
            version=1 + (rule.version if isinstance(rule, Published) else DEFAULT_VERSION),
            enabled=command.enabled,
            days=default.days if command.days is None else command.days,
            recipients=tuple(dict.fromkeys(wanted)),
        )
    ]


def evolve(rule: MilestoneRule, event: Event) -> MilestoneRule:
    match event:
        case MilestoneRulePublished():
            return Published(event.milestone, event.version, event.enabled, event.days, event.recipients)
        case _:
            return rule


def claims(event: MilestoneRuleEvent) -> Iterable[Claim | Release]:
    """A milestone has one rule in a district; its versions follow each other there."""
    if event.version == DEFAULT_VERSION + 1:
        yield Claim(f"milestone-rule:{event.milestone}")
