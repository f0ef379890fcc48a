"""Longitudinal scores replayed as the measurements of goals, each compared with the oracle after every command.

    PYTHONPATH=tests python -m kit.replaying scores.csv --cut 104.5 [--measure scale_score] [--late 0.2]

`scores.csv` has the columns `class`, `pupil`, `date` and `score`; a class is a goal. Its first three dates are the
baseline; the target lies a fifth of what is left to gain, or of the scale's spread, above it. Any disagreement ends it.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from random import Random

from chalkline_contracts.measurement import MeasurementTaken

from kit.goal_lives import Life, value_taken
from kit.growth import Measure, Series, read, series

BASELINE = 3


def replayed(one: Series, random: Random, *, late: float = 0.0) -> Life | None:
    """A class's series lived through by a goal; some are told weeks late, some taken back, terms may be changed.

    None where no goal can be set: too few measurements, or nothing above the baseline.
    """
    told = one.measurements
    if len(told) <= BASELINE:
        return None
    base = sorted(value_taken(each) for each in told[:BASELINE])[1]
    gain = (1 - base) / 3 if one.measure == "students_proficient" else Fraction(3)
    began, ends = told[BASELINE - 1].occurred_at, told[-1].occurred_at
    life = Life(
        kind=one.measure,
        direction="increase",
        zone="America/Chicago",
        now=began + timedelta(hours=1),
        target=Fraction(round((base + gain) * 1000), 1000),
        required=random.choice((1, 2, 3)),
        due=(began + (ends - began) * random.choice((2, 3, 4)) / 4).date() + timedelta(days=1),
    )
    life.begin_with(told[:BASELINE])
    if not life.set(Fraction(0)):
        return None
    for measured in _as_told(told[BASELINE:], random, late):
        life.now = max(life.now, measured.occurred_at + timedelta(hours=2))
        life.tell(measured)
        if random.random() < late / 4:
            life.retract(random.randrange(1000))
        if random.random() < late / 8:
            life.recharted_to(life.target + gain / random.choice((2, -4)))
        if random.random() < 0.3:
            life.confirm()
    return life


def _as_told(taken: Sequence[MeasurementTaken], random: Random, late: float) -> list[MeasurementTaken]:
    """As they happened, but for those that are told some measurements later."""
    places = [(n + (random.randrange(1, 8) if random.random() < late else 0), n) for n in range(len(taken))]
    return [taken[n] for _, n in sorted(places)]


def summed(lives: Sequence[Life]) -> Counter[str]:
    """What was told in them, and how they ended."""
    told = Counter(type(event).__name__ for life in lives for event in life.events)
    return told + Counter(f"ended {life.oracle.status}" for life in lives)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("scores", type=Path)
    parser.add_argument("--cut", type=Decimal, required=True, help="from this score on a pupil is proficient")
    parser.add_argument(
        "--measure", choices=["students_proficient", "scale_score"], default="students_proficient"
    )
    parser.add_argument("--late", type=float, default=0.0, help="how many are told late, from 0 to 1")
    parser.add_argument("--seed", type=int, default=1)
    told = parser.parse_args()
    measure: Measure = told.measure
    random = Random(told.seed)
    classes = series(read(told.scores), measure, told.cut)
    lives = [life for one in classes if (life := replayed(one, random, late=told.late)) is not None]
    sys.stdout.write(f"{len(lives)} of {len(classes)} classes had a goal; all agree with the oracle\n")
    sys.stdout.writelines(f"{n:8,}  {name}\n" for name, n in sorted(summed(lives).items()))


if __name__ == "__main__":
    main()
