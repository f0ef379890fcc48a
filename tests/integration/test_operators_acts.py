"""What operators do to a service: with a token of theirs or not at all, told by its log before it is done.

Every job of `python -m <service>` is walked: what changes anything must be declared an act, and be refused to everybody
but operators; what is declared a look must change nothing.
"""

import asyncio
import csv
import io
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
import pytest_asyncio
from backbone import acting, main
from backbone.acting import Ended
from backbone.deciding import EVERYWHERE
from backbone.queries import Queries
from conftest import TestDatabase
from kit.copies import roll_back, until
from kit.running import Platform, Served
from kit.school import School, open_school
from kit.tokens import broken, key

pytestmark = [pytest.mark.integration, pytest.mark.services("directory", "goals")]
sql = Queries("backbone", "sql/queries")

ACTS = {
    "rebuild": ("rebuild", "--json"),
    "parked_retry": ("parked", "retry", "--json"),
    "recover_from_log": ("recover", "--from-log", "--json"),
    "recover_from_stream": ("recover", "--from-stream", "--json"),
    "blank_district": ("blank-district", "--tenant", str(UUID(int=7)), "--json"),
    "rewrite_words": ("rewrite-words", "--json"),
    "search_words": ("search", "--json"),
    "release_words": ("release-words", "--json"),
}
"""Every act there is, as it is typed."""
LOOKS = (("rebuild", "--compare-only"), ("verify",), ("parked", "list"))
NO_JOBS_OF_OPERATORS = {"serve", "migrate"}
"""The service itself, and what runs before it with the rights of whoever installs it."""

ALIVE = (
    "work.leases", "work.partitions", "work.replicas", "work.checkpoints", "work.clocks", "work.incarnations",
    "projections.checkpoints", "projections.incarnations",
)  # fmt: skip
"""What a service that runs keeps writing, whoever does something or nothing."""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def school(platform: Platform) -> School:
    return await open_school(platform)


@pytest.fixture(autouse=True)
def looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """What `search` finds on its standard input."""
    monkeypatch.setattr(sys, "stdin", io.StringIO("zyzzyva\n" * 5))


def olga(platform: Platform, tenant: UUID | None = None, **changed: Any) -> str:
    """A token of an operator's."""
    told = {"sub": "olga", "kind": "operator", "tenant": str(tenant) if tenant else None}
    return platform.issuer.token(**told | changed)


async def everything(served: Served) -> dict[str, Any]:
    """All that a database holds, but for signs of life; and which tables it has, by their identity."""
    owner = served.database.owner
    tables = await owner.fetch(
        """SELECT n.nspname || '.' || c.relname AS name, c.oid::text FROM pg_class c
             JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1"""
    )
    kept = [row["name"] for row in tables if row["name"] not in ALIVE]
    return {
        "tables": [tuple(row) for row in tables],
        **{name: await owner.fetch(f"SELECT t::text FROM {name} t ORDER BY 1") for name in kept},
    }


async def park_something(served: Served, school: School) -> None:
    """An event that nobody can take, with its aggregate."""
    own_id, tenant = uuid4(), school.tenant
    subject = f"ev.goals.0.{tenant}.Goal.GoalDrafted"
    await served.database.app.execute(
        sql.park, "facts", "goals", tenant, own_id, 10_000 + own_id.int % 1000, subject, b"{", "{}", "not asked yet"
    )  # fmt: skip


async def acts(served: Served, **wanted: Any) -> list[dict[str, Any]]:
    """The audit, as an operator of no district reads it: newest first."""
    answer = await served.http.get("/v1/audit", params=wanted, headers=served.issuer.operator())
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()
    return found


async def told(served: Served, position: int) -> list[tuple[str, str, str]]:
    """What the log tells of acts after a position: act, operator, outcome."""
    rows = await served.database.app.fetch(
        "SELECT data FROM ledger.events WHERE type = 'OperatorActed' AND position > $1 ORDER BY position",
        position,
    )
    found = [json.loads(row["data"]) for row in rows]
    return [(one["act"], one["operator"], one["outcome"]) for one in found]


async def head(served: Served) -> int:
    position: int = await served.database.app.fetchval("SELECT position FROM ledger.head")
    return position


# Every job there is -------------------------------------------------------------------------------------------------


