"""What a command names, in every service: nobody's, another district's and another partnership's are unknown alike."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from kit.running import Platform
from kit.school import School, cycle_of, open_school, pair_up

pytestmark = [
    pytest.mark.integration,
    pytest.mark.services("directory", "goals", "observations", "notifications"),
]

Body = dict[str, Any]
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class There:
    """A pair at work: what a command may name of it."""

    school: School
    partnership: str
    cycle: str
    goal: str
    teacher: str


@dataclass(frozen=True)
class Named:
    """A command, and something it names."""

    service: str
    by: str
    path: str
    body: Callable[[str], Body]
    kind: str
    """What it names: an attribute of There, or anything else, of which there is none anywhere."""
    code: str


@pytest_asyncio.fixture
async def pairs(platform: Platform) -> tuple[There, There, There]:
    """One's own pair, one of the same district, one of another."""
    school, elsewhere = await open_school(platform, "theo"), await open_school(platform)
    return (
        await _at_work(platform, school, "teacher"),
        await _at_work(platform, school, "theo"),
        await _at_work(platform, elsewhere, "teacher"),
    )


async def _at_work(platform: Platform, school: School, teacher: str) -> There:
    partnership = await pair_up(platform, school, teacher)
    cycle = await cycle_of(platform, school, partnership)
    goal = await platform.goals.begin("goals", by=school.coach, tenant=school.tenant, cycle_id=str(cycle))
    await platform.level()
    return There(school, str(partnership), str(cycle), str(goal), str(school.people[teacher]))


