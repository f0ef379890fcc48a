"""A district's roster comes in over HTTP: taken, compared, followed, and told row by row."""

import asyncio
import gc
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from backbone.leases import Lease
from backbone.ledger import LedgerUnavailable
from directory.roster import importing
from directory.roster.applying import Applying
from directory.roster.importing import Imports
from directory.roster.said import Said
from directory.roster.steps import Plan
from kit.rosters import SECRET, Roster, district, packed, send
from kit.running import Platform, Served

pytestmark = [pytest.mark.integration, pytest.mark.services("directory")]

MAPPING = """version: 1
people:
  - sourced_id: t1
    roles: [{role: coach}]
  - email: T2@Example.org
    instead: true
    roles: [{role: coaching_lead, org: d}]
evaluators:
  - {evaluator: boss, teachers: [t3]}
  - {evaluator: p1, school: s1}
"""


@pytest.fixture
def directory(platform: Platform) -> Served:
    return platform.directory


@pytest_asyncio.fixture
async def tenant(directory: Served) -> UUID:
    return await opened(directory)


async def opened(directory: Served) -> UUID:
    told = await directory.post(
        "/v1/districts", by=None, tenant=None, name="Prairie", time_zone="America/Chicago"
    )
    return UUID(told.json()["id"])


async def events(directory: Served, tenant: UUID) -> list[str]:
    rows = await directory.database.app.fetch(
        "SELECT type FROM ledger.events WHERE tenant = $1 ORDER BY position", tenant
    )
    return [row["type"] for row in rows]


async def position(directory: Served) -> int:
    found: int = await directory.database.app.fetchval("SELECT position FROM ledger.head")
    return found


async def everybody(directory: Served, tenant: UUID) -> dict[str, Any]:
    """Who is there, by sourcedId: name, address and roles where; None for who was deactivated."""
    orgs = {row["id"]: row for row in await looks(directory, tenant, "orgs")}
    people = await looks(directory, tenant, "people")
    by_id = {row["id"]: row["words"].get(row["data"].get("sourced_id") or "") for row in people}
    found = {}
    for row in people:
        words, data = row["words"], row["data"]
        if data["status"] == "deactivated":
            found[words[data["name"]]] = None
            continue
        roles = sorted(
            (
                role["role"],
                orgs[role["org_id"]]["words"].get(orgs[role["org_id"]]["data"]["sourced_id"], "by hand"),
            )
            for role in data["roles"]
        )
        evaluators = sorted(
            by_id[one] for one in data["evaluators"]["person_ids"] if data["evaluators"]["mapped"]
        )
        found[words[data["name"]]] = (words.get(data["email"] or ""), roles, evaluators)
    return found


async def looks(directory: Served, tenant: UUID, collection: str) -> list[Any]:
    kind = {"orgs": "Org", "people": "Person"}[collection]
    ids = await directory.database.app.fetch(
        "SELECT stream_id FROM ledger.streams WHERE tenant = $1 AND kind = $2", tenant, kind
    )
    return [
        (await directory.get(f"/v1/{collection}/{row['stream_id']}", by=None, tenant=tenant)).json()
        for row in ids
    ]


@pytest.mark.parametrize("version", ["1.1", "1.2"])
async def test_the_staff_comes_in_and_nobody_else(directory: Served, tenant: UUID, version: str) -> None:
    roster = district(version).user("t1").user("t2", "teacher", "s1,s2")
    roster.user("kid", "student").user("mum", "parent").user("helper", "aide").user(
        "off", enabledUser="false"
    )
    told = await send(directory, tenant, roster.zip())
    assert told.counts[:3] == (6, 0, 0)
    assert told.rows == []
    assert await everybody(directory, tenant) == {
        "Given boss Family boss": ("boss@example.org", [("administrator", "d")], []),
        "Given t1 Family t1": ("t1@example.org", [("teacher", "s1")], []),
        "Given t2 Family t2": ("t2@example.org", [("teacher", "s1"), ("teacher", "s2")], []),
    }
    assert (await events(directory, tenant))[-1] == "RosterImported"


