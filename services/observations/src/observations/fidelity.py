"""How much of a checklist was met, whenever an observation or an action step measured it.

Rebuildable: drop the tables, replay the logs, and the same rows come back.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final, TypeAlias
from uuid import UUID

from backbone.projector import Connection, Projection
from backbone.queries import Queries
from backbone.recorded import Recorded
from backbone.rows import columns
from chalkline_contracts import goals as g
from chalkline_contracts import observations as o
from chalkline_contracts.event import Event
from chalkline_contracts.measurement import Measurement

sql = Queries("observations", "sql/queries")

HANDLES: Final[tuple[type[Event], ...]] = (
    o.ObservationRecorded, o.ObservationCorrected, o.ObservationVoided,
    g.ActionStepOffered, g.ActionStepPractised, g.ActionStepInUse, g.ActionStepMastered,
)  # fmt: skip

Key: TypeAlias = tuple[UUID, UUID]
"""Tenant, and observation or action step."""


async def project(events: Sequence[Recorded[Any]], db: Connection) -> None:
    """What a correction replaces and a void takes back goes first; then comes what holds after this batch."""
    sources: dict[Key, tuple[Any, ...]] = {}
    holds: dict[Key, list[Measurement]] = defaultdict(list)
    gone: set[Key] = set()
    for recorded in events:
        key, event = (recorded.tenant, recorded.aggregate_id), recorded.event
        match event:
            case o.ObservationRecorded():
                sources[key] = (*key, event.instrument, _ids(event.teacher_ids))
                holds[key] = list(event.measurements)
            case o.ObservationCorrected():
                gone.add(key)
                holds[key] = list(event.measurements)
            case o.ObservationVoided():
                gone.add(key)
                holds[key] = []
            case g.ActionStepOffered():
                sources[key] = (*key, event.checklist, str(event.teacher_id))
            case _ if event.measurement is not None:
                holds[key].append(event.measurement)
    if sources:
        await db.execute(sql.note_fidelity_sources, *columns([sources[key] for key in sorted(sources)], 4))
    if gone:
        await db.execute(sql.forget_fidelity, *columns(sorted(gone), 2))
    if rows := [_row(key, taken) for key in sorted(holds) for taken in holds[key] if _counts(taken)]:
        await db.execute(sql.note_fidelity, *columns(rows, 8))


def _counts(taken: Measurement) -> bool:
    return taken.kind == "checklist_fidelity"


def _row(key: Key, taken: Measurement) -> tuple[Any, ...]:
    return (
        *key, taken.measurement_id, taken.instrument, taken.metric_code, taken.occurred_at,
        taken.numerator, taken.denominator,
    )  # fmt: skip


def _ids(ids: Sequence[UUID]) -> str:
    return ",".join(str(one) for one in ids)


FIDELITY = Projection(name="fidelity", handles=HANDLES, project=project)
