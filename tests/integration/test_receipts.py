"""Whoever reads what is a pair's from outside of it leaves a receipt, or reads nothing."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import asyncpg
import httpx
import pytest
import pytest_asyncio
from backbone.commands import Commands, Order
from backbone.sharing import Owed
from kit.running import Platform, Served
from kit.school import open_school
from kit.sharing import Shared, at_work

pytestmark = [pytest.mark.integration, pytest.mark.services("directory", "goals", "observations")]

SAID = (
    "Four in five stay with it",
    "Wait for it",
    "What was seen",
    "Well done",
    "4/5",
    "on_task",
    "cold_call",
)
"""Some of what nobody outside the pair is told without a receipt."""
HEADERS: tuple[dict[str, str], ...] = ({}, {"accept": "text/csv"}, {"accept": "application/jsonl"})


LOOKS = [
    (name, headers)
    for name, forms in {"goal": 1, "chart": 3, "as of": 3, "lineage": 3, "step": 1, "observation": 1}.items()
    for headers in HEADERS[:forms]
]
"""Every read that shows content, in each form it has."""


@pytest_asyncio.fixture
async def shared(platform: Platform) -> Shared:
    found = await at_work(platform, await open_school(platform, "theo"))
    await found.grant("theo")
    return found


async def receipts(shared: Shared, service: str, who: str = "teacher") -> list[dict[str, Any]]:
    await shared.platform.level()
    served = shared.platform.services[service]
    answer = await served.get("/v1/receipts", by=shared.school.people[who], tenant=shared.school.tenant)
    assert answer.status_code == 200, answer.text
    rows: list[dict[str, Any]] = answer.json()
    return rows


async def test_each_read_by_somebody_outside_leaves_a_receipt_that_the_teacher_sees(shared: Shared) -> None:
    goal, step, visit = (shared.ids[name] for name in ("goal", "step", "observation"))
    read = []
    for name, headers in LOOKS:
        assert (await shared.get("theo", shared.paths()[name], **headers)).status_code == 200
        if name != "observation":
            read.append(("ActionStep", step) if name == "step" else ("Goal", goal))
    head = await shared.platform.goals.http.head(
        shared.paths()["goal"],
        headers=shared.platform.issuer.person(shared.school.people["theo"], shared.school.tenant),
    )
    assert (head.status_code, head.content) == (200, b"")
    read.append(("Goal", goal))

    told = await receipts(shared, "goals")
    assert [(row["aggregate"], row["id"]) for row in reversed(told)] == [
        (kind, str(own)) for kind, own in read
    ]
    [seen] = await receipts(shared, "observations")
    assert (seen["aggregate"], seen["id"]) == ("Observation", str(visit))
    [share] = (await shared.get("teacher", "/v1/shares")).json()
    for row in (*told, seen):
        assert (row["reader_id"], row["why"]) == (str(shared.school.people["theo"]), "share")
        assert row["grant_ids"] == [share["share_id"]]
    for who in ("theo", "coach", "principal", "administrator"):
        assert await receipts(shared, "goals", who) == await receipts(shared, "observations", who) == []
    csv = await shared.get("teacher", "/v1/receipts", accept="text/csv")
    assert csv.text.count("\r\n") == len(told) + 1
    assert await shared.platform.goals.derived_again()
    assert await shared.platform.observations.derived_again()


async def test_the_pair_and_who_learns_of_the_activity_leave_none(shared: Shared) -> None:
    for who in ("teacher", "coach", "principal", "administrator", "coaching_lead"):
        for path in shared.paths().values():
            assert (await shared.get(who, path)).status_code in (200, 403)
    for path in ("/v1/shares", "/v1/goals", "/v1/action-steps"):
        await shared.get("theo", path)
    assert await receipts(shared, "goals") == await receipts(shared, "observations") == []


async def test_what_a_receipt_costs_is_a_command(shared: Shared) -> None:
    goals = shared.platform.goals
    asked: list[str] = []

    def counted(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def asking(*arguments: Any) -> Any:
            asked.append(name)
            return call(*arguments)

        return asking

    ledger: Any = goals.run.ledger
    for name in ("append", "load", "words"):
        setattr(ledger, name, counted(name, getattr(ledger, name)))
    try:
        path = shared.paths()["goal"]
        assert (await shared.get("teacher", path)).status_code == 200
        own, asked = [*asked], []
        assert (await shared.get("theo", path)).status_code == 200
    finally:
        for name in ("append", "load", "words"):
            delattr(ledger, name)
    assert "append" not in own
    assert asked.count("append") == 1
    assert sorted(asked) == sorted([*own, "append"]), "nothing is loaded for it"


# Nothing is read without one -------------------------------------------------------------------------


APPEND = """
SELECT oid::regprocedure::text FROM pg_proc WHERE proname = 'append' AND pronamespace = 'ledger'::regnamespace
"""


@asynccontextmanager
async def may_not_append(served: Served) -> AsyncIterator[None]:
    """PostgreSQL refuses to add anything to the log."""
    role = await served.database.app.fetchval("SELECT current_user")
    owner = await asyncpg.connect(served.database.provisioned.full_owner_url)
    append = await owner.fetchval(APPEND)
    try:
        await owner.execute(f'REVOKE EXECUTE ON FUNCTION {append} FROM PUBLIC, "{role}"')
        yield
    finally:
        await owner.execute(f'GRANT EXECUTE ON FUNCTION {append} TO "{role}"')
        await owner.close()


@asynccontextmanager
async def head_is_held(served: Served) -> AsyncIterator[None]:
    """Somebody holds the lock that orders the log, for longer than anybody waits."""
    ledger: Any = served.run.ledger
    patience, ledger._patience = ledger._patience, 0.3
    owner = await asyncpg.connect(served.database.provisioned.full_owner_url)
    try:
        async with owner.transaction():
            await owner.execute("SELECT * FROM ledger.head FOR UPDATE")
            yield
    finally:
        ledger._patience = patience
        await owner.close()


@asynccontextmanager
async def somebody_has_to_decide(served: Served) -> AsyncIterator[None]:
    """Log and stream differ, so that nothing is added until an operator decided."""
    served.run.commands.refused_because = "stream_differs"
    try:
        yield
    finally:
        served.run.commands.refused_because = None


Trouble = Callable[[Served], AbstractAsyncContextManager[None]]
TROUBLES: tuple[Trouble, ...] = (may_not_append, head_is_held, somebody_has_to_decide)


async def told_anyway(shared: Shared, trouble: Trouble) -> list[str]:
    """What theo was told of the content, and what was answered as if it could be, while no receipt can be written."""
    found: list[str] = []
    answers: list[tuple[str, httpx.Response]] = []
    await shared.platform.level()
    async with trouble(shared.platform.goals), trouble(shared.platform.observations):
        for name, headers in LOOKS:
            answer = await shared.get("theo", shared.paths()[name], **headers)
            answers.append((name, answer))
        theirs = shared.platform.issuer.person(shared.school.people["theo"], shared.school.tenant)
        answers.append(
            ("head", await shared.platform.goals.http.head(shared.paths()["goal"], headers=theirs))
        )
    for name, answer in answers:
        found += [f"{name} says {said}" for said in SAID if said in answer.text]
        if answer.status_code != 503:
            found.append(f"{name} is answered {answer.status_code}")
        elif name != "head" and answer.json()["code"] != "receipt_unwritten":
            found.append(f"{name} is refused as {answer.json()['code']}")
    return found


@pytest.mark.parametrize("trouble", TROUBLES, ids=lambda trouble: str(trouble.__name__))
async def test_nothing_is_read_without_a_receipt(shared: Shared, trouble: Trouble) -> None:
    assert await told_anyway(shared, trouble) == []
    assert await shared.statuses("theo") == dict.fromkeys(shared.paths(), 200), "and afterwards as ever"
    assert len(await receipts(shared, "goals")) == 5
    assert len(await receipts(shared, "observations")) == 1


async def test_the_pair_reads_on_when_no_receipt_can_be_written(shared: Shared) -> None:
    async with may_not_append(shared.platform.goals):
        for who in ("teacher", "coach"):
            assert (await shared.get(who, shared.paths()["goal"])).status_code == 200


async def _swallowing(self: Commands, order: Order, owed: Owed) -> None:
    """A receipt that is nice to have."""
    try:
        await LEAVE(self, order, owed)
    except Exception:
        return


async def _afterwards(self: Commands, order: Order, owed: Owed) -> None:
    """A receipt that is written some time."""
    task = asyncio.create_task(LEAVE(self, order, owed))
    task.add_done_callback(lambda done: done.exception())


LEAVE = Commands._leave


@pytest.mark.parametrize("broken", [_swallowing, _afterwards])
async def test_who_told_first_or_did_not_mind_would_be_caught(
    shared: Shared, broken: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Commands, "_leave", broken)
    found = await told_anyway(shared, may_not_append)
    expected = {"goal is answered 200", "chart is answered 200"}
    assert expected <= set(found), [one for one in found if " is " in one]
    assert "goal says Four in five stay with it" in found
