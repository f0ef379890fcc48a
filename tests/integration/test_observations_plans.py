"""The reads of observations in a large district, beside others of its size: each finds its rows by an index, and
reads little more than it shows.
"""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime
from hashlib import md5
from typing import Any
from uuid import UUID

import pytest
from backbone.queries import Queries
from conftest import TestDatabase
from observations.held_time import work_out

pytestmark = [pytest.mark.integration, pytest.mark.service("observations")]

TENANT = UUID(int=1)
OF = "(SELECT lpad(d::text, 32, '0')::uuid AS tenant FROM generate_series(1, 3) AS d) AS t"
"""Three districts."""
PAIR, COACH = "md5('pair' || n % 2000)::uuid", "md5('coach' || n % 2000 % 60)::uuid"
TEACHERS, CYCLE = "ARRAY[md5('teacher' || n % 2000)::uuid]", "md5('cycle' || n % 4000)::uuid"
AT = "timestamptz '2025-08-15' + n * interval '20 minutes'"
DISTRICTS = (
    f"""INSERT INTO partnerships (tenant, partnership_id, coach_id, teacher_ids, status, since)
        SELECT tenant, {PAIR}, {COACH}, {TEACHERS}, CASE WHEN n % 10 = 0 THEN 'ended' ELSE 'agreed' END, now()
          FROM {OF}, generate_series(1, 2000) AS n""",
    f"""INSERT INTO coached_cycles (tenant, cycle_id, partnership_id, coach_id, teacher_ids, left_ids, focus,
               phases, planned_weeks, cadence_days, time_zone, started_at, ended_at, pauses, began, position)
        SELECT tenant, {CYCLE}, {PAIR}, {COACH}, {TEACHERS}, '{{}}', 'engagement', '{{learn}}', 6, 14,
               'America/Chicago', timestamptz '2025-08-15' + n * interval '1 hour', NULL,
               '[["2025-12-01", "2025-12-05"]]', n, n
          FROM {OF}, generate_series(1, 4000) AS n""",
    """INSERT INTO coached_teachers (tenant, teacher_id, started_at, began, cycle_id)
       SELECT tenant, teacher_ids[1], started_at, began, cycle_id FROM coached_cycles""",
    f"""INSERT INTO held_stretches (tenant, source_id, coach_id, partnership_id, cycle_id, teacher_ids, type, begins,
               ends, position)
        SELECT tenant, md5('held' || n)::uuid, {COACH}, {PAIR}, {CYCLE}, {TEACHERS},
               (ARRAY['observe', 'model', 'coteach', 'plan'])[n % 4 + 1], {AT}, {AT} + interval '40 minutes', n
          FROM {OF}, generate_series(1, 16000) AS n""",
    f"""INSERT INTO fidelity_measurements (tenant, source_id, measurement_id, checklist, occurred_at, met, total,
               teacher_ids)
        SELECT tenant, md5('held' || n)::uuid, md5('m' || n)::uuid, 'list-' || n % 8 || '@1',
               {AT} - n % 4 * interval '1 year', n % 9, 8, {TEACHERS}
          FROM {OF}, generate_series(1, 8000) AS n""",
    f"""INSERT INTO listed_observations (tenant, observation_id, partnership_id, coach_id, teacher_ids, cycle_id,
               status, takes_place_at, measurements_n, began, position)
        SELECT tenant, md5('o' || n)::uuid, {PAIR}, {COACH}, {TEACHERS}, {CYCLE}, 'recorded', {AT}, 1, n, n
          FROM {OF}, generate_series(1, 12000) AS n""",
    """INSERT INTO observed_people (tenant, person_id, takes_place_at, observation_id, began)
       SELECT tenant, teacher_ids[1], takes_place_at, observation_id, began FROM listed_observations""",
    f"""INSERT INTO listed_activities (tenant, activity_id, type, coach_id, partnership_id, teacher_ids, cycle_id,
               status, takes_place_at, minutes, began, position)
        SELECT tenant, md5('a' || n)::uuid, 'model', {COACH}, {PAIR}, {TEACHERS}, {CYCLE}, 'held', {AT}, 40, n, n
          FROM {OF}, generate_series(1, 12000) AS n""",
    """INSERT INTO active_people (tenant, person_id, takes_place_at, activity_id, began)
       SELECT tenant, teacher_ids[1], takes_place_at, activity_id, began FROM listed_activities""",
    f"""INSERT INTO listed_reflections (tenant, reflection_id, author_id, partnership_id, recorded_at, shared_at, began,
               position)
        SELECT tenant, md5('r' || n)::uuid, ({TEACHERS})[1], {PAIR}, {AT}, CASE WHEN n % 3 = 0 THEN {AT} END, n, n
          FROM {OF}, generate_series(1, 8000) AS n""",
    """INSERT INTO reflecting_people (tenant, person_id, recorded_at, reflection_id, began)
       SELECT tenant, author_id, recorded_at, reflection_id, began FROM listed_reflections""",
)
DAYS = """INSERT INTO touched_days (tenant, coach_id, begins)
          SELECT DISTINCT tenant, coach_id, date_trunc('day', at, 'UTC')
            FROM held_stretches CROSS JOIN LATERAL unnest(ARRAY[begins, ends]) AS at"""
