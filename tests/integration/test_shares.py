"""What a teacher lets others see, they see, and nothing else; until it expires or is revoked, in every service."""

from typing import Any

import pytest
import pytest_asyncio
from backbone import exports
from backbone.identity import Caller, Identity
from kit.running import Platform
from kit.school import cycle_of, open_school
from kit.sharing import Shared, at_work

pytestmark = [pytest.mark.integration, pytest.mark.services("directory", "goals", "observations")]


@pytest_asyncio.fixture
async def shared(platform: Platform) -> Shared:
    found = await at_work(platform, await open_school(platform, "theo"))
    assert await found.statuses("theo") == NOTHING
    assert await found.statuses("teacher") == await found.statuses("coach") == ALL
    return found


ALL = dict.fromkeys(("goal", "chart", "as of", "lineage", "step", "observation"), 200)
NOTHING = dict.fromkeys(ALL, 404)


async def test_a_share_of_everything_opens_it_to_look_at_and_closes_when_it_is_revoked(
    shared: Shared,
) -> None:
    share = await shared.grant("theo")
    assert await shared.statuses("theo") == ALL
    goal = (await shared.get("theo", shared.paths()["goal"])).json()
    assert goal == (await shared.get("teacher", shared.paths()["goal"])).json()
    assert "Four in five stay with it" in goal["words"].values()
    lineage = (await shared.get("theo", shared.paths()["lineage"])).json()
    assert [step["strategy_code"] for step in lineage["steps"]] == ["cold_call"]
    seen = (await shared.get("theo", shared.paths()["observation"])).json()
    assert sorted(seen["words"].values()) == ["Well done", "What was seen"]
    assert "feedback_to_coach" not in seen["data"]
    csv = await shared.get("theo", shared.paths()["chart"], accept="text/csv")
    assert csv.headers["content-type"].startswith("text/csv")
    assert csv.text.count("\r\n") > 3

    await shared.revoke(share)
    in_goals = {name: (await shared.get("theo", path)).status_code for name, path in shared.paths().items()}
    in_goals.pop("observation")
    assert set(in_goals.values()) == {404}, "at once in goals, whatever is projected"
    assert await shared.statuses("theo") == NOTHING
    assert await shared.statuses("teacher") == ALL


async def test_a_share_opens_nothing_else_and_lets_nobody_act(shared: Shared) -> None:
    await shared.grant("theo")
    await shared.platform.level()
    pair, cycle = shared.ids["pair"], shared.ids["cycle"]
    for path in (
        f"/v1/partnerships/{pair}", f"/v1/cycles/{cycle}", f"/v1/cycles/{cycle}/session-prep",
        f"/v1/cycles/{cycle}/phases",
    ):  # fmt: skip
        assert (await shared.get("theo", path)).status_code == 404, path
    for path in ("/v1/goals", "/v1/action-steps", "/v1/observations", "/v1/cycles", "/v1/partnerships"):
        assert (await shared.get("theo", path)).json() == [], path
    goals, observations = shared.platform.goals, shared.platform.observations
    theo = {"by": shared.school.people["theo"], "tenant": shared.school.tenant}
    tried = (
        await goals.tried(f"/v1/goals/{shared.ids['goal']}/agree-goal", **theo),
        await goals.tried(f"/v1/action-steps/{shared.ids['step']}/practise-action-step", **theo),
        await observations.tried(
            f"/v1/observations/{shared.ids['observation']}/acknowledge-feedback", **theo
        ),
    )
    assert [answer.json()["code"] for answer in tried] == ["forbidden"] * 3


async def test_a_goal_that_is_shared_is_the_goal_alone(shared: Shared) -> None:
    await shared.grant("theo", goal_id=str(shared.ids["goal"]))
    opened = await shared.statuses("theo")
    assert opened == ALL | {"step": 404, "observation": 404}
    lineage = (await shared.get("theo", shared.paths()["lineage"])).json()
    assert lineage["steps"] == [], "the step serves no goal in particular"


async def test_a_cycle_that_is_shared_is_what_was_done_in_it(shared: Shared) -> None:
    await shared.grant("theo", cycle_id=str(shared.ids["cycle"]))
    assert await shared.statuses("theo") == ALL
    other = await cycle_of(shared.platform, shared.school, shared.ids["pair"], focus="writing")
    goal = await shared.platform.goals.begin(
        "goals", by=shared.school.coach, tenant=shared.school.tenant, cycle_id=str(other)
    )
    assert (await shared.get("theo", f"/v1/goals/{goal}")).status_code == 404
    assert (await shared.get("teacher", f"/v1/goals/{goal}")).status_code == 200


