"""The example of `docs/arithmetic.md` is what happens: told again line by line, to a goal and to the oracle."""

import re
from datetime import UTC, date, datetime
from fractions import Fraction
from pathlib import Path
from uuid import UUID

from chalkline_contracts.event import Event
from chalkline_contracts.goals import GoalAchieved, GoalTrendChanged, ProgressMeasured
from goals import drawing
from kit.goal_lives import Life, versions_of

PAGE = Path(__file__).parents[2] / "docs" / "arithmetic.md"


def rows() -> list[list[str]]:
    lines = re.findall(r"^\| (?:20\d\d-\d\d-\d\d)? ?\|.*\|$", PAGE.read_text(), re.MULTILINE)
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def at(day: str) -> datetime:
    return datetime.fromisoformat(day).replace(hour=16, tzinfo=UTC)


def said(event: Event) -> str:
    name = type(event).__name__
    return f"{name}: {event.trend}" if isinstance(event, GoalTrendChanged) else name


def begun() -> Life:
    life = Life(
        "rubric_level", "increase", "America/Chicago", at("2026-03-05"), Fraction(20), 2, date(2026, 5, 14)
    )
    life.baseline([(9, at("2026-03-02")), (11, at("2026-03-03")), (10, at("2026-03-05"))], "show-me@1")
    assert life.set(Fraction(0))
    return life


def test_the_example_is_what_happens() -> None:
    life = begun()
    shown = dict[UUID, list[str]]()
    for row in rows():
        measured, told, level, *_, happened = row
        life.now, before = at(told), len(life.events)
        if measured:
            own = life.progress(int(level), at(measured), "show-me@1")
            assert own is not None
            shown[own] = row
        elif "GoalRecharted" in happened:
            life.rechart(18, None, None, date(2026, 5, 28))
        else:
            life.confirm()
        news = [said(event) for event in life.events[before:] if not isinstance(event, ProgressMeasured)]
        assert ", ".join(news) == happened
        # The trend of a row is that right after it was told: what comes late changes none of the earlier ones here.
    drawn = drawing.drawn(life.goal.chart.readings, versions_of(life), life.zone)
    assert len(shown) == sum(d.counted for d in drawn) == 13
    for each in drawn:
        if each.counted:
            told_of = shown[each.reading.measurement_id]
            assert told_of[2:7] == [
                str(each.reading.quotient), str(each.goal_version), str(each.line),
                "yes" if each.at_target else "", each.trend,
            ]  # fmt: skip
    achieved = life.events[-1]
    assert isinstance(achieved, GoalAchieved)
    assert (achieved.achieved_on, achieved.days, achieved.measurements_n) == (date(2026, 5, 28), 84, 13)


def test_the_page_tells_thirteen_measurements_a_change_and_a_confirmation() -> None:
    assert len(rows()) == 15
