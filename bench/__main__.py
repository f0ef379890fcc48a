"""`make bench`: what the machinery costs, beside what else one might use, in interleaved rounds of one run."""

import argparse
import asyncio
import logging

import structlog
from rich.console import Console

from bench import aggregates, end_to_end, flood, http_door, in_process, long_goals, rebuilding
from bench.report import keep, show
from bench.servers import servers

PARTS = {
    "in-process": in_process.measure,
    "aggregates": aggregates.measure,
    "door": http_door.measure,
    "flood": flood.measure,
    "end-to-end": end_to_end.measure,
    "rebuild": rebuilding.measure,
    "long-goals": long_goals.measure,
}


async def main(parts: list[str], *, quick: bool) -> int:
    console = Console()
    sections = []
    async with servers() as running:
        for name in parts:
            section = await PARTS[name](running, quick=quick)
            show(section, console)
            sections.append(section)
    if parts == list(PARTS):
        keep(sections, quick=quick)
    missed = [found.name for section in sections for found in section.rows if found.met is False]
    if missed:
        console.print(f"[red]Targets missed:[/] {', '.join(missed)}")
    return 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help=f"of {', '.join(PARTS)}; default: all")
    parser.add_argument(
        "--quick", action="store_true", help="short rounds: does it run, roughly what comes out"
    )
    arguments = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    asyncio.run(main(arguments.parts or list(PARTS), quick=arguments.quick))
