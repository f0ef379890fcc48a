"""A cycle whose milestones are watched in memory: what happens is told, time passes, and what falls due is reached.

coaching = Coaching()
coaching.later(days=20)
assert coaching.heard("VisitOverdue") == ["2026-03-17 07:00 coach"]
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from backbone.recorded import Recorded
from chalkline_contracts import directory as d
from chalkline_contracts import goals as g
from chalkline_contracts import observations as o
from chalkline_contracts.event import Event
from chalkline_contracts.measurement import Measurement
from chalkline_contracts.notifications import MilestoneReached, MilestoneRulePublished
from chalkline_contracts.values import WordsRef
from notifications.clocks import Timer, timers_of
from notifications.rules import BY_MILESTONE
from notifications.world import World

from kit.telling import Telling

CHICAGO = ZoneInfo("America/Chicago")
PAIR, CYCLE, GOAL, COACH, TINA, THEO, OTHER = (UUID(int=n) for n in range(2, 9))
NAMES = {COACH: "coach", TINA: "Tina", THEO: "Theo", OTHER: "other"}
SAID = WordsRef(ref=UUID(int=99), digest="ab" * 32)
IN_CYCLE: dict[str, Any] = {"cycle_id": CYCLE, "partnership_id": PAIR}
PEERS = g.Peers(powerful=True, easy=True, emotionally_compelling=True, reachable=True, student_focused=True)
METRIC = {"metric_code": "on_task", "kind": "intervals_on_task", "direction": "increase", "unit": "intervals"}


@dataclass
class Coaching(Telling):
    """A partnership of a coach with Tina and Theo in Chicago, whose cycle starts on Monday, 2 March 2026, at 9:00."""

    world: World = field(default_factory=World)
    reached: list[tuple[datetime, Timer]] = field(default_factory=list)
    started: bool = True
    weeks: int = 6
    cadence: int = 14
    zone: str = "America/Chicago"

    def __post_init__(self) -> None:
        if self.started:
            self.tell(PAIR, g.PartnershipAgreed(coach_id=COACH, teacher_ids=(TINA, THEO)))
            self.start()

    def start(self) -> None:
        self.tell(
            CYCLE,
            g.CycleStarted(
                partnership_id=PAIR, coach_id=COACH, teacher_ids=(TINA, THEO), focus="engagement",
                template="impact-cycle@1", phases=("identify", "learn"), planned_weeks=self.weeks,
                cadence_days=self.cadence, time_zone=self.zone,
            ),
        )  # fmt: skip

    def tell(self, own_id: UUID, event: Event) -> Recorded[Any]:
        recorded = super().tell(own_id, event)
        for _ in self.world.note(recorded):
            pass
        return recorded

    # What happens ----------------------------------------------------------------------------------------

    def draft(self, goal: UUID = GOAL, owners: Sequence[UUID] = (TINA, THEO)) -> None:
        told = IN_CYCLE | {"coach_id": COACH, "owner_ids": tuple(owners), "focus": "engagement"}
        self.tell(goal, g.GoalDrafted(**told, time_zone=self.zone))

    def baseline(self, goal: UUID = GOAL, measurement: int = 50) -> None:
        taken = (self.measurement(measurement),)
        self.tell(goal, g.BaselineRecorded(**IN_CYCLE, measurements=taken))

    def propose(self, goal: UUID = GOAL) -> None:
        terms = {"metric": METRIC, "target": "0.8", "due_on": date(2026, 6, 1), "required_consecutive": 2}
        told = g.GoalProposed(**IN_CYCLE, by=COACH, statement_ref=SAID, peers=PEERS, **terms)  # type: ignore[arg-type]
        self.tell(goal, told)

    def agree(self, by: UUID, goal: UUID = GOAL) -> None:
        self.tell(goal, g.GoalAgreed(**IN_CYCLE, by=by))

    def set_goal(self, goal: UUID = GOAL) -> None:
        told = g.GoalSet.model_construct(**IN_CYCLE, coach_id=COACH, owner_ids=(TINA, THEO), goal_version=1)
        self.tell(goal, told)

    def goal(self, goal: UUID = GOAL) -> None:
        """An active one."""
        self.draft(goal)
        self.baseline(goal)
        self.set_goal(goal)

    def measurement(self, n: int, at: datetime | None = None) -> Measurement:
        told = METRIC | {"measurement_id": UUID(int=1000 + n), "numerator": 5, "denominator": 10}
        told |= {"occurred_at": at or self.now, "source": "observation", "recorded_by": COACH}
        return Measurement.model_validate(told)

    def measure(self, n: int, goal: UUID = GOAL, at: datetime | None = None) -> None:
        self.tell(goal, g.ProgressMeasured(**IN_CYCLE, measurement=self.measurement(n, at)))

    def retract(self, n: int, goal: UUID = GOAL) -> None:
        told = {"measurement_id": UUID(int=1000 + n), "cause": "observation_voided"}
        self.tell(goal, g.ProgressRetracted(**IN_CYCLE, **told))  # type: ignore[arg-type]

    def observe(self, n: int, at: datetime | None = None, cycle: UUID | None = CYCLE) -> None:
        told = {"started_at": at or self.now, "duration_s": 1200, "mode": "live", "chosen_by": "teacher"}
        self.tell(
            UUID(int=2000 + n), o.ObservationRecorded(**self.with_pair(cycle), **told, recorded_by=COACH)
        )

    def correct(self, n: int, started_at: datetime) -> None:
        told = {"started_at": started_at, "corrected_at": self.now, "duration_s": 900, "reason_code": "slip"}
        self.tell(UUID(int=2000 + n), o.ObservationCorrected(**self.with_pair(), **told, corrected_by=COACH))

    def void(self, n: int) -> None:
        told = o.ObservationVoided(**self.with_pair(), reason_code="wrong_class", voided_by=COACH)
        self.tell(UUID(int=2000 + n), told)

    def share_feedback(self, n: int) -> None:
        told = o.FeedbackShared(**self.with_pair(), feedback_ref=SAID, shared_by=COACH)
        self.tell(UUID(int=2000 + n), told)

    def hold(self, n: int, kind: str, at: datetime | None = None) -> None:
        told = {"type": kind, "started_at": at or self.now, "minutes": 40, "participants_n": 2}
        self.tell(UUID(int=3000 + n), o.ActivityHeld(**self.with_pair(), **told, recorded_by=COACH))

    def offer(self, n: int, check_back_on: date, teacher: UUID = TINA) -> None:
        told = {"coach_id": COACH, "teacher_id": teacher, "strategy_code": "cold_call", "offered_by": COACH}
        step = g.ActionStepOffered(**IN_CYCLE, **told, check_back_on=check_back_on)
        self.tell(UUID(int=4000 + n), step)

    def respond(self, n: int, response: str) -> None:
        told = g.ActionStepResponded(**IN_CYCLE, response=response, by=TINA)  # type: ignore[arg-type]
        self.tell(UUID(int=4000 + n), told)

    def pause(self) -> None:
        self.tell(CYCLE, g.CyclePaused(partnership_id=PAIR, by=COACH))

    def resume(self) -> None:
        self.tell(CYCLE, g.CycleResumed(partnership_id=PAIR, by=COACH))

    def complete(self) -> None:
        self.tell(CYCLE, g.CycleCompleted(partnership_id=PAIR, focus="engagement"))

    def follow_up(self, outcome: str = "sustained") -> None:
        told = {"partnership_id": PAIR, "focus": "engagement", "outcome": outcome, "by": TINA}
        self.tell(CYCLE, g.FollowUpRecorded.model_validate(told))

    def calendar(self, *terms: tuple[date, date], holidays: Sequence[tuple[date, date]] = ()) -> None:
        spans = [tuple(d.Days(begin=b, end=e) for b, e in some) for some in (terms, holidays)]
        self.tell(self.tenant, d.CalendarChanged(terms=spans[0], holidays=spans[1]))

    def quiet(self, begin: str, end: str) -> None:
        hours = d.QuietHours(begin=begin, end=end)
        self.tell(self.tenant, d.DistrictPolicyChanged(policy_version=1, quiet_hours=hours))

    def rule(self, milestone: str, version: int = 2, band: str | None = None, **more: Any) -> None:
        rule_id = UUID(int=5000 + sum(map(ord, f"{milestone}{band}")))
        told = {"recipients": BY_MILESTONE[milestone].recipients, "enabled": True} | more
        event = MilestoneRulePublished(milestone=milestone, version=version, experience_band=band, **told)
        self.tell(rule_id, event)

    def enrol(self, person: UUID, band: str | None) -> None:
        self.tell(person, d.PersonEnrolled(experience_band=band, name_ref=SAID))  # type: ignore[arg-type]

    # Time passes -----------------------------------------------------------------------------------------

    def until(self, day: str, hour: str = "09:00") -> None:
        """Time goes on to a moment in Chicago; on the way, what falls due is reached at the moment it may be told."""
        end = datetime.combine(date.fromisoformat(day), time.fromisoformat(hour), CHICAGO).astimezone(UTC)
        while waiting := [t for t in self.timers() if not t.reached and t.send_at and t.send_at <= end]:
            timer = min(waiting, key=lambda t: (t.send_at, t.due_at, t.milestone, t.occurrence))
            assert timer.send_at
            self.now = max(self.now, timer.send_at)
            self.reached.append((self.now, timer))
            self._reach(timer)
        assert end >= self.now
        self.now = end

    def _reach(self, timer: Timer) -> None:
        of_cycle = any(timer in timers_of(known) for known in [self.world.known(self.tenant, CYCLE)] if known)
        own_id = CYCLE if of_cycle else PAIR
        told = MilestoneReached(
            cycle_id=CYCLE if of_cycle else None, partnership_id=None if of_cycle else PAIR, goal_id=timer.goal_id,
            milestone=timer.milestone, due_at=timer.due_at, rule_version=timer.version, occurrence=timer.occurrence,
        )  # fmt: skip
        self.tell(own_id, told)

    def passes(self, **by: float) -> None:
        """`passes(days=3)`."""
        there = (self.now.astimezone(CHICAGO).replace(tzinfo=None) + timedelta(**by)).replace(tzinfo=CHICAGO)
        self.until(there.date().isoformat(), there.time().isoformat())

    def timers(self) -> list[Timer]:
        """What stands in the cycle, and in its partnership beyond it."""
        known = [self.world.known(self.tenant, own_id) for own_id in (CYCLE, PAIR)]
        return [timer for one in known if one is not None for timer in timers_of(one)]

    def heard(self, milestone: str) -> list[str]:
        """When who heard of it, by Chicago's clock, in order."""
        return [_line(at, timer) for at, timer in self.reached if timer.milestone == milestone]

    def due(self, milestone: str) -> list[str]:
        """When it will be told to whom, as things stand; what is not known yet comes last."""
        there = [t for t in self.timers() if t.milestone == milestone and not t.reached]
        there.sort(key=lambda t: (t.send_at is None, t.send_at or t.due_at, t.occurrence))
        return [_line(t.send_at, t) for t in there]

    def standing(self) -> list[str]:
        """What was told and has not been done since."""
        return sorted(timer.milestone for timer in self.timers() if timer.reached)

    @staticmethod
    def with_pair(cycle: UUID | None = CYCLE) -> dict[str, Any]:
        return {"partnership_id": PAIR, "coach_id": COACH, "teacher_ids": (TINA, THEO), "cycle_id": cycle}


def _line(at: datetime | None, timer: Timer) -> str:
    when = at.astimezone(CHICAGO).strftime("%Y-%m-%d %H:%M") if at else "some day"
    return f"{when} {' '.join(sorted(NAMES[person] for _, person in timer.recipients))}"
