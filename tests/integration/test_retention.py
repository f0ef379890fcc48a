"""Texts whose time is over go by themselves, as the district's policy says, and nothing that is needed or held does."""

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio
from backbone.deciding import for_good
from backbone.retaining import Retainer, sql
from kit.erased import Planted, plant
from kit.running import Platform, Served
from kit.school import School, open_school

pytestmark = [
    pytest.mark.integration,
    pytest.mark.services("directory", "goals", "observations", "notifications"),
]

TEXTS = "SELECT count(*) FROM ledger.private_words WHERE tenant = $1 AND words LIKE '%Ferrabosc%'"
ATTESTED = "SELECT data FROM ledger.events WHERE tenant = $1 AND type = 'ContentErased' ORDER BY position"


@pytest_asyncio.fixture
async def school(platform: Platform) -> School:
    """A sandbox, so that years pass when a test says so."""
    return await open_school(platform, sandbox=True)


@pytest_asyncio.fixture
async def planted(platform: Platform, school: School) -> Planted:
    return await plant(platform, school)


async def keep(platform: Platform, school: School, **days: int) -> None:
    path = f"/v1/districts/{school.tenant}/change-policy"
    await platform.directory.post(path, by=None, tenant=school.tenant, retention=days)
    await platform.level()


async def pass_(platform: Platform, school: School, days: float) -> None:
    """Days pass, and every service has looked through what it keeps."""
    now = await platform.directory.run.clock.now(school.tenant)
    path, to = f"/v1/districts/{school.tenant}/advance-clock", (now + timedelta(days=days)).isoformat()
    await platform.directory.post(path, by=None, tenant=school.tenant, to=to)
    await platform.level()
    for served in platform.services.values():
        await Retainer(served.run).once()


async def end(platform: Platform, school: School) -> None:
    [pair] = (await platform.goals.get("/v1/partnerships", by=school.teacher, tenant=school.tenant)).json()
    path = f"/v1/partnerships/{pair['partnership_id']}/end-partnership"
    await platform.goals.post(path, by=school.teacher, tenant=school.tenant)
    await platform.level()


async def texts(platform: Platform, school: School) -> dict[str, int]:
    """How many texts there are in which the name was planted."""
    return {n: await s.database.owner.fetchval(TEXTS, school.tenant) for n, s in platform.services.items()}


async def attested(served: Served, school: School) -> list[tuple[str, int]]:
    rows = await served.database.owner.fetch(ATTESTED, school.tenant)
    return [(told["retention"], told["n_items"]) for told in (json.loads(row["data"]) for row in rows)]


async def test_what_a_pair_had_goes_when_its_time_is_over_and_not_while_they_work_together(
    platform: Platform, school: School, planted: Planted
) -> None:
    before = await texts(platform, school)
    assert before["goals"] == 2
    assert before["observations"] == 5
    await keep(platform, school, pair=30)
    await pass_(platform, school, 100)
    assert await texts(platform, school) == before  # the partnership goes on
    await end(platform, school)
    await pass_(platform, school, 29)
    assert await texts(platform, school) == before
    await pass_(platform, school, 2)
    # What each wrote for themselves is another class, and names are another.
    assert await texts(platform, school) == before | {"goals": 0, "observations": 2}
    assert await attested(platform.goals, school) == [("pair", 2)]
    assert await attested(platform.observations, school) == [("pair", 3)]
    assert await platform.goals.derived_again()
    assert await platform.observations.derived_again()


async def test_notes_and_contacts_have_times_of_their_own(
    platform: Platform, school: School, planted: Planted
) -> None:
    before = await texts(platform, school)
    await keep(platform, school, author=30, contacts=40)
    path = f"/v1/people/{school.teacher}/deactivate-person"
    await platform.directory.post(path, by=None, tenant=school.tenant)
    await platform.level()
    await pass_(platform, school, 31)
    assert await texts(platform, school) == before | {"observations": before["observations"] - 2}
    assert await attested(platform.observations, school) == [("author", 2)]
    await pass_(platform, school, 10)
    assert (await texts(platform, school))["directory"] == 0
    [(name, n_items)] = await attested(platform.directory, school)
    assert (name, n_items >= before["directory"]) == ("contacts", True)
    await platform.level()
    listed = await platform.directory.get("/v1/people", by=None, tenant=school.tenant)
    assert "Ferrabosc" not in listed.text


