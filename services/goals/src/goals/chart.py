"""A goal's readings, in the order they happened, kept so small that a goal may have a thousand of them.

A reading takes 32 bytes of one packed field, which is stored and read back whole and unpacked only as far as
somebody looks: what is measured on time is decided by the last few. What the readings mean is in `arithmetic`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from fractions import Fraction
from functools import lru_cache
from struct import Struct
from typing import NamedTuple
from uuid import UUID

from backbone.packed import Packed
from chalkline_contracts.values import EPOCH, instant


class Reading(NamedTuple):
    """A measurement as the chart keeps it; made by `reading`."""

    own: bytes
    """The measurement's id."""
    instant: int
    """When it happened, in µs since 1970: integers are compared, written and read in no time."""
    numerator: int
    denominator: int
    """With the numerator, the quotient in lowest terms."""
    instrument: str | None
    is_baseline: bool

    @property
    def measurement_id(self) -> UUID:
        return UUID(bytes=self.own)

    @property
    def at(self) -> datetime:
        return EPOCH + timedelta(microseconds=self.instant)

    @property
    def quotient(self) -> Fraction:
        return _fraction(self.numerator, self.denominator)


def reading(
    measurement_id: UUID,
    at: datetime,
    quotient: Fraction,
    *,
    instrument: str | None = None,
    is_baseline: bool = False,
) -> Reading:
    return Reading(
        measurement_id.bytes, instant(at), quotient.numerator, quotient.denominator, instrument, is_baseline
    )


_fraction = lru_cache(maxsize=65_536)(Fraction)
"""Few are new: most are percents."""

_LAYOUT = Struct("<16sqiHH")
"""A reading: id, instant, numerator, denominator; then its instrument's place, and one bit for a baseline's."""
RECORD = _LAYOUT.size
"""How many bytes a reading takes."""
_MARK = RECORD - 2
"""Where in a record the byte is whose lowest bit tells a baseline's reading."""
_LOWEST_BIT = bytes(n & 1 for n in range(256))
_NARROW, _SHALLOW = 2**31, 2**16
_WIDE = 0
"""As a denominator: the numerator is a place among the chart's wide quotients."""


@dataclass(frozen=True, slots=True)
class Chart:
    """A goal's readings in the order they happened; those of one moment, in the order they were told."""

    packed: Packed = b""
    instruments: tuple[str, ...] = ()
    """Each reading names its own by its place here, counted from one."""
    wide: tuple[str, ...] = ()
    """Quotients of more than 32 bits over 16, such as "6234567891/1000000000"."""
    gone: Packed = b""
    """The ids of what was retracted, each 16 bytes."""

    def __len__(self) -> int:
        return len(self.packed) // RECORD

    @property
    def readings(self) -> tuple[Reading, ...]:
        return tuple(self._unpacked(self.packed))

    @property
    def baseline(self) -> tuple[Reading, ...]:
        marks = self._marks()
        places = [place for place, mark in enumerate(marks) if mark]
        return tuple(each for place in places for each in self._unpacked(self._records(place, place + 1)))

    def counted(self, last: int | None = None) -> tuple[Reading, ...]:
        """Progress after the baseline's last reading, in order, or only so many of the last of it.

        What lies before the baseline is shown, never counted; without a baseline nothing counts.
        """
        marks = self._marks()
        begin = marks.rfind(1) + 1
        if not begin:
            return ()
        if last is not None:
            begin = max(begin, len(marks) - last)
        return tuple(self._unpacked(self._records(begin, len(marks))))

    def knows(self, measurement_id: UUID) -> bool:
        """Whether it was ever charted; what was retracted never comes back."""
        return self.holds(measurement_id) or _place(self.gone, measurement_id.bytes, 16) >= 0

    def holds(self, measurement_id: UUID) -> bool:
        return _place(self.packed, measurement_id.bytes, RECORD) >= 0

    def ends_with(self, measurement_id: UUID) -> bool:
        """Whether nothing on the chart happened after it."""
        return self.packed[-RECORD : 16 - RECORD] == measurement_id.bytes

    def joined(self, reading: Reading) -> "Chart":
        """With another reading in its place: after all that happened before it or at the same moment."""
        instruments, wide = self.instruments, self.wide
        if reading.instrument is not None and reading.instrument not in instruments:
            instruments = (*instruments, reading.instrument)
        numerator, denominator = reading.numerator, reading.denominator
        if not (-_NARROW <= numerator < _NARROW and denominator < _SHALLOW):
            wide = (*wide, f"{numerator}/{denominator}")
            numerator, denominator = len(wide) - 1, _WIDE
        place = 0 if reading.instrument is None else instruments.index(reading.instrument) + 1
        place = min(place, 2**15 - 1)  # nobody has as many instruments; those would be taken for one
        record = _LAYOUT.pack(
            reading.own, reading.instant, numerator, denominator, place << 1 | reading.is_baseline
        )  # fmt: skip
        at = self._after(reading.instant)
        return Chart(self.packed[:at] + record + self.packed[at:], instruments, wide, self.gone)

    def without(self, measurement_id: UUID) -> "Chart":
        """Without a reading, whose id it remembers; unchanged if there is none such."""
        at = _place(self.packed, measurement_id.bytes, RECORD)
        if at < 0:
            return self
        rest = self.packed[:at] + self.packed[at + RECORD :]
        return replace(self, packed=rest, gone=self.gone + measurement_id.bytes)

    def _marks(self) -> bytes:
        """For each reading whether it is of the baseline: found without unpacking any."""
        return self.packed[_MARK::RECORD].translate(_LOWEST_BIT)

    def _records(self, begin: int, end: int) -> bytes:
        return self.packed[begin * RECORD : end * RECORD]

    def _after(self, moment: int) -> int:
        """Where what happened at an instant goes, in bytes: as a rule at the end."""
        low, high = 0, len(self)
        if high and _LAYOUT.unpack_from(self.packed, (high - 1) * RECORD)[1] <= moment:
            return len(self.packed)
        while low < high:
            middle = (low + high) // 2
            if _LAYOUT.unpack_from(self.packed, middle * RECORD)[1] <= moment:
                low = middle + 1
            else:
                high = middle
        return low * RECORD

    def _unpacked(self, packed: bytes) -> Iterator[Reading]:
        for own, moment, over, under, rest in _LAYOUT.iter_unpack(packed):
            if under == _WIDE:
                over, under = (int(part) for part in self.wide[over].split("/"))  # noqa: PLW2901
            instrument = self.instruments[(rest >> 1) - 1] if rest > 1 else None
            yield Reading(own, moment, over, under, instrument, bool(rest & 1))


def _place(packed: bytes, own: bytes, size: int) -> int:
    """Where the record that begins with these bytes begins; -1 if none does."""
    at = packed.find(own)
    while at >= 0 and at % size:
        at = packed.find(own, at + 1)
    return at
