"""What coaching is about in a played year: models, what is measured, what is practised, what people say."""

from dataclasses import dataclass
from random import Random
from typing import Any, Final

from chalkline.year_steps import At


@dataclass(frozen=True, slots=True)
class Model:
    """A model of coaching that every district has, as far as the story needs it."""

    template: str
    later_phases: tuple[str, ...]
    weeks: int
    visits: float
    """How likely a visit is in a week."""
    steps: int
    """How many action steps a cycle has at most."""


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

    def easier(self) -> int:
        """A target to go on with where the first was too high."""
        return self.target - max(2, self.target // 10)


def initiative(focus: str) -> str:
    """The name under which a step speaks of an initiative."""
    return f"initiative {focus}"


@dataclass(frozen=True, slots=True)
class Strategy:
    """A small change of practice that can be learnt, and how many items its checklist has."""

    code: str
    items: int

    @property
    def checklist(self) -> str:
        return f"{self.code.replace('_', '-')}@1"

    def held_against(self, random: Random, times: int, at: At) -> dict[str, Any]:
        """How much of the checklist was met: more each time."""
        met = min(self.items, self.items // 3 + 2 * times + random.randint(0, 2))
        return {
            "metric_code": "checklist", "kind": "checklist_fidelity", "direction": "increase", "occurred_at": at,
            "numerator": met, "denominator": self.items, "instrument": self.checklist, "source": "observation",
        }  # fmt: skip


MODELS: Final = (
    Model("impact-cycle@1", ("learn", "improve"), weeks=6, visits=0.7, steps=1),
    Model(
        "student-centered@1",
        ("learning_targets", "student_evidence", "co_teach", "reflect"),
        weeks=7,
        visits=0.8,
        steps=1,
    ),
    Model("weekly-action-step@1", ("name_it", "do_it"), weeks=8, visits=0.85, steps=3),
)
METRICS: Final = (
    Metric("on_task", "intervals_on_task", "student_engagement", 40, 32, (10, 19)),
    Metric("student_talk", "student_talk", "discourse", 1200, 720, (180, 420), decimals=True),
    Metric("exit_ticket", "students_proficient", "mathematics", 28, 21, (6, 13), by_teacher=True),
    Metric("reading_check", "students_proficient", "reading", 26, 20, (5, 12), by_teacher=True),
)
STRATEGIES: Final = (
    Strategy("cold_call", 8),
    Strategy("wait_time", 6),
    Strategy("think_pair_share", 7),
    Strategy("entry_routine", 10),
    Strategy("checks_for_understanding", 9),
)
INITIATIVES: Final = {
    "mathematics": "Every student explains a solution",
    "reading": "A page a day",
    "discourse": "Talk that counts",
}
"""What the district does as a whole, by the area that it is about."""
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
TO_COACH: Final = (
    "It helped that you only counted, and left the judging to me.",
    "I would rather talk on the same day.",
    "Seeing you do it once was worth three meetings.",
)
ADAPTED: Final = (
    "Only with the second group, and with cards instead of names.",
    "I begin with pairs: in front of all of them it is too early.",
)
DECLINED: Final = (
    "Not in the weeks before the state test.",
    "I tried it last year; it is not for this class.",
)
REFLECTIONS: Final = (
    "I talked over the quiet ones again. Tomorrow I count to five.",
    "They can do more alone than I let them.",
    "The plan was mine and not theirs: next time they choose the text.",
    "I am prouder of the second lesson, though it was the messier one.",
)
