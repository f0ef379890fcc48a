"""An instrument: what to look for in a classroom and how to count it, in versions that never change.

Only decisions live here. Whatever a rule needs arrives as an argument.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from backbone.deciding import Actor, Claim, Command, Release
from backbone.words import Words
from chalkline_contracts.event import Event
from chalkline_contracts.measurement import MeasurementKind
from chalkline_contracts.observations import InstrumentItem, InstrumentPublished, InstrumentRetired, Scale
from chalkline_contracts.values import Code, WordsRef
from pydantic import BaseModel, ConfigDict, Field

from observations.refusals import (
    InstrumentAlreadyRetired,
    InstrumentCodeDiffers,
    InstrumentNotPublished,
    ItemCodesRepeat,
    ScaleUpsideDown,
)

InstrumentCode = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
Level = Annotated[int, Field(ge=-1000, le=1000)]


class Item(BaseModel):
    """One thing to look for, in words."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    code: Code
    kind: MeasurementKind
    wording: Words


class Levels(BaseModel):
    """The levels of a rubric."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    lowest: Level
    highest: Level


class PublishInstrument(Command):
    """Publishes the first version; on an instrument that exists, the next one."""

    name: Words
    code: InstrumentCode
    items: Annotated[tuple[Item, ...], Field(min_length=1, max_length=100)]
    scale: Levels | None = None
    framework: Code | None = None


class RetireInstrument(Command):
    """Ends an instrument; what was measured with it stays."""


InstrumentCommand = PublishInstrument | RetireInstrument
InstrumentEvent = InstrumentPublished | InstrumentRetired


@dataclass(frozen=True, slots=True)
class Unset:
    """Nobody published it."""


@dataclass(frozen=True, slots=True)
class Published:
    """As its latest version says."""

    code: str
    version: int
    items: tuple[InstrumentItem, ...]
    scale: Scale | None
    framework: str | None
    name_ref: WordsRef


@dataclass(frozen=True, slots=True)
class Retired:
    code: str
    version: int


Instrument = Unset | Published | Retired


@dataclass(frozen=True, slots=True)
class InstrumentFacts:
    """Who asks, and what they are to the district."""

    by: Actor
    command_id: UUID
    aggregate_id: UUID
    belongs: bool = False
    """An active person of the district."""
    curates: bool = False
    """An administrator or a coaching lead."""
    level: bool = True


def decide(
    instrument: Instrument,
    command: InstrumentCommand,
    facts: InstrumentFacts,
    *,
    now: datetime,  # noqa: ARG001 - every decider has the same shape
) -> list[Event]:
    match command, instrument:
        case PublishInstrument(), Unset():
            return [_published(command, version=1)]
        case PublishInstrument(), Published():
            if command.code != instrument.code:
                raise InstrumentCodeDiffers(code=instrument.code)
            return [_published(command, version=instrument.version + 1)]
        case RetireInstrument(), Published():
            return [InstrumentRetired(instrument=f"{instrument.code}@{instrument.version}")]
        case _, Retired():
            raise InstrumentAlreadyRetired(instrument_id=facts.aggregate_id)
        case _:
            raise InstrumentNotPublished(instrument_id=facts.aggregate_id)


def _published(command: PublishInstrument, *, version: int) -> InstrumentPublished:
    if len({item.code for item in command.items}) < len(command.items):
        raise ItemCodesRepeat
    if command.scale and command.scale.lowest >= command.scale.highest:
        raise ScaleUpsideDown
    return InstrumentPublished(
        instrument=f"{command.code}@{version}",
        items=tuple(
            InstrumentItem(code=item.code, kind=item.kind, wording_ref=item.wording.ref)
            for item in command.items
        ),
        scale=Scale(lowest=command.scale.lowest, highest=command.scale.highest) if command.scale else None,
        framework=command.framework,
        name_ref=command.name.ref,
    )


def evolve(instrument: Instrument, event: InstrumentEvent) -> Instrument:
    match event, instrument:
        case InstrumentPublished(), Unset() | Published():
            code, version = event.instrument.rsplit("@", 1)
            return Published(code, int(version), event.items, event.scale, event.framework, event.name_ref)
        case InstrumentRetired(), Published():
            return Retired(instrument.code, instrument.version)
        case _:
            return instrument


def claims(event: InstrumentEvent) -> Iterable[Claim | Release]:
    """A code names one instrument for good, retired or not, so that "code@1" means one thing."""
    match event:
        case InstrumentPublished() if event.instrument.endswith("@1"):
            yield Claim(f"instrument:{event.instrument.removesuffix('@1')}")
