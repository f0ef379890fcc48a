"""A rule is rehearsed on the past of one district, and was in force from the beginning in another that lived the same.

Both are sandboxes, played for four months from one seed: visits, some of them told late, corrected or voided,
measurements, pauses, holidays, quiet hours, and a night in which clocks are changed. What a rehearsal says would have
been told must be what was told where the rule was in force, and of the rule that was, what was really told.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio
from backbone.spreadsheet import unguarded
from backbone.wire import Unreadable
from kit.running import Platform
from kit.school import School, open_school
from notifications.rehearsal import Notice, Rehearsed, Telling, Trial
from notifications.rehearsed_figures import sql, told_beside
from notifications.rules import BY_MILESTONE

pytestmark = [
    pytest.mark.integration,
    pytest.mark.services("directory", "goals", "observations", "notifications"),
]

PATH = "/v1/milestone-rule-rehearsals"
CHANGED: tuple[dict[str, Any], ...] = (
    {"milestone": "VisitOverdue", "days": 4},
    {"milestone": "GoalSilent", "days": 12, "recipients": ["teacher"]},
    {"milestone": "BaselineMissing", "enabled": False},
    {"milestone": "CycleOpened", "recipients": ["coach"]},
)
"""What is in force from the beginning in the second district, and rehearsed in the first."""
TEACHERS = ("teacher", "theo", "thea")
WEEKS = 17
NIGHT = datetime(2027, 3, 14, 8, 0, tzinfo=UTC)
"""Two o'clock becomes three in Chicago."""


