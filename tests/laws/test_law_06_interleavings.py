"""Law 6, continued: whatever order aggregates come in, every projection and policy of every service says the same."""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from backbone.deciding import Reaction
from backbone.facts import Facts
from backbone.policies import NotProjected, Policy
from backbone.projector import Projection
from backbone.queries import Queries
from backbone.reading import Progress
from backbone.reads import Reads
from backbone.recorded import Recorded
from backbone.service import Service
from chalkline import postgres
from chalkline_contracts import goals as g
from chalkline_contracts import observations as o
from chalkline_contracts.event import catalogue
from conftest import TestDatabase, fresh_database
from contracts.untold import UNTOLD
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kit.interleaving import (
    differences,
    divided,
    in_batches,
    interleaved,
    projected,
    projected_at_once,
    reactions,
)
from kit.story import SERVICES, Story
from kit.telling import Telling
from notifications import timers as timing
from notifications.policies import when_a_cycle_comes_to_a_milestone
from observations import held_time

pytestmark = pytest.mark.integration


@cache
def story(seed: int) -> Story:
    return Story(seed)


def service_of(name: str) -> Service:
    found: Service = import_module(f"{name}.app").SERVICE
    return found


@pytest.fixture(params=SERVICES)
async def served(
    request: pytest.FixtureRequest, postgres_server: postgres.Postgres, secrets: Path
) -> AsyncIterator[tuple[Service, TestDatabase]]:
    async with fresh_database(postgres_server, secrets, request.param) as database:
        yield service_of(request.param), database


async def mixed(
    service: Service, database: TestDatabase, projections: Sequence[Projection], seed: int, rng: random.Random
) -> None:
    logs = [story(seed).recorded[source] for source in service.sources]
    in_order = [[recorded] for log in logs for recorded in log]
    expected = await projected(database.app, projections, in_order)
    batches = in_batches(interleaved(logs, rng), rng)
    assert differences(expected, await projected(database.app, projections, batches)) == {}


@settings(
    max_examples=8,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    derandomize=True,
    database=None,
)
@given(seed=st.integers(1, 4), rng=st.randoms(use_true_random=True))
async def test_every_projection_says_the_same_in_any_order_of_aggregates(
    served: tuple[Service, TestDatabase], seed: int, rng: random.Random
) -> None:
    service, database = served
    await mixed(service, database, service.all_projections, seed, rng)


async def shared(service: Service, database: TestDatabase, seed: int, rng: random.Random) -> None:
    """Two replicas project their partitions at the same time, in transactions of their own."""
    logs = [story(seed).recorded[source] for source in service.sources]
    in_order = [[recorded] for log in logs for recorded in log]
    expected = await projected(database.app, service.all_projections, in_order)
    batches = [in_batches(events, rng) for events in divided(logs, rng)]
    found = await projected_at_once(database.app, service.all_projections, batches)
    assert differences(expected, found) == {}


async def test_every_projection_says_the_same_when_two_replicas_divide_its_partitions(
    served: tuple[Service, TestDatabase],
) -> None:
    for n in range(3):
        await shared(*served, 1 + n, random.Random(n))


async def ended_while_it_started(database: TestDatabase) -> None:
    """One replica tells of a partnership's end while another tells of its cycle: neither sees the other's rows."""
    telling, pair, cycle, coach, teacher = Telling(), *(UUID(int=n) for n in range(1, 5))
    started = g.CycleStarted(
        partnership_id=pair, coach_id=coach, teacher_ids=(teacher,), focus="engagement", cadence_days=14,
        template="impact-cycle@1", phases=("identify",), planned_weeks=6,
    )  # fmt: skip
    start = telling.tell(cycle, started)
    end = telling.tell(pair, g.PartnershipEnded(coach_id=coach, teacher_ids=(teacher,)))

    async def take(recorded: Recorded[Any]) -> None:
        async with database.app.acquire() as db, db.transaction():
            await timing.TIMERS.take([recorded], db)

    async with database.app.acquire() as db, db.transaction():
        await timing.TIMERS.take([end], db)
        other = asyncio.create_task(take(start))
        await asyncio.wait([other], timeout=1.0)  # it waits, or should not have ended
    await other
    assert await database.app.fetchval("SELECT count(*) FROM caseload WHERE NOT open") == 1
    assert await database.app.fetchval("SELECT count(*) FROM timers") == 0


@pytest.mark.service("notifications")
async def test_timers_are_worked_out_by_one_replica_after_the_other(database: TestDatabase) -> None:
    await ended_while_it_started(database)


