"""How a goal is going: on track, at risk or stalled, by where its measurements lie against its aim line.

The goal of these specs goes from 40 % on 1 February to 80 % on 1 April: it shall gain 40 points in 59 days.
"""

from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from typing import Any
from uuid import UUID

import pytest
from chalkline_contracts.goals import (
    AchievementWithdrawn,
    BaselineRecorded,
    GoalAgreed,
    GoalSet,
    GoalTargetMet,
    GoalTrendChanged,
    ProgressMeasured,
    ProgressRetracted,
    Trend,
)
from goals import arithmetic, drawing
from goals.aggregates import GOAL as AGGREGATE
from goals.arithmetic import FIRST, Aim, Start, Version
from goals.chart import reading
from goals.goal import (
    AgreeGoal,
    CountMeasurement,
    RecordBaseline,
    RecordProgress,
    RetractMeasurement,
)
from goals.goal_rule import rule_in_words
from hypothesis import given
from hypothesis import strategies as st
from kit.coaching import (
    CORA,
    OBSERVATION,
    PARTNERSHIP,
    TESS,
    facts,
    measurement,
    on_day,
    policy,
    taken,
    trend_changed,
    underway,
)
from kit.spec import NOW, Spec

SPEC = Spec(AGGREGATE, facts(CORA))
UP = Aim("increase", "4/5", None, 2, date(2026, 4, 1))
FROM = Start(Fraction(2, 5), date(2026, 2, 1))


def record(percent: int, day: int, **more: Any) -> RecordProgress:
    return RecordProgress(measurement=taken(percent, on_day(day), **more))


def lived(*percents: int, days: int = 1, now: int = 120, spec: Spec = SPEC, **more: Any) -> Spec:
    """A goal that is told a measurement every so many days from 10 February on, with all that follows."""
    spec = spec.given(*underway(**more)).at(on_day(now))
    for n, percent in enumerate(percents):
        command = record(percent, 10 + n * days)
        spec = spec.given(*spec.knowing(command_id=UUID(int=n)).when(command)._decide())
    return spec


def trends(spec: Spec) -> list[Trend]:
    return [event.trend for event in spec.past if isinstance(event, GoalTrendChanged)]


def measured_id(spec: Spec, back: int = 1) -> UUID:
    return [e for e in spec.past if isinstance(e, ProgressMeasured)][-back].measurement.measurement_id


# The line --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "there"),
    [
        (date(2026, 2, 1), Fraction(40, 100)),
        (date(2026, 2, 2), Fraction(40, 100) + Fraction(40, 5900)),
        (date(2026, 3, 31), Fraction(80, 100) - Fraction(40, 5900)),
        (date(2026, 4, 1), Fraction(80, 100)),
        (date(2026, 6, 1), Fraction(80, 100)),
    ],
)
def test_the_line_is_straight_by_whole_days_and_flat_once_the_goal_is_due(day: date, there: Fraction) -> None:
    assert arithmetic.aim_line(UP, FROM)(day) == there


@given(st.integers(0, 90), st.fractions(0, 1), st.fractions(0, 1))
def test_on_the_line_is_right_and_next_to_it_on_one_side(day: int, base: Fraction, target: Fraction) -> None:
    aim = UP._replace(target=str(target), direction="increase" if target > base else "decrease")
    origin, at = Start(base, date(2026, 2, 1)), on_day(1) + timedelta(days=day)
    there = arithmetic.aim_line(aim, origin)(at.date())
    wrong = arithmetic.wrong_side(aim, origin, None)
    a_little = Fraction(1, 10**9) * (1 if target > base else -1)
    assert not wrong(reading(UUID(int=1), at, there))
    assert not wrong(reading(UUID(int=1), at, there + a_little))
    assert wrong(reading(UUID(int=1), at, there - a_little))


def test_a_line_of_no_length_is_flat_at_its_target() -> None:
    """A new baseline may be taken on the day the goal is due, or after it."""
    for on in (date(2026, 4, 1), date(2026, 5, 1)):
        assert arithmetic.aim_line(UP, Start(Fraction(2, 5), on))(on) == Fraction(4, 5)


def test_the_line_goes_by_the_dates_of_the_school() -> None:
    """Late in the evening of the 10th in Chicago it is the 11th in UTC, and the line is higher by a day."""
    ninth_of_line = Fraction(40, 100) + Fraction(40 * 9, 5900)
    each = reading(UUID(int=1), on_day(11, hour=3), ninth_of_line)
    assert not arithmetic.wrong_side(UP, FROM, "America/Chicago")(each)
    assert arithmetic.wrong_side(UP, FROM, None)(each)


# At risk ---------------------------------------------------------------------------------------------


