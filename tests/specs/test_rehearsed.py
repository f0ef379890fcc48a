"""What whoever leads may learn of the pair's own by rehearsing, once or a hundred times."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from backbone.problems import Problem
from backbone.releasing import packed, unpacked
from hypothesis import given, settings
from hypothesis import strategies as st
from kit.attack import reveals
from notifications.rehearsal import Notice, Rehearsed, Telling, Trial
from notifications.rehearsed import JUST_BEFORE, OUTCOMES, in_whole_months, is_the_pairs, outcome_of
from notifications.rehearsed_figures import Answers, figures
from notifications.rules import BY_MILESTONE

CHICAGO = ZoneInfo("America/Chicago")
TENANT = UUID(int=1)
MARCH = datetime(2026, 3, 10, 15, tzinfo=UTC)
APRIL = datetime(2026, 4, 1, 5, tzinfo=UTC)


def told(person: int, at: datetime, *, goal: int = 0) -> tuple[Notice, Telling]:
    notice = Notice(UUID(int=1000 + goal), f"goal:{goal}/best:{at:%d}", UUID(int=person))
    return notice, Telling("teacher", at, None, of_partnership=False)


Notices = Sequence[tuple[Notice, Telling]]


def shown(heard: Notices, would: Notices, so_far: Answers | None = None) -> dict[str, int | None]:
    """What is told of teachers, beside what was; of February and March, unless more was played."""
    rehearsed = Rehearsed(dict(would), dict(heard), began=MARCH - timedelta(days=31))
    trial = Trial(tenant=TENANT, milestone="GoalSilent", recipients=("teacher",), until=APRIL - JUST_BEFORE)
    rows = figures(rehearsed, trial, CHICAGO, Answers() if so_far is None else so_far)
    assert {row.n for row in rows if row.role == "coach"} == {None}
    return {f"{row.month} {row.outcome}": row.n for row in rows if row.role == "teacher"}


def of_march(**told: int | None) -> dict[str, int | None]:
    """What is shown where February had nothing."""
    months = [f"{month} {outcome}" for month in ("2026-02", "2026-03") for outcome in OUTCOMES]
    return dict.fromkeys(months) | {f"2026-03 {outcome}": n for outcome, n in told.items()}


def trial(**more: object) -> Trial:
    given: dict[str, object] = {"tenant": TENANT, "milestone": "GoalStalled", "recipients": ("teacher",)}
    return Trial(**(given | {"until": MARCH} | more))  # type: ignore[arg-type]


def test_of_few_people_nothing_is_counted_and_of_many_each_month() -> None:
    few = [told(n, MARCH) for n in range(4)]
    many = [told(n, MARCH - timedelta(days=31)) for n in range(6)]
    assert shown([*few, *many], [*few, *many]) == of_march() | {"2026-02 same": 6}


def test_one_person_told_often_is_few_people() -> None:
    often = [told(1, MARCH, goal=n) for n in range(9)]
    assert shown(often, often) == of_march()


def test_nobody_and_few_are_told_alike() -> None:
    """By no number of days can be found after how many days the first would have heard."""
    assert shown([], []) == shown([], [told(n, MARCH) for n in range(4)]) == of_march()


def test_what_few_would_not_have_heard_is_hidden_with_what_the_rest_would() -> None:
    """A rule that is off tells how many were told in all: less those who would have been, it would tell of the two."""
    heard = [told(n, MARCH) for n in range(12)]
    assert shown(heard, []) == of_march(no_more=12)
    assert shown(heard, heard[:10]) == shown(heard, heard) == of_march(same=12)
    assert shown(heard, heard[:7]) == of_march(same=7, no_more=5)


def test_a_rule_that_few_tell_from_another_is_told_as_that_one() -> None:
    """Nine days, then ten: whoever would hear by one of them alone is few, so both are told alike."""
    by_nine = [told(n, MARCH) for n in range(12)]
    for fewer in range(12):
        so_far, expected = Answers(), 12 if fewer < 5 else 12 - fewer if fewer < 8 else None
        told_of = [shown([], rule, so_far)["2026-03 new"] for rule in (by_nine, by_nine[fewer:], by_nine)]
        assert told_of == [12, expected, 12]
    so_far = Answers()
    assert shown([], by_nine[4:], so_far)["2026-03 new"] == 8
    assert shown([], by_nine, so_far)["2026-03 new"] == 8


def test_a_rule_that_is_off_tells_what_the_others_add_up_to() -> None:
    heard, so_far = [told(n, MARCH) for n in range(12)], Answers()
    assert shown(heard, heard[:7], so_far) == of_march(same=7, no_more=5)
    assert shown(heard, [], so_far) == of_march(no_more=12)


def test_what_was_told_is_known_to_the_next_process() -> None:
    by_nine = [told(n, MARCH) for n in range(12)]
    so_far = Answers()
    shown(by_nine[:6], by_nine, so_far)
    again = Answers.again(unpacked(packed(so_far.kept())))
    assert shown(by_nine[:6], by_nine[2:], again) == shown(by_nine[:6], by_nine[2:], so_far)
    assert (again.sums, packed(again.kept())) == (so_far.sums, packed(so_far.kept()))


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
notices = st.dictionaries(st.tuples(st.integers(0, 9), st.integers(0, 1)), moments, max_size=20)


@st.composite
def rehearsals(draw: st.DrawFn) -> list[tuple[Notices, Notices]]:
    """What was heard, and what would have been by several rules, each of which differs a little from another."""
    heard = draw(notices)
    rules = [{}, draw(notices), heard]
    for _ in range(3):
        rule = dict(draw(st.sampled_from(rules)))
        for key in draw(st.lists(st.sampled_from(sorted(rule)), max_size=6, unique=True)) if rule else ():
            rule[key] = draw(moments)
            if draw(st.booleans()):
                del rule[key]
        rules.append(rule)

    def all_of(rule: Mapping[tuple[int, int], datetime]) -> Notices:
        """One of the same goal is the same, whenever it is told."""
        found = [told(person, MARCH, goal=goal)[0] for person, goal in rule]
        return [
            (one, Telling("teacher", at, None, False)) for one, at in zip(found, rule.values(), strict=True)
        ]

    return [(all_of(heard), all_of(rule)) for rule in draw(st.permutations(rules))]


def attacked(asked: list[tuple[Notices, Notices]], so_far: Answers) -> set[UUID] | None:
    """Of fewer than five people whom the answers tell of; each answer is one of the sums that are told."""
    for heard, would in asked:
        found = shown(heard, would, so_far)
        in_all: dict[str, set[Notice]] = defaultdict(set)
        for notice in dict(heard).keys() | dict(would).keys():
            was, is_to_be = dict(heard).get(notice), dict(would).get(notice)
            month = f"{((was or is_to_be) or told(0, MARCH)[1]).at.astimezone(CHICAGO):%Y-%m}"
            in_all[f"{month} {outcome_of(was, is_to_be)}"].add(notice)
        assert found.keys() >= in_all.keys()
        for key, n in found.items():
            place = (key.split()[0], "teacher")
            near = [
                one
                for one in so_far.sums[place]
                if len(one) == n and len(_people(one ^ _named(in_all[key]))) < 5
            ]
            assert bool(near) == (n is not None)
            assert n is None or len(_people(_named(in_all[key]))) >= 5
    sums = [dict.fromkeys(one, 1) for told_of in so_far.sums.values() for one in told_of]
    return reveals(sums, lambda thing: _people([thing]))


def _named(notices: Iterable[Notice]) -> frozenset[str]:
    return frozenset(f"{one.person_id} {one.watch_id} {one.occurrence}" for one in notices)


def _people(things: Iterable[str]) -> set[UUID]:
    return {UUID(one.partition(" ")[0]) for one in things}


@given(rehearsals())
@settings(max_examples=30, deadline=None)
def test_whoever_rehearses_every_rule_works_out_nothing_about_few(
    asked: list[tuple[Notices, Notices]],
) -> None:
    """No sum or difference of any answers is of fewer than five people, and each differs by fewer from how it was."""
    assert attacked(asked, Answers()) is None


def test_the_attack_finds_a_rule_out_that_is_told_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """As it was: whatever five people or more would have heard was counted, whatever had been told before."""
    by_nine = [told(n, MARCH) for n in range(12)]
    asked = [([], by_nine), ([], by_nine[1:])]
    assert attacked(asked, Answers()) is None
    monkeypatch.setattr("backbone.differencing.Known.tell", lambda _, rows, __: frozenset(rows))
    assert attacked(asked, Answers()) is None  # what few tell apart is told alike

    def exactly(so_far: Answers, place: Any, things: Any) -> Any:
        return things if things in so_far.sums.get(place, ()) else None

    monkeypatch.setattr(Answers, "standing", exactly)
    assert UUID(int=0) in (attacked(asked, Answers()) or ())
