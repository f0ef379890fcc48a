"""A sandbox whose clock is moved on: what falls due is told, in a night that changes the clocks too; who reads what."""

import asyncio
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg
import pytest
import pytest_asyncio
from backbone.migrate import migrate
from kit.running import Platform
from kit.school import School, cycle_of, open_school, pair_up
from kit.visits import record
from notifications import cycle_watch

pytestmark = [
    pytest.mark.integration,
    pytest.mark.services("directory", "goals", "observations", "notifications"),
]
CHICAGO = ZoneInfo("America/Chicago")


class Sandbox:
    """A school, a partnership and a cycle in it."""

    def __init__(self, platform: Platform, school: School) -> None:
        self.platform, self.school = platform, school

    async def begin(self) -> None:
        self.now = datetime.now(UTC)
        self.pair = await pair_up(self.platform, self.school)
        self.cycle = await cycle_of(self.platform, self.school, self.pair)
        await self.platform.level()

    async def until(self, moment: datetime) -> None:
        path = f"/v1/districts/{self.school.tenant}/advance-clock"
        await self.platform.directory.post(path, by=None, tenant=self.school.tenant, to=moment.isoformat())
        await self.platform.level()
        runner = self.platform.notifications.run.timers
        assert runner is not None
        while await runner.due(self.school.tenant):  # what was reached is projected a moment later
            await self.platform.level()
        await self.platform.level()

    async def get(self, path: str, who: str, status: int = 200, **headers: str) -> Any:
        by = self.school.people[who]
        answer = await self.platform.notifications.get(path, by=by, tenant=self.school.tenant, **headers)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def heard(self, who: str) -> list[str]:
        return [row["milestone"] for row in reversed(await self.get("/v1/inbox?limit=200", who))]

    async def publish(self, who: str | None = "administrator", **rule: Any) -> UUID:
        by = self.school.people[who] if who else None
        return await self.platform.notifications.begin(
            "milestone-rules", by=by, tenant=self.school.tenant, **rule
        )

    def day(self, days: int) -> datetime:
        """The beginning of a school-local day so many days after the start."""
        day = self.now.astimezone(CHICAGO).date() + timedelta(days=days)
        return datetime.combine(day, time(0), CHICAGO).astimezone(UTC)

    def next_weekday(self, moment: datetime) -> datetime:
        """The beginning of the next school-local day from then on on which somebody may be told."""
        day = moment.astimezone(CHICAGO).date()
        while day.weekday() > 4:
            day += timedelta(days=1)
        return datetime.combine(day, time(0), CHICAGO).astimezone(UTC)


@pytest_asyncio.fixture
async def sandbox(platform: Platform) -> Sandbox:
    sandbox = Sandbox(platform, await open_school(platform, sandbox=True))
    await sandbox.begin()
    return sandbox


async def test_what_falls_due_is_told_once_at_the_first_moment_that_is_allowed(sandbox: Sandbox) -> None:
    due = sandbox.next_weekday(sandbox.day(7))
    await sandbox.until(due - timedelta(seconds=1))
    assert "BaselineMissing" not in await sandbox.heard("coach")
    await sandbox.until(due)
    told = [row for row in await sandbox.get("/v1/inbox", "coach") if row["milestone"] == "BaselineMissing"]
    assert [(row["due_at"], row["sent_at"]) for row in told] == [
        (f"{sandbox.day(7):%Y-%m-%dT%H:%M:%SZ}", f"{due:%Y-%m-%dT%H:%M:%SZ}")
    ]
    await sandbox.until(due + timedelta(days=2))
    assert (await sandbox.heard("coach")).count("BaselineMissing") == 1
    assert "BaselineMissing" not in await sandbox.heard("teacher")
    assert await sandbox.platform.notifications.derived_again()


