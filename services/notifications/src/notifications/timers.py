"""The projection of timers: what will fall due in a cycle, from all that is known of it.

Facts of many aggregates meet in one timer, and nobody promises their order. So each event changes a row of
its own aggregate and notes what that touches; when a batch is noted, the timers of every cycle it touched are
worked out anew from the rows: the same facts give the same timers, in whatever order they came.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple, TypeAlias
from uuid import UUID

from backbone.projector import Connection, Projection
from backbone.queries import Queries
from backbone.recorded import Recorded, partition_of
from backbone.rows import columns
from chalkline_contracts.goals import ProgressRetracted, Trend
from chalkline_contracts.notifications import Recipient
from pydantic import TypeAdapter

from notifications import watched as w
from notifications.clocks import Timer, last_visit, timers_of
from notifications.cycle_watch import ReachMilestone
from notifications.watching import HANDLES, KINDS, MEASURING, measured
from notifications.world import Key, Own, World, initial, own, touched_by, watch_of

sql = Queries("notifications", "sql/queries")

Row: TypeAlias = Any
"""An asyncpg Record: read by column name."""

WatchId = tuple[UUID, UUID]
"""(tenant, id) of a cycle, or of a partnership beyond its cycles."""


class TimerRow(NamedTuple):
    """A row of `timers`; its first four say which it is."""

    tenant: UUID
    watch_id: UUID
    rule: str
    occurrence: str
    rule_version: int
    partition: int
    due_at: datetime
    send_at: datetime | None
    goal_id: UUID | None
    recipients: str
    """Each as "role:person"."""
    reached: bool
    of_partnership: bool


AT_ONCE: Final = 500
"""How many are worked out together."""


async def project(events: Sequence[Recorded[Any]], db: Connection) -> None:
    histories: dict[Own, tuple[Key, list[Recorded[Any]]]] = {}
    for recorded in events:
        key = Key(recorded.tenant, type(recorded.event).aggregate, recorded.aggregate_id)
        histories.setdefault(own(key), (key, []))[1].append(recorded)
    ordered = [histories[name] for name in sorted(histories)]
    rows = await db.fetch(sql.watched, *columns([key for key, _ in ordered], 3))
    known = {own(key): state for key, state in map(_told, rows)}
    changed: list[tuple[Any, ...]] = []
    touched: list[Key] = []
    for key, history in ordered:
        before = after = known.get(own(key)) or initial(key.kind)
        for recorded in history:
            after = KINDS[key.kind][1](after, recorded)
        if after is None or (after == before and not any(type(r.event) in MEASURING for r in history)):
            continue
        if after != before:
            changed.append(_row(key, after))
        touched += {touched_by(key, state) for state in (before, after) if state is not None}
    if changed:
        await db.execute(sql.watch, *columns(changed, 7))
    await _measure([recorded for recorded in events if type(recorded.event) in MEASURING], db)
    if touched:
        await db.execute(sql.touch, *columns(_sorted(touched), 3))


async def _measure(events: Sequence[Recorded[Any]], db: Connection) -> None:
    """What was measured is noted, and then what was retracted, which comes after it."""
    told = [
        (r.tenant, r.aggregate_id, own_id, when.occurred_at, when.recorded_at)
        for r in events
        for own_id, when in measured(r)
    ]
    retracted = [
        (r.tenant, r.aggregate_id, r.event.measurement_id, r.recorded_at)
        for r in events
        if type(r.event) is ProgressRetracted
    ]
    if told:
        await db.execute(sql.note_measured, *columns(told, 5))
    if retracted:
        await db.execute(sql.note_retracted, *columns(retracted, 4))


async def work_out(db: Connection) -> None:
    """The timers of all that was touched. Whoever is at it is waited for, so that each sees the other's rows."""
    await db.execute(sql.hold_timers)
    watches = sorted((row["tenant"], row["watch_id"]) for row in await db.fetch(sql.touched))
    for first in range(0, len(watches), AT_ONCE):
        await _work_out(watches[first : first + AT_ONCE], db)
    await db.execute(sql.forget_touched)


async def _work_out(watches: Sequence[WatchId], db: Connection) -> None:
    world = World()
    _hold(world, await db.fetch(sql.parts_of_watches, *columns(watches, 2)))
    _hold(world, await db.fetch(sql.watched, *columns(_sorted(_around(world, watches)), 3)))
    _hold(world, await db.fetch(sql.rules_watched, list({tenant for tenant, _ in watches})))
    for row in await db.fetch(sql.measured_last, *columns(watches, 2)):
        goal = Key(row["tenant"], "Goal", row["goal_id"])
        told = w.Measured(row["occurred_at"], row["recorded_at"], row["retracted_at"])
        world.put_measured(goal, row["measurement_id"], told)
    known = {watch: found for watch in watches if (found := world.known(*watch)) is not None}
    caseload = [_on_caseload(watch, one, one.cycle) for watch, one in known.items() if one.cycle]
    await db.execute(sql.put_caseload, *columns(caseload, 15))
    await _put_timers({watch: timers_of(one) for watch, one in known.items()}, known, db)


