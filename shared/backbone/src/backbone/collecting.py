"""How often Python looks for cycles among what is in memory.

By default after every 700 new objects, and now and then among all of them. Events come by the thousand and
refer to nothing that refers to them: looking took a third of the time of reading them.
"""

import gc

OFTEN_ENOUGH = (200_000, 20, 50)


def collect_less() -> None:
    """Leaves alone what is there already, modules above all, and looks at the rest less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*OFTEN_ENOUGH)
