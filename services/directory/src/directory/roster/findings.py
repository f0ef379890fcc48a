"""What an import tells of what it could not take: whole bundles, and single rows. Codes are stable.

No sentence here quotes what stood in a cell: it may be anybody's name, address or password.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

Severity = Literal["rejected", "note"]

BUNDLE: Final[Mapping[str, str]] = {
    "bundle_not_zip": "this is no zip file",
    "bundle_damaged": "the zip file is damaged: pack it again",
    "bundle_too_large": "the zip file is larger than 50 MB",
    "bundle_too_large_unpacked": "its files are larger than 1 GB together",
    "bundle_too_many_files": "the zip file lists more files than a roster has",
    "bundle_path_unsafe": "the zip file has a path that leads out of it",
    "bundle_link": "the zip file has a symbolic link in it",
    "bundle_encrypted": "the zip file is encrypted: send it without a password",
    "bundle_packed_oddly": "the zip file is packed in a way that is not read here: use deflate",
    "bundle_in_folder": "the files lie in a folder: zip the files, not the folder",
    "bundle_in_bundle": "there is a zip file in the zip file: unpack it first",
    "bundle_file_twice": "the zip file has a file twice",
    "not_oneroster": "this is not a OneRoster bundle",
    "manifest_missing": "there is no manifest.csv",
    "manifest_misspelt": "manifest.csv must be called exactly that",
    "manifest_invalid": "manifest.csv must have the columns propertyName and value, and each property once",
    "manifest_incomplete": "manifest.csv does not say how a file is to be read",
    "manifest_mode_unknown": "manifest.csv must say bulk, delta or absent of each file",
    "version_unsupported": "manifest.csv must say oneroster.version 1.1 or 1.2",
    "file_missing": "manifest.csv speaks of a file that is not there",
    "file_misspelt": "a file is called almost as it should be",
    "file_empty": "a file is empty: it must have at least its header",
    "encoding_utf16": "a file is in UTF-16: save it as UTF-8",
    "encoding_not_utf8": "a file is not in UTF-8, perhaps Windows-1252: save it as UTF-8",
    "line_ends_cr": "a file ends its lines with CR alone: save it with CRLF or LF",
    "file_too_many_rows": "a file has more than 200,000 rows of the staff, or 100,000 that cannot be taken",
    "csv_malformed": "a file is no CSV: quotes that do not close, or a row that does not end",
    "column_missing": "a file lacks columns it must have",
    "column_twice": "a file has a column twice",
    "roles_missing": "OneRoster 1.2 tells who is what in roles.csv, and it is absent",
}
"""Why nothing of a bundle is taken."""

ROW: Final[Mapping[str, str]] = {
    "ragged": "the row has more or fewer cells than the header",
    "value_missing": "the cell must not be empty",
    "value_too_long": "the cell is longer than 255 characters",
    "character_invalid": "the cell has a control character in it",
    "formula": "the cell begins like a formula of a spreadsheet",
    "duplicate": "an earlier row of the file has the same sourcedId",
    "status_unknown": "the status must be active or tobedeleted, and in a bulk file may be blank",
    "boolean_invalid": "the cell must be true or false",
    "date_invalid": "the cell must be a date written as 2026-08-31, or in dateLastModified a moment in ISO 8601",
    "dates_reversed": "it ends before it begins",
    "email_invalid": "the cell is no e-mail address",
    "role_unknown": "this is no role of OneRoster (they are written as in teacher, siteAdministrator)",
    "org_type_unknown": "this is no type of organisation of OneRoster (district, school, department, local, …)",
    "org_type_changed": "the district's own office cannot become another kind of organisation, nor another it",
    "session_type_unknown": "this is no type of session of OneRoster (gradingPeriod, semester, schoolYear, term)",
    "district_twice": "a district has one organisation of type district, and there is one already",
    "reference_unknown": "the sourcedId is that of nobody and nothing in the roster",
    "reference_in_circle": "an organisation lies in itself",
    "org_not_taken": "the organisation is above the district: local, state and national ones are not taken",
    "term_too_long": "a term has at most 366 days",
    "mapping_person_unknown": "the mapping file names somebody who is not in the roster",
    "mapping_org_unknown": "the mapping file names an organisation that is not in the roster",
    "mapping_person_ambiguous": "the mapping file names more than one person by this",
    "mapping_evaluates_oneself": "the mapping file has somebody evaluate themselves",
    "person_erased": "this person was erased from the district's record for good: take them out of the roster",
    "changed_meanwhile": "somebody changed it while the import ran: run it again",
}
"""Why a row is not taken."""

NOTE: Final[Mapping[str, str]] = {
    "column_misspelt": "a column is called almost like this one, and was not read",
    "parent_not_found": "the parent is not in the roster: it lies in the district",
    "parent_not_above": "such a parent cannot hold it: it lies in the district",
    "removals_held_back": "nobody was removed: some rows of this file do not say of whom they are",
}
"""What was taken otherwise than it was written."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One row that was not taken, or not as it was written."""

    file: str
    line: int
    """Of the file, the header being 1; 0: the file as a whole."""
    column: str | None
    code: str

    @property
    def severity(self) -> Severity:
        return "note" if self.code in NOTE else "rejected"

    @property
    def reason(self) -> str:
        return NOTE.get(self.code) or ROW[self.code]

    def told(self) -> dict[str, object]:
        return {
            "severity": self.severity,
            "file": self.file,
            "line": self.line,
            "column": self.column,
            "code": self.code,
            "reason": self.reason,
        }


class BundleRefused(Exception):
    """Nothing of a bundle is taken, for this reason. `detail` says where, and never quotes a cell."""

    def __init__(
        self, code: str, detail: str = "", *, file: str | None = None, line: int | None = None
    ) -> None:
        super().__init__(code)
        self.code, self.file, self.line = code, file, line
        self.detail = f"{BUNDLE[code]}{': ' if detail else ''}{detail}"


class Findings:
    """What was found, in the order it was found."""

    def __init__(self) -> None:
        self._found: list[tuple[str, int, str | None, str]] = []
        self.rejected = 0

    def add(self, file: str, line: int, column: str | None, code: str) -> None:
        self._found.append((file, line, column, code))
        self.rejected += code in ROW

    def __iter__(self) -> Iterator[Finding]:
        return (Finding(*found) for found in self._found)

    def __len__(self) -> int:
        return len(self._found)
