"""How the command packs a folder: what an import reads, and of anything else the name."""

import os
import zipfile
from pathlib import Path

import pytest
from chalkline import roster


def names(folder: Path) -> list[str]:
    with roster._bundle(folder) as bundle, zipfile.ZipFile(bundle) as archive:
        return archive.namelist()


def test_only_the_files_an_import_reads_leave_the_folder(tmp_path: Path) -> None:
    (tmp_path / "users.csv").write_text("sourcedId")
    (tmp_path / "userProfiles.csv").write_text("password")
    with roster._bundle(tmp_path) as bundle, zipfile.ZipFile(bundle) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == {
            "users.csv": b"sourcedId",
            "userProfiles.csv": b"",
        }


def test_a_file_whose_name_is_no_text_stops_nothing(tmp_path: Path) -> None:
    """Such as one that was unpacked from another machine's zip."""
    (tmp_path / "users.csv").write_text("sourcedId")
    try:
        (Path(os.fsdecode(os.fsencode(tmp_path) + b"/\x83\x86.csv"))).write_text("x")
    except OSError:
        pytest.skip("this file system takes no such name")
    assert names(tmp_path) == ["users.csv", "??.csv"]


def test_what_an_import_reads_is_packed_however_much_lies_beside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(roster, "MOST_NAMES", 3)
    for name in ("a.txt", "b.txt", "c.txt", "manifest.csv", "users.csv"):
        (tmp_path / name).write_text("x")
    assert names(tmp_path) == ["manifest.csv", "users.csv", "a.txt"]
