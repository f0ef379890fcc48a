"""Where PostgreSQL's data lie when another account runs it: found again, taken along, or named as nobody's."""

import os
import shutil
from pathlib import Path

import pytest
from chalkline import doctor, postgres
from chalkline.account import Account
from chalkline.postgres import ground, orphans
from chalkline.problem import Problem
from chalkline.state import State

ME = Account("me", os.getuid(), os.getgid())


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    monkeypatch.setattr(postgres, "ELSEWHERE", folder)
    return folder


def grounded(home: Path) -> Path:
    """A platform's data folder, with something in it."""
    real = ground(home / "postgres", ME)
    (real / "data").mkdir(exist_ok=True)
    return real


def test_data_are_found_again_and_are_nobodys_concern(tmp_path: Path) -> None:
    real = grounded(tmp_path / "home")
    assert grounded(tmp_path / "home") == real == (tmp_path / "home" / "postgres").resolve()
    assert list(orphans(ME)) == []


def test_data_whose_state_folder_was_deleted_are_named_until_they_are_gone(tmp_path: Path) -> None:
    real, other = grounded(tmp_path / "home"), grounded(tmp_path / "other")
    shutil.rmtree(tmp_path / "home")
    assert list(orphans(ME)) == [(real, tmp_path / "home")]
    assert real.exists()
    postgres.forget(other)
    shutil.rmtree(real)
    assert list(orphans(ME)) == []


def test_the_doctor_says_whose_they_were_and_how_to_remove_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor.account, "server_account", lambda: ME)
    real = grounded(tmp_path / "home")
    shutil.rmtree(tmp_path / "home")
    [found] = [one for one in doctor.examine(State(tmp_path / "mine")) if str(real) in one.what]
    assert found.verdict == "warning"
    assert str(tmp_path / "home") in found.what
    assert f"rm -r {real}" in found.mend


def test_what_does_not_say_whose_it_is_or_is_a_strangers_is_left_alone(tmp_path: Path) -> None:
    real = grounded(tmp_path / "home")
    shutil.rmtree(tmp_path / "home")
    assert list(orphans(Account("another", ME.uid + 1, ME.gid))) == []
    (real / postgres.LINKED_FROM).unlink()
    assert list(orphans(ME)) == []


def test_a_state_folder_that_is_moved_takes_its_data_along(tmp_path: Path) -> None:
    before = grounded(tmp_path / "home")
    (tmp_path / "home").rename(tmp_path / "moved")
    real = ground(tmp_path / "moved" / "postgres", ME)
    assert (real / "data").is_dir()
    assert not before.exists()
    assert list(orphans(ME)) == []


def test_a_moved_state_folder_comes_upon_no_other_data(tmp_path: Path) -> None:
    theirs, mine = grounded(tmp_path / "other"), grounded(tmp_path / "home")
    shutil.rmtree(tmp_path / "other")
    (tmp_path / "home").rename(tmp_path / "other")
    with pytest.raises(Problem) as told:
        ground(tmp_path / "other" / "postgres", ME)
    assert str(mine) in str(told.value)
    assert str(theirs) in str(told.value)
    assert (mine / "data").is_dir()
    assert (theirs / "data").is_dir()
    shutil.rmtree(theirs)
    assert (grounded(tmp_path / "other") / "data").is_dir()
    assert not mine.exists()


def test_a_copied_state_folder_does_not_take_the_data_of_the_first(tmp_path: Path) -> None:
    first = grounded(tmp_path / "home")
    shutil.copytree(tmp_path / "home", tmp_path / "copy", symlinks=True)
    assert not (ground(tmp_path / "copy" / "postgres", ME) / "data").exists()
    assert (first / "data").is_dir()
    assert list(orphans(ME)) == []
