"""What figures are made of: school years, phases without their pauses, how many students a measurement is about."""

from datetime import UTC, date, datetime, timedelta

import pytest
from chalkline_contracts import goals as g
from chalkline_contracts.event import Event
from goals.figures import Row, cycle_changed, goal_changed, phase_left, school_year, students_of
from kit.coaching import (
    CYCLE,
    GOAL,
    PARTNERSHIP,
    TESS,
    THEO,
    baseline,
    cycle_started,
    drafted,
    goal_set,
    measurement,
    proposed,
)


def on(day: int, hour: int = 15) -> datetime:
    return datetime(2026, 2, day, hour, tzinfo=UTC)


def through(*steps: tuple[Event, datetime]) -> tuple[Row, list[tuple[str, timedelta]]]:
    """A cycle's row after these, and the phases it left."""
    row: Row = {}
    left = []
    for event, at in steps:
        changed = cycle_changed(row or None, event, at)
        if row and (stretch := phase_left(row, changed, at)) is not None:
            left.append((row["phase"], stretch))
        row |= changed
    return row, left


@pytest.mark.parametrize(
    ("day", "year"),
    [
        (date(2026, 6, 30), 2025),
        (date(2026, 7, 1), 2026),
        (date(2026, 12, 31), 2026),
        (date(2027, 1, 1), 2026),
    ],
)
def test_a_school_year_begins_in_july(day: date, year: int) -> None:
    assert school_year(day) == year


def test_a_cycle_belongs_to_the_year_and_month_in_which_it_started_at_its_school() -> None:
    row, _ = through(
        (cycle_started(), datetime(2026, 7, 1, 3, tzinfo=UTC))
    )  # the evening of 30 June in Chicago
    assert (row["year"], row["month"]) == (2025, "2026-06")


def test_time_in_a_phase_leaves_out_its_pauses() -> None:
    told = {"partnership_id": PARTNERSHIP}
    row, left = through(
        (cycle_started(), on(1)),
        (g.CyclePhaseEntered(**told, phase="identify"), on(1)),
        (g.CyclePaused(**told, by=TESS), on(3)),
        (g.CycleResumed(**told, by=TESS), on(5)),
        (g.CyclePhaseEntered(**told, phase="learn"), on(9)),
        (g.CyclePaused(**told, by=TESS), on(10)),
        (g.CyclePhaseEntered(**told, phase="improve"), on(12)),  # while it rests
        (g.CycleResumed(**told, by=TESS), on(14)),
        (g.CycleCompleted(**told, focus="engagement"), on(20)),
    )
    assert left == [
        ("identify", timedelta(days=6)), ("learn", timedelta(days=1)), ("improve", timedelta(days=6)),
    ]  # fmt: skip
    assert (row["phase"], row["status"], row["paused_at"]) == (None, "completed", None)


def test_who_ever_took_part_counts_and_the_latest_follow_up_holds() -> None:
    told = {"partnership_id": PARTNERSHIP}
    row, _ = through(
        (cycle_started(), on(1)),
        (g.CycleMemberJoined(**told, teacher_id=THEO, by=THEO), on(2)),
        (g.CycleMemberJoined(**told, teacher_id=THEO, by=THEO), on(3)),
        (g.CycleClosedEarly(**told, focus="engagement", reason_code="moved"), on(4)),
        (g.FollowUpRecorded(**told, focus="engagement", outcome="sustained", by=TESS), on(5)),
        (g.FollowUpRecorded(**told, focus="engagement", outcome="lapsed", by=TESS), on(6)),
    )
    assert row["teacher_ids"] == (TESS, THEO)
    assert (row["status"], row["follow_up"]) == ("closed_early", "lapsed")


def test_a_goal_comes_as_far_as_it_stands() -> None:
    about = {"cycle_id": CYCLE, "partnership_id": PARTNERSHIP}
    achieved = g.GoalAchieved(**about, confirmed_by=TESS, achieved_on=date(2026, 2, 6), baseline="1/2", final="4/5",
                              measurements_n=2, days=5, goal_version=1)  # fmt: skip
    withdrawn = g.AchievementWithdrawn(**about, cause="observation_voided", measurement_id=GOAL)
    events = (drafted(), baseline(40, 50, 60), goal_set(proposed(), "1/2"), achieved, withdrawn)
    row: Row = {}
    stages = []
    for event in events:
        row |= goal_changed(row or None, event)
        stages.append((row["stage"], row["baseline"], row["final"]))
    assert stages == [(0, None, None), (1, None, None), (2, None, None), (4, "1/2", "4/5"), (2, None, None)]


def test_how_many_students_a_measurement_is_about_is_told_or_is_the_whole_of_its_proportion() -> None:
    assert students_of(measurement(50)) is None
    assert students_of(measurement(50, kind="students_proficient")) == 100
    assert students_of(measurement(50).model_copy(update={"n_students": 26})) == 26
