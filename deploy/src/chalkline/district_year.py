"""`chalkline demo --district large`: a school year of a whole district, from a seed.

A district is made, its people come aboard, and every teacher works with a coach for a year; the sandbox's clock
moves from Friday to Friday. The same seed tells the same year: the events counted at the end are those the plan
says. Ids are made by the services, so another run has others.
"""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from itertools import chain
from typing import Final

from rich.table import Table

from chalkline import example_roster, year_plan
from chalkline.boarding import aboard
from chalkline.coaching import Coaching
from chalkline.counting import Counts
from chalkline.example_roster import Roster
from chalkline.playing import Advance
from chalkline.seeding import District
from chalkline.stage import Stage
from chalkline.year import WEEKS, Year
from chalkline.year_models import INITIATIVES, initiative
from chalkline.year_steps import SCHOOL_WEEKS, calendar_week

STUDENTS_A_TEACHER: Final = 3
CASELOAD: Final = 18
INSTRUMENTS: Final = {
    "on-task": ("Time on task", "intervals_on_task", "Each 30 seconds: who works on the task?"),
    "student-talk": ("Student talk", "student_talk", "Seconds in which a student speaks to the class"),
}


@dataclass(frozen=True, slots=True)
class Size:
    """How large a district is played, and which."""

    seed: int = 1
    schools: int = 40
    teachers: int = 2000

    def roster(self) -> Roster:
        return example_roster.roster(
            self.seed,
            schools=self.schools,
            teachers=self.teachers,
            students=STUDENTS_A_TEACHER * self.teachers,
        )


@dataclass(frozen=True, slots=True)
class Told:
    """What the year was, for the summary."""

    expected: Counter[str]
    """How many events of each kind the plan gives."""
    seconds: float
    """How long the year took, from its first command to the last."""


async def play(
    size: Size, client: Coaching, stage: Stage, advance: Advance, opened: Callable[[District], None]
) -> Told:
    """The whole year. Raises Problem where anything is refused or not answered."""
    roster = size.roster()
    there = await aboard(client, stage, roster, f"{roster.name} (large)", opened)
    pairs = year_plan.plan(roster, size.seed)
    steps = sum(len(pair.steps) for pair in pairs)
    with stage.act("The year", WEEKS) as act:
        act.note(f"{len(pairs):,} teachers, each with a coach: {steps:,} steps to take")
        await advance(there.monday + timedelta(hours=8))
        shared = await _prepare(client, there.district)
        began = time.monotonic()

        def week_done(week: int) -> None:
            after = calendar_week(week + 1) if week + 1 < SCHOOL_WEEKS else WEEKS
            heard, seconds = stage.heard.total(), time.monotonic() - began
            act.step(
                f"[cyan]week {week + 1:2}[/]  {heard:7,} events, {heard / seconds:,.0f} a second",
                after - calendar_week(week),
            )

        await Year(client, pairs, there.people, there.monday, shared).play(advance, week_done)
        await advance(there.monday + timedelta(weeks=WEEKS))
        return Told(year_plan.expected(pairs), time.monotonic() - began)


async def _prepare(client: Coaching, there: District) -> dict[str, str]:
    """The instruments that are measured with all year, how many teachers a coach should have at most, and the
    district's initiatives: their ids, by the names that steps use.
    """
    lead, begin = there["leo"], (await client.now()).date()
    for code, (name, kind, wording) in INSTRUMENTS.items():
        items = [{"code": code.replace("-", "_"), "kind": kind, "wording": wording}]
        await client.begins(lead, "instruments", f"publish {code}", name=name, code=code, items=items)
    await client.does(there["ada"], f"districts/{there.id}/change-policy", caseload_limit=CASELOAD)
    return {
        initiative(focus): await client.begins(
            lead, "initiatives", f"launch {focus}", name=name, focus=focus, begin=begin.isoformat()
        )
        for focus, name in INITIATIVES.items()
    }


def differing(told: Told, counts: Counts) -> list[str]:
    """Where the district's events are not those of the plan, in words."""
    found = counts["goals"] + counts["observations"]
    return [
        f"{name}: {found[name]:,} instead of {wanted:,}"
        for name, wanted in sorted(told.expected.items())
        if found[name] != wanted
    ]


def table(counts: Counts) -> Table:
    """Every kind of event, most frequent first, a column a service."""
    shown = Table(box=None, pad_edge=False, header_style="dim")
    for service, kinds in counts.items():
        shown.add_column(service)
        shown.add_column(f"{kinds.total():,}", justify="right")
    columns = [[(name, f"{n:,}") for name, n in kinds.most_common()] for kinds in counts.values()]
    for at in range(max(map(len, columns))):
        shown.add_row(*chain(*(column[at] if at < len(column) else ("", "") for column in columns)))
    return shown
