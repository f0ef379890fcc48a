"""Erasing: what directory asked to be erased goes from this service's words, and is attested in its own log.

Which erasures there are is known from directory's stream, like any fact; what was done about each is a row of
`work.erasures`, in the same commit as what it deleted. So whoever is killed goes on and counts nothing twice, and a
database that was restored from before an erasure does it again: until it has, no words are told (`withheld`).

Erased are all texts of what is a person's alone (`Aggregate.whose`), and those they wrote (`Aggregate.writers`): who
first named a reference wrote it. But what somebody else has a part in, on whom a legal hold stands, stays until that
is lifted, and is attested as held; then the erasure is gone through once more.
"""

import asyncio
from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import structlog

from backbone.attesting import attest
from backbone.commands import StreamFault
from backbone.erasure import AttestErasure
from backbone.errands import Errand
from backbone.ledger import LedgerUnavailable
from backbone.queries import Queries
from backbone.recorded import Meta
from backbone.references import references

if TYPE_CHECKING:
    from backbone.service import Running

log = structlog.get_logger(__name__)
sql = Queries("backbone", "sql/queries")

TELLS: Final = "directory"
"""Whose log tells what is to be erased."""
PAGE: Final = 500
"""Aggregates that are looked through at a time."""
EVERY: Final = 1.0
NONE: Final = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Meant:
    """Texts that an erasure means: those that go, and those that legal holds on others keep."""

    refs: Sequence[UUID]
    held: Sequence[UUID] = ()
    held_by: frozenset[UUID] = frozenset()


def eraser_of(run: "Running") -> Errand:
    """What every service has to do."""
    eraser = Eraser(run)
    return Errand(name="erasing", run=eraser.run, due=eraser.due, told=eraser.told)


