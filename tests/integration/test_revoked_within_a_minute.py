"""What somebody was and is no more, nobody goes by a minute later, though no service hears of it.

Every role that reads for somebody is withdrawn at once, where it was given, while no service hears of it: not even
the one that was told, where it reads by what it derived. Then time passes, and every read of the table of who sees
what is asked again of everything by everybody who had the role. A read that is added to the table is asked as well.
"""

import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import asyncpg
import pytest
import pytest_asyncio
from backbone import reading
from backbone.reading import LEVEL_FOR
from chalkline_contracts.who_sees import READS
from kit.everybody import NAMES, THINGS, Reader, World, everybody
from kit.running import Platform, Served

pytestmark = [pytest.mark.integration, pytest.mark.services(*NAMES)]

WITHDRAWN: Mapping[str, set[str]] = {
    "administrator": {"administrator"},
    "coaching_lead": {"coaching_lead"},
    "principal": {"principal"},
    "coach": {"coach", "author"},  # one partnership ends, in the other they come to evaluate a teacher
    "confidant": {"audience"},
}
EMPTY = {("directory", "/v1/orgs/{id}", "administrator")}
"""What an administrator is told beyond others comes with a roster, and there is none."""
Answers = dict[tuple[str, str, str], Any]
"""By service, path and who asked."""


@dataclass
class Later:
    """Everybody before, and everybody after so many seconds in which nobody heard anything."""

    world: World
    before: Answers
    clock: SimpleNamespace

    async def answers(self, *names: str) -> Answers:
        return await asked(self.world, *names)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def later(platform: Platform) -> AsyncIterator[Later]:
    world = await everybody(platform)
    before = await asked(world, *WITHDRAWN)
    clock = SimpleNamespace(ahead=0.0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "time", SimpleNamespace(monotonic=lambda: time.monotonic() + clock.ahead))
        async with AsyncExitStack() as stack:
            for served in platform.services.values():
                await stack.enter_async_context(deaf(served))
            await withdraw(world)
            clock.ahead = LEVEL_FOR + 1
            for served in platform.services.values():
                await platform.heard(served)  # what is level is known to be: nothing else counts any more
            yield Later(world, before, clock)


@asynccontextmanager
async def deaf(served: Served) -> AsyncIterator[None]:
    """A service goes on, and derives nothing from directory and goals: whoever would note how far it was read waits."""
    owner = await asyncpg.connect(served.database.provisioned.full_owner_url)
    try:
        async with owner.transaction():
            await owner.execute(
                "SELECT FROM projections.checkpoints WHERE source = ANY ($1) AND reader = 'projections' FOR UPDATE",
                ["directory", "goals"],
            )
            yield
    finally:
        await owner.close()


async def withdraw(world: World) -> None:
    practice = world.practice
    for name in ("administrator", "coaching_lead", "principal"):
        where = practice.school.school if name == "principal" else practice.school.district_org
        path = f"/v1/people/{practice.who(name)}/withdraw-role"
        await practice.say("directory", path, by=None, role=name, org_id=str(where))
    path = f"/v1/people/{practice.who('theo')}/assign-evaluator"
    await practice.say("directory", path, by=None, evaluator_id=str(practice.who("coach")))
    pair = f"/v1/partnerships/{practice.ids['partnership']}"
    shares = await practice.platform.goals.get(
        "/v1/shares", by=practice.who("teacher"), tenant=practice.school.tenant
    )
    for share in shares.json():
        await practice.say("goals", f"{pair}/revoke-share", by="teacher", share_id=share["share_id"])
    await practice.say("goals", f"{pair}/end-partnership", by="teacher")


async def asked(world: World, *names: str) -> Answers:
    """Every read whose relation they have, of everything to which they have it."""
    found = {}
    for reader in (one for one in world.readers if one.name in names):
        for service, path in reads(reader):
            for where in (path,) if "{id}" not in path else places(world, service, path, reader):
                found[service, where, reader.name] = await world.get(service, where, reader)
    return found


def reads(reader: Reader) -> Iterator[tuple[str, str]]:
    lost = WITHDRAWN.get(reader.name, {"owner"})
    return ((service, path) for (service, path), read in READS.items() if lost & read.to)


def places(world: World, service: str, path: str, reader: Reader) -> Iterator[str]:
    for thing, (owner, collection, people) in THINGS.items():
        if (owner, collection) == (service, path.split("/")[2]) and people.get(reader.name):
            yield path.replace("{id}", str(world.practice.ids[thing]))


def told_still(world: World, answers: Answers) -> set[tuple[str, str, str]]:
    """Which reads say something, to whom, that whoever they are now may not see."""
    return {
        (service, template(world, where), name)
        for (service, where, name), answer in answers.items()
        if beyond(world, service, where, name, answer)
    }


def beyond(world: World, service: str, where: str, name: str, answer: Any) -> set[str]:
    """The fields that an answer says and should not."""
    if answer.status_code != 200:
        assert answer.status_code in (403, 404, 503), f"{where} as {name}: {answer.text}"
        return set()
    read, told = READS[service, template(world, where)], answer.json()
    found = set[str]()
    for row in told if isinstance(told, list) else [told.get("data", told)]:
        fields = {field for field, value in row.items() if value not in (None, [])}
        found |= fields - read.allowed({"colleague"} | left(world, where, name, row))
    return found


def left(world: World, where: str, name: str, row: Mapping[str, Any]) -> set[str]:
    """What somebody still is to what is told. Who comes to evaluate coaches a suspended partnership, and learns no
    more than that it is there.
    """
    own, group = str(world.practice.who(name)), str(world.practice.ids["group"])
    if where.startswith("/v1/partnerships") and name == "coach":
        return {"coach"} if group in (row.get("partnership_id"), where.rpartition("/")[2]) else set()
    return {"self"} if own in (row.get("coach_id"), row.get("person_id")) else set()


def template(world: World, where: str) -> str:
    ids = {str(one) for one in world.practice.ids.values()}
    return "/".join("{id}" if part in ids else part for part in where.split("/"))


async def test_each_of_them_was_told_something_by_every_read_or_is_refused_now(later: Later) -> None:
    """Otherwise that nothing is told would prove nothing."""
    world, now = later.world, await later.answers(*WITHDRAWN)
    asked = {(service, template(world, where), name) for service, where, name in now}
    refused = {
        (service, template(world, where), name)
        for (service, where, name), answer in now.items()
        if answer.status_code != 200
    }
    assert asked - refused - told_still(world, later.before) == EMPTY
    assert {(service, path) for service, path, _ in asked} == {
        read for reader in world.readers if reader.name in WITHDRAWN for read in reads(reader)
    }


async def test_a_minute_later_nothing_is_told_by_what_they_were(later: Later) -> None:
    assert later.clock.ahead <= 60
    assert told_still(later.world, await later.answers(*WITHDRAWN)) == set()


async def test_meanwhile_everybody_reads_their_own(later: Later) -> None:
    answers = await later.answers("teacher")
    own = {where: answer.status_code for (_, where, _), answer in answers.items() if where.count("/") == 3}
    assert set(own.values()) == {200}, own


async def test_services_that_went_by_what_they_last_heard_are_found(
    later: Later, monkeypatch: pytest.MonkeyPatch
) -> None:
    for served in later.world.practice.platform.services.values():
        monkeypatch.setattr(served.run.progress, "level", lambda _: True)
    found = told_still(later.world, await later.answers(*WITHDRAWN))
    assert {name for _, _, name in found} == WITHDRAWN.keys()
    assert {service for service, _, _ in found} >= {"goals", "observations", "notifications"}
