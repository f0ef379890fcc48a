"""Everything that is known, by aggregate, and what an event touches in it.

The same over rows, of which it holds those that a batch needs, and in memory, where it holds all.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple, cast
from uuid import UUID

from backbone.recorded import Recorded

from notifications import watched as w
from notifications.watching import KINDS


class Key(NamedTuple):
    """One aggregate."""

    tenant: UUID
    kind: str
    own_id: UUID


class World:
    """States by key; the parts of each cycle are found by its id."""

    def __init__(self) -> None:
        self._states: dict[Key, w.Watched] = {}
        self._parts: dict[tuple[UUID, UUID], dict[Key, None]] = defaultdict(dict)
        self._rules: dict[UUID, dict[Key, None]] = defaultdict(dict)

    def get(self, key: Key) -> w.Watched | None:
        return self._states.get(key)

    def put(self, key: Key, state: w.Watched) -> None:
        if (before := self._states.get(key)) and (cycle_id := cycle_of(key, before)) is not None:
            self._parts[key.tenant, cycle_id].pop(key, None)
        self._states[key] = state
        if (cycle_id := cycle_of(key, state)) is not None:
            self._parts[key.tenant, cycle_id][key] = None
        if key.kind == "MilestoneRule":
            self._rules[key.tenant][key] = None

    def note(self, recorded: Recorded[Any]) -> Iterator[Key]:
        """Changes what is known of an event's aggregate; yields what that may touch: cycles, or what they depend on."""
        key = Key(recorded.tenant, type(recorded.event).aggregate, recorded.aggregate_id)
        before = self._states.get(key) or initial(key.kind)
        after = KINDS[key.kind][1](before, recorded)
        if after is not None and after != before:
            self.put(key, after)
            yield touched(key, after)
            if before is not None and touched(key, before) != touched(key, after):
                yield touched(key, before)

    def known(self, tenant: UUID, cycle_id: UUID) -> w.Known | None:
        """All about a cycle; None while it is not known to have started."""
        cycle = self._states.get(Key(tenant, "Cycle", cycle_id))
        if not isinstance(cycle, w.Cycle):
            return None
        parts = [(key, self._states[key]) for key in sorted(self._parts[tenant, cycle_id])]
        watch = cast(w.Watch | None, self._states.get(Key(tenant, "CycleWatch", cycle_id)))
        partnership = self._states.get(Key(tenant, "Partnership", cycle.partnership_id))
        district = self._states.get(Key(tenant, "District", tenant))
        rules = [self._states[key] for key in sorted(self._rules[tenant])]
        return w.Known(
            cycle_id=cycle_id,
            cycle=cycle,
            partnership=cast(w.Partnership | None, partnership),
            goals={key.own_id: part for key, part in parts if isinstance(part, w.Goal)},
            visits={key.own_id: part for key, part in parts if isinstance(part, w.Visit)},
            steps={key.own_id: part for key, part in parts if isinstance(part, w.Step)},
            reached=frozenset(watch.reached) if watch else frozenset(),
            district=cast(w.District | None, district) or w.District(),
            rules=cast(list[w.PublishedRule], rules),
            bands={teacher: self._band(tenant, teacher) for teacher in cycle.teacher_ids},
        )

    def _band(self, tenant: UUID, person_id: UUID) -> str | None:
        person = self._states.get(Key(tenant, "Person", person_id))
        return person.experience_band if isinstance(person, w.Person) else None

    def cycles_touched(self, keys: Iterable[Key]) -> dict[tuple[UUID, UUID], None]:
        """The cycles in here that depend on any of these."""
        wanted, found = set(keys), dict[tuple[UUID, UUID], None]()
        for key, state in self._states.items():
            if isinstance(state, w.Cycle) and not wanted.isdisjoint(depends(key, state)):
                found[key.tenant, key.own_id] = None
        return found


def initial(kind: str) -> w.Watched | None:
    """What is known of an aggregate before its first event, where that says anything."""
    return w.Person() if kind == "Person" else None


def cycle_of(key: Key, state: w.Watched) -> UUID | None:
    """The cycle that something is a part of; a cycle is one of itself."""
    match state:
        case w.Goal() | w.Visit() | w.Step():
            return state.cycle_id
        case w.Cycle() | w.Watch():
            return key.own_id
    return None


def touched(key: Key, state: w.Watched) -> Key:
    """What a cycle depends on: itself, its partnership, its teachers, its district."""
    match state:
        case w.District() | w.PublishedRule():
            return Key(key.tenant, "District", key.tenant)
        case w.Partnership() | w.Person():
            return key
    return Key(key.tenant, "Cycle", cycle_of(key, state) or key.own_id)


def depends(key: Key, cycle: w.Cycle) -> Iterator[Key]:
    """The other way round: all that touches a cycle."""
    yield key
    yield Key(key.tenant, "Partnership", cycle.partnership_id)
    yield Key(key.tenant, "District", key.tenant)
    yield from (Key(key.tenant, "Person", teacher) for teacher in cycle.teacher_ids)
