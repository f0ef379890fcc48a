"""Somebody is erased, in every service: what is theirs alone and what they wrote, whoever is killed or restored."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4, uuid5

import asyncpg
import pytest
import pytest_asyncio
from backbone.deciding import nobodys
from backbone.erasing import Eraser, sql
from backbone.ledger import Ledger, WordsWithheld
from backbone.service import Running
from backbone.withholding import withhold
from kit.erased import NAME, Planted, erase, plant, texts_with
from kit.running import Platform, Served
from kit.school import School, open_school

pytestmark = [
    pytest.mark.integration,
    pytest.mark.services("directory", "goals", "observations", "notifications"),
]


@pytest_asyncio.fixture
async def school(platform: Platform) -> School:
    return await open_school(platform)


@pytest_asyncio.fixture
async def planted(platform: Platform, school: School) -> Planted:
    return await plant(platform, school)


async def attested(platform: Platform, school: School, erasure: UUID) -> dict[str, int]:
    """What each service attests, once all have."""
    found: dict[str, int] = {}
    async with asyncio.timeout(20):
        while len(found) < len(platform.services):
            for name, served in platform.services.items():
                answer = await served.get(f"/v1/erasures/{erasure}", by=None, tenant=school.tenant)
                if answer.status_code == 200:
                    found[name] = answer.json()["data"]["n_items"]
            await asyncio.sleep(0.05)
    return found


async def still_there(platform: Platform, school: School) -> dict[str, list[Any]]:
    return {
        name: [row["ref"] for row in await texts_with(served.database.owner, school.tenant)]
        for name, served in platform.services.items()
    }


async def test_what_is_theirs_and_what_they_wrote_goes_and_what_others_wrote_of_them_stays(
    platform: Platform, school: School, planted: Planted
) -> None:
    before = await still_there(platform, school)
    assert {name: len(refs) for name, refs in before.items()} == {
        "directory": 4, "goals": 2, "observations": 5, "notifications": 0,
    }  # fmt: skip
    erasure = await erase(platform, school, school.teacher)
    # Directory: three names, the address and what a roster calls them. Observations: all but the coach's reflection.
    assert await attested(platform, school, erasure) == {
        "directory": 5, "goals": 2, "observations": 4, "notifications": 0,
    }  # fmt: skip
    after = await still_there(platform, school)
    mention = after.pop("observations")
    assert after == {"directory": [], "goals": [], "notifications": []}
    [row] = await texts_with(platform.observations.database.owner, school.tenant)
    assert (mention, row["stream_id"]) == ([row["ref"]], planted.mention)

    told = {"refs": [str(row["ref"])]}
    path = f"/v1/people/{school.teacher}/erase-mentions"
    await platform.directory.post(path, by=None, tenant=school.tenant, **told)
    async with asyncio.timeout(20):
        while await texts_with(platform.observations.database.owner, school.tenant):  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def test_who_was_erased_is_in_no_list_and_nobody_s_to_reach_and_history_is_whole(
    platform: Platform, school: School, planted: Planted
) -> None:
    await attested(platform, school, await erase(platform, school, school.teacher))
    await platform.level()
    listed = await platform.directory.get("/v1/people", by=school.coach, tenant=school.tenant)
    assert str(school.teacher) not in {row["person_id"] for row in listed.json()}
    assert NAME not in listed.text
    path = f"/v1/people/{school.teacher}"
    assert (await platform.directory.get(path, by=school.coach, tenant=school.tenant)).status_code == 404
    assert (await platform.directory.get(path, by=school.teacher, tenant=school.tenant)).status_code == 404
    for service in (platform.directory, platform.goals, platform.observations):
        assert await service.derived_again()
    shown = await platform.goals.get(f"/v1/goals/{planted.goal}", by=school.coach, tenant=school.tenant)
    assert (shown.status_code, shown.json()["words"]) == (200, {})
    again = await platform.directory.tried(f"{path}/request-erasure", by=None, tenant=school.tenant)
    assert (again.status_code, again.json()["code"]) == (409, "person_erased")


async def test_a_legal_hold_keeps_everything(platform: Platform, school: School) -> None:
    path = f"/v1/people/{school.teacher}"
    await platform.directory.post(
        f"{path}/place-legal-hold", by=school.administrator, tenant=school.tenant, reason="case 12"
    )
    refused = await platform.directory.tried(f"{path}/request-erasure", by=None, tenant=school.tenant)
    assert (refused.status_code, refused.json()["code"]) == (409, "legal_hold")
    shown = (await platform.directory.get(path, by=school.administrator, tenant=school.tenant)).json()
    [hold] = shown["data"]["legal_holds"]
    await platform.directory.post(
        f"{path}/lift-legal-hold", by=school.administrator, tenant=school.tenant, hold_id=hold
    )
    forbidden = await platform.directory.tried(
        f"{path}/request-erasure", by=school.administrator, tenant=school.tenant
    )
    assert forbidden.status_code == 403
    await attested(platform, school, await erase(platform, school, school.teacher))


async def test_the_application_s_role_deletes_words_by_an_erasure_that_is_known_and_no_other_way(
    platform: Platform, school: School
) -> None:
    app = platform.goals.database.app
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await app.execute("DELETE FROM ledger.private_words")
    with pytest.raises(asyncpg.RaiseError):
        await app.execute("SELECT ledger.erase_words($1, $2, '{}')", school.tenant, uuid4())


ONCE = Eraser.once


async def resting(_: Eraser) -> int:
    """Instead of `once`: whatever a service's own eraser should do, it does not."""
    return 0


