"""What somebody reads when something is not done."""

import json
from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID, uuid4

import pytest
from backbone.commands import (
    ClaimTaken,
    CommandIdReused,
    Contended,
    NotStorable,
    StaleVersion,
    UnknownAggregate,
)
from backbone.deciding import Command, FactsBehind, Forbidden, Refusal, Unseen
from backbone.ledger import LedgerUnavailable
from backbone.logs import NEVER, blanked
from backbone.paging import Cursors, next_link
from backbone.problems import CODES, Problem, invalid, invalid_request, problem_of
from backbone.strict_json import BadJson
from backbone.trace import trace_from
from backbone.words import Words
from goals.goal import RecordBaseline
from hypothesis import given
from hypothesis import strategies as st
from pydantic import AfterValidator, AwareDatetime, Field, TypeAdapter, ValidationError

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


class GoalNotActive(Refusal):
    """The goal is
    not active."""


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (Unseen(), 404, "not_found"),
        (UnknownAggregate(), 404, "not_found"),
        (Forbidden(), 403, "forbidden"),
        (GoalNotActive(), 409, "goal_not_active"),
        (ClaimTaken("key:secret"), 409, "claim_taken"),
        (StaleVersion(3, 4), 412, "stale_version"),
        (CommandIdReused(), 422, "command_id_reused"),
        (NotStorable("secret"), 422, "not_storable"),
        (Contended(), 503, "contended"),
        (LedgerUnavailable(), 503, "ledger_unavailable"),
        (FactsBehind(), 503, "facts_behind"),
        (BadJson("json_nul", "a string contains U+0000", "/a"), 400, "json_nul"),
        (RuntimeError("secret"), 500, "internal"),
        (ExceptionGroup("secret", [ValueError("secret")]), 500, "internal"),
    ],
)
def test_every_error_has_a_status_and_a_code_and_keeps_its_text(
    error: Exception, status: int, code: str
) -> None:
    problem = problem_of(error)
    assert (problem.status, problem.code) == (status, code)
    members = json.loads(problem.body(TRACE))
    assert (members["type"], members["trace_id"]) == (f"urn:chalkline:problem:{code}", TRACE)
    assert "secret" not in problem.body(TRACE).decode()
    assert problem.headers.get("Retry-After") == ("1" if status == 503 else None)


def test_what_is_not_yours_to_see_reads_like_what_does_not_exist() -> None:
    assert problem_of(Unseen("hidden")).body(TRACE) == problem_of(UnknownAggregate("none")).body(TRACE)
    assert problem_of(Unseen()).body(TRACE) == Problem("not_found").body(TRACE)


def test_a_refusal_says_its_reason_and_its_details() -> None:
    goal = uuid4()
    members = problem_of(GoalNotActive(goal_id=goal, odd=object())).members(TRACE)
    assert members["detail"] == "The goal is not active."
    assert members["details"] == {"goal_id": str(goal), "odd": None}


def test_what_only_one_may_hold_is_named_by_its_kind_alone() -> None:
    """So whoever starts a second cycle of a focus is told that it is the open cycle, and never whose or which."""
    problem = problem_of(ClaimTaken("open-cycle:0198c2a4-7d3e-7b1a-9f00-3c2b1a000001:1"))
    assert problem.details == {"claim": "open-cycle"}


def test_every_code_belongs_to_one_status() -> None:
    assert all(
        code == code.lower() and 400 <= status <= 503 and title for code, (status, title) in CODES.items()
    )


def _shout(value: str) -> str:
    raise ValueError(f"cannot make anything of {value}")


class Dog(Command):
    kind: Literal["dog"]
    age: int


class Cat(Command):
    kind: Literal["cat"]
    lives: Annotated[int, Field(le=9)]


class Pet(Command):
    name: Words
    owner: UUID
    animal: Annotated[Dog | Cat, Field(discriminator="kind")]
    plain: Dog | Cat | None = None
    loud: Annotated[str, AfterValidator(_shout)] | None = None
    scores: tuple[int, ...] = ()


def pointers(sent: dict[str, Any], at: tuple[str, ...] = ()) -> dict[str, str]:
    with pytest.raises(ValidationError) as error:
        Pet.model_validate_json(json.dumps(sent))
    problem = invalid("command_invalid", error.value, sent, at)
    return {fault["pointer"]: fault["code"] for fault in problem.errors}


GOOD = {"name": "Rex", "owner": str(uuid4()), "animal": {"kind": "dog", "age": 3}}


def test_a_problem_points_at_what_does_not_fit() -> None:
    assert pointers({}) == {"/name": "missing", "/owner": "missing", "/animal": "missing"}
    assert pointers(GOOD | {"scores": [1, "2", False]}) == {"/scores/1": "int_type", "/scores/2": "int_type"}
    assert pointers(GOOD | {"un/known~": 1}, at=("body",)) == {"/body/un~1known~0": "extra_forbidden"}


def test_names_of_alternatives_are_no_places() -> None:
    assert pointers(GOOD | {"animal": {"kind": "cat", "lives": 10}}) == {"/animal/lives": "less_than_equal"}
    assert pointers(GOOD | {"animal": {"kind": "cat"}}) == {"/animal/lives": "missing"}
    assert pointers(GOOD | {"animal": {"kind": "cow"}}) == {"/animal": "union_tag_invalid"}
    assert set(pointers(GOOD | {"plain": {"kind": "cat"}})) <= {"/plain/kind", "/plain/age", "/plain/lives"}


