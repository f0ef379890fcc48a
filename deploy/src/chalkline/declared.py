"""The declarations beside this package: what the broker permits, how the database is set up."""

from functools import cache
from pathlib import Path

from chalkline.problem import Problem


@cache
def declared(*names: str) -> Path:
    """A declaration by folder and name, such as `declared("nats", "topology.toml")`."""
    here = Path(__file__).resolve().parent
    # In an installed wheel they are inside the package, in a clone in deploy/, where people look for them.
    for root in (here / "declarations", here.parents[1]):
        if (path := root.joinpath(*names)).exists():
            return path
    raise Problem(
        f"{'/'.join(names)} is not where the chalkline package expects it",
        "install the package again: make install",
    )
