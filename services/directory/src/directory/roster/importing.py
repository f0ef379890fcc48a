"""One import, from the file that was sent to the last command: at most one at a time in a district.

Reading and comparing come before the first command, and may refuse; they run in a thread, so that others are
served meanwhile. Cut off at any moment and run again, it ends as if it had never been cut off.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import IO, Any, Final
from uuid import UUID, uuid4, uuid5

import structlog
from backbone import chain
from backbone.commands import Commands, Order, new_aggregate_id
from backbone.deciding import Actor, Command, Forbidden, Unseen
from backbone.leases import Lease
from backbone.problems import Problem
from backbone.service import Running

from directory import aggregates, district
from directory.gathering import standing
from directory.roster.applying import Applying, Cause
from directory.roster.findings import BundleRefused, Findings
from directory.roster.known import Ids, Known, load_known
from directory.roster.mapping import MappingFile, MappingInvalid, read_mapping
from directory.roster.plan import plan_import
from directory.roster.reading import read_bundle
from directory.roster.said import Said
from directory.roster.steps import Plan
from directory.roster_import import BeginRosterImport, FinishRosterImport, Importing
from directory.time_zone import day_in

log = structlog.get_logger(__name__)

LEASE_S: Final = 5.0
PATIENCE_S: Final = 8.0
"""How long an import waits for the one before it: longer than the lease of a process that was killed."""


@dataclass(slots=True)
class Import:
    """An import that was read and compared, and is about to be carried out."""

    by: Actor
    said: Said
    known: Known
    plan: Plan
    resumed: bool
    fingerprint: str
    done: int = 0
    findings: Findings = field(init=False)

    def __post_init__(self) -> None:
        self.findings = self.said.findings

    @property
    def of(self) -> int:
        plan = self.plan
        parts = (plan.orgs, plan.people, plan.evaluators, plan.leaving, plan.closing)
        return sum(len(part) for part in parts) + (plan.calendar is not None)

    def counts(self) -> dict[str, int]:
        plan = self.plan
        return {
            "added": plan.count("add"),
            "changed": plan.count("change"),
            "removed": plan.count("remove"),
            "rejected": self.findings.rejected,
        }

    def summary(self) -> dict[str, Any]:
        """What is told of an import beside its rows."""
        plan = self.plan
        return {
            "oneroster": self.said.version,
            **self.counts(),
            "people": _by_action(plan.people, plan.leaving),
            "orgs": _by_action(plan.orgs, plan.closing),
            "evaluators_changed": len(plan.evaluators),
            "calendar_changed": plan.calendar is not None,
            "skipped": dict(self.said.skipped.most_common()),
            "resumed": self.resumed,
        }


def _by_action(steps: Any, leaving: Any) -> dict[str, int]:
    actions = [step.action for step in (*steps, *leaving)]
    return {name: actions.count(action) for name, action in
            (("added", "add"), ("changed", "change"), ("removed", "remove"))}  # fmt: skip


async def authorised(run: Running, by: Actor) -> None:
    """Raises Unseen, Forbidden or a Problem unless they may import into their district."""
    asking = run.facts.about(by, by.tenant, run.commands)
    of = await asking.state("District", by.tenant)
    if by.kind != "operator":
        here = await standing(asking, of)
        if not here.belongs:
            raise Unseen
        if not here.administers:
            raise Forbidden
    if isinstance(of, district.Unset):
        raise Unseen
    if not isinstance(of, district.Open):
        raise Problem("district_not_open", "The district is not open.")


class Turn:
    """Leave to import into a district, while the lease it began with is held without a break."""

    def __init__(self, lease: Lease) -> None:
        self._lease, self._epoch = lease, lease.epoch

    def check(self) -> None:
        """Raises a Problem for a process that stood still so long that another may have imported meanwhile."""
        if not self._lease.held or self._lease.epoch != self._epoch:
            raise Problem("roster_import_overtaken", "The import stood still for too long. Run it again.")


class Imports:
    """The imports of one running service."""

    def __init__(self, run: Running) -> None:
        self._run = run
        self._turn = asyncio.Lock()
        """One at a time in a process, whosever it is: each holds a whole roster in memory."""

    @asynccontextmanager
    async def turn(self, tenant: UUID) -> AsyncIterator[Turn]:
        """Until the end nobody else imports into this district. Raises a Problem if somebody does."""
        lease = Lease(self._run.pool, f"roster:{tenant}", str(uuid4()), seconds=LEASE_S)
        until = asyncio.get_running_loop().time() + PATIENCE_S
        while not await lease.confirm():
            if asyncio.get_running_loop().time() > until:
                raise Problem("roster_import_running", "Another import into this district has not ended yet.")
            await asyncio.sleep(0.25)
        turn, keeping = Turn(lease), asyncio.create_task(_keep(lease))
        try:
            async with self._turn:
                yield turn
        finally:
            keeping.cancel()
            with suppress(asyncio.CancelledError):
                await keeping
            await lease.give_back()

    async def prepare(
        self, by: Actor, bundle: IO[bytes], mapping: bytes | None, *, allow_removals: bool
    ) -> Import:
        """Reads and compares. Raises a Problem; nothing has been changed."""
        run, tenant = self._run, by.tenant
        ids = Ids(run.settings.chain, tenant)
        known = await load_known(run, tenant, ids)
        today = day_in(known.time_zone, known.clock or datetime.now(UTC))

        def read() -> tuple[Said, Plan]:
            told = MappingFile() if mapping is None else read_mapping(mapping)
            said = read_bundle(bundle, told, known, mapping_text=mapping or b"")
            return said, plan_import(said, known, told, today=today)

        try:
            said, plan = await asyncio.to_thread(read)
        except BundleRefused as refused:
            raise _refused(refused) from refused
        except MappingInvalid as invalid:
            raise _invalid(invalid) from invalid
        fingerprint = ids.fingerprint(said.fingerprint)
        state = await run.commands.state(tenant, "Roster", _roster_id(tenant))
        resumed = isinstance(state, Importing) and state.fingerprint == fingerprint
        prepared = Import(by, said, known, plan, resumed, fingerprint)
        if plan.removes_too_many and not allow_removals:
            raise _too_many(prepared)
        return prepared

    async def carry_out(self, one: Import, turn: Turn, command_id: UUID, traceparent: str | None) -> None:
        """Raises LedgerUnavailable, StreamFault or a Problem; what was done until then is done, and done only once."""
        if one.plan.empty and not one.resumed:
            return
        commands, key = self._run.commands, self._run.settings.chain
        begin = BeginRosterImport(fingerprint=one.fingerprint, **one.counts())
        turn.check()
        begun = await _say(commands, key, begin, one.by, command_id, traceparent)
        cause = Cause(one.by, command_id, begun, traceparent)

        def progressed(n: int) -> None:
            one.done += n

        await Applying(commands, key, cause, one.findings, progressed, turn.check)(one.plan)
        turn.check()
        finish = FinishRosterImport(fingerprint=one.fingerprint)
        await _say(commands, key, finish, cause.actor, command_id, traceparent)
        log.info("roster_imported", tenant=str(one.by.tenant), resumed=one.resumed, **one.counts())


async def _say(
    commands: Commands,
    key: bytes,
    command: Command,
    by: Actor,
    cause: UUID,
    traceparent: str | None,
) -> UUID | None:
    """Begins or finishes; the id of the event that says so, if it is one."""
    own_id = _roster_id(by.tenant)
    current = await commands.current(by.tenant, "Roster", own_id)
    version = current.version if current else 0
    name = type(command).__name__
    request = chain.request_hash(
        key,
        str(by).encode(),
        by.tenant.bytes,
        own_id.bytes,
        name.encode(),
        command.model_dump_json().encode(),
    )
    answer = await commands.handle(
        Order(
            aggregate=aggregates.ROSTER,
            aggregate_id=own_id,
            command=command,
            actor=by,
            command_id=uuid5(by.tenant, f"roster:{name}:{version}:{request.hex()}"),
            request=request,
            begins=version == 0,
            correlation_id=str(cause),
            traceparent=traceparent,
        )
    )
    return answer.events[0][0] if answer.events else None


def _roster_id(tenant: UUID) -> UUID:
    return new_aggregate_id(tenant, "Roster", tenant)


async def _keep(lease: Lease) -> None:
    while True:
        await asyncio.sleep(LEASE_S / 4)
        with suppress(Exception):
            await lease.confirm()


def _refused(refused: BundleRefused) -> Problem:
    details = {"file": refused.file, "line": refused.line}
    return Problem(
        "roster_refused",
        refused.detail,
        status=422,
        errors=[{"pointer": "/bundle", "code": refused.code, "message": refused.detail}],
        details={name: value for name, value in details.items() if value is not None},
    )


def _invalid(invalid: MappingInvalid) -> Problem:
    return Problem(
        "mapping_invalid",
        "The mapping file is not one; docs/roster-import.md says what may stand in it.",
        status=422,
        errors=[
            {
                "pointer": f"/mapping/line/{fault.line}",
                "code": fault.code,
                "message": f"line {fault.line}: {fault.message}",
            }
            for fault in invalid.faults
        ],
    )


def _too_many(one: Import) -> Problem:
    return Problem(
        "roster_removals_unconfirmed",
        f"{len(one.plan.leaving)} of the {one.plan.active} people a roster made would be deactivated, more than "
        "10 %. Nothing was done; confirm with allow_removals if that is right.",
        details={"would_deactivate": len(one.plan.leaving), "active": one.plan.active},
    )
