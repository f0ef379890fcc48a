"""The models of coaching that come with the product: data, read and checked when the service starts."""

import tomllib
from collections.abc import Mapping
from importlib.resources import files
from types import MappingProxyType
from typing import Annotated

from chalkline_contracts.measurement import Versioned
from pydantic import BaseModel, ConfigDict, Field

from goals.model_template import CadenceDays, Phases, Template, Weeks


class _Model(BaseModel):
    """One model as the file has it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    template: Versioned
    source: Annotated[str, Field(min_length=1)]
    """Who describes it, and where."""
    phases: Phases
    cadence_days: CadenceDays
    planned_weeks: Weeks


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    model: Annotated[tuple[_Model, ...], Field(min_length=1)]


def models_in(text: str) -> Mapping[str, Template]:
    """The models a file tells, by name and version. Raises ValueError where it is not sound."""
    told = _File.model_validate(tomllib.loads(text)).model
    known = {
        one.template: Template(one.template, one.phases, one.cadence_days, one.planned_weeks) for one in told
    }
    if len(known) < len(told):
        raise ValueError("a model is there twice")
    return MappingProxyType(known)


PRODUCT = models_in((files("goals") / "product_models.toml").read_text(encoding="utf-8"))
"""What every district has from the first day."""

NAMES = frozenset(name.partition("@")[0] for name in PRODUCT)
"""No district may take these for models of its own."""
