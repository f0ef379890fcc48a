"""Figures about a district over HTTP: to whom, how far cycles and goals came, and what stays hidden."""

import asyncio
import csv
import io
import os
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import goals.release
import httpx
import pytest
import pytest_asyncio
from backbone import releasing
from backbone.service import running
from backbone.web import application
from kit.running import Platform, Served
from kit.school import School, another_principal, cycle_of, on_task, open_school, pair_up, set_goal

pytestmark = [pytest.mark.integration, pytest.mark.services("directory", "goals")]

READS = ("/v1/funnel", "/v1/phase-times", "/v1/outcomes", "/v1/effect", "/v1/coverage")
TEACHERS = ("teacher", "tina", "tara", "toni", "thea", "theo")


@pytest_asyncio.fixture
async def school(platform: Platform) -> School:
    """Six teachers with a cycle each. Of five the goal is set; two of these are achieved, and their cycles closed."""
    school = await open_school(platform, *TEACHERS[1:], sandbox=True)
    for n, teacher in enumerate(TEACHERS):
        await go_through(platform, school, teacher, n)
    await next_month(platform, school)
    return school


async def next_month(platform: Platform, school: School) -> None:
    """Figures are of months that are over."""
    await platform.level()
    now = await platform.goals.run.clock.now(school.tenant)
    to = (now.replace(day=1) + timedelta(days=32)).replace(day=1, hour=12)
    path = f"/v1/districts/{school.tenant}/advance-clock"
    await platform.directory.post(path, by=None, tenant=school.tenant, to=to.isoformat())
    await platform.level()


async def goal_that_is_achieved(
    platform: Platform, school: School, teacher: str, focus: str, tenths: int
) -> UUID:
    """In a cycle of its own, and from one half to so many tenths."""
    own = School(
        school.tenant, school.district_org, school.school, school.people | {"teacher": school.people[teacher]}
    )
    partnership = (await see(platform, own, "/v1/partnerships", "teacher"))[0]["partnership_id"]
    cycle = await cycle_of(platform, own, UUID(partnership), focus)
    goal = await platform.goals.begin("goals", by=own.teacher, tenant=own.tenant, cycle_id=str(cycle))
    await set_goal(platform, own, goal)
    path = f"/v1/goals/{goal}"
    for days in (2, 1):
        told = on_task(tenths, days_ago=days)
        await platform.goals.post(
            f"{path}/record-progress", by=own.teacher, tenant=own.tenant, measurement=told
        )
    await platform.goals.post(f"{path}/confirm-achievement", by=own.teacher, tenant=own.tenant)
    return goal


async def go_through(platform: Platform, school: School, teacher: str, n: int) -> None:
    async def say(path: str, **body: Any) -> None:
        await platform.goals.post(path, by=school.people[teacher], tenant=school.tenant, **body)

    cycle = await cycle_of(platform, school, await pair_up(platform, school, teacher))
    if n == 5:
        return
    goal = await platform.goals.begin(
        "goals", by=school.people[teacher], tenant=school.tenant, cycle_id=str(cycle)
    )
    own = School(
        school.tenant,
        school.district_org,
        school.school,
        school.people | {"teacher": school.people[teacher]},
    )
    await set_goal(platform, own, goal)
    if n < 2:
        for days in (2, 1):
            await say(f"/v1/goals/{goal}/record-progress", measurement=on_task(9, days_ago=days))
        await say(f"/v1/goals/{goal}/confirm-achievement")
        await say(f"/v1/cycles/{cycle}/enter-phase", phase="learn")
        await say(f"/v1/cycles/{cycle}/complete-cycle")


async def see(platform: Platform, school: School, path: str, who: str = "coaching_lead") -> list[Any]:
    answer = await platform.goals.get(path, by=school.people[who], tenant=school.tenant)
    assert answer.status_code == 200, answer.text
    told: list[Any] = answer.json()
    return told


