"""Is everything that it must be? Every projection against a rebuild, every stream and chain against its log."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from rich.table import Table

from chalkline import delegating
from chalkline.services import Service

TRIES = 4
"""A check that could not be made (a part was being started again) is made again; a finding is not."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found of one service."""

    service: str
    rebuilt: dict[str, Any]
    verified: dict[str, Any]

    @property
    def faults(self) -> list[str]:
        """What is not as it must be, in words; empty when all is."""
        faults = [
            f"{self.service}: {where['error'][-800:]}"
            for where in (self.rebuilt, self.verified)
            if "error" in where
        ]
        if differing := self.rebuilt.get("differing"):
            faults.append(f"{self.service}: rows differ from a rebuild in {differing}")
        faults += [
            f"{self.service}: {finding['where']} at {finding['position']}: {finding['what']}"
            for finding in self.verified.get("findings", ())[:3]
        ]
        stated = self.rebuilt.get("equal") is True and self.verified.get("ok") is True
        return faults or ([] if stated else [f"{self.service}: the checks say neither yes nor no"])


async def check(services: list[Service], done: Callable[[str], None]) -> list[Checked]:
    """Checks every service, two at a time; says what is done."""
    two = asyncio.Semaphore(2)  # each is a process that mostly computes

    async def ask(service: Service, *arguments: str) -> dict[str, Any]:
        answer: dict[str, Any] = {}
        for _ in range(TRIES):
            async with two:
                answers, _code = await delegating.gather([service], arguments)
            answer = answers[service.name]
            if "error" not in answer:
                break
            await asyncio.sleep(1)
        done(f"{service.name}: {arguments[0]}")
        return answer

    async def both(service: Service) -> Checked:
        rebuilt, verified = await asyncio.gather(
            ask(service, "rebuild", "--compare-only"), ask(service, "verify")
        )
        return Checked(service.name, rebuilt, verified)

    return list(await asyncio.gather(*(both(service) for service in services)))


def table(found: list[Checked], heard: Mapping[str, int]) -> Table:
    """Counts, and a verdict each."""
    shown = Table(box=None, pad_edge=False, header_style="dim")
    shown.add_column("")
    for heading in ("events", "over NATS", "stream", "aggregates", "texts", "projected rows"):
        shown.add_column(heading, justify="right", no_wrap=True)
    for heading in ("projections = rebuild", "stream = log", "chain"):
        shown.add_column(heading, no_wrap=True)
    for one in found:
        told, rows = one.verified, sum(one.rebuilt.get("tables", {}).values())
        wrong = {finding["where"] for finding in told.get("findings", ())}
        shown.add_row(
            one.service, str(told.get("events", "?")), str(heard.get(one.service, 0)),
            *(str(told.get(name, "?")) for name in ("messages", "aggregates", "words")), str(rows),
            _verdict(one.rebuilt.get("equal")),
            _verdict("error" not in told and "stream" not in wrong),
            _verdict("error" not in told and not wrong & {"log", "chain", "state", "commands", "words"}),
        )  # fmt: skip
    return shown


def _verdict(holds: Any) -> str:
    return "[green]✓[/]" if holds else "[red]✗[/]"
