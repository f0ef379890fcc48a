"""What a command costs is measured of every kind of aggregate: none goes unmeasured, nor keeps others from it."""

import pytest

from bench import aggregates


def test_no_aggregate_is_left_out_of_the_benchmark() -> None:
    assert aggregates.left_out() == []


def test_an_aggregate_without_a_command_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(aggregates.KINDS, "observation")
    assert aggregates.left_out() == ["Observation"]
