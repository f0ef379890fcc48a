"""Processes that start in a group of their own, die with their parent and stop by id."""

import asyncio
import contextlib
import ctypes
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import psutil

from chalkline.account import Account

PR_SET_PDEATHSIG = 1


async def spawn(
    command: Sequence[str | Path],
    *,
    log: Path,
    cwd: Path,
    env: Mapping[str, str] | None = None,
    account: Account | None = None,
    on_parent_death: signal.Signals = signal.SIGKILL,
) -> asyncio.subprocess.Process:
    """Starts a process whose output goes to a file, not a pipe: its log survives whoever started it.

    Call it from a thread that lives as long as the process should: Linux delivers `on_parent_death`
    when the *thread* that started a process ends.
    """
    with log.open("ab") as output:
        return await asyncio.create_subprocess_exec(
            *map(str, command),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=cwd,
            env=dict(env) if env is not None else None,
            # A group of its own: Ctrl-C in a terminal reaches the supervisor alone, which stops in order.
            process_group=0,
            preexec_fn=dies_with_parent(on_parent_death),
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
        )


def dies_with_parent(death: signal.Signals) -> Callable[[], None] | None:
    if sys.platform != "linux":
        return None  # elsewhere a killed supervisor's processes are found by their pid files
    prctl, parent, number = ctypes.CDLL(None).prctl, os.getpid(), int(death)

    def before_exec() -> None:
        prctl(PR_SET_PDEATHSIG, number)
        if os.getppid() != parent:  # it died before we asked
            os._exit(1)

    return before_exec


async def stop(process: asyncio.subprocess.Process, how: signal.Signals, grace: float) -> bool:
    """Asks, waits, insists. True if it went by itself."""
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(how)
    try:
        await asyncio.wait_for(process.wait(), grace)
    except TimeoutError:
        kill_group(process.pid)
        await process.wait()
        return False
    kill_group(process.pid)  # whatever it left behind
    return True


def kill_group(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def alive(pid_file: Path) -> psutil.Process | None:
    """The process a pid file speaks of, if it still runs.

    A pid is reused sooner or later: a process younger than the file is somebody else's.
    """
    try:
        written = pid_file.stat().st_mtime
        process = psutil.Process(int(pid_file.read_text()))
        if process.status() == psutil.STATUS_ZOMBIE or process.create_time() > written + 1:
            return None
    except (FileNotFoundError, ValueError, psutil.NoSuchProcess):
        return None
    return process


def end(process: psutil.Process, how: signal.Signals, grace: float) -> None:
    """Stops a process that is not our child, by its id."""
    with contextlib.suppress(psutil.NoSuchProcess):
        process.send_signal(how)
        try:
            process.wait(grace)
        except psutil.TimeoutExpired:
            process.kill()
            process.wait(grace)


def describe(returncode: int) -> str:
    """`exit 1`, or the name of the signal that ended it."""
    if returncode >= 0:
        return f"exit {returncode}"
    with contextlib.suppress(ValueError):
        return signal.Signals(-returncode).name
    return f"signal {-returncode}"


def size(log: Path) -> int:
    return log.stat().st_size if log.exists() else 0


def tail(log: Path, *, since: int = 0, lines: int = 15) -> str:
    """The last lines of a log, written after it had a certain size, for a person who asks why."""
    try:
        with log.open("rb") as file:
            file.seek(max(since, size(log) - 16_384))
            return "\n".join(file.read().decode(errors="replace").splitlines()[-lines:])
    except FileNotFoundError:
        return ""
