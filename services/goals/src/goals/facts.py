"""What a decision of goals is told beside its state and command."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from backbone.deciding import Actor
from backbone.sharing import Grant

from goals import cycle, goal, partnership
from goals.cycle import Cycle
from goals.goal import Goal, Whose
from goals.model_template import Template
from goals.partnership import Partnership


@dataclass(frozen=True, slots=True)
class PersonFact:
    """What directory says of a person."""

    active: bool = True
    roles: frozenset[str] = frozenset()
    school_ids: frozenset[UUID] = frozenset()
    led_ids: frozenset[UUID] = frozenset()
    """Of these, the ones they are principal or administrator of."""
    workplace_ids: frozenset[UUID] = frozenset()
    """Where they work: schools and departments, the school of a department too, never the district's office."""
    evaluated_by: frozenset[UUID] = frozenset()
    """Who is mapped as their evaluator; empty: the leaders of their schools evaluate."""


@dataclass(frozen=True, slots=True)
class MeasurementFact:
    """Where a measurement of the goal comes from."""

    recorded_by: UUID
    observed: bool
    """An observation told it, and tells what becomes of it."""


@dataclass(frozen=True, slots=True)
class GoalsFacts:
    """What a decision of this service is told beside its state and command."""

    by: Actor
    command_id: UUID
    aggregate_id: UUID
    level: bool = True
    """Whether what is known of others is fresh."""
    partnership: Partnership = field(default_factory=partnership.Unset)
    cycle: Cycle = field(default_factory=cycle.Unset)
    goal: Goal = field(default_factory=goal.Unset)
    """The goal that a command names beside its aggregate."""
    people: Mapping[UUID, PersonFact] = field(default_factory=dict)
    template: Template | None = None
    """The model the command means, or the partnership's; None: there is none, or it is retired."""
    measured: MeasurementFact | None = None
    """The measurement that the command names, as the goal's history tells it; None: it never was one of this goal."""
    linked: bool = False
    """Whether the goal that the command names serves this initiative already."""
    names_taken: frozenset[str] = frozenset()
    """What models of the product are called."""
    granted: tuple[Grant, ...] = ()
    """What lets the actor, who is not of the pair, see something of those whose content it is."""
    oversees: bool = False
    """Nobody's partner here, but knows of the activity, as those who lead do."""
    confidentiality_policy_version: int = 1
    """Which text of the district's confidentiality agreement a new partnership agrees to."""
    open_cycles_per_focus: int = 1
    """How many cycles of a focus the district lets a partnership have open at once."""
    open_cycles: frozenset[int] = frozenset()
    """Which of these places are taken; not asked where there is one."""
    school_id: UUID | None = None
    time_zone: str | None = None

    @property
    def coach_id(self) -> UUID | None:
        """Who coaches now, whoever did before; None: nobody, or it does not matter to the decision."""
        return self.partnership.pair.coach_id if isinstance(self.partnership, partnership.Agreed) else None

    def partners(self, teacher_ids: Iterable[UUID]) -> tuple[UUID, ...]:
        """These teachers, and the coach if there is one."""
        return (*teacher_ids, self.coach_id) if self.coach_id else tuple(teacher_ids)

    def goal_of(self, cycle_id: UUID) -> Whose | None:
        """Whose the goal is, if it is one of this cycle."""
        known = None if isinstance(self.goal, goal.Unset) else self.goal.whose
        return known if known is not None and known.cycle_id == cycle_id else None
