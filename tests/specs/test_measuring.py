"""What a published instrument allows, and that the names of others are taken as they are."""

from dataclasses import replace
from typing import Any

import pytest
from chalkline_contracts.measurement import MeasurementTaken
from chalkline_contracts.observations import ObservationCorrected, ObservationRecorded
from hypothesis import given
from hypothesis import strategies as st
from kit.spec import Spec
from observations.aggregates import OBSERVATION
from observations.measuring import Edition, check_instruments, named_in
from observations.observation import CorrectObservation, ObservationFacts, RecordObservation
from observations.pair import Partnership
from observations.refusals import (
    InstrumentTakesNoMore,
    InstrumentVersionUnknown,
    KindNotOfInstrument,
    LevelOutsideScale,
)
from specs.test_observation import COACH, COMMAND, LESSON, OBSERVED, PAIR, TINA, acting

RUBRIC = Edition(retired=False, kinds=frozenset({"rubric_level"}), lowest=1, highest=4)
UNKNOWN = Edition(retired=False, kinds=None)
FACTS = ObservationFacts(
    by=acting(COACH), command_id=COMMAND, aggregate_id=OBSERVED,
    partnership=Partnership(COACH, (TINA,), "agreed"), published={"talk@1": RUBRIC, "talk@9": UNKNOWN},
)  # fmt: skip
spec = Spec(OBSERVATION, FACTS)


def level(number: int, instrument: str | None = "talk@1", kind: str = "rubric_level") -> MeasurementTaken:
    return MeasurementTaken.model_validate(
        {"metric_code": "talk", "kind": kind, "numerator": number, "direction": "increase",
         "occurred_at": LESSON, "instrument": instrument, "source": "observation",
         "denominator": 10 if kind == "intervals_on_task" else None}
    )  # fmt: skip


def record(*measurements: MeasurementTaken, instrument: str | None = None) -> RecordObservation:
    told: dict[str, Any] = {
        "partnership_id": PAIR, "started_at": LESSON, "duration_s": 600, "mode": "live",
        "instrument": instrument, "measurements": measurements, "chosen_by": "joint",
    }  # fmt: skip
    return RecordObservation(**told)


def correct(*measurements: MeasurementTaken) -> CorrectObservation:
    return CorrectObservation(measurements=measurements, reason_code="miscounted")


def test_what_the_district_published_is_used_as_it_was_published() -> None:
    spec.when(record(level(4), instrument="talk@1")).then_types(ObservationRecorded)
    spec.when(record(level(5))).refused(LevelOutsideScale)
    spec.when(record(level(5, None), instrument="talk@1")).refused(LevelOutsideScale)
    spec.when(record(level(3, kind="intervals_on_task"))).refused(KindNotOfInstrument)


def test_a_version_nobody_published_of_an_instrument_somebody_did_is_refused() -> None:
    for wish in (record(instrument="talk@9"), record(level(2, "talk@9"))):
        spec.when(wish).refused(InstrumentVersionUnknown)


def test_an_instrument_of_a_code_nobody_published_is_taken_by_its_name() -> None:
    spec.when(record(level(900, "theirs@7"), instrument="theirs@7")).then_types(ObservationRecorded)
    # Measured with theirs beside an observation with ours: each by its own.
    spec.when(record(level(900, "theirs@7"), instrument="talk@1")).then_types(ObservationRecorded)


def test_a_retired_instrument_takes_no_new_observation_and_what_was_observed_may_be_corrected() -> None:
    retired = spec.knowing(published={"talk@1": replace(RUBRIC, retired=True)})
    for wish in (record(instrument="talk@1"), record(level(2))):
        retired.when(wish).refused(InstrumentTakesNoMore)
    before = spec.when(record(level(2), instrument="talk@1")).then_types(ObservationRecorded)
    after = before.knowing(published=retired.facts.published)
    after.when(correct(level(3))).then_types(ObservationCorrected)
    after.when(correct(level(0))).refused(LevelOutsideScale)
    after.when(correct(level(5, None))).refused(LevelOutsideScale)


@given(
    number=st.integers(0, 10), lowest=st.integers(-3, 6), more=st.integers(1, 6), own=st.booleans(),
    is_new=st.booleans(),
)  # fmt: skip
def test_a_level_counts_exactly_within_its_scale(
    number: int, lowest: int, more: int, own: bool, is_new: bool
) -> None:
    edition = replace(RUBRIC, lowest=lowest, highest=lowest + more)
    taken = (level(number, "talk@1" if own else None),)
    inside = lowest <= number <= lowest + more
    try:
        check_instruments("talk@1", taken, {"talk@1": edition}, is_new=is_new)
    except LevelOutsideScale:
        assert not inside
    else:
        assert inside


def test_every_instrument_that_is_named_is_asked_about() -> None:
    assert named_in("a@1", (level(1, "b@2"), level(1, None), level(1, "a@1"))) == {"a@1", "b@2"}
    assert named_in(None, ()) == set()


@pytest.mark.parametrize("kinds", [frozenset({"rubric_level"}), frozenset[str]()])
def test_an_instrument_whose_content_was_blanked_forbids_no_kind(kinds: frozenset[str]) -> None:
    edition = Edition(retired=False, kinds=kinds)
    check_instruments(None, (level(7),), {"talk@1": edition}, is_new=True)
