"""`chalkline roster import`: sends a district's OneRoster bundle, and shows what became of it.

A folder is packed on the way, with the files an import reads and nothing else of it: of the others, the names.
"""

import csv
import json
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final

import httpx
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from chalkline import asking, issuer
from chalkline.problem import Problem
from chalkline.services import Service
from chalkline.state import State, read_json

READ: Final = frozenset({"manifest.csv", "orgs.csv", "users.csv", "roles.csv", "academicsessions.csv"})
"""What an import reads, whatever case it is written in: the service says which is right."""
MOST_NAMES: Final = 1000
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
REPORT: Final = ("severity", "file", "line", "column", "code", "reason")
DONE, NOT_DONE, NOT_ALL = 0, 1, 3
"""Exit codes: every row was taken; nothing, or not all, was done; done, but some rows were not taken."""
AGAIN: Final = "run the same command again: it goes on where it stopped"
RUNNING, PATIENCE_S = "roster_import_running", 20.0

Progress = Callable[[int, int], None]


@dataclass
class Outcome:
    """What an import answered: its summary, its rows, and what a dry run would change."""

    done: dict[str, Any] = field(default_factory=dict)
    rejected: int = 0
    notes: int = 0

    @property
    def code(self) -> int:
        return NOT_ALL if self.rejected else DONE


def import_roster(
    state: State,
    path: Path,
    whom: issuer.Bearer,
    *,
    mapping: Path | None = None,
    dry_run: bool = False,
    allow_removals: bool = False,
    told: Callable[[dict[str, Any]], None] = lambda _: None,
    progress: Progress = lambda _, __: None,
) -> Outcome:
    """Sends a bundle and follows it to its end; `told` gets every row and change as it comes. Raises Problem."""
    ports: dict[str, int] = read_json(state.ports) or {}
    url = f"{Service('directory', state, ports).url}/v1/roster-imports"
    query = {"dry_run": str(dry_run).lower(), "allow_removals": str(allow_removals).lower()}
    headers = {"Authorization": f"Bearer {issuer.token(state, whom)}"}
    until = time.monotonic() + PATIENCE_S
    with _bundle(path) as bundle, asking.client(timeout=_TIMEOUT) as http:
        while True:
            bundle.seek(0)
            files: dict[str, Any] = {"bundle": ("roster.zip", bundle, "application/zip")}
            if mapping is not None:
                files["mapping"] = ("mapping.yaml", _mapping(mapping), "application/yaml")
            try:
                with http.stream("POST", url, files=files, params=query, headers=headers) as answer:
                    if answer.is_success:
                        return _followed(answer, told, progress)
                    answer.read()
                    problem = _problem(answer)
            except httpx.HTTPError as error:
                raise Problem(
                    f"the import was cut off: {error or type(error).__name__}",
                    AGAIN,
                ) from error
            if problem.get("code") != RUNNING or time.monotonic() > until:
                raise _refused(problem, answer.status_code)
            time.sleep(0.5)


_TIMEOUT: Final = httpx.Timeout(30, read=600, write=600)


def _followed(answer: httpx.Response, told: Callable[[dict[str, Any]], None], progress: Progress) -> Outcome:
    outcome = Outcome()
    for text in answer.iter_lines():
        match json.loads(text):
            case {"progress": {"done": int(done), "of": int(of)}}:
                progress(done, of)
            case {"row": {"severity": str(severity)}} as line:
                outcome.rejected += severity == "rejected"
                outcome.notes += severity == "note"
                told(line)
            case {"change": _} as line:
                told(line)
            case {"done": dict(done)}:
                outcome.done = done
            case {"problem": dict(problem)}:
                raise _refused(problem, 503)
    if not outcome.done:
        raise Problem("the import was cut off", AGAIN)
    return outcome


@contextmanager
def _bundle(path: Path) -> Iterator[IO[bytes]]:
    """The zip file that is sent: as it is, or packed of a folder. Raises Problem."""
    try:
        if path.is_dir():
            with tempfile.TemporaryFile() as packed:
                _pack(path, packed)
                yield packed
        else:
            with path.open("rb") as file:
                yield file
    except OSError as error:
        raise Problem(f"{path} cannot be read: {error.strerror}") from error


def _pack(folder: Path, packed: IO[bytes]) -> None:
    """The files an import reads; of any other the name, for the service to say what this is."""
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        first = sorted(folder.rglob("*"), key=lambda path: (path.name.lower() not in READ, path))
        for path in first[:MOST_NAMES]:
            name = path.relative_to(folder).as_posix().encode(errors="replace").decode()
            if not path.is_file():
                continue
            if name.lower() in READ:
                with path.open("rb") as file, archive.open(name, "w", force_zip64=True) as member:
                    while content := file.read(1 << 20):
                        member.write(content)
            else:
                archive.writestr(name, b"")


