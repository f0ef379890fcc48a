"""Partnerships, cycles and the goal board over HTTP: each their own, and to those who lead the activity."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from kit.running import Platform
from kit.school import School, another_principal, cycle_of, on_task, open_school, pair_up, set_goal

pytestmark = [pytest.mark.integration, pytest.mark.services("directory", "goals")]


@pytest_asyncio.fixture
async def school(platform: Platform) -> School:
    return await open_school(platform, "theo")


async def see(platform: Platform, school: School, path: str, who: str, **headers: str) -> Any:
    answer = await platform.goals.get(path, by=school.people[who], tenant=school.tenant, **headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def draft(platform: Platform, school: School, cycle: UUID, by: str = "teacher") -> UUID:
    return await platform.goals.begin(
        "goals", by=school.people[by], tenant=school.tenant, cycle_id=str(cycle)
    )


async def say(platform: Platform, school: School, goal: UUID, command: str, by: str, **body: Any) -> str:
    """Returns what to hand back to read one's own write."""
    answer = await platform.goals.post(
        f"/v1/goals/{goal}/{command}", by=school.people[by], tenant=school.tenant, **body
    )
    return answer.headers["at-least"]


async def test_a_goal_is_told_with_its_chart_from_draft_to_achievement(
    platform: Platform, school: School
) -> None:
    cycle = await cycle_of(platform, school, await pair_up(platform, school))
    goal = await draft(platform, school, cycle)
    await platform.level()
    [drafted] = await see(platform, school, "/v1/goals", "teacher")
    assert (drafted["status"], drafted["baseline"], drafted["latest"], drafted["target"]) == (
        "draft", None, None, None,
    )  # fmt: skip
    await set_goal(platform, school, goal)
    for n, days in ((7, 10), (8, 5), (9, 1)):
        last = await say(platform, school, goal, "record-progress", "coach",
                         measurement=on_task(n, days_ago=days))  # fmt: skip
    [met] = await see(platform, school, "/v1/goals", "coach", at_least=last)
    told = {
        key: met[key] for key in ("status", "baseline", "target", "latest", "measurements_n", "goal_version")
    }
    assert told == {
        "status": "target_met", "baseline": "1/2", "target": "4/5", "latest": "9/10", "measurements_n": 3,
        "goal_version": 1,
    }  # fmt: skip
    assert (met["goal_id"], met["cycle_id"], met["metric_code"]) == (str(goal), str(cycle), "on_task")
    assert datetime.fromisoformat(met["last_measured_at"]) > datetime.now(UTC) - timedelta(days=2)
    last = await say(platform, school, goal, "confirm-achievement", "teacher")
    [achieved] = await see(platform, school, "/v1/goals?status=achieved", "teacher", at_least=last)
    assert achieved["goal_id"] == str(goal)
    assert await see(platform, school, "/v1/goals?status=active", "teacher") == []
    assert await see(platform, school, f"/v1/goals?cycle_id={uuid4()}", "teacher") == []


async def test_nobody_but_the_pair_sees_a_goal_on_any_board(platform: Platform, school: School) -> None:
    cycle = await cycle_of(platform, school, await pair_up(platform, school))
    await draft(platform, school, cycle)
    await platform.level()
    for who in ("theo", "principal", "administrator", "coaching_lead"):
        assert await see(platform, school, "/v1/goals", who) == []
    stranger = await platform.goals.get("/v1/goals", by=school.teacher, tenant=uuid4())
    assert stranger.json() == []
    assert (await platform.goals.get("/v1/goals", by=None, tenant=school.tenant)).status_code == 403


async def test_a_coach_loses_the_pairs_content_with_the_partnership_and_the_teacher_keeps_it(
    platform: Platform, school: School
) -> None:
    partnership = await pair_up(platform, school)
    goal = await draft(platform, school, await cycle_of(platform, school, partnership))
    await platform.goals.post(
        f"/v1/partnerships/{partnership}/end-partnership", by=school.teacher, tenant=school.tenant
    )
    await platform.level()
    assert await see(platform, school, "/v1/goals", "coach") == []
    assert await see(platform, school, "/v1/cycles", "coach") == []
    assert [g["goal_id"] for g in await see(platform, school, "/v1/goals", "teacher")] == [str(goal)]
    assert len(await see(platform, school, "/v1/cycles", "teacher")) == 1
    assert await see(platform, school, "/v1/partnerships", "coach") == []
    former = await platform.goals.get(
        f"/v1/partnerships/{partnership}", by=school.coach, tenant=school.tenant
    )
    assert former.status_code == 404
    [ended] = await see(platform, school, "/v1/partnerships", "teacher")
    assert ended["status"] == "ended"


