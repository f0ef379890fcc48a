"""A sandbox district with its people, for a first look and for the demo."""

import asyncio
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from chalkline.coaching import OPERATOR, Coaching, Persona, coaching
from chalkline.state import State, read_json, write_json

SAMPLE: Final = UUID("5a3d1f0e-8c1b-5f5e-9d0c-2f6b7c1e4a90")
"""Command ids of the sample district are made from this, so that seeding it again changes nothing."""
TIME_ZONE: Final = ZoneInfo("America/Chicago")
SINCE: Final = "2024-08-01"
"""The first day of everybody's role."""
CAST: Final = {
    "maya": ("Maya Okafor", "coach", "school"),
    "tomas": ("Tomás Reyes", "teacher", "school"),
    "nora": ("Nora Lind", "teacher", "school"),
    "priya": ("Priya Raman", "principal", "school"),
    "leo": ("Leo Marsh", "coaching_lead", "district"),
    "ada": ("Ada Whitfield", "administrator", "district"),
}
"""Who is there, as what, and where. Nora is a colleague, outside the partnership."""
PEERS: Final = dict.fromkeys(
    ("powerful", "easy", "emotionally_compelling", "reachable", "student_focused"), True
)
INSTRUMENT: Final = "time-on-task@1"


@dataclass(frozen=True, slots=True)
class District:
    """A district and who is in it, by name."""

    id: UUID
    people: dict[str, Persona]

    def __getitem__(self, name: str) -> Persona:
        return self.people[name]


async def open_district(client: Coaching, name: str, school: str) -> District:
    """Opens a sandbox district with an office, a school and the cast."""
    opened = await client.begins(
        OPERATOR, "districts", "open", name=name, sandbox=True, time_zone=str(TIME_ZONE)
    )
    client.tenant = UUID(opened)
    office = await client.begins(OPERATOR, "orgs", "office", name=f"{name}, district office", type="district")
    at = {"district": office}
    at["school"] = await client.begins(
        OPERATOR, "orgs", "school", name=school, type="school", parent_id=office, time_zone=str(TIME_ZONE)
    )

    async def enrol(key: str, full_name: str, role: str, where: str) -> Persona:
        email = f"{key}@example.org"
        person = await client.begins(OPERATOR, "people", f"enrol {key}", name=full_name, email=email)
        await client.does(OPERATOR, f"people/{person}/assign-role", role=role, org_id=at[where], begin=SINCE)
        return Persona(full_name.split(maxsplit=1)[0], person, role)

    people = await asyncio.gather(*(enrol(key, *told) for key, told in CAST.items()))
    return District(client.tenant, dict(zip(CAST, people, strict=True)))


async def form_partnership(client: Coaching, there: District) -> str:
    """Maya proposes to work with Tomás, and both consent; the partnership's id."""
    maya, tomas = there["maya"], there["tomas"]
    partnership = await client.begins(
        maya, "partnerships", "propose partnership", coach_id=maya.id, teacher_ids=[tomas.id]
    )
    for partner in (tomas, maya):
        await client.does(partner, f"partnerships/{partnership}/give-consent")
    return partnership


def on_task(intervals: int, at: datetime) -> dict[str, Any]:
    """A measurement: in so many of forty intervals the students were on task."""
    return {
        "metric_code": "on_task", "kind": "intervals_on_task", "numerator": intervals, "denominator": 40,
        "direction": "increase", "occurred_at": at.isoformat(), "window_s": 1200, "n_students": 26,
        "instrument": INSTRUMENT, "source": "observation",
    }  # fmt: skip


def proposal(due_on: date) -> dict[str, Any]:
    """A goal in words and numbers: four in five, twice in a row."""
    return {
        "statement": "Students work on the task in four of five intervals, and can say what they are working on.",
        "metric_code": "on_task", "target": "4/5", "due_on": due_on.isoformat(), "required_consecutive": 2,
        "peers": PEERS,
    }  # fmt: skip


async def set_goal(client: Coaching, there: District, cycle: str) -> str:
    """Drafted by the teacher, baselined, proposed by the coach, agreed by both; the goal's id."""
    maya, tomas, now = there["maya"], there["tomas"], await client.now()
    goal = await client.begins(tomas, "goals", "draft goal", cycle_id=cycle)
    await client.does(tomas, f"goals/{goal}/record-baseline", measurements=[on_task(14, now)])
    due_on = now.astimezone(TIME_ZONE).date() + timedelta(weeks=6)
    await client.does(maya, f"goals/{goal}/propose-goal", **proposal(due_on))
    for partner in (tomas, maya):
        await client.does(partner, f"goals/{goal}/agree-goal")
    return goal


async def sample(state: State) -> None:
    """Once in the life of a platform: a district in the first week of a cycle, with a goal just set."""
    if state.personas.exists():
        return
    async with coaching(state, SAMPLE) as client:
        there = await open_district(client, "Prairie View (sandbox)", "Cedar Street School")
        partnership = await form_partnership(client, there)
        cycle = await client.begins(
            there["maya"], "cycles", "start cycle", partnership_id=partnership, focus="student_engagement"
        )
        goal = await set_goal(client, there, cycle)
    remember(state, there, cycle=cycle, goal=goal)


def remember(state: State, there: District, **told: str) -> None:
    """Writes personas.json: whom `chalkline token --as` knows, and what a coach could look at.

    Whoever was there under the same name in another district stays; the newcomer is then called `demo-maya`.
    """
    personas: dict[str, Any] = read_json(state.personas) or {}
    tenant = str(there.id)
    for key, person in there.people.items():
        name = key if personas.get(key, {}).get("tenant", tenant) == tenant else f"demo-{key}"
        personas[name] = {"id": person.id, "tenant": tenant, "role": person.role, **told}
    write_json(state.personas, personas)
