"""Coaching of every kind, over HTTP: something of everything that anybody may or may not see, with words in each.

Every text holds `CANARY`, every address too: whoever finds it in an answer has read words.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from kit.running import Platform, Served
from kit.school import School, another_principal, cycle_of, on_task, open_school, pair_up, set_goal

CANARY = "zyzzyva"


@dataclass
class Practice:
    """What there is in one district, by name; `ids["goal"]` is the teacher's own goal."""

    platform: Platform
    school: School
    ids: dict[str, UUID] = field(default_factory=dict)

    def who(self, name: str) -> UUID:
        return self.school.people[name]

    async def begin(self, service: str, called: str, collection: str, /, *, by: str, **body: Any) -> UUID:
        served = self.platform.services[service]
        found = await served.begin(collection, by=self.who(by), tenant=self.school.tenant, **body)
        self.ids[called] = found
        return found

    async def say(self, service: str, path: str, /, *, by: str | None, **body: Any) -> Any:
        served: Served = self.platform.services[service]
        person = None if by is None else self.who(by)
        return await served.post(path, by=person, tenant=self.school.tenant, **body)


async def open_practice(platform: Platform) -> Practice:
    """A district where a coach works with a teacher, with a group of two, and worked with another until the end."""
    school = await open_school(platform, "theo", "tom", "tina", "colleague", "evaluator", "confidant")
    practice = Practice(platform, school)
    await _more_people(practice)
    await _common(practice)
    await _pair(practice)
    await _group(practice)
    await _over(practice)
    await platform.level()
    return practice


async def _more_people(practice: Practice) -> None:
    platform, school = practice.platform, practice.school
    for name in ("carl", "former"):
        person = await platform.directory.begin(
            "people", by=None, tenant=school.tenant, name=f"{name} {CANARY}", email=f"{name}@{CANARY}.example"
        )
        role = {"role": "coach", "org_id": str(school.school), "begin": "2020-08-01"}
        await practice.say("directory", f"/v1/people/{person}/assign-role", by=None, **role)
        school.people[name] = person
    school.people["other_principal"] = await another_principal(platform, school)
    await practice.say(
        "directory", f"/v1/people/{school.teacher}/assign-evaluator", by=None,
        evaluator_id=str(practice.who("evaluator")),
    )  # fmt: skip
    await platform.level()


async def _common(practice: Practice) -> None:
    """What the whole district has in common."""
    today = str(datetime.now(UTC).date())
    await practice.begin(
        "goals",
        "initiative",
        "initiatives",
        by="coaching_lead",
        name=f"Talk {CANARY}",
        begin=today,
        focus="engagement",
    )
    await practice.begin(
        "goals", "template", "model-templates", by="coaching_lead", name="own-model", version=1,
        phases=["look", "try"], cadence_days=7, planned_weeks=4,
    )  # fmt: skip
    items = [{"code": "on_task", "kind": "intervals_on_task", "wording": f"Looks at the work {CANARY}"}]
    await practice.begin(
        "observations", "instrument", "instruments", by="coaching_lead", name=f"Time on task {CANARY}",
        code="time-on-task", items=items,
    )  # fmt: skip
    await practice.begin(
        "notifications", "rule", "milestone-rules", by="coaching_lead", milestone="BaselineMissing", days=5
    )