@dataclass
class Life:
    """One district as it is lived."""

    platform: Platform
    school: School
    at: datetime
    cycles: dict[str, UUID] = field(default_factory=dict)
    """By teacher and number."""
    goals: dict[str, UUID] = field(default_factory=dict)
    observations: dict[str, UUID] = field(default_factory=dict)

    async def asks(self, service: str, path: str, by: str | None, **body: Any) -> Any:
        """What was answered, or None where the facts forbid it: then they do in the other district too."""
        served = self.platform.services[service]
        whom = self.school.people[by] if by else None
        headers = served._who(whom, self.school.tenant) | {"Idempotency-Key": str(uuid4())}
        answer = await served.http.post(path, json=body, headers=headers)
        assert answer.is_success or answer.status_code in (403, 404, 409), answer.text
        return answer.json() if answer.is_success else None

    async def begin(self) -> None:
        calendar = {
            "terms": [
                {"begin": "2026-08-17", "end": "2026-12-18"},
                {"begin": "2027-01-04", "end": "2027-06-04"},
            ],
            "holidays": [
                {"begin": "2027-01-18", "end": "2027-01-18"},
                {"begin": "2027-02-15", "end": "2027-02-16"},
            ],
        }
        district = f"/v1/districts/{self.school.tenant}"
        await self.asks("directory", f"{district}/change-calendar", "administrator", **calendar)
        quiet = {"begin": "17:30", "end": "07:15"}
        await self.asks("directory", f"{district}/change-policy", "administrator", quiet_hours=quiet)
        for who in TEACHERS:
            people = {"coach_id": str(self.school.coach), "teacher_ids": [str(self.school.people[who])]}
            pair = (await self.asks("goals", "/v1/partnerships", "coach", **people))["id"]
            for partner in ("coach", who):
                await self.asks("goals", f"/v1/partnerships/{pair}/give-consent", partner)
        await self.platform.level()
        for who in TEACHERS:
            [own] = await self._see("/v1/partnerships", who)
            begun = await self.asks(
                "goals", "/v1/cycles", "coach", partnership_id=own["partnership_id"], focus=f"focus_{who}",
                planned_weeks=9, cadence_days=12,
            )  # fmt: skip
            self.cycles[who] = UUID(begun["id"])
            drafted = await self.asks("goals", "/v1/goals", who, cycle_id=begun["id"])
            self.goals[who] = UUID(drafted["id"])
        await self.platform.level()

    async def _see(self, path: str, who: str) -> Any:
        answer = await self.platform.goals.get(path, by=self.school.people[who], tenant=self.school.tenant)
        return answer.json()

    async def set_goal(self, who: str) -> None:
        """Baselined, proposed and agreed by both."""
        goal, peers = (
            self.goals[who],
            ("powerful", "easy", "emotionally_compelling", "reachable", "student_focused"),
        )
        measured = [self.measured(n, 0) for n in (4, 5, 6)]
        await self.asks("goals", f"/v1/goals/{goal}/record-baseline", who, measurements=measured)
        await self.asks(
            "goals", f"/v1/goals/{goal}/propose-goal", "coach", statement="Four in five", metric_code="on_task",
            target="4/5", due_on="2027-03-26", required_consecutive=2, peers=dict.fromkeys(peers, True),
        )  # fmt: skip
        for partner in ("coach", who):
            await self.asks("goals", f"/v1/goals/{goal}/agree-goal", partner)

    def measured(self, intervals: int, hours_ago: float) -> dict[str, Any]:
        at = (self.at - timedelta(hours=hours_ago)).isoformat()
        return {
            "metric_code": "on_task", "kind": "intervals_on_task", "numerator": intervals, "denominator": 10,
            "direction": "increase", "occurred_at": at, "source": "observation",
        }  # fmt: skip

    async def observe(self, who: str, name: str, hours_ago: float, intervals: int | None) -> None:
        """A visit, told late by so many hours; with a measurement for the goal, or without."""
        [own] = await self._see("/v1/partnerships", who)
        goal = {"goal_ids": [str(self.goals[who])], "measurements": [self.measured(intervals, hours_ago)]}
        told = await self.asks(
            "observations", "/v1/observations/record-observation", "coach", partnership_id=own["partnership_id"],
            cycle_id=str(self.cycles[who]), duration_s=1200, mode="live", chosen_by="joint",
            started_at=(self.at - timedelta(hours=hours_ago, minutes=20)).isoformat(),
            **(goal if intervals is not None else {}),
        )  # fmt: skip
        if told:
            self.observations[name] = UUID(told["id"])

    async def does(self, what: str, who: str, week: int, dice: tuple[int, int, int]) -> None:
        cycle, goal, last = (
            f"/v1/cycles/{self.cycles[who]}",
            f"/v1/goals/{self.goals[who]}",
            f"{who} {week - 1}",
        )
        match what:
            case "visit":
                await self.observe(who, f"{who} {week}", dice[0] % 60, dice[1] % 10 if dice[2] % 2 else None)
            case "measure":
                await self.asks(
                    "goals", f"{goal}/record-progress", who, measurement=self.measured(dice[0] % 10, 5)
                )
            case "correct" if last in self.observations:
                path = f"/v1/observations/{self.observations[last]}/correct-observation"
                moved = (self.at - timedelta(days=9)).isoformat()
                await self.asks(
                    "observations",
                    path,
                    "coach",
                    measurements=[],
                    reason_code="day_mistaken",
                    started_at=moved,
                )
            case "void" if last in self.observations:
                path = f"/v1/observations/{self.observations[last]}/void-observation"
                await self.asks("observations", path, "coach", reason_code="wrong_class")
            case "talk" if last in self.observations:
                path = f"/v1/observations/{self.observations[last]}/share-feedback"
                await self.asks("observations", path, "coach", feedback="They leaned in")
            case "pause":
                await self.asks("goals", f"{cycle}/pause-cycle", "coach", reason_code="leave")
            case "resume":
                await self.asks("goals", f"{cycle}/resume-cycle", "coach")
            case "goal":
                await self.set_goal(who)
            case "complete":
                await self.asks("goals", f"{cycle}/complete-cycle", "coach")
            case "end":
                [own] = await self._see("/v1/partnerships", who)
                await self.asks("goals", f"/v1/partnerships/{own['partnership_id']}/end-partnership", who)


