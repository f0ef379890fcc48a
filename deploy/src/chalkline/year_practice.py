"""What accompanies a cycle beside visits: action steps, other coaching time, reflections, and who else is in it."""

from collections.abc import Iterator
from random import Random
from typing import Any, Final

from chalkline.year_models import ADAPTED, DECLINED, INITIATIVES, REFLECTIONS, STRATEGIES, initiative
from chalkline.year_steps import SCHOOL_WEEKS, At, On, Partner, Ref, Step, Who
from chalkline.year_telling import Telling

RESPONSES: Final = {"accepted": 60, "adapted": 28, "declined": 12}
TIMES: Final = (("model", 0.3), ("coteach", 0.25), ("debrief", 0.2), ("data_review", 0.3))
"""Kinds of coaching time, and how likely a cycle has one of them."""


def practice(told: Telling, begin: int, last: int) -> Iterator[Step]:
    """From the week a goal was set in to the last of its cycle."""
    yield from _held(told, begin, "plan")
    for kind, likely in TIMES:
        if begin < last and told.chance(likely):
            yield from _held(told, told.random.randint(begin + 1, last), kind)
    for number in range(told.model.steps):
        if (week := begin + 1 + 2 * number) < last and told.chance(0.7):
            yield from _action_step(told, f"step {told.number}.{number}", week, last)
    reflecting: dict[Partner, float] = {"teacher": 0.3, "coach": 0.12}
    for who, likely in reflecting.items():
        if told.chance(likely):
            yield from _reflected(told, who, told.random.randint(begin, last))


def beside(told: Telling, begin: int, ended: int) -> Iterator[Step]:
    """Who joins the cycle and leaves it, the initiative its goal serves, and whether what was reached still holds."""
    if told.grouped:
        colleague = {"teacher_id": Who("colleague")}
        yield told.of_cycle(told.first, "JoinCycle", colleague, "CycleMemberJoined", by="colleague")
        if told.chance(0.5):
            week = told.random.randint(begin, ended - 1)
            yield told.of_cycle(
                week, "LeaveCycle", colleague, "CycleMemberLeft", by=told.one_of(("coach", "colleague"))
            )
    if told.metric.focus in INITIATIVES and told.chance(0.35):
        body = {"goal_id": Ref(told.goal)}
        yield Step(begin, told.either(), "Initiative", "LinkGoalToInitiative", initiative(told.metric.focus), body=body,
                   gives=("GoalLinkedToInitiative",))  # fmt: skip
    for week, likely in ((ended + 4, 0.75), (ended + 12, 0.6)):
        if week < SCHOOL_WEEKS and told.chance(likely):
            found = {"outcome": "sustained" if told.chance(0.8) else "lapsed"}
            yield told.of_cycle(week, "RecordFollowUp", found, "FollowUpRecorded", by=told.either())


def _action_step(told: Telling, name: str, week: int, last: int) -> Iterator[Step]:
    """Offered, answered, and practised until it is used, as far as the cycle's weeks go."""
    strategy = told.one_of(STRATEGIES)

    def step(week: int, by: Partner, command: str, body: dict[str, Any], gives: str) -> Step:
        return Step(week, by, "ActionStep", command, name, begins=command == "OfferActionStep", body=body,
                    gives=(gives,))  # fmt: skip

    offered = {
        "cycle_id": Ref(told.cycle), "teacher_id": Who("teacher"), "goal_id": Ref(told.goal),
        "strategy_code": strategy.code, "checklist": strategy.checklist, "check_back_on": On(week + 2),
    }  # fmt: skip
    yield step(week, "coach", "OfferActionStep", offered, "ActionStepOffered")
    answer = told.random.choices(list(RESPONSES), list(RESPONSES.values()))[0]
    notes = {"adapted": {"note": told.one_of(ADAPTED)}, "declined": {"note": told.one_of(DECLINED)}}
    responded = {"response": answer, **notes.get(answer, {})}
    yield step(week, "teacher", "RespondToActionStep", responded, "ActionStepResponded")
    if answer == "declined":
        return
    way = ["PractiseActionStep"] * told.random.randint(1, 2) + ["UseActionStep", "MasterActionStep"]
    gives = {"PractiseActionStep": "ActionStepPractised", "UseActionStep": "ActionStepInUse"}
    for times, (at, command) in enumerate(zip(range(week + 1, last + 1), way, strict=False)):
        measured = {"measurement": strategy.held_against(told.random, times, told.during(at))}
        body = measured if told.chance(0.6) else {}
        yield step(at, told.either(), command, body, gives.get(command, "ActionStepMastered"))


def _held(told: Telling, week: int, kind: str) -> Iterator[Step]:
    """Coaching time of a week; planned the week before or not, and of what was planned some is missed."""
    name = f"{kind} {told.number}.{week}"
    at, minutes = told.during(week), told.one_of((20, 30, 40, 45))
    said = {**told.within, "type": kind, "minutes": minutes}
    if planned := told.chance(0.3) and week > told.first:
        plan = {**said, "scheduled_at": at}
        yield _activity(week - 1, "coach", "PlanActivity", name, plan, "ActivityPlanned", begins=True)
        if told.chance(0.2):
            missed = {"reason_code": told.one_of(("teacher_absent", "assembly", "coach_called_away"))}
            yield _activity(week, told.either(), "MissActivity", name, missed, "ActivityMissed")
            return
    body = {"started_at": at} if planned else {**said, "started_at": at}
    yield _activity(week, "coach", "HoldActivity", name, body, "ActivityHeld", begins=not planned)


def own_time(random: Random) -> Iterator[Step]:
    """A coach's time that is no partnership's: training for many, and administration."""
    for week in range(random.randint(0, 2), SCHOOL_WEEKS, 3):
        kind = "pd" if random.random() < 0.4 else "admin"
        body: dict[str, Any] = {"type": kind, "started_at": At(week, 3, 14 * 60), "minutes": 60}
        if kind == "pd":
            body |= {"minutes": random.choice((60, 90)), "participants_n": random.randint(8, 30)}
        yield _activity(week, "coach", "HoldActivity", f"own {week}", body, "ActivityHeld", begins=True)


def _reflected(told: Telling, who: Partner, week: int) -> Iterator[Step]:
    """For themselves; shared with the pair, or not."""
    name = f"reflection {told.number}.{who}"
    body = {**told.within, "reflection": told.one_of(REFLECTIONS)}
    yield Step(
        week,
        who,
        "Reflection",
        "RecordReflection",
        name,
        begins=True,
        body=body,
        gives=("ReflectionRecorded",),
    )
    if told.chance(0.4):
        yield Step(week, who, "Reflection", "ShareReflection", name, gives=("ReflectionShared",))


def _activity(
    week: int, by: Partner, command: str, of: str, body: dict[str, Any], *gives: str, begins: bool = False
) -> Step:
    return Step(week, by, "Activity", command, of, begins=begins, body=body, gives=gives)
