"""Dosage against plan: of each cycle the visits and the time it was planned with, and what was held of them.

For coaching leads and administrators the district's cycles, for a coach those of the partnerships they coach.
"""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from backbone.application import Reader
from backbone.lists import DESCRIBED, Lists, Page, Told, person_of, router_of
from backbone.queries import Queries
from backbone.service import Running
from backbone.yielding import in_turn
from fastapi import APIRouter, Query, Request, Response

sql = Queries("observations", "sql/queries")


class Dosage(Told):
    """A cycle's plan and what was held of it. A visit is an observation, modelling or co-teaching that took place."""

    cycle_id: UUID
    partnership_id: UUID
    coach_id: UUID
    """Of the partnership as it stands now."""
    teacher_ids: list[UUID]
    """Whoever took part."""
    focus: str
    status: Literal["open", "ended"]
    started_at: datetime
    planned_weeks: int
    cadence_days: int
    days: int
    """Of its days until now, or until its end, those that count: inside a term, in no holiday and no pause."""
    visits_planned: int
    """In all its weeks."""
    visits_due: int
    """Of these, in the days that counted so far."""
    visits_held: int
    minutes: int
    """Whole ones of its seconds."""
    seconds: int
    """Coaching time of this cycle, each moment once."""
    last_visit_on: date | None


def routes(run: Running) -> APIRouter:
    router, lists = router_of("Activity"), Lists(run)

    @router.get("/v1/dosage", summary="Coaching held against coaching planned, by cycle", **DESCRIBED)
    async def dosage(
        request: Request, response: Response, by: Reader, wanted: Annotated[Page, Query()]
    ) -> list[Dosage]:
        """The cycles of partnerships you coach, as they stand now; coaching leads and administrators get all of
        the district. As of now, by the district's clock.
        """
        person: UUID | None = person_of(by)
        overseen = await lists.overseen(by)
        if overseen is not None and overseen.everyone:
            person = None
        now = await run.clock.now(by.tenant)
        calendar = await run.facts.row("calendar", by.tenant, by.tenant)
        told = calendar["told"] if calendar else None
        rows = await lists.page(request, response, by, wanted, sql.dosage, now, person, told)
        if rows:
            lists.must_be_level(by)
        return [_told(row) async for row in in_turn(rows)]

    return router


def visits(days: int, cadence_days: int) -> int:
    """How many are due in so many days: one at the end of each stretch of the cadence."""
    return days // cadence_days if cadence_days > 0 else 0


def _told(row: Any) -> Dosage:
    planned = visits(7 * row["planned_weeks"], row["cadence_days"])
    return Dosage(
        cycle_id=row["cycle_id"],
        partnership_id=row["partnership_id"],
        coach_id=row["coach"],
        teacher_ids=row["teacher_ids"],
        focus=row["focus"],
        status="ended" if row["ended"] else "open",
        started_at=row["at"],
        planned_weeks=row["planned_weeks"],
        cadence_days=row["cadence_days"],
        days=row["days"],
        visits_planned=planned,
        visits_due=min(planned, visits(row["days"], row["cadence_days"])),
        visits_held=row["visits_n"],
        minutes=row["seconds"] // 60,
        seconds=row["seconds"],
        last_visit_on=row["last_visit_on"],
    )
