"""The goal board: a person's own goals, each with where it started, where it stands and where it shall go.

Rebuildable: drop the tables, replay the log, and the same rows come back.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from fractions import Fraction
from functools import lru_cache
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from backbone.application import Reader
from backbone.folding import Row, folded, in_columns
from backbone.lists import OWN, Absent, Id, Lists, Page, Told, person_of, router_of
from backbone.projector import Connection, Projection
from backbone.queries import Queries
from backbone.recorded import Recorded
from backbone.rows import columns
from backbone.service import Running
from backbone.yielding import in_turn
from chalkline_contracts import goals as g
from chalkline_contracts.event import Event
from chalkline_contracts.measurement import Direction, Measurement
from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from goals.arithmetic import median, quotient

sql = Queries("goals", "sql/queries")

HANDLES: Final[tuple[type[Event], ...]] = (
    g.GoalDrafted, g.BaselineRecorded, g.GoalProposed, g.GoalSet, g.ProgressMeasured, g.ProgressRetracted,
    g.GoalRecharted, g.GoalTargetMet, g.GoalAchieved, g.AchievementWithdrawn, g.GoalAbandoned,
)  # fmt: skip
STATUS: Final[dict[type[Event], str]] = {
    g.GoalTargetMet: "target_met",
    g.GoalAchieved: "achieved",
    g.AchievementWithdrawn: "active",
    g.GoalAbandoned: "abandoned",
}
NO_TERMS: Final[Row] = dict.fromkeys(("target", "tolerance", "due_on", "required_consecutive"))

Status = Literal["draft", "baselined", "active", "target_met", "achieved", "abandoned"]


async def project(events: Sequence[Recorded[Any]], db: Connection) -> None:
    # Progress is most of what happens to a goal, and changes nothing but its chart.
    if others := [r for r in events if type(r.event) is not g.ProgressMeasured]:
        await _project_goals(others, db)
    await _project_measurements(events, db)


async def _project_goals(events: Sequence[Recorded[Any]], db: Connection) -> None:
    rows = await folded(events, db, known=sql.goals_known, key="goal_id", change=change)
    await db.execute(
        sql.board_goals,
        *in_columns(
            rows, "tenant", "goal_id", "cycle_id", "partnership_id", "coach_id", "owner_ids", "focus", "status",
            "metric_code", "direction", "target", "tolerance", "due_on", "required_consecutive", "goal_version",
            "drafted_at", "position", "began",
        ),
    )  # fmt: skip
    await _project_owners(rows, {r.aggregate_id for r in events if type(r.event) is g.GoalDrafted}, db)


def change(row: Row | None, recorded: Recorded[Any]) -> Row:
    event = recorded.event
    match type(event):
        case g.GoalDrafted:
            return {
                "cycle_id": event.cycle_id,
                "partnership_id": event.partnership_id,
                "coach_id": event.coach_id,
                "owner_ids": event.owner_ids,
                "focus": event.focus,
                "status": "draft",
                "metric_code": None,
                "direction": None,
                **NO_TERMS,
                "goal_version": None,
                "drafted_at": recorded.occurred_at,
            }
        case g.BaselineRecorded:
            assert row is not None
            if row["goal_version"] is not None:  # a new line under a goal that stays set
                return {}
            metric = event.measurements[-1]
            told = {"metric_code": metric.metric_code, "direction": metric.direction}
            return {"status": "baselined", **told, **NO_TERMS}
        case g.GoalProposed:
            return _terms(event)
        case g.GoalSet:
            return {"status": "active", "goal_version": event.goal_version, **_terms(event)}
        case g.GoalRecharted:
            return {"status": "active", "goal_version": event.goal_version, **event.after.model_dump()}
        case kind:
            return {"status": STATUS[kind]} if kind in STATUS else {}


def _terms(event: g.GoalProposed | g.GoalSet) -> Row:
    return {
        "metric_code": event.metric.metric_code,
        "direction": event.metric.direction,
        "target": event.target,
        "tolerance": event.tolerance,
        "due_on": event.due_on,
        "required_consecutive": event.required_consecutive,
    }


async def _project_owners(rows: Sequence[Row], begun: set[UUID], db: Connection) -> None:
    owners = [
        {**row, "person_id": person_id}
        for row in rows
        if row["goal_id"] in begun
        for person_id in sorted(row["owner_ids"])
    ]
    if owners:
        await db.execute(
            sql.board_owners, *in_columns(owners, "tenant", "person_id", "drafted_at", "goal_id", "began")
        )


async def _project_measurements(events: Sequence[Recorded[Any]], db: Connection) -> None:
    """What was told joins the chart, then what was retracted leaves it: for good, as the goal has it."""
    told: list[tuple[Any, ...]] = []
    gone: list[tuple[Any, ...]] = []
    for recorded in events:
        event = recorded.event
        match type(event):
            case g.ProgressMeasured:
                told += _charted(recorded, (event.measurement,), is_baseline=False)
            case g.BaselineRecorded:
                told += _charted(recorded, event.measurements, is_baseline=True)
            case g.ProgressRetracted:
                gone.append((recorded.tenant, recorded.aggregate_id, event.measurement_id))
    if told:
        await db.execute(sql.board_measurements, *columns(told, 8))
    if gone:
        await db.execute(sql.unboard_measurements, *columns(gone, 3))


def _charted(
    recorded: Recorded[Any], measurements: Sequence[Measurement], *, is_baseline: bool
) -> Iterator[tuple[Any, ...]]:
    for ordinal, measurement in enumerate(measurements):
        exact = quotient(measurement)
        if exact is not None:
            yield (
                recorded.tenant, recorded.aggregate_id, measurement.measurement_id, measurement.occurred_at,
                recorded.position, ordinal, str(exact), is_baseline,
            )  # fmt: skip


class GoalOnBoard(Told):
    """A goal with its chart summed up. Numbers are exact quotients, such as "4/5"; never a percentage."""

    goal_id: UUID
    cycle_id: UUID
    partnership_id: UUID
    coach_id: UUID
    """Who coaches now, whoever did when it was drafted."""
    owner_ids: list[UUID]
    focus: str
    status: Status
    metric_code: str | None
    """From the baseline on."""
    direction: Direction | None
    baseline: str | None
    """The median of its baseline's measurements; null before, and when all of them were retracted."""
    target: str | None
    """As proposed or agreed; null to maintain."""
    tolerance: str | None
    """Only to maintain."""
    due_on: date | None
    required_consecutive: int | None
    latest: str | None
    """The latest measurement on the chart, the baseline's among them."""
    last_measured_at: datetime | None
    measurements_n: int
    """On the chart beside the baseline's."""
    goal_version: int | None
    """Null until the goal is set."""
    drafted_at: datetime


