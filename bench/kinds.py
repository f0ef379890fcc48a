"""What each aggregate of the practice is commanded with, again and again, and what had happened to it before.

Histories are small, commands those that come most. What can happen but once begins with one command and goes on with
another: two commands for each of its kind.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4, uuid5

from backbone.content_read import NoteRead
from backbone.deciding import Actor, Aggregate, Command
from backbone.erasure import AttestErasure
from backbone.operation import BeginOperation
from backbone.words import PrivateText, private
from chalkline_contracts import directory as d
from chalkline_contracts import goals as g
from chalkline_contracts import notifications as n
from chalkline_contracts.event import Event
from chalkline_contracts.receipts import WhatWasRead
from chalkline_contracts.values import WordsRef
from directory.aggregates import DISTRICT as DISTRICTS
from directory.aggregates import ORG, PERSON
from directory.org import ChangeOrg
from directory.person import ChangePerson
from directory.policy import ChangePolicy
from goals.action_step import PractiseActionStep
from goals.aggregates import ACCESS as GOALS_ACCESS
from goals.aggregates import (
    ACTION_STEP,
    BREAK_GLASS,
    CYCLE,
    ERASURE,
    GOAL,
    INITIATIVE,
    MODEL_TEMPLATE,
    OPERATION,
    PARTNERSHIP,
)
from goals.break_glass import RequestBreakGlass
from goals.cycle import PauseCycle, ResumeCycle
from goals.goal import RecordProgress
from goals.initiative import LinkGoalToInitiative
from goals.model_template import PublishModelTemplate, RetireModelTemplate
from goals.partnership import GrantShare, RevokeShare
from notifications.aggregates import CYCLE_WATCH, MILESTONE_RULE, NOTIFICATION, PREFERENCE
from notifications.cycle_watch import ReachMilestone
from notifications.milestone_rule import PublishMilestoneRule
from notifications.notification import AcknowledgeNotification, Notify
from notifications.preference import ChangePreference
from observations.activity import HoldActivity, PlanActivity
from observations.aggregates import ACCESS as OBSERVATIONS_ACCESS
from observations.aggregates import ACTIVITY, INSTRUMENT, OBSERVATION, REFLECTION
from observations.instrument import Item, PublishInstrument, RetireInstrument
from observations.observation import CorrectObservation, RecordObservation
from observations.reflection import RecordReflection, ShareReflection

from bench.school import COACH, DISTRICT, OWNER, SYSTEM, TEACHER, reading, until_active
from bench.school import CYCLE as CYCLE_ID
from bench.school import PARTNERSHIP as PAIR_ID

LEAD, ADMINISTRATOR, SCHOOL = uuid4(), uuid4(), uuid4()
BY_LEAD, BY_ADMINISTRATOR, BY_COACH = (
    Actor("person", str(person), DISTRICT) for person in (LEAD, ADMINISTRATOR, COACH)
)
REF = WordsRef(ref=uuid4(), digest="00" * 32)
READ = [RecordProgress.model_validate_json(reading(n)) for n in range(2000)]
"""Progress as a door has read it."""
AT = datetime.now(UTC) - timedelta(days=3)
PAIR: dict[str, Any] = {"coach_id": COACH, "teacher_ids": (TEACHER,)}
WITHIN: dict[str, Any] = {"cycle_id": CYCLE_ID, "partnership_id": PAIR_ID}


@dataclass(frozen=True)
class Turn:
    """The n-th command: that of a lap around so many of a kind."""

    first: int
    """The integer of the first command's id."""
    n: int
    many: int
    goals: Sequence[UUID]

    @property
    def lap(self) -> int:
        return self.n // self.many

    @property
    def second(self) -> bool:
        """Whether this is the other of two commands that take turns."""
        return bool(self.lap % 2)

    def command_id(self, back: int = 0) -> UUID:
        """Of this command, or of the one so many laps ago."""
        return UUID(int=self.first + self.n - back * self.many)