class Killed(Exception):
    """The process ended here."""


async def told_of(platform: Platform, school: School, served: Served) -> tuple[UUID, Any]:
    """An erasure that a service has heard of and has done nothing about."""
    erasure = await erase(platform, school, school.teacher)
    await platform.level()
    to_do = await served.run.pool.fetch(sql.erasures_to_do)
    [one] = [row for row in to_do if row["erasure_id"] == erasure]
    return erasure, one


@asynccontextmanager
async def as_if_begun(served: Served) -> AsyncIterator[Running]:
    """A process of a service that has just begun: it tells no words, and has to by the end."""
    run = replace(served.run, ledger=Ledger(served.run.pool))
    run.ledger.withheld = True
    waiting = asyncio.create_task(withhold(run))
    await asyncio.sleep(0.3)
    assert run.ledger.withheld
    yield run
    async with asyncio.timeout(5):
        while run.ledger.withheld:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    waiting.cancel()


async def test_whoever_is_killed_on_the_way_goes_on_and_counts_nothing_twice(
    platform: Platform, school: School, planted: Planted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Eraser, "once", resting)
    monkeypatch.setattr("backbone.erasing.PAGE", 1)  # an aggregate at a time
    served = platform.observations
    erasure, one = await told_of(platform, school, served)
    eraser = Eraser(served.run)
    pages = eraser._meant(one)
    await served.run.pool.fetchval(sql.erase_words, school.tenant, erasure, (await anext(pages)).refs)

    async def killed(*_: Any) -> None:
        raise Killed

    with monkeypatch.context() as dying:
        dying.setattr(eraser, "_attest", killed)
        with pytest.raises(Killed):
            await ONCE(eraser)
    assert len(await texts_with(served.database.owner, school.tenant)) == 1
    path = f"/v1/erasures/{erasure}"
    assert (await served.get(path, by=None, tenant=school.tenant)).status_code == 404
    assert await ONCE(eraser) == 1
    # Attested, and killed before that was noted.
    await served.database.owner.execute(
        "UPDATE work.erasures SET attested_at = NULL WHERE erasure_id = $1", erasure
    )
    assert await ONCE(eraser) == 1
    assert await ONCE(eraser) == 0
    told = await served.database.owner.fetch("SELECT data FROM ledger.events WHERE stream_id = $1", erasure)
    assert [json.loads(row["data"])["n_items"] for row in told] == [4]


async def test_two_who_erase_at_once_count_each_text_once(
    platform: Platform, school: School, planted: Planted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Eraser, "once", resting)
    served = platform.observations
    erasure, _ = await told_of(platform, school, served)
    await asyncio.gather(*(ONCE(Eraser(served.run)) for _ in range(4)))
    answer = await served.get(f"/v1/erasures/{erasure}", by=None, tenant=school.tenant)
    assert answer.json()["data"] == {"n_items": 4, "n_held": 0}


