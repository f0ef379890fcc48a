"""Examples of events that no story tells: an example goes when the story tells its event."""

from datetime import UTC, datetime
from uuid import UUID

from chalkline_contracts import feeds
from chalkline_contracts.directory import DistrictClosed
from chalkline_contracts.event import Event
from chalkline_contracts.measurement import Measurement
from chalkline_contracts.values import WordsRef

ONE, TWO, PAIR, CYCLE, GOAL = (UUID(int=n) for n in (201, 202, 400, 401, 402))
AT = datetime(2026, 3, 2, 15, tzinfo=UTC)
SAID = WordsRef(ref=UUID(int=500), digest="ab" * 32)
IN_CYCLE = {"cycle_id": CYCLE, "partnership_id": PAIR}
MET = Measurement.model_validate(
    {
        "metric_code": "cold_call", "kind": "checklist_fidelity", "numerator": 5, "denominator": 6,
        "direction": "increase", "occurred_at": AT, "source": "observation", "measurement_id": UUID(int=501),
        "recorded_by": ONE,
    }
)  # fmt: skip

UNTOLD: tuple[Event, ...] = (
    DistrictClosed(),
    feeds.DistrictClosed(),
    feeds.EventRetracted(event_id=UUID(int=700)),
)  # fmt: skip
