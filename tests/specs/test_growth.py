"""Classes grow as real ones do, by pupils' scores over a year: their goals say what the oracle says all along."""

import csv
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from random import Random

import pytest
from kit.growth import Measure, made, read, series
from kit.replaying import replayed, summed

CUT = Decimal(102)
TESTS = Path(__file__).parents[1]


@pytest.mark.parametrize("measure", ["students_proficient", "scale_score"])
@pytest.mark.parametrize("late", [0.0, 0.35])
def test_a_years_growth_is_told_as_the_oracle_tells_it(measure: Measure, late: float) -> None:
    random = Random(7)
    classes = series(made(11, classes=24, waves=18), measure, CUT)
    lives = [life for one in classes if (life := replayed(one, random, late=late)) is not None]
    assert len(lives) > 20
    told = summed(lives)
    assert told["GoalTrendChanged"] > 10
    assert told["GoalTargetMet"] > 5
    assert told["GoalAchieved"] > 3
    assert (told["AchievementWithdrawn"] > 0) == (late > 0)


def test_a_hundred_measurements_of_a_class_are_told_as_well() -> None:
    (one,) = series(made(3, classes=1, pupils=12, waves=100, every=2), "scale_score", CUT)
    life = replayed(one, Random(1), late=0.2)
    assert life is not None
    assert len(life.oracle.told) > 90


def test_scores_are_read_from_a_file_and_replayed(tmp_path: Path) -> None:
    scores = list(made(5, classes=4, waves=12))
    file = tmp_path / "scores.csv"
    with file.open("w", newline="") as lines:
        writer = csv.writer(lines)
        writer.writerow(("class", "pupil", "date", "score"))
        writer.writerows((each.group, each.pupil, each.on, each.score) for each in scores)
    assert list(read(file)) == scores
    command = [sys.executable, "-m", "kit.replaying", str(file), "--cut", "102", "--late", "0.2"]
    told = subprocess.run(command, cwd=TESTS, capture_output=True, text=True, check=True)
    assert told.stdout.startswith("4 of 4 classes had a goal; all agree with the oracle")
