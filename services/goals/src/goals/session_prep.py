"""What a pair looks at before it meets: where the cycle and each goal stand, what is open, what comes next."""

import asyncio
import json
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from operator import itemgetter
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from backbone.application import Reader
from backbone.deciding import snake_case
from backbone.entrances import aggregate_id_in
from backbone.lists import Told, described_in_rows, for_this_reader, no_parameter, router_of_one
from backbone.queries import Queries
from backbone.service import Running
from backbone.wire import told_in
from chalkline_contracts.goals import Trend
from fastapi import APIRouter, Path, Request, Response

from goals import cycle, goal
from goals.access import reads_goal
from goals.arithmetic import local_day
from goals.cycle import Cycle
from goals.facts import GoalsFacts
from goals.figures import OF_CYCLES, Row, cycle_changed
from goals.goal import Active, Baselined, Draft, Goal, TargetMet
from goals.goal_setting import waits_for
from goals.reading_goals import readable_cycle

sql = Queries("goals", "sql/queries")

MATTER: Final = [event.__name__ for event in OF_CYCLES]
LATEST = 3
"""How many measurements of a goal are shown."""


class LatestMeasurement(Told):
    occurred_at: datetime
    quotient: str
    is_baseline: bool


class OpenGoal(Told):
    """A goal that is neither achieved nor abandoned."""

    goal_id: UUID
    owner_ids: list[UUID]
    status: Literal["draft", "baselined", "active", "target_met"]
    metric_code: str | None
    target: str | None
    tolerance: str | None
    due_on: date | None
    trend: Trend | None
    """As it was told last; while it is active."""
    latest: list[LatestMeasurement]
    """The last three, the latest first."""
    waiting_for: list[UUID]
    """Who has not agreed to the proposal that stands."""


class OpenStep(Told):
    step_id: UUID
    teacher_id: UUID
    goal_id: UUID | None
    strategy_code: str
    status: Literal["offered", "accepted", "adapted", "practised", "in_use"]
    practised_n: int
    check_back_on: date
    is_due: bool


class LastVisit(Told):
    """The last time a coach was in the classroom, and whether feedback followed."""

    visit_id: UUID
    type: Literal["observe", "model", "coteach"]
    began_at: datetime
    minutes: int
    shared_at: datetime | None
    """Feedback; null where none was shared."""
    acknowledged_at: datetime | None


class Coming(Told):
    """Something that has its day."""

    on: date
    what: Literal["goal_due", "check_back", "planned"]
    id: UUID
    type: str | None
    """What kind of coaching time is planned."""


class PrepRow(Told):
    """One thing to look at."""

    cycle_id: UUID
    part: Literal["goal", "step", "last_visit", "coming"]
    id: UUID
    what: str | None
    """The goal's metric, the step's strategy, the type of the visit, or what is coming."""
    status: str | None
    on: date | None
    """When the goal is due, the step looked at again, or what is coming comes."""
    at: datetime | None
    """When the goal was measured last, or the visit began."""
    value: str | None
    """The latest measurement of a goal."""
    target: str | None
    trend: Trend | None
    waiting_for: list[UUID]
    """Who has not agreed to the goal."""


NOT_SAID: Final[dict[str, Any]] = {**dict.fromkeys(PrepRow.model_fields), "waiting_for": []}


class SessionPrep(Told):
    cycle_id: UUID
    partnership_id: UUID
    focus: str
    status: Literal["open", "paused", "completed", "closed_early"]
    phase: str | None
    phase_since: datetime | None
    days_in_phase: int | None
    """Whole days, pauses not counted."""
    goals: list[OpenGoal]
    steps: list[OpenStep]
    last_visit: LastVisit | None
    coming: list[Coming]
    """From today on, the next first."""

    def rows(self) -> list[PrepRow]:
        """One a goal, a step, the last visit, and each thing that is coming."""
        return [PrepRow(**NOT_SAID | {"cycle_id": self.cycle_id} | told) for told in self._things()]

    def _things(self) -> Iterator[dict[str, Any]]:
        for each in self.goals:
            latest = each.latest[0] if each.latest else None
            yield {
                "part": "goal", "id": each.goal_id, "what": each.metric_code, "status": each.status, "on": each.due_on,
                "at": latest.occurred_at if latest else None, "value": latest.quotient if latest else None,
                "target": each.target, "trend": each.trend, "waiting_for": each.waiting_for,
            }  # fmt: skip
        for step in self.steps:
            yield {
                "part": "step", "id": step.step_id, "what": step.strategy_code, "status": step.status,
                "on": step.check_back_on,
            }  # fmt: skip
        if (visit := self.last_visit) is not None:
            yield {"part": "last_visit", "id": visit.visit_id, "what": visit.type, "at": visit.began_at}
        for next_ in self.coming:
            yield {"part": "coming", "id": next_.id, "what": next_.type or next_.what, "on": next_.on}


