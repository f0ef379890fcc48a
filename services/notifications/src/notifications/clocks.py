"""When what falls due in a cycle, and who is to hear of it: one pure function of all that is known.

A timer that was reached stays until what it reminded of is done, as overdue, and is never reached again.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import chain
from typing import Final, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from chalkline_contracts.notifications import RecipientRole

from notifications import due
from notifications.moment import Hours, first_moment, quiet
from notifications.ruling import DueBy, in_force, versions
from notifications.watched import Cycle, Goal, Known, Measured, Visit

LATEST: Final = timedelta(hours=24)
"""What had been due that long before the latest fact it derives from is history, not a reminder."""
FOLLOW_UPS: Final = (4, 12)
"""Weeks after a cycle's end."""


class Timer(NamedTuple):
    """A milestone that will be reached, or was and still stands."""

    milestone: str
    version: int
    """Of its rule."""
    occurrence: str
    due_at: datetime
    send_at: datetime | None
    """The first moment from then on at which somebody may be told; None while no calendar knows of one."""
    derived_at: datetime
    """When the latest fact behind it was recorded."""
    goal_id: UUID | None
    recipients: tuple[tuple[RecipientRole, UUID], ...]
    reached: bool


def timers_of(known: Known, only: str | None = None) -> list[Timer]:
    """The timers of a cycle, in no particular order, of all milestones or of one. A partnership's end ends them all."""
    if known.ended:
        return []
    clocks, cycle = _Clocks(known, only), known.cycle
    if cycle is None:
        return [*_feedback(clocks)]
    if cycle.closed_at is not None:
        return [*_feedback(clocks), *_follow_ups(clocks, cycle.closed_at, cycle.followed_up)]
    goals = chain.from_iterable(_goal(clocks, goal_id, goal) for goal_id, goal in known.goals.items())
    return [*_feedback(clocks), *_course(clocks, cycle), *_visits(clocks, cycle), *goals, *_steps(clocks)]


class _Clocks:
    """What all timers of a cycle have in common."""

    def __init__(self, known: Known, only: str | None) -> None:
        self.known, self.only = known, only
        self.zone = ZoneInfo(known.time_zone)
        self.days = due.calendar_of(known.district.terms, known.district.holidays)
        """Which days of the district count."""
        self.hours = Hours(self.zone, quiet(known.district.quiet_hours), self.days)
        if known.cycle and known.cycle.pauses:
            self.days = due.paused(self.days, known.cycle.pauses, self.zone)
        self.band = known.band

    def timer(
        self,
        milestone: str,
        occurrence: str,
        derived_at: datetime,
        due_by: DueBy,
        *,
        goal_id: UUID | None = None,
        teachers: Sequence[UUID] | None = None,
        but: Sequence[UUID] = (),
    ) -> Iterator[Timer]:
        """By the rule in force when it falls due. To its present `teachers`, or all, and the coach; not to `but`."""
        if self.only not in (None, milestone):
            return
        found = in_force(versions(milestone, self.band, self.known.rules), due_by)
        if found is None or not found[0].enabled:
            return
        rule, due_at = found
        send_at = first_moment(due_at, self.hours)
        reached = (milestone, occurrence) in self.known.reached
        hearing = tuple(self._hearing(rule.recipients, teachers, but))
        if reached or (hearing and not self._past(due_at, send_at, derived_at)):
            yield Timer(
                milestone, rule.version, occurrence, due_at, send_at, derived_at, goal_id, hearing, reached
            )

    def after(self, moment: datetime, days: int) -> datetime | None:
        return due.after(moment, days, self.zone, self.days)

    def _hearing(
        self, roles: Iterable[RecipientRole], teachers: Sequence[UUID] | None, but: Sequence[UUID]
    ) -> Iterator[tuple[RecipientRole, UUID]]:
        present, coach = self.known.teacher_ids, self.known.coach_id
        for role in roles:
            if role == "coach" and coach is not None and coach not in but:
                yield role, coach
            elif role == "teacher":
                for teacher in present:
                    if (teachers is None or teacher in teachers) and teacher not in but:
                        yield role, teacher

    def _past(self, due_at: datetime, send_at: datetime | None, derived_at: datetime) -> bool:
        """Whether it is history: by what it counts from, or by a calendar that was told after it was to be sent."""
        if due_at < derived_at - LATEST:
            return True
        calendar_at = self.known.district.calendar_at
        return calendar_at is not None and send_at is not None and send_at < calendar_at - LATEST


