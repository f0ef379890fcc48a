"""Somebody whose name is planted wherever words can be, and a look whether it is still there."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from kit.running import Platform
from kit.school import School, cycle_of, on_task, pair_up

NAME = "Quillon Ferrabosc"
"""Nobody else is called that, and no word contains it."""
EMAIL = "q.ferrabosc@prairie.example"


@dataclass(frozen=True)
class Planted:
    """What was said, by whom of the pair, with the name in it."""

    goal: UUID
    step: UUID
    visit: UUID
    mention: UUID
    """The coach's reflection: theirs alone, and it names the teacher."""


async def plant(platform: Platform, school: School) -> Planted:
    """The teacher says things, and the coach says things of them, in every kind of text."""
    tenant, coach, teacher = school.tenant, school.coach, school.teacher
    directory, goals, observations = platform.directory, platform.goals, platform.observations

    async def of_person(command: str, **body: Any) -> None:
        await directory.post(f"/v1/people/{teacher}/{command}", by=None, tenant=tenant, **body)

    await of_person("change-person", name="Quillon Ferrabosc-Before")
    await of_person("change-person", name=NAME, email=EMAIL, sourced_id="ferrabosc-7")
    partnership = await pair_up(platform, school)
    cycle = await cycle_of(platform, school, partnership)
    goal = await goals.begin("goals", by=teacher, tenant=tenant, cycle_id=str(cycle))
    at = datetime.now(UTC)
    peers = ("powerful", "easy", "emotionally_compelling", "reachable", "student_focused")

    async def of_goal(command: str, **body: Any) -> None:
        await goals.post(f"/v1/goals/{goal}/{command}", by=coach, tenant=tenant, **body)

    await of_goal("record-baseline", measurements=[on_task(4, days_ago=9)])
    await of_goal(
        "propose-goal", statement=f"{NAME}'s pupils stay with it", metric_code="on_task", target="4/5",
        due_on=(at + timedelta(days=60)).date().isoformat(), required_consecutive=2, peers=dict.fromkeys(peers, True),
    )  # fmt: skip
    check_back = (at + timedelta(days=7)).date().isoformat()
    step = await goals.begin(
        "action-steps", by=coach, tenant=tenant, cycle_id=str(cycle), strategy_code="cold_call",
        check_back_on=check_back, note=f"{NAME} may try this",
    )  # fmt: skip
    await platform.level()
    started = (at - timedelta(days=2)).isoformat()
    visit = await observations.begin(
        "observations/record-observation", by=coach, tenant=tenant, partnership_id=str(partnership),
        started_at=started, duration_s=1200, mode="live", chosen_by="joint", evidence=f"{NAME} asked eleven questions",
    )  # fmt: skip

    async def of_visit(command: str, by: UUID, text: str) -> None:
        await observations.post(f"/v1/observations/{visit}/{command}", by=by, tenant=tenant, feedback=text)

    await of_visit("share-feedback", coach, f"{NAME}, that went well")
    await of_visit("give-coach-feedback", teacher, f"Yours, {NAME}")
    for who, text in ((teacher, f"I, {NAME}, talk too much"), (coach, f"{NAME} is unsure of this")):
        mention = await observations.begin("reflections", by=who, tenant=tenant, reflection=text)
    await platform.level()
    return Planted(goal, step, visit, mention)


async def texts_with(owner: Any, tenant: UUID, word: str = "Ferrabosc") -> list[asyncpg.Record]:
    """Private words of a service that have a word in them, in capitals or not."""
    return await owner.fetch(
        "SELECT ref, stream_id FROM ledger.private_words WHERE tenant = $1 AND position(lower($2) IN lower(words)) > 0"
        " ORDER BY ref",
        tenant, word,
    )  # fmt: skip


async def erase(platform: Platform, school: School, person: UUID) -> UUID:
    """Asks for it as the operator; the erasure's id."""
    path = f"/v1/people/{person}"
    await platform.directory.post(f"{path}/request-erasure", by=None, tenant=school.tenant)
    told = (await platform.directory.get(path, by=None, tenant=school.tenant)).json()
    return UUID(told["data"]["erasure_id"])
