"""Rehearsing a rule over HTTP: what would have been told by it, beside what was.

For those who may publish rules. Who leads learns of the coaching, not of what is the pair's: of milestones that tell
how a goal fares they get counts, and of few people not even those.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, Final, Literal
from uuid import UUID

from backbone.application import Reader
from backbone.deciding import Actor
from backbone.lists import DESCRIBED, Absent, Told, no_parameter_twice, router_of
from backbone.past import past
from backbone.problems import Problem, invalid
from backbone.service import Running
from backbone.strict_json import loads
from chalkline_contracts.notifications import MilestoneRulePublished, RecipientRole
from chalkline_contracts.values import Time
from fastapi import APIRouter, Request, Response
from pydantic import Field, ValidationError

from notifications.access import authorise_milestone_rule
from notifications.gathering import gather_milestone_rule
from notifications.milestone_rule import MilestoneRuleFacts, PublishMilestoneRule, Unset, decide
from notifications.rehearsal import HANDLES, Notice, Rehearsed, Telling, Trial, rehearse

PATH: Final = "/v1/milestone-rule-rehearsals"
LARGEST: Final = 64 * 1024
ACTIVITY: Final = frozenset(
    {
        "CycleOpened", "VisitDue", "VisitOverdue", "MidpointReview", "CycleEndingSoon", "Overrun", "CycleClosed",
        "FollowUpDue", "CaseloadOverload", "CoachingSuspended",
    }
)  # fmt: skip
"""Milestones that tell of coaching, and nothing of how it goes."""
FEWEST: Final = 5
"""People of whom there are fewer than that are not counted for others."""

Outcome = Literal["same", "new", "no_more"]


class RehearseMilestoneRule(PublishMilestoneRule):
    """A rule that is tried on the past; nothing is published. What is left out is as the product has it."""

    since: Time | Absent = Field(
        default=None, description="As if it had been published then; from the beginning unless told"
    )
    until: Time | Absent = Field(default=None, description="Until now unless told")


class RehearsedNotice(Told):
    """One person who was told, or would have been; or, where that is the pair's own, how many of a role."""

    milestone: str
    outcome: Outcome
    """`same`: told, and would have been; `new`: would have been told; `no_more`: was told, and would not have been."""
    role: RecipientRole
    person_id: UUID | None
    cycle_id: UUID | None
    """Null where it is about a partnership beyond its cycles."""
    partnership_id: UUID | None
    goal_id: UUID | None
    """To operators alone."""
    heard_at: datetime | None
    would_have_heard_at: datetime | None
    n: int | None
    """Of how many notifications the row tells: of one where it names a person; null where that would tell of few."""


DESCRIBED_HERE: Final[dict[str, Any]] = {
    **DESCRIBED,
    "responses": {
        **DESCRIBED["responses"],
        **{status: {"$ref": f"#/components/responses/Problem{status}"} for status in (409, 413, 415)},
    },
    "openapi_extra": {
        "parameters": DESCRIBED["openapi_extra"]["parameters"],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": RehearseMilestoneRule.model_json_schema()}},
        },
    },
}


def routes(run: Running) -> APIRouter:
    router = router_of("MilestoneRule")

    @router.post(PATH, summary="Try a rule on the past, and publish nothing", **DESCRIBED_HERE)
    async def rehearse_milestone_rule(
        request: Request, response: Response, by: Reader
    ) -> list[RehearsedNotice]:
        """For administrators, coaching leads and operators: who would have heard of a milestone by this rule, and who
        did. It reads the past of the district and takes its time; one is rehearsed at a time.
        """
        no_parameter_twice(request)
        wanted = await _asked(request)
        await _may_rehearse(run, by, wanted)
        now = await run.clock.now(by.tenant)
        trial = trial_of(wanted, by.tenant, now)
        async with past(run, by.tenant, HANDLES) as events:
            rehearsed = await rehearse(events, trial)
        response.headers["Cache-Control"] = "private, no-store"
        rows = told(rehearsed, trial.milestone)
        if by.kind == "operator":
            return list(rows)
        if trial.milestone in ACTIVITY:
            return [row.model_copy(update={"goal_id": None}) for row in rows]
        return list(counted(rows, trial.milestone))

    return router


