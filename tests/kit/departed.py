"""A district that leaves while another stays: closing it, blanking it, and what is left of it anywhere."""

import asyncio
import re
from typing import Any
from uuid import UUID

import asyncpg
from backbone import blanking, closed, streams
from backbone.searching import search
from backbone.wire import BLANKED

from kit.running import Platform, Served

UUIDS = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")

ORDER = ("notifications", "observations", "goals", "directory")
"""In which services blank a district: directory tells the others what stays of it."""


async def close(platform: Platform, tenant: UUID) -> None:
    """Returns when every service has heard, and refuses what is decided in it."""
    await platform.directory.post(f"/v1/districts/{tenant}/close-district", by=None, tenant=tenant)
    await platform.level()
    async with asyncio.timeout(20):
        while not all(tenant in served.run.closed for served in platform.services.values()):  # noqa: ASYNC110
            await asyncio.sleep(closed.EVERY / 10)


async def blank_all(platform: Platform, tenant: UUID, token: str) -> dict[str, int]:
    """Every service's exit code."""
    told = ("blank-district", "--tenant", str(tenant), "--json")
    return {name: await platform.services[name].job(*told, token=token) for name in ORDER}


async def rows_of(served: Served, tenant: UUID) -> dict[str, int]:
    """In which tables a service has how many rows of a district, beside those it keeps."""
    owner, found = served.database.owner, {}
    for row in await owner.fetch(blanking.sql.tables_of_tenants):
        name = f"{row['schema']}.{row['name']}"
        n = await owner.fetchval(f"SELECT count(*) FROM {name} WHERE tenant = $1", tenant)
        if n and name not in blanking.KEPT:
            found[name] = n
    return found


async def all_of(served: Served, tenant: UUID) -> dict[str, list[asyncpg.Record]]:
    """All a service has of a district, but for what operators did to it."""
    owner, found = served.database.owner, {}
    kind = "SELECT stream_id::text FROM ledger.streams WHERE tenant = $1 AND kind = 'Operation'"
    acts = [row["stream_id"] for row in await owner.fetch(kind, tenant)]
    for row in await owner.fetch(blanking.sql.tables_of_tenants):
        name = f"{row['schema']}.{row['name']}"
        rows = await owner.fetch(f"SELECT t::text FROM {name} t WHERE tenant = $1 ORDER BY 1", tenant)
        found[name] = [row for row in rows if not any(act in row["t"] for act in acts)]
    return found


async def payloads_of(served: Served, tenant: UUID) -> list[str]:
    """The events of a district of which the stream has more than that they were."""
    name, found = served.run.service.name, []
    info = await streams.info(served.run.nats, name)
    assert info is not None
    async for part in streams.read(served.run.nats, name, after=0, through=info.state.last_seq):
        found += [m.subject for m in part if str(tenant) in m.subject and not m.payload.endswith(BLANKED)]
    return [subject.rpartition(".")[2] for subject in found]


async def found(served: Served, *words: str) -> list[dict[str, Any]]:
    """Where a service has one of these words."""
    async with served.database.owner.acquire() as owner:
        return (await search(owner, served.run.nats, served.run.service.name, words)).places


async def ids_inside(served: Served, tenant: UUID) -> list[str]:
    """Ids that only payloads of a district tell: of measurements, shares, agreements …"""
    rows = await served.database.owner.fetch(
        "SELECT data::text, concat(event_id, stream_id, convert_from(meta, 'UTF8')) AS stays, type FROM ledger.events"
        " WHERE tenant = $1", tenant,
    )  # fmt: skip
    stays = {str(tenant)}.union(*(UUIDS.findall(row["stays"]) for row in rows))
    kept = blanking.staying(served.run.service.name)
    stays |= {one for row in rows if row["type"] in kept for one in UUIDS.findall(row["data"])}
    return sorted({one for row in rows for one in UUIDS.findall(row["data"])} - stays)
