"""A rehearsal: who would have heard what by a rule that was never in force, beside who did.

The past is played once more in memory, with the same fold, the same timers and the same policies as in production, and
a clock that jumps from one thing that happens to the next. Nothing is written, and nobody hears of it.
"""

import asyncio
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from heapq import heappop, heappush
from typing import Any, Final, NamedTuple
from uuid import UUID, uuid5

from backbone.deciding import Actor
from backbone.policies import NotProjected, Policy
from backbone.recorded import Recorded, partition_of
from chalkline_contracts import directory as d
from chalkline_contracts.event import Event
from chalkline_contracts.notifications import (
    MilestoneReached,
    MilestoneRulePublished,
    RecipientRole,
)

from notifications import hindsight
from notifications.clocks import Timer, timers_of
from notifications.cycle_watch import CycleWatch, CycleWatchFacts, ReachMilestone, Watching, decide, evolve
from notifications.hindsight import Hindsight
from notifications.policies import POLICIES
from notifications.rules import BY_MILESTONE
from notifications.timers import reach, row_of

REACTING: Final[tuple[Policy, ...]] = tuple(one for one in POLICIES if MilestoneReached not in one.handles)
"""Those by which an event reaches a milestone at once."""
HANDLES: Final[frozenset[type[Event]]] = frozenset[type[Event]]().union(
    hindsight.HANDLES, (d.DistrictOpened, d.SandboxClockAdvanced), *(policy.handles for policy in REACTING)
)
"""Everything that decides who hears what, and when."""
ALWAYS: Final = datetime(1, 1, 2, tzinfo=UTC)
"""When a rule was published that was in force from the beginning."""
NOWHERE: Final = UUID(int=0)
"""The id of what never happened."""
A_WHILE: Final = 0.005
"""Seconds of work after which others have their turn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """The rule that is tried, and from when until when it is."""

    tenant: UUID
    milestone: str
    enabled: bool = True
    days: int | None = None
    hours: int | None = None
    experience_band: str | None = None
    recipients: tuple[RecipientRole, ...]
    since: datetime | None = None
    """Published at this moment; None: in force from the beginning."""
    until: datetime

    def published(self, version: int) -> MilestoneRulePublished:
        return MilestoneRulePublished(
            milestone=self.milestone, version=version, enabled=self.enabled, days=self.days, hours=self.hours,
            experience_band=self.experience_band, recipients=self.recipients,
        )  # fmt: skip

    def holds(self, moment: datetime) -> bool:
        """Whether what is told at this moment counts."""
        return (self.since is None or moment >= self.since) and moment <= self.until


class Notice(NamedTuple):
    """What makes one notification the same as another: of what, and to whom."""

    watch_id: UUID
    occurrence: str
    person_id: UUID


class Telling(NamedTuple):
    """One notification: as what its recipient heard of it, and when."""

    role: RecipientRole
    at: datetime
    goal_id: UUID | None
    of_partnership: bool


@dataclass(slots=True)
class Rehearsed:
    """What came of a rehearsal."""

    would: dict[Notice, Telling] = field(default_factory=dict)
    heard: dict[Notice, Telling] = field(default_factory=dict)
    began: datetime | None = None
    """When the first of it happened that was played; None: nothing did."""


async def rehearse(events: Iterable[Recorded[Any]], trial: Trial) -> Rehearsed:
    """Plays a district's past, in the order of its recording, by the rule that is tried."""
    playing = _Playing(trial)
    began = time.perf_counter()
    for recorded in events:
        if recorded.recorded_at > trial.until:
            break
        if playing.rehearsed.began is None:
            playing.rehearsed.began = recorded.recorded_at
        await playing.take(recorded)
        if time.perf_counter() - began > A_WHILE:
            await asyncio.sleep(0)
            began = time.perf_counter()
    await playing.end()
    return playing.rehearsed