async def test_no_words_are_told_while_an_erasure_is_known_and_not_done(
    platform: Platform, school: School, planted: Planted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Eraser, "once", resting)
    served = platform.goals
    await told_of(platform, school, served)
    async with as_if_begun(served) as run:
        with pytest.raises(WordsWithheld):
            await run.ledger.words(school.tenant, planted.goal)
        await ONCE(Eraser(served.run))


async def test_words_that_may_not_be_told_are_answered_so(
    platform: Platform, school: School, planted: Planted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platform.goals.run.ledger, "withheld", True)
    for path in (f"/v1/goals/{planted.goal}", "/v1/goals", f"/v1/goals/{planted.goal}/chart"):
        answer = await platform.goals.get(path, by=school.teacher, tenant=school.tenant)
        assert (answer.status_code, answer.json()["code"]) == (503, "words_withheld"), path
        assert answer.headers["retry-after"]


async def test_what_came_back_with_a_restored_database_is_erased_again_before_it_is_told(
    platform: Platform, school: School, planted: Planted, monkeypatch: pytest.MonkeyPatch
) -> None:
    served = platform.observations
    owner = served.database.owner
    words = await owner.fetch("SELECT * FROM ledger.private_words WHERE tenant = $1", school.tenant)
    erasure = await erase(platform, school, school.teacher)
    await attested(platform, school, erasure)
    monkeypatch.setattr(Eraser, "once", resting)
    await owner.executemany(
        "INSERT INTO ledger.private_words SELECT $1, $2, $3, $4, $5 ON CONFLICT DO NOTHING", map(tuple, words)
    )
    await owner.execute("DELETE FROM work.erasures WHERE erasure_id = $1", erasure)
    assert len(await texts_with(owner, school.tenant)) == 5
    async with as_if_begun(served):
        await ONCE(Eraser(served.run))
    assert len(await texts_with(owner, school.tenant)) == 1
    events = "SELECT count(*) FROM ledger.events WHERE stream_id = $1"
    assert await owner.fetchval(events, erasure) == 1  # attested once, whatever was done again


