"""One district's haste is its own: how requests are paced, and where they wait."""

import asyncio
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

import httpx
import pytest
from backbone.application import Reader
from backbone.deciding import EVERYWHERE
from backbone.exports import ROWS, TABLE, rows_asked
from backbone.identity import Caller
from backbone.limits import ALONE_AFTER, Limits
from backbone.lists import Page, Told, router_of, router_of_one
from backbone.pacing import Pace, Room
from backbone.problems import Problem
from fastapi import FastAPI, Query, Request
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel
from structlog.testing import capture_logs


@dataclass
class By:
    tenant: UUID | None
    kind: str = "person"


LOUD, QUIET = By(UUID(int=1)), By(UUID(int=2))


class Now:
    """A clock that goes with the loop's, and can be put forward."""

    ahead = 0.0

    def __call__(self) -> float:
        return asyncio.get_running_loop().time() + self.ahead


@pytest.fixture
def now() -> Now:
    return Now()


@given(
    st.lists(st.tuples(st.floats(0, 3), st.sampled_from([1, 1.2, 2, 5, 11])), max_size=60),
    st.floats(1, 500), st.floats(1, 200),
)  # fmt: skip
def test_whoever_waits_as_they_are_told_never_has_more_than_a_burst_and_their_pace(
    asked: list[tuple[float, float]], rate: float, burst: float
) -> None:
    pace, at, gone = Pace(rate, burst), 0.0, list[tuple[float, float]]()
    for pause, cost in asked:
        at += pause
        goes = at + pace.wait(at, cost)
        pace.take(at, cost)
        gone.append((goes, cost))
    for first, (begin, _) in enumerate(gone):
        done = 0.0
        for goes, cost in gone[first:]:
            done += min(cost, burst)
            assert done <= burst + rate * (goes - begin) + 1e-6 * rate


def test_after_a_pause_a_whole_burst_goes_at_once_and_no_more() -> None:
    pace = Pace(10, 5)
    for _ in range(5):
        assert pace.wait(100) == 0
        pace.take(100)
    assert pace.wait(100) == pytest.approx(0.1)
    assert (pace.left(100), pace.left(100.25), pace.left(200)) == (0, 2, 5)


async def test_a_room_lets_in_so_many_in_the_order_in_which_they_came() -> None:
    room, entered = Room(2), list[int]()

    async def guest(number: int) -> None:
        assert await room.enter(None)
        entered.append(number)

    guests = [asyncio.create_task(guest(n)) for n in range(5)]
    await asyncio.sleep(0)
    assert entered == [0, 1]
    guests[2].cancel()
    room.leave()
    await asyncio.sleep(0.01)
    assert entered == [0, 1, 3]
    assert not await room.enter(0.01)
    room.leave()
    await asyncio.sleep(0)
    room.leave()
    room.leave()
    await asyncio.gather(*guests, return_exceptions=True)
    assert (entered, room.inside) == ([0, 1, 3, 4], 0)


async def test_a_district_that_is_alone_is_not_bounded(now: Now) -> None:
    limits = Limits(rate=5, at_once=1, now=now)
    async with asyncio.timeout(0.5):
        for _ in range(500):
            await limits.paced(LOUD)
        async with limits.at_work(LOUD), limits.at_work(LOUD):
            pass


async def test_beside_others_it_waits_its_turn_and_is_refused_when_that_takes_too_long(now: Now) -> None:
    limits = Limits(rate=20, at_once=1, patience=0.2, now=now)
    await limits.paced(QUIET)
    began = now()
    with capture_logs() as logged:
        outcomes = await asyncio.gather(*(limits.paced(LOUD) for _ in range(60)), return_exceptions=True)
    refused = [o for o in outcomes if isinstance(o, Problem)]
    assert 50 <= len(refused) <= 55  # a burst of two, four in their turn
    assert 0.19 < now() - began < 1, "who is refused waited as long as who was not"
    assert [line["event"] for line in logged] == ["district_refused"]
    assert (refused[0].status, refused[0].code) == (429, "rate_limited")
    assert refused[0].headers["Retry-After"] == "1"
    assert refused[0].headers["RateLimit-Policy"] == '"district";q=20;w=1'
    assert refused[0].headers["RateLimit"].startswith('"district";r=0;t=')
    async with asyncio.timeout(0.1):
        await limits.paced(QUIET)


