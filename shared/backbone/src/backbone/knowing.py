"""The projection of facts: what every service knows of districts, people, roles, partnerships and shares.

Every event of a row's aggregate tells the whole row, so the last one of a batch is the row.
"""

from collections.abc import Sequence
from typing import Any, Final

from chalkline_contracts import directory as d
from chalkline_contracts import goals as g
from chalkline_contracts.event import Event

from backbone.projector import Connection, Projection
from backbone.queries import Queries
from backbone.recorded import Recorded
from backbone.rows import columns, last_by_key

sql = Queries("backbone", "sql/knowing")

STATUS: Final[dict[type[Event], str]] = {
    g.PartnershipProposed: "proposed",
    g.PartnershipAgreed: "agreed",
    g.PartnershipDeclined: "declined",
    g.PartnershipSuspended: "suspended",
    g.CoachHandedOver: "handed_over",
    g.PartnershipEnded: "ended",
}
"""Where a partnership stands. While it is handed over nobody coaches, and `coach_id` is the coach to come."""


async def project_districts(events: Sequence[Recorded[Any]], db: Connection) -> None:
    for recorded in events:
        match recorded.event:
            case d.DistrictOpened() as opened:
                clock = (opened.clock or recorded.recorded_at) if opened.sandbox else None
                await db.execute(sql.open_district, recorded.tenant, opened.sandbox, clock, opened.time_zone)
            case d.SandboxClockAdvanced() as advanced:
                await db.execute(sql.advance_clock, recorded.tenant, advanced.to)
            case d.DistrictClosed():
                await db.execute(sql.close_district, recorded.tenant)


async def project_policies(events: Sequence[Recorded[Any]], db: Connection) -> None:
    await db.execute(sql.know_policies, *_as_told(events))


async def project_calendars(events: Sequence[Recorded[Any]], db: Connection) -> None:
    await db.execute(sql.know_calendars, *_as_told(events))


def _as_told(events: Sequence[Recorded[Any]]) -> Sequence[Sequence[Any]]:
    """The last event of each tenant, as it is."""
    return columns(last_by_key([(r.tenant, r.event.model_dump_json()) for r in events], 1), 2)


async def project_orgs(events: Sequence[Recorded[Any]], db: Connection) -> None:
    rows = [
        (
            r.tenant,
            r.aggregate_id,
            r.event.type,
            r.event.parent_id,
            r.event.time_zone,
            isinstance(r.event, d.OrgClosed),
        )
        for r in events
    ]
    await db.execute(sql.know_orgs, *columns(last_by_key(rows, 2), 6))


async def project_people(events: Sequence[Recorded[Any]], db: Connection) -> None:
    rows = [
        (r.tenant, r.aggregate_id, not isinstance(r.event, d.PersonDeactivated), r.event.experience_band)
        for r in events
    ]
    await db.execute(sql.know_people, *columns(last_by_key(rows, 2), 4))


async def project_roles(events: Sequence[Recorded[Any]], db: Connection) -> None:
    rows = [
        (r.tenant, r.aggregate_id, r.event.role, r.event.org_id, r.event.begin, r.event.end,
         isinstance(r.event, d.RoleWithdrawn))
        for r in events
    ]  # fmt: skip
    await db.execute(sql.know_roles, *columns(last_by_key(rows, 4), 7))


async def project_evaluators(events: Sequence[Recorded[Any]], db: Connection) -> None:
    rows = last_by_key(
        [
            (r.tenant, r.event.teacher_id, r.event.evaluator_id, isinstance(r.event, d.EvaluatorAssigned))
            for r in events
        ],
        3,
    )
    await db.execute(sql.know_evaluators, *columns([row for row in rows if row[3]], 3))
    await db.execute(sql.forget_evaluators, *columns([row for row in rows if not row[3]], 3))


