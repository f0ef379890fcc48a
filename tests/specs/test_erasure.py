"""An erasure is attested once by each service; and whose alone the things are that it takes."""

import json
from importlib import import_module
from typing import Any
from uuid import UUID

import pytest
from backbone.deciding import Actor, Look, Unseen, nobodys
from backbone.erasing import _written
from backbone.erasure import Attested, AttestErasure, ErasureFacts, authorise, view
from backbone.recorded import Meta
from backbone.words import PrivateText, _telling, private
from chalkline.erasing import mentions
from chalkline_contracts.goals import ContentErased
from goals.aggregates import ACTION_STEP, CYCLE, ERASURE, GOAL
from kit.spec import Spec
from kit.story import SERVICES, Story
from observations.aggregates import OBSERVATION, REFLECTION

TENANT, TINA = UUID(int=1), UUID(int=2)
FACTS = ErasureFacts(by=Actor("system", "erasing", TENANT), command_id=UUID(int=9), aggregate_id=UUID(int=3))
ATTESTED = ContentErased(erasure_id=UUID(int=3), person_id=TINA, n_items=7)

spec = Spec(ERASURE, FACTS)


def test_an_erasure_is_attested_with_how_many_texts_went() -> None:
    spec.when(AttestErasure(person_id=TINA, n_items=7)).then(ATTESTED)


def test_what_is_done_again_after_a_restore_is_not_attested_again() -> None:
    spec.given(ATTESTED).when(AttestErasure(person_id=TINA, n_items=0)).then()
    assert spec.given(ATTESTED).state == Attested(7)


def test_what_a_hold_kept_is_attested_once_more_when_it_has_gone() -> None:
    held = ContentErased(erasure_id=UUID(int=3), person_id=TINA, n_items=5, n_held=2)
    spec.when(AttestErasure(person_id=TINA, n_items=5, n_held=2)).then(held)
    spec.given(held).when(AttestErasure(person_id=TINA, n_items=5, n_held=2)).then()
    spec.given(held).when(AttestErasure(person_id=TINA, n_items=7)).then(ATTESTED)
    assert spec.given(held, ATTESTED).state == Attested(7)
    spec.given(held, ATTESTED).when(AttestErasure(person_id=TINA, n_items=7, n_held=1)).then()


def test_operators_see_attestations_and_nobody_else() -> None:
    operator = ErasureFacts(Actor("operator", "it", TENANT), UUID(int=9), UUID(int=3))
    authorise(Attested(7), Look(), operator)
    assert view(Attested(7), operator) == {"n_items": 7, "n_held": 0}
    with pytest.raises(Unseen):
        authorise(
            Attested(7), Look(), ErasureFacts(Actor("person", str(TINA), TENANT), UUID(int=9), UUID(int=3))
        )


def _said(by: Actor, *texts: PrivateText) -> tuple[str, bytes]:
    refs = [text.ref.model_dump(mode="json") for text in texts]
    meta = Meta(actor=str(by), command_id="c", request="", correlation_id="c").encode()
    return json.dumps({"said": refs}), meta


def test_who_first_names_a_text_wrote_it() -> None:
    hers, his = private("hers"), private("his")
    tina, peter = Actor("person", str(TINA), TENANT), Actor("person", str(UUID(int=4)), TENANT)
    told = [_said(peter, his), _said(tina, hers, his), _said(peter, hers)]
    data, meta = [one[0] for one in told], [one[1] for one in told]
    there = {hers.ref.ref, his.ref.ref}
    assert list(_written(TINA, there, data, meta)) == [hers.ref.ref]
    assert list(_written(UUID(int=4), there, data, meta)) == [his.ref.ref]
    assert list(_written(TINA, {his.ref.ref}, data, meta)) == []


def test_what_is_one_teacher_s_is_theirs_alone_and_what_is_a_group_s_is_nobody_s() -> None:
    story = Story(seed=1)
    seen: dict[str, set[int]] = {}
    for aggregate in (GOAL, ACTION_STEP, CYCLE, OBSERVATION, REFLECTION):
        for wish in story.wishes:
            if wish.aggregate is not aggregate:
                continue
            state = story.state(aggregate, wish.tenant, wish.own_id)
            whose = aggregate.whose(wish.own_id, state)
            owners = _owners(state)
            assert whose == (next(iter(owners)) if len(owners) == 1 else None), (aggregate.name, state)
            seen.setdefault(aggregate.name, set()).add(len(owners))
    assert set(seen) == {"Goal", "ActionStep", "Cycle", "Observation", "Reflection"}


def _owners(state: Any) -> set[UUID]:
    for holder in ("whose", "visit", "plan", "step"):
        state = getattr(state, holder, state)
    match type(state).__name__:
        case "Step":
            return {state.teacher_id}
        case "Private":
            return {state.author_id}
        case "Shared":
            return {state.author_id}
        case "Whose":
            return set(state.owner_ids)
        case _:
            return {*getattr(state, "teacher_ids", ()), *getattr(state, "left", ())}


def test_every_service_attests() -> None:
    story = Story(seed=1)
    for service in SERVICES:
        assert any(type(r.event).__name__ == "ContentErased" for r in story.recorded[service])


WRITERS_ALONE = {"Partnership"}
"""Kinds of things whose texts are their writers' and nobody else's: whoever adds one says so here."""


def test_of_every_kind_of_thing_that_has_texts_it_is_said_whose_they_are() -> None:
    for service in SERVICES:
        for aggregate in import_module(f"{service}.aggregates").AGGREGATES:
            commands = (*aggregate.begins, *aggregate.commands, *aggregate.internal)
            if any(_telling(command) for command in commands) and aggregate.name not in WRITERS_ALONE:
                assert aggregate.whose is not nobodys or not aggregate.writers, aggregate.name


def test_a_namesake_keeps_their_name_where_mentions_are_erased() -> None:
    """Names are looked for within words: Ana Li is in Diana Lima, too."""
    of_a_colleague = {"ref": "1", "aggregate": "Person", "record": True}
    assert mentions([of_a_colleague, {"ref": "2", "aggregate": "Reflection", "record": False}]) == ["2"]
