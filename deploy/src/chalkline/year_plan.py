"""A year of coaching in a whole district: who works with whom, and every step they take.

Pure: the same roster and seed give the same plan, and with it the same counts of what goals and
observations will tell.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from random import Random
from typing import Any, Final

from chalkline.example_roster import Member, Roster
from chalkline.year_cycle import cycle
from chalkline.year_practice import own_time
from chalkline.year_steps import SCHOOL_WEEKS, Partner, Step, Who

LAST_START: Final = SCHOOL_WEEKS - 12
"""A cycle that starts later would not end before the summer."""
ANOTHER: Final = 0.2
"""How likely a pair goes on to another cycle."""
DECLINES: Final = 0.03
GROUPED: Final = 0.06
"""How likely a colleague is in it too."""
HANDED_OVER: Final = 0.03
ENDS: Final = 0.05
"""How likely a partnership ends with the year."""


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
    teachers = roster.having("teacher")
    colleagues = dict(pairwise(teachers))
    for teacher in teachers:
        among, number = coaches[teacher.org], turn[teacher.org]
        turn[teacher.org] += 1
        people: dict[Partner, Member] = {"coach": among[number % len(among)], "teacher": teacher}
        if len(among) > 1:
            people["successor"] = among[(number + 1) % len(among)]
        if (colleague := colleagues.get(teacher)) and colleague.org == teacher.org:
            people["colleague"] = colleague
        random = Random(f"year {seed} {teacher.sourced_id}")  # noqa: S311 - a story, not a secret
        steps = _year(random, people)
        if number < len(among):  # the coach's first
            steps += own_time(random)
        pairs.append(Pair(people, tuple(sorted(steps, key=lambda step: step.week))))
    return pairs


def expected(pairs: list[Pair]) -> Counter[str]:
    """How many events of each kind the steps give."""
    return Counter(event for pair in pairs for step in pair.steps for event in step.gives)


def _year(random: Random, people: Collection[Partner]) -> list[Step]:
    week = random.choices((0, 1, 2, 4, 6), (30, 30, 20, 12, 8))[0]
    grouped = "colleague" in people and random.random() < GROUPED
    teachers: tuple[Partner, ...] = ("teacher", "colleague") if grouped else ("teacher",)
    body = {"coach_id": Who("coach"), "teacher_ids": [Who(one) for one in teachers]}
    steps = [_with(week, "coach", "ProposePartnership", "PartnershipProposed", begins=True, body=body)]
    if random.random() < DECLINES:
        return [*steps, _with(week, "teacher", "DeclinePartnership", "PartnershipDeclined")]
    steps.append(_with(week, "coach", "GiveConsent", "PartnershipConsentGiven"))
    steps += _consents(week, teachers)
    week, number = week + 1, 1
    while week <= LAST_START:
        told = list(cycle(random, number, week, grouped=grouped))
        steps += told
        if random.random() > ANOTHER:
            break
        ended = max(step.week for step in told if step.command != "RecordFollowUp")
        week, number = ended + random.randint(2, 6), number + 1
    if "successor" in people and random.random() < HANDED_OVER:
        steps = _handed_over(random, steps, teachers)
    if random.random() < ENDS:
        steps.append(_with(SCHOOL_WEEKS - 1, "teacher", "EndPartnership", "PartnershipEnded"))
    return steps


def _handed_over(random: Random, steps: list[Step], teachers: tuple[Partner, ...]) -> list[Step]:
    """From some week's end on another coach does what the first would have done; but what one has recorded, no other
    corrects.
    """
    corrected = {step.week for step in steps if step.command in ("CorrectObservation", "VoidObservation")}
    first, last = min(step.week for step in steps), max(step.week for step in steps)
    weeks = [week for week in range(first + 2, last) if week + 1 not in corrected]
    if not weeks:
        return steps
    week = random.choice(weeks)
    after = [
        replace(step, by="successor") if step.by == "coach" and step.week > week else step for step in steps
    ]
    body = {"to_coach_id": Who("successor")}
    return [
        *after,
        _with(week, "coach", "HandOverCoach", "CoachHandedOver", body=body),
        *_consents(week, teachers),
    ]


def _consents(week: int, teachers: tuple[Partner, ...]) -> list[Step]:
    """Every teacher's consent; with the last it is agreed."""
    given = [_with(week, one, "GiveConsent", "PartnershipConsentGiven") for one in teachers]
    return [*given[:-1], replace(given[-1], gives=("PartnershipConsentGiven", "PartnershipAgreed"))]


def _with(
    week: int,
    by: Partner,
    command: str,
    gives: str,
    *,
    begins: bool = False,
    body: Mapping[str, Any] | None = None,
) -> Step:
    """A step of the partnership."""
    return Step(
        week, by, "Partnership", command, "partnership", begins=begins, body=body or {}, gives=(gives,)
    )