def test_three_in_a_row_below_the_line_put_a_goal_at_risk() -> None:
    spec = lived(41, 42).when(record(43, 12))
    best = spec.then_types(ProgressMeasured, GoalTrendChanged)
    assert best.past[-1] == trend_changed("on_track", "at_risk", best=measured_id(best))


def test_four_of_six_below_the_line_put_a_goal_at_risk() -> None:
    assert trends(lived(41, 42, 70, 43, 71, 44)) == ["at_risk"]
    assert trends(lived(70, 41, 42, 69, 43, 68, 67)) == []


def test_no_more_than_six_are_looked_at() -> None:
    assert trends(lived(41, 42, 70, 43, 71, 72, 44)) == []


def test_a_trend_is_told_when_it_changes_and_at_most_once_a_measurement() -> None:
    spec = lived(41, 42, 43, 44, 70, 71, 72)
    assert trends(spec) == ["at_risk", "on_track"]


def test_after_the_due_date_the_line_is_the_target() -> None:
    assert trends(lived(60, 74, 77, 78, 79, days=40, now=400)) == ["at_risk"]
    assert trends(lived(60, 74, 77, 78, days=40, now=400)) == []


def test_to_decrease_above_the_line_is_the_wrong_side() -> None:
    down = {"target": "1/5", "base": 60, "direction": "decrease"}
    assert trends(lived(59, 58, 57, **down)) == ["at_risk"]
    assert trends(lived(61, 62, 63, **down)) == ["stalled"]
    assert trends(lived(30, 31, 32, **down)) == []


def test_a_level_to_maintain_is_at_risk_outside_its_tolerance_and_never_stalled() -> None:
    level: Any = {"target": None, "tolerance": "0.05", "direction": "maintain", "consecutive": 9}
    spec = lived(46, 34, 46, 34, 46, **level)
    assert trends(spec) == ["at_risk"]
    assert spec.past[-3].best_id is None if isinstance(spec.past[-3], GoalTrendChanged) else True
    assert trends(lived(45, 35, 45, 40, **level)) == []


# Stalled ---------------------------------------------------------------------------------------------


def test_at_risk_without_a_new_best_among_the_last_three_is_stalled() -> None:
    spec = lived(45, 44, 45, 44)
    assert trends(spec) == ["at_risk", "stalled"]
    assert spec.past[-1].best_id == measured_id(spec, 4)  # type: ignore[attr-defined]


def test_the_baseline_counts_for_the_best() -> None:
    spec = lived(40, 39, 40)
    assert spec.past[-1] == trend_changed("on_track", "stalled", best=None)


def test_equal_to_the_best_is_no_new_best() -> None:
    assert trends(lived(45, 45, 45, 45, 45)) == ["at_risk", "stalled"]


def test_a_new_best_ends_a_stall_and_leaves_what_the_line_says() -> None:
    assert trends(lived(40, 39, 40, 41)) == ["stalled", "at_risk"]
    assert trends(lived(40, 39, 40, 70)) == ["stalled", "on_track"]


def test_a_stall_lasts_until_a_new_best_though_the_line_be_reached() -> None:
    """65 first, then a stall; three above the line again, none of them better than 65."""
    assert trends(lived(65, 41, 40, 41, 60, 60, 60)) == ["stalled"]
    assert trends(lived(65, 41, 40, 41, 60, 60, 60, 66)) == ["stalled", "on_track"]


def test_at_target_a_stall_ends_and_does_not_begin() -> None:
    """With the best above the target: 95 once, then below the line, then at target."""
    assert trends(lived(95, 41, 40, 41, 80)) == ["stalled", "on_track"]
    assert trends(lived(41, 42, 95, 41, 43, 80)) == ["at_risk"]
    assert trends(lived(41, 42, 95, 41, 43, 80, 44)) == ["at_risk", "stalled"]


# Silence and what is told late -----------------------------------------------------------------------


def test_from_target_met_on_nothing_is_told_of_the_trend() -> None:
    spec = lived(85, 86, 41, 42, 43, 40)
    assert trends(spec) == []
    assert isinstance(spec.past[-5], GoalTargetMet)


def test_a_withdrawn_target_tells_where_the_goal_stands_now() -> None:
    spec = lived(85, 86, 41, 42, 43)
    gone = RetractMeasurement(measurement_id=measured_id(spec, 4), cause="observation_voided")
    as_policy(spec).when(gone).then_types(ProgressRetracted, AchievementWithdrawn, GoalTrendChanged)


def as_policy(spec: Spec) -> Spec:
    return replace(spec, facts=facts(policy()))