@given(st.text("abcdefghijkSECRET-/~0123456789é", min_size=4, max_size=30).map(lambda t: f"#{t}#"))
def test_no_value_is_ever_repeated(value: str) -> None:
    sent = {"name": [value], "owner": value, "animal": {"kind": value}, "loud": value, "scores": value}
    with pytest.raises(ValidationError) as error:
        Pet.model_validate_json(json.dumps(sent))
    body = invalid("command_invalid", error.value, sent).body(TRACE).decode()
    assert value not in json.loads(json.dumps(body))


def test_a_thousand_faults_are_not_all_listed() -> None:
    with pytest.raises(ValidationError) as error:
        Pet.model_validate_json(json.dumps(GOOD | {"scores": ["x"] * 1000}))
    assert len(invalid("command_invalid", error.value, {"scores": ["x"] * 1000}).errors) == 20


def test_a_parameter_is_pointed_at_without_its_value() -> None:
    fault = {"loc": ("query", "limit"), "type": "int_parsing", "msg": "found 'secret'", "input": "secret"}
    assert invalid_request([fault]).errors == [
        {"pointer": "/query/limit", "code": "int_parsing", "message": "must be a valid int"}
    ]


def test_a_parameter_that_may_be_left_out_is_pointed_at_once_and_by_its_name() -> None:
    faults = [
        {"loc": ("query", "coach_id", "function-before[_uuid(), uuid]"), "type": "uuid_parsing", "msg": "no"},
        {"loc": ("query", "coach_id", "none"), "type": "none_required", "msg": "no"},
    ]
    [fault] = invalid_request(faults).errors
    assert (fault["pointer"], fault["code"]) == ("/query/coach_id", "uuid_parsing")


def test_a_cursor_is_only_good_for_its_own_list() -> None:
    cursors = Cursors(b"k" * 32)
    cursor = cursors.encode("caseload:one", "2026-01-01", 7, None)
    assert cursors.decode("caseload:one", cursor) == ["2026-01-01", 7, None]
    forgeries = (cursor[:-2], cursor + "A", "A" + cursor[1:], "", "é", "\ud800", "=" * 9, cursor * 200)
    for purpose, forged in [("caseload:two", cursor), *(("caseload:one", forged) for forged in forgeries)]:
        with pytest.raises(Problem, match="cursor_invalid"):
            cursors.decode(purpose, forged)
    assert next_link("/v1/x", cursor, limit=5) == f'</v1/x?limit=5&cursor={cursor}>; rel="next"'


SPAN = "00f067aa0ba902b7"


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "00",
        f"00-{TRACE}-{SPAN}",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{'0' * 32}-{SPAN}-01",
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-01-more",
        f"00-{TRACE.upper()}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-01\n",
        f"01-{TRACE}-{SPAN}-01-{'x' * 300}",
    ],
)
def test_a_traceparent_nobody_can_believe_begins_a_new_trace(header: str | None) -> None:
    trace = trace_from(header)
    assert trace.trace_id != TRACE
    assert trace_from(trace.traceparent).trace_id == trace.trace_id


@pytest.mark.parametrize("version", ["00", "01"])
def test_a_trace_goes_on_with_a_span_of_our_own(version: str) -> None:
    trace = trace_from(f"{version}-{TRACE}-{SPAN}-00")
    assert (trace.trace_id, trace.flags) == (TRACE, "00")
    assert SPAN not in (trace.span_id, trace.child().span_id)


def test_what_must_not_be_read_in_a_log_is_blanked() -> None:
    line = blanked(None, "info", {"event": "x", "token": "t", "inner": {"text": "t", "n": 1}, "n": 1})
    assert line == {"event": "x", "token": "…", "inner": {"text": "…", "n": 1}, "n": 1}
    assert {"words", "authorization", "password"} <= NEVER


def test_what_only_follows_from_another_fault_is_not_told_beside_it() -> None:
    """One measurement that lacks its numbers is one list of what it lacks, not also an empty list of measurements."""
    sent = {"measurements": [{"metric_code": "on_task"}]}
    with pytest.raises(ValidationError) as refused:
        RecordBaseline.model_validate_json(json.dumps(sent))
    told = invalid("command_invalid", refused.value, sent).errors
    assert {error["code"] for error in told} == {"missing"}
    assert all(error["pointer"].startswith("/measurements/0/") for error in told)


def test_a_list_that_is_too_short_by_itself_is_told() -> None:
    with pytest.raises(ValidationError) as refused:
        RecordBaseline.model_validate_json('{"measurements": []}')
    [error] = invalid("command_invalid", refused.value, {}).errors
    assert (error["code"], error["message"]) == ("too_short", "must have at least 1 item")


@pytest.mark.parametrize(
    "day", ["16.12.2026", "12/16/2026", "2026-13-01", "2026-02-30", "2026-12-16T10:00:00Z"]
)
def test_who_writes_a_day_otherwise_is_shown_how_days_are_written(day: str) -> None:
    with pytest.raises(ValidationError) as refused:
        TypeAdapter(date).validate_python(day)
    [error] = invalid("command_invalid", refused.value, day).errors
    assert error["message"] == "must be a day there is, written as 2026-03-02"


@pytest.mark.parametrize("moment", ["12/08/2026", "yesterday", "2026-12-08T10:00:00", "2026-12-08T25:00:00Z"])
def test_who_writes_a_moment_otherwise_is_shown_how_moments_are_written(moment: str) -> None:
    with pytest.raises(ValidationError) as refused:
        TypeAdapter(AwareDatetime).validate_python(moment)
    [error] = invalid("command_invalid", refused.value, moment).errors
    assert error["message"] == "must be a moment there is, with its zone, written as 2026-03-02T08:00:00Z"
