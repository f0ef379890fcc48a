"""One cycle of a pair, from the week it starts to the one it ends in: what they aim at, and how it goes.

Most goals are achieved, some take too long, some are given up, and some cycles end early. Some aim too high and go on
with another target; a few achievements are withdrawn, and reached again. Whatever is decided comes from the random
numbers it is given, so the same ones tell the same story.
"""

from collections.abc import Iterator
from random import Random
from typing import Any, Final, Literal

from chalkline.seeding import PEERS
from chalkline.year_models import METRICS, MODELS
from chalkline.year_practice import beside, practice
from chalkline.year_steps import SCHOOL_WEEKS, At, On, Ref, Step, Who
from chalkline.year_telling import Telling
from chalkline.year_visits import miscounted, second_thoughts, visit

Outcome = Literal["achieved", "too slow", "given up", "closed early"]
OUTCOMES: Final[dict[Outcome, int]] = {"achieved": 64, "too slow": 16, "given up": 11, "closed early": 9}
IN_A_ROW: Final = 2
PAUSE: Final = 2
"""Weeks of a pause, as of one who is on leave."""
AGAIN: Final = 4
"""Weeks it takes from a withdrawn achievement to the next."""


def cycle(random: Random, number: int, week: int, *, grouped: bool = False) -> Iterator[Step]:
    """The steps of the pair's so manyeth cycle, which starts in this school week; in their order within each week.

    `grouped`: a colleague joins.
    """
    arc = _Arc(Telling(random, number, week, random.choice(MODELS), random.choice(METRICS), grouped))
    yield from arc.start()
    yield from arc.work()