def test_a_late_measurement_a_retraction_and_a_new_baseline_tell_the_trend_anew() -> None:
    spec = lived(44, 43, 45)

    def count(percent: int) -> CountMeasurement:
        one = measurement(percent, on_day(9))
        return CountMeasurement(measurement=one, observation_id=OBSERVATION, partnership_id=PARTNERSHIP)

    stalled = as_policy(spec).when(count(60)).then_types(ProgressMeasured, GoalTrendChanged)
    assert trends(stalled) == ["at_risk", "stalled"]
    gone = RetractMeasurement(measurement_id=measured_id(stalled), cause="observation_voided")
    at_risk = stalled.when(gone).then_types(ProgressRetracted, GoalTrendChanged)
    assert trends(at_risk) == ["at_risk", "stalled", "at_risk"]
    base = next(e for e in spec.past if isinstance(e, BaselineRecorded)).measurements[0].measurement_id
    silent = at_risk.when(RetractMeasurement(measurement_id=base, cause="voided")).then_types(
        ProgressRetracted
    )
    silent = silent.when(count(60)).then_types(ProgressMeasured)
    anew = replace(silent, facts=facts(CORA)).when(RecordBaseline(measurements=(taken(44, on_day(2)),)))
    assert trends(anew.then_types(BaselineRecorded, GoalTrendChanged))[-1] == "stalled"
    after_all = replace(silent, facts=facts(CORA)).when(RecordBaseline(measurements=(taken(10, on_day(12)),)))
    assert trends(after_all.then_types(BaselineRecorded, GoalTrendChanged))[-1] == "on_track"


def test_progress_from_before_the_goal_was_set_counts_for_its_trend() -> None:
    past = underway()
    spec = SPEC.given(*past[:2]).at(on_day(40))
    for day, percent in ((10, 41), (11, 40), (12, 40)):
        late = CountMeasurement(
            measurement=measurement(percent, on_day(day)),
            observation_id=OBSERVATION,
            partnership_id=PARTNERSHIP,
        )
        spec = as_policy(spec).when(late).then_types(ProgressMeasured)
    spec = replace(spec.given(*past[2:4]), facts=facts(TESS))
    assert trends(spec.when(AgreeGoal()).then_types(GoalAgreed, GoalSet, GoalTrendChanged)) == ["at_risk"]


# A chart to look at ----------------------------------------------------------------------------------


def test_a_chart_tells_each_reading_as_its_version_has_it() -> None:
    versions = [Version(1, FIRST, UP), Version(2, _instant(12), UP._replace(target="1/2"))]
    rows = [(40, 1, True), (90, 1, False), (41, 10, False), (50, 11, False), (50, 12, False), (51, 13, False)]
    readings = [
        reading(UUID(int=n), on_day(day), Fraction(percent, 100), is_baseline=base)
        for n, (percent, day, base) in enumerate(rows)
    ]
    shown = drawing.drawn(readings[1:2] + readings[:1] + readings[2:], versions, None)
    assert [(d.goal_version, d.counted, d.at_target, d.wrong_side, d.ends_run, d.trend) for d in shown] == [
        (1, False, False, False, False, None),
        (1, False, False, False, False, None),
        (1, True, False, True, False, "on_track"),
        (1, True, False, False, False, "on_track"),
        (2, True, True, False, False, "on_track"),
        (2, True, True, False, True, "on_track"),
    ]
    assert shown[2].line == Fraction(40, 100) + Fraction(40 * 9, 5900)
    assert drawing.line_points(versions[0], FROM, date(2026, 5, 1)) == [
        (date(2026, 2, 1), Fraction(2, 5)),
        (date(2026, 4, 1), Fraction(4, 5)),
        (date(2026, 5, 1), Fraction(4, 5)),
    ]


def _instant(day: int) -> int:
    return reading(UUID(int=0), on_day(day), Fraction(0)).instant


def test_without_a_baseline_a_chart_shows_readings_and_judges_none() -> None:
    each = reading(UUID(int=1), NOW, Fraction(1, 2))
    (shown,) = drawing.drawn([each], [Version(1, FIRST, UP)], None)
    assert (shown.counted, shown.line, shown.trend) == (False, None, None)


@pytest.mark.parametrize(
    ("aim", "says"),
    [
        (UP, ("2 in a row", "at or above 4/5", "below the aim line", "stalled")),
        (UP._replace(direction="decrease", required_consecutive=1), ("one at or below", "above the aim line")),
        (UP._replace(direction="maintain", target=None, tolerance="0.1"), ("within 0.1 of the baseline",)),
    ],
)  # fmt: skip
def test_the_rule_is_told_in_words(aim: Aim, says: tuple[str, ...]) -> None:
    told = rule_in_words(aim)
    assert all(part in told for part in says)
    assert ("stalled" in told) == (aim.direction != "maintain")
