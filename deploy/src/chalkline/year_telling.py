"""A cycle being told: its dice, what it works on, and the names of what it begins."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, TypeVar

from chalkline.year_models import Metric, Model
from chalkline.year_steps import At, Partner, Ref, Step

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Telling:
    """Whatever is decided of a cycle comes from these numbers, so the same ones tell the same story."""

    random: Random
    number: int
    first: int
    """The school week it starts in."""
    model: Model
    metric: Metric
    grouped: bool = False
    """Whether a colleague joins."""

    @property
    def cycle(self) -> str:
        return f"cycle {self.number}"

    @property
    def goal(self) -> str:
        return f"goal {self.number}"

    @property
    def within(self) -> dict[str, Any]:
        """Where what happens in the cycle belongs."""
        return {"partnership_id": Ref("partnership"), "cycle_id": Ref(self.cycle)}

    def chance(self, likely: float) -> bool:
        return self.random.random() < likely

    def one_of(self, many: Sequence[T]) -> T:
        return self.random.choice(many)

    def either(self) -> Partner:
        return self.one_of(("coach", "teacher"))

    def during(self, week: int) -> At:
        """Some minute of lessons before the Friday."""
        return At(week, self.random.randint(0, 3), self.random.randint(8 * 60, 14 * 60))

    def of_cycle(
        self, week: int, command: str, body: Mapping[str, Any], *gives: str, by: Partner = "coach"
    ) -> Step:
        return Step(week, by, "Cycle", command, self.cycle, body=body, gives=gives)

    def of_goal(self, week: int, by: Partner, command: str, body: Mapping[str, Any], *gives: str) -> Step:
        return Step(week, by, "Goal", command, self.goal, body=body, gives=gives)
