"""A platform's state folder for a test: with ports that no other platform of this machine has, or chooses meanwhile."""

import json
from pathlib import Path

from chalkline import ports
from chalkline.state import State


def on_ports_of_its_own(folder: Path) -> State:
    """A state folder, made, with ports chosen."""
    state, chosen = State(folder), dict[str, int]()
    state.make()
    for part in ports.USUAL:
        chosen[part] = ports.any_free(chosen.values())
    state.ports.write_text(json.dumps(chosen))
    return state
