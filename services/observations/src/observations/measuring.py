"""Measuring with an instrument: what a version that the district published allows, and that others are taken by name.

Decided in docs/decisions/0020.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from chalkline_contracts.measurement import MeasurementTaken

from observations.refusals import (
    InstrumentTakesNoMore,
    InstrumentVersionUnknown,
    KindNotOfInstrument,
    LevelOutsideScale,
)


@dataclass(frozen=True, slots=True)
class Edition:
    """What the district published under a name: one version of an instrument."""

    retired: bool
    kinds: frozenset[str] | None
    """What its items look for; None: the instrument is published, and this version of it is not."""
    lowest: int | None = None
    highest: int | None = None


def named_in(instrument: str | None, taken: tuple[MeasurementTaken, ...]) -> set[str]:
    """Every instrument that an observation and its measurements name."""
    names = {instrument, *(measurement.instrument for measurement in taken)}
    return {name for name in names if name is not None}


def check_instruments(
    instrument: str | None,
    taken: tuple[MeasurementTaken, ...],
    published: Mapping[str, Edition],
    *,
    is_new: bool,
) -> None:
    """Raises where the district published an instrument that does not allow this. Of an observation that `is_new`
    it may not be retired; what was observed before may be told anew.
    """
    for name in sorted(named_in(instrument, taken)):
        edition = published.get(name)
        if edition is None:
            continue
        if edition.kinds is None:
            raise InstrumentVersionUnknown(instrument=name)
        if is_new and edition.retired:
            raise InstrumentTakesNoMore(instrument=name)
    for measurement, edition in _editions(instrument, taken, published):
        if measurement.instrument and edition.kinds and measurement.kind not in edition.kinds:
            raise KindNotOfInstrument(instrument=measurement.instrument, kind=measurement.kind)
        if measurement.kind != "rubric_level" or edition.lowest is None or edition.highest is None:
            continue
        if not edition.lowest <= measurement.numerator <= edition.highest:
            raise LevelOutsideScale(lowest=edition.lowest, highest=edition.highest)


def _editions(
    instrument: str | None, taken: tuple[MeasurementTaken, ...], published: Mapping[str, Edition]
) -> Iterator[tuple[MeasurementTaken, Edition]]:
    """Each measurement with what it was made with: its own instrument, else the observation's."""
    for measurement in taken:
        if edition := published.get(measurement.instrument or instrument or ""):
            yield measurement, edition
