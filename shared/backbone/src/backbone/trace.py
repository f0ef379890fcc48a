"""Where a request belongs: W3C trace context, from the caller's header to the event's meta."""

import os
import re
from typing import NamedTuple

_HEADER = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})(-.*)?")


class Trace(NamedTuple):
    """A trace, and the span that this process adds to it."""

    trace_id: str
    span_id: str
    flags: str = "01"

    @property
    def traceparent(self) -> str:
        return f"00-{self.trace_id}-{self.span_id}-{self.flags}"

    def child(self) -> "Trace":
        return Trace(self.trace_id, os.urandom(8).hex(), self.flags)


def trace_from(header: str | None) -> Trace:
    """A span of the caller's trace; of a new one where there is no header, or none that can be believed."""
    found = _HEADER.fullmatch(header) if header and len(header) < 256 else None
    if found is None or (found[0].startswith("00-") and found[3]):
        fresh = os.urandom(24).hex()
        return Trace(fresh[:32], fresh[32:])
    return Trace(found[1], os.urandom(8).hex(), found[2])
