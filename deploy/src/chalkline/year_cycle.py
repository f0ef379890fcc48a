"""One cycle of a pair, from the week it starts to the one it ends in: what they aim at, and how it goes.

Most goals are achieved, some take too long, some are given up, and some cycles end early. Whatever is
decided comes from the random numbers it is given, so the same ones tell the same story.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any, Final, Literal

from chalkline.seeding import PEERS
from chalkline.year_steps import At, On, Partner, Ref, Step

Outcome = Literal["achieved", "too slow", "given up", "closed early"]
OUTCOMES: Final[dict[Outcome, int]] = {"achieved": 64, "too slow": 16, "given up": 11, "closed early": 9}
IN_A_ROW: Final = 2


@dataclass(frozen=True, slots=True)
class Model:
    """A model of coaching that every district has, as far as the story needs it."""

    template: str
    later_phases: tuple[str, ...]
    weeks: int
    visits: float
    """How likely a visit is in a week."""


@dataclass(frozen=True, slots=True)
class Metric:
    """What is counted, of how many, and where it should come to."""

    code: str
    kind: str
    focus: str
    whole: int
    target: int
    start: tuple[int, int]
    """Between which values a baseline lies."""
    decimals: bool = False
    by_teacher: bool = False
    """Measured from students' work, by the teacher; otherwise seen on a visit."""

    def taken(self, value: int, at: At) -> dict[str, Any]:
        """A measurement as it is sent."""
        told: dict[str, Any] = {
            "metric_code": self.code, "kind": self.kind, "direction": "increase", "occurred_at": at,
            "numerator": f"{value}.0" if self.decimals else value,
            "denominator": f"{self.whole}.0" if self.decimals else self.whole,
            "source": "student_work" if self.by_teacher else "observation",
        }  # fmt: skip
        return told if self.by_teacher else {**told, "instrument": f"{self.code.replace('_', '-')}@1"}


MODELS: Final = (
    Model("impact-cycle@1", ("learn", "improve"), weeks=6, visits=0.75),
    Model(
        "student-centered@1",
        ("learning_targets", "student_evidence", "co_teach", "reflect"),
        weeks=7,
        visits=0.9,
    ),
    Model("weekly-action-step@1", ("name_it", "do_it"), weeks=8, visits=0.92),
)
METRICS: Final = (
    Metric("on_task", "intervals_on_task", "student_engagement", 40, 32, (10, 19)),
    Metric("student_talk", "student_talk", "discourse", 1200, 720, (180, 420), decimals=True),
    Metric("exit_ticket", "students_proficient", "mathematics", 28, 21, (6, 13), by_teacher=True),
    Metric("reading_check", "students_proficient", "reading", 26, 20, (5, 12), by_teacher=True),
)
EVIDENCE: Final = (
    "The timer on the board helps; one table waits for materials.",
    "Students explain to each other before they ask.",
    "Three begin at once, the others follow within a minute.",
    "The second question was answered by five new voices.",
    "« On peut le dire autrement ? » asked a student, and they did.",
)
FEEDBACK: Final = (
    "Your start is crisp now. What would let the last table begin without you?",
    "They waited for your nod less than last week. What changed?",
    "The pause after your question was long enough to think in.",
    "Which of the two groupings gave more of them a turn?",
)


def cycle(random: Random, number: int, week: int) -> Iterator[Step]:
    """The steps of the pair's so manyeth cycle, which starts in this school week; in their order."""
    told = _Told(random, number, week)
    yield from told.start()
    yield from told.work()