def _mapping(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Problem(f"the mapping file {path} cannot be read: {error.strerror}") from error


def _problem(answer: httpx.Response) -> dict[str, Any]:
    try:
        found: dict[str, Any] = answer.json()
    except ValueError:
        return {"code": answer.reason_phrase}
    return found


def _refused(problem: dict[str, Any], status: int) -> Problem:
    """What the service says, and how to mend it where that is known."""
    code = problem.get("code", "")
    errors = [error["message"] for error in problem.get("errors", ())]
    what = problem.get("detail") or problem.get("title") or f"answered {status}"
    match code:
        case "roster_refused":
            where = problem.get("details", {})
            named = f" ({where['file']})" if where.get("file") else ""
            return Problem(f"nothing was imported: {what}{named} [{problem['errors'][0]['code']}]")
        case "mapping_invalid":
            return Problem("\n".join(["the mapping file is not one:", *errors]), "see docs/roster-import.md")
        case "roster_removals_unconfirmed":
            return Problem(
                f"nothing was imported: {what.split(';')[0]}", "add --allow-removals if that is right"
            )
        case "not_found" | "forbidden":
            return Problem(
                f"nothing was imported: {code}",
                "give the district by --tenant, and an administrator of it by --as",
            )
        case "tenant_missing":
            return Problem("into which district?", "give it by --tenant <district's UUID>")
        case "roster_import_overtaken" | "ledger_unavailable" | "contended" | "internal":
            return Problem(f"the import stopped: {what}", AGAIN)
    return Problem(f"nothing was imported: {what} [{code}]", "; ".join(errors))


@contextmanager
def progress(console: Console) -> Iterator[Progress]:
    """A bar for a person at a terminal; silent elsewhere."""
    if not console.is_terminal:
        yield lambda _, __: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Bar(*columns, console=console, transient=True) as bar:
        task = bar.add_task("reading", total=None)
        yield lambda done, of: bar.update(task, description="importing", completed=done, total=of)


class Telling:
    """Shows rows and changes as they come: the first of them to a person, every one to a program or a report."""

    def __init__(
        self, report: "Report | None", line: Callable[[str], None], *, json: bool, most: int
    ) -> None:
        self._report, self._line, self._json, self._most = report, line, json, most
        self._shown = self._left = 0

    def __call__(self, told: dict[str, Any]) -> None:
        row = told.get("row")
        if row and self._report:
            self._report.add(row)
        if self._json:
            print(json.dumps(told))
        elif self._shown < self._most:
            self._shown += 1
            self._line(escape(row_line(row) if row else change_line(told["change"])))
        else:
            self._left += 1

    def done(self, outcome: Outcome) -> None:
        if self._json:
            print(json.dumps({"done": outcome.done}))
            return
        if self._left:
            self._line(f"… and {self._left:,} more; --report FILE or --json tells them all.")
        self._line(summary(outcome))


class Report:
    """The rows that were not taken, as CSV that a spreadsheet may open; nothing in it begins like a formula."""

    def __init__(self, file: IO[str]) -> None:
        self._writer = csv.writer(file, lineterminator="\r\n")
        self._writer.writerow(REPORT)

    def add(self, row: dict[str, Any]) -> None:
        self._writer.writerow([guarded(row.get(name)) for name in REPORT])


def guarded(cell: Any) -> str:
    text = "" if cell is None else str(cell)
    return f"'{text}" if text.startswith(FORMULA) else text


def summary(outcome: Outcome) -> str:
    """One or two lines for a person."""
    done = outcome.done
    people, orgs = done["people"], done["orgs"]

    def told(counts: dict[str, int]) -> str:
        return f"{counts['added']:,} added, {counts['changed']:,} changed, {counts['removed']:,} removed"

    changes = [f"people: {told(people)}", f"organisations: {told(orgs)}"]
    if done["evaluators_changed"]:
        changes.append(f"evaluators of {done['evaluators_changed']:,} changed")
    if done["calendar_changed"]:
        changes.append("the calendar changed")
    nothing = not any(
        (*people.values(), *orgs.values(), done["evaluators_changed"], done["calendar_changed"])
    )
    begun = "Would change" if done["dry_run"] else "Imported"
    lines = ["Nothing to change." if nothing else f"{begun}: {'; '.join(changes)}."]
    skipped = ", ".join(f"{n:,} {why}" for why, n in done["skipped"].items())
    if skipped:
        lines.append(f"Passed over: {skipped}.")
    if outcome.rejected or outcome.notes:
        lines.append(f"Not taken: {outcome.rejected:,} rows; notes: {outcome.notes:,}.")
    if done["dry_run"] and done["needs_allow_removals"]:
        lines.append("More than 10 % of the people would be deactivated: the import needs --allow-removals.")
    return "\n".join(lines)


def change_line(change: dict[str, Any]) -> str:
    """Add person t-1001"""
    return f"{change['action']} {change['kind']} {change['sourced_id']}"


def row_line(row: dict[str, Any]) -> str:
    """users.csv:17 email: the cell is no e-mail address [email_invalid]"""
    where = f"{row['file']}:{row['line']}" + (f" {row['column']}" if row["column"] else "")
    return f"{where}: {row['reason']} [{row['code']}]"
