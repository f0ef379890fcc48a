"""What an operator asks of a running platform: why something happened, and a whole district to take along. Last of all,
for that fills it: every service keeps what its OpenAPI document promises, whatever is sent.
"""

import asyncio
import csv
import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest
from chalkline import issuer
from chalkline.state import SERVICES, State, read_json
from kit.platforms import on_ports_of_its_own

pytestmark = pytest.mark.system


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[State]:
    """A platform that runs, with its sample district."""
    state = on_ports_of_its_own(tmp_path_factory.mktemp("asked") / "home")
    try:
        assert chalkline(state, "up").returncode == 0
        yield state
    finally:
        chalkline(state, "reset", "--yes")


def chalkline(state: State, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "chalkline", *words, "--home", str(state.home)],
        capture_output=True, text=True, timeout=150, check=False,
    )  # fmt: skip


def district(state: State) -> str:
    found: str = read_json(state.personas)["maya"]["tenant"]
    return found


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def exported(state: State, target: Path, *words: str) -> dict[str, Any]:
    done = chalkline(state, "export", "maya", "--to", str(target), "--json", *words)
    assert done.returncode == 0, done.stderr
    manifest: dict[str, Any] = json.loads(done.stdout)
    assert json.loads((target / "manifest.json").read_text()) == manifest
    for file in manifest["files"]:
        content = (target / file["path"]).read_bytes()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (file["bytes"], file["sha256"])
    there = {str(path.relative_to(target)) for path in target.rglob("*") if path.is_file()}
    assert there == {"manifest.json", *(file["path"] for file in manifest["files"])}
    return manifest


def test_a_whole_district_is_taken_along(home: State, tmp_path: Path) -> None:
    manifest = exported(home, tmp_path / "out")
    assert (manifest["district"], manifest["with_words"]) == (district(home), False)
    rows = {file["path"]: file["rows"] for file in manifest["files"]}
    for service in SERVICES:
        events = lines(tmp_path / f"out/events/{service}.jsonl")
        assert len(events) == rows[f"events/{service}.jsonl"]
        assert {event["tenantid"] for event in events} <= {district(home)}
        assert {event["source"] for event in events} <= {f"/chalkline/{district(home)}/{service}"}
    assert rows["events/directory.jsonl"] > 10 < rows["events/goals.jsonl"]
    with (tmp_path / "out/lists/directory/people.csv").open(newline="") as file:
        people = list(csv.DictReader(file))
    assert len(people) == rows["lists/directory/people.csv"] == 6
    assert rows["lists/goals/cycles.csv"] == rows["lists/goals/partnerships.csv"] == 1
    assert not any(path.startswith("lists/goals/goals-") for path in rows)  # content is the pair's
    # Nobody's own list is the district's, and no word is in anything.
    assert not {"lists/goals/goals.csv", "lists/notifications/inbox.csv"} & rows.keys()
    assert {person["name"] for person in people} == {""}
    everything = b"".join(path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file())
    for word in ("Okafor", "Cedar", "example.org", "four of five"):
        assert word.encode() not in everything


def test_whose_eyes_it_is_seen_with_decides_whose_charts_come_along(home: State, tmp_path: Path) -> None:
    """What is told of each goal and each cycle one by one, of those that this person may read."""
    manifest = exported(home, tmp_path / "out", "--as", "maya")
    rows = {file["path"]: file["rows"] for file in manifest["files"]}
    charts = ("goals/goals-chart", "goals/goals-lineage", "goals/cycles-session-prep", "goals/cycles-phases")
    for path in charts:
        with (tmp_path / f"out/lists/{path}.csv").open(newline="") as file:
            told = list(csv.DictReader(file))
        assert len(told) == rows[f"lists/{path}.csv"] > 0, path
    with (tmp_path / "out/lists/goals/goals-chart.csv").open(newline="") as file:
        assert {row["metric_code"] for row in csv.DictReader(file)} == {"on_task"}


def test_words_come_along_when_they_are_asked_for(home: State, tmp_path: Path) -> None:
    manifest = exported(home, tmp_path / "out", "--with-words", "--format", "jsonl")
    names = {person["name"] for person in lines(tmp_path / "out/lists/directory/people.jsonl")}
    assert "Maya Okafor" in names
    assert manifest["name"] == "Prairie View (sandbox)"
    words = {word["ref"]: word["words"] for word in lines(tmp_path / "out/words/goals.jsonl")}
    [goal] = {event["data"]["statement_ref"]["ref"] for event in lines(tmp_path / "out/events/goals.jsonl")
              if "statement_ref" in event["data"]}  # fmt: skip
    assert "four of five" in words[goal]
    assert "maya@example.org" in (tmp_path / "out/words/directory.jsonl").read_text()
    assert (tmp_path / "out/words/goals.jsonl").stat().st_mode & 0o777 == 0o600