@dataclass(frozen=True)
class Kind:
    """One aggregate: what had happened to each, and what comes next. Without a past every other lap begins others."""

    aggregate: Aggregate[Any]
    command: Callable[[Turn], Command]
    past: Sequence[Event] = ()
    by: Callable[[UUID, Turn], Actor] = lambda *_: OWNER
    once: bool = False
    """Whether each is commanded once, so that every lap begins others."""

    @property
    def service(self) -> str:
        return self.aggregate.events[0].service


def _said() -> PrivateText:
    return private("They raised their hands before I had asked")


def _share(turn: Turn) -> Command:
    if turn.second:
        return RevokeShare(share_id=uuid5(turn.command_id(back=1), "0"))
    until = datetime.now(UTC) + timedelta(days=90)
    return GrantShare(scope=g.ShareScope(), audience=(COACH,), expires_at=until)


def _read(turn: Turn) -> Command:
    what = WhatWasRead(aggregate="Goal", id=turn.goals[turn.n % len(turn.goals)])
    return NoteRead(teacher_ids=(TEACHER,), what=what, why="share", grant_ids=(turn.command_id(),))


def _publish_model(turn: Turn) -> Command:
    if turn.second:
        return RetireModelTemplate()
    return PublishModelTemplate(
        name=f"model-{turn.n}", version=1, phases=("one", "two"), cadence_days=7, planned_weeks=6
    )


def _publish_instrument(turn: Turn) -> Command:
    if turn.second:
        return RetireInstrument()
    item = Item(code="wait", kind="frequency", wording=_said())
    return PublishInstrument(name=_said(), code=f"seen-{turn.n}", items=(item,))


def _visit(turn: Turn) -> Command:
    taken = (READ[turn.n % len(READ)].measurement,)
    if turn.second:
        return CorrectObservation(measurements=taken, reason_code="slip")
    return RecordObservation(
        partnership_id=PAIR_ID,
        started_at=AT,
        duration_s=1200,
        mode="live",
        measurements=taken,
        chosen_by="joint",
    )


def _spend(turn: Turn) -> Command:
    if turn.second:
        return HoldActivity(started_at=AT, minutes=30)
    later = datetime.now(UTC) + timedelta(days=2)
    return PlanActivity(type="model", scheduled_at=later, minutes=45, partnership_id=PAIR_ID)


def _reflect(turn: Turn) -> Command:
    return ShareReflection() if turn.second else RecordReflection(reflection=_said(), partnership_id=PAIR_ID)


def _tell(turn: Turn) -> Command:
    if turn.second:
        return AcknowledgeNotification()
    return Notify(
        milestone="VisitOverdue", cycle_id=CYCLE_ID, recipient_id=TEACHER, due_at=AT, occurrence="once"
    )


def _reach(turn: Turn) -> Command:
    coach = n.Recipient(person_id=COACH, role="coach")
    return ReachMilestone(
        milestone="VisitOverdue",
        rule_version=1,
        occurrence=f"since:{turn.lap}",
        due_at=AT,
        recipients=(coach,),
    )


def _either(one: Command, other: Command) -> Callable[[Turn], Command]:
    return lambda turn: other if turn.second else one