async def test_a_leader_to_whom_it_is_shared_reads_the_content_and_before_that_the_activity(
    shared: Shared,
) -> None:
    path = shared.paths()["goal"]
    assert "target" not in (await shared.get("principal", path)).json()["data"]
    assert (await shared.get("principal", shared.paths()["chart"])).status_code == 403
    share = await shared.grant("principal")
    assert (await shared.get("principal", path)).json()["data"]["target"] == "4/5"
    assert (await shared.get("principal", shared.paths()["chart"])).status_code == 200
    await shared.revoke(share)
    await shared.platform.level()
    assert "target" not in (await shared.get("principal", path)).json()["data"]
    assert "measurements" not in (await shared.get("principal", shared.paths()["observation"])).json()["data"]


async def test_each_finds_the_shares_they_granted_and_were_granted(shared: Shared) -> None:
    first = await shared.grant("theo", "principal", goal_id=str(shared.ids["goal"]))
    second = await shared.grant("theo")
    await shared.revoke(first)
    await shared.platform.level()
    mine = (await shared.get("teacher", "/v1/shares")).json()
    assert [(row["share_id"], row["status"], len(row["audience"])) for row in mine] == [
        (str(second), "in_force", 1),
        (str(first), "revoked", 2),
    ]
    theirs = (await shared.get("theo", "/v1/shares")).json()
    theo, teacher = str(shared.school.people["theo"]), str(shared.school.teacher)
    assert [(row["teacher_id"], row["audience"]) for row in theirs] == [(teacher, [theo])] * 2
    assert theirs[1]["goal_id"] == str(shared.ids["goal"])
    assert (await shared.get("coach", "/v1/shares")).json() == []
    assert await shared.platform.goals.derived_again()


async def opened(shared: Shared, who: str) -> dict[str, str]:
    """What is open to them, by what it is: its id."""
    await shared.platform.level()
    rows = [
        row
        for served in (shared.platform.goals, shared.platform.observations)
        for row in (
            await served.get("/v1/opened", by=shared.school.people[who], tenant=shared.school.tenant)
        ).json()
    ]
    assert all(row["teacher_ids"] == [str(shared.school.teacher)] for row in rows)
    return {row["aggregate"]: row["id"] for row in rows}


async def test_whom_it_is_shared_with_finds_what_is_open_and_nothing_that_is_not(shared: Shared) -> None:
    goal, step, seen = (str(shared.ids[name]) for name in ("goal", "step", "observation"))
    everything = {"Goal": goal, "ActionStep": step, "Observation": seen}
    assert await opened(shared, "theo") == {}
    one = await shared.grant("theo", goal_id=goal)
    assert await opened(shared, "theo") == {"Goal": goal}
    shares = [one, await shared.grant("theo", cycle_id=str(shared.ids["cycle"]))]
    assert await opened(shared, "theo") == everything
    shares.append(await shared.grant("theo"))
    assert await opened(shared, "theo") == everything, "each once, however many shares open it"
    for who in ("teacher", "coach", "principal"):
        assert await opened(shared, who) == {}
    for share in shares:
        await shared.revoke(share)
    assert await opened(shared, "theo") == {}


async def test_a_page_of_what_is_open_leads_to_the_next(shared: Shared) -> None:
    await shared.grant("theo")
    theo = {"by": shared.school.people["theo"], "tenant": shared.school.tenant}
    first = await shared.platform.goals.get("/v1/opened?limit=1", **theo)
    path = first.headers["link"].partition(">")[0].removeprefix("<")
    second = await shared.platform.goals.get(path, **theo)
    assert [row["aggregate"] for answer in (first, second) for row in answer.json()] == ["ActionStep", "Goal"]
    assert "link" not in second.headers


async def test_an_export_of_what_is_open_tells_no_more_once_it_is_revoked(
    shared: Shared, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between its first row and the next."""
    share = await shared.grant("theo")
    goals, told = shared.platform.goals, list[Any]()
    theo = {"by": shared.school.people["theo"], "tenant": shared.school.tenant}
    assert len((await goals.get("/v1/opened", **theo)).json()) == 2
    believed = Identity.caller

    async def once_more(self: Identity, authorization: str | None) -> Caller:
        told.append(authorization)
        if len(told) == 2:
            monkeypatch.setattr(Identity, "caller", believed)
            await shared.revoke(share)
            await shared.platform.level()
        return await believed(self, authorization)

    monkeypatch.setattr(exports, "ROWS", 1)
    monkeypatch.setattr(Identity, "caller", once_more)
    answer = await goals.get("/v1/opened", accept="application/jsonl", **theo)
    assert answer.text.count("\n") == 1
