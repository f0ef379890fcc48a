"""A play in progress: who is on stage, where the story stands, and how its clock moves."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from chalkline.coaching import Coaching, Persona
from chalkline.seeding import TIME_ZONE, District
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
