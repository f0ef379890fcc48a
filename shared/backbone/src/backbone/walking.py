"""Walking the chain: each aggregate's events, first to last, against its digests and its stored state."""

from collections.abc import Container, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from chalkline_contracts.event import catalogue

from backbone import chain
from backbone.commands import decode_state, encode_state
from backbone.deciding import Aggregate
from backbone.queries import Queries
from backbone.report import Report
from backbone.wire import Unreadable, read_event

sql = Queries("backbone", "sql/queries")

READ = 1000
AT_ONCE = 200
"""Aggregates compared with their stored states in one query."""


@dataclass(slots=True)
class Walk:
    """One aggregate while its events go by."""

    tenant: UUID
    stream_id: UUID
    aggregate: Aggregate[Any] | None
    state: Any
    follows: set[bytes]
    """What the next event may follow: its predecessor's hash as stored, or as it should be."""
    version: int = 0
    position: int = 0
    hash: bytes = b""
    readable: bool = True
    name: str = field(default="")


class Chain:
    """Verifies every aggregate in the order in which `verify_chain.sql` tells them."""

    def __init__(
        self,
        report: Report,
        service: str,
        aggregates: Sequence[Aggregate[Any]],
        chain_key: bytes,
        left: Container[UUID],
    ) -> None:
        """`left`: the districts whose payloads went, as this log attests."""
        self._left = left
        self._report, self._service, self._chain_key = report, service, chain_key
        self._by_event = {event.__name__: a for a in aggregates for event in a.events}
        self._done: list[Walk] = []
        self._now: Walk | None = None

    async def walk(self, db: Any) -> None:
        """Reads the whole log in a transaction of `db`, holding one aggregate's state at a time."""
        async for row in db.cursor(sql.verify_chain, prefetch=READ):
            walk = self._now
            if walk is None or (walk.tenant, walk.stream_id) != (row["tenant"], row["stream_id"]):
                await self._finish(db)
                walk = self._now = self._begin(row)
            self._step(walk, row)
        await self._finish(db, at_once=1)
        for row in await db.fetch(sql.verify_eventless_streams):
            self._report.add("state", f"version {row['version']}, and no event at all",
                             aggregate=f"{row['kind']} {row['stream_id']}", field="version")  # fmt: skip

    def _begin(self, row: Any) -> Walk:
        tenant, stream_id = row["tenant"], row["stream_id"]
        aggregate = self._by_event.get(row["type"])
        name = f"{aggregate.name if aggregate else '?'} {stream_id}"
        genesis = {chain.genesis(self._chain_key, tenant, stream_id)}
        return Walk(tenant, stream_id, aggregate, aggregate and aggregate.initial, genesis, name=name)

    def _step(self, walk: Walk, row: Any) -> None:
        at = {"position": row["position"], "aggregate": walk.name}
        digest = row["digest"]
        if row["data"] is not None and digest != chain.payload_digest(
            row["salt"] or b"", row["data"].encode(), row["meta"], row["occurred_at"], row["recorded_at"]
        ):
            self._report.add(
                "chain", "data, meta, times or salt are not what was recorded", field="digest", **at
            )
        self._blanked(walk, row, at)
        known = True
        if row["version"] != walk.version + 1:
            self._report.add("chain", f"version {walk.version + 1} is missing, {row['version']} comes next",
                             field="version", **at)  # fmt: skip
            known = False
        if row["position"] <= walk.position:
            self._report.add("chain", f"lies before version {walk.version} at {walk.position}",
                             field="position", **at)  # fmt: skip
        links = [
            chain.link(self._chain_key, previous, row["event_id"], row["type"], row["schema_version"],
                       row["version"], digest)
            for previous in walk.follows
        ]  # fmt: skip
        sound = row["hash"] in links
        if known and not sound:
            self._report.add("chain", "hash does not follow: id, type, version, digest or hash was altered",
                             field="hash", **at)  # fmt: skip
        # After an altered hash the next event still follows the one that was: one finding for one edit.
        walk.follows = {row["hash"]} if sound or not known else {row["hash"], *links}
        walk.version, walk.position, walk.hash = row["version"], row["position"], row["hash"]
        self._fold(walk, row, at)

    def _blanked(self, walk: Walk, row: Any, at: dict[str, Any]) -> None:
        """Payloads are gone of districts that have left, all that do not stay, and of nobody else."""
        blank, left = row["data"] is None, walk.tenant in self._left
        contract = catalogue.get((self._service, row["type"]))
        stays = contract is not None and contract.stays
        self._report.blanked += blank
        if blank and (stays or not left):
            walk.readable = False
            what = (
                "must stay" if stays else f"district {walk.tenant} has not left, as far as this log attests"
            )
            self._report.add("log", f"is blank, and {what}", field="data", **at)
        elif left and not (blank or stays):
            what = f"is still there, and district {walk.tenant} has left: blank it again"
            self._report.add("log", what, field="data", **at)

    def _fold(self, walk: Walk, row: Any, at: dict[str, Any]) -> None:
        if walk.aggregate is None:  # newer code's
            walk.readable = False
        if not walk.readable or walk.aggregate is None or row["data"] is None:
            return
        try:
            event = read_event(self._service, row["type"], row["schema_version"], row["data"])
        except Unreadable as reason:
            walk.readable = False
            self._report.add("chain", str(reason), field="data", **at)
            return
        walk.state = walk.aggregate.evolve(walk.state, event)

    async def _finish(self, db: Any, *, at_once: int = AT_ONCE) -> None:
        if self._now is not None:
            self._done.append(self._now)
        if len(self._done) < at_once:
            return
        keys = [w.tenant for w in self._done], [w.stream_id for w in self._done]
        stored = {(r["tenant"], r["stream_id"]): r for r in await db.fetch(sql.load_streams, *keys)}
        for walk in self._done:
            self._compare(walk, stored.get((walk.tenant, walk.stream_id)))
        self._done.clear()

    def _compare(self, walk: Walk, row: Any) -> None:
        def differs(field: str, what: str) -> None:
            self._report.add("state", what, aggregate=walk.name, position=walk.position, field=field)

        if row is None:
            differs("version", f"has events up to version {walk.version}, and no row in streams")
            return
        if row["version"] != walk.version:
            differs("version", f"stored {row['version']}, its last event has {walk.version}")
        if row["hash"] != walk.hash:
            differs("hash", "stored hash is not that of its last event")
        aggregate = walk.aggregate
        if aggregate is None or row["kind"] != aggregate.name:
            differs("kind", f"stored as {row['kind']}, which these events do not belong to")
        elif walk.readable and row["state_schema"] == aggregate.state_schema:
            folded = encode_state(walk.state)
            if row["state"] != folded and not _same(aggregate, row["state"], folded):
                differs("state", "stored state is not what its events make")


def _same(aggregate: Aggregate[Any], stored: bytes, folded: bytes) -> bool:
    try:
        return bool(decode_state(aggregate, stored) == decode_state(aggregate, folded))
    except (ValueError, LookupError):
        return False
