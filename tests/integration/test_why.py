"""Why something happened: the chain of causes of an event, across services, from a command to the last notification."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
import pytest_asyncio
from backbone.causes import sql
from chalkline.problem import Problem
from chalkline.why import Logs, Step, why
from kit.running import Platform
from kit.school import School, cycle_of, on_task, open_school, pair_up, set_goal

NAMES = ("directory", "goals", "observations", "notifications")

pytestmark = [pytest.mark.integration, pytest.mark.services(*NAMES)]


@pytest_asyncio.fixture
async def school(platform: Platform) -> School:
    return await open_school(platform)


@pytest_asyncio.fixture
async def logs(platform: Platform) -> AsyncIterator[Logs]:
    """As `chalkline why` reads them: as the services' own roles, changing nothing."""
    found: dict[str, Any] = {}
    for name in NAMES:
        url = platform.services[name].database.provisioned.full_url
        found[name] = await asyncpg.connect(url, server_settings={"default_transaction_read_only": "on"})
    yield found
    for connection in found.values():
        await connection.close()


async def observed(platform: Platform, school: School) -> tuple[UUID, UUID]:
    """A goal whose target was met by an observation: their ids."""
    partnership = await pair_up(platform, school)
    cycle = await cycle_of(platform, school, partnership)
    goal = await platform.goals.begin("goals", by=school.teacher, tenant=school.tenant, cycle_id=str(cycle))
    await set_goal(platform, school, goal)
    await platform.level()
    observation = await platform.observations.begin(
        "observations/record-observation", by=school.coach, tenant=school.tenant, partnership_id=str(partnership),
        cycle_id=str(cycle), goal_ids=[str(goal)], duration_s=1200, mode="live", chosen_by="joint",
        started_at=(datetime.now(UTC) - timedelta(days=2)).isoformat(),
        measurements=[on_task(8, days_ago=2), on_task(9, days_ago=1)],
    )  # fmt: skip
    await platform.level()
    return goal, observation


async def event_id(logs: Logs, service: str, aggregate: UUID, name: str) -> UUID:
    found: UUID = await logs[service].fetchval(
        "SELECT event_id FROM ledger.events WHERE stream_id = $1 AND type = $2 ORDER BY version DESC LIMIT 1",
        aggregate, name,
    )  # fmt: skip
    assert found is not None
    return found


def names(step: Step) -> Iterator[tuple[str, str | None]]:
    """Every event that followed, with the policy it came by."""
    for following in step.led_to:
        if following.told:
            yield following.told.name, following.through
        yield from names(following)


async def test_a_correction_is_followed_to_the_achievement_it_takes_away(
    platform: Platform, school: School, logs: Logs
) -> None:
    goal, observation = await observed(platform, school)
    await platform.observations.post(
        f"/v1/observations/{observation}/correct-observation", by=school.coach, tenant=school.tenant,
        measurements=[on_task(3, days_ago=2)], duration_s=900, reason_code="miscounted",
    )  # fmt: skip
    await platform.level()
    corrected = await event_id(logs, "observations", observation, "ObservationCorrected")
    chain = await why(logs, corrected, school.tenant)
    assert chain.causes == []
    assert chain.first.meta.actor == f"person:{school.coach}"
    following = list(names(chain.event))
    assert following.count(("ProgressRetracted", "when_observed")) == 2
    assert ("ProgressMeasured", "when_observed") in following
    [retracted] = [step for step in chain.event.led_to if step.led_to]
    assert retracted.told
    assert retracted.told.name == "ProgressRetracted"
    assert [step.told.name for step in retracted.led_to if step.told] == ["AchievementWithdrawn"]

    withdrawn = await event_id(logs, "goals", goal, "AchievementWithdrawn")
    chain = await why(logs, withdrawn)
    assert [(s.told.service, s.told.name) for s in chain.causes if s.told] == [
        ("observations", "ObservationCorrected"), ("goals", "ProgressRetracted"),
    ]  # fmt: skip
    assert chain.first.event_id == corrected


async def test_a_notification_is_followed_back_to_whoever_observed(
    platform: Platform, school: School, logs: Logs
) -> None:
    goal, _ = await observed(platform, school)
    met = await event_id(logs, "goals", goal, "GoalTargetMet")
    chain = await why(logs, met)
    assert [step.told.name for step in chain.causes if step.told] == [
        "ObservationRecorded",
        "ProgressMeasured",
    ]
    sent = [step for step in walk(chain.event) if step.told and step.told.name == "NotificationSent"]
    assert {s.told.data["recipient_id"] for s in sent if s.told} == {str(school.coach), str(school.teacher)}
    assert sent[0].told
    up = await why(logs, sent[0].told.event_id)
    assert [step.told.name for step in up.causes if step.told] == [
        "ObservationRecorded", "ProgressMeasured", "GoalTargetMet", "MilestoneReached",
    ]  # fmt: skip
    document = up.document()
    assert document["command"]["actor"] == f"person:{school.coach}"
    assert [one["service"] for one in document["causes"]] == [
        "observations",
        "goals",
        "goals",
        "notifications",
    ]
    assert document["causes"][3]["milestone"] == "GoalTargetMet"
    assert document["causes"][3]["rule_version"] == 1
    assert document["causes"][1]["through"] == "when_observed"
    assert document["event"]["aggregate"] == "Notification"
    assert "numerator" not in json.dumps(document)