async def test_a_legal_hold_keeps_what_is_theirs_until_it_is_lifted(
    platform: Platform, school: School, planted: Planted
) -> None:
    before, path = await texts(platform, school), f"/v1/people/{school.teacher}"
    await keep(platform, school, pair=30, author=30)
    await end(platform, school)
    await platform.directory.post(
        f"{path}/place-legal-hold", by=school.administrator, tenant=school.tenant, reason="case 12"
    )
    await platform.level()
    await pass_(platform, school, 50)
    held = await texts(platform, school)
    # The coach's own note is not the teacher's to keep.
    assert held == before | {"observations": before["observations"] - 1}
    shown = await platform.directory.get(path, by=school.administrator, tenant=school.tenant)
    [hold] = shown.json()["data"]["legal_holds"]
    await platform.directory.post(
        f"{path}/lift-legal-hold", by=school.administrator, tenant=school.tenant, hold_id=hold
    )
    await platform.level()
    await pass_(platform, school, 1)
    assert await texts(platform, school) == before | {"goals": 0, "observations": 0}


async def test_a_legal_hold_on_the_coach_keeps_what_the_coach_had_a_part_in(
    platform: Platform, school: School, planted: Planted
) -> None:
    before, path = await texts(platform, school), f"/v1/people/{school.coach}"
    await keep(platform, school, pair=30)
    await end(platform, school)
    await platform.directory.post(f"{path}/place-legal-hold", by=None, tenant=school.tenant, reason="case 12")
    await platform.level()
    await pass_(platform, school, 50)
    assert await texts(platform, school) == before


async def test_a_district_that_says_nothing_keeps_everything(
    platform: Platform, school: School, planted: Planted
) -> None:
    before = await texts(platform, school)
    await end(platform, school)
    await pass_(platform, school, 366)
    assert await texts(platform, school) == before


async def test_whoever_is_killed_on_the_way_goes_on_and_counts_nothing_twice(
    platform: Platform, school: School, planted: Planted, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def resting(_: Retainer) -> int:
        return 0

    once = Retainer.once
    monkeypatch.setattr(Retainer, "once", resting)
    await keep(platform, school, author=30)
    await pass_(platform, school, 31)

    async def killed(*_: Any) -> int:
        raise ZeroDivisionError

    retainer = Retainer(platform.observations.run)
    with monkeypatch.context() as dying:
        dying.setattr(retainer, "_attest", killed)
        with pytest.raises(ZeroDivisionError):
            await once(retainer)
    assert await attested(platform.observations, school) == []
    await asyncio.gather(*(once(Retainer(platform.observations.run)) for _ in range(3)))
    assert await attested(platform.observations, school) == [("author", 2)]
    assert await once(retainer) == 0


async def test_the_application_s_role_deletes_nothing_that_the_policy_keeps(
    platform: Platform, school: School, planted: Planted
) -> None:
    app, now = platform.goals.database.app, datetime.now(UTC)
    for when in (now, now - timedelta(days=1)):
        with pytest.raises(asyncpg.RaiseError, match="keeps its pair longer"):
            await app.execute(sql.expire_words, school.tenant, UUID(int=1), "pair", [planted.goal], when)
    await keep(platform, school, pair=30)
    with pytest.raises(asyncpg.RaiseError, match="keeps its pair longer"):
        await app.execute(sql.expire_words, school.tenant, UUID(int=1), "pair", [planted.goal], now)


async def test_a_kind_of_thing_that_is_forgotten_is_seen_to_stay(
    platform: Platform, school: School, planted: Planted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The broken variant."""

    commands = platform.goals.run.commands
    forgetful = replace(commands.aggregates["Goal"], kept=for_good)
    monkeypatch.setattr(commands, "aggregates", {**commands.aggregates, "Goal": forgetful})
    await keep(platform, school, pair=30)
    await end(platform, school)
    await pass_(platform, school, 31)
    assert (await texts(platform, school))["goals"] == 1