@pytest.mark.parametrize("version", ["1.1", "1.2"])
async def test_the_same_bundle_again_is_no_event_at_all(
    directory: Served, tenant: UUID, version: str
) -> None:
    roster = (
        district(version)
        .user("t1")
        .user("t2")
        .user("p1", "principal" if version == "1.2" else "administrator")
    )
    roster.session("fall", "semester", "2026-08-17", "2026-12-18")
    await send(directory, tenant, roster.zip(), mapping=MAPPING)
    before = await position(directory)
    again = await send(directory, tenant, roster.zip(), mapping=MAPPING)
    assert again.counts[:3] == (0, 0, 0)
    assert await position(directory) == before


async def test_successive_snapshots_are_differences(directory: Served, tenant: UUID) -> None:
    first = district()
    for n in range(20):
        first.user(f"t{n}")
    await send(directory, tenant, first.zip())
    before = len(await events(directory, tenant))
    second = district().org("s3")
    for n in range(1, 21):  # t0 left, t20 came
        second.user(f"t{n}", org="s2" if n == 3 else "s1", **({"familyName": "Lind"} if n == 4 else {}))
    told = await send(directory, tenant, second.zip())
    assert told.counts == (2, 2, 1, 0)
    assert (await events(directory, tenant))[before:] == [
        "RosterImportBegun", "OrgOpened", *(await events(directory, tenant))[before + 2 : -1], "RosterImported",
    ]  # fmt: skip
    here = await everybody(directory, tenant)
    assert here["Given t0 Family t0"] is None
    assert here["Given t3 Family t3"][1] == [("teacher", "s2")]
    assert "Given t4 Lind" in here
    back = await send(directory, tenant, first.zip(), allow_removals="true")
    assert back.done["people"] == {"added": 1, "changed": 2, "removed": 1}
    assert (await everybody(directory, tenant))["Given t0 Family t0"][1] == [("teacher", "s1")]
    assert [row["data"]["status"] for row in await looks(directory, tenant, "orgs")].count("closed") == 1


@pytest.mark.parametrize("version", ["1.1", "1.2"])
async def test_a_delta_changes_what_it_names(directory: Served, tenant: UUID, version: str) -> None:
    await send(directory, tenant, district(version).user("t1").user("t2").user("t3").zip())
    delta = Roster(version, "delta").user("t1", "teacher", "s2").user("t4")
    delta.user("t2", status="tobedeleted")
    if version == "1.2":
        delta.role("t1", "teacher", "s1", status="tobedeleted")
    told = await send(directory, tenant, delta.zip(), allow_removals="true")
    assert told.done["people"] == {"added": 1, "changed": 1, "removed": 1}, told
    here = await everybody(directory, tenant)
    assert here["Given t1 Family t1"][1] == [("teacher", "s2")]
    assert here["Given t2 Family t2"] is None
    assert here["Given t3 Family t3"][1] == [("teacher", "s1")]
    assert (await send(directory, tenant, delta.zip())).counts == (0, 0, 0, 0)


async def test_a_role_row_that_moves_in_a_delta_moves_the_role(directory: Served, tenant: UUID) -> None:
    bulk = district().user("t1", "")
    bulk.roles.append({"sourcedId": "row-7", "userSourcedId": "t1", "role": "teacher", "orgSourcedId": "s1"})
    await send(directory, tenant, bulk.zip())
    delta = Roster("1.2", "delta")
    delta.roles.append({"sourcedId": "row-7", "userSourcedId": "t1", "role": "teacher", "orgSourcedId": "s2"})
    await send(directory, tenant, delta.zip())
    assert (await everybody(directory, tenant))["Given t1 Family t1"][1] == [("teacher", "s2")]


