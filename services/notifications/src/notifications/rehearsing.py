"""Rehearsing a rule over HTTP: what would have been told by it, beside what was.

For those who may publish rules. Who leads learns of the coaching, not of what is the pair's: of milestones that tell
how a goal fares they get figures (`rehearsed_figures.py`).
"""

from datetime import datetime
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from backbone.application import Reader
from backbone.deciding import Actor
from backbone.lists import DESCRIBED, Absent, no_parameter_twice, router_of
from backbone.past import past
from backbone.problems import Problem, invalid
from backbone.service import Running
from backbone.strict_json import loads
from chalkline_contracts.notifications import MilestoneRulePublished
from chalkline_contracts.values import Time
from fastapi import APIRouter, Request, Response
from pydantic import Field, ValidationError

from notifications.access import authorise_milestone_rule
from notifications.gathering import gather_milestone_rule
from notifications.milestone_rule import MilestoneRuleFacts, PublishMilestoneRule, Unset, decide
from notifications.rehearsal import HANDLES, Trial, rehearse
from notifications.rehearsed import RehearsedNotice, in_whole_months, is_the_pairs, told
from notifications.rehearsed_figures import told_beside

PATH: Final = "/v1/milestone-rule-rehearsals"
LARGEST: Final = 64 * 1024


class RehearseMilestoneRule(PublishMilestoneRule):
    """A rule that is tried on the past; nothing is published. What is left out is as the product has it."""

    since: Time | Absent = Field(
        default=None, description="As if it had been published then; from the beginning unless told"
    )
    until: Time | Absent = Field(default=None, description="Until now unless told")


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
        trial = trial_of(wanted, by.tenant, await run.clock.now(by.tenant))
        zone, in_figures = (
            await _zone(run, by.tenant),
            by.kind != "operator" and is_the_pairs(trial.milestone),
        )
        if in_figures:
            trial = in_whole_months(trial, zone)
        async with past(run, by.tenant, HANDLES) as events:
            rehearsed = await rehearse(events, trial)
            rows = (
                await told_beside(run, rehearsed, trial, zone)
                if in_figures
                else [*told(rehearsed, trial.milestone)]
            )
        response.headers["Cache-Control"] = "private, no-store"
        return rows if in_figures or by.kind == "operator" else [_without_goal(row) for row in rows]

    return router


def _without_goal(row: RehearsedNotice) -> RehearsedNotice:
    return row.model_copy(update={"goal_id": None})


async def _zone(run: Running, tenant: UUID) -> ZoneInfo:
    district = await run.facts.row("district", tenant, tenant)
    return ZoneInfo(district["time_zone"] if district else "UTC")


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
