"""An operator's act, as the log tells it: begun by an operator, ended once, by whoever began it."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from backbone.deciding import EVERYWHERE, Actor, Command, Forbidden, Look, Unseen
from backbone.operation import (
    BeginExport,
    BeginOperation,
    Begun,
    Ended,
    EndExport,
    EndOperation,
    Operation,
    OperationEnded,
    OperationFacts,
    Unbegun,
    authorise,
)
from chalkline_contracts.goals import OperatorActed
from goals.aggregates import OPERATION
from kit.spec import Spec
from pydantic import ValidationError

OLGA = OperationFacts(Actor("operator", "olga", EVERYWHERE), UUID(int=9), UUID(int=3))
OTTO = OperationFacts(Actor("operator", "otto", EVERYWHERE), UUID(int=9), UUID(int=3))
TEACHER = OperationFacts(Actor("person", str(UUID(int=5)), UUID(int=1)), UUID(int=9), UUID(int=3))
EARLIER = datetime(2026, 3, 2, 9, tzinfo=UTC)

spec = Spec(OPERATION, OLGA)
BEGUN = OperatorActed(act="rebuild", operator="olga", outcome="begun")
DONE = OperatorActed(act="rebuild", operator="olga", outcome="done", code="differing", n_items=12)


def test_an_act_is_told_before_it_is_done_and_then_what_came_of_it() -> None:
    begun = spec.when(BeginOperation(act="rebuild")).then(BEGUN)
    begun.when(EndOperation(outcome="done", code="differing", n_items=12)).then(DONE)


def test_what_can_be_told_only_later_says_when_it_was() -> None:
    told = OperatorActed(act="recover_from_log", operator="olga", outcome="begun", acted_at=EARLIER)
    spec.when(BeginOperation(act="recover_from_log", acted_at=EARLIER)).then(told)
    assert told.happened_at == EARLIER
    assert BEGUN.happened_at is None


@pytest.mark.parametrize(("with_words", "act"), [(False, "export"), (True, "export_with_words")])
def test_an_export_says_whether_words_are_in_it(with_words: bool, act: str) -> None:
    begun = spec.when(BeginExport(with_words=with_words)).then(
        OperatorActed(act=act, operator="olga", outcome="begun")
    )
    begun.when(EndExport(outcome="failed")).then(OperatorActed(act=act, operator="olga", outcome="failed"))


def test_what_is_told_again_is_told_once() -> None:
    spec.given(BEGUN).when(BeginOperation(act="rebuild")).then()
    spec.given(BEGUN, DONE).when(EndOperation(outcome="done", n_items=12)).then()


def test_what_came_of_it_does_not_change() -> None:
    spec.given(BEGUN, DONE).when(EndOperation(outcome="failed")).refused(OperationEnded)


def test_what_was_not_begun_has_no_end() -> None:
    spec.when(EndOperation(outcome="done")).then()


@pytest.mark.parametrize("command", [BeginExport(), BeginOperation(act="rebuild")])
def test_nobody_but_an_operator_begins_one(command: Command) -> None:
    authorise(Unbegun(), command, OLGA)  # type: ignore[arg-type]
    with pytest.raises(Forbidden):
        authorise(Unbegun(), command, TEACHER)  # type: ignore[arg-type]


@pytest.mark.parametrize("state", [Begun("export", "olga"), Ended("export", "olga", "done")])
def test_what_came_of_it_says_whoever_began_it(state: Operation) -> None:
    authorise(state, EndExport(outcome="done"), OLGA)
    with pytest.raises(Forbidden):
        authorise(state, EndExport(outcome="done"), OTTO)
    for command in (EndExport(outcome="done"), Look()):
        with pytest.raises(Unseen):
            authorise(state, command, TEACHER)


def test_a_door_ends_nothing_but_exports() -> None:
    with pytest.raises(Forbidden):
        authorise(Begun("rebuild", "olga"), EndExport(outcome="done"), OLGA)


@pytest.mark.parametrize("said", [{"act": "Rebuild everything"}, {"act": ""}, {"act": "rebuild", "why": "x"}])
def test_an_act_is_a_code_and_nothing_else(said: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        BeginOperation.model_validate(said)
