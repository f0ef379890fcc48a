"""Every list of every service, told whole: the same rows to the same people, as CSV and as lines of JSON."""

import csv
import io
import json
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from backbone import exports
from backbone.causes import sql
from backbone.identity import Caller, Identity
from backbone.limits import Limits
from backbone.problems import Problem
from backbone.spreadsheet import BETWEEN, cell
from chalkline_contracts.event import catalogue
from directory import people_list
from kit.running import Platform, Served
from kit.school import School, cycle_of, on_task, open_school, pair_up, set_goal
from kit.visits import record

NAMES = ("directory", "goals", "observations", "notifications")
WHO = ("teacher", "coach", "principal", "administrator", "coaching_lead", "theo", None)

pytestmark = [pytest.mark.integration, pytest.mark.services(*NAMES)]


@pytest_asyncio.fixture
async def school(platform: Platform) -> School:
    """A district with something in its lists, and a name that a spreadsheet would calculate."""
    school = await open_school(platform, "theo", "thea")
    await platform.directory.begin(
        "people", by=None, tenant=school.tenant, name='=HYPERLINK("https://chalkline.example";"\n,Tess")'
    )
    for teacher in ("teacher", "theo", "thea"):
        partnership = await pair_up(platform, school, teacher)
        cycle = await cycle_of(platform, school, partnership)
        goal = await platform.goals.begin(
            "goals", by=school.people[teacher], tenant=school.tenant, cycle_id=str(cycle)
        )
        if teacher == "teacher":
            await set_goal(platform, school, goal)
    await platform.level()
    return school


async def lists(platform: Platform) -> list[tuple[Served, str]]:
    """Every read that OpenAPI says tells a list of rows and that needs nothing to be asked."""
    found = []
    for name in NAMES:
        served = platform.services[name]
        document = (await served.http.get("/openapi.json")).json()
        for path, operations in document["paths"].items():
            if (get := operations.get("get")) and "{" not in path:
                told = get["responses"]["200"]["content"]
                if told.get("application/json", {}).get("schema", {}).get("type") != "array":
                    continue
                assert {"text/csv", "application/jsonl"} <= told.keys(), f"{path} cannot be exported"
                if not any(parameter.get("required") for parameter in get.get("parameters", ())):
                    found.append((served, path))
    assert len(found) >= 8
    return found


async def pages(served: Served, path: str, school: School, who: str | None) -> list[dict[str, Any]] | None:
    """A list as it is turned page by page; None where it is refused."""
    by, rows = school.people[who] if who else None, []
    while path:
        answer = await served.get(path, by=by, tenant=school.tenant)
        if not answer.is_success:
            assert answer.status_code in (403, 404)
            return None
        rows += answer.json()
        path = answer.links.get("next", {}).get("url", "")
    return rows


@pytest.mark.parametrize("rows_at_once", [2, exports.ROWS])
async def test_every_list_is_told_whole_to_whoever_may_see_it(
    platform: Platform, school: School, rows_at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "ROWS", rows_at_once)
    told = 0
    for served, path in await lists(platform):
        for who in WHO:
            by = school.people[who] if who else None
            rows = await pages(served, path, school, who)
            for accept in ("application/jsonl", "text/csv"):
                answer = await served.get(path, by=by, tenant=school.tenant, accept=accept)
                if rows is None:
                    assert answer.headers["content-type"] == "application/problem+json"
                    continue
                assert answer.status_code == 200, answer.text
                assert answer.headers["content-type"].startswith(accept)
                assert answer.headers["vary"] == "Authorization, Accept"
                name = path.rpartition("/")[2]
                ending = {"text/csv": "csv", "application/jsonl": "jsonl"}[accept]
                assert answer.headers["content-disposition"] == f'attachment; filename="{name}.{ending}"'
                assert "link" not in answer.headers
                if accept == "text/csv":
                    assert list(spreadsheet(answer.text)) == [
                        {name: cell(value) for name, value in row.items()} for row in rows
                    ]
                else:
                    assert [json.loads(line) for line in answer.text.splitlines()] == rows
                told += len(rows)
    assert told > 100


def spreadsheet(text: str) -> Iterator[dict[str, str]]:
    return csv.DictReader(io.StringIO(text, newline=""), strict=True)


async def test_what_a_spreadsheet_would_calculate_is_text_and_lists_are_cells(
    platform: Platform, school: School
) -> None:
    answer = await platform.directory.get("/v1/people", by=None, tenant=school.tenant, accept="text/csv")
    names = [row["name"] for row in spreadsheet(answer.text)]
    assert names[0] == '\'=HYPERLINK("https://chalkline.example";"\n,Tess")'
    answer = await platform.goals.get(
        "/v1/partnerships", by=school.teacher, tenant=school.tenant, accept="text/csv"
    )
    [row] = spreadsheet(answer.text)
    assert row["consented"].split(BETWEEN) == [str(school.coach), str(school.teacher)]


