"""A year of coaching in two districts, decided by the deciders themselves, at random but always the same for a seed."""

import random
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from backbone.content_read import NoteRead, ReadFacts
from backbone.deciding import EVERYWHERE, Actor, Aggregate, Command, Refusal
from backbone.erasure import AttestErasure, ErasureFacts
from backbone.operation import BeginExport, BeginOperation, EndExport, EndOperation, OperationFacts
from backbone.recorded import Meta, Recorded, partition_of
from backbone.words import PrivateText, private
from chalkline_contracts.measurement import MeasurementTaken
from chalkline_contracts.notifications import MailPreference, Recipient
from chalkline_contracts.receipts import WhatWasRead
from directory import aggregates as directory
from directory.calendar import ChangeCalendar, Dates
from directory.district import AdvanceClock, DistrictFacts, OpenDistrict
from directory.org import ChangeOrg, CloseOrg, OpenOrg, OrgFacts
from directory.person import (
    AssignEvaluator,
    AssignRole,
    ChangePerson,
    DeactivatePerson,
    EnrolPerson,
    PersonFacts,
    WithdrawEvaluator,
    WithdrawRole,
)
from directory.person_erasure import EraseMentions, LiftLegalHold, PlaceLegalHold, RequestErasure
from directory.policy import ChangePolicy, KeptDays, QuietTime
from directory.roster.following import FollowRosterOrg, FollowRosterPerson, RosterRole
from directory.roster_import import BeginRosterImport, FinishRosterImport, RosterFacts
from goals import aggregates as goals
from goals.action_step import (
    MasterActionStep,
    OfferActionStep,
    PractiseActionStep,
    RespondToActionStep,
    UseActionStep,
)
from goals.break_glass import ApproveBreakGlass, DenyBreakGlass, RequestBreakGlass
from goals.cycle import (
    CloseCycleEarly,
    CompleteCycle,
    EnterPhase,
    JoinCycle,
    LeaveCycle,
    PauseCycle,
    RecordFollowUp,
    ResumeCycle,
    StartCycle,
)
from goals.facts import GoalsFacts, MeasurementFact, PersonFact
from goals.goal import (
    AbandonGoal,
    AgreeGoal,
    ConfirmAchievement,
    CountMeasurement,
    DraftGoal,
    PeersAnswers,
    ProposeGoal,
    RechartGoal,
    RecordBaseline,
    RecordProgress,
    RetractMeasurement,
    RetractProgress,
)
from goals.initiative import CloseInitiative, LaunchInitiative, LinkGoalToInitiative
from goals.model_template import PublishModelTemplate, RetireModelTemplate
from goals.partnership import (
    DeclinePartnership,
    EndPartnership,
    GiveConsent,
    GrantShare,
    HandOverCoach,
    ProposePartnership,
    RevokeShare,
    SuspendPartnership,
)
from goals.product_models import PRODUCT
from notifications import aggregates as notifications
from notifications.cycle_watch import CycleWatchFacts, ReachMilestone
from notifications.milestone_rule import MilestoneRuleFacts, PublishMilestoneRule
from notifications.notification import (
    AcknowledgeNotification,
    DeliverNotification,
    FailNotification,
    NotificationFacts,
    Notify,
    SuppressNotification,
)
from notifications.preference import ChangePreference, PreferenceFacts
from observations import aggregates as observations
from observations.activity import ActivityFacts, HoldActivity, MissActivity, PlanActivity
from observations.instrument import InstrumentFacts, PublishInstrument, RetireInstrument
from observations.observation import (
    AcknowledgeFeedback,
    CorrectObservation,
    GiveCoachFeedback,
    ObservationFacts,
    RecordObservation,
    ScheduleObservation,
    ShareFeedback,
    VoidObservation,
)
from observations.pair import Cycle, Partnership
from observations.pair import Goal as CoachedGoal
from observations.reflection import RecordReflection, ReflectionFacts, ShareReflection

SERVICES = ("directory", "goals", "observations", "notifications")
PEERS = PeersAnswers(
    powerful=True, easy=True, emotionally_compelling=True, reachable=True, student_focused=True
)