@pytest.mark.service("notifications")
async def test_timers_worked_out_without_waiting_for_each_other_would_differ(
    database: TestDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(timing.sql._texts, "hold_timers", "SELECT 1")
    with pytest.raises(AssertionError):
        await ended_while_it_started(database)


async def half_an_hour_twice(database: TestDatabase) -> None:
    """One replica tells of a visit while another tells of a talk that began in it: neither sees the other's stretch."""
    telling, coach, at = Telling(), UUID(int=1), datetime(2026, 3, 2, 15, tzinfo=UTC)
    whose: dict[str, Any] = {"partnership_id": UUID(int=2), "coach_id": coach, "teacher_ids": (UUID(int=3),)}
    visit = telling.tell(UUID(int=4), o.ObservationRecorded(
        **whose, started_at=at, duration_s=3600, mode="live", chosen_by="joint", recorded_by=coach,
    ))  # fmt: skip
    talk = telling.tell(UUID(int=5), o.ActivityHeld(
        **whose, type="debrief", started_at=at + timedelta(minutes=30), minutes=60, participants_n=1,
        recorded_by=coach,
    ))  # fmt: skip

    async def take(recorded: Recorded[Any]) -> None:
        async with database.app.acquire() as db, db.transaction():
            await held_time.HELD_TIME.take([recorded], db)

    async with database.app.acquire() as db, db.transaction():
        await held_time.HELD_TIME.take([visit], db)
        other = asyncio.create_task(take(talk))
        await asyncio.wait([other], timeout=1.0)  # it waits, or should not have ended
    await other
    assert await database.app.fetchval("SELECT sum(seconds) FROM coach_days") == 5400
    assert await database.app.fetchval("SELECT count(*) FROM touched_days") == 0


@pytest.mark.service("observations")
async def test_a_day_is_worked_out_by_one_replica_after_the_other(database: TestDatabase) -> None:
    await half_an_hour_twice(database)


@pytest.mark.service("observations")
async def test_a_day_worked_out_without_waiting_for_each_other_would_count_a_moment_twice(
    database: TestDatabase,
) -> None:
    await database.owner.execute("ALTER TABLE projections.touched_days DROP CONSTRAINT touched_days_pkey")
    with pytest.raises(AssertionError):
        await half_an_hour_twice(database)


@pytest.mark.service("goals")
async def test_a_projection_that_depended_on_the_order_would_be_found(database: TestDatabase) -> None:
    service = service_of("goals")

    async def last_wins(events: Sequence[Recorded[Any]], db: Any) -> None:
        """Each org overwrites one row of its district."""
        for recorded in events:
            await db.execute(
                "INSERT INTO orgs (tenant, org_id, type) VALUES ($1, $1, $2) ON CONFLICT (tenant, org_id)"
                " DO UPDATE SET type = excluded.type",
                recorded.tenant, str(recorded.aggregate_id),
            )  # fmt: skip

    handled = tuple(c for (owner, _), c in catalogue.items() if (owner, c.aggregate) == ("directory", "Org"))
    careless = Projection(name="careless", handles=handled, project=last_wins)

    async def a_few_times() -> None:
        for n in range(10):
            await mixed(service, database, [careless], 1, random.Random(n))

    with pytest.raises(AssertionError):
        await a_few_times()


async def test_every_policy_reacts_the_same_and_once_in_any_order(
    served: tuple[Service, TestDatabase],
) -> None:
    service, database = served
    logs = [story(1).recorded[source] for source in service.sources]
    await projected(database.app, service.all_projections, [[r] for log in logs for r in log])
    facts = Facts(Reads(database.app), Queries("backbone", "sql/facts"), Queries(service.name, "sql/facts"),
                  sources=service.sources, progress=Progress())  # fmt: skip

    def look(tenant: UUID) -> Any:
        async def row(query: str, key: UUID) -> Any:
            return await facts.row(query, tenant, key)

        return row

    expected = await reactions(service.policies, [r for log in logs for r in log], look)
    identities = [text.partition(" {")[0] for text in expected]
    assert len(set(identities)) == len(identities)
    for n in range(3):
        assert await reactions(service.policies, interleaved(logs, random.Random(n)), look) == expected


async def while_another_is_behind(database: TestDatabase, policies: Sequence[Policy]) -> None:
    """Another replica has projected nothing of its partitions of goals: what this one says of its own must be what
    it says when all is there, or that it has to wait.
    """
    service = service_of("notifications")
    logs = [story(1).recorded[source] for source in service.sources]
    facts = Facts(Reads(database.app), Queries("backbone", "sql/facts"), Queries(service.name, "sql/facts"),
                  sources=service.sources, progress=Progress())  # fmt: skip

    def look(tenant: UUID) -> Any:
        async def row(query: str, key: UUID) -> Any:
            return await facts.row(query, tenant, key)

        return row

    own, others = divided([story(1).recorded["goals"]], random.Random(1))
    elsewhere = [[r] for log in logs for r in log if r.source != "goals"]
    await projected(database.app, service.all_projections, [[r] for log in logs for r in log])
    expected = {r.event_id: await reactions(policies, [r], look) for r in own}
    await projected(database.app, service.all_projections, [*elsewhere, *([r] for r in own)])
    waiting = 0
    for recorded in own:
        try:
            assert await reactions(policies, [recorded], look) == expected[recorded.event_id]
        except NotProjected:
            waiting += 1
    assert 0 < waiting < len(own)
    assert others


@pytest.mark.service("notifications")
async def test_a_reaction_waits_for_what_another_replica_has_not_projected(database: TestDatabase) -> None:
    await while_another_is_behind(database, service_of("notifications").policies)


@pytest.mark.service("notifications")
async def test_a_reaction_that_did_not_wait_would_tell_nobody(database: TestDatabase) -> None:
    async def hasty(recorded: Recorded[Any], look: Any) -> AsyncIterator[Reaction]:
        """Takes a cycle it does not know for one that concerns nobody."""
        try:
            async for reaction in when_a_cycle_comes_to_a_milestone(recorded, look):
                yield reaction
        except NotProjected:
            return

    policy = replace(service_of("notifications").policies[0], react=hasty)
    with pytest.raises(AssertionError):
        await while_another_is_behind(database, [policy])


def test_the_story_tells_every_event_there_is() -> None:
    told = {
        type(r.event).__name__ for seed in range(1, 5) for log in story(seed).recorded.values() for r in log
    }
    missing = {name for (service, name) in catalogue if service in SERVICES} - told
    assert missing == {type(event).__name__ for event in UNTOLD if event.service in SERVICES}
