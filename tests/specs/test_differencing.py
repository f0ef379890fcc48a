"""Somebody who reads all figures of all months, and knows who is in which group, learns nothing of fewer than five.

The attack is linear algebra (`kit/attack.py`): each figure that is shown is a sum over goals, or cycles, as they stood
for some months.
"""

import random
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

import pytest
from backbone import differencing
from backbone.differencing import Known, added_up
from backbone.releasing import Turn, packed, unpacked
from backbone.suppressing import Least
from backbone.telling import Groups
from goals.effect import effects
from goals.outcomes import row
from goals.release import NONE, TOTAL, Release, Telling, released
from goals.standing import Cycle, Goal, changes
from hypothesis import given, settings
from hypothesis import strategies as st
from kit.attack import Sum, reveals
from kit.district_figures import AFTER, MONTHS, Made, person, rows_of

LEAST = Least()

Thing = Any


def shown(cycles: Sequence[Made]) -> tuple[list[Sum], list[Sum]]:
    """Every sum over goals, and over cycles, that is told in any month: of each group what stands in that month."""
    goals: list[Sum] = []
    of_cycles: list[Sum] = []
    by_month = changes(rows_of(cycles), AFTER)
    telling = Telling(LEAST)
    for month in MONTHS:
        telling.stands(by_month.get(month, ()))
        telling.tell()
        goals += [
            {_told(telling.goal_of[one]): 1 for one in telling.goals.rows[key]}
            for key in telling.release.goals.told
            if telling.goals.current(key) and telling.cycles.current(key)
        ]
        of_cycles += [
            {_told(telling.cycle_of[one]): 1 for one in telling.cycles.rows[key]}
            for key in telling.release.cycles.told
            if telling.cycles.current(key)
        ]
    return goals, of_cycles


def release(cycles: Iterable[Made], until: str, least: Least = LEAST) -> Release:
    """What is told in a month by whoever works it out at once."""
    return Release.again(released(Turn(rows=rows_of(cycles), until=until, least=least))[0])


def _told(one: Goal | Cycle) -> Thing:
    """What makes a goal or cycle the same: whose it is, which, and how it stood."""
    if isinstance(one, Goal):
        return ("goal", one.owner_ids, one.goal_id, one.achieved, one.serves)
    goal = None if one.goal is None else one.goal.serves
    return ("cycle", one.teacher_ids, one.cycle_id, one.stage, one.closed, goal)


def teachers_in(thing: Thing) -> tuple[UUID, ...]:
    found: tuple[UUID, ...] = thing[1]
    return found


stages = st.sampled_from(
    [(), (("2025-09", 2),), (("2025-09", 2), ("2025-11", 4)), (("2025-10", 2), ("2025-12", 4)), (("2025-11", 2),),
     (("2025-09", 4), ("2025-10", 2)), (("2025-09", 1),)]
)  # fmt: skip


@st.composite
def districts(draw: st.DrawFn) -> list[Made]:
    """Of up to eleven teachers, some with two cycles."""
    many = draw(st.integers(5, 11))
    return [
        Made(
            n=n,
            teacher=n % many,
            school=draw(st.integers(0, 1)),
            focus=draw(st.sampled_from(["engagement", "writing"])),
            started=draw(st.sampled_from(MONTHS[:2])) if n >= many else MONTHS[0],
            template=draw(st.sampled_from(["impact-cycle@1", "weekly@1"])),
            subgroup=draw(st.sampled_from([None, None, "ell"])),
            students=draw(st.sampled_from([None, 20])),
            stages=draw(stages),
            serves=draw(st.sampled_from([(), (("2025-09", 1),), (("2025-11", 1),)])),
        )
        for n in range(draw(st.integers(many, many + 3)))
    ]


@given(districts())
@settings(max_examples=15, deadline=None)
def test_no_figures_of_any_tables_and_months_together_tell_of_fewer_than_five(cycles: list[Made]) -> None:
    for sums in shown(cycles):
        assert reveals(sums, teachers_in) is None


def alike(many: int, **told: Any) -> list[Made]:
    return [Made(n=n, teacher=n, **told) for n in range(many)]


def figure(cycles: Sequence[Made], month: str, key: Any = TOTAL) -> tuple[int | None, int | None]:
    told = row(release(cycles, month).goals, key, LEAST)
    return told.goals_n, told.achieved_n


def test_one_table_less_another_is_not_one_teacher() -> None:
    """All of a school but one work on engagement, and nobody else does: both are large enough, and one is the rest."""
    cycles = [
        *alike(9, school=0, focus="engagement"),
        *(Made(n=n, teacher=n, school=1, focus="writing") for n in range(9, 20)),
    ]
    cycles[8] = Made(n=8, teacher=8, school=0, focus="writing", stages=(("2025-09", 4),))
    told = release(cycles, "2025-10").goals.told
    school, focus = ("school", str(UUID(int=100))), ("focus", "engagement")
    assert not {school, focus} <= told.keys()
    assert {school, focus} & told.keys()