async def test_a_mapping_file_makes_coaches_leads_and_evaluators(directory: Served, tenant: UUID) -> None:
    roster = district().user("t1").user("t2").user("t3").user("p1", "principal")
    told = await send(directory, tenant, roster.zip(), mapping=MAPPING)
    assert told.rows == []
    here = await everybody(directory, tenant)
    assert here["Given t1 Family t1"][1:] == ([("coach", "s1"), ("teacher", "s1")], ["p1"])
    assert here["Given t2 Family t2"][1:] == ([("coaching_lead", "d")], [])
    assert here["Given t3 Family t3"][1:] == ([("teacher", "s1")], ["boss", "p1"])
    without = await send(directory, tenant, roster.zip())
    assert without.done["people"]["changed"] == 1  # t2 teaches again; what the mapping gave stays
    empty = await send(directory, tenant, roster.zip(), mapping="version: 1")
    assert empty.counts[:3] == (0, 3, 0)
    here = await everybody(directory, tenant)
    assert here["Given t1 Family t1"][1:] == ([("teacher", "s1")], [])
    assert here["Given t2 Family t2"][1:] == ([("teacher", "s1")], [])


async def test_what_was_given_by_hand_stays(directory: Served, tenant: UUID) -> None:
    office = await directory.begin("orgs", by=None, tenant=tenant, name="Our office", type="district")
    ours = await directory.begin("people", by=None, tenant=tenant, name="By hand", sourced_id="t9")
    path = f"/v1/people/{ours}/assign-role"
    await directory.post(path, by=None, tenant=tenant, role="coach", org_id=str(office), begin="2024-08-01")
    await send(directory, tenant, district().user("t1").user("t9").zip())
    here = await everybody(directory, tenant)
    assert here["Given t9 Family t9"][1] == [("coach", "by hand"), ("teacher", "s1")]
    names = {row["words"][row["data"]["name"]] for row in await looks(directory, tenant, "orgs")}
    assert names == {"Our office", "The s1 school", "The s2 school"}
    roster = district().user("t1").user("t9", "aide")
    await send(directory, tenant, roster.zip())
    assert (await everybody(directory, tenant))["Given t9 Family t9"][1] == [("coach", "by hand")]
    stranger = await directory.begin("people", by=None, tenant=tenant, name="No roster knows me")
    await send(directory, tenant, roster.zip())
    look = await directory.get(f"/v1/people/{stranger}", by=None, tenant=tenant)
    assert look.json()["data"]["status"] == "active"


async def test_an_address_that_somebody_changed_stays_until_the_roster_says_another(
    directory: Served, tenant: UUID
) -> None:
    roster = district().user("t1")
    told = await send(directory, tenant, roster.zip(), dry_run="true")
    own_id = next(
        line["change"]["id"] for line in told.lines if line.get("change", {}).get("sourced_id") == "t1"
    )
    await send(directory, tenant, roster.zip())
    path = f"/v1/people/{own_id}/change-person"
    await directory.post(path, by=UUID(own_id), tenant=tenant, email="own@example.com")
    assert (await send(directory, tenant, roster.zip())).counts == (0, 0, 0, 0)
    assert (await everybody(directory, tenant))["Given t1 Family t1"][0] == "own@example.com"
    roster.users[1]["email"] = "new@example.org"
    assert (await send(directory, tenant, roster.zip())).counts == (0, 1, 0, 0)
    assert (await everybody(directory, tenant))["Given t1 Family t1"][0] == "new@example.org"


async def test_a_row_that_is_not_taken_takes_nobody_away(directory: Served, tenant: UUID) -> None:
    await send(directory, tenant, district().user("t1").user("t2").user("t3").user("t4").zip())
    before = await everybody(directory, tenant)
    spoilt = district().user("t1", familyName="=HYPERLINK(1)").user("t2").user("t3").user("t4", "")
    spoilt.role("t4", "wizard", "s1")
    spoilt.roles[2]["orgSourcedId"] = "nowhere"
    files = spoilt.files()
    files["users.csv"] = files["users.csv"].replace(b"\r\nt3,", b"\r\nt3,one cell too many,")
    told = await send(directory, tenant, packed(files))
    assert {(row["file"], row["line"], row["column"], row["code"]) for row in told.rows} == {
        ("roles.csv", 4, "orgSourcedId", "reference_unknown"),
        ("roles.csv", 6, "role", "role_unknown"),
        ("users.csv", 3, "familyName", "formula"),
        ("users.csv", 5, None, "ragged"),
    }
    assert told.counts == (0, 0, 0, 4)
    assert await everybody(directory, tenant) == before