CALENDAR = '{"terms": [{"begin": "2025-08-15", "end": "2026-06-10"}], "holidays": []}'
ANYWHERE = (datetime(2026, 2, 1, tzinfo=UTC), 2**40)
NOW, ZONE = datetime(2026, 3, 2, tzinfo=UTC), "America/Chicago"
MONTH, YEAR = (date(2026, 1, 1), date(2026, 2, 1)), (date(2025, 7, 1), date(2026, 7, 1))


def named(name: str) -> UUID:
    return UUID(md5(name.encode()).hexdigest())


WITHIN = [named(f"teacher{n}") for n in range(1, 51)]
ASKED: tuple[tuple[str, int, tuple[Any, ...]], ...] = (
    ("minutes", 3_000, (*MONTH, "period", None, ZONE)),
    ("minutes", 500, (*MONTH, "week", named("coach7"), ZONE)),
    ("minutes", 1_500, (*YEAR, "month", named("coach7"), ZONE)),
    ("dosage", 1_000, (*ANYWHERE, 51, NOW, None, CALENDAR)),
    ("dosage", 3_000, (*ANYWHERE, 51, NOW, named("coach7"), CALENDAR)),
    ("coaching_of_district", 1_000, (*ANYWHERE, 51, None)),
    ("coaching_of_teachers", 1_000, (*ANYWHERE, 51, WITHIN)),
    ("observations_of_person", 1_500, (*ANYWHERE, 51, named("coach7"), None, None)),
    ("observations_of_person", 100, (*ANYWHERE, 51, named("teacher7"), None, None)),
    ("activities_of_person", 1_500, (*ANYWHERE, 51, named("coach7"), None)),
    ("activities_overseen", 1_000, (*ANYWHERE, 51, named("nobody"), None, None)),
    ("activities_overseen", 5_000, (*ANYWHERE, 51, named("nobody"), None, WITHIN)),
    ("reflections_of_person", 1_500, (*ANYWHERE, 51, named("coach7"), None)),
)


async def test_every_read_of_a_large_district_finds_its_rows_by_an_index(database: TestDatabase) -> None:
    for text in DISTRICTS:
        await database.owner.execute(text)
    asked = Queries("observations", "sql/queries")
    await database.owner.execute(DAYS)
    async with database.owner.acquire() as db, db.transaction():
        await work_out(db)
    await database.owner.execute("ANALYZE")
    async with database.app.acquire() as db:
        for name, most, wanted in ASKED:
            text = getattr(asked, name)
            assert await db.fetch(text, TENANT, *wanted), name
            told = await db.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) {text}", TENANT, *wanted)
            read: Counter[str] = Counter()
            for node in flat(json.loads(told)[0]["Plan"]):
                table = node.get("Relation Name", "")
                assert node["Node Type"] != "Seq Scan", f"{name} reads all of {table}"
                rows = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
                read[table] += int(rows * node["Actual Loops"]) if table else 0
            assert max(read.values()) <= most, f"{name} reads {read}"


def flat(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for inner in node.get("Plans", ()):
        yield from flat(inner)