def test_what_few_changed_stands_as_it_was_until_enough_did() -> None:
    cycles = alike(12)

    def achieve(many: int) -> list[Made]:
        stages = (("2025-09", 2), ("2025-10", 4))
        return [Made(n=one.n, teacher=one.teacher, stages=stages) if one.n < many else one for one in cycles]

    assert figure(cycles, "2025-11") == (12, 0)
    assert [figure(achieve(many), "2025-11")[1] for many in (1, 4, 5, 12)] == [0, 0, 5, 12]
    slowly = [Made(n=n, teacher=n, stages=(("2025-09", 2), (MONTHS[1 + n % 3], 4))) for n in range(9)]
    assert [figure(slowly, month)[1] for month in (*MONTHS[1:], AFTER)] == [0, 0, 6, 6]


def test_a_month_that_is_not_over_is_told_to_nobody() -> None:
    cycles = alike(12, stages=(("2025-09", 2), ("2025-11", 4)))
    assert [figure(cycles, month)[1] for month in ("2025-10", "2025-11", "2025-12")] == [0, 0, 12]
    assert figure(cycles, "2025-09") == (0, 0)


def test_who_joins_is_not_told_by_the_total() -> None:
    cycles = [*alike(8), Made(n=8, teacher=8, started="2025-10", stages=(("2025-10", 4),))]
    assert [figure(cycles, month) for month in ("2025-10", "2025-11")] == [(8, 0)] * 2


def test_few_students_hide_a_group_and_untold_ones_a_group_of_students() -> None:
    assert figure(alike(6, students=1), AFTER) == (None, None)
    assert figure(alike(6, students=2), AFTER) == (6, 0)
    assert figure(alike(6), AFTER) == (6, 0)
    named = alike(6, subgroup="ell")
    assert figure(named, AFTER, ("subgroup", "ell")) == (None, None)
    assert figure(alike(6, subgroup="ell", students=20), AFTER, ("subgroup", "ell")) == (6, 0)


def test_what_serves_no_initiative_is_a_row_of_its_own_and_is_not_left_where_few_do() -> None:
    many = [*alike(6, serves=(("2025-09", 1),)), *(Made(n=n, teacher=n) for n in range(6, 12))]
    whole, metric, none = effects(release(many, AFTER).goals, LEAST)
    assert (whole.goals_n, metric.metric_code, metric.goals_n, none.initiative_id, none.goals_n) == (
        6,
        "on_task",
        6,
        None,
        6,
    )
    few = [*alike(9, serves=(("2025-09", 1),)), Made(n=9, teacher=9)]
    assert {row.hidden for row in effects(release(few, AFTER).goals, LEAST)} == {True}
    every = release(alike(9, serves=(("2025-09", 1),)), AFTER).goals
    assert [row.hidden for row in effects(every, LEAST)] == [False, False]


def test_a_median_is_told_of_enough_that_were_achieved() -> None:
    def median(achieved: int) -> str | None:
        stages = [(("2025-09", 4 if n < achieved else 2),) for n in range(9)]
        cycles = [Made(n=n, teacher=n, serves=(("2025-09", 1),), stages=stages[n]) for n in range(9)]
        return effects(release(cycles, AFTER).goals, LEAST)[1].median_change

    assert [median(many) for many in (4, 5, 9)] == [None, "2/5", "2/5"]


def test_phases_that_enough_came_through_are_told_and_not_the_few_between_two() -> None:
    def phases(first: int, second: int) -> set[Any]:
        cycles = [
            Made(n=n, teacher=n, left=((("2025-09", "identify"),) if n < first else ())
                 + ((("2025-10", "learn"),) if n < second else ()))
            for n in range(20)
        ]  # fmt: skip
        return {key[2] for key in release(cycles, AFTER).phases.told}

    assert phases(4, 0) == set()
    assert phases(12, 7) == {"identify", "learn"}
    assert phases(12, 10) == {"identify"}


def test_cycles_without_goals_are_told_of_until_few_goals_are_set() -> None:
    none = alike(8, stages=())
    assert TOTAL in release(none, AFTER).cycles.told
    first = [Made(n=0, teacher=0, stages=(("2025-10", 2),)), *none[1:]]
    told = release(first, AFTER)
    assert told.cycles.told[TOTAL]["goal_set"] == 0  # as it was
    assert TOTAL in told.goals.there - told.goals.told.keys()