def _sorted(keys: Iterable[Key]) -> list[Key]:
    """Each of them once, in one order for all who write."""
    found = {own(key): key for key in keys}
    return [found[name] for name in sorted(found)]


def _around(world: World, watches: Iterable[WatchId]) -> Iterator[Key]:
    """What these depend on that is no part of them."""
    for tenant, own_id in watches:
        yield Key(tenant, "District", tenant)
        cycle = world.get(Key(tenant, "Cycle", own_id))
        if isinstance(cycle, w.Cycle):
            yield Key(tenant, "Partnership", cycle.partnership_id)
            yield from (Key(tenant, "Person", teacher) for teacher in cycle.teacher_ids)


async def _put_timers(
    wanted: Mapping[WatchId, Iterable[Timer]], known: Mapping[WatchId, w.Known], db: Connection
) -> None:
    """Writes what differs from the rows that are there."""
    there = {
        row[:4]: row for row in map(tuple, await db.fetch(sql.timers_of_watches, *columns(list(wanted), 2)))
    }
    rows = (
        row_of(watch, timer, of_partnership=known[watch].cycle is None)
        for watch, timers in wanted.items()
        for timer in timers
    )
    here = {row[:4]: row for row in rows}
    if gone := sorted(there.keys() - here.keys()):
        await db.execute(sql.drop_timers, *columns(gone, 4))
    if changed := [here[key] for key in sorted(here) if here[key] != there.get(key)]:
        await db.execute(sql.put_timers, *columns(changed, 12))


def row_of(watch: WatchId, timer: Timer, *, of_partnership: bool) -> TimerRow:
    recipients = ",".join(f"{role}:{person_id}" for role, person_id in timer.recipients)
    return TimerRow(
        *watch, timer.milestone, timer.occurrence, timer.version, partition_of(*watch), timer.due_at, timer.send_at,
        timer.goal_id, recipients, timer.reached, of_partnership,
    )  # fmt: skip


def _on_caseload(watch: WatchId, known: w.Known, cycle: w.Cycle) -> tuple[Any, ...]:
    visited = last_visit(known.visits.values())
    trends = {
        str(goal_id): goal.trend
        for goal_id, goal in sorted(known.goals.items())
        if goal.set_at and not goal.over
    }
    return (
        *watch, cycle.partnership_id, known.coach_id,
        ",".join(map(str, cycle.teacher_ids)), known.band, cycle.focus, cycle.phase,
        cycle.time_zone, cycle.started_at, cycle.began, cycle.closed_at is None and not known.ended,
        bool(cycle.pauses) and cycle.pauses[-1].end is None, visited and visited[0], _trends.dump_json(trends).decode(),
    )  # fmt: skip


def _row(key: Key, state: w.Watched) -> tuple[Any, ...]:
    """A row of `watched`."""
    told = CODECS[key.kind].dump_json(state).decode()
    cycle = state if isinstance(state, w.Cycle) else None
    teachers = ",".join(map(str, cycle.teacher_ids)) if cycle else None
    return (*key, watch_of(key, state), cycle and cycle.partnership_id, teachers, told)


def _hold(world: World, rows: Sequence[Row]) -> None:
    for row in rows:
        world.put(*_told(row))


def _told(row: Row) -> tuple[Key, w.Watched]:
    """What a row of `watched` tells."""
    key = Key(row["tenant"], row["kind"], row["own_id"])
    return key, CODECS[key.kind].validate_json(row["told"])


CODECS: Final = {kind: TypeAdapter[Any](state) for kind, (state, _) in KINDS.items()}
_trends = TypeAdapter(dict[str, Trend])


def reach(row: Row) -> ReachMilestone:
    """The command by which a due timer fires, from its row."""
    heard = (one.partition(":") for one in row["recipients"].split(","))
    return ReachMilestone(
        milestone=row["rule"],
        rule_version=row["rule_version"],
        occurrence=row["occurrence"],
        due_at=row["due_at"],
        goal_id=row["goal_id"],
        of_partnership=row["of_partnership"],
        recipients=tuple(Recipient(person_id=UUID(person_id), role=role) for role, _, person_id in heard),
    )


TIMERS = Projection(name="timers", handles=HANDLES, project=project, settle=work_out)
