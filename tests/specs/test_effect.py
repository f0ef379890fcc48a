"""What initiatives bring about, beside what outcomes tell of all goals: nothing small is shown, or left."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import pytest
from backbone.suppressing import Least
from goals import effect
from goals.effect import Effect, effects
from hypothesis import given
from hypothesis import strategies as st

LEAST = Least(staff=5, students=10)
READING, TALKING, WAITING = (UUID(int=n) for n in (1, 2, 3))


class Goal(NamedTuple):
    teacher: int
    serves: frozenset[UUID]
    metric: str = "on_task"


def row(part: str, initiative_id: UUID | None, **told: Any) -> dict[str, Any]:
    names = (
        "metric_code",
        "kind",
        "unit",
        "direction",
        "owner_ids",
        "students",
        "achieved",
        "baseline",
        "final",
    )
    return dict.fromkeys((*names, "goals_n", "achieved_n", "teachers")) | {
        "part": part,
        "initiative_id": initiative_id,
        **told,
    }


def rows_of(goals: Sequence[Goal]) -> list[dict[str, Any]]:
    """What the query tells of these goals, as the query says it."""
    initiatives = sorted({own for goal in goals for own in goal.serves})
    found = [
        row("goal", own, metric_code=goal.metric, owner_ids=[UUID(int=goal.teacher)], achieved=False)
        for own in initiatives
        for goal in sorted(goals, key=lambda goal: goal.metric)
        if own in goal.serves
    ]

    def beside(part: str, own: UUID | None, those: Iterable[Goal]) -> None:
        if few := list(those):
            teachers = len({goal.teacher for goal in few})
            found.append(row(part, own, goals_n=len(few), achieved_n=0, teachers=teachers))

    beside("all", None, goals)
    beside("none", None, (goal for goal in goals if not goal.serves))
    for own in initiatives:
        beside("rest", own, (goal for goal in goals if own not in goal.serves))
    return found


def goals(*teachers: int, serves: Iterable[UUID] = (), metric: str = "on_task") -> list[Goal]:
    return [Goal(teacher, frozenset(serves), metric) for teacher in teachers]


def shown(told: Sequence[Effect]) -> list[UUID | None]:
    return [each.initiative_id for each in told if each.metric_code is None and not each.hidden]


def test_what_serves_no_initiative_is_a_row_of_its_own() -> None:
    told = effects(rows_of([*goals(*range(5), serves=[READING]), *goals(*range(6))]), LEAST)
    assert shown(told) == [READING, None]
    assert [each.goals_n for each in told if each.metric_code is None] == [5, 6]


def test_where_few_serve_none_an_initiative_is_hidden_with_them() -> None:
    """Outcomes tell of all: what is left would be theirs."""
    told = effects(rows_of([*goals(*range(9), serves=[READING]), *goals(1)]), LEAST)
    assert shown(told) == []
    assert {each.hidden for each in told} == {True}


def test_where_every_goal_serves_it_nothing_is_left() -> None:
    assert shown(effects(rows_of(goals(*range(5), serves=[READING])), LEAST)) == [READING]
    assert effects([], LEAST) == []


def test_of_two_that_share_most_goals_what_only_one_of_them_has_is_not_left() -> None:
    both = goals(*range(9), serves=[READING, TALKING])
    assert READING not in shown(effects(rows_of([*both, *goals(3, serves=[TALKING])]), LEAST))


lives = st.builds(
    Goal,
    teacher=st.integers(0, 12),
    serves=st.sampled_from([frozenset[UUID](), *(frozenset({own}) for own in (READING, TALKING, WAITING))]),
    metric=st.sampled_from(["on_task", "talk"]),
)


def nothing_small_is_left(all_goals: Sequence[Goal]) -> None:
    """Neither what a row is about, nor what is left of all goals when any rows that are shown are taken away."""
    if len({goal.teacher for goal in all_goals}) < LEAST.staff:
        return  # then there is no total
    told = shown(effects(rows_of(all_goals), LEAST))
    for taken in range(2 ** len(told)):
        away = {own for n, own in enumerate(told) if taken >> n & 1}
        left = [goal for goal in all_goals if (next(iter(goal.serves), None)) not in away]
        assert not left or len({goal.teacher for goal in left}) >= LEAST.staff


@given(st.lists(lives, max_size=40))
def test_nothing_small_is_left_of_all_goals(all_goals: list[Goal]) -> None:
    nothing_small_is_left(all_goals)


def test_a_table_by_itself_would_leave_something_small(monkeypatch: pytest.MonkeyPatch) -> None:
    """As it was before it stood beside that total."""
    monkeypatch.setattr(effect, "_fewest", lambda own, _: own)
    monkeypatch.setattr(effect, "_beside", lambda row: effect.Group(row["goals_n"], 99))
    with pytest.raises(AssertionError):
        nothing_small_is_left([*goals(*range(9), serves=[READING]), *goals(1)])
