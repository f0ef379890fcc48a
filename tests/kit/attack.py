"""An attack on figures: to add them up and take them from each other, with whatever factors, knowing who is in what.

Each figure that is shown is a sum over things, each about somebody; all figures together are as many equations. A sum
of theirs in which fewer than five teachers are left is a success.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import combinations
from typing import Any
from uuid import UUID

from backbone.suppressing import STAFF

PRIME = 2**61 - 1

Sum = Mapping[Any, int]
"""A figure that is shown: how often it counts what."""


def reveals(
    sums: Sequence[Sum], teachers_in: Callable[[Any], Collection[UUID]], *, wholly: bool = False
) -> set[UUID] | None:
    """Fewer than five teachers of whom some sum of these sums tells; None: there is none. A thing is theirs where any
    of its teachers is among them; `wholly`: where all are, so that nobody else has a part in the sum.
    """

    def theirs(thing: Any, few: set[UUID]) -> bool:
        own = set(teachers_in(thing))
        return own <= few if wholly else bool(own & few)

    things = sorted({thing for one in sums for thing in one}, key=str)
    columns: dict[tuple[int, ...], set[Any]] = {}
    for thing in things:
        columns.setdefault(tuple(one.get(thing, 0) for one in sums), set()).add(thing)
    whole = rank(columns)
    people = sorted({who for thing in things for who in teachers_in(thing)})
    for few in combinations(people, min(STAFF - 1, len(people))):
        left = [
            column for column, those in columns.items() if not all(theirs(thing, set(few)) for thing in those)
        ]
        if rank(left) < whole:
            return set(few)
    return None


def rank(columns: Iterable[Sequence[int]]) -> int:
    """Of a matrix, modulo a large prime: as good as exact."""
    basis: dict[int, list[int]] = {}
    for column in columns:
        left = list(column)
        for place in range(len(left)):
            if not left[place]:
                continue
            if place not in basis:
                inverse = pow(left[place], -1, PRIME)
                basis[place] = [value * inverse % PRIME for value in left]
                break
            factor = left[place]
            left = [(a - factor * b) % PRIME for a, b in zip(left, basis[place], strict=True)]
    return len(basis)
