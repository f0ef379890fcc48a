"""When somebody's mail is to go: at once or in a digest as they prefer, in the hours of where they work."""

from datetime import datetime, time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from backbone.district import calendar_in, policy_in
from backbone.service import Running

from notifications.due import calendar_of
from notifications.moment import Hours, first_digest, first_moment, quiet
from notifications.preference import Preference

DEEPEST = 8
"""How many organisations may lie within each other."""


async def preference_of(run: Running, tenant: UUID, person_id: UUID) -> Preference:
    chosen: Preference = await run.commands.state(tenant, "Preference", person_id)
    return chosen


async def hours_for(run: Running, tenant: UUID, person_id: UUID, cycle_id: UUID | None) -> Hours:
    """When a person may be written to about a cycle: by the clock of where they work, where that is one clock;
    else by that of the cycle's school; else by the district's.
    """
    policy = policy_in(await run.facts.row("policy", tenant, tenant))
    calendar = calendar_in(await run.facts.row("calendar", tenant, tenant))
    return Hours(
        zone=await _zone(run, tenant, person_id, cycle_id),
        quiet=quiet(policy.quiet_hours),
        calendar=calendar_of(calendar.terms, calendar.holidays),
    )


def planned(sent_at: datetime, preference: Preference, hours: Hours, digest_at: time) -> datetime | None:
    """When mail about what was told at a moment is to go; None while nobody can tell. What is not wanted is
    settled at once.
    """
    match preference.mail:
        case "none":
            return sent_at
        case "daily_digest":
            return first_digest(sent_at, hours, digest_at)
        case "at_once":
            return first_moment(sent_at, hours)


async def _zone(run: Running, tenant: UUID, person_id: UUID, cycle_id: UUID | None) -> ZoneInfo:
    person = await run.facts.row("person", tenant, person_id)
    zones = {await _zone_of_org(run, tenant, org_id) for org_id in person["school_ids"]} if person else set()
    if len(zones) == 1 and (only := zones.pop()):
        return ZoneInfo(only)
    cycle = await run.facts.row("cycle", tenant, cycle_id) if cycle_id else None
    if cycle is not None and cycle["time_zone"]:
        return ZoneInfo(cycle["time_zone"])
    district = await run.facts.row("district", tenant, tenant)
    return ZoneInfo(district["time_zone"] if district else "UTC")


async def _zone_of_org(run: Running, tenant: UUID, org_id: UUID) -> str | None:
    """Its own or that of what it lies in; None: the district's."""
    at: Any = org_id
    for _ in range(DEEPEST):
        org = await run.facts.row("org", tenant, at)
        if org is None:
            break
        if org["time_zone"]:
            return str(org["time_zone"])
        if (at := org["parent_id"]) is None:
            break
    district = await run.facts.row("district", tenant, tenant)
    return str(district["time_zone"]) if district else None
