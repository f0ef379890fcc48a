"""The demo: what a newcomer types first. It plays, checks itself, and leaves nothing running."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest
from chalkline import presence
from chalkline.state import SERVICES, State, read_json
from kit.platforms import on_ports_of_its_own

pytestmark = pytest.mark.system


def environment(folder: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CHALKLINE_")}
    return {**kept, "CHALKLINE_HOME": str(folder / "here"), "COLUMNS": "200"}


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "chalkline", *words],
        env=environment(folder), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=180, check=False,
    )  # fmt: skip


def alive(folder: Path) -> list[str]:
    """Command lines of whatever speaks of this folder, or was started for a service in it."""
    real = [str(folder), *(str(path.resolve()) for path in folder.glob("*/postgres"))]
    found = []
    for process in psutil.process_iter():
        try:
            words = " ".join(process.cmdline()) + process.environ().get("CHALKLINE_SECRETS_DIR", "")
        except psutil.Error:
            continue
        if process.pid != os.getpid() and any(path in words for path in real):
            found.append(words)
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    for name in ("here", "here-demo"):
        on_ports_of_its_own(tmp_path / name)
    yield tmp_path
    for name in ("here", "here-demo"):
        run(tmp_path, "reset", "--yes", "--home", str(tmp_path / name))
    assert alive(tmp_path) == []


def rows(told: str) -> dict[str, list[str]]:
    """The table at the end: what is said of each service."""
    return {
        words[0]: words[1:] for line in told.splitlines() if (words := line.split()) and words[0] in SERVICES
    }


def test_the_demo_achieves_a_goal_checks_everything_and_leaves_nothing_running(folder: Path) -> None:
    """Though directory is killed while thousands of people come in: the import goes on where it was."""
    here = State(folder / "here-demo")
    playing = subprocess.Popen(
        [sys.executable, "-m", "chalkline", "demo"],
        env=environment(folder), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert playing.stdout
    told = ""
    for line in playing.stdout:
        told += line
        if "a dry run" in line:
            time.sleep(1)
            psutil.Process(int(here.pid("directory").read_text())).kill()
    _, wrong = playing.communicate(timeout=60)
    assert playing.returncode == 0, told + wrong
    assert "directory ended with SIGKILL; starting it again" in here.log("supervisor").read_text()
    [came] = re.findall(r"([0-9,]+) people came aboard", told)
    assert int(came.replace(",", "")) > 2500
    for what in (
        "a dry run",
        "the row has more or fewer cells than the header [ragged]",
        "5,000 students",
        "nothing to change",
        "VisitOverdue came due",
        "the target is met",
        "Tomás adapts it to his class",
        "teach together, 45 minutes",
        "she corrects it, the achievement is withdrawn",
        "└── when_observed: ProgressRetracted cause=observation_corrected",
        "AchievementWithdrawn cause=observation_corrected",
        "○ baseline",
        "the goal is achieved, from 14 of 40 to 36 of 40",
        "closes the cycle",
        "mails were caught",
        "To: tomas@example.org",
        "Hello Tomás Reyes,",
        "Achieved.",
    ):
        assert what in told
    assert "…" not in told  # where nobody watches, nothing is cut off
    table = rows(told)
    assert list(table) == list(SERVICES)
    for events, heard, stream, *_, projections, copied, chained in table.values():
        assert int(events) == int(heard) == int(stream) > 0
        assert (projections, copied, chained) == ("✓", "✓", "✓")
    assert alive(folder) == []
    personas: dict[str, Any] = read_json(here.personas)
    assert {"maya", "tomas", "priya", "ada", "leo", "nora"} <= set(personas)
    assert run(folder, "token", "--as", "maya", "--home", str(folder / "here-demo")).stdout.count(".") == 2


@pytest.mark.soak
def test_a_district_s_year_is_played_as_planned_though_a_service_is_killed_and_may_be_kept(
    folder: Path,
) -> None:
    """A small one of the large: the events must be those of the plan, whoever dies on the way."""
    playing = subprocess.Popen(
        [sys.executable, "-m", "chalkline", "demo", "--district", "large", "--schools", "2", "--teachers", "8",
         "--seed", "5", "--keep"],
        env=environment(folder), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert playing.stdout
    here = State(folder / "here-demo")
    for line in playing.stdout:
        if "week  4" in line:
            psutil.Process(int(here.pid("goals").read_text())).kill()
        if "week 20" in line:
            break
    told, wrong = playing.communicate(timeout=120)
    assert playing.returncode == 0, told + wrong
    assert "A year." in told
    # Whether a command was under way at that moment is chance; that it was killed is not.
    assert "goals ended with SIGKILL; starting it again" in here.log("supervisor").read_text()
    assert "It runs on" in told
    for _, heard, stream, *_, projections, copied, chained in rows(told).values():
        assert int(heard) == int(stream)
        assert (projections, copied, chained) == ("✓", "✓", "✓")
    assert presence.running(here)


def test_a_district_without_a_teacher_for_each_school_is_refused_at_once(folder: Path) -> None:
    done = run(folder, "demo", "--district", "large", "--schools", "9", "--teachers", "8")
    assert done.returncode == 1
    assert "9 schools cannot do with 8 teachers" in done.stderr


def hears_interrupts() -> None:
    """As at a terminal: whoever started these tests in the background may have had Ctrl-C ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.soak
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_demo_that_is_interrupted_leaves_nothing_running(folder: Path, how: signal.Signals) -> None:
    playing = subprocess.Popen(
        [sys.executable, "-m", "chalkline", "demo"],
        env=environment(folder), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
        preexec_fn=hears_interrupts,  # noqa: PLW1509 - these tests have one thread
    )  # fmt: skip
    assert playing.stdout
    for line in playing.stdout:
        if "Maya starts a cycle" in line:
            break
    playing.send_signal(how)
    playing.communicate(timeout=60)
    assert playing.returncode != 0
    deadline = time.monotonic() + 30
    while alive(folder) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert alive(folder) == []