async def test_in_the_night_that_changes_the_clocks_a_day_begins_once_and_quiet_hours_are_the_wall_s(
    platform: Platform, sandbox: Sandbox
) -> None:
    """Told by a policy to be quiet until seven, on the first weekday after each change of the next twelve months."""
    school = sandbox.school
    quiet = {"quiet_hours": {"begin": "18:00", "end": "07:00"}}
    path = f"/v1/districts/{school.tenant}/change-policy"
    await platform.directory.post(path, by=school.administrator, tenant=school.tenant, **quiet)
    change = next(
        sandbox.day(n)
        for n in range(8, 400)
        if sandbox.day(n).astimezone(CHICAGO).utcoffset()
        != sandbox.day(n + 1).astimezone(CHICAGO).utcoffset()
    )
    steps = [change.astimezone(CHICAGO).date() + timedelta(days=n) for n in (0, 1, 2)]
    for n, check_back_on in enumerate(steps):
        told = {
            "cycle_id": str(sandbox.cycle),
            "teacher_id": str(school.teacher),
            "strategy_code": f"step_{n}",
        }
        told["check_back_on"] = check_back_on.isoformat()
        await platform.goals.begin("action-steps", by=school.coach, tenant=school.tenant, **told)
    await platform.level()
    monday = datetime.combine(steps[1], time(7), CHICAGO).astimezone(UTC)
    assert steps[0].weekday() == 6  # clocks change on a Sunday
    await sandbox.until(monday - timedelta(seconds=1))
    assert "CheckBackDue" not in await sandbox.heard("teacher")
    await sandbox.until(monday)
    rows = [row for row in await sandbox.get("/v1/inbox", "teacher") if row["milestone"] == "CheckBackDue"]
    begins = [datetime.combine(day, time(0), CHICAGO).astimezone(UTC) for day in steps[:2]]
    assert begins[1] - begins[0] != timedelta(hours=24)
    assert sorted(row["due_at"] for row in rows) == [f"{at:%Y-%m-%dT%H:%M:%SZ}" for at in begins]
    assert {row["sent_at"] for row in rows} == {f"{monday:%Y-%m-%dT%H:%M:%SZ}"}


async def test_a_caseload_says_what_is_next_what_is_overdue_and_how_goals_go(
    platform: Platform, sandbox: Sandbox
) -> None:
    [row] = await sandbox.get("/v1/caseload", "coach")
    assert (row["cycle_id"], row["focus"], row["visited_at"]) == (str(sandbox.cycle), "engagement", None)
    assert (row["next_milestone"], row["next_due_at"]) == (
        "BaselineMissing",
        f"{sandbox.day(7):%Y-%m-%dT%H:%M:%SZ}",
    )
    assert (row["overdue"], row["goals"], row["paused"]) == ([], [], False)
    await sandbox.until(sandbox.next_weekday(sandbox.day(15)) + timedelta(hours=12))
    [row] = await sandbox.get("/v1/caseload", "coach")
    assert [one["milestone"] for one in row["overdue"]] == ["BaselineMissing", "VisitDue", "VisitOverdue"]
    path = f"/v1/partnerships/{sandbox.pair}/end-partnership"
    await platform.goals.post(path, by=sandbox.school.teacher, tenant=sandbox.school.tenant)
    await platform.level()
    assert await sandbox.get("/v1/caseload", "coach") == []


async def test_a_caseload_is_its_coach_s_alone_and_a_page_at_a_time(
    platform: Platform, sandbox: Sandbox
) -> None:
    for focus in ("planning", "questions"):
        await cycle_of(platform, sandbox.school, sandbox.pair, focus)
    await platform.level()
    path, found = "/v1/caseload?limit=2", []
    while path:
        answer = await platform.notifications.get(path, by=sandbox.school.coach, tenant=sandbox.school.tenant)
        found += answer.json()
        path = answer.links.get("next", {}).get("url", "")
    assert [row["focus"] for row in found] == ["questions", "planning", "engagement"]
    for who in ("teacher", "principal", "administrator", "coaching_lead"):
        assert await sandbox.get("/v1/caseload", who) == []


