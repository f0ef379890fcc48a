"""Every list of every service, told whole: the same rows to the same people, as CSV and as lines of JSON."""

import csv
import io
import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from backbone import exports
from backbone.causes import sql
from backbone.problems import Problem
from backbone.spreadsheet import BETWEEN, cell
from chalkline_contracts.event import catalogue
from directory import people_list
from kit.running import Platform, Served
from kit.school import School, cycle_of, open_school, pair_up, set_goal

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
