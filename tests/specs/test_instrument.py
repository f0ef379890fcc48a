"""What may be decided about instruments, and by whom."""

from dataclasses import replace
from uuid import UUID

import pytest
from backbone.commands import decode_state, encode_state
from backbone.deciding import Actor, Claim, FactsBehind, Forbidden, Look, Refusal, Unseen
from backbone.words import private, words_in
from chalkline_contracts.observations import InstrumentItem, InstrumentPublished, InstrumentRetired, Scale
from hypothesis import given
from hypothesis import strategies as st
from kit.spec import NOW, Spec
from observations.access import authorise_instrument
from observations.aggregates import INSTRUMENT
from observations.instrument import InstrumentFacts, Item, Levels, PublishInstrument, RetireInstrument
from observations.refusals import (
    InstrumentAlreadyRetired,
    InstrumentCodeDiffers,
    InstrumentNotPublished,
    ItemCodesRepeat,
    ScaleUpsideDown,
)
from observations.views import view_instrument

TENANT = UUID(int=1)
FACTS = InstrumentFacts(by=Actor("operator", "it", TENANT), command_id=UUID(int=9), aggregate_id=UUID(int=2))
LEAD = replace(FACTS, by=Actor("person", str(UUID(int=3)), TENANT), belongs=True, curates=True)
NAME, WORDING = private("Time on task"), private("The student does what the task asks")
ITEM = Item(code="on_task", kind="intervals_on_task", wording=WORDING)

spec = Spec(INSTRUMENT, FACTS)


def publish(
    code: str = "time-on-task", items: tuple[Item, ...] = (ITEM,), **more: object
) -> PublishInstrument:
    return PublishInstrument(name=NAME, code=code, items=items, **more)


def published(version: int = 1, code: str = "time-on-task") -> InstrumentPublished:
    item = InstrumentItem(code="on_task", kind="intervals_on_task", wording_ref=WORDING.ref)
    return InstrumentPublished(instrument=f"{code}@{version}", items=(item,), name_ref=NAME.ref)


def test_an_instrument_begins_with_its_first_version() -> None:
    spec.when(publish()).then(published())
    assert {words.text for words in words_in(publish())} == {NAME.text, WORDING.text}


def test_a_change_is_another_version_and_never_touches_the_one_before() -> None:
    spec.given(published()).when(publish()).then(published(2)).when(publish()).then(published(3))


def test_every_version_keeps_the_code() -> None:
    spec.given(published()).when(publish("talk-time")).refused(InstrumentCodeDiffers)


def test_each_item_has_a_code_of_its_own() -> None:
    spec.when(publish(items=(ITEM, ITEM))).refused(ItemCodesRepeat)


def test_a_scale_goes_upward() -> None:
    spec.when(publish(scale=Levels(lowest=4, highest=4))).refused(ScaleUpsideDown)
    rubric = spec.when(publish(scale=Levels(lowest=1, highest=4))).then_types(InstrumentPublished)
    assert rubric.state.scale == Scale(lowest=1, highest=4)


def test_a_retired_instrument_has_no_further_version() -> None:
    retired = (
        spec.given(published(2)).when(RetireInstrument()).then(InstrumentRetired(instrument="time-on-task@2"))
    )
    retired.when(publish()).refused(InstrumentAlreadyRetired)
    retired.when(RetireInstrument()).refused(InstrumentAlreadyRetired)


def test_what_was_never_published_cannot_be_retired() -> None:
    spec.when(RetireInstrument()).refused(InstrumentNotPublished)


def test_a_code_and_version_mean_one_thing_for_good() -> None:
    assert list(INSTRUMENT.claims(published())) == [Claim("instrument:time-on-task")]
    assert list(INSTRUMENT.claims(published(2))) == []
    assert list(INSTRUMENT.claims(published(11, "at"))) == []
    assert list(INSTRUMENT.claims(InstrumentRetired(instrument="time-on-task@1"))) == []


def test_operators_and_those_who_curate_publish_and_others_know_that_instruments_exist() -> None:
    authorise_instrument(INSTRUMENT.initial, publish(), FACTS)
    authorise_instrument(INSTRUMENT.initial, publish(), LEAD)
    with pytest.raises(Forbidden):
        authorise_instrument(INSTRUMENT.initial, publish(), replace(LEAD, curates=False))
    with pytest.raises(Unseen):
        authorise_instrument(INSTRUMENT.initial, publish(), replace(LEAD, curates=False, belongs=False))
    with pytest.raises(FactsBehind):
        authorise_instrument(INSTRUMENT.initial, publish(), replace(LEAD, level=False))
    with pytest.raises(Unseen):
        authorise_instrument(INSTRUMENT.initial, RetireInstrument(), FACTS)


def test_everyone_of_the_district_looks_at_what_is_looked_for() -> None:
    state = spec.given(published(3)).state
    reader = replace(LEAD, curates=False)
    authorise_instrument(state, Look(), reader)
    seen = view_instrument(state, reader)
    assert (seen["instrument"], seen["items"][0].wording_ref) == ("time-on-task@3", WORDING.ref)


wishes = st.one_of(st.builds(publish, st.sampled_from(["time-on-task", "talk"])), st.just(RetireInstrument()))


@given(st.lists(wishes, max_size=12))
def test_whatever_is_wished_versions_count_up_by_one(wished: list[object]) -> None:
    state, told = INSTRUMENT.initial, []
    for wish in wished:
        try:
            happened = INSTRUMENT.decide(state, wish, FACTS, now=NOW)
        except Refusal:
            continue
        for event in happened:
            state = INSTRUMENT.evolve(state, event)
            told += [event.instrument] if isinstance(event, InstrumentPublished) else []
        assert decode_state(INSTRUMENT, encode_state(state)) == state
    assert [int(each.split("@")[1]) for each in told] == list(range(1, len(told) + 1))
    assert len({each.split("@")[0] for each in told}) <= 1


@given(st.lists(st.sampled_from([published(), published(7), InstrumentRetired(instrument="x@1")])))
def test_any_history_of_an_instrument_can_be_read(history: list[object]) -> None:
    state = INSTRUMENT.initial
    for event in history:
        state = INSTRUMENT.evolve(state, event)
    assert type(state) in INSTRUMENT.states
