"""The lineage of a goal: from where it stands back to the measurements that made it, the visits they come from, the
action steps that served it, and the coaching time that went into its cycle.
"""

import json
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from backbone.application import Reader
from backbone.entrances import aggregate_id_in
from backbone.lists import Told, described_in_rows, for_this_reader, no_parameter, router_of_one
from backbone.queries import Queries
from backbone.service import Running
from backbone.sharing import Grant, opened_by
from chalkline_contracts import goals as g
from fastapi import APIRouter, Path, Request, Response

from goals.coaching_times import VISITS
from goals.drawing import Drawn, drawn
from goals.goal import Whose
from goals.goal_history import OF_GOAL, History, Shown, Status
from goals.reading_goals import history_in, readable_goal

sql = Queries("goals", "sql/queries")

MATTERING: Final = [event.__name__ for event in OF_GOAL]


class Visited(Told):
    """The visit a measurement was made at."""

    coach_id: UUID
    began_at: datetime
    minutes: int
    mode: str | None
    instrument: str | None


class LinkedMeasurement(Told):
    """A measurement that the goal stands on."""

    measurement_id: UUID
    part: Literal["baseline", "progress", "run"]
    """`run`: one of those in a row that met the target."""
    occurred_at: datetime
    quotient: str
    instrument: str | None
    source: str
    n_students: int | None
    subgroup: str | None
    recorded_by: UUID
    observation_id: UUID | None
    """Null: somebody recorded it by itself."""
    visit: Visited | None


class LinkedStep(Told):
    """An action step of the cycle that serves this goal, or none in particular."""

    step_id: UUID
    teacher_id: UUID
    goal_id: UUID | None
    strategy_code: str
    answer: Literal["accepted", "adapted", "declined"] | None
    """The teacher's; null while there is none."""
    status: str
    practised_n: int
    offered_at: datetime
    changed_at: datetime


class TimeSpent(Told):
    type: str
    times_n: int
    minutes: int


class Coaching(Told):
    """What coaching the goal's owners got in its cycle."""

    minutes: int
    """A stretch of a coach's time counts once, however many visits and activities fill it."""
    visits_n: int
    """Observations, modelling and co-teaching that took place."""
    by_type: list[TimeSpent]
    """Each by itself; together they may be more."""


class Achievement(Told):
    achieved_on: date
    baseline: str
    final: str
    measurements_n: int
    days: int
    goal_version: int
    confirmed_by: UUID | None
    """Null: the district's policy."""


class LineageRow(Told):
    """Something that the goal stands on."""

    goal_id: UUID
    link: Literal["measurement", "step", "coaching"]
    id: UUID | None
    """Of the measurement or the step; of coaching time there is one row a type."""
    what: str
    """What part the measurement has, the step's strategy, or the type of coaching time."""
    at: datetime | None
    """When it was measured, or offered."""
    person_id: UUID | None
    """Who recorded it, or whose step it is."""
    status: str | None
    """Of the step."""
    quotient: str | None
    observation_id: UUID | None
    times_n: int | None
    """How often there was such coaching time, or the step was practised."""
    minutes: int | None
    """Of the visit it was measured at, or of that coaching time."""


NOT_SAID: Final[dict[str, None]] = dict.fromkeys(LineageRow.model_fields)


class GoalLineage(Told):
    goal_id: UUID
    cycle_id: UUID
    status: Status
    achievement: Achievement | None
    """The one that stands."""
    measurements: list[LinkedMeasurement]
    """Baseline and counted progress in order, up to the measurement that met the target if it is met."""
    steps: list[LinkedStep]
    coaching: Coaching

    def rows(self) -> list[LineageRow]:
        """One a measurement, a step, and a type of coaching time."""
        return [LineageRow(**NOT_SAID | {"goal_id": self.goal_id} | told) for told in self._links()]

    def _links(self) -> Iterator[dict[str, Any]]:
        for each in self.measurements:
            yield {
                "link": "measurement", "id": each.measurement_id, "what": each.part, "at": each.occurred_at,
                "person_id": each.recorded_by, "quotient": each.quotient, "observation_id": each.observation_id,
                "minutes": each.visit.minutes if each.visit else None,
            }  # fmt: skip
        for step in self.steps:
            yield {
                "link": "step", "id": step.step_id, "what": step.strategy_code, "at": step.offered_at,
                "person_id": step.teacher_id, "status": step.status, "times_n": step.practised_n,
            }  # fmt: skip
        for time in self.coaching.by_type:
            yield {"link": "coaching", "what": time.type, "times_n": time.times_n, "minutes": time.minutes}


