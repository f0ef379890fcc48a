"""Timers: rows that say when something falls due, fired in order by a command with a deterministic id.

Rows are a projection: later facts change or delete them, and the event that a firing commits takes its
row away. So a rebuild derives the same rows and repeats no effect, and nothing is fired while rows are derived anew. A
replica fires the timers of the partitions it holds.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5

import asyncpg
import structlog

from backbone import chain
from backbone.commands import REFUSALS, Commands, Order, StreamFault, refusal_code
from backbone.deciding import Actor, Command
from backbone.ledger import LedgerUnavailable
from backbone.parking import why
from backbone.partitions import Held, Rebalanced, Sharing, Unshared
from backbone.queries import Queries
from backbone.recorded import PARTITIONS

log = structlog.get_logger(__name__)
sql = Queries("backbone", "sql/queries")

MOST = 10_000
"""As many timers are counted, when somebody asks how many are due."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timers:
    """A service's timers.

    `due` is a query ($1 the world's now, $2 at most how many, $3 of which partitions) that returns due rows in
    order of `due_at`, with columns tenant, rule, rule_version, cycle_id, occurrence, due_at and whatever `command`
    needs. In a sandbox it goes by `work.clocks`, as whatever falls due does (`moved_clocks.py`).
    """

    due: str
    aggregate: str
    """The kind of aggregate that a firing commands; its id is `cycle_id`."""
    command: Callable[[Any], Command]


class TimerRunner:
    """Fires what is due by each tenant's own clock: every second, and whenever woken."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        commands: Commands,
        timers: Timers,
        *,
        chain_key: bytes,
        every: float = 1.0,
        at_once: int = 100,
        partitions: Sharing | None = None,
        sources: Sequence[str] = (),
    ) -> None:
        """`sources` are what timers are derived from: nothing is fired while rows of theirs are derived anew."""
        self._pool = pool
        self._sources = list(sources)
        self._commands = commands
        self._timers = timers
        self._aggregate = commands.aggregates[timers.aggregate]
        self._chain_key = chain_key
        self._every = every
        self._at_once = at_once
        self._partitions = partitions or Unshared()
        self._refused: set[UUID] = set()
        """Commands of timers that are due and were refused: recorded, and not asked again by this process."""
        self.wake = asyncio.Event()
        self.waiting = 0
        """How many timers were due and not yet fired, when last looked."""

    async def run(self) -> None:
        """Looks every second, and whenever woken, until cancelled."""
        while True:
            self.wake.clear()
            fired = 0
            with suppress(Rebalanced):  # what it does not hold any more, another fires
                fired = await self.fire_due()
            if not fired:
                try:
                    async with asyncio.timeout(self._every):
                        await self.wake.wait()
                except TimeoutError:
                    continue

    async def due(self, tenant: UUID) -> int:
        """How many timers of a district should have fired by its clock and have not, whoever is to fire them."""
        rows = await self._pool.fetch(self._timers.due, datetime.now(UTC), MOST, list(range(PARTITIONS)))
        waiting = [command_id(row) for row in rows if row["tenant"] == tenant]
        refused = await self._pool.fetchval(sql.settled_among, waiting) if waiting else 0
        return len(waiting) - int(refused)

    async def fire_due(self) -> int:
        """Fires what is due now; returns how many commands committed something. Raises Rebalanced."""
        held = await self._partitions.some()
        # Where tables were made anew, what cancels a timer may come later than what makes it.
        if not await self._pool.fetchval(sql.whole, self._sources):
            return 0
        rows = await self._due(self._at_once, held)
        self.waiting = len(rows)
        fired = 0
        for row in rows:
            with self._partitions.using(held):
                outcome = await self._fire(row)
            if outcome is None:
                break
            fired += outcome
        return fired

    async def _fire(self, row: Any) -> bool | None:
        """Whether it committed something; None while nothing can be committed."""
        told = {"rule": row["rule"], "cycle": str(row["cycle_id"])}
        try:
            answer = await self._commands.handle(self._order(row))
        except REFUSALS as refusal:
            code = refusal_code(refusal)
            await self._record(row, code)
            log.warning("timer_refused", **told, code=code)
            return False
        except (LedgerUnavailable, StreamFault):
            return None
        except Exception as error:  # noqa: BLE001 - one that cannot fire holds up no other; it is tried again
            log.warning("timer_failed", **told, error=why(error))
            return False
        return bool(answer.events) and not answer.replayed

    async def _due(self, at_most: int, held: Held) -> list[Any]:
        """What is due and was not refused: however many were, they leave room for others."""
        rows = await self._pool.fetch(
            self._timers.due, datetime.now(UTC), at_most + len(self._refused), held.numbers
        )
        found = {command_id(row): row for row in rows}
        self._refused &= found.keys()  # those that later facts took away are forgotten
        return [row for known, row in found.items() if known not in self._refused][:at_most]

    async def _record(self, row: Any, code: str) -> None:
        """A refusal is an outcome: kept once, under the command's own id, for a timer has no event."""
        known = command_id(row)
        await self._pool.execute(
            sql.record_outcomes, f"timer_{row['rule']}", [known], [row["cycle_id"]], [0], [row["tenant"]],
            [known], ["refused"], [code],
        )  # fmt: skip
        self._refused.add(known)

    def _order(self, row: Any) -> Order:
        command = self._timers.command(row)
        known = command_id(row)
        return Order(
            aggregate=self._aggregate,
            aggregate_id=row["cycle_id"],
            command=command,
            actor=Actor("system", f"timer_{row['rule']}", row["tenant"]),
            command_id=known,
            request=chain.request_hash(self._chain_key, known.bytes),
            correlation_id=str(known),
        )


def command_id(row: Any) -> UUID:
    """The same for a timer each time it falls due: law 8."""
    return uuid5(row["tenant"], f"{row['rule']}:{row['rule_version']}:{row['cycle_id']}:{row['occurrence']}")
