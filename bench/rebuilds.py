"""`python -m bench.rebuilds --home …`: how fast every projection of a platform that runs is derived again.

Each service in turn reads its own log and the streams of those it follows into new tables, compares them with the live
ones, and changes nothing. An event that several services read counts in each of them. Then all of them do so at once,
as `chalkline rebuild` has them: one waits for its database while another reads.
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


async def measured(home: Path, *, at_once: bool) -> dict[str, dict[str, Any]]:
    """What each service says of its rebuild, one after the other or all at once."""
    found: dict[str, dict[str, Any]] = {}
    services = delegating.chosen(State(home), [])
    for together in [services] if at_once else [[service] for service in services]:
        found |= (await delegating.gather(together, ("rebuild", "--compare-only")))[0]
    for name, told in found.items():
        if told.get("equal") is not True:
            raise SystemExit(f"{name}: {told}")
    return found


def main(home: Path) -> int:
    found = asyncio.run(measured(home, at_once=False))
    table = Table("", "events", "rows", "s", "events/s", title="Every projection again", title_justify="left")
    for name, told in found.items():
        rows, rate = sum(told["tables"].values()), told["events"] / told["seconds"]
        table.add_row(name, f"{told['events']:,}", f"{rows:,}", f"{told['seconds']:.1f}", f"{rate:,.0f}")
    events, seconds = (sum(told[name] for told in found.values()) for name in ("events", "seconds"))
    table.add_row("one by one", f"{events:,}", "", f"{seconds:.1f}", f"{events / seconds:,.0f}")
    longest = max(told["seconds"] for told in asyncio.run(measured(home, at_once=True)).values())
    table.add_row("all at once", f"{events:,}", "", f"{longest:.1f}", f"{events / longest:,.0f}")
    Console(width=140).print(table)
    return 0 if events / seconds >= AT_LEAST else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.rebuilds", description=__doc__)
    parser.add_argument("--home", type=Path, required=True, help="the platform's state folder")
    raise SystemExit(main(parser.parse_args().home))
