"""A service's README names every command, every event and every read of it, and nothing that does not exist."""

import importlib
import re
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from backbone import audit
from backbone.entrances import entrances
from backbone.service import Service
from fastapi.routing import APIRoute
from kit.purity import ROOT

SERVICES = ("directory", "goals", "observations", "notifications")


def service_of(name: str) -> Service:
    service: Service = importlib.import_module(f"{name}.app").SERVICE
    return service


def rows(text: str) -> Iterator[list[str]]:
    """The cells of each row of each table."""
    for line in text.splitlines():
        if line.startswith("|") and not line.startswith("|---"):
            yield [cell.strip() for cell in line.strip("|").split("|")]


def told(cell: str) -> Iterator[str]:
    """`POST /v1/cycles`, `…/{id}/enter-phase`, `complete-cycle`: three requests, each written out."""
    method = collection = ""
    for code in re.findall(r"`([^`]+)`", cell):
        if found := re.fullmatch(r"(GET|POST) (/v1/[a-z-]+)(/\S+)?", code):
            method, collection = found[1], found[2]
            yield code
        elif method and re.fullmatch(r"(…/\{id\}/)?[a-z-]+", code):
            yield f"{method} {collection}/{{id}}/{code.removeprefix('…/{id}/')}"
        elif method and code.startswith("…/"):
            yield f"{method} {collection}{code.removeprefix('…')}"


def requests_told(text: str) -> list[str]:
    return [request for row in rows(text) for request in told(row[0])]


def events_told(text: str) -> list[str]:
    return [name for row in rows(text) for cell in row[1:] for name in re.findall(r"`([A-Z]\w+)`", cell)]


def requests_taken(service: Service) -> set[str]:
    commands = {f"POST {entrance.path}" for entrance in entrances(service.aggregates)}
    looks = {f"GET /v1/{a.collection}/{{id}}" for a in service.aggregates if a.view is not None}
    unstarted: Any = SimpleNamespace(settings=SimpleNamespace(chain=bytes(32)))
    lists = {
        f"{method} {route.path}"
        for router in (audit.routes(unstarted), *service.routes(unstarted))
        for route in router.routes
        if isinstance(route, APIRoute)
        for method in route.methods
    }
    return commands | looks | lists


def readme(name: str) -> str:
    return (ROOT / "services" / name / "README.md").read_text()


@pytest.mark.parametrize("name", SERVICES)
def test_a_readme_tells_every_request_a_service_takes_and_no_other(name: str) -> None:
    found = requests_told(readme(name))
    assert len(found) == len(set(found))
    assert set(found) == requests_taken(service_of(name))


@pytest.mark.parametrize("name", SERVICES)
def test_a_readme_tells_every_event_a_service_publishes_and_no_other(name: str) -> None:
    published = {event.__name__ for aggregate in service_of(name).aggregates for event in aggregate.events}
    assert sorted(events_told(readme(name))) == sorted(published)


@pytest.mark.parametrize("name", SERVICES)
def test_a_readme_names_what_its_service_reads(name: str) -> None:
    [line] = [line for line in readme(name).splitlines() if line.startswith("**Reads**")]
    assert all(source in line for source in service_of(name).reads)


def test_a_request_that_is_left_out_would_be_missed() -> None:
    shorter = readme("goals").replace(", `confirm-achievement`", "").replace("`GoalAchieved`, ", "")
    assert requests_taken(service_of("goals")) - set(requests_told(shorter)) == {
        "POST /v1/goals/{id}/confirm-achievement"
    }
    assert "GoalAchieved" not in events_told(shorter)
