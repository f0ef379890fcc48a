"""A goal's chart over HTTP, now and as of a day: what it knew, and who sees it."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from kit.running import Platform
from kit.school import School, cycle_of, open_school, pair_up

pytestmark = [pytest.mark.integration, pytest.mark.services("directory", "goals")]

PEERS = dict.fromkeys(("powerful", "easy", "emotionally_compelling", "reachable", "student_focused"), True)


class Pair:
    """A pair at work in a sandbox, whose clock goes on a day or more at a time."""

    def __init__(self, platform: Platform, school: School) -> None:
        self.platform, self.school = platform, school
        self.now = datetime.now(UTC).replace(hour=18, minute=0, second=0, microsecond=0) + timedelta(days=1)
        self.goal = UUID(int=0)

    async def on(self, days: int) -> date:
        """Goes on to the evening of a day; returns it."""
        self.now += timedelta(days=days)
        path = f"/v1/districts/{self.school.tenant}/advance-clock"
        await self.platform.directory.post(path, by=None, tenant=self.school.tenant, to=self.now.isoformat())
        await self.platform.level()
        return self.now.date()

    async def say(self, command: str, by: str = "teacher", **body: Any) -> str:
        path = f"/v1/goals/{self.goal}/{command}"
        answer = await self.platform.goals.post(
            path, by=self.school.people[by], tenant=self.school.tenant, **body
        )
        return answer.headers["at-least"]

    def of_ten(self, intervals: int, *, days_ago: int = 0) -> dict[str, Any]:
        at = self.now - timedelta(days=days_ago, hours=1)
        return {"metric_code": "on_task", "kind": "intervals_on_task", "numerator": intervals, "denominator": 10,
                "direction": "increase", "occurred_at": at.isoformat(), "source": "observation"}  # fmt: skip

    async def measure(self, intervals: int, *, days_ago: int = 0) -> str:
        return await self.say("record-progress", measurement=self.of_ten(intervals, days_ago=days_ago))

    async def chart(self, as_of: date | None = None, who: str = "teacher") -> dict[str, Any]:
        answer = await self.ask(who, f"?as_of={as_of}" if as_of else "")
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told

    async def ask(self, who: str, asked: str = "") -> Any:
        path = f"/v1/goals/{self.goal}/chart{asked}"
        return await self.platform.goals.get(path, by=self.school.people[who], tenant=self.school.tenant)


@pytest_asyncio.fixture
async def pair(platform: Platform) -> Pair:
    """A goal that was set: from one half to four in five within thirty days, twice in a row."""
    school = await open_school(platform, "theo", sandbox=True)
    pair = Pair(platform, school)
    await pair.on(0)
    pair.cycle = await cycle_of(platform, school, await pair_up(platform, school))  # type: ignore[attr-defined]
    pair.goal = await platform.goals.begin(
        "goals",
        by=school.teacher,
        tenant=school.tenant,
        cycle_id=str(pair.cycle),  # type: ignore[attr-defined]
    )
    await pair.say("record-baseline", measurements=[pair.of_ten(n) for n in (4, 5, 6)])
    due = pair.now.date() + timedelta(days=30)
    await pair.say("propose-goal", "coach", statement="Four in five stay with it", metric_code="on_task",
                   target="4/5", due_on=str(due), required_consecutive=2, peers=PEERS)  # fmt: skip
    for who in ("coach", "teacher"):
        await pair.say("agree-goal", who)
    return pair


def summed_up(chart: dict[str, Any]) -> list[tuple[Any, ...]]:
    return [
        (
            m["quotient"],
            m["is_baseline"],
            m["counted"],
            m["goal_version"],
            m["line"],
            m["at_target"],
            m["trend"],
        )
        for m in chart["measurements"]
    ]


async def test_a_chart_shows_baseline_line_measurements_and_the_rule(pair: Pair) -> None:
    begun = pair.now.date()
    await pair.on(10)
    await pair.measure(6)
    await pair.on(10)
    await pair.measure(8)
    chart = await pair.chart(who="coach")
    assert (chart["status"], chart["statement"], chart["trend"]) == (
        "active",
        "Four in five stay with it",
        "on_track",
    )
    assert chart["baseline"] == {"quotient": "1/2", "on": str(begun)}
    assert summed_up(chart) == [
        ("2/5", True, False, 1, None, False, None),
        ("1/2", True, False, 1, None, False, None),
        ("3/5", True, False, 1, None, False, None),
        ("3/5", False, True, 1, "3/5", False, "on_track"),
        ("4/5", False, True, 1, "7/10", True, "on_track"),
    ]
    [version] = chart["versions"]
    assert (version["goal_version"], version["since"], version["target"], version["reason"]) == (
        1,
        None,
        "4/5",
        None,
    )
    assert version["line"] == [
        {"on": str(begun), "quotient": "1/2"}, {"on": str(begun + timedelta(days=30)), "quotient": "4/5"},
    ]  # fmt: skip
    assert [(line["phase"], line["on"]) for line in chart["phases"]] == [("identify", str(begun))]
    assert [(r["what"], r["on"]) for r in chart["reached"]] == [("goal_set", str(begun))]
    assert chart["rule"][1:] == [
        "The last one is at target: one more in a row and the target is met.",
        "None of the last 2 below the aim line: on track.",
    ]


async def test_as_of_a_day_a_chart_says_what_was_known_that_evening(pair: Pair) -> None:
    begun = pair.now.date()
    first = await pair.on(5)
    await pair.measure(9)
    second = await pair.on(5)
    await pair.measure(9)
    third = await pair.on(1)
    await pair.measure(3, days_ago=3)  # told late: it happened between the two
    fourth = await pair.on(1)
    chart = await pair.chart()
    assert [m["quotient"] for m in chart["measurements"][3:]] == ["9/10", "3/10", "9/10"]
    assert (chart["status"], chart["as_of"]) == ("active", None)
    assert [r["what"] for r in chart["reached"]] == ["goal_set", "target_met", "achievement_withdrawn"]
    assert [r["why"] for r in chart["reached"]][2] == "late_measurement"
    met = await pair.chart(second)
    assert [m["quotient"] for m in met["measurements"][3:]] == ["9/10", "9/10"]
    assert (met["status"], met["trend"], met["as_of"]) == ("target_met", None, str(second))
    assert met["rule"][1] == f"The target was met on {second}; an owner's word makes it an achievement."
    assert len((await pair.chart(first))["measurements"]) == 4
    assert len((await pair.chart(begun))["measurements"]) == 3
    for day in (third, fourth, date(2190, 1, 1), date.max):
        assert (await pair.chart(day)) | {"as_of": None, "versions": None} == chart | {"versions": None}
    for day in (begun - timedelta(days=1), date.min):
        assert (await pair.ask("teacher", f"?as_of={day}")).status_code == 404


async def test_recharting_begins_a_version_with_its_reason_and_keeps_the_line_before(pair: Pair) -> None:
    begun = pair.now.date()
    for _ in range(3):
        await pair.on(5)
        await pair.measure(4)
    [*_, last] = (await pair.chart())["measurements"]
    assert (last["trend"], last["wrong_side"]) == ("stalled", True)
    assert (await pair.chart())["rule"][1:] == [
        "It takes 2 measurements in a row at target.",
        "3 of the last 3, the last 3 in a row, are below the aim line (at risk from 3 in a row or 4 of 6): stalled.",
    ]
    before = await pair.on(1)
    await pair.on(1)
    due = begun + timedelta(days=60)
    await pair.say("rechart-goal", "coach", target="3/5", due_on=str(due), reason_code="too_far",
                   reason="Smaller steps first")  # fmt: skip
    chart = await pair.chart()
    assert [(v["goal_version"], v["target"], v["reason_code"], v["reason"]) for v in chart["versions"]] == [
        (1, "4/5", None, None), (2, "3/5", "too_far", "Smaller steps first"),
    ]  # fmt: skip
    assert (chart["trend"], chart["measurements"][-1]["goal_version"]) == ("on_track", 1)
    assert chart["versions"][1]["line"][0] == {"on": str(begun), "quotient": "1/2"}
    assert [v["goal_version"] for v in (await pair.chart(before))["versions"]] == [1]
    assert (await pair.chart(before))["trend"] == "stalled"


async def test_a_draft_has_a_chart_with_nothing_on_it(pair: Pair) -> None:
    school = pair.school
    pair.goal = await pair.platform.goals.begin(
        "goals",
        by=school.teacher,
        tenant=school.tenant,
        cycle_id=str(pair.cycle),  # type: ignore[attr-defined]
    )
    chart = await pair.chart()
    assert (chart["status"], chart["measurements"], chart["versions"], chart["trend"]) == (
        "draft",
        [],
        [],
        None,
    )
    await pair.say("record-baseline", measurements=[pair.of_ten(5)])
    chart = await pair.chart()
    assert (chart["status"], chart["baseline"]["quotient"], chart["trend"]) == ("baselined", "1/2", None)
    assert chart["rule"] == ["No target is set yet: every measurement is shown, and none is judged."]


async def test_nobody_but_the_pair_sees_a_chart(pair: Pair) -> None:
    outcomes = {who: (await pair.ask(who)).status_code for who in pair.school.people}
    assert outcomes == {
        "teacher": 200, "coach": 200, "theo": 404, "principal": 403, "administrator": 403, "coaching_lead": 403,
    }  # fmt: skip
    operator = await pair.platform.goals.get(
        f"/v1/goals/{pair.goal}/chart", by=None, tenant=pair.school.tenant
    )
    assert operator.status_code == 403
    elsewhere = await pair.platform.goals.get(
        f"/v1/goals/{pair.goal}/chart", by=pair.school.teacher, tenant=uuid4()
    )
    assert elsewhere.status_code == 404


async def test_a_former_coach_sees_no_chart_and_the_teacher_keeps_it(pair: Pair) -> None:
    [listed] = (
        await pair.platform.goals.get("/v1/partnerships", by=pair.school.coach, tenant=pair.school.tenant)
    ).json()
    path = f"/v1/partnerships/{listed['partnership_id']}/end-partnership"
    await pair.platform.goals.post(path, by=pair.school.teacher, tenant=pair.school.tenant)
    assert (await pair.ask("coach")).status_code == 404
    assert (await pair.ask("teacher")).status_code == 200


NO_DAYS = (
    "yesterday",
    "2026-02-30",
    "0",
    "20260301",
    "2026-03-01T00:00:00",
    "",
    "2026-01-01&as_of=2026-01-02",
)


@pytest.mark.parametrize("asked", [*(f"?as_of={told}" for told in NO_DAYS), "?day=1"])
async def test_what_is_no_day_is_refused(pair: Pair, asked: str) -> None:
    answer = await pair.ask("teacher", asked)
    assert (answer.status_code, answer.json()["code"]) == (422, "request_invalid")
    for nothing in (uuid4(), "1", f"{pair.goal}".replace("-", "")):
        pair.goal = nothing  # type: ignore[assignment]
        assert (await pair.ask("teacher")).status_code == 404
