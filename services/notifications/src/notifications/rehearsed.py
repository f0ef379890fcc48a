"""What is told of a rehearsal: each notification, or, of what is the pair's own, figures by month.

Whoever leads learns of the pair's own figures of whole months that are over (`rehearsed_figures.py`): there is no part
of a month and no band.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from backbone.lists import Told
from backbone.problems import Problem
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
    """Of how many notifications the row tells: of one where it names a person; null where there are few or none."""


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
        outcome=outcome_of(heard, would),
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


def outcome_of(heard: Telling | None, would: Telling | None) -> Outcome:
    return "same" if heard and would else "new" if would else "no_more"
