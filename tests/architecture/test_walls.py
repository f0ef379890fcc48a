"""The walls of `.importlinter` stand, and each is seen to be broken when something is imported through it."""

import os
import shutil
import subprocess
import sys
from configparser import ConfigParser
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest
from kit.purity import ROOT

SERVICES = ("directory", "goals", "observations", "notifications")
COMMAND = Path(sys.executable).with_name("lint-imports")

told = ConfigParser()
told.read(ROOT / ".importlinter")
CONTRACTS = {name.rsplit(":", 1)[1]: told[name]["name"] for name in told.sections() if ":contract:" in name}

BREACHES = {
    "services": ("goals/views.py", "import observations.views"),
    "backbone": ("backbone/rows.py", "import chalkline.problem"),
    "contracts": ("chalkline_contracts/values.py", "import asyncpg"),
    "deciders": ("goals/goal.py", "import time"),
    "command": ("chalkline/show.py", "import goals.goal"),
}
"""Of each wall a module, and what it must not import."""


def linted(before: Path | None = None) -> str:
    """What is said of the walls, with what lies in a folder instead of what is installed."""
    path = {"PYTHONPATH": str(before)} if before else {}
    done = subprocess.run(
        [COMMAND, "--no-cache"], cwd=ROOT, env=os.environ | path, capture_output=True, text=True, check=False
    )
    return done.stdout


def test_every_wall_stands() -> None:
    said = linted()
    assert [line for line in said.splitlines() if line.endswith("BROKEN")] == []
    assert f"{len(CONTRACTS)} kept, 0 broken" in said


def test_every_wall_is_broken_once_here() -> None:
    assert BREACHES.keys() == CONTRACTS.keys()


@pytest.mark.parametrize("wall", BREACHES)
def test_what_is_imported_through_a_wall_is_seen(tmp_path: Path, wall: str) -> None:
    file, line = BREACHES[wall]
    package, _, module = file.partition("/")
    spec = find_spec(package)
    assert spec
    assert spec.origin
    shutil.copytree(
        Path(spec.origin).parent, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__")
    )
    with (tmp_path / package / module).open("a") as end:
        end.write(f"\n{line}\n")
    said = linted(tmp_path)
    broken = [found.removesuffix(" BROKEN") for found in said.splitlines() if found.endswith(" BROKEN")]
    assert broken == [CONTRACTS[wall]]


@pytest.mark.parametrize("service", SERVICES)
def test_every_decision_is_behind_the_wall(service: str) -> None:
    """Whatever decides, folds, authorises or claims is listed as pure, where it stands."""
    pure = set(told["importlinter:contract:deciders"]["source_modules"].split())
    deciding = {
        function.__module__
        for aggregate in import_module(f"{service}.aggregates").AGGREGATES
        for function in (aggregate.decide, aggregate.evolve, aggregate.authorise, aggregate.claims)
    }
    assert {module for module in deciding if module.startswith(f"{service}.")} <= pure