async def test_who_leads_learns_that_there_is_coaching_and_no_more(
    platform: Platform, school: School
) -> None:
    partnership = await pair_up(platform, school)
    cycle = await cycle_of(platform, school, partnership)
    await platform.goals.post(
        f"/v1/cycles/{cycle}/close-cycle-early", by=school.coach, tenant=school.tenant, reason_code="moved"
    )
    await platform.level()
    for who in ("principal", "administrator", "coaching_lead"):
        [pair] = await see(platform, school, "/v1/partnerships", who)
        assert (pair["partnership_id"], pair["status"], pair["consented"]) == (str(partnership), "open", None)
        [seen] = await see(platform, school, f"/v1/cycles?partnership_id={partnership}", who)
        assert (seen["cycle_id"], seen["status"], seen["focus"]) == (str(cycle), "ended", "engagement")
        assert (seen["phase"], seen["ended_at"] is None) == (None, False)  # how it ended is the pair's
    [own] = await see(platform, school, "/v1/cycles", "teacher")
    assert (own["status"], own["phase"]) == ("closed_early", "identify")
    assert await see(platform, school, "/v1/partnerships", "theo") == []
    assert await see(platform, school, f"/v1/cycles?partnership_id={partnership}", "theo") == []


async def test_a_principal_learns_of_the_coaching_at_their_own_school_alone(
    platform: Platform, school: School
) -> None:
    partnership = await pair_up(platform, school)
    cycle = await cycle_of(platform, school, partnership)
    elsewhere = await another_principal(platform, school)
    await platform.level()
    for path in ("/v1/partnerships", "/v1/cycles", f"/v1/cycles?partnership_id={partnership}"):
        assert len(await see(platform, school, path, "principal")) == 1
        answer = await platform.goals.get(path, by=elsewhere, tenant=school.tenant)
        assert (answer.status_code, answer.json()) == (200, [])
    for path in (f"/v1/partnerships/{partnership}", f"/v1/cycles/{cycle}"):
        assert (await see(platform, school, path, "principal"))["data"]["status"] == "open"
        answer = await platform.goals.get(path, by=elsewhere, tenant=school.tenant)
        assert answer.status_code == 404


async def test_a_proposal_shows_who_has_consented(platform: Platform, school: School) -> None:
    partnership = await platform.goals.begin(
        "partnerships", by=school.teacher, tenant=school.tenant, coach_id=str(school.coach),
        teacher_ids=[str(school.teacher), str(school.theo)],
    )  # fmt: skip
    await platform.goals.post(
        f"/v1/partnerships/{partnership}/give-consent", by=school.theo, tenant=school.tenant
    )
    await platform.level()
    [pair] = await see(platform, school, "/v1/partnerships", "coach")
    assert (pair["status"], pair["consented"]) == ("proposed", [str(school.theo)])


@pytest.mark.parametrize("sandbox", [False, True])
async def test_pages_hold_every_row_once_and_lead_to_the_next(platform: Platform, sandbox: bool) -> None:
    """In a sandbox everything happens at one moment."""
    school = await open_school(platform, sandbox=sandbox)
    partnership = await pair_up(platform, school)
    cycles = [await cycle_of(platform, school, partnership, f"focus_{n}") for n in range(7)]
    newest_first = cycles[::-1]
    await platform.level()
    for who in ("teacher", "coach", "principal"):
        path, found, pages = f"/v1/cycles?limit=3&partnership_id={partnership}", [], 0
        while path:
            answer = await platform.goals.get(path, by=school.people[who], tenant=school.tenant)
            found += [UUID(row["cycle_id"]) for row in answer.json()]
            pages += 1
            path = answer.links.get("next", {}).get("url", "")
        assert (found, pages) == (newest_first, 3)


