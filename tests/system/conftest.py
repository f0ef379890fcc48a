"""What compose runs at its first start, in this process."""

from pathlib import Path
from types import ModuleType

import pytest
from chalkline import issuer
from chalkline.state import State
from kit.compose import script


@pytest.fixture
def first_start(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.setenv("CHALKLINE_ISSUER", issuer.ISSUER)
    return script("first_start")


@pytest.fixture
def home(tmp_path: Path) -> State:
    """As the setup image has it."""
    for name in ("postgres", "nats", "run", "secrets", "issuer"):
        (tmp_path / name).mkdir()
    return State(tmp_path)
