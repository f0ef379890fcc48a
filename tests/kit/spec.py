"""Given what has happened, when somebody wishes, then this happens, or it is refused.

spec = Spec(GOAL, facts=Facts(by=teacher, ...))
spec.given(drafted(), baseline(40)).when(propose(80)).then(proposed(80))
spec.given().when(record(80)).refused(GoalNotFound)
"""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import reduce
from typing import Any

from backbone.deciding import Aggregate, Command, Refusal
from chalkline_contracts.event import Event

NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)


@dataclass(frozen=True)
class Spec:
    """One aggregate under test, the facts it is given and the moment it decides."""

    aggregate: Aggregate[Any]
    facts: Any
    now: datetime = NOW
    past: tuple[Event, ...] = ()

    def given(self, *events: Event) -> "Spec":
        return replace(self, past=self.past + events)

    def knowing(self, **facts: Any) -> "Spec":
        return replace(self, facts=replace(self.facts, **facts))

    def at(self, now: datetime) -> "Spec":
        return replace(self, now=now)

    @property
    def state(self) -> Any:
        return reduce(self.aggregate.evolve, self.past, self.aggregate.initial)

    def when(self, command: Command) -> "Outcome":
        return Outcome(self, command)


@dataclass(frozen=True)
class Outcome:
    spec: Spec
    command: Command
    happened: list[Event] = field(init=False, default_factory=list)

    def _decide(self) -> list[Event]:
        return self.spec.aggregate.decide(self.spec.state, self.command, self.spec.facts, now=self.spec.now)

    def then(self, *expected: Event) -> Spec:
        """Exactly these events, in this order; returns the spec that has lived through them."""
        happened = self._decide()
        assert happened == list(expected), f"\nhappened: {happened}\nexpected: {list(expected)}"
        return self.spec.given(*happened)

    def then_types(self, *expected: type[Event]) -> Spec:
        """Events of these types, for when their fields are another test's business."""
        happened = self._decide()
        assert [type(event) for event in happened] == list(expected), f"\nhappened: {happened}"
        return self.spec.given(*happened)

    def refused(self, refusal: type[Refusal]) -> None:
        try:
            happened = self._decide()
        except Refusal as reason:
            assert type(reason) is refusal, f"refused as {reason.code}, not as {refusal.__name__}"
            return
        raise AssertionError(f"not refused; happened: {happened}")