async def advance(platform: Platform, lives: list[Life], to: datetime) -> None:
    """Time passes in all of them, and whatever falls due happens."""
    for life in lives:
        path = f"/v1/districts/{life.school.tenant}/advance-clock"
        assert await life.asks("directory", path, None, to=to.isoformat())
        life.at = to
    await platform.level()
    notifications = platform.notifications.run
    async with asyncio.timeout(60):
        while any([await notifications.due(life.school.tenant) for life in lives]):
            await platform.level()
    await platform.level()


async def play(platform: Platform, lives: list[Life], seed: int) -> None:
    """The same steps in each, at the same moments."""
    dice = Random(seed)
    monday = datetime(2026, 11, 30, 15, tzinfo=UTC)
    await advance(platform, lives, monday)
    for life in lives:
        await life.begin()
    await platform.level()
    for week in range(WEEKS):
        plan = [
            (who, week_step(dice, week, who), tuple(dice.randrange(1000) for _ in range(3)))
            for who in TEACHERS
        ]
        for life in lives:
            for who, what, thrown in plan:
                await life.does(what, who, week, thrown)
        await platform.level()
        moments = [monday + timedelta(weeks=week, days=3, hours=dice.randrange(14))]
        if moments[0] < NIGHT < monday + timedelta(weeks=week + 1):
            moments += [NIGHT - timedelta(minutes=30), NIGHT + timedelta(minutes=30)]
        for moment in (*moments, monday + timedelta(weeks=week + 1)):
            await advance(platform, lives, moment)


def week_step(dice: Random, week: int, who: str) -> str:
    if week == {"teacher": 0, "theo": 2}.get(who, 99):
        return "goal"
    if week == {"teacher": 12, "theo": 15}.get(who, 99):
        return "complete"
    if (week, who) == (14, "thea"):
        return "end"
    usual = [
        "visit",
        "visit",
        "visit",
        "measure",
        "measure",
        "correct",
        "void",
        "talk",
        "pause",
        "resume",
        "nothing",
    ]
    return dice.choice(usual)


@pytest_asyncio.fixture(scope="module")
async def lives(platform: Platform) -> AsyncIterator[list[Life]]:
    """Two districts that lived the same; in the second the changed rules were in force from the beginning."""
    found = []
    for _ in range(2):
        school = await open_school(platform, *TEACHERS[1:], sandbox=True)
        found.append(Life(platform, school, datetime.now(UTC)))
    for rule in CHANGED:
        await found[1].asks("notifications", "/v1/milestone-rules", "administrator", **rule)
    await platform.level()
    await play(platform, found, seed=7)
    yield found


async def rehearsed(life: Life, by: str | None = None, **rule: Any) -> list[dict[str, Any]]:
    served = life.platform.notifications
    whom = life.school.people[by] if by else None
    answer = await served.http.post(
        PATH, json=rule, headers=served._who(whom, life.school.tenant), timeout=60
    )
    assert answer.status_code == 200, answer.text
    rows: list[dict[str, Any]] = answer.json()
    return rows


def comparable(life: Life, rows: list[dict[str, Any]], at: str) -> list[tuple[Any, ...]]:
    """Rows without ids: who, of whose cycle, when."""
    names = {str(person): who for who, person in life.school.people.items()}
    cycles = {str(cycle): who for who, cycle in life.cycles.items()}
    return sorted(
        (row["milestone"], names[row["person_id"]], row["role"], cycles.get(row["cycle_id"], "-"), row[at])
        for row in rows
        if row[at]
    )


@pytest.mark.parametrize("rule", CHANGED, ids=lambda rule: str(rule["milestone"]))
async def test_who_would_have_heard_is_who_heard_where_the_rule_was_in_force(
    lives: list[Life], rule: dict[str, Any]
) -> None:
    here, there = lives
    would = comparable(here, await rehearsed(here, **rule), "would_have_heard_at")
    rows = await rehearsed(there, **rule)
    assert would == comparable(there, rows, "heard_at")
    assert all(row["outcome"] == "same" for row in rows)
    # And it is not what was told by the rule that was in force instead.
    heard = comparable(here, await rehearsed(here, milestone=rule["milestone"]), "heard_at")
    assert heard != would
    assert heard


