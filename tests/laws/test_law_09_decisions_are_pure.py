"""Law 9: decide and evolve import nothing that waits, reads a clock or touches a database."""

import importlib
import inspect
import subprocess
import sys
from functools import reduce
from pathlib import Path
from typing import Any

import pytest
from backbone.deciding import Aggregate
from kit.purity import ROOT, impurities

SERVICES = ("directory", "goals", "observations", "notifications")


def aggregates() -> list[Any]:
    return [
        pytest.param(service, aggregate, id=f"{service}-{aggregate.name}")
        for service in SERVICES
        for aggregate in importlib.import_module(f"{service}.aggregates").AGGREGATES
    ]


def deciders(service: str) -> set[str]:
    """The modules of a service that its deciders need, themselves included."""
    waiting = {a.decide.__module__ for a in importlib.import_module(f"{service}.aggregates").AGGREGATES}
    found: set[str] = set()
    while waiting:
        module = waiting.pop()
        found.add(module)
        names = vars(importlib.import_module(module)).values()
        used = {n.__name__ if inspect.ismodule(n) else getattr(n, "__module__", None) for n in names}
        waiting |= {n for n in used if isinstance(n, str) and n.startswith(f"{service}.")} - found
    return found


@pytest.mark.parametrize("service", SERVICES)
def test_a_decider_and_all_it_needs_is_pure(service: str) -> None:
    for name in deciders(service):
        path = importlib.import_module(name).__file__
        assert path is not None
        assert impurities(service, Path(path).read_text()) == [], name


@pytest.mark.parametrize(
    "spoilt",
    [
        "import asyncpg",
        "from time import monotonic",
        "from backbone.ledger import Ledger",
        "from datetime import datetime, UTC\nx = datetime.now(UTC)",
        "from uuid import uuid4\nx = uuid4()",
        "async def decide(): ...",
        "def f():\n    import nats",
        "from backbone import commands",
    ],
)
def test_a_decider_that_asked_the_world_would_be_found(spoilt: str) -> None:
    assert impurities("goals", spoilt)


@pytest.mark.parametrize(("service", "aggregate"), aggregates())
def test_what_does_not_fit_a_state_changes_nothing_and_raises_nothing(
    service: str, aggregate: Aggregate[Any]
) -> None:
    """evolve never raises: an event of another kind, or one of its own that the first state does not know."""
    strangers = [e for p in aggregates() if p.values[1] is not aggregate for e in p.values[1].events]
    state = reduce(aggregate.evolve, (e.model_construct() for e in strangers), aggregate.initial)
    assert state == aggregate.initial


def lint(*, cwd: Path = ROOT, first: Path | None = None) -> subprocess.CompletedProcess[str]:
    tool = Path(sys.executable).with_name("lint-imports")
    return subprocess.run(
        [tool, "--config", ROOT / ".importlinter", "--no-cache"], cwd=cwd, capture_output=True, text=True, check=False,
        env={"PYTHONPATH": str(first)} if first else {},
    )  # fmt: skip


def test_the_walls_stand() -> None:
    found = lint()
    assert found.returncode == 0, found.stdout


@pytest.mark.parametrize(
    ("service", "module", "line"),
    [
        ("goals", "goal.py", "import asyncpg"),
        ("notifications", "due.py", "import time"),
        ("observations", "views.py", "import goals.views"),
    ],
)
def test_a_wall_that_is_broken_is_noticed(tmp_path: Path, service: str, module: str, line: str) -> None:
    """The service's package is copied, spoilt and put in front of the real one."""
    for file in (ROOT / "services" / service / "src" / service).rglob("*.py"):
        there = tmp_path / file.relative_to(ROOT / "services" / service / "src")
        there.parent.mkdir(parents=True, exist_ok=True)
        there.write_text(file.read_text())
    spoilt = tmp_path / service / module
    spoilt.write_text(f"{spoilt.read_text()}\n{line}\n")
    found = lint(cwd=tmp_path, first=tmp_path)
    assert found.returncode == 1, found.stdout + found.stderr
    assert "BROKEN" in found.stdout
