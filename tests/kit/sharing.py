"""A pair at work, and what its teacher lets others see: for tests that look from outside."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from kit.running import Platform
from kit.school import School, cycle_of, on_task, pair_up, set_goal


class Shared:
    """A pair's content, a colleague to whom some of it is shared, and a leader."""

    def __init__(self, platform: Platform, school: School, **ids: UUID) -> None:
        self.platform, self.school, self.ids = platform, school, ids

    async def get(self, who: str, path: str, **headers: str) -> Any:
        service = "observations" if path.startswith("/v1/observations") else "goals"
        return await self.platform.services[service].get(
            path, by=self.school.people[who], tenant=self.school.tenant, **headers
        )

    def paths(self) -> dict[str, str]:
        goal = f"/v1/goals/{self.ids['goal']}"
        return {
            "goal": goal,
            "chart": f"{goal}/chart",
            "as of": f"{goal}/chart?as_of={datetime.now(UTC).date() + timedelta(days=1)}",
            "lineage": f"{goal}/lineage",
            "step": f"/v1/action-steps/{self.ids['step']}",
            "observation": f"/v1/observations/{self.ids['observation']}",
        }

    async def statuses(self, who: str) -> dict[str, int]:
        await self.platform.level()
        return {name: (await self.get(who, path)).status_code for name, path in self.paths().items()}

    async def grant(
        self, *audience: str, by: str = "teacher", until: timedelta = timedelta(days=7), **scope: str
    ) -> UUID:
        now = await self.platform.goals.run.clock.now(self.school.tenant)
        answer = await self.platform.goals.post(
            f"/v1/partnerships/{self.ids['pair']}/grant-share",
            by=self.school.people[by],
            tenant=self.school.tenant,
            scope=scope,
            audience=[str(self.school.people[who]) for who in audience],
            expires_at=(now + until).isoformat(),
        )
        await self.platform.level()
        [share] = (
            await self.platform.goals.get(
                "/v1/shares?limit=1", by=self.school.people[by], tenant=self.school.tenant,
                at_least=answer.headers["at-least"],
            )
        ).json()  # fmt: skip
        return UUID(share["share_id"])

    async def revoke(self, share: UUID) -> None:
        await self.platform.goals.post(
            f"/v1/partnerships/{self.ids['pair']}/revoke-share",
            by=self.school.teacher, tenant=self.school.tenant, share_id=str(share),
        )  # fmt: skip


async def at_work(platform: Platform, school: School) -> Shared:
    """A pair with a goal that is set, a step that serves none in particular, and a visit with evidence."""
    pair = await pair_up(platform, school)
    cycle = await cycle_of(platform, school, pair)
    goal = await platform.goals.begin("goals", by=school.coach, tenant=school.tenant, cycle_id=str(cycle))
    await set_goal(platform, school, goal)
    step = await platform.goals.begin(
        "action-steps", by=school.coach, tenant=school.tenant, cycle_id=str(cycle), strategy_code="cold_call",
        check_back_on=str((datetime.now(UTC) + timedelta(days=9)).date()), note="Wait for it",
    )  # fmt: skip
    observation = await platform.observations.begin(
        "observations/record-observation",
        by=school.coach, tenant=school.tenant, partnership_id=str(pair), cycle_id=str(cycle),
        goal_ids=[str(goal)], started_at=(datetime.now(UTC) - timedelta(days=1)).isoformat(), duration_s=1800,
        mode="live", measurements=[on_task(7, days_ago=1)], chosen_by="teacher", evidence="What was seen",
    )  # fmt: skip
    for command, by, body in (
        ("share-feedback", school.coach, {"feedback": "Well done"}),
        ("give-coach-feedback", school.teacher, {"feedback": "It helped"}),
    ):
        path = f"/v1/observations/{observation}/{command}"
        await platform.observations.post(path, by=by, tenant=school.tenant, **body)
    return Shared(platform, school, pair=pair, cycle=cycle, goal=goal, step=step, observation=observation)