class Eraser:
    """Erases, in one process; others may do the same meanwhile."""

    def __init__(self, run: "Running") -> None:
        self._run = run

    async def run(self) -> None:
        while True:
            await self.once()
            await asyncio.sleep(EVERY)

    async def once(self) -> int:
        """Does what there is to do; returns how many erasures that were. One that fails keeps no other waiting."""
        asked, failed = await self._run.pool.fetch(sql.erasures_to_do), list[Exception]()
        through = await self._through() if asked else 0
        asked = [one for one in asked if one["position"] <= through]
        for one in asked:
            try:
                done = (one["n_items"], one["n_held"]) if one["done"] else await self._erase(one)
                with suppress(StreamFault, LedgerUnavailable):  # until an operator has decided about the log
                    await self._attest(one, *done)
            except Exception as error:  # noqa: BLE001 - raised once the others are done
                failed.append(error)
        if failed:
            raise failed[0]
        return len(asked)

    async def _through(self) -> float:
        """Up to where all that directory told is known here: a hold that it told before an erasure is among it."""
        if TELLS not in self._run.service.sources:
            return inf
        if self._run.progress.whole(TELLS):
            return self._run.progress.seen(TELLS)
        return await self._run.pool.fetchval(sql.projected_through, TELLS) or 0

    async def due(self, tenant: UUID) -> int:
        asked = await self._run.pool.fetch(sql.erasures_to_do)
        return sum(one["tenant"] == tenant for one in asked)

    async def told(self) -> Mapping[str, Any]:
        return {
            "to_do": len(await self._run.pool.fetch(sql.erasures_to_do)),
            "words": "withheld" if self._run.ledger.withheld else "told",
        }

    async def _erase(self, one: Any) -> tuple[int, int]:
        """Deletes until a whole look finds nothing more: somebody may have been writing when it began. Returns how many
        texts went in all, and how many are held.
        """
        pool, tenant, erasure_id = self._run.pool, one["tenant"], one["erasure_id"]
        while True:
            gone, n_held, held_by = 0, 0, frozenset[UUID]()
            async for meant in self._meant(one):
                gone += await pool.fetchval(sql.erase_words, tenant, erasure_id, meant.refs)
                n_held, held_by = n_held + len(meant.held), held_by | meant.held_by
            if one["refs"] is not None or not gone:
                break
        await pool.execute(sql.erase_words, tenant, erasure_id, [])  # known here, if nothing was found
        n_items: int = await pool.fetchval(sql.erasure_done, tenant, erasure_id, n_held, sorted(held_by))
        log.info("erased", erasure=str(erasure_id), n_items=n_items, n_held=n_held)
        return n_items, n_held

    async def _meant(self, one: Any) -> AsyncIterator[Meant]:
        """What is to go, a page at a time."""
        tenant, person, after = one["tenant"], one["person_id"], NONE
        if one["refs"] is not None:
            found = await self._run.pool.fetch(sql.streams_of_words, tenant, person, one["refs"])
            yield await self._named(tenant, found)
            return
        while True:
            page = await self._run.pool.fetch(sql.worded_streams, tenant, person, after, PAGE)
            meant = await self._theirs(tenant, person, [row for row in page if row["concerned"]])
            if meant.refs or meant.held:
                yield meant
            if len(page) < PAGE:
                return
            after = page[-1]["stream_id"]

    async def _named(self, tenant: UUID, found: Sequence[Any]) -> Meant:
        states = await self._states(tenant, found)
        return self._apart([(row, state, row["refs"]) for row, state in zip(found, states, strict=True)])

    async def _theirs(self, tenant: UUID, person: UUID, found: Sequence[Any]) -> Meant:
        states = await self._states(tenant, found)
        ids = [row["stream_id"] for row in found]
        told = {r["stream_id"]: r for r in await self._run.pool.fetch(sql.words_and_events, tenant, ids)}
        theirs: list[tuple[Any, Any, Sequence[UUID]]] = []
        for row, state in zip(found, states, strict=True):
            aggregate, its = self._run.commands.aggregates[row["kind"]], told[row["stream_id"]]
            if aggregate.whose(row["stream_id"], state) == person:
                theirs.append((row, state, its["refs"] or ()))
            elif aggregate.writers:
                written = _written(person, its["refs"] or (), its["data"] or (), its["meta"] or ())
                theirs.append((row, state, list(written)))
        return self._apart(theirs)

    async def _states(self, tenant: UUID, found: Sequence[Any]) -> Sequence[Any]:
        commands = self._run.commands
        return await asyncio.gather(*(commands.state(tenant, r["kind"], r["stream_id"]) for r in found))

    def _apart(self, found: Sequence[tuple[Any, Any, Sequence[UUID]]]) -> Meant:
        """Of aggregates, their states and some of their texts: those that go, and those that are held."""
        refs, held, held_by = list[UUID](), list[UUID](), frozenset[UUID]()
        for row, state, texts in found:
            aggregate, by = self._run.commands.aggregates[row["kind"]], frozenset(row["held"])
            if by and not aggregate.writers:  # the district's record: whoever else it names has no part in it
                kept = aggregate.kept(row["stream_id"], state)
                by &= {aggregate.whose(row["stream_id"], state), *(kept.person_ids if kept else ())}
            if by and texts:
                held, held_by = [*held, *texts], held_by | by
            else:
                refs += texts
        return Meant(refs, held, held_by)

    async def _attest(self, one: Any, n_items: int, n_held: int) -> None:
        told = AttestErasure(person_id=one["person_id"], n_items=n_items, n_held=n_held)
        await attest(self._run, one["tenant"], one["erasure_id"], "erasing", told)


def _written(
    person: UUID, there: Collection[UUID], data: Sequence[str], meta: Sequence[bytes]
) -> Iterator[UUID]:
    """Of the references that are there, those that an act of this person named first."""
    left, actor = set(there), f"person:{person}"
    for said, by in zip(data, meta, strict=True):
        named = {ref for ref, _ in references(said)} & left
        left -= named
        if named and Meta.decode(by).actor == actor:
            yield from named