# From month to month -------------------------------------------------------------------------------------


def from_month_to_month(cycles: Sequence[Made], least: Least = LEAST) -> list[Any]:
    """What each month tells where every release is stored, and the next goes on from it."""
    since = told = kept = None
    found = []
    for until in (*MONTHS[1:], AFTER):
        turn = Turn(rows=rows_of(cycles), until=until, least=least, since=since, told=told, kept=kept)
        told, kept = (unpacked(packed(each)) for each in released(turn))
        since = until
        found.append(told)
    return found


@given(districts())
@settings(max_examples=15, deadline=None)
def test_releases_made_month_by_month_are_those_made_at_once(cycles: list[Made]) -> None:
    """Whoever lost them makes the same again, and whoever slept for a month misses none."""
    at_once = [
        released(Turn(rows=rows_of(cycles), until=until, least=LEAST)) for until in (*MONTHS[1:], AFTER)
    ]
    assert from_month_to_month(cycles) == [unpacked(packed(told)) for told, _ in at_once]


def test_what_was_told_stands_whatever_is_learnt_of_that_month_later() -> None:
    """Rows that say otherwise of a month that was told, as those of a log that was recovered, change it by five."""
    cycles = alike(12)
    turn = Turn(rows=rows_of(cycles), until="2025-11", least=LEAST)
    told, kept = (unpacked(packed(each)) for each in released(turn))

    def next_month(achieved: int) -> tuple[int | None, int | None]:
        otherwise = [
            Made(n=n, teacher=n, stages=(("2025-09", 4 if n < achieved else 2),)) for n in range(len(cycles))
        ]
        turn = Turn(
            rows=rows_of(otherwise), until="2025-12", least=LEAST, since="2025-11", told=told, kept=kept
        )
        told_now = row(Release.again(released(turn)[0]).goals, TOTAL, LEAST)
        return told_now.goals_n, told_now.achieved_n

    assert [next_month(achieved) for achieved in (1, 4, 5)] == [(12, 0), (12, 0), (12, 5)]


def test_a_district_that_hides_more_hides_what_was_told_and_tells_no_second_story() -> None:
    """Whoever changes how much is hidden, and back, sees rows come and go, and none that is another."""
    goals = release(alike(6, students=20), AFTER).goals
    seen = {row(goals, TOTAL, Least(students=students)).goals_n for students in (10, 120, 121, 10)}
    assert seen == {6, None}


# What finds the attack out ------------------------------------------------------------------------------


def each_table_by_itself(self: Any, rows: Mapping[Any, Any], about: Any) -> frozenset[Any]:
    """Every row about five or more is told, whatever else was."""
    return frozenset(rows)


def test_the_attack_finds_what_large_groups_alone_would_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(differencing.Known, "tell", each_table_by_itself)
    cycles = [*alike(6, school=0), *(Made(n=n, teacher=n, school=n % 2) for n in range(6, 11))]
    cycles = [*cycles, Made(n=20, teacher=1, started="2025-10", stages=(("2025-10", 4),))]
    monkeypatch.setattr(Groups, "_enough_changed", lambda *_: True)
    assert reveals(shown(cycles)[0], teachers_in) is not None


def test_what_adds_up_is_one_part_that_the_others_leave() -> None:
    rows = {"all": {1, 2, 3}, "a": {1}, "b": {2, 3}, "c": set[int]()}
    parts = ["a", "b", "c"]
    assert added_up(rows, "all", parts, {"all", "a"}) == "b"
    assert added_up(rows, "all", parts, {"a"}) is None
    assert added_up(rows, "all", parts, {"all"}) is None
    assert added_up(rows, "all", ["a", "c"], {"all"}) is None


def test_a_row_about_five_is_told_once_and_one_about_four_never() -> None:
    for many in (4, 5):
        known: Known[str, int] = Known()
        about = {n: person(n) for n in range(many)}
        assert known.tell({"row": set(about)}, about) == (frozenset({"row"}) if many == 5 else frozenset())


@pytest.mark.parametrize("seed", range(3))
def test_in_a_district_of_some_size_nearly_everything_is_told(seed: int) -> None:
    chance = random.Random(seed)
    cycles = [
        Made(
            n=n, teacher=n, school=n // 30, focus=chance.choice(["engagement", "writing", "talk"]),
            started=chance.choice(MONTHS[:2]), stages=((MONTHS[1], 2), (MONTHS[chance.randrange(2, 4)], 4)),
        )
        for n in range(240)
    ]  # fmt: skip
    goals = release(cycles, AFTER).goals
    assert len(goals.told) >= 0.9 * len(goals.there)
    assert figure(cycles, AFTER) == (240, 240)
    assert NONE == "none"
