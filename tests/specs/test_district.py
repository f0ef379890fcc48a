"""What may be decided about a district, and by whom."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from backbone.commands import decode_state, encode_state
from backbone.deciding import Actor, Forbidden, Look, Refusal, Unseen
from chalkline_contracts.directory import DistrictClosed, DistrictOpened, SandboxClockAdvanced
from directory.access import authorise_district
from directory.aggregates import DISTRICT
from directory.district import AdvanceClock, CloseDistrict, DistrictFacts, Open, OpenDistrict, Unset
from directory.refusals import (
    ClockLeapsTooFar,
    ClockOnlyMovesForward,
    DistrictAlreadyOpened,
    DistrictNotOpen,
    DistrictNotSandbox,
    LegalHold,
)
from directory.views import view_district
from hypothesis import given
from hypothesis import strategies as st
from kit.spec import NOW, Spec
from pydantic import ValidationError

TENANT = UUID(int=1)
OPERATOR = Actor("operator", "it", TENANT)
PERSON = Actor("person", str(UUID(int=2)), TENANT)
FACTS = DistrictFacts(by=OPERATOR, command_id=UUID(int=9), aggregate_id=TENANT)
OPEN = OpenDistrict(name="Prairie", sandbox=True, time_zone="America/Chicago")

spec = Spec(DISTRICT, FACTS)


def opened(*, sandbox: bool = True) -> DistrictOpened:
    return DistrictOpened(
        sandbox=sandbox,
        time_zone="America/Chicago",
        clock=NOW if sandbox else None,
        name_ref=OPEN.name.ref,
    )


def advance(**later: float) -> AdvanceClock:
    return AdvanceClock(to=NOW + timedelta(**later))


def test_a_sandbox_opens_with_its_clock_standing_at_that_moment() -> None:
    spec.given().when(OPEN).then(opened())


def test_a_real_district_has_no_clock_of_its_own() -> None:
    spec.given().when(OPEN.model_copy(update={"sandbox": False})).then(opened(sandbox=False))


def test_no_district_leaves_while_a_legal_hold_stands_in_it() -> None:
    leaving = spec.given(opened())
    leaving.knowing(holds=2).when(CloseDistrict()).refused(LegalHold)
    leaving.when(CloseDistrict()).then(DistrictClosed())


def test_a_district_opens_once() -> None:
    spec.given(opened()).when(OPEN).refused(DistrictAlreadyOpened)
    spec.given(opened(), DistrictClosed()).when(OPEN).refused(DistrictAlreadyOpened)


def test_a_sandbox_clock_moves_forward_from_where_it_was_left() -> None:
    moved = spec.given(opened()).when(advance(days=7)).then(SandboxClockAdvanced(to=NOW + timedelta(days=7)))
    moved.when(advance(days=6)).refused(ClockOnlyMovesForward)
    moved.when(advance(days=7)).refused(ClockOnlyMovesForward)
    moved.when(advance(days=7, seconds=1)).then_types(SandboxClockAdvanced)


def test_a_sandbox_clock_does_not_care_what_the_wall_clock_says() -> None:
    spec.given(opened()).at(NOW + timedelta(days=30)).when(advance(hours=1)).then_types(SandboxClockAdvanced)


def test_a_sandbox_clock_moves_at_most_a_year_at_once() -> None:
    spec.given(opened()).when(advance(days=367)).refused(ClockLeapsTooFar)


def test_the_clock_of_a_real_district_is_the_worlds() -> None:
    spec.given(opened(sandbox=False)).when(advance(days=1)).refused(DistrictNotSandbox)


def test_nothing_is_decided_in_a_closed_district() -> None:
    closed = spec.given(opened()).when(CloseDistrict()).then(DistrictClosed())
    closed.when(CloseDistrict()).refused(DistrictNotOpen)
    closed.when(advance(days=1)).refused(DistrictNotOpen)


@pytest.mark.parametrize(
    "zone", ["Mars/Olympus", "", "America", "../etc/passwd", "UTC\x00", "america/chicago"]
)
def test_a_time_zone_is_an_iana_name(zone: str) -> None:
    with pytest.raises(ValidationError):
        OpenDistrict.model_validate({"name": "Prairie", "time_zone": zone})


@pytest.mark.parametrize(
    "to", ["2026-03-02T15:00:00", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00Z", 5]
)
def test_a_moment_is_one_that_a_calendar_can_reckon_with(to: object) -> None:
    with pytest.raises(ValidationError):
        AdvanceClock.model_validate({"to": to})


def test_operators_open_their_own_district_and_find_no_other() -> None:
    authorise_district(Unset(), OPEN, FACTS)
    with pytest.raises(Unseen):
        authorise_district(Unset(), OPEN, replace(FACTS, aggregate_id=UUID(int=3)))
    with pytest.raises(Unseen):
        authorise_district(Unset(), CloseDistrict(), FACTS)


def test_an_administrator_advances_the_clock_and_neither_opens_nor_closes() -> None:
    facts = replace(FACTS, by=PERSON, belongs=True, administers=True)
    state = spec.given(opened()).state
    authorise_district(state, advance(days=1), facts)
    with pytest.raises(Forbidden):
        authorise_district(state, CloseDistrict(), facts)


def test_people_of_the_district_may_not_advance_the_clock_and_strangers_see_none() -> None:
    state = spec.given(opened()).state
    with pytest.raises(Forbidden):
        authorise_district(state, advance(days=1), replace(FACTS, by=PERSON, belongs=True))
    with pytest.raises(Unseen):
        authorise_district(state, advance(days=1), replace(FACTS, by=PERSON))


def test_people_of_the_district_look_at_it_and_see_where_its_clock_stands() -> None:
    facts = replace(FACTS, by=PERSON, belongs=True)
    state = spec.given(opened(), SandboxClockAdvanced(to=NOW + timedelta(days=1))).state
    authorise_district(state, Look(), facts)
    seen = view_district(state, facts)
    assert (seen["name"], seen["sandbox"], seen["clock"]) == (OPEN.name.ref, True, NOW + timedelta(days=1))
    with pytest.raises(Unseen):
        authorise_district(state, Look(), replace(FACTS, by=PERSON))


moments = st.datetimes(
    min_value=datetime(2020, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    max_value=datetime(2030, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
wishes = st.one_of(
    st.booleans().map(lambda sandbox: OPEN.model_copy(update={"sandbox": sandbox})),
    moments.map(lambda to: AdvanceClock(to=to)),
    st.just(CloseDistrict()),
)


@given(st.lists(st.tuples(wishes, moments), max_size=12))
def test_whatever_is_wished_a_clock_never_goes_back(wished: list[tuple[object, datetime]]) -> None:
    state, stood = DISTRICT.initial, None
    for wish, now in wished:
        try:
            happened = DISTRICT.decide(state, wish, FACTS, now=now)
        except Refusal:
            continue
        for event in happened:
            state = DISTRICT.evolve(state, event)
        if isinstance(state, Open) and state.clock is not None:
            assert stood is None or state.clock >= stood
            stood = state.clock
        assert decode_state(DISTRICT, encode_state(state)) == state


@given(
    st.lists(
        st.sampled_from([opened(), opened(sandbox=False), DistrictClosed(), SandboxClockAdvanced(to=NOW)])
    )
)
def test_any_history_of_a_district_can_be_read(history: list[object]) -> None:
    state = DISTRICT.initial
    for event in history:
        state = DISTRICT.evolve(state, event)
    assert type(state) in DISTRICT.states
