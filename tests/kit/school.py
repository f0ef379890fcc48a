"""A district opened over HTTP: who is in it, and a pair at work. For tests that look from outside."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from kit.running import Platform

CHICAGO = ZoneInfo("America/Chicago")
ROLES = ("coach", "teacher", "principal", "administrator", "coaching_lead")


@dataclass(frozen=True)
class School:
    """One district with one school, and a person of each role."""

    tenant: UUID
    district_org: UUID
    school: UUID
    people: dict[str, UUID]

    def __getattr__(self, role: str) -> UUID:
        try:
            return self.people[role]
        except KeyError:
            raise AttributeError(role) from None


async def open_school(platform: Platform, *more: str, sandbox: bool = False) -> School:
    """`more` are further teachers, by name. In a sandbox time stands still."""
    directory = platform.directory
    opened = await directory.post(
        "/v1/districts", by=None, tenant=None, name="Prairie", time_zone="America/Chicago", sandbox=sandbox
    )
    tenant = UUID(opened.json()["id"])

    async def begin(collection: str, **body: Any) -> UUID:
        return await directory.begin(collection, by=None, tenant=tenant, **body)

    district_org = await begin("orgs", name="Prairie District", type="district")
    school = await begin("orgs", name="North", type="school", parent_id=str(district_org))
    people: dict[str, UUID] = {}
    for who in (*ROLES, *more):
        role = who if who in ROLES else "teacher"
        people[who] = await begin("people", name=f"The {who}", experience_band="novice")
        where = district_org if role in ("administrator", "coaching_lead") else school
        path = f"/v1/people/{people[who]}/assign-role"
        told = {"role": role, "org_id": str(where), "begin": "2020-08-01"}
        await directory.post(path, by=None, tenant=tenant, **told)
    await platform.level()
    return School(tenant, district_org, school, people)


async def another_principal(platform: Platform, school: School) -> UUID:
    """A principal of another school of the district."""
    directory = platform.directory

    async def begin(collection: str, **body: Any) -> UUID:
        return await directory.begin(collection, by=None, tenant=school.tenant, **body)

    south = await begin("orgs", name="South", type="school", parent_id=str(school.district_org))
    principal = await begin("people", name="The other principal")
    told = {"role": "principal", "org_id": str(south), "begin": "2020-08-01"}
    path = f"/v1/people/{principal}/assign-role"
    await directory.post(path, by=None, tenant=school.tenant, **told)
    return principal


async def pair_up(platform: Platform, school: School, teacher: str = "teacher") -> UUID:
    """An agreed partnership of the coach and a teacher."""
    goals, coach, own = platform.goals, school.coach, school.people[teacher]
    partnership = await goals.begin(
        "partnerships", by=coach, tenant=school.tenant, coach_id=str(coach), teacher_ids=[str(own)]
    )
    for person in (coach, own):
        await goals.post(f"/v1/partnerships/{partnership}/give-consent", by=person, tenant=school.tenant)
    await platform.level()
    return partnership


async def cycle_of(platform: Platform, school: School, partnership: UUID, focus: str = "engagement") -> UUID:
    """A cycle of theirs, which every service knows of."""
    cycle = await platform.goals.begin(
        "cycles", by=school.coach, tenant=school.tenant, partnership_id=str(partnership), focus=focus
    )
    await platform.level()
    return cycle


async def set_goal(platform: Platform, school: School, goal: UUID) -> None:
    """Of a goal that was drafted: four in five intervals on task, twice in a row, agreed by both."""
    peers = ("powerful", "easy", "emotionally_compelling", "reachable", "student_focused")

    async def say(command: str, by: UUID, **body: Any) -> None:
        await platform.goals.post(f"/v1/goals/{goal}/{command}", by=by, tenant=school.tenant, **body)

    await say("record-baseline", school.teacher, measurements=[on_task(n, days_ago=20) for n in (4, 5, 6)])
    await say(
        "propose-goal", school.coach, statement="Four in five stay with it", metric_code="on_task", target="4/5",
        due_on=str(datetime.now(UTC).date() + timedelta(days=30)), required_consecutive=2,
        peers=dict.fromkeys(peers, True),
    )  # fmt: skip
    for person in (school.coach, school.teacher):
        await say("agree-goal", person)


def on_task(intervals: int, *, days_ago: float) -> dict[str, Any]:
    """So many of ten intervals on task."""
    at = datetime.now(UTC) - timedelta(days=days_ago)
    return {
        "metric_code": "on_task",
        "kind": "intervals_on_task",
        "numerator": intervals,
        "denominator": 10,
        "direction": "increase",
        "occurred_at": at.isoformat(),
        "source": "observation",
    }


def when(day: int, at: str) -> str:
    """A time in Chicago so many days after a coming Monday: a sandbox's clock only goes forward."""
    today = datetime.now(CHICAGO).date()
    monday = today + timedelta(days=14 - today.weekday())
    return datetime.combine(monday + timedelta(days=day), time.fromisoformat(at), CHICAGO).isoformat()
