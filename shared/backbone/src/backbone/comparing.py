"""Is the stream still a copy of the log? Asked before anything is added to it, and every few seconds.

The stream is read first and the log after it: whatever a healthy stream holds was committed before.
"""

from dataclasses import dataclass
from typing import Literal

import asyncpg
from nats.aio.client import Client
from nats.js.api import StreamInfo

from backbone import streams
from backbone.queries import Queries

sql = Queries("backbone", "sql/queries")

Verdict = Literal["copy", "missing", "holes", "outdated", "ahead", "differs"]
"""
copy      a prefix of the log, as far as its last message, its count and its history tell
missing   there is no stream
holes     messages were deleted or purged
outdated  it tells a history that an operator has given up (`recover --from-log`)
ahead     it knows more than the log: PostgreSQL was restored behind it
differs   its last message is not what the log has there
"""


@dataclass(frozen=True, slots=True)
class Look:
    """What a comparison found."""

    verdict: Verdict
    stream: int
    """The stream's last sequence."""
    head: int
    history: str
    """The log's, as on the wire: `<number>@<position up to which it shares the one before>`."""
    found: StreamInfo | None = None


async def look(nc: Client, pool: asyncpg.Pool, service: str) -> Look:
    """Compares a stream's end, count and history with the log."""
    found = await streams.info(nc, service)
    last = await streams.last(nc, service) if found and found.state.messages else None
    log = await pool.fetchrow(sql.relay_at, last.position if last else 0)
    assert log is not None
    if found is None:
        return Look("missing", 0, log["head"], log["history"])
    state = found.state
    end = max(state.last_seq, last.position if last else 0)

    def verdict() -> Verdict:
        told = streams.histories(found, last, known=log["incarnation"])
        if told and min(told) < log["incarnation"]:
            return "outdated"
        if end > log["head"] or (told and max(told) > log["incarnation"]):
            return "ahead"
        if last and (log["event_id"] is None or last.identity != (str(log["event_id"]), log["hash"].hex())):
            return "differs"
        if state.messages != state.last_seq or (state.messages and state.first_seq != 1):
            return "holes"
        return "copy"

    return Look(verdict(), end, log["head"], log["history"], found)
