"""A year of coaching in a whole district: who works with whom, and every step they take.

Pure: the same roster and seed give the same plan, and with it the same counts of what goals and
observations will tell.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from random import Random
from typing import Final

from chalkline.example_roster import Member, Roster
from chalkline.year_cycle import cycle
from chalkline.year_practice import own_time
from chalkline.year_steps import SCHOOL_WEEKS, Partner, Step, Who

LAST_START: Final = SCHOOL_WEEKS - 12
"""A cycle that starts later would not end before the summer."""
ANOTHER: Final = 0.4
"""How likely a pair goes on to another cycle."""
DECLINES: Final = 0.03


@dataclass(frozen=True, slots=True)
class Pair:
    """A coach and a teacher of the same school, whoever else comes to it, and what they do, week by week."""

    people: Mapping[Partner, Member]
    steps: tuple[Step, ...]


def plan(roster: Roster, seed: int) -> list[Pair]:
    """Every teacher of the district with a coach of their school, and their year."""
    coaches = defaultdict[str, list[Member]](list)
    for coach in roster.having("teacher", "coach"):
        coaches[coach.org].append(coach)
    pairs, turn = list[Pair](), Counter[str]()
    for teacher in roster.having("teacher"):
        among = coaches[teacher.org]
        coach = among[turn[teacher.org] % len(among)]
        random = Random(f"year {seed} {teacher.sourced_id}")  # noqa: S311 - a story, not a secret
        steps = list(_year(random))
        if turn[teacher.org] < len(among):  # the coach's first
            steps += own_time(random)
        turn[teacher.org] += 1
        people: dict[Partner, Member] = {"coach": coach, "teacher": teacher}
        pairs.append(Pair(people, tuple(sorted(steps, key=lambda step: step.week))))
    return pairs


def expected(pairs: list[Pair]) -> Counter[str]:
    """How many events of each kind the steps give."""
    return Counter(event for pair in pairs for step in pair.steps for event in step.gives)


def _year(random: Random) -> Iterator[Step]:
    week = random.choices((0, 1, 2, 4, 6), (30, 30, 20, 12, 8))[0]
    body = {"coach_id": Who("coach"), "teacher_ids": [Who("teacher")]}
    yield Step(week, "coach", "Partnership", "ProposePartnership", "partnership", begins=True, body=body,
               gives=("PartnershipProposed",))  # fmt: skip
    if random.random() < DECLINES:
        yield Step(week, "teacher", "Partnership", "DeclinePartnership", "partnership",
                   gives=("PartnershipDeclined",))  # fmt: skip
        return
    yield Step(week, "coach", "Partnership", "GiveConsent", "partnership", gives=("PartnershipConsentGiven",))
    yield Step(week, "teacher", "Partnership", "GiveConsent", "partnership",
               gives=("PartnershipConsentGiven", "PartnershipAgreed"))  # fmt: skip
    week, number = week + 1, 1
    while week <= LAST_START:
        steps = list(cycle(random, number, week))
        yield from steps
        if random.random() > ANOTHER:
            return
        week, number = max(step.week for step in steps) + random.randint(2, 6), number + 1
