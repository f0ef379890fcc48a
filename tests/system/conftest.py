"""What compose runs at its first start, in this process."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest
from chalkline import issuer
from chalkline.state import State

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def first_start(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.setenv("CHALKLINE_ISSUER", issuer.ISSUER)
    spec = importlib.util.spec_from_file_location("first_start", ROOT / "deploy/compose/first_start.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def home(tmp_path: Path) -> State:
    """As the setup image has it."""
    for name in ("postgres", "nats", "run", "secrets", "issuer"):
        (tmp_path / name).mkdir()
    return State(tmp_path)
