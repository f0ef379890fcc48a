"""The log beside its stream: position by position, to the byte."""

import asyncio
from collections.abc import Sequence
from typing import Any

import asyncpg
from nats.aio.client import Client
from nats.errors import Error as NatsError
from pydantic_core import from_json

from backbone import streams, wire
from backbone.queries import Queries
from backbone.report import Report
from backbone.streams import Message

sql = Queries("backbone", "sql/queries")

PATIENCE = 5.0
"""Seconds the relay may still need to bring the stream level with the log."""


class Beside:
    """Compares rows of the log, in order, with what the stream has at their positions."""

    def __init__(self, report: Report, nc: Client, service: str) -> None:
        self._report, self._nc, self._service = report, nc, service
        self._end = 0
        self._missing: list[int] = []

    async def begin(self, pool: asyncpg.Pool) -> None:
        """Waits a moment for the relay; notes what the stream has beyond the log."""
        report = self._report
        for _ in range(int(PATIENCE * 10)):
            found = await streams.info(self._nc, self._service)
            self._end = found.state.last_seq if found else 0
            if self._end >= report.head:
                break
            await asyncio.sleep(0.1)
        else:
            if found is None and report.head:
                report.add("stream", "there is no stream")
                return
        # What was committed since the snapshot may be there already.
        now = await pool.fetchval(sql.relay_head)
        if self._end > now:
            report.add("stream", f"goes on to {self._end}, the log ends at {now}", position=now + 1)

    async def compare(self, rows: Sequence[Any]) -> None:
        """The next rows; a position the log lacks is the log's finding, one the stream lacks is noted."""
        if not self._end:
            return
        first, last = rows[0]["position"], rows[-1]["position"]
        messages: dict[int, Message] = {}
        try:
            async for part in streams.read(
                self._nc, self._service, after=first - 1, through=min(last, self._end)
            ):
                messages |= {m.position: m for m in part}
        except NatsError as error:
            self._report.add("stream", f"cannot be read: {error!r}", position=first)
            self._end = 0
            return
        self._report.messages += len(messages)
        for row in rows:
            message = messages.get(row["position"])
            if message is None:
                self._missed(row["position"])
            else:
                self._one(row, message)

    async def end(self) -> None:
        self._missed(None)

    def _missed(self, position: int | None) -> None:
        """Consecutive positions are one finding."""
        run = self._missing
        if run and (position is None or position != run[-1] + 1):
            through = f" to {run[-1]}" if len(run) > 1 else ""
            self._report.add("stream", f"missing{through}", position=run[0])
            self._missing = run = []
        if position is not None:
            self._missing = [run[0], position] if run else [position]

    def _one(self, row: Any, message: Message) -> None:
        report, at = self._report, {"position": row["position"], "aggregate": str(row["stream_id"])}
        try:
            where, payload, headers = wire.message(self._service, row, report.history)
        except (wire.Unreadable, LookupError, ValueError, TypeError) as error:
            report.add("stream", f"cannot be compared: {error!r}", **at)
            return
        told = {name: message.headers.get(name) for name in headers}
        if (where, payload, headers) == (message.subject, message.payload, told):
            return
        try:
            found = wire.envelope(message.subject, message.payload, message.headers)
            expected = wire.envelope(where, payload, headers)
        except wire.Malformed as reason:
            report.add("stream", f"is no event: {reason}", **at)
            return
        fields = [name for name in found._fields if getattr(found, name) != getattr(expected, name)]
        for name in fields or _attributes(message.payload, payload):
            report.add("stream", "log and stream differ", field=NAMES.get(name, name), **at)


def _attributes(one: bytes, other: bytes) -> list[str]:
    """The attributes that differ; what only newer or only older code writes does not count."""
    told, expected = from_json(one), from_json(other)
    return [name for name in expected if name in told and told[name] != expected[name]]


NAMES = {"name": "type", "aggregate_id": "stream_id"}
"""What a column is called that the envelope calls otherwise."""