def test_up_opens_a_sample_district_and_what_it_suggests_works_as_typed(folder: Path) -> None:
    told = run(folder, "up").stdout
    suggested = [line.strip() for line in told.split("Next, try:")[1].strip().splitlines()]
    look, command, advance = (line for line in suggested if not line.startswith("#"))
    told_before = json.loads(typed(folder, look))
    assert "VisitOverdue" not in [one["milestone"] for one in told_before]
    first, again = json.loads(typed(folder, command)), json.loads(typed(folder, command))
    assert first == again
    with second_door(folder) as door:
        assert json.loads(typed(folder, re.sub(r"http://127.0.0.1:\d+", door, command))) == first
    typed(folder, advance)
    assert "VisitOverdue" in [one["milestone"] for one in json.loads(typed(folder, look))]
    personas = State(folder / "here").personas.read_text()
    assert "token --as maya" in run(folder, "up").stdout
    assert State(folder / "here").personas.read_text() == personas


@pytest.mark.soak
def test_a_demo_is_played_beside_what_is_there(folder: Path) -> None:
    assert run(folder, "up").returncode == 0
    played = run(folder, "demo", "--against-running")
    assert played.returncode == 0, played.stdout + played.stderr
    assert "the other counts: all there is on this platform" in played.stdout
    assert presence.running(State(folder / "here"))
    assert {"maya", "demo-maya"} <= set(read_json(State(folder / "here").personas))


@contextmanager
def second_door(folder: Path) -> Iterator[str]:
    """The address of one more door of goals, for as long as it is needed."""
    serving = subprocess.Popen(
        [sys.executable, "-m", "chalkline", "serve", "goals"],
        env=environment(folder), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert serving.stderr
        [url] = re.findall(r"http://127.0.0.1:\d+", serving.stderr.readline())
        typed(folder, f"curl -sf --retry 30 --retry-delay 1 --retry-connrefused {url}/readyz")
        yield str(url)
    finally:
        serving.terminate()
        serving.communicate(timeout=30)


def typed(folder: Path, line: str) -> str:
    done = subprocess.run(
        ["bash", "-c", line], env=environment(folder), capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, f"{shlex.quote(line)}: {done.stdout}{done.stderr}"
    return done.stdout
