"""Everything that is known, by aggregate, and what an event touches in it.

The same over rows, of which it holds those that a batch needs, and in memory, where it holds all.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple, cast
from uuid import UUID

from backbone.recorded import Recorded
from chalkline_contracts.goals import ProgressRetracted

from notifications import watched as w
from notifications.watching import KINDS, MEASURING, measured


class Key(NamedTuple):
    """One aggregate."""

    tenant: UUID
    kind: str
    own_id: UUID


Own = tuple[int, str, int]
"""The same in integers, which are hashed ten times as fast as UUIDs: keys are most of the work here."""


def own(key: Key) -> Own:
    return (key[0].int, key[1], key[2].int)


class World:
    """States by key; the parts of each cycle are found by its id."""

    def __init__(self) -> None:
        self._states: dict[Own, tuple[Key, w.Watched]] = {}
        self._parts: dict[tuple[int, int], dict[Own, None]] = defaultdict(dict)
        self._rules: dict[int, dict[Own, None]] = defaultdict(dict)
        self._measured: dict[Own, dict[int, w.Measured]] = defaultdict(dict)
        """Of each goal its measurements, or those of them that count."""

    def get(self, key: Key) -> w.Watched | None:
        found = self._states.get(own(key))
        return found[1] if found else None

    def put(self, key: Key, state: w.Watched) -> None:
        self._put(own(key), key, state, self.get(key))

    def put_measured(self, goal: Key, measurement_id: UUID, when: w.Measured) -> None:
        self._measured[own(goal)][measurement_id.int] = when

    def note(self, recorded: Recorded[Any]) -> tuple[Key, ...]:
        """Changes what is known of an event's aggregate; returns what that touches: cycles, or what they depend on."""
        key = Key(recorded.tenant, type(recorded.event).aggregate, recorded.aggregate_id)
        name = own(key)
        found = self._states.get(name)
        before = found[1] if found else initial(key.kind)
        after = KINDS[key.kind][1](before, recorded)
        measures = self._measure(name, recorded)
        if after is None or (after == before and not measures):
            return ()
        moved = self._put(name, key, after, found[1] if found else None)
        return (
            (touched_by(key, after), touched_by(key, before))
            if moved and before
            else (touched_by(key, after),)
        )

    def _measure(self, goal: Own, recorded: Recorded[Any]) -> bool:
        """Whether the event changed what was measured of a goal."""
        if type(recorded.event) not in MEASURING:
            return False
        for measurement_id, when in measured(recorded):
            self._measured[goal][measurement_id.int] = when
        if isinstance(recorded.event, ProgressRetracted):
            own_id = recorded.event.measurement_id.int
            if told := self._measured[goal].get(own_id):
                self._measured[goal][own_id] = told._replace(retracted_at=recorded.recorded_at)
        return True

    def _put(self, name: Own, key: Key, state: w.Watched, before: w.Watched | None) -> bool:
        """Whether it was part of something else before."""
        watch = watch_of(key, state)
        self._states[name] = (key, state)
        if before is not None and (left := watch_of(key, before)) == watch:
            return False
        self._parts[name[0], watch.int][name] = None
        if key.kind == "MilestoneRule":
            self._rules[name[0]][name] = None
        if before is None:
            return False
        del self._parts[name[0], left.int][name]
        return True

    def known(self, tenant: UUID, watch_id: UUID) -> w.Known | None:
        """All about a cycle, or a partnership beyond its cycles; None while neither is known."""
        cycle = cast(w.Cycle | None, self.get(Key(tenant, "Cycle", watch_id)))
        partnership_id = cycle.partnership_id if cycle else watch_id
        partnership = cast(w.Partnership | None, self.get(Key(tenant, "Partnership", partnership_id)))
        if cycle is None and partnership is None:
            return None
        parts = [self._states[name] for name in self._parts[tenant.int, watch_id.int]]
        watch = cast(w.Watch | None, self.get(Key(tenant, "CycleWatch", watch_id)))
        district = cast(w.District | None, self.get(Key(tenant, "District", tenant)))
        rules = [self._states[name][1] for name in self._rules[tenant.int]]
        return w.Known(
            cycle=cycle,
            partnership=partnership,
            goals={key.own_id: part for key, part in parts if isinstance(part, w.Goal)},
            measured={
                key.own_id: tuple(found.values())
                for key, part in parts
                if isinstance(part, w.Goal) and (found := self._measured.get(own(key)))
            },
            visits={
                key.own_id: part
                for key, part in parts
                if isinstance(part, w.Visit) and part.partnership_id == partnership_id
            },  # an observation may name another partnership's cycle
            steps={key.own_id: part for key, part in parts if isinstance(part, w.Step)},
            reached=frozenset(watch.reached) if watch else frozenset(),
            district=district or w.District(),
            rules=cast(list[w.PublishedRule], rules),
            bands={one: self._band(tenant, one) for one in cycle.teacher_ids} if cycle else {},
        )

    def _band(self, tenant: UUID, person_id: UUID) -> str | None:
        person = self.get(Key(tenant, "Person", person_id))
        return person.experience_band if isinstance(person, w.Person) else None

    def watches_touched(self, touched: Iterable[Key]) -> set[tuple[UUID, UUID]]:
        """The cycles and partnerships in here that depend on any of these."""
        wanted = {own(key) for key in touched}
        return {
            (key.tenant, key.own_id)
            for key, state in self._states.values()
            if isinstance(state, w.Cycle | w.Partnership)
            and not wanted.isdisjoint(own(one) for one in depends(key, state))
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


def touched_by(key: Key, state: w.Watched) -> Key:
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
