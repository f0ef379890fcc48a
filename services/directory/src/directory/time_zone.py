"""Time zones by their IANA names, checked once at the door so that no later date can fail."""

from datetime import date, datetime
from functools import cache
from typing import Annotated
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator


@cache
def _known() -> frozenset[str]:
    return frozenset(available_timezones())


def is_time_zone(name: str) -> bool:
    return name in _known()


def _known_zone(name: str) -> str:
    if not is_time_zone(name):
        raise ValueError("must be an IANA time zone, such as America/Chicago")
    return name


TimeZone = Annotated[str, AfterValidator(_known_zone)]


def day_in(time_zone: str, moment: datetime) -> date:
    """Which day it is there at that moment."""
    return moment.astimezone(ZoneInfo(time_zone)).date()
