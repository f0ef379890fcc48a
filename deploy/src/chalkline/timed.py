"""What a timer counted from: of a milestone that fell due, the event without which it would not have.

A timer's command answers to no event; the rule says which events its clock counts from, and the occurrence which of
them it was.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg
from backbone.causes import Told, told_of
from chalkline_contracts.notifications import COUNTED_FROM

TIMER = "system:timer_"
"""How the actor of a timer's command begins."""
ABOUT = re.compile(r"(?:goal|visit|step):([0-9a-f-]{36})")
EVENT = re.compile(r"event:([0-9a-f-]{36})")
SINCE = re.compile(r"since:(\d{4}-\d\d-\d\d)")

Logs = Mapping[str, asyncpg.Connection]


def by_timer(told: Told) -> bool:
    return told.name == "MilestoneReached" and told.meta.actor.startswith(TIMER)


def event_in(told: Told) -> UUID | None:
    """The event that an occurrence names outright."""
    found = EVENT.search(str(told.data.get("occurrence")))
    return UUID(found[1]) if found else None


async def counted_from(logs: Logs, told: Told) -> Told | None:
    """The event that a timer counted from, the last of those that were told until it fired; None: nobody can say.

    A cycle's visits are told from the aggregate of each, of which the occurrence has only the day: of these the
    cycle's start alone is known here.
    """
    names, occurrence = COUNTED_FROM.get(str(told.data.get("milestone"))), str(told.data.get("occurrence"))
    if names is None:
        return None
    about = ABOUT.search(occurrence)
    stream = UUID(about[1]) if about else told.aggregate_id
    found = [
        one
        for service, db in logs.items()
        for one in await told_of(db, service, told.tenant, [stream], names)
        if one.recorded_at <= told.recorded_at
    ]
    since = SINCE.search(occurrence)
    if since and not about:
        found = [one for one in found if _day(one) == date.fromisoformat(since[1])]
    return max(found, key=lambda one: (one.recorded_at, one.version), default=None)


async def counting_from(logs: Logs, events: Sequence[Told]) -> list[tuple[UUID, Told]]:
    """The milestones that timers reached because of these events, each with its event."""
    found: list[tuple[UUID, Told]] = []
    named = {name for names in COUNTED_FROM.values() for name in names}
    for event in events:
        if event.name not in named:
            continue
        about = [event.aggregate_id, *(UUID(str(i)) for i in (event.data.get("cycle_id"),) if i)]
        reached = await told_of(
            logs["notifications"], "notifications", event.tenant, about, ["MilestoneReached"]
        )
        for one in filter(by_timer, reached):
            if event_in(one) == event.event_id:
                found.append((event.event_id, one))
            elif event_in(one) is None:
                cause = await counted_from(logs, one)
                if cause is not None and cause.event_id == event.event_id:
                    found.append((event.event_id, one))
    return found


def _day(told: Told) -> date:
    """The local day of a cycle's start."""
    return told.occurred_at.astimezone(ZoneInfo(str(told.data.get("time_zone") or "UTC"))).date()