class _Playing:
    """The past as far as it was played."""

    def __init__(self, trial: Trial) -> None:
        self.rehearsed = Rehearsed()
        self._trial = trial
        self._past = Hindsight(trial.tenant)
        self._at_once = BY_MILESTONE[trial.milestone].trigger == "event"
        self._sandbox = False
        self._clock = ALWAYS
        self._command: tuple[str, str] | None = None
        """Whose events are being taken: what one command told has its effects together."""
        self._touched: dict[UUID, None] = {}
        self._reacting: list[Recorded[Any]] = []
        """Events of this command to which policies may react."""
        self._reached: dict[UUID, CycleWatch] = {}
        self._timers: dict[UUID, dict[str, Timer]] = {}
        """Those of the milestone that are to come, by what they are about and by occurrence."""
        self._queue: list[tuple[datetime, int, UUID, str]] = []
        self._queued = 0
        self._rule, self._version = uuid5(trial.tenant, "rehearsed"), 1
        self._published = False

    async def take(self, recorded: Recorded[Any]) -> None:
        told_by = (recorded.source, recorded.meta.command_id)
        if told_by != self._command:
            await self._settle()
            self._command = told_by
            self._pass(recorded.recorded_at)
        match recorded.event:
            case MilestoneReached():
                self._heard(recorded)
            case MilestoneRulePublished() as event if self._is_tried(event):
                if not self._published:
                    self._rule, self._version = recorded.aggregate_id, event.version
                    self._note(recorded)
            case d.SandboxClockAdvanced(to=to):
                self._pass(to, standing=False)
            case event:
                if isinstance(event, d.DistrictOpened):
                    self._sandbox = event.sandbox
                self._note(recorded)
                if self._at_once and self._published:
                    self._reacting.append(recorded)

    async def end(self) -> None:
        """What falls due until the end, where the clock does not stand."""
        await self._settle()
        self._pass(self._trial.until, standing=self._sandbox)

    def _pass(self, moment: datetime, *, standing: bool | None = None) -> None:
        """Time passes until a moment. What is due before it is told; what is recorded at it may still cancel.

        A sandbox's clock stands until it is advanced, and comes to all that fell due in between at once.
        """
        since, standing = self._trial.since or ALWAYS, self._sandbox if standing is None else standing
        if not self._published and moment >= since:
            self._publish(since)
        if standing:
            self._clock = max(self._clock, moment)
        elif self._sandbox:
            self._clock = max(self._clock, moment)
            self._fire(moment, and_then=True)
        else:
            self._fire(moment, and_then=moment == self._trial.until)
            self._clock = max(self._clock, moment)

    def _publish(self, since: datetime) -> None:
        """From here on the rule that is tried is in force, instead of the one that was."""
        self._published = True
        self._clock = max(self._clock, since)
        self._note(_made(self._trial, self._rule, self._trial.published(self._version + 1), since))
        for watch_id in self._past:
            self._work_out(watch_id)

    def _is_tried(self, event: MilestoneRulePublished) -> bool:
        wanted = (self._trial.milestone, self._trial.experience_band)
        return (event.milestone, event.experience_band) == wanted

    def _heard(self, recorded: Recorded[MilestoneReached]) -> None:
        """What was really told. Before the tried rule is in force it counts here too."""
        event = recorded.event
        if event.milestone != self._trial.milestone:
            return
        if not self._published:
            watch = self._reached.get(recorded.aggregate_id, Watching())
            self._reached[recorded.aggregate_id] = evolve(watch, event)
            self._note(recorded)
        if self._trial.holds(recorded.recorded_at):
            _tell(self.rehearsed.heard, recorded.aggregate_id, event, recorded.recorded_at)

    def _note(self, recorded: Recorded[Any]) -> None:
        self._touched |= dict.fromkeys(self._past.note(recorded))

    async def _settle(self) -> None:
        """What the last command told has its effects: policies react, timers change, and what is due is told."""
        for recorded in self._reacting:
            await self._react(recorded)
        self._reacting.clear()
        if self._published:
            for watch_id in self._touched:
                self._work_out(watch_id)
            self._fire(self._clock, and_then=True)
        self._touched.clear()

    async def _react(self, recorded: Recorded[Any]) -> None:
        """What an event brings at once, by the policies that do so in production."""
        for policy in REACTING:
            if type(recorded.event) not in policy.handles:
                continue
            try:
                async for reaction in policy.react(recorded, self._look):
                    command = reaction.command
                    if isinstance(command, ReachMilestone) and command.milestone == self._trial.milestone:
                        self._reach(reaction.aggregate_id, command, self._clock)
            except NotProjected:  # of a cycle that nothing was told of
                continue

    async def _look(self, query: str, key: UUID) -> Any:
        return self._past.look(query, key, self._clock)

    def _work_out(self, watch_id: UUID) -> None:
        """The milestone's timers of a cycle or partnership as things are now."""
        if self._at_once:
            return
        known = self._past.known(watch_id)
        before = self._timers.pop(watch_id, {})
        here = {
            timer.occurrence: timer
            for timer in (timers_of(known, self._trial.milestone) if known else ())
            if not timer.reached and timer.send_at
        }
        if here:
            self._timers[watch_id] = here
        for occurrence, timer in here.items():
            there = before.get(occurrence)
            if timer.send_at and (there is None or there.send_at != timer.send_at):
                self._queued += 1
                heappush(self._queue, (timer.send_at, self._queued, watch_id, occurrence))

    def _fire(self, until: datetime, *, and_then: bool) -> None:
        """Whatever may be told before a moment is told, in that order; what may be told at it `and_then` too."""
        while self._queue and (self._queue[0][0] < until or (and_then and self._queue[0][0] == until)):
            send_at, _, watch_id, occurrence = heappop(self._queue)
            timer = self._timers.get(watch_id, {}).get(occurrence)
            if timer is not None and timer.send_at == send_at:  # it was not changed since
                del self._timers[watch_id][occurrence]
                known = self._past.known(watch_id)
                of_partnership = known is not None and known.cycle is None
                row = row_of((self._trial.tenant, watch_id), timer, of_partnership=of_partnership)
                self._reach(watch_id, reach(row._asdict()), max(send_at, self._clock))

    def _reach(self, watch_id: UUID, command: ReachMilestone, at: datetime) -> None:
        """Decided as in production: each occurrence once."""
        watch = self._reached.get(watch_id, Watching())
        facts = CycleWatchFacts(
            Actor("system", "rehearsal", self._trial.tenant), self._trial.tenant, watch_id
        )
        for event in decide(watch, command, facts, now=at):
            assert isinstance(event, MilestoneReached)
            watch = self._reached[watch_id] = evolve(watch, event)
            self._note(_made(self._trial, watch_id, event, at))
            if self._trial.holds(at):
                _tell(self.rehearsed.would, watch_id, event, at)


def _made(trial: Trial, aggregate_id: UUID, event: Event, at: datetime) -> Recorded[Any]:
    """An event that never happened, for those who fold."""
    tenant = trial.tenant
    return Recorded(
        event.service,
        0,
        partition_of(tenant, aggregate_id),
        NOWHERE,
        tenant,
        aggregate_id,
        0,
        event,
        at,
        at,
        b"",
    )


def _tell(told: dict[Notice, Telling], watch_id: UUID, event: MilestoneReached, at: datetime) -> None:
    for recipient in event.recipients:
        notice = Notice(watch_id, event.occurrence, recipient.person_id)
        told.setdefault(notice, Telling(recipient.role, at, event.goal_id, event.cycle_id is None))
