"""Which class of content a thing's texts are: of every kind that has any, unless they are the district's record."""

from dataclasses import replace
from importlib import import_module

import pytest
from backbone.deciding import Aggregate, for_good
from backbone.words import _telling
from kit.story import SERVICES, Story


def unsaid(aggregate: Aggregate[object]) -> bool:
    """Whether its texts would be kept for good though they are people's."""
    commands = (*aggregate.begins, *aggregate.commands, *aggregate.internal)
    return any(_telling(command) for command in commands) and aggregate.writers and aggregate.kept is for_good


@pytest.mark.parametrize("service", SERVICES)
def test_of_every_kind_of_thing_that_has_texts_it_is_said_how_long_they_are_kept(service: str) -> None:
    aggregates = import_module(f"{service}.aggregates").AGGREGATES
    assert [aggregate.name for aggregate in aggregates if unsaid(aggregate)] == []


def test_a_kind_of_thing_that_says_nothing_is_found() -> None:
    goal = next(a for a in import_module("goals.aggregates").AGGREGATES if a.name == "Goal")
    assert unsaid(replace(goal, kept=for_good))


@pytest.mark.parametrize("service", SERVICES)
def test_what_is_kept_for_a_time_names_whom_a_legal_hold_would_keep_it_for(service: str) -> None:
    """Whatever state a year of coaching leaves a thing in."""
    story = Story(seed=1)
    aggregates = {a.name: a for a in import_module(f"{service}.aggregates").AGGREGATES}
    states: dict[object, object] = {}
    for recorded in story.recorded[service]:
        aggregate = aggregates[type(recorded.event).aggregate]
        key = recorded.tenant, recorded.aggregate_id
        states[key] = aggregate.evolve(states.get(key, aggregate.initial), recorded.event)
        kept = aggregate.kept(recorded.aggregate_id, states[key])
        if kept is not None:
            assert kept.person_ids, (aggregate.name, states[key])
            assert kept.retention in ("pair", "author", "contacts")
