"""What was published stays readable: an event may gain a field, never lose or change one within its version."""

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest
from chalkline_contracts.event import Event, catalogue
from pydantic import create_model

_spec = importlib.util.spec_from_file_location("golden", Path(__file__).with_name("golden.py"))
assert _spec is not None
assert _spec.loader is not None
golden = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(golden)

CONTRACTS: list[type[Event]] = golden.contracts()
FILES: list[Path] = sorted(golden.FOLDER.rglob("*.json"))


def changes(published: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """What a reader of the published fields would miss or misread today."""
    gone = [f"{name} is gone" for name in published if name not in now]
    return gone + [
        f"{name} changed" for name, was in published.items() if name in now and changed(was, now[name])
    ]


def changed(was: Any, now: Any) -> bool:
    """Whether anything that was there is not there as it was; what was added does not count."""
    if isinstance(was, dict) and isinstance(now, dict):
        return any(name not in now or changed(value, now[name]) for name, value in was.items())
    if isinstance(was, list) and isinstance(now, list):
        return len(was) != len(now) or any(changed(one, other) for one, other in zip(was, now, strict=True))
    return bool(was != now)


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda c: c.__name__)
def test_every_contract_has_a_golden_event(contract: type[Event]) -> None:
    assert golden.path_of(contract).is_file(), "write it: python tests/contracts/golden.py"


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_a_golden_event_reads_as_it_did(path: Path) -> None:
    told = json.loads(path.read_text())
    _, service, name, version = told["type"].split(".")
    contract = catalogue[service, name]
    event = contract.read(int(version.removeprefix("v")), json.dumps(told["data"]))
    if told["type"] == contract.type_name():
        assert json.loads(event.model_dump_json(include=set(told["data"]))) == told["data"]
    assert contract.read(contract.schema_version, event.model_dump_json()) == event


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda c: c.__name__)
def test_no_field_of_a_published_event_is_gone_or_changed(contract: type[Event]) -> None:
    told = json.loads(golden.path_of(contract).read_text())
    assert changes(told["fields"], golden.fields_of(contract)) == []
    assert (told["aggregate"], told["tier"]) == (contract.aggregate, contract.tier)


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda c: c.__name__)
def test_unknown_fields_are_ignored(contract: type[Event]) -> None:
    told = json.loads(golden.path_of(contract).read_text())["data"]
    plain = contract.read(contract.schema_version, json.dumps(told))
    assert contract.read(contract.schema_version, json.dumps(told | {"from_the_future": 1})) == plain


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda c: c.__name__)
def test_every_contract_says_whose_it_is_and_when_it_happened(contract: type[Event]) -> None:
    assert contract.tier in ("A", "B", "C", "O")
    told = json.loads(golden.path_of(contract).read_text())["data"]
    happened = contract.read(contract.schema_version, json.dumps(told)).happened_at
    assert happened is None or happened.tzinfo is not None


def test_a_field_that_disappears_or_changes_is_noticed() -> None:
    one = create_model("One", a=(int, ...), b=(str, ...), c=(tuple[int, ...], ()))
    without = create_model("One", a=(int, ...), c=(tuple[int, ...], ()))
    other = create_model("One", a=(str, ...), b=(str, ...), c=(tuple[str, ...], ()))
    more = create_model("One", a=(int, ...), b=(str, ...), c=(tuple[int, ...], ()), d=(int, 0))
    fields = golden.fields_of
    assert changes(fields(one), fields(without)) == ["b is gone"]
    assert changes(fields(one), fields(other)) == ["a changed", "c changed"]
    assert changes(fields(one), fields(more)) == []
