"""What a district may decide for itself: its policy and its calendar, each told whole."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from uuid import UUID

import pytest
from backbone.commands import decode_state, encode_state
from backbone.deciding import Actor, Forbidden, Refusal, Unseen
from backbone.district import calendar_in, policy_in
from chalkline_contracts.directory import (
    PRODUCT_POLICY,
    CalendarChanged,
    Days,
    DistrictClosed,
    DistrictOpened,
    DistrictPolicyChanged,
    QuietHours,
    Retention,
)
from chalkline_contracts.values import WordsRef
from directory.access import authorise_district
from directory.aggregates import DISTRICT
from directory.calendar import LONGEST, ChangeCalendar, Dates, calendar_of
from directory.district import DistrictFacts
from directory.policy import ChangePolicy, KeptDays, QuietTime
from directory.refusals import DistrictNotOpen, TermsOverlap
from directory.views import view_district
from hypothesis import given
from hypothesis import strategies as st
from kit.spec import NOW, Spec
from pydantic import ValidationError

TENANT = UUID(int=1)
OPERATOR = Actor("operator", "it", TENANT)
PERSON = Actor("person", str(UUID(int=2)), TENANT)
FACTS = DistrictFacts(by=OPERATOR, command_id=UUID(int=9), aggregate_id=TENANT)
OPENED = DistrictOpened(
    sandbox=False, time_zone="America/Chicago", name_ref=WordsRef(ref=UUID(int=7), digest="00")
)
MARCH = date(2026, 3, 1)

spec = Spec(DISTRICT, FACTS).given(OPENED)


def dates(begin: int, end: int) -> Dates:
    """Days counted from the first of March."""
    return Dates(begin=MARCH + timedelta(begin), end=MARCH + timedelta(end))


def days(begin: int, end: int) -> Days:
    return Days(begin=MARCH + timedelta(begin), end=MARCH + timedelta(end))


def test_what_a_district_changes_of_its_policy_changes_and_the_rest_stays() -> None:
    limited = spec.when(ChangePolicy(caseload_limit=12)).then(
        DistrictPolicyChanged(policy_version=1, caseload_limit=12)
    )
    quiet = limited.when(ChangePolicy(quiet_hours=QuietTime(begin="18:00", end="07:00"))).then(
        DistrictPolicyChanged(
            policy_version=2, caseload_limit=12, quiet_hours=QuietHours(begin="18:00", end="07:00")
        )
    )
    quiet.when(ChangePolicy(retention=KeptDays(pair=365), auto_confirm=True)).then(
        DistrictPolicyChanged(
            policy_version=3,
            auto_confirm=True,
            auto_confirm_since=NOW,
            caseload_limit=12,
            quiet_hours=QuietHours(begin="18:00", end="07:00"),
            retention=Retention(pair=365),
        )
    )


def test_an_explicit_null_goes_back_to_what_the_product_has() -> None:
    changed = spec.given(
        DistrictPolicyChanged(policy_version=4, auto_confirm=True, caseload_limit=12, small_cell_n=20)
    )
    back = ChangePolicy.model_validate_json('{"auto_confirm": null, "caseload_limit": null}')
    changed.when(back).then(DistrictPolicyChanged(policy_version=5, small_cell_n=20))


def test_confirming_by_itself_holds_since_it_was_decided_last() -> None:
    """So that what was met before waits for somebody's word, whatever else of the policy changes."""
    first = spec.when(ChangePolicy(auto_confirm=True)).then(
        DistrictPolicyChanged(policy_version=1, auto_confirm=True, auto_confirm_since=NOW)
    )
    later = first.at(NOW + timedelta(days=3))
    later.when(ChangePolicy(auto_confirm=True)).then()
    later = later.when(ChangePolicy(caseload_limit=9)).then(
        DistrictPolicyChanged(policy_version=2, auto_confirm=True, auto_confirm_since=NOW, caseload_limit=9)
    )
    off = later.when(ChangePolicy(auto_confirm=False)).then(
        DistrictPolicyChanged(policy_version=3, caseload_limit=9)
    )
    off.when(ChangePolicy(auto_confirm=True)).then(
        DistrictPolicyChanged(
            policy_version=4, auto_confirm=True, auto_confirm_since=NOW + timedelta(days=3), caseload_limit=9
        )
    )