def spoken(own: There, initiative: str) -> Iterator[Named]:
    """Every field of a command that names something."""
    now = datetime.now(UTC)
    begun, ahead = (now - HOUR).isoformat(), (now + HOUR).isoformat()
    pair: Body = {"partnership_id": own.partnership}
    visit: Body = {"started_at": begun, "duration_s": 600, "mode": "live", "chosen_by": "joint"}
    held: Body = {"type": "model", "started_at": begun, "minutes": 20}
    planned: Body = {"type": "model", "scheduled_at": ahead, "minutes": 20}
    thought: Body = {"reflection": "I talked too much"}
    for path, told in (
        ("observations", {"scheduled_at": ahead}),
        ("observations/record-observation", visit),
        ("activities", planned),
        ("activities/hold-activity", held),
        ("reflections", thought),
    ):

        def of_pair(it: str, told: Body = told) -> Body:
            return told | {"partnership_id": it}

        def in_cycle(it: str, told: Body = told) -> Body:
            return told | pair | {"cycle_id": it}

        def with_teacher(it: str, told: Body = told) -> Body:
            return told | pair | {"teacher_ids": [it]}

        yield Named("observations", "teacher", path, of_pair, "partnership", "not_found")
        yield Named("observations", "teacher", path, in_cycle, "cycle", "cycle_not_in_partnership")
        if path != "reflections":
            yield Named(
                "observations", "teacher", path, with_teacher, "teacher", "teacher_not_in_partnership"
            )
    yield Named("observations", "teacher", "observations/record-observation",
                lambda it: visit | pair | {"goal_ids": [own.goal, it]}, "goal", "goal_not_in_partnership")  # fmt: skip
    for path, told in (("activities", planned), ("activities/hold-activity", held)):

        def in_phase(it: str, told: Body = told) -> Body:
            return told | pair | {"cycle_id": own.cycle, "phase": it}

        yield Named("observations", "teacher", path, in_phase, "phase", "phase_unknown")

    new: Body = {"focus": "another"}
    step: Body = {
        "strategy_code": "cold_call",
        "check_back_on": str(datetime.now(UTC).date() + timedelta(days=5)),
    }
    share: Body = {"scope": {}, "audience": [str(own.school.principal)], "expires_at": ahead}
    cycle, goal, partnership = f"cycles/{own.cycle}", f"goals/{own.goal}", f"partnerships/{own.partnership}"
    for path, body, kind, code in (
        ("cycles", lambda it: new | {"partnership_id": it}, "partnership", "not_found"),
        ("cycles", lambda it: new | pair | {"teacher_ids": [it]}, "teacher", "teacher_not_in_partnership"),
        ("cycles", lambda it: new | pair | {"template": f"{it}@1"}, "name", "template_unknown"),
        ("cycles", lambda it: new | pair | {"template_id": it}, "id", "template_unknown"),
        ("cycles", lambda it: new | pair | {"school_id": it}, "id", "school_not_theirs"),
        (f"{cycle}/enter-phase", lambda it: {"phase": it}, "phase", "phase_unknown"),
        (f"{cycle}/leave-cycle", lambda it: {"teacher_id": it}, "id", "teacher_not_in_cycle"),
        (f"{cycle}/join-cycle", lambda it: {"teacher_id": it}, "id", "teacher_not_in_partnership"),
        ("goals", lambda it: {"cycle_id": it}, "cycle", "not_found"),
        ("goals", lambda it: {"cycle_id": own.cycle, "owner_ids": [it]}, "teacher", "owner_not_in_cycle"),
        (f"{goal}/retract-progress", lambda it: {"measurement_id": it, "reason_code": "slip"}, "id",
         "measurement_unknown"),
        ("action-steps", lambda it: step | {"cycle_id": it}, "cycle", "not_found"),
        ("action-steps", lambda it: step | {"cycle_id": own.cycle, "teacher_id": it}, "teacher",
         "teacher_not_in_cycle"),
        ("action-steps", lambda it: step | {"cycle_id": own.cycle, "goal_id": it}, "goal",
         "step_goal_not_theirs"),
        (f"initiatives/{initiative}/link-goal-to-initiative", lambda it: {"goal_id": it}, "goal",
         "goal_not_found"),
        (f"{partnership}/grant-share", lambda it: share | {"scope": {"cycle_id": it}}, "cycle",
         "share_not_theirs"),
        (f"{partnership}/grant-share", lambda it: share | {"scope": {"goal_id": it}}, "goal",
         "share_not_theirs"),
        (f"{partnership}/grant-share", lambda it: share | {"audience": [it]}, "person", "person_unknown"),
        (f"{partnership}/revoke-share", lambda it: {"share_id": it}, "id", "share_not_found"),
        (f"{partnership}/hand-over-coach", lambda it: {"to_coach_id": it}, "id", "person_unknown"),
        ("partnerships", lambda it: {"coach_id": it, "teacher_ids": [own.teacher]}, "id", "person_unknown"),
        ("partnerships",
         lambda it: {"coach_id": str(own.school.coach), "teacher_ids": [own.teacher, it]}, "id", "person_unknown"),
    ):  # fmt: skip
        yield Named("goals", "teacher", path, body, kind, code)

    ask: Body = {"teacher_id": own.teacher, "reason": "A complaint"}
    for body, kind, code in (
        (lambda it: ask | {"teacher_id": it}, "id", "person_unknown"),
        (lambda it: ask | {"scope": {"cycle_id": it}}, "cycle", "break_glass_not_theirs"),
        (lambda it: ask | {"scope": {"goal_id": it}}, "goal", "break_glass_not_theirs"),
    ):
        yield Named("goals", "administrator", "break-glass", body, kind, code)

    teacher = f"people/{own.teacher}"
    role: Body = {"role": "teacher", "begin": "2020-08-01"}
    for path, body, code in (
        ("orgs", lambda it: {"name": "South", "type": "school", "parent_id": it}, "org_not_open"),
        (f"orgs/{own.school.school}/change-org", lambda it: {"parent_id": it}, "org_not_open"),
        (f"{teacher}/assign-role", lambda it: role | {"org_id": it}, "org_not_open"),
        (f"{teacher}/withdraw-role", lambda it: {"role": "teacher", "org_id": it}, "role_not_held"),
        (f"{teacher}/assign-evaluator", lambda it: {"evaluator_id": it}, "evaluator_not_active"),
        (f"{teacher}/withdraw-evaluator", lambda it: {"evaluator_id": it}, "evaluator_not_assigned"),
    ):
        yield Named("directory", "administrator", path, body, "id", code)
    yield Named("notifications", "teacher", f"preferences/{own.teacher}/change-preference",
                lambda it: {"mail": "none", "muted": [it]}, "name", "milestone_unknown")  # fmt: skip
    yield Named("notifications", "administrator", "milestone-rules", lambda it: {"milestone": it}, "name",
                "milestone_unknown")  # fmt: skip


