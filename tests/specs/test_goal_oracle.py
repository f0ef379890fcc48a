"""Whatever a goal is told, in whatever order: it says what DOMAIN.md says, worked out a second time by other code."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from functools import reduce
from typing import Any
from uuid import UUID

import pytest
from backbone.commands import decode_state, encode_state
from goals import arithmetic, drawing, goal_chart
from goals.aggregates import GOAL
from goals.arithmetic import Aim, Best, Start
from goals.chart import RECORD, Chart, Reading, reading
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from kit.goal_lives import Life, value, versions_of
from kit.goal_oracle import Oracle, Terms

BEGAN = datetime(2026, 1, 5, 15, tzinfo=UTC)
KINDS = ("students_proficient", "student_talk", "frequency", "rubric_level", "scale_score")
ZONES = ("America/Chicago", "Pacific/Auckland", "Europe/London", "UTC")
HOURS = timedelta(hours=1)

hours = st.one_of(st.integers(0, 200), st.sampled_from([0, 12, 24, 24, 36, 48, 72, 90]))
"""Before now: few, so that measurements meet at one moment."""
levels = st.one_of(st.integers(0, 30), st.integers(8, 22))
instruments = st.sampled_from(["a@1", "a@1", "a@1", "a@2", None])
steps = st.one_of(
    st.tuples(st.just("progress"), levels, st.just(0), instruments),
    st.tuples(st.just("progress"), levels, st.just(0), st.just("a@1")),
    st.tuples(st.just("progress"), levels, hours, instruments),
    st.tuples(st.just("retract"), st.integers(0, 60)),
    st.tuples(st.just("again"), st.integers(0, 60)),
    st.tuples(st.just("confirm")),
    st.tuples(
        st.just("rechart"),
        st.one_of(st.none(), levels),
        st.one_of(st.none(), st.integers(0, 4)),
        st.sampled_from([None, None, 1, 2, 3]),
        st.sampled_from([None, None, 5, 40, -3]),
    ),
    st.tuples(st.just("baseline"), st.lists(st.tuples(levels, hours), min_size=1, max_size=3), instruments),
    st.tuples(st.just("wait"), st.integers(1, 60)),
)
plans = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(KINDS),
        "direction": st.sampled_from(["increase", "increase", "decrease", "maintain"]),
        "zone": st.sampled_from(ZONES),
        "required": st.integers(1, 3),
        "due": st.integers(1, 40),
        "base": st.lists(st.tuples(st.integers(8, 14), hours), min_size=1, max_size=3),
        "early": st.lists(st.tuples(levels, hours, instruments), max_size=4),
        "steps": st.lists(st.tuples(steps, st.integers(0, 30)), min_size=8, max_size=28),
    }
)


def lived(plan: Any) -> Life | None:
    """A life by a plan, compared at every step; None if the goal it begins with cannot be set."""
    kind, direction = plan["kind"], plan["direction"]
    life = Life(
        kind=kind,
        direction=direction,
        zone=plan["zone"],
        now=BEGAN,
        target=value(kind, 18 if direction == "increase" else 4),
        required=plan["required"],
        due=(BEGAN + timedelta(days=plan["due"])).date(),
    )
    scale = Fraction(1, {"frequency": 600, "rubric_level": 1, "scale_score": 1}.get(kind, 100))
    life.baseline([(level, BEGAN - h * HOURS) for level, h in plan["base"]], "a@1")
    for level, h, instrument in plan["early"]:
        life.progress(level, BEGAN - h * HOURS, instrument)
    if not life.set(3 * scale):
        return None
    for step, later in plan["steps"]:
        life.now += later * HOURS
        match step:
            case "progress", level, h, instrument:
                life.progress(level, life.now - h * HOURS, instrument)
            case "retract", place:
                life.retract(place)
            case "again", place:
                life.again(place)
            case ("confirm",):
                life.confirm()
            case "rechart", level, tolerance, required, days:
                within = None if tolerance is None else tolerance * scale
                due = None if days is None else (life.now + timedelta(days=days)).date()
                life.rechart(level, within, required, due)
            case "baseline", base, instrument:
                life.baseline([(level, life.now - h * HOURS) for level, h in base], instrument)
            case "wait", more:
                life.now += more * HOURS
    return life


@settings(max_examples=150)
@given(plans)
def test_after_every_command_a_goal_says_what_the_oracle_says(plan: Any) -> None:
    _says_what_the_oracle_says(plan)


def _says_what_the_oracle_says(plan: Any) -> None:
    life = lived(plan)
    if life is None:
        return
    # Told all at once, its events make the same goal, and so does what is stored of it.
    assert reduce(GOAL.evolve, life.events, GOAL.initial) == life.goal
    assert decode_state(GOAL, encode_state(life.goal)) == life.goal
    _drawn_as_the_oracle_says(life)


def _drawn_as_the_oracle_says(life: Life) -> None:
    oracle = life.oracle
    drawn = drawing.drawn(life.goal.chart.readings, versions_of(life), life.zone)
    counted = {t.own: t for t in oracle.counted()}
    assert {d.reading.measurement_id for d in drawn if d.counted} == set(counted)
    for n, version in enumerate(oracle.versions):
        own = [d for d in drawn if d.counted and d.goal_version == n + 1]
        assert [d.reading.measurement_id for d in own] == [t.own for t in oracle.of_version(n)]
        assert [d.trend for d in own] == oracle.trends(n)
        assert [d.reading.measurement_id for d in own if d.ends_run] == oracle.ends_of_runs(n)
        for each in own:
            told = counted[each.reading.measurement_id]
            assert each.on == oracle.day(told)
            assert each.at_target == oracle.at_target(version, told)
            assert each.wrong_side == oracle.wrong_side(version, told)
            if oracle.direction != "maintain":
                assert each.line == oracle.line(version, each.on)


# Broken on purpose -----------------------------------------------------------------------------------


def _crooked(aim: Aim, origin: Start) -> Any:
    """A line that goes on rising once the goal is due."""
    target, days = Fraction(aim.target or 0), (aim.due_on - origin.on).days or 1

    def at(day: date) -> tuple[int, int]:
        there = origin.baseline + (target - origin.baseline) * Fraction((day - origin.on).days, days)
        return there.as_integer_ratio()

    return at


def _never_relieved(was: Any, wrong: Any, best: Best, *, hit: bool, direction: Any) -> Any:
    del hit
    return _next_trend(was, wrong, best, hit=False, direction=direction)


def _ties_go_first(chart: Chart, moment: int) -> int:
    return sum(each.instant < moment for each in chart.readings) * RECORD


def _the_lowest(values: Sequence[Fraction]) -> Fraction:
    return min(values)


def _of_any_version(goal: Any, last: int | None = None) -> list[Reading]:
    return [*goal.chart.counted(last)]


def _any_instrument(of_version: Any, aim: Aim, base: Fraction) -> Any:
    return _ends_of_runs([each._replace(instrument=None) for each in of_version], aim, base)


_next_trend, _ends_of_runs = arithmetic.next_trend, arithmetic.ends_of_runs


@pytest.mark.parametrize(
    ("where", "name", "broken"),
    [
        (arithmetic, "IN_A_ROW", 2),
        (arithmetic, "AMONG", 5),
        (arithmetic, "THE_LAST", 5),
        (arithmetic, "_line", _crooked),
        (arithmetic, "median", _the_lowest),
        (arithmetic, "next_trend", _never_relieved),
        (arithmetic, "ends_of_runs", _any_instrument),
        (arithmetic, "local_day", lambda moment, _: moment.date()),
        (Chart, "_after", _ties_go_first),
        (Chart, "knows", Chart.holds),
        (goal_chart, "_of_version", _of_any_version),
        (goal_chart, "_chart_ends_with", lambda *_: True),
    ],
)
def test_the_oracle_notices_whatever_is_wrong(
    monkeypatch: pytest.MonkeyPatch, where: Any, name: str, broken: Any
) -> None:
    monkeypatch.setattr(where, name, broken)
    few = settings(max_examples=1500, derandomize=True, database=None, phases=[Phase.generate])
    with pytest.raises(AssertionError):
        few(given(plans)(_says_what_the_oracle_says))()


# Order -----------------------------------------------------------------------------------------------

ordered_plans = st.fixed_dictionaries(
    {
        "direction": st.sampled_from(["increase", "decrease", "maintain"]),
        "required": st.integers(1, 3),
        "due": st.integers(1, 40),
        "readings": st.lists(st.tuples(levels, instruments), min_size=1, max_size=14),
        "recharted": st.one_of(st.none(), st.integers(0, 14)),
        "retracted": st.sets(st.integers(0, 13), max_size=3),
    }
)


@settings(max_examples=100)
@given(ordered_plans, st.randoms(use_true_random=False))
def test_told_in_any_order_the_same_measurements_end_in_the_same_goal(plan: Any, random: Any) -> None:
    """One an hour, some of them taken back, under terms that were changed somewhere in between or never."""
    readings = [(BEGAN + (n + 1) * HOURS, *told) for n, told in enumerate(plan["readings"])]

    def told(order: list[int]) -> Life:
        life = Life(
            kind="scale_score",
            direction=plan["direction"],
            zone="America/Chicago",
            now=BEGAN,
            target=Fraction(18 if plan["direction"] == "increase" else 4),
            required=plan["required"],
            due=(BEGAN + timedelta(days=plan["due"])).date(),
        )
        life.baseline([(10, BEGAN)], "a@1")
        assert life.set(Fraction(3))
        if plan["recharted"] is not None:
            life.now = BEGAN + plan["recharted"] * HOURS
            life.rechart(
                17 if plan["direction"] == "increase" else 5, Fraction(2), None, life.due + timedelta(days=9)
            )
        life.now = BEGAN + 30 * HOURS
        made: dict[int, UUID | None] = {
            n: life.progress(readings[n][1], readings[n][0], readings[n][2]) for n in order
        }
        for n in sorted(plan["retracted"] & set(order), key=order.index):
            life.retract([t.own for t in life.oracle.chart()].index(made[n]))  # type: ignore[arg-type]
        return life

    once, other = (told(random.sample(range(len(readings)), len(readings))) for _ in range(2))
    assert type(once.goal) is type(other.goal)
    shape = [
        [(r.instant, r.quotient, r.instrument) for r in life.goal.chart.readings] for life in (once, other)
    ]
    assert shape[0] == shape[1]
    drawn = [
        [
            (d.reading.instant, *d[1:])
            for d in drawing.drawn(life.goal.chart.readings, versions_of(life), life.zone)
        ]
        for life in (once, other)
    ]
    assert drawn[0] == drawn[1]
    if once.oracle.status == "active":
        assert once.goal.trend == other.goal.trend


# The oracle itself -----------------------------------------------------------------------------------


def oracle_of(*levels: int, target: int = 80, required: int = 2) -> Oracle:
    """Levels a day from the second on, with a baseline of 40 on the first; to rise to 80 in 40 days."""
    oracle = Oracle(
        "increase", "UTC", versions=[Terms(None, Fraction(target), None, date(2026, 2, 14), required)]
    )
    life = Life("scale_score", "increase", "UTC", BEGAN, Fraction(target), required, date(2026, 2, 14))
    life.baseline([(40, BEGAN)], None)
    oracle.told = [*life.oracle.told]
    for n, level in enumerate(levels):
        each = reading(UUID(int=n), BEGAN + timedelta(days=n + 1), Fraction(level))
        oracle.told.append(
            oracle.told[0].__class__(
                each.measurement_id, each.at, each.at, n + 1, each.quotient, None, base=False
            )
        )
    return oracle


@pytest.mark.parametrize(
    ("levels", "trends", "runs"),
    [
        ((41, 42, 43), ["on_track"] * 3, []),
        ((40, 41, 42), ["on_track", "on_track", "at_risk"], []),
        ((40, 40, 40, 41, 60), ["on_track", "on_track", "stalled", "at_risk", "at_risk"], []),
        ((80, 80, 79, 80, 81), ["on_track"] * 5, [1, 4]),
    ],
)
def test_the_oracle_says_what_a_person_would(
    levels: tuple[int, ...], trends: list[str], runs: list[int]
) -> None:
    oracle = oracle_of(*levels)
    assert oracle.trends(0) == trends
    assert [own.int for own in oracle.ends_of_runs(0)] == runs
