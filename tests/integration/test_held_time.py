"""Minutes by type against every second counted by hand: overlaps, corrections, voids, a night with another clock."""

import random
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

import pytest
from backbone.queries import Queries
from backbone.recorded import Meta, Recorded, partition_of
from chalkline_contracts import observations as o
from chalkline_contracts.event import Event
from conftest import TestDatabase
from kit.interleaving import in_batches, interleaved, projected
from observations.held_time import HELD_TIME, ORDER

pytestmark = [pytest.mark.integration, pytest.mark.service("observations")]

TENANT, PAIR, TINA = UUID(int=1), UUID(int=11), UUID(int=12)
COACHES = [UUID(int=n) for n in (21, 22, 23)]
ZONE = "America/Chicago"
sql = Queries("observations", "sql/queries")


class Log:
    """Events of observations in the order of their log."""

    def __init__(self) -> None:
        self.events: list[Recorded[Any]] = []

    def tell(self, own_id: UUID, event: Event) -> None:
        at = event.happened_at or datetime(2026, 6, 1, tzinfo=UTC)
        self.events.append(
            Recorded(
                source="observations", position=len(self.events) + 1, partition=partition_of(TENANT, own_id),
                event_id=uuid5(own_id, str(len(self.events))), tenant=TENANT, aggregate_id=own_id, version=1,
                event=event, occurred_at=at, recorded_at=at, cause=Meta("system:test", "", "", ""),
            )
        )  # fmt: skip


def year_of(seed: int) -> tuple[Log, list[tuple[UUID, str, datetime, int]]]:
    """Random time of three coaches around the night of 8 March, and what of it holds: coach, type, begin, seconds."""
    rng, log, holds = random.Random(seed), Log(), []
    for n in range(30):
        coach, own_id = rng.choice(COACHES), UUID(int=1000 + n)
        begin = datetime(2026, 3, 7, 20, tzinfo=UTC) + timedelta(seconds=rng.randrange(0, 3 * 86_400))
        whose: dict[str, Any] = {"partnership_id": PAIR, "coach_id": coach, "teacher_ids": (TINA,)}
        if rng.random() < 0.5:
            kind = rng.choice(ORDER[1:])
            minutes = rng.randrange(1, 240)
            log.tell(own_id, o.ActivityHeld(
                **whose, type=kind, started_at=begin, minutes=minutes, participants_n=1, recorded_by=coach,
            ))  # fmt: skip
            holds.append((coach, kind, begin, 60 * minutes))
            continue
        seconds = rng.randrange(60, 14_400)
        log.tell(own_id, o.ObservationRecorded(
            **whose, started_at=begin + timedelta(microseconds=rng.randrange(10**6)), duration_s=seconds,
            mode="live", chosen_by="joint", recorded_by=coach,
        ))  # fmt: skip
        for _ in range(rng.randrange(3)):
            begin, seconds = begin + timedelta(seconds=rng.randrange(-4000, 4000)), rng.randrange(60, 14_400)
            log.tell(own_id, o.ObservationCorrected(
                **whose, started_at=begin, duration_s=seconds, corrected_at=begin, reason_code="typo",
                corrected_by=coach,
            ))  # fmt: skip
        if rng.random() < 0.3:
            log.tell(own_id, o.ObservationVoided(**whose, reason_code="wrong_class", voided_by=coach))
        else:
            holds.append((coach, "observe", begin, seconds))
    return log, holds


def second_by_second(holds: Sequence[tuple[UUID, str, datetime, int]]) -> dict[tuple[UUID, int], int]:
    """Of each second of each coach the place of its type: the one that comes first of those that fill it."""
    spent: dict[tuple[UUID, int], int] = {}
    for coach, kind, start, seconds in holds:
        first, rank = int(start.timestamp()), ORDER.index(kind)
        for second in range(first, first + seconds):
            spent[coach, second] = min(spent.get((coach, second), rank), rank)
    return spent


def by_hand(
    spent: dict[tuple[UUID, int], int], begin: date, end: date, per: str
) -> Counter[tuple[UUID, date, str]]:
    found: Counter[tuple[UUID, date, str]] = Counter()
    days = {
        hour: datetime.fromtimestamp(hour * 3600, ZoneInfo(ZONE)).date()
        for hour in {s // 3600 for _, s in spent}
    }
    for (coach, second), rank in spent.items():
        day = days[second // 3600]
        if begin <= day <= end:
            monday, first = day - timedelta(days=day.weekday()), day.replace(day=1)
            period = {"week": max(begin, monday), "month": max(begin, first)}.get(per, begin)
            found[coach, period, ORDER[rank]] += 1
    return found


@pytest.mark.parametrize("seed", range(2))
async def test_every_second_of_a_coach_counts_once(database: TestDatabase, seed: int) -> None:
    log, holds = year_of(seed)
    rng = random.Random(seed)
    await projected(database.app, [HELD_TIME], in_batches(interleaved([log.events], rng), rng))
    spent = second_by_second(holds)
    for begin, end in ((date(2026, 3, 1), date(2026, 3, 31)), (date(2026, 3, 8), date(2026, 3, 9)),
                       (date(2026, 2, 25), date(2026, 3, 8))):  # fmt: skip
        for per in ("period", "week", "month"):
            wide = (TENANT, begin, end + timedelta(days=1), per)
            rows = await database.app.fetch(sql.minutes, *wide, None, ZONE)
            told = {(r["coach_id"], r["begin"], r["type"]): r["seconds"] for r in rows if r["seconds"]}
            assert told == by_hand(spent, begin, end, per), (begin, end, per)
            one = await database.app.fetch(sql.minutes, *wide, COACHES[0], ZONE)
            assert one == [r for r in rows if r["coach_id"] == COACHES[0]]
    assert await database.app.fetch(sql.minutes, UUID(int=2), *wide[1:], None, ZONE) == []


async def test_periods_lie_within_what_was_asked_for(database: TestDatabase) -> None:
    log, _ = year_of(1)
    await projected(database.app, [HELD_TIME], [log.events])
    wide = (TENANT, date(2026, 2, 25), date(2026, 3, 11), "week", None, ZONE)
    periods = {(r["begin"], r["end"]) for r in await database.app.fetch(sql.minutes, *wide)}
    assert periods == {(date(2026, 3, 2), date(2026, 3, 8)), (date(2026, 3, 9), date(2026, 3, 10))}
