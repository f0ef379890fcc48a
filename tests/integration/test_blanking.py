"""A district leaves: nothing of it is decided, told or kept any more, and nobody else notices."""

import asyncio
import json
import sys
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
import pytest_asyncio
from backbone import blanking, relay
from backbone.attesting import leaving
from backbone.commands import Order
from backbone.deciding import Actor, DistrictHasLeft
from goals.goal import DraftGoal
from kit.departed import ORDER, all_of, blank_all, close, found, ids_inside, payloads_of, rows_of
from kit.practice import CANARY, Practice, open_practice
from kit.running import Platform, Served
from kit.school import School, cycle_of, open_school, pair_up, set_goal

pytestmark = [
    pytest.mark.integration,
    pytest.mark.services("directory", "goals", "observations", "notifications"),
]


STAYS = {"notifications": {"projections.districts": 1, "projections.watched": 1}}
"""What is derived from the events that stay: that there is a district, and in which time zone it lay."""


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is under way here, and a stream that is missing is noticed at once."""
    monkeypatch.setattr(blanking, "SETTLED", 0.1)
    monkeypatch.setattr(relay, "LOOK_EVERY", 0.2)


@pytest_asyncio.fixture
async def practice(platform: Platform) -> Practice:
    return await open_practice(platform)


@pytest_asyncio.fixture
async def school(platform: Platform) -> School:
    """Another district, where a pair has set a goal."""
    school = await open_school(platform)
    cycle = await cycle_of(platform, school, await pair_up(platform, school))
    goal = await platform.goals.begin("goals", by=school.coach, tenant=school.tenant, cycle_id=str(cycle))
    await set_goal(platform, school, goal)
    school.people.update(cycle=cycle, goal=goal)
    await platform.level()
    return school


def olga(platform: Platform) -> str:
    return platform.issuer.token(sub="olga", kind="operator", tenant=None)


def certificates(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """What each service printed last, by its name."""
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("{")]
    return {one["service"]: one for one in map(json.loads, lines)}


async def verified(served: Served, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """What `verify` finds."""
    capsys.readouterr()
    await served.job("verify", "--json")
    return dict(certificates(capsys)[served.run.service.name])


async def test_nothing_is_left_but_that_it_was_there(
    platform: Platform, practice: Practice, school: School, capsys: pytest.CaptureFixture[str]
) -> None:
    tenant = practice.school.tenant
    await close(platform, tenant)
    inside = {name: await ids_inside(served, tenant) for name, served in platform.services.items()}
    before = {name: await all_of(served, school.tenant) for name, served in platform.services.items()}
    blank = {name: (await verified(served, capsys))["blanked"] for name, served in platform.services.items()}
    capsys.readouterr()
    assert await blank_all(platform, tenant, olga(platform)) == dict.fromkeys(ORDER, 0)
    told = certificates(capsys)
    await platform.level()
    for name, served in platform.services.items():
        assert await found(served, CANARY, "cold_call", *inside[name]) == [], name
        assert await rows_of(served, tenant) == STAYS.get(name, {"projections.districts": 1})
        assert set(await payloads_of(served, tenant)) <= set(blanking.staying(name))
        assert await served.derived_again(), name
        report = await verified(served, capsys)
        assert (report["ok"], report["blanked"]) == (True, blank[name] + told[name]["events"])
        assert told[name]["events"] > 0
        answer = await served.get(f"/v1/erasures/{leaving(tenant)}", by=None, tenant=tenant)
        assert answer.json()["data"] == {"n_items": told[name]["words"], "n_held": 0}
    assert {n: await all_of(s, school.tenant) for n, s in platform.services.items()} == before

    # As a database that was restored from before: what came back is named, and goes when it is blanked again.
    back = "UPDATE ledger.events SET data = '{}' WHERE tenant = $1 AND type = 'GoalSet' AND data IS NULL"
    await platform.goals.database.owner.execute(back, tenant)
    report = await verified(platform.goals, capsys)
    assert any(one["where"] == "log" and "is still there" in one["what"] for one in report["findings"])
    again = ("blank-district", "--tenant", str(tenant), "--json")
    capsys.readouterr()
    assert await platform.goals.job(*again, token=olga(platform)) == 0
    assert certificates(capsys)["goals"] == told["goals"] | {"rows": 1}
    assert (await verified(platform.goals, capsys))["ok"]


async def test_of_a_district_that_has_left_nothing_is_decided_and_nobody_is_told_anything(
    platform: Platform, school: School
) -> None:
    tenant, teacher = school.tenant, school.teacher
    held = f"/v1/people/{teacher}"
    await platform.directory.post(f"{held}/place-legal-hold", by=None, tenant=tenant, reason="case 12")
    await platform.level()
    leaving_ = f"/v1/districts/{tenant}/close-district"
    refused = await platform.directory.tried(leaving_, by=None, tenant=tenant)
    assert (refused.status_code, refused.json()["code"]) == (409, "legal_hold")
    shown = await platform.directory.get(held, by=None, tenant=tenant)
    [hold] = shown.json()["data"]["legal_holds"]
    await platform.directory.post(f"{held}/lift-legal-hold", by=None, tenant=tenant, hold_id=hold)
    await platform.level()
    await close(platform, tenant)

    goal, cycle = school.goal, str(school.cycle)
    for served, path in (
        (platform.goals, f"/v1/goals/{goal}"), (platform.goals, "/v1/goals"), (platform.directory, held),
        (platform.observations, "/v1/reflections"), (platform.notifications, "/v1/inbox"),
    ):  # fmt: skip
        for who in (teacher, school.administrator):
            answer = await served.get(path, by=who, tenant=tenant)
            assert (answer.status_code, answer.json()["code"]) == (410, "district_closed"), path
    told = await platform.goals.tried("/v1/goals", by=teacher, tenant=tenant, cycle_id=cycle)
    assert (told.status_code, told.json()["code"]) == (410, "district_closed")
    seen = await platform.directory.get(f"/v1/districts/{tenant}", by=None, tenant=tenant)
    assert seen.json()["data"]["status"] == "closed"

    run = platform.goals.run
    order = Order(
        aggregate=run.commands.aggregates["Goal"], aggregate_id=goal, command=DraftGoal(cycle_id=school.cycle),
        actor=Actor("system", "when_anything", tenant), command_id=uuid4(), request=b"",
    )  # fmt: skip
    with pytest.raises(DistrictHasLeft) as refused:  # neither policies nor timers
        await run.commands.handle(order)
    assert refused.value.code == "district_closed"


async def test_only_a_district_that_is_closed_and_free_of_holds_is_blanked(
    platform: Platform, school: School, capsys: pytest.CaptureFixture[str]
) -> None:
    tenant, goals = school.tenant, platform.goals
    before = await all_of(goals, tenant)
    for code in ("district_open", "legal_hold"):
        if code == "legal_hold":
            await close(platform, tenant)
            path = f"/v1/people/{school.teacher}/place-legal-hold"
            await platform.directory.post(path, by=None, tenant=tenant, reason="case 13")
            await platform.level()
            before = await all_of(goals, tenant)
        capsys.readouterr()
        assert await goals.job("blank-district", "--tenant", str(tenant), "--json", token=olga(platform)) == 2
        assert json.loads(capsys.readouterr().out.splitlines()[-1])["code"] == code
        assert await all_of(goals, tenant) == before


async def test_a_hold_that_is_placed_while_a_service_sets_out_to_blank_stops_it(
    platform: Platform, school: School, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    tenant, goals, level = school.tenant, platform.goals, blanking._level
    await close(platform, tenant)
    before = await payloads_of(goals, tenant)

    async def meanwhile(*about: Any) -> None:
        path = f"/v1/people/{school.teacher}/place-legal-hold"
        await platform.directory.post(path, by=None, tenant=tenant, reason="case 14")
        await platform.level()
        await level(*about)

    monkeypatch.setattr(blanking, "_level", meanwhile)
    assert await goals.job("blank-district", "--tenant", str(tenant), "--json", token=olga(platform)) == 2
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["code"] == "legal_hold"
    assert [one for one in await payloads_of(goals, tenant) if one != "OperatorActed"] == before


async def test_a_blanking_that_forgets_a_table_is_found(
    platform: Platform, school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    tenant = school.tenant
    await close(platform, tenant)
    monkeypatch.setattr(blanking, "KEPT", blanking.KEPT | {"projections.inbox"})
    notifications = platform.notifications
    told = ("blank-district", "--tenant", str(tenant))
    assert await notifications.job(*told, token=olga(platform)) == 0
    monkeypatch.undo()
    assert set(await rows_of(notifications, tenant)) == {"projections.inbox", *STAYS["notifications"]}


async def test_who_blanks_an_event_of_a_district_that_is_there_is_found(
    platform: Platform, school: School, capsys: pytest.CaptureFixture[str]
) -> None:
    goals, goal = platform.goals, school.goal
    owner, before = goals.database.owner, (await verified(goals, capsys))["blanked"]
    was = await owner.fetchrow(
        "SELECT position, data::text FROM ledger.events WHERE stream_id = $1 AND type = 'GoalSet'", goal
    )
    await owner.execute("UPDATE ledger.events SET data = NULL WHERE position = $1", was["position"])
    report = await verified(goals, capsys)
    await owner.execute("UPDATE ledger.events SET data = $2::json WHERE position = $1", *was)
    assert report["blanked"] == before + 1
    [found] = [one for one in report["findings"] if one["where"] == "log"]
    assert (found["position"], found["aggregate"], found["field"]) == (
        was["position"],
        f"Goal {goal}",
        "data",
    )
    assert "has not left" in found["what"]
    assert (await verified(goals, capsys))["ok"]


async def killed_at(served: Served, tenant: UUID, token: str, table: str, mode: str) -> None:
    """Begins to blank, waits until it is held up by a lock on a table, and kills it."""
    other = await asyncpg.connect(served.database.provisioned.full_owner_url)
    words = ("-m", served.run.service.name, "blank-district", "--tenant", str(tenant))
    quiet = {"stdout": asyncio.subprocess.DEVNULL, "stderr": asyncio.subprocess.DEVNULL}
    waits = f"SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND relation = '{table}'::regclass)"
    try:
        await other.execute(f"BEGIN; LOCK TABLE {table} IN {mode} MODE")
        process = await asyncio.create_subprocess_exec(
            sys.executable, *words, env=served.environment(token), **quiet
        )
        async with asyncio.timeout(60):
            while not await served.database.owner.fetchval(waits):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        process.kill()
        await process.wait()
    finally:
        await other.close()


async def test_who_is_killed_on_the_way_goes_on_and_counts_the_same(
    platform: Platform, school: School, capsys: pytest.CaptureFixture[str]
) -> None:
    tenant, goals, token = school.tenant, platform.goals, olga(platform)
    await close(platform, tenant)
    owner = goals.database.owner
    words = await owner.fetchval("SELECT count(*) FROM ledger.private_words WHERE tenant = $1", tenant)
    before, blank = await all_of(goals, tenant), (await verified(goals, capsys))["blanked"]

    # In the middle of what it deletes: nothing has happened.
    await killed_at(goals, tenant, token, "projections.listed_steps", "EXCLUSIVE")
    assert await all_of(goals, tenant) == before

    # When it has deleted, and before it has written anything anew: the log says so, the stream does not.
    await killed_at(goals, tenant, token, "ledger.private_words", "ACCESS SHARE")
    report = await verified(goals, capsys)
    assert report["blanked"] > blank
    assert {one["where"] for one in report["findings"]} == {"stream"}
    assert await payloads_of(goals, tenant) != []

    capsys.readouterr()
    assert await goals.job("blank-district", "--tenant", str(tenant), "--json", token=token) == 0
    told = certificates(capsys)["goals"]
    assert (told["words"], told["events"]) == (words, report["blanked"] - blank)
    assert set(await payloads_of(goals, tenant)) <= set(blanking.staying("goals"))
    assert (await verified(goals, capsys))["ok"]
