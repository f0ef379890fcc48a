"""`python -m bench.reads --home …`: every read of every service at a steady rate, on a platform that runs.

Play a district first, as `chalkline demo --district large --keep` does; its state folder ends in `-demo`. Reads
are those that OpenAPI tells, asked by whoever of each role may, at random; a request is sent when it is due, whether or
not the one before was answered, and is measured from then. Each read in its turn, or all of them at once (`--mixed`).
"""

import argparse
import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from time import perf_counter
from typing import Any
from uuid import UUID

import httpx
from chalkline import issuer
from chalkline.state import State, read_json
from rich.console import Console
from rich.table import Table

SERVICES = ("directory", "goals", "observations", "notifications")
ROLES = ("coaching_lead", "administrator", "principal", "coach", "teacher")
OF_EACH = 25
"""How many people of a role ask, and of how many things each of them."""
LISTED = {"/v1/notifications": "/v1/inbox"}
"""Where the ids of a collection are found that has no list of its own name."""
P99 = 50.0
"""Milliseconds that ninety-nine in a hundred answers may take."""


@dataclass
class Read:
    """A read, with who asks for what of it."""

    service: str
    path: str
    asked: list[tuple[str, str]] = field(default_factory=list)
    """Path and token."""
    took: list[float] = field(default_factory=list)
    failed: int = 0

    def at(self, share: float) -> float:
        ordered = sorted(self.took)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000


class District:
    """The platform's services, and its people by role."""

    def __init__(self, home: Path, tenant: UUID) -> None:
        self._state, self._tenant = State(home), tenant
        ports = read_json(home / "ports.json")
        limits = httpx.Limits(max_connections=200, max_keepalive_connections=200)
        self.services = {
            name: httpx.AsyncClient(base_url=f"http://127.0.0.1:{ports[name]}", timeout=30, limits=limits)
            for name in SERVICES
        }
        self.people: list[tuple[str, str]] = []
        """Ids and tokens, every role in turn."""
        self.unasked: list[str] = []
        """Reads that none of them could be found anything for."""

    def token(self, who: str) -> str:
        return issuer.token(self._state, issuer.bearer(self._state, who, self._tenant))

    async def meet(self) -> None:
        """Finds some people of each role."""
        operator, found = self.token("operator"), list[list[str]]()
        for role in ROLES:
            rows = await self.told("directory", f"/v1/people?role={role}&limit=200", operator)
            ids = sorted(row["person_id"] for row in rows)
            found.append(Random(role).sample(ids, min(OF_EACH, len(ids))))
        self.people = [
            (one, self.token(one)) for n in range(OF_EACH) for of_role in found for one in of_role[n : n + 1]
        ]

    async def told(self, service: str, path: str, token: str) -> Any:
        """What a read tells; nothing where it is refused."""
        answer = await self.services[service].get(path, headers={"Authorization": f"Bearer {token}"})
        return answer.json() if answer.is_success else []

    async def reads(self) -> list[Read]:
        """Every read that somebody may ask for, each by all of the people who may."""
        found = []
        for service, client in self.services.items():
            paths: dict[str, Any] = (await client.get("/openapi.json")).json()["paths"]
            for path in sorted(
                path for path, told in paths.items() if "get" in told and path.startswith("/v1/")
            ):
                read = Read(service, path)
                for person, token in self.people:
                    read.asked += [
                        (own, token) for own in await self._written_out(service, path, person, token)
                    ]
                if read.asked:
                    found.append(read)
                else:
                    self.unasked.append(f"{service} {path}")
        return found

    async def _written_out(self, service: str, path: str, person: str, token: str) -> list[str]:
        """A path with the ids of what this person's own list shows."""
        if "{" not in path:
            answered = await self.services[service].get(path, headers={"Authorization": f"Bearer {token}"})
            return [path] if answered.is_success else []
        collection = path.partition("/{")[0]
        match collection:
            case "/v1/districts" | "/v1/clock":
                ids = [str(self._tenant)]
            case "/v1/preferences":
                ids = [person]
            case _:
                rows = await self.told(
                    service, f"{LISTED.get(collection, collection)}?limit={OF_EACH}", token
                )
                ids = [self._own_id(row) for row in rows]
        written = [re.sub(r"\{[^}]*\}", own, path) for own in ids]
        return written if written and await self.told(service, written[0], token) else []

    def _own_id(self, row: dict[str, Any]) -> str:
        """The first id that a row tells."""
        return next(str(value) for key, value in row.items() if re.search(r"(^|_)id$", key))


async def load(district: District, reads: Sequence[Read], *, rate: float, seconds: float) -> None:
    """Asks these reads in turn, each of something at random, at a steady rate for some seconds."""
    random = Random(seconds)

    async def ask(read: Read, due: float) -> None:
        path, token = random.choice(read.asked)
        await asyncio.sleep(due - perf_counter())
        answer = await district.services[read.service].get(path, headers={"Authorization": f"Bearer {token}"})
        read.took.append(perf_counter() - due)
        read.failed += not answer.is_success

    begin = perf_counter() + 0.05
    await asyncio.gather(*(ask(reads[n % len(reads)], begin + n / rate) for n in range(int(rate * seconds))))


def show(reads: Sequence[Read], rate: float) -> None:
    table = Table(
        "", "asked", "p50 ms", "p99 ms", "refused", title=f"Reads at {rate:g} a second", title_justify="left"
    )
    for read in sorted(reads, key=lambda read: -read.at(0.99)):
        slow = "[red]" if read.at(0.99) > P99 else ""
        table.add_row(
            f"{read.service} {read.path}", str(len(read.took)), f"{read.at(0.5):.1f}", f"{slow}{read.at(0.99):.1f}",
            str(read.failed),
        )  # fmt: skip
    Console(width=140).print(table)


async def main(home: Path, tenant: UUID, *, rate: float, seconds: float, only: str, mixed: bool) -> int:
    district = District(home, tenant)
    await district.meet()
    reads = [read for read in await district.reads() if only in f"{read.service} {read.path}"]
    for among in [reads] if mixed else [[read] for read in reads]:
        await load(
            district, among, rate=rate, seconds=min(seconds, len(among))
        )  # what is asked first is slower
        for read in among:
            read.took.clear()
        await load(district, among, rate=rate, seconds=seconds)
    show(reads, rate)
    if district.unasked:
        print("Nothing was found to ask:", *district.unasked, sep="\n  ")
    return 0 if all(read.at(0.99) <= P99 and not read.failed for read in reads) else 1


def district_of(home: Path) -> UUID:
    """The district that its people were remembered of: the one that was played last."""
    personas = read_json(State(home).personas)
    return UUID(personas["demo-maya" if "demo-maya" in personas else "maya"]["tenant"])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.reads", description=__doc__)
    parser.add_argument("--home", type=Path, required=True, help="the platform's state folder")
    parser.add_argument("--tenant", type=UUID, help="the district; else the one that was played")
    parser.add_argument("--rate", type=float, default=50.0, help="requests a second")
    parser.add_argument("--seconds", type=float, default=10.0, help="for how long each read is asked, or all")
    parser.add_argument("--only", default="", help="reads whose service and path contain this")
    parser.add_argument("--mixed", action="store_true", help="all reads at once, at this rate altogether")
    told = parser.parse_args()
    tenant = told.tenant or district_of(told.home)
    raise SystemExit(
        asyncio.run(
            main(told.home, tenant, rate=told.rate, seconds=told.seconds, only=told.only, mixed=told.mixed)
        )
    )