async def test_who_leads_sees_how_much_each_coach_has_and_nothing_of_what(
    platform: Platform, sandbox: Sandbox
) -> None:
    school = sandbox.school
    path = f"/v1/districts/{school.tenant}/change-policy"
    await platform.directory.post(path, by=school.administrator, tenant=school.tenant, caseload_limit=1)
    await platform.level()
    expected = {"cycles_n": 1, "teachers_n": 1, "limit": 1, "over": False, "coach_id": str(school.coach)}
    for who in ("administrator", "coaching_lead"):
        assert await sandbox.get("/v1/caseloads", who) == [expected]
    for who in ("coach", "teacher", "principal"):
        assert (await sandbox.get("/v1/caseloads", who, 403))["code"] == "forbidden"
    assert (await sandbox.get("/v1/caseloads?limit=1", "coaching_lead", 422))["code"] == "request_invalid"
    assert "CaseloadOverload" not in await sandbox.heard("coach")
    await cycle_of(platform, school, sandbox.pair, "planning")  # the same teacher once more
    await platform.level()
    assert "CaseloadOverload" not in await sandbox.heard("coach")


async def test_a_coach_who_comes_to_have_too_many_hears_it(platform: Platform) -> None:
    school = await open_school(platform, "theo", sandbox=True)
    path = f"/v1/districts/{school.tenant}/change-policy"
    await platform.directory.post(path, by=school.administrator, tenant=school.tenant, caseload_limit=1)
    await platform.level()
    for teacher in ("teacher", "theo"):
        await cycle_of(platform, school, await pair_up(platform, school, teacher))
        await platform.level()
    sandbox = Sandbox(platform, school)
    assert (await sandbox.heard("coach")).count("CaseloadOverload") == 1
    assert await sandbox.heard("coaching_lead") == ["CaseloadOverload"]
    assert "CaseloadOverload" not in await sandbox.heard("administrator")


