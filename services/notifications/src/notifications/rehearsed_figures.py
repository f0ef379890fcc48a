"""What whoever leads is told of the pair's own by rehearsing: how many of a role a month had of each outcome.

Whoever asks chooses the rule, so the danger is in two answers: by nine days and by ten, of March alone and with April.
What any rehearsal of a milestone has told is therefore kept, and more is told only where no sum or difference of all of
it is about fewer than five people (`backbone/differencing.py`). What differs by fewer from something that was told
is told as that. What is about few, or can't be told beside the rest, is hidden, and so is nothing: an answer has the
same rows by every rule.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, Final, TypeAlias
from uuid import UUID
from zoneinfo import ZoneInfo

from backbone.apart import apart
from backbone.database import LIVE, connected
from backbone.differencing import Known
from backbone.problems import Problem
from backbone.queries import Queries
from backbone.releasing import months, packed, unpacked
from backbone.service import Running
from backbone.suppressing import STAFF
from chalkline_contracts.notifications import RecipientRole

from notifications.rehearsal import Notice, Rehearsed, Trial
from notifications.rehearsed import JUST_BEFORE, OUTCOMES, Outcome, RehearsedNotice, outcome_of
from notifications.rules import BY_MILESTONE

sql = Queries("notifications", "sql/queries")

MOST: Final = 1000
"""So many figures are told of a milestone; from then on they stand. Each makes the next a little slower."""

Thing: TypeAlias = str
"""A notification: to whom, of what, and which."""
Place: TypeAlias = tuple[str, RecipientRole]
"""A month and a role."""
Things: TypeAlias = frozenset[Thing]


@dataclass(slots=True)
class Answers:
    """What was told of a milestone, by whatever rules."""

    known: Known[tuple[Place, int], Thing] = field(default_factory=Known)
    sums: dict[Place, list[Things]] = field(default_factory=lambda: defaultdict(list))
    """Of each month and role which notifications were told as one figure, or can be worked out as one."""

    def tell(self, wanted: Mapping[Place, Sequence[Things]]) -> None:
        """Tells of these sums those that may be told too, and that nothing stands for yet."""
        if sum(map(len, self.sums.values())) >= MOST:
            return
        new = {
            (place, n): things
            for place, sums in wanted.items()
            for n, things in enumerate(sums)
            if _people(things) >= STAFF and self.standing(place, things) is None
        }
        about = {one: UUID(_whose(one)) for things in new.values() for one in things}
        for place, n in sorted(self.known.tell(new, about)):
            self.sums[place].append(new[place, n])

    def work_out(self, place: Place, whole: Things, part: Things) -> None:
        """What is left of a whole is told when both are."""
        told = self.sums.get(place, [])
        if whole in told and part in told and (rest := whole - part) and rest not in told:
            told.append(rest)

    def standing(self, place: Place, things: Things) -> Things | None:
        """What is told for these: of what was told what differs in the fewest people, if they are fewer than five."""
        if _people(things) < STAFF:
            return None
        near = [(_people(things ^ one), one) for one in self.sums.get(place, ())]
        differing, found = min(near, key=lambda each: each[0], default=(STAFF, None))
        return found if differing < STAFF else None

    def kept(self) -> Any:
        return {
            "known": self.known.kept(),
            "sums": [[*place, [sorted(one) for one in sums]] for place, sums in self.sums.items()],
        }

    @classmethod
    def again(cls, kept: Any) -> "Answers":
        answers = cls(Known.again(kept["known"]))
        for month, role, sums in kept["sums"]:
            answers.sums[month, role] = [frozenset(one) for one in sums]
        return answers


def figures(rehearsed: Rehearsed, trial: Trial, zone: ZoneInfo, answers: Answers) -> list[RehearsedNotice]:
    """A row for each month, role and outcome, beside `answers`, which know of it from then on."""
    places = [
        (month, role)
        for month in _whole_months(rehearsed, trial, zone)
        for role in BY_MILESTONE[trial.milestone].recipients
    ]
    found = _gathered(rehearsed, zone)
    of = {place: {outcome: frozenset(found[place][outcome]) for outcome in OUTCOMES} for place in places}
    heard = {place: one["same"] | one["no_more"] for place, one in of.items()}
    answers.tell({place: (heard[place], one["same"], one["new"]) for place, one in of.items()})
    for place, one in of.items():
        answers.work_out(place, heard[place], one["same"])
    return [
        _row(trial.milestone, place, outcome, answers.standing(place, of[place][outcome]))
        for place in places
        for outcome in OUTCOMES
    ]


def _whole_months(rehearsed: Rehearsed, trial: Trial, zone: ZoneInfo) -> Iterator[str]:
    """Each month the rule was tried in, whether anybody was told anything in it or not."""
    if rehearsed.began is None:
        return iter(())
    first = max(rehearsed.began, trial.since or rehearsed.began)
    return months(_month(first, zone), _month(trial.until + JUST_BEFORE, zone))


def _month(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%Y-%m}"


def _gathered(rehearsed: Rehearsed, zone: ZoneInfo) -> Mapping[Place, Mapping[Outcome, set[Thing]]]:
    """The notifications of each place and outcome."""
    found: dict[Place, dict[Outcome, set[Thing]]] = defaultdict(lambda: defaultdict(set))
    for notice in rehearsed.would.keys() | rehearsed.heard.keys():
        heard, would = rehearsed.heard.get(notice), rehearsed.would.get(notice)
        telling = heard or would
        assert telling is not None
        found[_month(telling.at, zone), telling.role][outcome_of(heard, would)].add(_named(notice))
    return found


def _named(notice: Notice) -> Thing:
    return f"{notice.person_id} {notice.watch_id} {notice.occurrence}"


def _whose(thing: Thing) -> str:
    return thing.partition(" ")[0]


def _people(things: Collection[Thing]) -> int:
    return len({_whose(one) for one in things})


def _row(milestone: str, place: Place, outcome: Outcome, things: Things | None) -> RehearsedNotice:
    month, role = place
    return RehearsedNotice(
        milestone=milestone, outcome=outcome, role=role, person_id=None, cycle_id=None, partnership_id=None,
        goal_id=None, heard_at=None, would_have_heard_at=None, month=month, n=things and len(things),
    )  # fmt: skip


async def told_beside(
    run: Running, rehearsed: Rehearsed, trial: Trial, zone: ZoneInfo
) -> list[RehearsedNotice]:
    """The figures, once they are noted as told. Raises a Problem where another rehearsal told something meanwhile."""
    rows = await apart(partial(_noted, run.settings.app_dsn(), rehearsed, trial, zone))
    if rows is None:
        raise Problem("past_being_read", headers={"Retry-After": "1"})
    return rows


async def _noted(
    dsn: str, rehearsed: Rehearsed, trial: Trial, zone: ZoneInfo
) -> list[RehearsedNotice] | None:
    async with connected(dsn, search_path=LIVE, name="rehearsed", size=1) as pool, pool.acquire() as db:
        before = await db.fetchval(sql.told_by_rehearsing, trial.tenant, trial.milestone)
        answers = Answers() if before is None else Answers.again(unpacked(before))
        rows = figures(rehearsed, trial, zone, answers)
        after = packed(answers.kept())
        noted = after == before or await db.fetchval(
            sql.note_rehearsed, trial.tenant, trial.milestone, before, after
        )
    return rows if noted else None
