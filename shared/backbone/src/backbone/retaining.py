"""Retention: texts whose time is over are deleted, day by day, as the district's policy says of their class.

A text's time begins when it was needed last: when its aggregate changed last, and for what is a partnership's when that
ended. A legal hold on anybody it concerns, or who had a part in it, keeps it. What went is attested in the service's
own log like any erasure; whoever is killed goes on and counts nothing twice.
"""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID, uuid5

import structlog
from chalkline_contracts.directory import Retention
from chalkline_contracts.values import RetentionClass

from backbone.attesting import attest
from backbone.commands import StreamFault
from backbone.deciding import Kept
from backbone.district import policy_in
from backbone.erasure import AttestErasure
from backbone.errands import Errand
from backbone.ledger import LedgerUnavailable
from backbone.queries import Queries
from backbone.rows import columns

if TYPE_CHECKING:
    from backbone.service import Running

log = structlog.get_logger(__name__)
sql = Queries("backbone", "sql/queries")

EVERY: Final = 5.0
"""Seconds between two looks whether a day has begun somewhere."""
PAGE: Final = 500
"""Aggregates that are looked through at a time."""
FIRST: Final = UUID(int=0)

Days = Mapping[RetentionClass, int]
"""How many days a district keeps each class of content; a class that is not there it keeps for good."""


def retainer_of(run: "Running") -> Errand:
    """What every service has to do."""
    retainer = Retainer(run)
    return Errand(name="retention", run=retainer.run, due=retainer.due, told=retainer.told)


class Retainer:
    """Deletes what need not be kept any longer, in one process; others may do the same meanwhile."""

    def __init__(self, run: "Running") -> None:
        self._run = run

    async def run(self) -> None:
        while True:
            await self.once()
            await asyncio.sleep(EVERY)

    async def once(self) -> int:
        """Looks through every district in which a day has begun; returns how many texts went."""
        if not self._run.progress.level(self._run.service.sources):  # a hold, or a partnership, may be news
            return 0
        gone = 0
        for one in await self._due():
            days = _days(policy_in(one).retention)
            with suppress(StreamFault, LedgerUnavailable):  # until an operator has decided about the log
                gone += await self._look_through(one["tenant"], one["now"], days, str(one["day"]))
                await self._run.pool.execute(sql.note_retained, one["tenant"], one["day"])
        return gone

    async def due(self, tenant: UUID) -> int:
        return sum(one["tenant"] == tenant for one in await self._due())

    async def told(self) -> Mapping[str, Any]:
        return {"to_do": len(await self._due())}

    async def _due(self) -> Sequence[Any]:
        rows: Sequence[Any] = await self._run.pool.fetch(sql.retention_due, datetime.now(UTC))
        return rows

    async def _look_through(self, tenant: UUID, now: datetime, days: Days, day: str) -> int:
        before = {name: now - timedelta(days=n) for name, n in days.items()}
        after = FIRST
        while True:
            page = await self._run.pool.fetch(sql.worded_since, tenant, after, PAGE)
            old = [row for row in page if row["changed_at"] < max(before.values())]
            for name, found in (await self._kept(tenant, old)).items():
                if name in before:
                    await self._expire(tenant, name, found, before[name], day)
            if len(page) < PAGE:
                break
            after = page[-1]["stream_id"]
        return sum([await self._attest(tenant, name, day) for name in sorted(before)])

    async def _kept(
        self, tenant: UUID, rows: Sequence[Any]
    ) -> Mapping[RetentionClass, list[tuple[UUID, Kept, bool]]]:
        """Of these aggregates those whose time may be over, by the class of their content, and whether a text of theirs
        goes with who wrote it.
        """
        commands = self._run.commands
        states = await asyncio.gather(*(commands.state(tenant, r["kind"], r["stream_id"]) for r in rows))
        found: dict[RetentionClass, list[tuple[UUID, Kept, bool]]] = defaultdict(list)
        for row, state in zip(rows, states, strict=True):
            aggregate = commands.aggregates[row["kind"]]
            kept = aggregate.kept(row["stream_id"], state)
            if kept is not None:
                found[kept.retention].append((row["stream_id"], kept, aggregate.writers))
        return found

    async def _expire(
        self,
        tenant: UUID,
        name: RetentionClass,
        found: Sequence[tuple[UUID, Kept, bool]],
        before: datetime,
        day: str,
    ) -> None:
        told = [
            (own_id, kept.partnership_id, ",".join(map(str, kept.person_ids)), written)
            for own_id, kept, written in found
        ]
        pool = self._run.pool
        needed = {
            r["stream_id"] for r in await pool.fetch(sql.still_needed, tenant, *columns(told, 4), before)
        }
        over = [own_id for own_id, *_ in found if own_id not in needed]
        if over:
            await pool.execute(sql.expire_words, tenant, _expiry(tenant, name, day), name, over, before)

    async def _attest(self, tenant: UUID, name: RetentionClass, day: str) -> int:
        run, expiry = self._run, _expiry(tenant, name, day)
        n_items: int = await run.pool.fetchval(sql.expired_items, tenant, expiry) or 0
        if not n_items:
            return 0
        await attest(run, tenant, expiry, "retention", AttestErasure(n_items=n_items, retention=name))
        log.info("expired", tenant=str(tenant), retention=name, day=day, n_items=n_items)
        return n_items


def _days(kept: Retention) -> Days:
    each: dict[RetentionClass, int | None] = {
        "pair": kept.pair,
        "author": kept.author,
        "contacts": kept.contacts,
    }
    return {name: days for name, days in each.items() if days is not None}


def _expiry(tenant: UUID, name: RetentionClass, day: str) -> UUID:
    """The id under which is attested what a class of content lost on a day."""
    return uuid5(tenant, f"retention {name} {day}")