async def test_one_row_too_spoilt_to_say_of_whom_it_is_holds_removals_back(
    directory: Served, tenant: UUID
) -> None:
    await send(directory, tenant, district().user("t1").user("t2").zip())
    told = await send(directory, tenant, district().user("t1").user("").zip(), allow_removals="true")
    assert [(row["severity"], row["code"]) for row in told.rows] == [
        ("rejected", "value_missing"), ("rejected", "value_missing"), ("note", "removals_held_back"),
    ]  # fmt: skip
    assert (await everybody(directory, tenant))["Given t2 Family t2"] is not None


async def test_more_than_one_in_ten_leave_only_where_somebody_confirms_it(
    directory: Served, tenant: UUID
) -> None:
    many, fewer = district(), district()
    for n in range(19):
        many.user(f"t{n}")
    for n in range(16):
        fewer.user(f"t{n}")
    await send(directory, tenant, many.zip())
    before = await position(directory)
    told = await send(directory, tenant, fewer.zip())
    assert (told.status, told.code) == (409, "roster_removals_unconfirmed")
    assert told.problem["details"] == {"would_deactivate": 3, "active": 20}
    dry = await send(directory, tenant, fewer.zip(), dry_run="true")
    assert (dry.done["removed"], dry.done["needs_allow_removals"]) == (3, True)
    assert await position(directory) == before
    assert (await send(directory, tenant, fewer.zip(), allow_removals="true")).done["removed"] == 3


async def test_a_dry_run_tells_what_would_be_and_does_nothing(directory: Served, tenant: UUID) -> None:
    before = await position(directory)
    told = await send(directory, tenant, district().user("t1").user("", "teacher").zip(), dry_run="true")
    changes = [line["change"] for line in told.lines if "change" in line]
    assert [(one["action"], one["kind"], one["sourced_id"]) for one in changes] == [
        ("add", "org", "d"), ("add", "org", "s1"), ("add", "org", "s2"), ("add", "person", "boss"),
        ("add", "person", "t1"),
    ]  # fmt: skip
    assert told.done["dry_run"]
    assert told.done["rejected"] == 2
    assert await position(directory) == before
    await send(directory, tenant, district().user("t1").zip())
    ids = {
        row["id"]
        for row in (*await looks(directory, tenant, "orgs"), *await looks(directory, tenant, "people"))
    }
    assert ids == {one["id"] for one in changes}


async def test_terms_become_the_district_s_calendar_and_holidays_stay(
    directory: Served, tenant: UUID
) -> None:
    holidays = [{"begin": "2026-11-26", "end": "2026-11-27"}]
    await directory.post(
        f"/v1/districts/{tenant}/change-calendar", by=None, tenant=tenant, terms=[], holidays=holidays
    )
    roster = district().session("year", "schoolYear", "2026-08-01", "2027-06-30")
    roster.session("q1", "gradingPeriod", "2026-08-17", "2026-10-16")
    roster.session("fall", "semester", "2026-08-17", "2026-12-18").session(
        "t1", "term", "2026-08-17", "2026-10-01"
    )
    roster.session("bad", "term", "31.08.2026", "2026-10-01").session(
        "long", "term", "2026-08-01", "2028-10-01"
    )
    told = await send(directory, tenant, roster.zip())
    assert [row["code"] for row in told.rows] == ["date_invalid", "term_too_long"]
    look = (await directory.get(f"/v1/districts/{tenant}", by=None, tenant=tenant)).json()["data"]["calendar"]
    assert look == {"terms": [{"begin": "2026-08-17", "end": "2026-12-18"}], "holidays": holidays}
    assert (await send(directory, tenant, roster.zip())).counts[:3] == (0, 0, 0)


