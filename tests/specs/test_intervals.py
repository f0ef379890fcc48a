"""What inequalities tell: counts are whole and not negative, so a hidden one lies between bounds; never at one number.

Whoever knows of each goal which groups it is in, and reads all that is told of a month, tries every way in which goals
may have been achieved. Of a group that is told as none or all, each of it is known: docs/figures.md says that, and such
districts are left out here.
"""

import random
from collections import Counter
from itertools import product

import pytest
from backbone.suppressing import Least
from backbone.telling import Key
from goals.release import Telling
from goals.standing import changes
from kit.district_figures import MONTHS, Made, rows_of

Class = frozenset[Key]
"""Goals that are in the same groups, and that nobody can tell from each other."""


def district(seed: int) -> list[Made]:
    chance = random.Random(seed)
    return [
        Made(
            n=n, teacher=n, school=chance.choice([0, 0, 0, 1, 1, 2]), focus=chance.choice(["engagement", "writing"]),
            stages=((MONTHS[0], chance.choice([2, 4])),),
        )
        for n in range(chance.randrange(24, 34))
    ]  # fmt: skip


def read(cycles: list[Made]) -> tuple[Counter[Class], dict[Key, int], dict[Key, int]]:
    """How many goals are in the same groups; of each group that is told how many are achieved, of others how many
    there are.
    """
    telling = Telling(Least())
    telling.stands(changes(rows_of(cycles), MONTHS[1])[MONTHS[0]])
    telling.tell()
    rows = telling.goals.rows
    alike = Counter(frozenset(key for key in rows if name in rows[key]) for name in telling.goal_of)
    told = {key: figures["achieved_n"] for key, figures in telling.release.goals.told.items()}
    return alike, told, {key: len(rows[key]) for key in rows if key not in told}


def bounds(alike: Counter[Class], told: dict[Key, int], hidden: dict[Key, int]) -> dict[Key, set[int]]:
    """Of each hidden group the counts that everything that is told leaves possible."""
    classes = list(alike)
    possible: dict[Key, set[int]] = {key: set() for key in hidden}
    for achieved in product(*(range(alike[each] + 1) for each in classes)):
        counts = {
            key: sum(n for n, each in zip(achieved, classes, strict=True) if key in each)
            for key in told.keys() | hidden.keys()
        }
        if all(counts[key] == n for key, n in told.items()):
            for key in hidden:
                possible[key].add(counts[key])
    return possible


def none_or_all(alike: Counter[Class], told: dict[Key, int]) -> bool:
    return any(n in (0, sum(m for each, m in alike.items() if key in each)) for key, n in told.items())


@pytest.mark.parametrize("seed", range(12))
def test_no_hidden_count_is_the_only_one_that_fits_what_is_told(seed: int) -> None:
    alike, told, hidden = read(district(seed))
    assert told
    if hidden and not none_or_all(alike, told):
        assert all(len(counts) > 1 for counts in bounds(alike, told, hidden).values())


def test_the_attack_finds_what_is_told_as_all_of_a_group() -> None:
    """Every goal of the district is achieved: whatever is hidden in it is too."""
    cycles = [Made(n=n, teacher=n, school=n // 10, stages=((MONTHS[0], 4),)) for n in range(14)]
    alike, told, hidden = read(cycles)
    assert told
    assert hidden
    assert none_or_all(alike, told)
    assert any(len(counts) == 1 for counts in bounds(alike, told, hidden).values())
