"""The caseload: a coach's open cycles, each with what is due next, what is overdue, and how its goals are going.

Worked out with the timers (see timers.py). Who leads coaching learns how much each coach has, and nothing of what.
"""

from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

from backbone.application import Reader
from backbone.deciding import Forbidden
from backbone.district import policy_in
from backbone.lists import (
    DESCRIBED,
    DESCRIBED_WHOLE,
    Lists,
    Page,
    Told,
    no_parameter,
    person_of,
    router_of,
)
from backbone.queries import Queries
from backbone.service import Running
from backbone.yielding import in_turn
from chalkline_contracts.goals import Trend
from fastapi import APIRouter, Query, Request, Response
from pydantic import TypeAdapter

from notifications.rules import DEFAULTS

sql = Queries("notifications", "sql/queries")

ASKING: Final = [rule.milestone for rule in DEFAULTS if rule.trigger == "timer" and rule.asks]
"""The milestones that ask for something to be done."""

_trends = TypeAdapter(dict[UUID, Trend])


class Overdue(Told):
    """What was due, was told, and has not been done."""

    milestone: str
    goal_id: UUID | None
    due_at: datetime


class GoalOnCaseload(Told):
    """A goal that was set and is not over."""

    goal_id: UUID
    trend: Trend
    """As it was told last; on track until then."""


class CycleOnCaseload(Told):
    """An open cycle as it stands."""

    cycle_id: UUID
    partnership_id: UUID
    teacher_ids: list[UUID]
    focus: str
    phase: str | None
    paused: bool
    started_at: datetime
    visited_at: datetime | None
    """When the latest visit was; null: there was none."""
    next_milestone: str | None
    next_due_at: datetime | None
    overdue: list[Overdue]
    goals: list[GoalOnCaseload]


class Caseload(Told):
    """How much a coach has."""

    coach_id: UUID
    cycles_n: int
    teachers_n: int
    """Different ones, in open cycles."""
    limit: int | None
    """By the district's policy; null: it has none."""
    over: bool


def routes(run: Running) -> APIRouter:
    router, lists = router_of("CycleWatch"), Lists(run)

    @router.get("/v1/caseload", summary="My open cycles, with due and overdue, newest first", **DESCRIBED)
    async def caseload(
        request: Request, response: Response, by: Reader, wanted: Annotated[Page, Query()]
    ) -> list[CycleOnCaseload]:
        """A coach's own, of the partnerships that they coach now."""
        person = person_of(by)
        rows = await lists.page(request, response, by, wanted, sql.caseload, person, ASKING)
        if rows:
            lists.must_be_level(by)
        return [_told(row) async for row in in_turn(rows)]

    @router.get("/v1/caseloads", summary="How much each coach has", **DESCRIBED_WHOLE)
    async def caseloads(request: Request, response: Response, by: Reader) -> list[Caseload]:
        """Administrators and coaching leads get every coach of an open cycle, the one with most teachers first."""
        no_parameter(request)
        overseen = await lists.overseen(by)
        if overseen is None or not overseen.everyone:
            raise Forbidden
        rows = await lists.whole(request, response, sql.caseloads, by.tenant)
        limit = policy_in(await run.facts.row("policy", by.tenant, by.tenant)).caseload_limit
        return [
            Caseload(**row, limit=limit, over=limit is not None and row["teachers_n"] > limit) for row in rows
        ]

    return router


def _told(row: Any) -> CycleOnCaseload:
    overdue = zip(row["rules"] or (), row["goal_ids"] or (), row["due_ats"] or (), strict=True)
    trends = _trends.validate_json(row["trends"])
    return CycleOnCaseload(
        cycle_id=row["id"],
        partnership_id=row["partnership_id"],
        teacher_ids=row["teacher_ids"],
        focus=row["focus"],
        phase=row["phase"],
        paused=row["paused"],
        started_at=row["at"],
        visited_at=row["visited_at"],
        next_milestone=row["next"],
        next_due_at=row["next_due_at"],
        overdue=[Overdue(milestone=rule, goal_id=goal, due_at=due_at) for rule, goal, due_at in overdue],
        goals=[GoalOnCaseload(goal_id=goal_id, trend=trend) for goal_id, trend in trends.items()],
    )