async def test_an_import_that_was_cut_off_ends_like_one_that_was_not(
    directory: Served, tenant: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    roster = district().user("p1", "principal")
    for n in range(300):
        roster.user(f"t{n}", org="s1,s2" if n % 3 else "s1")
    whole = await opened(directory)
    await send(directory, whole, roster.zip(), mapping=MAPPING)
    for after in (1, 3, 150, 290):
        with monkeypatch.context() as patched:
            patched.setattr(importing, "Applying", _cut_off_after(after))
            told = await send(directory, tenant, roster.zip(), mapping=MAPPING)
            assert told.lines[-1]["problem"]["code"] == "ledger_unavailable"
    again = await send(directory, tenant, roster.zip(), mapping=MAPPING)
    assert again.done["resumed"]
    assert await everybody(directory, tenant) == await everybody(directory, whole)
    assert sorted(await events(directory, tenant)) == sorted(await events(directory, whole))
    assert await imported(directory, tenant) == await imported(directory, whole)
    before = await position(directory)
    await send(directory, tenant, roster.zip(), mapping=MAPPING)
    assert await position(directory) == before


def _cut_off_after(done: int) -> type:
    class CutOff(importing.Applying):  # type: ignore[misc]
        async def _one(self, task: Any) -> None:
            nonlocal done
            done -= 1
            if done < 0:
                raise LedgerUnavailable
            await super()._one(task)

    return CutOff


async def imported(directory: Served, tenant: UUID) -> list[str]:
    rows = await directory.database.app.fetch(
        "SELECT data::text FROM ledger.events WHERE tenant = $1 AND type = 'RosterImported'", tenant
    )
    return [row["data"] for row in rows]


async def test_an_import_waits_for_another_and_then_says_that_it_runs(
    directory: Served, tenant: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "PATIENCE_S", 0.3)
    bundle = district().zip()
    async with Imports(directory.run).turn(tenant):
        told = await send(directory, tenant, bundle)
        assert (told.status, told.code) == (409, "roster_import_running")
    assert (await send(directory, tenant, bundle)).status == 200


async def test_a_lease_that_nobody_keeps_any_more_is_waited_for(directory: Served, tenant: UUID) -> None:
    assert await Lease(directory.run.pool, f"roster:{tenant}", "killed", seconds=1.0).confirm()
    assert (await send(directory, tenant, district().zip())).status == 200


async def test_an_import_that_stood_still_for_longer_than_its_lease_changes_nothing_more(
    directory: Served, tenant: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its process was stopped and goes on: meanwhile another has imported what came later."""
    begun = Applying.__call__

    async def later(applying: Applying, plan: Plan) -> None:
        monkeypatch.setattr(Applying, "__call__", begun)
        await directory.database.app.execute(
            "UPDATE work.leases SET until = clock_timestamp() - interval '1 second' WHERE name = $1",
            f"roster:{tenant}",
        )
        other = Lease(directory.run.pool, f"roster:{tenant}", "another process", seconds=1.0)
        assert await other.confirm()
        await other.give_back()
        await asyncio.sleep(importing.LEASE_S / 2)  # the one that stood still has asked for its lease again
        await begun(applying, plan)

    monkeypatch.setattr(Applying, "__call__", later)
    told = await send(directory, tenant, district().user("t1").zip())
    assert told.lines[-1]["problem"]["code"] == "roster_import_overtaken"
    assert await everybody(directory, tenant) == {}
    assert (await send(directory, tenant, district().user("t1").zip())).done["resumed"] is True


async def test_two_imports_at_once_do_the_work_once(directory: Served, tenant: UUID) -> None:
    bundle = district().user("t1").zip()
    told = await asyncio.gather(*(send(directory, tenant, bundle) for _ in range(3)))
    assert sorted(one.done["added"] for one in told) == [0, 0, 5]


async def test_who_may_import(directory: Served, tenant: UUID) -> None:
    bundle = district().user("t1").zip()
    told = await send(directory, tenant, bundle, dry_run="true")
    ids = {
        line["change"]["sourced_id"]: UUID(line["change"]["id"]) for line in told.lines if "change" in line
    }
    await send(directory, tenant, bundle)
    assert (await send(directory, tenant, bundle, by=ids["boss"])).status == 200
    assert (await send(directory, tenant, bundle, by=ids["t1"])).status == 403
    assert (await send(directory, tenant, bundle, by=uuid4())).status == 404
    assert (await send(directory, uuid4(), bundle)).status == 404
    assert (await send(directory, await opened(directory), bundle, by=ids["boss"])).status == 404
    await directory.post(f"/v1/districts/{tenant}/close-district", by=None, tenant=tenant)
    told = await send(directory, tenant, bundle)
    assert (told.status, told.code) == (409, "district_not_open")


async def test_a_request_that_is_no_upload_is_a_problem(directory: Served, tenant: UUID) -> None:
    headers = directory.issuer.operator(tenant)

    async def post(**told: Any) -> tuple[int, str]:
        answer = await directory.http.post("/v1/roster-imports", headers=headers, **told)
        return answer.status_code, answer.json()["code"]

    file = {"bundle": ("a.zip", district().zip())}
    assert await post(json={}) == (415, "content_type")
    assert await post(files={"other": b"x"}) == (422, "request_invalid")
    assert await post(files=[("bundle", b"x"), ("bundle", b"y")]) == (422, "request_invalid")
    assert await post(files={"mapping": b"version: 1"}) == (422, "request_invalid")
    assert await post(files=file, params={"dry_run": "yes"}) == (422, "request_invalid")
    assert await post(files=file, params={"force": "true"}) == (422, "request_invalid")
    assert await post(files=file, params={"dry_run": ["true", "false"]}) == (422, "request_invalid")
    assert await post(files={**file, "mapping": b"version: 2"}) == (422, "mapping_invalid")
    assert await post(files={"bundle": b"x" * 60_000_000}) == (413, "too_large")
    answer = await directory.http.post("/v1/roster-imports", files=file)
    assert answer.status_code == 401


@pytest.mark.parametrize("charset", ["undefined", "unicode_escape", "punycode", "utf-7", "nobody-s"])
async def test_a_form_s_charset_breaks_nothing(directory: Served, tenant: UUID, charset: str) -> None:
    headers = directory.issuer.operator(tenant)
    headers |= {"Content-Type": f"multipart/form-data; boundary=X; charset={charset}"}
    part = b'--X\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n%s\r\n'
    body = part % (b"bundle", b'; filename="a.zip"', district().zip())
    body += part % (b"mapping", b"", b"version: 1\nnames: \\ud800 +2AA- \xff.") + b"--X--\r\n"
    answer = await directory.http.post("/v1/roster-imports", headers=headers, content=body)
    assert answer.status_code == 422
    assert answer.json()["code"] in ("request_invalid", "mapping_invalid")


async def test_a_mapping_file_s_faults_are_told_with_their_lines(directory: Served, tenant: UUID) -> None:
    told = await send(
        directory, tenant, district().zip(), mapping="version: 1\nroles:\n  teacher: king\npeople: 3\n"
    )
    assert [(one["pointer"], one["code"]) for one in told.problem["errors"]] == [
        ("/mapping/line/3", "choice"), ("/mapping/line/4", "shape"),
    ]  # fmt: skip
    missing = "version: 1\npeople:\n  - {sourced_id: nobody, roles: [{role: coach, org: nowhere}]}\n"
    told = await send(directory, tenant, district().zip(), mapping=missing)
    assert [(row["file"], row["line"], row["code"]) for row in told.rows] == [
        ("mapping file", 3, "mapping_person_unknown"), ("mapping file", 3, "mapping_org_unknown"),
    ]  # fmt: skip


async def test_no_password_is_kept_anywhere(
    directory: Served, tenant: UUID, capfd: pytest.CaptureFixture[str]
) -> None:
    roster = district().user("t1").user("t2", familyName="=1").user("kid", "student")
    files = roster.files() | {"userProfiles.csv": f"sourcedId,password\r\np1,{SECRET}\r\n".encode()}
    ragged = files["users.csv"] + f"t9,,,true,{SECRET},{SECRET}\r\n".encode()
    swapped = files["users.csv"].replace(b"enabledUser,username", b"username,enabledUser", 1)
    told = [
        await send(directory, tenant, packed(files | {"users.csv": content}), mapping=mapping)
        for content in (files["users.csv"], ragged, swapped)
        for mapping in (None, f"version: 1\npeople: [{{sourced_id: '{SECRET}', roles: []}}]", f"{SECRET}: [")
    ]
    assert SECRET not in str(told)
    await directory.level()
    tables = await directory.database.owner.fetch(
        "SELECT schemaname, tablename FROM pg_tables WHERE schemaname IN ('ledger', 'projections', 'work')"
    )
    for schema, table in tables:
        rows = await directory.database.owner.fetch(f'SELECT t::text AS row FROM "{schema}"."{table}" t')
        assert not [row for row in rows if SECRET in row["row"]], table
        if table == "private_words":
            assert [row for row in rows if "t1@example.org" in row["row"]]  # the look finds what is there
    messages = [m.data async for m in stream(directory)]
    assert messages
    assert not [data for data in messages if SECRET.encode() in data]
    out, err = capfd.readouterr()
    assert "roster_imported" in out
    assert SECRET not in out + err


async def stream(directory: Served) -> AsyncIterator[Any]:
    js = directory.run.nats.jetstream()
    state = (await js.stream_info("EV_DIRECTORY")).state
    for sequence in range(state.first_seq, state.last_seq + 1):
        yield await js.get_msg("EV_DIRECTORY", sequence)


async def test_a_roster_that_was_refused_is_forgotten_at_once(directory: Served, tenant: UUID) -> None:
    """Garbage is collected rarely: five refused bundles must not be five rosters in memory."""
    everybody_leaves = district()
    staff = district().user("t1").user("t2")
    await send(directory, tenant, staff.zip())
    spoilt = staff.files()
    spoilt["users.csv"] += b'"'
    gc.collect()
    gc.disable()
    try:
        assert (await send(directory, tenant, packed(spoilt))).problem["errors"][0]["code"] == "csv_malformed"
        assert (await send(directory, tenant, everybody_leaves.zip())).code == "roster_removals_unconfirmed"
        assert (await send(directory, tenant, staff.zip())).status == 200
        assert [one for one in gc.get_objects() if isinstance(one, Said)] == []
    finally:
        gc.enable()


async def test_others_are_served_while_a_large_bundle_is_read(directory: Served, tenant: UUID) -> None:
    roster = district()
    for n in range(1500):
        roster.user(f"t{n}")
    for n in range(20_000):
        roster.user(f"kid{n}", "student")
    loop, bundle = asyncio.get_running_loop(), roster.zip()
    importing_ = asyncio.create_task(send(directory, tenant, bundle))
    waits: list[float] = []
    while not importing_.done():
        began = loop.time()
        assert (await directory.http.get("/healthz")).status_code == 200
        waits.append(loop.time() - began)
        await asyncio.sleep(0.01)
    assert (await importing_).done["people"]["added"] == 1501
    assert sorted(waits)[int(len(waits) * 0.99)] < 1.0


async def test_all_that_was_shown_comes_out_the_same_when_it_is_derived_again(platform: Platform) -> None:
    await platform.level()
    assert await platform.directory.derived_again()