async def test_a_coaching_lead_sees_how_far_cycles_come(platform: Platform, school: School) -> None:
    counts = {
        "started": 6, "baselined": 5, "goal_set": 5, "target_met": 2, "achieved": 2, "closed": 2, "sustained": 0,
    }  # fmt: skip
    by_template = await see(platform, school, "/v1/funnel")
    assert by_template == [
        {"of": None, "hidden": False, **counts},
        {"of": "impact-cycle@1", "hidden": False, **counts},
    ]
    by_school = await see(platform, school, "/v1/funnel?by=school", "administrator")
    assert [row["of"] for row in by_school] == [None, str(school.school)]
    assert await see(platform, school, "/v1/funnel?by=month&year=1999") == [
        {"of": None, "hidden": False, **dict.fromkeys(counts, 0)}
    ]


async def test_outcomes_and_coverage_are_shares_and_small_groups_stay_hidden(
    platform: Platform, school: School
) -> None:
    [total, north] = await see(platform, school, "/v1/coverage")
    assert (total["of"], north["of"]) == (None, str(school.school))
    assert (north["teachers_n"], north["coached_n"], north["share"]) == (6, 6, "1")
    for by, of in (("school", str(school.school)), ("subgroup", "none"), ("focus", "engagement")):
        rows = await see(platform, school, f"/v1/outcomes?by={by}")
        assert [(row["of"], row["goals_n"], row["achieved_n"], row["share"]) for row in rows] == [
            (None, 5, 2, "2/5"), (of, 5, 2, "2/5"),
        ]  # fmt: skip


async def test_what_one_teacher_changes_is_told_by_no_table_in_no_month(
    platform: Platform, school: School
) -> None:
    """One more goal is achieved, and one teacher more sets one: in the month it is, and when it is over."""
    paths = [f"/v1/funnel?by={by}" for by in ("template", "school", "month")]
    paths += [f"/v1/outcomes?by={by}" for by in ("focus", "school", "month", "subgroup")]
    paths += ["/v1/effect", "/v1/phase-times"]

    async def everything() -> dict[str, Any]:
        return {path: await see(platform, school, path) for path in paths}

    before = await everything()
    goals = await see(platform, school, "/v1/goals", "toni")
    for days in (2, 1):
        await platform.goals.post(
            f"/v1/goals/{goals[0]['goal_id']}/record-progress", by=school.toni, tenant=school.tenant,
            measurement=on_task(9, days_ago=days),
        )  # fmt: skip
    await platform.goals.post(
        f"/v1/goals/{goals[0]['goal_id']}/confirm-achievement", by=school.toni, tenant=school.tenant
    )
    await goal_that_is_achieved(platform, school, "theo", "reading", 9)
    await platform.level()
    assert await everything() == before
    await next_month(platform, school)
    after = await everything()
    assert {path: [row for row in rows if not row["hidden"]] for path, rows in after.items()} == before | {
        "/v1/phase-times": []
    }
    assert await platform.goals.derived_again()


async def test_an_export_tells_what_the_page_tells(platform: Platform, school: School) -> None:
    for path in READS:
        rows = await see(platform, school, path)
        answer = await platform.goals.get(
            path, by=school.coaching_lead, tenant=school.tenant, accept="text/csv"
        )
        exported = list(csv.DictReader(io.StringIO(answer.text)))
        assert [
            {name: "" if value is None else str(value).lower() for name, value in row.items()} for row in rows
        ] == [{name: value.lower() for name, value in row.items()} for row in exported], path


async def test_phase_times_are_told_of_phases_that_enough_came_through(
    platform: Platform, school: School
) -> None:
    rows = await see(platform, school, "/v1/phase-times")
    assert [(row["phase"], row["hidden"], row["median_days"]) for row in rows] == [
        ("identify", True, None), ("learn", True, None),
    ]  # fmt: skip
    for teacher in TEACHERS[2:5]:
        cycles = await see(platform, school, "/v1/cycles", teacher)
        path = f"/v1/cycles/{cycles[0]['cycle_id']}/enter-phase"
        await platform.goals.post(path, by=school.people[teacher], tenant=school.tenant, phase="improve")
    await next_month(platform, school)
    rows = await see(platform, school, "/v1/phase-times")
    assert [(row["phase"], row["cycles_n"], row["hidden"]) for row in rows] == [
        ("identify", 5, False), ("learn", None, True),
    ]  # fmt: skip
    assert 0 <= rows[0]["p25_days"] <= rows[0]["median_days"] <= rows[0]["p90_days"]


