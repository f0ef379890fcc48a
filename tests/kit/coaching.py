"""A small school to tell specs about: Cora coaches Tess and Theo, Carl could; and what they say and measure."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID, uuid4, uuid5

from backbone.deciding import Actor
from backbone.words import PrivateText, private
from chalkline_contracts.event import Event
from chalkline_contracts.goals import (
    BaselineRecorded,
    CycleStarted,
    GoalAgreed,
    GoalDrafted,
    GoalProposed,
    GoalRecharted,
    GoalSet,
    GoalTerms,
    GoalTrendChanged,
    Peers,
    ProgressMeasured,
    Trend,
)
from chalkline_contracts.measurement import MEASURED, Direction, Measurement, MeasurementTaken, Metric
from goals import cycle, partnership
from goals.facts import GoalsFacts, PersonFact
from goals.goal import PeersAnswers, ProposeGoal
from goals.product_models import PRODUCT

from kit.spec import NOW

DISTRICT = UUID(int=1)
CORA, TESS, THEO, STRANGER, PRINCIPAL, LEAD, CARL = (UUID(int=n) for n in range(0xC0, 0xC7))
NORTH, SOUTH = UUID(int=0x51), UUID(int=0x52)
PARTNERSHIP, CYCLE, GOAL = UUID(int=0xA1), UUID(int=0xA2), UUID(int=0xA3)
COMMAND = UUID(int=0xF0)
OBSERVATION = UUID(int=0x0B)
ZONE = "America/Chicago"

PEOPLE = {
    CORA: PersonFact(roles=frozenset({"coach"}), school_ids=frozenset({NORTH, SOUTH})),
    CARL: PersonFact(roles=frozenset({"coach"}), school_ids=frozenset({NORTH})),
    TESS: PersonFact(
        roles=frozenset({"teacher"}), school_ids=frozenset({NORTH}), workplace_ids=frozenset({NORTH})
    ),
    THEO: PersonFact(
        roles=frozenset({"teacher"}), school_ids=frozenset({NORTH}), workplace_ids=frozenset({NORTH})
    ),
    STRANGER: PersonFact(
        roles=frozenset({"teacher"}), school_ids=frozenset({NORTH}), workplace_ids=frozenset({NORTH})
    ),
    PRINCIPAL: PersonFact(
        roles=frozenset({"principal", "coach"}),
        school_ids=frozenset({NORTH, SOUTH}),
        led_ids=frozenset({NORTH}),
    ),
    LEAD: PersonFact(roles=frozenset({"coaching_lead"}), school_ids=frozenset({SOUTH})),
}
IMPACT_CYCLE = PRODUCT["impact-cycle@1"]


def person(person_id: UUID) -> Actor:
    return Actor(kind="person", id=str(person_id), tenant=DISTRICT)


def operator() -> Actor:
    return Actor(kind="operator", id="it", tenant=DISTRICT)


def policy(on_behalf_of: UUID | None = None) -> Actor:
    behalf = str(on_behalf_of) if on_behalf_of else None
    return Actor(kind="system", id="count_observed", tenant=DISTRICT, on_behalf_of=behalf)


def agreed(*teachers: UUID) -> partnership.Agreed:
    return partnership.Agreed(partnership.Pair(CORA, teachers or (TESS,), "impact-cycle@1"))


def handed_over(*teachers: UUID, consented: tuple[UUID, ...] = ()) -> partnership.HandedOver:
    """From Cora to Carl."""
    return partnership.HandedOver(partnership.Pair(CARL, teachers or (TESS,), "impact-cycle@1"), consented)


def coached_by_carl(*teachers: UUID) -> partnership.Agreed:
    return partnership.Agreed(partnership.Pair(CARL, teachers or (TESS,), "impact-cycle@1"))


def open_cycle(*teachers: UUID) -> cycle.Open:
    opened = cycle.evolve(cycle.Unset(), cycle_started(*teachers))
    assert isinstance(opened, cycle.Open)
    return opened


def facts(by: UUID | Actor, **known: Any) -> GoalsFacts:
    told: dict[str, Any] = {
        "partnership": agreed(TESS, THEO),
        "cycle": open_cycle(TESS, THEO),
        "people": PEOPLE,
        "template": IMPACT_CYCLE,
        "school_id": NORTH,
        "time_zone": ZONE,
    }
    actor = by if isinstance(by, Actor) else person(by)
    told["oversees"] = actor.person in (LEAD, PRINCIPAL)
    return GoalsFacts(by=actor, command_id=COMMAND, aggregate_id=GOAL, **(told | known))


def words(text: str = "Four in five explain their thinking") -> PrivateText:
    return private(text)


# Cycles and goals as they happened -------------------------------------------------------------------


def cycle_started(*teachers: UUID) -> CycleStarted:
    return CycleStarted(
        partnership_id=PARTNERSHIP,
        coach_id=CORA,
        teacher_ids=teachers or (TESS,),
        focus="engagement",
        template="impact-cycle@1",
        phases=IMPACT_CYCLE.phases,
        planned_weeks=6,
        cadence_days=14,
        school_id=NORTH,
        time_zone=ZONE,
    )


def on_day(day: int, hour: int = 15) -> datetime:
    """The given day of February 2026 in the afternoon, UTC; the specs' now is 2 March."""
    return datetime(2026, 2, 1, hour, tzinfo=UTC) + timedelta(days=day - 1)


