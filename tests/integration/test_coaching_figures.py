"""Time, dosage, activity and fidelity over HTTP: what each role finds; corrections and voids change all of it."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from kit.running import Platform
from kit.school import CHICAGO, School, another_principal, cycle_of, open_school, pair_up
from kit.visits import record, say

pytestmark = [pytest.mark.integration, pytest.mark.services("directory", "goals", "observations")]


@pytest_asyncio.fixture
async def school(platform: Platform) -> School:
    return await open_school(platform, "theo")


async def see(platform: Platform, school: School, by: UUID, path: str, status: int = 200) -> Any:
    await platform.level()
    answer = await platform.observations.get(path, by=by, tenant=school.tenant)
    assert answer.status_code == status, answer.text
    return answer.json()


def ago(hours: float) -> datetime:
    return datetime.now(UTC).replace(microsecond=0) - timedelta(hours=hours)


async def hold(
    platform: Platform, school: School, kind: str, at: datetime, minutes: int, **about: Any
) -> UUID:
    return await platform.observations.begin(
        "activities/hold-activity", by=school.coach, tenant=school.tenant, type=kind, minutes=minutes,
        started_at=at.isoformat(), **about,
    )  # fmt: skip


async def observe(platform: Platform, school: School, at: datetime, minutes: int, **about: Any) -> UUID:
    return await platform.observations.begin(
        "observations/record-observation", by=school.coach, tenant=school.tenant, started_at=at.isoformat(),
        duration_s=60 * minutes, mode="live", chosen_by="joint", **about,
    )  # fmt: skip


def lately() -> str:
    """The last month by the calendar of wherever the district may be."""
    today = datetime.now(UTC).date()
    return f"/v1/minutes?begin={today - timedelta(days=30)}&end={today + timedelta(days=1)}"


async def test_time_by_type_counts_each_moment_once_and_follows_corrections(
    platform: Platform, school: School
) -> None:
    pair = str(await pair_up(platform, school))
    visit = await observe(platform, school, ago(48), 60, partnership_id=pair)
    await hold(platform, school, "debrief", ago(47.5), 60, partnership_id=pair)  # half of it within the visit
    await hold(platform, school, "pd", ago(30), 90, participants_n=12)

    async def minutes(by: UUID, more: str = "") -> dict[str, int]:
        rows = await see(platform, school, by, lately() + more)
        assert {row["coach_id"] for row in rows} <= {str(school.coach)}
        return {row["type"]: row["minutes"] for row in rows}

    for who in (school.coach, school.coaching_lead, school.administrator):
        assert await minutes(who) == {"observe": 60, "debrief": 30, "pd": 90}
    assert await minutes(school.coaching_lead, f"&coach_id={school.coach}") == await minutes(school.coach)
    assert await minutes(school.coaching_lead, f"&coach_id={uuid4()}") == {}
    for who in (school.teacher, school.principal):
        assert await minutes(who) == {}
        await see(platform, school, who, f"{lately()}&coach_id={school.coach}", 403)
    await say(platform, school, visit, "correct-observation", "coach", measurements=[], duration_s=600,
              reason_code="typo")  # fmt: skip
    assert await minutes(school.coach) == {"observe": 10, "debrief": 60, "pd": 90}
    await say(platform, school, visit, "void-observation", "teacher", reason_code="wrong_class")
    assert await minutes(school.coach) == {"debrief": 60, "pd": 90}
    assert sum((await minutes(school.coach, "&per=week")).values()) == 150
    # A former coach's time stays their own.
    await platform.goals.post(
        f"/v1/partnerships/{pair}/end-partnership", by=school.teacher, tenant=school.tenant
    )
    assert await minutes(school.coach) == {"debrief": 60, "pd": 90}


async def test_what_no_calendar_holds_is_refused(platform: Platform, school: School) -> None:
    for asked in ("begin=2026-02-30", "begin=1767225600", "begin=2026-03-02&end=2026-03-01", "per=day", "who=me",
                  "begin=2020-01-01&end=2026-01-01", "coach_id=me", "begin=2026-01-01&begin=2026-01-02"):  # fmt: skip
        problem = await see(platform, school, school.coach, f"/v1/minutes?{asked}", 422)
        assert problem["code"] == "request_invalid"
    operator = await platform.observations.get("/v1/minutes", by=None, tenant=school.tenant)
    assert operator.status_code == 403


async def test_dosage_is_held_against_the_plan(platform: Platform, school: School) -> None:
    pair = await pair_up(platform, school)
    cycle = await cycle_of(platform, school, pair)
    about = {"partnership_id": str(pair), "cycle_id": str(cycle)}
    visit = await observe(platform, school, ago(30), 30, **about)
    await hold(platform, school, "model", ago(29.75), 45, **about)  # from the middle of the visit
    await hold(platform, school, "plan", ago(20), 20, **about)
    await observe(platform, school, ago(10), 30, partnership_id=str(pair))  # of no cycle
    other = await pair_up(platform, school, "theo")
    await observe(platform, school, ago(9), 30, partnership_id=str(other))  # of no cycle, and of another pair

    async def dosage(by: UUID) -> Any:
        [row] = await see(platform, school, by, "/v1/dosage")
        return row

    for who in (school.coach, school.coaching_lead, school.administrator):
        row = await dosage(who)
        assert (row["cycle_id"], row["focus"], row["status"]) == (str(cycle), "engagement", "open")
        assert (row["planned_weeks"], row["cadence_days"], row["visits_planned"], row["visits_due"]) == (
            6,
            14,
            3,
            0,
        )
        assert (row["visits_held"], row["minutes"], row["days"]) == (2, 80, 0)
    for who in (school.teacher, school.principal):
        assert await see(platform, school, who, "/v1/dosage") == []
    await say(platform, school, visit, "void-observation", "coach", reason_code="wrong_class")
    row = await dosage(school.coaching_lead)
    assert (row["visits_held"], row["minutes"]) == (1, 65)
    await platform.goals.post(
        f"/v1/cycles/{cycle}/close-cycle-early", by=school.coach, tenant=school.tenant, reason_code="moved"
    )
    assert (await dosage(school.coach))["status"] == "ended"
    await platform.goals.post(
        f"/v1/partnerships/{pair}/end-partnership", by=school.teacher, tenant=school.tenant
    )
    assert await see(platform, school, school.coach, "/v1/dosage") == []
    assert (await dosage(school.coaching_lead))["status"] == "ended"


async def test_days_count_as_the_calendar_and_the_clock_say(platform: Platform) -> None:
    school = await open_school(platform, sandbox=True)

    async def advance(days: int) -> None:
        now = await platform.observations.run.clock.now(school.tenant)
        path = f"/v1/districts/{school.tenant}/advance-clock"
        to = (now + timedelta(days=days)).isoformat()
        await platform.directory.post(path, by=None, tenant=school.tenant, to=to)
        await platform.level()

    pair = await pair_up(platform, school)
    await cycle_of(platform, school, pair)
    there = await platform.observations.run.clock.now(school.tenant)
    today = there.astimezone(CHICAGO).date()  # at the school it may be the day before
    await advance(29)
    [row] = await see(platform, school, school.coach, "/v1/dosage")
    assert (row["days"], row["visits_due"]) == (29, 2)

    def days(begin: int, end: int) -> dict[str, str]:
        return {"begin": str(today + timedelta(days=begin)), "end": str(today + timedelta(days=end))}

    await platform.directory.post(
        f"/v1/districts/{school.tenant}/change-calendar", by=school.administrator, tenant=school.tenant,
        terms=[days(-30, 20)], holidays=[days(5, 9), days(18, 25)],
    )  # fmt: skip
    [row] = await see(platform, school, school.coaching_lead, "/v1/dosage")
    assert (row["days"], row["visits_due"]) == (13, 0)
    await platform.directory.post(
        f"/v1/districts/{school.tenant}/change-calendar", by=school.administrator, tenant=school.tenant,
        terms=[], holidays=[days(100, 101)],
    )  # fmt: skip
    await advance(60)
    [row] = await see(platform, school, school.coach, "/v1/dosage")
    assert (row["days"], row["visits_due"], row["visits_planned"]) == (89, 3, 3)


async def test_who_leads_learns_whom_and_in_what_area_and_nothing_of_how_it_ended(
    platform: Platform, school: School
) -> None:
    pair = await pair_up(platform, school)
    cycle = await cycle_of(platform, school, pair, "reading_fluency")
    about = {"partnership_id": str(pair), "cycle_id": str(cycle)}
    await observe(platform, school, ago(50), 30, **about)
    await hold(platform, school, "coteach", ago(49.75), 30, **about)
    other = await cycle_of(platform, school, await pair_up(platform, school, "theo"), "engagement")
    for who in (school.principal, school.administrator, school.coaching_lead):
        second, first = await see(platform, school, who, "/v1/coaching-activity")
        assert (second["cycle_id"], second["minutes"], second["last_contact_on"]) == (str(other), 0, None)
        assert first == {
            "cycle_id": str(cycle), "coach_id": str(school.coach), "teacher_ids": [str(school.teacher)],
            "focus": "reading_fluency", "status": "open", "started_at": first["started_at"], "minutes": 45,
            "last_contact_on": first["last_contact_on"],
        }  # fmt: skip
        assert abs(date.fromisoformat(first["last_contact_on"]) - ago(49.75).date()) <= timedelta(days=1)
    assert (
        await see(platform, school, await another_principal(platform, school), "/v1/coaching-activity") == []
    )
    for who in (school.coach, school.teacher, uuid4()):
        await see(platform, school, who, "/v1/coaching-activity", 403)
    for one, how, told in (
        (cycle, "close-cycle-early", {"reason_code": "moved"}),
        (other, "complete-cycle", {}),
    ):
        await platform.goals.post(f"/v1/cycles/{one}/{how}", by=school.coach, tenant=school.tenant, **told)
    rows = await see(platform, school, school.principal, "/v1/coaching-activity")
    assert [row["status"] for row in rows] == ["ended", "ended"]
    page = await platform.observations.get(
        "/v1/coaching-activity?limit=1", by=school.principal, tenant=school.tenant
    )
    assert page.json() == rows[:1]
    following = await platform.observations.get(
        page.links["next"]["url"], by=school.principal, tenant=school.tenant
    )
    assert following.json() == rows[1:]


def met(items: int, instrument: str | None = None, at: datetime | None = None) -> dict[str, Any]:
    return {"metric_code": "cold_call", "kind": "checklist_fidelity", "numerator": items, "denominator": 8,
            "direction": "increase", "occurred_at": (at or ago(30)).isoformat(), "source": "observation",
            "instrument": instrument}  # fmt: skip


async def test_fidelity_is_told_across_five_teachers_by_month_and_stands(platform: Platform) -> None:
    others = ("ann", "bob", "cid", "dan", "eve")
    school = await open_school(platform, *others, sandbox=True)
    last = await platform.observations.run.clock.now(school.tenant) - timedelta(days=40)
    path = f"/v1/fidelity?year={last.year if last.month >= 7 else last.year - 1}"

    async def next_month() -> None:
        now = await platform.observations.run.clock.now(school.tenant)
        to = (now.replace(day=1) + timedelta(days=32)).replace(day=2).isoformat()
        clock = f"/v1/districts/{school.tenant}/advance-clock"
        await platform.directory.post(clock, by=None, tenant=school.tenant, to=to)

    async def told() -> list[Any]:
        rows: list[Any] = await see(platform, school, school.coaching_lead, path)
        return rows

    visits = []
    for n, who in enumerate(("teacher", *others)):
        assert await told() == []  # nobody is told of a month before another has turned
        if n == 4:
            break
        pair = await pair_up(platform, school, who)
        visits.append(await record(platform, school, pair, days_ago=40, instrument="cold-call@2",
                                   measurements=[met(6, at=last)]))  # fmt: skip
    await next_month()
    assert [(row["hidden"], row["met"]) for row in await told()] == [(True, None)] * 2
    pair = await pair_up(platform, school, "dan")
    visits.append(await record(platform, school, pair, days_ago=72, instrument="cold-call@2",
                               measurements=[met(6, at=last)]))  # fmt: skip
    await next_month()
    for who in (school.coaching_lead, school.administrator):
        total, month = await see(platform, school, who, path)
        assert (total["checklist"], total["month"], total["fidelity"], total["teachers_n"]) == (
            "cold-call@2", None, "3/4", 5,
        )  # fmt: skip
        assert (month["measurements_n"], month["met"], month["total"], month["hidden"]) == (5, 30, 40, False)
    for who in (school.coach, school.teacher, school.principal):
        await see(platform, school, who, path, 403)
    before = await told()
    for kind in ("text/csv", "application/jsonl"):
        answer = await platform.observations.get(
            path, by=school.coaching_lead, tenant=school.tenant, accept=kind
        )
        assert answer.headers["content-type"].startswith(kind)
        assert len(answer.text.splitlines()) == len(before) + (kind == "text/csv"), "told whole as lines"
    told_met = [met(8, at=last)]
    for turned in (False, True):  # what one corrects, then takes back, changes nothing that was told
        what = {"reason_code": "wrong_class"} if turned else {"reason_code": "typo", "measurements": told_met}
        command = "void-observation" if turned else "correct-observation"
        await say(platform, school, visits[0], command, "coach", **what)
        assert await told() == before
        await next_month()
        assert await told() == before
    assert await see(platform, school, school.coaching_lead, "/v1/fidelity?year=2001") == []


async def test_each_of_them_is_told_whole_as_lines(platform: Platform, school: School) -> None:
    pair = await pair_up(platform, school)
    cycle = await cycle_of(platform, school, pair)
    await observe(platform, school, ago(30), 30, partnership_id=str(pair), cycle_id=str(cycle))
    await observe(
        platform, school, ago(40 * 24), 30, partnership_id=str(pair), measurements=[met(6, at=ago(40 * 24))]
    )
    await platform.level()
    for path in (lately(), "/v1/dosage", "/v1/coaching-activity"):
        for kind in ("text/csv", "application/jsonl"):
            answer = await platform.observations.get(
                path, by=school.coaching_lead, tenant=school.tenant, accept=kind
            )
            assert (answer.status_code, answer.headers["content-type"].split(";")[0]) == (200, kind), path
            assert answer.text.strip(), path


async def test_all_that_was_shown_comes_out_the_same_when_it_is_derived_again(platform: Platform) -> None:
    await platform.level()
    assert await platform.observations.derived_again()