async def test_however_many_it_concerns_each_hears_of_it_once(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A group of thirty, and so many who lead coaching that one event does not name them all."""
    monkeypatch.setattr(cycle_watch, "AT_ONCE", 100)
    school = await open_school(platform, sandbox=True)
    tenant, directory, goals = school.tenant, platform.directory, platform.goals

    async def enrolled(n: int, role: str) -> list[str]:
        enrol = {"aggregate": "Person", "command": "EnrolPerson", "body": {"name": "Somebody"}}
        told = await directory.many(*[enrol] * n, by=None, tenant=tenant)
        ids = [line["id"] for line in told]
        where = school.district_org if role == "coaching_lead" else school.school
        body = {"role": role, "org_id": str(where), "begin": "2020-08-01"}
        assign = {"aggregate": "Person", "command": "AssignRole", "body": body}
        told = await directory.many(*(assign | {"id": one} for one in ids), by=None, tenant=tenant)
        assert {line["status"] for line in told} == {200}
        return ids

    group, leads = await enrolled(30, "teacher"), await enrolled(120, "coaching_lead")
    await platform.level()
    pair = await goals.begin(
        "partnerships", by=school.coach, tenant=tenant, coach_id=str(school.coach), teacher_ids=group
    )
    for person in (school.coach, *map(UUID, group)):
        await goals.post(f"/v1/partnerships/{pair}/give-consent", by=person, tenant=tenant)
    await platform.level()
    cycle = await cycle_of(platform, school, pair)
    await goals.post(f"/v1/cycles/{cycle}/complete-cycle", by=school.coach, tenant=tenant)
    await platform.level()
    rows = await platform.notifications.database.app.fetch(
        "SELECT recipient_id::text, count(*) AS n FROM projections.inbox"
        " WHERE tenant = $1 AND milestone = 'CycleClosed' GROUP BY recipient_id", tenant,
    )  # fmt: skip
    assert {row["recipient_id"] for row in rows} == {
        str(school.coach), str(school.coaching_lead), *group, *leads
    }  # fmt: skip
    assert {row["n"] for row in rows} == {1}
    assert await platform.notifications.database.app.fetchval("SELECT count(*) FROM work.parked") == 0


async def test_a_rule_of_a_band_goes_before_the_rule_for_all(sandbox: Sandbox) -> None:
    """The teacher of this school is a novice."""
    listed = {
        (row["milestone"], row["experience_band"]): row
        for row in await sandbox.get("/v1/milestone-rules", "teacher")
    }
    assert {row["source"] for row in listed.values()} == {"product"}
    await sandbox.publish(milestone="BaselineMissing", days=9)
    novices = await sandbox.publish(milestone="BaselineMissing", days=3, experience_band="novice")
    await sandbox.platform.level()
    listed = {
        (row["milestone"], row["experience_band"]): row
        for row in await sandbox.get("/v1/milestone-rules", "teacher")
    }
    own = listed["BaselineMissing", "novice"]
    assert (own["rule_id"], own["days"], own["version"], own["source"]) == (str(novices), 3, 2, "district")
    assert listed["BaselineMissing", None]["days"] == 9
    [row] = await sandbox.get("/v1/caseload", "coach")
    assert row["next_due_at"] == f"{sandbox.day(3):%Y-%m-%dT%H:%M:%SZ}"


async def test_both_hear_when_coaching_is_suspended_though_no_cycle_is_open(platform: Platform) -> None:
    school = await open_school(platform, sandbox=True)
    pair = await pair_up(platform, school)
    told = {"evaluator_id": str(school.coach)}
    path = f"/v1/people/{school.teacher}/assign-evaluator"
    await platform.directory.post(path, by=None, tenant=school.tenant, **told)
    await platform.level()
    sandbox = Sandbox(platform, school)
    for who in ("coach", "teacher"):
        [row] = await sandbox.get("/v1/inbox", who)
        assert (row["milestone"], row["cycle_id"], row["partnership_id"]) == (
            "CoachingSuspended",
            None,
            str(pair),
        )
        assert row["link"] == f"/v1/partnerships/{pair}"


async def test_goals_are_counted_for_who_leads_and_hidden_while_they_are_few(sandbox: Sandbox) -> None:
    for who in ("administrator", "coaching_lead"):
        assert await sandbox.get("/v1/milestone-counts", who) == []
        assert await sandbox.get("/v1/milestone-counts?year=2020", who) == []
    for who in ("coach", "teacher", "principal"):
        assert (await sandbox.get("/v1/milestone-counts", who, 403))["code"] == "forbidden"
    for query in ("year=x", "year=1", "month=3", "year=2020&year=2021"):
        answer = await sandbox.get(f"/v1/milestone-counts?{query}", "administrator", 422)
        assert answer["code"] == "request_invalid"


async def test_nobody_is_reminded_while_what_timers_are_made_of_is_derived_anew(
    platform: Platform, sandbox: Sandbox
) -> None:
    """After an upgrade the tables are empty for a while: a visit that is not read yet was made all the same."""
    await sandbox.until(sandbox.now + timedelta(days=10))
    await record(platform, sandbox.school, sandbox.pair, cycle_id=str(sandbox.cycle), days_ago=-9)
    await platform.level()
    await sandbox.until(sandbox.next_weekday(sandbox.day(13)))
    before = await sandbox.heard("coach")
    assert "VisitDue" not in before
    database = platform.notifications.database
    owner = await asyncpg.connect(database.provisioned.full_owner_url)
    await owner.execute("COMMENT ON SCHEMA projections IS 'those of an older version'")
    await migrate(owner, app_role=database.name, package="notifications")
    unread = owner.transaction()
    await unread.start()
    await owner.execute(  # while this lasts, nobody begins to read observations
        "INSERT INTO projections.checkpoints"
        " SELECT 'projections', 'observations', n, 0 FROM generate_series(0, 63) AS n"
    )
    await asyncio.sleep(8)
    await unread.rollback()
    await owner.close()
    await platform.level(within=60)
    assert await sandbox.heard("coach") == before
