"""A roster on a running platform: by the command, as zip and as folder, with its directory killed on the way."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from chalkline import issuer
from chalkline.example_bundle import PASSWORD, bundle, mapping
from chalkline.example_roster import roster
from chalkline.state import State, read_json
from kit.platforms import on_ports_of_its_own
from kit.rosters import district, packed

pytestmark = [pytest.mark.system, pytest.mark.soak]

EXAMPLE = roster(7, schools=5, teachers=900, students=1500)


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[State]:
    """A platform of PostgreSQL, NATS and directory."""
    state = on_ports_of_its_own(tmp_path_factory.mktemp("roster") / "home")
    try:
        done = chalkline(state, "up", "--only", "directory", "--only", "servers")
        assert done.returncode == 0, done.stdout + done.stderr
        yield state
    finally:
        chalkline(state, "reset", "--yes")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example's bundle as zip and as folder, and its mapping file."""
    folder = tmp_path_factory.mktemp("files")
    content = bundle(EXAMPLE, year_begins=date(2026, 8, 17))
    (folder / "roster.zip").write_bytes(content)
    (folder / "mapping.yaml").write_text(mapping(EXAMPLE))
    with zipfile.ZipFile(folder / "roster.zip") as archive:
        archive.extractall(folder / "roster")
    return folder


def chalkline(state: State, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "chalkline", *words, "--home", str(state.home)],
        capture_output=True, text=True, timeout=150, check=False,
    )  # fmt: skip


def url(state: State) -> str:
    return f"http://127.0.0.1:{read_json(state.ports)['directory']}"


def operator(state: State, tenant: str | None = None) -> dict[str, str]:
    return {"Authorization": f"Bearer {issuer.token(state, issuer.Bearer('operator', 'operator', tenant))}"}


def opened(state: State) -> str:
    answer = httpx.post(
        f"{url(state)}/v1/districts",
        json={"name": "Prairie", "time_zone": "America/Chicago"},
        headers=operator(state) | {"Idempotency-Key": str(uuid4())},
    )
    found: str = answer.json()["id"]
    return found


def imports(state: State, tenant: str, path: Path, *more: str) -> subprocess.CompletedProcess[str]:
    return chalkline(state, "roster", "import", str(path), "--tenant", tenant, *more)


def people(state: State, tenant: str) -> list[Any]:
    """Everybody, by name and roles, without ids."""
    orgs = {row["org_id"]: row["name"] for row in listed(state, tenant, "orgs")}
    return sorted(
        (one["name"], one["active"], sorted((role["role"], orgs[role["org_id"]]) for role in one["roles"]))
        for one in listed(state, tenant, "people")
    )


def listed(state: State, tenant: str, what: str) -> Iterator[Any]:
    path: str | None = f"/v1/{what}?limit=200"
    with httpx.Client(base_url=url(state), headers=operator(state, tenant), timeout=30) as http:
        while path:
            answer = http.get(path)
            yield from answer.json()
            path = answer.links.get("next", {}).get("url")


def position(state: State) -> int:
    found: int = httpx.get(f"{url(state)}/readyz", timeout=5).json()["position"]
    return found


