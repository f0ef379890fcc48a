"""What is packed in a state lies behind its JSON, byte for byte, and in base64 wherever a person might look."""

from dataclasses import dataclass, replace
from datetime import timedelta
from fractions import Fraction
from functools import reduce
from typing import Any
from uuid import UUID

import pytest
from backbone.commands import decode_state, encode_state
from backbone.packed import Packed
from chalkline_contracts.values import instant
from goals.aggregates import GOAL
from goals.chart import RECORD, Chart, Reading, reading
from hypothesis import given
from hypothesis import strategies as st
from kit.coaching import underway
from kit.spec import NOW
from pydantic import TypeAdapter, ValidationError


@dataclass(frozen=True, slots=True)
class Box:
    first: Packed = b""
    name: str = ""
    second: Packed = b""


class Kind:
    name = "Box"
    states = (Box,)


boxes = st.builds(Box, st.binary(max_size=60), st.text(max_size=10), st.binary(max_size=60))


@given(boxes)
def test_a_state_is_read_back_as_it_was(box: Box) -> None:
    stored = encode_state(box)
    assert decode_state(Kind, stored) == box  # type: ignore[arg-type]
    assert stored.endswith(box.first + box.second)
    adapter = TypeAdapter(Box)
    assert adapter.validate_json(adapter.dump_json(box)) == box


def test_a_state_without_anything_packed_ends_with_its_line_or_without() -> None:
    """As states were stored before anything was packed."""
    assert decode_state(Kind, b'Box\n{"name":"x"}') == Box(name="x")  # type: ignore[arg-type]
    assert decode_state(Kind, b'Box\n{"name":"x"}\n') == Box(name="x")  # type: ignore[arg-type]


@pytest.mark.parametrize("stored", [b'Box\n{"first":3}\nab', b'Box\n{"first":3}', b'Box\n{"first":[1]}\nabc'])
def test_a_state_that_lacks_bytes_is_not_read_as_another(stored: bytes) -> None:
    with pytest.raises(ValidationError):
        decode_state(Kind, stored)  # type: ignore[arg-type]


# Readings --------------------------------------------------------------------------------------------

readings = st.lists(
    st.builds(
        Reading,
        st.binary(min_size=16, max_size=16),
        st.integers(instant(NOW) - 5, instant(NOW) + 5) | st.integers(-(2**53), 2**53),
        st.integers(-(10**21), 10**21) | st.integers(-(2**31) - 1, 2**31) | st.integers(0, 100),
        st.integers(1, 10**21) | st.integers(1, 2**16) | st.integers(1, 100),
        st.sampled_from([None, "a@1", "b@2", "a@2"]),
        st.booleans(),
    ),
    unique_by=lambda each: each.own,
    max_size=12,
)


@given(readings, st.data())
def test_a_chart_keeps_each_reading_exactly_and_in_its_place(
    told: list[Reading], data: st.DataObject
) -> None:
    chart = Chart()
    for each in told:
        chart = chart.joined(each)
    in_order = sorted(told, key=lambda each: each.instant)  # stable: ties stay as they were told
    assert list(chart.readings) == in_order
    assert len(chart.packed) == RECORD * len(told)
    assert [each for each in in_order if each.is_baseline] == list(chart.baseline)
    last = max((n for n, each in enumerate(in_order) if each.is_baseline), default=None)
    counted = [] if last is None else in_order[last + 1 :]
    assert list(chart.counted()) == counted
    assert list(chart.counted(3)) == counted[-3:]
    for each in told:
        assert chart.holds(each.measurement_id)
        assert chart.ends_with(each.measurement_id) == (each == in_order[-1])
    for each in data.draw(st.lists(st.sampled_from(told), unique=True) if told else st.just([])):
        chart = chart.without(each.measurement_id)
        in_order.remove(each)
        assert list(chart.readings) == in_order
        assert chart.knows(each.measurement_id)
        assert not chart.holds(each.measurement_id)
        assert chart.without(each.measurement_id) == chart
    adapter = TypeAdapter(Chart)
    assert adapter.validate_json(adapter.dump_json(chart)) == chart


def test_an_id_that_lies_across_two_readings_is_nobodys() -> None:
    """The bytes are there, but no reading begins with them."""
    chart = (
        Chart().joined(reading(UUID(int=1), NOW, Fraction(1))).joined(reading(UUID(int=2), NOW, Fraction(2)))
    )
    across = UUID(bytes=chart.packed[RECORD - 8 : RECORD + 8])
    assert not chart.holds(across)
    assert chart.without(across) is chart


def test_a_goal_of_a_thousand_readings_is_stored_in_little_more_than_their_bytes() -> None:
    goal: Any = reduce(GOAL.evolve, underway(), GOAL.initial)
    chart = goal.chart
    for n in range(1000):
        chart = chart.joined(
            reading(UUID(int=n), NOW + timedelta(minutes=n), Fraction(n, 100), instrument="a@1")
        )
    stored = encode_state(replace(goal, chart=chart))
    assert len(stored) < 1000 * RECORD + 2000
