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
        if before := self._states.get(key):
            self._parts[key.tenant, watch_of(key, before)].pop(key, None)
        self._states[key] = state
        self._parts[key.tenant, watch_of(key, state)][key] = None
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

    def known(self, tenant: UUID, watch_id: UUID) -> w.Known | None:
        """All about a cycle, or a partnership beyond its cycles; None while neither is known."""
        cycle = cast(w.Cycle | None, self._states.get(Key(tenant, "Cycle", watch_id)))
        partnership_id = cycle.partnership_id if cycle else watch_id
        partnership = cast(w.Partnership | None, self._states.get(Key(tenant, "Partnership", partnership_id)))
        if cycle is None and partnership is None:
            return None
        parts = [(key, self._states[key]) for key in sorted(self._parts[tenant, watch_id])]
        watch = cast(w.Watch | None, self._states.get(Key(tenant, "CycleWatch", watch_id)))
        district = cast(w.District | None, self._states.get(Key(tenant, "District", tenant)))
        return w.Known(
            cycle=cycle,
            partnership=partnership,
            goals={key.own_id: part for key, part in parts if isinstance(part, w.Goal)},
            visits={key.own_id: part for key, part in parts if isinstance(part, w.Visit)},
            steps={key.own_id: part for key, part in parts if isinstance(part, w.Step)},
            reached=frozenset(watch.reached) if watch else frozenset(),
            district=district or w.District(),
            rules=[cast(w.PublishedRule, self._states[key]) for key in sorted(self._rules[tenant])],
            bands={one: self._band(tenant, one) for one in cycle.teacher_ids} if cycle else {},
        )

    def _band(self, tenant: UUID, person_id: UUID) -> str | None:
        person = self._states.get(Key(tenant, "Person", person_id))
        return person.experience_band if isinstance(person, w.Person) else None

    def watches_touched(self, touched: Iterable[Key]) -> set[tuple[UUID, UUID]]:
        """The cycles and partnerships in here that depend on any of these."""
        wanted = set(touched)
        return {
            (key.tenant, key.own_id)
            for key, state in self._states.items()
            if isinstance(state, w.Cycle | w.Partnership) and not wanted.isdisjoint(depends(key, state))
        }


def initial(kind: str) -> w.Watched | None:
    """What is known of an aggregate before its first event, where that says anything."""
    return w.Person() if kind == "Person" else None


def watch_of(key: Key, state: w.Watched) -> UUID:
    """The cycle that something is a part of, or its partnership where it is of none; else itself."""
    match state:
        case w.Goal() | w.Step():
            return state.cycle_id
        case w.Visit():
            return state.cycle_id or state.partnership_id
    return key.own_id


def touched(key: Key, state: w.Watched) -> Key:
    """What the timers of a cycle or partnership depend on: itself, and what is around it."""
    match state:
        case w.District() | w.PublishedRule():
            return Key(key.tenant, "District", key.tenant)
        case w.Partnership() | w.Person():
            return key
    return Key(key.tenant, "Cycle", watch_of(key, state))


def depends(key: Key, state: w.Cycle | w.Partnership) -> Iterator[Key]:
    """The other way round: all that touches a cycle or partnership."""
    yield from (key, Key(key.tenant, "Cycle", key.own_id), Key(key.tenant, "District", key.tenant))
    if isinstance(state, w.Cycle):
        yield Key(key.tenant, "Partnership", state.partnership_id)
        yield from (Key(key.tenant, "Person", teacher) for teacher in state.teacher_ids)