class _Arc:
    """How a cycle goes: the choices made at its start, and what follows from them."""

    def __init__(self, told: Telling) -> None:
        self.told, self.random, self.model, self.metric = told, told.random, told.model, told.metric
        self.outcome = told.random.choices(list(OUTCOMES), list(OUTCOMES.values()))[0]
        self.set_in = told.first + told.random.choices((0, 1, 2), (6, 3, 1))[0]
        weeks = told.model.weeks if self.outcome != "closed early" else told.random.randint(2, 4)
        self.last = told.first + weeks
        self.target = told.metric.target
        self.value, self.measured, self.in_a_row = told.metric.start[1], 0, 0
        self.recharted = self.paused = False
        begin = self.set_in + 2
        self.pause = (
            range(begin, begin + PAUSE) if begin + PAUSE <= self.last and told.chance(0.06) else range(0)
        )

    def start(self) -> Iterator[Step]:
        """The cycle, and the goal both agree to."""
        told, week, drafts = self.told, self.set_in, self.told.either()
        body = {
            "partnership_id": Ref("partnership"), "focus": self.metric.focus, "template": self.model.template,
            "planned_weeks": self.model.weeks, "teacher_ids": [Who("teacher")],
        }  # fmt: skip
        yield Step(told.first, "coach", "Cycle", "StartCycle", told.cycle, begins=True, body=body,
                   gives=("CycleStarted", "CyclePhaseEntered"))  # fmt: skip
        draft = {"cycle_id": Ref(told.cycle), "owner_ids": [Who("teacher")]}
        yield Step(
            week, drafts, "Goal", "DraftGoal", told.goal, begins=True, body=draft, gives=("GoalDrafted",)
        )
        low, high = self.metric.start
        where = [self.random.randint(low, high) for _ in range(self.random.randint(1, 3))]
        minute = self.random.randint(8 * 60, 14 * 60)
        taken = [self.metric.taken(value, At(week, day, minute)) for day, value in enumerate(where)]
        yield told.of_goal(week, drafts, "RecordBaseline", {"measurements": taken}, "BaselineRecorded")
        proposal = {
            "statement": f"More of them, more often: {self.metric.code.replace('_', ' ')}.",
            "metric_code": self.metric.code, "target": self._quotient(), "due_on": On(self._due()),
            "required_consecutive": IN_A_ROW, "peers": PEERS,
        }  # fmt: skip
        yield told.of_goal(week, "coach", "ProposeGoal", proposal, "GoalProposed")
        yield told.of_goal(week, "coach", "AgreeGoal", {}, "GoalAgreed")
        yield told.of_goal(week, "teacher", "AgreeGoal", {}, "GoalAgreed", "GoalSet")

    def work(self) -> Iterator[Step]:
        """Week after week, until it ends one way or another; beside it what is practised."""
        ended = self.last
        for step in self._weeks():
            yield step
            ended = step.week
        yield from practice(self.told, self.set_in, ended - 1)
        yield from beside(self.told, self.set_in, ended)

    def _weeks(self) -> Iterator[Step]:
        told, phases, week = self.told, list(self.model.later_phases), self.set_in
        while (week := week + 1) <= self.last:
            if self.paused != (week in self.pause):
                yield self._paused_or_resumed(week)
            if self.paused:
                continue
            if phases and week >= told.first + 2 * (1 + len(self.model.later_phases) - len(phases)):
                yield told.of_cycle(week, "EnterPhase", {"phase": phases.pop(0)}, "CyclePhaseEntered")
            visited = told.chance(self.model.visits)
            if not (visited or self.metric.by_teacher):
                continue
            yield from self._week(week, visited=visited)
            if self.in_a_row == IN_A_ROW:
                if self._stands(week):
                    yield from self._reached(week + 1)
                    return
                yield from self._withdrawn(week)
                self.last = max(self.last, week + AGAIN)
                if not self.metric.by_teacher:
                    week += 1  # nothing new is seen until what was corrected has come to the goal
            elif not (self.in_a_row or self.recharted) and week < self._due() and told.chance(0.03):
                yield self._rechart(week)
        yield from self._unmet(self.last + 1)

    def _week(self, week: int, *, visited: bool) -> Iterator[Step]:
        """A visit, or what the teacher counted in students' work, or both."""
        told = self.told
        self._measure(week)
        progress = ("ProgressMeasured", "GoalTargetMet")[: 1 + (self.in_a_row == IN_A_ROW)]
        if self.metric.by_teacher:
            taken = self.metric.taken(self.value, told.during(week))
            yield told.of_goal(week, "teacher", "RecordProgress", {"measurement": taken}, *progress)
            if visited and week % 2:
                yield from visit(told, week, None, ())
            if not self.in_a_row and week > self.set_in + 1 and told.chance(0.05):
                yield self._late(week, "ProgressMeasured")
            return
        yield from visit(told, week, self.value, progress)
        if not self.in_a_row and week != self.last and told.chance(0.06):
            yield from second_thoughts(told, week, self.value)

    def _measure(self, week: int) -> None:
        """What is measured next: on the way up, or not."""
        self.measured += 1
        span = self.target - self.metric.start[1]
        if self.outcome == "achieved":
            left = self.last - week
            on_the_way = self.value + span * self.random.uniform(0.15, 0.5)
            self.value = min(self.metric.whole, round(on_the_way)) if left > 1 else self.target + 1
        else:
            least, most = (-0.25, 0.3) if self.outcome == "given up" else (-0.1, 0.2)
            drift = span * self.random.uniform(least, most) + (self.measured == 1)
            self.value = max(self.metric.start[0], min(self.target - 1, round(self.value + drift)))
        self.in_a_row = self.in_a_row + 1 if self.value >= self.target else 0

    def _stands(self, week: int) -> bool:
        """Whether the run lasts: a few do not, where weeks enough are left to reach the target again."""
        return week + AGAIN >= SCHOOL_WEEKS - 1 or not self.told.chance(0.05)

    def _reached(self, week: int) -> Iterator[Step]:
        yield self._confirmed(week)
        yield self.told.of_cycle(week, "CompleteCycle", {}, "CycleCompleted")

    def _confirmed(self, week: int) -> Step:
        return self.told.of_goal(week, "teacher", "ConfirmAchievement", {}, "GoalAchieved")

    def _withdrawn(self, week: int) -> Iterator[Step]:
        """A week after the target was met, and perhaps its achievement confirmed, it turns out not to be: there was a
        reading between the two, or the last was miscounted. What is left of the run goes on counting.
        """
        if self.told.chance(0.6):
            yield self._confirmed(week + 1)
        if self.metric.by_teacher:
            yield self._late(week + 1, "ProgressMeasured", "AchievementWithdrawn")
            self.in_a_row = 1
        else:
            missed = self.target - 1
            yield miscounted(
                self.told, week, missed, "ProgressRetracted", "AchievementWithdrawn", "ProgressMeasured"
            )
            self.in_a_row = 0
        self.outcome = "achieved"

    def _late(self, week: int, *gives: str) -> Step:
        """Students' work that lay in a drawer: counted now, done on the Friday two weeks before, below the target."""
        taken = self.metric.taken(self.metric.start[1], At(week - 2, 4, 14 * 60 + 30))
        return self.told.of_goal(week, "teacher", "RecordProgress", {"measurement": taken}, *gives)

    def _paused_or_resumed(self, week: int) -> Step:
        self.paused = not self.paused
        if self.paused:
            return self.told.of_cycle(week, "PauseCycle", {"reason_code": "teacher_on_leave"}, "CyclePaused")
        return self.told.of_cycle(week, "ResumeCycle", {}, "CycleResumed", by=self.told.either())

    def _rechart(self, week: int) -> Step:
        """They aimed too high, or need more time: from now on there is another target, or only another day."""
        self.recharted = True
        body: dict[str, Any] = {"due_on": On(self._due() + 2), "reason_code": "more_time"}
        if self.told.chance(0.7):
            self.target = self.metric.easier()
            body |= {"target": self._quotient(), "reason_code": "aimed_too_high"}
        return self.told.of_goal(week, self.told.either(), "RechartGoal", body, "GoalRecharted")

    def _unmet(self, week: int) -> Iterator[Step]:
        if self.outcome == "closed early":
            reason = {"reason_code": "teacher_on_leave"}
            yield self.told.of_cycle(week, "CloseCycleEarly", reason, "CycleClosedEarly")
            return
        why = {"reason_code": "no_longer_fits" if self.outcome == "given up" else "time_is_over"}
        yield self.told.of_goal(week, self.told.either(), "AbandonGoal", why, "GoalAbandoned")
        yield self.told.of_cycle(week, "CompleteCycle", {}, "CycleCompleted")

    def _quotient(self) -> str:
        return f"{self.target}/{self.metric.whole}"

    def _due(self) -> int:
        return self.told.first + self.model.weeks + 1
