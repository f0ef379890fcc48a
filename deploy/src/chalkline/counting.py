"""How many events of each kind a district has, as the streams themselves count them."""

from collections import Counter
from uuid import UUID

from chalkline import listening, topology
from chalkline.state import SERVICES, State

Counts = dict[str, Counter[str]]
"""By service, then by the event's name."""


async def counted(state: State, tenant: UUID) -> Counts:
    """What is in the streams now. Exact, however many were missed by whoever only listened."""
    connection = await listening.connected(state, _unheard)
    try:
        manager = connection.jsm()
        counts: Counts = {}
        for service in SERVICES:
            wanted = f"ev.{service}.*.{tenant}.>"
            told = await manager.stream_info(topology.stream(service), subjects_filter=wanted)
            counts[service] = Counter[str]()
            for subject, n in (told.state.subjects or {}).items():
                counts[service][subject.rsplit(".", 1)[-1]] += n
        return counts
    finally:
        await connection.close()


async def _unheard(_: Exception) -> None:
    """What goes wrong here is raised by the request that went wrong."""
