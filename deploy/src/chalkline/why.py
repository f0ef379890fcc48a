"""Why something happened: an event's causes across services, up to a command, and down to its last consequence.

An event was told by a command. Of several that one command told, the first led to the others. The command was a
person's or an operator's, or a policy's that answered to an event of this or another service, or a timer's, which
counts from one (`timed.py`).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import asyncpg
from backbone.causes import Reacted, Told, reactions_to, told_by_commands, told_by_id
from backbone.wire import rfc3339

from chalkline.problem import Problem
from chalkline.timed import by_timer, counted_from, counting_from, event_in

MOST = 2_000
"""Consequences that are followed: a change of a district's policy may lead to very many."""
CODES = (
    "milestone", "rule_version", "occurrence", "goal_version", "cause", "reason_code", "code",
    "recipient_id", "channel",
)  # fmt: skip
"""Members of an event that say which one it is: ids, names and codes, nothing that was measured or written."""

Logs = Mapping[str, asyncpg.Connection]
"""The services' databases, by name."""


@dataclass(slots=True)
class Step:
    """An event, or what a policy did that told none, and what followed from it."""

    told: Told | None
    through: str | None
    """By which policy or timer; None: the same command told it, or somebody did."""
    reacted: Reacted | None = None
    led_to: "list[Step]" = field(default_factory=list)

    def document(self) -> dict[str, Any]:
        """For programs."""
        if self.told is None:
            assert self.reacted is not None
            one = self.reacted
            return {
                "service": one.service,
                "through": one.policy,
                "outcome": one.outcome,
                "code": one.code,
                "aggregate_id": str(one.target),
            }
        return {**document(self.told), "through": self.through, "led_to": [s.document() for s in self.led_to]}


@dataclass(frozen=True, slots=True)
class Chain:
    """Everything about one event: `causes` from the first to the event's own, and what followed from the event."""

    event: Step
    causes: Sequence[Step]
    lost: UUID | None
    """An event that is said to be the cause and is in no log here."""
    followed: int
    whole: bool
    """Whether all consequences are told, or as many as are followed."""

    @property
    def first(self) -> Told:
        first = self.causes[0].told if self.causes else self.event.told
        assert first is not None
        return first

    def document(self) -> dict[str, Any]:
        """For programs."""
        assert self.event.told is not None
        meta = self.first.meta
        return {
            "event_id": str(self.event.told.event_id),
            "tenant": str(self.event.told.tenant),
            "command": {
                "command_id": meta.command_id,
                "actor": meta.actor,
                "on_behalf_of": meta.on_behalf_of,
                "correlation_id": meta.correlation_id,
            },
            "lost_cause": str(self.lost) if self.lost else None,
            "causes": [{**document(step.told), "through": step.through} for step in self.causes if step.told],
            "event": self.event.document(),
            "whole": self.whole,
        }


def document(told: Told) -> dict[str, Any]:
    """An event as it is told to programs: ids, names, codes and times."""
    return {
        "event_id": str(told.event_id),
        "event": told.name,
        "service": told.service,
        "aggregate": told.aggregate,
        "aggregate_id": str(told.aggregate_id),
        "version": told.version,
        "position": told.position,
        "occurred_at": rfc3339(told.occurred_at),
        "recorded_at": rfc3339(told.recorded_at),
        "actor": told.meta.actor,
        "command_id": told.meta.command_id,
        **{name: told.data[name] for name in CODES if told.data.get(name) is not None},
    }


async def why(logs: Logs, event_id: UUID, tenant: UUID | None = None) -> Chain:
    """The chain of an event. Raises Problem where there is none, or none in that district."""
    told = (await _found(logs, [event_id])).get(event_id)
    if told is None or (tenant is not None and told.tenant != tenant):
        where = f"in the district {tenant}" if tenant else "in any service's log"
        raise Problem(
            f"there is no event {event_id} {where}",
            "an event's id is in the answer of its command and in what `chalkline listen --json` shows",
        )
    event, causes, lost = Step(told, None), list[Step](), None
    at = event
    while True:
        above, lost, at.through = await _cause(logs, at)
        if above is None:
            break
        at = Step(above, None)
        causes.insert(0, at)
    followed = await _follow(logs, event)
    return Chain(event, causes, lost, followed, followed < MOST)


def all_of(chain: Chain) -> Iterator[Step]:
    """The event and everything that followed from it."""
    waiting = [chain.event]
    while waiting:
        step = waiting.pop()
        yield step
        waiting += step.led_to


async def _cause(logs: Logs, step: Step) -> tuple[Told | None, UUID | None, str | None]:
    """The event that led to this one, or the id of one that no log has; and by which policy or timer."""
    told = step.told
    assert told is not None
    together = (await told_by_commands(logs[told.service], told.service, [told.command]))[told.command]
    if together and together[0].event_id != told.event_id:
        return together[0], None, None
    kind, _, through = told.meta.actor.partition(":")
    by = through if kind == "system" else None
    if by_timer(told):
        outright = event_in(told)
        found = (await _found(logs, [outright])).get(outright) if outright else await counted_from(logs, told)
        return found, None, by
    if told.meta.causation_id is None:
        return None, None, by
    cause = UUID(told.meta.causation_id)
    found = (await _found(logs, [cause])).get(cause)
    return (found, None, by) if found and found.tenant == told.tenant else (None, cause, by)


async def _follow(logs: Logs, event: Step) -> int:
    """Fills in what followed, a generation at a time; returns how many steps that are."""
    generation, followed, seen = [event], 0, set[UUID]()
    while generation and followed < MOST:
        following: list[Step] = []
        steps = {step.told.event_id: step for step in generation if step.told}
        seen |= steps.keys()
        for parent, step in await _consequences(logs, [s.told for s in generation if s.told]):
            if followed == MOST or (step.told and step.told.event_id in seen):
                continue
            followed += 1
            steps[parent].led_to.append(step)
            following.append(step)
        generation = following
    return followed


async def _consequences(logs: Logs, events: Sequence[Told]) -> list[tuple[UUID, Step]]:
    """What these events led to, each with the event it followed from."""
    found: list[tuple[UUID, Step]] = []
    for service in logs:
        own = [told for told in events if told.service == service]
        together = await told_by_commands(logs[service], service, [told.command for told in own])
        for told in own:
            first, *others = together[told.command] or [told]
            if first.event_id == told.event_id:
                found += [(told.event_id, Step(other, None)) for other in others]
    for service, db in logs.items():
        reactions = await reactions_to(db, service, [told.event_id for told in events])
        commanded = await told_by_commands(db, service, [one.command for one in reactions])
        for one in reactions:
            begins = next(iter(commanded.get(one.command, ())), None)
            found.append((one.event_id, Step(begins, one.policy, one)))
    for event_id, reached in await counting_from(logs, events):
        found.append((event_id, Step(reached, reached.meta.actor.partition(":")[2])))
    return found


async def _found(logs: Logs, event_ids: Sequence[UUID]) -> dict[UUID, Told]:
    found: dict[UUID, Told] = {}
    for service, db in logs.items():
        found |= {told.event_id: told for told in await told_by_id(db, service, event_ids)}
    return found
