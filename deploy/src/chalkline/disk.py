"""What lies on this machine's disk: letting go of old write-ahead log, and looking through files for words.

PostgreSQL keeps what it wrote in `pg_wal` until it needs the room, and uses old files again without emptying them. So
after an erasure its log begins a new file, what is behind is checkpointed and removed, and the files that were laid by
are written over.
"""

import gzip
import mmap
import os
import zipfile
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import asyncpg

from chalkline.problem import Problem
from chalkline.state import State, read_json

LAID_BY: Final = 512
"""Files of 16 MB at most that are written over: what `max_wal_size` may have laid by, twice over."""
A_FILE: Final = "f.name ~ '^[0-9A-F]{24}$'"


async def let_go_of_wal(state: State) -> int:
    """Checkpoints, and leaves no write-ahead log from before; how many files there are then. Raises Problem."""
    ports: dict[str, int] = read_json(state.ports) or {}
    password = (state.secrets / "postgres" / "superuser_password").read_text()
    url = f"postgresql://postgres@127.0.0.1:{ports['postgres']}/postgres"
    try:
        db = await asyncpg.connect(url, password=password, timeout=5)
    except (OSError, TimeoutError, asyncpg.PostgresError) as error:
        raise Problem("PostgreSQL does not answer", "look at: chalkline status") from error
    try:
        await db.execute("ALTER SYSTEM SET wal_recycle = off")
        await db.execute("SELECT pg_reload_conf()")
        await db.execute("CHECKPOINT")
        for _ in range(LAID_BY):
            ahead = await db.fetchval(
                f"SELECT count(*) FROM pg_ls_waldir() AS f WHERE {A_FILE}"  # noqa: S608 - a constant
                " AND f.name > pg_walfile_name(pg_current_wal_insert_lsn())"
            )
            await db.execute("SELECT pg_logical_emit_message(false, 'chalkline', '')")
            await db.execute("SELECT pg_switch_wal()")
            if not ahead:
                break
        await db.execute("CHECKPOINT")
        files: int = await db.fetchval(f"SELECT count(*) FROM pg_ls_waldir() AS f WHERE {A_FILE}")  # noqa: S608 - a constant
    finally:
        await db.execute("ALTER SYSTEM RESET wal_recycle")
        await db.execute("SELECT pg_reload_conf()")
        await db.close()
    return files


@dataclass(slots=True)
class Files:
    """What was looked through."""

    files: int = 0
    bytes: int = 0
    found: list[Path] = field(default_factory=list)
    unread: list[Path] = field(default_factory=list)
    """Those that could not be opened, or are packed in a way that is not read here."""


def look_through(paths: Sequence[Path], words: Sequence[bytes]) -> Files:
    """Every file at or below these paths, links followed; of gzip and zip files what is in them."""
    looked, seen = Files(), set[tuple[int, int]]()
    for path in (one for given in paths for one in _files(given)):
        try:
            known = path.stat()
            if (known.st_dev, known.st_ino) in seen:
                continue
            seen.add((known.st_dev, known.st_ino))
            looked.files, looked.bytes = looked.files + 1, looked.bytes + known.st_size
            if known.st_size and _has(path, words, looked):
                looked.found.append(path)
        except FileNotFoundError:  # gone by now
            continue
        except OSError:
            looked.unread.append(path)
    return looked


def due_to(state: State, tables: Collection[str]) -> set[Path]:
    """PostgreSQL's files, links followed, that have words because rows of others do: those of these tables, as it calls
    them, and the write-ahead log, which has such rows again with whatever is written beside them. They have nothing of
    somebody who was erased, once tables are written anew and the log of before is let go of.
    """
    data = (state.postgres / "data").resolve()
    if not tables:
        return set()
    parts = {data / table: (data / table).parent.glob(f"{Path(table).name}*") for table in tables}
    files = {
        part for file, found in parts.items() for part in found if part.name.partition(".")[0] == file.name
    }
    return files | set((data / "pg_wal").iterdir())


def _files(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        yield path
    for folder, _, names in os.walk(path, followlinks=True):
        yield from (one for name in names if (one := Path(folder) / name).is_file())


def _has(path: Path, words: Sequence[bytes], looked: Files) -> bool:
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        if any(content.find(word) >= 0 for word in words):
            return True
        head = content[:5]
    if head.startswith(b"PGDMP"):  # pg_dump's own format is compressed
        looked.unread.append(path)
    return any(word in part for part in _unpacked(path, head) for word in words)


def _unpacked(path: Path, head: bytes) -> Iterator[bytes]:
    with suppress(zipfile.BadZipFile, gzip.BadGzipFile, EOFError, RuntimeError):
        if head.startswith(b"\x1f\x8b"):
            yield gzip.decompress(path.read_bytes())
        if head.startswith(b"PK"):
            with zipfile.ZipFile(path) as packed:
                for name in packed.namelist():
                    yield name.encode() + b"\n" + packed.read(name)
