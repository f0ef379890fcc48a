"""Groups of things as they are, and which of them are told anew: what a release of figures is made of.

A group that changed is told only where that, beside all that was told before and of other groups, tells of nobody few
enough to be known (`differencing.py`). Until then what was told stands. A thing is named after what it is and how it
stands: one that stands otherwise is another.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from uuid import UUID

from backbone.differencing import Known, added_up
from backbone.suppressing import STAFF

Key: TypeAlias = tuple[str | None, ...]
"""A group: a division, and what it is in it."""
Thing: TypeAlias = str
Division: TypeAlias = tuple[Key, Sequence[Key]]
"""A whole and its parts; these need not be all of it."""
About: TypeAlias = Callable[[Thing], UUID | None]
"""Whom a thing is about; None: it counts for nobody."""


@dataclass(slots=True)
class Table:
    """Which groups there are of a kind, and what is told of them, as JSON; what is not told is hidden."""

    there: Collection[Key] = frozenset()
    told: dict[Key, dict[str, Any]] = field(default_factory=dict)

    @classmethod
    def again(cls, kept: Any) -> "Table":
        return cls(frozenset(map(tuple, kept["there"])), {tuple(key): told for key, told in kept["told"]})

    def kept(self) -> Any:
        return {"there": sorted(self.there, key=str), "told": list(self.told.items())}


class Groups:
    """Groups of one kind of thing as they are, and what is known of them."""

    def __init__(
        self, divided: Callable[[Collection[Key]], Sequence[Division]], kept: Any | None = None
    ) -> None:
        """`kept`: from where another release left it, its things to be put before anything is told."""
        known, stood = kept or (None, [])
        self.rows: dict[Key, dict[Thing, None]] = defaultdict(dict)
        """In the order in which they came: whoever works it out again finds the same."""
        self._divided = divided
        self._known: Known[Key, Thing] = Known.again(known) if known else Known()
        self._stood: dict[Key, frozenset[Thing]] = {tuple(key): frozenset(things) for key, things in stood}
        """As they were last told."""

    def put(self, one: Thing, groups: Iterable[Key], *, gone: bool = False) -> None:
        for key in groups:
            if gone:
                self.rows[key].pop(one, None)
            else:
                self.rows[key][one] = None

    def kept(self) -> Any:
        """All that the next release has to know, as JSON."""
        return [self._known.kept(), [[key, sorted(things)] for key, things in self._stood.items()]]

    def current(self, key: Key) -> bool:
        """Whether what was told of it last is how it is."""
        rows = self.rows.get(key, {})
        return bool(rows) and self._stood.get(key) == rows.keys()

    def there(self) -> list[Key]:
        return sorted((key for key, things in self.rows.items() if things), key=str)

    def tell(self, may: Callable[[Key], bool], about: About) -> frozenset[Key]:
        """Tells of those that changed and of which it may, and of what is told by what was; returns which."""

        def whom(one: Thing) -> UUID | None:
            return self._known.whose[one] if one in self._known.whose else about(one)

        wanted = {key: self.rows[key] for key in self.there() if not self.current(key) and may(key)}
        wanted = {key: things for key, things in wanted.items() if self._enough_changed(key, whom)}
        if not wanted:
            return frozenset()
        divided = self._divided(self.rows)
        spared, new = self._spared(wanted, divided), {*wanted}
        for those in (wanted.keys() - spared, spared):
            rows = {key: wanted[key] for key in those & new}
            people = {one: whom(one) for things in rows.values() for one in things}
            self._stand(self._known.tell(rows, people), new)
            self._follow(new, divided)
        return frozenset(wanted.keys() - new)

    def _stand(self, told: Iterable[Key], new: set[Key]) -> None:
        for key in told:
            self._stood[key] = frozenset(self.rows[key])
            new.discard(key)

    def _enough_changed(self, key: Key, about: About) -> bool:
        """Whether it can be told at all: what changed by few alone is what a difference of two months would tell."""
        changed = self.rows[key].keys() ^ self._stood.get(key, frozenset())
        return len({who for one in changed if (who := about(one))}) >= STAFF

    def _spared(self, wanted: Mapping[Key, Collection[Thing]], divided: Sequence[Division]) -> set[Key]:
        """Of each division the smallest, where it will be what the others leave of the whole."""
        spared = set()
        for of, among in divided:
            new = sorted(wanted.keys() & set(among), key=lambda key: (len(wanted[key]), str(key)))
            told = {key for key in (of, *among) if key in wanted or self.current(key)}
            if new and added_up(self.rows, of, among, told - {new[0]}) == new[0]:
                spared.add(new[0])
        return spared

    def _follow(self, new: set[Key], divided: Sequence[Division]) -> None:
        """What is told by what was told is told: another row of the same things, or what is left of a whole."""
        for key in sorted(new, key=str):
            own = self.rows[key]
            if any(len(own) == len(things) and own == things and self.current(other)
                   for other, things in self.rows.items()):  # fmt: skip
                self._stand([key], new)
        for of, among in divided:
            last = added_up(self.rows, of, among, {key for key in (of, *among) if self.current(key)})
            if last in new:
                self._stand([last], new)
