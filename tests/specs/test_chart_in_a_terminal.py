"""A goal's chart in a terminal: every reading has its place, whatever was measured."""

import re
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from chalkline.chart import HEIGHT, WIDTH, drawn
from hypothesis import given
from hypothesis import strategies as st

MONDAY = date(2026, 1, 5)


def reading(
    day: int, quotient: Fraction, *, baseline: bool = False, at_target: bool = False
) -> dict[str, Any]:
    on = (MONDAY + timedelta(days=day)).isoformat()
    told = {"on": on, "quotient": str(quotient), "trend": None if baseline else "on_track"}
    return {**told, "is_baseline": baseline, "at_target": at_target}


def chart(*readings: dict[str, Any], target: Fraction | None, due: int) -> dict[str, Any]:
    due_on = (MONDAY + timedelta(days=due)).isoformat()
    first = readings[0]
    line = [{"on": first["on"], "quotient": first["quotient"]}, {"on": due_on, "quotient": str(target)}]
    return {
        "baseline": {"quotient": first["quotient"], "on": first["on"]},
        "measurements": list(readings),
        "versions": [
            {"target": str(target) if target else None, "due_on": due_on, "line": line if target else []}
        ],
        "phases": [{"phase": "learn_it", "on": first["on"]}],
        "rule": ["Met when two are at target."],
    }


def lines(told: dict[str, Any]) -> list[str]:
    return [line.plain for line in drawn(told)]


def test_a_baseline_lies_on_the_left_the_target_on_the_right_and_the_line_between_them() -> None:
    share = Fraction(1, 4)
    told = chart(reading(0, share, baseline=True), reading(14, Fraction(3, 4)), target=Fraction(1), due=28)
    picture = [re.split("[┤│]", line, maxsplit=1)[1] for line in lines(told)[:HEIGHT]]
    assert picture[-4].startswith("○")
    assert picture[0].rstrip().endswith("·")
    [at] = [row.index("●") for row in picture if "●" in row]
    assert at == (WIDTH - 1) // 2
    assert sum(row.count("·") for row in picture) >= WIDTH - 2


def test_what_the_rule_says_stands_below_with_phases_named_and_the_trend() -> None:
    told = lines(
        chart(
            reading(0, Fraction(1, 4), baseline=True), reading(3, Fraction(1, 2)), target=Fraction(1), due=9
        )
    )
    assert told[-1] == "  Met when two are at target."
    assert told[-2] == "  After the last reading: on track."
    assert "a phase begins: learn it" in told[-3]
    assert "2026-01-05" in told[-4]
    assert "2026-01-14" in told[-4]


def test_without_a_baseline_there_is_nothing_to_draw() -> None:
    told = chart(reading(0, Fraction(1, 4)), target=None, due=9)
    assert lines({**told, "baseline": None}) == [
        "  After the last reading: on track.",
        "  Met when two are at target.",
    ]


QUOTIENTS = st.fractions(min_value=-500, max_value=500, max_denominator=400)


@given(
    readings=st.lists(
        st.tuples(st.integers(0, 400), QUOTIENTS), min_size=1, max_size=12, unique_by=lambda one: one[0]
    ),
    target=st.none() | QUOTIENTS,
    due=st.integers(0, 300),
)
def test_whatever_was_measured_has_its_place(
    readings: list[tuple[int, Fraction]], target: Fraction | None, due: int
) -> None:
    told = chart(*(reading(day, quotient, baseline=n == 0) for n, (day, quotient) in enumerate(readings)),
                 target=target, due=max(due, readings[0][0]))  # fmt: skip
    picture = lines(told)[:HEIGHT]
    assert len(picture) == HEIGHT
    [margin] = {re.search("[┤│]", row).start() for row in picture}  # type: ignore[union-attr]
    assert all(len(row) <= margin + 1 + WIDTH for row in picture)
    assert 1 <= sum(row.count("○") + row.count("●") for row in picture) <= len(readings)