def killed_half_way(state: State, tenant: str, path: Path, *more: str) -> subprocess.CompletedProcess[str]:
    """An import whose directory is killed as soon as some hundred of its events are written."""
    before = position(state)
    command = [sys.executable, "-m", "chalkline", "roster", "import", str(path), "--tenant", tenant, *more]
    running = subprocess.Popen(
        [*command, "--home", str(state.home)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        while position(state) < before + 300:
            assert running.poll() is None, running.communicate()
            time.sleep(0.01)
        os.kill(int(state.pid("directory").read_text()), signal.SIGKILL)
        out, err = running.communicate(timeout=60)
    finally:
        running.kill()
        running.communicate()
    return subprocess.CompletedProcess(command, running.returncode, out, err)


def test_an_import_whose_directory_is_killed_ends_like_one_that_was_not(state: State, files: Path) -> None:
    whole = opened(state)
    with_mapping = ("--mapping", str(files / "mapping.yaml"))
    done = imports(state, whole, files / "roster.zip", *with_mapping, "--json")
    assert done.returncode == 3, done.stderr  # the example has three odd rows
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["row"]["code"] for line in told[:-1]] == ["reference_unknown", "date_invalid", "ragged"]
    assert told[-1]["done"]["people"]["added"] > 900

    for _ in range(5):  # on a busy machine it may be done before it is killed
        cut = opened(state)
        stopped = killed_half_way(state, cut, files / "roster.zip", *with_mapping)
        wait_until_ready(state)
        if stopped.returncode != done.returncode:
            break
    assert stopped.returncode == 1
    assert "run the same command again" in stopped.stderr
    again = imports(state, cut, files / "roster.zip", *with_mapping, "--json")
    assert again.returncode == 3, again.stderr
    finished = json.loads(again.stdout.splitlines()[-1])["done"]
    assert finished["resumed"]
    assert 0 < finished["added"] < told[-1]["done"]["added"]
    assert people(state, cut) == people(state, whole)

    before = position(state)
    third = imports(state, cut, files / "roster.zip", *with_mapping)
    assert "Nothing to change." in third.stdout
    folder = imports(state, cut, files / "roster", *with_mapping)
    assert "Nothing to change." in folder.stdout
    assert position(state) == before
    verified = chalkline(state, "verify", "--service", "directory")
    assert verified.returncode == 0, verified.stdout


def wait_until_ready(state: State) -> None:
    for _ in range(300):
        try:
            if httpx.get(f"{url(state)}/readyz", timeout=2).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise AssertionError("directory does not come back")


def test_an_import_goes_on_when_nobody_listens_any_more(state: State, files: Path) -> None:
    tenant, before = opened(state), position(state)
    running = subprocess.Popen(
        [sys.executable, "-m", "chalkline", "roster", "import", str(files / "roster.zip"), "--tenant", tenant,
         "--home", str(state.home)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    while position(state) < before + 200:
        assert running.poll() is None
        time.sleep(0.01)
    running.kill()
    running.communicate()
    told = imports(state, tenant, files / "roster.zip", "--json")  # waits for the one before it
    assert json.loads(told.stdout.splitlines()[-1])["done"]["added"] == 0
    assert not json.loads(told.stdout.splitlines()[-1])["done"]["resumed"]


def test_no_password_of_a_bundle_is_in_a_database_a_stream_or_a_log(state: State, files: Path) -> None:
    with zipfile.ZipFile(files / "roster.zip") as archive:
        assert PASSWORD.encode() in archive.read("users.csv")
    assert imports(state, opened(state), files / "roster.zip").returncode == 3
    chalkline(state, "down")  # what is in memory is on the disk
    marks = (PASSWORD.encode(), EXAMPLE.staff[0].email.encode())
    found = {mark: [path for path in kept(state) if mark in path.read_bytes()] for mark in marks}
    assert chalkline(state, "up", "--only", "directory", "--only", "servers").returncode == 0
    assert found[marks[0]] == []
    assert found[marks[1]]  # the look finds what is there
    database = state.postgres.resolve()
    assert [path for path in found[marks[1]] if not path.is_relative_to(database)] == []


def kept(state: State) -> Iterator[Path]:
    """Every file of the platform, PostgreSQL's data and log and the streams among them."""
    for folder in (state.logs, state.nats, state.postgres.resolve()):
        yield from (path for path in folder.rglob("*") if path.is_file())


def test_what_the_command_says_of_bundles_that_are_none(state: State, files: Path, tmp_path: Path) -> None:
    tenant = opened(state)

    def said(path: Path, *more: str) -> str:
        done = imports(state, tenant, path, *more)
        assert done.returncode == 1, done.stdout
        return done.stderr

    sds = tmp_path / "sds"
    sds.mkdir()
    for name in ("School.csv", "Teacher.csv", "Student.csv"):
        (sds / name).write_text("SIS ID,Name\r\n")
    assert "Microsoft School Data Sync" in said(sds)
    assert "Missing: manifest.csv, orgs.csv, users.csv" in said(sds)
    assert "the zip file, not" not in said(sds)
    nested = tmp_path / "nested"
    nested.mkdir()
    (files / "roster").rename(nested / "inner")
    assert "manifest.csv lies in «inner»" in said(nested)
    (nested / "inner").rename(files / "roster")
    (tmp_path / "no.zip").write_text("nothing")
    assert "bundle_not_zip" in said(tmp_path / "no.zip")
    assert "cannot be read" in said(tmp_path / "nowhere.zip")
    (tmp_path / "bad.yaml").write_text("version: 1\nroles: {teacher: king}\n")
    assert "line 2" in said(files / "roster.zip", "--mapping", str(tmp_path / "bad.yaml"))
    assert "--tenant" in chalkline(state, "roster", "import", str(files / "roster.zip")).stderr


def test_removals_are_confirmed_and_rows_are_reported(state: State, tmp_path: Path) -> None:
    tenant = opened(state)
    made = district().user("t1").user("t2").user("t3")
    (tmp_path / "all.zip").write_bytes(made.zip())
    assert imports(state, tenant, tmp_path / "all.zip").returncode == 0
    spoilt = district().user("t1").user("=2", "teacher", "nowhere")
    (tmp_path / "few.zip").write_bytes(packed(spoilt.files()))
    refused = imports(state, tenant, tmp_path / "few.zip")
    assert refused.returncode == 1
    assert "2 of the 4 people" in refused.stderr
    assert "--allow-removals" in refused.stderr
    report = tmp_path / "report.csv"
    dry = imports(state, tenant, tmp_path / "few.zip", "--dry-run")
    assert (dry.returncode, "remove person t2" in dry.stdout) == (3, True)
    done = imports(state, tenant, tmp_path / "few.zip", "--allow-removals", "--report", str(report))
    assert done.returncode == 3
    assert "2 removed" in done.stdout
    with report.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["file"], row["line"], row["column"], row["code"]) for row in rows] == [
        ("roles.csv", "4", "orgSourcedId", "reference_unknown")
    ]