async def _pair(practice: Practice) -> None:
    platform, school = practice.platform, practice.school
    pair = practice.ids["partnership"] = await pair_up(platform, school)
    cycle = practice.ids["cycle"] = await cycle_of(platform, school, pair)
    goal = await practice.begin("goals", "goal", "goals", by="coach", cycle_id=str(cycle))
    await set_goal(platform, school, goal)
    for n, days in ((6, 6), (8, 3)):
        await practice.say(
            "goals", f"/v1/goals/{goal}/record-progress", by="coach", measurement=on_task(n, days_ago=days)
        )
    step = await practice.begin(
        "goals", "step", "action-steps", by="coach", cycle_id=str(cycle), strategy_code="cold_call",
        check_back_on=str((datetime.now(UTC) + timedelta(days=9)).date()), note=f"Wait {CANARY}",
    )  # fmt: skip
    await practice.say(
        "goals", f"/v1/action-steps/{step}/respond-to-action-step", by="teacher", response="accepted",
        note=f"Gladly {CANARY}",
    )  # fmt: skip
    await platform.level()
    told = {"partnership_id": str(pair), "cycle_id": str(cycle)}
    visit = {"duration_s": 1800, "mode": "live", "chosen_by": "teacher", **told}
    for name, days in (("observation", 1), ("voided", 2)):
        await practice.begin(
            "observations", name, "observations/record-observation", by="coach", goal_ids=[str(goal)],
            started_at=_ago(days), measurements=[on_task(7, days_ago=days)], evidence=f"Heard {CANARY}", **visit,
        )  # fmt: skip
    seen = f"/v1/observations/{practice.ids['observation']}"
    await practice.say("observations", f"{seen}/share-feedback", by="coach", feedback=f"Well done {CANARY}")
    await practice.say("observations", f"{seen}/acknowledge-feedback", by="teacher")
    await practice.say(
        "observations", f"{seen}/give-coach-feedback", by="teacher", feedback=f"It helped {CANARY}"
    )
    await practice.say(
        "observations",
        f"/v1/observations/{practice.ids['voided']}/void-observation",
        by="coach",
        reason_code="wrong",
    )
    await practice.begin(
        "observations",
        "scheduled",
        "observations",
        by="coach",
        partnership_id=str(pair),
        scheduled_at=_ago(-3),
    )
    activity = {"type": "model", "minutes": 30, **told}
    await practice.begin(
        "observations",
        "held",
        "activities/hold-activity",
        by="coach",
        started_at=_ago(4),
        participants_n=1,
        **activity,
    )
    await practice.begin(
        "observations", "planned", "activities", by="coach", scheduled_at=_ago(-5), **activity
    )
    await practice.begin(
        "observations", "missed", "activities", by="coach", scheduled_at=_ago(-6), **activity
    )
    await practice.say(
        "observations",
        f"/v1/activities/{practice.ids['missed']}/miss-activity",
        by="coach",
        reason_code="ill",
    )
    for name in ("private_reflection", "shared_reflection"):
        await practice.begin(
            "observations", name, "reflections", by="teacher", reflection=f"I think {CANARY}", **told
        )
    await practice.say(
        "observations", f"/v1/reflections/{practice.ids['shared_reflection']}/share-reflection", by="teacher"
    )
    await practice.say(
        "goals", f"/v1/initiatives/{practice.ids['initiative']}/link-goal-to-initiative", by="teacher",
        goal_id=str(goal),
    )  # fmt: skip
    glass = await practice.begin(
        "goals", "glass", "break-glass", by="administrator", teacher_id=str(school.teacher),
        reason=f"A complaint {CANARY}",
    )  # fmt: skip
    await practice.say("goals", f"/v1/break-glass/{glass}/deny-break-glass", by="administrator")
    share = {"scope": {}, "audience": [str(practice.who("confidant"))], "expires_at": _ago(-30)}
    await practice.say("goals", f"/v1/partnerships/{pair}/grant-share", by="teacher", **share)
    await practice.say(
        "notifications", f"/v1/preferences/{school.teacher}/change-preference", by="teacher", mail="none"
    )


async def _group(practice: Practice) -> None:
    """Of Theo, Tom and Tina: a goal of two of them, which the third reads, and one of Theo's alone."""
    platform, school = practice.platform, practice.school
    teacher_ids = [str(practice.who(name)) for name in ("theo", "tom", "tina")]
    both = teacher_ids[:2]
    pair = await practice.begin(
        "goals", "group", "partnerships", by="coach", coach_id=str(school.coach), teacher_ids=teacher_ids
    )
    for name in ("coach", "theo", "tom", "tina"):
        await practice.say("goals", f"/v1/partnerships/{pair}/give-consent", by=name)
    await platform.level()
    cycle = await practice.begin(
        "goals", "group_cycle", "cycles", by="coach", partnership_id=str(pair), focus="questioning"
    )
    await practice.begin("goals", "group_goal", "goals", by="theo", cycle_id=str(cycle), owner_ids=both)
    await practice.begin("goals", "theos_goal", "goals", by="theo", cycle_id=str(cycle), owner_ids=both[:1])
    for name in ("group_goal", "theos_goal"):
        path = f"/v1/goals/{practice.ids[name]}/record-baseline"
        await practice.say("goals", path, by="theo", measurements=[on_task(5, days_ago=9)])


async def _over(practice: Practice) -> None:
    """A partnership of the former coach and the teacher, with a cycle and a goal, that has ended."""
    pair = await practice.begin(
        "goals", "ended", "partnerships", by="former", coach_id=str(practice.who("former")),
        teacher_ids=[str(practice.school.teacher)],
    )  # fmt: skip
    for name in ("former", "teacher"):
        await practice.say("goals", f"/v1/partnerships/{pair}/give-consent", by=name)
    await practice.platform.level()
    cycle = await practice.begin(
        "goals", "ended_cycle", "cycles", by="former", partnership_id=str(pair), focus="grouping"
    )
    await practice.begin("goals", "ended_goal", "goals", by="former", cycle_id=str(cycle))
    await practice.begin(
        "observations", "ended_observation", "observations/record-observation", by="former", partnership_id=str(pair),
        started_at=_ago(8), duration_s=600, mode="live", chosen_by="joint", evidence=f"Seen {CANARY}",
    )  # fmt: skip
    await practice.say("goals", f"/v1/cycles/{cycle}/complete-cycle", by="teacher")
    await practice.say("goals", f"/v1/partnerships/{pair}/end-partnership", by="teacher")


def _ago(days: float) -> str:
    return (datetime.now(UTC) - timedelta(days=days)).isoformat()