async def test_an_empty_list_has_its_head(platform: Platform, school: School) -> None:
    answer = await platform.notifications.get(
        "/v1/inbox", by=uuid4(), tenant=school.tenant, accept="text/csv"
    )
    assert answer.text.splitlines()[0].split(",")[:3] == ["notification_id", "milestone", "cycle_id"]
    assert len(answer.text.splitlines()) == 1


async def told_in_rows(
    platform: Platform, school: School, path: str, *, who: str = "teacher"
) -> tuple[Any, list[dict[str, str]], list[dict[str, Any]]]:
    """One thing as it is told, and in rows: cells of CSV, and lines of JSON that say the same."""

    async def ask(accept: str) -> Any:
        answer = await platform.goals.get(path, by=school.people[who], tenant=school.tenant, accept=accept)
        assert answer.status_code == 200, answer.text
        assert answer.headers["vary"] == "Authorization, Accept"
        return answer

    told = (await ask("application/json")).json()
    in_csv = await ask("text/csv")
    name = path.partition("?")[0].rpartition("/")[2]
    assert in_csv.headers["content-disposition"] == f'attachment; filename="{name}.csv"'
    cells = list(spreadsheet(in_csv.text))
    rows = [json.loads(line) for line in (await ask("application/jsonl")).text.splitlines()]
    assert cells == [{name: cell(value) for name, value in row.items()} for row in rows]
    return told, cells, rows


async def at_work(platform: Platform, school: School) -> tuple[Any, Any]:
    """The teacher's cycle and goal, with progress, a visit, a step and coaching time; an odd strategy."""
    tenant, goals = school.tenant, platform.goals
    [goal] = (await goals.get("/v1/goals?status=active", by=school.teacher, tenant=tenant)).json()
    cycle, goal_id = goal["cycle_id"], goal["goal_id"]
    for n, phase in enumerate(("learn", "improve")):
        await goals.post(f"/v1/cycles/{cycle}/enter-phase", by=school.coach, tenant=tenant, phase=phase)
        measured = on_task(7 + n, days_ago=0)
        await goals.post(
            f"/v1/goals/{goal_id}/record-progress", by=school.teacher, tenant=tenant, measurement=measured
        )
    told = {"goal_ids": [goal_id], "cycle_id": cycle, "measurements": [on_task(9, days_ago=2)]}
    await record(platform, school, goal["partnership_id"], days_ago=2, **told)
    await goals.begin(
        "action-steps", by=school.coach, tenant=tenant, cycle_id=cycle, goal_id=goal_id, strategy_code="cold_call",
        check_back_on=str(datetime.now(UTC).date() + timedelta(days=9)), teacher_id=str(school.teacher),
    )  # fmt: skip
    await platform.level()
    return cycle, goal_id


