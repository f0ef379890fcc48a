"""A free port for each part: the usual one where it is free, remembered once chosen.

Seconds pass between choosing a port and binding it. So that no other platform of this machine chooses the same
one meanwhile, whoever chose it holds a lock on a file named after it, for as long as the process lives.
"""

import fcntl
import os
import socket
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from chalkline.state import State, read_json, write_json

USUAL = {
    "postgres": 54320,
    "nats": 4222,
    "nats_monitor": 8222,
    "directory": 8001,
    "goals": 8002,
    "observations": 8003,
    "notifications": 8004,
}
STEP, TRIES = 100, 10  # 8001, 8101, 8201 …


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As servers do: a port whose last connections are still fading away is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


_held: dict[int, int] = {}
"""The locks of this process: file descriptors by port. The kernel gives them back when it ends."""


def reserved(port: int) -> bool:
    """Whether the port is now kept for this process; False where another platform keeps it."""
    if port in _held:
        return True
    file = Path(tempfile.gettempdir()) / f"chalkline-port-{port}.lock"
    try:
        handle = os.open(file, os.O_RDONLY | os.O_CREAT, 0o644)
    except OSError:
        return True  # a name somebody else made unreadable: nobody coordinates over it
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        return False
    _held[port] = handle
    return True


def any_free(taken: Iterable[int] = ()) -> int:
    """A port the system has to spare, for tests that run side by side."""
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        if port not in taken:
            return port


def choose(state: State, parts: Iterable[str]) -> tuple[Mapping[str, int], Mapping[str, int]]:
    """(port of every part, those of them that had to move from the remembered port with the old value)."""
    remembered: dict[str, int] = read_json(state.ports) or {}
    chosen = dict(remembered)
    moved = {}
    for part in parts:
        others = {port for name, port in chosen.items() if name != part}
        first = remembered.get(part, USUAL[part])
        candidates = [first, *(USUAL[part] + STEP * n for n in range(TRIES))]
        port = next((p for p in candidates if p not in others and is_free(p) and reserved(p)), None)
        while port is None:
            port = found if reserved(found := any_free(others)) else None
        if part in remembered and port != remembered[part]:
            moved[part] = remembered[part]
        chosen[part] = port
    if chosen != remembered:
        write_json(state.ports, chosen)
    return chosen, moved