def test_a_policy_that_stays_as_it_is_makes_no_event() -> None:
    spec.when(ChangePolicy()).then()
    spec.when(ChangePolicy(auto_confirm=False, small_cell_n=10, retention=KeptDays())).then()
    spec.given(DistrictPolicyChanged(policy_version=1, caseload_limit=9)).when(
        ChangePolicy(caseload_limit=9)
    ).then()


@pytest.mark.parametrize(
    "told",
    [
        '{"small_cell_n": 9}',
        '{"caseload_limit": 0}',
        '{"caseload_limit": true}',
        '{"auto_confirm": "yes"}',
        '{"auto_confirm": 1}',
        '{"quiet_hours": {"begin": "18:00"}}',
        '{"quiet_hours": {"begin": "18:00", "end": "18:00"}}',
        '{"quiet_hours": {"begin": "24:00", "end": "07:00"}}',
        '{"quiet_hours": {"begin": "6pm", "end": "07:00"}}',
        '{"quiet_hours": {"begin": "18:00", "end": "07:00\\n"}}',
        '{"quiet_hours": {"begin": "١٨:00", "end": "07:00"}}',
        '{"quiet_hours": {"begin": "18:00", "end": "07:00", "on": "weekends"}}',
        '{"retention": {"pair": 1}}',
        '{"retention": {"students": 100}}',
        '{"confidentiality_policy_version": 0}',
        '{"policy_version": 7}',
        '{"colour": "blue"}',
    ],
)
def test_a_policy_that_no_district_can_have_is_refused(told: str) -> None:
    with pytest.raises(ValidationError):
        ChangePolicy.model_validate_json(told)


def test_a_calendar_is_told_whole_and_in_the_order_of_its_days() -> None:
    told = ChangeCalendar(
        terms=(dates(50, 90), dates(0, 40)), holidays=(dates(60, 60), dates(10, 12), dates(12, 14), dates(15, 15))
    )  # fmt: skip
    known = spec.when(told).then(
        CalendarChanged(terms=(days(0, 40), days(50, 90)), holidays=(days(10, 15), days(60, 60)))
    )
    known.when(told.model_copy(update={"terms": told.terms[::-1]})).then()
    known.when(ChangeCalendar(terms=())).then(CalendarChanged())
    spec.when(ChangeCalendar(terms=())).then()


def test_terms_follow_each_other_and_do_not_overlap() -> None:
    spec.when(ChangeCalendar(terms=(dates(0, 40), dates(41, 80)))).then_types(CalendarChanged)
    spec.when(ChangeCalendar(terms=(dates(40, 80), dates(0, 40)))).refused(TermsOverlap)
    spec.when(ChangeCalendar(terms=(dates(0, 40), dates(10, 20)))).refused(TermsOverlap)
    spec.when(ChangeCalendar(terms=(dates(0, 40), dates(0, 40)))).refused(TermsOverlap)


@pytest.mark.parametrize(
    "told",
    [
        "{}",
        '{"terms": null}',
        '{"terms": [{"begin": "2026-03-02"}]}',
        '{"terms": [{"begin": "2026-03-02", "end": "2026-03-01"}]}',
        '{"terms": [{"begin": "2026-03-02", "end": "2027-03-03"}]}',
        '{"terms": [{"begin": "1999-12-31", "end": "2000-03-03"}]}',
        '{"terms": [{"begin": "2026-02-30", "end": "2026-03-03"}]}',
        '{"terms": [{"begin": "2026-03-02", "end": "2026-03-04", "title": "Spring"}]}',
        '{"terms": [], "holidays": [{"begin": 20260302, "end": "2026-03-04"}]}',
        '{"terms": [], "weekends": []}',
    ],
)
def test_a_calendar_of_days_that_are_none_is_refused(told: str) -> None:
    with pytest.raises(ValidationError):
        ChangeCalendar.model_validate_json(told)