def walk(step: Step) -> Iterator[Step]:
    for following in step.led_to:
        yield following
        yield from walk(following)


async def test_what_a_policy_found_nothing_to_do_for_is_told_too(
    platform: Platform, school: School, logs: Logs
) -> None:
    """An observation that names a goal which is not set gives it no progress."""
    partnership = await pair_up(platform, school)
    cycle = await cycle_of(platform, school, partnership)
    goal = await platform.goals.begin("goals", by=school.teacher, tenant=school.tenant, cycle_id=str(cycle))
    await platform.level()
    observation = await platform.observations.begin(
        "observations/record-observation", by=school.coach, tenant=school.tenant, partnership_id=str(partnership),
        cycle_id=str(cycle), goal_ids=[str(goal)], duration_s=1200, mode="live", chosen_by="joint",
        started_at=(datetime.now(UTC) - timedelta(hours=1)).isoformat(), measurements=[on_task(8, days_ago=0)],
    )  # fmt: skip
    await platform.level()
    recorded = await event_id(logs, "observations", observation, "ObservationRecorded")
    [step] = (await why(logs, recorded)).event.led_to
    assert step.told is None
    assert step.reacted is not None
    assert (step.through, step.reacted.outcome) == ("when_observed", "nothing")
    assert step.document()["aggregate_id"] == str(goal)


async def test_what_a_timer_reached_goes_back_to_what_it_counted_from(platform: Platform, logs: Logs) -> None:
    """A cycle whose baseline is missing, and an observation that nobody talked about."""
    school = await open_school(platform, sandbox=True)
    partnership = await pair_up(platform, school)
    cycle = await cycle_of(platform, school, partnership)
    await platform.level()
    directory = platform.directory
    now = await platform.goals.run.clock.now(school.tenant)
    observation = await platform.observations.begin(
        "observations/record-observation", by=school.coach, tenant=school.tenant, partnership_id=str(partnership),
        cycle_id=str(cycle), duration_s=1200, mode="live", chosen_by="joint",
        started_at=(now - timedelta(hours=1)).isoformat(),
    )  # fmt: skip
    await platform.level()
    to = (now + timedelta(days=12)).isoformat()
    await directory.post(f"/v1/districts/{school.tenant}/advance-clock", by=None, tenant=school.tenant, to=to)
    await platform.level()
    async with asyncio.timeout(30):
        while await platform.notifications.run.due(school.tenant):
            await platform.level()
    await platform.level()
    started = await event_id(logs, "goals", cycle, "CycleStarted")
    recorded = await event_id(logs, "observations", observation, "ObservationRecorded")
    reached = await logs["notifications"].fetch(
        "SELECT event_id, data::json->>'milestone' AS milestone FROM ledger.events WHERE stream_id = $1",
        cycle,
    )
    fired = {row["milestone"]: row["event_id"] for row in reached}
    for milestone, cause, name in (
        ("BaselineMissing", started, "CycleStarted"), ("FeedbackDue", recorded, "ObservationRecorded"),
    ):  # fmt: skip
        up = await why(logs, fired[milestone])
        assert [step.told.name for step in up.causes if step.told] == [name]
        assert up.event.through == f"timer_{milestone}"
        assert up.first.event_id == cause
        down = (await why(logs, cause)).event
        [timer] = [step for step in down.led_to if step.through == f"timer_{milestone}"]
        assert timer.told is not None
        assert timer.told.event_id == fired[milestone]
        assert ("NotificationSent", "when_a_milestone_is_reached") in list(names(timer))


async def test_an_event_that_is_not_there_or_another_districts_is_none(
    platform: Platform, school: School, logs: Logs
) -> None:
    opened = await event_id(logs, "directory", school.tenant, "DistrictOpened")
    assert (await why(logs, opened, school.tenant)).first.meta.actor.startswith("operator:")
    for unknown, tenant in ((uuid4(), None), (opened, uuid4())):
        with pytest.raises(Problem, match="there is no event"):
            await why(logs, unknown, tenant)


async def test_no_log_is_scanned_to_find_a_cause(logs: Logs) -> None:
    """Whatever is asked goes by an index: how long a log is does not matter."""
    ids = [uuid4()]
    for query, arguments in (
        (sql.events_by_id, [ids]),
        (sql.events_of_commands, [ids, ids]),
        (sql.reactions_to, [ids]),
        (sql.events_of_streams, [uuid4(), ids, ["GoalSet"]]),
    ):
        db = logs["goals"]
        async with db.transaction():
            await db.execute("SET LOCAL enable_seqscan = off")
            plan = "\n".join(row[0] for row in await db.fetch(f"EXPLAIN {query}", *arguments))
        assert "Seq Scan" not in plan, plan
