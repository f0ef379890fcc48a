"""How a person wants to be told: by mail at once, once a day, or in the inbox alone.

Its id is the person's. Whoever never chose gets mail at once.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from backbone.deciding import Actor, Command
from chalkline_contracts.event import Event
from chalkline_contracts.notifications import MailPreference, MilestoneName, PreferenceChanged
from pydantic import Field

from notifications.refusals import MilestoneUnknown
from notifications.rules import BY_MILESTONE


class ChangePreference(Command):
    """Replaces what was chosen before."""

    mail: MailPreference
    muted: Annotated[tuple[MilestoneName, ...], Field(max_length=100)] = ()
    """Milestones of which no mail is wanted."""


PreferenceCommand = ChangePreference


@dataclass(frozen=True, slots=True)
class Chosen:
    mail: MailPreference = "at_once"
    muted: tuple[str, ...] = ()


Preference = Chosen


@dataclass(frozen=True, slots=True)
class PreferenceFacts:
    """Who acts, and whether the preference is that of an active person of the district."""

    by: Actor
    command_id: UUID
    aggregate_id: UUID
    belongs: bool = False
    level: bool = True


def decide(
    preference: Preference,
    command: PreferenceCommand,
    facts: PreferenceFacts,  # noqa: ARG001 - every decider has the same shape
    *,
    now: datetime,  # noqa: ARG001
) -> list[Event]:
    muted = tuple(sorted(set(command.muted)))
    for milestone in muted:
        if milestone not in BY_MILESTONE:
            raise MilestoneUnknown(milestone=milestone)
    if (command.mail, muted) == (preference.mail, preference.muted):
        return []
    return [PreferenceChanged(mail=command.mail, muted=muted)]


def evolve(preference: Preference, event: Event) -> Preference:
    match event:
        case PreferenceChanged():
            return Chosen(event.mail, event.muted)
        case _:
            return preference
