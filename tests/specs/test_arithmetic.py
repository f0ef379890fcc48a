"""The arithmetic of goals: exact, in the order things happened, whatever order they were told in."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest
from chalkline_contracts.measurement import Measurement, MeasurementTaken
from goals import arithmetic
from goals.arithmetic import Aim
from goals.chart import Chart, Reading, reading
from hypothesis import given
from hypothesis import strategies as st
from kit.coaching import CORA, NOW, measurement, on_day, taken
from pydantic import ValidationError

DUE = date(2026, 4, 1)
UP = Aim("increase", "4/5", None, 2, DUE)


def chart(*told: Measurement, base: tuple[Measurement, ...] = ()) -> Chart:
    made = Chart()
    for one in base:
        made = arithmetic.charted(made, one, is_baseline=True)
    for one in told:
        made = arithmetic.charted(made, one)
    return made


def of(percents: list[int], start: int = 2, **more: Any) -> list[Measurement]:
    return [measurement(percent, on_day(start + n), **more) for n, percent in enumerate(percents)]


def told(kind: str, numerator: Any, denominator: Any = None, window_s: int | None = None) -> Measurement:
    sent = MeasurementTaken(
        metric_code="m",
        kind=kind,
        numerator=numerator,
        denominator=denominator,
        window_s=window_s,
        direction="increase",
        occurred_at=NOW,
        source="observation",
    )
    return sent.recorded(UUID(int=7), CORA)


# Numbers ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("measured", "exact"),
    [
        (told("intervals_on_task", 1, 3), Fraction(1, 3)),
        (told("students_proficient", 0, 24), Fraction(0)),
        (told("student_talk", Decimal("90.5"), Decimal(600)), Fraction(181, 1200)),
        (told("frequency", 12, window_s=1200), Fraction(1, 100)),
        (told("rubric_level", 3), Fraction(3)),
        (told("scale_score", Decimal("-0.75")), Fraction(-3, 4)),
        (told("opportunities_to_respond", 45, window_s=900), Fraction(3)),
        (told("interaction_ratio", 8, 3), Fraction(8, 3)),
        (told("checklist_fidelity", 9, 12), Fraction(3, 4)),
    ],
)
def test_a_measurement_is_one_exact_number(measured: Measurement, exact: Fraction) -> None:
    assert arithmetic.quotient(measured) == exact


def test_a_ratio_without_corrective_interactions_is_valid_and_has_no_quotient() -> None:
    assert arithmetic.quotient(told("interaction_ratio", 8, 0)) is None


@pytest.mark.parametrize(
    ("kind", "numerator", "denominator", "window_s"),
    [
        ("intervals_on_task", 11, 10, None),
        ("intervals_on_task", 0, 0, None),
        ("intervals_on_task", -1, 10, None),
        ("intervals_on_task", 5, None, None),
        ("intervals_on_task", Decimal("5.5"), Decimal(10), None),
        ("student_talk", 90, 600, None),
        ("frequency", 5, None, None),
        ("frequency", -5, None, 60),
        ("frequency", 5, None, 0),
        ("frequency", 5, 60, 60),
        ("rubric_level", 3, 4, None),
        ("scale_score", 700, None, None),
        ("interaction_ratio", 3, -1, None),
        ("interaction_ratio", 3, None, None),
    ],
)
def test_a_measurement_that_cannot_be_is_refused(
    kind: str, numerator: Any, denominator: Any, window_s: int | None
) -> None:
    with pytest.raises(ValidationError):
        told(kind, numerator, denominator, window_s)


@pytest.mark.parametrize(
    "badly_written", ["0.5", "true", "NaN", "1e400", '"4"', '"４"', "null", '"1e3"', '"Infinity"', "[4]"]
)
def test_a_count_is_written_as_an_integer(badly_written: str) -> None:
    sent = taken(4).model_dump_json().replace('"numerator":4', f'"numerator":{badly_written}')
    with pytest.raises(ValidationError):
        MeasurementTaken.model_validate_json(sent)


def test_a_measured_decimal_travels_as_the_string_it_was() -> None:
    sent = taken(4, kind="scale_score").model_dump_json().replace('"numerator":"4"', '"numerator":"-12.50"')
    there = MeasurementTaken.model_validate_json(sent)
    assert there.numerator == Decimal("-12.50")
    assert there.recorded(UUID(int=1), CORA).model_dump(mode="json")["numerator"] == "-12.50"


def test_a_person_sends_neither_unknown_fields_nor_who_they_are() -> None:
    with pytest.raises(ValidationError):
        MeasurementTaken.model_validate_json(
            taken(4).model_dump_json().replace("{", f'{{"recorded_by":"{CORA}",', 1)
        )


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(ValidationError):
        taken(4, datetime(2026, 3, 1, 10))  # noqa: DTZ001 - it must be


@given(st.lists(st.fractions(), min_size=1, max_size=3))
def test_the_median_is_the_middle_or_the_exact_midpoint(values: list[Fraction]) -> None:
    middle = arithmetic.median(values)
    assert (
        sum(value < middle for value in values) == sum(value > middle for value in values) or middle in values
    )
    assert middle == arithmetic.median(values[::-1])
    if len(values) == 2:
        assert middle * 2 == sum(values)


# Order -----------------------------------------------------------------------------------------------

percents = st.lists(st.tuples(st.integers(0, 100), st.integers(1, 9)), max_size=12)


@given(percents, st.randoms(use_true_random=False))
def test_the_order_they_are_told_in_does_not_matter_unless_they_tie(
    readings: list[tuple[int, int]], random: Any
) -> None:
    once = [measurement(percent, on_day(1, hour=n)) for n, (percent, _) in enumerate(readings)]
    shuffled = random.sample(once, len(once))
    assert chart(*once) == chart(*shuffled)


@given(percents)
def test_readings_stand_in_order_of_time_and_ties_in_order_of_telling(
    readings: list[tuple[int, int]],
) -> None:
    told_in_order = [measurement(percent, on_day(day)) for percent, day in readings]
    position = {one.measurement_id: n for n, one in enumerate(told_in_order)}
    keys = [(r.at, position[r.measurement_id]) for r in chart(*told_in_order).readings]
    assert keys == sorted(keys)


@given(percents, st.data())
def test_a_retraction_leaves_the_chart_as_if_it_had_never_been(
    readings: list[tuple[int, int]], data: st.DataObject
) -> None:
    measurements = [measurement(percent, on_day(day)) for percent, day in readings]
    gone = data.draw(
        st.sets(st.sampled_from(measurements or [measurement(1)]).map(lambda m: m.measurement_id))
    )
    after = chart(*measurements)
    for one in gone:
        after = after.without(one)
    assert after.readings == chart(*(m for m in measurements if m.measurement_id not in gone)).readings
    assert chart_again(after, measurements) == after


def chart_again(before: Chart, measurements: list[Measurement]) -> Chart:
    for one in measurements:
        before = arithmetic.charted(before, one)
    return before


def test_a_measurement_is_charted_once_and_never_after_its_retraction() -> None:
    one = measurement(50)
    assert chart(one, one) == chart(one)
    gone = chart(one).without(one.measurement_id)
    assert arithmetic.charted(gone, one) == gone


# Baseline --------------------------------------------------------------------------------------------


def test_progress_before_the_last_of_the_baseline_is_shown_and_never_counted() -> None:
    base = (measurement(40, on_day(1)), measurement(44, on_day(5)))
    early, late = measurement(90, on_day(3)), measurement(85, on_day(6))
    made = chart(early, late, base=base)
    assert baseline(made) == Fraction(42, 100)
    assert len(made.readings) == 4
    assert [reading.measurement_id for reading in made.counted()] == [late.measurement_id]


def test_when_all_of_the_baseline_is_retracted_nothing_counts() -> None:
    base = measurement(40, on_day(1))
    made = chart(*of([90, 90]), base=(base,)).without(base.measurement_id)
    assert arithmetic.start(made.baseline, None) is None
    assert made.counted() == ()
    assert arithmetic.counted(made.readings) == ()


def baseline(made: Chart) -> Fraction:
    started = arithmetic.start(made.baseline, None)
    assert started is not None
    return started.baseline


def runs(made: Chart, aim: Aim) -> list[Reading]:
    return list(arithmetic.ends_of_runs(made.counted(), aim, baseline(made)))


# Runs ------------------------------------------------------------------------------------------------


def run_days(percents: list[int], aim: Aim = UP, **more: Any) -> list[int]:
    """The days of February on which a full run ended."""
    made = chart(*of(percents, **more), base=(measurement(40, on_day(1)),))
    return [reading.at.day for reading in runs(made, aim)]


def test_equal_to_the_target_is_at_target() -> None:
    assert run_days([80, 80]) == [3]
    assert run_days([80, 79, 80]) == []


def test_any_run_counts_not_only_the_latest() -> None:
    assert run_days([81, 82, 10, 20]) == [3]


def test_the_baseline_is_not_part_of_a_run() -> None:
    made = chart(*of([90]), base=(measurement(90, on_day(1)),))
    assert runs(made, UP) == []


def test_a_run_is_of_one_version_of_the_instrument() -> None:
    base = (measurement(40, on_day(1)),)
    one, other = of([90]), of([90, 90], start=3, instrument="time-on-task@2")
    assert [r.at.day for r in runs(chart(*one, *other, base=base), UP)] == [4]
    assert runs(chart(*one, *other[:1], base=base), UP) == []


def test_to_decrease_is_to_be_at_or_below_the_target() -> None:
    assert run_days([20, 19, 21], Aim("decrease", "1/5", None, 2, DUE)) == [3]


def test_to_maintain_is_to_stay_within_the_tolerance_of_the_baseline() -> None:
    assert run_days([45, 35, 46, 40], Aim("maintain", None, "0.05", 2, DUE)) == [3]


@given(
    st.lists(st.tuples(st.integers(0, 100), st.sampled_from("ab")), max_size=14),
    st.integers(1, 4),
    st.sampled_from([UP, Aim("decrease", "0.3", None, 1, DUE), Aim("maintain", None, "0.1", 1, DUE)]),
)
def test_a_full_run_is_what_a_person_would_find_by_hand(
    readings: list[tuple[int, str]], required: int, aim: Aim
) -> None:
    aim = aim._replace(required_consecutive=required)
    base = measurement(40, on_day(1))
    progress = [
        measurement(percent, on_day(2 + n), instrument=f"{version}@1")
        for n, (percent, version) in enumerate(readings)
    ]
    hit = arithmetic.at_target(aim, baseline(chart(base=(base,))))

    def reading_of(taken: Measurement) -> Reading:
        return arithmetic.charted(Chart(), taken).readings[0]

    by_hand = [
        last.measurement_id
        for n, last in enumerate(progress)
        if n + 1 >= required
        and all(hit(reading_of(m)) for m in progress[n + 1 - required : n + 1])
        and len({m.instrument for m in progress[n + 1 - required : n + 1]}) == 1
    ]
    made = chart(*progress, base=(base,))
    assert [reading.measurement_id for reading in runs(made, aim)] == by_hand


@given(st.fractions(0, 1), st.fractions(0, 1))
def test_a_target_improves_in_exactly_one_direction_or_not_at_all(base: Fraction, target: Fraction) -> None:
    up, down = (arithmetic.improves(way, base, target) for way in ("increase", "decrease"))  # type: ignore[arg-type]
    assert up + down == (base != target)


# Dates -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "day"), [(None, 8), ("America/Chicago", 7), ("Pacific/Auckland", 8), ("UTC", 8)]
)
def test_a_date_is_local_to_the_school(zone: str | None, day: int) -> None:
    assert arithmetic.local_day(datetime(2026, 3, 8, 5, 30, tzinfo=UTC), zone) == date(2026, 3, day)


def test_a_chart_of_thousands_of_readings_stays_small_and_quick() -> None:
    made = Chart()
    for n in range(5000):
        at = NOW + timedelta(minutes=n)
        made = made.joined(reading(UUID(int=n), at, Fraction(n % 100, 100), is_baseline=n == 0))
    made = arithmetic.charted(made, measurement(90, NOW + timedelta(minutes=77)))
    assert len(made) == 5001
    assert len(made.packed) < 200_000
    assert all(a.at <= b.at for a, b in pairwise(made.readings))
    assert runs(made, UP)
