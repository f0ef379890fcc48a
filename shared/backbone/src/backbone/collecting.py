"""How often Python looks for cycles among what is in memory.

By default after every 700 new objects, and now and then among all of them. Events come by the thousand and
refer to nothing that refers to them: looking took a third of the time of reading them.
"""

import gc
from typing import Final

SELDOM: Final = (200_000, 20, 50)
"""Where nobody waits for an answer: a look among so many new objects takes sixty milliseconds."""
SHORTLY: Final = (10_000, 2, 500)
"""Where somebody does: a look takes eight at most, and reading events a seventh longer."""


def collect_less(*, answering: bool = False) -> None:
    """Leaves alone what is there already, modules above all, and looks at the rest less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*(SHORTLY if answering else SELDOM))
