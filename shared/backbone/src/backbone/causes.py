"""What one service's log tells of causes: an event, what was told together with it, what policies made of it.

Nothing is scanned: an event is found by its id, what a command told by the command's id, and what an event led to by
the rows in which policies keep what they did. Across services walks `chalkline why`.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic_core import from_json

from backbone.queries import Queries
from backbone.recorded import Meta

sql = Queries("backbone", "sql/queries")

CommandKey = tuple[UUID, UUID]
"""(tenant, command id)."""


@dataclass(frozen=True, slots=True)
class Told:
    """An event as its log has it."""

    service: str
    position: int
    event_id: UUID
    tenant: UUID
    aggregate: str
    aggregate_id: UUID
    version: int
    name: str
    occurred_at: datetime
    recorded_at: datetime
    meta: Meta
    data: Mapping[str, Any]
    """Empty where a departed district's was blanked."""

    @property
    def command(self) -> CommandKey:
        return self.tenant, UUID(self.meta.command_id)


@dataclass(frozen=True, slots=True)
class Reacted:
    """What a policy made of an event: `done`, `nothing`, or `refused` with a code."""

    service: str
    event_id: UUID
    policy: str
    target: UUID
    command: CommandKey
    outcome: str
    code: str | None


async def told_by_id(db: Any, service: str, event_ids: Sequence[UUID]) -> list[Told]:
    """Those of these events that this log has."""
    return [_told(service, row) for row in await db.fetch(sql.events_by_id, event_ids)]


async def told_by_commands(
    db: Any, service: str, commands: Iterable[CommandKey]
) -> dict[CommandKey, list[Told]]:
    """What each of these commands told, in order; none of commands that told nothing, or elsewhere."""
    keys = list(dict.fromkeys(commands))
    told: dict[CommandKey, list[Told]] = defaultdict(list)
    tenants, ids = [tenant for tenant, _ in keys], [command_id for _, command_id in keys]
    for row in await db.fetch(sql.events_of_commands, tenants, ids) if keys else ():
        told[row["tenant"], row["command_id"]].append(_told(service, row))
    return told


async def told_of(
    db: Any, service: str, tenant: UUID, aggregate_ids: Sequence[UUID], names: Sequence[str]
) -> list[Told]:
    """What was told of these aggregates under these names, in order."""
    rows = await db.fetch(sql.events_of_streams, tenant, aggregate_ids, names)
    return [_told(service, row) for row in rows]


async def reactions_to(db: Any, service: str, event_ids: Sequence[UUID]) -> list[Reacted]:
    """What this service's policies made of these events."""
    return [
        Reacted(
            service, row["event_id"], row["policy"], row["target"], (row["tenant"], row["command_id"]),
            row["outcome"], row["code"],
        )
        for row in await db.fetch(sql.reactions_to, event_ids)
    ]  # fmt: skip


def _told(service: str, row: Any) -> Told:
    data = from_json(row["data"]) if row["data"] is not None else {}
    return Told(
        service, row["position"], row["event_id"], row["tenant"], row["kind"], row["stream_id"], row["version"],
        row["type"], row["occurred_at"], row["recorded_at"], Meta.decode(row["meta"]), data,
    )  # fmt: skip
