"""Six weeks of coaching, as the people of one district live them.

Every line is a command over HTTP by whoever it is said of; between them the sandbox's clock moves on. What
follows by itself (progress from an observation, a reminder of a missed visit) is waited for and looked at.
"""

from datetime import datetime, timedelta
from typing import Any

from chalkline.coaching import Coaching, Json
from chalkline.playing import Advance, Play
from chalkline.problem import Problem
from chalkline.seeding import INSTRUMENT, TIME_ZONE, District, form_partnership, on_task, proposal
from chalkline.stage import Act

STEPS = 28
"""How many steps the play has: what the bar counts to."""


async def play(client: Coaching, act: Act, advance: Advance, there: District) -> Play:
    """The whole of it, by people of this district. Raises Problem where anything is not as the story has it."""
    story = Play(client, act, advance, there)
    await _begin(story)
    await _agree_on_a_goal(story)
    await _first_visit(story)
    await _missed_visit(story)
    await _reach_the_target(story)
    await _close(story)
    act.finish()
    return story


async def _begin(story: Play) -> None:
    client, act, now = story.client, story.act, await story.client.now()
    local = now.astimezone(TIME_ZONE)
    story.monday = local + timedelta(days=7 - local.weekday())
    await story.on(1, 0)
    items = [
        {"code": "on_task", "kind": "intervals_on_task", "wording": "Each 30 seconds: who works on the task?"}
    ]
    await client.begins(
        story.who("leo"), "instruments", "publish instrument",
        name="Time on task", code=INSTRUMENT.partition("@")[0], items=items,
    )  # fmt: skip
    act.step("Leo, who leads coaching, publishes an instrument: time on task")
    story.partnership = await form_partnership(client, story.there)
    act.step("Maya proposes a partnership; Tomás and she consent: it is agreed")
    story.cycle = await client.begins(
        story.who("maya"),
        "cycles",
        "start cycle",
        partnership_id=story.partnership,
        focus="student_engagement",
    )
    act.step("Maya starts a cycle of six weeks, after the Impact Cycle, on student engagement")


async def _agree_on_a_goal(story: Play) -> None:
    client, act, maya, tomas = story.client, story.act, story.who("maya"), story.who("tomas")
    now = await story.on(1, 2, 10)
    story.goal = goal = await client.begins(tomas, "goals", "draft goal", cycle_id=story.cycle)
    taken = [on_task(n, now - timedelta(hours=h)) for n, h in ((12, 48), (16, 24), (14, 1))]
    await client.does(tomas, f"goals/{goal}/record-baseline", measurements=taken)
    act.step("Tomás drafts a goal and records where his students stand: 14 of 40 intervals on task")
    due_on = now.date() + timedelta(weeks=6)
    await client.does(maya, f"goals/{goal}/propose-goal", **proposal(due_on))
    act.step("Maya proposes it in words and numbers: four in five, twice in a row")
    for partner in (tomas, maya):
        await client.does(partner, f"goals/{goal}/agree-goal")
    await story.shows("tomas", "active")
    act.step("both agree: the goal is set")
    await client.does(maya, f"cycles/{story.cycle}/enter-phase", phase="learn")
    act.step("the cycle enters its phase of learning")
    await _confidential(story)


async def _confidential(story: Play) -> None:
    """What a colleague and a principal see of it."""
    path = f"goals/{story.goal}"
    if await story.client.sees(story.who("nora"), path) is not None:
        raise Problem("a colleague outside the partnership sees the goal")
    seen = await story.client.until(story.who("priya"), path, lambda _: True, "the principal's look")
    if seen["words"] or "target" in seen["data"] or "measurements" in seen["data"]:
        raise Problem(f"the principal sees more of the goal than that there is one: {seen}")
    act = story.act
    act.step("Nora, a colleague, finds no such goal; Priya, the principal, sees whom and what area, no more")


