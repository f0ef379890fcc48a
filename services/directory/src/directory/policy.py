"""A district's policy: what it decides for itself where coaching leaves a choice.

Only decisions live here. Who reads a policy finds every field, the product's own where a district said nothing.
"""

from datetime import datetime
from typing import Annotated, Self

from backbone.deciding import Command
from chalkline_contracts.directory import DistrictPolicyChanged, TimeOfDay
from pydantic import Field, model_validator

FEWEST_STUDENTS = 10
"""A district may hide larger cells than the product does, never smaller ones."""

KeptFor = Annotated[int, Field(ge=30, le=36_500)]
"""Days."""


class QuietTime(Command):
    """From the one until just before the other; past midnight where `end` is the earlier one."""

    begin: TimeOfDay
    end: TimeOfDay

    @model_validator(mode="after")
    def _lasts(self) -> Self:
        if self.begin == self.end:
            raise ValueError("must end at another time than it begins")
        return self


class KeptDays(Command):
    """How many days each class of content is kept; null: until somebody erases it."""

    pair: KeptFor | None = None
    author: KeptFor | None = None
    contacts: KeptFor | None = None


class ChangePolicy(Command):
    """Changes what is given and keeps the rest; an explicit null goes back to what the product has."""

    auto_confirm: bool | None = None
    caseload_limit: Annotated[int, Field(ge=1, le=1000)] | None = None
    quiet_hours: QuietTime | None = None
    small_cell_n: Annotated[int, Field(ge=FEWEST_STUDENTS, le=1000)] | None = None
    retention: KeptDays | None = None
    confidentiality_policy_version: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    open_cycles_per_focus: Annotated[int, Field(ge=1, le=20)] | None = None


def policy_after(
    policy: DistrictPolicyChanged, command: ChangePolicy, now: datetime
) -> DistrictPolicyChanged:
    """The next version of the policy, or the same when nothing changes."""
    kept = {name: getattr(policy, name) for name in ChangePolicy.model_fields}
    given = command.model_dump(exclude_unset=True)
    told = {name: value for name, value in (kept | given).items() if value is not None}
    since = (policy.auto_confirm_since or now) if told.get("auto_confirm") else None
    changed = DistrictPolicyChanged(policy_version=policy.policy_version, auto_confirm_since=since, **told)
    if changed == policy:
        return policy
    return changed.model_copy(update={"policy_version": policy.policy_version + 1})
