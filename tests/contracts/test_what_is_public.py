"""What other systems hear: what its contract lists, of activity, with neither a person nor a reference to words."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, get_args
from uuid import UUID

import pytest
from chalkline_contracts import feeds
from chalkline_contracts.directory import OrgClosed
from chalkline_contracts.event import Event, catalogue, events_of
from chalkline_contracts.goals import CycleCompleted, CycleStarted
from chalkline_contracts.measurement import Measurement
from chalkline_contracts.values import WordsRef
from contracts.golden import contracts, path_of
from pydantic import BaseModel, TypeAdapter

OWN = UUID(int=7)
THINGS = {
    "activity_id", "cycle_id", "event_id", "goal_id", "initiative_id", "observation_id", "org_id", "parent_id",
    "partnership_id", "school_id",
}  # fmt: skip
"""Whatever else names something by its id may name a person."""
PUBLIC = list(events_of("feeds"))
INSIDE = [contract for contract in contracts() if contract.service != "feeds"]
TOLD = [contract for contract in INSIDE if contract.public]


def models_in(kind: Any) -> Iterator[type[BaseModel]]:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        yield kind
        for field in kind.model_fields.values():
            yield from models_in(field.annotation)
    for inner in get_args(kind):
        yield from models_in(inner)


def names_people_or_words(contract: type[BaseModel]) -> list[str]:
    """Fields that must not leave: whatever is an id and none of a thing's, a reference to words, or a measurement."""
    found = [
        f"{model.__name__}" for model in models_in(contract) if issubclass(model, WordsRef | Measurement)
    ]
    for model in models_in(contract):
        for name, field in model.model_fields.items():
            if "uuid" in json.dumps(TypeAdapter(field.annotation).json_schema()) and name not in THINGS:
                found.append(f"{model.__name__}.{name}")
    return found


@pytest.mark.parametrize("contract", PUBLIC, ids=lambda c: c.__name__)
def test_no_person_and_no_word_is_in_what_is_public(contract: type[Event]) -> None:
    assert names_people_or_words(contract) == []
    assert (contract.tier, contract.aggregate) == ("A", "Feed")
    assert contract.public is None


def test_a_person_or_a_word_would_be_noticed() -> None:
    assert names_people_or_words(CycleStarted) == ["CycleStarted.coach_id", "CycleStarted.teacher_ids"]
    [observed] = [c for c in INSIDE if c.__name__ == "ObservationRecorded"]
    assert {"WordsRef", "ObservationRecorded.recorded_by", "WordsRef.ref"} <= set(
        names_people_or_words(observed)
    )


def test_every_public_event_is_told_of_something() -> None:
    assert {contract.public for contract in TOLD} == {*PUBLIC} - {feeds.EventRetracted}
    assert {contract.retracts for contract in INSIDE} - {None} <= {contract.public for contract in TOLD}


def test_endings_are_told_alike_and_nothing_that_speaks_against_somebody() -> None:
    said = {(contract.service, contract.__name__): contract.public for contract in TOLD}
    assert said["goals", "CycleCompleted"] is said["goals", "CycleClosedEarly"] is feeds.CycleEnded
    assert said["goals", "GoalAchieved"] is said["goals", "GoalAbandoned"] is feeds.GoalEnded
    assert not [
        name for _, name in said if re.search("Paused|Suspended|Missed|Declined|Trend|Withdrawn|Voided", name)
    ]


@pytest.mark.parametrize("contract", TOLD, ids=lambda c: f"{c.service}.{c.__name__}")
def test_what_is_told_is_what_happened_and_no_more(contract: type[Event]) -> None:
    data = json.loads(path_of(contract).read_text())["data"]
    assert contract.public
    told = contract.read(contract.schema_version, json.dumps(data)).made_public(OWN)
    assert type(told) is contract.public
    seen = json.loads(told.model_dump_json(exclude_unset=True))
    for name, value in seen.items():
        assert value == str(OWN) if name == contract.own_id() else is_in(value, data[name])


def is_in(told: Any, there: Any) -> bool:
    """Whether all that is told is there, in things inside of things too."""
    if isinstance(told, dict):
        return all(is_in(value, there[name]) for name, value in told.items())
    if isinstance(told, list):
        return all(is_in(one, other) for one, other in zip(told, there, strict=True))
    return bool(told == there)


def test_a_field_that_is_added_stays_where_it_is() -> None:
    class Later(CycleCompleted, service="of_tests", aggregate="Cycle", public=feeds.CycleEnded):
        mood: str

    try:
        told = Later(partnership_id=OWN, focus="engagement", mood="low").made_public(OWN)
    finally:
        del catalogue["of_tests", "Later"]
    assert told == feeds.CycleEnded(cycle_id=OWN, partnership_id=OWN, focus="engagement")


def test_what_an_event_does_not_know_cannot_be_promised_of_it() -> None:
    with pytest.raises(TypeError, match=r"CycleEnded tells \['cycle_id', 'focus', 'partnership_id'\]"):

        class Odd(Event, service="of_tests", aggregate="Org", public=feeds.CycleEnded):
            at: datetime = datetime(2026, 3, 2, tzinfo=UTC)

    catalogue.pop(("of_tests", "Odd"), None)


def test_an_event_that_is_not_public_is_told_as_nothing() -> None:
    assert OrgClosed.public is feeds.OrgClosed
    for contract in INSIDE:
        if contract.public is None:
            data = json.loads(path_of(contract).read_text())["data"]
            assert contract.read(contract.schema_version, json.dumps(data)).made_public(OWN) is None
