"""Every service keeps what its OpenAPI document promises, whatever is sent: schemathesis tries each operation.

It sends what the document allows and what it does not, with a coach's or the operator's token, and compares
every answer with the document. A 5xx, an answer nobody described, or bad input that is taken fails.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from chalkline.state import SERVICES, State, read_json
from kit.platforms import on_ports_of_its_own

pytestmark = pytest.mark.system

AS = {"directory": "operator", "goals": "maya", "observations": "tomas", "notifications": "maya"}
"""Whose token is sent to whom."""
TRIES = 3
"""Cases an operation gets beside those that cover its schema."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[State]:
    """A platform that runs, with its sample district."""
    state = on_ports_of_its_own(tmp_path_factory.mktemp("kept") / "home")
    try:
        chalkline(state, "up")
        yield state
    finally:
        chalkline(state, "reset", "--yes")


def chalkline(state: State, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "chalkline", *words, "--home", str(state.home)],
        capture_output=True, text=True, timeout=150, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip()


def tried(state: State, service: str, folder: Path) -> str:
    """What schemathesis says of a service. Raises AssertionError with all of it where something is not kept."""
    tenant = read_json(state.personas)["maya"]["tenant"]
    token = chalkline(state, "token", "--as", AS[service], "--tenant", tenant)
    # A position nobody has come to is waited for; each case would take two seconds.
    (folder / f"{service}.toml").write_text('[parameters]\n"header.At-Least" = "goals:17:1"\n')
    done = subprocess.run(
        [
            str(Path(sys.executable).with_name("schemathesis")),
            f"--config-file={folder / f'{service}.toml'}",
            "run",
            f"http://127.0.0.1:{read_json(state.ports)[service]}/openapi.json",
            f"--header=Authorization: Bearer {token}",
            "--phases=coverage,fuzzing",
            f"--max-examples={TRIES}",
            "--generation-deterministic",
            "--checks=all",
            # What fits the schema may still name what does not exist, or what the facts forbid.
            "--exclude-checks=positive_data_acceptance",
            "--continue-on-failure",
            "--warnings=off",
            "--no-color",
        ],
        cwd=folder, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{service}\n{done.stdout[-8000:]}{done.stderr[-2000:]}"
    return done.stdout


def test_every_service_keeps_its_openapi_document(home: State, tmp_path: Path) -> None:
    with ThreadPoolExecutor(2) as pool:  # two cores
        told = dict(zip(SERVICES, pool.map(lambda name: tried(home, name, tmp_path), SERVICES), strict=True))
    for service, said in told.items():
        cases = re.search(r"(\d+) generated, (\d+) passed", said)
        assert cases, said
        assert cases[1] == cases[2]
        assert int(cases[1]) > 300, service
        assert '"level":"error"' not in home.log(service).read_text()
