"""How much mail waits, as readiness and metrics say every few seconds, however much it is."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from conftest import TestDatabase
from notifications.mail_queue import sql

pytestmark = [pytest.mark.integration, pytest.mark.service("notifications")]

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
ROWS = """
INSERT INTO districts (tenant, sandbox, clock, time_zone)
SELECT ('00000000-0000-0000-0000-00000000000' || n)::uuid, n = 1, NULL, 'UTC' FROM generate_series(1, 5) n;
INSERT INTO work.clocks (tenant, clock)
SELECT tenant, '2026-02-27 12:00Z' FROM districts WHERE sandbox;
INSERT INTO mail (tenant, notification_id, position)
SELECT ('00000000-0000-0000-0000-00000000000' || (1 + n % 5))::uuid, gen_random_uuid(), n
  FROM generate_series(28001, 34000) n;
INSERT INTO work.mailing
       (tenant, notification_id, recipient_id, digest, send_at, planned_from, first_tried_at, handed_at)
SELECT tenant, notification_id, gen_random_uuid(), false,
       CASE WHEN position % 97 = 0 THEN NULL
            WHEN position % 31 = 0 THEN timestamptz '2026-03-01 12:00Z'
            WHEN position % 37 = 0 THEN timestamptz '2026-02-25 12:00Z'
            ELSE '2026-03-03 12:00Z' END,
       1, CASE WHEN position % 1000 = 0 THEN now() - interval '1 hour' END,
       CASE WHEN position % 111 = 0 AND position % 97 <> 0 THEN now() END
  FROM mail
 WHERE position % 500 <> 1;
ANALYZE mail, work.mailing;
"""
"""Of five districts, one of them a sandbox whose clock stands: 6,000 mails that wait, 12 of them not planned yet."""


async def test_what_waits_is_counted_in_indexes_as_it_would_be_one_by_one(database: TestDatabase) -> None:
    db = database.owner
    await db.execute(ROWS)
    told = await db.fetchrow(sql.mail_waiting, NOW)
    by_hand = await db.fetchrow(
        """SELECT count(*) FILTER (WHERE w.send_at <= coalesce(c.clock, $1)) AS due,
                  count(*) FILTER (WHERE w.send_at IS NULL) AS no_moment_known
             FROM work.mailing w LEFT JOIN work.clocks c USING (tenant) WHERE w.settled_at IS NULL""",
        NOW,
    )
    assert told["waiting"] == 6000
    assert (told["due"], told["no_moment_known"]) == (by_hand["due"], by_hand["no_moment_known"])
    assert told["due"] > 100
    assert 3600 <= told["oldest"] < 3700
    [plan] = json.loads(await db.fetchval(f"EXPLAIN (FORMAT JSON) {sql.mail_waiting}", NOW))
    scans = [(node["Node Type"], node.get("Relation Name")) for node in nodes(plan["Plan"])]
    assert not {("Seq Scan", "mail"), ("Seq Scan", "mailing")} & set(scans), scans


async def test_where_nothing_waits_nothing_is_counted(database: TestDatabase) -> None:
    assert dict(await database.owner.fetchrow(sql.mail_waiting, NOW)) == {
        "waiting": 0, "due": 0, "no_moment_known": 0, "oldest": 0.0,
    }  # fmt: skip


def nodes(plan: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield plan
    for inner in plan.get("Plans", ()):
        yield from nodes(inner)