SPRING = Dates(begin=date(2026, 1, 5), end=date(2026, 6, 12))
DISTRICT_WISHES = (
    ChangePolicy(caseload_limit=12, quiet_hours=QuietTime(begin="18:00", end="07:00")),
    ChangePolicy(auto_confirm=True, retention=KeptDays(pair=2555, contacts=365)),
    ChangeCalendar(terms=(SPRING,)),
    ChangeCalendar(terms=(SPRING,), holidays=(Dates(begin=date(2026, 4, 3), end=date(2026, 4, 10)),)),
)

PHASES = PRODUCT["impact-cycle@1"].phases

CANARY = "zyzzyva"
"""In every text that anybody says: wherever it sings, words have travelled."""


def said(what: str) -> PrivateText:
    return private(f"{CANARY}: {what}")


def address(of: str) -> PrivateText:
    return private(f"{of}.{CANARY}@example.org")


@dataclass(frozen=True)
class Wish:
    """A command as it was decided: by whom, when, and on what facts."""

    aggregate: Aggregate[Any]
    tenant: UUID
    own_id: UUID
    command: Command
    facts: Any
    now: datetime


@dataclass
class Story:
    """`recorded[service]` are its events in the order of its log."""

    seed: int
    recorded: dict[str, list[Recorded[Any]]] = field(default_factory=lambda: defaultdict(list))
    wishes: list[Wish] = field(default_factory=list)
    commands: int = 0
    refused: int = 0

    def __post_init__(self) -> None:
        self._rng = random.Random(self.seed)
        self._states: dict[tuple[str, UUID, UUID], Any] = {}
        self._versions: dict[tuple[str, UUID, UUID], int] = defaultdict(int)
        self.now = datetime(2026, 1, 5, 15, tzinfo=UTC)
        for n in (1, 2):
            self._district(UUID(int=n))
        for n in (1, 2):
            self._mail(UUID(int=n))
            self._glass(UUID(int=n))
        for n in (1, 2):
            self._erase(UUID(int=n))
        for tenant in (EVERYWHERE, UUID(int=1), UUID(int=2)):
            self._operate(tenant)

    def do(
        self, aggregate: Aggregate[Any], tenant: UUID, own_id: UUID, command: Command, facts: Any, **told: Any
    ) -> list[Any]:
        """Decides, folds and records; a refusal leaves nothing."""
        self.commands += 1
        self.now += timedelta(minutes=self._rng.randrange(1, 4000))
        command_id = uuid5(tenant, f"{self.seed}:{self.commands}")
        by = told.pop("by", Actor("operator", "it", tenant))
        key = (aggregate.events[0].service, tenant, own_id)  # a cycle and its watch share an id
        state = self._states.get(key, aggregate.initial)
        known = facts(by=by, command_id=command_id, aggregate_id=own_id, **told)
        self.wishes.append(Wish(aggregate, tenant, own_id, command, known, self.now))
        try:
            events = aggregate.decide(state, command, known, now=self.now)
        except Refusal:
            self.refused += 1
            return []
        for event in events:
            log = self.recorded[event.service]
            self._versions[key] += 1
            log.append(
                Recorded(
                    source=event.service, position=len(log) + 1, partition=partition_of(tenant, own_id),
                    event_id=uuid5(command_id, f"{event.service}:{self._versions[key]}"), tenant=tenant,
                    aggregate_id=own_id, version=self._versions[key], event=event,
                    occurred_at=event.happened_at or self.now, recorded_at=self.now,
                    cause=Meta(actor=str(by), command_id=str(command_id), request="", correlation_id=str(command_id)),
                )
            )  # fmt: skip
            state = aggregate.evolve(state, event)
        self._states[key] = state
        return events

    def state(self, aggregate: Aggregate[Any], tenant: UUID, own_id: UUID) -> Any:
        return self._states.get((aggregate.events[0].service, tenant, own_id), aggregate.initial)

    def _erase(self, tenant: UUID) -> None:
        """One who is held back by a legal hold, and is erased once it is lifted; then what others said of them."""
        who = UUID(int=220)

        def do(command: Command) -> list[Any]:
            return self.do(directory.PERSON, tenant, who, command, PersonFacts, time_zone="America/Chicago")

        do(EnrolPerson(name=said("a person who will be erased"), sourced_id=said("id")))
        placed = do(PlaceLegalHold(reason=said("a matter")))
        do(RequestErasure())
        do(LiftLegalHold(hold_id=placed[0].hold_id, reason=said("it is settled")))
        asked = [*do(RequestErasure()), *do(EraseMentions(refs=(UUID(int=221),)))]
        for erasure_id in [event.erasure_id for event in asked if hasattr(event, "erasure_id")]:
            for service in (directory, goals, observations, notifications):
                by = Actor("system", "erasing", tenant)
                command = AttestErasure(person_id=who, n_items=3)
                self.do(service.ERASURE, tenant, erasure_id, command, ErasureFacts, by=by)

    def _operate(self, tenant: UUID) -> None:
        """What operators do to each service, and to what it has of a district."""
        by = Actor("operator", "olga", tenant)
        acts: tuple[tuple[Command, ...], ...] = (
            (BeginExport(with_words=True), EndExport(outcome="done", n_items=7)),
            (BeginExport(), EndExport(outcome="failed")),
        )
        if tenant == EVERYWHERE:
            acts = (
                (BeginOperation(act="rebuild"), EndOperation(outcome="done", code="differing", n_items=4711)),
                (BeginOperation(act="recover_from_stream", acted_at=self.now - timedelta(hours=2)),
                 EndOperation(outcome="done", n_items=12)),
                (BeginOperation(act="parked_retry"),),
            )  # fmt: skip
        for service in (directory, goals, observations, notifications):
            for n, commands in enumerate(acts):
                for command in commands:
                    act = UUID(int=490 + n)
                    self.do(service.OPERATION, tenant, act, command, OperationFacts, by=by)

    # The same ids in both districts, so that what forgot its tenant mixes them up.

    def _district(self, tenant: UUID) -> None:
        rng = self._rng
        told: dict[str, Any] = {"time_zone": "America/Chicago", "org_open": True, "evaluator_active": True}
        opening = OpenDistrict(name=said("a district"), sandbox=tenant.int == 1, time_zone="America/Chicago")
        self.do(directory.DISTRICT, tenant, tenant, opening, DistrictFacts)
        schools = [UUID(int=100 + n) for n in range(3)]
        for school in schools:
            opening_org = OpenOrg(
                name=said("a school"),
                type="school",
                time_zone=rng.choice(("America/Denver", None)),
                sourced_id=said("id"),
            )
            self.do(directory.ORG, tenant, school, opening_org, OrgFacts, district_open=True)
        people = [UUID(int=200 + n) for n in range(6)]

        def changed() -> ChangePerson:
            told = {"name": said("married"), "email": address("other"), "sourced_id": said("id")}
            return ChangePerson.model_validate(told | {"experience_band": "veteran"})

        for person in people:

            def do(command: Command, who: UUID = person) -> None:
                self.do(directory.PERSON, tenant, who, command, PersonFacts, **told)

            band = rng.choice(("novice", None))
            do(
                EnrolPerson(
                    name=said("a person"), email=address("mail"), sourced_id=said("id"), experience_band=band
                )
            )
            do(AssignEvaluator(evaluator_id=people[0]))
            if person == people[2]:
                do(WithdrawEvaluator(evaluator_id=people[0]))
                do(AssignRole(role="principal", org_id=schools[0], begin=date(2026, 1, 1)))
                do(WithdrawRole(role="principal", org_id=schools[0]))
            for _ in range(rng.randrange(5)):
                other, school, role = (
                    rng.choice(people),
                    rng.choice(schools),
                    rng.choice(("teacher", "coach")),
                )
                do(rng.choice((
                    AssignRole(role=role, org_id=school, begin=date(2026, 1, 1)),
                    WithdrawRole(role=role, org_id=school),
                    AssignEvaluator(evaluator_id=other), WithdrawEvaluator(evaluator_id=other),
                    changed(),
                )))  # fmt: skip
        self.do(directory.PERSON, tenant, people[-1], DeactivatePerson(), PersonFacts, **told)
        self.do(
            directory.ORG,
            tenant,
            schools[-1],
            ChangeOrg(name=said("a new sign"), sourced_id=said("another id")),
            OrgFacts,
            district_open=True,
        )
        self.do(directory.ORG, tenant, schools[-1], CloseOrg(), OrgFacts, district_open=True)
        self._roster(tenant, people)
        self._models(tenant)
        for n in range(3):
            self._pair(tenant, n, people)
        self.do(goals.INITIATIVE, tenant, UUID(int=303), CloseInitiative(), GoalsFacts)
        clock = getattr(self.state(directory.DISTRICT, tenant, tenant), "clock", None)
        while clock is not None and clock < self.now + timedelta(days=30):  # a leap has its longest
            clock += timedelta(days=300)
            self.do(directory.DISTRICT, tenant, tenant, AdvanceClock(to=clock), DistrictFacts)
        for command in DISTRICT_WISHES:
            self.do(directory.DISTRICT, tenant, tenant, command, DistrictFacts)

    def _roster(self, tenant: UUID, people: list[UUID]) -> None:
        """An import: a school it opens, one who comes, one who comes back, and one who left before."""
        rng, school, fingerprint = self._rng, UUID(int=110), "0a1b2c"
        begin = BeginRosterImport(fingerprint=fingerprint, added=2, changed=1, removed=0, rejected=1)
        self.do(directory.ROSTER, tenant, UUID(int=111), begin, RosterFacts, district_open=True)
        follow = FollowRosterOrg(type="school", name=said("a school"), sourced_id=said("id"))
        self.do(directory.ORG, tenant, school, follow, OrgFacts, district_open=True)
        role = RosterRole(role="teacher", org_id=school, row=UUID(int=112))
        told: dict[str, Any] = {"time_zone": "America/Chicago", "orgs_open": frozenset({school})}
        told["evaluators_active"] = frozenset(people)
        for person in (UUID(int=210), people[-1], people[rng.randrange(3)]):
            told_of: dict[str, Any] = {
                "name": said("a person"),
                "email": address("mail"),
                "sourced_id": said("id"),
            }
            told_of["evaluator_ids"] = (people[0],)
            named = FollowRosterPerson.model_validate(told_of | {"roles": (role,)})
            bare = FollowRosterPerson(roles=(), evaluator_ids=())
            for command in (named, bare) if person != people[0] else ():
                self.do(directory.PERSON, tenant, person, command, PersonFacts, **told)
        finish = FinishRosterImport(fingerprint=fingerprint)
        self.do(directory.ROSTER, tenant, UUID(int=111), finish, RosterFacts, district_open=True)

    def _models(self, tenant: UUID) -> None:
        template, instrument, rule = UUID(int=300), UUID(int=301), UUID(int=302)
        facts = {"level": True}
        publish = PublishModelTemplate(
            name="ours", version=1, phases=("see", "do"), cadence_days=7, planned_weeks=4
        )
        self.do(goals.MODEL_TEMPLATE, tenant, template, publish, GoalsFacts, **facts)
        self.do(goals.MODEL_TEMPLATE, tenant, template, RetireModelTemplate(), GoalsFacts, **facts)
        launch = LaunchInitiative(name=said("we read"), focus="engagement", begin=date(2026, 1, 5))
        self.do(goals.INITIATIVE, tenant, UUID(int=303), launch, GoalsFacts)
        for n in range(3):
            item = {"code": "on_task", "kind": "intervals_on_task", "wording": said("on task?")}
            told = PublishInstrument.model_validate({"name": said("ours"), "code": "ours", "items": (item,)})
            command = told if n < 2 else RetireInstrument()
            self.do(observations.INSTRUMENT, tenant, instrument, command, InstrumentFacts)
        for days in (3, 12):
            command = PublishMilestoneRule(milestone="VisitOverdue", days=days, enabled=days != 3)
            self.do(notifications.MILESTONE_RULE, tenant, rule, command, MilestoneRuleFacts)

    def _pair(self, tenant: UUID, n: int, people: list[UUID]) -> None:
        rng = self._rng
        coach, teacher = people[n], people[n + 1]
        anyone = PersonFact(roles=frozenset({"coach", "teacher"}), school_ids=frozenset({UUID(int=100)}))
        knows = dict.fromkeys(people, anyone)
        ids = {
            name: UUID(int=400 + 10 * n + k)
            for k, name in enumerate(("pair", "cycle", "goal", "visit", "other"))
        }
        pair, cycle, goal = ids["pair"], ids["cycle"], ids["goal"]

        def act(
            aggregate: Aggregate[Any], own_id: UUID, command: Command, who: UUID, **known: Any
        ) -> list[Any]:
            return self.do(
                aggregate, tenant, own_id, command, GoalsFacts, by=Actor("person", str(who), tenant), people=knows,
                partnership=self.state(goals.PARTNERSHIP, tenant, pair), cycle=self.state(goals.CYCLE, tenant, cycle),
                goal=self.state(goals.GOAL, tenant, goal),
                template=PRODUCT["impact-cycle@1"], school_id=UUID(int=100), time_zone="America/Chicago", **known,
            )  # fmt: skip

        other = people[4]  # takes part in one of the cycles for a while
        teachers = (teacher, other) if n == 1 else (teacher,)
        act(goals.PARTNERSHIP, pair, ProposePartnership(coach_id=coach, teacher_ids=teachers), coach)
        if n == 2 and rng.random() < 0.3:
            act(goals.PARTNERSHIP, pair, DeclinePartnership(reason=said("no time")), teacher)
            return
        for who in (coach, *teachers):
            act(goals.PARTNERSHIP, pair, GiveConsent(), who)
        share = GrantShare.model_validate(
            {"scope": {}, "audience": (people[5],), "expires_at": self.now + timedelta(days=90)}
        )
        for granted in act(goals.PARTNERSHIP, pair, share, teacher):
            self._reads(tenant, people[5], (teacher,), granted.share_id, ids)
            act(goals.PARTNERSHIP, pair, RevokeShare(share_id=granted.share_id), teacher)
        start = StartCycle(partnership_id=pair, focus="engagement", teacher_ids=(teacher,))
        act(goals.CYCLE, cycle, start, coach)
        for command in (EnterPhase(phase="learn"), PauseCycle(reason_code="leave"), ResumeCycle(),
                        JoinCycle(teacher_id=other)):  # fmt: skip
            act(goals.CYCLE, cycle, command, teacher)
        act(goals.GOAL, goal, DraftGoal(cycle_id=cycle), coach)
        act(goals.GOAL, goal, RecordBaseline(measurements=(self._taken(40), self._taken(44))), coach)
        propose = ProposeGoal(
            statement=said("a goal"),
            metric_code="on_task",
            target="0.8",
            due_on=(self.now + timedelta(days=400)).date(),
            required_consecutive=rng.choice((1, 2)),
            peers=PEERS,
        )
        act(goals.GOAL, goal, propose, coach)
        for who in (coach, teacher):
            act(goals.GOAL, goal, AgreeGoal(), who)
        for percent in (38, 41, 39):  # all of them worse than where it started
            act(goals.GOAL, goal, RecordProgress(measurement=self._taken(percent)), coach)
        to = rng.choice(({"target": "0.75"}, {"due_on": date(2027, 9, 1), "required_consecutive": 2}))
        recharted = RechartGoal.model_validate(to | {"reason_code": "too_soon", "reason": said("more time")})
        act(goals.GOAL, goal, recharted, teacher)
        high = [act(goals.GOAL, goal, RecordProgress(measurement=self._taken(95)), teacher) for _ in range(3)]
        for measured in (events[0] for events in high if events):  # no achievement: it was another class
            mistaken = RetractProgress(
                measurement_id=measured.measurement.measurement_id, reason_code="mistaken"
            )
            act(goals.GOAL, goal, mistaken, teacher, measured=MeasurementFact(teacher, observed=False))
        act(goals.INITIATIVE, UUID(int=303), LinkGoalToInitiative(goal_id=goal), (coach, teacher)[n % 2])
        self._steps((coach, teacher), ids, n, act)
        act(goals.CYCLE, cycle, LeaveCycle(teacher_id=other), coach)
        act(goals.GOAL, goal, AgreeGoal(), coach)  # nobody waits any more for who left
        for k in range(rng.randrange(3, 7)):
            if k == 2 and n == 0:  # in the middle of the cycle, and everyone is asked again
                coach = people[5]
                act(goals.PARTNERSHIP, pair, HandOverCoach(to_coach_id=coach), teacher)
                act(goals.PARTNERSHIP, pair, GiveConsent(), teacher)
            self._weeks(tenant, (coach, teacher), ids, k, act)
        endings = (
            CompleteCycle(),
            CloseCycleEarly(reason_code="moved", reason=said("moving")),
            EnterPhase(phase="improve"),
        )
        ending: Command = rng.choice(endings)
        if n == 1 or rng.random() < 0.3:
            act(goals.GOAL, goal, AbandonGoal(reason_code="changed", reason=said("for another")), teacher)
        if rng.random() < 0.6:  # else the cycle ends with its partnership, or not at all
            act(goals.CYCLE, cycle, ending, coach)
            for outcome in ("sustained", "lapsed"):
                follow_up = RecordFollowUp.model_validate({"outcome": outcome})
                act(goals.CYCLE, cycle, follow_up, teacher)
        if rng.random() < 0.8:
            end = EndPartnership(reason_code="moved", reason=said("moved"))
            last: Command = rng.choice((end, SuspendPartnership(reason_code="evaluator", coach_id=coach)))
            act(goals.PARTNERSHIP, pair, last, teacher)

    def _glass(self, tenant: UUID) -> None:
        """Somebody asks to read what is a teacher's; it is approved once, and once denied."""
        asks, agrees, teacher = (UUID(int=200 + n) for n in (5, 0, 1))
        knows = dict.fromkeys((asks, agrees, teacher), PersonFact(roles=frozenset({"administrator"})))
        for number, settle in enumerate((ApproveBreakGlass(), DenyBreakGlass())):
            glass = uuid5(teacher, f"glass {number}")
            request = RequestBreakGlass(teacher_id=teacher, reason=said("a complaint"))
            for who, command in ((asks, request), (asks, ApproveBreakGlass()), (agrees, settle)):
                by = Actor("person", str(who), tenant)
                self.do(goals.BREAK_GLASS, tenant, glass, command, GoalsFacts, by=by, people=knows)

    def _reads(
        self, tenant: UUID, reader: UUID, teachers: tuple[UUID, ...], grant: UUID, ids: dict[str, UUID]
    ) -> None:
        """Somebody to whom it was opened looks at a goal and at a visit, and leaves a receipt of each."""
        for aggregate, what, own_id in (
            (goals.ACCESS, "Goal", ids["goal"]),
            (observations.ACCESS, "Observation", ids["visit"]),
        ):
            read = WhatWasRead(aggregate=what, id=own_id)
            note = NoteRead(teacher_ids=teachers, what=read, why="share", grant_ids=(grant,))
            by = Actor("person", str(reader), tenant)
            self.do(aggregate, tenant, uuid5(grant, what), note, ReadFacts, by=by)

    def _steps(self, pair: tuple[UUID, UUID], ids: dict[str, UUID], n: int, act: Any) -> None:
        """What a partner recommends: declined once, and once taken all the way."""
        coach, teacher = pair
        for response, who in (("declined", coach), (("accepted", "adapted")[n % 2], teacher)):
            step = uuid5(ids["other"], f"step:{response}")
            offer = OfferActionStep(
                cycle_id=ids["cycle"],
                teacher_id=teacher,
                goal_id=ids["goal"],
                strategy_code="cold_call",
                checklist="cold-call@2",
                check_back_on=(self.now + timedelta(days=30)).date(),
                note=said("wait for it"),
            )
            act(goals.ACTION_STEP, step, offer, who)
            respond = RespondToActionStep.model_validate({"response": response, "note": said("my way")})
            act(goals.ACTION_STEP, step, respond, teacher)
            practised = MeasurementTaken.model_validate(
                {"metric_code": "cold_call", "kind": "checklist_fidelity", "numerator": 5, "denominator": 6,
                 "direction": "increase", "occurred_at": self.now, "source": "observation"}
            )  # fmt: skip
            for command in (PractiseActionStep(), PractiseActionStep(measurement=practised), UseActionStep(),
                            MasterActionStep()):  # fmt: skip
                act(goals.ACTION_STEP, step, command, self._rng.choice(pair))

    def _weeks(self, tenant: UUID, pair: tuple[UUID, UUID], ids: dict[str, UUID], k: int, act: Any) -> None:
        rng, goal = self._rng, ids["goal"]
        coach, teacher = pair
        visit = uuid5(ids["visit"], str(k))

        def observe(command: Command, who: UUID) -> list[Any]:
            return self.do(
                observations.OBSERVATION, tenant, visit, command, ObservationFacts,
                by=Actor("person", str(who), tenant), partnership=Partnership(coach, (teacher,), "agreed"),
                cycle=Cycle(ids["pair"], PHASES), goals={goal: CoachedGoal(ids["pair"], (teacher,))},
            )  # fmt: skip

        about = {"partnership_id": ids["pair"], "cycle_id": ids["cycle"]}
        observe(ScheduleObservation(**about, scheduled_at=self.now + timedelta(days=30)), coach)
        record = RecordObservation.model_validate(
            about | {"goal_ids": (goal,), "started_at": self.now - timedelta(hours=1), "duration_s": 1800,
                     "mode": "live",
                     "measurements": (self._taken(rng.randrange(60, 100)), self._met(6)), "chosen_by": "teacher",
                     "evidence": said("what was seen")}
        )  # fmt: skip
        for recorded in observe(record, coach):
            taken = recorded.measurements[0]
            count = CountMeasurement(measurement=taken, observation_id=visit, partnership_id=ids["pair"])
            act(goals.GOAL, goal, count, coach)
            if rng.random() < 0.5:
                correct = CorrectObservation(
                    measurements=(self._taken(95),), reason_code="typing_error", evidence=said("seen again")
                )
                if observe(correct, coach):
                    retract = RetractMeasurement(measurement_id=taken.measurement_id, cause="corrected")
                    act(goals.GOAL, goal, retract, coach)
        if rng.random() < 0.5:
            observe(ShareFeedback(feedback=said("well done")), coach)
            observe(AcknowledgeFeedback(), teacher)
        elif rng.random() < 0.4:
            observe(VoidObservation(reason_code="wrong_class"), coach)
        act(goals.GOAL, goal, RecordProgress(measurement=self._taken(rng.randrange(50, 100))), teacher)
        act(goals.GOAL, goal, ConfirmAchievement(), teacher)
        observe(GiveCoachFeedback(feedback=said("it helped")), teacher)
        self._time(tenant, pair, ids, k)
        self._thoughts(tenant, pair, ids, k)
        milestone = rng.choice(("VisitOverdue", "GoalSilent", "MidpointReview"))
        reach = ReachMilestone(milestone=milestone, rule_version=1, occurrence=f"once:{k}", due_at=self.now,
                               recipients=(Recipient(person_id=coach, role="coach"),))  # fmt: skip
        self.do(notifications.CYCLE_WATCH, tenant, ids["cycle"], reach, CycleWatchFacts)
        note = uuid5(ids["other"], str(k))
        notify = Notify(milestone=milestone, cycle_id=ids["cycle"], recipient_id=coach, due_at=self.now,
                        occurrence=f"once:{k}")  # fmt: skip
        self.do(notifications.NOTIFICATION, tenant, note, notify, NotificationFacts)
        self.do(notifications.NOTIFICATION, tenant, note, AcknowledgeNotification(), NotificationFacts)

    def _time(self, tenant: UUID, pair: tuple[UUID, UUID], ids: dict[str, UUID], k: int) -> None:
        """Coaching time beside the visit: planned, then held or missed; not planned at all; and training for many."""
        rng, (coach, teacher) = self._rng, pair
        about: dict[str, Any] = {"partnership_id": ids["pair"], "cycle_id": ids["cycle"], "phase": "learn"}

        def spend(number: int, *commands: Command) -> None:
            for command in commands:
                self.do(
                    observations.ACTIVITY, tenant, uuid5(ids["cycle"], f"time {k}.{number}"), command, ActivityFacts,
                    by=Actor("person", str(coach), tenant), belongs=True, is_coach=True,
                    partnership=Partnership(coach, (teacher,), "agreed"), cycle=Cycle(ids["pair"], PHASES),
                )  # fmt: skip

        later = self.now + timedelta(days=20)
        planned = PlanActivity(type=rng.choice(("model", "plan")), scheduled_at=later, minutes=45, **about)
        spend(0, planned, HoldActivity(started_at=self.now - timedelta(hours=1), minutes=30))
        spend(1, planned, MissActivity(reason_code="ill"))
        coteach = HoldActivity(
            type="coteach", started_at=self.now - timedelta(minutes=70), minutes=50, **about
        )
        spend(2, coteach)
        spend(
            3,
            HoldActivity(type="pd", started_at=self.now - timedelta(hours=2), minutes=90, participants_n=14),
        )

    def _thoughts(self, tenant: UUID, pair: tuple[UUID, UUID], ids: dict[str, UUID], k: int) -> None:
        """What each thought for themselves; the teacher's about the partnership, and shared."""
        coach, teacher = pair
        about = {"partnership_id": ids["pair"], "cycle_id": ids["cycle"]}
        for who, told in ((coach, {}), (teacher, about)):
            thought = uuid5(who, f"thought {ids['pair']} {k}")
            record = RecordReflection(reflection=said("I talked too much"), **told)
            for command in (record, *([ShareReflection()] if k else ())):
                self.do(
                    observations.REFLECTION, tenant, thought, command, ReflectionFacts,
                    by=Actor("person", str(who), tenant), partnership=Partnership(coach, (teacher,), "agreed"),
                    cycle=Cycle(ids["pair"], PHASES),
                )  # fmt: skip

    def _mail(self, tenant: UUID) -> None:
        """What became of mails, some of them acknowledged first, and how somebody wants them."""
        person = UUID(int=200)
        chosen: tuple[tuple[MailPreference, tuple[str, ...]], ...] = (
            ("daily_digest", ("VisitOverdue",)), ("none", ()), ("at_once", ())
        )  # fmt: skip
        for mail, muted in chosen:
            change = ChangePreference(mail=mail, muted=muted)
            self.do(notifications.PREFERENCE, tenant, person, change, PreferenceFacts)
        settling: tuple[Command, ...] = (
            DeliverNotification(message_id="1@chalkline.example"),
            FailNotification(message_id="2@chalkline.example", code="smtp_550"),
            SuppressNotification(code="not_wanted"),
        )
        for n, settle in enumerate((*settling, *settling)):
            note, cycle = UUID(int=480 + n), UUID(int=401)
            notify = Notify(milestone="GoalSet", cycle_id=cycle, recipient_id=person, due_at=self.now)
            commands = [notify, *([AcknowledgeNotification()] if n > 2 else []), settle, settle]
            for command in commands:
                self.do(notifications.NOTIFICATION, tenant, note, command, NotificationFacts)

    def _met(self, items: int) -> MeasurementTaken:
        return MeasurementTaken.model_validate(
            {"metric_code": "cold_call", "kind": "checklist_fidelity", "numerator": items, "denominator": 8,
             "direction": "increase", "occurred_at": self.now - timedelta(hours=1), "source": "observation"}
        )  # fmt: skip

    def _taken(self, percent: int) -> MeasurementTaken:
        return MeasurementTaken.model_validate(
            {"metric_code": "on_task", "kind": "intervals_on_task", "numerator": percent, "denominator": 100,
             "direction": "increase", "occurred_at": self.now - timedelta(hours=1), "instrument": "time-on-task@1",
             "source": "observation"}
        )  # fmt: skip