def routes(run: Running) -> APIRouter:
    router = router_of_one("Goal")

    @router.get(
        "/v1/goals/{id}/lineage", summary="What made an achievement", **described_in_rows(GoalLineage)
    )
    async def goal_lineage(
        request: Request, response: Response, by: Reader, own_id: Annotated[str, Path(alias="id")]
    ) -> GoalLineage:
        """For whoever may read the goal. A teacher of a group sees no action steps but their own, and to whom a goal
        was opened those that were opened too.
        """
        no_parameter(request)
        goal_id = aggregate_id_in(own_id)
        whose, facts, opened = await readable_goal(run, by, goal_id)
        of = by.person if by.person in whose.owner_ids else None
        owners = list(whose.owner_ids)
        if of is None and by.person != facts.coach_id and not opened:
            of = by.person  # one of the group: the goal is theirs to read, no owner's steps are
        rows = await run.rows(
            by.tenant, sql.goal_lineage, by.tenant, goal_id, whose.cycle_id, MATTERING, owners, of
        )
        parts: dict[str, list[Any]] = {}
        for row in rows:
            if row["part"] != "step" or not opened or _opens_step(opened, whose, json.loads(row["data"])):
                parts.setdefault(row["part"], []).append(row)
        for_this_reader(response)
        return _told(goal_id, whose.cycle_id, history_in(parts.get("told", ()), whose.time_zone), parts)

    return router


def _opens_step(opened: Sequence[Grant], whose: Whose, step: Any) -> bool:
    """Whether what opened the goal opens this step as well: its own teacher's does, unless it is of the goal alone."""
    teacher, serves = UUID(step["teacher_id"]), UUID(step["goal_id"]) if step["goal_id"] else None
    return bool(opened_by(opened, (teacher,), whose.partnership_id, whose.cycle_id, serves))


def _told(goal_id: UUID, cycle_id: UUID, history: History, parts: dict[str, list[Any]]) -> GoalLineage:
    times = [json.loads(row["data"]) for row in parts.get("time", ())]
    visits = {UUID(row["time_id"]): row for row in times}
    seconds = next((json.loads(row["data"], parse_float=Decimal) for row in parts.get("spent", ())), None)
    achieved = history.achieved if history.status == "achieved" else None
    return GoalLineage(
        goal_id=goal_id,
        cycle_id=cycle_id,
        status=history.status,
        achievement=_achievement(achieved) if achieved else None,
        measurements=[
            _measurement(shown, part, visits.get(shown.observation_id) if shown.observation_id else None)
            for shown, part in _standing_on(history)
        ],
        steps=[_step(json.loads(row["data"])) for row in parts.get("step", ())],
        coaching=_coaching([row for row in times if row["of_cycle"]], int(seconds or 0)),
    )


def _achievement(event: g.GoalAchieved) -> Achievement:
    return Achievement(**{name: getattr(event, name) for name in Achievement.model_fields})


def _standing_on(
    history: History,
) -> Iterator[tuple[Shown, Literal["baseline", "progress", "run"]]]:
    """The baseline, and counted progress: up to the end of the run where one met the target, marked as such."""
    lines = drawn(history.readings, history.versions, history.time_zone) if history.chapters else []
    run, counted = _run(history, lines), {each.reading.own for each in lines if each.counted}
    for shown in history.shown:
        if shown.reading.is_baseline:
            yield shown, "baseline"
        elif shown.reading.own in counted:
            yield shown, "run" if shown.reading.own in run else "progress"
        if run and shown.reading.own == run[-1]:
            return


def _run(history: History, lines: Sequence[Drawn]) -> list[bytes]:
    """The measurements that met the target as it stands; none if it is not met."""
    met = history.met_by if history.status in ("target_met", "achieved") else None
    ends = next((n for n, each in enumerate(lines) if met and each.reading.own == met.bytes), None)
    if ends is None:
        return []
    number = lines[ends].goal_version
    wanted = next(
        version.aim.required_consecutive for version in history.versions if version.number == number
    )
    counted = [each.reading.own for each in lines[: ends + 1] if each.counted]
    return counted[-wanted:]


def _measurement(shown: Shown, part: Any, visit: Any) -> LinkedMeasurement:
    told = shown.measurement
    return LinkedMeasurement(
        measurement_id=told.measurement_id,
        part=part,
        occurred_at=told.occurred_at,
        quotient=str(shown.reading.quotient),
        instrument=told.instrument,
        source=told.source,
        n_students=told.n_students,
        subgroup=told.subgroup,
        recorded_by=told.recorded_by,
        observation_id=shown.observation_id,
        visit=Visited(**_visited(visit)) if visit else None,
    )


def _visited(row: Any) -> dict[str, Any]:
    names = ("coach_id", "began_at", "mode", "instrument")
    return {"minutes": _minutes(row), **{name: row[name] for name in names}}


def _minutes(row: Any) -> int:
    took = datetime.fromisoformat(row["ended_at"]) - datetime.fromisoformat(row["began_at"])
    return took // timedelta(minutes=1)


def _step(row: Any) -> LinkedStep:
    return LinkedStep(**{name: row[name] for name in LinkedStep.model_fields})


def _coaching(times: Sequence[Any], seconds: int) -> Coaching:
    by_type: dict[str, list[int]] = {}
    for row in times:
        by_type.setdefault(row["type"], []).append(_minutes(row))
    return Coaching(
        minutes=seconds // 60,
        visits_n=sum(row["type"] in VISITS for row in times),
        by_type=[
            TimeSpent(type=kind, times_n=len(each), minutes=sum(each))
            for kind, each in sorted(by_type.items())
        ],
    )
