"""How many processes each service has: `goals=3` as it is typed; `goals`, `goals-2` and `goals-3` as they are called.

The first one is the service's own part, and its address the service's; the others stand beside it, alike in
everything but their name, port and log. A running supervisor is told by a file, which it looks at twice a second.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from chalkline import presence, show
from chalkline.problem import Problem
from chalkline.state import SERVICES, State, read_json, write_json

MOST = 16
"""As many processes of a service may project, see `work.replicas`."""

WITHIN = 120.0


def service_of(part: str) -> str:
    """`goals` of `goals-3`."""
    return part.partition("-")[0]


def number_of(part: str) -> int:
    return int(part.partition("-")[2] or 1)


def processes_of(service: str, count: int) -> list[str]:
    return [service, *(f"{service}-{number}" for number in range(2, count + 1))]


def counts(words: Sequence[str]) -> dict[str, int]:
    """`goals=3` and the like, several in a word with commas. Raises Problem."""
    found: dict[str, int] = {}
    for word in (one for words_ in words for one in words_.split(",") if one):
        service, _, count = word.partition("=")
        if service not in SERVICES:
            raise Problem(f"there is no service {service}", f"there are: {', '.join(SERVICES)}")
        if not (count.isascii() and count.isdigit() and 1 <= int(count) <= MOST):
            raise Problem(f"{word} says nothing of how many", f"say {service}=3; from 1 to {MOST}")
        found[service] = int(count)
    return found


def scaled(parts: Sequence[str], wanted: Mapping[str, int]) -> list[str]:
    """These parts with as many processes of each service as are wanted, as many as before of the others."""
    if missing := set(wanted) - set(parts):
        raise Problem(f"{', '.join(sorted(missing))} is not among what runs", "name it with --only, too")
    found: list[str] = []
    for part in parts:
        if part in wanted:
            found += processes_of(part, wanted[part])
        elif service_of(part) not in wanted:
            found.append(part)
    return found


def ask(state: State, wanted: Mapping[str, int]) -> None:
    """Leaves word for the supervisor."""
    write_json(state.scale, dict(wanted))


def asked(state: State) -> dict[str, int]:
    found: dict[str, int] = read_json(state.scale) or {}
    return found


def scale(state: State, wanted: Mapping[str, int], progress: Callable[[str], None]) -> None:
    """Has a running platform come to these numbers, and returns when everything is ready. Raises Problem."""
    if not presence.running(state):
        raise Problem(f"no platform runs in {state.home}", f"start it: {show.called(state, 'up')}")
    aim = scaled(presence.known(state).get("wanted", []), wanted)
    ask(state, wanted)
    deadline = time.monotonic() + WITHIN
    while waiting := _waiting_for(presence.known(state), aim):
        if time.monotonic() > deadline or not presence.running(state):
            raise Problem(f"{', '.join(waiting)} did not come in {WITHIN:.0f} s", f"read {state.logs}")
        progress(f"waiting for {', '.join(waiting)}")
        time.sleep(0.1)


def _waiting_for(told: dict[str, Any], aim: Sequence[str]) -> list[str]:
    parts: dict[str, Any] = told.get("parts", {})
    return [name for name in aim if parts.get(name, {}).get("state") != "ready"] or [
        name for name in told.get("wanted", []) if name not in aim
    ]