async def test_there_is_little_room_at_work_and_others_have_their_own(now: Now) -> None:
    limits = Limits(rate=1000, at_once=2, patience=0.01, now=now)
    await limits.paced(QUIET)
    async with limits.at_work(LOUD), limits.at_work(LOUD), limits.at_work(QUIET):
        with pytest.raises(Problem):
            await limits.at_work(LOUD).__aenter__()
        async with limits.at_work(QUIET), limits.at_work(By(LOUD.tenant, "operator")):
            pass
    async with limits.at_work(LOUD):
        pass


async def test_lines_of_a_bulk_request_wait_however_long_and_hold_up_nobody_of_their_district(
    now: Now,
) -> None:
    limits = Limits(rate=100, at_once=1, patience=0.05, now=now)
    await limits.paced(QUIET)
    began = now()
    lines = [asyncio.create_task(limits.line(LOUD)) for _ in range(55)]
    async with asyncio.timeout(0.1):
        await limits.paced(LOUD)
    await asyncio.gather(*lines)
    assert 0.48 < now() - began < 1


async def test_others_who_asked_long_ago_are_not_there(now: Now) -> None:
    limits = Limits(rate=5, at_once=1, patience=0.0, now=now)
    await limits.paced(QUIET)
    now.ahead = ALONE_AFTER + 1
    for _ in range(50):
        await limits.paced(LOUD)
    await limits.paced(QUIET)
    told = [await asyncio.gather(limits.paced(LOUD), return_exceptions=True) for _ in range(50)]
    assert sum(isinstance(one, Problem) for (one,) in told) == 49


async def test_whom_nobody_knows_is_told_so_later_where_there_are_many(now: Now) -> None:
    limits = Limits(rate=5, at_once=1, patience=0.1, now=now)
    began = now()
    await asyncio.gather(*(limits.stranger() for _ in range(45)))
    assert now() - began < 0.09
    await asyncio.gather(*(limits.stranger() for _ in range(500)))
    assert now() - began >= 0.1


async def test_a_rate_of_nothing_bounds_nobody(now: Now) -> None:
    limits = Limits(rate=0, at_once=1, patience=0.0, now=now)
    await limits.paced(QUIET)
    async with asyncio.timeout(0.5):
        for _ in range(1000):
            await limits.paced(LOUD)
            await limits.stranger()
        async with limits.at_work(LOUD), limits.at_work(LOUD):
            pass


async def test_a_long_page_is_paid_for_before_it_is_read_and_what_it_had_not_is_given_back(now: Now) -> None:
    limits = Limits(rate=40, at_once=1, patience=0.3, now=now)
    await limits.paced(QUIET)

    async def waited(rows: int) -> float:
        began = now()
        await limits.paced(LOUD, rows)
        return now() - began

    assert await waited(200) < 0.02, "a whole burst is there"
    with pytest.raises(Problem):
        await limits.paced(LOUD, 0)  # twenty-one commands of forty a second, less a burst of four
    limits.had(LOUD, 200, 20)
    assert await waited(200) < 0.1, "eighteen came back"
    limits.had(LOUD, 200, 0)
    assert await waited(0) < 0.1


async def test_a_page_of_an_export_waits_for_its_rows_however_long_that_takes(now: Now) -> None:
    limits = Limits(rate=100, at_once=1, patience=0.1, now=now)
    await limits.paced(QUIET)
    await limits.line(LOUD, 500)
    began = now()
    await limits.paced(LOUD, 0)
    assert now() - began < 0.1, "people of the same district do not wait for it"
    await limits.line(LOUD, 500)
    assert 0.4 < now() - began < 1
    limits.had(LOUD, 500, 0, whole=True)
    began = now()
    await limits.line(LOUD)
    assert now() - began < 0.1