def test_an_audit_tells_who_exported_what_and_what_else_operators_did(home: State, tmp_path: Path) -> None:
    moment = datetime.now(UTC).isoformat()
    exported(home, tmp_path / "out", "--with-words")
    for words in (
        ("rebuild", "--service", "goals"),
        ("parked", "retry"),
        ("clock", "advance", "maya", "--by", "1h"),
    ):
        assert chalkline(home, *words).returncode == 0, words
    done = chalkline(home, "audit", "--tenant", "maya", "--since", moment, "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    did = [(row["act"], row["service"], row["outcome"]) for row in told]
    assert did == [
        *(("export_with_words", service, "done") for service in SERVICES),
        ("rebuild", "goals", "done"),
        *(("parked_retry", service, "done") for service in SERVICES),
        ("sandbox_clock_advanced", "directory", "done"),
    ]
    assert {row["operator"] for row in told} == {"operator"}
    manifest = json.loads((tmp_path / "out/manifest.json").read_text())
    rows = {file["path"]: file["rows"] for file in manifest["files"]}
    assert [row["n_items"] for row in told[:4]] == [rows[f"events/{service}.jsonl"] for service in SERVICES]
    shown = chalkline(home, "audit", "--service", "goals", "--since", moment).stdout.splitlines()
    assert [line.split()[2] for line in shown] == ["export_with_words", "rebuild", "parked_retry"]
    nobody = chalkline(home, "audit", "--operator", "nobody")
    assert (nobody.returncode, nobody.stdout) == (0, "No operator did anything.\n")


def test_an_export_that_no_service_can_record_is_not_made(home: State, tmp_path: Path) -> None:
    server = read_json(home.ports)["postgres"]
    password = (home.secrets / "goals/owner_password").read_text()

    async def may(verb: str, preposition: str) -> None:
        owner = await asyncpg.connect(f"postgresql://goals_owner@127.0.0.1:{server}/goals", password=password)
        await owner.execute(f"{verb} INSERT ON ledger.events {preposition} goals")
        await owner.close()

    asyncio.run(may("REVOKE", "FROM"))
    try:
        done = chalkline(home, "export", "maya", "--to", str(tmp_path / "out"))
        assert done.returncode == 1
        assert "goals could not record that something is exported" in done.stderr
        assert list(tmp_path.iterdir()) == []
    finally:
        asyncio.run(may("GRANT", "TO"))
    [newest] = json.loads(chalkline(home, "audit", "--service", "directory", "--json").stdout)[-1:]
    assert (newest["act"], newest["outcome"]) == ("export", "failed")


def test_events_are_exported_as_they_are_published(home: State, tmp_path: Path) -> None:
    exported(home, tmp_path / "out")
    done = chalkline(
        home,
        "why",
        json.loads((tmp_path / "out/events/goals.jsonl").read_text().splitlines()[0])["id"],
        "--json",
    )
    assert done.returncode == 0, done.stderr
    told, [first, *_] = json.loads(done.stdout), lines(tmp_path / "out/events/goals.jsonl")
    assert (first["id"], first["type"]) == (
        told["event"]["event_id"],
        "chalkline.goals.PartnershipProposed.v1",
    )
    assert (first["time"], first["subject"]) == (told["event"]["occurred_at"], told["event"]["aggregate_id"])


def test_an_export_that_cannot_be_made_says_why_and_leaves_nothing(home: State, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full/mine").touch()
    for words, said in (
        (("export", str(uuid4()), "--to", str(tmp_path / "out")), "there is no district"),
        (("export", "nobody", "--to", str(tmp_path / "out")), "is no district and nobody's name"),
        (("export", "maya", "--to", str(tmp_path / "full")), "is there already"),
        (("export", "maya", "--to", str(tmp_path / "out"), "--as", "zoe"), "nobody here is called zoe"),
    ):
        done = chalkline(home, *words)
        assert (done.returncode, done.stdout) == (1, "")
        assert said in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["full"]


def test_what_led_to_an_event_is_shown(home: State) -> None:
    persona = read_json(home.personas)["tomas"]
    token = issuer.token(home, issuer.bearer(home, "tomas", None))
    url = f"http://127.0.0.1:{read_json(home.ports)['goals']}/v1/goals/{persona['goal']}/abandon-goal"
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": str(uuid4())}
    answer = httpx.post(url, json={"reason_code": "priorities_changed"}, headers=headers)
    assert answer.is_success, answer.text
    event = answer.json()["events"][0]["id"]
    done = chalkline(home, "why", event, "--district", "maya")
    assert done.returncode == 0, done.stderr
    assert f"person:{persona['id']}" in done.stdout
    assert "GoalAbandoned" in done.stdout
    for words, said in (
        ((str(uuid4()),), "there is no event"),
        ((event, "--district", str(uuid4())), "there is no event"),
        (("0198",), "is not an event's id"),
    ):
        done = chalkline(home, "why", *words)
        assert (done.returncode, done.stdout) == (1, "")
        assert said in done.stderr


def test_a_rule_is_tried_on_the_past(home: State, tmp_path: Path) -> None:
    """Of the sample's cycle, which was opened: by another rule its coach alone would have heard."""
    rule = tmp_path / "rule.yaml"
    rule.write_text("milestone: CycleOpened\nrecipients: [coach]\n")
    done = chalkline(home, "rehearse", str(rule), "--district", "maya", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["counts"] == {"same": 1, "new": 0, "no_more": 1}
    assert {row["role"]: row["outcome"] for row in told["notifications"]} == {
        "coach": "same",
        "teacher": "no_more",
    }
    done = chalkline(home, "rehearse", str(rule), "--district", "maya")
    assert "told, and no more" in done.stdout
    done = chalkline(
        home, "rehearse", "--milestone", "CycleOpened", "--district", "maya", "--csv", "--to", "2020-01-01"
    )
    assert done.stdout.splitlines()[0].startswith("milestone,outcome,role,person_id")
    assert len(done.stdout.splitlines()) == 1
    rule.write_text("milestone: CycleOpened\ncolour: red\n")
    for words, said in (
        ((str(rule), "--district", "maya"), "a rule has no colour"),
        ((str(tmp_path / "none.yaml"), "--district", "maya"), "cannot be read"),
        (("--district", "maya"), "which milestone?"),
        (("--district", "maya", "--milestone", "Birthday"), "milestone_unknown"),
        (("--district", "maya", "--milestone", "GoalSet", "--days", "3"), "rule_has_no_days"),
        (("--district", str(uuid4()), "--milestone", "GoalSet"), "there is no district"),
    ):
        done = chalkline(home, "rehearse", *words)
        assert (done.returncode, done.stdout) == (1, "")
        assert said in done.stderr


AS = {"directory": "operator", "goals": "maya", "observations": "tomas", "notifications": "maya"}
"""Whose token is sent to whom."""
TRIES = 3
"""Cases an operation gets beside those that cover its schema."""


def tried(state: State, service: str, folder: Path) -> str:
    """What schemathesis says of a service: it sends each operation what the document allows and what it does not, as
    a coach or the operator, and compares every answer with the document. A 5xx, an answer nobody described, or
    bad input that is taken fails. Raises AssertionError with all of it.
    """
    token = chalkline(state, "token", "--as", AS[service], "--tenant", district(state)).stdout.strip()
    # A position nobody has come to is waited for; each case would take two seconds.
    (folder / f"{service}.toml").write_text('[parameters]\n"header.At-Least" = "goals:17:1"\n')
    done = subprocess.run(
        [
            str(Path(sys.executable).with_name("schemathesis")),
            f"--config-file={folder / f'{service}.toml'}",
            "run",
            f"http://127.0.0.1:{read_json(state.ports)[service]}/openapi.json",
            f"--header=Authorization: Bearer {token}",
            "--phases=coverage,fuzzing",
            f"--max-examples={TRIES}",
            "--generation-deterministic",
            "--checks=all",
            # What fits the schema may still name what does not exist, or what the facts forbid.
            "--exclude-checks=positive_data_acceptance",
            "--continue-on-failure",
            "--warnings=off",
            "--no-color",
        ],
        cwd=folder, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{service}\n{done.stdout[-8000:]}{done.stderr[-2000:]}"
    return done.stdout


def test_every_service_keeps_its_openapi_document(home: State, tmp_path: Path) -> None:
    before = {service: len(home.log(service).read_text()) for service in SERVICES}
    with ThreadPoolExecutor(2) as pool:  # two cores
        told = dict(zip(SERVICES, pool.map(lambda name: tried(home, name, tmp_path), SERVICES), strict=True))
    for service, said in told.items():
        cases = re.search(r"(\d+) generated, (\d+) passed", said)
        assert cases, said
        assert cases[1] == cases[2]
        assert int(cases[1]) > 300, service
        assert '"level":"error"' not in home.log(service).read_text()[before[service] :]
