"""docs/events tells what the contracts say, and nothing that was published is told otherwise later."""

import json

import jsonschema_rs
import pytest
from chalkline_contracts import goals as g
from chalkline_contracts.event import Event
from contracts import event_catalogue
from contracts.golden import contracts, path_of

CONTRACTS = contracts()


def test_it_is_as_the_code_says() -> None:
    pages = event_catalogue.pages()
    assert [
        path.name for path, text in pages.items() if not path.is_file() or path.read_text() != text
    ] == [], "write it: make catalogue"
    assert {path for path in event_catalogue.DOCS.rglob("*") if path.is_file()} == set(pages)


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda c: f"{c.service}.{c.__name__}")
def test_every_event_says_when_it_happens_and_each_version_has_a_schema_that_its_example_fits(
    contract: type[Event],
) -> None:
    assert contract.__dict__.get("__doc__"), "a sentence: when does it happen?"
    for version in event_catalogue.versions(contract):
        schema = json.loads(event_catalogue.schema_path(contract, version).read_text())
        assert schema["$id"] == f"urn:chalkline:{contract.service}:{contract.__name__}:{version}"
        told = jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
        example = json.loads(path_of(contract, version).read_text())["data"]
        assert [str(error) for error in told.iter_errors(example)] == []


def test_a_schema_refuses_what_is_not_such_an_event() -> None:
    schema = jsonschema_rs.Draft202012Validator(
        json.loads(event_catalogue.schema_path(g.CycleCompleted).read_text())
    )
    data = json.loads(path_of(g.CycleCompleted).read_text())["data"]
    for wrong in (data | {"focus": "Not A Code"}, data | {"place": "one"}, {"focus": "engagement"}):
        assert not schema.is_valid(wrong)
    assert schema.is_valid(data | {"from_the_future": 1})


def test_who_reads_it_is_who_projects_it_or_reacts_to_it() -> None:
    assert event_catalogue.consumers()[g.GoalSet] == ["notifications"]
    assert "observations" in event_catalogue.consumers()[g.PartnershipAgreed]
    assert event_catalogue.said_of_fields(g.CycleStarted)["focus"].startswith("The area worked on")
