"""Facts of others: the ids, codes and dates that every service keeps of directory's and goals' aggregates.

One projection for all services, and one way to ask: coalesced by key, handed to `decide` as arguments.
"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from backbone import deciding
from backbone.commands import Commands, Order
from backbone.deciding import Actor
from backbone.gather import Gather
from backbone.ledger import patiently
from backbone.queries import Queries
from backbone.reading import Progress
from backbone.reads import Reads
from backbone.sharing import Grant


class Facts:
    """Looks up facts for commands, many in one statement.

    `queries` are folders of `.sql` files that take ($1 tenants, $2 keys); the service's own may add to
    the backbone's. `sources` are the services these facts come from: they count as level when all of them
    were seen level within 30 s, or, in a process that does not project itself, when the database says so.
    """

    def __init__(self, reads: Reads, *queries: Queries, sources: Sequence[str], progress: Progress) -> None:
        self._reads = reads
        self._queries = {name: getattr(folder, name) for folder in queries for name in folder.names()}
        self._gathers: dict[str, Gather[tuple[UUID, UUID | str], Any]] = {}
        self._sources = tuple(sources)
        self._progress = progress

    @property
    def level(self) -> bool:
        """Whether every source was seen level lately."""
        return self._progress.level(self._sources)

    def asking(self, order: Order, commands: Commands) -> "Asking":
        return Asking(
            by=order.actor,
            command_id=order.command_id,
            tenant=order.tenant,
            aggregate_id=order.aggregate_id,
            facts=self,
            commands=commands,
        )

    def about(self, actor: Actor, aggregate_id: UUID, commands: Commands) -> "Asking":
        """What a read may ask; there is no command, so its id is the aggregate's."""
        return Asking(
            by=actor,
            command_id=aggregate_id,
            tenant=actor.tenant,
            aggregate_id=aggregate_id,
            facts=self,
            commands=commands,
        )

    def row(self, query: str, tenant: UUID, key: UUID | str) -> asyncio.Future[Any]:
        gather = self._gathers.get(query)
        if gather is None:
            gather = self._gathers[query] = Gather(self._fetching(self._queries[query]))
        return gather((tenant, key))

    def _fetching(self, text: str) -> Any:
        async def fetch(keys: list[tuple[UUID, UUID | str]]) -> list[Any]:
            each = dict.fromkeys(keys)  # many ask for the same: a district's policy, an instrument
            tenants, wanted = [k[0] for k in each], [k[1] for k in each]
            rows = await patiently(lambda: self._reads.rows(set(tenants), text, tenants, wanted))
            found = {(row["tenant"], row["key"]): row for row in rows}
            return [found.get(key) for key in keys]

        return fetch


@dataclass(slots=True)
class Asking:
    """What gathering facts for one command or read may use; see `backbone.deciding.Asking`."""

    by: Actor
    command_id: UUID
    tenant: UUID
    aggregate_id: UUID
    facts: Facts
    commands: Commands

    @property
    def level(self) -> bool:
        return self.facts.level

    async def state(self, kind: str, aggregate_id: UUID) -> Any:
        return await self.commands.state(self.tenant, kind, aggregate_id)

    def fact(self, query: str, key: UUID | str) -> asyncio.Future[Any]:
        return self.facts.row(query, self.tenant, key)


async def several(asking: deciding.Asking, *wanted: tuple[str, UUID | str | None]) -> list[Any]:
    """Facts asked for at once, each (query, key), in their order; None for what has no key."""
    asked = [asking.fact(query, key) for query, key in wanted if key is not None]
    rows = iter(await asyncio.gather(*asked) if len(asked) > 1 else [await one for one in asked])
    return [None if key is None else next(rows) for _, key in wanted]


async def grants(asking: deciding.Asking, teacher_ids: Iterable[UUID]) -> tuple[Grant, ...]:
    """What opens something of these teachers to the actor, now."""
    if asking.by.kind != "person":
        return ()
    row = await asking.fact("shared_with", f"{asking.by.id}:{','.join(map(str, teacher_ids))}")
    if row is None:
        return ()
    told = (
        row[f"{name}s"] for name in ("share_id", "teacher_id", "why", "partnership_id", "cycle_id", "goal_id")
    )
    return tuple(Grant(*one) for one in zip(*told, strict=True))


class Clock:
    """The tenant's time: a sandbox's stands where it was put, every other tenant's is the world's.

    Whether a district is a sandbox never changes, so a real one is asked about once.
    """

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._real: set[UUID] = set()

    async def now(self, tenant: UUID) -> datetime:
        """An aware time in UTC. A district nobody has told us of yet has the world's."""
        if tenant not in self._real:
            district = await self._facts.row("district", tenant, tenant)
            if district is not None and district["sandbox"]:
                clock: datetime = district["clock"]
                return clock
            if district is not None:
                self._real.add(tenant)
        return datetime.now(UTC)
