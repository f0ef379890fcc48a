"""Opening a bundle: a zip file that somebody sent, and of whom nothing is believed.

Only the files an import needs are ever unpacked, as streams, counted as they come out. The first thing that
is wrong refuses the whole bundle.
"""

import io
import stat
import struct
import zipfile
import zlib
from collections.abc import Mapping
from difflib import SequenceMatcher
from typing import IO, Final

from directory.roster.findings import BundleRefused

LARGEST: Final = 50 * 1000 * 1000
LARGEST_UNPACKED: Final = 1000 * 1000 * 1000
LARGEST_LISTING: Final = 4 * 1024 * 1024
"""Bytes of a zip file's own list of files: some thousands of them."""
READ: Final = ("manifest.csv", "orgs.csv", "users.csv", "roles.csv", "academicSessions.csv")
"""The files an import reads; every other one stays packed."""
DAMAGED: Final = (zipfile.BadZipFile, zlib.error, EOFError, struct.error, OSError, ValueError)

SDS: Final[Mapping[frozenset[str], str]] = {
    frozenset({"school.csv", "teacher.csv"}): "Microsoft School Data Sync, v1",
    frozenset({"school.csv", "student.csv"}): "Microsoft School Data Sync, v1",
    frozenset({"schools.csv", "teachers.csv"}): "Clever",
    frozenset({"orgs.csv", "users.csv"}): "Microsoft School Data Sync v2, or OneRoster without its manifest",
}
"""What a folder without a manifest may be, by the names of its files."""


class Bundle:
    """The files of a bundle that may be read, by name. `unpacked` counts what came out of it."""

    def __init__(
        self, archive: zipfile.ZipFile, members: Mapping[str, zipfile.ZipInfo], names: set[str]
    ) -> None:
        self._archive, self._members, self.names = archive, members, names
        self.unpacked = 0

    def __contains__(self, name: str) -> bool:
        return name in self._members

    def open(self, name: str) -> "Member":
        """A file of it. Raises BundleRefused."""
        info = self._members[name]
        try:
            return Member(self, self._archive.open(info), name)
        except DAMAGED as error:
            raise BundleRefused("bundle_damaged", file=name) from error
        except NotImplementedError as error:
            raise BundleRefused("bundle_packed_oddly", file=name) from error
        except RuntimeError as error:  # what zipfile raises where it wants a password
            raise BundleRefused("bundle_encrypted", file=name) from error


class Member:
    """A file of a bundle as a stream of bytes, counted as they come."""

    def __init__(self, bundle: Bundle, packed: IO[bytes], name: str) -> None:
        self._bundle, self._packed, self.name = bundle, packed, name

    def read(self, size: int) -> bytes:
        """At most so many bytes, none at the end. Raises BundleRefused."""
        try:
            content = self._packed.read(size)
        except DAMAGED as error:
            raise BundleRefused("bundle_damaged", file=self.name) from error
        self._bundle.unpacked += len(content)
        if self._bundle.unpacked > LARGEST_UNPACKED:
            raise BundleRefused("bundle_too_large_unpacked", file=self.name)
        return content


def open_bundle(file: IO[bytes]) -> Bundle:
    """A zip file, looked through before anything of it is unpacked. Raises BundleRefused."""
    _check_listing(file)
    try:
        archive = zipfile.ZipFile(file)
    except (*DAMAGED, NotImplementedError, RuntimeError) as error:
        raise BundleRefused("bundle_damaged") from error
    members: dict[str, zipfile.ZipInfo] = {}
    for info in archive.infolist():
        _check_member(info)
        if info.filename in members:
            raise BundleRefused("bundle_file_twice", _name(info.filename))
        members[info.filename] = info
    if sum(info.file_size for info in members.values()) > LARGEST_UNPACKED:
        raise BundleRefused("bundle_too_large_unpacked")
    names = {name for name in members if not name.endswith("/")}
    _check_manifest(names)
    for needed in READ:
        _check_spelling(needed, names)
    return Bundle(archive, {name: members[name] for name in READ if name in members}, names)


def _check_listing(file: IO[bytes]) -> None:
    """Looks at how long its list of files is before anybody reads it all into memory."""
    size = file.seek(0, io.SEEK_END)
    if size > LARGEST:
        raise BundleRefused("bundle_too_large")
    file.seek(max(0, size - 65_557))
    tail = file.read(65_557)
    file.seek(0)
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) < at + 22:
        raise BundleRefused("bundle_not_zip" if file.read(4) != b"PK\x03\x04" else "bundle_damaged")
    count, listing = struct.unpack_from("<HI", tail, at + 10)
    if count == 0xFFFF or listing > LARGEST_LISTING:
        raise BundleRefused("bundle_too_many_files")
    file.seek(0)


def _check_member(info: zipfile.ZipInfo) -> None:
    name = info.orig_filename
    parts = name.replace("\\", "/").split("/")
    if name.startswith(("/", "\\")) or ".." in parts or ":" in parts[0] or "\x00" in name:
        raise BundleRefused("bundle_path_unsafe")
    if stat.S_ISLNK(info.external_attr >> 16):
        raise BundleRefused("bundle_link", _name(name))
    if info.flag_bits & 0x1:
        raise BundleRefused("bundle_encrypted", _name(name))


def _check_manifest(names: set[str]) -> None:
    """That there is a manifest where it belongs; else what this is, as far as its files' names tell."""
    if "manifest.csv" in names:
        return
    names = {name.replace("\\", "/") for name in names}  # some programs write their folders so
    for name in sorted(names):
        if "/" not in name and _like_manifest(name):
            raise BundleRefused("manifest_misspelt", f"here it is called {_name(name)}")
    for name in sorted(names):
        folder, _, last = name.rpartition("/")
        if last.lower() == "manifest.csv" and not folder.startswith("__MACOSX"):
            raise BundleRefused("bundle_in_folder", f"manifest.csv lies in {_name(folder)}")
    packed = [name for name in sorted(names) if name.lower().endswith(".zip")]
    if packed:
        raise BundleRefused("bundle_in_bundle", _name(packed[0]))
    files = {name.rpartition("/")[2].lower() for name in names}
    for made, what in SDS.items():
        if made <= files:
            missing = [need for need in ("manifest.csv", "orgs.csv", "users.csv") if need not in files]
            raise BundleRefused(
                "not_oneroster",
                f"it looks like {what}. Missing: {', '.join(missing)}. Export OneRoster 1.1 or 1.2 CSV",
            )
    raise BundleRefused("manifest_missing")


def _check_spelling(needed: str, names: set[str]) -> None:
    if needed in names:
        return
    for name in sorted(names):
        if "/" not in name and (name.lower() == needed.lower() or _close(name, needed)):
            raise BundleRefused("file_misspelt", f"{_name(name)} must be called {needed}")


def _like_manifest(name: str) -> bool:
    stem = name.lower().partition(".")[0]
    return stem.startswith("manifest") or SequenceMatcher(None, stem, "manifest").ratio() > 0.85


def _close(name: str, wanted: str) -> bool:
    """Whether a file's name is the wanted one with an `s` too few or too many, or another case or ending."""
    stem, _, ending = name.lower().rpartition(".")
    stem, ending = (stem, ending) if stem else (ending, "")
    return ending in ("csv", "txt", "") and stem.rstrip("s") == wanted.removesuffix(".csv").lower().rstrip(
        "s"
    )


def _name(name: str) -> str:
    """A file's name as it may be shown."""
    shown = "".join(c if c.isprintable() else "?" for c in name[:80])
    return f"«{shown}»"