async def _asked(request: Request) -> RehearseMilestoneRule:
    """What is in the body, read as strictly as a command's. Raises a Problem."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise Problem("content_type", "send application/json")
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > LARGEST:
            raise Problem("too_large", f"at most {LARGEST} bytes")
    sent = loads(body)
    try:
        return RehearseMilestoneRule.model_validate_json(body)
    except ValidationError as error:
        raise invalid("request_invalid", error, sent) from None


async def _may_rehearse(run: Running, by: Actor, wanted: RehearseMilestoneRule) -> None:
    """Whoever may publish a rule may try it. Raises Unseen, Forbidden or FactsBehind."""
    asking = run.facts.about(by, by.tenant, run.commands)
    facts = await gather_milestone_rule(asking, Unset(), wanted)
    authorise_milestone_rule(Unset(), wanted, facts)


def trial_of(wanted: RehearseMilestoneRule, tenant: UUID, now: datetime) -> Trial:
    """The rule as publishing it would make it. Raises a Refusal, or a Problem for a time that is not past."""
    until = wanted.until or now
    if until > now:
        raise Problem("request_invalid", "only the past can be rehearsed: until is to come")
    if wanted.since is not None and wanted.since >= until:
        raise Problem("request_invalid", "since is not before until")
    facts = MilestoneRuleFacts(
        by=Actor("system", "rehearsal", tenant), command_id=tenant, aggregate_id=tenant
    )
    [published] = decide(Unset(), wanted, facts, now=now)
    assert isinstance(published, MilestoneRulePublished)
    return Trial(
        tenant=tenant, milestone=published.milestone, enabled=published.enabled, days=published.days,
        hours=published.hours, experience_band=published.experience_band, recipients=published.recipients,
        since=wanted.since, until=until,
    )  # fmt: skip


def told(rehearsed: Rehearsed, milestone: str) -> Iterator[RehearsedNotice]:
    """A row for each notification, in the order of time."""
    notices = rehearsed.would.keys() | rehearsed.heard.keys()

    def first(notice: Notice) -> tuple[datetime, Notice]:
        found = (rehearsed.heard.get(notice), rehearsed.would.get(notice))
        return min(telling.at for telling in found if telling), notice

    for notice in sorted(notices, key=first):
        yield _row(milestone, notice, rehearsed.heard.get(notice), rehearsed.would.get(notice))


def _row(milestone: str, notice: Notice, heard: Telling | None, would: Telling | None) -> RehearsedNotice:
    telling = would or heard
    assert telling is not None
    return RehearsedNotice(
        milestone=milestone,
        outcome="same" if heard and would else "new" if would else "no_more",
        role=telling.role,
        person_id=notice.person_id,
        cycle_id=None if telling.of_partnership else notice.watch_id,
        partnership_id=notice.watch_id if telling.of_partnership else None,
        goal_id=telling.goal_id,
        heard_at=heard and heard.at.astimezone(UTC),
        would_have_heard_at=would and would.at.astimezone(UTC),
        n=1,
    )


def counted(rows: Iterable[RehearsedNotice], milestone: str) -> Iterator[RehearsedNotice]:
    """How many notifications of each outcome and role, and nobody's name."""
    found = Counter[tuple[Outcome, RecipientRole]]()
    people: dict[tuple[Outcome, RecipientRole], set[UUID | None]] = {}
    for row in rows:
        found[row.outcome, row.role] += 1
        people.setdefault((row.outcome, row.role), set()).add(row.person_id)
    for (outcome, role), n in sorted(found.items()):
        yield RehearsedNotice(
            milestone=milestone, outcome=outcome, role=role, person_id=None, cycle_id=None, partnership_id=None,
            goal_id=None, heard_at=None, would_have_heard_at=None,
            n=n if len(people[outcome, role]) >= FEWEST else None,
        )  # fmt: skip
