"""Whether a supervisor is at work for a state folder, what it last told, and what one that was killed left behind."""

import fcntl
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from chalkline import processes
from chalkline.problem import Problem
from chalkline.state import SERVERS, State, read_json


@contextmanager
def locked(state: State) -> Iterator[None]:
    """One supervisor a state folder. The lock goes with the process, however it ends."""
    state.make()
    with state.lock.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Problem(
                f"a supervisor is already running for {state.home}", "chalkline status tells"
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def running(state: State) -> int | None:
    """The pid of the supervisor that holds the lock, or None."""
    try:
        with state.lock.open("r+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                return int(file.read() or 0) or None
            return None
    except FileNotFoundError:
        return None


def sweep(state: State) -> list[str]:
    """Ends what a supervisor that was killed outright may have left, by its pid files; says what."""
    swept = []
    left = sorted(path.stem for path in state.run.glob("*.pid"))
    for name in (*(name for name in left if name not in SERVERS), *reversed(SERVERS)):
        if process := processes.alive(state.pid(name)):
            how = signal.SIGINT if name == "postgres" else signal.SIGTERM
            processes.end(process, how, 15)
            swept.append(name)
        state.pid(name).unlink(missing_ok=True)
    return swept


def known(state: State) -> dict[str, Any]:
    """What the last supervisor wrote about itself and its parts."""
    return read_json(state.platform) or {}


def elsewhere(state: State) -> bool:
    """Whether others start and stop this platform (compose does): it has addresses, and never had a supervisor."""
    return state.ports.exists() and not state.platform.exists()
