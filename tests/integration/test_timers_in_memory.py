"""What is worked out over rows, batch by batch, and what in memory, from all events at once, is the same."""

import random

import pytest
from conftest import TestDatabase
from kit.interleaving import in_batches, interleaved, projected
from kit.story import Story
from notifications.clocks import timers_of
from notifications.timers import TIMERS
from notifications.watching import HANDLES
from notifications.world import World

pytestmark = [pytest.mark.integration, pytest.mark.service("notifications")]

Row = tuple[object, ...]


async def over_rows(database: TestDatabase, story: Story, rng: random.Random) -> set[Row]:
    batches = in_batches(interleaved(list(story.recorded.values()), rng), rng)
    await projected(database.app, [TIMERS], batches)
    found = await database.app.fetch(
        "SELECT tenant, watch_id, rule, occurrence, rule_version, due_at, send_at, recipients, reached FROM timers"
    )
    return {tuple(row) for row in found}


def in_memory(story: Story, rng: random.Random) -> set[Row]:
    world, touched = World(), []
    for recorded in interleaved(list(story.recorded.values()), rng):
        if isinstance(recorded.event, HANDLES):
            touched += world.note(recorded)
    rows: set[Row] = set()
    for tenant, watch_id in world.watches_touched(touched):
        known = world.known(tenant, watch_id)
        assert known
        for timer in timers_of(known):
            heard = ",".join(f"{role}:{person}" for role, person in timer.recipients)
            what = (timer.milestone, timer.occurrence, timer.version, timer.due_at, timer.send_at)
            rows.add((tenant, watch_id, *what, heard, timer.reached))
    return rows


@pytest.mark.parametrize("seed", [1, 7, 12])  # in which something is still due at the end
async def test_rows_and_memory_say_the_same(database: TestDatabase, seed: int) -> None:
    story = Story(seed)
    rng = random.Random(seed)
    expected = in_memory(story, rng)
    assert expected
    assert await over_rows(database, story, rng) == expected
