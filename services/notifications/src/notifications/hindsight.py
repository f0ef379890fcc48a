"""What was known at a moment of the past, in memory: as the projections and facts of this service would have had it.

Timers are worked out from it as from rows, and policies look at it as they look at facts.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from backbone.recorded import Recorded
from chalkline_contracts import directory as d
from chalkline_contracts.event import Event
from chalkline_contracts.notifications import MilestoneRulePublished

from notifications import watched as w
from notifications import watching
from notifications.timers import CODECS
from notifications.world import Key, World

FOLDED: Final[frozenset[type[Event]]] = frozenset(watching.HANDLES)
HANDLES: Final[frozenset[type[Event]]] = FOLDED.union(
    (d.RoleAssigned, d.RoleWithdrawn, d.DistrictPolicyChanged, d.PersonEnrolled, d.PersonDeactivated)
)
"""What changes anything in here."""


class Hindsight:
    """What one district's past comes to, as far as it was told."""

    def __init__(self, tenant: UUID) -> None:
        self._tenant = tenant
        self._world = World()
        self._watches: dict[UUID, None] = {}
        self._by: dict[UUID, dict[UUID, None]] = defaultdict(dict)
        """Cycles by the partnership and the teachers they ever had, partnerships by coach."""
        self._rules: dict[UUID, None] = {}
        self._leads = _Leads()
        self._policy: str | None = None
        self._looks: dict[str, Callable[[UUID, datetime], Mapping[str, Any] | None]] = {
            "cycle": self._cycle,
            "goal": self._goal,
            "milestone_rules": self._milestone_rules,
            "coaching_leads": lambda _, moment: {"person_ids": self._leads.on(moment, self._zone)},
            "coaching_load": self._coaching_load,
            "policy": lambda *_: {"told": self._policy} if self._policy else None,
        }

    def __iter__(self) -> Iterator[UUID]:
        """Every cycle, and every partnership beyond its cycles."""
        return iter(self._watches)

    def note(self, recorded: Recorded[Any]) -> Iterator[UUID]:
        """Takes in what happened; yields the cycles and partnerships whose timers that may change."""
        event = recorded.event
        self._leads.note(recorded)
        if isinstance(event, d.DistrictPolicyChanged):
            self._policy = event.model_dump_json()
        if isinstance(event, MilestoneRulePublished):
            self._rules[recorded.aggregate_id] = None
        if type(event) in FOLDED:
            for key in self._world.note(recorded):
                yield from self._touched_by(key)

    def known(self, watch_id: UUID) -> w.Known | None:
        return self._world.known(self._tenant, watch_id)

    def look(self, query: str, key: UUID, moment: datetime) -> Mapping[str, Any] | None:
        """The row that a policy would be given. Raises LookupError for what nobody looks at here."""
        return self._looks[query](key, moment)

    def _touched_by(self, key: Key) -> Iterable[UUID]:
        if key.kind == "District":
            return list(self._watches)
        if key.kind == "Person":
            return list(self._by[key.own_id])
        self._watches[key.own_id] = None
        match self._world.get(key):
            case w.Cycle() as cycle:
                for other in (cycle.partnership_id, *cycle.teacher_ids):
                    self._by[other][key.own_id] = None
            case w.Partnership() as partnership:
                self._by[partnership.coach_id][key.own_id] = None
        return [key.own_id, *(self._by[key.own_id] if key.kind == "Partnership" else ())]

    @property
    def _zone(self) -> ZoneInfo:
        district = self._world.get(Key(self._tenant, "District", self._tenant))
        return ZoneInfo(district.time_zone if isinstance(district, w.District) else "UTC")

    def _cycle(self, cycle_id: UUID, _: datetime) -> Mapping[str, Any] | None:
        known = self.known(cycle_id)
        if known is None or known.cycle is None or known.partnership is None:
            return None
        return {"coach_id": known.coach_id, "teacher_ids": known.teacher_ids, "band": known.band}

    def _goal(self, goal_id: UUID, _: datetime) -> Mapping[str, Any] | None:
        goal = self._world.get(Key(self._tenant, "Goal", goal_id))
        return {"owner_ids": goal.owner_ids} if isinstance(goal, w.Goal) else None

    def _milestone_rules(self, _: UUID, __: datetime) -> Mapping[str, Any]:
        rules = (self._world.get(Key(self._tenant, "MilestoneRule", rule)) for rule in self._rules)
        return {"told": [CODECS["MilestoneRule"].dump_json(rule) for rule in rules if rule]}

    def _coaching_load(self, coach_id: UUID, _: datetime) -> Mapping[str, Any] | None:
        load = [
            (teacher, cycle_id, known.cycle.partnership_id)
            for partnership_id in self._by[coach_id]
            for cycle_id in self._by[partnership_id]
            if (known := self.known(cycle_id)) and known.cycle and known.coach_id == coach_id
            if known.cycle.closed_at is None and not known.ended
            for teacher in known.teacher_ids
        ]
        teachers, cycles, partnerships = zip(*load, strict=True) if load else ((), (), ())
        found = {"teacher_ids": teachers, "cycle_ids": cycles, "partnership_ids": partnerships}
        return found if load else None


class _Leads:
    """Who leads coaching in the district."""

    def __init__(self) -> None:
        self._terms: dict[tuple[UUID, UUID], tuple[date, date | None]] = {}
        self._gone: set[UUID] = set()

    def note(self, recorded: Recorded[Any]) -> None:
        person_id = recorded.aggregate_id
        match recorded.event:
            case d.RoleAssigned(role="coaching_lead") as event:
                self._terms[person_id, event.org_id] = event.begin, event.end
            case d.RoleWithdrawn(role="coaching_lead", org_id=org_id):
                self._terms.pop((person_id, org_id), None)
            case d.PersonDeactivated():
                self._gone.add(person_id)
            case d.PersonEnrolled():
                self._gone.discard(person_id)

    def on(self, moment: datetime, zone: ZoneInfo) -> list[UUID]:
        today = moment.astimezone(zone).date()
        return sorted(
            {
                person_id
                for (person_id, _), (begin, end) in self._terms.items()
                if begin <= today <= (end or date.max) and person_id not in self._gone
            }
        )
