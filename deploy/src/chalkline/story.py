"""Six weeks of coaching, as the people of one district live them.

Every line is a command over HTTP by whoever it is said of; between them the sandbox's clock moves on. What
follows by itself (progress from an observation, a reminder of a missed visit, an achievement that no longer stands) is
waited for and looked at.
"""

from datetime import timedelta

from chalkline.coaching import Coaching
from chalkline.playing import Advance, Play, told, visit
from chalkline.problem import Problem
from chalkline.seeding import INSTRUMENT, TIME_ZONE, District, form_partnership, on_task, proposal
from chalkline.stage import Act

STEPS = 40
"""How many steps the play has: what the bar counts to."""
CHECKLIST = "entry-routine@1"


async def play(client: Coaching, act: Act, advance: Advance, there: District) -> Play:
    """The whole of it, by people of this district. Raises Problem where anything is not as the story has it."""
    story = Play(client, act, advance, there)
    await _begin(story)
    await _agree_on_a_goal(story)
    await _first_visit(story)
    await _recommend(story)
    await _missed_visit(story)
    await _reach_the_target(story)
    await _count_again(story)
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


async def _first_visit(story: Play) -> None:
    client, act = story.client, story.act
    at = await story.on(2, 1, 11)
    observation = await visit(story, at, 22, "The timer on the board helps. Table four waits for materials.")
    feedback = "Your start is crisp now. What would let table four begin without you?"
    await client.does(story.who("maya"), f"observations/{observation}/share-feedback", feedback=feedback)
    act.step("Maya shares her feedback")
    await client.does(story.who("tomas"), f"observations/{observation}/acknowledge-feedback")
    act.step("Tomás reads it: the visit is discussed")


async def _recommend(story: Play) -> None:
    """An action step: recommended by one, answered by the other."""
    client, act, tomas = story.client, story.act, story.who("tomas")
    now = await story.on(2, 2, 15)
    story.step = await client.begins(
        story.who("maya"), "action-steps", "offer action step", cycle_id=story.cycle, goal_id=story.goal,
        strategy_code="entry_routine", checklist=CHECKLIST, note="Materials lie on a tray before they come in.",
        check_back_on=(now.date() + timedelta(days=14)).isoformat(),
    )  # fmt: skip
    act.step("Maya recommends an action step: a routine for how the lesson begins")
    note = "Not for all tables at once: I begin with table four."
    await client.does(
        tomas, f"action-steps/{story.step}/respond-to-action-step", response="adapted", note=note
    )
    act.step("Tomás adapts it to his class: a recommendation is the teacher's to answer")
    now = await story.on(2, 4, 15)
    met = {
        "metric_code": "checklist", "kind": "checklist_fidelity", "numerator": 7, "denominator": 10,
        "direction": "increase", "occurred_at": (now - timedelta(hours=5)).isoformat(), "instrument": CHECKLIST,
        "source": "observation",
    }  # fmt: skip
    await client.does(tomas, f"action-steps/{story.step}/practise-action-step", measurement=met)
    act.step("he practised it, and met 7 of the checklist's 10: his practice, never his students")


async def _missed_visit(story: Play) -> None:
    client, act, maya = story.client, story.act, story.who("maya")
    at = await story.on(3, 0)
    await client.begins(
        maya, "observations", "schedule", partnership_id=story.partnership, cycle_id=story.cycle,
        scheduled_at=(at + timedelta(days=3)).isoformat(),
    )  # fmt: skip
    act.step("a visit is agreed on for Thursday, and does not take place")
    await story.on(4, 3)
    overdue = await told(story, "maya", "VisitOverdue")
    act.step("[yellow]VisitOverdue[/] came due: Maya finds it in her inbox")
    await client.does(maya, f"notifications/{overdue['notification_id']}/acknowledge-notification")
    act.step("she acknowledges it")


async def _reach_the_target(story: Play) -> None:
    at = await story.on(4, 4, 11)
    await visit(story, at, 33, "Table four begins by itself, with the tray by the door.")
    await story.client.does(story.who("maya"), f"cycles/{story.cycle}/enter-phase", phase="improve")
    story.act.step("above four in five, once; the cycle enters its phase of improving")
    at = await story.on(5, 0, 12)
    together = {"started_at": (at - timedelta(hours=2)).isoformat(), "minutes": 45, "cycle_id": story.cycle}
    await story.client.begins(
        story.who("maya"), "activities/hold-activity", "co-teach", type="coteach",
        partnership_id=story.partnership, **together,
    )  # fmt: skip
    story.act.step("Maya and Tomás teach together, 45 minutes: coaching time, and a visit as well")
    at = await story.on(5, 2, 11)
    story.visit = await visit(story, at, 35, "Students tell each other what they are working on.")
    await story.shows("tomas", "target_met")
    await told(story, "tomas", "GoalTargetMet")
    story.act.step("[green]twice in a row: the target is met[/]; both are told")


async def _count_again(story: Play) -> None:
    """What was achieved turns out not to be, and is achieved after all."""
    client, act, maya, tomas = story.client, story.act, story.who("maya"), story.who("tomas")
    now = await story.on(6, 0)
    await client.does(tomas, f"goals/{story.goal}/confirm-achievement")
    await story.shows("tomas", "achieved")
    act.step("[green]Tomás says it: the goal is achieved[/]")
    counted = [on_task(31, now - timedelta(days=5))]
    done = await client.does(
        maya,
        f"observations/{story.visit}/correct-observation",
        measurements=counted,
        reason_code="miscounted",
    )
    story.corrected = done["events"][0]["id"]
    await story.shows("tomas", "active")
    act.step(
        "[yellow]Maya had miscounted the last visit: 31, not 35[/]; she corrects it, the achievement is withdrawn"
    )
    for day, intervals in ((1, 34), (3, 36)):
        at = await story.on(6, day, 11)
        await visit(story, at, intervals, "All tables begin by themselves.")
    await story.shows("tomas", "target_met")
    act.step("[green]twice in a row again: the target is met, this time to stay[/]")


async def _close(story: Play) -> None:
    client, act, tomas = story.client, story.act, story.who("tomas")
    await story.on(6, 4, 15)
    for command in ("use-action-step", "master-action-step"):
        await client.does(tomas, f"action-steps/{story.step}/{command}")
    act.step("the routine is part of his lessons: the action step is mastered")
    await client.does(tomas, f"goals/{story.goal}/confirm-achievement", time=2)
    await story.shows("tomas", "achieved")
    act.step("[green]Tomás says it again: the goal is achieved[/], from 14 of 40 to 36 of 40")
    await client.does(story.who("maya"), f"cycles/{story.cycle}/complete-cycle")
    for who in ("maya", "tomas"):
        await told(story, who, "CycleClosed")
    act.step("Maya closes the cycle; both are told, and Leo, who leads coaching")
    story.chart = await client.sees(tomas, f"goals/{story.goal}/chart")