def test_a_calendar_is_of_a_size_that_somebody_could_have_meant() -> None:
    day = dates(0, 0)
    for too_much in ({"terms": (day,) * 101}, {"terms": (), "holidays": (day,) * 501}):
        with pytest.raises(ValidationError):
            ChangeCalendar.model_validate(too_much)


def test_nothing_of_a_closed_district_changes() -> None:
    closed = spec.given(DistrictClosed())
    closed.when(ChangePolicy(caseload_limit=3)).refused(DistrictNotOpen)
    closed.when(ChangeCalendar(terms=())).refused(DistrictNotOpen)


@pytest.mark.parametrize("command", [ChangePolicy(caseload_limit=3), ChangeCalendar(terms=())])
def test_administrators_and_operators_decide_for_the_district_and_nobody_else(command: object) -> None:
    authorise_district(spec.state, command, FACTS)  # type: ignore[arg-type]
    administrator = replace(FACTS, by=PERSON, belongs=True, administers=True)
    authorise_district(spec.state, command, administrator)  # type: ignore[arg-type]
    with pytest.raises(Forbidden):
        authorise_district(spec.state, command, replace(administrator, administers=False))  # type: ignore[arg-type]
    with pytest.raises(Unseen):
        authorise_district(spec.state, command, replace(FACTS, by=PERSON))  # type: ignore[arg-type]


def test_who_looks_at_a_district_sees_policy_and_calendar_and_the_products_where_nobody_decided() -> None:
    seen = view_district(spec.state, FACTS)
    assert (seen["policy"], seen["calendar"]) == (PRODUCT_POLICY, CalendarChanged())
    told = CalendarChanged(terms=(days(0, 3),))
    assert view_district(spec.given(told).state, FACTS)["calendar"] == told


def test_facts_of_a_district_that_decided_nothing_are_the_products() -> None:
    assert policy_in(None) == DistrictPolicyChanged(policy_version=0)
    assert calendar_in(None) == CalendarChanged()
    policy = DistrictPolicyChanged(policy_version=3, retention=Retention(author=90))
    assert policy_in({"told": policy.model_dump_json()}) == policy


stretches = st.tuples(st.integers(0, 400), st.integers(0, LONGEST - 1)).map(
    lambda s: dates(s[0], s[0] + s[1])
)
policies = st.builds(
    ChangePolicy,
    auto_confirm=st.none() | st.booleans(),
    caseload_limit=st.none() | st.integers(1, 1000),
    retention=st.none() | st.builds(KeptDays, pair=st.none() | st.integers(30, 99)),
)
calendars = st.builds(
    ChangeCalendar,
    terms=st.lists(stretches, max_size=4).map(tuple),
    holidays=st.lists(stretches, max_size=4).map(tuple),
)


@given(st.lists(policies | calendars, max_size=10))
def test_whatever_is_wished_versions_count_the_changes_and_the_state_is_kept(wished: list[object]) -> None:
    state, changes = spec.state, 0
    for wish in wished:
        try:
            events = DISTRICT.decide(state, wish, FACTS, now=NOW)
        except Refusal:
            continue
        for event in events:
            after = DISTRICT.evolve(state, event)
            assert after != state
            state = after
            changes += isinstance(event, DistrictPolicyChanged)
        assert DISTRICT.decide(state, wish, FACTS, now=NOW) == []
        assert state.policy.policy_version == changes
        assert decode_state(DISTRICT, encode_state(state)) == state


@given(st.lists(stretches, max_size=8))
def test_joined_holidays_are_the_same_days(holidays: list[Dates]) -> None:
    def each(told: list[Dates] | tuple[Days, ...]) -> set[date]:
        return {one.begin + timedelta(n) for one in told for n in range((one.end - one.begin).days + 1)}

    joined = calendar_of(ChangeCalendar(terms=(), holidays=tuple(holidays))).holidays
    assert each(joined) == each(holidays)
    assert all((b.begin - a.end).days > 1 for a, b in pairwise(joined))