class _Told:
    """A cycle being told: the choices made at its start, and what follows from them."""

    def __init__(self, random: Random, number: int, week: int) -> None:
        self.random, self.number, self.first = random, number, week
        self.model, self.metric = random.choice(MODELS), random.choice(METRICS)
        self.outcome = random.choices(list(OUTCOMES), list(OUTCOMES.values()))[0]
        self.set_in = week + random.choices((0, 1, 2), (6, 3, 1))[0]
        self.weeks = self.model.weeks if self.outcome != "closed early" else random.randint(2, 4)
        self.cycle, self.goal = f"cycle {number}", f"goal {number}"

    def start(self) -> Iterator[Step]:
        """The cycle, and the goal both agree to."""
        body = {
            "partnership_id": Ref("partnership"), "focus": self.metric.focus, "template": self.model.template,
            "planned_weeks": self.model.weeks,
        }  # fmt: skip
        yield self._step(self.first, "coach", "Cycle", "StartCycle", self.cycle, body, begins=True,
                         gives=("CycleStarted", "CyclePhaseEntered"))  # fmt: skip
        drafts, week = self._either(), self.set_in
        yield self._step(week, drafts, "Goal", "DraftGoal", self.goal, {"cycle_id": Ref(self.cycle)}, begins=True,
                         gives=("GoalDrafted",))  # fmt: skip
        low, high = self.metric.start
        where = [self.random.randint(low, high) for _ in range(self.random.randint(1, 3))]
        taken = [self.metric.taken(value, At(week, day, self._minute())) for day, value in enumerate(where)]
        yield self._goal(week, drafts, "RecordBaseline", {"measurements": taken}, ("BaselineRecorded",))
        proposal = {
            "statement": f"More of them, more often: {self.metric.code.replace('_', ' ')}.",
            "metric_code": self.metric.code, "target": f"{self.metric.target}/{self.metric.whole}",
            "due_on": On(self.first + self.model.weeks + 1), "required_consecutive": IN_A_ROW, "peers": PEERS,
        }  # fmt: skip
        yield self._goal(week, "coach", "ProposeGoal", proposal, ("GoalProposed",))
        yield self._goal(week, "coach", "AgreeGoal", {}, ("GoalAgreed",))
        yield self._goal(week, "teacher", "AgreeGoal", {}, ("GoalAgreed", "GoalSet"))

    def work(self) -> Iterator[Step]:
        """Week after week, until it ends one way or another."""
        phases, at_target, measured = list(self.model.later_phases), 0, 0
        value, last = self.metric.start[1], self.first + self.weeks
        for week in range(self.set_in + 1, last + 1):
            if phases and week >= self.first + 2 * (1 + len(self.model.later_phases) - len(phases)):
                entered = {"phase": phases.pop(0)}
                yield self._step(week, "coach", "Cycle", "EnterPhase", self.cycle, entered,
                                 gives=("CyclePhaseEntered",))  # fmt: skip
            visited = self.random.random() < self.model.visits
            if not (visited or self.metric.by_teacher):
                continue
            measured += 1
            value = self._next(value, measured, last - week)
            at_target = at_target + 1 if value >= self.metric.target else 0
            met = at_target == IN_A_ROW
            yield from self._week(week, value, visited=visited, met=met, plain=at_target > 0 or week == last)
            if met:
                yield self._goal(week + 1, "teacher", "ConfirmAchievement", {}, ("GoalAchieved",))
                yield self._ending(week + 1, "CompleteCycle", {}, "CycleCompleted")
                return
        yield from self._unmet(last + 1)

    def _next(self, value: int, measured: int, left: int) -> int:
        """What is measured next: on the way up, or not."""
        span = self.metric.target - self.metric.start[1]
        if self.outcome == "achieved":
            on_the_way = value + span * self.random.uniform(0.15, 0.5)
            return min(self.metric.whole, round(on_the_way)) if left > 1 else self.metric.target + 1
        drift = (
            self.random.uniform(-0.25, 0.3) if self.outcome == "given up" else self.random.uniform(-0.1, 0.2)
        )
        ceiling = self.metric.target - 1
        return max(self.metric.start[0], min(ceiling, round(value + span * drift + (measured == 1))))

    def _week(self, week: int, value: int, *, visited: bool, met: bool, plain: bool) -> Iterator[Step]:
        """A visit, or what the teacher counted in students' work, or both."""
        progress = ("ProgressMeasured", "GoalTargetMet") if met else ("ProgressMeasured",)
        if self.metric.by_teacher:
            taken = self.metric.taken(value, At(week, self.random.randint(0, 3), self._minute()))
            yield self._goal(week, "teacher", "RecordProgress", {"measurement": taken}, progress)
            if visited and week % 2:
                yield from self._visit(week, None, ())
            return
        yield from self._visit(week, value, progress)
        if not plain and self.random.random() < 0.06:
            yield from self._second_thoughts(week + 1, f"visit {self.number}.{week}", value)

    def _visit(self, week: int, value: int | None, progress: tuple[str, ...]) -> Iterator[Step]:
        name, day = f"visit {self.number}.{week}", self.random.randint(0, 4)
        begins, minute = At(week, day, 8 * 60 + self.random.randint(0, 60)), 9 * 60 + 20
        told: dict[str, Any] = {
            "cycle_id": Ref(self.cycle), "goal_ids": [Ref(self.goal)], "started_at": begins,
            "duration_s": 60 * self.random.choice((20, 30, 45)), "mode": self.random.choice(("live", "live", "video")),
            "measurements": [] if value is None else [self.metric.taken(value, At(week, day, minute))],
            "evidence": self.random.choice(EVIDENCE), "chosen_by": self.random.choice(("teacher", "joint")),
        }  # fmt: skip
        if scheduled := self.random.random() < 0.25:
            plan = {"partnership_id": Ref("partnership"), "cycle_id": Ref(self.cycle), "scheduled_at": begins}
            yield self._step(week - 1, "coach", "Observation", "ScheduleObservation", name, plan, begins=True,
                             gives=("ObservationScheduled",))  # fmt: skip
        else:
            told["partnership_id"] = Ref("partnership")
        yield self._step(week, "coach", "Observation", "RecordObservation", name, told, begins=not scheduled,
                         gives=("ObservationRecorded", *progress))  # fmt: skip
        if self.random.random() < 0.75:
            said = {"feedback": self.random.choice(FEEDBACK)}
            yield self._step(
                week, "coach", "Observation", "ShareFeedback", name, said, gives=("FeedbackShared",)
            )
            if self.random.random() < 0.8:
                yield self._step(week, "teacher", "Observation", "AcknowledgeFeedback", name, {},
                                 gives=("FeedbackAcknowledged",))  # fmt: skip

    def _second_thoughts(self, week: int, name: str, value: int) -> Iterator[Step]:
        """The coach counted wrong, or was in the wrong class. Below the target either way."""
        if self.random.random() < 0.35:
            yield self._step(week, "coach", "Observation", "VoidObservation", name, {"reason_code": "wrong_class"},
                             gives=("ObservationVoided", "ProgressRetracted"))  # fmt: skip
            return
        again = self.metric.taken(max(0, value - 1), At(week - 1, 0, 9 * 60))
        body = {"measurements": [again], "reason_code": "miscounted"}
        yield self._step(week, "coach", "Observation", "CorrectObservation", name, body,
                         gives=("ObservationCorrected", "ProgressRetracted", "ProgressMeasured"))  # fmt: skip

    def _unmet(self, week: int) -> Iterator[Step]:
        if self.outcome == "closed early":
            yield self._ending(
                week, "CloseCycleEarly", {"reason_code": "teacher_on_leave"}, "CycleClosedEarly"
            )
            return
        why = "no_longer_fits" if self.outcome == "given up" else "time_is_over"
        yield self._goal(week, self._either(), "AbandonGoal", {"reason_code": why}, ("GoalAbandoned",))
        yield self._ending(week, "CompleteCycle", {}, "CycleCompleted")

    def _ending(self, week: int, command: str, body: dict[str, Any], gives: str) -> Step:
        return self._step(week, "coach", "Cycle", command, self.cycle, body, gives=(gives,))

    def _goal(
        self, week: int, by: Partner, command: str, body: dict[str, Any], gives: tuple[str, ...]
    ) -> Step:
        return self._step(week, by, "Goal", command, self.goal, body, gives=gives)

    def _step(
        self, week: int, by: Partner, aggregate: str, command: str, of: str, body: dict[str, Any],
        *, gives: tuple[str, ...], begins: bool = False,
    ) -> Step:  # fmt: skip
        return Step(week, by, aggregate, command, of, begins=begins, body=body, gives=gives)

    def _either(self) -> Partner:
        return self.random.choice(("coach", "teacher"))

    def _minute(self) -> int:
        return self.random.randint(8 * 60, 14 * 60)
