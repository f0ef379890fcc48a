"""What a chart says of a history: what was known, how it is judged, and the rule in words."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

from chalkline_contracts import goals as g
from chalkline_contracts.event import Event
from goals.charted import GoalChart, told
from goals.goal_history import Told, known
from kit.coaching import (
    CYCLE,
    GOAL,
    PARTNERSHIP,
    TESS,
    ZONE,
    baseline,
    drafted,
    goal_set,
    measured,
    on_day,
    proposed,
)

SET = goal_set(proposed("4/5", consecutive=2), "1/2")
BEGUN = (drafted(), baseline(40, 50, 60), SET)
ABOUT = {"cycle_id": CYCLE, "partnership_id": PARTNERSHIP}


def chart(*events: Event, as_of: date | None = None, words: str | None = None) -> GoalChart:
    """Each recorded at the moment it happened, or in the evening of 1 February."""
    history = known(
        (
            Told(event, event.happened_at or on_day(1, 20), event.happened_at or on_day(1, 20), words)
            for event in events
        ),
        ZONE,
    )
    return told(GOAL, as_of, history)


def at(hour: int, day: int) -> datetime:
    return datetime(2026, 2, day, hour, tzinfo=UTC)


def quotients(shown: GoalChart) -> list[str]:
    return [each.quotient for each in shown.measurements if not each.is_baseline]


def test_measurements_come_in_the_order_they_happened_and_those_of_one_moment_as_they_were_told() -> None:
    shown = chart(*BEGUN, measured(70, 20), measured(60, 10), measured(65, 20), measured(55, 1))
    assert quotients(shown) == ["11/20", "3/5", "7/10", "13/20"]
    assert [each.counted for each in shown.measurements] == [False] * 3 + [True] * 4


def test_what_was_retracted_is_not_there_and_neither_is_a_trend_without_a_baseline() -> None:
    told_of = baseline(50)
    gone = [
        g.ProgressRetracted(**ABOUT, measurement_id=m.measurement_id, cause="observation_voided")
        for m in told_of.measurements
    ]
    shown = chart(drafted(), told_of, SET, measured(60, 10), *gone)
    assert (shown.baseline, shown.trend, quotients(shown)) == (None, None, ["3/5"])
    assert [each.counted for each in shown.measurements] == [False]
    assert shown.rule[1].startswith("All of the baseline was retracted")


def test_phases_pauses_and_the_end_are_those_of_the_cycle_in_its_own_days() -> None:
    cycle = {"partnership_id": PARTNERSHIP}
    moments = [
        (g.CyclePhaseEntered(**cycle, phase="identify"), at(3, 2)),  # the evening before, in Chicago
        (g.CyclePaused(**cycle, by=TESS), at(18, 3)),
        (g.CycleResumed(**cycle, by=TESS), at(18, 5)),
        (g.CyclePaused(**cycle, by=TESS), at(18, 6)),
        (g.CyclePhaseEntered(**cycle, phase="learn"), at(18, 9)),
        (g.CycleCompleted(**cycle, focus="engagement"), at(18, 10)),
    ]
    history = known(
        (Told(event, moment, moment, None) for event, moment in [(drafted(), at(1, 2)), *moments]), ZONE
    )
    shown = told(GOAL, None, history)
    assert [(line.phase, line.on.day) for line in shown.phases] == [("identify", 1), ("learn", 9)]
    assert [(p.paused_on.day, p.resumed_on and p.resumed_on.day) for p in shown.pauses] == [(3, 5), (6, None)]
    assert shown.cycle_ended_at == at(18, 10)


def test_the_rule_counts_what_is_still_wanting() -> None:
    assert chart(*BEGUN).rule[1:] == ["It takes 2 measurements in a row at target."]
    assert (
        chart(*BEGUN, measured(80, 5)).rule[1]
        == "The last one is at target: one more in a row and the target is met."
    )
    other = measured(80, 6, instrument="time-on-task@2")
    assert chart(*BEGUN, measured(80, 5), other).rule[1] == (
        "The last one is at target: one more in a row and the target is met."
    )
    low = [measured(40, day) for day in (5, 6)]
    assert chart(*BEGUN, *low).rule[2] == (
        "2 of the last 2, the last 2 in a row, are below the aim line (at risk from 3 in a row or 4 of 6): on track."
    )
    assert chart(*BEGUN, *low, measured(70, 7)).rule[2] == (
        "2 of the last 3 are below the aim line (at risk from 3 in a row or 4 of 6): on track."
    )


def test_a_goal_to_maintain_has_a_tolerance_and_no_line() -> None:
    keeps = goal_set(proposed(None, tolerance="1/10", direction="maintain", consecutive=3), "1/2")
    shown = chart(drafted(), baseline(40, 50, 60), keeps, measured(55, 5), measured(90, 6))
    assert [(each.line, each.at_target) for each in shown.measurements[3:]] == [(None, True), (None, False)]
    assert shown.versions[0].line == []
    assert shown.rule[1:] == [
        "It takes 3 measurements in a row within the tolerance.",
        "1 of the last 2 is outside the tolerance (at risk from 3 in a row or 4 of 6): on track.",
    ]


def test_what_became_of_a_goal_is_told_in_its_order() -> None:
    reading = measured(80, 6)
    own = reading.measurement.measurement_id
    met = g.GoalTargetMet(**ABOUT, goal_version=1, measurement_id=own, met_on=date(2026, 2, 6))
    achieved = g.GoalAchieved(
        **ABOUT, confirmed_by=TESS, achieved_on=date(2026, 2, 6), baseline="1/2", final="4/5", measurements_n=2, days=5,
        goal_version=1,
    )  # fmt: skip
    withdrawn = g.AchievementWithdrawn(**ABOUT, cause="observation_voided", measurement_id=own)
    abandoned = g.GoalAbandoned(**ABOUT, reason_code="moved")
    before = (*BEGUN, measured(80, 5), reading, met)
    assert (
        chart(*before).rule[1] == "The target was met on 2026-02-06; an owner's word makes it an achievement."
    )
    assert chart(*before, achieved).rule[1] == "Achieved on 2026-02-06."
    shown = chart(*before, achieved, withdrawn, abandoned)
    assert [(each.what, each.why) for each in shown.reached] == [
        ("goal_set", None), ("target_met", None), ("achieved", None),
        ("achievement_withdrawn", "observation_voided"), ("abandoned", "moved"),
    ]  # fmt: skip
    assert (shown.status, shown.trend, shown.rule[1]) == ("abandoned", None, "Abandoned on 2026-02-01.")


def test_a_line_goes_on_flat_to_the_last_measurement_and_the_day_asked_for() -> None:
    due = SET.due_on
    late = chart(*BEGUN, as_of=due + timedelta(days=9)).versions[0].line
    assert [(point.on, point.quotient) for point in late] == [
        (date(2026, 2, 1), "1/2"), (due, "4/5"), (due + timedelta(days=9), "4/5"),
    ]  # fmt: skip


def test_a_measurement_tells_which_observation_it_comes_from() -> None:
    visit = uuid4()
    seen = measured(60, 5).model_copy(update={"observation_id": visit})
    found: list[UUID | None] = [each.observation_id for each in chart(*BEGUN, seen).measurements]
    assert found == [None, None, None, visit]