async def test_a_database_put_back_under_a_running_process_tells_no_words_until_they_are_erased_again(
    platform: Platform, school: School, planted: Planted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a dump from before the erasure leaves it, restored by hand while the service runs."""
    served, owner, path = platform.observations, platform.observations.database.owner, "/v1/reflections"
    words = await owner.fetch("SELECT * FROM ledger.private_words WHERE tenant = $1", school.tenant)
    checkpoints = await owner.fetch("SELECT * FROM projections.checkpoints WHERE source = 'directory'")
    await attested(platform, school, await erase(platform, school, school.teacher))
    await platform.level()
    assert (await served.get(path, by=school.coach, tenant=school.tenant)).is_success
    monkeypatch.setattr(Eraser, "once", resting)
    async with owner.acquire() as db, db.transaction():
        await db.execute("DELETE FROM projections.erasures WHERE tenant = $1", school.tenant)
        await db.execute("DELETE FROM work.erasures WHERE tenant = $1", school.tenant)
        for row in checkpoints:
            back = "UPDATE projections.checkpoints SET position = $1 WHERE (reader, source, partition) = ($2, $3, $4)"
            await db.execute(back, row["position"], row["reader"], row["source"], row["partition"])
        await db.executemany(
            "INSERT INTO ledger.private_words SELECT $1, $2, $3, $4, $5 ON CONFLICT DO NOTHING",
            map(tuple, words),
        )
    async with asyncio.timeout(20):
        while not served.run.ledger.withheld:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        answer = await served.get(path, by=school.coach, tenant=school.tenant)
        assert (answer.status_code, answer.json()["code"]) == (503, "words_withheld")
        while not await served.run.pool.fetch(sql.erasures_to_do):  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    assert served.run.ledger.withheld
    monkeypatch.setattr(Eraser, "once", ONCE)
    await platform.level()
    assert (await served.get(path, by=school.coach, tenant=school.tenant)).is_success
    assert [row["stream_id"] for row in await texts_with(owner, school.tenant)] == [planted.mention]


async def test_policies_react_to_what_a_database_that_was_put_back_has_not_reacted_to(
    platform: Platform, school: School
) -> None:
    """Though nothing further is told that could remind them."""
    owner = platform.goals.database.owner
    head = await platform.directory.database.owner.fetchval("SELECT position FROM ledger.head")

    async def reacted() -> None:
        through = "SELECT min(position) FROM work.checkpoints WHERE source = 'directory'"
        async with asyncio.timeout(20):
            while await owner.fetchval(through) < head:  # noqa: ASYNC110
                await asyncio.sleep(0.05)

    await reacted()
    async with owner.acquire() as db, db.transaction():
        await db.execute(
            "UPDATE projections.checkpoints SET position = position - 1 WHERE source = 'directory'"
        )
        await db.execute("UPDATE work.checkpoints SET position = 0 WHERE source = 'directory'")
    await reacted()


async def test_an_erasure_that_forgets_a_kind_of_thing_leaves_what_others_wrote_of_it(
    platform: Platform, school: School, planted: Planted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The broken variant: a look at the words tells, so `still_there` can fail."""
    commands = platform.goals.run.commands
    forgetful = replace(commands.aggregates["Goal"], whose=nobodys)
    monkeypatch.setattr(commands, "aggregates", {**commands.aggregates, "Goal": forgetful})
    erasure = await erase(platform, school, school.teacher)
    assert (await attested(platform, school, erasure))["goals"] == 1
    assert len((await still_there(platform, school))["goals"]) == 1


async def hold(platform: Platform, school: School, person: UUID) -> UUID:
    """Its id. Every service has heard when this returns."""
    path = f"/v1/people/{person}"
    await platform.directory.post(f"{path}/place-legal-hold", by=None, tenant=school.tenant, reason="case 12")
    await platform.level()
    told = (await platform.directory.get(path, by=None, tenant=school.tenant)).json()
    return UUID(told["data"]["legal_holds"][-1])


async def held_in(served: Served, school: School, erasure: UUID) -> tuple[int, int]:
    """What a service attests: how many texts went, and how many are held."""
    told = (await served.get(f"/v1/erasures/{erasure}", by=None, tenant=school.tenant)).json()["data"]
    return told["n_items"], told["n_held"]


async def test_a_hold_on_the_teacher_keeps_what_the_coach_wrote_of_them_when_the_coach_is_erased(
    platform: Platform, school: School, planted: Planted
) -> None:
    held = await hold(platform, school, school.teacher)
    before = await still_there(platform, school)
    erasure = await erase(platform, school, school.coach)
    await attested(platform, school, erasure)
    assert await still_there(platform, school) == before | {"observations": before["observations"][:-1]}
    assert await held_in(platform.goals, school, erasure) == (0, 2)
    gone, kept = await held_in(platform.observations, school, erasure)
    assert (gone, kept) == (1, 2)  # the coach's own reflection; evidence and feedback are the teacher's

    lifted = {"hold_id": str(held)}
    path = f"/v1/people/{school.teacher}/lift-legal-hold"
    await platform.directory.post(path, by=None, tenant=school.tenant, **lifted)
    async with asyncio.timeout(20):
        while await held_in(platform.observations, school, erasure) != (3, 0):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        while await held_in(platform.goals, school, erasure) != (2, 0):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    assert len((await still_there(platform, school))["observations"]) == 2  # what the teacher wrote


async def test_a_hold_on_somebody_keeps_their_texts_that_mention_who_was_erased(
    platform: Platform, school: School, planted: Planted
) -> None:
    await attested(platform, school, await erase(platform, school, school.teacher))
    await hold(platform, school, school.coach)
    owner = platform.observations.database.owner
    [mention] = await texts_with(owner, school.tenant)
    asked = await platform.directory.post(
        f"/v1/people/{school.teacher}/erase-mentions",
        by=None,
        tenant=school.tenant,
        refs=[str(mention["ref"])],
    )
    erasure = uuid5(UUID(asked.json()["command_id"]), "mentions")
    await attested(platform, school, erasure)
    assert await held_in(platform.observations, school, erasure) == (0, 1)
    assert [row["ref"] for row in await texts_with(owner, school.tenant)] == [mention["ref"]]