async def heads(platform: Platform) -> dict[str, int]:
    return {
        name: await served.database.app.fetchval("SELECT position FROM ledger.head")
        for name, served in platform.services.items()
    }


async def test_nothing_is_told_of_what_nobody_knows_or_is_not_theirs(
    platform: Platform, pairs: tuple[There, There, There]
) -> None:
    own, other, abroad = pairs
    school = own.school
    initiative = await platform.goals.begin(
        "initiatives",
        by=school.coaching_lead,
        tenant=school.tenant,
        name="Talk",
        begin=str(datetime.now(UTC).date()),
    )
    before = await heads(platform)
    asked = 0
    for named in spoken(own, str(initiative)):
        strangers = [str(uuid4())]
        match named.kind:
            case "phase":
                strangers = ["nosuch"]
            case "name":
                strangers = ["NoSuch"] if named.service == "notifications" else ["no-such"]
            case "person" | "id":
                strangers += [abroad.teacher]
            case kind:
                strangers += [getattr(other, kind), getattr(abroad, kind)]
        for it in strangers:
            by = school.people[named.by]
            told = await platform.services[named.service].tried(
                f"/v1/{named.path}", by=by, tenant=school.tenant, **named.body(it)
            )
            status = 404 if named.code == "not_found" else 409
            assert (told.status_code, told.json()["code"]) == (status, named.code), (named, it, told.text)
            asked += 1
    assert asked > 80
    assert await heads(platform) == before


async def test_what_is_theirs_is_taken(platform: Platform, pairs: tuple[There, There, There]) -> None:
    own, *_ = pairs
    school = own.school
    for named in spoken(own, str(uuid4())):
        if named.service != "observations" and not named.path.endswith("grant-share"):
            continue
        it = {"phase": "improve", "person": str(school.principal)}.get(named.kind) or getattr(own, named.kind)
        await platform.services[named.service].post(
            f"/v1/{named.path}", by=school.people[named.by], tenant=school.tenant, **named.body(it)
        )


async def test_what_began_a_moment_ago_is_known_to_whoever_hands_its_level_back(
    platform: Platform, pairs: tuple[There, There, There]
) -> None:
    own, *_ = pairs
    school, begun = own.school, datetime.now(UTC) - HOUR
    for n in range(20):
        started = await platform.goals.post(
            "/v1/cycles",
            by=school.coach,
            tenant=school.tenant,
            partnership_id=own.partnership,
            focus=f"focus_{n}",
        )
        cycle = started.json()["id"]
        drafted = await platform.goals.post(
            "/v1/goals", by=school.coach, tenant=school.tenant, cycle_id=cycle
        )
        levels = ",".join(answer.headers["at-least"] for answer in (started, drafted))
        visit = {
            "partnership_id": own.partnership, "cycle_id": cycle, "goal_ids": [drafted.json()["id"]],
            "started_at": begun.isoformat(), "duration_s": 600, "mode": "live", "chosen_by": "joint",
        }  # fmt: skip
        who = platform.issuer.person(school.coach, school.tenant)
        answer = await platform.observations.http.post(
            "/v1/observations/record-observation", json=visit,
            headers=who | {"Idempotency-Key": str(uuid4()), "At-Least": levels},
        )  # fmt: skip
        assert answer.status_code == 201, answer.text


async def test_whose_cycles_and_goals_are_comes_out_the_same_when_it_is_derived_again(
    platform: Platform, pairs: tuple[There, There, There]
) -> None:
    known = "SELECT goal_id, partnership_id FROM projections.coached_goals"
    rows = {
        (row["goal_id"], row["partnership_id"])
        for row in await platform.observations.database.app.fetch(known)
    }
    assert rows >= {(UUID(pair.goal), UUID(pair.partnership)) for pair in pairs}
    assert await platform.observations.derived_again()