async def project_partnerships(events: Sequence[Recorded[Any]], db: Connection) -> None:
    rows = [
        (
            r.tenant,
            r.aggregate_id,
            r.event.to_coach_id if isinstance(r.event, g.CoachHandedOver) else r.event.coach_id,
            [str(t) for t in r.event.teacher_ids],
            STATUS[type(r.event)],
            r.recorded_at,
        )
        for r in events
    ]
    latest = last_by_key(rows, 2)
    flat = [(*row[:3], ",".join(row[3]), *row[4:]) for row in latest]
    await db.execute(sql.know_partnerships, *columns(flat, 6))


async def project_shares(events: Sequence[Recorded[Any]], db: Connection) -> None:
    """A share is granted once and revoked later, so all that were granted come before all that were revoked. What
    broken glass opens is nobody's to revoke.
    """
    told = []
    for r in events:
        match event := r.event:
            case g.ShareGranted():
                whose: tuple[Any, ...] = (event.by, r.aggregate_id)
                opened, audience, why = event.share_id, event.audience, "share"
            case g.BreakGlassApproved():
                whose = (event.teacher_id, None)
                opened, audience, why = r.aggregate_id, (event.requested_by,), "break_glass"
            case _:
                continue
        what = (*whose, event.scope.cycle_id, event.scope.goal_id, event.expires_at, why)
        told += [(r.tenant, opened, person_id, *what) for person_id in audience]
    gone = [(r.tenant, r.event.share_id) for r in events if isinstance(r.event, g.ShareRevoked)]
    if told:
        await db.execute(sql.know_shares, *columns(last_by_key(told, 3), 9))
    if gone:
        await db.execute(sql.forget_shares, *columns(last_by_key(gone, 2), 2))


async def project_erasures(events: Sequence[Recorded[Any]], db: Connection) -> None:
    rows = [
        (
            r.tenant,
            r.event.erasure_id,
            r.event.person_id,
            ",".join(map(str, r.event.refs)) if isinstance(r.event, d.MentionsErasureRequested) else None,
            r.position,
        )
        for r in events
    ]
    await db.execute(sql.know_erasures, *columns(last_by_key(rows, 2), 5))


async def project_holds(events: Sequence[Recorded[Any]], db: Connection) -> None:
    """A hold is placed once and lifted later, so all that were placed come before all that were lifted."""
    placed, lifted = (
        [(r.tenant, r.aggregate_id, r.event.hold_id) for r in events if isinstance(r.event, kind)]
        for kind in (d.LegalHoldPlaced, d.LegalHoldLifted)
    )
    if placed:
        await db.execute(sql.know_holds, *columns(sorted(placed), 3))
    if lifted:
        await db.execute(sql.forget_holds, *columns(lifted, 3))


FACTS: Final = (
    Projection(
        name="districts",
        handles=(d.DistrictOpened, d.SandboxClockAdvanced, d.DistrictClosed),
        project=project_districts,
    ),
    Projection(name="policies", handles=(d.DistrictPolicyChanged,), project=project_policies),
    Projection(name="calendars", handles=(d.CalendarChanged,), project=project_calendars),
    Projection(name="orgs", handles=(d.OrgOpened, d.OrgChanged, d.OrgClosed), project=project_orgs),
    Projection(
        name="people",
        handles=(d.PersonEnrolled, d.PersonChanged, d.PersonDeactivated),
        project=project_people,
    ),
    Projection(name="roles", handles=(d.RoleAssigned, d.RoleWithdrawn), project=project_roles),
    Projection(
        name="evaluators", handles=(d.EvaluatorAssigned, d.EvaluatorWithdrawn), project=project_evaluators
    ),
    Projection(
        name="erasures",
        handles=(d.ErasureRequested, d.MentionsErasureRequested),
        project=project_erasures,
    ),
    Projection(name="holds", handles=(d.LegalHoldPlaced, d.LegalHoldLifted), project=project_holds),
    Projection(name="partnerships", handles=tuple(STATUS), project=project_partnerships),
    Projection(
        name="shares", handles=(g.ShareGranted, g.ShareRevoked, g.BreakGlassApproved), project=project_shares
    ),
)
"""What a service knows of others; those whose events it does not read stay empty."""