def _course(clocks: _Clocks, cycle: Cycle) -> Iterator[Timer]:
    """What a cycle's own course brings."""
    planned = 7 * cycle.planned_weeks
    after = partial(clocks.after, cycle.started_at)
    timer = partial(_once, clocks, cycle.recorded_at)
    goals = clocks.known.goals.values()
    if not any(goal.baseline for goal in goals):
        derived_at = max(
            [cycle.recorded_at, *(goal.baseline_gone_at for goal in goals if goal.baseline_gone_at)]
        )
        yield from _once(clocks, derived_at, "BaselineMissing", lambda rule: after(rule.days or 0))
    yield from timer("MidpointReview", at(after((planned + 1) // 2)))
    yield from timer("CycleEndingSoon", lambda rule: after(planned - (rule.days or 0)))
    yield from timer("Overrun", lambda rule: after(planned + (rule.days or 0)))


def _once(clocks: _Clocks, derived_at: datetime, milestone: str, due_by: DueBy) -> Iterator[Timer]:
    return clocks.timer(milestone, due.once(), derived_at, due_by)


def _visits(clocks: _Clocks, cycle: Cycle) -> Iterator[Timer]:
    """A cycle's visit clock counts from the latest one, else from its start."""
    started = (cycle.started_at, cycle.recorded_at)
    visits = clocks.known.visits.values()
    last, told_at = max(last_visit(visits) or started, started)
    derived_at = max([told_at, *_taken_back(visits, last)])
    occurrence, after = due.since(last, clocks.zone), partial(clocks.after, last)
    yield from clocks.timer(
        "VisitDue", occurrence, derived_at, lambda rule: after(cycle.cadence_days - (rule.days or 0))
    )
    yield from clocks.timer(
        "VisitOverdue", occurrence, derived_at, lambda rule: after(cycle.cadence_days + (rule.days or 0))
    )


def last_visit(visits: Iterable[Visit]) -> tuple[datetime, datetime] | None:
    """When the latest visit was, and when that was told."""
    return max(((visit.at, visit.recorded_at) for visit in visits if not visit.voided), default=None)


def _taken_back(visits: Iterable[Visit], last: datetime) -> Iterator[datetime]:
    """When it was told of each visit that was said to be later than the latest that it was not."""
    return (told_at for visit in visits for at, told_at in visit.taken_back if at > last)


def _goal(clocks: _Clocks, goal_id: UUID, goal: Goal) -> Iterator[Timer]:
    """A proposal waits for agreement, an active goal for a measurement."""
    timer = partial(clocks.timer, goal_id=goal_id)
    if proposal := goal.proposal:
        occurrence = due.of_event(proposal.event_id, goal_id)
        waiting = partial(timer, teachers=goal.owner_ids, but=proposal.agreed)
        yield from waiting("GoalAgreementPending", occurrence, proposal.at, hours_after(proposal.at))
    if goal.active and goal.set_at and goal.active_since:
        last, derived_at = _measured_last(
            (goal.set_at, goal.active_since), clocks.known.measured.get(goal_id, ())
        )
        yield from timer(
            "GoalSilent", due.since(last, clocks.zone, goal_id), derived_at,
            lambda rule: clocks.after(last, rule.days or 0), teachers=concerned(goal.owner_ids),
        )  # fmt: skip


def _measured_last(
    was_set: tuple[datetime, datetime], measured: Iterable[Measured]
) -> tuple[datetime, datetime]:
    """What a goal's silence counts from, and when it was recorded that it does: no later measurement holds any more."""
    holding = [(one.occurred_at, one.recorded_at) for one in measured if one.retracted_at is None]
    last, told_at = max([was_set, *holding])
    gone = [one.retracted_at for one in measured if one.retracted_at and one.occurred_at > last]
    return last, max([told_at, was_set[1], *gone])


def concerned(owner_ids: Sequence[UUID]) -> Sequence[UUID] | None:
    """The teachers whom a goal concerns; None: all who take part, for what several own is the group's."""
    return owner_ids if len(owner_ids) == 1 else None


def _feedback(clocks: _Clocks) -> Iterator[Timer]:
    """What was seen is to be talked about, closed cycle or not."""
    for visit_id, visit in clocks.known.visits.items():
        since = visit.feedback_from
        if since and not visit.shared and not visit.voided:
            yield from clocks.timer("FeedbackDue", due.of_visit(visit_id), since, hours_after(since))


def _steps(clocks: _Clocks) -> Iterator[Timer]:
    for step_id, step in clocks.known.steps.items():
        if step.response != "declined" and not step.mastered:
            day = step.check_back_on
            yield from clocks.timer(
                "CheckBackDue", due.of_step(step_id, day), step.recorded_at, at(due.beginning(day, clocks.zone)),
                goal_id=step.goal_id, teachers=(step.teacher_id,),
            )  # fmt: skip


def _follow_ups(clocks: _Clocks, closed_at: datetime, recorded: int) -> Iterator[Timer]:
    """Each follow-up that was recorded answers the earliest that is left."""
    for weeks in FOLLOW_UPS[recorded:]:
        day = clocks.after(closed_at, 7 * weeks)
        yield from clocks.timer("FollowUpDue", due.of_week(weeks), closed_at, at(day))


def at(moment: datetime | None) -> DueBy:
    """At that moment, whatever the rule says."""
    return lambda _: moment


def hours_after(moment: datetime) -> DueBy:
    """As many hours later as the rule says."""
    return lambda rule: moment + timedelta(hours=rule.hours or 0)