async def test_a_table_that_had_more_than_it_was_thought_to_is_paid_for_by_what_comes_next(now: Now) -> None:
    limits = Limits(rate=40, at_once=1, patience=0.5, now=now)
    await limits.paced(QUIET)
    now.ahead = 5.0
    limits.had(LOUD, 50, 210)
    began = now()
    await limits.paced(LOUD)
    assert 0.3 < now() - began < 0.5


async def test_what_is_given_back_is_never_more_than_a_burst(now: Now) -> None:
    limits = Limits(rate=10, at_once=1, patience=0.0, now=now)
    await limits.paced(QUIET)
    for _ in range(50):
        limits.had(LOUD, 200, 0)
    told = [await asyncio.gather(limits.paced(LOUD), return_exceptions=True) for _ in range(20)]
    assert sum(isinstance(one, Problem) for (one,) in told) == 19


@pytest.mark.parametrize("nobody", [None, EVERYWHERE])
async def test_an_operator_of_no_district_is_not_another_one(now: Now, nobody: UUID | None) -> None:
    limits = Limits(rate=5, at_once=1, patience=0.0, now=now)
    operator = By(nobody, "operator")
    await limits.paced(operator)
    for _ in range(50):
        await limits.paced(LOUD)
    told = [await asyncio.gather(limits.paced(operator), return_exceptions=True) for _ in range(20)]
    assert sum(isinstance(one, Problem) for (one,) in told) == 19, (
        "a district is there, whom they could hold up"
    )


async def test_who_gives_up_as_somebody_leaves_is_no_fault() -> None:
    room = Room(1)
    assert await room.enter(None)
    waiting = asyncio.create_task(room.enter(5))
    await asyncio.sleep(0)
    waiting.cancel()
    room.leave()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert (await room.enter(0.01), room.inside) == (True, 1)


class Long(BaseModel):
    """One thing that has rows, as a chart has."""

    told: list[str]

    def rows(self) -> list[Told]:
        return [Told() for _ in self.told]


@pytest.mark.parametrize(
    ("path", "query", "accept", "expected"),
    [
        ("/v1/pages", "", "", (50, False)),
        ("/v1/pages", "limit=200", "", (200, False)),
        ("/v1/pages", "limit=7", "application/json", (7, False)),
        ("/v1/pages", "limit=100000000000", "", (50, False)),  # refused as soon as it is read
        ("/v1/pages", "limit=9000", "", (200, False)),
        ("/v1/pages", "limit=-5", "", (50, False)),
        ("/v1/pages", "", "text/csv", (ROWS, True)),
        ("/v1/pages", "limit=7", "application/jsonl", (ROWS, True)),
        ("/v1/table", "", "", (TABLE, False)),
        ("/v1/table", "", "text/csv", (TABLE, False)),
        ("/v1/one", "", "", (0, False)),
        ("/v1/long", "", "", (None, False)),
        ("/v1/long", "", "text/csv", (None, False)),
    ],
)
def test_what_is_asked_for_says_how_many_rows_it_is(
    path: str, query: str, accept: str, expected: tuple[int | None, bool]
) -> None:
    router = router_of("Thing")

    @router.get("/v1/pages")
    async def pages(page: Annotated[Page, Query()]) -> list[Told]:
        return []

    @router.get("/v1/table")
    async def table() -> list[Told]:
        return []

    @router.get("/v1/one")
    async def one() -> Told:
        return Told()

    @router.get("/v1/long")
    async def long() -> Long:
        return Long(told=[])

    [route] = [one for one in router.routes if getattr(one, "path", "") == path]
    scope = {"type": "http", "route": route, "query_string": query.encode(),
             "headers": [(b"accept", accept.encode())] if accept else []}  # fmt: skip
    assert rows_asked(Request(scope)) == expected


async def test_those_who_came_in_the_same_moment_are_not_refused_in_the_same_one(now: Now) -> None:
    limits = Limits(rate=1, at_once=1, patience=0.2, now=now)
    await limits.paced(QUIET)
    began, refused = now(), list[float]()

    async def ask() -> None:
        with pytest.raises(Problem):
            await limits.paced(LOUD)
        refused.append(now() - began)

    await limits.paced(LOUD)
    await asyncio.gather(*(ask() for _ in range(40)))
    assert min(refused) > 0.19
    assert max(refused) - min(refused) > 0.05