class GoalsWanted(Page):
    cycle_id: Annotated[Id | Absent, Field(description="Only those of this cycle")] = None
    status: Annotated[Status | Absent, Field(description="Only those that stand there")] = None


def routes(run: Running) -> APIRouter:
    router, lists = router_of("Goal"), Lists(run)

    @router.get("/v1/goals", summary="My goals, newest first", **OWN)
    async def goals(
        request: Request, response: Response, by: Reader, wanted: Annotated[GoalsWanted, Query()]
    ) -> list[GoalOnBoard]:
        """The goals you own, those of a group you work in, and those you coach while the partnership is agreed.
        Nobody else's, whoever you are.
        """
        person = person_of(by)
        rows = await lists.page(
            request, response, by, wanted, sql.goal_board, person, wanted.cycle_id, wanted.status
        )
        if any(row["coaching"] for row in rows):
            lists.must_be_level(by)
        return [_told(row) async for row in in_turn(rows)]

    return router


def _told(row: Any) -> GoalOnBoard:
    told = {name: row[name] for name in GoalOnBoard.model_fields if name in row}
    baseline = _baseline(tuple(row["baselines"]))
    return GoalOnBoard(**told, goal_id=row["id"], drafted_at=row["at"], baseline=baseline)


@lru_cache(maxsize=10_000)
def _baseline(quotients: tuple[str, ...]) -> str | None:
    """Exact; remembered, since reading three quotients takes as long as the rest of a row."""
    return str(median([Fraction(value) for value in quotients])) if quotients else None


GOAL_BOARD = Projection(name="goal_board", handles=HANDLES, project=project)
