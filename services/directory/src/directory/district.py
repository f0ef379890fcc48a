"""A district: a tenant, real or a sandbox for trying things out on a clock of its own.

Only decisions live here. Whatever a rule needs arrives as an argument.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from backbone.deciding import Actor, Command
from backbone.words import Words
from chalkline_contracts.directory import (
    NO_CALENDAR,
    PRODUCT_POLICY,
    CalendarChanged,
    DistrictClosed,
    DistrictOpened,
    DistrictPolicyChanged,
    SandboxClockAdvanced,
)
from chalkline_contracts.event import Event
from chalkline_contracts.values import Time, WordsRef

from directory.calendar import ChangeCalendar, calendar_of
from directory.policy import ChangePolicy, policy_after
from directory.refusals import (
    ClockLeapsTooFar,
    ClockOnlyMovesForward,
    DistrictAlreadyOpened,
    DistrictNotOpen,
    DistrictNotSandbox,
    LegalHold,
)
from directory.time_zone import TimeZone

LONGEST_LEAP = timedelta(days=366)


class OpenDistrict(Command):
    """Begins a tenant."""

    name: Words
    sandbox: bool = False
    time_zone: TimeZone


class AdvanceClock(Command):
    """Moves a sandbox's clock forward; what falls due on the way is fired."""

    to: Time


class CloseDistrict(Command):
    """Ends a tenant, on whose people no legal hold stands. Nothing is decided in it afterwards, nobody of it is told
    anything, and what there is of it may be blanked: take it along before.
    """


DistrictCommand = OpenDistrict | AdvanceClock | ChangePolicy | ChangeCalendar | CloseDistrict
DistrictEvent = (
    DistrictOpened | SandboxClockAdvanced | DistrictPolicyChanged | CalendarChanged | DistrictClosed
)


@dataclass(frozen=True, slots=True)
class Unset:
    """Nobody opened it."""


@dataclass(frozen=True, slots=True)
class Open:
    time_zone: str
    clock: datetime | None
    """Where a sandbox's clock stands; None in a real district."""
    name_ref: WordsRef
    policy: DistrictPolicyChanged = PRODUCT_POLICY
    """As it was told last; before that the product's."""
    calendar: CalendarChanged = NO_CALENDAR


@dataclass(frozen=True, slots=True)
class Closed:
    time_zone: str
    name_ref: WordsRef


District = Unset | Open | Closed


@dataclass(frozen=True, slots=True)
class DistrictFacts:
    """Who asks, and what they are to the district."""

    by: Actor
    command_id: UUID
    aggregate_id: UUID
    belongs: bool = False
    """An active person of the district."""
    administers: bool = False
    """An administrator of the district today."""
    holds: int = 0
    """How many legal holds stand on people of it."""


def decide(
    district: District, command: DistrictCommand, facts: DistrictFacts, *, now: datetime
) -> list[Event]:
    match command, district:
        case OpenDistrict(), Unset():
            return [
                DistrictOpened(
                    sandbox=command.sandbox,
                    time_zone=command.time_zone,
                    clock=now if command.sandbox else None,
                    name_ref=command.name.ref,
                )
            ]
        case OpenDistrict(), _:
            raise DistrictAlreadyOpened(district_id=facts.aggregate_id)
        case AdvanceClock(), Open(clock=None):
            raise DistrictNotSandbox(district_id=facts.aggregate_id)
        case AdvanceClock(), Open(clock=datetime() as clock):
            if command.to <= clock:
                raise ClockOnlyMovesForward(clock=clock)
            if command.to - clock > LONGEST_LEAP:
                raise ClockLeapsTooFar(clock=clock)
            return [SandboxClockAdvanced(to=command.to)]
        case ChangePolicy(), Open(policy=before):
            policy = policy_after(before, command, now)
            return [] if policy == before else [policy]
        case ChangeCalendar(), Open():
            calendar = calendar_of(command)
            return [] if calendar == district.calendar else [calendar]
        case CloseDistrict(), Open():
            if facts.holds:
                raise LegalHold(holds=facts.holds)
            return [DistrictClosed()]
        case _:
            raise DistrictNotOpen(district_id=facts.aggregate_id)


def evolve(district: District, event: DistrictEvent) -> District:
    match event, district:
        case DistrictOpened(), Unset():
            return Open(event.time_zone, event.clock, event.name_ref)
        case SandboxClockAdvanced(), Open():
            return replace(district, clock=event.to)
        case DistrictPolicyChanged(), Open():
            return replace(district, policy=event)
        case CalendarChanged(), Open():
            return replace(district, calendar=event)
        case DistrictClosed(), Open():
            return Closed(district.time_zone, district.name_ref)
        case _:
            return district