@pytest.mark.parametrize("path", READS)
async def test_figures_are_for_who_leads_and_for_nobody_else(
    platform: Platform, school: School, path: str
) -> None:
    for who in ("coach", "teacher"):
        answer = await platform.goals.get(path, by=school.people[who], tenant=school.tenant)
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert (await platform.goals.get(path, by=None, tenant=school.tenant)).status_code == 403
    assert (await platform.goals.get(path, by=school.coach, tenant=UUID(int=9))).status_code == 403
    for asked in ("?year=twenty", "?years=2025", "?year=2025&year=2026"):
        answer = await platform.goals.get(path + asked, by=school.coaching_lead, tenant=school.tenant)
        assert (answer.status_code, answer.json()["code"]) == (422, "request_invalid")


async def test_a_principal_is_told_their_schools_rows_of_what_the_district_is_told(
    platform: Platform, school: School
) -> None:
    school.people["other"] = await another_principal(platform, school)
    await platform.level()
    for path in ("/v1/funnel", "/v1/outcomes", "/v1/coverage"):
        by_school = path if path == "/v1/coverage" else f"{path}?by=school"
        rows = await see(platform, school, by_school)
        own = [row for row in rows if row["of"] == str(school.school)]
        assert len(own) == 1
        assert await see(platform, school, by_school, "principal") == own
        assert await see(platform, school, path, "principal") == own
        assert await see(platform, school, path, "other") == []
    for path in ("/v1/funnel?by=template", "/v1/outcomes?by=focus", "/v1/effect", "/v1/phase-times"):
        answer = await platform.goals.get(path, by=school.principal, tenant=school.tenant)
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


async def test_the_effect_of_an_initiative_is_the_median_change_of_its_goals(
    platform: Platform, school: School
) -> None:
    initiative = await platform.goals.begin(
        "initiatives", by=school.coaching_lead, tenant=school.tenant, name="Talk more", begin="2026-01-01"
    )

    before = await see(platform, school, "/v1/effect", "administrator")

    async def serves(goal: UUID, teacher: str) -> None:
        path = f"/v1/initiatives/{initiative}/link-goal-to-initiative"
        await platform.goals.post(path, by=school.people[teacher], tenant=school.tenant, goal_id=str(goal))

    for teacher, tenths in zip(TEACHERS, (8, 8, 9, 10, 10), strict=False):
        await serves(await goal_that_is_achieved(platform, school, teacher, "talk", tenths), teacher)
    assert await see(platform, school, "/v1/effect", "administrator") == before
    await next_month(platform, school)
    [whole, metric, none] = await see(platform, school, "/v1/effect", "administrator")
    assert (none["initiative_id"], none["goals_n"], none["achieved_n"]) == (None, 5, 2)
    [total, *_] = await see(platform, school, "/v1/outcomes", "administrator")
    assert total["goals_n"] == whole["goals_n"] + none["goals_n"]
    assert {row["initiative_id"] for row in (whole, metric)} == {str(initiative)}
    assert (whole["goals_n"], whole["achieved_n"], whole["share_achieved"], whole["median_change"]) == (
        5,
        5,
        "1",
        None,
    )
    assert (metric["kind"], metric["unit"], metric["direction"]) == (
        "intervals_on_task",
        "intervals",
        "increase",
    )
    assert (metric["median_baseline"], metric["median_final"], metric["median_change"]) == (
        "1/2",
        "9/10",
        "2/5",
    )
    assert await see(platform, school, "/v1/effect?year=1999") == []


# A release a month ----------------------------------------------------------------------------------------


