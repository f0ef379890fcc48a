"""A pair as goals told of it: who teaches, who coaches them, and how it stands now."""

from dataclasses import dataclass
from uuid import UUID

from observations.refusals import CycleNotInPartnership, PartnershipNotAgreed, TeacherNotInPartnership


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


def within(partnership_id: UUID | None, cycle_of: UUID | None) -> None:
    """Raises CycleNotInPartnership where the cycle that is named is another pair's: what is told of it moves that
    pair's visit clock and is shown to them. `cycle_of` is whose it is; None: none is named, or none is known.
    """
    if cycle_of is not None and cycle_of != partnership_id:
        raise CycleNotInPartnership
