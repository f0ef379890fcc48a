"""What is told of a rehearsal: each notification, or, of what is the pair's own, figures by month.

Whoever leads learns of the pair's own what they may read anyway, however often they rehearse: figures of whole months
that are over, none of them about few people, and none that another rehearsal would let anyone work out. So there is no
total, no part of a month and no band; and as a rule that is off tells of how many were told in a month, what is left
of these counts as told.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from backbone.lists import Told
from backbone.problems import Problem
from backbone.suppressing import TOTAL, Cell, Group, Least, suppressed
from chalkline_contracts.notifications import RecipientRole

from notifications.due import beginning
from notifications.rehearsal import Notice, Rehearsed, Telling, Trial

ACTIVITY: Final = frozenset(
    {
        "CycleOpened", "VisitDue", "VisitOverdue", "MidpointReview", "CycleEndingSoon", "Overrun", "CycleClosed",
        "FollowUpDue", "CaseloadOverload", "CoachingSuspended",
    }
)  # fmt: skip
"""Milestones that tell of coaching, and nothing of how it goes."""

JUST_BEFORE: Final = timedelta(microseconds=1)
Outcome = Literal["same", "new", "no_more"]
OUTCOMES: Final[tuple[Outcome, ...]] = ("same", "new", "no_more")


class RehearsedNotice(Told):
    """One person who was told, or would have been; or, where that is the pair's own, how many of a role in a month."""

    milestone: str
    outcome: Outcome
    """`same`: told, and would have been; `new`: would have been told; `no_more`: was told, and would not have been."""
    role: RecipientRole
    person_id: UUID | None
    cycle_id: UUID | None
    """Null where it is about a partnership beyond its cycles."""
    partnership_id: UUID | None
    goal_id: UUID | None
    """To operators alone."""
    heard_at: datetime | None
    would_have_heard_at: datetime | None
    month: str | None
    """Such as "2026-03", of figures."""
    n: int | None
    """Of how many notifications the row tells: of one where it names a person; null where that would tell of few."""


def is_the_pairs(milestone: str) -> bool:
    return milestone not in ACTIVITY


def in_whole_months(trial: Trial, zone: ZoneInfo) -> Trial:
    """The same for months that are over. Raises a Problem for a band: others' figures would tell those of the rest."""
    if trial.experience_band is not None:
        raise Problem("forbidden", "what is the pair's own is rehearsed for a band by operators alone")
    since = None if trial.since is None else _month_begins(trial.since, zone)
    return replace(trial, since=since, until=_month_begins(trial.until, zone) - JUST_BEFORE)


def _month_begins(moment: datetime, zone: ZoneInfo) -> datetime:
    return beginning(moment.astimezone(zone).date().replace(day=1), zone)


def told(rehearsed: Rehearsed, milestone: str) -> Iterator[RehearsedNotice]:
    """A row for each notification, in the order of time."""
    notices = rehearsed.would.keys() | rehearsed.heard.keys()

    def first(notice: Notice) -> tuple[datetime, Notice]:
        found = (rehearsed.heard.get(notice), rehearsed.would.get(notice))
        return min(telling.at for telling in found if telling), notice

    for notice in sorted(notices, key=first):
        yield _row(milestone, notice, rehearsed.heard.get(notice), rehearsed.would.get(notice))


def _row(milestone: str, notice: Notice, heard: Telling | None, would: Telling | None) -> RehearsedNotice:
    telling = would or heard
    assert telling is not None
    return RehearsedNotice(
        milestone=milestone,
        outcome=_outcome(heard, would),
        role=telling.role,
        person_id=notice.person_id,
        cycle_id=None if telling.of_partnership else notice.watch_id,
        partnership_id=notice.watch_id if telling.of_partnership else None,
        goal_id=telling.goal_id,
        heard_at=heard and heard.at.astimezone(UTC),
        would_have_heard_at=would and would.at.astimezone(UTC),
        month=None,
        n=1,
    )


def _outcome(heard: Telling | None, would: Telling | None) -> Outcome:
    return "same" if heard and would else "new" if would else "no_more"


People = dict[Outcome, list[UUID]]
"""Whom the notifications of each outcome are to."""


def figures(rehearsed: Rehearsed, milestone: str, zone: ZoneInfo) -> Iterator[RehearsedNotice]:
    """How many notifications of each outcome a month had for each role, and nobody's name."""
    found: dict[tuple[str, RecipientRole], People] = defaultdict(lambda: defaultdict(list))
    for notice in rehearsed.would.keys() | rehearsed.heard.keys():
        heard, would = rehearsed.heard.get(notice), rehearsed.would.get(notice)
        telling = heard or would
        assert telling is not None
        month = f"{telling.at.astimezone(zone):%Y-%m}"
        found[month, telling.role][_outcome(heard, would)].append(notice.person_id)
    for (month, role), people in sorted(found.items()):
        hidden = _hidden(people)
        for outcome in OUTCOMES:
            if people[outcome]:
                n = None if outcome in hidden else len(people[outcome])
                yield RehearsedNotice(
                    milestone=milestone, outcome=outcome, role=role, person_id=None, cycle_id=None, partnership_id=None,
                    goal_id=None, heard_at=None, would_have_heard_at=None, month=month, n=n,
                )  # fmt: skip


def _hidden(people: Mapping[Outcome, list[UUID]]) -> set[str | None]:
    """Of a month's outcomes those about few, and those by which others could be worked out from what was heard."""
    heard: dict[Cell, Group] = {(one, TOTAL): _group(people[one]) for one in ("same", "no_more")}
    heard[TOTAL, TOTAL] = _group([*people["same"], *people["no_more"]])
    new: dict[Cell, Group] = {("new", TOTAL): _group(people["new"])}
    return {outcome for table in (heard, new) for outcome, _ in suppressed(table, Least())}


def _group(people: list[UUID]) -> Group:
    return Group(len(people), len(set(people)))