def test_every_job_is_walked() -> None:
    asked = {act: main.parser(_service()).parse_args(words) for act, words in ACTS.items()}
    assert {act: found.job.act(found) for act, found in asked.items()} == {act: act for act in ACTS}
    assert {words[0] for words in (*ACTS.values(), *LOOKS)} | NO_JOBS_OF_OPERATORS == {
        job.name for job in main.JOBS
    }
    assert {job.name for job in main.JOBS if job.act in (main.serves, main.prepares)} == NO_JOBS_OF_OPERATORS


def _service() -> Any:
    from goals.app import SERVICE

    return SERVICE


async def test_who_is_no_operator_changes_nothing(
    platform: Platform, school: School, capsys: pytest.CaptureFixture[str]
) -> None:
    goals = platform.goals
    await park_something(goals, school)
    tokens = [
        *((what, token, code) for what, token, code in broken(platform.issuer) if token),
        ("none", "", "token_missing"),
        ("a person's", platform.issuer.token(), "forbidden"),
        ("a teacher's", platform.issuer.token(sub=str(school.teacher), tenant=str(school.tenant)), "forbidden"),
        ("an administrator's", platform.issuer.token(sub=str(school.administrator), tenant=str(school.tenant)),
         "forbidden"),
        ("of one district", olga(platform, school.tenant), "token_of_one_district"),
        ("an operator's that has ended", olga(platform, exp=1_600_000_000), "token_expired"),
        ("an operator's for others", olga(platform, aud="payroll"), "token_audience"),
        ("an operator's by a stranger", olga(platform)[:-8] + "AAAAAAAA", "token_signature"),
    ]  # fmt: skip
    before = await everything(goals)
    for act, words in ACTS.items():
        for what, token, code in tokens:
            capsys.readouterr()
            assert await goals.job(*words, token=token) == 2, (act, what)
            said = json.loads(capsys.readouterr().out)
            assert said["code"] == code, (act, what)
            assert "nothing was done" in said["error"]
            assert not token or token not in said["error"]
    assert await everything(goals) == before


async def walk(served: Served, school: School, token: str) -> None:
    """Fails for a look that changes something, and for an act that the log was not told of."""
    for words in LOOKS:
        before = await everything(served)
        await served.job(*words)
        assert await everything(served) == before, f"{words} changed something"
    for act, typed in ACTS.items():
        await park_something(served, school)
        position = await head(served)
        sys.stdin.seek(0)
        await served.job(*typed, token=token)
        assert (act, "olga", "begun") in await told(served, position), f"{act} was not told"
        assert len(await told(served, position)) == 2, act


async def test_looks_change_nothing_and_acts_are_told(platform: Platform, school: School) -> None:
    await platform.level()
    await walk(platform.goals, school, olga(platform))


async def test_what_is_done_to_one_district_names_it(platform: Platform) -> None:
    district = uuid4()
    assert await platform.goals.job("blank-district", "--tenant", str(district), token=olga(platform)) == 2
    [act] = await acts(platform.goals, district_id=str(district), limit=1)
    assert (act["act"], act["district_id"], act["outcome"]) == ("blank_district", str(district), "failed")
    [row] = [one for one in await acts(platform.goals) if one["event_id"] == act["event_id"]]
    assert row["code"] == "district_open"


