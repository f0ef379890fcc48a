"""Every command in the README, typed as it stands, in its order, on a platform of its own."""

import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
OF_THEIR_OWN = {"demo": "tests/system/test_demo.py", "test": "what runs this"}
"""Targets that are run elsewhere: once is enough."""


def blocks() -> list[str]:
    return re.findall(r"```(?:sh|bash)\n(.*?)```", README.read_text(), re.DOTALL)


def typed(block: str) -> str:
    """The block as a shell script that ends, with all it began, where something fails; not what is run elsewhere."""
    lines = [line for line in block.splitlines() if line.removeprefix("make ") not in OF_THEIR_OWN]
    return "\n".join(["set -euo pipefail", "trap 'kill $(jobs -p) || true' EXIT", *lines])


def test_every_make_target_it_names_is_there() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {word for block in blocks() for word in re.findall(r"^make ([a-z-]+)", block, re.MULTILINE)}
    assert named <= targets
    assert {"demo", "test"} <= named


@pytest.mark.system
def test_every_command_in_it_works_as_it_stands(tmp_path: Path) -> None:
    environment = {**os.environ, "CHALKLINE_HOME": str(tmp_path / "home")}
    said: list[str] = []
    try:
        for block in blocks():
            done = subprocess.run(
                ["bash", "-c", typed(block)], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=180,
                check=False,
            )  # fmt: skip
            assert done.returncode == 0, f"{block}\n--- said\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
            said.append(done.stdout)
    finally:
        subprocess.run(
            [".venv/bin/chalkline", "reset", "--yes"],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            check=False,
            timeout=60,
        )
    assert "VisitOverdue" in "".join(said)
    assert "goal_id,cycle_id,partnership_id" in "".join(said)
    assert "└── GoalSet goal_version=1" in "".join(said)
    assert "told, and no more" in "".join(said)
    assert "is whole; manifest.json" in "".join(said)
    assert "specversion" in "".join(said)
    assert "all doors say the same" in "".join(said)
    assert "Nothing to change." in "".join(said)
    assert "Hello Maya Okafor," in "".join(said)
