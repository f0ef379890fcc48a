"""A folder that is there whole or not at all: written beside its place, moved there when all of it is on disk."""

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from chalkline.problem import Problem

MANIFEST = "manifest.json"
MARK = ".chalkline-export"
"""Marks an unfinished folder as ours, and is locked by whoever writes it."""


@dataclass(slots=True)
class Written:
    """One file, counted and hashed as it grows."""

    path: str
    file: IO[bytes]
    rows: int = 0
    size: int = 0
    about: dict[str, Any] = field(default_factory=dict)
    """What else the manifest says of it."""
    _hash: Any = field(default_factory=hashlib.sha256)

    def write(self, data: bytes, rows: int) -> None:
        self.file.write(data)
        self._hash.update(data)
        self.size += len(data)
        self.rows += rows

    def told(self) -> dict[str, Any]:
        sized = {"path": self.path, "rows": self.rows, "bytes": self.size}
        return {**sized, "sha256": self._hash.hexdigest(), **self.about}


class Folder:
    """Files that nobody but their owner can read, on their way to `target`."""

    def __init__(self, unfinished: Path) -> None:
        self._unfinished = unfinished
        self.written: list[Written] = []

    @contextmanager
    def file(self, path: str, **about: Any) -> Iterator[Written]:
        """A file of this name, on disk at the end."""
        place = self._unfinished / path
        for above in reversed(Path(path).parents[:-1]):  # a mode is given to the last folder alone
            (self._unfinished / above).mkdir(mode=0o700, exist_ok=True)
        with open(place, "xb", opener=_for_its_owner) as file:
            written = Written(path, file, about=about)
            yield written
            file.flush()
            os.fsync(file.fileno())
        self.written.append(written)

    def manifest(self, **about: Any) -> dict[str, Any]:
        """Writes and returns what the folder holds."""
        told = {**about, "files": [written.told() for written in sorted(self.written, key=lambda w: w.path)]}
        with self.file(MANIFEST) as file:
            file.write(json.dumps(told, indent=2).encode() + b"\n", 1)
        return told


@contextmanager
def folder(target: Path) -> Iterator[Folder]:
    """A folder that comes to be at `target` when the block ends well, and leaves nothing when it does not.

    What an earlier one left when it was killed is removed. Raises Problem.
    """
    target = target.expanduser().absolute()
    if target.exists() and not (target.is_dir() and not any(target.iterdir())):
        raise Problem(f"{target} is there already", "name a folder that is not, or an empty one")
    unfinished = target.with_name(f"{target.name}.unfinished")
    try:
        with _ours(unfinished):
            yield Folder(unfinished)
            for inside in (*(place for place in unfinished.rglob("*") if place.is_dir()), unfinished):
                _synced(inside)
            unfinished.rename(target)
            _synced(target.parent)
            (target / MARK).unlink()
    except ConnectionError:  # somebody else's
        raise
    except OSError as error:
        raise Problem(f"{target} cannot be written: {error.strerror or error}") from error


@contextmanager
def _ours(unfinished: Path) -> Iterator[None]:
    """An empty folder, locked; gone when the block does not end well. Raises Problem."""
    mark = unfinished / MARK
    if unfinished.exists() and not mark.exists():
        raise Problem(f"{unfinished} is there already, and no export of ours", "move it away")
    unfinished.mkdir(mode=0o700, exist_ok=True)
    with open(mark, "ab", opener=_for_its_owner) as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Problem(
                f"another export is writing {unfinished}", "let it end, or name another folder"
            ) from None
        for left in unfinished.iterdir():
            if left.is_dir():
                shutil.rmtree(left)
            elif left != mark:
                left.unlink()
        try:
            yield
        except BaseException:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise


def _for_its_owner(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _synced(place: Path) -> None:
    handle = os.open(place, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
