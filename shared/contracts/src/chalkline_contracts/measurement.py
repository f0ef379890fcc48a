"""What was measured, kept so that nothing is lost: numerator and denominator, never a percentage.

Counts are JSON integers; what is measured (seconds, scale scores) is a JSON string such as "12.5", so
that no reader's floating point can touch it. A goal compares quotients as exact rationals.
"""

import re
from decimal import Decimal
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PlainSerializer,
    PlainValidator,
    WithJsonSchema,
    model_validator,
)

from chalkline_contracts.values import Code, Count, Time

Focus = Literal["student", "practice"]
Direction = Literal["increase", "decrease", "maintain"]
Source = Literal["observation", "assessment", "student_work", "survey"]
MeasurementKind = Literal[
    "students_proficient",
    "intervals_on_task",
    "student_talk",
    "frequency",
    "rubric_level",
    "scale_score",
    "opportunities_to_respond",
    "interaction_ratio",
    "teacher_talk",
    "duration",
    "checklist_fidelity",
]

STUDENT_KINDS: frozenset[MeasurementKind] = frozenset(
    {"students_proficient", "intervals_on_task", "student_talk", "frequency", "rubric_level", "scale_score"}
)
"""What students do or know; only these may carry a goal. The others look at practice."""
PROPORTIONS: frozenset[MeasurementKind] = frozenset(
    {"students_proficient", "intervals_on_task", "student_talk", "teacher_talk", "checklist_fidelity"}
)
"""Part of a whole: 0 ≤ numerator ≤ denominator, and a denominator above 0."""
RATES: frozenset[MeasurementKind] = frozenset({"frequency", "opportunities_to_respond"})
"""So many in a window of time; the window is `window_s`, the denominator stays empty."""
MEASURED: frozenset[MeasurementKind] = frozenset({"student_talk", "teacher_talk", "duration", "scale_score"})
"""Written as decimals in strings; every other kind is counted, in integers."""
UNITS: dict[MeasurementKind, str] = {
    "students_proficient": "students",
    "intervals_on_task": "intervals",
    "student_talk": "seconds",
    "frequency": "count",
    "rubric_level": "level",
    "scale_score": "points",
    "opportunities_to_respond": "count",
    "interaction_ratio": "interactions",
    "teacher_talk": "seconds",
    "duration": "seconds",
    "checklist_fidelity": "items",
}
"""The unit of each kind; a scale score may name another scale."""

_DECIMAL = re.compile(r"-?\d{1,12}(\.\d{1,9})?")
_LARGEST = 10**12


def _amount(value: Any) -> int | Decimal:
    """A count or a measured decimal, told apart by how it is written. Raises ValueError."""
    if type(value) is int and -_LARGEST < value < _LARGEST:  # not bool, which is an int as well
        return value
    match value:
        case str() if value.isascii() and _DECIMAL.fullmatch(value):
            return Decimal(value)
        case Decimal() if value.is_finite() and _DECIMAL.fullmatch(format(value, "f")):
            return value
        case _:
            raise ValueError('must be an integer, or a decimal in a string such as "12.5"')


Amount = Annotated[
    int | Decimal,
    PlainValidator(_amount),
    PlainSerializer(
        lambda amount: amount if isinstance(amount, int) else format(amount, "f"), when_used="json"
    ),
    WithJsonSchema({"anyOf": [{"type": "integer"}, {"type": "string", "pattern": f"^{_DECIMAL.pattern}$"}]}),
]
"""A count (JSON integer) or a measured decimal (JSON string of at most 12 + 9 digits); both exact."""

Quotient = Annotated[str, Field(pattern=r"^-?[0-9]{1,12}(\.[0-9]{1,9}|/[1-9][0-9]{0,23})?$", max_length=40)]
"""An exact number a goal compares with: "0.8", "4/5" or "12". A proportion lies between 0 and 1."""

ExactQuotient = Annotated[str, Field(pattern=r"^-?[0-9]+(/[1-9][0-9]*)?$")]
"""A quotient as it was computed, in lowest terms, of any length: "4/5" or "12"."""

Versioned = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}@[1-9][0-9]{0,5}$")]
"""A thing and its version, such as "impact-cycle@1"."""


class _Measured(BaseModel):
    """What every measurement says, and the rule of its kind."""

    model_config = ConfigDict(frozen=True, allow_inf_nan=False)

    metric_code: Code
    kind: MeasurementKind
    numerator: Amount
    denominator: Amount | None = None
    """The whole of a proportion, the other side of a ratio; absent where there is none."""
    unit: Code = Field(default_factory=lambda told: UNITS.get(told.get("kind"), ""))
    """That of the kind unless named; only a scale score may have another."""
    direction: Direction
    occurred_at: Time
    window_s: Annotated[int, Field(gt=0, le=10**8)] | None = None
    """How long it was watched, in seconds; a rate cannot do without."""
    n_students: Count | None = None
    subgroup: Code | None = None
    instrument: Versioned | None = None
    """The instrument and its version, such as "time-on-task@2"."""
    source: Source

    @model_validator(mode="after")
    def _rule_of_kind(self) -> Self:
        kind, numerator, denominator = self.kind, self.numerator, self.denominator
        wanted = Decimal if kind in MEASURED else int
        if type(numerator) is not wanted or (denominator is not None and type(denominator) is not wanted):
            how = "as decimals in strings" if wanted is Decimal else "in integers"
            raise ValueError(f"{kind} is told {how}")
        if kind != "scale_score" and (numerator < 0 or self.unit != UNITS[kind]):
            raise ValueError(f"{kind} is not negative and is told in {UNITS[kind]}")
        if kind in PROPORTIONS:
            if denominator is None or not 0 <= numerator <= denominator or denominator == 0:
                raise ValueError(f"{kind} is a part of a whole: 0 ≤ numerator ≤ denominator, denominator > 0")
        elif kind == "interaction_ratio":
            if denominator is None or denominator < 0:
                raise ValueError("an interaction ratio has two sides, neither of them negative")
        elif denominator is not None:
            raise ValueError(f"{kind} has no denominator")
        if kind in RATES and self.window_s is None:
            raise ValueError(f"{kind} needs the window in which it was counted")
        return self

    @property
    def focus(self) -> Focus:
        return "student" if self.kind in STUDENT_KINDS else "practice"


class MeasurementTaken(_Measured):
    """A measurement as a person sends it. Unknown fields and lax coercions are refused."""

    model_config = ConfigDict(extra="forbid", strict=True)

    def recorded(self, measurement_id: UUID, recorded_by: UUID) -> "Measurement":
        """The measurement with its identity: what an event says of it."""
        return Measurement.model_validate(
            {**vars(self), "measurement_id": measurement_id, "recorded_by": recorded_by}
        )


class Measurement(_Measured):
    """One measurement, once and for all: corrections retract it and add another."""

    model_config = ConfigDict(extra="ignore")

    measurement_id: UUID
    recorded_by: UUID


class Metric(BaseModel):
    """What a goal is measured by. Measurements of one goal share all of it but the direction."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    metric_code: Code
    kind: MeasurementKind
    unit: Code
    direction: Direction
    """The goal's own: what its measurements say of direction does not decide."""


__all__ = [
    "MEASURED",
    "PROPORTIONS",
    "RATES",
    "STUDENT_KINDS",
    "UNITS",
    "Amount",
    "Direction",
    "ExactQuotient",
    "Focus",
    "Measurement",
    "MeasurementKind",
    "MeasurementTaken",
    "Metric",
    "Quotient",
    "Source",
    "Versioned",
]