@pytest.mark.parametrize("milestone", sorted(BY_MILESTONE))
async def test_the_rule_in_force_comes_to_what_was_really_told(lives: list[Life], milestone: str) -> None:
    rows = await rehearsed(lives[0], milestone=milestone)
    assert [row for row in rows if row["outcome"] != "same"] == []
    assert [row for row in rows if row["heard_at"] != row["would_have_heard_at"]] == []


async def test_the_play_has_something_of_most_milestones(lives: list[Life]) -> None:
    told = {name for name in BY_MILESTONE if await rehearsed(lives[0], milestone=name)}
    assert told >= {
        "CycleOpened", "BaselineMissing", "BaselineRecorded", "GoalSet", "VisitDue", "VisitOverdue", "FeedbackDue",
        "MidpointReview", "GoalSilent", "CycleEndingSoon", "Overrun", "CycleClosed", "FollowUpDue",
    }  # fmt: skip


async def test_a_rule_may_be_tried_from_some_day_on(lives: list[Life]) -> None:
    here, _ = lives
    since = datetime(2027, 1, 11, 15, tzinfo=UTC)
    rows = await rehearsed(here, milestone="VisitOverdue", enabled=False, since=since.isoformat())
    assert rows
    assert {row["outcome"] for row in rows} == {"no_more"}
    assert min(row["heard_at"] for row in rows) >= "2027-01-11T15:00:00Z"
    until = datetime(2027, 2, 1, tzinfo=UTC)
    fewer = await rehearsed(
        here, milestone="VisitOverdue", days=1, since=since.isoformat(), until=until.isoformat()
    )
    assert all("2027-01-11" <= row["heard_at"] <= "2027-02-01" for row in fewer)
    assert {row["outcome"] for row in fewer} == {"same"}


async def test_who_leads_sees_activity_and_of_what_is_the_pairs_counts(lives: list[Life]) -> None:
    here, _ = lives
    for who in ("administrator", "coaching_lead"):
        rows = await rehearsed(here, by=who, milestone="VisitOverdue", days=4)
        assert {row["person_id"] for row in rows} == {str(here.school.coach)}
        assert {row["goal_id"] for row in rows} == {None}
        rows = await rehearsed(here, by=who, milestone="GoalSilent", days=12)
        told = ("person_id", "cycle_id", "goal_id", "heard_at", "would_have_heard_at")
        assert {row[name] for row in rows for name in told} == {None}
        assert {row["n"] for row in rows} == {None}  # of two people nothing is counted
        assert {len(row["month"]) for row in rows} == {7}
        ends = [datetime(2027, 2, day, tzinfo=UTC).isoformat() for day in (3, 14, 27)]
        by_day = [await rehearsed(here, by=who, milestone="GoalSilent", until=end) for end in ends]
        assert by_day[0] == by_day[1] == by_day[2]
        assert max(row["month"] for row in by_day[0]) <= "2027-01"
        served = here.platform.notifications
        headers = served._who(here.school.people[who], here.school.tenant)
        banded = {"milestone": "GoalSilent", "experience_band": "novice"}
        assert (await served.http.post(PATH, json=banded, headers=headers)).status_code == 403
    for who, status in (("principal", 403), ("teacher", 403), ("coach", 403)):
        served = here.platform.notifications
        headers = served._who(here.school.people[who], here.school.tenant)
        answer = await served.http.post(PATH, json={"milestone": "VisitOverdue"}, headers=headers)
        assert answer.status_code == status