KINDS: dict[str, Kind] = {
    "goal": Kind(GOAL, lambda turn: READ[turn.n % len(READ)], until_active(now=AT)),
    "partnership": Kind(
        PARTNERSHIP, _share,
        (
            g.PartnershipProposed(**PAIR, template="impact-cycle@1", confidentiality_policy_version=1),
            g.PartnershipAgreed(**PAIR),
        ),
    ),
    "cycle": Kind(
        CYCLE, _either(PauseCycle(reason_code="leave"), ResumeCycle()),
        (
            g.CycleStarted(
                **PAIR, partnership_id=PAIR_ID, focus="engagement", template="impact-cycle@1",
                phases=("identify", "learn", "improve"), planned_weeks=6, cadence_days=14,
            ),
        ),
    ),
    "action step": Kind(
        ACTION_STEP, lambda _: PractiseActionStep(),
        (
            g.ActionStepOffered(
                **WITHIN, coach_id=COACH, teacher_id=TEACHER, strategy_code="cold_call",
                check_back_on=date(2030, 1, 1), offered_by=COACH,
            ),
            g.ActionStepResponded(**WITHIN, response="accepted", by=TEACHER),
        ),
    ),
    "break glass": Kind(
        BREAK_GLASS, lambda _: RequestBreakGlass(teacher_id=TEACHER, reason=_said()), by=lambda *_: BY_ADMINISTRATOR,
        once=True,
    ),
    "erasure": Kind(ERASURE, lambda _: AttestErasure(person_id=TEACHER, n_items=3), by=lambda *_: SYSTEM, once=True),
    "operation": Kind(
        OPERATION, lambda _: BeginOperation(act="rebuild"), by=lambda *_: Actor("operator", "olga", DISTRICT), once=True
    ),
    "receipt": Kind(GOALS_ACCESS, _read, once=True),
    "receipt of a visit": Kind(OBSERVATIONS_ACCESS, _read, once=True),
    "initiative": Kind(
        INITIATIVE, lambda turn: LinkGoalToInitiative(goal_id=turn.goals[turn.lap % len(turn.goals)]),
        (g.InitiativeLaunched(name_ref=REF, begin=date(2026, 1, 5)),),
    ),
    "model template": Kind(MODEL_TEMPLATE, _publish_model, by=lambda *_: BY_LEAD),
    "instrument": Kind(INSTRUMENT, _publish_instrument, by=lambda *_: BY_LEAD),
    "observation": Kind(OBSERVATION, _visit, by=lambda *_: BY_COACH),
    "activity": Kind(ACTIVITY, _spend, by=lambda *_: BY_COACH),
    "reflection": Kind(REFLECTION, _reflect),
    "milestone rule": Kind(
        MILESTONE_RULE, lambda turn: PublishMilestoneRule(milestone="VisitOverdue", days=1 + turn.lap % 9),
        (n.MilestoneRulePublished(milestone="VisitOverdue", version=2, enabled=True, days=3, recipients=("coach",)),),
        by=lambda *_: BY_LEAD,
    ),
    "cycle watch": Kind(
        CYCLE_WATCH, _reach,
        (n.MilestoneReached(milestone="CycleOpened", cycle_id=CYCLE_ID, due_at=AT, rule_version=1, occurrence="once"),),
        by=lambda *_: SYSTEM,
    ),
    "notification": Kind(NOTIFICATION, _tell, by=lambda _, turn: OWNER if turn.second else SYSTEM),
    "preference": Kind(
        PREFERENCE, _either(ChangePreference(mail="daily_digest"), ChangePreference(mail="at_once")),
        (n.PreferenceChanged(mail="at_once"),),
        by=lambda own, _: Actor("person", str(own), DISTRICT),
    ),
    "district": Kind(
        DISTRICTS, lambda turn: ChangePolicy(caseload_limit=5 + turn.lap % 9),
        (d.DistrictOpened(sandbox=False, time_zone="America/Chicago", name_ref=REF),),
        by=lambda own, _: Actor("operator", "bench", own),
    ),
    "org": Kind(
        ORG, _either(ChangeOrg(time_zone="America/Denver"), ChangeOrg(time_zone="America/Chicago")),
        (d.OrgOpened(type="school", name_ref=REF),),
        by=lambda *_: BY_LEAD,
    ),
    "person": Kind(
        PERSON, _either(ChangePerson(experience_band="veteran"), ChangePerson(experience_band="novice")),
        (d.PersonEnrolled(name_ref=REF),),
        by=lambda *_: BY_LEAD,
    ),
}  # fmt: skip
"""Every kind of thing that people and the platform command; the goal, which the others are measured beside, first."""
