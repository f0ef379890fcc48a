"""Differencing: what may be told beside all that was told, so that no answers put together tell of few people.

A row of figures is a sum over things, each about somebody. Whoever adds rows up and takes them from each other, with
whatever factors, of whichever tables and months, gets another sum over things; it must never be about fewer than five
people. So the people are dealt into five parts, and rows are told as long as in every part by itself no sum of rows
comes to nothing: whichever four people a sum were about, one part would be without them, and there it would be nothing.

Who is dealt stays dealt, and what was told stays told: what comes later is tried beside it. The rows' sums are
counted modulo two. Rows that no sum modulo two brings to nothing, no other sum does; so what is told is safe, and a row
is now and then hidden that could have been told.
"""

from collections import defaultdict
from collections.abc import Collection, Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeVar
from uuid import UUID

from backbone.suppressing import STAFF

Thing = TypeVar("Thing", bound=Hashable)
Row = TypeVar("Row", bound=Hashable)

BESIDE: Final = 200
"""Of so many people it is tried whether what is not about a row tells it from others all the same."""

Basis = dict[int, int]
"""By its lowest bit, a sum of things: in which of the rows it is."""


class Known(Generic[Row, Thing]):
    """Everything that was told so far. Rows come as they are now; one that changed is another row than before."""

    def __init__(self, parts: int = STAFF) -> None:
        self._parts: list[_Part[Thing]] = [_Part() for _ in range(parts)]
        self._within: dict[UUID | None, dict[Thing, int]] = defaultdict(dict)
        """Of everybody the things about them: in which rows that were told, a bit each, the first the lowest."""
        self.whose: dict[Thing, UUID | None] = {}
        """Whom a thing that was told of is about: it stays about them."""
        self._told = 0
        """The bits of the rows that were told."""

    def tell(
        self, rows: Mapping[Row, Collection[Thing]], about: Mapping[Thing, UUID | None]
    ) -> frozenset[Row]:
        """Which of these rows may be told too, from now on as told; those about many first.

        `about`: one of the people a thing is about; None where it counts for nobody. A row that what is told adds up to
        is not among them (see `added_up`).
        """
        if not rows:
            return frozenset()
        whose = {**about, **self.whose}
        people = {row: {who for one in things if (who := whose[one])} for row, things in rows.items()}
        wanted = sorted(rows, key=lambda row: (-len(people[row]), str(row)))
        bits = {row: 1 << (self._told.bit_length() + n) for n, row in enumerate(wanted)}
        for row in wanted:
            for one in rows[row]:
                own = self._within[whose[one]]
                own[one] = own.get(one, 0) | bits[row]
        kept = sum(bits.values())
        dealt: set[UUID] = set().union(*(part.people for part in self._parts))
        order = self._largest_first(people, dealt)
        for part in self._parts:
            kept &= self._found(part, order, self._told | kept)
        self._told |= kept
        self._forget_the_rest()
        return frozenset(row for row in wanted if bits[row] & kept)

    def kept(self) -> Any:
        """All of it as JSON, to go on from another day. Things are texts."""
        return [
            f"{self._told:x}",
            [[who, [[one, f"{bits:x}"] for one, bits in own.items()]] for who, own in self._within.items()],
            [[sorted(part.people), list(part.telling.items())] for part in self._parts],
        ]

    @classmethod
    def again(cls, kept: Any) -> "Known[Row, Any]":
        """What was kept, as if no day had passed."""
        told, within, parts = kept
        known: Known[Row, Any] = cls()
        known._told = int(told, 16)
        for who, things in within:
            whom = who and UUID(who)
            known._within[whom] = {one: int(bits, 16) for one, bits in things}
            known.whose |= dict.fromkeys(known._within[whom], whom)
        known._parts = [
            _Part({UUID(who) for who in people}, {one: UUID(who) for one, who in telling})
            for people, telling in parts
        ]
        return known

    def _forget_the_rest(self) -> None:
        """Of whom and of what nothing was told is as if it had never been asked about."""
        for whom, own in [*self._within.items()]:
            left = {one: told for one, within in own.items() if (told := within & self._told)}
            self.whose |= dict.fromkeys(left, whom)
            if left:
                self._within[whom] = left
            else:
                del self._within[whom]

    def _largest_first(self, people: Mapping[Row, set[UUID]], dealt: set[UUID]) -> dict[UUID, None]:
        """Who is not dealt yet: first who is in nothing small that is new, for those of the small are needed there."""
        smallest: dict[UUID, int] = {}
        for row in sorted(people, key=lambda row: len(people[row]), reverse=True):
            for who in people[row] - dealt:
                smallest[who] = len(people[row])
        for who in {who for who in self._within if who} - dealt:
            smallest.setdefault(who, len(self._within))
        return dict.fromkeys(sorted(smallest, key=lambda who: (-smallest[who], who)))

    def _found(self, part: "_Part[Thing]", waiting: dict[UUID, None], among: int) -> int:
        """Of these rows those that this part alone tells from each other, once it was dealt whom it needs."""
        basis: Basis = {}
        wanted = among
        for one, who in part.telling.items():
            wanted &= ~_added(self._within.get(who, {}).get(one, 0) & among, basis)
        people = (*sorted(part.people), *waiting)
        for beside, who in (*((False, who) for who in people), *((True, who) for who in people[:BESIDE])):
            if not wanted:
                break
            for one, within in self._within.get(who, {}).items():
                if (beside or within & wanted) and (found := _added(within & among, basis)):
                    wanted &= ~found
                    part.telling[one] = who
                    part.people.add(who)
        for who in part.people:
            waiting.pop(who, None)
        return among & ~wanted


@dataclass
class _Part(Generic[Thing]):
    """People who were dealt into one part, and of the things about them those that tell rows from each other."""

    people: set[UUID] = field(default_factory=set)
    telling: dict[Thing, UUID] = field(default_factory=dict)


def _added(left: int, basis: Basis) -> int:
    """The row that this tells from the others there are, and from now on does; none where it is a sum of those."""
    while left:
        lowest = left & -left
        if lowest not in basis:
            basis[lowest] = left
            return lowest
        left ^= basis[lowest]
    return 0


def added_up(
    rows: Mapping[Row, Collection[Thing]], whole: Row, parts: Collection[Row], told: Collection[Row]
) -> Row | None:
    """The one row of a division that the others and the whole tell, if they are all of it and all told."""
    untold = [row for row in parts if rows[row] and row not in told]
    if len(untold) != 1 or whole not in told:
        return None
    things = [one for row in parts for one in rows[row]]
    whole_of_it = len(things) == len(rows[whole]) and set(things) == set(rows[whole])
    return untold[0] if whole_of_it else None
