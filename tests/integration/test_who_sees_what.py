"""The table of who sees what, walked: every read of every service, of something of every kind, as everybody.

What an answer shows is compared with the table field by field. A read, a parameter or a field without a row fails,
and so does whatever anybody is shown beyond it, in JSON and in exports, by a look, a list or a filter.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import pytest
import pytest_asyncio
from backbone.overseeing import Overseen
from chalkline_contracts.who_sees import READS, RELATIONS, Read
from kit.everybody import ID_OF, NAMES, OVERSEE, THINGS, Reader, World, everybody
from kit.practice import CANARY
from kit.running import Platform

pytestmark = [pytest.mark.integration, pytest.mark.services(*NAMES)]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def world(platform: Platform) -> World:
    return await everybody(platform)


def test_every_read_has_a_row_and_every_row_a_read(world: World) -> None:
    assert {(service, path) for service, path, _ in world.reads()} == READS.keys()


def test_every_field_of_a_list_has_a_row(world: World) -> None:
    for service, path, described in world.reads():
        schema = described["responses"]["200"]["content"]["application/json"]["schema"]
        schemas = world.documents[service]["components"]["schemas"]
        named = schema.get("items", schema).get("$ref", "").rpartition("/")[2]
        if named and "{id}" not in path:
            assert schemas[named]["properties"].keys() == READS[service, path].tiers.keys(), path


def test_whom_the_table_names_is_somebody_it_knows() -> None:
    for read in READS.values():
        assert read.to <= RELATIONS.keys()
        assert read.allowed(read.to) == read.tiers.keys(), "a field that nobody may see"


async def test_a_look_shows_each_what_the_table_says_and_nothing_else(world: World) -> None:
    await walk_looks(world)


async def walk_looks(world: World, *things: str) -> None:
    shown: dict[tuple[str, str], set[str]] = {}
    for thing in things or THINGS:
        service, collection, _ = THINGS[thing]
        base = f"/v1/{collection}/{{id}}"
        of_one = [path for owner, path in READS if owner == service and f"{path}/".startswith(f"{base}/")]
        for path in of_one:
            for reader in world.readers:
                found = await _look(world, service, path, thing, reader)
                shown.setdefault((service, path), set()).update(found)
    for read, fields in shown.items() if not things else ():
        # What no example has is not proved: what only some states have is named here.
        assert READS[read].tiers.keys() - fields <= SELDOM.get(read[1], set()), read


SELDOM = {
    "/v1/people/{id}": {"erasure_id"},
    "/v1/partnerships/{id}": {"consented"},
    "/v1/cycles/{id}": {"reason_code"},
    "/v1/goals/{id}": {"tolerance", "agreed", "met_by"},
    "/v1/action-steps/{id}": {"practised"},
    "/v1/break-glass/{id}": {"cycle_id", "goal_id", "approved_by", "approved_at", "expires_at"},
}


async def _look(world: World, service: str, path: str, thing: str, reader: Reader) -> set[str]:
    where = f"{path} of {thing} as {reader.name}"
    read, relations = READS[service, path], reader.relations(thing)
    answer = await world.get(service, path.replace("{id}", str(world.practice.ids[thing])), reader)
    if not relations & read.to:
        whole = READS[service, re.sub(r"(/\{id\}).*", r"\1", path)]
        there = bool(relations & whole.to) or reader.name == "operator"
        assert answer.status_code in ({403, 404} if there else {404}), f"{where}: {answer.text}"
        assert CANARY not in answer.text, where
        return set()
    assert answer.status_code == 200, f"{where}: {answer.text}"
    told = answer.json()
    data = told.get("data", told)
    fields = _there(data)
    assert fields <= read.allowed(relations), f"{where}: {fields - read.allowed(relations)}"
    if "B" in read.tiers.values() and not _tiers(relations, read) & {"B", "C"}:
        assert told.get("version") is None, f"{where}: how much happened"
        assert "etag" not in answer.headers, where
    if not _tiers(relations, read) & {"B", "C"}:
        for name in read.coarse & data.keys():
            assert data[name] in ("open", "ended"), where
        if not _tiers(relations, read) & {"common", "own"}:
            assert CANARY not in answer.text, where
    return set(data)


async def test_a_list_shows_each_what_the_table_says_whatever_is_asked_of_it(world: World) -> None:
    await walk_lists(world)


async def walk_lists(world: World, *paths: str) -> None:
    for service, path, described in world.reads():
        if "{id}" in path or (paths and path not in paths):
            continue
        for query in ("", *_filters(world, described)):
            for reader in world.readers:
                await _list(world, service, path, query, reader)


def _filters(world: World, described: Mapping[str, Any]) -> Iterator[str]:
    """Each thing of that name that there is, asked for by each parameter that takes an id."""
    for parameter in described.get("parameters", ()):
        if parameter["in"] == "query" and parameter["schema"].get("format") == "uuid":
            for thing, (_, collection, _) in THINGS.items():
                if ID_OF.get(collection) == parameter["name"]:
                    yield f"?{parameter['name']}={world.practice.ids[thing]}"


async def _list(world: World, service: str, path: str, query: str, reader: Reader) -> None:
    where = f"{path}{query} as {reader.name}"
    read, about = READS[service, path], ID_OF.get(path.removeprefix("/v1/"))
    answer = await world.get(service, path + query, reader)
    if answer.status_code != 200:
        assert answer.status_code in ({403, 404} if reader.name == "stranger" else {403}), (
            f"{where}: {answer.text}"
        )
        assert reader.name == "stranger" or not reader.among(OVERSEE) & read.to - {"colleague"}, where
        return
    if reader.name == "stranger":
        ours = {str(one) for one in (*world.practice.ids.values(), *world.practice.school.people.values())}
        assert [one for one in ours if one in answer.text] == [], where
        return
    rows = answer.json()
    for row in rows:
        relations = _relations(world, reader, path, row, about)
        assert relations & read.to, f"{where}: {row}"
        fields = _there(row)
        assert fields <= read.allowed(relations), f"{where}: {fields - read.allowed(relations)}"
        if not _tiers(relations, read) & {"B", "C"}:
            for name in read.coarse & row.keys():
                assert row[name] in ("open", "ended"), where
    if not query:
        exported = await world.get(service, path, reader, accept="application/jsonl")
        assert [json.loads(line) for line in exported.text.splitlines()] == rows, where
        table = await world.get(service, path, reader, accept="text/csv")
        assert (CANARY in table.text) == (CANARY in answer.text), where


def _relations(
    world: World, reader: Reader, path: str, row: Mapping[str, Any], about: str | None
) -> set[str]:
    if path == "/v1/shares":
        return {"self"} if str(reader.person) in {row["teacher_id"], *row["audience"]} else set()
    if path == "/v1/receipts":
        return {"self"} if reader.name == "teacher" else set()
    if path == "/v1/opened":
        [thing] = [name for name in THINGS if str(world.practice.ids.get(name)) == row["id"]]
        return reader.relations(thing)
    if about is None:  # figures are the leaders'; one's own minutes one's own
        own = {"self"} if row.get("coach_id") == str(reader.person) else set()
        return reader.among(OVERSEE | {"other_principal": {"principal"}}) | own
    if path == "/v1/inbox":
        return {"self"}
    if about in ("person_id", "org_id"):
        own = {"self"} if row[about] == str(reader.person) else set()
        return reader.among({"administrator": {"administrator"}}) | own
    [thing] = [
        name for name, own_id in world.practice.ids.items()
        if str(own_id) == row[about] and name in THINGS and ID_OF[THINGS[name][1]] == about
    ] or ["initiative"]  # fmt: skip  # what comes with the product is everybody's
    return reader.relations(thing)


def _there(told: Mapping[str, Any]) -> set[str]:
    """The fields that say something."""
    return {name for name, value in told.items() if value not in (None, [])}


def _tiers(relations: set[str], read: Read) -> set[str]:
    return {tier for relation in relations & read.to for tier in RELATIONS[relation]}


# What these walks would find ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("careless", "thing"),
    [
        ("goals.views.access.reads_goal", "goal"),
        ("observations.views.may_read", "observation"),
        ("goals.access._shares_group", "theos_goal"),
    ],
)
async def test_whoever_is_shown_the_pairs_content_is_found(
    world: World, monkeypatch: pytest.MonkeyPatch, careless: str, thing: str
) -> None:
    monkeypatch.setattr(careless, lambda *_: True)
    with pytest.raises(AssertionError, match=f"of {thing} as"):
        await walk_looks(world, thing)


async def test_a_list_that_takes_everybody_for_a_leader_is_found(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def everyone(*_: Any) -> Overseen:
        return Overseen(everyone=True, person_ids=frozenset())

    monkeypatch.setattr("backbone.lists.overseen", everyone)
    with pytest.raises(AssertionError, match="/v1/cycles"):
        await walk_lists(world, "/v1/cycles")


async def test_a_field_of_another_tier_is_found_where_it_is_shown(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = READS["goals", "/v1/cycles"]
    stricter = replace(read, tiers=MappingProxyType({**read.tiers, "focus": "B"}))
    monkeypatch.setitem(globals(), "READS", {**READS, ("goals", "/v1/cycles"): stricter})
    with pytest.raises(AssertionError, match="focus"):
        await walk_lists(world, "/v1/cycles")


def test_a_field_without_a_row_is_told_to_nobody() -> None:
    read = READS["goals", "/v1/goals/{id}"]
    assert read.told(("owner", "author", "administrator"), {"focus": "engagement", "new": 1}) == {
        "focus": "engagement"
    }
