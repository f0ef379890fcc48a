"""Reading the rows of a CSV file as they stream by: UTF-8, with or without BOM, CRLF or LF, quoted newlines.

What cannot be read row by row refuses the bundle; a row of another width than the header is told as ragged.
"""

import codecs
import csv
import difflib
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from directory.roster.bundle import Member
from directory.roster.findings import BundleRefused

CHUNK: Final = 64 * 1024
LONGEST_ROW: Final = 1024 * 1024
"""Characters, line breaks in quotes included."""

LONE_CR: Final = "new-line character seen in unquoted field"
"""How the csv module says that a line goes on after its CR."""
GUESS: Final = 0.8
SPELLING: Final = 0.9
"""How alike two names are that may be meant for one, and two of which one is misspelt."""

Line = tuple[int, tuple[str, ...] | None, Sequence[str]]
"""Where a row begins (the header is line 1), its cells as laid out (None: it is ragged), and as they stand."""


class Table:
    """A file's rows: iterating yields Lines, their cells in the order of `layout`, blank where there is no such column.

    Raises BundleRefused, at once for its header, later for its rows.
    """

    def __init__(
        self,
        member: Member,
        required: Sequence[str],
        *,
        layout: Sequence[str] = (),
        seen: Callable[[bytes], None] = lambda _: None,
    ) -> None:
        self.file = member.name
        self._lines = _Lines(member, seen)
        self._reader = csv.reader(self._lines, strict=True)
        header = self._header()
        self.columns = tuple(header)
        missing = [name for name in required if name not in header]
        if missing:
            raise BundleRefused("column_missing", _missing(missing, header), file=self.file, line=1)
        layout = layout or required
        for name in layout:
            if header.count(name) > 1:
                raise BundleRefused("column_twice", name, file=self.file, line=1)
        self.misspelt = [name for name in layout if name not in header and _near(name, header, SPELLING)]
        """Columns that may be there and are not, where something is called almost like them."""
        self.width = len(header)
        self._at = [header.index(name) if name in header else -1 for name in layout]

    def __iter__(self) -> Iterator[Line]:
        width, at = self.width, self._at
        while (row := self._next()) is not None:
            line, cells = row
            if not any(cells):
                continue  # a blank line, or one of nothing but commas
            if len(cells) != width:
                yield line, None, cells
            else:
                yield line, tuple([cells[i].strip() if i >= 0 else "" for i in at]), cells

    def _header(self) -> list[str]:
        row = self._next()
        while row is not None and not any(row[1]):
            row = self._next()
        if row is None:
            raise BundleRefused("file_empty", file=self.file)
        return [name.strip() for name in row[1]]

    def _next(self) -> tuple[int, list[str]] | None:
        line = self._reader.line_num + 1
        self._lines.begins()
        try:
            return line, next(self._reader)
        except StopIteration:
            return None
        except csv.Error as error:
            code = "line_ends_cr" if LONE_CR in str(error) else "csv_malformed"
            raise BundleRefused(code, f"line {line}", file=self.file, line=line) from error


class _Lines:
    """The physical lines of a file, decoded; each keeps its end."""

    def __init__(self, member: Member, seen: Callable[[bytes], None]) -> None:
        self._member, self._seen = member, seen
        self._decode = codecs.getincrementaldecoder("utf-8")()
        self._ready: list[str] = []
        self._rest = ""
        self._line = 0
        self._length = 0
        self._first = self._ended = False

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        while not self._ready:
            if self._ended:
                raise StopIteration
            self._more()
        line = self._ready.pop()
        self._line += 1
        self._length += len(line)
        if self._length > LONGEST_ROW:
            raise self._refused("csv_malformed")
        return line

    def begins(self) -> None:
        """A new row begins with the next line."""
        self._length = 0

    def _more(self) -> None:
        content = self._member.read(CHUNK)
        self._seen(content)
        if not self._first:
            self._first = True
            content = self._checked(content)
        try:
            text = self._rest + self._decode.decode(content, final=not content)
        except UnicodeDecodeError as error:
            before = error.object[: error.start].count(b"\n")
            self._line += len(self._rest.splitlines()) and before
            raise self._refused("encoding_not_utf8", before) from None
        if not content:
            self._ended = True
            self._rest = ""
            self._ready = [text] if text else []
            return
        lines = text.split("\n")
        self._rest = lines.pop()
        if len(self._rest) > LONGEST_ROW:
            raise self._refused("csv_malformed")
        self._ready = [f"{line}\n" for line in reversed(lines)]

    def _checked(self, content: bytes) -> bytes:
        if content.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x00" in content[:4]:
            raise self._refused("encoding_utf16")
        if b"\r" in content and b"\n" not in content:
            raise self._refused("line_ends_cr")
        return content.removeprefix(b"\xef\xbb\xbf")

    def _refused(self, code: str, further: int = 0) -> BundleRefused:
        line = self._line + further + 1
        return BundleRefused(code, f"line {line}", file=self._member.name, line=line)


def _missing(missing: Sequence[str], header: Sequence[str]) -> str:
    """Which columns are not there, and which header was perhaps meant: what resembles no column is not quoted."""
    told = []
    for name in missing:
        near = _near(name, header, GUESS)
        told.append(f"{name} (is it {near}?)" if near else name)
    return ", ".join(told)


def _near(name: str, header: Sequence[str], alike: float) -> str | None:
    """The header that was perhaps meant by a column's name."""
    folded = {other.lower(): other for other in header}
    near = difflib.get_close_matches(name.lower(), list(folded), n=1, cutoff=alike)
    return folded[near[0]] if near else None
