"""Who has read one service can find anything in the others."""

import ast
import importlib
import inspect
from pathlib import Path

import pytest
from backbone.deciding import Command, Look, Refusal
from backbone.service import Service
from kit.purity import ROOT

SERVICES = ("directory", "goals", "observations", "notifications")
MODULES = (
    "__init__.py",
    "__main__.py",
    "access.py",
    "aggregates.py",
    "app.py",
    "gathering.py",
    "refusals.py",
    "views.py",
    "py.typed",
)


def refusals(service: str) -> list[type[Refusal]]:
    module = importlib.import_module(f"{service}.refusals")
    return [
        r
        for _, r in inspect.getmembers(module, inspect.isclass)
        if issubclass(r, Refusal) and r is not Refusal
    ]


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_has_the_same_files(service: str) -> None:
    folder = ROOT / "services" / service
    missing = [name for name in ("README.md", "pyproject.toml") if not (folder / name).is_file()]
    missing += [name for name in MODULES if not (folder / "src" / service / name).is_file()]
    assert not missing


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_is_composed_in_its_app_and_nowhere_else(service: str) -> None:
    made = importlib.import_module(f"{service}.app").SERVICE
    assert isinstance(made, Service)
    assert (made.name, service not in made.reads) == (service, True)
    assert {a.name for a in made.aggregates} == {e.aggregate for a in made.aggregates for e in a.events}
    assert all(e.service == service for a in made.aggregates for e in a.events)


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_handles_only_what_it_reads(service: str) -> None:
    made = importlib.import_module(f"{service}.app").SERVICE
    handled = {e.service for p in (*made.projections, *made.policies) for e in p.handles}
    assert handled <= set(made.sources)


@pytest.mark.parametrize("service", SERVICES)
def test_every_refusal_says_why_under_a_code_of_its_own(service: str) -> None:
    codes = [refusal().code for refusal in refusals(service)]
    assert len(codes) == len(set(codes)) > 0
    for refusal in refusals(service):
        assert refusal.__doc__, refusal
        assert refusal().message.endswith("."), refusal
        assert len(refusal.__mro__) == len(Refusal.__mro__) + 1, f"{refusal} has a parent of its own"


@pytest.mark.parametrize("service", SERVICES)
def test_every_refusal_is_raised_somewhere(service: str) -> None:
    text = "\n".join(
        file.read_text()
        for file in (ROOT / "services" / service / "src").rglob("*.py")
        if file.name != "refusals.py"
    )
    assert [r.__name__ for r in refusals(service) if r.__name__ not in text] == []


@pytest.mark.parametrize("service", SERVICES)
def test_a_command_has_one_door(service: str) -> None:
    made = importlib.import_module(f"{service}.app").SERVICE
    for aggregate in made.aggregates:
        open_to_people = {*aggregate.begins, *aggregate.commands}
        assert not open_to_people & set(aggregate.internal)
        assert all(issubclass(c, Command) and not issubclass(c, Look) for c in open_to_people)


def test_importing_a_service_connects_to_nothing_and_reads_no_environment() -> None:
    for folder in ("services", "shared"):
        for file in (ROOT / folder).glob("*/src/**/*.py"):
            for node in ast.parse(file.read_text()).body:
                called = [
                    n
                    for n in ast.walk(node)
                    if isinstance(n, ast.Attribute) and n.attr in ("environ", "getenv")
                ]
                assert (
                    isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) or not called
                ), file


def test_every_decision_note_is_in_the_index_once_under_a_number_of_its_own() -> None:
    folder = ROOT / "docs" / "decisions"
    notes = sorted(file.name for file in folder.glob("[0-9]*.md"))
    index = (folder / "README.md").read_text()
    assert len({name[:4] for name in notes}) == len(notes)
    for name in notes:
        title = (folder / name).read_text().splitlines()[0].removeprefix("# ")
        assert title.startswith(f"{name[:4]} "), name
        assert index.count(f"- [{title}]({name})") == 1, name


def test_no_test_mocks_a_database() -> None:
    here = Path(__file__)
    for file in (ROOT / "tests").rglob("*.py"):
        if file == here:
            continue
        text = file.read_text()
        assert "unittest.mock" not in text, file
        assert "AsyncMock" not in text, file
        assert "sqlite" not in text, file
