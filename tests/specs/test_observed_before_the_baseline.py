"""What was observed for a goal before its baseline counts once the baseline is there, however they come."""

import random
from collections.abc import AsyncIterator, Callable, Iterator
from functools import reduce
from itertools import pairwise
from typing import Any, cast
from uuid import UUID, uuid4

import pytest
from backbone.deciding import Command, Reaction
from backbone.recorded import Recorded
from chalkline_contracts.event import Event
from chalkline_contracts.goals import ProgressMeasured, ProgressRetracted
from chalkline_contracts.measurement import Measurement
from chalkline_contracts.observations import ObservationCorrected, ObservationRecorded, ObservationVoided
from goals import policies
from goals.aggregates import GOAL as AGGREGATE
from goals.goal import AgreeGoal, CountMeasurement, CountObserved, RecordBaseline, RetractMeasurement
from goals.refusals import MetricDiffers
from hypothesis import given, settings
from hypothesis import strategies as st
from kit.coaching import (
    CORA,
    GOAL,
    OBSERVATION,
    PARTNERSHIP,
    TESS,
    agrees,
    baseline,
    drafted,
    facts,
    measured,
    measurement,
    on_day,
    policy,
    proposed,
    taken,
)
from kit.spec import NOW, Spec
from kit.telling import Telling

SPEC = Spec(AGGREGATE, facts(policy()))


def counting(told: Measurement) -> CountMeasurement:
    return CountMeasurement(measurement=told, observation_id=OBSERVATION, partnership_id=PARTNERSHIP)


def progress(told: Measurement) -> ProgressMeasured:
    return measured(0).model_copy(update={"measurement": told, "observation_id": OBSERVATION})


def test_without_a_baseline_nothing_is_counted_and_with_it_everything() -> None:
    """In the order in which observations told it; what is of another metric takes no part."""
    early, late, other = (
        measurement(50, on_day(3)), measurement(60, on_day(5)), measurement(9, on_day(4), code="talk"),
    )  # fmt: skip
    everything = CountObserved(standing=tuple(counting(each) for each in (late, early, other)))
    SPEC.given(drafted()).when(everything).then()
    spec = SPEC.given(drafted(), baseline(40)).when(everything).then(progress(late), progress(early))
    spec.when(everything).then()


def test_what_was_taken_back_meanwhile_is_retracted_once() -> None:
    mistaken = measurement(50, on_day(3))
    gone = RetractMeasurement(measurement_id=mistaken.measurement_id, cause="observation_voided")
    everything = CountObserved(standing=(), gone=(gone,))
    SPEC.given(drafted(), baseline(40)).when(everything).then()
    spec = SPEC.given(drafted(), baseline(40)).when(counting(mistaken)).then(progress(mistaken))
    spec = spec.when(everything).then_types(ProgressRetracted)
    spec.when(CountObserved(standing=(counting(mistaken),))).then()


def test_a_new_baseline_is_of_the_metric_of_what_is_left_on_the_chart() -> None:
    told, base = measurement(50, on_day(3)), baseline(40)
    gone = RetractMeasurement(measurement_id=base.measurements[0].measurement_id, cause="mistaken")
    spec = Spec(AGGREGATE, facts(CORA)).given(drafted(), base).when(gone).then_types(ProgressRetracted)
    other = RecordBaseline(measurements=(taken(1, on_day(2), code="talk"),))
    assert len(spec.when(other)._decide()) == 1
    spec.given(progress(told)).when(other).refused(MetricDiffers)


# However they interleave -----------------------------------------------------------------------------


class Classroom:
    """A goal, what is projected of what observers tell, and everybody at work on it a step at a time."""

    def __init__(self) -> None:
        self.goal: Any = AGGREGATE.initial
        self.table: dict[UUID, tuple[CountMeasurement | None, str]] = {}
        self.lived: list[Event] = []
        self._telling = Telling()
        self.tell(drafted())

    def tell(self, event: Event) -> Recorded[Any]:
        self.goal = AGGREGATE.evolve(self.goal, event)
        self.lived.append(event)
        return self._telling.tell(GOAL, event)

    def decide(self, command: Command, by: Any) -> None:
        for event in AGGREGATE.decide(self.goal, command, facts(by), now=NOW):
            self.tell(event)

    async def look(self, query: str, key: UUID) -> Any:
        assert (query, key) == ("observed_for_goal", GOAL)
        return self.table or None

    # Whoever works here: a step between two yields, and anything may happen in between.

    def setting(self) -> Iterator[None]:
        """The pair measures where they start, and sets a goal; a policy follows the baseline."""
        yield
        following = self.following(self.tell(baseline(40)), policies.when_baseline_recorded)
        yield
        self.tell(proposed("1/2"))
        yield from following
        self.tell(agrees(CORA))
        yield
        self.decide(AgreeGoal(), TESS)

    def observing(self, *events: Event) -> Iterator[None]:
        """What becomes of one visit is projected in order, and each policy reacts when it is."""
        own = uuid4()
        for event in events:
            recorded = self._telling.tell(own, event)
            yield
            self.project(recorded)
            yield
            yield from self.following(recorded, policies.when_observed)

    def following(
        self, recorded: Recorded[Any], react: Callable[..., AsyncIterator[Reaction]]
    ) -> Iterator[None]:
        reactions = react(recorded, self.look)
        while (reaction := at_once(reactions)) is not None:
            yield  # it has looked, and its command is still to come
            self.decide(reaction.command, policy())
            yield

    def project(self, recorded: Recorded[Any]) -> None:
        """What `observed.project` does with rows."""
        event = recorded.event
        gone = getattr(event, "replaced_measurement_ids", ()) or getattr(event, "measurement_ids", ())
        for measurement_id in gone:
            self.table[measurement_id] = None, "taken_back"
        for each in getattr(event, "measurements", ()):
            self.table[each.measurement_id] = counting(each), ""