@asynccontextmanager
async def another_door(served: Served) -> AsyncIterator[Served]:
    """The same service once more, which only answers."""
    settings = served.run.settings.model_copy(update={"roles": ("door",)})
    async with running(served.run.service, settings) as run:
        transport = httpx.ASGITransport(application(run, version="0"))
        async with httpx.AsyncClient(transport=transport, base_url="http://goals", timeout=10) as http:
            yield Served(run, served.database, http, served.issuer)


async def told(served: Served, school: School) -> dict[str, bytes]:
    answers = {
        path: await served.get(path, by=school.coaching_lead, tenant=school.tenant) for path in READS[:-1]
    }
    assert {answer.status_code for answer in answers.values()} == {200}
    return {path: answer.content for path, answer in answers.items()}


async def stored(platform: Platform) -> list[Any]:
    rows: list[Any] = await platform.goals.database.app.fetch(
        "SELECT month, told, kept FROM work.releases ORDER BY tenant, year"
    )
    return rows


async def test_every_process_tells_the_same_and_what_is_released_stands(
    platform: Platform, school: School
) -> None:
    """Whatever is learnt later; and were it lost, the log would tell it again."""
    first, row = await told(platform.goals, school), await stored(platform)
    async with another_door(platform.goals) as door:
        await door.level()
        assert await told(door, school) == first
        await goal_that_is_achieved(platform, school, "theo", "reading", 9)
        await platform.level()
        assert await told(door, school) == first == await told(platform.goals, school)
        assert await stored(platform) == row
        await platform.goals.database.owner.execute("TRUNCATE work.releases, work.released")
        await platform.level()
        assert await stored(platform) == row
        assert await told(door, school) == first


def noted(pids: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every process that works figures out leaves its number."""
    changes = goals.release.changes

    def counted(*arguments: Any) -> Any:
        with pids.open("a") as file:
            file.write(f"{os.getpid()} ")
        return changes(*arguments)

    monkeypatch.setattr(goals.release, "changes", counted)


async def test_who_answers_works_nothing_out(
    platform: Platform, school: School, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    noted(pids := tmp_path / "pids", monkeypatch)
    await next_month(platform, school)
    await told(platform.goals, school)
    assert pids.read_text().split()
    assert str(os.getpid()) not in pids.read_text().split()

    async def here(work: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
        return await work()

    monkeypatch.setattr(releasing, "apart", here)  # what it finds out: a process that answers and works
    await next_month(platform, school)
    assert str(os.getpid()) in pids.read_text().split()


async def test_before_the_first_release_is_made_who_reads_is_asked_to_come_again(
    platform: Platform, school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def not_yet(*_: Any) -> None:
        return

    monkeypatch.setattr(releasing.Releaser, "once", not_yet)
    await platform.goals.database.owner.execute("TRUNCATE work.releases, work.released")
    goals = platform.goals
    for accept in (
        "application/json",
        "text/csv",
        "application/jsonl",
    ):  # an export waits too: it has sent nothing yet
        headers = goals._who(school.coaching_lead, school.tenant) | {"Accept": accept}
        answer = await goals.http.get("/v1/funnel", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (503, "figures_preparing")
        assert answer.headers["retry-after"] == "2"


async def test_a_release_that_fails_keeps_no_other_district_waiting(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    districts = [(await open_school(platform)).tenant for _ in range(2)]
    releaser = releasing.Releaser(platform.goals.run, goals.release.FIGURED)
    await platform.level()
    await platform.goals.database.owner.execute("TRUNCATE work.releases, work.released")
    due = [one["tenant"] for one in await releaser._due() if one["tenant"] in districts]
    release = releasing.Releaser._district

    async def fails_for_the_first(self: Any, tenant: UUID, *more: Any) -> None:
        if tenant == due[0]:
            raise ArithmeticError
        await release(self, tenant, *more)

    monkeypatch.setattr(releasing.Releaser, "_district", fails_for_the_first)
    async with asyncio.timeout(20):
        while [await releaser.due(tenant) for tenant in due] != [1, 0]:
            with suppress(ArithmeticError):
                await releaser.once()  # where the service itself is not at it
            await asyncio.sleep(0.05)
