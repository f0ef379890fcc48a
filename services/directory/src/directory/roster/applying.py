"""Carrying a plan out: a command for each step, many at a time, organisations first and removals last.

Every command has an id made of what it is for and of the version it was planned on, so that an import that
is cut off and run again does nothing twice. An import acts as the system, on behalf of whoever sent it.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID, uuid5

from backbone import chain
from backbone.commands import REFUSALS, Commands, Contended, Order, refusal_code
from backbone.deciding import Actor, Aggregate, Command
from backbone.words import private

from directory import aggregates
from directory.org import CloseOrg
from directory.person import DeactivatePerson
from directory.roster.findings import Findings
from directory.roster.following import FollowRosterOrg, FollowRosterPerson, RosterRole
from directory.roster.steps import EvaluatorStep, OrgStep, PersonStep, Plan, WishedRole

AT_ONCE: Final = 128
"""How many commands are under way at the same time."""
POLICY: Final = "roster-import"
DONE_ALREADY: Final = frozenset({"person_not_active", "org_not_open"})
"""How a removal is refused where somebody was quicker."""


@dataclass(frozen=True, slots=True)
class Cause:
    """What an import's commands come from: who sent it, and the command that began it."""

    by: Actor
    command_id: UUID
    event_id: UUID | None
    traceparent: str | None

    @property
    def actor(self) -> Actor:
        on_behalf_of = self.by.id if self.by.kind == "person" else None
        return Actor("system", POLICY, self.by.tenant, on_behalf_of)


@dataclass(frozen=True, slots=True)
class Task:
    """One command on its way."""

    aggregate: Aggregate[Any]
    aggregate_id: UUID
    version: int
    command: Command
    file: str
    line: int
    removes: bool = False


class Applying:
    """Carries out the steps of a plan; what is refused is told as a row that was not taken."""

    def __init__(
        self,
        commands: Commands,
        key: bytes,
        cause: Cause,
        findings: Findings,
        progressed: Callable[[int], None],
        check_turn: Callable[[], None],
    ) -> None:
        self._commands, self._key, self._cause = commands, key, cause
        self._findings, self._progressed, self._check_turn = findings, progressed, check_turn

    async def __call__(self, plan: Plan) -> None:
        """Raises LedgerUnavailable, StreamFault or what `check_turn` raises; what was done until then is done."""
        for stage in stages(plan, self._cause.by.tenant):
            await self._all(stage)

    async def _all(self, tasks: Iterable[Task]) -> None:
        waiting = iter(tasks)
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(AT_ONCE):
                    group.create_task(self._some(waiting))
        except ExceptionGroup as faults:
            raise faults.exceptions[0] from None  # the others met the same

    async def _some(self, waiting: Iterator[Task]) -> None:
        for task in waiting:
            self._check_turn()
            await self._one(task)
            self._progressed(1)

    async def _one(self, task: Task) -> None:
        try:
            await self._commands.handle(self.order(task))
        except (*REFUSALS, Contended) as refusal:
            if not (task.removes and refusal_code(refusal) in DONE_ALREADY):
                self._findings.add(task.file, task.line, None, "changed_meanwhile")

    def order(self, task: Task) -> Order:
        actor, aggregate = self._cause.actor, task.aggregate
        request = chain.request_hash(
            self._key,
            str(actor).encode(),
            actor.tenant.bytes,
            aggregate.name.encode(),
            task.aggregate_id.bytes,
            type(task.command).__name__.encode(),
            task.command.model_dump_json(exclude_unset=True).encode(),
        )
        planned = f"roster:{task.aggregate_id}:{task.version}:{request.hex()}"
        return Order(
            aggregate=aggregate,
            aggregate_id=task.aggregate_id,
            command=task.command,
            actor=actor,
            command_id=uuid5(actor.tenant, planned),
            request=request,
            correlation_id=str(self._cause.command_id),
            causation_id=str(self._cause.event_id) if self._cause.event_id else None,
            traceparent=self._cause.traceparent,
        )


def stages(plan: Plan, tenant: UUID) -> Iterator[Iterable[Task]]:
    """What a plan asks for: stage after stage, within a stage in any order."""
    for rank in ("district", "school", "department"):
        yield (_org(step) for step in plan.orgs if step.type == rank)
    if plan.calendar is not None:
        calendar = plan.calendar
        yield [Task(aggregates.DISTRICT, tenant, plan.district_version, calendar, "academicSessions.csv", 0)]
    yield (_person(step) for step in plan.people)
    yield (_evaluators(step, plan.roles_of.get(step.id, ())) for step in plan.evaluators)
    yield (
        Task(aggregates.PERSON, step.id, step.version, DeactivatePerson(), step.file, 0, removes=True)
        for step in plan.leaving
    )
    for department in (True, False):  # what lies in a school before the school
        yield (
            Task(aggregates.ORG, step.id, step.version, CloseOrg(), "orgs.csv", 0, removes=True)
            for step in plan.closing
            if (step.type == "department") == department
        )


def _org(step: OrgStep) -> Task:
    told: dict[str, Any] = {"type": step.type, "parent_id": step.parent_id}
    if step.name is not None:
        told["name"] = private(step.name)
    if step.names_itself:
        told["sourced_id"] = private(step.sourced_id)
    if step.time_zone is not None:
        told["time_zone"] = step.time_zone
    command = FollowRosterOrg.model_validate(told)
    return Task(aggregates.ORG, step.id, step.version, command, "orgs.csv", step.line)


def _person(step: PersonStep) -> Task:
    told: dict[str, Any] = {"roles": _roles(step.roles)}
    if step.name is not None:
        told["name"] = private(step.name)
    if step.email is not None:
        told["email"] = private(step.email[0]) if step.email[0] else None
    if step.version == 0:
        told["sourced_id"] = private(step.sourced_id)
    command = FollowRosterPerson.model_validate(told)
    return Task(aggregates.PERSON, step.id, step.version, command, step.file, step.line)


def _evaluators(step: EvaluatorStep, roles: tuple[WishedRole, ...]) -> Task:
    command = FollowRosterPerson(roles=_roles(roles), evaluator_ids=step.evaluator_ids)
    return Task(aggregates.PERSON, step.id, step.version, command, "mapping file", step.line)


def _roles(roles: Iterable[WishedRole]) -> tuple[RosterRole, ...]:
    return tuple(
        RosterRole(role=one.role, org_id=one.org_id, row=one.row, begin=one.begin, end=one.end)
        for one in roles
    )
