"""Figures of a school year by month: of each kind of thing the months that are over, and the year as far as they are.

Told by release (`releasing.py`), as whoever made it knew them: what is corrected later, or told late, changes a month
that was told once five people are concerned, and not before.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from backbone.releasing import Turn
from backbone.suppressing import STAFF
from backbone.telling import Division, Groups, Key, Table

YEAR: Final = None
"""The place of a kind's year among its months."""


@dataclass(frozen=True, slots=True)
class Counted:
    """Something that counts in a month, such as a measurement."""

    thing: str
    """Named after how it stands: what was corrected is another."""
    kind: str
    month: str
    people: Collection[UUID]
    counts: Mapping[str, int]
    """What is summed up beside how many there are."""


def released(turn: Turn) -> tuple[Any, Any]:
    """What is told until the next month, and what the next release goes on from; `turn.rows` are `Counted`."""
    groups, table = Groups(_divided, turn.kept), Table.again(turn.told) if turn.told else Table()
    things: dict[str, Counted] = {one.thing: one for one in turn.rows if one.month < turn.until}
    for name, one in sorted(things.items()):
        groups.put(name, ((one.kind, YEAR), (one.kind, one.month)))

    def within(key: Key) -> list[Counted]:
        return [things[name] for name in groups.rows[key]]

    newly = groups.tell(
        lambda key: len(_people(within(key))) >= STAFF, lambda name: min(things[name].people, default=None)
    )
    table.there = groups.there()
    table.told |= {key: _summed(within(key)) for key in sorted(newly, key=str)}
    return table.kept(), groups.kept()


def told(release: Any | None) -> Iterator[tuple[str, str | None, Mapping[str, int] | None]]:
    """Each kind's year, then its months, with what is counted in it; None: that is hidden."""
    table = Table() if release is None else Table.again(release)
    for kind, month in sorted(table.there, key=lambda key: (str(key[0]), key[1] or "")):
        yield str(kind), month, table.told.get((kind, month))


def _summed(things: Sequence[Counted]) -> dict[str, int]:
    names = things[0].counts
    return {
        "things_n": len(things),
        "people_n": len(_people(things)),
        **{name: sum(one.counts[name] for one in things) for name in names},
    }


def _people(things: Iterable[Counted]) -> set[UUID]:
    return {who for one in things for who in one.people}


def _divided(keys: Collection[Key]) -> Sequence[Division]:
    return [
        (whole, [key for key in keys if key[0] == whole[0] and key[1] is not YEAR])
        for whole in sorted((key for key in keys if key[1] is YEAR), key=str)
    ]