def taken(
    percent: int,
    at: datetime = NOW,
    *,
    code: str = "on_task",
    instrument: str | None = "time-on-task@1",
    direction: Direction = "increase",
    kind: str = "intervals_on_task",
) -> MeasurementTaken:
    """So many of a hundred intervals on task, or so much of what the kind measures."""
    amount = Decimal if kind in MEASURED else int
    proportion = kind in {"intervals_on_task", "students_proficient", "student_talk", "teacher_talk"}
    return MeasurementTaken.model_validate(
        {
            "metric_code": code,
            "kind": kind,
            "numerator": amount(percent),
            "denominator": amount(100) if proportion else None,
            "direction": direction,
            "occurred_at": at,
            "window_s": 1200,
            "instrument": instrument,
            "source": "observation",
        }
    )


def measurement(percent: int, at: datetime = NOW, by: UUID = CORA, **more: Any) -> Measurement:
    return taken(percent, at, **more).recorded(uuid4(), by)


def nth(n: int) -> UUID:
    """The id a decision gives to the n-th thing it makes."""
    return uuid5(COMMAND, str(n))


def drafted(*owners: UUID) -> GoalDrafted:
    return GoalDrafted(
        cycle_id=CYCLE,
        partnership_id=PARTNERSHIP,
        coach_id=CORA,
        owner_ids=owners or (TESS,),
        focus="engagement",
        time_zone=ZONE,
    )


def baseline(*percents: int, day: int = 1, **more: Any) -> BaselineRecorded:
    measurements = tuple(measurement(percent, on_day(day), **more) for percent in percents)
    return BaselineRecorded(cycle_id=CYCLE, partnership_id=PARTNERSHIP, measurements=measurements)


PEERS = Peers(powerful=True, easy=True, emotionally_compelling=True, reachable=True, student_focused=True)
METRIC = Metric(metric_code="on_task", kind="intervals_on_task", unit="intervals", direction="increase")


def proposed(
    target: str | None = "4/5",
    *,
    consecutive: int = 2,
    tolerance: str | None = None,
    direction: Direction = "increase",
    by: UUID = CORA,
) -> GoalProposed:
    return GoalProposed(
        cycle_id=CYCLE,
        partnership_id=PARTNERSHIP,
        by=by,
        statement_ref=words().ref,
        metric=METRIC.model_copy(update={"direction": direction}),
        target=target,
        tolerance=tolerance,
        due_on=date(2026, 4, 1),
        required_consecutive=consecutive,
        peers=PEERS,
    )


def propose(target: str | None = "4/5", **more: Any) -> ProposeGoal:
    told: dict[str, Any] = {
        "statement": words(),
        "metric_code": "on_task",
        "target": target,
        "due_on": date(2026, 4, 1),
        "required_consecutive": 2,
        "peers": PeersAnswers(**PEERS.model_dump()),
    }
    return ProposeGoal(**(told | more))


def agrees(by: UUID) -> GoalAgreed:
    return GoalAgreed(cycle_id=CYCLE, partnership_id=PARTNERSHIP, by=by)


def goal_set(proposal: GoalProposed, base: str, *owners: UUID) -> GoalSet:
    owner_ids = owners or (TESS,)
    return GoalSet(
        cycle_id=CYCLE,
        partnership_id=PARTNERSHIP,
        coach_id=CORA,
        owner_ids=owner_ids,
        goal_version=1,
        statement_ref=proposal.statement_ref,
        metric=proposal.metric,
        target=proposal.target,
        tolerance=proposal.tolerance,
        due_on=proposal.due_on,
        required_consecutive=proposal.required_consecutive,
        baseline=base,
        agreed_by=(CORA, *owner_ids),
    )


def measured(percent: int, day: int = 20, **more: Any) -> ProgressMeasured:
    reading = measurement(percent, on_day(day), **more)
    return ProgressMeasured(cycle_id=CYCLE, partnership_id=PARTNERSHIP, measurement=reading)


def underway(
    *percents: int, base: int = 40, target: str | None = "4/5", first_day: int = 10, **more: Any
) -> tuple[Event, ...]:
    """A goal that Cora and Tess set, with a baseline on 1 February and a measurement a day from the 10th."""
    proposal = proposed(target, **more)
    return (
        drafted(),
        baseline(base),
        proposal,
        agrees(CORA),
        agrees(TESS),
        goal_set(proposal, str(Fraction(base, 100))),
        *(measured(percent, first_day + n) for n, percent in enumerate(percents)),
    )


def recharted(version: int = 2, at: datetime = NOW, **after: Any) -> GoalRecharted:
    """From the terms that `underway` has to others."""
    before = GoalTerms(target="4/5", due_on=date(2026, 4, 1), required_consecutive=2)
    return GoalRecharted(
        cycle_id=CYCLE,
        partnership_id=PARTNERSHIP,
        by=CORA,
        goal_version=version,
        recharted_at=at,
        before=before,
        after=before.model_copy(update=after),
        reason_code="too_easy",
    )


def trend_changed(
    was: Trend, trend: Trend, *, version: int = 1, best: UUID | None = None
) -> GoalTrendChanged:
    return GoalTrendChanged(
        cycle_id=CYCLE, partnership_id=PARTNERSHIP, goal_version=version, was=was, trend=trend, best_id=best
    )
