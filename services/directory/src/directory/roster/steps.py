"""What an import has to do: the steps of a plan, and how many there are of each kind."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Final, Literal
from uuid import UUID

from chalkline_contracts.directory import OrgType, Role

from directory.calendar import ChangeCalendar

MAPPING: Final = "mapping file"
"""What stands for a file's name where a finding is in the mapping file."""
LARGEST_SHARE: Final = 10
"""Percent of a roster's people who may be deactivated without anybody confirming it."""

Action = Literal["add", "change", "remove"]


@dataclass(frozen=True, slots=True)
class WishedRole:
    role: Role
    org_id: UUID
    row: UUID
    begin: date | None = None
    end: date | None = None


@dataclass(frozen=True, slots=True)
class OrgStep:
    action: Action
    id: UUID
    version: int
    sourced_id: str
    type: OrgType
    line: int = 0
    parent_id: UUID | None = None
    name: str | None = None
    """Where it is to change."""
    time_zone: str | None = None
    names_itself: bool = False
    """Whether its sourcedId is to be noted."""


@dataclass(frozen=True, slots=True)
class PersonStep:
    """`email` is (what it shall be,) where it is to change."""

    action: Action
    id: UUID
    version: int
    sourced_id: str
    name: str | None
    email: tuple[str | None] | None
    roles: tuple[WishedRole, ...]
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class EvaluatorStep:
    id: UUID
    version: int
    sourced_id: str
    evaluator_ids: tuple[UUID, ...]
    line: int


@dataclass(slots=True)
class Plan:
    """What is to be done, in this order."""

    orgs: list[OrgStep] = field(default_factory=list)
    people: list[PersonStep] = field(default_factory=list)
    evaluators: list[EvaluatorStep] = field(default_factory=list)
    leaving: list[PersonStep] = field(default_factory=list)
    closing: list[OrgStep] = field(default_factory=list)
    calendar: ChangeCalendar | None = None
    district_version: int = 0
    active: int = 0
    """How many a roster has made active so far."""
    roles_of: dict[UUID, tuple[WishedRole, ...]] = field(default_factory=dict)
    """The roles a roster gives a person whose evaluators are to change."""

    @property
    def empty(self) -> bool:
        return not (
            self.orgs or self.people or self.evaluators or self.leaving or self.closing or self.calendar
        )

    @property
    def removes_too_many(self) -> bool:
        return len(self.leaving) * 100 > self.active * LARGEST_SHARE

    def count(self, action: Action) -> int:
        steps: Iterable[OrgStep | PersonStep] = (*self.orgs, *self.people, *self.leaving, *self.closing)
        changed = {step.id for step in steps if step.action == action}
        if action == "change":
            there = {step.id for step in self.people}
            changed |= {step.id for step in self.evaluators if step.id not in there}
        return len(changed) + (action == "change" and self.calendar is not None)
