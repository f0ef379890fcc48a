"""An export's folder is there whole or not at all."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest
from chalkline.export_folder import MANIFEST, MARK, folder
from chalkline.problem import Problem


def fill(target: Path) -> None:
    with folder(target) as out:
        with out.file("events/goals.jsonl", kind="events", service="goals") as file:
            file.write(b"one\n", 1)
            file.write(b"two\n", 1)
        with out.file("words/goals.jsonl") as file:
            file.write(b"", 0)
        with out.file("lists/goals/goals.csv") as file:
            file.write(b"", 0)
        out.manifest(district="a district")


def unfinished(target: Path) -> Path:
    return target.with_name(f"{target.name}.unfinished")


def test_what_is_written_is_counted_hashed_and_its_owners_alone(tmp_path: Path) -> None:
    fill(tmp_path / "out")
    assert sorted(str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*") if p.is_file()) == [
        "out/events/goals.jsonl", "out/lists/goals/goals.csv", f"out/{MANIFEST}", "out/words/goals.jsonl",
    ]  # fmt: skip
    told = json.loads((tmp_path / "out" / MANIFEST).read_text())
    assert told["district"] == "a district"
    assert told["files"][0] == {
        "path": "events/goals.jsonl", "rows": 2, "bytes": 8, "sha256": hashlib.sha256(b"one\ntwo\n").hexdigest(),
        "kind": "events", "service": "goals",
    }  # fmt: skip
    for place in (tmp_path / "out").rglob("*"):
        assert place.stat().st_mode & 0o777 == (0o700 if place.is_dir() else 0o600)


def test_an_empty_folder_may_be_there(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    fill(tmp_path / "out")
    assert (tmp_path / "out" / MANIFEST).exists()


def test_what_breaks_leaves_nothing(tmp_path: Path) -> None:
    def break_half_way() -> None:
        with folder(tmp_path / "out") as out, out.file("events/goals.jsonl") as file:
            file.write(b"one\n", 1)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        break_half_way()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("there", ["folder", "file"])
def test_nothing_is_written_over(tmp_path: Path, there: str) -> None:
    target = tmp_path / "out"
    if there == "folder":
        target.mkdir()
        (target / "mine").touch()
    else:
        target.touch()
    with pytest.raises(Problem, match="is there already"):
        fill(target)
    assert not unfinished(target).exists()


def test_a_folder_that_only_looks_like_an_unfinished_one_is_left_alone(tmp_path: Path) -> None:
    other = unfinished(tmp_path / "out")
    other.mkdir()
    (other / "mine").touch()
    with pytest.raises(Problem, match="no export of ours"):
        fill(tmp_path / "out")
    assert [place.name for place in other.iterdir()] == ["mine"]


def test_where_nothing_can_be_written_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="No such file or directory"):
        fill(tmp_path / "nowhere" / "out")


HOLDS = """
import signal, sys
from pathlib import Path
from chalkline.export_folder import folder

with folder(Path(sys.argv[1])) as out, out.file("events/goals.jsonl") as file:
    file.write(b"half of one", 1)
    file.file.flush()
    print("begun", flush=True)
    signal.pause()
"""


def test_what_a_killed_export_left_does_not_look_whole_and_the_next_one_takes_its_place(
    tmp_path: Path,
) -> None:
    target = tmp_path / "out"
    process = subprocess.Popen([sys.executable, "-c", HOLDS, str(target)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n"
    with pytest.raises(Problem, match="another export"):
        fill(target)
    process.kill()
    process.communicate(timeout=30)
    assert not target.exists()
    assert (unfinished(target) / MARK).exists()
    assert not (unfinished(target) / MANIFEST).exists()
    fill(target)
    assert not unfinished(target).exists()
    assert (target / "events/goals.jsonl").read_bytes() == b"one\ntwo\n"
