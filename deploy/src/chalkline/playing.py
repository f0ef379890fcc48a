"""A play in progress: who is on stage, where the story stands, how its clock moves, and what happens more than once."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from chalkline.coaching import Coaching, Json, Persona
from chalkline.seeding import INSTRUMENT, TIME_ZONE, District, on_task
from chalkline.stage import Act

Advance = Callable[[datetime], Awaitable[None]]
"""Moves the district's clock; returns when all that fell due has happened."""


@dataclass(slots=True)
class Play:
    """The stage, the players, and where the story stands."""

    client: Coaching
    act: Act
    advance: Advance
    there: District
    monday: datetime | None = None
    partnership: str = ""
    cycle: str = ""
    goal: str = ""
    visit: str = ""
    """The visit by which the target was met at first."""
    step: str = ""
    """The action step."""
    corrected: str = ""
    """The event that a visit was corrected by."""
    chart: Json | None = None
    """The goal's, in the end."""

    def who(self, name: str) -> Persona:
        return self.there[name]

    async def on(self, week: int, day: int, hour: int = 8) -> datetime:
        """Moves the clock to a school day: week 1 to 6, day 0 (Monday) to 4."""
        assert self.monday is not None
        wanted = (self.monday + timedelta(weeks=week - 1, days=day)).date()
        moment = datetime.combine(wanted, time(hour), TIME_ZONE)
        await self.advance(moment)
        self.act.step(f"[cyan]week {week}[/]  the clock moves on to {moment:%A %-d %B, %H:%M}")
        return moment

    async def shows(self, who: str, status: str) -> None:
        """Waits until the goal is what it must become."""
        path = f"goals/{self.goal}"
        await self.client.until(
            self.who(who),
            path,
            lambda seen: bool(seen["data"]["status"] == status),
            f"the goal's turning {status}",
        )


async def visit(story: Play, at: datetime, intervals: int, evidence: str) -> str:
    """Maya observes; what she measured becomes progress by itself. The observation's id."""
    client, maya = story.client, story.who("maya")
    body: dict[str, Any] = {
        "cycle_id": story.cycle, "goal_ids": [story.goal], "started_at": (at - timedelta(minutes=40)).isoformat(),
        "duration_s": 1800, "mode": "live", "instrument": INSTRUMENT, "evidence": evidence,
        "measurements": [on_task(intervals, at - timedelta(minutes=10))], "chosen_by": "teacher",
    }  # fmt: skip
    before = await client.until(maya, f"goals/{story.goal}", lambda _: True, "the goal")
    known = len(before["data"]["measurements"])
    observation = await client.begins(
        maya, "observations/record-observation", f"visit {at}", partnership_id=story.partnership, **body
    )
    await client.until(
        maya,
        f"goals/{story.goal}",
        lambda seen: len(seen["data"]["measurements"]) > known,
        "progress of the visit",
    )
    story.act.step(f"Maya visits: {intervals} of 40. Nobody copies it: the observation becomes progress")
    return observation


async def told(story: Play, who: str, milestone: str) -> Json:
    """The notification of a milestone in somebody's inbox."""

    def found(inbox: list[Json]) -> list[Json]:
        return [told for told in inbox if told["milestone"] == milestone]

    seen = await story.client.until(
        story.who(who), "inbox", lambda seen: bool(found(seen)), f"{milestone} in the inbox of {who}"
    )
    return found(seen)[0]
