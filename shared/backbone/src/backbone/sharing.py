"""What lets somebody outside a pair read what is the pair's: a share that its teacher granted, or broken glass.

It opens what is that teacher's own, to look at and no more. Facts tell which grants are in force by the district's
clock, `access.py` of a service which of its things they open; whoever is in the pair is asked for none.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from chalkline_contracts.receipts import Why


@dataclass(frozen=True, slots=True)
class Grant:
    """One teacher's content, open to the reader who was asked for."""

    grant_id: UUID
    teacher_id: UUID
    why: Why
    partnership_id: UUID | None = None
    """None: whichever it is; a cycle or a goal, where one is named, narrows it."""
    cycle_id: UUID | None = None
    goal_id: UUID | None = None

    def covers(self, partnership_id: UUID, cycle_id: UUID | None, goal_id: UUID | None = None) -> bool:
        """Whether a thing of this teacher, of that cycle or goal or of none, is within what it opens."""
        return (
            self.partnership_id in (None, partnership_id)
            and self.cycle_id in (None, cycle_id)
            and self.goal_id in (None, goal_id)
        )


def opened_by(
    grants: Sequence[Grant],
    teacher_ids: Iterable[UUID],
    partnership_id: UUID,
    cycle_id: UUID | None,
    goal_id: UUID | None = None,
) -> tuple[Grant, ...]:
    """One grant of each of these teachers, the first that covers it; none at all where one of them grants nothing."""
    covering = [grant for grant in grants if grant.covers(partnership_id, cycle_id, goal_id)]
    found = [
        next((grant for grant in covering if grant.teacher_id == teacher), None) for teacher in teacher_ids
    ]
    return () if None in found else tuple(grant for grant in found if grant is not None)


@dataclass(frozen=True, slots=True)
class Owed:
    """What the receipt of a read says, beside who reads what."""

    teacher_ids: tuple[UUID, ...]
    why: Why
    grant_ids: tuple[UUID, ...]


def owed(teacher_ids: tuple[UUID, ...], opened: Sequence[Grant]) -> Owed | None:
    """The receipt that a read owes to these teachers; None where nothing had to be opened."""
    if not opened:
        return None
    broken = any(grant.why == "break_glass" for grant in opened)
    return Owed(teacher_ids, "break_glass" if broken else "share", tuple(grant.grant_id for grant in opened))
