"""A pair as goals told of it: who teaches, who coaches them, how it stands now, and which cycles and goals are theirs.

What nobody told of, of another district or of another pair is unknown alike, and refused alike.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from observations.refusals import (
    CycleNotInPartnership,
    GoalNotInPartnership,
    GoalOfAnotherTeacher,
    PartnershipNotAgreed,
    PhaseUnknown,
    TeacherNotInPartnership,
)


@dataclass(frozen=True, slots=True)
class Partnership:
    """Who coaches is asked of this and of nothing older: an observation names who coached when it was made."""

    coach_id: UUID
    teacher_ids: tuple[UUID, ...]
    status: str
    """proposed, agreed, handed_over, declined, suspended or ended."""

    @property
    def partners(self) -> set[UUID]:
        """Everyone in it, whatever has become of it."""
        return {self.coach_id, *self.teacher_ids}

    def coached_by(self, person: UUID) -> bool:
        """Of one that is suspended, handed over or ended nobody is the coach."""
        return person == self.coach_id and self.status == "agreed"


@dataclass(frozen=True, slots=True)
class Cycle:
    """Whose it is, and the phases it goes through."""

    partnership_id: UUID
    phases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Goal:
    """Whose it is: of several owners any may have been observed for it."""

    partnership_id: UUID
    owner_ids: tuple[UUID, ...]


def agreed(partnership: Partnership | None) -> Partnership:
    """Raises PartnershipNotAgreed unless it is."""
    if partnership is None or partnership.status != "agreed":
        raise PartnershipNotAgreed
    return partnership


def teachers(named: tuple[UUID, ...], partnership: Partnership) -> tuple[UUID, ...]:
    """Those who are named, or everyone of the partnership. Raises TeacherNotInPartnership for anyone else."""
    if strangers := set(named) - set(partnership.teacher_ids):
        raise TeacherNotInPartnership(teacher_ids=sorted(strangers))
    return tuple(dict.fromkeys(named or partnership.teacher_ids))


def within(partnership_id: UUID | None, named: UUID | None, cycle: Cycle | None) -> None:
    """Raises CycleNotInPartnership where a cycle is named that is not the pair's: what is told of it moves a visit
    clock, and is shown to those whose cycle it is. `cycle` is the one that is named; None: nobody knows of it.
    """
    if named is not None and (cycle is None or cycle.partnership_id != partnership_id):
        raise CycleNotInPartnership(cycle_id=named)


def serves(
    partnership_id: UUID,
    teacher_ids: tuple[UUID, ...],
    goal_ids: tuple[UUID, ...],
    known: Mapping[UUID, Goal],
) -> tuple[UUID, ...]:
    """These goals, each once; `known`: whose they are. Raises GoalNotInPartnership for any that is not the pair's, and
    GoalOfAnotherTeacher for one that nobody owns who was observed: no lesson of one tells how another's students do.
    """
    goals = {goal_id: known.get(goal_id) for goal_id in goal_ids}
    ours = {own: goal for own, goal in goals.items() if goal and goal.partnership_id == partnership_id}
    if strangers := goals.keys() - ours.keys():
        raise GoalNotInPartnership(goal_ids=sorted(strangers))
    if others := {own for own, goal in ours.items() if not set(goal.owner_ids) & set(teacher_ids)}:
        raise GoalOfAnotherTeacher(goal_ids=sorted(others))
    return tuple(goals)


def in_phase(phase: str | None, cycle: Cycle | None) -> None:
    """Raises PhaseUnknown unless it is one of the cycle's; where there is no cycle there are no phases."""
    phases = cycle.phases if cycle else ()
    if phase is not None and phase not in phases:
        raise PhaseUnknown(phase=phase, phases=list(phases))
