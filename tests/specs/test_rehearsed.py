"""What whoever leads may learn of the pair's own by rehearsing, once or a hundred times."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from backbone.problems import Problem
from hypothesis import given
from hypothesis import strategies as st
from notifications.rehearsal import Notice, Rehearsed, Telling, Trial
from notifications.rehearsed import RehearsedNotice, figures, in_whole_months, is_the_pairs
from notifications.rules import BY_MILESTONE

CHICAGO = ZoneInfo("America/Chicago")
TENANT = UUID(int=1)
MARCH = datetime(2026, 3, 10, 15, tzinfo=UTC)


def told(person: int, at: datetime, *, goal: int = 0) -> tuple[Notice, Telling]:
    notice = Notice(UUID(int=1000 + goal), f"goal:{goal}/best:{at:%d}", UUID(int=person))
    return notice, Telling("teacher", at, None, of_partnership=False)


def shown(heard: list[tuple[Notice, Telling]], would: list[tuple[Notice, Telling]]) -> dict[str, int | None]:
    rows = figures(Rehearsed(dict(would), dict(heard)), "GoalSilent", CHICAGO)
    return {f"{row.month} {row.outcome}": row.n for row in rows}


def trial(**more: object) -> Trial:
    given: dict[str, object] = {"tenant": TENANT, "milestone": "GoalStalled", "recipients": ("teacher",)}
    return Trial(**(given | {"until": MARCH} | more))  # type: ignore[arg-type]


def test_of_few_people_nothing_is_counted_and_of_many_each_month() -> None:
    few = [told(n, MARCH) for n in range(4)]
    many = [told(n, MARCH - timedelta(days=31)) for n in range(6)]
    assert shown([*few, *many], [*few, *many]) == {"2026-02 same": 6, "2026-03 same": None}


def test_one_person_told_often_is_few_people() -> None:
    often = [told(1, MARCH, goal=n) for n in range(9)]
    assert shown(often, often) == {"2026-03 same": None}


def test_what_few_would_not_have_heard_is_hidden_with_what_the_rest_would() -> None:
    """A rule that is off tells how many were told in all: less those who would have been, it would tell of the two."""
    heard = [told(n, MARCH) for n in range(12)]
    assert shown(heard, []) == {"2026-03 no_more": 12}
    assert shown(heard, heard[:10]) == {"2026-03 same": None, "2026-03 no_more": None}
    assert shown(heard, heard[:7]) == {"2026-03 same": 7, "2026-03 no_more": 5}


def test_months_are_whole_and_over_so_no_day_can_be_found() -> None:
    """However the moments are moved within a month, the answer is of the same months."""
    asked = {
        in_whole_months(
            trial(since=MARCH - timedelta(days=60 - day), until=MARCH + timedelta(hours=9 * day)), CHICAGO
        )
        for day in range(9)
    }
    assert {(one.since, one.until) for one in asked} == {
        (datetime(2026, 1, 1, 6, tzinfo=UTC), datetime(2026, 3, 1, 5, 59, 59, 999999, tzinfo=UTC))
    }
    assert in_whole_months(trial(), CHICAGO).since is None


def test_a_band_is_not_for_those_who_lead() -> None:
    with pytest.raises(Problem) as refused:
        in_whole_months(trial(experience_band="novice"), CHICAGO)
    assert refused.value.status == 403


def test_what_tells_how_a_goal_fares_is_the_pairs() -> None:
    assert {name for name in BY_MILESTONE if is_the_pairs(name)} == {
        "BaselineMissing", "BaselineRecorded", "GoalAgreementPending", "GoalSet", "FeedbackDue", "CheckBackDue",
        "GoalOnTrack", "GoalAtRisk", "GoalStalled", "GoalSilent", "GoalTargetMet", "GoalAchieved", "Lapsed",
    }  # fmt: skip


moments = st.sampled_from([MARCH - timedelta(days=31), MARCH, MARCH + timedelta(days=3)])
notices = st.dictionaries(st.tuples(st.integers(0, 9), st.integers(0, 3)), moments, max_size=30)


@given(notices, notices)
def test_whoever_rehearses_every_rule_works_out_nothing_about_few(
    heard: dict[tuple[int, int], datetime], would: dict[tuple[int, int], datetime]
) -> None:
    """From this answer, and that of a rule that is off: no figure of fewer than five people, shown or left over."""
    was = dict(told(person, at, goal=goal) for (person, goal), at in heard.items())
    is_to_be = dict(told(person, at, goal=goal) for (person, goal), at in would.items())
    rehearsed, off = Rehearsed(is_to_be, was), Rehearsed({}, was)
    people: dict[tuple[str, str], set[UUID]] = {}
    counted: Counter[tuple[str, str]] = Counter()
    for notice in is_to_be.keys() | was.keys():
        first = was.get(notice) or is_to_be[notice]
        kind = "same" if notice in was and notice in is_to_be else "new" if notice in is_to_be else "no_more"
        key = (f"{first.at.astimezone(CHICAGO):%Y-%m}", kind)
        people.setdefault(key, set()).add(notice.person_id)
        counted[key] += 1
    rows: list[RehearsedNotice] = list(figures(rehearsed, "GoalSilent", CHICAGO))
    found = {(str(row.month), row.outcome): row.n for row in rows}
    assert found.keys() == counted.keys()
    totals = {str(row.month): row.n for row in figures(off, "GoalSilent", CHICAGO)}
    for (month, outcome), n in found.items():
        if n is not None:
            assert (n, len(people[month, outcome]) >= 5) == (counted[month, outcome], True)
        elif outcome != "new" and totals[month] is not None:
            rest = found.get((month, "same" if outcome == "no_more" else "no_more"))
            assert rest is None or len(people[month, outcome]) >= 5
