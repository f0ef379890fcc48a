"""Who oversees whom: who leads learns of the activity, of everyone's or of those at their own schools.

Who administers the district, and coaching leads, oversee it; principals, and who administers a school, whoever works at
a school of theirs.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from backbone.deciding import Asking

LEADERS: Final = frozenset({"administrator", "coaching_lead"})
"""The roles that oversee a whole district, and decide what it has in common."""


@dataclass(frozen=True, slots=True)
class Overseen:
    """Whose activity somebody may know of."""

    everyone: bool
    person_ids: frozenset[UUID]

    @property
    def within(self) -> list[UUID] | None:
        """For a list's query: the people it may be about; None: anyone."""
        return None if self.everyone else sorted(self.person_ids)

    def any_of(self, person_ids: Iterable[UUID]) -> bool:
        return self.everyone or not self.person_ids.isdisjoint(person_ids)


async def overseen(asking: Asking) -> Overseen | None:
    """Whom the actor oversees today; None: they lead nobody, or are no active person of the district."""
    if asking.by.kind != "person":
        return None
    row = await asking.fact("overseen", UUID(asking.by.id))
    return Overseen(row["everyone"], frozenset(row["person_ids"])) if row else None


async def oversees(asking: Asking, person_ids: Iterable[UUID]) -> bool:
    """Whether the actor oversees any of these people."""
    found = await overseen(asking)
    return found is not None and found.any_of(person_ids)
