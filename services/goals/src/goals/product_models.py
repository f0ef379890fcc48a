"""The models of coaching that come with the product: data, read and checked when the service starts."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from types import MappingProxyType
from typing import Annotated, Self

from backbone.deciding import snake_case
from chalkline_contracts import goals as g
from chalkline_contracts.event import Event
from chalkline_contracts.measurement import Versioned
from chalkline_contracts.values import Code
from pydantic import BaseModel, ConfigDict, Field, model_validator

from goals.model_template import CadenceDays, Phases, Template, Weeks

OF_EVENTS: tuple[type[Event], ...] = (
    g.GoalDrafted, g.BaselineRecorded, g.GoalProposed, g.GoalSet, g.ProgressMeasured, g.GoalRecharted,
    g.GoalTargetMet, g.GoalAchieved, g.AchievementWithdrawn, g.GoalAbandoned, g.ActionStepOffered,
    g.ActionStepResponded, g.ActionStepPractised, g.ActionStepInUse, g.ActionStepMastered, g.FollowUpRecorded,
)  # fmt: skip
"""What happens in a cycle, beside coaching time."""

KINDS = frozenset(
    {snake_case(event.__name__) for event in OF_EVENTS}
    | {"observe", "model", "coteach", "plan", "debrief", "data_review"}
)
"""Every kind of fact of a cycle: each model shows each in one of its phases."""


class _Model(BaseModel):
    """One model as the file has it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    template: Versioned
    source: Annotated[str, Field(min_length=1)]
    """Who describes it, and where."""
    phases: Phases
    cadence_days: CadenceDays
    planned_weeks: Weeks
    shows: dict[Code, tuple[Code, ...]]
    """By phase, the kinds of facts that it shows."""

    @model_validator(mode="after")
    def _each_kind_once(self) -> Self:
        shown = [kind for kinds in self.shows.values() for kind in kinds]
        if tuple(self.shows) != self.phases or sorted(shown) != sorted(KINDS):
            raise ValueError(f"{self.template} must show each kind of fact once, by its phases in order")
        return self


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    model: Annotated[tuple[_Model, ...], Field(min_length=1)]


@dataclass(frozen=True, slots=True)
class ProductModel:
    """A model, and in which of its phases it shows each kind of fact."""

    template: Template
    phase_of: Mapping[str, str]


def models_in(text: str) -> Mapping[str, ProductModel]:
    """The models a file tells, by name and version. Raises ValueError where it is not sound."""
    told = _File.model_validate(tomllib.loads(text)).model
    known = {
        one.template: ProductModel(
            Template(one.template, one.phases, one.cadence_days, one.planned_weeks),
            MappingProxyType({kind: phase for phase, kinds in one.shows.items() for kind in kinds}),
        )
        for one in told
    }
    if len(known) < len(told):
        raise ValueError("a model is there twice")
    return MappingProxyType(known)


MODELS = models_in((files("goals") / "product_models.toml").read_text(encoding="utf-8"))
"""What every district has from the first day."""

PRODUCT = MappingProxyType({name: model.template for name, model in MODELS.items()})

NAMES = frozenset(name.partition("@")[0] for name in MODELS)
"""No district may take these for models of its own."""
