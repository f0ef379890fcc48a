"""Looking through files for a word: plain or packed, in capitals or not, and told where it could not be looked."""

import gzip
import zipfile
from pathlib import Path

import pytest
from backbone.searching import bytes_of, spellings
from chalkline.disk import due_to, look_through
from chalkline.state import State

WORDS = bytes_of(["Zoë Quux"])


def found(folder: Path) -> set[str]:
    return {path.name for path in look_through([folder], WORDS).found}


def test_a_word_is_found_as_it_is_in_capitals_and_as_json_has_it(tmp_path: Path) -> None:
    for name, text in {
        "plain": "of Zoë Quux.", "small": "zoë quux", "large": "ZOË QUUX", "json": '"Zo\\u00eb Quux"', "other": "Zoe",
    }.items():  # fmt: skip
        (tmp_path / name).write_bytes(b"\x00\xff" + text.encode() + b"\x00")
    assert found(tmp_path) == {"plain", "small", "large", "json"}
    assert spellings(["plain"]) == ["plain"]


def test_what_is_packed_is_unpacked(tmp_path: Path) -> None:
    (tmp_path / "a.gz").write_bytes(gzip.compress("x Zoë Quux".encode()))
    with zipfile.ZipFile(tmp_path / "b.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("c.csv", "Zoë Quux")
    (tmp_path / "half.gz").write_bytes(gzip.compress(b"nothing")[:-4])
    (tmp_path / "d.zip").write_bytes(b"PK no zip")
    assert found(tmp_path) == {"a.gz", "b.zip"}


def test_a_dump_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "dump").write_bytes(b"PGDMP\x01\x0e")
    looked = look_through([tmp_path / "dump"], WORDS)
    assert ([path.name for path in looked.unread], looked.found) == (["dump"], [])


def test_links_are_followed_and_nothing_is_counted_twice(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "file").write_text("Zoë Quux")
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "link").symlink_to(tmp_path / "real")
    (tmp_path / "home" / "gone").symlink_to(tmp_path / "nowhere")
    looked = look_through([tmp_path / "home", tmp_path / "real"], WORDS)
    assert (looked.files, len(looked.found)) == (1, 1)


@pytest.mark.parametrize("name", ["empty", "missing"])
def test_what_is_empty_or_gone_is_nothing(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").touch()
    assert look_through([tmp_path / name], WORDS).found == []


def test_files_of_tables_in_which_others_have_the_word_are_due_to_them_and_no_other(tmp_path: Path) -> None:
    data = tmp_path / "postgres" / "data"
    for name in ("base/5/77", "base/5/77.1", "base/5/777", "base/6/77", "pg_wal/00000001"):
        (data / name).parent.mkdir(parents=True, exist_ok=True)
        (data / name).touch()
    due = {str(path.relative_to(data.resolve())) for path in due_to(State(tmp_path), ["base/5/77"])}
    assert due == {"base/5/77", "base/5/77.1", "pg_wal/00000001"}
    assert due_to(State(tmp_path), []) == set()