async def test_an_act_that_is_declared_a_look_is_found(
    platform: Platform, school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    await platform.level()
    await park_something(platform.goals, school)
    careless = [
        main.Job(job.name, job.about, job.does, main.looks, job.options) if job.name == "parked" else job
        for job in main.JOBS
    ]
    monkeypatch.setattr(main, "JOBS", tuple(careless))
    monkeypatch.setitem(globals(), "LOOKS", (("parked", "retry"),))
    with pytest.raises(AssertionError, match="changed something"):
        await walk(platform.goals, school, olga(platform))


async def test_a_job_that_forgets_to_tell_is_found(
    platform: Platform, school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def forgetful(_: Any, __: Any, ___: str, job: acting.Job, **____: Any) -> Ended:
        return await job()

    await platform.level()
    monkeypatch.setattr(main, "acting", forgetful)
    with pytest.raises(AssertionError, match="rebuild was not told"):
        await walk(platform.goals, school, olga(platform))


# Cut off, refused, failed -------------------------------------------------------------------------------------------


@asynccontextmanager
async def held_up(served: Served) -> AsyncIterator[None]:
    """A rebuild that begins waits for a place for its tables."""
    url = served.database.provisioned.full_owner_url
    owner = await asyncpg.connect(url)
    await owner.execute("DROP SCHEMA IF EXISTS projections_next CASCADE")
    transaction = owner.transaction()
    await transaction.start()
    await owner.execute("CREATE SCHEMA projections_next")
    try:
        yield
    finally:
        await transaction.rollback()
        await owner.close()


async def test_an_act_that_is_killed_stays_begun(platform: Platform, school: School) -> None:
    goals = platform.goals
    before = await goals.database.owner.fetchval("SELECT 'projections'::regnamespace::oid")
    known = {one["event_id"] for one in await acts(goals)}
    async with held_up(goals):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "goals", "rebuild", env=goals.environment(olga(platform)),
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip

        async def begun() -> bool:
            return any(one["event_id"] not in known for one in await acts(goals))

        await until(begun, within=30)
        process.kill()
        await process.wait()
    [newest, *_] = await acts(goals)
    assert (newest["act"], newest["outcome"], newest["ended_at"]) == ("rebuild", "begun", None)
    assert await goals.database.owner.fetchval("SELECT 'projections'::regnamespace::oid") == before
    assert await goals.job("rebuild", token=olga(platform)) == 0
    assert [one["outcome"] for one in (await acts(goals))[:2]] == ["done", "begun"]


async def test_what_the_log_cannot_be_told_is_not_done(
    platform: Platform, school: School, capsys: pytest.CaptureFixture[str]
) -> None:
    goals = platform.goals
    await platform.level()
    role = goals.database.name
    await goals.database.owner.execute(f'REVOKE INSERT ON ledger.events FROM "{role}"')
    try:
        before = await everything(goals)
        capsys.readouterr()
        assert await goals.job("rebuild", "--json", token=olga(platform)) == 2
        assert json.loads(capsys.readouterr().out.splitlines()[-1])["code"] == "not_recorded"
        assert await everything(goals) == before
    finally:
        await goals.database.owner.execute(f'GRANT INSERT ON ledger.events TO "{role}"')


async def test_an_act_that_fails_says_so(
    platform: Platform, school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def failing(*_: Any, **__: Any) -> Any:
        raise RuntimeError("the words of somebody")

    monkeypatch.setattr("backbone.jobs.rebuild", failing)
    with pytest.raises(RuntimeError):
        await platform.goals.job("rebuild", token=olga(platform))
    [newest, *_] = await acts(platform.goals)
    assert (newest["outcome"], newest["code"]) == ("failed", "runtime_error")


# The audit ----------------------------------------------------------------------------------------------------------


async def test_what_operators_did_to_a_district_is_told_to_who_administers_it(
    platform: Platform, school: School
) -> None:
    directory, other = platform.directory, await open_school(platform)
    administrators = [(school.administrator, school.tenant), (other.administrator, other.tenant)]
    for person, tenant in administrators:
        rows = (await directory.get("/v1/audit?limit=200", by=person, tenant=tenant)).json()
        assert {row["district_id"] for row in rows} == {str(tenant)}
        did = [(row["act"], row["aggregate"], row["outcome"], row["operator"]) for row in rows]
        assert did[-1] == ("district_opened", "District", "done", "operator")
        assert ("role_assigned", "Person", "done", "operator") in did
    for who in ("teacher", "coach", "principal", "coaching_lead"):
        answer = await directory.get("/v1/audit", by=school.people[who], tenant=school.tenant)
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    stranger = await directory.get("/v1/audit", by=school.administrator, tenant=other.tenant)
    assert stranger.status_code == 403
    foreign = await directory.get(
        f"/v1/audit?district_id={other.tenant}", by=school.administrator, tenant=school.tenant
    )
    assert foreign.status_code == 404
    everywhere = await acts(directory, limit=200)
    assert {str(school.tenant), str(other.tenant)} <= {row["district_id"] for row in everywhere}
    of_one = await acts(directory, limit=200, district_id=str(other.tenant))
    assert of_one == [row for row in everywhere if row["district_id"] in (str(other.tenant), None)]


async def test_what_is_done_to_a_service_concerns_every_district(platform: Platform, school: School) -> None:
    goals = platform.goals
    await goals.job("rebuild", token=olga(platform))
    [shown, *_] = (await goals.get("/v1/audit", by=school.administrator, tenant=school.tenant)).json()
    assert (shown["act"], shown["operator"], shown["outcome"]) == ("rebuild", "olga", "done")
    assert (shown["district_id"], shown["n_items"]) == (
        None,
        None,
    )  # how much others have is nobody else's business
    [counted, *_] = await acts(goals)
    assert counted["n_items"] > 0
    assert counted["ended_at"] >= counted["at"]


async def test_an_audit_is_a_list_like_every_other(platform: Platform, school: School) -> None:
    directory, headers = platform.directory, platform.issuer.operator(school.tenant)
    whole = (await directory.http.get("/v1/audit?limit=200", headers=headers)).json()
    paged, path = [], "/v1/audit?limit=3"
    while path:
        answer = await directory.http.get(path, headers=headers)
        paged += answer.json()
        path = answer.headers.get("link", "").partition(">")[0].lstrip("<")
    assert paged == whole
    assert [row["at"] for row in whole] == sorted((row["at"] for row in whole), reverse=True)
    lines = await directory.http.get("/v1/audit", headers=headers | {"Accept": "application/jsonl"})
    assert [json.loads(line) for line in lines.text.splitlines()] == whole
    table = await directory.http.get("/v1/audit", headers=headers | {"Accept": "text/csv"})
    assert [row["act"] for row in csv.DictReader(io.StringIO(table.text))] == [row["act"] for row in whole]


async def test_an_audit_by_operator_and_since_a_moment(platform: Platform, school: School) -> None:
    goals = platform.goals
    assert await goals.job("parked", "retry", token=olga(platform)) in (0, 1)
    moment = datetime.now(UTC) - timedelta(milliseconds=5)
    assert await goals.job("parked", "retry", token=olga(platform, sub='otto"\\')) in (0, 1)
    assert [one["operator"] for one in await acts(goals, since=moment.isoformat())] == ['otto"\\']
    assert {one["operator"] for one in await acts(goals, operator="olga")} == {"olga"}
    assert await acts(goals, operator="nobody") == []
    assert await acts(goals, since="2200-01-01T00:00:00Z".replace("2200", "2199")) == []
    for wrong in ("since=yesterday", "since=2026-03-02T08:00:00", "who=olga", "district_id=7"):
        answer = await goals.http.get(f"/v1/audit?{wrong}", headers=platform.issuer.operator())
        assert (answer.status_code, answer.json()["code"]) == (422, "request_invalid"), wrong


async def test_an_export_is_told_over_http_by_the_operator_who_makes_it(
    platform: Platform, school: School
) -> None:
    goals, tenant = platform.goals, school.tenant

    async def post(path: str, token: str, **body: Any) -> Any:
        headers = {"Authorization": f"Bearer {token}"} | key()
        return await goals.http.post(path, json=body, headers=headers)

    for person in (school.teacher, school.administrator):
        refused = await post("/v1/operations", platform.issuer.token(sub=str(person), tenant=str(tenant)))
        assert refused.status_code == 403
    assert (await post("/v1/operations", olga(platform))).json()["code"] == "tenant_missing"
    begun = await post("/v1/operations", olga(platform, tenant), with_words=True)
    assert begun.status_code == 201, begun.text
    path = f"/v1/operations/{begun.json()['id']}/end-export"
    for token, status in (
        (olga(platform, tenant, sub="otto"), 403),
        (platform.issuer.token(sub=str(school.administrator), tenant=str(tenant)), 404),
        (olga(platform, uuid4()), 404),
    ):
        assert (await post(path, token, outcome="done")).status_code == status
    assert (await post(path, olga(platform, tenant), outcome="begun")).status_code == 422
    assert (await post(path, olga(platform, tenant), outcome="done", n_items=7)).is_success
    assert (await post(path, olga(platform, tenant), outcome="failed")).json()["code"] == "operation_ended"
    [shown, *_] = (await goals.get("/v1/audit", by=school.administrator, tenant=tenant)).json()
    assert (shown["act"], shown["outcome"], shown["n_items"]) == ("export_with_words", "done", 7)
    assert shown["district_id"] == str(tenant)


LOG = """
INSERT INTO ledger.events (position, event_id, tenant, stream_id, version, type, schema_version, partition, data, meta,
                           occurred_at, recorded_at, salt, digest, hash)
SELECT n, uuidv7(make_interval(secs => n)), CASE WHEN n % 20 = 0 THEN $1 ELSE lpad((n % 7)::text, 32, '1')::uuid END,
       gen_random_uuid(), 1, CASE WHEN n % 20 = 0 THEN 'OperatorActed' ELSE 'PersonEnrolled' END, 1, 0, '{}',
       convert_to(CASE WHEN n % 10 = 0 THEN '{"actor":"operator:olga"}' ELSE '{"actor":"person:x"}' END, 'UTF8'),
       now(), now(), '', '', ''
  FROM generate_series(1, 30000) AS n
"""


@pytest.mark.parametrize("query", ["audit_of_district", "audit_of_all"])
async def test_an_audit_is_read_by_an_index_and_never_the_whole_log(
    database: TestDatabase, query: str
) -> None:
    await database.owner.execute(LOG, EVERYWHERE)
    await database.owner.execute("ANALYZE ledger.events")
    tenant, ever = UUID("1" * 31 + "3"), datetime(2000, 1, 1, tzinfo=UTC)
    text = f"EXPLAIN (ANALYZE, FORMAT JSON) {getattr(sql, query)}"
    place = (datetime(2100, 1, 1, tzinfo=UTC), 2**62)
    [plan] = json.loads(await database.app.fetchval(text, tenant, *place, 20, ever, None))
    nodes = _nodes(plan["Plan"])
    by_acts = [node for node in nodes if str(node.get("Index Name", "")).startswith("acts_of_")]
    assert "events" not in {node.get("Relation Name") for node in nodes if node["Node Type"] == "Seq Scan"}
    assert len(by_acts) == (2 if query == "audit_of_district" else 1)
    assert all("ROW(" in node["Index Cond"] and "Rows Removed by Filter" not in node for node in by_acts)
    assert all(node["Actual Rows"] <= 1500 for node in by_acts)  # at most a district's acts, of 30,000 events


def _nodes(node: dict[str, Any]) -> list[dict[str, Any]]:
    return [node, *(found for part in node.get("Plans", ()) for found in _nodes(part))]


# A log that cannot be told ------------------------------------------------------------------------------------------


async def test_how_a_log_is_recovered_is_told_once_it_can_be(
    platform: Platform, school: School, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("backbone.relay.LOOK_EVERY", 0.3)
    directory = platform.directory
    await platform.level()
    before = await head(directory)

    async def refuses() -> bool:
        return directory.run.commands.refused_because == "stream_ahead"

    async def restored() -> None:
        await platform.level()
        await roll_back(directory.database, to=before - 3)
        await until(refuses, within=20)

    await restored()
    for words in (
        ACTS["rebuild"],
        ACTS["parked_retry"],
    ):  # told of now, the log would part from its stream for good
        capsys.readouterr()
        assert await directory.job(*words, token=olga(platform)) == 2
        assert json.loads(capsys.readouterr().out)["code"] == "stream_ahead"
    assert await head(directory) == before - 3

    async def killed(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:  # killed as soon as it was done
        patched.setattr("backbone.acting._Told.end", killed)
        with pytest.raises(KeyboardInterrupt):
            await directory.job(*ACTS["recover_from_stream"], token=olga(platform))
    assert await head(directory) == before
    [kept, *_] = await acts(directory)
    assert (kept["act"], kept["outcome"], kept["event_id"]) == ("recover_from_stream", "begun", None)
    await until(lambda: directory.run.commands.refused_because is None, within=20)
    assert await directory.job("parked", "retry", token=olga(platform)) == 0  # whatever is done next tells it
    newest, recovery, *_ = await acts(directory)
    assert (newest["act"], recovery["act"]) == ("parked_retry", "recover_from_stream")
    assert (recovery["at"], recovery["outcome"]) == (kept["at"], "begun")
    assert recovery["event_id"] is not None
    assert await directory.database.app.fetch("SELECT FROM work.untold_acts") == []

    before = await head(directory)
    await restored()
    assert await directory.job(*ACTS["recover_from_stream"], token=olga(platform)) == 0
    [recovered, *_] = await acts(directory)
    assert (recovered["outcome"], recovered["n_items"]) == ("done", 3)
    assert recovered["at"] < recovered["ended_at"]

    await until(lambda: directory.run.commands.refused_because is None, within=20)
    before = await head(directory)
    await restored()
    assert await directory.job(*ACTS["recover_from_log"], token=olga(platform)) == 0
    [given_up, *_] = await acts(directory)
    assert (given_up["act"], given_up["outcome"], given_up["operator"]) == (
        "recover_from_log",
        "done",
        "olga",
    )
    await until(lambda: directory.run.commands.refused_because is None, within=20)
    assert await directory.job("verify") == 0
