"""Events as projections get them, told by hand: `telling.tell(cycle_id, CycleStarted(…))` at `telling.now`."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from backbone.recorded import Meta, Recorded, partition_of
from chalkline_contracts.event import Event

TENANT = UUID(int=1)


@dataclass
class Telling:
    """`told` is everything in the order in which it was told."""

    now: datetime = datetime(2026, 3, 2, 15, tzinfo=UTC)
    tenant: UUID = TENANT
    told: list[Recorded[Any]] = field(default_factory=list)
    _positions: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    _versions: dict[tuple[str, UUID], int] = field(default_factory=lambda: defaultdict(int))

    def tell(self, own_id: UUID, event: Event) -> Recorded[Any]:
        """One more event of an aggregate, recorded now; it happened when it says, else now."""
        kind = type(event).aggregate
        self._positions[event.service] += 1
        self._versions[kind, own_id] += 1
        version = self._versions[kind, own_id]
        command_id = str(uuid5(self.tenant, f"command {len(self.told)}"))
        recorded = Recorded(
            source=event.service, position=self._positions[event.service],
            partition=partition_of(self.tenant, own_id), event_id=uuid5(own_id, f"{kind}:{version}"),
            tenant=self.tenant, aggregate_id=own_id, version=version, event=event,
            occurred_at=event.happened_at or self.now, recorded_at=self.now,
            cause=Meta(actor="operator:it", command_id=command_id, request="", correlation_id=command_id),
        )  # fmt: skip
        self.told.append(recorded)
        return recorded

    def later(self, **by: float) -> None:
        """`later(days=3)`."""
        self.now += timedelta(**by)
