"""Looking for a name everywhere a service keeps anything finds it wherever it is; what was erased leaves the disk."""

import asyncio
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from backbone.erasing import Eraser
from backbone.rewriting import rewrite_words
from backbone.searching import search
from chalkline import postgres
from kit.erased import EMAIL, NAME, Planted, erase, plant
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


RECORDS = {"Person"}


async def looked(served: Served, *words: str) -> Any:
    async with served.database.owner.acquire() as owner:
        return await search(owner, served.run.nats, served.run.service.name, words, records=RECORDS)


async def erased_by_all(platform: Platform, school: School) -> UUID:
    erasure = await erase(platform, school, school.teacher)
    async with asyncio.timeout(20):
        for served in platform.services.values():
            path = f"/v1/erasures/{erasure}"
            while (await served.get(path, by=None, tenant=school.tenant)).status_code != 200:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
    return erasure


PLANTED = {
    "words": (
        "INSERT INTO ledger.private_words SELECT gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), '', $1",
        f"… and {NAME.upper()} too",
    ),
    "bytes": (
        "INSERT INTO work.parked VALUES ('r', 's', gen_random_uuid(), gen_random_uuid(), 1, 's', $1, '{}')",
        f"{{{NAME}}}".encode(),
    ),
    "json": ("INSERT INTO projections.policies VALUES (gen_random_uuid(), $1)", f'{{"said": "{NAME}"}}'),
    "work": ("INSERT INTO work.leases (name, holder, until) VALUES ($1, 'h', now())", f"roster:{NAME}"),
    "claims": (
        "INSERT INTO ledger.claims VALUES (gen_random_uuid(), $1, gen_random_uuid())", f"name:{NAME.lower()}",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("statement", "argument"), PLANTED.values(), ids=PLANTED)
async def test_a_name_is_found_in_every_kind_of_column(
    platform: Platform, statement: str, argument: Any
) -> None:
    served = platform.goals
    before = {place.get("table"): place["n"] for place in (await looked(served, NAME)).places}
    async with served.database.owner.acquire() as owner:
        under_way = owner.transaction()
        await under_way.start()
        await owner.execute(statement, argument)
        found = await search(owner, served.run.nats, "goals", [NAME])
        await under_way.rollback()
    after = {place.get("table"): place["n"] for place in found.places}
    assert sum(after.values()) == sum(before.values()) + 1
    assert found.tables > 30


async def test_a_name_is_found_in_a_message(platform: Platform, school: School) -> None:
    found = await looked(platform.goals, str(school.coach))  # ids are told, so a message has them
    assert not found.places or any("stream" in place for place in found.places)
    told = await looked(platform.directory, str(school.tenant))
    assert any(place.get("stream") == "directory" for place in told.places)


async def test_after_an_erasure_nothing_but_the_others_text_is_found(
    platform: Platform, school: School, planted: Planted
) -> None:
    assert (await looked(platform.directory, NAME, EMAIL)).places
    await erased_by_all(platform, school)
    for served in (platform.directory, platform.goals, platform.notifications):
        found = await looked(served, EMAIL, "ferrabosc-7")
        assert (found.places, found.texts) == ([], [])
    mine = [
        text
        for text in (await looked(platform.observations, NAME)).texts
        if text["id"] == str(planted.mention)
    ]
    assert [text["aggregate"] for text in mine] == ["Reflection"]


async def test_a_namesake_in_another_district_is_none_of_it(
    platform: Platform, school: School, planted: Planted
) -> None:
    elsewhere = await open_school(platform)
    path = f"/v1/people/{elsewhere.principal}/change-person"
    await platform.directory.post(path, by=None, tenant=elsewhere.tenant, name=NAME)
    await erased_by_all(platform, school)
    served = platform.directory
    async with served.database.owner.acquire() as owner:
        mine, theirs = [
            await search(owner, served.run.nats, "directory", [NAME], records=RECORDS, tenant=of.tenant)
            for of in (school, elsewhere)
        ]
        file = await owner.fetchval("SELECT pg_relation_filepath('ledger.private_words'::regclass)")
        # What is no district's counts for each.
        await owner.execute(
            "INSERT INTO work.leases (name, holder, until) VALUES ($1, 'h', now())", f"roster:{NAME}"
        )
        everywhere = await search(owner, served.run.nats, "directory", [NAME], tenant=school.tenant)
        await owner.execute("DELETE FROM work.leases WHERE name = $1", f"roster:{NAME}")
    assert (mine.places, mine.texts) == ([], [])
    assert file in mine.files_of_others
    assert [text["id"] for text in theirs.texts] == [str(elsewhere.principal)]
    assert [place["table"] for place in theirs.places] == ["ledger.private_words"]
    assert [place["table"] for place in everywhere.places] == ["work.leases"]
    assert 0 < mine.messages < (await looked(served, NAME)).messages


async def test_a_namesake_is_told_as_the_district_s_record(
    platform: Platform, school: School, planted: Planted
) -> None:
    await platform.directory.post(
        f"/v1/people/{school.principal}/change-person", by=None, tenant=school.tenant, name=f"{NAME} Junior"
    )
    await erased_by_all(platform, school)
    for served, thing, record in (
        (platform.directory, school.principal, True),
        (platform.observations, planted.mention, False),
    ):
        texts = (await looked(served, NAME)).texts
        assert [text["record"] for text in texts if text["id"] == str(thing)] == [record]
        assert str(school.tenant) in {text["tenant"] for text in texts}


async def test_whoever_attests_without_deleting_is_found_out(
    platform: Platform, school: School, planted: Planted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The broken variant."""
    email = f"only.{uuid4().hex}@prairie.example"
    path = f"/v1/people/{school.teacher}/change-person"
    await platform.directory.post(path, by=None, tenant=school.tenant, email=email)

    async def nothing(*_: Any) -> Any:
        return
        yield  # a generator of no pages

    monkeypatch.setattr(Eraser, "_meant", nothing)
    await erased_by_all(platform, school)
    found = await looked(platform.directory, email)
    assert [place["table"] for place in found.places] == ["ledger.private_words"]
    assert [text["id"] for text in found.texts] == [str(school.teacher)]


async def test_what_was_erased_is_in_no_file_of_the_database_once_the_words_are_written_anew(
    platform: Platform, school: School, planted: Planted, postgres_server: postgres.Postgres
) -> None:
    email = f"only.{uuid4().hex}@prairie.example"
    path = f"/v1/people/{school.teacher}/change-person"
    await platform.directory.post(path, by=None, tenant=school.tenant, email=email)
    await erased_by_all(platform, school)
    directory = platform.directory.database.owner
    base = postgres_server.data / "base"
    number = await directory.fetchval("SELECT oid::text FROM pg_database WHERE datname = current_database()")

    def files_with() -> list[Path]:
        return [file for file in (base / number).iterdir() if email.encode() in file.read_bytes()]

    await _checkpoint(platform)
    assert files_with(), "a deleted row stays in its page"
    async with directory.acquire() as owner:
        assert await rewrite_words(owner) == 0
    await _checkpoint(platform)
    assert files_with() == []


async def test_words_that_an_old_transaction_may_read_are_told_as_kept(
    platform: Platform, school: School, planted: Planted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backbone.rewriting.PATIENCE", 1)
    owners = platform.directory.database.owner
    async with owners.acquire() as reader, reader.transaction(isolation="repeatable_read"):
        await reader.fetchval("SELECT count(*) FROM ledger.events")
        await erased_by_all(platform, school)
        async with owners.acquire() as owner:
            assert await rewrite_words(owner) >= 5
    async with owners.acquire() as owner:
        assert await rewrite_words(owner) == 0


async def _checkpoint(platform: Platform) -> None:
    import asyncpg

    db = await asyncpg.connect(platform.directory.database.superuser_url)
    await db.execute("CHECKPOINT")
    await db.close()
