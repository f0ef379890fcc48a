"""Visits of a cycle: seen, counted, talked about with feedback both ways; and now and then corrected or voided."""

from collections.abc import Iterator
from typing import Any

from chalkline.year_models import EVIDENCE, FEEDBACK, TO_COACH
from chalkline.year_steps import At, Partner, Ref, Step
from chalkline.year_telling import Telling

FRIDAY_MORNING = 8 * 60


def visit(told: Telling, week: int, value: int | None, progress: tuple[str, ...]) -> Iterator[Step]:
    """One of a week, agreed on the week before or not; `value`: what was counted for the goal, if anything was."""
    name, day = _name(told, week), told.random.randint(0, 4)
    begins, minute = At(week, day, FRIDAY_MORNING + told.random.randint(0, 60)), 9 * 60 + 20
    body: dict[str, Any] = {
        "cycle_id": Ref(told.cycle), "goal_ids": [Ref(told.goal)], "started_at": begins,
        "duration_s": 60 * told.one_of((20, 30, 45)), "mode": told.one_of(("live", "live", "video")),
        "measurements": [] if value is None else [told.metric.taken(value, At(week, day, minute))],
        "evidence": told.one_of(EVIDENCE), "chosen_by": told.one_of(("teacher", "joint")),
    }  # fmt: skip
    if scheduled := told.chance(0.25):
        plan = {**told.within, "scheduled_at": begins}
        yield _step(week - 1, "coach", "ScheduleObservation", name, plan, "ObservationScheduled", begins=True)
    else:
        body["partnership_id"] = Ref("partnership")
    yield _step(
        week, "coach", "RecordObservation", name, body, "ObservationRecorded", *progress, begins=not scheduled
    )
    if told.chance(0.75):
        said = {"feedback": told.one_of(FEEDBACK)}
        yield _step(week, "coach", "ShareFeedback", name, said, "FeedbackShared")
        if told.chance(0.8):
            yield _step(week, "teacher", "AcknowledgeFeedback", name, {}, "FeedbackAcknowledged")
        if told.chance(0.12):
            said = {"feedback": told.one_of(TO_COACH)}
            yield _step(week, "teacher", "GiveCoachFeedback", name, said, "CoachFeedbackGiven")


def second_thoughts(told: Telling, week: int, value: int) -> Iterator[Step]:
    """A week later: the coach counted wrong, or was in the wrong class. Below the target either way."""
    if told.chance(0.35):
        yield _step(week + 1, "coach", "VoidObservation", _name(told, week), {"reason_code": "wrong_class"},
                    "ObservationVoided", "ProgressRetracted")  # fmt: skip
        return
    yield miscounted(told, week, value - 1, "ProgressRetracted", "ProgressMeasured")


def miscounted(told: Telling, week: int, value: int, *gives: str) -> Step:
    """What was counted on the visit of a week is put right a week later."""
    again = told.metric.taken(max(0, value), At(week, 0, 9 * 60))
    body = {"measurements": [again], "reason_code": "miscounted"}
    return _step(
        week + 1, "coach", "CorrectObservation", _name(told, week), body, "ObservationCorrected", *gives
    )


def _name(told: Telling, week: int) -> str:
    return f"visit {told.number}.{week}"


def _step(
    week: int, by: Partner, command: str, of: str, body: dict[str, Any], *gives: str, begins: bool = False
) -> Step:
    return Step(week, by, "Observation", command, of, begins=begins, body=body, gives=gives)
