"""Pupils' scores over time, a class at a time, as measurements of a goal: made from a seed, or read from a file.

Made ones look like the longitudinal studies that schools know: each pupil begins somewhere and grows at a pace of
their own, every test errs, some pupils are away on the day, and whole classes stand still or fall back for a while.
"""

import csv
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Literal

from chalkline_contracts.measurement import MeasurementTaken

Measure = Literal["students_proficient", "scale_score"]


@dataclass(frozen=True, slots=True)
class Score:
    group: str
    pupil: str
    on: date
    score: Decimal


@dataclass(frozen=True, slots=True)
class Series:
    """A class's measurements in the order they were taken."""

    group: str
    measure: Measure
    measurements: tuple[MeasurementTaken, ...]


def made(seed: int, *, classes: int, pupils: int = 24, waves: int = 20, every: int = 7) -> Iterator[Score]:
    """Scores of so many classes, on a scale around 100."""
    random = Random(seed)
    for group in range(classes):
        level, pace = random.gauss(95, 8), random.gauss(0.5, 0.6)
        begins = date(2025, 9, 1) + timedelta(days=random.randrange(20))
        gains = [pace if random.random() < 0.8 else random.choice((0.0, -pace, -1.5)) for _ in range(waves)]
        own = [(random.gauss(level, 12), random.gauss(1, 0.4)) for _ in range(pupils)]
        for wave in range(waves):
            on = begins + timedelta(days=every * wave + random.choice((0, 0, 0, 1, 3)))
            for pupil, (start, speed) in enumerate(own):
                if random.random() < 0.92:  # the others are away
                    score = start + speed * sum(gains[:wave]) + random.gauss(0, 4)
                    yield Score(f"class {group}", f"{group}.{pupil}", on, Decimal(f"{score:.2f}"))


def read(path: Path) -> Iterator[Score]:
    """From a CSV file with the columns `class`, `pupil`, `date` (YYYY-MM-DD) and `score` (a decimal)."""
    with path.open(newline="", encoding="utf-8-sig") as lines:
        for line in csv.DictReader(lines):
            yield Score(
                line["class"], line["pupil"], date.fromisoformat(line["date"]), Decimal(line["score"].strip())
            )


def series(scores: Iterable[Score], measure: Measure, cut: Decimal) -> list[Series]:
    """Of each class, by date: how many of those who were there reach the cut, or what the median pupil scored."""
    by_class: dict[str, dict[date, list[Decimal]]] = defaultdict(lambda: defaultdict(list))
    for each in scores:
        by_class[each.group][each.on].append(each.score)
    return [
        Series(group, measure, tuple(_taken(measure, on, sorted(days[on]), cut) for on in sorted(days)))
        for group, days in by_class.items()
    ]


def _taken(measure: Measure, on: date, scores: Sequence[Decimal], cut: Decimal) -> MeasurementTaken:
    proficient = measure == "students_proficient"
    return MeasurementTaken.model_validate(
        {
            "metric_code": "reading", "kind": measure, "direction": "increase", "source": "assessment",
            "numerator": sum(score >= cut for score in scores) if proficient else scores[len(scores) // 2],
            "denominator": len(scores) if proficient else None, "n_students": len(scores),
            "occurred_at": datetime(on.year, on.month, on.day, 17, tzinfo=UTC), "instrument": "growth@1",
        }
    )  # fmt: skip
