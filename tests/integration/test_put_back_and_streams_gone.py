"""A machine is lost: directory's database is put back from a backup that is older than what others have read of it, and
no stream is left. What readers know of what never happened is undone, and what happens from then on they hear.
"""

import asyncio
from contextlib import AsyncExitStack
from uuid import UUID

import pytest
import pytest_asyncio
from backbone import relay, streams, withholding
from kit.copies import roll_back, until
from kit.running import Platform, Served, another
from kit.school import School, open_school

pytestmark = [pytest.mark.integration, pytest.mark.services("directory", "observations", "notifications")]


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backbone.relay.LOOK_EVERY", 0.3)
    monkeypatch.setattr("backbone.subscription.ASKED_EVERY", 0.3)


@pytest_asyncio.fixture(scope="module")
async def school(platform: Platform) -> School:
    return await open_school(platform)


async def people(served: Served, school: School) -> set[UUID]:
    query = "SELECT person_id FROM projections.people WHERE tenant = $1"
    return {row["person_id"] for row in await served.database.owner.fetch(query, school.tenant)}


async def read(served: Served, position: int) -> bool:
    """Whether it has read directory up to there, in each partition."""
    query = "SELECT min(position) FROM projections.checkpoints WHERE source = 'directory'"
    return bool(await served.database.owner.fetchval(query) >= position)


async def told_beyond(served: Served, position: int) -> bool:
    """Whether its stream has more than that."""
    found = await streams.info(served.run.nats, served.run.service.name)
    return found is not None and found.state.last_seq > position


async def lost(platform: Platform, school: School) -> set[UUID]:
    """Puts directory's database back to before three people came, and deletes its stream; the three."""
    directory, owner = platform.directory, platform.directory.database.owner
    before = await owner.fetchval("SELECT position FROM ledger.head")
    known = await people(platform.observations, school)
    for n in range(3):
        await directory.begin("people", by=None, tenant=school.tenant, name=f"Lost {n}")
    await platform.level()
    came = await people(platform.observations, school) - known
    assert len(came) == 3
    for served in (platform.observations, platform.notifications):
        await until(lambda served=served: read(served, before + 3))
    await roll_back(directory.database, to=before)
    await owner.execute("DELETE FROM projections.people WHERE person_id = ANY ($1::uuid[])", list(came))
    await owner.execute("UPDATE projections.checkpoints SET position = least(position, $1)", before)
    await streams.delete(directory.run.nats, "directory")
    return came


async def test_who_read_more_forgets_it_and_hears_what_happens_instead(
    platform: Platform, school: School
) -> None:
    came = await lost(platform, school)
    new = await platform.directory.begin("people", by=None, tenant=school.tenant, name="New")
    for served in (platform.observations, platform.notifications):

        async def told(served: Served = served) -> bool:
            known = await people(served, school)
            return new in known and not known & came

        await until(told, within=20)
    await platform.level()
    assert await platform.directory.job("verify") == 0
    assert await platform.observations.derived_again()


async def test_a_door_that_copies_nothing_takes_no_command_while_the_log_is_behind_its_stream(
    platform: Platform, school: School
) -> None:
    """Begun before the database was put back, or after it."""
    directory, owner = platform.directory, platform.directory.database.owner
    await platform.level()
    before = await owner.fetchval("SELECT position FROM ledger.head")
    async with AsyncExitStack() as stack:
        door = await another(stack, directory, roles=("door",))
        await until(lambda: not door.run.ledger.withheld)
        await directory.begin("people", by=None, tenant=school.tenant, name="Lost")
        await until(lambda: told_beyond(directory, before))
        await roll_back(directory.database, to=before)
        later = await another(stack, directory, roles=("door",))
        for served in (door, later):
            await until(lambda served=served: served.run.commands.refused_because == "stream_ahead")
            told = await served.tried("/v1/people", by=None, tenant=school.tenant, name="Nobody")
            assert (told.status_code, told.json()["code"]) == (503, "stream_ahead")
            assert (await served.http.get("/readyz")).status_code == 503
        assert later.run.ledger.withheld  # who begins behind the stream is not sure what was erased
        olga = platform.issuer.token(sub="olga", kind="operator", tenant=None)
        assert await directory.job("recover", "--from-stream", token=olga) == 0
        for served in (door, later):
            await until(lambda served=served: served.run.commands.refused_because is None, within=20)
    await platform.level()


async def test_what_is_remembered_of_a_log_that_is_gone_is_the_reason_for_nothing(
    platform: Platform, school: School
) -> None:
    """Both histories have a second version of the same person, each another one."""
    directory, owner = platform.directory, platform.directory.database.owner
    one = await directory.begin("people", by=None, tenant=school.tenant, name="One")
    change = f"/v1/people/{one}/change-person"
    before = await owner.fetchval("SELECT position FROM ledger.head")
    async with AsyncExitStack() as stack:
        door = await another(stack, directory, roles=("door",))
        await door.post(change, by=None, tenant=school.tenant, name="Other", experience_band="veteran")
        await until(lambda: told_beyond(directory, before))
        await roll_back(directory.database, to=before)
        for served in (door, directory):
            await until(lambda served=served: served.run.commands.refused_because == "stream_ahead")
        olga = platform.issuer.token(sub="olga", kind="operator", tenant=None)
        assert await directory.job("recover", "--from-log", token=olga) == 0
        for served in (door, directory):
            await until(lambda served=served: served.run.commands.refused_because is None, within=20)
        await directory.post(change, by=None, tenant=school.tenant, name="Another", experience_band="novice")
        await door.post(change, by=None, tenant=school.tenant, name="Another", experience_band="novice")
    head = await owner.fetchval("SELECT position FROM ledger.head")
    await until(lambda: told_beyond(directory, head - 1))
    assert await directory.job("verify") == 0
    await owner.execute("DELETE FROM work.words_withheld")


async def test_no_word_is_told_while_nobody_can_look_whether_the_database_went_back(
    platform: Platform, school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = platform.observations.run.ledger
    await until(lambda: not ledger.withheld)
    with monkeypatch.context() as away:
        away.setitem(withholding.sql._texts, "sources_stand", "SELECT 1 / 0")
        await until(lambda: ledger.withheld, within=3)
    await until(lambda: not ledger.withheld)


async def test_a_relay_that_only_filled_it_again_would_leave_them_with_what_never_happened(
    platform: Platform, school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_it_is = "SELECT incarnation || '@' || incarnation_from FROM ledger.head WHERE $1 > 0"
    monkeypatch.setitem(relay.sql._texts, "begin_history", as_it_is)
    came = await lost(platform, school)
    new = await platform.directory.begin("people", by=None, tenant=school.tenant, name="New")
    await until(lambda: platform.directory.run.relay.lag == 0, within=20)
    await asyncio.sleep(1)
    known = await people(platform.observations, school)
    assert came <= known
    assert new not in known
