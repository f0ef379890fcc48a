"""A model of coaching: the phases a cycle goes through, how long it is planned, how often the pair meets.

Three come with the product, as data (`product_models`); a district publishes its own. A version never changes,
so a cycle names its model as `impact-cycle@1` and means the same for ever.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

from backbone.deciding import Claim, Command, Release
from chalkline_contracts.event import Event
from chalkline_contracts.goals import ModelTemplatePublished, ModelTemplateRetired
from chalkline_contracts.values import Code
from pydantic import AfterValidator, Field

from goals.refusals import TemplateAlreadyPublished, TemplateNameTaken, TemplateNotFound, TemplateRetired

if TYPE_CHECKING:
    from goals.facts import GoalsFacts


def _each_once(phases: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(phases)) != len(phases):
        raise ValueError("must name each phase once")
    return phases


Weeks = Annotated[int, Field(ge=1, le=104)]
CadenceDays = Annotated[int, Field(ge=1, le=180)]
Phases = Annotated[tuple[Code, ...], Field(min_length=1, max_length=20), AfterValidator(_each_once)]


@dataclass(frozen=True, slots=True)
class Template:
    """One version of a model."""

    template: str
    phases: tuple[str, ...]
    cadence_days: int
    planned_weeks: int


@dataclass(frozen=True, slots=True)
class Unset:
    pass


@dataclass(frozen=True, slots=True)
class Published:
    template: Template


@dataclass(frozen=True, slots=True)
class Retired:
    template: Template


ModelTemplate = Unset | Published | Retired


class PublishModelTemplate(Command):
    """Publish one version of a model, for good."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,63}$")]
    version: Annotated[int, Field(ge=1, le=999_999)]
    phases: Phases
    cadence_days: CadenceDays
    planned_weeks: Weeks


class RetireModelTemplate(Command):
    """No new cycle follows it; those that do go on."""


TemplateCommand = PublishModelTemplate | RetireModelTemplate


def decide(
    state: ModelTemplate, command: TemplateCommand, facts: "GoalsFacts", *, now: datetime
) -> list[Event]:
    del now
    match command, state:
        case PublishModelTemplate(), Unset():
            if command.name in facts.names_taken:
                raise TemplateNameTaken(name=command.name)
            return [
                ModelTemplatePublished(
                    template=f"{command.name}@{command.version}",
                    phases=command.phases,
                    cadence_days=command.cadence_days,
                    planned_weeks=command.planned_weeks,
                )
            ]
        case PublishModelTemplate(), _:
            raise TemplateAlreadyPublished
        case RetireModelTemplate(), Published(template):
            return [ModelTemplateRetired(template=template.template)]
        case RetireModelTemplate(), Retired():
            raise TemplateRetired
        case _:
            raise TemplateNotFound


def evolve(state: ModelTemplate, event: Event) -> ModelTemplate:
    match event, state:
        case ModelTemplatePublished(), Unset():
            return Published(Template(event.template, event.phases, event.cadence_days, event.planned_weeks))
        case ModelTemplateRetired(), Published(template):
            return Retired(template)
        case _:
            return state


def claims(event: Event) -> Iterator[Claim | Release]:
    """A version is published once in a district, and its name is never free again."""
    if isinstance(event, ModelTemplatePublished):
        yield Claim(f"model-template:{event.template}")
