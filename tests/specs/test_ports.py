"""Ports: two platforms that start at the same time never choose the same one, and nothing is left behind."""

import subprocess
import sys
from pathlib import Path

import pytest
from chalkline import ports
from chalkline.state import State

KEEPER = """
import sys
from chalkline import ports
print(ports.reserved(int(sys.argv[1])), flush=True)
sys.stdin.read()
"""


def keeper(port: int) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", KEEPER, str(port)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


@pytest.fixture(autouse=True)
def _forgotten() -> object:
    yield
    while ports._held:
        ports._held.popitem()[1].close()


def test_a_port_one_process_keeps_is_no_other_ones_until_it_ends_however_it_ends() -> None:
    port = ports.any_free()
    first = keeper(port)
    assert first.stdout
    assert first.stdout.readline() == "True\n"
    assert ports.is_free(port)  # nobody has bound it yet
    assert not ports.reserved(port)
    first.kill()
    first.communicate()
    assert ports.reserved(port)
    assert ports.reserved(port)  # ours stays ours
    second = keeper(port)
    assert second.communicate()[0] == "False\n"


def test_a_kept_port_is_passed_over_and_the_temporary_folder_stays_empty(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    usual = ports.any_free()
    monkeypatch.setitem(ports.USUAL, "goals", usual)
    state = State(tmp_path / "home")
    state.make()
    first = keeper(usual)
    assert first.stdout
    assert first.stdout.readline() == "True\n"
    chosen, moved = ports.choose(state, ["goals"])
    assert chosen["goals"] != usual
    assert moved == {}
    first.kill()
    first.communicate()
    assert list((tmp_path / "tmp").iterdir()) == []
