"""A free port for each part: the usual one where it is free, remembered once chosen.

Seconds pass between choosing a port and binding it. So that no other platform of this machine chooses the same
one meanwhile, whoever chose it holds the UDP port of that number, for which nothing here has another use: the
system gives it to one process at a time, whoever runs it, and takes it back when that process ends.
"""

import socket
from collections.abc import Iterable, Mapping

from chalkline.scaling import number_of, service_of
from chalkline.state import State, read_json, write_json

USUAL = {
    "postgres": 54320,
    "nats": 4222,
    "nats_monitor": 8222,
    "mail": 2525,
    "directory": 8001,
    "goals": 8002,
    "observations": 8003,
    "notifications": 8004,
}
STEP, TRIES = 100, 10  # 8001, 8101, 8201 …
BESIDE = 1000  # 8002, 9002, 10002 …: the processes of one service


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As servers do: a port whose last connections are still fading away is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


_held: dict[int, socket.socket] = {}
"""What this process keeps others from choosing, by port."""


def reserved(port: int) -> bool:
    """Whether the port is now kept for this process; False where another keeps it."""
    if port in _held:
        return True
    claim = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        claim.bind(("127.0.0.1", port))
    except OSError:
        claim.close()
        return False
    _held[port] = claim
    return True


def any_free(taken: Iterable[int] = ()) -> int:
    """A port the system has to spare, for tests that run side by side."""
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        if port not in taken:
            return port


def usual(part: str) -> int:
    """Where a part answers unless something is in the way; further processes of a service stand beside the first."""
    return USUAL[service_of(part)] + BESIDE * (number_of(part) - 1)


def choose(state: State, parts: Iterable[str]) -> tuple[Mapping[str, int], Mapping[str, int]]:
    """(port of every part, those of them that had to move from the remembered port with the old value)."""
    remembered: dict[str, int] = read_json(state.ports) or {}
    chosen = dict(remembered)
    moved = {}
    for part in parts:
        others = {port for name, port in chosen.items() if name != part}
        first = remembered.get(part, usual(part))
        candidates = [first, *(usual(part) + STEP * n for n in range(TRIES))]
        port = next((p for p in candidates if p not in others and is_free(p) and reserved(p)), None)
        while port is None:
            port = found if reserved(found := any_free(others)) else None
        if part in remembered and port != remembered[part]:
            moved[part] = remembered[part]
        chosen[part] = port
    if chosen != remembered:
        write_json(state.ports, chosen)
    return chosen, moved
