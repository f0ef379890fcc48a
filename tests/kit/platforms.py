"""A platform as a test has it: in a folder of its own, on ports that nobody else has, waited for."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from chalkline import ports
from chalkline.state import State


def on_ports_of_its_own(folder: Path, *beside: str) -> State:
    """A state folder, made, with a port for every part, and for others `beside` them, that is nobody else's."""
    state, chosen = State(folder), dict[str, int]()
    state.make()
    for part in (*ports.USUAL, *beside):
        chosen[part] = ports.any_free(chosen.values())
    state.ports.write_text(json.dumps(chosen))
    return state


def eventually(condition: Callable[[], Any], within: float = 30.0) -> float:
    """Waits for what is to come true; how many seconds that took."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < within, "it never came true"
        time.sleep(0.05)
    return time.monotonic() - began
