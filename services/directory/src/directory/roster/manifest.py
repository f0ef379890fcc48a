"""The manifest: which OneRoster a bundle is, and how each of its files is to be read."""

import re
from collections.abc import Callable, Mapping
from typing import Final, Literal

from directory.roster.bundle import READ, Bundle
from directory.roster.findings import BundleRefused
from directory.roster.rows import Table

Mode = Literal["bulk", "delta", "absent"]
Version = Literal["1.1", "1.2"]
FILE: Final = "manifest.csv"
MOST_PROPERTIES: Final = 1000
MODES: Final[Mapping[str, Mode]] = {"bulk": "bulk", "delta": "delta", "absent": "absent", "": "absent"}


def read_manifest(bundle: Bundle, seen: Callable[[bytes], None]) -> tuple[Version, dict[str, Mode]]:
    """The version, and the mode of each file an import reads. Raises BundleRefused."""
    told = _properties(bundle, seen)
    found = re.fullmatch(r"1\.([12])(\.\d+)?", told.get("oneroster.version", ""))
    if found is None:
        raise BundleRefused("version_unsupported", file=FILE)
    version: Version = "1.1" if found[1] == "1" else "1.2"
    modes = {name: _mode(name, told, bundle) for name in READ if name != FILE}
    if version == "1.1":
        modes["roles.csv"] = "absent"  # there is no such file in it
    elif modes["users.csv"] == "bulk" and modes["roles.csv"] == "absent":
        raise BundleRefused("roles_missing", file=FILE)
    return version, modes


def _properties(bundle: Bundle, seen: Callable[[bytes], None]) -> dict[str, str]:
    try:
        table = Table(bundle.open(FILE), ("propertyName", "value"), seen=seen)
    except BundleRefused as refused:
        if refused.code in ("column_missing", "column_twice"):
            raise BundleRefused("manifest_invalid", file=FILE, line=1) from refused
        raise
    told: dict[str, str] = {}
    for line, cells, _ in table:
        if cells is None or cells[0] in told or len(told) == MOST_PROPERTIES:
            raise BundleRefused("manifest_invalid", f"line {line}", file=FILE, line=line)
        told[cells[0]] = cells[1]
    return told


def _mode(name: str, told: Mapping[str, str], bundle: Bundle) -> Mode:
    key = f"file.{name.removesuffix('.csv')}"
    mode = MODES.get(told.get(key, ""))
    if mode is None:
        raise BundleRefused("manifest_mode_unknown", key, file=FILE)
    if not told.get(key) and name in bundle:
        raise BundleRefused("manifest_incomplete", f"say {key} bulk, delta or absent", file=FILE)
    if mode != "absent" and name not in bundle:
        raise BundleRefused("file_missing", f"{name}, which is said to be {mode}", file=FILE)
    return mode