def routes(run: Running) -> APIRouter:
    router = router_of_one("Cycle")

    @router.get(
        "/v1/cycles/{id}/session-prep",
        summary="What to look at before the next session",
        **described_in_rows(SessionPrep),
    )
    async def session_prep(
        request: Request, response: Response, by: Reader, own_id: Annotated[str, Path(alias="id")]
    ) -> SessionPrep:
        """For the pair alone: who coaches sees all of the cycle, a teacher what is theirs or the group's."""
        no_parameter(request)
        cycle_id = aggregate_id_in(own_id)
        state, facts = await readable_cycle(run, by, cycle_id)
        now = await run.clock.now(by.tenant)
        of = None if by.person == facts.coach_id else by.person
        rows = await run.rows(by.tenant, sql.session_prep, by.tenant, cycle_id, now, of, MATTER)
        parts: dict[str, list[Any]] = {}
        for row in rows:
            parts.setdefault(row["part"], []).append(json.loads(row["data"]))
        ids = [UUID(told) for told in parts.get("goal", ())]
        states = await asyncio.gather(*(run.commands.state(by.tenant, "Goal", own) for own in ids))
        goals = {
            own: each
            for own, each in zip(ids, states, strict=True)
            if reads_goal(by.person, each, facts.partnership, state)
        }
        for_this_reader(response)
        return _told(cycle_id, state, facts, parts, goals, now)

    return router


def _told(
    cycle_id: UUID,
    state: Cycle,
    facts: GoalsFacts,
    parts: dict[str, list[Any]],
    goals: dict[UUID, Goal],
    now: datetime,
) -> SessionPrep:
    assert not isinstance(state, cycle.Unset)
    today = local_day(now, state.plan.time_zone)
    opened = [shown for own, each in goals.items() for shown in _goal(own, each, facts, state)]
    steps = [_step(told, today) for told in parts.get("step", ())]
    coming = [*_coming(opened, steps, today), *_planned(parts.get("planned", ()), state)]
    return SessionPrep(
        cycle_id=cycle_id,
        partnership_id=state.plan.partnership_id,
        focus=state.plan.focus,
        status=_status(state),
        **_phase(parts.get("cycle", ()), now),
        goals=opened,
        steps=steps,
        last_visit=next((_visit(told) for told in parts.get("visit", ())), None),
        coming=sorted(coming, key=lambda each: (each.on, each.what, each.id)),
    )


def _status(state: Cycle) -> Any:
    paused = isinstance(state, cycle.Open) and state.paused
    return "paused" if paused else snake_case(type(state).__name__)


def _phase(told: Sequence[Any], now: datetime) -> dict[str, Any]:
    """The phase a cycle is in, and for how many days, pauses not counted."""
    row: Row = {}
    for one, event in told_in("goals", sorted(told, key=itemgetter("version"))):
        row |= cycle_changed(row or None, event, datetime.fromisoformat(one["at"]))
    if not row or row["phase"] is None:
        return {"phase": None, "phase_since": None, "days_in_phase": None}
    days = ((row["paused_at"] or now) - row["phase_since"] - row["phase_paused"]) // timedelta(days=1)
    return {"phase": row["phase"], "phase_since": row["phase_since"], "days_in_phase": max(days, 0)}


def _goal(goal_id: UUID, state: Goal, facts: GoalsFacts, within: Cycle) -> Iterator[OpenGoal]:
    """Nothing of one that is achieved, abandoned, or was never drafted."""
    if not isinstance(state, Draft | Baselined | Active | TargetMet):
        return
    terms, chart = getattr(state, "terms", getattr(state, "proposal", None)), getattr(state, "chart", None)
    metric = terms.metric if terms else getattr(state, "metric", None)
    waiting = set[UUID]()
    if isinstance(state, Baselined) and state.proposal is not None:
        waiting = waits_for(state, facts, within)
    owners = list(state.whose.owner_ids)
    yield OpenGoal(
        goal_id=goal_id,
        owner_ids=owners,
        status=_status_of(state),
        metric_code=metric.metric_code if metric else None,
        target=terms.target if terms else None,
        tolerance=terms.tolerance if terms else None,
        due_on=terms.due_on if terms else None,
        trend=state.trend if isinstance(state, goal.Active) else None,
        latest=[
            LatestMeasurement(occurred_at=each.at, quotient=str(each.quotient), is_baseline=each.is_baseline)
            for each in (reversed(chart.readings[-LATEST:]) if chart else ())
        ],
        waiting_for=[who for who in facts.partners(owners) if who in waiting],
    )


def _status_of(state: Goal) -> Any:
    return snake_case(type(state).__name__)


def _step(row: Any, today: date) -> OpenStep:
    told = {name: row[name] for name in OpenStep.model_fields if name in row}
    return OpenStep(**told, is_due=date.fromisoformat(row["check_back_on"]) <= today)


def _visit(row: Any) -> LastVisit:
    took = datetime.fromisoformat(row["ended_at"]) - datetime.fromisoformat(row["began_at"])
    told = {name: row[name] for name in LastVisit.model_fields if name in row}
    return LastVisit(**told, visit_id=row["time_id"], minutes=took // timedelta(minutes=1))


def _coming(goals: Sequence[OpenGoal], steps: Sequence[OpenStep], today: date) -> Iterator[Coming]:
    for each in goals:
        if each.due_on is not None and each.due_on >= today:
            yield Coming(on=each.due_on, what="goal_due", id=each.goal_id, type=None)
    for step in steps:
        if step.check_back_on >= today:
            yield Coming(on=step.check_back_on, what="check_back", id=step.step_id, type=None)


def _planned(rows: Sequence[Any], state: Cycle) -> Iterator[Coming]:
    assert not isinstance(state, cycle.Unset)
    for row in rows:
        at = datetime.fromisoformat(row["began_at"])
        yield Coming(
            on=local_day(at, state.plan.time_zone), what="planned", id=row["time_id"], type=row["type"]
        )