async def _visit(story: Play, at: datetime, intervals: int, evidence: str) -> str:
    """Maya observes; what she measured becomes progress by itself. The observation's id."""
    client, maya = story.client, story.who("maya")
    body: dict[str, Any] = {
        "cycle_id": story.cycle, "goal_ids": [story.goal], "started_at": (at - timedelta(minutes=40)).isoformat(),
        "duration_s": 1800, "mode": "live", "instrument": INSTRUMENT, "evidence": evidence,
        "measurements": [on_task(intervals, at - timedelta(minutes=10))], "chosen_by": "teacher",
    }  # fmt: skip
    before = await client.until(maya, f"goals/{story.goal}", lambda _: True, "the goal")
    known = len(before["data"]["measurements"])
    observation = await client.begins(
        maya, "observations/record-observation", f"visit {at}", partnership_id=story.partnership, **body
    )
    await client.until(
        maya,
        f"goals/{story.goal}",
        lambda seen: len(seen["data"]["measurements"]) > known,
        "progress of the visit",
    )
    story.act.step(f"Maya visits: {intervals} of 40. Nobody copies it: the observation becomes progress")
    return observation


async def _first_visit(story: Play) -> None:
    client, act = story.client, story.act
    at = await story.on(2, 1, 11)
    observation = await _visit(story, at, 22, "The timer on the board helps. Table four waits for materials.")
    feedback = "Your start is crisp now. What would let table four begin without you?"
    await client.does(story.who("maya"), f"observations/{observation}/share-feedback", feedback=feedback)
    act.step("Maya shares her feedback")
    await client.does(story.who("tomas"), f"observations/{observation}/acknowledge-feedback")
    act.step("Tomás reads it: the visit is discussed")


async def _missed_visit(story: Play) -> None:
    client, act, maya = story.client, story.act, story.who("maya")
    at = await story.on(3, 0)
    await client.begins(
        maya, "observations", "schedule", partnership_id=story.partnership, cycle_id=story.cycle,
        scheduled_at=(at + timedelta(days=3)).isoformat(),
    )  # fmt: skip
    act.step("a visit is agreed on for Thursday, and does not take place")
    await story.on(4, 3)
    overdue = await _told(story, "maya", "VisitOverdue")
    act.step("[yellow]VisitOverdue[/] came due: Maya finds it in her inbox")
    await client.does(maya, f"notifications/{overdue['notification_id']}/acknowledge-notification")
    act.step("she acknowledges it")


async def _told(story: Play, who: str, milestone: str) -> Json:
    """The notification of a milestone in somebody's inbox."""

    def found(inbox: list[Json]) -> list[Json]:
        return [told for told in inbox if told["milestone"] == milestone]

    seen = await story.client.until(
        story.who(who), "inbox", lambda seen: bool(found(seen)), f"{milestone} in the inbox of {who}"
    )
    return found(seen)[0]


async def _reach_the_target(story: Play) -> None:
    at = await story.on(4, 4, 11)
    await _visit(story, at, 33, "Table four begins by itself, with the tray by the door.")
    await story.client.does(story.who("maya"), f"cycles/{story.cycle}/enter-phase", phase="improve")
    story.act.step("above four in five, once; the cycle enters its phase of improving")
    at = await story.on(5, 2, 11)
    await _visit(story, at, 35, "Students tell each other what they are working on.")
    await story.shows("tomas", "target_met")
    await _told(story, "tomas", "GoalTargetMet")
    story.act.step("[green]twice in a row: the target is met[/]; both are told")


async def _close(story: Play) -> None:
    client, act, tomas = story.client, story.act, story.who("tomas")
    await story.on(6, 2, 15)
    await client.does(tomas, f"goals/{story.goal}/confirm-achievement")
    await story.shows("tomas", "achieved")
    act.step("[green]Tomás says it: the goal is achieved[/], from 14 of 40 to 35 of 40")
    await client.does(story.who("maya"), f"cycles/{story.cycle}/complete-cycle")
    for who in ("maya", "tomas"):
        await _told(story, who, "CycleClosed")
    act.step("Maya closes the cycle; both are told, and Leo, who leads coaching")
