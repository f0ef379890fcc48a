"""What deciders lean on: an event is evolved once, whoever looks ahead."""

from dataclasses import dataclass

from backbone.deciding import evolved_once
from kit.tally import TallyCounted


@dataclass(frozen=True, slots=True)
class Counted:
    total: int = 0


evolved: list[tuple[Counted, TallyCounted]] = []


@evolved_once
def evolve(tally: Counted, event: TallyCounted) -> Counted:
    evolved.append((tally, event))
    return Counted(tally.total + event.n)


def test_what_a_decision_evolved_is_not_evolved_again() -> None:
    evolved.clear()
    before, event = Counted(), TallyCounted(n=2)
    after = evolve(before, event)
    assert evolve(before, event) is after
    assert evolve(before, TallyCounted(n=2)) == after
    assert len(evolved) == 2


def test_an_equal_state_that_is_another_is_evolved_anew() -> None:
    evolved.clear()
    event = TallyCounted(n=2)
    assert evolve(Counted(1), event) == evolve(Counted(1), event) == Counted(3)
    assert len(evolved) == 2
