"""The roster of a district: which import is under way, if one is, and what it set out to do.

Only decisions live here. Whatever a rule needs arrives as an argument.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from backbone.deciding import Actor, Command
from chalkline_contracts.directory import RosterImportBegun, RosterImported
from chalkline_contracts.event import Event
from chalkline_contracts.values import Count, Text

from directory.refusals import DistrictNotOpen, RosterImportNotBegun


class BeginRosterImport(Command):
    """Says what an import is about to do, so that one that is cut off and run again tells the same in the end."""

    fingerprint: Text
    added: Count
    changed: Count
    removed: Count
    rejected: Count


class FinishRosterImport(Command):
    """All of it is done."""

    fingerprint: Text


RosterCommand = BeginRosterImport | FinishRosterImport
RosterEvent = RosterImportBegun | RosterImported


@dataclass(frozen=True, slots=True)
class Idle:
    """No import is under way."""


@dataclass(frozen=True, slots=True)
class Importing:
    fingerprint: str
    added: int
    changed: int
    removed: int
    rejected: int


Roster = Idle | Importing


@dataclass(frozen=True, slots=True)
class RosterFacts:
    """Who asks, and what they are to the district."""

    by: Actor
    command_id: UUID
    aggregate_id: UUID
    belongs: bool = False
    administers: bool = False
    district_open: bool = False


def decide(roster: Roster, command: RosterCommand, facts: RosterFacts, *, now: datetime) -> list[Event]:  # noqa: ARG001 - every decider has the same shape
    if not facts.district_open:
        raise DistrictNotOpen(district_id=facts.by.tenant)
    match command, roster:
        case BeginRosterImport(), Importing(fingerprint=known) if known == command.fingerprint:
            return []  # it was cut off, and goes on
        case BeginRosterImport(), _:
            return [RosterImportBegun.model_validate(command.model_dump())]
        case FinishRosterImport(), Importing(fingerprint=known) if known == command.fingerprint:
            return [
                RosterImported(
                    added=roster.added,
                    changed=roster.changed,
                    removed=roster.removed,
                    rejected=roster.rejected,
                )
            ]
        case _:
            raise RosterImportNotBegun


def evolve(roster: Roster, event: RosterEvent) -> Roster:
    match event, roster:
        case RosterImportBegun(), _:
            return Importing(event.fingerprint, event.added, event.changed, event.removed, event.rejected)
        case RosterImported(), Importing():
            return Idle()
        case _:
            return roster
