"""`python -m bench.rebuilds --home …`: how fast every projection of a platform that runs is derived again.

Each service in turn reads its own log and the streams of those it follows into new tables, compares them with the live
ones, and changes nothing. An event that several services read counts in each of them.
"""

import argparse
import asyncio
from pathlib import Path
from typing import Any

from chalkline import delegating
from chalkline.state import State
from rich.console import Console
from rich.table import Table

AT_LEAST = 30_000
"""Events a second, over all services."""


async def measured(home: Path) -> dict[str, dict[str, Any]]:
    """What each service says of its rebuild, one after the other."""
    found: dict[str, dict[str, Any]] = {}
    for service in delegating.chosen(State(home), []):
        answers, _ = await delegating.gather([service], ("rebuild", "--compare-only"))
        found[service.name] = answers[service.name]
        if found[service.name].get("equal") is not True:
            raise SystemExit(f"{service.name}: {found[service.name]}")
    return found


def main(home: Path) -> int:
    found = asyncio.run(measured(home))
    table = Table("", "events", "rows", "s", "events/s", title="Every projection again", title_justify="left")
    for name, told in found.items():
        rows, rate = sum(told["tables"].values()), told["events"] / told["seconds"]
        table.add_row(name, f"{told['events']:,}", f"{rows:,}", f"{told['seconds']:.1f}", f"{rate:,.0f}")
    events, seconds = (sum(told[name] for told in found.values()) for name in ("events", "seconds"))
    table.add_row("all", f"{events:,}", "", f"{seconds:.1f}", f"{events / seconds:,.0f}")
    Console(width=140).print(table)
    return 0 if events / seconds >= AT_LEAST else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.rebuilds", description=__doc__)
    parser.add_argument("--home", type=Path, required=True, help="the platform's state folder")
    raise SystemExit(main(parser.parse_args().home))
