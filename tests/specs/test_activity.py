"""What may be decided about coaching time, and by whom."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from backbone.deciding import Actor, FactsBehind, Forbidden, Look, Unseen
from chalkline_contracts.observations import ActivityHeld, ActivityMissed, ActivityPlanned
from kit.spec import NOW, Spec
from observations.access import authorise_activity
from observations.activity import ActivityFacts, HoldActivity, MissActivity, PlanActivity, Unset
from observations.aggregates import ACTIVITY
from observations.gathering import gather_activity
from observations.pair import Cycle, Partnership
from observations.refusals import (
    ActivityAlreadyHeld,
    ActivityAlreadyMissed,
    ActivityAlreadyPlanned,
    ActivityNotFound,
    ActivityUntold,
    AuthorMissing,
    CycleNotInPartnership,
    MinutesOutOfRange,
    NotYetHappened,
    ParticipantsTooFew,
    PartnershipDiffers,
    PartnershipMissing,
    PartnershipNotAgreed,
    PhaseUnknown,
    ScheduledInThePast,
    TeacherNotInPartnership,
)
from observations.views import view_activity
from pydantic import ValidationError

TENANT, COACH, TINA, TOM, STRANGER = (UUID(int=n) for n in range(1, 6))
PAIR, CYCLE, COMMAND, ACTIVE = (UUID(int=n) for n in range(11, 15))
AGREED = Partnership(COACH, (TINA, TOM), "agreed")
MORNING, TOMORROW = NOW - timedelta(hours=3), NOW + timedelta(days=1)


def acting(person: UUID) -> Actor:
    return Actor("person", str(person), TENANT)


IMPACT = Cycle(PAIR, ("identify", "learn", "improve"))
FACTS = ActivityFacts(
    by=acting(COACH), command_id=COMMAND, aggregate_id=ACTIVE, partnership=AGREED, cycle=IMPACT
)
spec = Spec(ACTIVITY, FACTS)
alone = spec.knowing(partnership=None, cycle=None, belongs=True, is_coach=True)


def plan(**more: Any) -> PlanActivity:
    told: dict[str, Any] = {"type": "model", "scheduled_at": TOMORROW, "minutes": 45, "partnership_id": PAIR,
                            "teacher_ids": (TINA,), "cycle_id": CYCLE, "phase": "learn"}  # fmt: skip
    return PlanActivity(**(told | more))


def hold(**more: Any) -> HoldActivity:
    told: dict[str, Any] = {"type": "model", "started_at": MORNING, "minutes": 45, "partnership_id": PAIR,
                            "teacher_ids": (TINA,), "cycle_id": CYCLE, "phase": "learn"}  # fmt: skip
    return HoldActivity(**(told | more))


WHOSE: dict[str, Any] = {"coach_id": COACH, "partnership_id": PAIR, "teacher_ids": (TINA,), "cycle_id": CYCLE}
planned = ActivityPlanned(
    **WHOSE, type="model", scheduled_at=TOMORROW, minutes=45, phase="learn", planned_by=COACH
)
missed = ActivityMissed(**WHOSE, type="model", reason_code="ill", recorded_by=COACH)


def held(**more: Any) -> ActivityHeld:
    told: dict[str, Any] = {**WHOSE, "type": "model", "started_at": MORNING, "minutes": 45, "participants_n": 1,
                            "phase": "learn", "recorded_by": COACH}  # fmt: skip
    return ActivityHeld(**(told | more))


# Planning, holding, missing --------------------------------------------------------------------------


def test_time_is_planned_for_later_once() -> None:
    spec.when(plan()).then(planned)
    spec.when(plan(scheduled_at=NOW)).refused(ScheduledInThePast)
    spec.given(planned).when(plan()).refused(ActivityAlreadyPlanned)
    spec.given(held()).when(plan()).refused(ActivityAlreadyPlanned)


def test_what_was_not_planned_is_held_all_the_same() -> None:
    spec.when(hold()).then(held())
    for untold in (hold(type=None), hold(minutes=None)):
        spec.when(untold).refused(ActivityUntold)


def test_what_was_planned_need_not_be_said_again() -> None:
    brief = HoldActivity(started_at=MORNING)
    spec.given(planned).when(brief).then(held())
    other = hold(type="coteach", minutes=30, teacher_ids=(TOM,), phase="improve")
    spec.given(planned).when(other).then(
        held(type="coteach", minutes=30, teacher_ids=(TOM,), phase="improve")
    )
    spec.given(planned).when(hold(partnership_id=UUID(int=99))).refused(PartnershipDiffers)


def test_time_in_a_cycle_is_time_in_a_cycle_of_the_partnership() -> None:
    of_none = HoldActivity(type="pd", minutes=30, started_at=MORNING, cycle_id=CYCLE)
    for unknown in (None, replace(IMPACT, partnership_id=UUID(int=99))):
        elsewhere = spec.knowing(cycle=unknown)
        for wish in (hold(), plan(), of_none):
            elsewhere.when(wish).refused(CycleNotInPartnership)
        elsewhere.given(planned).when(hold()).refused(CycleNotInPartnership)
        elsewhere.given(planned).when(HoldActivity(started_at=MORNING)).then(held())
    spec.when(of_none).refused(CycleNotInPartnership)


def test_a_phase_is_one_of_the_cycle() -> None:
    for wish in (hold(phase="nosuch"), plan(phase="nosuch")):
        spec.when(wish).refused(PhaseUnknown)
    for wish in (hold(cycle_id=None), plan(cycle_id=None)):
        spec.knowing(cycle=None).when(wish).refused(PhaseUnknown)
    spec.when(hold(phase=None)).then(held(phase=None))
    later = HoldActivity(started_at=MORNING, phase="improve")
    spec.given(planned).when(later).then(held(phase="improve"))
    spec.given(planned).when(later.model_copy(update={"phase": "nosuch"})).refused(PhaseUnknown)
    # Another cycle, whose phases are others: the one it was planned for has to be said anew.
    weekly = spec.knowing(cycle=replace(IMPACT, phases=("practise",))).given(planned)
    weekly.when(hold(phase=None)).refused(PhaseUnknown)
    weekly.when(hold(phase="practise")).then(held(phase="practise"))


def test_it_happened_when_it_began_and_not_in_the_future() -> None:
    assert held().happened_at == MORNING
    ended_now = NOW - timedelta(minutes=30)
    spec.when(hold(started_at=ended_now, minutes=30)).then_types(ActivityHeld)
    spec.when(hold(started_at=ended_now + timedelta(microseconds=1), minutes=30)).refused(NotYetHappened)
    spec.when(hold(started_at=NOW + timedelta(microseconds=1))).refused(NotYetHappened)


@pytest.mark.parametrize("minutes", [1, 480])
def test_it_takes_one_to_480_minutes(minutes: int) -> None:
    spec.when(hold(started_at=NOW - timedelta(minutes=minutes), minutes=minutes)).then_types(ActivityHeld)
    spec.when(plan(minutes=minutes)).then_types(ActivityPlanned)


@pytest.mark.parametrize("minutes", [-5, 0, 481, 10**30])
def test_it_takes_no_less_and_no_more(minutes: int) -> None:
    spec.when(hold(minutes=minutes)).refused(MinutesOutOfRange)
    spec.when(plan(minutes=minutes)).refused(MinutesOutOfRange)
    spec.given(planned).when(HoldActivity(started_at=MORNING, minutes=minutes)).refused(MinutesOutOfRange)


def test_it_ends_once_held_or_missed() -> None:
    spec.given(planned).when(MissActivity(reason_code="ill")).then(missed)
    for wish in (HoldActivity(started_at=MORNING), MissActivity()):
        spec.given(held()).when(wish).refused(ActivityAlreadyHeld)
        spec.given(planned, missed).when(wish).refused(ActivityAlreadyMissed)
    spec.when(MissActivity()).refused(ActivityNotFound)


def test_teachers_are_the_partnerships_and_all_of_them_unless_named() -> None:
    spec.when(hold(teacher_ids=())).then(held(teacher_ids=(TINA, TOM), participants_n=2))
    spec.when(hold(teacher_ids=(TINA, TINA))).then(held())
    for wish in (hold(teacher_ids=(STRANGER,)), plan(teacher_ids=(COACH,))):
        spec.when(wish).refused(TeacherNotInPartnership)


def test_more_may_take_part_than_are_named_and_never_fewer() -> None:
    spec.when(hold(participants_n=12)).then(held(participants_n=12))
    spec.when(hold(teacher_ids=(), participants_n=1)).refused(ParticipantsTooFew)
    with pytest.raises(ValidationError):
        hold(participants_n=-1)


@pytest.mark.parametrize("status", ["proposed", "suspended", "handed_over", "ended"])
def test_only_an_agreed_partnership_spends_coaching_time(status: str) -> None:
    waiting = spec.knowing(partnership=replace(AGREED, status=status))
    waiting.when(plan()).refused(PartnershipNotAgreed)
    waiting.when(hold()).refused(PartnershipNotAgreed)
    waiting.given(planned).when(HoldActivity(started_at=MORNING)).refused(PartnershipNotAgreed)


def test_what_was_planned_with_a_former_coach_is_held_by_the_coach_as_it_is_now() -> None:
    now = spec.knowing(partnership=replace(AGREED, coach_id=STRANGER), by=acting(STRANGER))
    now.given(planned).when(HoldActivity(started_at=MORNING)).then(
        held(coach_id=STRANGER, recorded_by=STRANGER)
    )


def test_the_teacher_plans_and_holds_as_well_as_the_coach() -> None:
    by_tina = spec.knowing(by=acting(TINA))
    by_tina.when(hold()).then(held(recorded_by=TINA))
    by_tina.when(plan()).then(planned.model_copy(update={"planned_by": TINA}))


# Time that is no partnership's -----------------------------------------------------------------------


def test_training_and_administration_need_no_partnership() -> None:
    of_none = {"partnership_id": None, "teacher_ids": (), "cycle_id": None, "phase": None}
    for kind in ("pd", "admin"):
        alone.when(hold(type=kind, participants_n=30, **of_none)).then(
            held(type=kind, participants_n=30, **of_none)
        )
        alone.when(plan(type=kind, **of_none)).then_types(ActivityPlanned)
    for kind in ("plan", "model", "coteach", "debrief", "data_review"):
        alone.when(hold(type=kind, **of_none)).refused(PartnershipMissing)
    alone.when(hold(type="pd", **(of_none | {"teacher_ids": (TINA,)}))).refused(TeacherNotInPartnership)
    begun = alone.when(plan(type="admin", **of_none)).then_types(ActivityPlanned)
    begun.when(hold(type="admin")).refused(PartnershipDiffers)
    begun.when(HoldActivity(started_at=MORNING, type="model")).refused(PartnershipMissing)


def test_somebody_holds_it() -> None:
    system = alone.knowing(by=Actor("system", "policy", TENANT))
    system.when(hold(type="admin", partnership_id=None, teacher_ids=())).refused(AuthorMissing)


# Who may ---------------------------------------------------------------------------------------------

HELD = spec.given(held()).state
MISSED = spec.given(planned, missed).state
OF_NONE = HoldActivity(type="pd", started_at=MORNING, minutes=60)
TRAINING = alone.when(OF_NONE).then_types(ActivityHeld).state


def asked_by(person: UUID, **more: Any) -> ActivityFacts:
    return replace(FACTS, by=acting(person), **more)


@pytest.mark.parametrize("person", [COACH, TINA, TOM])
def test_everyone_of_the_partnership_may_plan_and_hold(person: UUID) -> None:
    authorise_activity(Unset(), plan(), asked_by(person))
    authorise_activity(Unset(), hold(), asked_by(person))


def test_only_a_coach_spends_time_that_is_no_partnerships() -> None:
    authorise_activity(Unset(), OF_NONE, asked_by(COACH, partnership=None, belongs=True, is_coach=True))
    with pytest.raises(Forbidden):
        authorise_activity(Unset(), OF_NONE, asked_by(TINA, partnership=None, belongs=True))
    with pytest.raises(Unseen):
        authorise_activity(Unset(), OF_NONE, asked_by(STRANGER, partnership=None))
    with pytest.raises(FactsBehind):
        authorise_activity(
            Unset(), OF_NONE, asked_by(COACH, partnership=None, belongs=True, is_coach=True, level=False)
        )


def test_for_anyone_else_there_is_no_such_activity() -> None:
    for state, wish in ((Unset(), hold()), (HELD, Look()), (TRAINING, Look())):
        for who in (asked_by(STRANGER), replace(FACTS, by=Actor("operator", "it", TENANT))):
            with pytest.raises(Unseen):
                authorise_activity(state, wish, who)
    with pytest.raises(Unseen):
        authorise_activity(Unset(), MissActivity(), FACTS)
    with pytest.raises(Unseen):
        authorise_activity(HELD, Look(), asked_by(TOM))
    with pytest.raises(Unseen):
        authorise_activity(TRAINING, Look(), asked_by(TINA, partnership=None))


def test_who_oversees_looks_at_what_took_place_and_does_nothing_about_it() -> None:
    leader = asked_by(STRANGER, oversees=True)
    for state in (HELD, TRAINING, spec.given(planned).state):
        authorise_activity(state, Look(), leader)
        with pytest.raises(Forbidden):
            authorise_activity(state, MissActivity(), leader)
    with pytest.raises(FactsBehind):
        authorise_activity(HELD, Look(), replace(leader, level=False))
    with pytest.raises(Unseen):
        authorise_activity(MISSED, Look(), leader)
    authorise_activity(MISSED, Look(), asked_by(TINA))


def test_a_former_coach_sees_none_and_the_teacher_keeps_them() -> None:
    for partnership in (replace(AGREED, status="suspended"), replace(AGREED, coach_id=STRANGER), None):
        with pytest.raises(Unseen):
            authorise_activity(HELD, Look(), asked_by(COACH, partnership=partnership))
        authorise_activity(HELD, Look(), asked_by(TINA, partnership=partnership, level=False))
    authorise_activity(HELD, Look(), asked_by(STRANGER, partnership=replace(AGREED, coach_id=STRANGER)))
    authorise_activity(TRAINING, Look(), asked_by(COACH, partnership=None, level=False))


def test_while_we_cannot_be_sure_of_others_nobody_acts_for_a_pair() -> None:
    for state, wish, who in (
        (HELD, Look(), COACH), (Unset(), hold(), TINA), (spec.given(planned).state, hold(), TINA),
    ):  # fmt: skip
        with pytest.raises(FactsBehind):
            authorise_activity(state, wish, asked_by(who, level=False))


@pytest.mark.parametrize("past", [(planned,), (held(),), (planned, missed)])
def test_every_state_shows_whose_it_is_and_how_long(past: tuple[Any, ...]) -> None:
    state = spec.given(*past).state
    seen = view_activity(state, FACTS)
    assert seen["status"] == type(state).__name__.lower()
    assert (seen["type"], seen["minutes"], seen["phase"], seen["teacher_ids"]) == (
        "model",
        45,
        "learn",
        (TINA,),
    )


class House:
    """What gathering may ask: the partnership and people as goals and directory told of them."""

    def __init__(self, by: UUID, *roles: str) -> None:
        self.by, self.command_id, self.tenant = acting(by), COMMAND, TENANT
        self.aggregate_id, self.level = ACTIVE, True
        self.rows: dict[tuple[str, UUID], Any] = {
            ("partnership", PAIR): {"coach_id": COACH, "teacher_ids": [TINA, TOM], "status": "agreed"},
            ("person", by): {"roles": list(roles), "active": True},
        }

    async def fact(self, query: str, key: UUID) -> Any:
        return self.rows.get((query, key))


async def test_whether_somebody_coaches_is_asked_only_of_time_that_is_nobodys() -> None:
    found = await gather_activity(House(COACH, "coach"), Unset(), OF_NONE)  # type: ignore[arg-type]
    assert (found.belongs, found.is_coach, found.partnership, found.oversees) == (True, True, None, False)
    found = await gather_activity(House(TINA, "teacher"), Unset(), OF_NONE)  # type: ignore[arg-type]
    assert (found.belongs, found.is_coach) == (True, False)
    found = await gather_activity(House(COACH, "coach"), Unset(), hold())  # type: ignore[arg-type]
    assert (found.partnership, found.is_coach) == (AGREED, False)
    found = await gather_activity(House(COACH), HELD, MissActivity())  # type: ignore[arg-type]
    assert found.partnership == AGREED


async def test_the_cycle_is_the_one_that_is_named_or_else_that_of_the_phase() -> None:
    house, other = House(COACH), UUID(int=99)
    house.rows |= {
        ("cycle", CYCLE): {"partnership_id": PAIR, "phases": list(IMPACT.phases)},
        ("cycle", other): {"partnership_id": other, "phases": []},
    }
    known = spec.given(planned).state
    for state, wish, cycle in (
        (Unset(), hold(), IMPACT),
        (Unset(), hold(cycle_id=None), None),
        (Unset(), hold(cycle_id=other), Cycle(other, ())),
        (Unset(), hold(cycle_id=UUID(int=98)), None),
        (known, HoldActivity(started_at=MORNING), None),
        (known, hold(cycle_id=None), IMPACT),
        (known, hold(cycle_id=other), Cycle(other, ())),
    ):
        assert (await gather_activity(house, state, wish)).cycle == cycle  # type: ignore[arg-type]
