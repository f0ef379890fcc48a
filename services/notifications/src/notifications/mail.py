"""What waits to be mailed: everything that lies in an inbox and of which it is not settled what becomes of the mail.

Rebuildable, and a rebuild mails nothing: what was settled is an event, so it does not wait.
"""

from collections.abc import Sequence
from typing import Any

from backbone.folding import Own
from backbone.projector import Connection, Projection
from backbone.queries import Queries
from backbone.recorded import Recorded
from backbone.rows import columns, last_by_key
from chalkline_contracts.directory import CalendarChanged, DistrictPolicyChanged
from chalkline_contracts.notifications import (
    NotificationDelivered,
    NotificationFailed,
    NotificationSent,
    NotificationSuppressed,
    PreferenceChanged,
)

sql = Queries("notifications", "sql/queries")


async def project(events: Sequence[Recorded[Any]], db: Connection) -> None:
    told: dict[Own, Sequence[Any]] = {}
    settled: list[Sequence[Any]] = []
    for recorded in events:
        own = (recorded.tenant, recorded.aggregate_id)
        key = (recorded.tenant.int, recorded.aggregate_id.int)
        match recorded.event:
            case NotificationSent():
                told[key] = (*own, recorded.position)
            case _ if told.pop(key, None) is None:
                settled.append(own)
    # What is settled was told before: what came since and is settled too never waits.
    if told:
        await db.execute(sql.put_in_mail, *columns([told[key] for key in sorted(told)], 3))
    if settled:
        await db.execute(sql.settle_in_mail, *columns(last_by_key(settled, 2), 2))


async def note_revisions(events: Sequence[Recorded[Any]], db: Connection) -> None:
    rows = [(r.tenant, r.source, r.position) for r in events]
    await db.execute(sql.note_mail_revisions, *columns(last_by_key(rows, 2), 3))


MAIL = Projection(
    name="mail",
    handles=(NotificationSent, NotificationDelivered, NotificationFailed, NotificationSuppressed),
    project=project,
)
REVISIONS = Projection(
    name="mail_revisions",
    handles=(PreferenceChanged, DistrictPolicyChanged, CalendarChanged),
    project=note_revisions,
)
"""Plans made from older ones are made anew."""