async def test_what_is_told_of_one_thing_is_told_in_rows(
    platform: Platform, school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each row is what the whole says; the whole is in rows. It is paid for by its length."""
    cycle, goal = await at_work(platform, school)

    chart, cells, rows = await told_in_rows(platform, school, f"/v1/goals/{goal}/chart")
    assert [{**row, "goal_id": 0, "metric_code": 0, "phase": 0} for row in rows] == [
        {**each, "goal_id": 0, "metric_code": 0, "phase": 0} for each in chart["measurements"]
    ]
    assert [row["phase"] for row in cells] == ["", "", "", "", "learn", "improve"]
    assert {(row["goal_id"], row["metric_code"]) for row in cells} == {(goal, "on_task")}
    assert cells[3]["observation_id"] == chart["measurements"][3]["observation_id"] != ""
    _, then, _ = await told_in_rows(
        platform, school, f"/v1/goals/{goal}/chart?as_of={datetime.now(UTC).date()}"
    )
    assert then == cells

    lineage, cells, _ = await told_in_rows(platform, school, f"/v1/goals/{goal}/lineage")
    found = {
        link: [row for row in cells if row["link"] == link] for link in ("measurement", "step", "coaching")
    }
    assert [(row["id"], row["quotient"]) for row in found["measurement"]] == [
        (each["measurement_id"], each["quotient"]) for each in lineage["measurements"]
    ]
    assert [(row["id"], row["what"]) for row in found["step"]] == [
        (lineage["steps"][0]["step_id"], "cold_call")
    ]
    assert [(row["what"], row["times_n"], row["minutes"]) for row in found["coaching"]] == [
        ("observe", "1", "20")
    ]
    assert lineage["coaching"]["by_type"] == [{"type": "observe", "times_n": 1, "minutes": 20}]

    prep, cells, _ = await told_in_rows(platform, school, f"/v1/cycles/{cycle}/session-prep")
    assert [row["part"] for row in cells] == [
        *["goal"] * len(prep["goals"]), *["step"] * len(prep["steps"]), "last_visit", *["coming"] * len(prep["coming"]),
    ]  # fmt: skip
    assert len(prep["goals"]) == len(prep["steps"]) == 1
    assert (cells[0]["id"], cells[0]["value"], cells[0]["target"]) == (goal, "4/5", "4/5")
    assert [row["on"] for row in cells if row["part"] == "coming"] == [each["on"] for each in prep["coming"]]

    phases, cells, rows = await told_in_rows(
        platform, school, f"/v1/cycles/{cycle}/phases?model=student-centered@1"
    )
    assert [row["phase"] for row in cells] == [each["phase"] for each in phases["phases"]]
    assert [row["facts"] for row in rows] == [each["facts"] for each in phases["phases"]]
    assert (
        sum(int(row["facts_n"]) for row in cells) == sum(len(each["facts"]) for each in phases["phases"]) > 5
    )
    assert {row["template"] for row in cells} == {"student-centered@1"}

    sizes: list[int] = []
    monkeypatch.setattr(Limits, "told", lambda _self, _by, size, _paid: sizes.append(size))
    answer = await platform.goals.get(f"/v1/goals/{goal}/chart", by=school.teacher, tenant=school.tenant)
    assert sizes == [len(answer.content)]


async def test_whoever_may_not_see_it_has_no_rows_of_it(platform: Platform, school: School) -> None:
    cycle, goal = await at_work(platform, school)
    for who in ("administrator", "principal", "theo"):
        for path in (f"goals/{goal}/chart", f"goals/{goal}/lineage", f"cycles/{cycle}/phases"):
            for accept in ("text/csv", "application/jsonl", "application/json"):
                answer = await platform.goals.get(
                    f"/v1/{path}", by=school.people[who], tenant=school.tenant, accept=accept
                )
                assert answer.status_code in (403, 404)
                assert answer.headers["content-type"] == "application/problem+json"


async def test_openapi_names_the_columns_of_rows(platform: Platform, school: School) -> None:
    document = (await platform.goals.http.get("/openapi.json")).json()
    cycle, goal = await at_work(platform, school)
    paths = {
        path: get["responses"]["200"]["content"]
        for path, operations in document["paths"].items()
        if (get := operations.get("get")) and path.count("/") == 4
    }
    assert len(paths) == 4
    for path, content in paths.items():
        own = path.replace("{id}", goal if "goals" in path else cycle)
        answer = await platform.goals.get(own, by=school.coach, tenant=school.tenant, accept="text/csv")
        assert content["text/csv"]["schema"]["x-columns"] == answer.text.splitlines()[0].split(",")
        assert (
            content["text/csv"]["schema"]["x-columns"] == content["application/jsonl"]["schema"]["x-columns"]
        )


async def test_filters_hold_in_exports_and_pages_do_not(platform: Platform, school: School) -> None:
    async def ask(query: str) -> Any:
        return await platform.goals.get(
            f"/v1/goals?{query}", by=school.coach, tenant=school.tenant, accept="application/jsonl"
        )

    [row] = (json.loads(line) for line in (await ask("status=active")).text.splitlines())
    assert row["status"] == "active"
    for query in ("limit=10", "cursor=x", "status=active&status=draft", "colour=red", "status=lost"):
        answer = await ask(query)
        assert (answer.status_code, answer.json()["code"]) == (422, "request_invalid")


async def test_nobody_exports_without_a_token_or_of_another_district(
    platform: Platform, school: School
) -> None:
    answer = await platform.goals.http.get("/v1/goals", headers={"Accept": "text/csv"})
    assert (answer.status_code, answer.json()["code"]) == (401, "token_missing")
    other = await open_school(platform)
    for served, path in await lists(platform):
        answer = await served.get(path, by=other.teacher, tenant=school.tenant, accept="application/jsonl")
        assert answer.status_code in (403, 404) or answer.text == ""


async def test_what_breaks_half_way_ends_the_answer_without_an_end(
    platform: Platform, school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half a list that looks whole would be worse than none."""
    monkeypatch.setattr(exports, "ROWS", 2)
    shown = people_list._told
    told = []

    def failing(row: Any, *, closely: bool) -> Any:
        told.append(row)
        if len(told) > 2:
            raise Problem("ledger_unavailable")
        return shown(row, closely=closely)

    monkeypatch.setattr(people_list, "_told", failing)
    with pytest.raises(Problem):
        await platform.directory.get("/v1/people", by=None, tenant=school.tenant, accept="text/csv")


def before_the_second_page(monkeypatch: pytest.MonkeyPatch, act: Callable[[], Awaitable[None]]) -> None:
    """Lets something happen in the middle of the next export: after its first row."""
    believed, asked = Identity.caller, list[str]()

    async def once_more(self: Identity, authorization: str | None) -> Caller:
        asked.append("")
        if len(asked) == 2:
            await act()
        return await believed(self, authorization)

    monkeypatch.setattr(exports, "ROWS", 1)
    monkeypatch.setattr(Identity, "caller", once_more)


async def test_an_export_goes_no_further_than_its_token(
    platform: Platform, school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever reads it slowly is asked again with each page: the token may have ended, its key been revoked, the
    district left.
    """
    monkeypatch.setattr(exports, "ROWS", 2)
    served, asked = platform.directory, list[str]()
    believed = Identity.caller

    async def until_the_second_page(self: Identity, authorization: str | None) -> Caller:
        asked.append(authorization or "")
        if len(asked) > 2:
            raise Problem("token_expired")
        return await believed(self, authorization)

    monkeypatch.setattr(Identity, "caller", until_the_second_page)
    with pytest.raises(Problem, match="token_expired"):
        await served.get(
            "/v1/people", by=school.administrator, tenant=school.tenant, accept="application/jsonl"
        )
    assert (len(asked), len(set(asked))) == (3, 1)


async def test_an_export_tells_no_more_of_what_ends_while_it_is_read(
    platform: Platform, school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each page is asked for anew: of whom the coach coaches no more when it is turned, the rest tells nothing."""
    goals = platform.goals
    all_of_them = (await goals.get("/v1/goals", by=school.coach, tenant=school.tenant)).json()
    first, *others = [row["goal_id"] for row in all_of_them]
    assert len(others) == 2

    async def end() -> None:
        for row in all_of_them[1:]:
            path = f"/v1/partnerships/{row['partnership_id']}/end-partnership"
            await goals.post(path, by=UUID(row["owner_ids"][0]), tenant=school.tenant)
        await platform.level()

    before_the_second_page(monkeypatch, end)
    told = await goals.get("/v1/goals", by=school.coach, tenant=school.tenant, accept="application/jsonl")
    assert [json.loads(line)["goal_id"] for line in told.text.splitlines()] == [first]


async def test_an_export_tells_as_much_as_the_role_that_is_held_at_each_page(
    platform: Platform, school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever administers is told how long each has taught; from the second page on they do not any more."""
    directory, path = platform.directory, f"/v1/people/{school.administrator}/withdraw-role"
    role = {"role": "administrator", "org_id": str(school.district_org)}
    shown, told = people_list._told, list[bool]()

    def noted(row: Any, *, closely: bool) -> Any:
        if row["id"] != school.administrator:
            told.append(closely)
        return shown(row, closely=closely)

    async def withdraw() -> None:
        await directory.post(path, by=None, tenant=school.tenant, **role)
        await platform.level()

    monkeypatch.setattr(people_list, "_told", noted)
    before_the_second_page(monkeypatch, withdraw)
    await directory.get("/v1/people", by=school.administrator, tenant=school.tenant, accept="text/csv")
    assert told[0]
    assert len(told) > 5
    assert not any(told[1:])


async def test_words_that_are_their_authors_alone_are_in_no_export_until_they_are_shared(
    platform: Platform, school: School
) -> None:
    """What `chalkline export --with-words` takes of private words: not those that only events of tier C refer to."""
    observations, tenant = platform.observations, school.tenant
    [pair] = (await platform.goals.get("/v1/partnerships", by=school.teacher, tenant=tenant)).json()
    own = [
        name for (owner, name), event in catalogue.items() if owner == "observations" and event.tier == "C"
    ]

    async def exported() -> set[str]:
        return {
            row["words"] for row in await observations.database.app.fetch(sql.words_of_tenant, tenant, own)
        }

    reflection = await observations.begin(
        "reflections", by=school.teacher, tenant=tenant, reflection="I talk too much",
        partnership_id=pair["partnership_id"],
    )  # fmt: skip
    stored = await observations.database.app.fetchval(
        "SELECT words FROM ledger.private_words WHERE stream_id = $1", reflection
    )
    assert stored == "I talk too much"
    assert "I talk too much" not in await exported()
    await observations.post(
        f"/v1/reflections/{reflection}/share-reflection", by=school.teacher, tenant=tenant
    )
    assert "I talk too much" in await exported()