def everything(table: dict[UUID, tuple[CountMeasurement | None, str]]) -> CountObserved:
    """What `observed.everything` makes of a row."""
    return CountObserved(
        standing=tuple(count for count, _ in table.values() if count),
        gone=tuple(
            RetractMeasurement(measurement_id=own, cause=why)
            for own, (count, why) in table.items()
            if not count
        ),
    )


def at_once(reactions: AsyncIterator[Reaction]) -> Reaction | None:
    """The next reaction of a policy whose looks do not wait; None at its end."""
    try:
        cast(Any, reactions.__anext__()).send(None)
    except StopIteration as done:
        return cast(Reaction, done.value)
    except StopAsyncIteration:
        return None
    raise AssertionError("it waits")


def test_what_becomes_of_an_observation_is_one_policys() -> None:
    """So that where its record has to wait, being parked, what takes it back waits behind it."""
    told = {ObservationRecorded, ObservationCorrected, ObservationVoided}
    assert [set(one.handles) for one in policies.POLICIES if told.intersection(one.handles)] == [told]


WHOSE: dict[str, Any] = {
    "partnership_id": PARTNERSHIP,
    "coach_id": CORA,
    "teacher_ids": (TESS,),
    "goal_ids": (GOAL,),
}


def visit(day: int, percents: list[int], *, voided: bool) -> tuple[list[Event], list[UUID]]:
    """One that told the first of these, was corrected to each of the others, and perhaps voided; what stands."""
    told = [measurement(percent, on_day(day)) for percent in percents]
    moment = {"started_at": on_day(day), "duration_s": 600}
    recorded = ObservationRecorded(
        **WHOSE, **moment, mode="live", chosen_by="joint", recorded_by=CORA, measurements=(told[0],)
    )
    events: list[Event] = [recorded]
    for before, after in pairwise(told):
        events.append(
            ObservationCorrected(
                **WHOSE, **moment, corrected_at=NOW, measurements=(after,), reason_code="miscounted",
                replaced_measurement_ids=(before.measurement_id,), corrected_by=CORA,
            )
        )  # fmt: skip
    if voided:
        events.append(
            ObservationVoided(
                **WHOSE, reason_code="wrong", measurement_ids=(told[-1].measurement_id,), voided_by=CORA
            )
        )
    return events, [] if voided else [told[-1].measurement_id]


def worked(rng: random.Random, visits: list[list[Event]]) -> Classroom:
    """All of it done, in one of all orders."""
    room = Classroom()
    at_work = [room.setting(), *(room.observing(*events) for events in visits)]
    pace = {worker: rng.random() ** 3 for worker in at_work}
    while at_work:
        worker = rng.choices(at_work, [pace[each] for each in at_work])[0]
        if next(worker, room) is room:
            at_work.remove(worker)
    return room


visits = st.lists(
    st.tuples(st.integers(2, 25), st.lists(st.integers(0, 100), min_size=1, max_size=3), st.booleans()),
    min_size=1,
    max_size=4,
    unique_by=lambda told: told[0],
)


def one_chart(told: list[tuple[int, list[int], bool]], orders: list[random.Random]) -> None:
    made = [visit(day, percents, voided=voided) for day, percents, voided in told]
    standing = {own for _, kept in made for own in kept}
    rooms = [worked(rng, [events for events, _ in made]) for rng in orders]
    for room in rooms:
        on_chart = [reading for reading in room.goal.chart.readings if not reading.is_baseline]
        assert {reading.measurement_id for reading in on_chart} == standing
        assert on_chart == sorted(on_chart, key=lambda reading: reading.instant)
        assert type(room.goal) is type(rooms[0].goal)
        assert room.goal == reduce(AGGREGATE.evolve, room.lived, AGGREGATE.initial)


@pytest.fixture(autouse=True)
def rows_as_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(policies, "everything", everything)


@settings(max_examples=200)
@given(told=visits, one=st.randoms(use_true_random=True), other=st.randoms(use_true_random=True))
def test_every_order_of_observing_taking_back_and_measuring_the_baseline_makes_one_chart(
    told: list[tuple[int, list[int], bool]], one: random.Random, other: random.Random
) -> None:
    one_chart(told, [one, other])


@pytest.mark.parametrize("broken", ["never", "once"])
def test_a_policy_that_looked_less_often_would_be_found(monkeypatch: pytest.MonkeyPatch, broken: str) -> None:
    whole = policies.when_baseline_recorded

    async def hasty(recorded: Recorded[Any], look: Any) -> AsyncIterator[Reaction]:
        async for reaction in whole(recorded, look):
            if broken == "never":
                return
            yield reaction
            return

    monkeypatch.setattr(policies, "when_baseline_recorded", hasty)

    def often() -> None:
        for n in range(1000):
            one_chart([(5, [50], True), (7, [60, 70], False)], [random.Random(n)])

    with pytest.raises(AssertionError):
        often()
