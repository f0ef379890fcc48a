"""Visits to classrooms over HTTP, made and looked at. For tests that look from outside."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from kit.running import Platform
from kit.school import School


async def see(platform: Platform, school: School, path: str, who: str, **headers: str) -> Any:
    answer = await platform.observations.get(path, by=school.people[who], tenant=school.tenant, **headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def record(
    platform: Platform, school: School, partnership: UUID, *, days_ago: float, **more: Any
) -> UUID:
    return await platform.observations.begin(
        "observations/record-observation", by=school.coach, tenant=school.tenant,
        partnership_id=str(partnership), started_at=(datetime.now(UTC) - timedelta(days=days_ago)).isoformat(),
        duration_s=1200, mode="live", chosen_by="joint", **more,
    )  # fmt: skip


async def say(
    platform: Platform, school: School, observation: UUID, command: str, by: str, **body: Any
) -> str:
    answer = await platform.observations.post(
        f"/v1/observations/{observation}/{command}", by=school.people[by], tenant=school.tenant, **body
    )
    return answer.headers["at-least"]
