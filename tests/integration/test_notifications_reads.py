"""The inbox over HTTP: what each person was told, and nobody else."""

from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from kit.running import Platform
from kit.school import School, cycle_of, open_school, pair_up

pytestmark = [pytest.mark.integration, pytest.mark.services("directory", "goals", "notifications")]


@pytest_asyncio.fixture(scope="module")
async def school(platform: Platform) -> School:
    """Where the coach and the teacher were told of four cycles."""
    school = await open_school(platform, "theo")
    partnership = await pair_up(platform, school)
    for focus in ("engagement", "feedback", "planning", "questions"):
        await cycle_of(platform, school, partnership, focus)
        await platform.level()
    return school


async def see(platform: Platform, school: School, path: str, who: str, **headers: str) -> Any:
    answer = await platform.notifications.get(path, by=school.people[who], tenant=school.tenant, **headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_both_partners_find_what_they_were_told_newest_first(
    platform: Platform, school: School
) -> None:
    for who in ("coach", "teacher"):
        told = await see(platform, school, "/v1/inbox", who)
        assert [row["milestone"] for row in told] == ["CycleOpened"] * 4
        assert [row["sent_at"] for row in told] == sorted((row["sent_at"] for row in told), reverse=True)
        assert all(row["link"] == f"/v1/cycles/{row['cycle_id']}" for row in told)


async def test_what_was_acknowledged_is_unread_no_more(platform: Platform, school: School) -> None:
    newest, *others = await see(platform, school, "/v1/inbox?unread=true", "teacher")
    answer = await platform.notifications.post(
        f"/v1/notifications/{newest['notification_id']}/acknowledge-notification", by=school.teacher,
        tenant=school.tenant,
    )  # fmt: skip
    last = answer.headers["at-least"]
    assert await see(platform, school, "/v1/inbox?unread=true", "teacher", at_least=last) == others
    first, *_ = await see(platform, school, "/v1/inbox?unread=false", "teacher")
    assert first["notification_id"] == newest["notification_id"]
    assert first["acknowledged_at"] is not None
    assert all(row["acknowledged_at"] is None for row in await see(platform, school, "/v1/inbox", "coach"))


async def test_pages_of_an_inbox_hold_each_notification_once(platform: Platform, school: School) -> None:
    path, found = "/v1/inbox?limit=3&unread=true", []
    while path:
        answer = await platform.notifications.get(path, by=school.coach, tenant=school.tenant)
        found += answer.json()
        path = answer.links.get("next", {}).get("url", "")
    assert found == await see(platform, school, "/v1/inbox", "coach")


async def test_an_inbox_is_its_recipients_alone(platform: Platform, school: School) -> None:
    for who in ("theo", "principal", "administrator", "coaching_lead"):
        assert await see(platform, school, "/v1/inbox", who) == []
    stranger = await platform.notifications.get("/v1/inbox", by=school.coach, tenant=uuid4())
    assert stranger.json() == []
    operator = await platform.notifications.get("/v1/inbox", by=None, tenant=school.tenant)
    assert (operator.status_code, operator.json()["code"]) == (403, "forbidden")


@pytest.mark.parametrize("query", ["unread=1", "unread=", "unread=yes", "unread=TRUE", "read=true"])
async def test_unread_is_true_or_false(platform: Platform, school: School, query: str) -> None:
    answer = await platform.notifications.get(f"/v1/inbox?{query}", by=school.coach, tenant=school.tenant)
    assert (answer.status_code, answer.json()["code"]) == (422, "request_invalid")


async def test_all_that_was_shown_comes_out_the_same_when_it_is_derived_again(
    platform: Platform, school: School
) -> None:
    await platform.level()
    assert await platform.notifications.derived_again()