async def test_a_long_look_is_paid_for_by_what_comes_next_and_a_usual_one_is_not(now: Now) -> None:
    limits = Limits(rate=40, at_once=1, patience=0.6, now=now)
    await limits.paced(QUIET)
    now.ahead = 5.0
    limits.told(LOUD, 10_240, 0)
    began = now()
    await limits.paced(LOUD)
    assert now() - began < 0.1
    now.ahead = 10.0
    limits.told(LOUD, 10_240 + 160 * 512, 0)
    began = now()
    await limits.paced(LOUD)
    assert 0.3 < now() - began < 0.5


async def test_a_look_is_paid_for_before_as_what_the_last_one_was_and_what_it_was_not_is_given_back(
    now: Now,
) -> None:
    limits = Limits(rate=40, at_once=1, patience=0.6, now=now)
    await limits.paced(QUIET)
    now.ahead = 5.0
    long = 10_240 + 160 * 512
    limits.told(LOUD, long, 0)
    assert (limits.look(LOUD), limits.look(QUIET)) == (160, 0)
    now.ahead = 10.0
    await limits.paced(LOUD, limits.look(LOUD))
    limits.told(LOUD, long, 160)
    began = now()
    await limits.paced(LOUD, limits.look(LOUD))
    assert 0.3 < now() - began < 0.5, "paid once, not twice"
    limits.told(LOUD, 1_000, 160)
    assert limits.look(LOUD) == 0
    began = now()
    await limits.paced(LOUD)
    assert now() - began < 0.1


class Known:
    """Whoever asks is of the district that is loud."""

    async def caller(self, authorization: str | None) -> Caller:
        return Caller("person", str(UUID(int=3)), LOUD.tenant)


async def test_a_chart_is_paid_for_before_as_a_look_is_in_whichever_form_it_is_told(now: Now) -> None:
    limits = Limits(rate=40, at_once=4, patience=0.6, now=now)
    router, length = router_of_one("Thing"), 9

    @router.get("/v1/long")
    async def long(request: Request, by: Reader) -> Long:
        await asyncio.sleep(0.05)  # it is read from somewhere
        return Long(told=["x" * 512] * length)

    app = FastAPI()
    app.include_router(router)
    app.state.identity, app.state.limits, app.state.reached = Known(), limits, None
    await limits.paced(QUIET)
    now.ahead = 5.0
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://here") as client:

        async def seconds(**headers: str) -> float:
            began = now()
            answer = await client.get("/v1/long", headers=headers)
            assert answer.status_code == 200
            limits.at_work(LOUD).leave()
            return now() - began

        assert await seconds() < 0.2
        length = 180
        assert await seconds() < 0.2, "nobody knew"
        for accept in ("application/json", "text/csv"):
            now.ahead += 5.0
            soon, later = sorted(await asyncio.gather(seconds(Accept=accept), seconds(Accept=accept)))
            assert soon < 0.2
            assert 0.3 < later < 0.6


async def test_a_table_told_whole_is_paid_for_as_it_is_told_and_gives_back_nothing_of_what_exports_owe() -> (
    None
):
    at, length = 0.0, 0
    limits = Limits(rate=200, at_once=4, now=lambda: at)
    router = router_of("Thing")

    @router.get("/v1/table")
    async def table(request: Request, by: Reader) -> list[Told]:
        return [Told()] * length

    app = FastAPI()
    app.include_router(router)
    app.state.identity, app.state.limits, app.state.reached = Known(), limits, None
    of = limits._of(LOUD)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://here") as client:
        for accept in ("application/json", "text/csv", "application/jsonl"):
            for length, paid in ((3, 6), (250, 26)):
                at += 60.0
                await limits.paced(QUIET)
                of.lines.take(at, 2000)
                owed = of.lines.wait(at, 5)
                assert (await client.get("/v1/table", headers={"Accept": accept})).status_code == 200
                limits.at_work(LOUD).leave()
                told = of.pace.wait(at, 5) * 200, (of.lines.wait(at, 5) - owed) * 200
                assert told == (pytest.approx(paid), pytest.approx(0)), (
                    f"{length} rows of {accept}, in commands"
                )