async def test_while_others_are_out_of_sight_only_ones_own_is_shown(
    platform: Platform, school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    await draft(platform, school, await cycle_of(platform, school, await pair_up(platform, school)))
    await platform.level()
    monkeypatch.setattr(platform.goals.run.progress, "level", lambda _: False)
    for path, refused in (
        ("/v1/goals", ("coach",)),
        ("/v1/cycles", ("coach", "principal")),
        ("/v1/partnerships", ("principal",)),
    ):
        assert len(await see(platform, school, path, "teacher")) == 1
        for who in refused:
            answer = await platform.goals.get(path, by=school.people[who], tenant=school.tenant)
            assert (answer.status_code, answer.json()["code"]) == (503, "facts_behind")
            assert answer.headers["retry-after"]


async def test_a_cursor_serves_its_own_reader_and_list_only(platform: Platform, school: School) -> None:
    partnership = await pair_up(platform, school)
    for n in range(2):
        await cycle_of(platform, school, partnership, f"focus_{n}")
    await platform.level()
    first = await platform.goals.get("/v1/cycles?limit=1", by=school.teacher, tenant=school.tenant)
    following = first.links["next"]["url"]
    for path, by in (
        (following, school.coach),
        (following.replace("cycles", "goals"), school.teacher),
        ("/v1/cycles?cursor=AAAA", school.teacher),
        ("/v1/cycles?cursor=%00", school.teacher),
        ("/v1/cycles?cursor=é", school.teacher),
        (following[:-4] + "AAAA", school.teacher),
    ):
        answer = await platform.goals.get(path, by=by, tenant=school.tenant)
        assert (answer.status_code, answer.json()["code"]) == (400, "cursor_invalid")


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=201", "limit=x", "cycle_id=1", "status=won", "cycle=1", "cursor=" + "A" * 3000],
)
async def test_what_a_list_does_not_know_is_refused(platform: Platform, school: School, query: str) -> None:
    answer = await platform.goals.get(f"/v1/goals?{query}", by=school.teacher, tenant=school.tenant)
    assert (answer.status_code, answer.json()["code"]) == (422, "request_invalid")


async def test_a_list_says_what_it_reflects(platform: Platform, school: School) -> None:
    cycle = await cycle_of(platform, school, await pair_up(platform, school))
    await platform.level()
    answer = await platform.goals.get("/v1/cycles", by=school.teacher, tenant=school.tenant)
    level = answer.headers["at-least"]
    assert level.startswith("goals:")
    again = await platform.goals.get(
        f"/v1/cycles/{cycle}", by=school.teacher, tenant=school.tenant, at_least=level
    )
    assert again.status_code == 200


async def test_a_goals_place_on_the_board_reflects_its_chart(platform: Platform, school: School) -> None:
    goal = await draft(platform, school, await cycle_of(platform, school, await pair_up(platform, school)))
    await set_goal(platform, school, goal)
    progress = await say(
        platform, school, goal, "record-progress", "coach", measurement=on_task(7, days_ago=1)
    )
    await platform.level()
    answer = await platform.goals.get("/v1/goals", by=school.teacher, tenant=school.tenant)
    assert (answer.headers["at-least"], answer.json()[0]["latest"]) == (progress, "7/10")


async def test_the_lists_are_described(platform: Platform) -> None:
    document = (await platform.goals.http.get("/openapi.json")).json()
    for path, model in (
        ("goals", "GoalOnBoard"), ("cycles", "ListedCycle"), ("partnerships", "ListedPartnership"),
    ):  # fmt: skip
        described = document["paths"][f"/v1/{path}"]["get"]
        assert {"limit", "cursor", "At-Least"} <= {parameter["name"] for parameter in described["parameters"]}
        content = described["responses"]["200"]["content"]["application/json"]["schema"]
        assert content["items"]["$ref"].endswith(model)
        assert "Link" in described["responses"]["200"]["headers"]
        assert document["components"]["schemas"][model]["description"]


async def test_all_that_was_shown_comes_out_the_same_when_it_is_derived_again(platform: Platform) -> None:
    await platform.level()
    assert await platform.goals.derived_again()
