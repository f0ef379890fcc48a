"""A district's own rule for a milestone: whether, after how many days or hours, and to whom; for all or for a band."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from backbone.deciding import Actor, Claim, Command, Release
from chalkline_contracts.directory import ExperienceBand
from chalkline_contracts.event import Event
from chalkline_contracts.notifications import MilestoneName, MilestoneRulePublished, RecipientRole
from pydantic import Field

from notifications.refusals import (
    MilestoneUnknown,
    RecipientNotAllowed,
    RuleHasNoDays,
    RuleHasNoHours,
    RuleIsForAllBands,
    RuleIsForAnotherBand,
    RuleIsForAnotherMilestone,
)
from notifications.rules import BY_MILESTONE, DEFAULT_VERSION


class PublishMilestoneRule(Command):
    """Replaces the rule in force, from now on. What is left out is as the product has it.

    With a band it is for cycles whose teachers all are of it, and goes before the rule for all.
    """

    milestone: MilestoneName
    experience_band: ExperienceBand | None = None
    enabled: bool = True
    days: Annotated[int, Field(ge=1, le=366)] | None = None
    hours: Annotated[int, Field(ge=1, le=8784)] | None = None
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
    experience_band: str | None
    version: int
    enabled: bool
    days: int | None
    hours: int | None
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
    if isinstance(rule, Published) and rule.experience_band != command.experience_band:
        raise RuleIsForAnotherBand(experience_band=rule.experience_band)
    if command.experience_band is not None and not default.banded:
        raise RuleIsForAllBands(milestone=command.milestone)
    if command.days is not None and default.days is None:
        raise RuleHasNoDays(milestone=command.milestone)
    if command.hours is not None and default.hours is None:
        raise RuleHasNoHours(milestone=command.milestone)
    wanted = default.recipients if command.recipients is None else command.recipients
    if not set(wanted) <= set(default.recipients):
        raise RecipientNotAllowed(allowed=default.recipients)
    return [
        MilestoneRulePublished(
            milestone=command.milestone,
            experience_band=command.experience_band,
            version=1 + (rule.version if isinstance(rule, Published) else DEFAULT_VERSION),
            enabled=command.enabled,
            days=default.days if command.days is None else command.days,
            hours=default.hours if command.hours is None else command.hours,
            recipients=tuple(dict.fromkeys(wanted)),
        )
    ]


def evolve(rule: MilestoneRule, event: Event) -> MilestoneRule:
    match event:
        case MilestoneRulePublished():
            return Published(
                event.milestone, event.experience_band, event.version, event.enabled, event.days, event.hours,
                event.recipients,
            )  # fmt: skip
        case _:
            return rule


def claims(event: MilestoneRuleEvent) -> Iterable[Claim | Release]:
    """A milestone has one rule in a district, and one for each band; its versions follow each other there."""
    if event.version == DEFAULT_VERSION + 1:
        of_band = f":{event.experience_band}" if event.experience_band else ""
        yield Claim(f"milestone-rule:{event.milestone}{of_band}")