async def test_what_was_told_of_the_pairs_own_is_noted_before_it_is_told(lives: list[Life]) -> None:
    """So the next process tells what few tell apart as it was told, and no two tell something at once."""
    run, tenant = lives[0].platform.notifications.run, lives[0].school.tenant
    trial = Trial(
        tenant=tenant, milestone="GoalStalled", recipients=("teacher",), until=NIGHT + timedelta(days=18)
    )
    teachers = [Notice(uuid4(), "best", uuid4()) for _ in range(12)]

    async def asked(would: list[Notice]) -> set[int | None]:
        telling = Telling("teacher", NIGHT, None, of_partnership=False)
        rehearsed = Rehearsed(dict.fromkeys(would, telling), began=NIGHT)
        return {row.n for row in await told_beside(run, rehearsed, trial, ZoneInfo("America/Chicago"))}

    assert [await asked(rule) for rule in (teachers, teachers[1:], teachers[5:])] == [
        {12, None}, {12, None}, {7, None},
    ]  # fmt: skip
    kept = await run.pool.fetchval(sql.told_by_rehearsing, tenant, "GoalStalled")
    assert not await run.pool.fetchval(sql.note_rehearsed, tenant, "GoalStalled", b"stale", b"more")
    assert await run.pool.fetchval(sql.told_by_rehearsing, tenant, "GoalStalled") == kept


async def test_a_rehearsal_writes_nothing_and_is_told_as_csv_too(lives: list[Life]) -> None:
    here, _ = lives
    served = here.platform.notifications
    before = await served.database.app.fetchval("SELECT position FROM ledger.head")
    headers = served._who(None, here.school.tenant) | {"Accept": "text/csv"}
    answer = await served.http.post(PATH, json={"milestone": "VisitOverdue", "days": 2}, headers=headers)
    head, first, *_ = answer.text.splitlines()
    assert head.split(",")[:4] == ["milestone", "outcome", "role", "person_id"]
    assert unguarded(first.split(",")[0]) == "VisitOverdue"
    assert await served.database.app.fetchval("SELECT position FROM ledger.head") == before


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 422, "request_invalid"),
        ({"milestone": "VisitOverdue", "days": 0}, 422, "request_invalid"),
        ({"milestone": "VisitOverdue", "days": "3"}, 422, "request_invalid"),
        ({"milestone": "VisitOverdue", "colour": "red"}, 422, "request_invalid"),
        ({"milestone": "VisitOverdue", "since": "2027-01-11"}, 422, "request_invalid"),
        ({"milestone": "VisitOverdue", "since": "2027-01-11T00:00:00"}, 422, "request_invalid"),
        ({"milestone": "VisitOverdue", "until": "2199-01-01T00:00:00Z"}, 422, "request_invalid"),
        (
            {"milestone": "VisitOverdue", "since": "2027-02-01T00:00:00Z", "until": "2027-01-01T00:00:00Z"},
            422,
            "request_invalid",
        ),
        ({"milestone": "Birthday"}, 409, "milestone_unknown"),
        ({"milestone": "GoalSet", "days": 3}, 409, "rule_has_no_days"),
        ({"milestone": "VisitOverdue", "recipients": ["teacher"]}, 409, "recipient_not_allowed"),
    ],
)
async def test_what_cannot_be_rehearsed_is_refused(
    lives: list[Life], body: dict[str, Any], status: int, code: str
) -> None:
    served = lives[0].platform.notifications
    answer = await served.http.post(PATH, json=body, headers=served._who(None, lives[0].school.tenant))
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_a_past_that_cannot_be_read_whole_is_not_rehearsed(
    lives: list[Life], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def of_newer_code(*_: Any) -> None:
        raise Unreadable

    monkeypatch.setattr("notifications.rehearsing.rehearse", of_newer_code)
    served = lives[0].platform.notifications
    headers = served._who(None, lives[0].school.tenant)
    answer = await served.http.post(PATH, json={"milestone": "VisitOverdue"}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (503, "past_unreadable")


async def test_two_do_not_read_the_past_at_once(lives: list[Life]) -> None:
    here, there = lives
    served = here.platform.notifications

    async def ask(life: Life) -> Any:
        headers = served._who(None, life.school.tenant)
        return await served.http.post(PATH, json={"milestone": "VisitOverdue"}, headers=headers, timeout=60)

    answers = await asyncio.gather(*(ask(life) for life in (here, there, here)))
    done = [answer for answer in answers if answer.is_success]
    assert done
    for answer in answers:
        if not answer.is_success:
            assert (answer.status_code, answer.json()["code"]) == (503, "past_being_read")
            assert int(answer.headers["retry-after"]) > 0
